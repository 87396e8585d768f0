//! What is known of every credential, and so who gets a session and who is told why not. In memory only; the controller fills it.

use crate::cloud::client::Lifetime;
use crate::cloud::error::CloudError;
use crate::cloud::session::{Cloud, Session};
use crate::reason::Reason;
use crate::reconcile::access::{Ask, Refusal, Sessions, Users};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use kube::runtime::reflector::ObjectRef;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::api::CloudCredential;

/// Namespace and name.
pub(super) type Key = (String, String);

/// All credentials of the process.
pub struct Registry {
    entries: Mutex<HashMap<Key, Entry>>,
    /// Whether the first list of credentials is through: before that, one that is not here may still come.
    listed: AtomicBool,
    users: OnceLock<Vec<Arc<dyn Users>>>,
    nudge: UnboundedSender<ObjectRef<CloudCredential>>,
}

#[derive(Clone, Default)]
pub(super) struct Entry {
    pub(super) state: State,
    /// Which keys and settings `state` speaks of.
    pub(super) fingerprint: Option<[u8; 32]>,
    /// The last keys that were good: objects that are being deleted may use them after the Secret is gone.
    pub(super) last_good: Option<Open>,
    /// The refusal of the keys, if that was in the middle of somebody's work, and who was refused.
    pub(super) refused: Option<(CloudError, Cloud)>,
    /// Whether the credential itself is being deleted, and waits for its users.
    pub(super) going: bool,
    /// Whether the credential is protected by its finalizer.
    pub(super) held: bool,
}

#[derive(Clone, Default)]
pub(super) enum State {
    /// Nobody has looked yet.
    #[default]
    New,
    Open(Open),
    Closed {
        reason: Reason,
        message: String,
    },
    Unavailable {
        message: String,
    },
}

#[derive(Clone)]
pub(super) struct Open {
    /// Of the keys and settings that it was made of.
    pub(super) fingerprint: [u8; 32],
    pub(super) cloud: Cloud,
    pub(super) account: String,
    pub(super) region: Option<String>,
    /// Where a cloud divides its accounts.
    pub(super) project: Option<String>,
}

impl Registry {
    /// The registry, and the stream of credentials that have to be looked at again.
    pub fn new() -> (Arc<Self>, UnboundedReceiver<ObjectRef<CloudCredential>>) {
        let (nudge, nudged) = unbounded();
        let registry = Self { entries: Mutex::default(), listed: AtomicBool::new(false), users: OnceLock::new(), nudge };
        (Arc::new(registry), nudged)
    }

    /// Tells whose objects use credentials; once, before anything runs.
    pub fn serve(&self, users: Vec<Arc<dyn Users>>) {
        // A second call would be a mistake in the wiring; the first one stands.
        let _ = self.users.set(users);
    }

    /// There is such a credential. Until somebody has looked at it, which takes as long as its cloud does, it is not missing.
    pub(super) fn announce(&self, key: Key) {
        self.lock().entry(key).or_default();
    }

    pub(super) fn listed(&self) {
        self.listed.store(true, Ordering::SeqCst);
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.lock().keys().cloned().collect()
    }

    pub(super) fn get(&self, key: &Key) -> Entry {
        self.lock().get(key).cloned().unwrap_or_default()
    }

    /// Puts down what is known now, and wakes the users if it makes a difference to them.
    pub(super) fn put(&self, key: &Key, entry: &Entry) {
        let differs = {
            let mut entries = self.lock();
            let mut entry = Entry::clone(entry);
            if let Some(before) = entries.get(key).filter(|before| before.has_refused(&entry.state)) {
                // The cloud refused these very keys while they were looked at: whoever looked will be woken to look again.
                entry = Entry { going: entry.going, held: entry.held, ..before.clone() };
            }
            let before = entries.insert(key.clone(), entry.clone());
            before.is_none_or(|before| !before.state.means_the_same_as(&entry.state))
        };
        if differs {
            self.wake_users(key);
        }
    }

    /// The credential is gone; nobody gets a session from it any more, but deletions may go on with what was last good.
    pub(super) fn remove(&self, key: &Key) {
        let in_use = self.count_users(key) != Some(0);
        let mut entries = self.lock();
        if in_use && let Some(entry) = entries.get_mut(key) {
            entry.state = State::Closed { reason: Reason::CredentialMissing, message: missing(&key.1) };
            entry.fingerprint = None;
        } else {
            entries.remove(key);
        }
        drop(entries);
        self.wake_users(key);
    }

    /// A cloud refused these keys in the middle of somebody's work: nobody else shall try them.
    pub(super) fn reject(&self, key: &Key, fingerprint: [u8; 32], error: &CloudError) {
        let closed = {
            let mut entries = self.lock();
            let mut entry = entries.get_mut(key);
            if let Some(entry) = entry.as_mut() {
                entry.last_good.take_if(|good| good.fingerprint == fingerprint);
            }
            match entry {
                // A late answer to keys that have been replaced since says nothing of the new ones.
                Some(Entry { state: state @ State::Open(_), fingerprint: Some(known), refused, .. }) if *known == fingerprint => {
                    let closed = State::Closed { reason: Reason::CredentialRejected, message: rejection(error) };
                    if let State::Open(open) = std::mem::replace(state, closed) {
                        *refused = Some((error.clone(), open.cloud));
                    }
                    true
                }
                _ => false,
            }
        };
        if closed {
            self.wake_users(key);
            self.nudge(key);
        }
    }

