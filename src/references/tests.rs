//! The reader and the poll against an API server that is a map, on a clock that moves when nobody has anything to do.

use super::*;
use crate::ambient::Dice;
use http::{Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;
use tower::service_fn;

const POLL: Duration = Duration::from_secs(15);
const MINUTE: Duration = Duration::from_secs(60);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Secrets of namespace `team`, each with one key, and who asked for what and when.
#[derive(Default)]
struct Server {
    secrets: Mutex<BTreeMap<String, String>>,
    /// Answered instead, whatever is asked for.
    refusal: Mutex<Option<StatusCode>>,
    latency: Mutex<Duration>,
    reads: Mutex<Vec<(Instant, String)>>,
}

impl Server {
    fn put(&self, name: &str, value: &str) {
        self.secrets.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    fn delete(&self, name: &str) {
        self.secrets.lock().unwrap().remove(name);
    }

    fn refuse(&self, code: impl Into<Option<StatusCode>>) {
        *self.refusal.lock().unwrap() = code.into();
    }

    fn client(self: &Arc<Self>) -> Client {
        let server = Arc::clone(self);
        let service = service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&server);
            async move {
                let path = request.uri().path().to_owned();
                server.reads.lock().unwrap().push((Instant::now(), path.clone()));
                let latency = *server.latency.lock().unwrap();
                tokio::time::sleep(latency).await;
                let (code, body) = server.answer(&path);
                let response = Response::builder().status(code).body(Body::from(serde_json::to_vec(&body).unwrap()));
                Ok::<_, Infallible>(response.unwrap())
            }
        });
        Client::new(service, "default")
    }

    fn answer(&self, path: &str) -> (StatusCode, Value) {
        let refused = |code: StatusCode| {
            let reason = code.canonical_reason().unwrap().replace(' ', "");
            (
                code,
                json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code.as_u16(), "reason": reason, "message": "no"}),
            )
        };
        if let Some(code) = *self.refusal.lock().unwrap() {
            return refused(code);
        }
        let name = path.strip_prefix("/api/v1/namespaces/team/secrets/").expect("nothing else is asked for");
        let Some(value) = self.secrets.lock().unwrap().get(name).cloned() else { return refused(StatusCode::NOT_FOUND) };
        let data = BTreeMap::from([("key".to_owned(), k8s_openapi::ByteString(value.into_bytes()))]);
        (StatusCode::OK, json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "team"}, "data": data}))
    }

    fn reads_of(&self, name: &str) -> usize {
        self.reads.lock().unwrap().iter().filter(|(_, path)| path.ends_with(&format!("/secrets/{name}"))).count()
    }

    /// How many reads the busiest second had.
    fn busiest_second(&self) -> usize {
        let reads = self.reads.lock().unwrap();
        let begun = |from: Instant| reads.iter().filter(|(at, _)| *at >= from && *at < from + seconds(1)).count();
        reads.iter().map(|(at, _)| begun(*at)).max().unwrap_or_default()
    }
}

fn a_reader() -> (Arc<Server>, Arc<Reader>) {
    let server = Arc::<Server>::default();
    let reader = Arc::new(Reader::new(server.client(), POLL));
    (server, reader)
}

