//! The client on a real socket, against a server on loopback that answers from a script: what goes out, what is repeated, and
//! what each way of failing means. What the cloud does with a request is the simulator's part, not this one's.

#![allow(clippy::unwrap_used, reason = "a step that fails ends the story")]

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use cloud_steward::ambient::{Clock, Dice};
use cloud_steward::cloud::alibaba::ecs::{InstanceFilter, JOIN_SECURITY_GROUP, JoinSecurityGroupRequest, LeaveSecurityGroupRequest, Tag};
use cloud_steward::cloud::alibaba::{Alibaba, AlibabaOptions, Auth, EndpointNetwork, Keys};
use cloud_steward::cloud::budget::{Budget, Lane, Limits};
use cloud_steward::cloud::client::{CallObserver, FinishedCall, Surroundings};
use cloud_steward::cloud::error::{Acted, Class};
use cloud_steward::cloud::session::{Cloud, Session};
use cloud_steward::cloud::transport::{HttpRequest, Method, Transport, TransportOptions};
use cloud_steward::reason::Reason;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

/// What the server does with the next request.
enum Reply {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Takes the request and says nothing for longer than anybody waits.
    Silence,
}

impl Reply {
    fn ok(body: &serde_json::Value) -> Self {
        Self::Answer(200, Vec::new(), body.to_string())
    }

    fn done() -> Self {
        Self::ok(&json!({"RequestId": "R-done"}))
    }

    fn refusal(status: u16, code: &str) -> Self {
        Self::Answer(status, Vec::new(), json!({"RequestId": "R-refused", "Code": code, "Message": "%s"}).to_string())
    }

    fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Answer(status, mut headers, body) => {
                headers.push((name, value.to_owned()));
                Self::Answer(status, headers, body)
            }
            Self::Silence => Self::Silence,
        }
    }
}

struct Seen {
    parameters: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Default)]
struct Script {
    replies: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

async fn answer(State(script): State<Arc<Script>>, uri: Uri, headers: HeaderMap) -> Response {
    let parameters = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    script.seen.lock().unwrap().push(Seen { parameters, headers });
    let reply = script.replies.lock().unwrap().pop_front();
    match reply {
        Some(Reply::Answer(status, headers, body)) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Some(Reply::Silence) => std::future::pending().await,
        None => (StatusCode::IM_A_TEAPOT, "the script is over").into_response(),
    }
}

#[derive(Default)]
struct Finished(Mutex<Vec<FinishedCall>>);

impl CallObserver for Finished {
    fn finished(&self, call: &FinishedCall) {
        self.0.lock().unwrap().push(call.clone());
    }
}

struct World {
    script: Arc<Script>,
    finished: Arc<Finished>,
    transport: Arc<Transport>,
    budget: Arc<Budget>,
    alibaba: Arc<Alibaba>,
}

impl World {
    fn session(&self, lane: Lane) -> Session {
        Session::new(Cloud::Alibaba(Arc::clone(&self.alibaba)), "1234567890", "cn-hangzhou", lane)
    }

    fn codes(&self) -> Vec<String> {
        self.finished.0.lock().unwrap().iter().map(|call| call.code.clone()).collect()
    }

    fn seen<T>(&self, look: impl Fn(&Seen) -> T) -> Vec<T> {
        self.script.seen.lock().unwrap().iter().map(look).collect()
    }
}

const NOW: i64 = 1_800_000_000;

async fn a_world(replies: impl IntoIterator<Item = Reply>) -> World {
    let script = Arc::new(Script { replies: Mutex::new(replies.into_iter().collect()), seen: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum::Router::new().fallback(answer).with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, server).await });
    a_world_at(&format!("http://{address}"), script)
}

