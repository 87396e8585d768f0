//! What can be counted of objects by looking at them. Nothing is kept for it: the stores of the watches have everything, and somebody asks four times
//! a minute. What may be listed by name is bounded, because each name is a time series in somebody's database.

use super::verdict;
use crate::api::envelope::{Envelope, FINALIZER};
use crate::reason::Reason;
use jiff::{SignedDuration, Timestamp};
use kube::runtime::reflector::{Lookup, Store};
use kube::{Resource, ResourceExt as _};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

/// How many objects of one kind are listed by name for one reason.
pub const MOST_OBJECTS: usize = 50;
/// How many checks, or credentials, are listed by name.
pub const MOST_LISTED: usize = 500;
/// Stands in the place of a reason while status says nothing of the present spec.
pub const UNSEEN: &str = "Unseen";

/// What a status says that is counted beside its conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls of which nobody can find out whether they acted.
    pub unknown_outcomes: usize,
    /// When each check was last answered with yes, by its name.
    pub last_restorable: Vec<(String, Timestamp)>,
}

/// The first few in their order, which is the same at each look, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Few<T> {
    most: usize,
    pub kept: BTreeSet<T>,
    pub left_out: usize,
}

impl<T: Ord> Few<T> {
    pub fn of(most: usize) -> Self {
        Self { most, kept: BTreeSet::new(), left_out: 0 }
    }

    pub fn add(&mut self, one: T) {
        self.kept.insert(one);
        if self.kept.len() > self.most {
            self.kept.pop_last();
            self.left_out += 1;
        }
    }
}

/// The objects of one kind, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    pub by_reason: BTreeMap<&'static str, i64>,
    /// What is not ready: namespaces and names, by reason.
    pub unhealthy: BTreeMap<&'static str, Few<(String, String)>>,
    pub drifted: i64,
    pub deletions_blocked: i64,
    pub oldest_deletion: Option<SignedDuration>,
    /// Namespace and name, and how many calls of it.
    pub unknown_outcomes: Few<(String, String, usize)>,
    /// Namespace, name, check.
    pub last_restorable: Few<(String, String, String, Timestamp)>,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            by_reason: BTreeMap::new(),
            unhealthy: BTreeMap::new(),
            drifted: 0,
            deletions_blocked: 0,
            oldest_deletion: None,
            unknown_outcomes: Few::of(MOST_LISTED),
            last_restorable: Few::of(MOST_LISTED),
        }
    }
}

impl Census {
    /// One more object, of which this is said.
    pub fn count(&mut self, object: &impl Resource, envelope: Option<&Envelope>, figures: Figures, now: Timestamp) {
        let meta = object.meta();
        let (namespace, name) = (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default());
        let deleted_at = meta.deletion_timestamp.as_ref().map(|at| at.0);
        if deleted_at.is_some() && !meta.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER) {
            // Steward is done with it; whatever it still waits for is somebody else's.
            return;
        }
        let envelope = envelope.filter(|envelope| envelope.observed_generation == meta.generation);
        let conditions = envelope.map(|envelope| envelope.conditions.as_slice()).unwrap_or_default();
        let reason = verdict::reason(conditions).map_or(UNSEEN, Reason::as_str);
        *self.by_reason.entry(reason).or_default() += 1;
        let mut unhealthy = BTreeSet::new();
        if !verdict::is_true(conditions, verdict::READY) {
            unhealthy.insert(reason);
            // What stands in the way of asking must not hide what was last answered.
            unhealthy
                .extend(conditions.iter().filter(|one| one.type_ == verdict::RESTORABLE && one.status != "True").filter_map(verdict::word));
        }
        for reason in unhealthy {
            self.unhealthy.entry(reason).or_insert_with(|| Few::of(MOST_OBJECTS)).add((namespace.clone(), name.clone()));
        }
        self.drifted += i64::from(verdict::is_true(conditions, verdict::DRIFTED));
        self.deletions_blocked += i64::from(reason == Reason::DeleteBlocked.as_str());
        self.oldest_deletion = self.oldest_deletion.max(deleted_at.map(|at| now.duration_since(at)));
        if figures.unknown_outcomes > 0 {
            self.unknown_outcomes.add((namespace.clone(), name.clone(), figures.unknown_outcomes));
        }
        for (check, at) in figures.last_restorable {
            self.last_restorable.add((namespace.clone(), name.clone(), check, at));
        }
    }
}

/// Objects that can be counted.
pub trait Population: Send + Sync {
    fn census(&self, now: Timestamp) -> Census;
}

/// What one object says of itself.
pub type Told<K> = fn(&K) -> (Option<&Envelope>, Figures);

/// The objects of one kind, as its watches have brought them.
pub struct Watched<K>
where
    K: Lookup + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    pub stores: Vec<Store<K>>,
    pub told: Told<K>,
}

impl<K> Population for Watched<K>
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    fn census(&self, now: Timestamp) -> Census {
        let mut census = Census::default();
        for object in self.stores.iter().flat_map(Store::state) {
            let (envelope, figures) = (self.told)(&object);
            census.count(object.as_ref(), envelope, figures, now);
        }
        census
    }
}

