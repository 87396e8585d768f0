//! Whether steward sees the API server's objects: one `Sight` per watch, told by the watch, asked by `/readyz`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A watch that fails says so at least every thirty seconds; one that was silent for longer has recovered.
const BLIND_FOR: Duration = Duration::from_secs(60);

/// All watches of the process.
#[derive(Clone, Debug, Default)]
pub struct Sights(Arc<Mutex<BTreeMap<String, View>>>);

#[derive(Clone, Copy, Debug, Default)]
struct View {
    complete: bool,
    failed_at: Option<Instant>,
}

/// One watch's way to say what it sees.
#[derive(Clone, Debug)]
pub struct Sight {
    sights: Sights,
    name: String,
}

impl Sights {
    pub fn of(&self, name: &str) -> Sight {
        self.lock().entry(name.to_owned()).or_default();
        Sight { sights: self.clone(), name: name.to_owned() }
    }

    /// What cannot be seen at present.
    pub fn blind(&self) -> Vec<String> {
        self.all().into_iter().filter(|(_, blind)| *blind).map(|(name, _)| name).collect()
    }

    /// Everything that should be seen, and whether it cannot be.
    pub fn all(&self) -> Vec<(String, bool)> {
        let blind = |view: &View| !view.complete || view.failed_at.is_some_and(|at| at.elapsed() < BLIND_FOR);
        self.lock().iter().map(|(name, view)| (name.clone(), blind(view))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, View>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sight {
    /// Something came; `complete` once the first list is through.
    pub fn sees(&self, complete: bool) {
        if let Some(view) = self.sights.lock().get_mut(&self.name) {
            view.complete |= complete;
            view.failed_at = None;
        }
    }

    pub fn is_blind(&self) {
        if let Some(view) = self.sights.lock().get_mut(&self.name) {
            view.failed_at = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_watch_is_blind_until_its_first_list_and_for_a_minute_after_an_error() {
        let sights = Sights::default();
        let sight = sights.of("things/*");
        assert_eq!(sights.blind(), ["things/*"]);
        sight.sees(false);
        assert_eq!(sights.blind(), ["things/*"], "the list is not through yet");
        sight.sees(true);
        assert!(sights.blind().is_empty());
        sight.is_blind();
        assert_eq!(sights.blind(), ["things/*"]);
        tokio::time::advance(BLIND_FOR).await;
        assert!(sights.blind().is_empty(), "a watch that recovered and has nothing to tell is not blind");
    }
}
