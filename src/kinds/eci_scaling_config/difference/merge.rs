//! One walk over the three trees. On its way down it makes the value that a call would have to carry, and notes every difference that such a
//! call would do away with.

use super::{ABSENT, Change, PRESENT, Path, Question};
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::configuration::{Entries, Field, Item, Order, Shape, Value};
use std::collections::BTreeMap;

/// Lists whose entries and fields may belong to spec alone.
const EXCLUSIVE: [&str; 2] = ["containers", "initContainers"];
/// Without these a container, or a configuration, cannot be, so they are not taken out of one that stays.
const INDISPENSABLE: [&str; 3] = ["image", "scalingConfigurationName", "securityGroupId"];

/// What became of one field of the configuration.
#[derive(Default)]
pub(super) struct Outcome {
    /// Spec over what is there, without what is to go.
    pub(super) value: Option<Value>,
    pub(super) changes: Vec<Change>,
    pub(super) named: Paths,
    /// What a call that sends the value makes ours: fields that spec names and entries that are new, but no entry that was there before.
    pub(super) sets: Paths,
    /// What a call that sends the value would lose.
    pub(super) lost: Vec<Path>,
    /// What spec names although the vendor calls it unavailable.
    pub(super) unavailable: Vec<Path>,
    /// What is ours and should go, and that the rest of its entry cannot do without.
    pub(super) stuck: Vec<Path>,
    /// Volumes among these, and who mounts them.
    pub(super) mounted: Vec<(Path, Path)>,
}

pub(super) struct Merge<'a> {
    question: Question<'a>,
    outcome: Outcome,
    /// Volumes by name, and a container that goes on mounting each.
    pub(super) mounts: BTreeMap<String, Path>,
    /// What is carried now stays as it is, whoever set it.
    hands_off: bool,
}

impl<'a> Merge<'a> {
    pub(super) fn new(question: &Question<'a>) -> Self {
        Self { question: *question, outcome: Outcome::default(), mounts: BTreeMap::new(), hands_off: false }
    }

    /// One field of the configuration.
    pub(super) fn top(&mut self, field: &'static Field) -> Outcome {
        let exclusive = self.question.exclusive && EXCLUSIVE.contains(&field.name);
        let (desired, observed) = (self.question.desired, self.question.observed);
        if field.entries().is_some() && observed.unknown().any(|name| name == field.describe) {
            self.outcome.lost.push(Path::default().field(field.name));
        }
        let value = self.field(field, desired.get(field.name), observed.get(field.name), &Path::default(), exclusive);
        Outcome { value, ..std::mem::take(&mut self.outcome) }
    }

    fn field(
        &mut self,
        field: &'static Field,
        desired: Option<&Value>,
        observed: Option<&Value>,
        parent: &Path,
        exclusive: bool,
    ) -> Option<Value> {
        let here = parent.field(field.name);
        match field.shape {
            // Without any spec there is nothing exclusive about it: the list is not ours.
            Shape::Entries(entries) => {
                let exclusive = exclusive && (desired.is_some() || !parent.names().is_empty());
                let merged = self.entries(entries, items(desired), items(observed), &here, exclusive);
                (desired.is_some() || observed.is_some()).then_some(Value::Items(merged))
            }
            Shape::Secret => self.secret(field, desired, observed, &here),
            Shape::Text | Shape::Json | Shape::Whole | Shape::Number | Shape::Price | Shape::Flag | Shape::Texts => {
                self.leaf(field, desired, observed, &here, exclusive)
            }
        }
    }