    /// How long the keys last of each credential whose keys run out and that is good now.
    pub fn lifetimes(&self) -> BTreeMap<(String, String), Lifetime> {
        let of = |entry: &Entry| match &entry.state {
            State::Open(open) => open.cloud.lifetime(),
            State::New | State::Closed { .. } | State::Unavailable { .. } => None,
        };
        self.lock().iter().filter_map(|(key, entry)| Some((key.clone(), of(entry)?))).collect()
    }

    /// How many objects use this credential; `None` as long as not all are known.
    pub(super) fn count_users(&self, key: &Key) -> Option<usize> {
        let users = self.users.get()?;
        users.iter().all(|users| users.are_listed()).then(|| users.iter().map(|users| users.count(&key.0, &key.1)).sum())
    }

    fn wake_users(&self, key: &Key) {
        for users in self.users.get().into_iter().flatten() {
            users.wake(&key.0, &key.1);
        }
    }

    fn nudge(&self, key: &Key) {
        // Nobody listens only while the process ends.
        let _ = self.nudge.unbounded_send(ObjectRef::new(&key.1).within(&key.0));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions for Registry {
    fn open(&self, ask: &Ask<'_>) -> Result<Session, Refusal> {
        let key = (ask.namespace.to_owned(), ask.credential.to_owned());
        let Some(entry) = self.lock().get(&key).cloned() else {
            return Err(if self.listed.load(Ordering::SeqCst) {
                Refusal::No { reason: Reason::CredentialMissing, message: missing(ask.credential) }
            } else {
                Refusal::NotYet
            });
        };
        if !entry.held {
            // The first user: the credential must not go before it.
            self.nudge(&key);
        }
        let open = match (&entry.state, &entry.last_good) {
            (State::Open(open), _) => open,
            (State::Closed { reason: Reason::CredentialMissing, .. }, Some(last_good)) if ask.deleting => last_good,
            (State::New, _) => return Err(Refusal::NotYet),
            (State::Closed { reason, message }, _) => {
                return Err(Refusal::No { reason: *reason, message: format!("CloudCredential {}: {message}", ask.credential) });
            }
            (State::Unavailable { message }, _) => {
                return Err(Refusal::Unavailable { message: format!("CloudCredential {}: {message}", ask.credential) });
            }
        };
        if let Some(pinned) = ask.account.filter(|pinned| *pinned != open.account) {
            let message = format!(
                "this object belongs to account {pinned}, but CloudCredential {} is of account {}: use a credential of the former, or create the object anew",
                ask.credential, open.account
            );
            return Err(Refusal::No { reason: Reason::AccountMismatch, message });
        }
        let Some(region) = ask.region.or(open.region.as_deref()) else {
            let message = format!("spec.region is not set, and CloudCredential {} names no region either", ask.credential);
            return Err(Refusal::No { reason: Reason::InvalidSpec, message });
        };
        Ok(Session::new(open.cloud.clone(), &open.account, region, ask.lane))
    }

    fn released(&self, namespace: &str, credential: &str) {
        let key = (namespace.to_owned(), credential.to_owned());
        let going = self.lock().get(&key).is_some_and(|entry| entry.going);
        if going {
            self.nudge(&key);
        }
    }
}

impl Entry {
    /// Whether this state rests on a client whose keys have been refused meanwhile.
    fn has_refused(&self, state: &State) -> bool {
        match (&self.state, &self.refused, state) {
            (State::Closed { .. }, Some((_, refused)), State::Open(open)) => refused.is(&open.cloud),
            _ => false,
        }
    }
}

impl State {
    fn means_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::New, Self::New) => true,
            (Self::Open(one), Self::Open(other)) => one.cloud.is(&other.cloud),
            (Self::Closed { reason, message }, Self::Closed { reason: other_reason, message: other_message }) => {
                (reason, message) == (other_reason, other_message)
            }
            (Self::Unavailable { message }, Self::Unavailable { message: other }) => message == other,
            (Self::New | Self::Open(_) | Self::Closed { .. } | Self::Unavailable { .. }, _) => false,
        }
    }
}

fn missing(credential: &str) -> String {
    format!("there is no CloudCredential {credential} in this namespace: create it, or name another in spec.credentialRef")
}

/// What a rejection says to a person; the code is part of it, the vendor's text is not.
pub(super) fn rejection(error: &CloudError) -> String {
    match error.code.as_deref() {
        Some(code) => format!("{} [{code}]. {}", error.meaning, error.hint),
        None => format!("{}. {}", error.meaning, error.hint),
    }
}
