//! A cloud of either vendor that gives out canaries, and in its bad moods repeats everything it was told.

use super::birds::{KEYSTONE_TOKEN, TEMPORARY_SECRET, TEMPORARY_TOKEN};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// What it does instead of answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// It is fine.
    Good,
    /// A refusal in the vendor's form with this status and code; the message repeats the request.
    Repeats(u16, &'static str, Form),
    /// The request as text, with this status: a proxy that is being debugged.
    Text(u16),
    /// A yes with the secrets in fields of other types than they should have.
    Muddles,
    /// A yes that is cut in the middle, after the secrets.
    Half,
}

/// How a message repeats the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Behind the vendor's words for what was signed.
    StringToSign,
    /// Just so.
    Plain,
    /// As JSON inside the JSON.
    Json,
    /// Percent-encoded.
    Encoded,
    /// Field by field.
    Fields,
}

#[derive(Default)]
struct Stage {
    /// Calls that go well before the mood begins.
    patience: usize,
    mood: Option<Mood>,
    heard: Vec<String>,
}

/// The bird.
#[derive(Clone)]
pub(super) struct Parrot {
    stage: Arc<Mutex<Stage>>,
    pub(super) url: String,
}

impl Parrot {
    /// On a thread of its own, so that a story's paused clock does not touch it.
    pub(super) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        listener.set_nonblocking(true).expect("a socket");
        let parrot = Self { stage: Arc::default(), url };
        let router = Router::new().fallback(answer).with_state(parrot.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { axum::serve(TcpListener::from_std(listener).expect("a socket"), router).await })
        });
        parrot
    }

    /// From the call after the next `patience` ones on.
    pub(super) fn will(&self, mood: Mood, patience: usize) {
        *self.stage.lock().expect("the stage") = Stage { patience, mood: Some(mood), heard: Vec::new() };
    }

    /// Every request since, as it came.
    pub(super) fn heard(&self) -> String {
        self.stage.lock().expect("the stage").heard.join("\n")
    }
}

async fn answer(State(parrot): State<Parrot>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut told = format!("{method} {uri}\n");
    for (name, value) in &headers {
        let _ = writeln!(told, "{name}: {}", value.to_str().unwrap_or_default());
    }
    told.push_str(&body);
    let mood = {
        let mut stage = parrot.stage.lock().expect("the stage");
        stage.heard.push(told.clone());
        match stage.patience.checked_sub(1) {
            Some(left) => {
                stage.patience = left;
                Mood::Good
            }
            None => stage.mood.unwrap_or(Mood::Good),
        }
    };
    let operation = headers.get("x-acs-action").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let operation = operation.or_else(|| uri.query()?.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(ToOwned::to_owned));
    match mood {
        Mood::Good => good(operation.as_deref(), uri.path()),
        Mood::Repeats(status, code, form) => {
            let message = repeated(form, &told, &headers, &body);
            json_answer(status, &refusal(operation.is_some(), code, &message))
        }
        Mood::Text(status) => response(status, told.into_bytes()),
        Mood::Muddles => {
            let soup = json!([TEMPORARY_SECRET, {TEMPORARY_TOKEN: told}]);
            let mut muddled = json!({"RequestId": "R", "token": {"expires_at": KEYSTONE_TOKEN, "user": TEMPORARY_SECRET}, "projects": TEMPORARY_TOKEN, "domains": soup});
            for field in ["AccountId", "Instances", "ScalingConfigurations", "Credentials", "credential"] {
                muddled[field] = if field == "AccountId" { soup.clone() } else { json!(TEMPORARY_SECRET) };
            }
            json_answer(200, &muddled)
        }
        Mood::Half => {
            let whole = json!({"Credentials": {"AccessKeySecret": TEMPORARY_SECRET, "SecurityToken": TEMPORARY_TOKEN}, "Message": told})
                .to_string();
            response(200, whole.as_bytes()[..whole.len() - 2].to_vec())
        }
    }
}

