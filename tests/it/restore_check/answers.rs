//! Yes, no, and what is said of it.

use super::{DB, WEB, WEB_BACKUP, WEB_DATA, WEB_DATA_BACKUP, WEB_SYSTEM, WEB_SYSTEM_BACKUP, home, hours, mapped, minutes, seconds, spec};
use crate::world::World;
use crate::world::checks::{CHECK, LIST, PROJECT};
use jiff::SignedDuration;
use serde_json::json;
use steward_cloudsim::{CsbsSeed, Fault, HuaweiBackup, HuaweiEdit, HuaweiVerdict, HuaweiVolume, Refusals, What};

const GOOD: &str = "True/Restorable True/Restorable";
const BAD: &str = "False/NotRestorable False/NotRestorable";

#[test]
fn a_backup_that_can_be_restored_is_ready_and_was_asked_about_once() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({})));
    world.start();
    world.until_ready("web", "True/Restorable");
    assert_eq!(world.both("web"), GOOD);
    let first = world.first("web");
    assert_eq!((&first["resolved"]["checkpointItemId"], &first["resolved"]["disks"]), (&json!(WEB_BACKUP), &json!(2)));
    assert_eq!((&first["answeredResourceId"], &first["failures"]), (&json!(WEB), &json!(0)));
    let status = world.get("web").unwrap()["status"].clone();
    assert_eq!((&status["oldestBackup"], &status["region"]), (&json!("2026-01-01T00:00:00Z"), &json!("eu-de")));
    assert_eq!(status["accountId"], "0a1b2c3d4e5f60718293a4b5c6d7e8f0");
    assert_eq!((world.calls(LIST), world.calls(CHECK)), (1, 1));
    world.pass_in_steps(hours(20), minutes(1));
    assert_eq!((world.calls(LIST), world.calls(CHECK)), (1, 1), "until it is due again");
    world.pass_in_steps(hours(5), minutes(1));
    assert_eq!((world.calls(LIST), world.calls(CHECK)), (2, 2));
    assert!(world.events("web").len() <= 1, "{:?}", world.events("web"));
}

#[test]
fn a_no_that_comes_twice_counts_and_one_event_tells_of_each_change() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({"interval": "10m", "failureThreshold": 2})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.tell_huawei(HuaweiEdit::detach(WEB, WEB_DATA));
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!((world.both("web").as_str(), &world.first("web")["failures"]), (GOOD, &json!(1)));
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!(world.both("web"), BAD);
    assert!(world.message("web").contains("[CSBS.6014]"), "{}", world.message("web"));
    assert_eq!(world.condition("web", "Stalled"), "True/NotRestorable");
    world.pass_in_steps(minutes(40), seconds(5));
    let warnings = |world: &World| world.events("web").iter().filter(|event| event.starts_with("Warning NotRestorable")).count();
    assert_eq!(warnings(&world), 1, "{:?}", world.events("web"));
    world.tell_huawei(HuaweiEdit::attach(WEB, HuaweiVolume::new(WEB_DATA, 100)));
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!((world.both("web").as_str(), world.condition("web", "Stalled").as_str()), (GOOD, "absent"));
    assert_eq!(warnings(&world), 1);
    let history = world.first("web")["history"].as_array().unwrap().iter().map(|past| past["restorable"].clone()).collect::<Vec<_>>();
    assert_eq!((&history[0], &history[1], history.last().unwrap()), (&json!("True"), &json!("False"), &json!("True")));
}

#[test]
fn a_disk_that_a_mapping_forgets_is_named() {
    let mut world = World::of_checks();
    world.check("web", &spec(&mapped(&[(WEB_SYSTEM_BACKUP, WEB_SYSTEM)]), &json!({})));
    world.start();
    world.until_ready("web", "False/NotRestorable");
    let first = world.first("web");
    assert_eq!((&first["code"], &first["class"]), (&json!("CSBS.6018"), &json!("Invalid")));
    assert!(first["findings"][0].as_str().unwrap().contains(WEB_DATA_BACKUP), "{first}");
    assert!(world.message("web").contains(WEB_DATA_BACKUP), "{}", world.message("web"));
    world.edit("web", &json!({"checks": [mapped(&[(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, WEB_DATA)])]}));
    world.until_ready("web", "True/Restorable");
}

#[test]
fn a_no_is_the_same_in_either_form_and_with_any_status() {
    let mut world = World::of_checks();
    // The disk is smaller now than the one that was backed up.
    world.check("db", &spec(&home(DB), &json!({"interval": "10m"})));
    world.start();
    world.until_ready("db", "False/NotRestorable");
    let told = |world: &World| {
        let first = world.first("db");
        [&first["code"], &first["message"], &first["hint"], &first["class"]].map(Clone::clone)
    };
    let inside = told(&world);
    assert_eq!(inside[0], "CSBS.6024");
    world.dial(CsbsSeed { refusals: Some(Refusals::Error), ..CsbsSeed::default() });
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!((told(&world), world.both("db").as_str()), (inside, BAD));
    assert_eq!(world.get("db").unwrap()["status"]["lastError"], json!(null), "an answer is no error");
    // Documented with 500, and yet an answer.
    world.tell_huawei(HuaweiEdit::Verdicts(vec![HuaweiVerdict::no("CSBS.6019").in_form(Refusals::Error)]));
    world.pass_in_steps(minutes(11), seconds(5));
    assert_eq!((world.both("db").as_str(), &world.first("db")["code"]), (BAD, &json!("CSBS.6019")));
    let asked = world.calls(CHECK);
    world.pass_in_steps(minutes(5), seconds(5));
    assert_eq!(world.calls(CHECK), asked, "it is not tried again like an outage");
}