fn a_world_at(url: &str, script: Arc<Script>) -> World {
    let options = TransportOptions {
        user_agent_suffix: "test".to_owned(),
        read_timeout: Duration::from_millis(300),
        body_cap: 100_000,
        ..TransportOptions::default()
    };
    let transport = Arc::new(Transport::new(options).unwrap());
    let clock = Clock::new(|| Timestamp::from_second(NOW).unwrap());
    let budget = Budget::new(clock.clone(), Limits::default());
    let finished = Arc::new(Finished::default());
    let throws = AtomicU64::new(0);
    let alibaba = Alibaba::new(AlibabaOptions {
        auth: Auth::Keys(Keys {
            access_key_id: "key-id".to_owned(),
            access_key_secret: SecretString::from("key-secret"),
            security_token: Some(SecretString::from("session-token")),
        }),
        region: "cn-hangzhou".to_owned(),
        network: EndpointNetwork::Public,
        endpoints: ["ecs", "sts"].map(|service| (service.to_owned(), Url::parse(url).unwrap())).into(),
        around: Surroundings {
            tenant: "default/credential".to_owned(),
            transport: Arc::clone(&transport),
            budget: Arc::clone(&budget),
            clock,
            // Different each time, and a fraction of next to nothing: no test waits for a pause.
            dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
            observer: Arc::clone(&finished) as Arc<dyn CallObserver>,
        },
    });
    World { script, finished, transport, budget, alibaba }
}

fn a_join() -> JoinSecurityGroupRequest {
    JoinSecurityGroupRequest {
        security_group_id: "sg-1".to_owned(),
        instance_id: Some("i-1".to_owned()),
        ..JoinSecurityGroupRequest::default()
    }
}

fn a_leave() -> LeaveSecurityGroupRequest {
    LeaveSecurityGroupRequest {
        security_group_id: "sg-1".to_owned(),
        instance_id: Some("i-1".to_owned()),
        ..LeaveSecurityGroupRequest::default()
    }
}

#[tokio::test]
async fn a_join_goes_out_signed_with_its_region_and_comes_back_with_a_request_id() {
    let world = a_world([Reply::done()]).await;
    let joined = world.session(Lane::Edit).ecs().unwrap().join_security_group(a_join()).await.unwrap();
    assert_eq!((joined.request_id.as_str(), joined.already_member), ("R-done", false));
    let expected = [("InstanceId", "i-1"), ("RegionId", "cn-hangzhou"), ("SecurityGroupId", "sg-1")];
    let expected: BTreeMap<String, String> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let seen = world.script.seen.lock().unwrap();
    assert_eq!(seen[0].parameters, expected);
    assert_eq!(seen[0].header("x-acs-action"), "JoinSecurityGroup");
    assert_eq!(seen[0].header("x-acs-date"), "2027-01-15T08:00:00Z");
    assert_eq!(seen[0].header("x-acs-security-token"), "session-token");
    assert_eq!(seen[0].header("user-agent"), format!("cloud-steward/{} (test)", env!("CARGO_PKG_VERSION")));
    assert!(seen[0].header("host").starts_with("127.0.0.1:"));
    let signed = "SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;\
                  x-acs-signature-nonce;x-acs-version,";
    assert!(seen[0].header("authorization").contains(signed));
}

#[tokio::test]
async fn a_refusal_that_says_it_is_done_is_a_success() {
    let world = a_world([
        Reply::refusal(403, "InvalidInstanceId.AlreadyExists"),
        Reply::refusal(400, "InvalidSecurityGroupAssociation.NotFound"),
        Reply::refusal(403, "InstanceNotInSecurityGroup"),
        Reply::done(),
    ])
    .await;
    let ecs = world.session(Lane::Work).ecs().unwrap();
    assert!(ecs.join_security_group(a_join()).await.unwrap().already_member);
    for was_member in [false, false, true] {
        assert_eq!(ecs.leave_security_group(a_leave()).await.unwrap().was_member, was_member);
    }
    assert!(world.finished.0.lock().unwrap().iter().all(|call| call.class.is_none()), "none of it counts as an error");
}

