//! One read for many objects: whoever asks for an id joins the batch that is being gathered, and the batch goes when it is full or
//! when its most urgent reader is due. Knows no service; how ids become an answer is handed in.
//!
//! A read that is already on the wire is never joined: its answer may be older than the question, and reading back what one has
//! just written must not see the past.
//!
//! Where permits are scarce, few batches wait for one and the others go on gathering: the fewer calls there may be, the more ids
//! each carries. A reader may go away at any time; a batch that nobody waits for any more is given up, with its place in the queue.

use super::budget::Lane;
use super::error::{Class, CloudError, Explanation, Operation};
use futures::future::{BoxFuture, join_all};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::Instant;

/// How long a reader may be kept waiting for company.
fn patience(lane: Lane) -> Duration {
    match lane {
        Lane::Edit => Duration::from_millis(5),
        Lane::Work => Duration::from_millis(250),
        Lane::Check => Duration::from_secs(10),
    }
}

/// Reads of one lane that are out before they are full; whoever comes then goes on gathering.
const OUT_AT_ONCE: usize = 4;

/// A refusal that nobody has catalogued may be for the sake of one id. So many are enough to find one among a hundred; who is
/// refused more often is refused for another reason.
const SUSPICIONS: u32 = 8;

/// The read was given up from outside: only a process that is ending does that.
const GIVEN_UP: Explanation = Explanation::of(
    Class::Unavailable,
    "the read was given up before it had an answer",
    "nothing to do: it is asked again with the next pass",
);

type Outcome<V> = Result<Option<V>, CloudError>;
type Call<V> = dyn Fn(Vec<String>, Lane) -> BoxFuture<'static, Result<HashMap<String, V>, CloudError>> + Send + Sync;
type Readers<V> = BTreeMap<String, Vec<oneshot::Sender<Outcome<V>>>>;
type Blames = dyn Fn(&CloudError) -> bool + Send + Sync;

/// Coalesces reads by id. Everything in one of these goes out under one credential.
pub struct Batch<V> {
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    operation: Operation,
    max: usize,
    call: Box<Call<V>>,
    blames_an_id: Box<Blames>,
    gathering: Mutex<Gathering<V>>,
    /// By lane.
    out: [Semaphore; Lane::ALL.len()],
}

struct Gathering<V> {
    next_number: u64,
    current: Option<Pending<V>>,
}

struct Pending<V> {
    number: u64,
    readers: Readers<V>,
    /// Watched by the task that sends the batch off; that task ends when this is gone.
    urgency: watch::Sender<Urgency>,
}

/// That of the most urgent reader.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Urgency {
    lane: Lane,
    due: Instant,
}

impl<V: Clone + Send + 'static> Batch<V> {
    /// `call` reads at most `max` ids and leaves out those that the cloud does not know.
    pub fn new<F>(operation: Operation, max: usize, call: F) -> Self
    where
        F: Fn(Vec<String>, Lane) -> BoxFuture<'static, Result<HashMap<String, V>, CloudError>> + Send + Sync + 'static,
    {
        Self::splitting_on(operation, max, |error| matches!(error.class, Class::Invalid | Class::NotFound), call)
    }

    /// Like `new`, for a service whose codes tell a bad id from a request that is wrong for every id: only for the former are
    /// the halves worth a call each.
    pub fn splitting_on<B, F>(operation: Operation, max: usize, blames_an_id: B, call: F) -> Self
    where
        B: Fn(&CloudError) -> bool + Send + Sync + 'static,
        F: Fn(Vec<String>, Lane) -> BoxFuture<'static, Result<HashMap<String, V>, CloudError>> + Send + Sync + 'static,
    {
        Self {
            shared: Arc::new(Shared {
                operation,
                max: max.max(1),
                call: Box::new(call),
                blames_an_id: Box::new(blames_an_id),
                gathering: Mutex::new(Gathering { next_number: 0, current: None }),
                out: Lane::ALL.map(|_| Semaphore::new(OUT_AT_ONCE)),
            }),
        }
    }

    /// What the cloud says of one id; `None` if it knows no such thing. May be dropped at any time; the others are still served.
    pub async fn get(&self, id: &str, lane: Lane) -> Result<Option<V>, CloudError> {
        match self.join(id, lane).await {
            Ok(outcome) => outcome,
            Err(_) => Err(CloudError::explained(self.shared.operation, &GIVEN_UP)),
        }
    }

    fn join(&self, id: &str, lane: Lane) -> oneshot::Receiver<Outcome<V>> {
        let (sender, receiver) = oneshot::channel();
        let due = Instant::now() + patience(lane);
        let mut gathering = self.shared.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pending = gathering.current.take().unwrap_or_else(|| {
            gathering.next_number += 1;
            let urgency = watch::Sender::new(Urgency { lane, due });
            let pending = Pending { number: gathering.next_number, readers: BTreeMap::new(), urgency };
            tokio::spawn(Arc::clone(&self.shared).send_off(pending.number, pending.urgency.subscribe()));
            pending
        });
        pending.readers.entry(id.to_owned()).or_default().push(sender);
        pending.urgency.send_if_modified(|urgency| {
            let most = Urgency { lane: lane.min(urgency.lane), due: due.min(urgency.due) };
            std::mem::replace(urgency, most) != most
        });
        if pending.readers.len() < self.shared.max {
            gathering.current = Some(pending);
        } else {
            let lane = pending.urgency.borrow().lane;
            tokio::spawn(Arc::clone(&self.shared).read(pending.readers, lane));
        }
        receiver
    }
}

