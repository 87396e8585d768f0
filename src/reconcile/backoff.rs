//! When to try again after a failure: by class, as a pure function.

use crate::ambient::Dice;
use crate::cloud::error::{Class, CloudError};
use jiff::{SignedDuration, Timestamp};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// A busy resource is waited for this long before somebody is told.
pub const BUSY_FOR: SignedDuration = SignedDuration::from_mins(30);
/// How often an error that nobody can name is tried before it is left to the hourly probe.
const UNEXPECTED_TRIES: u32 = 5;

/// How long to wait after the `count`th failure in a row of the same class, the first of which was at `since`.
pub fn wait(error: &CloudError, count: u32, since: Timestamp, now: Timestamp, dice: &Dice) -> SignedDuration {
    let asked = error.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
    let ours = match error.class {
        Class::Unavailable => jittered(doubling(SECOND, count, SignedDuration::from_mins(5)), dice),
        // The budget's window is closed; the next try waits there, in its lane.
        Class::Throttled => jittered(doubling(SECOND, count, SignedDuration::from_mins(1)), dice),
        Class::Busy if now.duration_since(since) < BUSY_FOR => doubling(SECOND * 10, count, SignedDuration::from_mins(1)),
        Class::Denied | Class::Unauthenticated | Class::NotFound => SignedDuration::from_mins(10),
        Class::Unexpected if count < UNEXPECTED_TRIES => jittered(doubling(SECOND, count, SignedDuration::from_mins(5)), dice),
        Class::Quota | Class::Invalid | Class::Precondition | Class::Busy | Class::Unexpected => HOUR,
        Class::Retired => HOUR * 24,
    };
    asked.map_or(ours, |asked| asked.max(ours))
}

fn doubling(first: SignedDuration, count: u32, most: SignedDuration) -> SignedDuration {
    (first * 2_i32.saturating_pow(count.saturating_sub(1).min(16))).min(most)
}

/// Full jitter, but never no wait at all.
fn jittered(wait: SignedDuration, dice: &Dice) -> SignedDuration {
    wait.mul_f64(dice.fraction()).max(SignedDuration::from_millis(100))
}
