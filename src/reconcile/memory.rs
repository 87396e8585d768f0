//! What the process remembers of one object between passes, keyed by uid: failures and when to try again, since when an entry has been seen.
//! All of it may be lost at any time; what must not be lost is in status.

use super::backoff;
use super::verdict::{Phase, Verdict};
use crate::ambient::Dice;
use crate::api::GROUP;
use crate::api::envelope::FLUX_REQUESTED_AT;
use crate::cloud::error::{Class, CloudError, Operation};
use crate::cloud::session::Session;
use crate::reason::Reason;
use jiff::{SignedDuration, Timestamp};
use kube::Resource;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::Instant;

/// A failed step or read, and when it may be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub class: Class,
    pub reason: Reason,
    pub operation: Operation,
    pub code: Option<String>,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    pub meaning: &'static str,
    pub hint: Cow<'static, str>,
    /// How often in a row.
    pub count: u32,
    pub since: Timestamp,
    pub last: Timestamp,
    pub retry_at: Timestamp,
}

impl Failure {
    /// The failure that follows upon `earlier` of the same part.
    pub fn after(earlier: Option<&Failure>, error: &CloudError, now: Timestamp, dice: &Dice) -> Self {
        let earlier = earlier.filter(|earlier| earlier.class == error.class);
        let count = earlier.map_or(1, |earlier| earlier.count.saturating_add(1));
        let since = earlier.map_or(now, |earlier| earlier.since);
        let wait = backoff::wait(error, count, since, now, dice);
        Self {
            class: error.class,
            reason: error.reason,
            operation: error.operation,
            code: error.code.clone(),
            http_status: error.http_status,
            request_id: error.request_id.clone(),
            meaning: error.meaning,
            hint: error.hint.clone(),
            count,
            since,
            last: now,
            retry_at: now.saturating_add(wait).unwrap_or(now),
        }
    }

    /// What is said of an object whose step failed so, until its next try.
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        let code = self.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
        let phase = if self.passes_by_itself(now) { Phase::Working } else { Phase::Stuck };
        Verdict { phase, reason: self.reason, message: format!("{}. {}{code}", self.meaning, self.hint), drifted: None }
    }

    /// Whether waiting is likely to cure it, so that nobody need be called yet.
    pub fn passes_by_itself(&self, now: Timestamp) -> bool {
        match self.class {
            Class::Throttled | Class::Unavailable => true,
            Class::Busy => now.duration_since(self.since) < backoff::BUSY_FOR,
            Class::NotFound
            | Class::Unauthenticated
            | Class::Denied
            | Class::Quota
            | Class::Precondition
            | Class::Invalid
            | Class::Retired
            | Class::Unexpected => false,
        }
    }
}

/// What is remembered of one object.
#[derive(Debug, Default)]
pub struct Remembered {
    pub failures: BTreeMap<String, Failure>,
    /// The latest failure to read the cloud at all.
    pub blind: Option<Failure>,
    /// With the try that was seen. By the clock that only goes forward: whoever sets the other one does not shorten a wait.
    pub seen_since: BTreeMap<String, (String, Instant)>,
    /// When a step of each part was last carried out, for as long as reads may lag and the sync interval lasts.
    pub done: BTreeMap<String, Timestamp>,
    /// When the cloud was last read.
    pub looked_at: Option<Timestamp>,
    /// Since when there has been no session to be had.
    pub without_session_since: Option<Timestamp>,
    /// The generation and the request that failures belong to: another one starts afresh.
    pub asked: Option<(i64, Option<String>)>,
    /// With which keys the failures came about: new ones start afresh.
    pub session: Option<Session>,
    /// Versions of the object that this process has replaced: the watch may still bring them.
    pub superseded: HashSet<String>,
    /// Reasons that were last reported, so that an event is sent once per change.
    pub reported: Option<(Reason, String)>,
    /// Who changed spec last.
    pub manager: Option<String>,
}

impl Remembered {
    /// Stamps entries that are seen for the first time, and forgets those that are gone.
    pub fn watch_entries(&mut self, entries: &BTreeMap<String, String>, now: Timestamp) -> BTreeMap<String, Timestamp> {
        self.seen_since.retain(|entry, (known, _)| entries.get(entry).is_some_and(|attempt| attempt == known));
        for (entry, attempt) in entries {
            self.seen_since.entry(entry.clone()).or_insert_with(|| (attempt.clone(), Instant::now()));
        }
        let ago = |since: &Instant| SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
        self.seen_since.iter().map(|(entry, (_, since))| (entry.clone(), now.saturating_sub(ago(since)).unwrap_or(now))).collect()
    }

