//! From a verdict to conditions: which are present, what they say, and when their time of transition moves. Pure.

use crate::reason::Reason;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub const READY: &str = "Ready";
pub const SYNCED: &str = "Synced";
pub const RECONCILING: &str = "Reconciling";
pub const STALLED: &str = "Stalled";
pub const DRIFTED: &str = "Drifted";
pub const SUSPENDED: &str = "Suspended";
/// Of `RestoreCheck` alone.
pub const RESTORABLE: &str = "Restorable";

const TRUE: &str = "True";
const FALSE: &str = "False";
const UNKNOWN: &str = "Unknown";

/// Longer messages are cut: a condition is a sentence, the details stand elsewhere in status.
const LONGEST_MESSAGE: usize = 1024;

/// What is to be said of an object. The message is stable text: no request id, no counter, no time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub phase: Phase,
    pub reason: Reason,
    pub message: String,
    /// Whether spec and cloud differ, as far as somebody looked.
    pub drifted: Option<bool>,
}

/// How an object stands, in kstatus' terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Ready.
    Settled,
    /// Not ready, and steward is working on it.
    Working,
    /// Not ready, and a person or another system has to act.
    Stuck,
    /// Nobody can tell at the moment.
    Unknown,
    /// Nobody can tell any more, and a person has to see why.
    Outdated,
}

/// Which conditions a kind has beside `Ready`, `Reconciling` and `Stalled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The object mirrors a state of the cloud: it has `Synced` and `Drifted`.
    State,
    Plain,
}

/// Rewrites `conditions` to say `verdict`, and nothing that was said before and isn't true any more.
pub fn declare(conditions: &mut Vec<Condition>, verdict: &Verdict, shape: Shape, generation: i64, now: Timestamp) {
    let mut said = Say { conditions, verdict, generation, now };
    said.set(
        READY,
        match verdict.phase {
            Phase::Settled => TRUE,
            Phase::Working | Phase::Stuck => FALSE,
            Phase::Unknown | Phase::Outdated => UNKNOWN,
        },
    );
    if shape == Shape::State {
        said.set(
            SYNCED,
            match (verdict.phase, verdict.drifted) {
                (Phase::Unknown | Phase::Outdated, _) => UNKNOWN,
                (_, Some(true)) | (Phase::Working | Phase::Stuck, _) => FALSE,
                (Phase::Settled, _) => TRUE,
            },
        );
        match verdict.drifted {
            Some(true) => said.set(DRIFTED, TRUE),
            Some(false) | None => said.clear(DRIFTED),
        }
    }
    match verdict.phase {
        Phase::Working => said.set(RECONCILING, TRUE),
        Phase::Settled | Phase::Stuck | Phase::Unknown | Phase::Outdated => said.clear(RECONCILING),
    }
    match verdict.phase {
        Phase::Stuck | Phase::Outdated => said.set(STALLED, TRUE),
        Phase::Settled | Phase::Working | Phase::Unknown => said.clear(STALLED),
    }
    said.clear(SUSPENDED);
}

/// Says one more thing of an object than `declare` does: a condition of its kind's own, in the verdict's words.
pub fn state(conditions: &mut Vec<Condition>, type_: &str, status: &str, verdict: &Verdict, generation: i64, now: Timestamp) {
    Say { conditions, verdict, generation, now }.set(type_, status);
}

/// A suspended object keeps its last verdict and says in one more condition that it is not looked at.
pub fn suspend(conditions: &mut Vec<Condition>, generation: i64, now: Timestamp) {
    let verdict = Verdict {
        phase: Phase::Settled,
        reason: Reason::Suspended,
        message: "spec.suspend is true: steward neither looks nor acts until it is false again".to_owned(),
        drifted: None,
    };
    let mut said = Say { conditions, verdict: &verdict, generation, now };
    if ready(said.conditions).is_none() {
        // Nobody has looked yet; without this, kstatus would call it healthy.
        said.set(READY, UNKNOWN);
    }
    said.set(SUSPENDED, TRUE);
    said.clear(RECONCILING);
}

/// The reason that sums an object up: why it is ready or not, or that it is suspended.
pub fn reason(conditions: &[Condition]) -> Option<Reason> {
    let suspended = conditions.iter().find(|condition| condition.type_ == SUSPENDED);
    let condition = suspended.or_else(|| ready(conditions))?;
    reason_of(condition)
}

