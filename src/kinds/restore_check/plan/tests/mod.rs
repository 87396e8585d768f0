//! What answers, and the lack of them, mean for an object: one sequence of looks each. What time does to them is in `ages`.

mod ages;

use super::*;
use crate::api::restore_check::status::Restorable;
use crate::cloud::error::{Class, CloudError, Explanation};
use crate::cloud::huawei::csbs::{Answer, CHECK_RESTORABLE, CheckpointItem};
use crate::cloud::huawei::errors;
use crate::installation::Installation;
use crate::kinds::restore_check::observe::{Asked, Outcome};
use crate::reconcile::backoff::ASKED_AGAIN;
use crate::reconcile::claims::Claims;
use crate::reconcile::kind::Kind as _;
use crate::reconcile::memory::Failure;
use crate::reconcile::verdict;
use crate::references::References;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const SERVER: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One object, looked at again and again.
struct Looks {
    object: RestoreCheck,
    now: Timestamp,
    failures: BTreeMap<String, Failure>,
    verdict: String,
    next: Next,
}

/// A check `db` of the latest backup of a server, every ten hours.
fn a_check(change: &Value) -> Looks {
    let mut spec = json!({"interval": "10h", "checks": [named("db")]});
    for (field, value) in change.as_object().unwrap() {
        spec[field] = value.clone();
    }
    let object = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "RestoreCheck",
        "metadata": {"namespace": "team", "name": "drill", "uid": "u-1", "generation": 1}, "spec": spec,
    });
    Looks {
        object: serde_json::from_value(object).unwrap(),
        now: "2026-11-22T08:00:00Z".parse().unwrap(),
        failures: BTreeMap::new(),
        verdict: String::new(),
        next: Next::Sync,
    }
}

fn named(name: &str) -> Value {
    json!({"name": name, "backup": {"latest": {"resourceId": SERVER}}, "target": {"resourceId": SERVER, "volumeMapping": "SourceVolumes"}})
}

fn yes() -> Outcome {
    Outcome::Answered(Answer {
        restorable: true,
        code: None,
        error: None,
        resource_id: Some(SERVER.to_owned()),
        resource_type: None,
        request_id: Some("r-1".to_owned()),
    })
}

fn no(code: &str) -> Outcome {
    let error = errors::error(CHECK_RESTORABLE, 400, Some(code), "");
    assert!(error.ok, "{code} is a no");
    Outcome::Answered(Answer {
        restorable: false,
        code: error.code.clone(),
        error: Some(error),
        resource_id: None,
        resource_type: None,
        request_id: None,
    })
}

fn item() -> CheckpointItem {
    CheckpointItem {
        id: "c-1".to_owned(),
        status: "available".to_owned(),
        created_at: "2026-11-22T02:00:00Z".parse().ok(),
        ..CheckpointItem::default()
    }
}

impl Looks {
    fn given(&self) -> Given<RestoreCheck> {
        Given {
            peers: Claims::<RestoreCheck>::of(Vec::new()).peers(&self.object),
            references: References::default(),
            installation: Arc::new(Installation::new(String::new(), String::new(), Vec::new().into())),
            failures: self.failures.clone(),
            seen_since: BTreeMap::new(),
            just_done: BTreeSet::new(),
            done: BTreeMap::new(),
            observe_only: false,
            at_most: 0,
            sync_interval: Duration::from_secs(600),
        }
    }

    /// A pass in which this was answered; the status is written.
    fn look(&mut self, asked: Vec<(&str, Outcome)>) -> &mut Self {
        let asked: Vec<_> = asked.into_iter().map(|(name, outcome)| Asked { name: name.to_owned(), item: Some(item()), outcome }).collect();
        for asked in &asked {
            self.failures.remove(&asked.name);
        }
        let plan = plan(&self.object, &self.given(), &Observed { asked, unanswered: Vec::new() }, Goal::Keep, self.now);
        self.failures.retain(|name, _| plan.held.contains(name));
        let mut status = plan.status;
        verdict::declare(&mut status.envelope.conditions, &plan.verdict, RestoreCheck::SHAPE, 1, self.now);
        self.object.own_conditions(&mut status, &plan.verdict, self.now);
        self.object.status = Some(status);
        let ready = verdict::ready(&self.object.status.as_ref().unwrap().envelope.conditions).unwrap();
        self.verdict = format!("{}/{}", ready.status, ready.reason);
        self.next = plan.next;
        self
    }

    fn after(&mut self, wait: SignedDuration) -> &mut Self {
        self.now += wait;
        self
    }