    /// A call for this entry may be on its way until now: its watch starts anew.
    pub fn touched(&mut self, part: &str) {
        if let Some((_, since)) = self.seen_since.get_mut(part) {
            *since = Instant::now();
        }
    }

    pub fn forget_failures(&mut self) {
        self.failures.clear();
        self.blind = None;
    }

    /// The failure that a person should hear of first: one that does not pass by itself, else the longest.
    pub fn worst(&self, now: Timestamp) -> Option<&Failure> {
        self.failures.values().chain(self.blind.as_ref()).min_by_key(|failure| (failure.passes_by_itself(now), failure.since))
    }
}

/// A slot of the memory and the signal that its object has changed.
#[derive(Debug)]
pub struct Slot {
    remembered: Mutex<Remembered>,
    changed: watch::Sender<Fingerprint>,
}

/// What makes a running pass pointless when it changes: spec, deletion, what the annotations tell steward; never status. Annotations of others may
/// change more often than a pass takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    pub generation: i64,
    pub deleting: bool,
    pub annotations: BTreeMap<String, String>,
}

impl Fingerprint {
    pub fn of(object: &impl Resource) -> Self {
        let meta = object.meta();
        Self {
            generation: meta.generation.unwrap_or_default(),
            deleting: meta.deletion_timestamp.is_some(),
            annotations: meta
                .annotations
                .iter()
                .flatten()
                .filter(|(key, _)| is_told_to_us(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }
}

fn is_told_to_us(annotation: &str) -> bool {
    annotation == FLUX_REQUESTED_AT || annotation.split_once('/').is_some_and(|(domain, _)| domain.ends_with(GROUP))
}

impl Default for Slot {
    fn default() -> Self {
        Self { remembered: Mutex::default(), changed: watch::Sender::new(Fingerprint::default()) }
    }
}

impl Slot {
    pub fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the watch has brought this fingerprint last, as far as there is a watch.
    pub fn agrees_with(&self, fingerprint: &Fingerprint) -> bool {
        let seen = self.changed.borrow();
        *seen == *fingerprint || *seen == Fingerprint::default()
    }

    /// Whether the watch has brought another fingerprint than `mine` already.
    pub fn is_other_than(&self, mine: &Fingerprint) -> bool {
        let seen = self.changed.borrow();
        *seen != *mine && *seen != Fingerprint::default()
    }

    /// Resolves once the watch has brought another fingerprint than `mine`.
    pub async fn differs_from(&self, mine: &Fingerprint) {
        let mut changes = self.changed.subscribe();
        // The sender lives as long as the slot, so waiting ends only with a change.
        let _ = changes.wait_for(|seen| seen != mine && *seen != Fingerprint::default()).await;
    }
}

/// The memory of one kind's controller.
#[derive(Debug, Default)]
pub struct Memory {
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

impl Memory {
    pub fn slot(&self, uid: &str) -> Arc<Slot> {
        Arc::clone(self.lock().entry(uid.to_owned()).or_default())
    }

    /// What the watch brought.
    pub fn saw(&self, uid: &str, fingerprint: Fingerprint) {
        self.slot(uid).changed.send_replace(fingerprint);
    }

    pub fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    /// How long ago the object that has waited longest was looked at.
    pub fn oldest_look(&self, now: Timestamp) -> Option<SignedDuration> {
        let slots: Vec<_> = self.lock().values().cloned().collect();
        let oldest = slots.iter().filter_map(|slot| slot.lock().looked_at).min()?;
        Some(now.duration_since(oldest))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds without ever overflowing; a wait that long is as good as none.
pub fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Effect, Explanation};
    use std::time::Duration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn error(class: Class) -> CloudError {
        let operation = Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable };
        CloudError::explained(operation, &Explanation::of(class, "it is", "mend it"))
    }

    fn failure(class: Class, earlier: Option<&Failure>, second: i64) -> Failure {
        Failure::after(earlier, &error(class), at(second), &Dice::new(|| [0; 16]))
    }

    #[test]
    fn failures_of_one_class_are_counted_in_a_row_and_another_class_begins_anew() {
        let first = failure(Class::Quota, None, 0);
        let second = failure(Class::Quota, Some(&first), 3600);
        assert_eq!((first.count, second.count, second.since, second.last, second.retry_at), (1, 2, at(0), at(3600), at(7200)));
        let other = failure(Class::Denied, Some(&second), 7200);
        assert_eq!((other.count, other.since, other.retry_at), (1, at(7200), at(7800)));
    }

    #[test]
    fn busy_passes_by_itself_for_half_an_hour_and_trouble_with_the_way_there_always() {
        for (class, now, passes) in [
            (Class::Busy, 1799, true),
            (Class::Busy, 1800, false),
            (Class::Throttled, 86_400, true),
            (Class::Unavailable, 86_400, true),
            (Class::NotFound, 0, false),
            (Class::Denied, 0, false),
            (Class::Quota, 0, false),
            (Class::Unexpected, 0, false),
        ] {
            assert_eq!(failure(class, None, 0).passes_by_itself(at(now)), passes, "{class} at {now}");
        }
    }

    #[test]
    fn the_worst_is_what_a_person_must_mend_and_then_what_has_lasted_longest() {
        let mut remembered = Remembered::default();
        assert_eq!(remembered.worst(at(0)), None);
        remembered.failures.insert("a".to_owned(), failure(Class::Unavailable, None, 0));
        remembered.failures.insert("b".to_owned(), failure(Class::Throttled, None, 5));
        assert_eq!(remembered.worst(at(10)).map(|worst| worst.class), Some(Class::Unavailable));
        remembered.blind = Some(failure(Class::Denied, None, 8));
        assert_eq!(remembered.worst(at(10)).map(|worst| worst.class), Some(Class::Denied));
        remembered.forget_failures();
        assert_eq!(remembered.worst(at(10)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_is_watched_from_its_first_sight_or_from_the_latest_call_for_it() {
        let mut remembered = Remembered::default();
        let entries = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "one".to_owned())).collect::<BTreeMap<_, _>>();
        let since =
            |seconds: &[(&str, i64)]| seconds.iter().map(|(name, second)| ((*name).to_owned(), at(*second))).collect::<BTreeMap<_, _>>();
        assert_eq!(remembered.watch_entries(&entries(&["a", "b"]), at(0)), since(&[("a", 0), ("b", 0)]));
        tokio::time::advance(Duration::from_secs(7)).await;
        remembered.touched("b");
        remembered.touched("nobody");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(remembered.watch_entries(&entries(&["a", "b"]), at(9)), since(&[("a", 0), ("b", 7)]));
        assert_eq!(
            remembered.watch_entries(&entries(&["b"]), at(500)),
            since(&[("b", 498)]),
            "a clock that was set says nothing of how long it was"
        );
        assert_eq!(remembered.watch_entries(&entries(&["a"]), at(11)), since(&[("a", 11)]), "who was gone is new");
        tokio::time::advance(Duration::from_secs(5)).await;
        let tried_by_another = BTreeMap::from([("a".to_owned(), "two".to_owned())]);
        assert_eq!(remembered.watch_entries(&tried_by_another, at(16)), since(&[("a", 16)]));
    }

    #[test]
    fn the_oldest_look_is_that_of_an_object_that_is_still_there() {
        let memory = Memory::default();
        memory.slot("u-1");
        memory.slot("u-2").lock().looked_at = Some(at(40));
        memory.slot("u-3").lock().looked_at = Some(at(90));
        assert_eq!(memory.oldest_look(at(100)), Some(SignedDuration::from_secs(60)));
        memory.forget("u-2");
        assert_eq!(memory.oldest_look(at(100)), Some(SignedDuration::from_secs(10)));
    }

    #[tokio::test]
    async fn a_pass_hears_of_a_change_but_not_of_what_it_knows() {
        let memory = Memory::default();
        let mine = Fingerprint { generation: 1, ..Fingerprint::default() };
        memory.saw("u-1", mine.clone());
        let slot = memory.slot("u-1");
        {
            let waiting = std::pin::pin!(slot.differs_from(&mine));
            assert!(futures::poll!(waiting).is_pending());
        }
        memory.saw("u-1", Fingerprint { deleting: true, ..mine.clone() });
        slot.differs_from(&mine).await;
    }
}
