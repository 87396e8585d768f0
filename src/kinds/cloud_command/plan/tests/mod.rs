//! The rules of commands, in tables: an object, what the cloud shows of it, and a moment; what is planned then, in one line. What is here builds
//! objects, clouds and looks; the rules stand in the files beside: what begins, what ends it, which runs are found again, what is done about those
//! that are in doubt, what is noted of a call, how an intent is wound up, what schedules tell, and what is said of it all.

mod beginning;
mod doubts;
mod ends;
mod following;
mod notes;
mod schedules;
mod telling;
mod winding_up;

use super::*;
use crate::api::journal::JournalEntry;
use crate::cloud::alibaba::ecs::Instance;
use crate::cloud::alibaba::ecs::commands::{Agent, Invocation, InvocationResult, InvocationStatus, RUN_COMMAND};
use crate::cloud::error::{Acted, Class, CloudError, Explanation};
use crate::installation::Installation;
use crate::kinds::cloud_command::agenda::{agenda, run_of};
use crate::kinds::cloud_command::observe::{Target, is_over};
use crate::kinds::cloud_command::{OBJECT_TAG, RUN_TAG};
use crate::reconcile::claims::Claims;
use crate::reconcile::kind::{Kind as _, Receipt, Step as _};
use crate::reconcile::memory::Failure;
use crate::references::{Contents, Reference, References};
use InvocationStatus::{Cancelled, Failed, Pending, Running, Scheduled, Success};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// So many seconds into the story.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

// ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Clone)]
struct Command(CloudCommand);

/// `hello` in namespace `team`, for i-1 and i-2: nobody has looked at it yet.
fn a_command() -> Command {
    let object = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCommand",
        "metadata": {"namespace": "team", "name": "hello", "generation": 1},
        "spec": {"targets": {"instanceIds": ["i-1", "i-2"]}, "command": {"type": "RunShellScript", "content": "echo hello"}},
        "status": {"observedGeneration": -1},
    });
    Command(serde_json::from_value(object).unwrap())
}

/// The same, one target after the other.
fn one_by_one() -> Command {
    a_command().with(&json!({"rollout": {"maxConcurrent": 1}}))
}

/// A window that is open for the first minute.
fn a_minute() -> Value {
    json!({"window": {"notAfter": at(60).to_string()}})
}

impl Command {
    fn but(mut self, change: impl FnOnce(&mut CloudCommand)) -> Self {
        change(&mut self.0);
        self
    }

    /// With these fields of spec.
    fn with(self, fields: &Value) -> Self {
        let mut spec = serde_json::to_value(&self.0.spec).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            spec[name] = value.clone();
        }
        self.but(|object| object.spec = serde_json::from_value(spec).unwrap())
    }

    fn going(self) -> Self {
        self.but(|object| object.metadata.deletion_timestamp = Some(Time(at(0))))
    }

    fn annotated(self, name: &str, value: String) -> Self {
        self.but(|object| object.metadata.annotations = Some(BTreeMap::from([(name.to_owned(), value)])))
    }

    fn status(&self) -> &CloudCommandStatus {
        self.0.status.as_ref().unwrap()
    }

    fn entry(&self) -> &JournalEntry {
        &self.status().operations[0]
    }

    fn remembering(self, change: impl FnOnce(&mut CloudCommandStatus)) -> Self {
        self.but(|object| change(object.status.as_mut().unwrap()))
    }

    /// The object made anew.
    fn anew(self) -> Self {
        self.but(|object| object.status = a_command().0.status)
    }

    /// The object after this plan was written down.
    fn after(self, plan: &Plan<CloudCommand>) -> Self {
        self.but(|object| object.status = Some(plan.status.clone()))
    }

    /// The object after the cloud answered to a step.
    fn noted(self, step: &CloudCommandStep, outcome: Result<&Receipt, &CloudError>) -> Self {
        self.remembering(|status| note(status, step, outcome))
    }
}

// ── the cloud ───────────────────────────────────────────────────────────────────────────────────────────────

