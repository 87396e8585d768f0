//! Stories of `CloudCommand`: what people do, what the cloud does, what comes of it.

mod crashes;
mod journal;
mod lives;
mod lives_again;
mod lost_answers;
mod replicas;
mod resolve;
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
