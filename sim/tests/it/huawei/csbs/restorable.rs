//! One test for each thing that can be in the way.

use serde_json::{Value, json};
use steward_cloudsim::{Blanks, CsbsSeed, HuaweiBackup, HuaweiEdit, HuaweiServer, HuaweiTask, HuaweiVolume, Refusals};

use super::{
    DB, DB_BACKUP, NOTHING, WEB, WEB_BACKUP, WEB_DATA, WEB_DATA_BACKUP, WEB_SYSTEM, WEB_SYSTEM_BACKUP, action, ask, edit, home, question,
    settings, stocked, verdict,
};
use crate::huawei::{CN_NORTH, EU_DE, project, said};

const BARE_METAL: &str = "OS::Ironic::BareMetalServer";

/// What the question `home` is told after an edit.
#[track_caller]
fn after(change: HuaweiEdit, code: &str, message: &str) {
    let (simulator, alice) = stocked();
    assert_eq!(verdict(&alice, &home()), ("yes".to_owned(), String::new()), "before the change");
    edit(&simulator, change);
    assert_eq!(verdict(&alice, &home()), (code.to_owned(), message.to_owned()));
}

/// What another question is told of the state as it is.
#[track_caller]
fn asked(question: &Value, code: &str, message: &str) {
    let (_simulator, alice) = stocked();
    assert_eq!(verdict(&alice, question), (code.to_owned(), message.to_owned()));
}

fn server(change: impl FnOnce(&mut HuaweiServer)) -> HuaweiEdit {
    let mut server = HuaweiServer { id: WEB.to_owned(), ..HuaweiServer::default() };
    change(&mut server);
    HuaweiEdit::server(server)
}

fn backup(change: impl FnOnce(&mut HuaweiBackup)) -> HuaweiEdit {
    let mut backup = HuaweiBackup { id: Some(WEB_BACKUP.to_owned()), ..HuaweiBackup::default() };
    change(&mut backup);
    HuaweiEdit::backup(backup)
}

fn home_by(mapping: &[(&str, &str)]) -> Value {
    question(WEB_BACKUP, WEB, mapping)
}

#[test]
fn a_backup_that_is_not_there_is_3001() {
    let message = format!("Checkpoint_item ({NOTHING}) is not found.");
    asked(&question(NOTHING, WEB, &[]), "CSBS.3001", &message);
    after(HuaweiEdit::delete_backup(WEB_BACKUP), "CSBS.3001", &message.replace(NOTHING, WEB_BACKUP));
}

#[test]
fn a_checkpoint_is_not_the_backup_of_a_server() {
    let checkpoint = "f672a1bb-6912-446a-816c-72792c5263e0";
    asked(&question(checkpoint, WEB, &[]), "CSBS.3001", &format!("Checkpoint_item ({checkpoint}) is not found."));
}

#[test]
fn a_backup_that_is_not_available_is_4000() {
    for status in ["waiting_protect", "protecting", "restoring", "error", "deleting"] {
        after(HuaweiEdit::backup_status(WEB_BACKUP, status), "CSBS.4000", "checkpoint item not available");
    }
}

#[test]
fn a_backup_that_has_no_way_to_be_restored_is_4000() {
    after(backup(|it| it.restore_mode = Some("na".to_owned())), "CSBS.4000", "checkpoint item not available");
    after(backup(|it| it.restore_mode = Some("snapshot".to_owned())), "yes", "");
}

#[test]
fn a_server_that_is_not_there_is_6000() {
    after(HuaweiEdit::delete_server(WEB), "CSBS.6000", "server do not exist");
}

#[test]
fn a_server_that_is_not_at_rest_is_6005() {
    let message = format!("Server ({WEB}) is already in service.");
    for status in ["RESIZE", "VERIFY_RESIZE", "ERROR", "REBOOT", "BUILD"] {
        after(HuaweiEdit::server_status(WEB, status), "CSBS.6005", &message);
    }
    after(HuaweiEdit::server_status(WEB, "SHUTOFF"), "yes", "");
}

#[test]
fn a_server_that_is_being_backed_up_is_6005_and_one_that_is_being_restored_6015() {
    after(HuaweiEdit::server_task(WEB, HuaweiTask::Protecting), "CSBS.6005", &format!("Server ({WEB}) is already in service."));
    after(HuaweiEdit::server_task(WEB, HuaweiTask::Restoring), "CSBS.6015", "The server is restoring.");
    let (simulator, alice) = stocked();
    for (task, code) in [(HuaweiTask::Restoring, "CSBS.6015"), (HuaweiTask::None, "yes")] {
        edit(&simulator, HuaweiEdit::server_task(WEB, task));
        assert_eq!(verdict(&alice, &home()).0, code);
    }
}

