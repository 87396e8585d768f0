//! The calls that steward makes are those of the table from which the policies of `docs/permissions.md` are made: here each kind goes through all that it
//! can ask a cloud for. That no other story asks for more is seen to when its world ends; credentials are
//! beside their stories.

use crate::world::World;
use cloud_steward::uses;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use steward_cloudsim as sim;

const SEED: &str = "
securityGroups: [{id: sg-base}, {id: sg-web}]
instances: [{id: i-1, groups: [sg-base], tags: {role: web}}]
interfaces: [{id: eni-1, groups: [sg-base]}]
scalingGroups: [{id: asg-1, name: web}]
";
const SOON: Duration = Duration::from_secs(120);

fn table(kind: &str) -> BTreeSet<String> {
    uses::of(kind).iter().map(|one| one.operation.to_string()).collect()
}

/// What a call of the simulator's log is called in the table.
pub(crate) fn operation(call: &sim::Call) -> String {
    // Its page has no name for this one, so each side has given it one.
    let name = if call.operation == "ListAuthDomains" { "ListDomains" } else { &call.operation };
    format!("{}:{name}", call.service)
}

/// What was asked, without what the credential asks for itself.
fn asked(world: &World) -> BTreeSet<String> {
    let of_credentials = table("CloudCredential");
    world.cloud.calls().iter().map(operation).filter(|operation| !of_credentials.contains(operation)).collect()
}

fn with(spec: &Value, change: &Value) -> Value {
    let mut spec = spec.clone();
    for (field, value) in change.as_object().expect("fields") {
        spec[field] = value.clone();
    }
    spec
}

#[test]
fn a_membership_asks_for_what_its_policy_has_and_for_nothing_else() {
    let mut world = World::new(SEED);
    world.membership("instance", &json!({"securityGroupId": "sg-web", "targets": {"instanceIds": ["i-1"]}}));
    world.membership("interface", &json!({"securityGroupId": "sg-web", "targets": {"networkInterfaceIds": ["eni-1"]}}));
    world.start();
    world.until_ready("instance", "True/InSync");
    world.until_ready("interface", "True/InSync");
    world.delete("instance");
    world.until_gone("instance");
    assert_eq!(asked(&world), table("SecurityGroupMembership"));
}

#[test]
fn a_scaling_configuration_asks_for_what_its_policy_has_and_for_nothing_else() {
    let mut world = World::of_configurations(SEED);
    let configuration =
        json!({"scalingConfigurationName": "shop", "securityGroupId": "sg-web", "cpu": 1, "containers": [{"name": "a", "image": "a:1"}]});
    world.configuration("shop", &json!({"scalingGroupId": "asg-1", "deletionPolicy": "Delete", "configuration": configuration}));
    world.start();
    world.until_ready("shop", "True/InSync");
    world.edit("shop", &json!({"configuration": with(&configuration, &json!({"cpu": 2}))}));
    world.until(SOON, "it is changed", |world| world.said("ModifyEciScalingConfiguration").len() == 1);
    world.until_ready("shop", "True/InSync");
    world.delete("shop");
    world.until_gone("shop");
    assert_eq!(asked(&world), table("EciScalingConfig"));
}

#[test]
fn a_command_asks_for_what_its_policy_has_and_for_nothing_else() {
    let mut world = World::of_commands(SEED);
    let command = json!({"type": "RunShellScript", "content": "uptime"});
    let once = json!({"targets": {"instanceIds": ["i-1"]}, "command": command});
    world.command("once", &once);
    world.command("often", &with(&once, &json!({"repeatMode": "Period", "frequency": "rate(5m)"})));
    world.start();
    world.until_ready("once", "True/Succeeded");
    world.until_ready("often", "True/Scheduled");
    world.delete("often");
    world.until_gone("often");
    assert_eq!(asked(&world), table("CloudCommand"));
}

#[test]
fn a_check_asks_for_what_its_role_has_and_for_nothing_else() {
    let mut world = World::of_checks();
    let server = "5aa119a8-d25b-45a7-8d1b-88e127885635";
    let target = json!({"resourceId": server, "volumeMapping": "SourceVolumes"});
    for (name, backup) in [
        ("latest", json!({"latest": {"resourceId": server}})),
        ("by-id", json!({"checkpointItemId": "8986ce68-3da7-4d29-9cc2-1921e9504975"})),
    ] {
        world.check(name, &json!({"credentialRef": {"name": "otc"}, "checks": [{"name": "home", "backup": backup, "target": target}]}));
    }
    world.start();
    world.until_ready("latest", "True/Restorable");
    world.until_ready("by-id", "True/Restorable");
    assert_eq!(asked(&world), table("RestoreCheck"));
}
