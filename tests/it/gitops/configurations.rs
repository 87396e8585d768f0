//! Scaling configurations in every state.

use super::verdicts::{AT_WORK, BAD, BAD_AND_SUSPENDED, FINE, FINE_AND_SUSPENDED, GOING, SUSPENDED_BEFORE, Table};
use super::{minutes, seconds, suspended, with};
use crate::world::configurations::{CREATE, DESCRIBE, MODIFY};
use crate::world::{CONFIGURATIONS, World};
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

const SEED: &str = r#"
scalingGroups: [{id: asg-1, name: web}]
scalingConfigurations:
  - id: asc-1
    group: asg-1
    name: web
    lifecycle: Active
    configuration: {Description: the website, SecurityGroupId: sg-web, ContainerGroupName: web, Cpu: 2, Memory: 4, Containers: [{Name: nginx, Image: "nginx:1.26"}]}
  - {id: asc-2, group: asg-1, name: idle, configuration: {SecurityGroupId: sg-web}}
settings: {strictParameters: true, strictModify: true}
"#;

fn bound(id: &str, configuration: &Value) -> Value {
    json!({"scalingConfigurationId": id, "configuration": configuration})
}

fn nginx(image: &str) -> Value {
    json!({"containers": [{"name": "nginx", "image": image}]})
}

fn created(more: &Value) -> Value {
    let configuration = json!({"scalingConfigurationName": "shop", "securityGroupId": "sg-web", "cpu": 1, "memory": 2, "containers": [{"name": "shop", "image": "shop:1"}]});
    with(&json!({"scalingGroupId": "asg-1", "configuration": configuration}), more)
}

/// A world in which `web`, bound to asc-1, is settled.
fn settled(configuration: &Value) -> World {
    let mut world = World::of_configurations(SEED);
    world.configuration("web", &with(&bound("asc-1", configuration), &json!({"syncInterval": "60s"})));
    world.start();
    world.until_ready("web", "True/InSync");
    world
}

#[test]
fn scaling_configurations_are_judged_as_people_expect() {
    let mut table = Table::default();
    alive(&mut table);
    not_as_wished(&mut table);
    refused(&mut table);
    fought_over(&mut table);
    silent_cloud(&mut table);
    going(&mut table);
    table.judge();
}

fn alive(table: &mut Table) {
    let mut world = World::of_configurations(SEED);
    world.cloud.seed("settings: {readLag: 10s}").expect("a setting");
    world.configuration("web", &bound("asc-1", &nginx("nginx:1.27")));
    world.configuration("later", &with(&bound("asc-2", &json!({"cpu": 1})), &suspended()));
    table.row(&world, CONFIGURATIONS, "web", "absent", AT_WORK);
    world.start();
    world.until(seconds(10), "it was sent", |world| world.calls(MODIFY) == 1);
    world.pass(seconds(1));
    let ready = world.condition("web", "Ready");
    table.row(&world, CONFIGURATIONS, "web", &ready, AT_WORK);
    world.until_ready("web", "True/InSync");
    table.row(&world, CONFIGURATIONS, "web", "True/InSync", FINE);
    table.row(&world, CONFIGURATIONS, "later", "Unknown/Suspended", SUSPENDED_BEFORE);
    world.configuration("young", &bound("asc-1", &nginx("nginx:young")));
    world.until_ready("young", "False/AlreadyOwned");
    table.row(&world, CONFIGURATIONS, "young", "False/AlreadyOwned", BAD);
    world.edit("web", &suspended());
    world.edit("young", &suspended());
    world.pass(seconds(5));
    table.row(&world, CONFIGURATIONS, "web", "True/InSync", FINE_AND_SUSPENDED);
    table.row(&world, CONFIGURATIONS, "young", "False/AlreadyOwned", BAD_AND_SUSPENDED);
    world.crash();
    world.edit("web", &json!({"suspend": false}));
    table.row(&world, CONFIGURATIONS, "web", "True/InSync", AT_WORK);
}

