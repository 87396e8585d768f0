//! The keys that requests are signed with: given once and for good, or fetched, renewed before they run out, and renewed once more when a
//! cloud refuses them. Where keys come from is the source's business.

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

/// Where keys that run out come from.
pub(in crate::cloud) trait KeySource<K>: Send + Sync {
    fn fetch(&self) -> BoxFuture<'_, Result<Fresh<K>, CloudError>>;
}

/// Keys, and until when they are good.
pub(in crate::cloud) struct Fresh<K> {
    pub(in crate::cloud) keys: K,
    pub(in crate::cloud) expires: Timestamp,
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
    /// Held over a renewal: everybody else waits for its outcome instead of renewing as well.
    held: AsyncMutex<Held<K>>,
    expires: Mutex<Option<Timestamp>>,
}

struct Held<K> {
    current: Option<Current<K>>,
    failed: Option<(CloudError, Instant)>,
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
        let held = AsyncMutex::new(Held { current: None, failed: None });
        Self::Fetched(Box::new(Fetched { source, clock, dice, held, expires: Mutex::default() }))
    }

    /// Keys to sign with now.
    pub(in crate::cloud) async fn current(&self) -> Result<Arc<K>, CloudError> {
        match self {
            Self::Given(keys) => Ok(Arc::clone(keys)),
            Self::Fetched(fetched) => fetched.current().await,
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
    pub(in crate::cloud) fn expires(&self) -> Option<Timestamp> {
        match self {
            Self::Given(_) => None,
            Self::Fetched(fetched) => *fetched.expires.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

impl<K> Fetched<K> {
    /// Renews the keys when their time has come; old ones that still hold are preferred to an error.
    async fn current(&self) -> Result<Arc<K>, CloudError> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        if let Some(current) = held.current.as_ref().filter(|current| now < current.renew) {
            return Ok(Arc::clone(&current.keys));
        }
        let outcome = self.fetch(&mut held).await;
        match (&held.current, outcome) {
            (Some(old), Err(error)) if later(now, MARGIN) < old.expires => {
                tracing::warn!(%error, "temporary keys could not be renewed yet; the old ones still hold");
                Ok(Arc::clone(&old.keys))
            }
            (_, outcome) => outcome,
        }
    }

    async fn renew(&self, refused: &Arc<K>) -> Result<Arc<K>, CloudError> {
        let mut held = self.held.lock().await;
        held.current.take_if(|current| Arc::ptr_eq(&current.keys, refused));
        if let Some(newer) = &held.current {
            return Ok(Arc::clone(&newer.keys));
        }
        self.fetch(&mut held).await
    }

    async fn fetch(&self, held: &mut Held<K>) -> Result<Arc<K>, CloudError> {
        if let Some((error, until)) = &held.failed
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        match self.source.fetch().await {
            Ok(Fresh { keys, expires }) => {
                let now = self.clock.now();
                let share = RENEWED_AFTER + GIVE_OR_TAKE * (2.0 * self.dice.fraction() - 1.0);
                let renew = later(now, expires.duration_since(now).mul_f64(share));
                let keys = Arc::new(keys);
                *held = Held { current: Some(Current { keys: Arc::clone(&keys), renew, expires }), failed: None };
                *self.expires.lock().unwrap_or_else(PoisonError::into_inner) = Some(expires);
                Ok(keys)
            }
            Err(error) => {
                held.failed = Some((error.clone(), Instant::now() + PAUSE));
                Err(error)
            }
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}
