//! The ledger as a value: who is in which group by whose doing. Reads from status and goes back there; decides nothing.

use crate::api::security_group_membership::{LedgerEntry, LedgerPage, LedgerState};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// More entries than this don't fit into status beside the rest; who is not in the ledger yet does not join until somebody has left.
pub(super) const CAPACITY: usize = 2000;
/// Groups that one object may have members in at the same time: the wanted one, and those that are being left.
pub(super) const PAGES: usize = 16;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ledger(BTreeMap<(String, String), Entry>);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) state: LedgerState,
    pub(super) since: Option<Timestamp>,
    pub(super) unmatched_since: Option<Timestamp>,
}

impl Entry {
    pub(super) fn adding(now: Timestamp) -> Self {
        Self { state: LedgerState::Adding, since: Some(now), unmatched_since: None }
    }

    pub(super) fn settled(state: LedgerState) -> Self {
        Self { state, since: None, unmatched_since: None }
    }
}

impl Ledger {
    pub(super) fn read(pages: &[LedgerPage]) -> Self {
        let entries = pages.iter().flat_map(|page| {
            page.entries.iter().map(|entry| {
                let value = Entry {
                    state: entry.state.clone(),
                    since: entry.since.map(crate::api::envelope::Time::get),
                    unmatched_since: entry.unmatched_since.map(crate::api::envelope::Time::get),
                };
                ((page.security_group_id.clone(), entry.target.clone()), value)
            })
        });
        Self(entries.collect())
    }

    pub(super) fn write(&self) -> Vec<LedgerPage> {
        let mut pages: Vec<LedgerPage> = Vec::new();
        for ((group, target), entry) in &self.0 {
            let entry = LedgerEntry {
                target: target.clone(),
                state: entry.state.clone(),
                since: entry.since.map(Into::into),
                unmatched_since: entry.unmatched_since.map(Into::into),
            };
            match pages.last_mut().filter(|page| page.security_group_id == *group) {
                Some(page) => page.entries.push(entry),
                None => pages.push(LedgerPage { security_group_id: group.clone(), entries: vec![entry] }),
            }
        }
        pages
    }

    pub(super) fn get(&self, group: &str, target: &str) -> Option<&Entry> {
        self.0.get(&(group.to_owned(), target.to_owned()))
    }

    pub(super) fn set(&mut self, group: &str, target: &str, entry: Entry) {
        self.0.insert((group.to_owned(), target.to_owned()), entry);
    }

    pub(super) fn remove(&mut self, group: &str, target: &str) {
        self.0.remove(&(group.to_owned(), target.to_owned()));
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        self.0.iter().map(|((group, target), entry)| (group.as_str(), target.as_str(), entry))
    }

    /// How many targets there are, each counted once in however many groups it is.
    pub(super) fn targets(&self) -> usize {
        self.0.keys().map(|(_, target)| target).collect::<BTreeSet<_>>().len()
    }

    /// The attempt to join was seen to have succeeded.
    pub(super) fn arrived(&mut self, group: &str, target: &str) {
        if let Some(entry) = self.0.get_mut(&(group.to_owned(), target.to_owned())) {
            entry.state = LedgerState::Added;
            entry.since = None;
        }
    }

    /// The target is asked for again: listings that lacked it don't count any more.
    pub(super) fn matched(&mut self, group: &str, target: &str) {
        if let Some(entry) = self.0.get_mut(&(group.to_owned(), target.to_owned())) {
            entry.unmatched_since = None;
        }
    }

    /// Whether steward has, or may have, had anybody join.
    pub(super) fn holds_ours(&self) -> bool {
        self.0.values().any(|entry| matches!(entry.state, LedgerState::Adding | LedgerState::Added))
    }

    pub(super) fn has_room_for(&self, group: &str, target: &str) -> bool {
        let groups: BTreeSet<_> = self.0.keys().map(|(of, _)| of.as_str()).chain([group]).collect();
        self.get(group, target).is_some() || (self.0.len() < CAPACITY && groups.len() <= PAGES)
    }
}
