//! Who is read with whom, when, and what becomes of the others when one goes away or is refused.

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
            if ids.iter().any(|id| id.starts_with("odd-")) {
                return Err(CloudError { http_status: Some(400), ..refusal(Class::Unexpected) });
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
async fn an_id_that_is_refused_with_an_unknown_code_does_not_fail_the_others() {
    for odd in [0, 37, 99] {
        let (batch, calls) = a_batch(100);
        let ids = (0..100).map(|n| if n == odd { format!("odd-{n}") } else { format!("i-{n}") });
        let answers = get_all(&batch, ids, Lane::Work).await;
        assert_eq!(answers.values().filter(|outcome| outcome.is_err()).count(), 1);
        assert!(calls.lock().unwrap().len() <= 15);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_refusal_of_everything_is_not_asked_about_each_id() {
    let (batch, calls) = a_batch(100);
    let answers = get_all(&batch, (0..100).map(|n| format!("odd-{n}")), Lane::Work).await;
    assert!(answers.values().all(Result::is_err));
    let calls = calls.lock().unwrap().len();
    assert!(calls <= 15, "{calls}");
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

/// A cloud that answers each call only when it is told to, and says how many are out.
struct Slow {
    batch: Arc<Batch<()>>,
    calls: Calls,
    answers: Arc<Semaphore>,
}

impl Slow {
    fn new(max: usize) -> Self {
        let (calls, answers) = (Calls::default(), Arc::new(Semaphore::new(0)));
        let (log, gate) = (Arc::clone(&calls), Arc::clone(&answers));
        let batch = Arc::new(Batch::new(READ, max, move |ids: Vec<String>, lane| {
            log.lock().unwrap().push((ids.clone(), lane));
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                Ok(ids.into_iter().map(|id| (id, ())).collect())
            })
        }));
        Self { batch, calls, answers }
    }

    /// Asks for an id, and lets enough time pass for its batch to be due.
    async fn ask(&self, id: &str, lane: Lane) -> tokio::task::JoinHandle<Result<Option<()>, CloudError>> {
        let (batch, id) = (Arc::clone(&self.batch), id.to_owned());
        let asking = tokio::spawn(async move { batch.get(&id, lane).await });
        tokio::time::sleep(patience(lane) + Duration::from_millis(1)).await;
        asking
    }

    fn sizes(&self) -> Vec<usize> {
        self.calls.lock().unwrap().iter().map(|(ids, _)| ids.len()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn while_few_calls_may_go_out_each_takes_more_along() {
    let slow = Slow::new(100);
    let mut asked = Vec::new();
    for number in 0..54 {
        asked.push(slow.ask(&format!("i-{number:02}"), Lane::Edit).await);
    }
    assert_eq!(slow.sizes(), [1; OUT_AT_ONCE]);
    slow.answers.add_permits(asked.len());
    for one in asked {
        assert_eq!(one.await.unwrap().unwrap(), Some(()));
    }
    assert_eq!(slow.sizes(), [1, 1, 1, 1, 50]);
}

#[tokio::test(start_paused = true)]
async fn an_edit_does_not_wait_for_the_checks_that_are_out() {
    let slow = Slow::new(100);
    for number in 0..10 {
        slow.ask(&format!("i-{number}"), Lane::Check).await;
    }
    assert_eq!(slow.sizes(), [1; OUT_AT_ONCE]);
    slow.ask("i-edit", Lane::Edit).await;
    let last = slow.calls.lock().unwrap().last().cloned().unwrap();
    assert_eq!((last.0.len(), last.1), (7, Lane::Edit), "and it takes those along that could not go");
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_goes_whatever_is_out() {
    let slow = Slow::new(10);
    for number in 0..OUT_AT_ONCE {
        slow.ask(&format!("early-{number}"), Lane::Edit).await;
    }
    for number in 0..10 {
        slow.ask(&format!("i-{number}"), Lane::Edit).await;
    }
    assert_eq!(slow.sizes(), [1, 1, 1, 1, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_nobody_waits_for_any_more_is_given_up_and_makes_room() {
    let slow = Slow::new(10);
    let mut early = Vec::new();
    for number in 0..OUT_AT_ONCE {
        early.push(slow.ask(&format!("early-{number}"), Lane::Edit).await);
    }
    let late = slow.ask("late", Lane::Edit).await;
    assert_eq!(slow.sizes().len(), OUT_AT_ONCE);
    early.remove(0).abort();
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(slow.sizes().len(), OUT_AT_ONCE + 1, "nobody was answered, and yet there is room");
    slow.answers.add_permits(OUT_AT_ONCE);
    for one in early.into_iter().chain([late]) {
        assert_eq!(one.await.unwrap().unwrap(), Some(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_while_its_read_is_out_takes_nobody_with_it() {
    let slow = Slow::new(2);
    let one = slow.ask("i-1", Lane::Check);
    let (one, other) = tokio::join!(one, slow.ask("i-2", Lane::Check));
    assert_eq!(slow.sizes(), [2]);
    one.abort();
    tokio::time::sleep(Duration::from_millis(1)).await;
    slow.answers.add_permits(1);
    assert_eq!(other.await.unwrap().unwrap(), Some(()));
}

#[tokio::test(start_paused = true)]
async fn halves_leave_out_who_went_away_meanwhile() {
    let calls = Calls::default();
    let (log, gate) = (Arc::clone(&calls), Arc::new(Semaphore::new(0)));
    let opened = Arc::clone(&gate);
    let batch = Arc::new(Batch::<()>::new(READ, 4, move |ids: Vec<String>, lane| {
        log.lock().unwrap().push((ids, lane));
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Err(refusal(Class::Invalid))
        })
    }));
    let mut asked = ["a", "b", "c", "d"].map(|id| {
        let batch = Arc::clone(&batch);
        tokio::spawn(async move { batch.get(id, Lane::Edit).await })
    });
    tokio::time::sleep(Duration::from_millis(1)).await;
    asked[3].abort();
    asked[2].abort();
    opened.add_permits(4);
    for one in &mut asked[..2] {
        assert!(one.await.unwrap().is_err());
    }
    let sizes: Vec<_> = calls.lock().unwrap().iter().map(|(ids, _)| ids.len()).collect();
    assert_eq!(sizes, [4, 2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_panics_fails_its_own_readers_only() {
    let batch = Arc::new(Batch::new(READ, 10, move |ids: Vec<String>, _| {
        Box::pin(async move {
            assert!(!ids.contains(&"fatal".to_owned()), "a bug");
            Ok(ids.into_iter().map(|id| (id, ())).collect())
        })
    }));
    for _ in 0..2 * OUT_AT_ONCE {
        assert_eq!(batch.get("fatal", Lane::Edit).await.unwrap_err().class, Class::Unavailable);
    }
    assert_eq!(batch.get("i-1", Lane::Edit).await.unwrap(), Some(()));
}
