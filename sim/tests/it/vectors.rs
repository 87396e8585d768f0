//! Requests that the vendor's SDKs really sent pass the gate, byte for byte as recorded; with one letter changed they do not.

use std::path::Path;

use serde_json::{Value, json};
use steward_cloudsim::{Clock, Options, Simulator};

use crate::client::{Client, Draft};

#[test]
fn every_recorded_request_is_let_in_and_a_changed_one_is_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let vector: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let simulator = simulator_for(&vector);
        let client = Client::of(&simulator);
        let draft = draft_of(&vector);
        let name = vector["name"].as_str().unwrap();

        let mut changed = draft.clone().with("x-acs-action", "SomethingElse");
        changed.target = changed.target.replace("Action=", "Action=Not");
        let refused = if vector["signing"]["scheme"] == "none" { "MissingAccessKeyId" } else { "SignatureDoesNotMatch" };
        assert_eq!(client.send("POST", &changed).unwrap().code(), refused, "{name}");

        let answer = client.send(vector["request"]["method"].as_str().unwrap(), &draft).unwrap();
        let code = answer.code();
        let gate = ["Signature", "InvalidAccessKeyId", "InvalidTimeStamp", "InvalidSecurityToken", "IncompleteSignature", "Missing"];
        assert!(!gate.iter().any(|word| code.starts_with(word)), "{name}: {}", answer.text);

        let call = simulator.calls().pop().unwrap();
        let flat: Vec<&str> = vector["flat"].as_array().unwrap().iter().map(|row| row[0].as_str().unwrap()).collect();
        assert_eq!(call.parameters.keys().map(String::as_str).collect::<Vec<_>>(), flat, "{name}");
        assert_eq!((call.service.as_str(), call.operation.as_str()), (text(&vector, "service"), text(&vector, "operation")));
        seen += 1;
    }
    assert_eq!(seen, 41, "all vectors were found");
}

/// A vector by its name.
pub(crate) fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

/// At the time of the request, with its key and nothing else.
pub(crate) fn simulator_for(vector: &Value) -> Simulator {
    let credentials = &vector["credentials"];
    let mut keys = Vec::new();
    if let Some(id) = credentials["accessKeyId"].as_str() {
        keys.push(json!({ "id": id, "secret": credentials["accessKeySecret"], "securityToken": credentials["securityToken"] }));
    }
    let seed = json!({ "accounts": [{ "id": "1", "keys": keys }], "regions": ["cn-hangzhou"] });
    let request = &vector["request"];
    let date = request["headers"]["x-acs-date"].as_str().unwrap_or_else(|| {
        let pairs = request["query"].as_array().unwrap();
        pairs.iter().find(|pair| pair[0] == "Timestamp").and_then(|pair| pair[1].as_str()).unwrap()
    });
    Simulator::start(Options { seed: seed.to_string(), clock: Clock::Manual(date.parse().unwrap()), ..Options::default() }).unwrap()
}

pub(crate) fn draft_of(vector: &Value) -> Draft {
    let request = &vector["request"];
    Draft {
        target: request["rawTarget"].as_str().unwrap().to_owned(),
        headers: request["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        body: request["body"].as_str().unwrap().to_owned(),
    }
}