    fn leaf(&mut self, field: &Field, desired: Option<&Value>, observed: Option<&Value>, here: &Path, exclusive: bool) -> Option<Value> {
        if let Some(value) = desired {
            self.names(here);
            if field.unavailable {
                self.outcome.unavailable.push(here.clone());
            }
            let usual = observed.is_none() && field.is_usual(value);
            // Zero stands for what was never set, too, so that it is there is known only of one that was sent.
            let is_unseen = observed.is_none() && is_zero(value) && !self.question.owned.contains(here.names());
            if is_unseen {
                self.may_differ(field, here, desired, observed);
            } else if !usual && !is_same(field, here, desired, observed) {
                self.differs(field, here, desired, observed);
            }
            return desired.cloned();
        }
        // What the document says anyway is as good as gone: where it is cleared, the cloud may put it in again.
        let is_gone = observed.is_none_or(|value| value.is_empty() || field.is_usual(value));
        let ours = self.is_ours(here);
        let unwanted = exclusive && here.names().len() > 2;
        if is_gone || !(ours || unwanted) {
            return observed.cloned();
        }
        if INDISPENSABLE.contains(&field.name) {
            if ours {
                self.outcome.stuck.push(here.clone());
            }
            return observed.cloned();
        }
        self.differs(field, here, None, observed);
        None
    }

    fn secret(&mut self, field: &Field, desired: Option<&Value>, observed: Option<&Value>, here: &Path) -> Option<Value> {
        if desired.is_some() {
            self.names(here);
            if !self.question.sent.contains(here.as_str()) {
                self.may_differ(field, here, desired, observed);
            }
            return desired.cloned();
        }
        // Set by us, and its entry is still there, whether the cloud shows it or not.
        if self.is_ours(here) {
            self.differs(field, here, None, observed);
            return None;
        }
        // What the cloud shows serves only to be handed back with a list that has to be sent.
        let usable = observed.filter(|value| !value.is_empty() && !value.is_masked());
        if usable.is_none() {
            self.outcome.lost.push(here.clone());
        }
        usable.cloned()
    }

    fn entries(&mut self, entries: &'static Entries, desired: &[Item], observed: &[Item], here: &Path, exclusive: bool) -> Vec<Item> {
        let wanted: BTreeMap<String, &Item> = desired.iter().map(|item| (key_of(item, entries), item)).collect();
        let mut merged = Vec::new();
        for item in observed {
            let key = key_of(item, entries);
            let path = here.entry(&key);
            let kept = match wanted.get(&key) {
                Some(desired) => Some(self.entry(entries, Some(desired), item, &path, exclusive)),
                None => self.unnamed(entries, item, &path, exclusive),
            };
            merged.extend(kept.map(|kept| (key, kept)));
        }
        let is_there: Vec<String> = merged.iter().map(|(key, _)| key.clone()).collect();
        for item in desired.iter().filter(|item| !is_there.contains(&key_of(item, entries))) {
            let key = key_of(item, entries);
            let path = here.entry(&key);
            if self.is_ours(&path) {
                drop_copies(entries, &mut merged, item, &wanted);
            }
            merged.push((key, self.added(entries, item, &path)));
        }
        if entries.order == Order::Matters {
            let order: Vec<String> = desired.iter().map(|item| key_of(item, entries)).collect();
            self.put_in_order(&mut merged, &order, &is_there, here);
        }
        merged.into_iter().map(|(_, item)| item).collect()
    }

    /// Those that spec names keep spec's order among themselves, in the places that they have among the others.
    fn put_in_order(&mut self, merged: &mut [(String, Item)], wanted: &[String], is_there: &[String], here: &Path) {
        let rank = |key: &String| wanted.iter().position(|wanted| wanted == key);
        let in_the_cloud: Vec<&String> = is_there.iter().filter(|key| rank(key).is_some()).collect();
        let mut in_spec = in_the_cloud.clone();
        in_spec.sort_by_key(|key| rank(key));
        if in_spec != in_the_cloud {
            let list = |keys: &[&String]| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
            let change =
                Change { path: here.clone(), desired: list(&in_spec), observed: list(&in_the_cloud), unavailable: false, unseen: false };
            self.outcome.changes.push(change);
        }
        let places: Vec<usize> = (0..merged.len()).filter(|place| rank(&merged[*place].0).is_some()).collect();
        let mut ordered: Vec<_> = places.iter().map(|place| merged[*place].clone()).collect();
        ordered.sort_by_key(|(key, _)| rank(key));
        for (place, entry) in places.into_iter().zip(ordered) {
            merged[place] = entry;
        }
    }

