//! Calls that act anew each time, on real sockets that break at every stage: what the caller is told of whether they acted, and whether they
//! are sent again. And whose clock is believed.

use super::*;
use crate::cloud::budget::Limits;
use crate::cloud::error::Explanation;

use crate::cloud::transport::{Method, NameService, TransportOptions};
use http::HeaderName;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

const RUN: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };
const NOW: i64 = 1_800_000_000;

/// A vendor whose answers are a code, and whose requests are a date.
struct Plain(String);

impl Dialect for Plain {
    type Keys = ();
    type Request = ();

    fn build(&self, _: &Call<'_>, (): &(), (): &(), stamp: &Stamp) -> Result<HttpRequest, CloudError> {
        let date = (HeaderName::from_static("x-date"), stamp.date.as_second().into());
        Ok(HttpRequest { method: Method::POST, url: self.0.parse().unwrap(), headers: vec![date], body: b"run".to_vec(), deadline: None })
    }

    fn judge(&self, operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
        if answer.status == 200 {
            return Ok(Value::Null);
        }
        let class = Class::Unexpected;
        let explanation = Explanation::of(class, "no", "mend it");
        let code = Some(String::from_utf8_lossy(&answer.body).into_owned());
        Err(CloudError { code, ..CloudError::explained(operation, &explanation) })
    }

    fn lesson(&self, _: &HttpAnswer) -> Option<Learned> {
        None
    }

    fn secrets<'k>(&self, (): &'k ()) -> Vec<&'k SecretString> {
        Vec::new()
    }

    fn blames_the_date(&self, error: &CloudError) -> bool {
        error.has_code(&["Date"])
    }

    fn blames_the_nonce(&self, _: &CloudError) -> bool {
        false
    }
}

#[derive(Default)]
struct Codes(Mutex<Vec<String>>);

impl CallObserver for Codes {
    fn finished(&self, call: &FinishedCall) {
        self.0.lock().unwrap().push(call.code.clone());
    }
}

fn a_client(url: &str, options: TransportOptions) -> (Client<Plain>, Arc<Codes>) {
    let codes = Arc::new(Codes::default());
    let clock = Clock::new(|| Timestamp::from_second(NOW).unwrap());
    let throws = AtomicU64::new(0);
    let around = Surroundings {
        tenant: "default/credential".to_owned(),
        transport: Arc::new(Transport::new(options).unwrap()),
        budget: Budget::new(clock.clone(), Limits::default()),
        clock,
        // A fraction of next to nothing: no test waits for a pause.
        dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
        observer: Arc::clone(&codes) as Arc<dyn CallObserver>,
    };
    (Client::new(Plain(url.to_owned()), Ring::given(()), around), codes)
}

async fn run(client: &Client<Plain>) -> Result<(), CloudError> {
    run_by(client, None).await
}

async fn run_by(client: &Client<Plain>, begin_by: Option<Instant>) -> Result<(), CloudError> {
    let call = Call { operation: RUN, account: Some("1"), region: "r", lane: Lane::Edit, ids: None, begin_by };
    client.exchange(&call, &()).await.map(drop)
}

/// A server that does this with each connection, and says what it read of each.
fn a_server(serve: impl Fn(TcpStream, usize, &Mutex<Vec<String>>) + Send + 'static) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    std::thread::spawn(move || {
        for (number, socket) in listener.incoming().flatten().enumerate() {
            serve(socket, number, &log);
        }
    });
    (port, heard)
}