#[test]
fn what_is_no_server_is_6013() {
    let mut volume = home();
    volume["target"]["resource_type"] = json!("OS::Cinder::Volume");
    asked(&volume, "CSBS.6013", &format!("Resource ({WEB}) type (OS::Cinder::Volume) is not support restoration."));
}

#[test]
fn a_target_of_another_type_than_the_source_is_6019() {
    let message = |source: &str, target: &str| {
        format!("The source server ({WEB}) type ({source}) is not the same as the target server ({WEB}) type ({target}).")
    };
    after(backup(|it| it.kind = Some(BARE_METAL.to_owned())), "CSBS.6019", &message(BARE_METAL, "OS::Nova::Server"));
    after(server(|it| it.kind = Some(BARE_METAL.to_owned())), "CSBS.6019", &message("OS::Nova::Server", BARE_METAL));
}

#[test]
fn a_type_that_is_not_restored_or_not_the_targets_is_6016() {
    let mut wrong = home();
    wrong["target"]["resource_type"] = json!(BARE_METAL);
    asked(&wrong, "CSBS.6016", "can not restore server type is not allow");
    let (simulator, alice) = stocked();
    edit(&simulator, backup(|it| it.kind = Some(BARE_METAL.to_owned())));
    edit(&simulator, server(|it| it.kind = Some(BARE_METAL.to_owned())));
    assert_eq!(verdict(&alice, &wrong).0, "CSBS.6016", "bare metal onto bare metal");
}

#[test]
fn a_zone_that_the_backup_does_not_serve_is_6025() {
    let message = format!("The AZ of local checkpoint item ({WEB_BACKUP}) is not support to restore the resource ({WEB}).");
    after(server(|it| it.zone = Some("eu-de-03".to_owned())), "CSBS.6025", &message);
    let (simulator, alice) = stocked();
    edit(&simulator, server(|it| it.zone = Some("eu-de-03".to_owned())));
    edit(&simulator, backup(|it| it.zones = Some(vec!["eu-de-01".to_owned(), "eu-de-03".to_owned()])));
    assert_eq!(verdict(&alice, &home()).0, "yes");
}

#[test]
fn a_disk_backup_that_is_not_of_the_item_is_6017() {
    let mapping = [(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, WEB_DATA), (NOTHING, NOTHING)];
    asked(&home_by(&mapping), "CSBS.6017", &format!("Can not find backup(s) ({NOTHING}) in checkpoint item ({WEB_BACKUP})."));
}

#[test]
fn a_disk_backup_that_goes_nowhere_is_6018() {
    let message = |ids: &str| format!("Not assign backup(s) ({ids}) to volume(s), partial restore is not supported.");
    asked(&home_by(&[(WEB_SYSTEM_BACKUP, WEB_SYSTEM)]), "CSBS.6018", &message(WEB_DATA_BACKUP));
    asked(&home_by(&[]), "CSBS.6018", &message(&format!("{WEB_SYSTEM_BACKUP}, {WEB_DATA_BACKUP}")));
}

#[test]
fn a_volume_that_is_not_attached_to_the_target_is_6014() {
    let message = |id: &str| format!("Volume(s) ({id}) not found in target server.");
    after(HuaweiEdit::detach(WEB, WEB_DATA), "CSBS.6014", &message(WEB_DATA));
    let elsewhere = question(WEB_BACKUP, DB, &[(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, WEB_DATA)]);
    let (simulator, alice) = stocked();
    edit(&simulator, backup(|it| it.zones = Some(vec!["eu-de-02".to_owned()])));
    assert_eq!(verdict(&alice, &elsewhere), ("CSBS.6014".to_owned(), message(&format!("{WEB_SYSTEM}, {WEB_DATA}"))));
}

#[test]
fn a_server_without_volumes_is_6020() {
    after(server(|it| it.volumes = Some(Vec::new())), "CSBS.6020", &format!("No volume attached to the server ({WEB}) for restore."));
}

#[test]
fn a_shareable_volume_is_6021() {
    let shared = HuaweiVolume { shareable: true, ..HuaweiVolume::new(WEB_DATA, 100) };
    after(HuaweiEdit::attach(WEB, shared), "CSBS.6021", &format!("Volume ({WEB_DATA}) attached to server ({WEB}) is shareable volume."));
}

#[test]
fn data_on_a_system_disk_is_6023() {
    let crossed = home_by(&[(WEB_SYSTEM_BACKUP, WEB_DATA), (WEB_DATA_BACKUP, WEB_SYSTEM)]);
    asked(&crossed, "CSBS.6023", &format!("Can not restore data volume to system volume. server id is ({WEB})."));
}

