//! The simulator's clock: the real one with an offset, or one that only moves when told. Who waits for it is the business of `flights`.

use jiff::{SignedDuration, Timestamp};

/// Which time the simulator lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's time; advancing adds an offset.
    Real,
    /// Stands still until somebody advances it.
    Manual(Timestamp),
}

#[derive(Debug)]
pub(crate) struct Timepiece {
    manual: Option<Timestamp>,
    offset: SignedDuration,
}

impl Timepiece {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            manual: match clock {
                Clock::Real => None,
                Clock::Manual(at) => Some(at),
            },
            offset: SignedDuration::ZERO,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.manual.unwrap_or_else(|| later(machine_time(), self.offset))
    }

    pub(crate) fn is_manual(&self) -> bool {
        self.manual.is_some()
    }

    pub(crate) fn advance(&mut self, by: SignedDuration) {
        match &mut self.manual {
            Some(at) => *at = later(*at, by),
            None => self.offset = self.offset.saturating_add(by),
        }
    }

    pub(crate) fn set(&mut self, to: Timestamp) {
        match &mut self.manual {
            Some(at) => *at = to,
            None => self.offset = to.duration_since(machine_time()),
        }
    }
}

/// `at + by`, at most the end of time.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[allow(clippy::disallowed_methods, reason = "the one place where the simulator's clock meets the machine's")]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
        let mut clock = Timepiece::new(Clock::Manual(start));
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(90));
        assert_eq!(clock.now().to_string(), "2026-01-01T00:01:30Z");
    }

    #[test]
    fn a_real_clock_can_be_moved_too() {
        let mut clock = Timepiece::new(Clock::Real);
        let before = clock.now();
        clock.advance(SignedDuration::from_hours(1));
        assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(1));
        clock.set("2030-01-01T00:00:00Z".parse().unwrap());
        assert!(clock.now().to_string().starts_with("2030-01-01T00:00:0"));
    }
}
