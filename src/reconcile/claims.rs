//! Who else has a say: an index from claims to the objects that make them, kept up by the watch.
//! What a claim means is the kind's business.

use kube::Resource;
use kube::runtime::reflector::{ObjectRef, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An object that others may have to know of.
pub trait Claimant: Resource<DynamicType = ()> + Clone + Send + Sync + 'static {
    /// Keys under which other objects of the kind find this one, because they may be about the same thing in the cloud.
    fn claims(&self) -> Vec<String>;
}

/// Finds the objects of a kind by what they claim.
pub struct Claims<K: Claimant> {
    source: Source<K>,
    index: Mutex<Index<K>>,
}

/// Where the objects themselves are: the watch's store, or, in a test, a list.
enum Source<K: Claimant> {
    Stores(Vec<Store<K>>),
    List(Vec<Arc<K>>),
}

struct Index<K: Claimant> {
    by_claim: HashMap<String, BTreeSet<Name>>,
    by_object: BTreeMap<Name, (ObjectRef<K>, Vec<String>)>,
}

type Name = (String, String);

/// A handle on the index that leaves out the object which asks.
pub struct Peers<K: Claimant> {
    claims: Arc<Claims<K>>,
    asks: Name,
}

impl<K: Claimant> Clone for Peers<K> {
    fn clone(&self) -> Self {
        Self { claims: Arc::clone(&self.claims), asks: self.asks.clone() }
    }
}

impl<K: Claimant> Claims<K> {
    pub fn over(stores: Vec<Store<K>>) -> Self {
        Self { source: Source::Stores(stores), index: Mutex::default() }
    }

    /// An index over a fixed list, for pure tests.
    pub fn of(objects: Vec<K>) -> Arc<Self> {
        let objects: Vec<_> = objects.into_iter().map(Arc::new).collect();
        let claims = Self { source: Source::List(objects.clone()), index: Mutex::default() };
        for object in &objects {
            claims.saw(object);
        }
        Arc::new(claims)
    }

    pub fn saw(&self, object: &K) {
        let mut index = self.lock();
        index.forget(&name(object));
        let claims = object.claims();
        for claim in &claims {
            index.by_claim.entry(claim.clone()).or_default().insert(name(object));
        }
        index.by_object.insert(name(object), (ObjectRef::from_obj(object), claims));
    }

    pub fn lost(&self, object: &K) {
        self.lock().forget(&name(object));
    }

    /// Forgets what is in the index but in none of the stores, and says what it was.
    /// Only of this namespace, or of all: a list of another one may be on its way, seen by the index and not yet by its store.
    pub fn retain_stored(&self, namespace: Option<&str>) -> Vec<ObjectRef<K>> {
        let Source::Stores(stores) = &self.source else { return Vec::new() };
        let mut index = self.lock();
        let gone = |reference: &ObjectRef<K>| stores.iter().all(|store| store.get(reference).is_none());
        let lost: Vec<_> = index
            .by_object
            .iter()
            .filter(|((of, _), (reference, _))| namespace.is_none_or(|namespace| namespace == of) && gone(reference))
            .map(|(name, (reference, _))| (name.clone(), reference.clone()))
            .collect();
        for (name, _) in &lost {
            index.forget(name);
        }
        lost.into_iter().map(|(_, reference)| reference).collect()
    }

    pub fn peers(self: &Arc<Self>, of: &K) -> Peers<K> {
        Peers { claims: Arc::clone(self), asks: name(of) }
    }

    fn lock(&self) -> MutexGuard<'_, Index<K>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Claimant> Peers<K> {
    /// The other objects that make one of these claims, each once.
    pub fn claiming<'a>(&self, claims: impl IntoIterator<Item = &'a str>) -> Vec<Arc<K>> {
        let references = self.references(claims);
        references
            .into_iter()
            .filter_map(|(peer, reference)| match &self.claims.source {
                Source::Stores(stores) => stores.iter().find_map(|store| store.get(&reference)),
                Source::List(objects) => objects.iter().find(|object| name(object.as_ref()) == peer).cloned(),
            })
            .collect()
    }

    /// The namespace of the object that asks.
    pub fn namespace(&self) -> &str {
        &self.asks.0
    }

    /// The same, by reference.
    pub fn refs<'a>(&self, claims: impl IntoIterator<Item = &'a str>) -> Vec<ObjectRef<K>> {
        self.references(claims).into_values().collect()
    }

    fn references<'a>(&self, claims: impl IntoIterator<Item = &'a str>) -> BTreeMap<Name, ObjectRef<K>> {
        let index = self.claims.lock();
        claims
            .into_iter()
            .filter_map(|claim| index.by_claim.get(claim))
            .flatten()
            .filter(|peer| **peer != self.asks)
            .filter_map(|peer| index.by_object.get(peer).map(|(reference, _)| (peer.clone(), reference.clone())))
            .collect()
    }
}