#[tokio::test]
async fn an_absent_service_is_asked_three_times_with_a_new_nonce_each() {
    let absent = || Reply::refusal(503, "ServiceUnavailable");
    let world = a_world([absent(), absent(), Reply::done(), absent(), absent(), absent()]).await;
    let ecs = world.session(Lane::Work).ecs().unwrap();
    assert!(ecs.join_security_group(a_join()).await.is_ok());
    let error = ecs.join_security_group(a_join()).await.unwrap_err();
    assert_eq!((error.class, error.acted), (Class::Unavailable, Acted::Perhaps));
    assert_eq!(error.request_id.as_deref(), Some("R-refused"));
    let nonces: BTreeSet<String> = world.seen(|seen| seen.header("x-acs-signature-nonce").to_owned()).into_iter().collect();
    assert_eq!(nonces.len(), 6);
    let attempts: Vec<u32> = world.finished.0.lock().unwrap().iter().map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 1, 2, 3]);
    // The first of each was the caller's to get a permit for.
    assert_eq!(world.budget.waits().iter().map(|wait| wait.admitted).sum::<u64>(), 4, "a repeat is one more call to the vendor");
}

#[tokio::test]
async fn a_wrong_clock_is_put_right_by_the_clouds() {
    let expired = Reply::refusal(400, "InvalidTimeStamp.Expired").with("date", "Fri, 15 Jan 2027 10:30:00 GMT");
    let world = a_world([expired, Reply::done(), Reply::done()]).await;
    let ecs = world.session(Lane::Work).ecs().unwrap();
    ecs.join_security_group(a_join()).await.unwrap();
    ecs.join_security_group(a_join()).await.unwrap();
    let dates = world.seen(|seen| seen.header("x-acs-date").to_owned());
    assert_eq!(dates, ["2027-01-15T08:00:00Z", "2027-01-15T10:30:00Z", "2027-01-15T10:30:00Z"]);
}

#[tokio::test]
async fn a_throttled_call_closes_the_window_and_is_not_repeated() {
    let world = a_world([Reply::refusal(400, "Throttling.User").with("x-acs-retry-after", "1500")]).await;
    let session = world.session(Lane::Edit);
    let error = session.ecs().unwrap().join_security_group(a_join()).await.unwrap_err();
    assert_eq!((error.class, error.acted, error.retry_after), (Class::Throttled, Acted::No, Some(Duration::from_millis(1500))));
    let key = session.budget_key(JOIN_SECURITY_GROUP);
    let mut permit = Box::pin(world.budget.admit(&key, Lane::Edit, "default/credential"));
    assert!(futures::poll!(permit.as_mut()).is_pending());
    assert_eq!(world.codes(), ["Throttling.User"]);
}

#[tokio::test]
async fn a_good_answer_too_may_say_that_the_window_is_used_up() {
    let world = a_world([Reply::done().with("x-ratelimit-user-api", "Limit:1000,Remain:0,TimeLeft:30000,Reset:1800000030")]).await;
    let session = world.session(Lane::Edit);
    session.ecs().unwrap().join_security_group(a_join()).await.unwrap();
    let key = session.budget_key(JOIN_SECURITY_GROUP);
    let mut permit = Box::pin(world.budget.admit(&key, Lane::Edit, "default/credential"));
    assert!(futures::poll!(permit.as_mut()).is_pending());
}

#[tokio::test]
async fn a_key_that_is_refused_is_refused_once() {
    let world = a_world([Reply::refusal(403, "SignatureDoesNotMatch")]).await;
    let error = world.alibaba.get_caller_identity().await.unwrap_err();
    assert_eq!((error.class, error.reason), (Class::Unauthenticated, Reason::CredentialRejected));
    let finished = world.finished.0.lock().unwrap();
    assert_eq!((finished.len(), finished[0].class), (1, Some(Class::Unauthenticated)));
}

#[tokio::test]
async fn an_identity_tells_the_account() {
    let body = json!({"RequestId": "R", "AccountId": "42", "Arn": "acs:ram::42:user/u", "IdentityType": "RAMUser", "RoleId": null});
    let world = a_world([Reply::ok(&body)]).await;
    let identity = world.alibaba.get_caller_identity().await.unwrap();
    assert_eq!((identity.account_id.as_str(), identity.identity_type.as_deref()), ("42", Some("RAMUser")));
}