    /// `False/NotRestorable`
    fn restorable(&self) -> String {
        let conditions = &self.status().envelope.conditions;
        let condition = conditions.iter().find(|condition| condition.type_ == "Restorable").unwrap();
        format!("{}/{}", condition.status, condition.reason)
    }

    /// Ready, and then Restorable.
    fn said(&self) -> (String, String) {
        (self.verdict.clone(), self.restorable())
    }

    fn status(&self) -> &RestoreCheckStatus {
        self.object.status.as_ref().unwrap()
    }

    fn message(&self) -> &str {
        &verdict::ready(&self.status().envelope.conditions).unwrap().message
    }

    fn due(&self) -> Vec<&str> {
        agenda::due(&self.object, &self.given(), self.now).into_iter().map(|check| check.name.as_str()).collect()
    }

    fn fail(&mut self, name: &str, class: Class) -> &mut Self {
        let error = CloudError::explained(CHECK_RESTORABLE, &Explanation::of(class, "it is so", "mend it"));
        let failure = Failure::after(self.failures.get(name), &error, self.now, &crate::ambient::Dice::new(|| [0; 16]));
        self.failures.insert(name.to_owned(), failure);
        self
    }
}

fn pair(ready: &str, restorable: &str) -> (String, String) {
    (ready.to_owned(), restorable.to_owned())
}

#[test]
fn before_the_first_answer_nothing_is_known() {
    let mut looks = a_check(&json!({}));
    assert_eq!(looks.due(), ["db"]);
    assert_eq!(looks.look(vec![]).said(), pair("False/Checking", "Unknown/Checking"));
    assert_eq!(looks.due(), ["db"]);
}

