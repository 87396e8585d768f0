//! When to try again after a failure: by class, as a pure function, and the same in words for people.

use crate::ambient::Dice;
use crate::cloud::error::{Class, CloudError};
use jiff::tz::{self, Offset};
use jiff::{SignedDuration, Timestamp};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// A busy resource is waited for this long before somebody is told.
pub const BUSY_FOR: SignedDuration = SignedDuration::from_mins(30);
/// An answer that something is busy, where that is an answer and no failure, is asked for again after this long.
pub const ASKED_AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// How often an error that nobody can name is tried before it is left to the hourly probe.
const UNEXPECTED_TRIES: u32 = 5;
/// Where a quota's day begins and ends at midnight.
const DAY_OF_QUOTAS: Offset = tz::offset(8);
/// The cloud's clock may be a little behind ours: whoever asks a moment too early waits another day.
const AFTER_MIDNIGHT: SignedDuration = SignedDuration::from_mins(1);

/// How long to wait after the `count`th failure in a row of the same class, the first of which was at `since`.
pub fn wait(error: &CloudError, count: u32, since: Timestamp, now: Timestamp, dice: &Dice) -> SignedDuration {
    let asked = error.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
    let ours = match error.class {
        Class::Unavailable => jittered(doubling(SECOND, count, SignedDuration::from_mins(5)), dice),
        // The budget's window is closed; the next try waits there, in its lane.
        Class::Throttled => jittered(doubling(SECOND, count, SignedDuration::from_mins(1)), dice),
        Class::Busy if now.duration_since(since) < BUSY_FOR => doubling(SECOND * 10, count, SignedDuration::from_mins(1)),
        Class::Denied | Class::Unauthenticated | Class::NotFound => SignedDuration::from_mins(10),
        Class::Quota if error.daily => until_midnight(now) + AFTER_MIDNIGHT + jittered(SignedDuration::from_mins(4), dice),
        Class::Unexpected if count < UNEXPECTED_TRIES => jittered(doubling(SECOND, count, SignedDuration::from_mins(5)), dice),
        Class::Quota | Class::Invalid | Class::Precondition | Class::Busy | Class::Unexpected => HOUR,
        Class::Retired => HOUR * 24,
    };
    // No answer keeps an object waiting for longer than an hour, whatever it asks for.
    asked.map_or(ours, |asked| asked.min(HOUR).max(ours))
}

/// What `wait` comes to, in words. `daily` as in the catalogue.
pub fn in_words(class: Class, daily: bool) -> &'static str {
    match class {
        Class::Unavailable => "tries again after a second or so, then after ever longer and random waits of up to 5 minutes",
        Class::Throttled => {
            "makes no such call for this account and region until the next window (a minute, or a second at Huawei Cloud), then goes on in turn"
        }
        Class::Busy => "tries again after 10 s, then every 20 to 60 s for half an hour; from then on hourly",
        Class::Denied => "asks again every 10 minutes, once for all objects of the credential",
        Class::Unauthenticated => {
            "renews temporary keys once; then closes the credential for all its objects, and asks again every 10 minutes, or as soon as its Secret changes"
        }
        Class::NotFound => "looks again every 10 minutes, or as soon as the object changes",
        Class::Quota if daily => "waits until the quota's next day, a few minutes past 00:00 in UTC+8",
        Class::Quota => "tries again every hour, or as soon as the object changes",
        Class::Invalid | Class::Precondition => "waits for a change of the object, and tries again every hour",
        Class::Retired => "asks once a day whether it is back",
        Class::Unexpected => "tries 5 times with growing waits, then every hour",
    }
}

fn until_midnight(now: Timestamp) -> SignedDuration {
    let seconds = now.as_second() + i64::from(DAY_OF_QUOTAS.seconds());
    let day = 24 * 60 * 60;
    SignedDuration::from_secs(day - seconds.rem_euclid(day))
}

fn doubling(first: SignedDuration, count: u32, most: SignedDuration) -> SignedDuration {
    (first * 2_i32.saturating_pow(count.saturating_sub(1).min(16))).min(most)
}

