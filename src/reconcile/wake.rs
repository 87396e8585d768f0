//! Wake-ups from inside: a credential became usable, a peer changed something in the cloud.

use super::access::Users;
use super::kind::Kind;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::ResourceExt as _;
use kube::runtime::reflector::{ObjectRef, Store};
use std::sync::atomic::{AtomicBool, Ordering};

/// Puts objects of one kind into the queue of the controller that has them.
pub struct Waker<K: Kind> {
    fields: Vec<Field<K>>,
}

/// The controller of one namespace, or of all.
struct Field<K: Kind> {
    namespace: Option<String>,
    store: Store<K>,
    queue: UnboundedSender<ObjectRef<K>>,
    listed: AtomicBool,
}

impl<K: Kind> Default for Waker<K> {
    fn default() -> Self {
        Self { fields: Vec::new() }
    }
}

impl<K: Kind> Waker<K> {
    /// Another controller, of one namespace or of all.
    pub fn add(&mut self, namespace: Option<&str>, store: Store<K>) -> UnboundedReceiver<ObjectRef<K>> {
        let (queue, receiver) = unbounded();
        self.fields.push(Field { namespace: namespace.map(str::to_owned), store, queue, listed: AtomicBool::new(false) });
        receiver
    }

    /// The first list of this namespace, or of all, is through.
    pub fn listed(&self, namespace: Option<&str>) {
        for field in self.fields.iter().filter(|field| field.namespace.as_deref() == namespace) {
            field.listed.store(true, Ordering::SeqCst);
        }
    }

    pub fn wake(&self, object: &ObjectRef<K>) {
        for field in &self.fields {
            if field.namespace.is_none() || field.namespace == object.namespace {
                // Nobody listens only while the process ends.
                let _ = field.queue.unbounded_send(object.clone());
            }
        }
    }

    fn users_of(&self, namespace: &str, credential: &str) -> Vec<ObjectRef<K>> {
        self.fields
            .iter()
            .flat_map(|field| {
                field
                    .store
                    .state_filter(|object| object.namespace().as_deref() == Some(namespace) && object.common().credential == credential)
            })
            .map(|object| ObjectRef::from_obj(object.as_ref()))
            .collect()
    }
}

impl<K: Kind> Users for Waker<K> {
    fn are_listed(&self) -> bool {
        self.fields.iter().all(|field| field.listed.load(Ordering::SeqCst))
    }

    fn count(&self, namespace: &str, credential: &str) -> usize {
        self.users_of(namespace, credential).len()
    }

    fn wake(&self, namespace: &str, credential: &str) {
        for object in self.users_of(namespace, credential) {
            Waker::wake(self, &object);
        }
    }
}
