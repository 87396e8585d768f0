//! The decision, as a pure function: from spec, the values it points at, the cloud and what status remembers to a new status, at most one step,
//! and when to look again. `creation` is for a configuration that is not there yet, `change` for one that is, `removal` for an object that goes.

mod change;
mod creation;
mod fight;
mod note;
mod owner;
mod removal;
mod step;

pub(super) use note::note;
pub(super) use step::CREATE;
pub use step::EciScalingStep;

use super::desired::{Desired, Flaw, desired};
use super::difference::{ABSENT, Change, Difference, PRESENT, Path};
use super::observe::Observed;
use super::progress::{Content, SHOWN};
use crate::api::EciScalingConfig;
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::{Origin, Summary};
use crate::api::envelope::Drift;
use crate::api::journal::JournalState;
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::ScalingConfiguration;
use crate::cloud::alibaba::ess::configuration::Value;
use crate::reason::Reason;
use crate::reconcile::kind::{Given, Goal, Next, Part, Plan, Remark};
use crate::reconcile::verdict::{Phase, Verdict, few};
use jiff::{SignedDuration, Timestamp};

/// The most bytes of a value that is shown.
const LONGEST_SHOWN: usize = 256;
/// A configuration that was created a moment after the journal said so may carry an earlier time, by the cloud's clock.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn plan(
    object: &EciScalingConfig,
    given: &Given<EciScalingConfig>,
    seen: &Observed,
    goal: Goal,
    now: Timestamp,
) -> Plan<EciScalingConfig> {
    let status = object.status.clone().unwrap_or_default();
    let mut draft = Draft { object, given, seen, now, status, steps: Vec::new(), held: Vec::new(), remarks: Vec::new(), next: Next::Sync };
    let verdict = match goal {
        Goal::Keep => draft.keep(),
        Goal::Remove => draft.remove(),
    };
    Plan { status: draft.status, verdict, steps: draft.steps, held: draft.held, next: draft.next, remarks: draft.remarks }
}

/// A plan in the making.
struct Draft<'a> {
    object: &'a EciScalingConfig,
    given: &'a Given<EciScalingConfig>,
    seen: &'a Observed,
    now: Timestamp,
    status: EciScalingConfigStatus,
    steps: Vec<EciScalingStep>,
    held: Vec<Part>,
    remarks: Vec<Remark>,
    next: Next,
}

impl Draft<'_> {
    fn keep(&mut self) -> Verdict {
        if let Some(message) = owner::of(self.object, self.given, self.seen) {
            self.status.drift.clear();
            return stuck(Reason::AlreadyOwned, message);
        }
        if let Some(found) = &self.seen.found {
            self.bind(found);
        }
        let desired = match desired(self.object, &self.given.references, &self.given.installation) {
            Ok(desired) => desired,
            Err(flaw) => {
                // Without its values spec cannot be compared.
                self.status.drift.clear();
                return flawed(flaw);
            }
        };
        match &self.seen.found {
            Some(found) => self.change(found, &desired),
            None => self.create(desired),
        }
    }

    /// From now on the id is what the object stands for.
    fn bind(&mut self, found: &ScalingConfiguration) {
        let status = &mut self.status;
        let known = status.envelope.external_id.replace(found.id.clone());
        let entry = status.operations.iter_mut().find(|entry| !matches!(entry.state, JournalState::Done | JournalState::Refused));
        let made_by = entry.as_ref().map(|entry| {
            let earliest = entry.started_at.get().saturating_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
            // Of one that does not say when it was made nobody knows that it is ours to delete.
            let in_time = found.creation_time.is_some_and(|created| created >= earliest);
            if entry.ids.contains(&found.id) || entry.ids.is_empty() && in_time { Origin::Created } else { Origin::Adopted }
        });
        if let Some(entry) = entry {
            entry.state = JournalState::Done;
            entry.ids = vec![found.id.clone()];
        }
        let is_new = known.as_ref().is_some_and(|known| *known != found.id);
        status.origin = match (made_by, status.origin.take()) {
            _ if self.object.spec.scaling_configuration_id.is_some() => Some(Origin::Bound),
            (Some(Origin::Created), _) => Some(Origin::Created),
            (None, Some(origin)) if !is_new => Some(origin),
            _ => {
                // Another configuration under the name: nothing in it was set by us.
                status.applied = Paths::default();
                status.secrets.clear();
                status.convergence = None;
                Some(Origin::Adopted)
            }
        };
        let configuration = &found.configuration;
        let number = |name: &str| match configuration.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        status.scaling_group_id = (!found.group.is_empty()).then(|| found.group.clone());
        status.scaling_configuration_name = configuration.text("scalingConfigurationName").map(str::to_owned);
        status.lifecycle_state = (!found.lifecycle_state.is_empty()).then(|| found.lifecycle_state.clone());
        let image = configuration.entries("containers").first().and_then(|first| first.text("image"));
        let image = image.map(shortened);
        status.summary = Some(Summary { cpu: number("cpu"), memory: number("memory"), image });
    }

    fn generation(&self) -> i64 {
        self.object.metadata.generation.unwrap_or_default()
    }

    /// Whether this generation of spec has not been pursued before: what differs is what it newly asks for. That a pass has seen it says nothing;
    /// it may have been one that did not get at the cloud, or at a Secret.
    fn is_edited(&self) -> bool {
        let status = self.object.status.as_ref();
        status.and_then(|status| status.pursued_generation) != Some(self.generation())
    }

    fn look_at(&mut self, at: Timestamp) {
        self.next = match self.next {
            Next::At(earlier) if earlier <= at => Next::At(earlier),
            Next::At(_) | Next::Sync | Next::Gone => Next::At(at),
        };
    }

    fn look_in(&mut self, wait: SignedDuration) {
        self.look_at(later(self.now, wait));
    }

    fn show(&mut self, difference: &Difference) {
        let changes = difference.changes.iter().filter(|change| !change.unavailable).map(shown);
        // What should go and cannot is a difference, whether the rest of it could be sent or not.
        let stays = difference.stuck().filter(|path| difference.changes.iter().all(|change| change.path != **path));
        self.status.drift = changes.chain(stays.map(|path| drift(path, ABSENT, PRESENT))).take(SHOWN).collect();
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

    /// Nothing is put on record for a call that cannot be made in this pass: the next one makes it.
    fn has_no_permit(&mut self) -> bool {
        let none = self.given.at_most == 0;
        if none {
            self.look_at(self.now);
        }
        none
    }
}

fn shown(change: &Change) -> Drift {
    drift(&change.path, &change.desired, &change.observed)
}

fn drift(path: &Path, desired: &str, observed: &str) -> Drift {
    Drift { path: shortened(&format!("spec.configuration.{path}")), desired: shortened(desired), observed: shortened(observed) }
}

/// As much as status has room for; what counts there are bytes.
fn shortened(text: &str) -> String {
    const CUT: char = '…';
    if text.len() <= LONGEST_SHOWN {
        return text.to_owned();
    }
    let room = LONGEST_SHOWN - CUT.len_utf8();
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}{CUT}", &text[..end])
}

fn flawed(flaw: Flaw) -> Verdict {
    let phase = if flaw.passes_by_itself { Phase::Working } else { Phase::Stuck };
    Verdict { phase, reason: flaw.reason, message: flaw.message, drifted: None }
}

fn stuck(reason: Reason, message: String) -> Verdict {
    Verdict { phase: Phase::Stuck, reason, message, drifted: None }
}

fn working(reason: Reason, message: String) -> Verdict {
    Verdict { phase: Phase::Working, reason, message, drifted: None }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests;
