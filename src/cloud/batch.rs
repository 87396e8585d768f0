//! One read for many objects: whoever asks for an id joins the batch that is being gathered, and the batch goes when it is full or
//! when its most urgent reader is due. Knows no service; how ids become an answer is handed in.
//!
//! A read that is already on the wire is never joined: its answer may be older than the question, and reading back what one has
//! just written must not see the past.

use super::budget::Lane;
use super::error::{Acted, Class, CloudError, Explanation, Operation};
use crate::reason::Reason;
use futures::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// How long a reader may be kept waiting for company.
fn patience(lane: Lane) -> Duration {
    match lane {
        Lane::Edit => Duration::from_millis(5),
        Lane::Work => Duration::from_millis(250),
        Lane::Check => Duration::from_secs(10),
    }
}

/// The read was given up from outside: only a process that is ending does that.
const GIVEN_UP: Explanation = Explanation {
    class: Class::Unavailable,
    ok: false,
    known: true,
    daily: false,
    acted: Acted::No,
    reason: Reason::CloudUnavailable,
    meaning: "the read was given up before it had an answer",
    hint: "nothing to do: it is asked again with the next pass",
};

type Outcome<V> = Result<Option<V>, CloudError>;
type Call<V> = dyn Fn(Vec<String>, Lane) -> BoxFuture<'static, Result<HashMap<String, V>, CloudError>> + Send + Sync;
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
}

struct Gathering<V> {
    next_number: u64,
    current: Option<Pending<V>>,
}

struct Pending<V> {
    number: u64,
    readers: BTreeMap<String, Vec<oneshot::Sender<Outcome<V>>>>,
    lane: Lane,
    /// Watched by the task that sends the batch off; that task ends when this is gone.
    due: watch::Sender<Instant>,
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
            let pending = Pending { number: gathering.next_number, readers: BTreeMap::new(), lane, due: watch::Sender::new(due) };
            tokio::spawn(Arc::clone(&self.shared).send_off(pending.number, pending.due.subscribe()));
            pending
        });
        pending.readers.entry(id.to_owned()).or_default().push(sender);
        pending.lane = pending.lane.min(lane);
        pending.due.send_if_modified(|already| {
            let sooner = due < *already;
            *already = due.min(*already);
            sooner
        });
        if pending.readers.len() < self.shared.max {
            gathering.current = Some(pending);
        } else {
            tokio::spawn(Arc::clone(&self.shared).read(pending.readers, pending.lane));
        }
        receiver
    }
}

impl<V: Clone + Send + 'static> Shared<V> {
    /// Waits until the batch of this number is due. If it goes earlier, because it is full, there is nothing left to do.
    async fn send_off(self: Arc<Self>, number: u64, mut due: watch::Receiver<Instant>) {
        loop {
            let at = *due.borrow_and_update();
            tokio::select! {
                () = tokio::time::sleep_until(at) => break,
                moved = due.changed() => if moved.is_err() { return },
            }
        }
        let pending = {
            let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
            gathering.current.take_if(|pending| pending.number == number)
        };
        if let Some(pending) = pending {
            self.read(pending.readers, pending.lane).await;
        }
    }

    /// Reads a batch, and in halves what the cloud refuses for the sake of single ids.
    async fn read(self: Arc<Self>, mut readers: BTreeMap<String, Vec<oneshot::Sender<Outcome<V>>>>, lane: Lane) {
        readers.retain(|_, senders| senders.iter().any(|sender| !sender.is_closed()));
        let mut parts: Vec<Vec<String>> = vec![readers.keys().cloned().collect()];
        while let Some(mut ids) = parts.pop() {
            if ids.is_empty() {
                continue;
            }
            match (self.call)(ids.clone(), lane).await {
                Ok(found) => answer(&mut readers, &ids, |id| Ok(found.get(id).cloned())),
                Err(error) if ids.len() > 1 && (self.blames_an_id)(&error) => {
                    let second = ids.split_off(ids.len() / 2);
                    parts.push(second);
                    parts.push(ids);
                }
                Err(error) => answer(&mut readers, &ids, |_| Err(error.clone())),
            }
        }
    }
}

