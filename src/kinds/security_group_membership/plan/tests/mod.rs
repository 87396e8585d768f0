//! The rules of membership, one table or one sequence of looks each. What is here builds objects, clouds and looks; the rules stand in the files
//! beside: who joins, who leaves, who else has a say, what selectors may do, what edits mean, which
//! surprises there are, what is said of it all, and where long walks through edits, crashes and lost answers end.

mod edits;
mod joining;
mod leaving;
mod others;
mod selectors;
mod surprises;
mod telling;
mod walks;

use super::super::observe::Group;
use super::*;
use crate::api::envelope::ManagementPolicy;
use crate::api::security_group_membership::{InstanceSelector, LedgerEntry, LedgerPage, Tag};
use crate::cloud::error::{Class, Effect};
use crate::installation::Installation;
use crate::reconcile::claims::Claims;
use crate::reconcile::kind::Kind as _;
use crate::reconcile::memory::Failure;
use crate::references::References;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const ACCOUNT: &str = "1234567890123456";
const REGION: &str = "cn-hangzhou";

/// So many seconds into the story.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

// ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Clone)]
struct Membership(SecurityGroupMembership);

/// `web` in namespace `team`: i-1 in sg-1, looked at before, nothing in its ledger.
fn a_membership() -> Membership {
    let object = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership",
        "metadata": {"namespace": "team", "name": "web", "generation": 1},
        "spec": {"securityGroupId": "sg-1", "targets": {"instanceIds": ["i-1"]}},
        "status": {"accountId": ACCOUNT, "region": REGION}
    });
    Membership(serde_json::from_value(object).unwrap())
}

impl Membership {
    fn but(mut self, change: impl FnOnce(&mut SecurityGroupMembership)) -> Self {
        change(&mut self.0);
        self
    }

    fn called(self, name: &str) -> Self {
        self.but(|object| object.metadata.name = Some(name.to_owned()))
    }

    fn in_group(self, group: &str) -> Self {
        self.but(|object| group.clone_into(&mut object.spec.security_group_id))
    }

    fn of<const N: usize>(self, ids: [&str; N]) -> Self {
        let (interfaces, instances) = ids.iter().map(|id| (*id).to_owned()).partition(|id: &String| id.starts_with("eni-"));
        self.but(|object| {
            object.spec.targets.instance_ids = instances;
            object.spec.targets.network_interface_ids = interfaces;
            object.spec.targets.instance_selector = None;
        })
    }

    /// All instances with `role=web` and whatever else `narrow` asks for.
    fn of_role_web(self, narrow: impl FnOnce(&mut InstanceSelector)) -> Self {
        let mut selector = InstanceSelector {
            tags: vec![Tag { key: "role".to_owned(), value: "web".to_owned() }],
            vpc_id: None,
            zone_id: None,
            resource_group_id: None,
        };
        narrow(&mut selector);
        self.of([]).but(|object| object.spec.targets.instance_selector = Some(selector))
    }

    fn letting_go_of(self, at_most: &IntOrString) -> Self {
        self.but(|object| object.spec.max_removals = at_most.clone())
    }

    fn observing(self) -> Self {
        self.but(|object| object.spec.management_policy = ManagementPolicy::Observe)
    }

    fn going(self) -> Self {
        self.but(|object| object.metadata.deletion_timestamp = Some(Time(at(0))))
    }

    /// Nobody has looked at it yet: no account, no region, no ledger.
    fn unseen(self) -> Self {
        self.but(|object| object.status = None)
    }

    fn booked(self, group: &str, target: &str, state: LedgerState) -> Self {
        self.entry(group, LedgerEntry { target: target.to_owned(), state, since: None, unmatched_since: None })
    }

    fn adding(self, group: &str, target: &str, since: i64) -> Self {
        self.entry(
            group,
            LedgerEntry { target: target.to_owned(), state: LedgerState::Adding, since: Some(at(since).into()), unmatched_since: None },
        )
    }

    fn entry(self, group: &str, entry: LedgerEntry) -> Self {
        self.but(|object| {
            let ledger = &mut object.status.get_or_insert_default().ledger;
            match ledger.iter_mut().find(|page| page.security_group_id == group) {
                Some(page) => page.entries.push(entry),
                None => ledger.push(LedgerPage { security_group_id: group.to_owned(), entries: vec![entry] }),
            }
        })
    }

