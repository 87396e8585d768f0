//! Whether a server can be backed up.

use serde_json::{Value, json};
use steward_cloudsim::{HuaweiEdit, HuaweiServer, HuaweiTask, HuaweiVolume};

use super::{DB, NOTHING, WEB, WEB_DATA, action, edit, stocked};
use crate::huawei::{Alice, said};

fn protectable(alice: &Alice, server: &str, kind: &str) -> Value {
    let answer = alice.post(&action(), &json!({ "check_protectable": [{ "resource_id": server, "resource_type": kind }] }));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["protectable"][0].clone()
}

#[test]
fn every_obstacle_has_its_code() {
    let (simulator, alice) = stocked();
    let server = |id: &str, kind: &str| protectable(&alice, id, kind)["error_code"].as_str().unwrap().to_owned();
    assert_eq!(server(DB, "OS::Nova::Server"), "");
    assert_eq!(server(DB, "OS::Cinder::Volume"), "CSBS.6003");
    assert_eq!(server(NOTHING, "OS::Nova::Server"), "CSBS.6000");
    assert_eq!(server(DB, "OS::Ironic::BareMetalServer"), "CSBS.6000", "there is none of this type");
    for (change, code) in [
        (HuaweiEdit::server_task(DB, HuaweiTask::Protecting), "CSBS.6005"),
        (HuaweiEdit::server_task(DB, HuaweiTask::None), ""),
        (HuaweiEdit::server_status(DB, "RESIZE"), "CSBS.6006"),
        (HuaweiEdit::server_status(DB, "SHUTOFF"), ""),
        (HuaweiEdit::attach(DB, HuaweiVolume { shareable: true, ..HuaweiVolume::new(WEB_DATA, 1) }), "CSBS.6010"),
        (HuaweiEdit::server(HuaweiServer { id: DB.to_owned(), volumes: Some(Vec::new()), ..HuaweiServer::default() }), "CSBS.6007"),
    ] {
        edit(&simulator, change);
        assert_eq!(server(DB, "OS::Nova::Server"), code);
    }
}

#[test]
fn a_server_that_is_bound_to_a_policy_can_be_backed_up_and_the_answer_says_so() {
    let (_simulator, alice) = stocked();
    let expected = json!({ "resource_type": "OS::Nova::Server", "resource_id": WEB, "result": true,
        "error_code": "CSBS.6004", "error_msg": format!("Server ({WEB}) is already in service.") });
    assert_eq!(protectable(&alice, WEB, "OS::Nova::Server"), expected);
}

#[test]
fn a_question_that_is_not_as_documented_is_9001() {
    let (simulator, alice) = stocked();
    for question in [json!({ "resource_id": "i-1", "resource_type": "OS::Nova::Server" }), json!({ "resource_id": WEB })] {
        let answer = alice.post(&action(), &json!({ "check_protectable": [question] }));
        assert_eq!(said(&answer), (400, "CSBS.9001".to_owned()));
    }
    assert!(simulator.calls().iter().all(|call| call.operation == "CheckProtectable"));
}
