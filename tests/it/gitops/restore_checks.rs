//! Restore checks in every state.

use super::verdicts::{AT_WORK, BAD, FINE, FINE_AND_SUSPENDED, SUSPENDED_BEFORE, Table};
use super::{minutes, seconds, suspended, with};
use crate::world::World;
use crate::world::checks::{CHECK, LIST};
use serde_json::{Value, json};
use steward_cloudsim::{CsbsSeed, Fault, HuaweiEdit, What};

const CHECKS: &str = "restorechecks";
const WEB: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";
const WEB_BACKUP: &str = "8986ce68-3da7-4d29-9cc2-1921e9504975";
const DB: &str = "f45c477a-57e5-465f-999f-d845083962db";

/// The latest backup of a server, back to where it came from; asked about every ten minutes, old after forty.
fn home(server: &str) -> Value {
    let target = json!({"resourceId": server, "volumeMapping": "SourceVolumes"});
    let check = json!({"name": "home", "backup": {"latest": {"resourceId": server}}, "target": target});
    json!({"credentialRef": {"name": "otc"}, "checks": [check], "interval": "10m", "staleAfter": "40m"})
}

fn good() -> World {
    let mut world = World::of_checks();
    world.check("web", &home(WEB));
    world.start();
    world.until_ready("web", "True/Restorable");
    world
}

#[test]
fn restore_checks_are_judged_as_people_expect() {
    let mut table = Table::default();
    alive(&mut table);
    answers(&mut table);
    trouble(&mut table);
    table.judge();
}

fn alive(table: &mut Table) {
    let mut world = World::of_checks();
    world.check("web", &home(WEB));
    world.check("later", &with(&home(WEB), &suspended()));
    world.check("patient", &with(&home(DB), &json!({"failureThreshold": 2})));
    table.row(&world, CHECKS, "web", "absent", AT_WORK);
    world.start();
    world.until_ready("web", "True/Restorable");
    table.row(&world, CHECKS, "web", "True/Restorable", FINE);
    world.until_ready("later", "Unknown/Suspended");
    table.row(&world, CHECKS, "later", "Unknown/Suspended", SUSPENDED_BEFORE);
    world.until_ready("patient", "False/Checking");
    table.row(&world, CHECKS, "patient", "False/Checking", AT_WORK);
    world.edit("web", &suspended());
    world.pass(seconds(5));
    table.row(&world, CHECKS, "web", "True/Restorable", FINE_AND_SUSPENDED);
    world.crash();
    world.edit("web", &json!({"suspend": false}));
    table.row(&world, CHECKS, "web", "True/Restorable", AT_WORK);
}

fn answers(table: &mut Table) {
    let mut world = World::of_checks();
    world.check("db", &home(DB));
    let mut aged = home(WEB);
    aged["checks"][0]["backup"]["latest"]["maxAge"] = json!("1h");
    world.check("aged", &aged);
    world.check("nobodys", &with(&home(DB), &json!({"credentialRef": {"name": "nobody"}})));
    world.start();
    for (name, ready) in [("db", "False/NotRestorable"), ("aged", "False/BackupTooOld"), ("nobodys", "False/CredentialMissing")] {
        world.until_ready(name, ready);
        table.row(&world, CHECKS, name, ready, BAD);
    }
    world.tell_huawei(HuaweiEdit::delete_backup(WEB_BACKUP));
    world.until(minutes(11), "there is none", |world| world.ready("aged") == "False/NoBackup");
    table.row(&world, CHECKS, "aged", "False/NoBackup", BAD);
}

fn trouble(table: &mut Table) {
    let mut world = good();
    world.cloud.fault(Fault::on(CHECK, What::error(403, "APIGW.0302")).forever());
    world.until(minutes(11), "it is refused", |world| world.ready("web") == "False/AccessDenied");
    table.row(&world, CHECKS, "web", "False/AccessDenied", BAD);

    let mut world = good();
    world.dial(CsbsSeed { retired: Some(true), ..CsbsSeed::default() });
    world.until(minutes(11), "it is closed", |world| world.ready("web") == "False/ServiceRetired");
    table.row(&world, CHECKS, "web", "False/ServiceRetired", BAD);

    let mut world = good();
    world.cloud.fault(Fault::on(LIST, What::error(503, "")).forever());
    world.until(minutes(60), "nobody knows", |world| world.ready("web") == "Unknown/CloudUnavailable");
    table.row(&world, CHECKS, "web", "Unknown/CloudUnavailable", AT_WORK);

    // Nobody has asked for too long.
    let mut world = World::of_checks();
    world.check("web", &with(&home(WEB), &json!({"interval": "3h"})));
    world.start();
    world.until_ready("web", "True/Restorable");
    world.until(minutes(60), "the answer is too old", |world| world.ready("web") == "Unknown/Stale");
    table.row(&world, CHECKS, "web", "Unknown/Stale", BAD);
}
