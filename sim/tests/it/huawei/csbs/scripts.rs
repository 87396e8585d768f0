//! Answers that do not follow from the state: laid down, or struck by a fault; and a service that is closed.

use serde_json::{Value, json};
use steward_cloudsim::{CsbsSeed, Edit, Fault, HuaweiEdit, HuaweiVerdict, Refusals, SettingsSeed, What};

use super::{DB, DB_BACKUP, NOTHING, WEB, WEB_BACKUP, action, ask, edit, home, question, settings, stocked, verdict};
use crate::huawei::{Alice, DEMO, EU_DE, items, project, said};

/// Every code of the page, with the status of its first row.
const CODES: &[(&str, u16)] = &[
    ("CSBS.0001", 400),
    ("CSBS.6000", 400),
    ("CSBS.6001", 400),
    ("CSBS.6003", 400),
    ("CSBS.6005", 400),
    ("CSBS.6006", 400),
    ("CSBS.6007", 400),
    ("CSBS.6010", 400),
    ("CSBS.6013", 400),
    ("CSBS.6014", 400),
    ("CSBS.6015", 400),
    ("CSBS.9001", 400),
    ("CSBS.9009", 403),
    ("CSBS.9998", 500),
    ("CSBS.9999", 500),
    ("CSBS.0002", 400),
    ("CSBS.1001", 500),
    ("CSBS.2003", 400),
    ("CSBS.2004", 400),
    ("CSBS.3001", 404),
    ("CSBS.6027", 400),
    ("CSBS.6030", 500),
    ("CSBS.6031", 400),
    ("CSBS.6032", 500),
    ("CSBS.6033", 400),
    ("CSBS.6061", 400),
    ("CSBS.8001", 500),
    ("CSBS.8007", 400),
    ("CSBS.8008", 500),
    ("CSBS.8009", 500),
    ("CSBS.9006", 400),
    ("CSBS.1002", 500),
    ("CSBS.2001", 500),
    ("CSBS.3000", 404),
    ("CSBS.5001", 500),
    ("CSBS.6004", 400),
    ("CSBS.9007", 400),
    ("CSBS.7000", 400),
    ("CSBS.7001", 404),
    ("CSBS.4000", 400),
    ("CSBS.6016", 400),
    ("CSBS.6017", 400),
    ("CSBS.6018", 400),
    ("CSBS.6019", 500),
    ("CSBS.6020", 400),
    ("CSBS.6021", 400),
    ("CSBS.6023", 500),
    ("CSBS.6024", 400),
    ("CSBS.6025", 400),
    ("CSBS.9008", 400),
    ("CSBS.6040", 404),
    ("BackupService.4008", 400),
];

#[test]
fn every_documented_code_can_be_laid_down_in_either_form() {
    let (simulator, alice) = stocked();
    for (code, status) in CODES {
        edit(&simulator, HuaweiEdit::Verdicts(vec![HuaweiVerdict::no(*code)]));
        let (said_inside, message) = verdict(&alice, &home());
        assert_eq!(said_inside, *code);
        assert!(!message.is_empty() && !message.contains('%'), "{code}: {message}");
        edit(&simulator, HuaweiEdit::Verdicts(vec![HuaweiVerdict::no(*code).in_form(Refusals::Error)]));
        assert_eq!(said(&ask(&alice, &[home()])), (*status, (*code).to_owned()));
    }
    edit(&simulator, HuaweiEdit::Verdicts(Vec::new()));
    assert_eq!(verdict(&alice, &home()).0, "yes");
}

#[test]
fn a_verdict_can_be_for_one_backup_or_one_server() {
    let (simulator, alice) = stocked();
    let verdicts = vec![HuaweiVerdict::no("CSBS.6061").on_backup(DB_BACKUP), HuaweiVerdict::yes().on_server(DB)];
    edit(&simulator, HuaweiEdit::Verdicts(verdicts));
    for (backup, server, code) in [(DB_BACKUP, DB, "CSBS.6061"), (NOTHING, DB, "yes"), (WEB_BACKUP, WEB, "CSBS.6018")] {
        assert_eq!(verdict(&alice, &question(backup, server, &[])).0, code);
    }
}

#[test]
fn an_answer_may_be_odd() {
    let (simulator, alice) = stocked();
    let answers = |verdict: HuaweiVerdict| {
        edit(&simulator, HuaweiEdit::Verdicts(vec![verdict.on_server(WEB)]));
        ask(&alice, &[home(), question(DB_BACKUP, DB, &[])]).json()["restorable"].clone()
    };
    let other = HuaweiVerdict { resource_id: Some(NOTHING.to_owned()), ..HuaweiVerdict::yes() };
    assert_eq!(answers(other)[0]["resource_id"], NOTHING, "as in the documented example");
    let codeless = answers(HuaweiVerdict::no(""))[0].clone();
    assert_eq!((&codeless["result"], &codeless["error_code"]), (&json!(false), &json!("")));
    let strange = HuaweiVerdict { message: Some("who knows".to_owned()), ..HuaweiVerdict::no("CSBS.9876") };
    assert_eq!(answers(strange)[0]["error_msg"], "who knows");
    let informative = HuaweiVerdict { code: "CSBS.6004".to_owned(), ..HuaweiVerdict::yes() };
    let informative = answers(informative)[0].clone();
    assert_eq!((&informative["result"], &informative["error_code"]), (&json!(true), &json!("CSBS.6004")));
    let dropped = answers(HuaweiVerdict { dropped: true, ..HuaweiVerdict::default() });
    assert_eq!(dropped.as_array().map(Vec::len), Some(1), "one answer to two questions");
}

