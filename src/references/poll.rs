//! The poll: every now and then each Secret and ConfigMap that objects of a kind point at is read, and the objects of those that are not what
//! they were are woken. Remembered is by what an object last saw, or was woken for, so a change between its pass and the next poll is not lost.

use super::given::{Found, References};
use super::reader::{Asker, Reader};
use super::{Reference, next_poll};
use crate::ambient::Dice;
use futures::StreamExt as _;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Reads under way at once, so that a slow API server does not slow down the poll; how many there are a second is the reader's business.
const PARALLEL: usize = 8;
/// Whoever sets the interval to nothing does not want a processor for it.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// An object that points at something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    pub uid: String,
    pub namespace: String,
    pub name: String,
    pub references: Vec<Reference>,
}

/// The poll for the objects of one kind.
pub struct Poll {
    reader: Arc<Reader>,
    interval: Duration,
    dice: Dice,
    /// By uid.
    known: Mutex<HashMap<String, BTreeMap<Reference, Known>>>,
}

/// What an object knows of what it points at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It asked, and there was no telling.
    Nothing,
    Absent,
    Holds([u8; 32]),
}

impl Known {
    fn from(found: &Found) -> Self {
        match found {
            Ok(Some(contents)) => Self::Holds(contents.fingerprint()),
            Ok(None) => Self::Absent,
            Err(_) => Self::Nothing,
        }
    }
}

impl Poll {
    pub fn new(reader: Arc<Reader>, interval: Duration, dice: Dice) -> Self {
        Self { reader, interval: interval.max(SHORTEST_INTERVAL), dice, known: Mutex::default() }
    }

    /// A pass over the object has this before it.
    pub fn gathered(&self, uid: &str, references: &References) {
        let seen: BTreeMap<_, _> = references.iter().map(|(reference, found)| (reference.clone(), Known::from(found))).collect();
        if !seen.is_empty() {
            self.known().insert(uid.to_owned(), seen);
        }
    }

    /// Polls for ever: `pointers` says who points at what, each time anew.
    pub async fn run(&self, pointers: impl Fn() -> Vec<Pointer>, wake: impl Fn(&Pointer)) -> Infallible {
        loop {
            let next = Instant::now() + next_poll(self.interval, &self.dice);
            self.round(&pointers(), &wake).await;
            self.reader.forget_the_old();
            tokio::time::sleep_until(next).await;
        }
    }

    async fn round(&self, pointers: &[Pointer], wake: &impl Fn(&Pointer)) {
        self.forget_all_but(pointers);
        let mut users: BTreeMap<(&str, &Reference), Vec<&Pointer>> = BTreeMap::new();
        for pointer in pointers {
            for reference in &pointer.references {
                users.entry((&pointer.namespace, reference)).or_default().push(pointer);
            }
        }
        // What a pass, or the poll for another kind, has read just now need not be read again.
        let age = self.interval / 2;
        futures::stream::iter(users)
            .for_each_concurrent(PARALLEL, async |((namespace, reference), users)| {
                let found = self.reader.read(Asker::Poll, namespace, reference, age).await;
                // A look that fails says nothing new.
                if found.is_ok() {
                    self.tell(reference, Known::from(&found), &users, wake);
                }
            })
            .await;
    }

    fn tell(&self, reference: &Reference, now: Known, users: &[&Pointer], wake: &impl Fn(&Pointer)) {
        let mut known = self.known();
        for user in users {
            let before = known.entry(user.uid.clone()).or_default().insert(reference.clone(), now);
            if before.is_some_and(|before| before != now) {
                wake(user);
            }
        }
    }

    fn forget_all_but(&self, pointers: &[Pointer]) {
        let pointing: HashMap<&str, HashSet<&Reference>> =
            pointers.iter().map(|pointer| (pointer.uid.as_str(), pointer.references.iter().collect())).collect();
        self.known().retain(|uid, known| {
            let Some(references) = pointing.get(uid.as_str()) else { return false };
            known.retain(|reference, _| references.contains(reference));
            true
        });
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<Reference, Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
