//! A server on loopback that answers from a script and keeps what it was asked; and a log to look into.

use super::ecs::DescribeInstancesRequest;
use super::{Alibaba, AlibabaOptions, Auth, EndpointNetwork, Keys};
use crate::ambient::{Clock, Dice};
use crate::cloud::budget::{Budget, Lane, Limits};
use crate::cloud::client::{NoObserver, Surroundings};
use crate::cloud::transport::{Transport, TransportOptions};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;

/// A request: operation, version, query, body.
pub(super) type Seen = (String, String, BTreeMap<String, String>, BTreeMap<String, String>);

#[derive(Default)]
pub(super) struct Script {
    replies: Mutex<VecDeque<(u16, Value)>>,
    pub(super) seen: Mutex<Vec<Seen>>,
}

async fn answer(State(script): State<Arc<Script>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let seen = (header("x-acs-action"), header("x-acs-version"), pairs(uri.query().unwrap_or_default()), pairs(&body));
    script.seen.lock().unwrap().push(seen);
    let reply = script.replies.lock().unwrap().pop_front();
    let (status, reply) = reply.unwrap_or_else(|| (418, json!("the script is over")));
    (StatusCode::from_u16(status).unwrap(), reply.to_string()).into_response()
}

pub(super) async fn cloud(replies: impl IntoIterator<Item = (u16, Value)>) -> (Arc<Alibaba>, Arc<Script>) {
    let script = Arc::new(Script { replies: Mutex::new(replies.into_iter().collect()), ..Script::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: url::Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = axum::Router::new().fallback(answer).with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, server).await });
    let clock = Clock::new(|| Timestamp::from_second(1_800_000_000).unwrap());
    let throws = AtomicU64::new(0);
    let alibaba = Alibaba::new(AlibabaOptions {
        auth: Auth::Keys(Keys { access_key_id: "key-1".to_owned(), access_key_secret: "key-secret".into(), security_token: None }),
        region: "cn-qingdao".to_owned(),
        network: EndpointNetwork::Public,
        endpoints: ["ecs", "ess"].map(|service| (service.to_owned(), url.clone())).into(),
        around: Surroundings {
            tenant: "default/credential".to_owned(),
            transport: Arc::new(Transport::new(TransportOptions::default()).unwrap()),
            budget: Budget::new(clock.clone(), Limits::default()),
            clock,
            // Different each time, and a fraction of next to nothing: no test waits for a pause.
            dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
            observer: Arc::new(NoObserver),
        },
    });
    (alibaba, script)
}

pub(super) fn refused(status: u16, code: &str) -> (u16, Value) {
    (status, json!({"RequestId": "R-refused", "Code": code, "Message": "%s"}))
}

pub(super) fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[derive(Clone, Default)]
pub(super) struct Log(pub(super) Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that this thread logs from now on. A line of code that logs for the first time while somebody listens elsewhere may be taken
    /// for one that nobody listens to; the client's has done so before.
    pub(super) async fn listening() -> (Self, DefaultGuard) {
        let (alibaba, _) = cloud([refused(400, "InvalidParameter")]).await;
        let unheard = alibaba.ecs("1", "cn-qingdao", Lane::Edit).describe_instances(DescribeInstancesRequest::default()).await;
        assert!(unheard.is_err());
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
