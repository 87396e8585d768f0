//! Bad days: the envelopes, and what becomes of calls that nobody simulates.

use std::io::ErrorKind;

use serde_json::{Value, json};
use steward_cloudsim::{Envelope, Fault, Garble, What};

use super::{ACME, EU_DE, by_password, items, said, start};

#[test]
fn a_fault_comes_in_every_envelope_that_the_vendor_has() {
    let (simulator, alice) = start();
    for (envelope, expected) in [
        ("service", json!({ "error_code": "CSBS.9998", "error_msg": "m" })),
        ("nested", json!({ "error": { "code": "CSBS.9998", "message": "m" } })),
        ("camel", json!({ "errorCode": "CSBS.9998", "errorMsg": "m" })),
        ("keystone", json!({ "error": { "code": 503, "message": "m", "title": "Service Unavailable" } })),
    ] {
        let fault = json!({ "operation": "ListCheckpointItems", "what": { "status": 503, "code": "CSBS.9998", "message": "m", "envelope": envelope } });
        assert_eq!(alice.wire.admin("POST", "faults", &fault.to_string()).status, 200);
        let answer = alice.get(&items(EU_DE));
        assert_eq!((answer.status, answer.json()), (503, expected));
        assert!(answer.header("x-openstack-request-id").is_some());
        assert_eq!(simulator.calls().pop().unwrap().code.as_deref(), Some("CSBS.9998"));
    }
    simulator.fault(Fault::on("ListCheckpointItems", What::error(503, "X").in_envelope(Envelope::Text)));
    let answer = alice.get(&items(EU_DE));
    assert_eq!((answer.text.as_str(), answer.header("content-type")), ("X (a fault of the simulator)", Some("text/plain;charset=utf-8")));
    simulator.fault(Fault::on("ListCheckpointItems", What::error(502, "X").in_envelope(Envelope::Gateway)));
    let body = alice.get(&items(EU_DE)).json();
    assert_eq!(body["request_id"].as_str().map(str::len), Some(32));
}

#[test]
fn without_a_word_the_code_and_the_service_choose_the_envelope() {
    let (simulator, alice) = start();
    simulator.fault(Fault::on("ListCheckpointItems", What::error(500, "CSBS.6019")));
    assert_eq!(alice.get(&items(EU_DE)).json()["request_id"], Value::Null);
    simulator.fault(Fault::on("ListCheckpointItems", What::error(502, "APIGW.0201")));
    assert!(alice.get(&items(EU_DE)).json()["request_id"].is_string());
    let ask = || alice.ask_for_token(&by_password("demo-password"), &Value::Null).json();
    simulator.fault(Fault::on("CreateToken", What::error(500, "InternalError")));
    assert_eq!(ask()["error"]["code"], 500);
    simulator.fault(Fault::on("CreateToken", What::error(410, "IAM.0020")));
    assert_eq!(ask()["error_code"], "IAM.0020");
}

#[test]
fn a_denial_may_carry_its_opaque_reason() {
    let (_simulator, alice) = start();
    let fault =
        r#"{"operation": "ListRoots", "what": {"status": 403, "code": "Organizations.1007", "encodedAuthorizationMessage": "opaque"}}"#;
    alice.wire.admin("POST", "faults", fault);
    let shown = alice.wire.admin("GET", "faults", "").json();
    assert_eq!(shown[0]["what"]["encodedAuthorizationMessage"], "opaque");
    let answer = alice.clone().with("x-domain-id", ACME).get("/v1/organizations/roots");
    assert_eq!(answer.json()["encoded_authorization_message"], "opaque");
}

#[test]
fn faults_strike_before_anything_of_the_call_is_read() {
    let (simulator, alice) = start();
    let path = format!("/v1/{EU_DE}/providers/fc4d5750-22e7-4798-8a46-f48f62c4c1da/resources/action");
    let body = json!({ "check_restorable": [{ "checkpoint_item_id": "c-1" }] });
    simulator.fault(
        Fault::on("CheckRestorable", What::error(400, "BackupService.4008")).with_parameter("check_restorable.0.checkpoint_item_id", "c-1"),
    );
    simulator.fault(Fault::on("CheckRestorable", What::Throttle).in_region("eu-de"));
    let elsewhere = json!({ "check_restorable": [{ "checkpoint_item_id": "c-2" }] });
    assert_eq!(said(&alice.post(&path, &elsewhere)), (429, "APIGW.0308".to_owned()));
    assert_eq!(said(&alice.post(&path, &body)), (400, "BackupService.4008".to_owned()));
    assert_eq!(said(&alice.post(&path, &body)), (400, "CSBS.9001".to_owned()));
}

#[test]
fn calls_that_nobody_simulates_can_be_told_anything() {
    let (simulator, alice) = start();
    let path = format!("/v1/{EU_DE}/restores");
    simulator.fault(Fault::on("CreateRestore", What::error(500, "CSBS.9999")));
    assert_eq!(said(&alice.post(&path, &json!({}))), (500, "CSBS.9999".to_owned()));
    assert_eq!(said(&alice.post(&path, &json!({}))), (404, "APIGW.0101".to_owned()));
}

#[test]
fn a_token_may_be_made_and_its_answer_lost() {
    let (simulator, alice) = start();
    simulator.fault(Fault::on("CreateToken", What::Reset).after());
    let body = json!({ "auth": { "identity": by_password("demo-password") } }).to_string();
    let draft = crate::client::Draft {
        target: "/v3/auth/tokens".to_owned(),
        headers: vec![("host".to_owned(), alice.wire.host.clone())],
        body: body.clone(),
    };
    assert_eq!(alice.wire.send("POST", &draft).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(simulator.calls().pop().unwrap().acted);
    for fault in [Fault::on("CreateToken", What::Garble(Garble::Half)), Fault::on("CreateToken", What::Garble(Garble::Half)).after()] {
        simulator.fault(fault);
        assert_eq!(alice.wire.send("POST", &draft).unwrap_err().kind(), ErrorKind::UnexpectedEof, "shorter than announced");
    }
    let tokens = simulator.state()["huawei"]["domains"][0]["users"][0]["tokens"].clone();
    assert_eq!(tokens, 2, "the fault that came before has made none");
}