#[tokio::test]
async fn many_reads_are_one_call_that_asks_for_a_whole_page() {
    let instance = |n: u32| json!({"InstanceId": format!("i-{n:03}"), "Status": "Running"});
    let known: Vec<serde_json::Value> = (0..99).map(instance).collect();
    let world = a_world([Reply::ok(&json!({"RequestId": "R", "Instances": {"Instance": known}}))]).await;
    let ecs = world.session(Lane::Edit).ecs().unwrap();
    let ids: Vec<String> = (0..100).map(|n| format!("i-{n:03}")).collect();
    let found = futures::future::join_all(ids.iter().map(|id| ecs.instance(id))).await;
    let known = found.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_some()).count();
    assert_eq!(known, 99, "the one that the cloud leaves out is not there");
    let parameters = world.seen(|seen| seen.parameters.clone());
    assert_eq!(parameters.len(), 1);
    assert_eq!(parameters[0]["MaxResults"], "100");
    assert_eq!(serde_json::from_str::<Vec<String>>(&parameters[0]["InstanceIds"]).unwrap(), ids);
    assert_eq!(world.finished.0.lock().unwrap()[0].batch_size, Some(100));
}

#[tokio::test]
async fn a_listing_reads_every_page_or_fails() {
    let page =
        |id: &str, next: &str| Reply::ok(&json!({"RequestId": "R", "NextToken": next, "Instances": {"Instance": [{"InstanceId": id}]}}));
    let filter = || InstanceFilter {
        tags: vec![Tag { key: Some("role".to_owned()), value: Some("web".to_owned()) }],
        vpc_id: Some("vpc-1".to_owned()),
        ..InstanceFilter::default()
    };
    let world = a_world([page("i-1", "two"), page("i-1", "three"), page("i-2", "")]).await;
    let found = world.session(Lane::Work).ecs().unwrap().select_instances(filter()).await.unwrap();
    assert_eq!(found.iter().map(|instance| instance.id.as_str()).collect::<Vec<_>>(), ["i-1", "i-2"]);
    let asked = world.seen(|seen| (seen.parameters["Tag.1.Key"].clone(), seen.parameters.get("NextToken").cloned()));
    let tokens: Vec<Option<&str>> = asked.iter().map(|(_, token)| token.as_deref()).collect();
    assert_eq!(tokens, [None, Some("two"), Some("three")]);

    let world = a_world([page("i-1", "two"), Reply::refusal(403, "Forbidden.RAM")]).await;
    let error = world.session(Lane::Work).ecs().unwrap().select_instances(filter()).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);

    let world = a_world([page("i-1", "round"), page("i-2", "round")]).await;
    assert!(world.session(Lane::Work).ecs().unwrap().select_instances(filter()).await.is_err(), "a list without an end is no list");
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_asked_about_once_for_a_hundred_objects() {
    let world = a_world([Reply::refusal(404, "InvalidRegionId.NotFound")]).await;
    let ecs = world.session(Lane::Edit).ecs().unwrap();
    let ids: Vec<String> = (0..100).map(|n| format!("i-{n}")).collect();
    let outcomes = futures::future::join_all(ids.iter().map(|id| ecs.instance(id))).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.reason == Reason::InvalidSpec)));
    assert_eq!(world.codes().len(), 1);
}

#[tokio::test]
async fn what_is_not_the_clouds_answer_may_hide_that_a_write_acted() {
    let html = |status| Reply::Answer(status, Vec::new(), "<html>".to_owned());
    let elsewhere = Reply::Answer(302, vec![("location", "http://127.0.0.1:1/".to_owned())], String::new());
    let long = Reply::Answer(200, Vec::new(), "x".repeat(200_000));
    for (reply, code) in
        [(html(200), "Garbled"), (html(502), "Garbled"), (elsewhere, "Garbled"), (long, "AnswerTooLong"), (Reply::Silence, "TimedOut")]
    {
        let (second, third) = (Reply::refusal(403, "Forbidden.RAM"), Reply::done());
        let world = a_world([reply, second, third]).await;
        let error = world.session(Lane::Work).ecs().unwrap().join_security_group(a_join()).await.unwrap_err();
        assert_eq!(error.class, Class::Denied, "the repeat of what sets a value is harmless");
        assert_eq!(error.acted, Acted::Perhaps, "the first attempt may have acted, whatever the second was told");
        assert_eq!(world.codes(), [code, "Forbidden.RAM"]);
        let first = world.finished.0.lock().unwrap()[0].class;
        assert_eq!(first, Some(Class::Unavailable));
        assert_eq!(world.transport.in_flight(), 0);
    }
}