    fn entry(&mut self, entries: &'static Entries, desired: Option<&Item>, observed: &Item, path: &Path, exclusive: bool) -> Item {
        if desired.is_some() {
            self.outcome.named.insert(path.names());
        }
        let mut merged = Item::default();
        for field in entries.fields {
            let (wanted, seen) = (desired.and_then(|item| item.get(field.name)), observed.get(field.name));
            // A key is what the entry is found by, not a field of it that could differ.
            let value =
                if entries.key.contains(&field.name) { wanted.or(seen).cloned() } else { self.field(field, wanted, seen, path, exclusive) };
            if let Some(value) = value {
                merged.set(field, value);
            }
        }
        if !exclusive {
            self.outcome.lost.extend(observed.unknown().map(|name| path.field(name)));
        }
        merged
    }

    /// An entry that spec does not name: it stays, unless it is ours, or nothing of it is anybody else's.
    fn unnamed(&mut self, entries: &'static Entries, item: &Item, path: &Path, exclusive: bool) -> Option<Item> {
        if exclusive || self.is_ours(path) {
            return self.gone(entries, item, path);
        }
        let before = (self.outcome.changes.len(), self.outcome.stuck.len(), self.outcome.lost.len());
        let rest = self.entry(entries, None, item, path, false);
        let touched = self.outcome.changes.len() > before.0 || self.outcome.stuck.len() > before.1;
        let foreign = entries.fields.iter().any(|field| {
            let stuck = self.outcome.stuck[before.1..].contains(&path.field(field.name));
            let value = rest.get(field.name).filter(|value| !value.is_empty() && !field.is_usual(value));
            value.is_some() && !stuck && !entries.key.contains(&field.name)
        });
        let is_known = item.unknown().next().is_none();
        if touched && !foreign && is_known {
            self.outcome.changes.truncate(before.0);
            self.outcome.stuck.truncate(before.1);
            self.outcome.lost.truncate(before.2);
            return self.gone(entries, item, path);
        }
        Some(rest)
    }

    /// An entry that is to go. A volume stays as it is as long as a container of somebody else's mounts it.
    fn gone(&mut self, entries: &'static Entries, item: &Item, path: &Path) -> Option<Item> {
        let holder = match path.names() {
            [list, name] if list == "volumes" => self.mounts.get(name).cloned(),
            _ => None,
        };
        let Some(holder) = holder else {
            self.outcome.changes.push(change(path, ABSENT, PRESENT));
            return None;
        };
        self.outcome.stuck.push(path.clone());
        self.outcome.mounted.push((path.clone(), holder));
        self.hands_off = true;
        let kept = self.entry(entries, None, item, path, false);
        self.hands_off = false;
        Some(kept)
    }

    fn is_ours(&self, path: &Path) -> bool {
        !self.hands_off && self.question.owned.contains(path.names())
    }

    /// A new entry is one difference, whatever it holds.
    fn added(&mut self, entries: &'static Entries, desired: &Item, path: &Path) -> Item {
        let before = self.outcome.changes.len();
        let merged = self.entry(entries, Some(desired), &Item::default(), path, false);
        self.outcome.changes.truncate(before);
        self.outcome.changes.push(change(path, PRESENT, ABSENT));
        self.outcome.sets.insert(path.names());
        merged
    }

    fn names(&mut self, field: &Path) {
        self.outcome.named.insert(field.names());
        self.outcome.sets.insert(field.names());
    }

    fn differs(&mut self, field: &Field, path: &Path, desired: Option<&Value>, observed: Option<&Value>) {
        let secret = field.hidden || self.question.secret.contains(path.as_str());
        let is_secret = |value: Option<&Value>| matches!(value, Some(Value::Secret(_)));
        let hidden = secret || is_secret(desired) || is_secret(observed);
        let show = |value: Option<&Value>| match value {
            Some(_) if hidden => "(hidden)".to_owned(),
            Some(value) => value.shown(),
            None => ABSENT.to_owned(),
        };
        let change =
            Change { path: path.clone(), desired: show(desired), observed: show(observed), unavailable: field.unavailable, unseen: false };
        self.outcome.changes.push(change);
    }