/// A run of what this object asks for now, with nobody in it yet.
fn a_run(of: &Command, batch: i32, id: &str) -> Invocation {
    let hash = intent_hash(&of.0);
    let run = run_of(&of.0, "cluster", &hash, batch, 1);
    Invocation {
        id: id.to_owned(),
        tags: BTreeMap::from([(RUN_TAG.to_owned(), run.tag()), (OBJECT_TAG.to_owned(), run.object_tag())]),
        created: Some(at(0)),
        ..Invocation::default()
    }
}

impl Invocation {
    fn on(mut self, instance: &str, status: InvocationStatus) -> Self {
        let is_over = status.is_over();
        self.instances.push(InvocationResult {
            instance_id: instance.to_owned(),
            exit_code: is_over.then_some(i64::from(status != Success)),
            finished: is_over.then_some(at(9)),
            status,
            ..InvocationResult::default()
        });
        self
    }
}

fn receipt(id: &str) -> Receipt {
    Receipt { request_id: Some(format!("R-{id}")), external_id: id.to_owned(), changed: true, outcome: "accepted" }
}

fn an_error(class: Class, acted: Acted) -> CloudError {
    let explanation = Explanation { acted, ..Explanation::of(class, "it was refused", "mend it") };
    CloudError { request_id: Some("R-9".to_owned()), ..CloudError::explained(RUN_COMMAND, &explanation) }
}

/// A step that failed so, and is not to be tried again before that second.
fn a_failure(error: &CloudError, retry_at: i64) -> Failure {
    Failure { retry_at: at(retry_at), ..Failure::after(None, error, at(0), &crate::ambient::Dice::new(|| [0; 16])) }
}

// ── looks ───────────────────────────────────────────────────────────────────────────────────────────────────

/// One look at an object and its cloud, in which every server is fit.
struct Look {
    object: CloudCommand,
    cloud: Vec<Invocation>,
    /// Who is meant by a selector.
    selected: Vec<String>,
    stopped: BTreeSet<String>,
    script: Option<&'static str>,
    failures: BTreeMap<Part, Failure>,
    seen_since: BTreeMap<String, Timestamp>,
    just_done: BTreeSet<Part>,
    done: BTreeMap<Part, Timestamp>,
    observe_only: bool,
    at_most: usize,
    now: Timestamp,
}

fn looking(at_object: &Command) -> Look {
    Look {
        object: at_object.0.clone(),
        cloud: Vec::new(),
        selected: Vec::new(),
        stopped: BTreeSet::new(),
        script: Some("echo hello"),
        failures: BTreeMap::new(),
        seen_since: BTreeMap::new(),
        just_done: BTreeSet::new(),
        done: BTreeMap::new(),
        observe_only: false,
        at_most: 100,
        now: at(0),
    }
}

impl Look {
    fn at_second(self, second: i64) -> Self {
        Self { now: at(second), ..self }
    }

    fn seeing<const N: usize>(self, runs: [Invocation; N]) -> Self {
        Self { cloud: Vec::from(runs), ..self }
    }

    fn selecting<const N: usize>(self, ids: [&str; N]) -> Self {
        Self { selected: ids.map(str::to_owned).to_vec(), ..self }
    }

    /// This server does not run.
    fn without(mut self, id: &str) -> Self {
        self.stopped.insert(id.to_owned());
        self
    }

    /// What the ConfigMap `scripts` holds under `hello`; without, there is none.
    fn reading(self, script: Option<&'static str>) -> Self {
        Self { script, ..self }
    }

    fn failing(mut self, part: &str, failure: Failure) -> Self {
        self.failures.insert(part.to_owned(), failure);
        self
    }

    /// Since when this process has known of the open entry.
    fn having_seen(mut self, part: &str, since: i64) -> Self {
        self.seen_since.insert(part.to_owned(), at(since));
        self
    }

    fn having_done(mut self, part: &str, second: i64) -> Self {
        self.done.insert(part.to_owned(), at(second));
        self
    }

    fn having_just_done(mut self, part: &str) -> Self {
        self.just_done.insert(part.to_owned());
        self
    }

    fn with_permits(self, at_most: usize) -> Self {
        Self { at_most, ..self }
    }

    fn observing_only(self) -> Self {
        Self { observe_only: true, ..self }
    }

