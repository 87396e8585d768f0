//! A client that signs and speaks HTTP by itself: small, blocking, and able to send what a decent library would not.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use steward_cloudsim::{Clock, Options, Simulator};

pub(crate) const START: &str = "2026-01-01T00:00:10Z";
pub(crate) const ECS: &str = "2014-05-26";
pub(crate) const ESS: &str = "2022-02-22";
pub(crate) const STS: &str = "2015-04-01";
pub(crate) const DEMO: &str = include_str!("../../seeds/demo.yaml");
pub(crate) const ROLES: &str = include_str!("../../seeds/roles.yaml");

/// A simulator with the demo seed, at the start of time, and a client of its account.
pub(crate) fn demo() -> (Simulator, Client) {
    let simulator = simulator(DEMO);
    let client = Client::of(&simulator);
    (simulator, client)
}

pub(crate) fn simulator(seed: &str) -> Simulator {
    Simulator::start(Options { seed: seed.to_owned(), clock: Clock::Manual(START.parse().expect("a timestamp")), ..Options::default() })
        .expect("the simulator starts")
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) host: String,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) date: String,
    /// Shared by clones, so that no two of them send the same one.
    pub(crate) nonces: Rc<Cell<u64>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The head as it came, for values in which the case matters.
    pub(crate) exact_head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        let body = self.json();
        body["Code"].as_str().unwrap_or("ok").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A request before it is sent, for tests that spoil it first.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Draft {
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut draft = self.without(name);
        draft.headers.push((name.to_owned(), value.to_owned()));
        draft
    }
}

impl Client {
    pub(crate) fn of(simulator: &Simulator) -> Self {
        Self::at(&simulator.url())
    }

    pub(crate) fn at(url: &str) -> Self {
        Self {
            host: url.trim_start_matches("http://").to_owned(),
            key: "demoAccessKeyId".to_owned(),
            secret: "demoAccessKeySecret".to_owned(),
            token: None,
            date: START.to_owned(),
            nonces: Rc::default(),
        }
    }

    /// This client with the temporary key of an answer.
    pub(crate) fn with_session(&self, body: &Value) -> Self {
        let part = |name: &str| body["Credentials"][name].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
        Self { key: part("AccessKeyId"), secret: part("AccessKeySecret"), token: Some(part("SecurityToken")), ..self.clone() }
    }

    pub(crate) fn join(&self, instance: &str, group: &str) -> Answer {
        self.ecs("JoinSecurityGroup", &[("InstanceId", instance), ("SecurityGroupId", group)])
    }

    pub(crate) fn leave(&self, instance: &str, group: &str) -> Answer {
        self.ecs("LeaveSecurityGroup", &[("InstanceId", instance), ("SecurityGroupId", group)])
    }

    /// An ECS call, in cn-hangzhou unless the parameters say another region.
    pub(crate) fn ecs(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let mut all = parameters.to_vec();
        if !parameters.iter().any(|(name, _)| *name == "RegionId") {
            all.push(("RegionId", "cn-hangzhou"));
        }
        self.call(ECS, action, &all).expect("an answer")
    }

    /// An ESS call; the parameters say the region where the operation has one.
    pub(crate) fn ess(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.call(ESS, action, parameters).expect("an answer")
    }

    pub(crate) fn call(&self, version: &str, action: &str, parameters: &[(&str, &str)]) -> std::io::Result<Answer> {
        self.send("POST", &self.draft(version, action, parameters))
    }

    /// Signed, with the parameters in the query.
    pub(crate) fn draft(&self, version: &str, action: &str, parameters: &[(&str, &str)]) -> Draft {
        let mut pairs = parameters.to_vec();
        pairs.sort_unstable();
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.signed(version, action, &query.join("&"), "")
    }

