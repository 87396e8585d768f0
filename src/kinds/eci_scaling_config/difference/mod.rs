//! What spec says, over what the cloud has: which paths differ, and what a call would have to say. Pure; it knows nothing of objects.
//!
//! Absent means not ours; what we set, we own. So three trees meet: what is desired, what is observed, and the paths that a call of ours has
//! set before (`owned`). What left spec and was ours goes; what spec does not name and we never set stays, although the cloud replaces
//! lists as a whole: a call carries the merged full list.

mod merge;
mod mount;
mod path;

pub use path::Path;

use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Value};
use merge::Merge;
use std::collections::BTreeSet;

/// What is compared.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Sparse, with the values of references.
    pub desired: &'a Item,
    pub observed: &'a Item,
    /// What a verified call of ours has set.
    pub owned: &'a Paths,
    /// Containers and their fields that spec does not name are to go.
    pub exclusive: bool,
    /// What no parameter can clear may be cleared by sending everything else.
    pub allow_override: bool,
    /// Write-only values of which it is known, by path, that they were sent.
    pub sent: &'a BTreeSet<String>,
    /// Paths, now or before, of values from Secrets: never shown.
    pub secret: &'a BTreeSet<String>,
}

/// How spec and cloud differ.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    pub changes: Vec<Change>,
    /// Spec over what is there, without what is to go.
    pub merged: Item,
    /// The fields of the configuration that a call has to send; empty if there is nothing that a call could say.
    pub call: Item,
    /// The call is complete, and clears what it does not say.
    pub overrides: bool,
    /// What should go and cannot be said to the cloud, or must not be.
    pub cannot_clear: Vec<Path>,
    /// Of these, volumes that a container mounts which spec does not tell to, and the container.
    pub mounted: Vec<(Path, Path)>,
    /// What would be lost if its list were sent.
    pub cannot_merge: Vec<Path>,
    /// What spec names although the vendor calls it unavailable.
    pub unavailable: Vec<Path>,
    /// Every path that spec names.
    pub named: Paths,
    /// What the call sets, and what is ours once it has proved true.
    pub sets: Paths,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: Path,
    pub desired: String,
    pub observed: String,
    /// The vendor's document calls the field unavailable: nobody should wait for it.
    pub unavailable: bool,
    /// The cloud shows nothing to tell by: it may well be so, but steward never sent it.
    pub unseen: bool,
}

/// What stands in a change where nothing is.
pub const ABSENT: &str = "(absent)";
pub const PRESENT: &str = "(present)";

/// Those that the document calls required go with every call.
const REQUIRED: [&str; 4] = ["scalingConfigurationName", "description", "securityGroupId", "containerGroupName"];

/// Fields of which one says little without the others.
const COMPANIONS: [&[&str]; 5] = [
    &["spotStrategy", "spotPriceLimit"],
    &["cpuOptionsCore", "cpuOptionsThreadsPerCore"],
    &["dnsPolicy", "dnsConfigNameServers", "dnsConfigSearchs", "dnsConfigOptions"],
    &["autoCreateEip", "eipBandwidth"],
    &["costOptimization", "instanceFamilyLevel"],
];

/// Fields of an answer that no call sets: the cloud's own.
const OF_THE_CLOUD: [&str; 5] = ["CreationTime", "LifecycleState", "RegionId", "ScalingGroupId", "ScalingConfigurationId"];

/// Compares.
pub fn difference(question: &Question<'_>) -> Difference {
    let mut merge = Merge::new(question);
    let mut found = Difference::default();
    let mut in_the_way = Vec::new();
    let mut all_sets = Paths::default();
    for field in CONFIGURATION {
        if field.name == "volumes" {
            merge.mounts = mount::kept(question, &found);
        }
        let outcome = merge.top(field);
        let here = Path::default().field(field.name);
        let is_empty = outcome.value.as_ref().is_none_or(|value| matches!(value, Value::Texts(_) | Value::Items(_)) && value.is_empty());
        in_the_way.extend(outcome.lost.iter().cloned());
        if !outcome.changes.is_empty() {
            match &outcome.value {
                _ if is_empty => found.cannot_clear.push(here),
                Some(value) if outcome.lost.is_empty() => {
                    found.call.set(field, value.clone());
                    found.sets.add(&outcome.sets);
                }
                _ => found.cannot_merge.extend(outcome.lost),
            }
        }
        if let Some(value) = outcome.value.filter(|_| !is_empty) {
            found.merged.set(field, value);
        }
        found.named.add(&outcome.named);
        all_sets.add(&outcome.sets);
        found.cannot_clear.extend(outcome.stuck);
        found.mounted.extend(outcome.mounted);
        found.unavailable.extend(outcome.unavailable);
        found.changes.extend(outcome.changes);
    }
    in_the_way.extend(question.observed.unknown().filter(|name| !OF_THE_CLOUD.contains(name)).map(|name| Path::default().field(name)));
    found.override_if_allowed(question, &in_the_way, all_sets);
    if !found.call.is_empty() {
        found.complete(&in_the_way);
    }
    found
}

