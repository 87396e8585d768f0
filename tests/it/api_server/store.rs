//! What the server remembers: objects, the history of every resource with one counter for all
//! versions, and who is watching. One lock guards it all, so each request is one transaction.
//!
//! It knows no rules: what may be written is decided before it comes here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    task::Waker,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    kind::{Kind, Resource, built_in},
    meta,
};

/// Namespace (empty for cluster-scoped kinds) and name.
pub(crate) type Key = (String, String);
pub(crate) type Objects = BTreeMap<Key, Arc<Value>>;

/// One step in the history of a resource.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) key: Key,
    pub(crate) before: Option<Arc<Value>>,
    /// The new object; for a deletion the last one, with the version of the deletion.
    pub(crate) object: Arc<Value>,
    pub(crate) deleted: bool,
}

/// A kind with its objects and its history.
#[derive(Debug)]
pub(crate) struct Stock {
    pub(crate) kind: Arc<Kind>,
    pub(crate) objects: Objects,
    pub(crate) changes: Vec<Change>,
    /// History before this version cannot be asked for any more.
    pub(crate) oldest: u64,
    /// While a test holds the reads, they see this version.
    pub(crate) frozen: Option<u64>,
}

impl Stock {
    /// The objects as they were at a version that is still in the history.
    pub(crate) fn at(&self, version: u64) -> Objects {
        let mut objects = self.objects.clone();
        for change in self.changes.iter().rev().take_while(|change| change.version > version) {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), before.clone()),
                None => objects.remove(&change.key),
            };
        }
        objects
    }
}

/// An open watch, as the store sees it.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) resource: Resource,
    pub(crate) position: u64,
    pub(crate) broken: bool,
    pub(crate) waker: Option<Waker>,
}

pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(crate) struct State {
    pub(crate) version: u64,
    pub(crate) stocks: BTreeMap<Resource, Stock>,
    pub(crate) watches: BTreeMap<u64, Watching>,
    /// What each field manager applied last, by uid, manager and subresource.
    pub(crate) applied: BTreeMap<(String, String, String), Value>,
    /// The uids of objects that were created without the status that every reader sees by default.
    pub(crate) bare: BTreeSet<String>,
    /// Whose tokens may be asked for.
    pub(crate) token_grants: BTreeSet<Key>,
    pub(crate) clock: Clock,
    drawn: u64,
    to_wake: Vec<Waker>,
}

/// Versions do not begin at 1 on a real server, and what lies before the start is not history.
const FIRST_VERSION: u64 = 100;

impl State {
    fn new() -> Self {
        let start: Timestamp = Timestamp::from_second(1_767_225_600).expect("2026 is a valid time");
        let mut state = State {
            version: FIRST_VERSION,
            stocks: BTreeMap::new(),
            watches: BTreeMap::new(),
            applied: BTreeMap::new(),
            bare: BTreeSet::new(),
            token_grants: BTreeSet::new(),
            clock: Arc::new(move || start),
            drawn: 0,
            to_wake: Vec::new(),
        };
        for kind in built_in() {
            state.serve(kind);
        }
        state
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A number that was not drawn before: for uids and generated names.
    pub(crate) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// Begins to serve a kind, or serves it by a new definition.
    pub(crate) fn serve(&mut self, kind: Arc<Kind>) {
        let oldest = self.version;
        let stock = Stock { kind: kind.clone(), objects: Objects::new(), changes: Vec::new(), oldest, frozen: None };
        let resource = kind.resource();
        self.stocks.entry(resource).or_insert(stock).kind = kind;
    }

    /// Stops serving a kind; its objects are gone and its watches end.
    pub(crate) fn withdraw(&mut self, resource: &Resource) {
        self.stocks.remove(resource);
        self.break_watches(Some(resource));
    }

    pub(crate) fn stock(&self, resource: &Resource) -> Option<&Stock> {
        self.stocks.get(resource)
    }

    pub(crate) fn current(&self, kind: &Kind, key: &Key) -> Option<Arc<Value>> {
        self.stock(&kind.resource())?.objects.get(key).cloned()
    }

    /// Stores an object under the next version.
    pub(crate) fn put(&mut self, kind: &Kind, key: Key, mut object: Value) -> Arc<Value> {
        self.version += 1;
        meta::set(&mut object, "resourceVersion", json!(self.version.to_string()));
        let object = Arc::new(object);
        let (version, resource) = (self.version, kind.resource());
        if let Some(stock) = self.stocks.get_mut(&resource) {
            let before = stock.objects.insert(key.clone(), object.clone());
            stock.changes.push(Change { version, key, before, object: object.clone(), deleted: false });
        }
        self.wake(&resource);
        object
    }

    /// Removes an object; the history keeps it with the version of its removal.
    pub(crate) fn remove(&mut self, kind: &Kind, key: &Key) {
        let resource = kind.resource();
        let Some(stock) = self.stocks.get_mut(&resource) else {
            return;
        };
        let Some(before) = stock.objects.remove(key) else {
            return;
        };
        self.version += 1;
        let mut last = Value::clone(&before);
        meta::set(&mut last, "resourceVersion", json!(self.version.to_string()));
        stock.changes.push(Change { version: self.version, key: key.clone(), object: Arc::new(last), before: Some(before), deleted: true });
        self.wake(&resource);
    }

    /// Forgets the history: older versions answer 410 from now on. What an open watch has not
    /// delivered yet is kept for it.
    pub(crate) fn compact(&mut self) {
        for (resource, stock) in &mut self.stocks {
            stock.oldest = self.version;
            let positions = self.watches.values().filter(|watching| watching.resource == *resource);
            let needed = positions.map(|watching| watching.position).chain(stock.frozen).min();
            stock.changes.retain(|change| needed.is_some_and(|needed| change.version > needed));
        }
    }

    /// Ends open watches: of one resource or all.
    pub(crate) fn break_watches(&mut self, only: Option<&Resource>) {
        for watching in self.watches.values_mut() {
            if only.is_none_or(|resource| watching.resource == *resource) {
                watching.broken = true;
                self.to_wake.extend(watching.waker.take());
            }
        }
    }

    pub(crate) fn wake(&mut self, resource: &Resource) {
        for watching in self.watches.values_mut().filter(|watching| watching.resource == *resource) {
            self.to_wake.extend(watching.waker.take());
        }
    }
}

/// The state behind its lock.
pub(crate) struct Store(Mutex<State>);

impl Store {
    pub(crate) fn new() -> Self {
        Store(Mutex::new(State::new()))
    }

    /// Runs one transaction. Watches are woken after the lock is free again.
    pub(crate) fn with<R>(&self, transaction: impl FnOnce(&mut State) -> R) -> R {
        let (result, wakers) = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let result = transaction(&mut state);
            (result, std::mem::take(&mut state.to_wake))
        };
        wakers.into_iter().for_each(Waker::wake);
        result
    }
}
