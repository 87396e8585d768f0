//! How the cases talk to a server: plain HTTP through a `kube::Client`, every exchange written
//! down in a form in which two servers can be compared.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use futures::{AsyncBufReadExt as _, AsyncReadExt as _, StreamExt as _};
use http::Request;
use kube::Client;
use regex::Regex;
use serde_json::{Value, json};

/// A transcript: what was asked, and what the answer was once uids, versions and times have got
/// names that do not depend on the server.
#[derive(Debug, Default)]
struct Transcript {
    lines: Vec<(String, Value)>,
    uids: HashMap<String, usize>,
    versions: HashMap<String, usize>,
}

/// A client within one namespace, and its transcript.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    pub(super) namespace: String,
    transcript: Arc<Mutex<Transcript>>,
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) body: Value,
}

impl Reply {
    /// A string somewhere in the body, empty if there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    pub(super) fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    pub(super) fn generation(&self) -> i64 {
        self.body.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
    }

    /// The body with a merge patch applied: what a client would send back.
    pub(super) fn with(&self, change: &Value) -> Value {
        let mut body = self.body.clone();
        merge(&mut body, change);
        body
    }

    #[track_caller]
    pub(super) fn expect(self, code: u16) -> Self {
        assert_eq!(self.code, code, "{}", self.body);
        self
    }

    /// Refused with this code and a message that has these words.
    #[track_caller]
    pub(super) fn refused(self, code: u16, words: &str) -> Self {
        assert_eq!(self.code, code, "{}", self.body);
        assert!(self.text("/message").contains(words), "no {words:?} in {}", self.body);
        self
    }
}

