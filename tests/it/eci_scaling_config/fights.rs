//! When the cloud does not do what it was asked for, or somebody undoes it, or it cannot be asked: who is told, and that nothing loops.

use super::{SEED, ask, bound, minutes, nginx, seconds, settled, told};
use crate::world::World;
use crate::world::configurations::MODIFY;
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

fn image(world: &World) -> Value {
    world.in_cloud("asc-1")["Containers"][0]["Image"].clone()
}

/// Somebody sets the image back, and steward sets it right, so many times.
fn fight(world: &mut World, times: usize) {
    for _ in 0..times {
        world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
        world.until(minutes(2), "it is set right", |world| image(world) == "nginx:1.27");
        world.until_ready("web", "True/InSync");
    }
}

#[test]
fn another_tool_that_undoes_it_five_times_in_an_hour_is_left_alone_until_somebody_says_otherwise() {
    let mut spec = bound(nginx("nginx:1.27"));
    spec["syncInterval"] = json!("60s");
    let mut world = settled(&spec);
    fight(&mut world, 5);
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
    world.until_ready("web", "False/ManagementConflict");
    let message = world.message("web");
    assert!(message.contains("containers[nginx].image") && message.contains("reconcile.cloudsteward.dev/requestedAt"), "{message}");
    assert_eq!(world.condition("web", "Stalled"), "True/ManagementConflict");
    assert!(world.condition("web", "Drifted").starts_with("True"));
    world.pass_in_steps(minutes(180), seconds(10));
    assert_eq!((world.calls(MODIFY), image(&world)), (6, json!("nginx:theirs")), "once for spec, five times set right, and no more");
    world.crash();
    world.start();
    world.pass(minutes(5));
    assert_eq!((world.ready("web").as_str(), world.calls(MODIFY)), ("False/ManagementConflict", 6), "a restart forgets nothing");

    ask(&mut world, "web", "now");
    world.until(minutes(1), "it is set right", |world| image(world) == "nginx:1.27");
    world.until_ready("web", "True/InSync");
    fight(&mut world, 4);
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
    world.until_ready("web", "False/ManagementConflict");
    world.edit("web", &json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.28"}]}}));
    world.until(minutes(1), "an edit is carried out", |world| image(world) == "nginx:1.28");
    world.until_ready("web", "True/InSync");
}

#[test]
fn corrections_that_are_far_apart_are_no_fight() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    for _ in 0..8 {
        world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:theirs"}));
        world.pass_in_steps(minutes(16), seconds(2));
        assert_eq!((world.ready("web").as_str(), image(&world)), ("True/InSync", json!("nginx:1.27")));
    }
    assert_eq!(world.calls(MODIFY), 9);
}

#[test]
fn an_edit_that_has_to_be_tried_many_times_is_no_fight_either() {
    for error in [What::error(503, "ServiceUnavailable"), What::Throttle] {
        let mut world = settled(&bound(nginx("nginx:1.27")));
        world.cloud.fault(Fault::on(MODIFY, error).times(20));
        world.edit("web", &json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.28"}]}}));
        world.pass_in_steps(minutes(90), seconds(1));
        assert_eq!((world.ready("web").as_str(), image(&world)), ("True/InSync", json!("nginx:1.28")));
        assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "{:?}", world.events("web"));
        assert_eq!(world.status("web")["corrections"], Value::Null);
    }
}

#[test]
fn a_change_that_the_cloud_takes_and_does_not_make_is_tried_twice_and_then_every_hour() {
    let mut world = settled(&bound(json!({"memory": 4})));
    world.pretend("asc-1", json!({"Cpu": 1.0}));
    world.edit("web", &json!({"configuration": {"cpu": 3}}));
    world.until_ready("web", "False/NotConverged");
    assert_eq!(world.calls(MODIFY), 2);
    assert!(world.message("web").contains("cpu"), "{}", world.message("web"));
    assert_eq!(world.condition("web", "Stalled"), "True/NotConverged");
    assert_eq!(world.status("web")["drift"], json!([{"path": "spec.configuration.cpu", "desired": "3", "observed": "1"}]));
    assert_eq!(world.status("web")["applied"], Value::Null, "what did not hold is not ours");
    for hours in 1..=5 {
        // A try is a moment later than an hour after the last.
        world.pass_in_steps(minutes(61), seconds(5));
        assert_eq!((world.calls(MODIFY), world.ready("web").as_str()), (2 + hours, "False/NotConverged"));
    }
    world.crash();
    world.start();
    world.pass(minutes(30));
    assert_eq!(world.calls(MODIFY), 7, "a restart forgets nothing");
    world.pretend("asc-1", json!({"Cpu": null}));
    world.until(minutes(11), "it is seen", |world| world.ready("web") == "True/InSync");
    assert_eq!((world.calls(MODIFY), &world.status("web")["convergence"]), (7, &Value::Null));
    let warnings = world.events("web").iter().filter(|event| event.starts_with("Warning NotConverged")).count();
    assert_eq!(warnings, 1, "once, whatever restarts: {:#?}", world.events("web"));
}