impl Difference {
    /// Nothing differs, as far as anybody should wait for it.
    pub fn is_settled(&self) -> bool {
        self.changes.iter().all(|change| change.unavailable) && self.stuck().next().is_none()
    }

    /// What should go, cannot be said to the cloud, and has to be told: a field that the vendor calls unavailable is nobody's trouble.
    pub fn stuck(&self) -> impl Iterator<Item = &Path> {
        let is_unavailable = |path: &Path| self.changes.iter().any(|change| change.unavailable && change.path == *path);
        self.cannot_clear.iter().filter(move |path| !is_unavailable(path))
    }

    /// Whether the cloud does not have this entry yet.
    pub fn adds(&self, entry: &Path) -> bool {
        self.changes.iter().any(|change| change.path == *entry && change.observed == ABSENT)
    }

    /// The differences that the call does away with.
    pub fn sayable(&self) -> impl Iterator<Item = &Change> {
        let sendable = |change: &Change| self.call.get(change.path.top()).is_some() && !self.cannot_clear.contains(&change.path);
        self.changes.iter().filter(move |change| self.overrides || sendable(change))
    }

    /// What is ours now, after this was seen: what was ours or has just been sent, as far as it is so, and what should go but has not yet.
    pub fn owned(&self, owned: &Paths, sent: &Paths) -> Paths {
        let differs: Paths = self.changes.iter().map(|change| change.path.names().to_vec()).collect();
        let unseen: Paths = self.changes.iter().filter(|change| change.unavailable).map(|change| change.path.names().to_vec()).collect();
        let stuck: Paths = self.cannot_clear.iter().map(|path| path.names().to_vec()).collect();
        owned.and(sent).filtered(|path| {
            let is_so = (1..=path.len()).all(|length| !differs.contains(&path[..length]));
            if self.named.contains(path) {
                is_so || unseen.contains(path) || owned.contains(path)
            } else {
                !is_so || (1..=path.len()).any(|length| stuck.contains(&path[..length]))
            }
        })
    }

    /// Whether sending everything but this would clear it.
    pub fn can_be_overridden(&self, path: &Path) -> bool {
        path.names().len() == 1 && self.merged.get(path.top()).is_none()
    }

    fn override_if_allowed(&mut self, question: &Question<'_>, in_the_way: &[Path], all_sets: Paths) {
        if !question.allow_override || !self.cannot_clear.iter().any(|path| self.can_be_overridden(path)) {
            return;
        }
        if !in_the_way.is_empty() {
            self.cannot_merge = in_the_way.to_vec();
            return;
        }
        let rest = self.cannot_clear.iter().filter(|path| !self.can_be_overridden(path)).cloned().collect();
        self.cannot_clear = rest;
        self.overrides = true;
        self.call = self.merged.clone();
        self.sets = all_sets;
    }

    /// Adds what goes with every call, and what goes with what is in this one.
    fn complete(&mut self, in_the_way: &[Path]) {
        let together = COMPANIONS.iter().filter(|together| together.iter().any(|name| self.call.get(name).is_some()));
        let names: BTreeSet<&str> = REQUIRED.iter().chain(together.copied().flatten()).copied().collect();
        for field in CONFIGURATION.iter().filter(|field| names.contains(field.name)) {
            // A list that cannot be sent stays at home; the others are not sent for their own sake.
            let sendable = in_the_way.iter().all(|path| path.top() != field.name);
            if let Some(value) = self.merged.get(field.name).filter(|_| sendable && self.call.get(field.name).is_none()) {
                self.call.set(field, value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
