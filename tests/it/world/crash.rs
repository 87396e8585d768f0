//! Crash points: the n-th call that leaves the process, to the API server or to a cloud, is its last.

use super::World;
use crate::api_server::{self, Verb};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use steward_cloudsim as sim;

/// On which side of the call's effect the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// Counts calls that leave the process, and kills it at one of them.
struct Fuse {
    calls: AtomicUsize,
    at: usize,
    side: Side,
    burnt: AtomicBool,
}

impl Fuse {
    /// Whether this call never comes back.
    fn blows(&self, number: usize, side: Side) -> bool {
        let burnt = self.burnt.load(Ordering::SeqCst);
        if burnt || (number == self.at && side == self.side) {
            self.burnt.store(true, Ordering::SeqCst);
            return true;
        }
        false
    }
}

impl World {
    /// Lets the process live until its `at`th call, counted from one, and crash there; false if it settles within `at_most` with fewer calls.
    pub(crate) fn live_until_call(&mut self, at: usize, side: Side, at_most: Duration) -> bool {
        let fuse = Arc::new(Fuse { calls: AtomicUsize::new(0), at, side, burnt: AtomicBool::new(false) });
        self.light(&fuse);
        if self.life.is_none() {
            self.start();
        }
        let mut left = at_most;
        while left > Duration::ZERO && !fuse.burnt.load(Ordering::SeqCst) {
            left = left.saturating_sub(Duration::from_secs(1));
            self.pass(Duration::from_secs(1));
        }
        let blew = fuse.burnt.load(Ordering::SeqCst);
        self.crash();
        self.api.no_faults();
        self.cloud.clear_on_call();
        blew
    }

    fn light(&self, fuse: &Arc<Fuse>) {
        let on_server = Arc::clone(fuse);
        let number = AtomicUsize::new(0);
        self.api.on_request(move |info, moment| {
            // A watch is not a call that is answered; to die while it opens is to die before the next call.
            if info.verb == Verb::Watch {
                return api_server::Verdict::Go;
            }
            let (number, side) = match moment {
                api_server::Moment::Before => {
                    let this = on_server.calls.fetch_add(1, Ordering::SeqCst) + 1;
                    number.store(this, Ordering::SeqCst);
                    (this, Side::Before)
                }
                // The server answers one request at a time, so the number is still this one's.
                api_server::Moment::After => (number.load(Ordering::SeqCst), Side::After),
            };
            if on_server.blows(number, side) { api_server::Verdict::Hang } else { api_server::Verdict::Go }
        });
        let on_cloud = Arc::clone(fuse);
        let number = AtomicUsize::new(0);
        self.cloud.on_call(Arc::new(move |_, moment| {
            let (number, side) = match moment {
                sim::Moment::Before => {
                    let this = on_cloud.calls.fetch_add(1, Ordering::SeqCst) + 1;
                    number.store(this, Ordering::SeqCst);
                    (this, Side::Before)
                }
                sim::Moment::After => (number.load(Ordering::SeqCst), Side::After),
            };
            if on_cloud.blows(number, side) { sim::Verdict::Hang } else { sim::Verdict::Go }
        }));
    }
}
