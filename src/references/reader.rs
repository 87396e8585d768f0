//! Reads Secrets and ConfigMaps: a bounded number a second in all, what several ask for once for all of them, and nobody's reads behind all of
//! somebody else's.

use super::contents::Contents;
use super::given::{Found, References, Unread};
use super::{Reference, ReferenceKind, is_a_name};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Twenty reads a second.
const BETWEEN_READS: Duration = Duration::from_millis(50);

/// On whose behalf is read. Each of them has its own queue, and the queues take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    Credential,
    Pass,
    Poll,
}

/// The one reader of the process.
pub struct Reader {
    client: Client,
    /// The greatest age that anybody asks for.
    kept: Duration,
    /// By `Asker`. Whoever holds one is the next of its queue.
    queues: [Mutex<()>; 3],
    /// When the next read may begin.
    next: Mutex<Instant>,
    /// Numbers what happens. Of two things at one instant it tells which came first.
    events: AtomicU64,
    recent: std::sync::Mutex<HashMap<Key, Arc<Mutex<Option<Recent>>>>>,
}

type Key = (String, Reference);

/// What came of the latest read of one object.
struct Recent {
    found: Found,
    begun: u64,
    begun_at: Instant,
}

impl Reader {
    /// What was read is kept so long, for others who ask.
    pub fn new(client: Client, kept: Duration) -> Self {
        Self {
            client,
            kept,
            queues: Default::default(),
            next: Mutex::new(Instant::now()),
            events: AtomicU64::new(0),
            recent: std::sync::Mutex::default(),
        }
    }

    /// What all of these hold.
    pub async fn gather(&self, asker: Asker, namespace: &str, references: Vec<Reference>, age: Duration) -> References {
        let reads = references.into_iter().map(async |reference| {
            let found = self.read(asker, namespace, &reference, age).await;
            (reference, found)
        });
        futures::future::join_all(reads).await.into_iter().collect()
    }

    /// What the object holds, as it was at most so long before now; `None` if it does not exist.
    pub async fn read(&self, asker: Asker, namespace: &str, reference: &Reference, age: Duration) -> Found {
        if !is_a_name(&reference.name) {
            return Ok(None);
        }
        let (order, since) = (self.number(), Instant::now());
        let cell = Arc::clone(self.recent().entry((namespace.to_owned(), reference.clone())).or_default());
        // Who asks while another reads the same waits, and shares what comes of it.
        let mut recent = cell.lock().await;
        if let Some(recent) = recent.as_ref().filter(|recent| recent.answers(order, since, age)) {
            return recent.found.clone();
        }
        self.turn(asker).await;
        let (begun, begun_at) = (self.number(), Instant::now());
        let found = self.get(namespace, reference).await;
        *recent = Some(Recent { found: found.clone(), begun, begun_at });
        drop(recent);
        self.forget_the_old();
        found
    }

    /// Values stay in memory no longer than somebody may ask for them.
    pub fn forget_the_old(&self) {
        // Whoever reads, or waits for a read, holds the cell.
        let is_old = |recent: &Option<Recent>| recent.as_ref().is_none_or(|recent| recent.begun_at.elapsed() >= self.kept);
        self.recent().retain(|_, cell| Arc::strong_count(cell) > 1 || cell.try_lock().is_ok_and(|recent| !is_old(&recent)));
    }

    async fn turn(&self, asker: Asker) {
        let _first_in_its_queue = self.queues[asker as usize].lock().await;
        // At most one of each queue waits here, first come, first served: so the queues take turns.
        let mut next = self.next.lock().await;
        tokio::time::sleep_until(*next).await;
        *next = Instant::now() + BETWEEN_READS;
    }

    async fn get(&self, namespace: &str, reference: &Reference) -> Found {
        let found = match reference.kind {
            ReferenceKind::Secret => self.get_of::<Secret>(namespace, &reference.name).await,
            ReferenceKind::ConfigMap => self.get_of::<ConfigMap>(namespace, &reference.name).await,
        };
        found.map_err(|error| {
            // An answer that cannot be read may be quoted in its error: only what the API server itself says of an error is logged.
            let said = if let kube::Error::Api(status) = &error { Some(status) } else { None };
            let why = if said.is_some_and(|status| status.is_forbidden()) { Unread::Forbidden } else { Unread::Silence };
            tracing::warn!(%reference, namespace, code = said.map(|status| status.code), %why, "could not be read");
            why
        })
    }

    async fn get_of<K>(&self, namespace: &str, name: &str) -> kube::Result<Option<Arc<Contents>>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Into<Contents>,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), namespace);
        Ok(api.get_opt(name).await?.map(|object| Arc::new(object.into())))
    }

    fn number(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed)
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<Key, Arc<Mutex<Option<Recent>>>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    /// What was read after somebody asked is news to them, whatever it is; an earlier failure is not worth keeping.
    fn answers(&self, asked: u64, asked_at: Instant, age: Duration) -> bool {
        self.begun > asked || self.found.is_ok() && asked_at.saturating_duration_since(self.begun_at) < age
    }
}