fn refusal(alibaba: bool, code: &str, message: &str) -> Value {
    if alibaba {
        json!({"RequestId": "R", "HostId": "h", "Code": code, "Message": message, "Recommend": message})
    } else if code.starts_with("APIGW") {
        json!({"error_msg": message, "error_code": code, "request_id": "R"})
    } else {
        json!({"error": {"code": code, "message": message, "title": message}})
    }
}

fn repeated(form: Form, told: &str, headers: &HeaderMap, body: &str) -> String {
    let fields = || headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).chain([("body", body)]);
    match form {
        Form::StringToSign => format!("Specified signature is not matched with our calculation. server string to sign is:{told}"),
        Form::Plain => format!("not like this: {told}"),
        Form::Json => {
            let fields: serde_json::Map<String, Value> = fields().map(|(name, value)| (name.to_owned(), value.into())).collect();
            Value::Object(fields).to_string()
        }
        Form::Encoded => url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields()).finish(),
        Form::Fields => fields().map(|(name, value)| format!("{name}=[{value}]")).collect::<Vec<_>>().join("; "),
    }
}

fn good(operation: Option<&str>, path: &str) -> Response<Body> {
    let expires = "2027-01-15T18:00:00Z";
    let of_account = json!({"id": "d1", "name": "acme"});
    let body = match (operation, path) {
        (Some("GetCallerIdentity"), _) => {
            json!({"RequestId": "R", "AccountId": "1234567890123456", "Arn": "acs:ram::1234567890123456:user/u"})
        }
        (Some("AssumeRole" | "AssumeRoleWithOIDC"), _) => {
            let keys = json!({"AccessKeyId": "STS.1", "AccessKeySecret": TEMPORARY_SECRET, "SecurityToken": TEMPORARY_TOKEN, "Expiration": expires});
            json!({"RequestId": "R", "Credentials": keys})
        }
        (Some("DescribeEciScalingConfigurations"), _) => {
            json!({"RequestId": "R", "TotalCount": 1, "ScalingConfigurations": [configuration()]})
        }
        (Some("CreateEciScalingConfiguration"), _) => json!({"RequestId": "R", "ScalingConfigurationId": "asc-1"}),
        (Some(_), _) => json!({"RequestId": "R"}),
        (None, "/v3/auth/tokens") => {
            let project = json!({"id": "p1", "name": "eu-de", "domain": of_account});
            let about = json!({"expires_at": expires, "project": project, "user": {"id": "u1", "name": "alice", "domain": of_account}});
            let mut answer = json_answer(201, &json!({"token": about}));
            answer.headers_mut().insert("x-subject-token", KEYSTONE_TOKEN.parse().expect("a header"));
            return answer;
        }
        (None, "/v3/auth/domains") => json!({"domains": [of_account]}),
        (None, "/v3/projects") => json!({"projects": [{"id": "p1", "name": "eu-de", "domain_id": "d1", "enabled": true}]}),
        (None, _) => {
            json!({"credential": {"access": "HST1", "secret": TEMPORARY_SECRET, "securitytoken": TEMPORARY_TOKEN, "expires_at": expires}})
        }
    };
    json_answer(200, &body)
}

/// As the vendor gives one out, passwords and all.
fn configuration() -> Value {
    json!({
        "ScalingConfigurationId": "asc-1", "ScalingGroupId": "asg-1", "LifecycleState": "Active",
        "ImageRegistryCredentials": [{"Server": "other", "UserName": "u", "Password": TEMPORARY_SECRET}],
        "Containers": [{"Name": "nginx", "Image": "nginx:1", "EnvironmentVars": [{"Key": "THEIRS", "Value": "a"}]}],
    })
}

fn json_answer(status: u16, body: &Value) -> Response<Body> {
    let mut answer = response(status, body.to_string().into_bytes());
    answer.headers_mut().insert("content-type", "application/json".parse().expect("a header"));
    answer
}

fn response(status: u16, body: Vec<u8>) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    answer
}
