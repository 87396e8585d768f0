//! What passes over credentials need around them, and what is remembered of each credential.

use super::endpoints::AllowedEndpoints;
use super::identity::Clients;
use super::registry::{Key, Registry};
use crate::api::CloudCredential;
use crate::api::cloud_credential::Identity;
use crate::reconcile::context::Shared;
use crate::reconcile::memory::{Failure, Slot};
use crate::references::{next_poll, shortest_poll};
use kube::ResourceExt as _;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

pub(super) struct Context {
    pub(super) shared: Shared,
    pub(super) allowed_endpoints: AllowedEndpoints,
    pub(super) registry: Arc<Registry>,
    pub(super) clients: Clients,
    /// By namespace and uid: versions that were replaced, and what went wrong with each identity.
    memory: Mutex<HashMap<(String, String), Arc<Remembered>>>,
}

#[derive(Default)]
pub(super) struct Remembered {
    pub(super) slot: Arc<Slot>,
    pub(super) failure: Mutex<Option<Failure>>,
    /// What had been asked for at the last look, if there was one.
    pub(super) asked: Mutex<Option<Asked>>,
    pub(super) identity: Mutex<Option<Identity>>,
    /// When the cloud was last asked who we are.
    pub(super) identified: Mutex<Option<Instant>>,
}

/// When somebody wished for a look, if anybody did.
#[derive(PartialEq, Eq)]
pub(super) struct Asked(pub(super) Option<String>);

impl Context {
    pub(super) fn new(shared: &Shared, allowed_endpoints: AllowedEndpoints, registry: Arc<Registry>, clients: Clients) -> Self {
        Self { shared: shared.clone(), allowed_endpoints, registry, clients, memory: Mutex::default() }
    }

    pub(super) fn remembered(&self, object: &CloudCredential) -> Arc<Remembered> {
        Arc::clone(self.memory().entry(identity(object)).or_default())
    }

    pub(super) fn forget(&self, object: &CloudCredential) {
        // In this order: a pass that still runs puts down what it found, and then looks whether it is remembered.
        self.memory().remove(&identity(object));
        self.registry.remove(&(object.namespace().unwrap_or_default(), object.name_any()));
    }

    /// Forgets the credentials of this namespace (`*`: of all) that went while nobody watched: no event tells of them.
    pub(super) fn forget_all_but(&self, namespace: &str, stored: &[Arc<CloudCredential>]) {
        let is_listed = |of: &str| namespace == "*" || of == namespace;
        let identities: HashSet<_> = stored.iter().map(|object| identity(object)).collect();
        self.memory().retain(|known, _| !is_listed(&known.0) || identities.contains(known));
        let keys: HashSet<Key> = stored.iter().map(|object| (object.namespace().unwrap_or_default(), object.name_any())).collect();
        for lost in self.registry.keys().iter().filter(|key| is_listed(&key.0) && !keys.contains(key)) {
            self.registry.remove(lost);
        }
    }

    /// Tells of credentials that the watch has brought.
    pub(super) fn announce<'a>(&self, objects: impl IntoIterator<Item = &'a CloudCredential>) {
        for object in objects {
            self.registry.announce((object.namespace().unwrap_or_default(), object.name_any()));
        }
    }

    /// Whether the watch has said meanwhile that the credential is gone.
    pub(super) fn has_forgotten(&self, object: &CloudCredential) -> bool {
        !self.memory().contains_key(&identity(object))
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<(String, String), Arc<Remembered>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// About the poll interval, so that many credentials do not come back together.
    pub(super) fn poll(&self) -> Duration {
        next_poll(self.shared.settings.reference_poll, &self.shared.dice)
    }

    /// No poll of the same credential comes sooner.
    pub(super) fn shortest_poll(&self) -> Duration {
        shortest_poll(self.shared.settings.reference_poll)
    }
}

/// A credential that is created anew is another one, whatever its name.
fn identity(object: &CloudCredential) -> (String, String) {
    (object.namespace().unwrap_or_default(), object.uid().unwrap_or_default())
}
