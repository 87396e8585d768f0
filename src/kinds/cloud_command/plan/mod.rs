//! The decision, as a pure function: from spec, the values it points at, the cloud and what status remembers to a new status, the calls that may
//! start now, and when to look again. `follow` takes in what the cloud says, `begin` decides what may be sent, `cut` to whom, `journal` writes the entries,
//! `wind_up` ends what is not wanted any more, `telling` counts and says, with a `result` for each target, `schedule` does so for what runs more
//! than once.

mod begin;
mod cut;
mod follow;
mod journal;
mod note;
mod result;
mod schedule;
mod step;
mod telling;
mod wind_up;

pub(super) use note::{note, take_back};
pub(super) use result::{Outputs, told};
pub use step::CloudCommandStep;
pub(super) use step::invoking;

use super::agenda::{is_out, is_unresolved};
use super::inputs::{Flaw, Inputs, inputs};
use super::intent_hash;
use super::observe::Observed;
use crate::api::CloudCommand;
use crate::api::cloud_command::CloudCommandStatus;
use crate::api::cloud_command::status::{Intent, NextIntent};
use crate::api::envelope::RESOLVE;
use crate::reason::Reason;
use crate::reconcile::kind::{Given, Goal, Next, Part, Plan};
use crate::reconcile::verdict::{Phase, Verdict};
use jiff::{SignedDuration, Timestamp};

/// Progress is put down this often at the most.
const TELL: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn plan(object: &CloudCommand, given: &Given<CloudCommand>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<CloudCommand> {
    let mut draft = Draft::new(object, given, seen, now);
    let verdict = match goal {
        Goal::Keep => draft.keep(),
        Goal::Remove => draft.remove(),
    };
    Plan { status: draft.status, verdict, steps: draft.steps, held: draft.held, next: draft.next, remarks: Vec::new() }
}

/// What is to be remembered of a command that nothing is done with for now: which inputs it was first seen with. A later change of them must not
/// run because somebody suspended the object meanwhile.
pub(super) fn first_sight(object: &CloudCommand, given: &Given<CloudCommand>, now: Timestamp) -> CloudCommandStatus {
    let nothing = Observed::default();
    let mut draft = Draft::new(object, given, &nothing, now);
    draft.foresee(&intent_hash(object));
    draft.status
}

/// A plan in the making.
struct Draft<'a> {
    object: &'a CloudCommand,
    given: &'a Given<CloudCommand>,
    seen: &'a Observed,
    now: Timestamp,
    /// Script and parameters as they are now, or why they are not to be had.
    inputs: Result<Inputs, Flaw>,
    status: CloudCommandStatus,
    /// Something is new that is put down at once.
    has_news: bool,
    steps: Vec<CloudCommandStep>,
    held: Vec<Part>,
    next: Next,
}

impl<'a> Draft<'a> {
    fn new(object: &'a CloudCommand, given: &'a Given<CloudCommand>, seen: &'a Observed, now: Timestamp) -> Self {
        let inputs = inputs(object, &given.references, &given.installation);
        let status = object.status.clone().unwrap_or_default();
        Self { object, given, seen, now, inputs, status, has_news: false, steps: Vec::new(), held: Vec::new(), next: Next::Sync }
    }

    /// The run of which a person has said what became of it, and what was said.
    fn answer(&self) -> Option<(&'a str, &'a str)> {
        self.object.metadata.annotations.as_ref()?.get(RESOLVE)?.split_once('=')
    }
}