fn merge(target: &mut Value, change: &Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (name, value) in change {
                if value.is_null() {
                    target.remove(name);
                } else {
                    merge(target.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (target, change) => *target = change.clone(),
    }
}

/// Only the real server keeps managedFields, so they are not compared.
fn without_managers(mut body: Value) -> Value {
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    body
}

/// A real server lists several causes in whatever order its maps give; they are sorted, and the
/// message that strings them together is left to them.
fn in_order(reply: &mut Value) {
    let Some(causes) = reply.pointer_mut("/body/details/causes").and_then(Value::as_array_mut) else { return };
    causes.sort_by_key(Value::to_string);
    if causes.len() > 1 {
        reply["body"]["message"] = json!("the causes, one by one");
    }
}

pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const JSON: &str = "application/json-patch+json";
pub(super) const APPLY: &str = "application/apply-patch+yaml";
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";

impl Caller {
    pub(super) fn new(client: Client, namespace: &str) -> Self {
        Caller { client, namespace: namespace.to_owned(), transcript: Arc::default() }
    }

    pub(super) fn transcript(&self) -> Vec<(String, Value)> {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// Sends a request and writes the exchange down.
    pub(super) async fn send(&self, method: &str, path: &str, media: &str, body: Option<&Value>) -> Reply {
        let reply = self.send_unrecorded(method, path, media, body).await;
        let shown = body.map(|body| without_managers(body.clone()).to_string()).unwrap_or_default();
        self.record(&format!("{method} {path} {shown}"), &json!({"code": reply.code, "body": reply.body}));
        reply
    }

    /// Sends a request whose answer holds something at this place that only its receiver may know, and that is not compared.
    pub(super) async fn post_for(&self, path: &str, body: &Value, secret: &str) -> Reply {
        let reply = self.send_unrecorded("POST", path, "application/json", Some(body)).await;
        let mut shown = reply.body.clone();
        if let Some(value) = shown.pointer_mut(secret) {
            *value = json!("(hidden)");
        }
        self.record(&format!("POST {path} {body}"), &json!({"code": reply.code, "body": shown}));
        reply
    }

    /// For answers that differ by nature, such as generated names.
    pub(super) async fn send_unrecorded(&self, method: &str, path: &str, media: &str, body: Option<&Value>) -> Reply {
        let accept = if media.contains("as=Partial") { media } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header("accept", accept).header("content-type", media);
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = request.body(kube::client::Body::from(bytes)).expect("the case builds a valid request");
        let response = self.client.send(request).await.expect("the server answers");
        let code = response.status().as_u16();
        let bytes = response.into_body().collect_bytes().await.expect("the answer is complete");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply { code, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "application/json", None).await
    }

    pub(super) async fn get_metadata(&self, path: &str, list: bool) -> Reply {
        self.send("GET", path, if list { METADATA_LIST } else { METADATA_ONLY }, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, "application/json", Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, "application/json", Some(body)).await
    }

    pub(super) async fn patch(&self, path: &str, media: &str, body: &Value) -> Reply {
        self.send("PATCH", path, media, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str, options: Option<&Value>) -> Reply {
        self.send("DELETE", path, "application/json", options).await
    }

    /// The first events of a watch. The watch is closed when `count` of them, bookmarks apart,
    /// have come, or when the server ends it.
    pub(super) async fn watch(&self, path: &str, count: usize) -> Vec<Value> {
        let request = Request::get(path).body(Vec::new()).expect("the case builds a valid request");
        let stream = self.client.request_stream(request).await.expect("the watch is accepted");
        let mut lines = Box::pin(stream).lines();
        let mut events = Vec::new();
        while events.len() < count {
            let Some(line) = lines.next().await else { break };
            let line = line.expect("the stream goes on");
            let event: Value = serde_json::from_str(&line).expect("an event is JSON");
            if event["type"] != "BOOKMARK" {
                events.push(event);
            }
        }
        self.record(&format!("WATCH {path}"), &Value::Array(events.clone()));
        events
    }

    /// Everything that a watch says until the server ends it.
    pub(super) async fn watch_to_the_end(&self, path: &str) -> String {
        let request = Request::get(path).body(Vec::new()).expect("the case builds a valid request");
        let mut stream = Box::pin(self.client.request_stream(request).await.expect("the watch is accepted"));
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("the server ends the watch in order");
        text
    }

    /// The path of the widgets of this namespace.
    pub(super) fn widgets(&self) -> String {
        format!("{GROUP}/namespaces/{}/widgets", self.namespace)
    }

    pub(super) fn widget(&self, name: &str) -> String {
        format!("{}/{name}", self.widgets())
    }

    pub(super) fn core(&self, resource: &str) -> String {
        format!("/api/v1/namespaces/{}/{resource}", self.namespace)
    }

    /// Creates a widget that is fine, with this spec and metadata besides the name.
    pub(super) async fn create(&self, name: &str, more: &Value) -> Reply {
        let mut body = widget(name);
        merge(&mut body, more);
        self.post(&self.widgets(), &body).await
    }

    fn record(&self, request: &str, reply: &Value) {
        let mut transcript = self.transcript.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reply = reply.clone();
        transcript.name(&mut reply);
        in_order(&mut reply);
        let request = transcript.name_in(request);
        transcript.lines.push((request, reply));
    }
}

const GROUP: &str = "/apis/conformance.cloudsteward.dev/v1";
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

pub(super) fn widget(name: &str) -> Value {
    json!({"apiVersion": "conformance.cloudsteward.dev/v1", "kind": "Widget",
        "metadata": {"name": name}, "spec": {"size": 3}})
}

static TIME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z").expect("the pattern is a constant"));
static OLDEST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\(\d+\)").expect("the pattern is a constant"));
static UID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").expect("the pattern is a constant"));
static SENT_VERSION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(resourceVersion"?[=:]"?)(\d+)"#).expect("the pattern is a constant"));

impl Transcript {
    fn name(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("managedFields");
                let list = map.get("items").is_some_and(Value::is_array);
                for (name, child) in map.iter_mut() {
                    match name.as_str() {
                        "metadata" if list => {
                            // Other writers move the version of a list; tokens are opaque.
                            child["resourceVersion"] = json!("of a list");
                            if child["continue"].as_str().is_some_and(|token| !token.is_empty()) {
                                child["continue"] = json!("a token");
                            }
                        }
                        "resourceVersion" => {
                            let next = self.versions.len();
                            let version = child.as_str().unwrap_or_default().to_owned();
                            *child = json!(format!("version {}", self.versions.entry(version).or_insert(next)));
                        }
                        _ => self.name(child),
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|item| self.name(item)),
            Value::String(text) => *text = self.name_in(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn name_in(&mut self, text: &str) -> String {
        let text = TIME.replace_all(text, "<time>");
        let text = OLDEST.replace_all(&text, "(<oldest>)");
        let text = UID.replace_all(&text, |found: &regex::Captures<'_>| {
            let next = self.uids.len();
            format!("<uid {}>", self.uids.entry(found[0].to_owned()).or_insert(next))
        });
        SENT_VERSION
            .replace_all(&text, |found: &regex::Captures<'_>| match self.versions.get(&found[2]) {
                Some(known) => format!("{}<version {known}>", &found[1]),
                None => format!("{}<version of a list>", &found[1]),
            })
            .into_owned()
    }
}
