//! Settled means silent: nobody is asked anything but the cloud, in batches, and the Secrets and `ConfigMaps` that spec points at.

use super::budget::many;
use super::{minutes, seconds};
use crate::api_server::Verb;
use crate::world::World;
use crate::world::configurations::DESCRIBE;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const OBJECTS: usize = 100;

fn spec(number: usize) -> Value {
    let by_reference = json!([{"key": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "app", "key": "token"}}}]);
    let plain = json!([{"key": "MODE", "value": "prod"}]);
    let variables = if number.is_multiple_of(10) { by_reference } else { plain };
    json!({
        "scalingConfigurationId": format!("asc-{number}"),
        "configuration": {"cpu": 2, "containers": [{"name": "a", "image": "a:2", "environmentVars": variables}]},
    })
}

#[test]
fn a_hundred_settled_objects_are_silent_for_a_day() {
    let mut world = World::of_configurations(&many(OBJECTS));
    world.secret_with("app", &json!({"token": "t"}));
    for number in 0..OBJECTS {
        world.configuration(&format!("web-{number}"), &spec(number));
    }
    world.start();
    let in_sync = |world: &World| (0..OBJECTS).all(|number| world.ready(&format!("web-{number}")) == "True/InSync");
    world.until(minutes(5), "all are in sync", in_sync);
    // The first sync after the creation may still find the objects spread; from then on they share a phase.
    world.pass_in_steps(minutes(60), seconds(10));
    world.api.clear_requests();
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(24 * 60), seconds(10));

    let mut requests: BTreeMap<String, usize> = BTreeMap::new();
    let mut polls = 0;
    for request in world.api.requests() {
        if request.verb == Verb::Get && request.resource == "secrets" {
            polls += 1;
        } else if request.verb != Verb::Watch {
            *requests.entry(format!("{:?} {} {}", request.verb, request.resource, request.subresource)).or_default() += 1;
        }
    }
    assert_eq!(requests, BTreeMap::new(), "requests beside watches and the reference poll");
    // Two Secrets, that of the credential and that of ten objects, every 15 s or so.
    assert!((8000..=16_000).contains(&polls), "{polls} reads of two Secrets");
    let syncs = 24 * 6;
    let ideal = OBJECTS / 10;
    let reads = world.calls(DESCRIBE);
    assert!(
        (syncs * ideal..=syncs * ideal * 12 / 10).contains(&reads),
        "{reads} reads in {syncs} syncs of {OBJECTS} objects, {ideal} each"
    );
    assert_eq!(world.cloud.calls().len(), reads, "and nothing else");
}