    pub(crate) fn signed(&self, version: &str, action: &str, query: &str, form: &str) -> Draft {
        self.nonces.set(self.nonces.get() + 1);
        let mut headers = vec![
            ("host", self.host.clone()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", hex(&Sha256::digest(form))),
            ("x-acs-date", self.date.clone()),
            ("x-acs-signature-nonce", format!("{}-{}", self.key, self.nonces.get())),
            ("x-acs-version", version.to_owned()),
        ];
        if let Some(token) = &self.token {
            headers.push(("x-acs-accesskey-id", self.key.clone()));
            headers.push(("x-acs-security-token", token.clone()));
        }
        if !form.is_empty() {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        headers.sort_unstable();
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("POST\n/\n{query}\n{}\n{names}\n{}", lines.concat(), hex(&Sha256::digest(form)));
        let text = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any key will do");
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization = format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key);
        let mut headers: Vec<(String, String)> = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        headers.push(("authorization".to_owned(), authorization));
        Draft { target: format!("/?{query}"), headers, body: form.to_owned() }
    }

    /// Signed with V1: the common parameters go into the query, and so do those of the operation, unless they stand in `form`.
    pub(crate) fn signed_v1(&self, method: &str, version: &str, action: &str, query: &[(&str, &str)], form: &[(&str, &str)]) -> Draft {
        self.nonces.set(self.nonces.get() + 1);
        let nonce = format!("{}-{}", self.key, self.nonces.get());
        let mut query = query.to_vec();
        query.extend([
            ("Action", action),
            ("Version", version),
            ("Format", "json"),
            ("Timestamp", &self.date),
            ("SignatureNonce", &nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", &self.key),
        ]);
        query.extend(self.token.as_deref().map(|token| ("SecurityToken", token)));
        let mut all = [query.as_slice(), form].concat();
        all.sort_unstable();
        let text = format!("{method}&%2F&{}", encode(&line(&all)));
        let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.secret).as_bytes()).expect("any key will do");
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        query.push(("Signature", &signature));
        self.unsigned(&query, form)
    }

    /// Not signed at all.
    pub(crate) fn unsigned(&self, query: &[(&str, &str)], form: &[(&str, &str)]) -> Draft {
        let draft = Draft { target: format!("/?{}", line(query)), headers: vec![("host".to_owned(), self.host.clone())], body: line(form) };
        if form.is_empty() { draft } else { draft.with("content-type", "application/x-www-form-urlencoded; charset=utf-8") }
    }

    pub(crate) fn send(&self, method: &str, draft: &Draft) -> std::io::Result<Answer> {
        let mut stream = self.begin(method, draft)?;
        finish(&mut stream)
    }

    /// Sends and does not wait for the answer.
    pub(crate) fn begin(&self, method: &str, draft: &Draft) -> std::io::Result<TcpStream> {
        let length = draft.body.len().to_string();
        let own = [("connection", "close"), ("content-length", length.as_str())];
        let given = draft.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = format!("{method} {} HTTP/1.1\r\n", draft.target);
        for (name, value) in own.into_iter().chain(given.filter(|(name, _)| *name != "content-length")) {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["\r\n", &draft.body]);
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.write_all(text.as_bytes())?;
        Ok(stream)
    }

    /// The doors below `/_sim/`.
    pub(crate) fn admin(&self, method: &str, door: &str, body: &str) -> Answer {
        let draft = Draft { target: format!("/_sim/{door}"), headers: vec![("host".to_owned(), self.host.clone())], body: body.to_owned() };
        self.send(method, &draft).expect("an answer")
    }
}

pub(crate) fn finish(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, text) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let answer = Answer {
        status: head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(cut)?,
        head: head.to_ascii_lowercase(),
        exact_head: head.to_owned(),
        text: text.to_owned(),
    };
    let announced = answer.header("content-length").and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: usize| length != answer.text.len()) {
        return Err(cut());
    }
    Ok(answer)
}

pub(crate) fn encode(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect::<Vec<_>>()
        .concat()
}

fn line(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