fn answer<V: Clone>(
    readers: &mut BTreeMap<String, Vec<oneshot::Sender<Outcome<V>>>>,
    ids: &[String],
    outcome: impl Fn(&str) -> Outcome<V>,
) {
    for id in ids {
        for reader in readers.remove(id).unwrap_or_default() {
            // A reader that has gone away needs no answer.
            drop(reader.send(outcome(id)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::Effect;

    const READ: Operation = Operation { service: "ecs", name: "DescribeThings", effect: Effect::Read };

    type Calls = Arc<Mutex<Vec<(Vec<String>, Lane)>>>;

    fn refusal(class: Class) -> CloudError {
        CloudError::explained(READ, &Explanation { class, ..GIVEN_UP })
    }

    /// A cloud that knows every id but those that begin with `no-`, and refuses a request with an id that begins with `bad-`.
    fn a_batch(max: usize) -> (Arc<Batch<String>>, Calls) {
        let calls = Calls::default();
        let log = Arc::clone(&calls);
        let batch = Batch::new(READ, max, move |ids: Vec<String>, lane| {
            log.lock().unwrap().push((ids.clone(), lane));
            Box::pin(async move {
                if ids.iter().any(|id| id.starts_with("bad-")) {
                    return Err(refusal(Class::Invalid));
                }
                if ids.iter().any(|id| id.starts_with("down-")) {
                    return Err(refusal(Class::Unavailable));
                }
                let known = ids.into_iter().filter(|id| !id.starts_with("no-"));
                Ok(known.map(|id| (id.clone(), format!("value of {id}"))).collect())
            })
        });
        (Arc::new(batch), calls)
    }

    async fn get_all(batch: &Arc<Batch<String>>, ids: impl IntoIterator<Item = String>, lane: Lane) -> HashMap<String, Outcome<String>> {
        let asked = ids.into_iter().map(|id| {
            let batch = Arc::clone(batch);
            async move {
                let outcome = batch.get(&id, lane).await;
                (id, outcome)
            }
        });
        futures::future::join_all(asked).await.into_iter().collect()
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_reads_at_once_are_a_hundred_calls() {
        let (batch, calls) = a_batch(100);
        let answers = get_all(&batch, (0..10_000).map(|n| format!("i-{n:05}")), Lane::Check).await;
        assert_eq!(answers.len(), 10_000);
        assert!(answers.iter().all(|(id, outcome)| outcome.as_ref().unwrap() == &Some(format!("value of {id}"))));
        assert_eq!(calls.lock().unwrap().len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn one_bad_id_does_not_fail_the_others() {
        let (batch, calls) = a_batch(100);
        let ids = (0..99).map(|n| format!("i-{n}")).chain(["bad-1".to_owned()]);
        let answers = get_all(&batch, ids, Lane::Work).await;
        let failed: Vec<_> = answers.iter().filter(|(_, outcome)| outcome.is_err()).map(|(id, _)| id.as_str()).collect();
        assert_eq!(failed, ["bad-1"]);
        let calls = calls.lock().unwrap().len();
        assert!(calls <= 15, "halving a hundred takes at most 15 calls, not {calls}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_for_all_is_asked_once() {
        let (batch, calls) = a_batch(10);
        let ids = (0..9).map(|n| format!("i-{n}")).chain(["down-1".to_owned()]);
        let answers = get_all(&batch, ids, Lane::Work).await;
        assert!(answers.values().all(|outcome| { outcome.as_ref().is_err_and(|error| error.class == Class::Unavailable) }));
        assert_eq!(calls.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_that_the_cloud_does_not_know_is_none() {
        let (batch, _) = a_batch(10);
        assert_eq!(batch.get("no-1", Lane::Edit).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_asked_twice_is_on_the_wire_once() {
        let (batch, calls) = a_batch(10);
        let (one, two) = tokio::join!(batch.get("i-1", Lane::Work), batch.get("i-1", Lane::Work));
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(*calls.lock().unwrap(), [(vec!["i-1".to_owned()], Lane::Work)]);
    }

    #[tokio::test(start_paused = true)]
    async fn each_lane_waits_as_long_as_it_may() {
        for (lane, longest) in [(Lane::Edit, 5), (Lane::Work, 250), (Lane::Check, 10_000)] {
            let (batch, _) = a_batch(10);
            let since = Instant::now();
            batch.get("i-1", lane).await.unwrap();
            assert_eq!(since.elapsed().as_millis(), longest, "{lane:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_takes_the_waiting_checks_along() {
        let (batch, calls) = a_batch(10);
        let since = Instant::now();
        let (check, edit) = tokio::join!(batch.get("i-check", Lane::Check), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            batch.get("i-edit", Lane::Edit).await
        });
        assert!(check.unwrap().is_some() && edit.unwrap().is_some());
        assert_eq!(since.elapsed(), Duration::from_millis(1005));
        let expected = vec!["i-check".to_owned(), "i-edit".to_owned()];
        assert_eq!(*calls.lock().unwrap(), [(expected, Lane::Edit)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_gives_up_takes_nobody_with_it() {
        let (batch, calls) = a_batch(10);
        let first = {
            let batch = Arc::clone(&batch);
            tokio::spawn(async move { batch.get("i-1", Lane::Check).await })
        };
        let second = {
            let batch = Arc::clone(&batch);
            tokio::spawn(async move { batch.get("i-2", Lane::Check).await })
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        first.abort();
        assert!(second.await.unwrap().unwrap().is_some());
        assert_eq!(*calls.lock().unwrap(), [(vec!["i-2".to_owned()], Lane::Check)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_begins_while_another_is_out_sees_the_later_truth() {
        let (asked, mut out) = tokio::sync::mpsc::unbounded_channel();
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let opened = Arc::clone(&gate);
        let batch = Arc::new(Batch::new(READ, 10, move |ids: Vec<String>, _| {
            asked.send(()).unwrap();
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                Ok(ids.into_iter().map(|id| (id, ())).collect())
            })
        }));
        let early = tokio::spawn({
            let batch = Arc::clone(&batch);
            async move { batch.get("i-1", Lane::Edit).await }
        });
        out.recv().await.unwrap();
        let late = tokio::spawn({
            let batch = Arc::clone(&batch);
            async move { batch.get("i-1", Lane::Edit).await }
        });
        out.recv().await.unwrap();
        opened.add_permits(2);
        assert!(early.await.unwrap().is_ok() && late.await.unwrap().is_ok());
    }
}