impl<V: Clone + Send + 'static> Shared<V> {
    /// Waits until the batch of this number is due and its lane has room. If it goes earlier, because it is full, there is nothing
    /// left to do.
    async fn send_off(self: Arc<Self>, number: u64, mut urgency: watch::Receiver<Urgency>) {
        let (lane, _out) = loop {
            let Urgency { lane, due } = *urgency.borrow_and_update();
            let turn = async {
                tokio::time::sleep_until(due).await;
                self.out[lane.index()].acquire().await
            };
            tokio::select! {
                out = turn => break (lane, out),
                moved = urgency.changed() => if moved.is_err() { return },
            }
        };
        let pending = {
            let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
            gathering.current.take_if(|pending| pending.number == number)
        };
        if let Some(pending) = pending {
            let lane = lane.min(pending.urgency.borrow().lane);
            Arc::clone(&self).read(pending.readers, lane).await;
        }
    }

    /// Reads a batch, and in halves what the cloud refuses for the sake of single ids.
    async fn read(self: Arc<Self>, mut readers: Readers<V>, lane: Lane) {
        let mut parts: Vec<Vec<String>> = vec![readers.keys().cloned().collect()];
        let mut suspicions = 0;
        while let Some(mut ids) = parts.pop() {
            ids.retain(|id| readers.get(id).is_some_and(|waiting| waiting.iter().any(|reader| !reader.is_closed())));
            if ids.is_empty() {
                continue;
            }
            let answered = tokio::select! {
                biased;
                answered = (self.call)(ids.clone(), lane) => answered,
                () = all_gone(&mut readers, &ids) => continue,
            };
            match answered {
                Ok(found) => answer(&mut readers, &ids, |id| Ok(found.get(id).cloned())),
                Err(error) if ids.len() > 1 && self.is_worth_halving(&error, &mut suspicions) => {
                    let second = ids.split_off(ids.len() / 2);
                    parts.push(second);
                    parts.push(ids);
                }
                Err(error) => answer(&mut readers, &ids, |_| Err(error.clone())),
            }
        }
    }
}

impl<V> Shared<V> {
    fn is_worth_halving(&self, error: &CloudError, suspicions: &mut u32) -> bool {
        if (self.blames_an_id)(error) {
            return true;
        }
        let suspect = error.class == Class::Unexpected && error.http_status.is_some_and(|status| (400..500).contains(&status));
        *suspicions += u32::from(suspect);
        suspect && *suspicions < SUSPICIONS
    }
}

/// Resolves when nobody waits for any of these.
async fn all_gone<V>(readers: &mut Readers<V>, ids: &[String]) {
    let waiting = readers.iter_mut().filter(|(id, _)| ids.binary_search(id).is_ok()).flat_map(|(_, waiting)| waiting);
    join_all(waiting.map(oneshot::Sender::closed)).await;
}

fn answer<V: Clone>(readers: &mut Readers<V>, ids: &[String], outcome: impl Fn(&str) -> Outcome<V>) {
    for id in ids {
        for reader in readers.remove(id).unwrap_or_default() {
            // A reader that has gone away needs no answer.
            drop(reader.send(outcome(id)));
        }
    }
}

#[cfg(test)]
mod tests;