#[test]
fn a_closed_service_refuses_everybody_after_the_gateway() {
    let (simulator, alice) = stocked();
    let retired = |retired: bool| settings(&simulator, CsbsSeed { retired: Some(retired), ..CsbsSeed::default() });
    retired(true);
    let expected = json!({ "error_code": "BackupService.4008", "error_msg": "New project are not allowed to use old services." });
    for answer in [ask(&alice, &[home()]), alice.get(&items(DEMO)), alice.get(&format!("{}/{WEB_BACKUP}", items(DEMO)))] {
        assert_eq!((answer.status, answer.json()), (400, expected.clone()));
    }
    let guess = Alice { secret: "wrong".to_owned(), ..alice.clone() };
    assert_eq!(said(&guess.get(&items(DEMO))), (401, "APIGW.0301".to_owned()));
    retired(false);
    assert_eq!(verdict(&alice, &home()).0, "yes");
}

#[test]
fn the_service_may_be_closed_for_one_project() {
    let (simulator, alice) = stocked();
    let fault = r#"{"operation": "*", "service": "csbs", "match": {"project_id": "PROJECT"}, "what": {"code": "BackupService.4008"},
                    "times": "forever"}"#;
    assert_eq!(alice.wire.admin("POST", "faults", &fault.replace("PROJECT", EU_DE)).status, 200);
    let other = alice.get_with_token(&items(EU_DE), &alice.token(&project(EU_DE)));
    assert_eq!(said(&other), (400, "BackupService.4008".to_owned()));
    assert_eq!(other.json()["error_msg"], "New project are not allowed to use old services.");
    assert_eq!(verdict(&alice, &home()).0, "yes");
    assert_eq!(simulator.calls().iter().filter(|call| call.code.is_some()).count(), 1);
}

#[test]
fn the_question_is_counted_and_throttled() {
    let (simulator, alice) = stocked();
    let limits = [("CheckRestorable".to_owned(), 2)].into();
    simulator.edit(Edit::Settings(SettingsSeed { limits, ..SettingsSeed::default() })).unwrap();
    let statuses: Vec<u16> = (0..3).map(|_| ask(&alice, &[home()]).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(ask(&alice, &[home()]).json()["error_code"], "APIGW.0308");
    assert_eq!(alice.get(&items(DEMO)).status, 200, "other questions have windows of their own");
}

#[test]
fn a_user_without_the_right_is_refused() {
    let (_simulator, alice) = stocked();
    let reader = Alice { access: "DEMOACCESSKEY0000002".to_owned(), secret: "demo-secret-key-of-readonly".to_owned(), ..alice };
    assert_eq!(said(&ask(&reader, &[home()])), (403, "APIGW.0302".to_owned()));
    assert_eq!(reader.get(&items(DEMO)).status, 200);
}

#[test]
fn a_guard_rail_of_the_organization_can_speak_through_csbs_with_any_of_its_codes() {
    let (simulator, alice) = stocked();
    for (code, status) in
        [("Organizations.1007", 403), ("Organizations.1003", 409), ("Organizations.1010", 404), ("Organizations.2202", 400)]
    {
        simulator.fault(Fault::on("CheckRestorable", What::documented(code).unwrap()));
        let answer = ask(&alice, &[home()]);
        assert_eq!(said(&answer), (status, code.to_owned()));
        let opaque = &answer.json()["encoded_authorization_message"];
        assert_eq!(opaque.is_string(), code == "Organizations.1007", "{answer:?}");
        assert_eq!(answer.json()["request_id"], Value::Null);
    }
    let all = (0..=9999).filter(|number| What::documented(format!("Organizations.{number}")).is_some()).count();
    assert_eq!(all, 97);
    let fault = r#"{"operation": "CheckRestorable", "what": {"code": "Organizations.1015"}}"#;
    assert_eq!(alice.wire.admin("POST", "faults", fault).status, 200);
    assert_eq!(said(&ask(&alice, &[home()])), (401, "Organizations.1015".to_owned()));
}

#[test]
fn faults_find_a_question_by_its_ids() {
    let (simulator, alice) = stocked();
    let fault = || Fault::on("CheckRestorable", What::documented("CSBS.9998").unwrap());
    simulator.fault(fault().with_parameter("check_restorable.0.target.resource_id", WEB));
    simulator.fault(fault().with_parameter("check_restorable.0.checkpoint_item_id", NOTHING));
    assert_eq!(said(&ask(&alice, &[question(DB_BACKUP, DB, &[])])).0, 200);
    assert_eq!(said(&ask(&alice, &[home()])), (500, "CSBS.9998".to_owned()));
    assert_eq!(said(&alice.post(&action(), &json!({ "check_restorable": [question(NOTHING, WEB, &[])] }))).0, 500);
    let calls = simulator.calls();
    let last = calls.last().unwrap();
    assert_eq!((last.project.as_deref(), last.region.as_deref()), (Some(DEMO), Some("eu-de")));
}
