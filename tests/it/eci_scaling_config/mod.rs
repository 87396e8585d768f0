//! Stories of `EciScalingConfig`: what people do, what the cloud does, what comes of it.

mod budget;
mod changes;
mod crashes;
mod fights;
mod ill_luck;
mod lag;
mod lives;
mod owners;
mod references;
mod refusals;
mod rest;
mod unavailable;

use crate::world::World;
use serde_json::{Value, json};
use std::time::Duration;

/// A group with a configuration that is at work, and one that is not. Somebody added a sidecar by hand.
const SEED: &str = r#"
scalingGroups: [{id: asg-1, name: web}, {id: asg-vms, type: ECS}]
scalingConfigurations:
  - id: asc-1
    group: asg-1
    name: web
    lifecycle: Active
    configuration:
      Description: the website
      SecurityGroupId: sg-web
      ContainerGroupName: web
      Cpu: 2
      Memory: 4
      Tags: [{Key: team, Value: a}]
      Containers:
        - Name: nginx
          Image: "nginx:1.26"
          Cpu: 0.5
          EnvironmentVars: [{Key: BY_HAND, Value: "1"}]
        - {Name: shipper, Image: "shipper:2.3", VolumeMounts: [{Name: logs, MountPath: /logs}]}
      Volumes: [{Name: logs, Type: EmptyDirVolume}]
  - {id: asc-2, group: asg-1, name: idle, configuration: {SecurityGroupId: sg-web}}
settings: {strictParameters: true, strictModify: true}
"#;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn minutes(count: u64) -> Duration {
    seconds(60 * count)
}

/// Bound to asc-1.
#[allow(clippy::needless_pass_by_value, reason = "what `json!` makes is nobody else's")]
fn bound(configuration: Value) -> Value {
    json!({"scalingConfigurationId": "asc-1", "configuration": configuration})
}

/// Found by this name in asg-1, or created there.
fn named(name: &str, configuration: Value) -> Value {
    let mut configuration = configuration;
    configuration["scalingConfigurationName"] = json!(name);
    configuration["securityGroupId"] = json!("sg-web");
    json!({"scalingGroupId": "asg-1", "configuration": configuration})
}

fn nginx(image: &str) -> Value {
    json!({"containers": [{"name": "nginx", "image": image}]})
}

/// A world in which `web` is like this and has come to rest.
fn settled(spec: &Value) -> World {
    let mut world = World::of_configurations(SEED);
    world.configuration("web", spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world
}

/// Wants a look now; each wish needs words of its own.
fn ask(world: &mut World, name: &str, when: &str) {
    world.annotate(name, "reconcile.cloudsteward.dev/requestedAt", when);
}

#[track_caller]
fn told(world: &World, beginning: &str) {
    let events = world.events("web");
    assert!(events.iter().any(|event| event.starts_with(beginning)), "no {beginning:?} in {events:#?}");
}