async fn text(reader: &Reader, name: &str, age: Duration) -> Option<String> {
    let found = reader.read(Asker::Pass, "team", &Reference::secret(name), age).await.unwrap();
    found.map(|contents| String::from_utf8(contents.bytes("key").unwrap().to_vec()).unwrap())
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(start_paused = true)]
async fn what_was_read_serves_whoever_is_content_with_its_age() {
    let (server, reader) = a_reader();
    server.put("a", "one");
    assert_eq!(text(&reader, "a", seconds(10)).await.as_deref(), Some("one"));
    server.put("a", "two");
    tokio::time::advance(seconds(9)).await;
    assert_eq!(text(&reader, "a", seconds(10)).await.as_deref(), Some("one"));
    assert_eq!(text(&reader, "a", Duration::ZERO).await.as_deref(), Some("two"), "who wants it as it is now gets it");
    server.delete("a");
    tokio::time::advance(seconds(10)).await;
    assert_eq!(text(&reader, "a", seconds(10)).await, None);
    assert_eq!(server.reads_of("a"), 3);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_the_same_while_it_is_waited_for_shares_one_read() {
    let (server, reader) = a_reader();
    server.put("a", "one");
    server.put("b", "one");
    // Until the next turn there is time for all to ask.
    text(&reader, "somebody-elses", Duration::ZERO).await;
    let asked = (0..1000).map(|number| {
        let reader = &reader;
        async move { text(reader, if number % 2 == 0 { "a" } else { "b" }, Duration::ZERO).await.is_some() }
    });
    assert!(futures::future::join_all(asked).await.into_iter().all(|found| found));
    assert_eq!((server.reads_of("a"), server.reads_of("b")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_an_answer_is_on_its_way_may_mean_something_newer() {
    let (server, reader) = a_reader();
    server.put("a", "one");
    *server.latency.lock().unwrap() = seconds(1);
    let first = text(&reader, "a", Duration::ZERO);
    let second = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        text(&reader, "a", Duration::ZERO).await
    };
    futures::future::join(first, second).await;
    assert_eq!(server.reads_of("a"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_kept_but_shared_by_those_who_waited_for_it() {
    let (server, reader) = a_reader();
    let secret = Reference::secret("a");
    let read = || reader.read(Asker::Pass, "team", &secret, POLL);
    for (code, unread) in [(StatusCode::FORBIDDEN, Unread::Forbidden), (StatusCode::SERVICE_UNAVAILABLE, Unread::Silence)] {
        server.refuse(code);
        // Until the next turn there is time for all to ask.
        let _ = reader.read(Asker::Pass, "team", &Reference::secret("somebody-elses"), POLL).await;
        let before = server.reads_of("a");
        let heard = futures::future::join_all((0..20).map(|_| read())).await;
        assert!(heard.into_iter().all(|found| found.is_err_and(|why| why == unread)));
        assert_eq!(server.reads_of("a"), before + 1);
    }
    server.refuse(None);
    assert!(read().await.is_ok_and(|found| found.is_none()));
}

#[tokio::test(start_paused = true)]
async fn twenty_reads_a_second_in_all_and_nobody_waits_for_all_of_somebody_elses() {
    let (server, reader) = a_reader();
    *server.latency.lock().unwrap() = Duration::from_millis(200);
    let began = Instant::now();
    let ask = |asker, prefix: &'static str, count: usize| {
        let reader = &reader;
        let reads = (0..count).map(move |number| async move {
            let reference = Reference::secret(&format!("{prefix}-{number}"));
            reader.read(asker, "team", &reference, Duration::ZERO).await.unwrap();
        });
        async move {
            futures::future::join_all(reads).await;
            began.elapsed()
        }
    };
    let (credentials, passes, polls) =
        futures::future::join3(ask(Asker::Credential, "credential", 10), ask(Asker::Pass, "pass", 100), ask(Asker::Poll, "poll", 200))
            .await;
    assert_eq!(server.busiest_second(), 20);
    assert!(credentials < seconds(2), "ten reads among three who take turns took {credentials:?}");
    assert!(passes < seconds(11), "{passes:?}");
    assert!(polls > seconds(15) && polls < seconds(16), "all 310 took {polls:?}");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_may_ask_for_any_more_is_not_in_memory() {
    let (server, reader) = a_reader();
    server.put("a", "one");
    text(&reader, "a", POLL).await;
    let held = reader.read(Asker::Pass, "team", &Reference::secret("a"), POLL).await.unwrap().unwrap();
    tokio::time::advance(POLL).await;
    assert_eq!(Arc::strong_count(&held), 2);
    reader.forget_the_old();
    assert_eq!(Arc::strong_count(&held), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_name_does_not_exist_and_is_not_asked_for() {
    let (server, reader) = a_reader();
    assert_eq!(text(&reader, "../../other/secrets/x", POLL).await, None);
    assert!(server.reads.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pass_is_handed_all_that_it_asked_for() {
    let (server, reader) = a_reader();
    server.put("a", "one\n");
    let wanted = vec![Reference::secret("a"), Reference::secret("b")];
    let references = reader.gather(Asker::Pass, "team", wanted, POLL).await;
    assert_eq!(references.secret("a", "key").unwrap().expose_secret(), "one\n");
    assert_eq!(references.secret("b", "key").unwrap_err(), Missing::Object(Reference::secret("b")));
}

// ── the poll ────────────────────────────────────────────────────────────────────────────────────────────────

/// A poll that runs, for objects that a test names, and whom it has woken.
struct Running {
    server: Arc<Server>,
    reader: Arc<Reader>,
    poll: Arc<Poll>,
    pointers: Arc<Mutex<Vec<Pointer>>>,
    woken: Arc<Mutex<Vec<(Instant, String)>>>,
    task: tokio::task::JoinHandle<Infallible>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn pointer(name: &str, secrets: &[&str]) -> Pointer {
    let references = secrets.iter().map(|secret| Reference::secret(secret)).collect();
    Pointer { uid: format!("uid-of-{name}"), namespace: "team".to_owned(), name: name.to_owned(), references }
}

impl Running {
    fn with(pointers: Vec<Pointer>) -> Self {
        let (server, reader) = a_reader();
        let throws = Mutex::new(0_u8);
        let dice = Dice::new(move || {
            let mut number = throws.lock().unwrap();
            *number = number.wrapping_add(101);
            [*number; 16]
        });
        let poll = Arc::new(Poll::new(Arc::clone(&reader), POLL, dice));
        let pointers = Arc::new(Mutex::new(pointers));
        let woken = Arc::<Mutex<Vec<(Instant, String)>>>::default();
        let task = tokio::spawn({
            let (poll, pointers, woken) = (Arc::clone(&poll), Arc::clone(&pointers), Arc::clone(&woken));
            async move {
                let wake = |pointer: &Pointer| woken.lock().unwrap().push((Instant::now(), pointer.name.clone()));
                poll.run(|| pointers.lock().unwrap().clone(), wake).await
            }
        });
        Self { server, reader, poll, pointers, woken, task }
    }

    /// What the poll does in the next minute.
    async fn a_minute(&self) -> Vec<String> {
        self.woken.lock().unwrap().clear();
        tokio::time::sleep(MINUTE).await;
        let mut woken: Vec<_> = self.woken.lock().unwrap().iter().map(|(_, name)| name.clone()).collect();
        woken.sort_unstable();
        woken
    }

    /// A pass over an object.
    async fn pass(&self, pointer: &Pointer) -> References {
        let references = self.reader.gather(Asker::Pass, &pointer.namespace, pointer.references.clone(), POLL).await;
        self.poll.gathered(&pointer.uid, &references);
        references
    }
}

const NOBODY: Vec<String> = Vec::new();

#[tokio::test(start_paused = true)]
async fn a_changed_secret_wakes_each_of_its_users_once_and_an_unchanged_one_nobody() {
    let running = Running::with(vec![pointer("one", &["a", "b"]), pointer("other", &["a"]), pointer("third", &["b"])]);
    running.server.put("a", "1");
    running.server.put("b", "1");
    assert_eq!(running.a_minute().await, NOBODY, "the first sight is no change");
    running.server.put("a", "2");
    assert_eq!(running.a_minute().await, ["one", "other"]);
    for _ in 0..5 {
        assert_eq!(running.a_minute().await, NOBODY);
    }
}

#[tokio::test(start_paused = true)]
async fn what_appears_or_vanishes_wakes_its_users() {
    let running = Running::with(vec![pointer("one", &["a"])]);
    assert_eq!(running.a_minute().await, NOBODY);
    running.server.put("a", "1");
    assert_eq!(running.a_minute().await, ["one"]);
    running.server.delete("a");
    assert_eq!(running.a_minute().await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_api_server_is_no_change_and_who_heard_its_silence_is_woken_when_it_speaks() {
    let (calm, hurt) = (pointer("calm", &["a"]), pointer("hurt", &["a"]));
    let running = Running::with(vec![calm.clone(), hurt.clone()]);
    running.server.put("a", "1");
    running.pass(&calm).await;
    running.server.refuse(StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::advance(POLL).await;
    assert!(running.pass(&hurt).await.secret("a", "key").unwrap_err().passes_by_itself());
    assert_eq!(running.a_minute().await, NOBODY);
    running.server.refuse(StatusCode::FORBIDDEN);
    assert_eq!(running.a_minute().await, NOBODY);
    running.server.refuse(None);
    assert_eq!(running.a_minute().await, ["hurt"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_between_a_pass_and_the_first_poll_is_not_lost_and_what_a_pass_saw_is_no_news() {
    let (early, late) = (pointer("early", &["a"]), pointer("late", &["a"]));
    let running = Running::with(vec![early.clone()]);
    running.server.put("a", "1");
    running.pass(&early).await;
    running.server.put("a", "2");
    assert_eq!(running.a_minute().await, ["early"]);
    running.pass(&early).await;
    running.server.put("a", "3");
    tokio::time::advance(POLL).await;
    running.pass(&late).await;
    running.pointers.lock().unwrap().push(late);
    assert_eq!(running.a_minute().await, ["early"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_gone_is_polled_no_more_and_who_comes_back_is_new() {
    let running = Running::with(vec![pointer("one", &["a"])]);
    running.server.put("a", "1");
    running.a_minute().await;
    running.pointers.lock().unwrap().clear();
    running.a_minute().await;
    let before = running.server.reads_of("a");
    running.a_minute().await;
    assert_eq!(running.server.reads_of("a"), before);
    running.server.put("a", "2");
    running.pointers.lock().unwrap().push(pointer("one", &["a"]));
    assert_eq!(running.a_minute().await, NOBODY);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_points_elsewhere_forgets_where_it_pointed() {
    let running = Running::with(vec![pointer("one", &["a"])]);
    running.server.put("a", "1");
    running.server.put("b", "1");
    running.a_minute().await;
    *running.pointers.lock().unwrap() = vec![pointer("one", &["b"])];
    running.a_minute().await;
    running.server.put("a", "2");
    *running.pointers.lock().unwrap() = vec![pointer("one", &["a", "b"])];
    assert_eq!(running.a_minute().await, NOBODY);
}

#[tokio::test(start_paused = true)]
async fn nobody_who_points_at_nothing_costs_a_read() {
    let running = Running::with(Vec::new());
    running.a_minute().await;
    assert!(running.server.reads.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_hundred_secrets_are_seen_to_change_within_a_minute_while_credentials_are_polled_too() {
    let names: Vec<String> = (0..200).map(|number| format!("s-{number}")).collect();
    // Each is pointed at by five objects: one read does for all of them.
    let pointers = (0..1000).map(|number| pointer(&format!("o-{number}"), &[&names[number % 200]])).collect();
    let running = Running::with(pointers);
    *running.server.latency.lock().unwrap() = Duration::from_millis(150);
    for name in &names {
        running.server.put(name, "1");
    }
    let reader = Arc::clone(&running.reader);
    let slowest = Arc::new(Mutex::new(Duration::ZERO));
    let credentials = tokio::spawn({
        let slowest = Arc::clone(&slowest);
        async move {
            // Fifty credentials, about three a second.
            for number in (0..50).cycle() {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let asked = Instant::now();
                let _ = reader.read(Asker::Credential, "team", &Reference::secret(&format!("credential-{number}")), Duration::ZERO).await;
                let mut slowest = slowest.lock().unwrap();
                *slowest = asked.elapsed().max(*slowest);
            }
        }
    });
    assert_eq!(running.a_minute().await, NOBODY);
    let changed = Instant::now();
    for name in &names {
        running.server.put(name, "2");
    }
    assert_eq!(running.a_minute().await.len(), 1000);
    let last = running.woken.lock().unwrap().iter().map(|(at, _)| *at - changed).max().unwrap();
    assert!(last < seconds(45), "the last was woken after {last:?}");
    assert_eq!(running.a_minute().await, NOBODY);
    assert!(running.server.busiest_second() <= 20, "{} reads in a second", running.server.busiest_second());
    let reads = running.server.reads_of("s-7");
    assert!((9..=16).contains(&reads), "{reads} reads of one Secret in three minutes");
    let slowest = *slowest.lock().unwrap();
    assert!(slowest < Duration::from_millis(500), "a credential waited {slowest:?} for its Secret");
    credentials.abort();
}

// ── names and times ─────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn only_what_can_be_a_name_becomes_part_of_a_path() {
    for name in ["aliyun", "a", "aliyun.other", "a-1.b-2"] {
        assert!(is_a_name(name), "{name}");
    }
    let long = "a".repeat(254);
    for word in ["", "../../other/secrets/x", "x/token?", "a b", "A", "-a", "a-", "a..b", ".", "%2e", "x\"}\n---", &long] {
        assert!(!is_a_name(word), "{word:?}");
    }
}

#[test]
fn polls_are_spread_about_their_interval_and_never_come_sooner_than_the_shortest() {
    let with = |byte: u8| next_poll(POLL, &Dice::new(move || [byte; 16]));
    assert_eq!((shortest_poll(POLL), with(0)), (seconds(12), seconds(12)));
    assert!(with(0xff) > Duration::from_millis(17_999) && with(0xff) <= seconds(18));
}