impl Draft<'_> {
    fn keep(&mut self) -> Verdict {
        self.note_runs();
        self.follow();
        let hash = intent_hash(self.object);
        self.foresee(&hash);
        let is_another = self.status.intent.as_ref().is_some_and(|intent| intent.hash != hash);
        if is_another && let Some(verdict) = self.wind_up() {
            return verdict;
        }
        if self.status.intent.is_none() && self.status.past_intents.contains(&hash) {
            return self.ran_before(&hash);
        }
        if self.is_finished() {
            if self.has_news || self.status.finished_at.is_none() {
                self.has_news = true;
                self.tell();
            }
            return self.outcome();
        }
        self.open(&hash);
        if is_another {
            // What was asked of the cloud was about the one before.
            return self.looking();
        }
        self.adopt();
        let verdict = self.begin();
        self.tell();
        verdict
    }

    /// With which inputs an intent was first seen is on record before it can begin.
    fn foresee(&mut self, hash: &str) {
        let is_present = self.intent().is_some_and(|intent| intent.hash == hash);
        if is_present || self.status.past_intents.iter().any(|past| past == hash) {
            self.status.next_intent = None;
            return;
        }
        self.status.next_intent = self.status.next_intent.take().filter(|next| next.hash == hash);
        if let (None, Ok(inputs)) = (&self.status.next_intent, &self.inputs) {
            let contents = inputs.print.clone();
            self.status.next_intent = Some(NextIntent { hash: hash.to_owned(), first_seen: self.now.into(), contents });
        }
    }

    /// The intent is on record from the moment when it is first seen, and with it the inputs that it was seen with.
    fn open(&mut self, hash: &str) {
        let (now, spec) = (self.now, &self.object.spec);
        let foreseen = self.status.next_intent.take();
        let intent = self.status.intent.get_or_insert_with(|| Intent::of(hash, spec.trigger.clone(), spec.resource_group_id.clone(), now));
        if let Some(foreseen) = foreseen.filter(|foreseen| foreseen.hash == intent.hash && intent.contents.is_none()) {
            intent.first_seen = foreseen.first_seen;
            intent.contents = Some(foreseen.contents);
        }
        if let (None, Ok(inputs)) = (&intent.contents, &self.inputs) {
            intent.contents = Some(inputs.print.clone());
        }
    }

    fn intent(&self) -> Option<&Intent> {
        self.status.intent.as_ref()
    }

    fn has_open_entries(&self) -> bool {
        self.status.operations.iter().any(|entry| is_out(entry) || is_unresolved(entry))
    }

    fn look_at(&mut self, at: Timestamp) {
        self.next = match self.next {
            Next::At(earlier) if earlier <= at => Next::At(earlier),
            Next::At(_) | Next::Sync | Next::Gone => Next::At(at),
        };
    }

    fn looking(&mut self) -> Verdict {
        self.look_at(self.now);
        working(Reason::Applying, "looking for what the cloud has run of this command already")
    }

    fn look_in(&mut self, wait: SignedDuration) {
        self.look_at(self.now.saturating_add(wait).unwrap_or(self.now));
    }

    /// A step that failed is not repeated before its time; what is said of it meanwhile.
    fn held_back(&mut self, part: &str) -> Option<Verdict> {
        let failure = self.given.failures.get(part)?;
        if failure.retry_at <= self.now {
            return None;
        }
        self.held.push(part.to_owned());
        Some(failure.verdict(self.now))
    }

    fn may_step(&self) -> bool {
        self.steps.len() < self.given.at_most
    }
}

fn flawed(flaw: &Flaw) -> Verdict {
    let phase = if flaw.passes_by_itself { Phase::Working } else { Phase::Stuck };
    Verdict { phase, reason: flaw.reason, message: flaw.message.clone(), drifted: None }
}

fn stuck(reason: Reason, message: impl Into<String>) -> Verdict {
    Verdict { phase: Phase::Stuck, reason, message: message.into(), drifted: None }
}

fn working(reason: Reason, message: impl Into<String>) -> Verdict {
    Verdict { phase: Phase::Working, reason, message: message.into(), drifted: None }
}

fn settled(reason: Reason, message: impl Into<String>) -> Verdict {
    Verdict { phase: Phase::Settled, reason, message: message.into(), drifted: None }
}

fn unknown(reason: Reason, message: impl Into<String>) -> Verdict {
    Verdict { phase: Phase::Unknown, reason, message: message.into(), drifted: None }
}

#[cfg(test)]
mod tests;
