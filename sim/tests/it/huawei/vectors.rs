//! Requests that the real clients sent: the signed ones pass the gate as recorded and not otherwise; Keystone's get an answer of the recorded form.

use std::path::Path;

use serde_json::{Value, json};
use steward_cloudsim::{Clock, Envelope, Fault, Options, Simulator, What};

use super::said;
use crate::client::{Client, Draft};

/// Passing the gate shows in meeting this fault.
const INSIDE: &str = "Inside.0001";

pub(super) fn vectors() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors-huawei");
    std::fs::read_dir(folder).unwrap().map(|file| serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap()).collect()
}

pub(super) fn simulator_for(credentials: &Value, clock: &str) -> Simulator {
    let mut key = json!({ "access": credentials["ak"], "secret": credentials["sk"] });
    if let Some(token) = credentials["securityToken"].as_str() {
        key["securityToken"] = json!(token);
    }
    let keys = if key["access"].is_null() { json!([]) } else { json!([key]) };
    let seed = json!({ "huawei": { "domains": [
        {
            "id": "fedcba9876543210fedcba9876543210",
            "name": "OTC-FAKE-DOMAIN",
            "users": [{ "id": "7116d09f88fa41908676fdd4b039e95b", "name": "fake-user", "password": "fake-password-not-real", "keys": keys }],
            "projects": [{ "id": "0123456789abcdef0123456789abcdef", "name": "eu-de_demo", "region": "eu-de" }],
            "agencies": [{ "id": "a1", "name": "fake-agency", "trusts": ["OTC-FAKE-DOMAIN"] }],
        },
        {
            "id": "0000000000000000000000000000000d",
            "name": "OTC-FAKE-DELEGATING-DOMAIN",
            "projects": [{ "id": "0000000000000000000000000000000e", "name": "eu-de", "region": "eu-de" }],
            "agencies": [{ "id": "a2", "name": "fake-agency", "trusts": ["OTC-FAKE-DOMAIN"] }],
        },
    ] } });
    Simulator::start(Options { seed: seed.to_string(), clock: Clock::Manual(clock.parse().unwrap()), ..Options::default() }).unwrap()
}

pub(super) fn draft_of(request: &Value) -> Draft {
    let (path, query) = (request["path"].as_str().unwrap(), request["query"].as_str().unwrap());
    let headers = request["headers"].as_object().unwrap();
    Draft {
        target: if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") },
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned()))
            .filter(|(name, _)| name != "connection")
            .collect(),
        body: request["body"].as_str().unwrap_or_default().to_owned(),
    }
}

/// When a signed request was signed.
pub(super) fn clock_of(request: &Value) -> String {
    let date = request["headers"]["X-Sdk-Date"].as_str().unwrap();
    format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..8], &date[9..11], &date[11..13], &date[13..15])
}

#[test]
fn every_recorded_signature_is_believed_and_a_changed_request_is_not() {
    let mut seen = 0;
    for vector in vectors().into_iter().filter(|vector| vector["signing"].is_object()) {
        let name = vector["name"].as_str().unwrap();
        let request = &vector["request"];
        let simulator = simulator_for(&vector["credentials"], &clock_of(request));
        let client = Client::of(&simulator);
        let (method, draft) = (request["method"].as_str().unwrap(), draft_of(request));

        let answer = client.send(method, &draft).unwrap();
        if name == "signing-published-example" {
            assert_eq!(
                said(&answer),
                (404, "APIGW.0101".to_owned()),
                "a service that is not here; its signature is checked where signatures are"
            );
            continue;
        }
        if name == "iam-temporary-key-by-agency" {
            let fields = |body: &Value| body["credential"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!((answer.status, fields(&answer.json())), (201, fields(&vector["response"]["body"])));
        }
        simulator.fault(Fault::on("*", What::error(418, INSIDE).in_envelope(Envelope::Service)));
        assert_eq!(said(&client.send(method, &draft).unwrap()), (418, INSIDE.to_owned()), "{name}");
        assert_eq!(simulator.calls().pop().unwrap().service, vector["service"].as_str().unwrap());

        let mut changed = draft.clone();
        changed.body.push(' ');
        let answer = client.send(method, &changed).unwrap();
        let echo = vector["signing"]["canonicalRequest"].as_str().unwrap().replace('\n', "|");
        let message = answer.json()["error_msg"].as_str().unwrap().to_owned();
        let (echo, _) = echo.rsplit_once('|').unwrap();
        assert!(message.contains(&format!("verify aksk signature fail,canonical_request:{echo}|")), "{name}: {message}");
        seen += 1;
    }
    assert_eq!(seen, 12, "all signed vectors were found");
}

#[test]
fn keystones_answers_have_the_recorded_form() {
    let mut seen = 0;
    for vector in vectors().into_iter().filter(|vector| vector["signing"].is_null() && vector["service"] == "iam") {
        let name = vector["name"].as_str().unwrap();
        let simulator = simulator_for(&vector["credentials"], "2025-01-02T03:04:05Z");
        let client = Client::of(&simulator);
        let steps = vector["sequence"].as_array().cloned().unwrap_or_else(|| vec![vector.clone()]);
        let mut token = String::new();
        for step in steps {
            let mut draft = draft_of(&step["request"]);
            if draft.headers.iter().any(|(name, _)| name == "x-auth-token") {
                draft = draft.with("x-auth-token", &token);
            }
            let answer = client.send("POST", &draft).unwrap();
            assert_eq!(answer.status, 201, "{name}: {answer:?}");
            token = super::token_of(&answer);
            let fields = |body: &Value| {
                let mut all: Vec<String> = body["token"].as_object().unwrap().keys().cloned().collect();
                // The recorded server was made up here; the vendor documents this one.
                all.retain(|field| field != "assumed_by");
                all
            };
            assert_eq!(fields(&answer.json()), fields(&step["response"]["body"]), "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}
