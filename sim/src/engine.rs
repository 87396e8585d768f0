//! Everything that changes, behind one lock that is held for moments and never while somebody waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::alibaba::gate::Nonces;
use crate::clock::{Clock, Timepiece, later};
use crate::faults::Faults;
use crate::flights::Flights;
use crate::hex::hex;
use crate::hook::Hook;
use crate::log::Log;
use crate::throttle::Windows;
use crate::world::World;
use crate::world::edit::Edit;

pub(crate) struct Engine {
    inside: Mutex<Inside>,
    /// Rings whenever the clock was moved.
    moved: watch::Sender<()>,
}

pub(crate) struct Inside {
    pub(crate) clock: Timepiece,
    pub(crate) world: World,
    pub(crate) nonces: Nonces,
    pub(crate) windows: Windows,
    pub(crate) faults: Faults,
    pub(crate) flights: Flights,
    pub(crate) log: Log,
    pub(crate) hook: Option<Hook>,
}

impl Engine {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            inside: Mutex::new(Inside {
                clock: Timepiece::new(clock),
                world: World::default(),
                nonces: Nonces::default(),
                windows: Windows::default(),
                faults: Faults::default(),
                flights: Flights::default(),
                log: Log::default(),
                hook: None,
            }),
            moved: watch::Sender::new(()),
        }
    }

    /// A test that panicked elsewhere must still be able to look.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, with everything done that was due.
    pub(crate) fn settled(&self) -> MutexGuard<'_, Inside> {
        let mut inside = self.lock();
        let now = inside.cloud_now();
        inside.world.settle(now);
        inside
    }

    /// Lays a seed over the world; `replace` starts over, with fresh windows, nonces and no faults.
    pub(crate) fn seed(&self, text: &str, replace: bool) -> Result<()> {
        let mut inside = self.lock();
        let now = inside.cloud_now();
        if replace {
            inside.world = World::default().seeded(text, now)?;
            inside.nonces.clear();
            inside.windows.clear();
            inside.faults.clear();
        } else {
            inside.world = inside.world.seeded(text, now)?;
        }
        Ok(())
    }

    /// All of them or none.
    pub(crate) fn edit(&self, edits: &[Edit]) -> Result<()> {
        let mut inside = self.lock();
        let now = inside.cloud_now();
        let mut world = inside.world.clone();
        for edit in edits {
            world.edit(edit, now)?;
        }
        inside.world = world;
        Ok(())
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.move_clock(|clock| clock.advance(by));
    }

    pub(crate) fn set_now(&self, to: Timestamp) {
        self.move_clock(|clock| clock.set(to));
    }

    /// Requests that were held until now are in flight again before this returns.
    fn move_clock(&self, how: impl FnOnce(&mut Timepiece)) {
        let mut inside = self.lock();
        how(&mut inside.clock);
        let now = inside.clock.now();
        inside.flights.release_due(now);
        drop(inside);
        self.moved.send_replace(());
    }
}

impl Inside {
    /// What the clouds believe the time to be. Requests that are held and the log go by the true clock.
    pub(crate) fn cloud_now(&self) -> Timestamp {
        later(self.clock.now(), self.world.settings.skew)
    }

    pub(crate) fn world_view(&self) -> serde_json::Value {
        self.world.view(self.cloud_now())
    }

    /// Looks like the vendor's, and is the same in every run of the same calls.
    pub(crate) fn request_id(number: u64) -> String {
        let text = hex(&Sha256::digest(format!("steward-cloudsim request {number}"))).to_uppercase();
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..32]].join("-")
    }
}

/// One request while it is here. Dropped with the last byte of its answer, or when the client goes away.
pub(crate) struct Flight {
    engine: Arc<Engine>,
    id: u64,
}

impl Flight {
    pub(crate) fn arrive(engine: &Arc<Engine>) -> Self {
        Self { engine: engine.clone(), id: engine.lock().flights.arrive() }
    }

    /// Holds the request until the simulator's clock says so.
    pub(crate) async fn wait(&self, by: SignedDuration) {
        let mut moved = self.engine.moved.subscribe();
        let until = {
            let mut inside = self.engine.lock();
            let until = later(inside.clock.now(), by);
            inside.flights.hold(self.id, Some(until));
            until
        };
        loop {
            let left = {
                let mut inside = self.engine.lock();
                let now = inside.clock.now();
                inside.flights.release_due(now);
                if inside.flights.is_working(self.id) {
                    return;
                }
                (!inside.clock.is_manual()).then(|| until.duration_since(now).unsigned_abs())
            };
            match left {
                Some(left) => {
                    // Either way the loop looks again.
                    let _ = tokio::time::timeout(left, moved.changed()).await;
                }
                None => {
                    let _ = moved.changed().await;
                }
            }
        }
    }

    /// Holds the request until the client gives up.
    pub(crate) async fn hang(&self) -> std::convert::Infallible {
        self.engine.lock().flights.hold(self.id, None);
        std::future::pending().await
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.engine.lock().flights.leave(self.id);
    }
}
