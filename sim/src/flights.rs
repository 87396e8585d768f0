//! Requests that are here and not yet answered. A paused test moves its clock only when none is being worked on, so the ones that a fault or a
//! hook holds back count apart; moving the clock puts those that are due back to work in the same step.

use std::collections::BTreeMap;

use jiff::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Working,
    /// Held until then; without a time, for ever.
    Held(Option<Timestamp>),
}

#[derive(Debug, Default)]
pub(crate) struct Flights {
    next: u64,
    table: BTreeMap<u64, State>,
}

impl Flights {
    pub(crate) fn arrive(&mut self) -> u64 {
        self.next += 1;
        self.table.insert(self.next, State::Working);
        self.next
    }

    pub(crate) fn hold(&mut self, id: u64, until: Option<Timestamp>) {
        self.table.insert(id, State::Held(until));
    }

    pub(crate) fn release_due(&mut self, now: Timestamp) {
        for state in self.table.values_mut() {
            if matches!(state, State::Held(Some(until)) if *until <= now) {
                *state = State::Working;
            }
        }
    }

    pub(crate) fn is_working(&self, id: u64) -> bool {
        self.table.get(&id) == Some(&State::Working)
    }

    pub(crate) fn leave(&mut self, id: u64) {
        self.table.remove(&id);
    }

    pub(crate) fn working(&self) -> usize {
        self.table.values().filter(|state| **state == State::Working).count()
    }

    pub(crate) fn held(&self) -> usize {
        self.table.len() - self.working()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_request_is_in_flight_again_as_soon_as_its_time_has_come() {
        let mut flights = Flights::default();
        let (quick, slow, lost) = (flights.arrive(), flights.arrive(), flights.arrive());
        let due: Timestamp = "2026-01-01T00:00:30Z".parse().unwrap();
        flights.hold(slow, Some(due));
        flights.hold(lost, None);
        assert_eq!((flights.working(), flights.held()), (1, 2));
        flights.release_due("2026-01-01T00:00:29Z".parse().unwrap());
        assert_eq!((flights.working(), flights.held()), (1, 2));
        flights.release_due(due);
        assert_eq!((flights.working(), flights.held()), (2, 1));
        assert!(flights.is_working(slow));
        flights.leave(quick);
        flights.leave(lost);
        assert_eq!((flights.working(), flights.held()), (1, 0));
    }
}