#[test]
fn a_yes_is_ready_and_costs_nothing_until_the_next_check() {
    let mut looks = a_check(&json!({}));
    assert_eq!(looks.look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    let settled = looks.status().clone();
    assert_eq!(settled.checks[0].resolved.as_ref().unwrap().checkpoint_item_id, "c-1");
    assert_eq!((settled.last_check, settled.oldest_backup), (Some(looks.now.into()), item().created_at.map(Into::into)));
    let next = settled.next_check.unwrap().get();
    assert!((9 * HOUR..=10 * HOUR).contains(&next.duration_since(looks.now)), "{next}");
    looks.after(5 * HOUR).look(vec![]);
    assert_eq!((looks.status(), looks.due()), (&settled, vec![]), "a look between two checks changes nothing");
    assert_eq!(looks.next, Next::At(next));
    looks.now = next;
    assert_eq!(looks.due(), ["db"]);
}

#[test]
fn a_no_counts_when_it_has_come_as_often_as_the_threshold_says_and_a_yes_ends_it() {
    let mut looks = a_check(&json!({"failureThreshold": 2}));
    assert_eq!(
        looks.look(vec![("db", no("CSBS.6014"))]).said(),
        pair("False/Checking", "Unknown/Checking"),
        "one no is not enough to begin with"
    );
    assert_eq!(looks.after(10 * HOUR).look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.after(10 * HOUR).look(vec![("db", no("CSBS.6014"))]).said(), pair("True/Restorable", "True/Restorable"));
    assert!(looks.message().contains("for db the latest answer was no"), "{}", looks.message());
    assert_eq!(looks.after(10 * HOUR).look(vec![("db", no("CSBS.6014"))]).said(), pair("False/NotRestorable", "False/NotRestorable"));
    assert!(looks.message().contains("[CSBS.6014]") && looks.message().contains("attach the volume"), "{}", looks.message());
    assert_eq!(looks.status().checks[0].failures, 2);
    assert_eq!(looks.after(10 * HOUR).look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.status().checks[0].failures, 0);
}

#[test]
fn what_is_no_backup_at_all_is_a_no_with_a_name_of_its_own() {
    let gone = errors::error(CHECK_RESTORABLE, 404, Some("CSBS.3001"), "");
    let table = [(Outcome::NoBackup, "NoBackup"), (Outcome::TooOld, "BackupTooOld"), (Outcome::Gone(gone), "NotRestorable")];
    for (outcome, reason) in table {
        let mut looks = a_check(&json!({}));
        let expected = format!("False/{reason}");
        assert_eq!(looks.look(vec![("db", outcome)]).said(), pair(&expected, &expected));
        assert!(looks.status().checks[0].hint.is_some());
    }
}

#[test]
fn an_answer_grows_old_whether_or_not_anybody_looks() {
    let mut looks = a_check(&json!({"staleAfter": "15h"}));
    looks.look(vec![("db", yes())]).after(14 * HOUR).look(vec![]);
    assert_eq!(looks.said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.next, Next::At(looks.now + HOUR));
    assert_eq!(looks.object.ages_at(looks.now), Some(looks.now + HOUR));
    assert_eq!(looks.after(HOUR).look(vec![]).said(), pair("Unknown/Stale", "Unknown/Stale"));
    assert_eq!(looks.object.ages_at(looks.now), None);
    assert_eq!(looks.look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    // By default, until it should have been replaced for the second time.
    let mut looks = a_check(&json!({}));
    looks.look(vec![("db", no("CSBS.6014"))]).after(20 * HOUR).look(vec![]);
    assert_eq!(looks.said(), pair("False/NotRestorable", "False/NotRestorable"));
    assert_eq!(looks.after(HOUR).look(vec![]).said(), pair("Unknown/Stale", "Unknown/Stale"));
}

#[test]
fn what_keeps_steward_from_asking_says_so_and_leaves_the_answer_alone() {
    let table = [
        (Class::Denied, "AccessDenied"),
        (Class::Retired, "ServiceRetired"),
        (Class::Invalid, "InvalidSpec"),
        (Class::NotFound, "NotFound"),
    ];
    for (class, reason) in table {
        let ready = format!("False/{reason}");
        let mut looks = a_check(&json!({}));
        assert_eq!(looks.fail("db", class).look(vec![]).said(), pair(&ready, &format!("Unknown/{reason}")), "there is no answer yet");
        let mut looks = a_check(&json!({}));
        looks.look(vec![("db", yes())]).after(10 * HOUR);
        assert_eq!(looks.fail("db", class).look(vec![]).said(), pair(&ready, "True/Restorable"));
        assert!(looks.message().starts_with("db: it is so"), "{}", looks.message());
        assert_eq!(looks.after(11 * HOUR).look(vec![]).said(), pair(&ready, "Unknown/Stale"), "it ages");
        assert_eq!(looks.look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
    }
}

#[test]
fn a_blip_changes_nothing_and_one_that_lasts_makes_it_unknown() {
    let mut looks = a_check(&json!({"checks": [named("db"), named("web")]}));
    looks.look(vec![("db", yes()), ("web", yes())]).after(10 * HOUR);
    looks.fail("web", Class::Unavailable).look(vec![("db", yes())]);
    assert_eq!(looks.said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.after(SignedDuration::from_mins(30)).look(vec![]).said(), pair("Unknown/CloudUnavailable", "True/Restorable"));
}

#[test]
fn a_check_that_could_not_be_asked_waits_its_turn_and_comes_last() {
    let mut looks = a_check(&json!({"checks": [named("a"), named("b"), named("c")]}));
    looks.fail("a", Class::Unavailable).fail("b", Class::Denied).look(vec![("c", yes())]);
    assert_eq!(looks.failures.len(), 2, "both are held");
    assert_eq!(looks.due(), Vec::<&str>::new(), "c is answered, and the others wait");
    looks.after(SignedDuration::from_secs(5));
    assert_eq!(looks.due(), ["a"]);
    looks.after(SignedDuration::from_mins(10)).fail("a", Class::Unavailable).after(SignedDuration::from_secs(5));
    assert_eq!(looks.due(), ["b", "a"], "who failed last comes last");
}

#[test]
fn who_is_asked_first_changes_as_long_as_nothing_is_known_of_any() {
    let mut looks = a_check(&json!({"checks": [named("a"), named("b"), named("c")]}));
    let firsts: BTreeSet<_> = (0..3).map(|_| looks.after(SignedDuration::from_secs(1)).due()[0].to_owned()).collect();
    assert_eq!(firsts.len(), 3, "{firsts:?}");
}

#[test]
fn busy_is_asked_again_soon_and_is_a_no_only_if_it_lasts_until_the_next_check() {
    for code in ["CSBS.4000", "CSBS.6005", "CSBS.6015", "CSBS.6030", "CSBS.6031"] {
        let mut looks = a_check(&json!({}));
        looks.look(vec![("db", yes())]).after(10 * HOUR);
        let since = looks.now;
        assert_eq!(looks.look(vec![("db", no(code))]).said(), pair("True/Restorable", "True/Restorable"), "{code}");
        assert_eq!(looks.next, Next::At(since + ASKED_AGAIN));
        looks.after(ASKED_AGAIN);
        assert_eq!(looks.due(), ["db"]);
        looks.look(vec![("db", no(code))]);
        assert_eq!(looks.status().checks[0].history.len(), 2, "the same again is not history");
        looks.after(9 * HOUR + SignedDuration::from_mins(50)).look(vec![("db", no(code))]);
        assert_eq!(looks.said(), pair("False/NotRestorable", "False/NotRestorable"), "{code} has lasted");
        assert_eq!(looks.next, Next::At(looks.now + ASKED_AGAIN));
        assert_eq!(looks.after(ASKED_AGAIN).look(vec![("db", yes())]).said(), pair("True/Restorable", "True/Restorable"));
        assert_eq!(looks.status().checks[0].busy_since, None);
    }
    let mut looks = a_check(&json!({}));
    assert_eq!(looks.look(vec![("db", no("CSBS.6015"))]).said(), pair("False/Busy", "Unknown/Busy"), "there was no answer before");
}

#[test]
fn an_answer_belongs_to_its_question() {
    let mut looks = a_check(&json!({}));
    looks.look(vec![("db", yes())]);
    looks.object.metadata.generation = Some(2);
    looks.object.spec.history_limit = 3;
    assert_eq!(looks.due(), ["db"], "whoever edits is answered at once");
    assert_eq!(looks.look(vec![]).said(), pair("True/Restorable", "True/Restorable"), "the question is the same");
    looks.look(vec![("db", yes())]);
    assert_eq!(looks.due(), Vec::<&str>::new());
    looks.object.spec.checks[0].target.resource_id = SERVER.replace('5', "6");
    looks.object.metadata.generation = Some(3);
    assert_eq!(looks.look(vec![]).said(), pair("False/Checking", "Unknown/Checking"), "another server, another question");
    looks.look(vec![("db", yes())]);
    looks.object.metadata.annotations =
        Some(BTreeMap::from([("reconcile.cloudsteward.dev/requestedAt".to_owned(), "2026-11-22T09:00:00Z".to_owned())]));
    assert_eq!(looks.due(), ["db"], "somebody wishes for an answer now");
    looks.look(vec![("db", yes())]);
    assert_eq!(looks.due(), Vec::<&str>::new());
}

#[test]
fn a_verdict_of_an_earlier_question_is_not_told_while_nobody_can_look() {
    let mut looks = a_check(&json!({}));
    looks.look(vec![("db", yes())]);
    looks.object.spec.checks[0].target.resource_id = SERVER.replace('5', "6");
    let mut status = looks.status().clone();
    let blind = Verdict { phase: Phase::Unknown, reason: Reason::CloudUnavailable, message: "silence".to_owned(), drifted: None };
    looks.object.own_conditions(&mut status, &blind, looks.now);
    looks.object.status = Some(status);
    assert_eq!(looks.restorable(), "Unknown/CloudUnavailable");
}

#[test]
fn history_is_as_long_as_spec_says() {
    let mut looks = a_check(&json!({"historyLimit": 3}));
    for code in ["CSBS.6014", "CSBS.6018", "CSBS.6024", "CSBS.6000", "CSBS.6020"] {
        looks.look(vec![("db", no(code))]).after(10 * HOUR);
    }
    let codes: Vec<_> = looks.status().checks[0].history.iter().filter_map(|past| past.code.as_deref()).collect();
    assert_eq!(codes, ["CSBS.6020", "CSBS.6000", "CSBS.6024"]);
    assert!(looks.status().checks[0].history.iter().all(|past| past.restorable == Restorable::False));
    looks.object.spec.history_limit = 0;
    assert!(looks.look(vec![]).status().checks[0].history.is_empty());
}

#[test]
fn one_no_among_many_is_named_and_what_left_spec_leaves_status() {
    let mut looks = a_check(&json!({"checks": [named("a"), named("b"), named("c")]}));
    looks.look(vec![("a", yes()), ("b", no("CSBS.6024")), ("c", no("CSBS.6000"))]);
    assert_eq!(looks.said(), pair("False/NotRestorable", "False/NotRestorable"));
    assert!(looks.message().starts_with("b: ") && looks.message().ends_with("also not restorable: c"), "{}", looks.message());
    looks.object.spec.checks.truncate(1);
    assert_eq!(looks.look(vec![]).said(), pair("True/Restorable", "True/Restorable"));
    assert_eq!(looks.status().checks.len(), 1);
}

#[test]
fn a_schedule_that_cannot_be_meant_is_told_and_nothing_is_forgotten() {
    let mut looks = a_check(&json!({}));
    looks.look(vec![("db", yes())]);
    for (schedule, zone) in [("99 3 * * *", None), ("15 3 * * *", Some("Mars/Olympus")), ("0 0 31 2 *", None)] {
        looks.object.spec.schedule = Some(schedule.to_owned());
        looks.object.spec.time_zone = zone.map(str::to_owned);
        assert_eq!(looks.look(vec![]).said(), pair("False/InvalidSpec", "True/Restorable"), "{schedule}");
    }
}