fn reason_of(condition: &Condition) -> Option<Reason> {
    serde_json::from_value(condition.reason.clone().into()).ok()
}

/// A condition's reason, as the word that it is everywhere.
pub fn word(condition: &Condition) -> Option<&'static str> {
    reason_of(condition).map(Reason::as_str)
}

/// What `Ready` says at present.
pub fn ready(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == READY)
}

/// Whether this condition, `READY` or another, is there and true.
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.status == TRUE)
}

struct Say<'a> {
    conditions: &'a mut Vec<Condition>,
    verdict: &'a Verdict,
    generation: i64,
    now: Timestamp,
}

impl Say<'_> {
    fn set(&mut self, type_: &str, status: &str) {
        let since = self
            .conditions
            .iter()
            .find(|condition| condition.type_ == type_ && condition.status == status)
            .map_or_else(|| whole_seconds(self.now), |condition| condition.last_transition_time.0);
        let condition = Condition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: self.verdict.reason.as_str().to_owned(),
            message: cut(&self.verdict.message, LONGEST_MESSAGE),
            observed_generation: Some(self.generation),
            last_transition_time: Time(since),
        };
        match self.conditions.iter_mut().find(|condition| condition.type_ == type_) {
            Some(existing) => *existing = condition,
            None => self.conditions.push(condition),
        }
    }

    fn clear(&mut self, type_: &str) {
        self.conditions.retain(|condition| condition.type_ != type_);
    }
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The first `most` characters, with an ellipsis where something was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The first few of many names.
pub fn few<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 10;
    let mut all: Vec<_> = names.collect();
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let few = all.join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn verdict(phase: Phase, reason: Reason, drifted: Option<bool>) -> Verdict {
        Verdict { phase, reason, message: "as it is".to_owned(), drifted }
    }

    fn told(phase: Phase, drifted: Option<bool>) -> Vec<String> {
        let mut conditions = Vec::new();
        declare(&mut conditions, &verdict(phase, Reason::InSync, drifted), Shape::State, 1, at(0));
        conditions.iter().map(|condition| format!("{}={}", condition.type_, condition.status)).collect()
    }

    #[test]
    fn each_phase_says_what_kstatus_expects() {
        assert_eq!(told(Phase::Settled, Some(false)), ["Ready=True", "Synced=True"]);
        assert_eq!(told(Phase::Working, Some(true)), ["Ready=False", "Synced=False", "Drifted=True", "Reconciling=True"]);
        assert_eq!(told(Phase::Stuck, None), ["Ready=False", "Synced=False", "Stalled=True"]);
        assert_eq!(told(Phase::Unknown, None), ["Ready=Unknown", "Synced=Unknown"]);
        assert_eq!(told(Phase::Outdated, None), ["Ready=Unknown", "Synced=Unknown", "Stalled=True"]);
    }

    #[test]
    fn a_difference_is_never_in_sync() {
        assert_eq!(told(Phase::Settled, Some(true)), ["Ready=True", "Synced=False", "Drifted=True"]);
    }

    #[test]
    fn the_time_of_transition_moves_only_when_the_status_flips() {
        let mut conditions = Vec::new();
        declare(&mut conditions, &verdict(Phase::Working, Reason::Applying, None), Shape::State, 1, at(10));
        declare(&mut conditions, &verdict(Phase::Stuck, Reason::QuotaExceeded, None), Shape::State, 2, at(20));
        let ready_now = ready(&conditions).unwrap();
        assert_eq!((ready_now.last_transition_time.0, ready_now.reason.as_str()), (at(10), "QuotaExceeded"));
        declare(&mut conditions, &verdict(Phase::Settled, Reason::InSync, None), Shape::State, 2, at(30));
        assert_eq!(ready(&conditions).unwrap().last_transition_time.0, at(30));
    }

    #[test]
    fn suspension_keeps_the_last_verdict() {
        let mut conditions = Vec::new();
        declare(&mut conditions, &verdict(Phase::Stuck, Reason::QuotaExceeded, None), Shape::State, 1, at(0));
        suspend(&mut conditions, 1, at(5));
        assert_eq!(ready(&conditions).unwrap().reason, "QuotaExceeded");
        assert!(conditions.iter().any(|condition| condition.type_ == SUSPENDED));
        declare(&mut conditions, &verdict(Phase::Settled, Reason::InSync, None), Shape::State, 1, at(9));
        assert!(conditions.iter().all(|condition| condition.type_ != SUSPENDED));
    }
}
