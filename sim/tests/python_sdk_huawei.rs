//! The SDKs that people use at Huawei Cloud and Open Telekom Cloud, unchanged, against the simulator: the vendor's own, which signs, and the
//! `OpenStack` one with the vendor's extensions, which works with tokens.

#[path = "python/environment.rs"]
mod environment;

use environment::complaint;
use serde_json::{Value, json};
use steward_cloudsim::{Options, Simulator};

/// Laid down in the middle of the session.
const BACKUPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/backups.yaml");

#[test]
fn the_python_sdks_of_both_sorts_work_against_the_simulator_unchanged() {
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/huawei.yaml").to_owned(), ..Options::default() }).unwrap();
    let output = environment::session("session_huawei.py", "requirements-huawei.txt", &[&simulator.url(), BACKUPS]);
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let expected = json!({
        "signed, project looked up": [],
        "signed, sub-project": [],
        "signed, somebody else's project": "APIGW.0310",
        "no such region": true,
        "wrong secret": "APIGW.0301",
        "inactive key": "APIGW.0301",
        "global, domain looked up": ["acme"],
        "domain id": "0a1b2c3d4e5f60718293a4b5c6d7e8f0",
        "projects": ["cn-north-4", "eu-de", "eu-de_demo"],
        "temporary key of an agency": [],
        "a project that the agency does not open": "APIGW.0310",
        "an agency that trusts nobody": "IAM.0002",
        "an agency that is not there": "IAM.0004",
        "a key for a minute": "IAM.1102",
        "temporary key without its token": "APIGW.0301",
        "project of the token": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2",
        "catalog": "/v1/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2",
        "token by password": [200, [], true],
        "token renewed": [200, [], false],
        "token renewed after a day": [200, [], false],
        "rescoped": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
        "agency": [200, [], true],
        "wrong password": "The username or password is wrong. (HTTP 401)",
        "restorable by token": true,
        "restorable by signature": true,
        "one backup": true,
        "not restorable by token": "CSBS.6014",
        "not restorable by signature": "CSBS.6014",
        "refused by signature": "CSBS.6014",
        "refused by token": [400, "CSBS.6014"],
        "retired": "BackupService.4008",
        "throttled": 429,
    });
    assert_eq!(results, expected, "{}", complaint(&output));

    let calls = simulator.calls();
    assert!(calls.iter().all(|call| call.vendor == "huawei"));
    // The refused call and its repetition, with one new token between them.
    let story: Vec<(&str, Option<u16>)> = calls
        .iter()
        .skip_while(|call| (call.status, call.access_key_id.is_none()) != (Some(401), true))
        .take(3)
        .map(|call| (call.operation.as_str(), call.status))
        .collect();
    assert_eq!(story, [("ListCheckpointItems", Some(401)), ("CreateToken", Some(201)), ("ListCheckpointItems", Some(200))]);
    let codes: Vec<&str> = calls.iter().filter(|call| call.access_key_id.is_none()).filter_map(|call| call.code.as_deref()).collect();
    assert_eq!(codes, ["APIGW.0301", "APIGW.0307", "401", "CSBS.6014", "APIGW.0308"]);
}
