//! Edits that come before the one before them can be seen in the cloud.

use super::{SEED, bound, minutes, nginx, seconds};
use crate::world::World;
use serde_json::json;

/// Reads show what was so this long ago.
fn lagging(lag: &str) -> World {
    let world = World::of_configurations(SEED);
    world.cloud.seed(&format!("settings: {{readLag: {lag}}}")).expect("a seed");
    world
}

#[test]
fn an_edit_that_is_taken_back_before_it_can_be_seen_is_taken_back_in_the_cloud() {
    let mut world = lagging("20s");
    world.configuration("web", &bound(nginx("nginx:1.27")));
    world.start();
    world.until_ready("web", "False/AwaitingConsistency");
    world.pass(seconds(3));
    world.edit("web", &json!({"configuration": nginx("nginx:1.26")}));
    world.pass(seconds(2));
    assert_eq!(world.ready("web"), "False/AwaitingConsistency", "what is seen is as old as the first edit");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.in_cloud("asc-1")["Containers"][0]["Image"], "nginx:1.26");
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "nobody else did that");
}

#[test]
fn what_is_added_and_dropped_before_it_can_be_seen_goes_from_the_cloud() {
    let mut world = lagging("20s");
    world.configuration("web", &bound(json!({"containers": [{"name": "extra", "image": "extra:1"}]})));
    world.start();
    world.until_ready("web", "False/AwaitingConsistency");
    world.pass(seconds(3));
    world.edit("web", &json!({"configuration": {"containers": null}}));
    world.pass(minutes(2));
    assert_eq!(world.ready("web"), "True/InSync");
    let names: Vec<_> = world.in_cloud("asc-1")["Containers"].as_array().unwrap().iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, ["nginx", "shipper"]);
}