    /// The object after this plan was written down.
    fn after(self, plan: &Plan<SecurityGroupMembership>) -> Self {
        self.but(|object| object.status = Some(plan.status.clone()))
    }

    /// The object after the cloud answered to a step.
    fn noted(self, step: &SecurityGroupStep, outcome: Result<&Receipt, &CloudError>, now: Timestamp) -> Self {
        self.but(|object| note(object.status.get_or_insert_default(), step, outcome, now))
    }
}

// ── targets ─────────────────────────────────────────────────────────────────────────────────────────────────

/// A running instance in vpc-1 and in sg-base, with `eni-of-<id>` as its primary interface.
fn an_instance(id: &str) -> Target {
    Target {
        id: id.to_owned(),
        alias: Some(format!("eni-of-{id}")),
        groups: vec!["sg-base".to_owned()],
        status: "Running".to_owned(),
        vpc: "vpc-1".to_owned(),
        zone: "cn-hangzhou-b".to_owned(),
        resource_group: "rg-1".to_owned(),
        ..Target::default()
    }
}

/// An interface that is no instance's primary one.
fn an_interface(id: &str) -> Target {
    Target { alias: None, status: "InUse".to_owned(), ..an_instance(id) }
}

impl Target {
    fn in_groups<const N: usize>(self, groups: [&str; N]) -> Self {
        Self { groups: groups.map(str::to_owned).to_vec(), ..self }
    }

    fn of_role(self, role: &str) -> Self {
        Self { tags: BTreeMap::from([("role".to_owned(), role.to_owned())]), ..self }
    }

    fn that_is(self, status: &str) -> Self {
        Self { status: status.to_owned(), ..self }
    }
}

// ── looks ───────────────────────────────────────────────────────────────────────────────────────────────────

/// One look at an object and its cloud.
struct Look {
    object: SecurityGroupMembership,
    cloud: Vec<Target>,
    groups: BTreeMap<String, Group>,
    too_many: bool,
    peers: Vec<SecurityGroupMembership>,
    failures: BTreeMap<Part, Failure>,
    seen_since: BTreeMap<String, Timestamp>,
    just_done: BTreeSet<Part>,
    observe_only: bool,
    at_most: usize,
    now: Timestamp,
}

/// At second 0, in a cloud with the groups sg-base and sg-1 to sg-3 of vpc-1 and nobody in them.
fn looking(at_object: Membership) -> Look {
    let group = Group { vpc: "vpc-1".to_owned(), kind: "normal".to_owned(), service_managed: false };
    Look {
        observe_only: at_object.0.spec.management_policy == ManagementPolicy::Observe,
        object: at_object.0,
        cloud: Vec::new(),
        groups: ["sg-base", "sg-1", "sg-2", "sg-3"].into_iter().map(|id| (id.to_owned(), group.clone())).collect(),
        too_many: false,
        peers: Vec::new(),
        failures: BTreeMap::new(),
        seen_since: BTreeMap::new(),
        just_done: BTreeSet::new(),
        at_most: 100,
        now: at(0),
    }
}

impl Look {
    fn where_there_is<const N: usize>(self, targets: [Target; N]) -> Self {
        Self { cloud: Vec::from(targets), ..self }
    }

    fn beside<const N: usize>(self, peers: [Membership; N]) -> Self {
        Self { peers: Vec::from(peers.map(|peer| peer.0)), ..self }
    }

    fn at_second(self, second: i64) -> Self {
        Self { now: at(second), ..self }
    }

    fn without_group(mut self, group: &str) -> Self {
        self.groups.remove(group);
        self
    }

    fn with_too_many(self) -> Self {
        Self { too_many: true, ..self }
    }

    fn with_permits(self, at_most: usize) -> Self {
        Self { at_most, ..self }
    }

    /// Since when this process has known of the open entry.
    fn having_seen(mut self, part: &str, since: i64) -> Self {
        self.seen_since.insert(part.to_owned(), at(since));
        self
    }

    fn failing(mut self, part: &str, failure: Failure) -> Self {
        self.failures.insert(part.to_owned(), failure);
        self
    }

    fn having_just_done(mut self, part: &str) -> Self {
        self.just_done.insert(part.to_owned());
        self
    }

