//! The keys that requests are signed with: given once and for good, or fetched, renewed before they run out, and renewed once more when a
//! cloud refuses them. Whoever owns the ring has it freshened now and then; a caller renews only what no longer holds. Where keys come from
//! is the source's business.

use crate::ambient::{Clock, Dice};
use crate::cloud::error::CloudError;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

/// Keys are renewed after about this part of their life: late enough to be rare, early enough for an hour of somebody's outage in a day.
const RENEWED_AFTER: f64 = 0.75;
/// More or less, so that many credentials do not renew together.
const GIVE_OR_TAKE: f64 = 0.05;
/// Keys with less than this left are as good as expired: a call takes time.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);
/// After a renewal that failed, the next is tried so much later; who comes meanwhile is told the same.
const PAUSE: Duration = Duration::from_secs(10);

/// Keys that were just given are good for a moment, whatever is said of them: the clocks may be too far apart to tell, and fetching once more
/// would bring the same.
const LEAST: SignedDuration = SignedDuration::from_secs(60);

/// Where keys that run out come from.
pub(in crate::cloud) trait KeySource<K>: Send + Sync {
    fn fetch(&self) -> BoxFuture<'_, Result<Fresh<K>, CloudError>>;
}

/// Keys, and until when they are good, by our own clock.
pub(in crate::cloud) struct Fresh<K> {
    pub(in crate::cloud) keys: K,
    pub(in crate::cloud) expires: Timestamp,
}

/// When keys are due to be renewed, and until when they are good, by our own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    pub renewal: Timestamp,
    pub expires: Timestamp,
}

/// The keys of one credential.
pub(in crate::cloud) enum Ring<K> {
    /// Keys that stay as they are.
    Given(Arc<K>),
    /// Keys that are fetched when they are first needed.
    Fetched(Box<Fetched<K>>),
}

pub(in crate::cloud) struct Fetched<K> {
    source: Box<dyn KeySource<K>>,
    clock: Clock,
    dice: Dice,
    current: Mutex<Option<Current<K>>>,
    /// Held over a renewal: whoever needs its outcome waits instead of renewing as well. Inside, how the last one failed, and until when that
    /// is the answer to everybody.
    renewal: AsyncMutex<Option<(CloudError, Instant)>>,
}

struct Current<K> {
    keys: Arc<K>,
    renew: Timestamp,
    expires: Timestamp,
}

impl<K> Ring<K> {
    pub(in crate::cloud) fn given(keys: K) -> Self {
        Self::Given(Arc::new(keys))
    }

    pub(in crate::cloud) fn fetched(source: Box<dyn KeySource<K>>, clock: Clock, dice: Dice) -> Self {
        Self::Fetched(Box::new(Fetched { source, clock, dice, current: Mutex::default(), renewal: AsyncMutex::default() }))
    }

    /// Keys to sign with now. As long as those at hand hold, nobody waits for others, even if these are due.
    pub(in crate::cloud) async fn current(&self) -> Result<Arc<K>, CloudError> {
        match self {
            Self::Given(keys) => Ok(Arc::clone(keys)),
            Self::Fetched(fetched) => fetched.current().await,
        }
    }

    /// Renews the keys if it is time. That this failed is an error only if the old ones no longer hold.
    pub(in crate::cloud) async fn freshen(&self) -> Result<(), CloudError> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Fetched(fetched) => fetched.freshen().await,
        }
    }

    /// Other keys than `refused`, which a cloud did not take; `None` if there are no others to be had.
    pub(in crate::cloud) async fn renew(&self, refused: &Arc<K>) -> Result<Option<Arc<K>>, CloudError> {
        match self {
            Self::Given(_) => Ok(None),
            Self::Fetched(fetched) => fetched.renew(refused).await.map(Some),
        }
    }

    /// Until when the present keys are good, if they run out at all.
    pub(in crate::cloud) fn lifetime(&self) -> Option<Lifetime> {
        match self {
            Self::Given(_) => None,
            Self::Fetched(fetched) => {
                let current = fetched.current.lock().unwrap_or_else(PoisonError::into_inner);
                current.as_ref().map(|current| Lifetime { renewal: current.renew, expires: current.expires })
            }
        }
    }
}

impl<K> Fetched<K> {
    async fn current(&self) -> Result<Arc<K>, CloudError> {
        if let Some(keys) = self.holding() {
            return Ok(keys);
        }
        let mut failed = self.renewal.lock().await;
        // Somebody else may have got some while this one waited.
        match self.holding() {
            Some(keys) => Ok(keys),
            None => self.fetch(&mut failed).await,
        }
    }

    async fn freshen(&self) -> Result<(), CloudError> {
        let mut failed = self.renewal.lock().await;
        if self.peek(|current, now| now < current.renew).is_some() {
            return Ok(());
        }
        match (self.fetch(&mut failed).await, self.holding()) {
            (Err(error), Some(_)) => {
                tracing::warn!(%error, "temporary keys could not be renewed yet; the old ones still hold");
                Ok(())
            }
            (outcome, _) => outcome.map(drop),
        }
    }

    async fn renew(&self, refused: &Arc<K>) -> Result<Arc<K>, CloudError> {
        let mut failed = self.renewal.lock().await;
        let newer = {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.take_if(|current| Arc::ptr_eq(&current.keys, refused));
            current.as_ref().map(|current| Arc::clone(&current.keys))
        };
        match newer {
            Some(keys) => Ok(keys),
            None => self.fetch(&mut failed).await,
        }
    }

    fn holding(&self) -> Option<Arc<K>> {
        self.peek(|current, now| later(now, MARGIN) < current.expires)
    }

    fn peek(&self, fits: impl FnOnce(&Current<K>, Timestamp) -> bool) -> Option<Arc<K>> {
        let now = self.clock.now();
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|current| fits(current, now)).map(|current| Arc::clone(&current.keys))
    }

    async fn fetch(&self, failed: &mut Option<(CloudError, Instant)>) -> Result<Arc<K>, CloudError> {
        if let Some((error, until)) = failed
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        match self.source.fetch().await {
            Ok(Fresh { keys, expires }) => {
                let now = self.clock.now();
                let expires = expires.max(later(now, LEAST));
                let share = RENEWED_AFTER + GIVE_OR_TAKE * (2.0 * self.dice.fraction() - 1.0);
                let renew = later(now, expires.duration_since(now).mul_f64(share));
                let keys = Arc::new(keys);
                *failed = None;
                let current = Current { keys: Arc::clone(&keys), renew, expires };
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
                Ok(keys)
            }
            Err(error) => {
                *failed = Some((error.clone(), Instant::now() + PAUSE));
                Err(error)
            }
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}

#[cfg(test)]
mod tests;