#[test]
fn a_volume_that_is_too_small_is_6024() {
    let message = format!("Target volume ({WEB_DATA}) size (99) small than volume backup ({WEB_DATA_BACKUP}) size (100).");
    after(HuaweiEdit::attach(WEB, HuaweiVolume::new(WEB_DATA, 99)), "CSBS.6024", &message);
    after(HuaweiEdit::attach(WEB, HuaweiVolume::new(WEB_DATA, 101)), "yes", "");
}

#[test]
fn of_all_that_is_in_the_way_the_first_is_told() {
    let (simulator, alice) = stocked();
    let ask = |mapping: &[(&str, &str)]| verdict(&alice, &home_by(mapping)).0;
    let heal = |change: HuaweiEdit| edit(&simulator, change);
    let small = |id: &str, bootable: bool, shareable: bool| HuaweiVolume { bootable, shareable, ..HuaweiVolume::new(id, 1) };
    heal(server(|it| {
        it.zone = Some("eu-de-03".to_owned());
        it.task = Some(HuaweiTask::Restoring);
        it.status = Some("RESIZE".to_owned());
        it.volumes = Some(Vec::new());
    }));
    heal(backup(|it| {
        it.kind = Some(BARE_METAL.to_owned());
        it.status = Some("error".to_owned());
    }));
    let strange = [(NOTHING, WEB_DATA)];
    assert_eq!(ask(&strange), "CSBS.6019");
    for (change, code) in [
        (backup(|it| it.kind = Some("OS::Nova::Server".to_owned())), "CSBS.6025"),
        (server(|it| it.zone = Some("eu-de-01".to_owned())), "CSBS.6015"),
        (HuaweiEdit::server_task(WEB, HuaweiTask::None), "CSBS.6005"),
        (HuaweiEdit::server_status(WEB, "ACTIVE"), "CSBS.4000"),
        (HuaweiEdit::backup_status(WEB_BACKUP, "available"), "CSBS.6020"),
        (HuaweiEdit::attach(WEB, small(WEB_SYSTEM, true, true)), "CSBS.6017"),
    ] {
        heal(change);
        assert_eq!(ask(&strange), code);
    }
    assert_eq!(ask(&[(WEB_DATA_BACKUP, WEB_SYSTEM)]), "CSBS.6018");
    let crossed = [(WEB_SYSTEM_BACKUP, WEB_DATA), (WEB_DATA_BACKUP, WEB_SYSTEM)];
    assert_eq!(ask(&crossed), "CSBS.6014");
    heal(HuaweiEdit::attach(WEB, small(WEB_DATA, false, false)));
    assert_eq!(ask(&crossed), "CSBS.6021");
    heal(HuaweiEdit::attach(WEB, small(WEB_SYSTEM, true, false)));
    assert_eq!(ask(&crossed), "CSBS.6023");
    assert_eq!(ask(&[(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, WEB_DATA)]), "CSBS.6024");
}

#[test]
fn somebody_elses_servers_and_backups_do_not_exist() {
    let (_simulator, alice) = stocked();
    let token = alice.token(&project(CN_NORTH));
    let path = action().replace(super::DEMO, CN_NORTH);
    let body = json!({ "check_restorable": [home()] }).to_string();
    let answer = alice.bare("POST", &path, &[("x-auth-token", &token)], &body);
    assert_eq!(answer.json()["restorable"][0]["error_code"], "CSBS.3001");
    let (simulator, alice) = stocked();
    edit(&simulator, server(|it| it.project = Some(EU_DE.to_owned())));
    assert_eq!(verdict(&alice, &home()).0, "CSBS.6000");
}

