//! Crash points: the n-th call that leaves the process, to the API server or to a cloud, is its last. `at_every_call` tries a story with each of them.

use super::{STEP, World};
use crate::api_server::{self, Verb};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use steward_cloudsim as sim;

/// After how long the next life begins: at once, when nothing is on its way any more, and when what is on record is older than a day.
const RESTARTS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(61), Duration::from_secs(25 * 3600)];
/// How long a life may take to come to rest before it counts as one that makes no more calls.
const REST: Duration = Duration::from_secs(40);
/// How long the next life may take until the story is over.
const PATIENCE: Duration = Duration::from_secs(150);
/// A story has fewer calls than this; one that never runs out of them is not settling.
const MOST_CALLS: usize = 60;

/// Plays a story with a crash at each of its calls, and looks at what has become of it once it is over. What `look` is told is where it died, and
/// after how long it was back.
pub(crate) fn at_every_call(begin: impl Fn() -> World, is_over: impl Fn(&World) -> bool, look: impl Fn(&World, &str, Duration)) {
    let mut crashes = 0;
    for (side, restart) in [Side::Before, Side::After].into_iter().flat_map(|side| RESTARTS.map(|restart| (side, restart))) {
        for at in 1.. {
            assert!(at < MOST_CALLS, "the story does not come to rest");
            let mut world = begin();
            if !world.live_until_call(at, side, REST) {
                break;
            }
            crashes += 1;
            world.pass_in_steps(restart, Duration::from_secs(3600));
            world.start();
            let mut left = PATIENCE;
            while left > Duration::ZERO && !is_over(&world) {
                world.pass(STEP);
                left = left.saturating_sub(STEP);
            }
            world.pass(5 * STEP);
            look(&world, &format!("crash {side:?} call {at}, back after {restart:?}"), restart);
        }
    }
    assert!(crashes > 30, "only {crashes} crash points: does the story call anything?");
}

/// On which side of the call's effect the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
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
    fn live_until_call(&mut self, at: usize, side: Side, at_most: Duration) -> bool {
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