/// Spec and cloud differ, and it stays so.
fn not_as_wished(table: &mut Table) {
    let mut world = World::of_configurations(SEED);
    world.pretend("asc-1", json!({"Containers.1.Novelty": {"a": 1}}));
    world.configuration("watched", &with(&bound("asc-2", &json!({"cpu": 1})), &json!({"managementPolicy": "Observe"})));
    world.configuration("strange", &bound("asc-1", &json!({"containers": [{"name": "extra", "image": "extra:1"}]})));
    world.start();
    world.until_ready("watched", "False/DriftDetected");
    table.row(&world, CONFIGURATIONS, "watched", "False/DriftDetected", BAD);
    world.until_ready("strange", "False/CannotMerge");
    table.row(&world, CONFIGURATIONS, "strange", "False/CannotMerge", BAD);

    let mut world = settled(&json!({"hostName": "shop", "memory": 4}));
    world.edit("web", &json!({"configuration": {"hostName": null}}));
    world.until_ready("web", "False/CannotClear");
    table.row(&world, CONFIGURATIONS, "web", "False/CannotClear", BAD);

    let mut world = settled(&json!({"memory": 4}));
    world.pretend("asc-1", json!({"Cpu": 1.0}));
    world.edit("web", &json!({"configuration": {"cpu": 3}}));
    world.until_ready("web", "False/NotConverged");
    table.row(&world, CONFIGURATIONS, "web", "False/NotConverged", BAD);

    // What the vendor calls unavailable may differ for ever.
    let world = settled(&json!({"description": "ours", "cpu": 2}));
    table.row(&world, CONFIGURATIONS, "web", "True/InSync", FINE);
}

fn refused(table: &mut Table) {
    let mut world = World::of_configurations(SEED);
    world.configuration("missing", &bound("asc-none", &json!({"cpu": 1})));
    world.configuration("nobodys", &with(&bound("asc-1", &json!({"cpu": 1})), &json!({"credentialRef": {"name": "nobody"}})));
    let conf = json!({"configMapKeyRef": {"name": "conf", "key": "a"}});
    world.configuration(
        "waiting",
        &bound("asc-2", &json!({"containers": [{"name": "a", "environmentVars": [{"key": "A", "valueFrom": conf}]}]})),
    );
    world.start();
    for (name, ready) in [("missing", "False/NotFound"), ("nobodys", "False/CredentialMissing"), ("waiting", "False/DependencyNotReady")] {
        world.until_ready(name, ready);
        table.row(&world, CONFIGURATIONS, name, ready, BAD);
    }
    let cpu = bound("asc-1", &json!({"cpu": 1}));
    for (operation, spec, code, reason) in [
        (MODIFY, &cpu, "Forbidden.RAM", "AccessDenied"),
        (MODIFY, &cpu, "InvalidSecurityGroupId.VPCMismatch", "InvalidSpec"),
        (MODIFY, &cpu, "Unheard.Of", "UnknownError"),
        (CREATE, &created(&json!({})), "QuotaExceeded.ScalingConfiguration", "QuotaExceeded"),
    ] {
        let mut world = World::of_configurations(SEED);
        world.cloud.fault(Fault::on(operation, What::error(400, code)).forever());
        world.configuration("web", spec);
        world.start();
        let ready = format!("False/{reason}");
        world.until_ready("web", &ready);
        table.row(&world, CONFIGURATIONS, "web", &ready, BAD);
    }
}

fn fought_over(table: &mut Table) {
    let mut world = settled(&nginx("nginx:1.27"));
    for _ in 0..5 {
        world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
        world.until(minutes(2), "it is set right", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.27");
        world.until_ready("web", "True/InSync");
    }
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
    world.until_ready("web", "False/ManagementConflict");
    table.row(&world, CONFIGURATIONS, "web", "False/ManagementConflict", BAD);
}

fn silent_cloud(table: &mut Table) {
    let mut world = settled(&nginx("nginx:1.27"));
    world.cloud.fault(Fault::on(DESCRIBE, What::error(503, "ServiceUnavailable")).forever());
    world.configuration("new", &bound("asc-2", &json!({"cpu": 1})));
    world.until_ready("new", "False/CloudUnavailable");
    table.row(&world, CONFIGURATIONS, "new", "False/CloudUnavailable", AT_WORK);
    world.until(minutes(15), "nobody knows", |world| world.ready("web") == "Unknown/CloudUnavailable");
    table.row(&world, CONFIGURATIONS, "web", "Unknown/CloudUnavailable", AT_WORK);
}

/// While it is made, and while it goes.
fn going(table: &mut Table) {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::Reset).times(1));
    world.configuration("shop", &created(&json!({"deletionPolicy": "Delete"})));
    world.start();
    world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
    world.pass(seconds(1));
    let ready = world.condition("shop", "Ready");
    table.row(&world, CONFIGURATIONS, "shop", &ready, AT_WORK);
    world.until_ready("shop", "True/InSync");
    let id = world.named("asg-1", "shop").remove(0);
    world.by_hand(json!({"set": {"scalingConfiguration": id, "instances": 1}}));
    world.delete("shop");
    world.until_ready("shop", "False/DeleteBlocked");
    table.row(&world, CONFIGURATIONS, "shop", "False/DeleteBlocked", GOING);
}
