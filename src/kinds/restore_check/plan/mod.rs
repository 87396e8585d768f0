//! From spec, status and what was asked to the new status and the verdict. Pure. `answer` is what one answer means for its check, `telling` what
//! all checks together mean for the object.

mod answer;
mod telling;

pub(super) use telling::{ages_at, declare};

use super::agenda;
use super::observe::Observed;
use super::schedule::{Schedule, spread};
use crate::api::RestoreCheck;
use crate::api::restore_check::RestoreCheckStatus;
use crate::api::restore_check::status::Restorable;
use crate::reason::Reason;
use crate::reconcile::kind::{Given, Goal, Next, Plan};
use crate::reconcile::verdict::{Phase, Verdict};
use jiff::Timestamp;

pub(super) fn plan(object: &RestoreCheck, given: &Given<RestoreCheck>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<RestoreCheck> {
    let status = object.status.clone().unwrap_or_default();
    if goal == Goal::Remove {
        return finished(status, Phase::Settled, Reason::InSync, "there is nothing to undo".to_owned(), Next::Gone);
    }
    let schedule = match Schedule::of(&object.spec) {
        Ok(schedule) => schedule,
        Err(message) => return finished(status, Phase::Stuck, Reason::InvalidSpec, message, Next::Sync),
    };
    let spread = spread(object.metadata.uid.as_deref().unwrap_or_default());
    if schedule.next(now, spread).is_none() {
        let message = "spec.schedule: the cron expression names a day that never comes".to_owned();
        return finished(status, Phase::Stuck, Reason::InvalidSpec, message, Next::Sync);
    }
    let at = answer::Moment { schedule: &schedule, spread, now };
    let status = answered(object, seen, &at);
    let verdict = telling::verdict(object, given, &status, now);
    // A failure counts as long as its check waits for an answer.
    let held = object.spec.checks.iter().filter(|check| given.failures.contains_key(&check.name));
    let held = held.filter(|check| !seen.asked.iter().any(|asked| asked.name == check.name));
    let held = held.filter(|check| agenda::is_due(object, check, now)).map(|check| check.name.clone()).collect();
    let due = status.checks.iter().filter_map(|check| Some(check.next_check?.get()));
    let next = due.chain(telling::stale_times(object, &status)).filter(|at| *at > now).min();
    Plan { status, verdict, steps: Vec::new(), held, next: next.map_or(Next::Sync, Next::At), remarks: Vec::new() }
}

fn finished(status: RestoreCheckStatus, phase: Phase, reason: Reason, message: String, next: Next) -> Plan<RestoreCheck> {
    let verdict = Verdict { phase, reason, message, drifted: None };
    Plan { status, verdict, steps: Vec::new(), held: Vec::new(), next, remarks: Vec::new() }
}

/// The status with what was answered in it. What is known of a name that means another question by now is dropped.
fn answered(object: &RestoreCheck, seen: &Observed, at: &answer::Moment<'_>) -> RestoreCheckStatus {
    let mut status = object.status.clone().unwrap_or_default();
    let limit = usize::try_from(object.spec.history_limit).unwrap_or_default();
    status.checks = object
        .spec
        .checks
        .iter()
        .map(|check| {
            let known = agenda::known(object, object.status.as_ref(), check).cloned();
            let mut known = known.unwrap_or_else(|| answer::none_yet(&check.name, agenda::question(object, check)));
            telling::age(object, &mut known, at.now);
            if let Some(asked) = seen.asked.iter().find(|asked| asked.name == check.name) {
                known.occasion = agenda::occasion(object, check);
                answer::take(&mut known, check, asked, at);
            }
            // Here and not with each no: the threshold may have been lowered since.
            if known.failures >= object.spec.failure_threshold {
                known.restorable = Restorable::False;
            }
            telling::age(object, &mut known, at.now);
            known.history.truncate(limit);
            known
        })
        .collect();
    if !seen.asked.is_empty() {
        status.last_check = Some(at.now.into());
    }
    status.next_check = status.checks.iter().map(|check| check.next_check).min().flatten();
    status.oldest_backup = status.checks.iter().filter_map(|check| check.resolved.as_ref()?.created_at).min();
    status
}

#[cfg(test)]
mod tests;
