//! Flow control as the vendor counts it: so many calls per account, region and operation in one calendar minute of the simulator's clock.

use std::collections::HashMap;

use jiff::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Windows {
    counts: HashMap<(String, String, String), (i64, u32)>,
}

impl Windows {
    /// Counts one call; false if the window has no room for it. A refused call does not count.
    pub(crate) fn admit(&mut self, account: &str, region: &str, operation: &str, limit: u32, now: Timestamp) -> bool {
        let minute = now.as_second().div_euclid(60);
        let key = (account.to_owned(), region.to_owned(), operation.to_owned());
        let window = self.counts.entry(key).or_insert((minute, 0));
        if window.0 != minute {
            *window = (minute, 0);
        }
        if window.1 >= limit {
            return false;
        }
        window.1 += 1;
        true
    }

    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_fills_and_the_next_minute_is_fresh() {
        let mut windows = Windows::default();
        let early = at("2026-01-01T00:00:10Z");
        assert!(windows.admit("1", "r", "Join", 2, early));
        assert!(windows.admit("1", "r", "Join", 2, early));
        assert!(!windows.admit("1", "r", "Join", 2, at("2026-01-01T00:00:59Z")));
        assert!(windows.admit("1", "r", "Join", 2, at("2026-01-01T00:01:00Z")));
    }

    #[test]
    fn accounts_regions_and_operations_do_not_share_a_window() {
        let mut windows = Windows::default();
        let now = at("2026-01-01T00:00:10Z");
        for (account, region, operation) in [("1", "r", "Join"), ("2", "r", "Join"), ("1", "s", "Join"), ("1", "r", "Leave")] {
            assert!(windows.admit(account, region, operation, 1, now));
            assert!(!windows.admit(account, region, operation, 1, now));
        }
    }
}