/// Who changed spec last, as the API server has it: the name under which a person's or a machine's client writes.
pub fn last_manager(object: &impl Resource) -> Option<String> {
    let of_spec =
        object.managed_fields().iter().filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty()).filter(|entry| {
            let fields = entry.fields_v1.as_ref().and_then(|fields| fields.0.as_object());
            fields.is_some_and(|fields| fields.contains_key("f:spec"))
        });
    of_spec.max_by_key(|entry| entry.time.as_ref().map(|time| time.0))?.manager.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SecurityGroupMembership;
    use serde_json::{Value, json};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// With this metadata beside its name.
    fn object(metadata: &Value) -> SecurityGroupMembership {
        let mut object = json!({
            "metadata": {"namespace": "shop", "name": "web", "generation": 2},
            "spec": {"securityGroupId": "sg-1", "targets": {"instanceIds": ["i-1"]}},
        });
        for (field, value) in metadata.as_object().unwrap() {
            object["metadata"][field] = value.clone();
        }
        serde_json::from_value(object).unwrap()
    }

    /// Conditions as `Ready=False/NotFound`.
    fn envelope(generation: i64, conditions: &[&str]) -> Envelope {
        let condition = |text: &&str| {
            let (type_, rest) = text.split_once('=').unwrap();
            let (status, reason) = rest.split_once('/').unwrap();
            json!({"type": type_, "status": status, "reason": reason, "message": "", "lastTransitionTime": "2026-11-22T08:00:00Z"})
        };
        let conditions: Vec<Value> = conditions.iter().map(condition).collect();
        serde_json::from_value(json!({"observedGeneration": generation, "conditions": conditions})).unwrap()
    }

    #[test]
    fn what_is_not_ready_is_listed_with_each_reason_that_it_has() {
        let table: [(&str, Value, Envelope, &[&str]); 8] = [
            ("ready", json!({}), envelope(2, &["Ready=True/InSync"]), &[]),
            ("not ready", json!({}), envelope(2, &["Ready=False/NotFound"]), &["NotFound"]),
            ("unknown", json!({}), envelope(2, &["Ready=Unknown/CloudUnavailable"]), &["CloudUnavailable"]),
            ("nothing said yet", json!({}), Envelope::default(), &["Unseen"]),
            ("said of another spec", json!({}), envelope(1, &["Ready=True/InSync"]), &["Unseen"]),
            ("suspended", json!({}), envelope(2, &["Ready=False/NotFound", "Suspended=True/Suspended"]), &["Suspended"]),
            ("suspended, and was fine", json!({}), envelope(2, &["Ready=True/InSync", "Suspended=True/Suspended"]), &[]),
            (
                "cannot be asked, and was a no",
                json!({}),
                envelope(2, &["Ready=False/CredentialRejected", "Restorable=False/NoBackup"]),
                &["CredentialRejected", "NoBackup"],
            ),
        ];
        for (case, metadata, envelope, reasons) in table {
            let mut census = Census::default();
            census.count(&object(&metadata), Some(&envelope), Figures::default(), at(0));
            assert_eq!(census.unhealthy.keys().copied().collect::<Vec<_>>(), reasons, "{case}");
            assert_eq!(census.by_reason.values().sum::<i64>(), 1, "{case}");
        }
    }

    #[test]
    fn a_deletion_counts_as_long_as_it_waits_for_steward() {
        let blocked = envelope(2, &["Ready=False/DeleteBlocked"]);
        let going = |finalizer: &str| object(&json!({"deletionTimestamp": "1970-01-01T00:01:00Z", "finalizers": [finalizer]}));
        let mut census = Census::default();
        census.count(&going("example.com/other"), Some(&blocked), Figures::default(), at(3660));
        assert_eq!(census, Census::default());
        census.count(&going(FINALIZER), Some(&blocked), Figures::default(), at(3660));
        assert_eq!((census.deletions_blocked, census.oldest_deletion), (1, Some(SignedDuration::from_hours(1))));
    }

    #[test]
    fn of_many_the_same_few_are_listed_and_the_rest_is_counted() {
        let mut few = Few::of(3);
        for number in [5, 1, 4, 2, 3] {
            few.add(number);
        }
        assert_eq!((few.kept, few.left_out), (BTreeSet::from([1, 2, 3]), 2));
        let mut census = Census::default();
        for number in 0..MOST_OBJECTS + 7 {
            let one = object(&json!({"name": format!("web-{number:03}")}));
            census.count(&one, None, Figures { unknown_outcomes: 1, last_restorable: vec![("home".to_owned(), at(9))] }, at(0));
        }
        let listed = &census.unhealthy["Unseen"];
        assert_eq!((listed.kept.len(), listed.left_out, census.by_reason["Unseen"]), (MOST_OBJECTS, 7, 57));
        assert_eq!((census.unknown_outcomes.kept.len(), census.last_restorable.kept.len()), (57, 57));
    }

    #[test]
    fn who_changed_spec_last_is_whose_latest_entry_has_it_and_no_subresource() {
        let entry = |manager: &str, time: &str, fields: &Value, subresource: &str| {
            json!({
                "manager": manager, "operation": "Update", "apiVersion": "cloudsteward.dev/v1alpha1", "time": time,
                "fieldsType": "FieldsV1", "fieldsV1": fields, "subresource": subresource,
            })
        };
        let spec = json!({"f:spec": {"f:suspend": {}}});
        let entries = json!([
            entry("argocd-controller", "2026-11-22T08:00:00Z", &spec, ""),
            entry("kubectl-edit", "2026-11-22T09:00:00Z", &spec, ""),
            entry("labeller", "2026-11-22T10:00:00Z", &json!({"f:metadata": {}}), ""),
            entry("steward", "2026-11-22T11:00:00Z", &spec, "status"),
        ]);
        assert_eq!(last_manager(&object(&json!({"managedFields": entries}))).as_deref(), Some("kubectl-edit"));
        assert_eq!(last_manager(&object(&json!({}))), None);
    }
}
