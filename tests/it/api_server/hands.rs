//! What a test does to the server itself, past every client: nothing here is a request, is logged
//! or meets a fault. A refusal panics with the server's own words.

use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

use super::{
    ApiServer,
    kind::{Kind, Resource},
    meta, patch,
    refusal::Refusal,
    request::WriteOptions,
    store::{State, Store},
    write::{self, Target, Written},
};

/// While it lives, GET and LIST of one resource serve what was there when it was made, and watches
/// deliver nothing newer. Writes go through.
#[must_use = "reads are stale only while this lives"]
pub(crate) struct StaleReads {
    store: Arc<Store>,
    resource: Resource,
}

impl Drop for StaleReads {
    fn drop(&mut self) {
        self.store.with(|state| {
            if let Some(stock) = state.stocks.get_mut(&self.resource) {
                stock.frozen = None;
            }
            state.wake(&self.resource);
        });
    }
}

/// Finds a kind by its plural, alone or with its group: `leases`, `things.example.com`.
fn kind_named(state: &State, name: &str) -> Arc<Kind> {
    let mut kinds = state.stocks.values().map(|stock| &stock.kind);
    let found = kinds.find(|kind| kind.plural == name || kind.qualified() == name);
    found.expect("the test names a kind that is served").clone()
}

fn object(written: Result<Written, Refusal>) -> Value {
    match written.expect("the server accepts what the test does directly") {
        Written::Created(object) | Written::Stored(object) | Written::Gone(object) => Value::clone(&object),
    }
}

impl ApiServer {
    /// Serves the kind that this defines.
    pub(crate) fn install_crd(&self, definition: &CustomResourceDefinition) {
        let definition = serde_json::to_value(definition).expect("a definition is plain data");
        self.create_json(definition);
    }

    /// Stops serving a kind, given as `things.example.com`, and drops its objects.
    pub(crate) fn uninstall_crd(&self, name: &str) {
        self.delete("customresourcedefinitions", "", name);
    }

    pub(crate) fn create_namespace(&self, name: &str) {
        self.create_json(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }

    /// Creates every object of a YAML text and returns them as stored. An object that names no
    /// namespace goes to `default`; a namespace that is missing is made.
    pub(crate) fn create_yaml(&self, text: &str) -> Vec<Value> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(text).expect("the test writes valid YAML");
        documents.into_iter().filter(|document| !document.is_null()).map(|object| self.create_json(object)).collect()
    }

    pub(crate) fn create_json(&self, given: Value) -> Value {
        let word = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (version, name) = (word("apiVersion"), word("kind"));
        self.store.with(|state| {
            let mut kinds = state.stocks.values().map(|stock| &stock.kind);
            let kind = kinds.find(|kind| kind.name == name && kind.api_version() == version);
            let kind = kind.expect("the test creates an object of a kind that is served").clone();
            let namespace = match meta::text(&given, "namespace") {
                _ if !kind.namespaced => String::new(),
                "" => "default".to_owned(),
                namespace => namespace.to_owned(),
            };
            if kind.namespaced {
                let namespaces = kind_named(state, "namespaces");
                if state.current(&namespaces, &(String::new(), namespace.clone())).is_none() {
                    let missing = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
                    object(write::create(state, &namespaces, "", missing, &WriteOptions::default()));
                }
            }
            object(write::create(state, &kind, &namespace, given, &WriteOptions::default()))
        })
    }

    /// The object as stored now, or `None`.
    pub(crate) fn get_json(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.store.with(|state| {
            let kind = kind_named(state, resource);
            state.current(&kind, &(namespace.to_owned(), name.to_owned())).map(|object| Value::clone(&object))
        })
    }

    /// All objects of a kind, in all namespaces.
    pub(crate) fn list_json(&self, resource: &str) -> Vec<Value> {
        self.store.with(|state| {
            let resource = kind_named(state, resource).resource();
            let objects = state.stock(&resource).into_iter().flat_map(|stock| stock.objects.values());
            objects.map(|object| Value::clone(object)).collect()
        })
    }

    /// A merge patch by a user. A `status` in it is written too, as a second write.
    pub(crate) fn patch_json(&self, resource: &str, namespace: &str, name: &str, change: &Value) -> Value {
        self.store.with(|state| {
            let kind = kind_named(state, resource);
            let key = (namespace.to_owned(), name.to_owned());
            let mut last = Value::Null;
            for status in [false, true] {
                let separate = kind.custom.as_ref().is_some_and(|custom| custom.status_subresource);
                if status && !(separate && change.get("status").is_some()) {
                    continue;
                }
                let current = state.current(&kind, &key).expect("the test patches an object that is there");
                let mut patched = Value::clone(&current);
                patch::merge(&mut patched, change);
                let target = Target { kind: &kind, key: key.clone(), status };
                last = object(write::patched(state, &target, &current, patched, &WriteOptions::default()));
            }
            last
        })
    }

    /// Deletes as a user does: an object with finalizers stays until they are gone.
    pub(crate) fn delete(&self, resource: &str, namespace: &str, name: &str) {
        self.store.with(|state| {
            let kind = kind_named(state, resource);
            let key = (namespace.to_owned(), name.to_owned());
            object(write::delete(state, &kind, &key, &WriteOptions::default()));
        });
    }

    /// From now on reads of this resource are stale, until the answer is dropped.
    pub(crate) fn stale_reads(&self, resource: &str) -> StaleReads {
        let resource = self.store.with(|state| {
            let resource = kind_named(state, resource).resource();
            let now = state.version;
            if let Some(stock) = state.stocks.get_mut(&resource) {
                stock.frozen = Some(now);
            }
            resource
        });
        StaleReads { store: self.store.clone(), resource }
    }

    /// One round of what the namespace controller does: everything in terminating namespaces is
    /// deleted, and a namespace with nothing left goes. Returns how many still wait for finalizers.
    pub(crate) fn run_namespace_controller(&self) -> usize {
        self.store.with(|state| {
            let namespaces = kind_named(state, "namespaces");
            let all = state.stock(&namespaces.resource()).map(|stock| stock.objects.clone()).unwrap_or_default();
            let mut waiting = 0;
            for (key, _) in all.iter().filter(|(_, namespace)| meta::is_being_deleted(namespace)) {
                if empty(state, &key.1) {
                    write::remove(state, &namespaces, key);
                } else {
                    waiting += 1;
                }
            }
            waiting
        })
    }
}

/// Deletes all that is in a namespace; whether nothing is left.
fn empty(state: &mut State, namespace: &str) -> bool {
    let kinds: Vec<Arc<Kind>> = state.stocks.values().map(|stock| stock.kind.clone()).collect();
    let mut left = false;
    for kind in kinds.iter().filter(|kind| kind.namespaced) {
        let keys = state.stock(&kind.resource()).into_iter().flat_map(|stock| stock.objects.keys().cloned());
        let keys: Vec<_> = keys.filter(|key| key.0 == namespace).collect();
        for key in keys {
            object(write::delete(state, kind, &key, &WriteOptions::default()));
            left |= state.current(kind, &key).is_some();
        }
    }
    !left
}
