//! When things are due, as pure functions: the next sync, the patience with a silent cloud, the next rewriting of an error.

use super::memory::Failure;
use super::verdict::cut;
use crate::ambient::Dice;
use crate::api::envelope::{FLUX_REQUESTED_AT, LastError, REQUESTED_AT};
use crate::runbook;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Between two looks whether a namespace that is going may let go of an object.
pub const ORPHAN_LOOK: SignedDuration = SignedDuration::from_mins(1);
/// An error in status is not rewritten more often than this while only its count grows.
const REWRITE: SignedDuration = SignedDuration::from_mins(10);
/// A sync is all but due in this part of the interval before it.
const ALL_BUT_DUE: i64 = 20;
const LEAST_PATIENCE: Duration = Duration::from_secs(300);
/// Whoever asks with more than a time gets the beginning back.
const LONGEST_ECHO: usize = 256;

/// Since when somebody wants a pass now. Both annotations hold a time by convention: the later wish is the one that is answered.
pub fn requested_at(meta: &ObjectMeta) -> Option<String> {
    let annotations = meta.annotations.as_ref()?;
    let asked = [REQUESTED_AT, FLUX_REQUESTED_AT].into_iter().filter_map(|key| annotations.get(key));
    asked.max_by_key(|asked| asked.parse::<Timestamp>().ok()).map(|asked| cut(asked, LONGEST_ECHO))
}

/// The next sync after `now`. All objects of one credential and region share its phase, so that their reads share batches;
/// credentials are spread over the interval, so that not all clouds are asked at the same moment.
///
/// One that is all but due is left out: the pass that asks has just looked. Timers run by another clock than dates, and where they
/// are a trifle ahead every object would be read twice for each sync.
pub fn next_sync(now: Timestamp, interval: Duration, phase_of: &str) -> Timestamp {
    let interval = i64::try_from(interval.as_secs()).unwrap_or(i64::MAX).clamp(1, 365 * 24 * 3600);
    let mut hasher = DefaultHasher::new();
    phase_of.hash(&mut hasher);
    let phase = i64::try_from(hasher.finish() >> 1).unwrap_or_default() % interval;
    let since = (now.as_second() - phase).rem_euclid(interval);
    let wait = interval - since;
    let wait = if wait <= interval / ALL_BUT_DUE { wait + interval } else { wait };
    Timestamp::from_second(now.as_second() + wait).unwrap_or(now)
}

/// How long a silent cloud changes nothing about what is said of an object.
pub fn patience(sync_interval: Duration) -> SignedDuration {
    SignedDuration::try_from(sync_interval.saturating_mul(3).max(LEAST_PATIENCE)).unwrap_or(SignedDuration::MAX)
}

/// From now until then, never less than a moment: a pass must not chase its own tail.
pub fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default().max(Duration::from_millis(1))
}

/// A wait of about this length, so that many who wait for the same thing do not come back together.
pub fn soon(dice: &Dice, about: Duration) -> Duration {
    about.mul_f64(0.5 + dice.fraction())
}

/// The error as status should show it. A failure that only repeats is rewritten at counts 2, 4, 8 … and at most every ten minutes.
pub fn last_error(before: Option<&LastError>, failure: &Failure) -> LastError {
    let hint = runbook::leading(&failure.hint, failure.reason);
    let same = before.filter(|before| {
        // A hint may name what was wrong before somebody edited the object: it must be of what is wrong now.
        before.code == failure.code.as_deref().map(short)
            && before.class == failure.class.as_str()
            && before.operation == failure.operation.name
            && before.hint == hint
    });
    if let Some(before) = same {
        let due = failure.count.is_power_of_two()
            && i64::from(failure.count) > before.count
            && failure.last.duration_since(before.last_seen.get()) >= REWRITE;
        if !due {
            return before.clone();
        }
    }
    LastError {
        code: failure.code.as_deref().map(short),
        class: failure.class.as_str().to_owned(),
        operation: failure.operation.name.to_owned(),
        message: failure.meaning.to_owned(),
        request_id: failure.request_id.as_deref().map(short),
        http_status: failure.http_status.map(i32::from),
        hint: hint.into_owned(),
        count: i64::from(failure.count),
        first_seen: failure.since.into(),
        last_seen: failure.last.into(),
    }
}

/// A word of the cloud's, which may be of any length.
fn short(word: &str) -> String {
    cut(word, 128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Class, Effect, Operation};
    use crate::reason::Reason;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn objects_of_one_credential_and_region_are_due_together() {
        let interval = Duration::from_secs(600);
        let one = next_sync(at(1_000_000), interval, "team/default/cn-hangzhou");
        let other = next_sync(at(1_000_100), interval, "team/default/cn-hangzhou");
        assert!(one == other || other.duration_since(one) == SignedDuration::from_secs(600));
        for now in 1_000_000..1_000_700 {
            let wait = next_sync(at(now), interval, "x").duration_since(at(now)).as_secs();
            assert!((31..=630).contains(&wait));
        }
    }

    #[test]
    fn a_timer_that_is_a_trifle_early_causes_no_second_sync() {
        for interval in [30, 600, 7 * 24 * 3600] {
            let interval = Duration::from_secs(interval);
            let due = next_sync(at(1_000_000), interval, "x");
            let after = |moment: Timestamp| next_sync(moment, interval, "x");
            assert_eq!(after(due - SignedDuration::from_millis(1)), after(due));
            assert_eq!(after(due - SignedDuration::from_secs(1)), after(due));
            assert_eq!(after(due).duration_since(due).unsigned_abs(), interval);
        }
    }

    fn failing(count: u32, last: i64) -> Failure {
        Failure {
            class: Class::Quota,
            reason: Reason::QuotaExceeded,
            operation: Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable },
            code: Some("SecurityGroupInstanceLimitExceeded".to_owned()),
            http_status: Some(403),
            request_id: Some(format!("request-{count}")),
            meaning: "the group is full",
            hint: "use another group".into(),
            count,
            since: at(0),
            last: at(last),
            retry_at: at(last + 3600),
        }
    }

    #[test]
    fn an_error_that_repeats_is_rewritten_rarely() {
        let first = last_error(None, &failing(1, 0));
        assert_eq!(last_error(Some(&first), &failing(2, 60)), first, "too soon");
        let second = last_error(Some(&first), &failing(2, 3600));
        assert_eq!((second.count, second.request_id.as_deref()), (2, Some("request-2")));
        assert_eq!(last_error(Some(&second), &failing(3, 7200)), second, "not a power of two");
        let mut other = failing(1, 61);
        other.code = None;
        assert_eq!(last_error(Some(&first), &other).count, 1, "another code is news");
    }

    #[test]
    fn a_silent_cloud_is_borne_for_three_syncs_and_at_least_five_minutes() {
        assert_eq!(patience(Duration::from_secs(30)), SignedDuration::from_mins(5));
        assert_eq!(patience(Duration::from_secs(600)), SignedDuration::from_mins(30));
    }
}
