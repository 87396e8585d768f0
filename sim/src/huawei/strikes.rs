//! Too many failures in a row lock a key or a user for a while, also for those who get it right.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::clock::later;

const MOST: u32 = 5;

#[derive(Clone, Debug, Default)]
pub(crate) struct Strikes(BTreeMap<String, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    failures: u32,
    locked_until: Option<Timestamp>,
}

impl Strikes {
    pub(crate) fn locked_until(&self, id: &str, now: Timestamp) -> Option<Timestamp> {
        self.0.get(id)?.locked_until.filter(|until| *until > now)
    }

    /// One more failure; the fifth in a row locks. When a lock has passed, counting starts anew.
    pub(crate) fn failed(&mut self, id: &str, lock_for: SignedDuration, now: Timestamp) {
        let count = self.0.entry(id.to_owned()).or_default();
        if count.locked_until.is_some_and(|until| until <= now) {
            *count = Count::default();
        }
        count.failures += 1;
        if count.failures >= MOST {
            count.locked_until = Some(later(now, lock_for));
        }
    }

    pub(crate) fn passed(&mut self, id: &str) {
        self.0.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_a_row_lock_and_a_success_between_them_forgives() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let five_minutes = SignedDuration::from_mins(5);
        let mut strikes = Strikes::default();
        for _ in 0..4 {
            strikes.failed("k", five_minutes, at(0));
        }
        strikes.passed("k");
        for second in 0..5 {
            assert_eq!(strikes.locked_until("k", at(second)), None);
            strikes.failed("k", five_minutes, at(second));
        }
        assert_eq!(strikes.locked_until("k", at(4)), Some(at(304)));
        assert_eq!(strikes.locked_until("other", at(4)), None);
        assert_eq!(strikes.locked_until("k", at(304)), None);
        strikes.failed("k", five_minutes, at(305));
        assert_eq!(strikes.locked_until("k", at(306)), None, "one failure after the lock is one failure");
    }
}
