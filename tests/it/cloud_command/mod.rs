//! Stories of `CloudCommand`: what people do, what the cloud does, what comes of it.

mod control;
mod crashes;
mod inputs;
mod journal;
mod lives;
mod lives_again;
mod lost_answers;
mod replicas;
mod resolve;
mod results;
mod rollout;
mod schedules;
mod targets;
mod upgrade;

use crate::world::World;
use serde_json::{Value, json};
use std::time::Duration;

/// Three servers of one role, one of another.
const SEED: &str = "
securityGroups: [{id: sg-base}]
instances:
  - {id: i-web1, groups: [sg-base], tags: {role: web}}
  - {id: i-web2, groups: [sg-base], tags: {role: web}}
  - {id: i-web3, groups: [sg-base], tags: {role: web}}
  - {id: i-db1, groups: [sg-base], tags: {role: db}}
";

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    seconds(60 * count)
}

/// A script on these servers.
fn script(content: &str, targets: &[&str]) -> Value {
    json!({"targets": {"instanceIds": targets}, "command": {"type": "RunShellScript", "content": content}})
}

/// The same spec with these fields.
fn with(spec: Value, fields: &Value) -> Value {
    let mut spec = spec;
    for (name, value) in fields.as_object().expect("fields") {
        spec[name] = value.clone();
    }
    spec
}

#[track_caller]
fn counts(world: &World, name: &str) -> Value {
    world.status(name)["counts"].clone()
}

/// A cloud with so many servers, `i-0001` and on.
fn many(count: usize) -> String {
    let server = |id: String| format!("  - {{id: {id}, groups: [sg-base], tags: {{role: load}}}}");
    let servers: Vec<String> = numbered(count).into_iter().map(server).collect();
    format!("settings: {{limits: {{\"*\": 100000}}}}\nsecurityGroups: [{{id: sg-base}}]\ninstances:\n{}\n", servers.join("\n"))
}

/// `i-0001` and on.
fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("i-{number:04}")).collect()
}

/// A script on all of these servers.
fn on_all(content: &str, targets: &[String]) -> Value {
    script(content, &targets.iter().map(String::as_str).collect::<Vec<_>>())
}

/// From now on scripts come to this: entries of the simulator's `commandOutcomes`.
#[track_caller]
fn comes_to(world: &World, outcomes: &Value) {
    world.by_hand(json!({"commandOutcomes": outcomes}));
}

/// Which servers each accepted call named, in order.
fn called(world: &World) -> Vec<Vec<String>> {
    let names = |one: &steward_cloudsim::commands::Invocation| one.targets.iter().map(|target| target.instance.clone()).collect();
    world.ran().iter().map(names).collect()
}

/// How often status was written.
fn status_writes(world: &World) -> usize {
    world.writes().iter().filter(|write| write.contains("cloudcommands/status")).count()
}

/// What status says of one server.
#[track_caller]
fn result(world: &World, name: &str, instance: &str) -> Value {
    let status = world.status(name);
    let results = status["results"].as_array().cloned().unwrap_or_default();
    let found = results.into_iter().find(|result| result["instanceId"] == instance);
    assert!(found.is_some(), "no result of {instance}: {status:#}");
    found.unwrap_or_default()
}