#[tokio::test]
async fn a_member_that_a_lost_attempt_may_have_put_there_was_not_there_before() {
    let world = a_world([
        Reply::Silence,
        Reply::refusal(403, "InvalidInstanceId.AlreadyExists"),
        Reply::Silence,
        Reply::refusal(400, "InvalidSecurityGroupAssociation.NotFound"),
    ])
    .await;
    let ecs = world.session(Lane::Work).ecs().unwrap();
    assert!(!ecs.join_security_group(a_join()).await.unwrap().already_member);
    assert!(ecs.leave_security_group(a_leave()).await.unwrap().was_member);
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let world = a_world_at(&format!("http://{address}"), Arc::default());
    let error = world.session(Lane::Work).ecs().unwrap().join_security_group(a_join()).await.unwrap_err();
    assert_eq!((error.class, error.acted), (Class::Unavailable, Acted::No));
    assert_eq!(world.codes(), ["ConnectFailed"; 3]);
}

#[tokio::test]
async fn a_connection_whose_tls_fails_has_carried_nothing() {
    let world = a_world([]).await;
    let url = Url::parse("https://127.0.0.1:1/").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            drop(socket);
        }
    });
    let mut url = url;
    url.set_port(Some(port)).unwrap();
    let request = HttpRequest { method: Method::POST, url, headers: Vec::new(), body: Vec::new(), deadline: None };
    let Err(error) = world.transport.send(request).await else { unreachable!("nobody speaks TLS there") };
    assert_eq!((error.acted(), error.as_str()), (Acted::No, "ConnectFailed"));
}

#[tokio::test]
async fn a_request_may_have_a_deadline_of_its_own_and_is_counted_while_it_is_out() {
    let world = a_world([Reply::Silence]).await;
    let options = TransportOptions::default();
    let transport = Transport::new(options).unwrap();
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = axum::Router::new().fallback(answer).with_state(Arc::clone(&world.script));
        tokio::spawn(async move { axum::serve(listener, server).await });
        Url::parse(&format!("http://{address}/")).unwrap()
    };
    let deadline = Some(Duration::from_millis(50));
    let mut sending = Box::pin(transport.send(HttpRequest { method: Method::POST, url, headers: Vec::new(), body: Vec::new(), deadline }));
    assert!(futures::poll!(sending.as_mut()).is_pending());
    assert_eq!(transport.in_flight(), 1);
    let Err(error) = sending.await else { unreachable!("the server says nothing") };
    assert_eq!((error.acted(), error.as_str()), (Acted::Perhaps, "TimedOut"));
    assert_eq!(transport.in_flight(), 0);
}

#[tokio::test]
async fn a_write_does_not_queue_for_its_repeat() {
    let world = a_world([Reply::refusal(503, "ServiceUnavailable"), Reply::done()]).await;
    let session = world.session(Lane::Edit);
    // The window's last permit is that of the first attempt, and the clock stands still.
    while world.budget.try_admit(&session.budget_key(JOIN_SECURITY_GROUP), Lane::Edit, &session.tenant) {}
    let ecs = session.ecs().unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(5), ecs.join_security_group(a_join())).await;
    let error = outcome.expect("it does not wait for the next window").unwrap_err();
    assert_eq!((error.class, error.acted), (Class::Unavailable, Acted::Perhaps));
    assert_eq!(world.codes(), ["ServiceUnavailable"]);
}
