//! A value that reads see late: the truth at once for writes, and for reads what was true before the lag.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::later;

#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Lagged<T> {
    truth: T,
    /// Older values, each with the time until which reads still show it.
    #[serde(skip)]
    earlier: VecDeque<(Timestamp, T)>,
}

impl<T> Lagged<T> {
    pub(crate) fn of(truth: T) -> Self {
        Self { truth, earlier: VecDeque::new() }
    }

    pub(crate) fn truth(&self) -> &T {
        &self.truth
    }

    pub(crate) fn seen(&self, now: Timestamp) -> &T {
        self.earlier.iter().find(|(until, _)| *until > now).map_or(&self.truth, |(_, value)| value)
    }

    /// Whether reads and writes see the same from now on.
    pub(crate) fn is_settled(&self, now: Timestamp) -> bool {
        self.earlier.iter().all(|(until, _)| *until <= now)
    }

    /// Without a lag the older values are forgotten too.
    pub(crate) fn write(&mut self, value: T, now: Timestamp, lag: SignedDuration) {
        self.earlier.retain(|(until, _)| *until > now);
        let old = std::mem::replace(&mut self.truth, value);
        if lag.is_positive() {
            self.earlier.push_back((later(now, lag), old));
        } else {
            self.earlier.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lag_behind_and_catch_up_in_the_order_of_the_writes() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let lag = SignedDuration::from_secs(10);
        let mut groups = Lagged::of(vec!["a"]);
        groups.write(vec!["a", "b"], at(0), lag);
        groups.write(vec!["b"], at(5), lag);
        assert_eq!(groups.truth(), &["b"]);
        assert_eq!(groups.seen(at(9)), &["a"]);
        assert_eq!(groups.seen(at(10)), &["a", "b"]);
        assert_eq!(groups.seen(at(15)), &["b"]);
    }
}
