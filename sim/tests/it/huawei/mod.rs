//! The other vendor: a client that signs or carries a token, and what it meets.

mod csbs;
mod faults;
mod gate;
mod iam;
mod vectors;

use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use steward_cloudsim::{Edit, HuaweiEdit, Simulator};

use crate::client::{Answer, Client, Draft, encode, simulator};

const SEED: &str = include_str!("../../../seeds/huawei.yaml");
const ACME: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f0";
const EU_DE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1";
const DEMO: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2";
const CN_NORTH: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3";
const PARTNER: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1";
const KEYS: &str = "/v3.0/OS-CREDENTIAL/securitytokens";

/// A simulator with the seed of this vendor, and a client with alice's key.
fn start() -> (Simulator, Alice) {
    let simulator = simulator(SEED);
    let alice = Alice::of(&simulator);
    (simulator, alice)
}

fn edit(simulator: &Simulator, edit: HuaweiEdit) {
    simulator.edit(Edit::Huawei(edit)).unwrap();
}

fn items(project: &str) -> String {
    format!("/v1/{project}/checkpoint_items")
}

#[derive(Clone)]
struct Alice {
    wire: Client,
    access: String,
    secret: String,
    date: String,
    /// Sent and signed: project, domain, security token.
    headers: Vec<(&'static str, String)>,
}

impl Alice {
    fn of(simulator: &Simulator) -> Self {
        Self {
            wire: Client::of(simulator),
            access: "DEMOACCESSKEY0000001".to_owned(),
            secret: "demo-secret-key-of-alice".to_owned(),
            date: "20260101T000010Z".to_owned(),
            headers: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same wire with a key that IAM has just given out.
    fn dressed(&self, answer: &Answer) -> Self {
        let credential = &answer.json()["credential"];
        let text = |field: &str| credential[field].as_str().unwrap().to_owned();
        Self { access: text("access"), secret: text("secret"), headers: vec![("x-security-token", text("securitytoken"))], ..self.clone() }
    }

    fn draft(&self, method: &str, path: &str, body: &str) -> Draft {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = vec![("host", self.wire.host.clone()), ("x-sdk-date", self.date.clone())];
        headers.extend(self.headers.clone());
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let segments: Vec<String> = path.split('/').map(encode).collect();
        let names = names.join(";");
        let canonical = format!("{method}\n{}/\n{query}\n{}\n{names}\n{}", segments.join("/"), lines.concat(), hex(&Sha256::digest(body)));
        let text = format!("SDK-HMAC-SHA256\n{}\n{}", self.date, hex(&Sha256::digest(canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization = format!("SDK-HMAC-SHA256 Access={}, SignedHeaders={names}, Signature={signature}", self.access);
        let mut headers: Vec<(String, String)> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.push(("authorization".to_owned(), authorization));
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Draft { target, headers, body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.wire.send("GET", &self.draft("GET", path, "")).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.wire.send("POST", &self.draft("POST", path, &body.to_string())).unwrap()
    }

    /// Without a signature; with these headers.
    fn bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("host".to_owned(), self.wire.host.clone())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.wire.send(method, &Draft { target: path.to_owned(), headers: all, body: body.to_owned() }).unwrap()
    }

    fn get_with_token(&self, path: &str, token: &str) -> Answer {
        self.bare("GET", path, &[("x-auth-token", token)], "")
    }

    fn ask_for_token(&self, identity: &Value, scope: &Value) -> Answer {
        let mut auth = json!({ "identity": identity });
        if !scope.is_null() {
            auth["scope"] = scope.clone();
        }
        self.bare("POST", "/v3/auth/tokens", &[], &json!({ "auth": auth }).to_string())
    }

    /// A token by alice's password.
    fn token(&self, scope: &Value) -> String {
        token_of(&self.ask_for_token(&by_password("demo-password"), scope))
    }

    /// What `GET checkpoint_items` comes to.
    fn items_of(&self, project: &str) -> (u16, String) {
        said(&self.get(&items(project)))
    }
}

fn by_password(password: &str) -> Value {
    json!({ "methods": ["password"], "password": { "user": { "name": "alice", "password": password, "domain": { "name": "acme" } } } })
}

fn by_token(token: &str) -> Value {
    json!({ "methods": ["token"], "token": { "id": token } })
}

fn project(id: &str) -> Value {
    json!({ "project": { "id": id } })
}

fn token_of(answer: &Answer) -> String {
    let line = answer.exact_head.lines().find_map(|line| line.strip_prefix("x-subject-token: "));
    line.unwrap_or_else(|| panic!("no token: {answer:?}")).to_owned()
}

/// Status and code, whatever the envelope; `ok` for a success.
fn said(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = body["error_code"].as_str().map(str::to_owned).or_else(|| Some(body["error"]["code"].as_u64()?.to_string()));
    (answer.status, code.unwrap_or_else(|| "ok".to_owned()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