impl<K: Claimant> Default for Index<K> {
    fn default() -> Self {
        Self { by_claim: HashMap::new(), by_object: BTreeMap::new() }
    }
}

impl<K: Claimant> Index<K> {
    fn forget(&mut self, object: &Name) {
        let Some((_, claims)) = self.by_object.remove(object) else { return };
        for claim in claims {
            if let Some(claimants) = self.by_claim.get_mut(&claim) {
                claimants.remove(object);
                if claimants.is_empty() {
                    self.by_claim.remove(&claim);
                }
            }
        }
    }
}

fn name<K: Claimant>(object: &K) -> Name {
    (object.meta().namespace.clone().unwrap_or_default(), object.meta().name.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SecurityGroupMembership;
    use serde_json::json;

    fn object(namespace: &str, name: &str, group: &str, instances: &[&str]) -> SecurityGroupMembership {
        let object = json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership", "metadata": {"namespace": namespace, "name": name},
            "spec": {"securityGroupId": group, "targets": {"instanceIds": instances}}
        });
        serde_json::from_value(object).unwrap()
    }

    fn names(found: &[Arc<SecurityGroupMembership>]) -> Vec<&str> {
        found.iter().map(|object| object.metadata.name.as_deref().unwrap()).collect()
    }

    #[test]
    fn others_are_found_by_what_they_claim_each_once_and_never_oneself() {
        let objects = [
            object("a", "one", "sg-1", &["i-1", "i-2"]),
            object("a", "two", "sg-1", &["i-1", "i-2"]),
            object("b", "one", "sg-2", &["i-1"]),
        ];
        let claims = Claims::of(objects.to_vec());
        let peers = claims.peers(&objects[0]);
        assert_eq!(names(&peers.claiming(["sg-1/i-1", "sg-1/i-2", "sg-9/i-9"])), ["two"]);
        assert_eq!(names(&peers.claiming(["sg-2/i-1"])), ["one"], "the same name in another namespace is another object");
        assert_eq!(names(&claims.peers(&objects[2]).claiming(["sg-1/i-1"])), ["one", "two"]);
        assert_eq!(peers.refs(["sg-1/i-1"]).len(), 1);
    }

    #[test]
    fn the_index_follows_what_objects_claim() {
        let mut moved = object("a", "two", "sg-1", &["i-1"]);
        let asking = object("a", "one", "sg-1", &["i-1"]);
        let claims = Claims::of(vec![asking.clone(), moved.clone()]);
        let found = |claim: &str| claims.peers(&asking).refs([claim]).len();
        assert_eq!((found("sg-1/i-1"), found("sg-2/i-1")), (1, 0));
        moved.spec.security_group_id = "sg-2".to_owned();
        claims.saw(&moved);
        assert_eq!((found("sg-1/i-1"), found("sg-2/i-1")), (0, 1));
        claims.lost(&moved);
        assert_eq!((found("sg-1/i-1"), found("sg-2/i-1")), (0, 0));
        assert!(claims.lock().by_claim.values().all(|claimants| !claimants.is_empty()), "what nobody claims takes no room");
    }

    #[test]
    fn what_no_store_has_any_more_is_forgotten() {
        let (reader, mut writer) = kube::runtime::reflector::store();
        let claims = Arc::new(Claims::over(vec![reader]));
        let [kept, lost] = [object("a", "kept", "sg-1", &["i-1"]), object("a", "lost", "sg-1", &["i-1"])];
        for object in [&kept, &lost] {
            claims.saw(object);
        }
        writer.apply_watcher_event(&kube::runtime::watcher::Event::Apply(kept.clone()));
        let forgotten = claims.retain_stored(None);
        assert_eq!(forgotten.iter().map(|reference| reference.name.as_str()).collect::<Vec<_>>(), ["lost"]);
        let asking = object("a", "asking", "sg-1", &["i-1"]);
        assert_eq!(names(&claims.peers(&asking).claiming(["sg-1/i-1"])), ["kept"]);
    }
}
