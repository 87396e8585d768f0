//! The one writer of objects: status by PUT with uid and resourceVersion, the finalizer by a patch with the same preconditions.
//! Whoever holds a `Record` works on the version that was last read or written, never on an older one unnoticed.

use super::memory::{Fingerprint, Slot};
use crate::api::envelope::FINALIZER;
use crate::installation::MANAGER;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Resource, core::NamespaceResourceScope};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Between two tries to put a receipt down.
const RETRY: Duration = Duration::from_secs(1);

/// An object whose status steward writes.
pub trait Recorded:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    type Status: Clone + Debug + Default + PartialEq + Serialize + Send + Sync;

    fn status(&self) -> Option<&Self::Status>;
    #[must_use]
    fn with_status(&self, status: Self::Status) -> Self;
}

/// An object and the right to write it.
pub struct Record<K: Recorded> {
    api: Api<K>,
    object: Arc<K>,
    slot: Arc<Slot>,
    writes: Arc<Semaphore>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Somebody else wrote meanwhile; nothing was done, start over.
    #[error("the object has changed meanwhile")]
    Conflict,
    #[error("the object is gone")]
    Gone,
    #[error("the API server did not take the write")]
    Api(#[source] kube::Error),
}

impl From<kube::Error> for RecordError {
    fn from(error: kube::Error) -> Self {
        if let kube::Error::Api(status) = &error {
            if status.is_conflict() {
                return Self::Conflict;
            }
            if status.is_not_found() {
                return Self::Gone;
            }
        }
        Self::Api(error)
    }
}

impl<K: Recorded> Record<K> {
    /// The object as the watch brought it, or as it is now if the watch lags behind our own writes.
    pub async fn open(api: Api<K>, object: Arc<K>, slot: Arc<Slot>, writes: Arc<Semaphore>) -> Result<Self, RecordError> {
        let stale = {
            let mut remembered = slot.lock();
            let stale = object.meta().resource_version.as_ref().is_some_and(|version| remembered.superseded.contains(version));
            if !stale {
                remembered.superseded.clear();
            }
            stale
        };
        let mut record = Self { api, object, slot, writes };
        if stale {
            record.reread().await?;
            // What the watch has not brought yet, it has not brought of the others either: nobody decides on such a mixture.
            if !record.slot.agrees_with(&Fingerprint::of(record.object.as_ref())) {
                return Err(RecordError::Conflict);
            }
        }
        Ok(record)
    }

    pub fn object(&self) -> &Arc<K> {
        &self.object
    }

    pub fn has_finalizer(&self) -> bool {
        self.object.meta().finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER)
    }

    /// Writes status where it differs.
    pub async fn settle(&mut self, status: K::Status) -> Result<(), RecordError> {
        if self.object.status() == Some(&status) {
            return Ok(());
        }
        self.write(status).await
    }

    /// Writes status even if nothing differs: the answer proves that nobody else wrote since it was read.
    pub async fn write(&mut self, status: K::Status) -> Result<(), RecordError> {
        let wanted = self.object.with_status(status);
        let writes = Arc::clone(&self.writes);
        let _turn = writes.acquire().await;
        let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let written = self.api.replace_status(&self.name(), &parameters, &wanted).await?;
        self.replaced_by(written);
        Ok(())
    }

    /// Writes what calls have brought about. A conflict must not lose it: the notes are put on the newer version, until they are written or the object is gone.
    pub async fn write_receipts(&mut self, amend: impl Fn(&K) -> K::Status) -> Result<(), RecordError> {
        loop {
            match self.settle(amend(&self.object)).await {
                Err(RecordError::Conflict) => {}
                Err(RecordError::Api(error)) => {
                    tracing::warn!(%error, "a receipt could not be written, trying again");
                    tokio::time::sleep(RETRY).await;
                }
                done => return done,
            }
            match self.reread().await {
                Ok(()) => {}
                Err(RecordError::Api(_) | RecordError::Conflict) => tokio::time::sleep(RETRY).await,
                Err(gone @ RecordError::Gone) => return Err(gone),
            }
        }
    }

    pub async fn add_finalizer(&mut self) -> Result<(), RecordError> {
        let mut finalizers = self.object.meta().finalizers.clone().unwrap_or_default();
        if finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
            return Ok(());
        }
        finalizers.push(FINALIZER.to_owned());
        self.set_finalizers(finalizers).await
    }

    pub async fn drop_finalizer(&mut self) -> Result<(), RecordError> {
        let mut finalizers = self.object.meta().finalizers.clone().unwrap_or_default();
        let before = finalizers.len();
        finalizers.retain(|finalizer| finalizer != FINALIZER);
        if finalizers.len() == before {
            return Ok(());
        }
        match self.set_finalizers(finalizers).await {
            Ok(()) | Err(RecordError::Gone) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn set_finalizers(&mut self, finalizers: Vec<String>) -> Result<(), RecordError> {
        let meta = self.object.meta();
        let patch = json!({"metadata": {"uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": finalizers}});
        let writes = Arc::clone(&self.writes);
        let _turn = writes.acquire().await;
        let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let written = self.api.patch(&self.name(), &parameters, &Patch::Merge(&patch)).await?;
        self.replaced_by(written);
        Ok(())
    }

    async fn reread(&mut self) -> Result<(), RecordError> {
        let current = self.api.get_opt(&self.name()).await?.ok_or(RecordError::Gone)?;
        if current.meta().uid != self.object.meta().uid {
            return Err(RecordError::Gone);
        }
        self.object = Arc::new(current);
        Ok(())
    }

    fn replaced_by(&mut self, written: K) {
        if written.meta().resource_version != self.object.meta().resource_version
            && let Some(before) = self.object.meta().resource_version.clone()
        {
            self.slot.lock().superseded.insert(before);
        }
        self.object = Arc::new(written);
    }

    fn name(&self) -> String {
        self.object.meta().name.clone().unwrap_or_default()
    }
}