    /// A difference that cannot be seen, nor that there is none.
    fn may_differ(&mut self, field: &Field, path: &Path, desired: Option<&Value>, observed: Option<&Value>) {
        self.differs(field, path, desired, observed);
        if let Some(change) = self.outcome.changes.last_mut() {
            change.unseen = true;
        }
    }
}

/// Whether both mean the same; of a type of volume in any case, since it is all letters.
fn is_same(field: &Field, here: &Path, desired: Option<&Value>, observed: Option<&Value>) -> bool {
    match (desired, observed) {
        (Some(Value::Text(one)), Some(Value::Text(other))) if here.top() == "volumes" && field.name == "type" => {
            one.eq_ignore_ascii_case(other)
        }
        _ => field.is_same(desired, observed),
    }
}

/// What tells an entry from the others of its list, whichever way the cloud writes it: a path with or without a slash at its end, a protocol in
/// capitals or not.
pub(super) fn key_of(item: &Item, entries: &Entries) -> String {
    let key = item.key(entries);
    match entries.key {
        ["mountPath"] if key.starts_with('/') => match key.trim_end_matches('/') {
            "" => "/".to_owned(),
            path => path.to_owned(),
        },
        [_, "protocol"] => key.to_ascii_uppercase(),
        _ => key,
    }
}

/// An entry that was sent and is not there may be there under another key, as the cloud chose to write it. Nobody can tell it from one of somebody
/// else's, so it stays; but each further try must not leave another one.
fn drop_copies(entries: &Entries, merged: &mut Vec<(String, Item)>, sent: &Item, wanted: &BTreeMap<String, &Item>) {
    let mut kept: Vec<(String, Item)> = Vec::new();
    for (key, item) in merged.drain(..) {
        let is_equal = |kept: &Item| says(entries.fields, kept, &item) && says(entries.fields, &item, kept);
        let is_first = kept.iter().all(|(other, kept)| *other != key || !is_equal(kept));
        // A password that was sent need not be what the cloud shows in its place.
        let fields = || entries.fields.iter().filter(|field| !entries.key.contains(&field.name) && !matches!(field.shape, Shape::Secret));
        if is_first || wanted.contains_key(&key) || !says(fields(), &item, sent) {
            kept.push((key, item));
        }
    }
    *merged = kept;
}

/// Whether an entry says whatever the other one says in these fields. It may say more: the cloud fills in what nobody had set.
fn says<'f>(fields: impl IntoIterator<Item = &'f Field>, one: &Item, other: &Item) -> bool {
    fields.into_iter().filter_map(|field| Some((field, other.get(field.name)?))).all(|(field, value)| match field.shape {
        Shape::Entries(entries) => {
            let (one, other) = (one.entries(field.name), other.entries(field.name));
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| says(entries.fields, one, other))
        }
        Shape::Text | Shape::Json | Shape::Whole | Shape::Number | Shape::Price | Shape::Flag | Shape::Secret | Shape::Texts => {
            field.is_same(one.get(field.name), Some(value))
        }
    })
}

/// A number that says as much as none where nobody has set it.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Whole(number) => *number == 0,
        Value::Number(number) => *number == 0.0,
        Value::Text(_) | Value::Flag(_) | Value::Secret(_) | Value::Texts(_) | Value::Items(_) => false,
    }
}

fn change(path: &Path, desired: &str, observed: &str) -> Change {
    Change { path: path.clone(), desired: desired.to_owned(), observed: observed.to_owned(), unavailable: false, unseen: false }
}

fn items(value: Option<&Value>) -> &[Item] {
    match value {
        Some(Value::Items(items)) => items,
        _ => &[],
    }
}
