//! Backups, and whether they can be restored: what follows from servers and volumes as they are, and what is laid down instead.

mod backups;
mod protectable;
mod recorded;
mod restorable;
mod scripts;

use serde_json::{Value, json};
use steward_cloudsim::{CsbsSeed, Edit, HuaweiEdit, Simulator};

use super::{Alice, DEMO};
use crate::client::{Answer, simulator};

const SEED: &str = include_str!("../../../../seeds/huawei.yaml");
const BACKUPS: &str = include_str!("../../../../seeds/backups.yaml");

const WEB: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";
const WEB_SYSTEM: &str = "45baf976-c20a-4894-a7c3-c94b7376bf55";
const WEB_DATA: &str = "9c1b1c1f-5a0f-4f4e-9a53-5a7d1a6f0c02";
const WEB_BACKUP: &str = "8986ce68-3da7-4d29-9cc2-1921e9504975";
const WEB_SYSTEM_BACKUP: &str = "7ea119a8-d25b-43a7-8d1b-88e12788513a";
const WEB_DATA_BACKUP: &str = "3b1c4a52-3c0e-4b0e-8f3e-0a3f9e3f7c11";
const DB: &str = "f45c477a-57e5-465f-999f-d845083962db";
const DB_BACKUP: &str = "90c1d5fa-1b9f-4aeb-b2f4-81c806e98190";
/// An id that nothing has.
const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

/// A simulator with servers and backups, and a client that signs for their project.
fn stocked() -> (Simulator, Alice) {
    let simulator = simulator(SEED);
    simulator.seed(BACKUPS).unwrap();
    let alice = Alice::of(&simulator).with("x-project-id", DEMO);
    (simulator, alice)
}

fn edit(simulator: &Simulator, edit: HuaweiEdit) {
    super::edit(simulator, edit);
}

fn settings(simulator: &Simulator, csbs: CsbsSeed) {
    simulator.edit(Edit::csbs(csbs)).unwrap();
}

fn action() -> String {
    format!("/v1/{DEMO}/providers/fc4d5750-22e7-4798-8a46-f48f62c4c1da/resources/action")
}

/// May this be put there, by this mapping of disk backups to volumes?
fn question(backup: &str, server: &str, mapping: &[(&str, &str)]) -> Value {
    let volumes: Vec<Value> = mapping.iter().map(|(disk, volume)| json!({ "backup_id": disk, "volume_id": volume })).collect();
    json!({ "checkpoint_item_id": backup, "target": { "resource_id": server, "resource_type": "OS::Nova::Server", "volumes": volumes } })
}

/// The backup of the web server, back to where it comes from.
fn home() -> Value {
    question(WEB_BACKUP, WEB, &[(WEB_SYSTEM_BACKUP, WEB_SYSTEM), (WEB_DATA_BACKUP, WEB_DATA)])
}

fn ask(alice: &Alice, questions: &[Value]) -> Answer {
    alice.post(&action(), &json!({ "check_restorable": questions }))
}

/// Result, code and message of one question; the code `yes` if it can be restored.
fn verdict(alice: &Alice, question: &Value) -> (String, String) {
    let answer = ask(alice, std::slice::from_ref(question));
    assert_eq!(answer.status, 200, "{answer:?}");
    let entry = answer.json()["restorable"][0].clone();
    let text = |field: &str| entry[field].as_str().unwrap().to_owned();
    assert_eq!(entry["resource_id"], question["target"]["resource_id"]);
    assert_eq!(entry["resource_type"], question["target"]["resource_type"]);
    let code = if entry["result"] == true { format!("yes{}", text("error_code")) } else { text("error_code") };
    (code, text("error_msg"))
}