    /// What `observe` would have found.
    fn seen(&self) -> Observed {
        let asked = agenda(&self.object, "cluster", self.now);
        let find = |id: &String| self.cloud.iter().find(|run| run.id == *id).cloned();
        let invocations: BTreeMap<_, _> = asked.invocations.iter().map(|id| (id.clone(), find(id))).collect();
        let is_read = |run: &&Invocation| is_over(run) || run.instances.iter().any(|result| result.finished.is_some());
        let results = invocations.values().flatten().filter(is_read).map(|run| (run.id.clone(), run.instances.clone())).collect();
        let selected = asked.select.map(|_| self.selected.clone());
        let targets = asked.targets.iter().chain(selected.iter().flatten()).map(|id| (id.clone(), self.target(id))).collect();
        let tagged = |tag: &String| self.cloud.iter().filter(|run| run.tags.get(OBJECT_TAG) == Some(tag)).cloned().collect();
        let ours = asked.look_up.as_ref().map(tagged);
        Observed { region: "cn-hangzhou".to_owned(), invocations, results, history: BTreeMap::new(), ours, selected, targets }
    }

    fn target(&self, id: &str) -> Target {
        let status = if self.stopped.contains(id) { "Stopped" } else { "Running" };
        let instance = Instance { id: id.to_owned(), status: status.to_owned(), ..Instance::default() };
        Target { instance: Some(instance), agent: Some(Agent { alive: true, ..Agent::default() }) }
    }

    fn plan(&self) -> Plan<CloudCommand> {
        self.plan_on(&self.seen())
    }

    fn plan_on(&self, seen: &Observed) -> Plan<CloudCommand> {
        let script = self.script.map(|script| Contents::of([("hello", script.as_bytes())]));
        let given = Given {
            peers: Claims::of(vec![self.object.clone()]).peers(&self.object),
            references: References::of([(Reference::config_map("scripts"), Ok(script))]),
            installation: Arc::new(Installation::new("cluster".to_owned(), "me".to_owned(), Vec::new().into())),
            failures: self.failures.clone(),
            seen_since: self.seen_since.clone(),
            just_done: self.just_done.clone(),
            done: self.done.clone(),
            observe_only: self.observe_only,
            at_most: self.at_most,
            sync_interval: Duration::from_secs(600),
        };
        let goal = if self.object.metadata.deletion_timestamp.is_some() { Goal::Remove } else { Goal::Keep };
        self.object.plan(&given, seen, goal, self.now)
    }

    /// What is planned, in one line: `Working/Applying | run on i-1 (batch 0) | 0#1 Intended | sync`.
    fn line(&self) -> String {
        let plan = self.plan();
        let next = match plan.next {
            Next::Sync => "sync".to_owned(),
            Next::Gone => "gone".to_owned(),
            Next::At(next) => format!("in {}s", next.duration_since(self.now).as_secs()),
        };
        let steps: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
        let said = [format!("{:?}/{}", plan.verdict.phase, plan.verdict.reason), either(&steps), journal(&plan.status), next];
        said.join(" | ")
    }

    /// The object after what is planned was put on record, and nobody heard an answer.
    fn recorded(&self) -> Command {
        Command(self.object.clone()).after(&self.plan())
    }

    /// The object after what is planned was done: the runs are called `t-0` and on, by batch.
    fn done(&self) -> Command {
        let plan = self.plan();
        let id = |step: &CloudCommandStep| step.part().replace("batch/", "t-");
        plan.steps.iter().fold(Command(self.object.clone()).after(&plan), |object, step| object.noted(step, Ok(&receipt(&id(step)))))
    }
}

/// `0#1 Intended, 1#2 Submitted`
fn journal(status: &CloudCommandStatus) -> String {
    let entry = |entry: &JournalEntry| format!("{}#{} {:?}", entry.batch.unwrap(), entry.attempt, entry.state);
    either(&status.operations.iter().map(entry).collect::<Vec<_>>())
}

fn either(list: &[String]) -> String {
    if list.is_empty() { "-".to_owned() } else { list.join(", ") }
}

/// Each row is called, looked at, and expected to give this line.
#[track_caller]
fn assert_lines(rows: Vec<(&str, Look, &str)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .map(|(what, look, expected)| (what, look.line(), expected))
        .filter(|(_, line, expected)| line != expected)
        .map(|(what, line, expected)| format!("{what}\n  expected {expected}\n  is       {line}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