#[test]
fn a_new_disk_and_then_a_new_backup_change_what_has_to_be_mapped() {
    let (simulator, alice) = stocked();
    edit(&simulator, HuaweiEdit::attach(WEB, HuaweiVolume::new(NOTHING, 10)));
    assert_eq!(verdict(&alice, &home()).0, "yes", "volumes that came later are left alone");
    edit(&simulator, HuaweiEdit::back_up(WEB));
    let newest = simulator.backups_of(WEB)[0].clone();
    let item = alice.get(&format!("/v1/{}/checkpoint_items/{newest}", super::DEMO)).json();
    let mapping: Vec<(String, String)> = item["checkpoint_item"]["extend_info"]["volume_backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|disk| (disk["id"].as_str().unwrap().to_owned(), disk["source_volume_id"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(mapping.len(), 3);
    let mapping: Vec<(&str, &str)> = mapping.iter().map(|(disk, volume)| (disk.as_str(), volume.as_str())).collect();
    assert_eq!(verdict(&alice, &question(&newest, WEB, &mapping)).0, "yes");
    assert_eq!(verdict(&alice, &question(&newest, WEB, &mapping[..2])).0, "CSBS.6018");
}

#[test]
fn a_question_that_is_not_as_documented_is_9001_whatever_the_form() {
    let (simulator, alice) = stocked();
    let spoiled = |spoil: &dyn Fn(&mut Value)| {
        let mut body = json!({ "check_restorable": [home()] });
        spoil(&mut body);
        body
    };
    let lacking = |field: &'static str| {
        spoiled(&move |body| {
            let question = body["check_restorable"][0].as_object_mut().unwrap();
            if question.remove(field).is_none() {
                question["target"].as_object_mut().unwrap().remove(field).unwrap();
            }
        })
    };
    let mut bodies: Vec<Value> = ["checkpoint_item_id", "target", "resource_id", "resource_type", "volumes"].map(lacking).into();
    for path in [
        "/check_restorable/0/checkpoint_item_id",
        "/check_restorable/0/target/resource_id",
        "/check_restorable/0/target/volumes/0/backup_id",
        "/check_restorable/0/target/volumes/1/volume_id",
    ] {
        bodies.push(spoiled(&move |body| *body.pointer_mut(path).unwrap() = json!("8986ce68")));
        bodies.push(spoiled(&move |body| *body.pointer_mut(path).unwrap() = json!(7)));
    }
    for (one, other) in [("backup_id", WEB_SYSTEM_BACKUP), ("volume_id", WEB_SYSTEM)] {
        bodies.push(spoiled(&move |body| body["check_restorable"][0]["target"]["volumes"][1][one] = json!(other)));
    }
    bodies.extend([json!({}), json!([]), json!({ "check_restorable": [] }), json!({ "check_restorable": home() })]);
    // One that is spoiled spoils the others.
    bodies.push(json!({ "check_restorable": [home(), { "checkpoint_item_id": WEB_BACKUP }] }));
    for body in bodies {
        let answer = alice.post(&action(), &body);
        assert_eq!((answer.status, answer.json()), (400, json!({ "error_code": "CSBS.9001", "error_msg": "provider invalid" })), "{body}");
    }
    let elsewhere = action().replace("fc4d5750", "fc4d5751");
    assert_eq!(said(&alice.post(&elsewhere, &json!({ "check_restorable": [home()] }))), (400, "CSBS.9001".to_owned()));
    assert!(simulator.calls().iter().all(|call| call.service == "csbs" && call.operation == "CheckRestorable"));
}

#[test]
fn several_questions_are_answered_in_their_order() {
    let (_simulator, alice) = stocked();
    let answer = ask(&alice, &[question(DB_BACKUP, DB, &[]), home(), question(NOTHING, WEB, &[])]).json();
    let entries: Vec<(&str, bool)> = answer["restorable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["error_code"].as_str().unwrap(), entry["result"].as_bool().unwrap()))
        .collect();
    assert_eq!(entries, [("CSBS.6018", false), ("", true), ("CSBS.3001", false)]);
}

#[test]
fn a_no_comes_as_an_error_where_that_is_set() {
    let (simulator, alice) = stocked();
    settings(&simulator, CsbsSeed { refusals: Some(Refusals::Error), ..CsbsSeed::default() });
    assert_eq!(verdict(&alice, &home()).0, "yes");
    let bare_metal = backup(|it| it.kind = Some(BARE_METAL.to_owned()));
    for (change, status, code) in [
        (HuaweiEdit::detach(WEB, WEB_DATA), 400, "CSBS.6014"),
        (bare_metal, 500, "CSBS.6019"),
        (HuaweiEdit::delete_backup(WEB_BACKUP), 404, "CSBS.3001"),
    ] {
        edit(&simulator, change);
        let answer = ask(&alice, &[home()]);
        assert_eq!(said(&answer), (status, code.to_owned()));
        assert!(answer.header("x-openstack-request-id").is_some());
        assert_eq!(answer.json().as_object().unwrap().len(), 2, "code and message: {answer:?}");
    }
}

#[test]
fn a_yes_may_come_without_code_and_message() {
    let (simulator, alice) = stocked();
    settings(&simulator, CsbsSeed { blanks: Some(Blanks::Omitted), ..CsbsSeed::default() });
    let answer = ask(&alice, &[home()]).json();
    assert_eq!(answer, json!({ "restorable": [{ "resource_type": "OS::Nova::Server", "resource_id": WEB, "result": true }] }));
    edit(&simulator, HuaweiEdit::delete_server(WEB));
    assert_eq!(verdict(&alice, &home()).0, "CSBS.6000");
}