/// Full jitter, but never no wait at all.
fn jittered(wait: SignedDuration, dice: &Dice) -> SignedDuration {
    wait.mul_f64(dice.fraction()).max(SignedDuration::from_millis(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Effect, Explanation, Operation};
    use std::time::Duration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn error(class: Class) -> CloudError {
        let operation = Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable };
        CloudError::explained(operation, &Explanation::of(class, "", ""))
    }

    /// The wait after the `count`th failure, in milliseconds, with dice that always show this.
    fn waits(class: Class, count: u32, dice: u8) -> i128 {
        wait(&error(class), count, at(0), at(0), &Dice::new(move || [dice; 16])).as_millis()
    }

    #[test]
    fn each_class_has_its_patience() {
        let (second, minute, hour) = (1000, 60_000, 3_600_000);
        let table = [
            (Class::Busy, 1, 10 * second),
            (Class::Busy, 2, 20 * second),
            (Class::Busy, 4, minute),
            (Class::Busy, u32::MAX, minute),
            (Class::NotFound, 1, 10 * minute),
            (Class::Unauthenticated, 1, 10 * minute),
            (Class::Denied, 9, 10 * minute),
            (Class::Quota, 1, hour),
            (Class::Precondition, 1, hour),
            (Class::Invalid, 1, hour),
            (Class::Unexpected, 5, hour),
            (Class::Retired, 1, 24 * hour),
        ];
        for (class, count, expected) in table {
            assert_eq!(waits(class, count, 128), expected, "{class} for the {count}th time");
        }
    }

    #[test]
    fn what_passes_by_itself_is_tried_again_after_ever_longer_and_random_waits() {
        let longest = |class| if class == Class::Throttled { 60_000 } else { 300_000 };
        for class in [Class::Unavailable, Class::Throttled] {
            let halves: Vec<_> = (1..=4).map(|count| waits(class, count, 128)).collect();
            assert_eq!(halves.iter().map(|wait| (wait + 250) / 500).collect::<Vec<_>>(), [1, 2, 4, 8], "about half of 1, 2, 4, 8 s");
            for count in [1, 5, 100, u32::MAX] {
                assert_eq!(waits(class, count, 0), 100, "never no wait at all");
                assert!(waits(class, count, 255) <= longest(class));
            }
        }
        assert!(waits(Class::Unexpected, 4, 255) <= 8000);
    }

    #[test]
    fn busy_for_half_an_hour_is_left_to_the_hourly_probe() {
        let dice = Dice::new(|| [0; 16]);
        let after = |second| wait(&error(Class::Busy), 40, at(0), at(second), &dice);
        assert_eq!((after(1799), after(1800)), (SignedDuration::from_mins(1), HOUR));
    }

    #[test]
    fn a_daily_quota_is_waited_for_until_its_next_day() {
        let table = [
            ("2026-11-22T00:00:00Z", "2026-11-22T16:01:00Z"),
            ("2026-11-22T15:59:59Z", "2026-11-22T16:01:00Z"),
            ("2026-11-22T16:00:00Z", "2026-11-23T16:01:00Z"),
            ("2026-12-31T23:59:59.9Z", "2027-01-01T16:01:00Z"),
        ];
        let daily = CloudError { daily: true, ..error(Class::Quota) };
        for (now, expected) in table {
            let (now, expected): (Timestamp, Timestamp) = (now.parse().unwrap(), expected.parse().unwrap());
            for (dice, latest) in [(0, 1), (255, 240)] {
                let then = now + wait(&daily, 1, now, now, &Dice::new(move || [dice; 16]));
                assert!(then >= expected && then < expected + SECOND * (latest + 1), "{now}: {then}");
            }
        }
    }

    #[test]
    fn the_words_tell_what_is_done() {
        let minutes = |class| SignedDuration::from_millis(i64::try_from(waits(class, 1, 0)).unwrap()).as_mins();
        let table = [
            (Class::Denied, "every 10 minutes"),
            (Class::Unauthenticated, "every 10 minutes"),
            (Class::NotFound, "every 10 minutes"),
            (Class::Quota, "every hour"),
            (Class::Invalid, "every hour"),
            (Class::Precondition, "every hour"),
            (Class::Retired, "once a day"),
        ];
        for (class, words) in table {
            assert!(in_words(class, false).contains(words), "{class}");
            let told = match words {
                "every 10 minutes" => 10,
                "every hour" => 60,
                _ => 24 * 60,
            };
            assert_eq!(minutes(class), told, "{class}");
        }
        assert!(in_words(Class::Unexpected, false).contains(&format!("{UNEXPECTED_TRIES} times")));
        assert!(in_words(Class::Quota, true).contains("00:00 in UTC+8") && DAY_OF_QUOTAS == tz::offset(8));
        assert_eq!(BUSY_FOR, SignedDuration::from_mins(30), "half an hour, as the words for Busy say");
    }

    #[test]
    fn the_cloud_may_ask_for_longer_but_not_for_less() {
        let dice = Dice::new(|| [0; 16]);
        let asked = |class, seconds| {
            let error = CloudError { retry_after: Some(Duration::from_secs(seconds)), ..error(class) };
            wait(&error, 1, at(0), at(0), &dice).as_secs()
        };
        assert_eq!((asked(Class::Throttled, 30), asked(Class::Denied, 30)), (30, 600));
    }
}