#[test]
fn an_edit_begins_anew_what_did_not_converge() {
    let mut world = settled(&bound(json!({"memory": 4})));
    world.pretend("asc-1", json!({"Cpu": 1.0}));
    world.edit("web", &json!({"configuration": {"cpu": 3}}));
    world.until_ready("web", "False/NotConverged");
    world.edit("web", &json!({"configuration": {"cpu": 2}}));
    world.until_ready("web", "False/NotConverged");
    assert_eq!(world.calls(MODIFY), 4);
    world.edit("web", &json!({"configuration": {"cpu": 1}}));
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_field_that_leaves_spec_and_cannot_be_cleared_is_named() {
    let mut world = settled(&bound(json!({"hostName": "shop", "cpu": 3})));
    world.edit("web", &json!({"configuration": {"hostName": null}}));
    world.until_ready("web", "False/CannotClear");
    let message = world.message("web");
    assert!(message.contains("hostName") && message.contains("spec.allowOverride"), "{message}");
    assert!(world.condition("web", "Synced").starts_with("False"));
    world.pass(minutes(25));
    assert_eq!(world.calls(MODIFY), 1);
    // Somebody clears it in the console.
    world.set_by_hand("asc-1", json!({"HostName": null}));
    world.until(minutes(11), "it is seen", |world| world.ready("web") == "True/InSync");
    assert_eq!((world.calls(MODIFY), &world.status("web")["applied"]), (1, &json!({"cpu": {}})));
}

#[test]
fn what_cannot_be_cleared_otherwise_is_cleared_by_a_complete_call_if_that_is_allowed() {
    let mut world = settled(&bound(json!({"hostName": "shop", "cpu": 3})));
    let before = world.in_cloud("asc-1");
    assert_eq!(before["HostName"], "shop");
    world.edit("web", &json!({"configuration": {"hostName": null}, "allowOverride": true}));
    world.until_ready("web", "True/InSync");
    assert_eq!(world.sent("Override").get("Override").map(String::as_str), Some("true"));
    let mut expected = before;
    expected.as_object_mut().unwrap().remove("HostName");
    let after = world.in_cloud("asc-1");
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&after[name], value, "{name}");
    }
    // The cloud fills in what it would at a creation, and nothing else is new.
    let filled_in = ["LoadBalancerWeight", "RestartPolicy", "SpotStrategy"];
    let new: Vec<_> = after.as_object().unwrap().keys().filter(|name| expected.get(*name).is_none()).collect();
    assert_eq!(new, filled_in);
    assert_eq!(world.calls(MODIFY), 2);
}

#[test]
fn a_list_with_something_in_it_that_this_release_does_not_know_is_not_sent() {
    let mut world = World::of_configurations(SEED);
    world.pretend("asc-1", json!({"Containers.2.Novelty": {"a": 1}}));
    world.configuration("web", &bound(json!({"cpu": 3, "containers": [{"name": "nginx", "image": "nginx:1.27"}]})));
    world.start();
    world.until_ready("web", "False/CannotMerge");
    assert!(world.message("web").contains("containers[shipper].Novelty"), "{}", world.message("web"));
    assert_eq!((world.in_cloud("asc-1")["Cpu"].clone(), image(&world)), (json!(3.0), json!("nginx:1.26")), "the rest need not wait");
    world.pass(minutes(25));
    assert_eq!(world.calls(MODIFY), 1);
    world.pretend("asc-1", json!({"Containers.2.Novelty": null}));
    world.until(minutes(11), "it is sent", |world| world.ready("web") == "True/InSync");
    assert_eq!(image(&world), "nginx:1.27");
    world.pass(seconds(5));
    told(&world, "Warning CannotMerge");
}

#[test]
fn drift_is_set_right_at_once_while_something_else_does_not_converge() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.pretend("asc-1", json!({"Cpu": 1.0}));
    world.edit("web", &json!({"configuration": {"cpu": 3}}));
    world.until_ready("web", "False/NotConverged");
    for round in 1..=3 {
        world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.25"}));
        ask(&mut world, "web", &round.to_string());
        world.until(minutes(1), "it is right again", |world| image(world) == "nginx:1.27");
        world.pass(minutes(2));
        let message = world.message("web");
        assert!(message.contains(": cpu.") && world.ready("web") == "False/NotConverged", "{message}");
        told(&world, "Normal DriftCorrected: set right again: containers[nginx].image");
    }
    let before = world.calls(MODIFY);
    world.pass_in_steps(minutes(55), seconds(5));
    assert_eq!(world.calls(MODIFY), before, "what does not converge still waits for its hour");
}

#[test]
fn a_volume_that_leaves_spec_stays_while_a_container_that_somebody_else_made_mounts_it() {
    let mut world = settled(&bound(json!({"volumes": [{"name": "cache", "type": "EmptyDirVolume", "emptyDirVolume": {}}]})));
    world.set_by_hand("asc-1", json!({"Containers.2.VolumeMounts": [{"Name": "cache", "MountPath": "/cache"}]}));
    world.edit("web", &json!({"configuration": {"volumes": null, "cpu": 2}}));
    world.until_ready("web", "False/CannotClear");
    let message = world.message("web");
    assert!(message.contains("volumes[cache] left spec and stays, because containers[shipper] mounts it"), "{message}");
    let volumes = |world: &World| world.in_cloud("asc-1")["Volumes"].as_array().map_or(0, Vec::len);
    assert_eq!((volumes(&world), world.calls(MODIFY)), (2, 1));
    world.set_by_hand("asc-1", json!({"Containers": [{"Name": "nginx", "Image": "nginx:1.26"}]}));
    world.until(minutes(11), "nobody needs it", |world| volumes(world) == 1);
    world.until_ready("web", "True/InSync");
}
