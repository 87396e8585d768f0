//! Which checks are due, told from the object and what the process remembers of failures. Pure.

use crate::api::RestoreCheck;
use crate::api::envelope::Time;
use crate::api::restore_check::status::CheckStatus;
use crate::api::restore_check::{Check, RestoreCheckStatus};
use crate::cloud::encode;
use crate::reconcile::kind::Given;
use crate::reconcile::schedule::requested_at;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// By so much clocks are set right all the time.
const AMISS: SignedDuration = SignedDuration::from_mins(1);

/// The checks to ask about now: what could not be asked before comes last, so that it keeps nobody from being asked.
pub(super) fn due<'a>(object: &'a RestoreCheck, given: &Given<RestoreCheck>, now: Timestamp) -> Vec<&'a Check> {
    let mut due: Vec<_> = object.spec.checks.iter().filter(|check| is_due(object, check, now) && given.may_try(&check.name, now)).collect();
    // A pass in which nobody could be asked leaves nothing behind, so each begins elsewhere: else the first two that are never answered, after which the
    // others are not tried, would keep these from being asked for ever.
    let first = usize::try_from(now.as_second()).unwrap_or_default() % due.len().max(1);
    due.rotate_left(first);
    due.sort_by_key(|check| given.failures.get(&check.name).map(|failure| failure.last));
    due
}

/// Whether this check wants an answer, be it to be had or not.
pub(super) fn is_due(object: &RestoreCheck, check: &Check, now: Timestamp) -> bool {
    // What was planned by a clock that has been set back since would come by as much too late.
    let is_ahead = |at: Option<Time>| at.is_some_and(|at| is_ahead(at.get(), now));
    known(object, object.status.as_ref(), check).is_none_or(|known| {
        known.occasion != occasion(object, check)
            || known.next_check.is_none_or(|at| at.get() <= now)
            || is_ahead(known.last_answer)
            || is_ahead(object.status.as_ref().and_then(|status| status.last_check))
    })
}

/// Whether this cannot have been, by the clock as it goes now.
pub(super) fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    at.duration_since(now) > AMISS
}

/// What status has of this question, and not only of this name.
pub(super) fn known<'a>(object: &RestoreCheck, status: Option<&'a RestoreCheckStatus>, check: &Check) -> Option<&'a CheckStatus> {
    let known = status?.checks.iter().find(|known| known.name == check.name)?;
    (known.question == question(object, check)).then_some(known)
}

/// Fingerprint of what is asked.
pub(super) fn question(object: &RestoreCheck, check: &Check) -> String {
    let spec = &object.spec;
    fingerprint(&json!([check, spec.provider_id, spec.project_id, spec.region]))
}

/// Fingerprint of what makes a check due by itself: an edit, or somebody's wish.
pub(super) fn occasion(object: &RestoreCheck, check: &Check) -> String {
    fingerprint(&json!([question(object, check), object.metadata.generation, requested_at(&object.metadata)]))
}

fn fingerprint(of: &serde_json::Value) -> String {
    encode::hash(of.to_string().as_bytes())[..16].to_owned()
}
