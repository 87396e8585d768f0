//! The doors below `/_sim/`.

use serde_json::{Value, json};

use crate::client::{DEMO, START, demo};

#[test]
fn the_log_tells_what_was_asked_and_nothing_secret() {
    let (_simulator, client) = demo();
    client.join("i-web1", "sg-web");
    client.leave("i-web1", "sg-db");
    let log = client.admin("GET", "calls?operation=JoinSecurityGroup&account=1234567890123456", "");
    let calls = log.json();
    assert_eq!(calls.as_array().unwrap().len(), 1);
    let call = &calls[0];
    for (field, value) in [
        ("service", json!("ecs")),
        ("operation", json!("JoinSecurityGroup")),
        ("account", json!("1234567890123456")),
        ("accessKeyId", json!("demoAccessKeyId")),
        ("region", json!("cn-hangzhou")),
        ("status", json!(200)),
        ("code", Value::Null),
        ("time", json!(START)),
        ("acted", json!(true)),
        ("parameters", json!({ "RegionId": "cn-hangzhou", "InstanceId": "i-web1", "SecurityGroupId": "sg-web" })),
    ] {
        assert_eq!(call[field], value, "{field}");
    }
    let id = call["requestId"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(id, id.to_uppercase());
    for secret in ["demoAccessKeySecret", "Signature="] {
        assert!(!log.text.contains(secret));
        assert!(!client.admin("GET", "state", "").text.contains(secret));
    }
    assert_eq!(client.admin("GET", "calls?since=2026-01-01T00:00:11Z", "").json(), json!([]));
    assert_eq!(client.admin("GET", "calls?since=yesterday", "").status, 400);
    client.admin("DELETE", "calls", "");
    assert_eq!(client.admin("GET", "calls", "").json(), json!([]));
}

#[test]
fn seeds_merge_or_start_over() {
    let (simulator, client) = demo();
    let answer = client.admin("POST", "seed", "instances: [{id: i-more, groups: [sg-base]}]");
    assert_eq!((answer.status, answer.json()["instances"].clone()), (200, json!(8)));
    assert_eq!(client.admin("POST", "seed", r#"{"regions": ["cn-beijing"]}"#).status, 200);
    assert_eq!(simulator.state()["regions"], json!(["cn-beijing", "cn-hangzhou"]));
    client.admin("POST", "seed?replace=true", DEMO);
    assert_eq!(simulator.state()["instances"].as_array().unwrap().len(), 7);
    let answer = client.admin("POST", "seed", "instances: [{id: i-odd, groups: [sg-none]}]");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["error"], "instance i-odd: there is no security group sg-none");
}

#[test]
fn drift_and_rotation_come_through_the_door_of_the_state() {
    let (simulator, client) = demo();
    let edits = r#"[
        {"join": {"instance": "i-web1", "group": "sg-web"}},
        {"leave": {"instance": "i-db1", "group": "sg-db"}},
        {"set": {"instance": "i-web1", "status": "Stopped", "tags": {"role": "db"}}},
        {"delete": {"instance": "i-web2"}},
        {"key": {"id": "demoAccessKeyId", "secret": "rotated"}},
        {"settings": {"readLag": "2s"}}
    ]"#;
    assert_eq!(client.admin("POST", "state", edits).json(), json!({ "edits": 6 }));
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"]);
    assert_eq!(simulator.groups_of("i-db1"), ["sg-base"]);
    assert_eq!(simulator.groups_of("i-web2"), Vec::<String>::new());
    assert_eq!(client.join("i-web3", "sg-web").code(), "SignatureDoesNotMatch");
    let state = client.admin("GET", "state", "").json();
    let web1 = state["instances"].as_array().unwrap().iter().find(|one| one["id"] == "i-web1").unwrap();
    assert_eq!((&web1["status"], &web1["groups"]), (&json!("Stopped"), &json!(["sg-base", "sg-web"])));
    for (edit, reason) in [
        (r#"{"set": {"instance": "i-web1", "status": "Dancing"}}"#, "Dancing"),
        (r#"{"set": {"instance": "i-web1", "colour": "red"}}"#, "colour"),
        (r#"{"explode": {}}"#, "explode"),
        (r#"[{"leave": {"instance": "i-web1", "group": "sg-web"}}, {"delete": {"group": "sg-none"}}]"#, "no such"),
    ] {
        let answer = client.admin("POST", "state", edit);
        assert_eq!(answer.status, 400);
        assert!(answer.text.contains(reason), "{}", answer.text);
    }
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"], "of several edits all are made, or none");
}

#[test]
fn the_clock_moves_on_request() {
    let (simulator, client) = demo();
    assert_eq!(client.admin("GET", "clock", "").json(), json!({ "now": START, "manual": true }));
    client.admin("POST", "clock", r#"{"advance": "90s"}"#);
    assert_eq!(simulator.now().to_string(), "2026-01-01T00:01:40Z");
    client.admin("POST", "clock", r#"{"set": "2027-01-01T00:00:00Z"}"#);
    assert_eq!(simulator.now().to_string(), "2027-01-01T00:00:00Z");
    assert_eq!(client.admin("POST", "clock", r#"{"advance": "-1s"}"#).status, 400);
}

#[test]
fn faults_are_set_shown_and_cleared() {
    let (_simulator, client) = demo();
    let fault = r#"{"operation": "JoinSecurityGroup", "match": {"InstanceId": "i-web1"}, "what": {"status": 409, "code": "InvalidOperation.Conflict"}, "times": "forever"}"#;
    assert_eq!(client.admin("POST", "faults", fault).json(), json!({ "faults": 1 }));
    assert_eq!(client.join("i-web1", "sg-web").code(), "InvalidOperation.Conflict");
    assert_eq!(client.join("i-web2", "sg-web").code(), "ok");
    assert_eq!(client.admin("GET", "faults", "").json()[0]["times"], "forever");
    client.admin("DELETE", "faults", "");
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
}

#[test]
fn a_wrong_door_says_which_there_are() {
    let (_simulator, client) = demo();
    assert_eq!(client.admin("GET", "windows", "").status, 404);
    assert_eq!(client.admin("PUT", "state", "").status, 405);
    assert_eq!(client.admin("POST", "state", "not json").status, 400);
}