/// The whole of a request with a body of three bytes.
fn read(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\nrun") && socket.read(&mut byte).is_ok_and(|read| read == 1) {
        text.push(byte[0]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn answered_with(answer: &'static [u8]) -> (u16, Arc<Mutex<Vec<String>>>) {
    a_server(move |mut socket, _, heard| {
        let request = read(&mut socket);
        heard.lock().unwrap().push(request);
        // The client may have gone.
        drop(socket.write_all(answer));
        drop(socket.shutdown(Shutdown::Write));
    })
}

fn options() -> TransportOptions {
    let connect_timeout = Duration::from_millis(300);
    // As in the product, a connection has less time than an answer.
    TransportOptions { connect_timeout, read_timeout: Duration::from_millis(600), body_cap: 1_000_000, ..TransportOptions::default() }
}

#[tokio::test]
async fn what_broke_before_the_first_byte_has_not_acted_and_is_tried_again() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (no_tls, heard) = a_server(|mut socket, _, heard| {
        let mut hello = [0; 16];
        drop(socket.read(&mut hello));
        heard.lock().unwrap().push(String::from_utf8_lossy(&hello).into_owned());
        drop(socket.write_all(b"HTTP/1.1 400 speak plainly\r\n\r\n"));
    });
    // Takes the connection and never says a word.
    let (speechless, _) = a_server(|mut socket, _, _| while socket.read(&mut [0; 64]).is_ok_and(|read| read > 0) {});
    let unknown = NameService::new(|_| std::future::ready(Err(std::io::Error::other("no such host"))));
    let nowhere = NameService::new(|_| std::future::ready(Ok(Vec::new())));
    let inside = NameService::new(|_| std::future::ready(Ok(vec![IpAddr::from([127, 0, 0, 1])])));
    let table = [
        (format!("http://127.0.0.1:{nobody}"), NameService::default(), "ConnectFailed", 3),
        (format!("https://127.0.0.1:{no_tls}"), NameService::default(), "ConnectFailed", 3),
        (format!("https://127.0.0.1:{speechless}"), NameService::default(), "ConnectFailed", 3),
        ("http://ecs.example".to_owned(), unknown, "ResolveFailed", 3),
        ("http://ecs.example".to_owned(), nowhere, "ResolveFailed", 3),
        // Nothing will have changed a second later.
        (format!("http://ecs.example:{no_tls}"), inside, "EndpointNotAllowed", 1),
    ];
    for (url, names, code, tries) in table {
        let (client, codes) = a_client(&url, TransportOptions { names, ..options() });
        let error = run(&client).await.unwrap_err();
        assert_eq!(error.acted, Acted::No, "{url}");
        assert_eq!(*codes.0.lock().unwrap(), vec![code; tries], "{url}");
    }
    assert!(heard.lock().unwrap().iter().all(|request| !request.contains("run")), "no byte of a request was sent");
}

#[tokio::test]
async fn what_broke_after_the_first_byte_may_have_acted_and_is_sent_once() {
    let many: &'static [u8] = format!("HTTP/1.1 200 OK\r\ncontent-length: 300002\r\n\r\n[0{}]", ",0".repeat(150_000)).leak().as_bytes();
    let long: &'static [u8] = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000001\r\n\r\n{}", " ".repeat(1_000_001)).leak().as_bytes();
    let silent = a_server(|mut socket, _, heard| {
        let request = read(&mut socket);
        heard.lock().unwrap().push(request);
        // Open until the client gives up.
        drop(socket.read(&mut [0]));
    });
    // Of this one the client cannot know whether anything was read: the server closes before it looks.
    let deaf = a_server(|socket, _, heard| {
        heard.lock().unwrap().push("run".to_owned());
        drop(socket.shutdown(Shutdown::Both));
    });
    let table = [
        ("closed unread", deaf, "ConnectionBroken"),
        ("closed after it was read", answered_with(b""), "ConnectionBroken"),
        ("closed in the head", answered_with(b"HTTP/1.1 200 OK\r\ncontent-le"), "ConnectionBroken"),
        ("half an answer", answered_with(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"), "ConnectionBroken"),
        ("half a chunk", answered_with(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf"), "ConnectionBroken"),
        ("not HTTP", answered_with(b"220 smtp.example ESMTP\r\n"), "ConnectionBroken"),
        ("too long", answered_with(long), "AnswerTooLong"),
        ("too many parts", answered_with(many), "AnswerTooLong"),
        ("silence", silent, "TimedOut"),
    ];
    for (name, (port, heard), code) in table {
        let (client, codes) = a_client(&format!("http://127.0.0.1:{port}"), options());
        let error = run(&client).await.unwrap_err();
        assert_eq!((error.acted, error.class), (Acted::Perhaps, Class::Unavailable), "{name}");
        assert_eq!(*codes.0.lock().unwrap(), [code], "{name}");
        let heard = heard.lock().unwrap();
        assert!(heard.len() == 1 && heard[0].ends_with("run"), "{name}: {heard:?}");
    }
}

/// The moment until when a call may be begun. It is told when all is set up, which takes its time.
#[derive(Clone, Default)]
struct Limit(Arc<OnceLock<Instant>>);

impl Limit {
    fn soon(&self) -> Instant {
        *self.0.get_or_init(|| Instant::now() + Duration::from_millis(100))
    }

    /// For somebody who gives what is asked for when it is too late.
    async fn pass(&self) {
        tokio::time::sleep_until(self.soon() + Duration::from_millis(2)).await;
    }
}

/// Keys that are to be had only then.
impl KeySource<()> for Limit {
    fn fetch(&self) -> futures::future::BoxFuture<'_, Result<Fresh<()>, CloudError>> {
        Box::pin(async {
            self.pass().await;
            Ok(Fresh { keys: (), expires: Timestamp::MAX })
        })
    }
}

/// Transport whose names lead there, and only then.
fn lame(limit: &Limit, leads_to: Option<IpAddr>) -> TransportOptions {
    let limit = limit.clone();
    let names = NameService::new(move |_| {
        let limit = limit.clone();
        async move {
            limit.pass().await;
            Ok(leads_to.into_iter().collect())
        }
    });
    TransportOptions { names, trusted_hosts: vec!["ecs.example".to_owned()], ..options() }
}

#[tokio::test]
async fn what_is_not_begun_in_time_leaves_nothing_on_the_wire() {
    let (done, heard) = std::sync::mpsc::channel();
    let (port, _) = a_server(move |mut socket, _, _| {
        let mut text = String::new();
        drop(socket.read_to_string(&mut text));
        done.send(text).unwrap();
    });
    let (over_name, over_keys, passed) = (Limit::default(), Limit::default(), Limit::default());
    let here = format!("http://127.0.0.1:{port}");
    let (slow_name, names_codes) = a_client(&format!("http://ecs.example:{port}"), lame(&over_name, Some(IpAddr::from([127, 0, 0, 1]))));
    let (mut slow_keys, keys_codes) = a_client(&here, options());
    slow_keys.ring = Ring::fetched(Box::new(over_keys.clone()), slow_keys.around.clock.clone(), slow_keys.around.dice.clone());
    let (late, codes) = a_client(&here, options());
    passed.pass().await;
    for (client, codes, limit) in [(slow_name, names_codes, over_name), (slow_keys, keys_codes, over_keys), (late, codes, passed)] {
        let error = run_by(&client, Some(limit.soon())).await.unwrap_err();
        assert_eq!((error.acted, error.class, error.is_not_begun()), (Acted::No, Class::Unavailable, true), "{error:?}");
        assert_eq!(*codes.0.lock().unwrap(), ["NotBegun"], "once");
    }
    // Only the first of them came as far as a connection, which it closes.
    let heard = tokio::task::spawn_blocking(move || {
        let first = heard.recv_timeout(Duration::from_secs(5));
        (first, heard.try_recv().ok())
    });
    assert_eq!(heard.await.unwrap(), (Ok(String::new()), None));
}

#[tokio::test]
async fn what_is_begun_in_time_is_sent_whole() {
    let (port, heard) = answered_with(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let (client, _) = a_client(&format!("http://127.0.0.1:{port}"), options());
    run_by(&client, Some(Instant::now() + Duration::from_secs(20))).await.unwrap();
    let heard = heard.lock().unwrap();
    assert!(matches!(heard.as_slice(), [request] if request.contains("content-length: 3\r\n") && request.ends_with("\r\n\r\nrun")));
}

#[tokio::test]
async fn what_cannot_be_tried_again_in_time_fails_for_its_own_reason() {
    let limit = Limit::default();
    let (client, codes) = a_client("http://ecs.example", lame(&limit, None));
    let error = run_by(&client, Some(limit.soon())).await.unwrap_err();
    assert_eq!((error.acted, error.is_not_begun()), (Acted::No, false));
    assert_eq!(*codes.0.lock().unwrap(), ["ResolveFailed"]);
}

/// Answers these in turn, and says which dates the requests bore.
async fn dates(answers: &'static [(u16, Option<&'static str>, &'static str)]) -> Vec<i64> {
    let (port, heard) = a_server(move |mut socket, number, heard| {
        let request = read(&mut socket);
        heard.lock().unwrap().push(request);
        let (status, date, code) = answers[number];
        let date = date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
        let answer = format!("HTTP/1.1 {status} X\r\n{date}connection: close\r\ncontent-length: {}\r\n\r\n{code}", code.len());
        drop(socket.write_all(answer.as_bytes()));
    });
    let (client, _) = a_client(&format!("http://127.0.0.1:{port}"), options());
    while heard.lock().unwrap().len() < answers.len() {
        // How it ends is what the dates show.
        drop(run(&client).await);
    }
    let heard = heard.lock().unwrap();
    let date = |request: &String| request.lines().find_map(|line| line.strip_prefix("x-date: ")).unwrap().parse().unwrap();
    heard.iter().map(date).collect()
}

#[tokio::test]
async fn a_clock_is_learned_in_both_directions_and_kept() {
    // 08:00:00 by our clock.
    let ahead = dates(&[(400, Some("Fri, 15 Jan 2027 08:20:00 GMT"), "Date"), (200, None, ""), (200, None, "")]).await;
    assert_eq!(ahead, [NOW, NOW + 1200, NOW + 1200]);
    let behind = dates(&[(400, Some("Fri, 15 Jan 2027 07:40:00 GMT"), "Date"), (200, None, ""), (200, None, "")]).await;
    assert_eq!(behind, [NOW, NOW - 1200, NOW - 1200]);
    // And learned anew, should it have been wrong.
    let wrong = dates(&[
        (400, Some("Sun, 06 Nov 1994 08:49:37 GMT"), "Date"),
        (400, Some("Fri, 15 Jan 2027 08:20:00 GMT"), "Date"),
        (400, Some("Fri, 15 Jan 2027 08:20:00 GMT"), "Date"),
        (200, None, ""),
    ])
    .await;
    assert_eq!((wrong[0], wrong[3]), (NOW, NOW + 1200), "{wrong:?}");
}

#[tokio::test]
async fn a_date_is_not_believed_unless_the_cloud_says_that_ours_is_wrong() {
    for answers in [
        &[(200, Some("Sun, 06 Nov 1994 08:49:37 GMT"), ""), (200, None, "")],
        &[(403, Some("Sun, 06 Nov 1994 08:49:37 GMT"), "Forbidden"), (200, None, "")],
        &[(502, Some("Fri, 31 Dec 9999 23:59:59 GMT"), "<html>"), (200, None, "")],
        &[(400, None, "Date"), (200, None, "")],
        &[(400, Some("tomorrow"), "Date"), (200, None, "")],
        &[(400, Some("Fri, 31 Dec 99999 23:59:59 GMT"), "Date"), (200, None, "")],
        // A difference that the vendor tolerates is none.
        &[(400, Some("Fri, 15 Jan 2027 08:00:59 GMT"), "Date"), (200, None, "")],
    ] {
        assert_eq!(dates(answers).await, [NOW, NOW], "{answers:?}");
    }
}