    /// What `observe` would have found.
    fn seen(&self) -> Observed {
        let targets = &self.object.spec.targets;
        let find = |id: &str| self.cloud.iter().find(|target| target.id == id || target.alias.as_deref() == Some(id)).cloned();
        let mut seen = Observed { region: REGION.to_owned(), account: ACCOUNT.to_owned(), too_many: self.too_many, ..Observed::default() };
        if self.object.metadata.deletion_timestamp.is_none() {
            for id in targets.instance_ids.iter().chain(&targets.network_interface_ids) {
                match find(id) {
                    Some(target) => _ = seen.wanted.insert(target.id.clone(), target),
                    None => _ = seen.missing.insert(id.clone()),
                }
            }
            if targets.instance_selector.is_some() {
                let hits = self.cloud.iter().filter(|target| target.tags.get("role").is_some_and(|role| role == "web"));
                seen.wanted = hits.map(|target| (target.id.clone(), target.clone())).collect();
            }
        }
        let booked =
            self.object.entries().filter_map(|(_, entry)| find(&entry.target)).filter(|target| !seen.wanted.contains_key(&target.id));
        seen.others = booked.map(|target| (target.id.clone(), target)).collect();
        let all_in = seen.wanted.values().all(|target| target.groups.contains(&self.object.spec.security_group_id));
        seen.groups = (!all_in).then(|| self.groups.clone());
        seen
    }

    fn plan(&self) -> Plan<SecurityGroupMembership> {
        self.plan_on(&self.seen())
    }

    fn plan_on(&self, seen: &Observed) -> Plan<SecurityGroupMembership> {
        let mut everybody = self.peers.clone();
        everybody.push(self.object.clone());
        let given = Given {
            peers: Claims::of(everybody).peers(&self.object),
            references: References::default(),
            installation: Arc::new(Installation::new(String::new(), String::new(), Vec::new().into())),
            failures: self.failures.clone(),
            seen_since: self.seen_since.clone(),
            just_done: self.just_done.clone(),
            done: BTreeMap::new(),
            observe_only: self.observe_only,
            at_most: self.at_most,
            sync_interval: Duration::from_secs(600),
        };
        let goal = if self.object.metadata.deletion_timestamp.is_some() { Goal::Remove } else { Goal::Keep };
        self.object.plan(&given, seen, goal, self.now)
    }
}

// ── what came of it ─────────────────────────────────────────────────────────────────────────────────────────

/// `i-1 joins sg-1`
fn steps(plan: &Plan<SecurityGroupMembership>) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

/// `sg-1/i-1=Added`
fn ledger(plan: &Plan<SecurityGroupMembership>) -> Vec<String> {
    book(&plan.status)
}

fn book(status: &SecurityGroupMembershipStatus) -> Vec<String> {
    let pages = status.ledger.iter().flat_map(|page| page.entries.iter().map(|entry| (page.security_group_id.as_str(), entry)));
    pages
        .map(|(group, entry)| format!("{group}/{}={}", entry.target, serde_json::to_value(&entry.state).unwrap().as_str().unwrap()))
        .collect()
}

/// The answer to a call that changed something.
fn receipt() -> Receipt {
    Receipt { request_id: Some("R-1".to_owned()), external_id: "sg-1/i-1".to_owned(), changed: true, outcome: "joined" }
}

/// The answer to a call that found everything as wanted.
fn nothing_to_do() -> Receipt {
    Receipt { changed: false, ..receipt() }
}

fn an_error(class: Class, acted: Acted) -> CloudError {
    let explanation =
        crate::cloud::error::Explanation { acted, ..crate::cloud::error::Explanation::of(class, "it was refused", "mend it") };
    CloudError {
        request_id: Some("R-9".to_owned()),
        code: Some("Some.Code".to_owned()),
        ..CloudError::explained(JOIN_SECURITY_GROUP, &explanation)
    }
}

/// A failure for the `count`th time, not to be tried again before `retry_at`.
fn a_failure(class: Class, count: u32, retry_at: i64) -> Failure {
    Failure {
        class,
        reason: class.reason(),
        operation: Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable },
        code: Some("Some.Code".to_owned()),
        http_status: Some(403),
        request_id: Some(format!("R-{count}")),
        meaning: "it was refused",
        hint: "mend it".into(),
        count,
        since: at(0),
        last: at(0),
        retry_at: at(retry_at),
    }
}