#[test]
fn without_a_backup_or_with_one_that_is_too_old_the_answer_is_no_until_there_is_a_new_one() {
    let mut world = World::of_checks();
    world.tell_huawei(HuaweiEdit::delete_backup(WEB_BACKUP));
    let mut check = home(WEB);
    check["backup"]["latest"]["maxAge"] = json!("26h");
    world.check("web", &spec(&check, &json!({"interval": "1h"})));
    world.start();
    world.until_ready("web", "False/NoBackup");
    assert_eq!(world.both("web"), "False/NoBackup False/NoBackup");
    world.tell_huawei(HuaweiEdit::back_up_at(WEB, "2026-11-20T00:00:00Z".parse().unwrap()));
    world.pass_in_steps(minutes(61), seconds(10));
    assert_eq!(world.both("web"), "False/BackupTooOld False/BackupTooOld");
    assert_eq!(world.calls(CHECK), 0, "there was nothing to ask about");
    // Overnight.
    world.tell_huawei(HuaweiEdit::back_up(WEB));
    world.pass_in_steps(minutes(61), seconds(10));
    assert_eq!(world.both("web"), GOOD);
    assert_ne!(world.first("web")["resolved"]["checkpointItemId"], WEB_BACKUP);
}

#[test]
fn a_server_of_another_project_is_asked_about_with_a_token_of_that_project() {
    let mut world = World::of_checks();
    world.edit_credential("otc", &json!({"project": {"name": "eu-de"}}));
    world.check("here", &spec(&home(WEB), &json!({})));
    world.check("there", &spec(&home(WEB), &json!({"projectId": PROJECT})));
    world.check("nowhere", &spec(&home(WEB), &json!({"projectId": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"})));
    world.start();
    world.until_ready("there", "True/Restorable");
    world.until_ready("here", "False/NoBackup");
    world.until_ready("nowhere", "False/InvalidSpec");
    assert!(world.message("nowhere").contains("spec.projectId"), "{}", world.message("nowhere"));
    assert_eq!(world.credential_ready("otc"), "True/InSync", "nobody's password is to blame");
}

#[test]
fn ids_in_capitals_are_the_same_ids() {
    let mut world = World::of_checks();
    world.check("latest", &spec(&home(&WEB.to_uppercase()), &json!({"providerId": "FC4D5750-22E7-4798-8A46-F48F62C4C1DA"})));
    let mut check = mapped(&[(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, &WEB_DATA.to_uppercase())]);
    check["backup"]["checkpointItemId"] = json!(WEB_BACKUP.to_uppercase());
    world.check("by-id", &spec(&check, &json!({})));
    world.start();
    world.until_ready("latest", "True/Restorable");
    world.until_ready("by-id", "True/Restorable");
    assert_eq!(world.first("by-id")["findings"], json!(null));
}

#[test]
fn a_backup_that_goes_while_it_is_asked_about_is_followed_by_the_next() {
    let mut world = World::of_checks();
    let newer = "0c1d2e3f-0000-4000-8000-000000000001";
    world.tell_huawei(HuaweiEdit::backup(HuaweiBackup {
        id: Some(newer.to_owned()),
        server: Some(WEB.to_owned()),
        ..HuaweiBackup::default()
    }));
    world.cloud.fault(Fault::on(CHECK, What::Timeout(Some(SignedDuration::from_secs(8)))));
    world.check("web", &spec(&home(WEB), &json!({})));
    world.start();
    world.until(seconds(30), "it is asked", |world| world.calls(CHECK) == 1);
    world.tell_huawei(HuaweiEdit::delete_backup(newer));
    world.until(seconds(30), "there is an answer", |world| world.ready("web") != "unseen");
    assert_eq!((world.both("web").as_str(), &world.first("web")["resolved"]["checkpointItemId"]), (GOOD, &json!(WEB_BACKUP)));
    assert_eq!(world.calls(CHECK), 2);
}

#[test]
fn a_backup_that_does_not_name_its_disks_is_asked_about_by_nobody_and_makes_no_yes_a_no() {
    let mut world = World::of_checks();
    world.check("web", &spec(&home(WEB), &json!({"interval": "1h"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    let extra = [("extend_info.volume_backups".to_owned(), json!([]))].into();
    world.tell_huawei(HuaweiEdit::backup(HuaweiBackup { server: Some(WEB.to_owned()), extra: Some(extra), ..HuaweiBackup::default() }));
    world.pass_in_steps(minutes(61), seconds(10));
    assert_eq!(world.both("web"), "False/InvalidSpec True/Restorable");
    assert!(world.message("web").contains("target.volumes"), "{}", world.message("web"));
    assert_eq!(world.calls(CHECK), 1);
}
