//! A set of paths as a tree without values: `{containers: {nginx: {image: {}}}}`. What begins alike is written once.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A set of paths, each a list of names. A node without others below it is a member; one with others is a member if it is marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Paths(BTreeMap<String, Paths>);

/// Marks a member that has others below it.
const ITSELF: &str = ".";

/// A name that begins with a dot gets one more, so that none is taken for the mark.
fn written(name: &str) -> Cow<'_, str> {
    if name.starts_with('.') { Cow::Owned(format!(".{name}")) } else { Cow::Borrowed(name) }
}

fn read(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

impl Paths {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn insert<S: AsRef<str>>(&mut self, path: &[S]) {
        let mut node = self;
        for (depth, name) in path.iter().enumerate() {
            let was_member = depth > 0 && node.0.is_empty();
            if was_member {
                node.0.insert(ITSELF.to_owned(), Self::default());
            }
            let name = written(name.as_ref());
            let is_new = !node.0.contains_key(name.as_ref());
            node = node.0.entry(name.into_owned()).or_default();
            if is_new && depth + 1 < path.len() {
                // Only on the way to a member: not one itself.
                return node.insert_below(&path[depth + 1..]);
            }
        }
        if !node.0.is_empty() {
            node.0.insert(ITSELF.to_owned(), Self::default());
        }
    }

    fn insert_below<S: AsRef<str>>(&mut self, path: &[S]) {
        path.iter().fold(self, |node, name| node.0.entry(written(name.as_ref()).into_owned()).or_default());
    }

    pub fn contains<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.node(path).is_some_and(|node| node.0.is_empty() || node.0.contains_key(ITSELF))
    }

    /// Whether this path or one below it is a member.
    pub fn reaches<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.node(path).is_some()
    }

    fn node<S: AsRef<str>>(&self, path: &[S]) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.0.get(written(name.as_ref()).as_ref()))
    }

    /// Every member, in order.
    pub fn members(&self) -> Vec<Vec<String>> {
        let mut members = Vec::new();
        self.collect(&mut Vec::new(), &mut members);
        members
    }

    fn collect(&self, path: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
        if !path.is_empty() && (self.0.is_empty() || self.0.contains_key(ITSELF)) {
            into.push(path.clone());
        }
        for (name, node) in self.0.iter().filter(|(name, _)| *name != ITSELF) {
            path.push(read(name).to_owned());
            node.collect(path, into);
            path.pop();
        }
    }

    /// The members that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&[String]) -> bool) -> Self {
        self.members().into_iter().filter(|path| keep(path)).collect()
    }

    /// The members of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.add(other);
        both
    }

    /// Takes the members of another set too.
    pub fn add(&mut self, other: &Self) {
        for path in other.members() {
            self.insert(&path);
        }
    }
}

impl<S: AsRef<str>> FromIterator<Vec<S>> for Paths {
    fn from_iter<I: IntoIterator<Item = Vec<S>>>(paths: I) -> Self {
        let mut set = Self::default();
        for path in paths {
            set.insert(&path);
        }
        set
    }
}

impl JsonSchema for Paths {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Paths".into()
    }

    // A tree of any depth cannot be said in a structural schema.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_set_is_written_as_a_tree() {
        let set: Paths = [vec!["containers", "nginx", "image"], vec!["containers", "nginx"], vec!["cpu"]].into_iter().collect();
        let json = serde_json::to_value(&set).unwrap();
        assert_eq!(json, serde_json::json!({"containers": {"nginx": {".": {}, "image": {}}}, "cpu": {}}));
        assert!(set.contains(&["containers", "nginx"]) && !set.contains(&["containers"]) && set.reaches(&["containers"]));
        assert!(!set.reaches(&["memory"]));
    }

    proptest! {
        #[test]
        fn it_is_a_set_whatever_is_put_in_and_survives_being_written(
            paths in prop::collection::vec(prop::collection::vec("[.a-c]{1,2}", 1..4), 0..12)
        ) {
            let set: Paths = paths.iter().cloned().collect();
            let expected: BTreeSet<_> = paths.into_iter().collect();
            let read: Paths = serde_json::from_value(serde_json::to_value(&set).unwrap()).unwrap();
            prop_assert_eq!(read.members().into_iter().collect::<BTreeSet<_>>(), expected.clone());
            for path in &expected {
                prop_assert!(set.contains(path));
            }
            prop_assert_eq!(set.filtered(|path| path.len() > 1).members().len(), expected.iter().filter(|path| path.len() > 1).count());
            let (even, odd): (Vec<_>, Vec<_>) = expected.into_iter().partition(|path| path.len() % 2 == 0);
            prop_assert_eq!(even.into_iter().collect::<Paths>().and(&odd.into_iter().collect()), set.clone());
            prop_assert_eq!(set.and(&set), set);
        }
    }
}
