//! Objects that lost their memory, or got an older one back: what ran is recognised, and does not run again.

use super::{SEED, counts, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::{COMMANDS, RUN};
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

const TARGETS: [&str; 3] = ["i-web1", "i-web2", "i-web3"];

/// Three batches of one, eight seconds each.
fn one_by_one() -> World {
    let world = World::of_commands(SEED);
    world.cloud.seed("commandOutcomes: [{match: {content: hello}, afterSeconds: 8}]").expect("a good seed");
    world.command("hello", &with(script("echo hello", &TARGETS), &json!({"rollout": {"maxConcurrent": 1}})));
    world
}

/// Somebody puts this status in the place of the one that is there, while nobody is at work.
fn restore(world: &mut World, status: &Value) {
    world.crash();
    world.api.patch_json(COMMANDS, "default", "hello", &json!({"status": null}));
    world.api.patch_json(COMMANDS, "default", "hello", &json!({"status": status}));
    world.start();
}

#[track_caller]
fn assert_once(world: &World, what: &str) {
    assert_eq!(TARGETS.map(|id| world.marks(id)), [1; 3], "{what}");
}

#[test]
fn an_object_made_anew_while_its_command_runs_takes_it_over() {
    let mut world = one_by_one();
    let object = world.get("hello").unwrap();
    world.edit("hello", &json!({"deletionPolicy": "Retain"}));
    world.start();
    world.until(minutes(1), "the second batch is out", |world| world.ran().len() == 2);
    world.delete("hello");
    world.until_gone("hello");
    world.command("hello", &object["spec"]);
    world.until_ready("hello", "True/AlreadyRan");
    assert_once(&world, "made anew");
    assert_eq!((world.calls(RUN), counts(&world, "hello")["succeeded"].clone()), (3, json!(3)));
}

#[test]
fn an_object_made_anew_when_nothing_may_begin_any_more_tells_what_ran() {
    let over = json!({"window": {"notAfter": "2026-11-22T08:30:00Z"}});
    for (late, fields, targets) in [
        (true, over.clone(), json!({"instanceIds": TARGETS})),
        (true, over, json!({"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}})),
        (false, json!({"cancel": true}), json!({"instanceIds": TARGETS})),
    ] {
        let mut world = World::of_commands(SEED);
        let mut spec = with(script("echo hello", &[]), &json!({"targets": targets}));
        world.command("hello", &with(spec.clone(), &if late { fields.clone() } else { json!({}) }));
        world.start();
        world.until_ready("hello", "True/Succeeded");
        world.delete("hello");
        world.until_gone("hello");
        world.pass(minutes(60));
        spec = with(spec, &fields);
        world.command("hello", &spec);
        world.until_ready("hello", "True/AlreadyRan");
        assert_eq!((world.calls(RUN), counts(&world, "hello")["succeeded"].clone()), (1, json!(3)), "{fields}");
        // A part of it that did not run is not made up for.
        world.delete("hello");
        world.until_gone("hello");
        assert_once(&world, &fields.to_string());
    }
}

#[test]
fn what_was_suspended_until_its_window_was_over_still_tells_what_ran() {
    let mut world = World::of_commands(SEED);
    let spec = with(script("echo hello", &TARGETS), &json!({"window": {"notAfter": "2026-11-22T08:30:00Z"}}));
    world.command("hello", &spec);
    world.start();
    world.until_ready("hello", "True/Succeeded");
    world.delete("hello");
    world.until_gone("hello");
    world.command("hello", &with(spec, &json!({"suspend": true})));
    world.pass(minutes(60));
    assert_eq!(world.condition("hello", "Suspended"), "True/Suspended");
    world.edit("hello", &json!({"suspend": false}));
    world.until_ready("hello", "True/AlreadyRan");
    assert_once(&world, "suspended meanwhile");
}

#[test]
fn an_older_status_that_is_laid_back_when_the_window_is_over_is_made_up_from_the_cloud() {
    let mut world = one_by_one();
    world.edit("hello", &json!({"window": {"notAfter": "2026-11-22T09:00:00Z"}}));
    world.start();
    world.until(minutes(1), "the first batch is out", |world| world.ran().len() == 1);
    world.pass(seconds(2));
    let backup = world.status("hello");
    world.until_ready("hello", "True/Succeeded");
    world.pass(minutes(60));
    restore(&mut world, &backup);
    world.until(minutes(3), "it is made up", |world| world.ready("hello").starts_with("True/"));
    assert_eq!(counts(&world, "hello")["succeeded"], json!(3));
    assert_once(&world, "restored");
}

#[test]
fn a_status_that_is_lost_is_found_in_the_cloud() {
    for out in 0..=3 {
        let mut world = one_by_one();
        world.start();
        world.until(minutes(2), "so many are out", |world| world.ran().len() == out);
        if out == 3 {
            world.until_ready("hello", "True/Succeeded");
        }
        restore(&mut world, &json!({"observedGeneration": -1}));
        world.until_ready("hello", if out == 0 { "True/Succeeded" } else { "True/AlreadyRan" });
        assert_once(&world, &format!("lost after {out}"));
        assert_eq!((world.calls(RUN), counts(&world, "hello")["succeeded"].clone()), (3, json!(3)), "lost after {out}");
    }
}

#[test]
fn a_status_that_is_older_than_what_ran_is_made_up_from_the_cloud() {
    // A backup at every second of a life, laid back at its end and in its middle.
    let mut backups = Vec::new();
    let mut world = one_by_one();
    world.start();
    while world.ready("hello") != "True/Succeeded" {
        backups.push(world.status("hello"));
        world.pass(seconds(1));
    }
    drop(world);
    backups.dedup_by_key(|status| (status["intent"].clone(), status["operations"].clone()));
    assert!(backups.len() >= 6, "{}", backups.len());
    for (number, backup) in backups.iter().enumerate() {
        let knows = backup["intent"]["invokeIds"].as_array().map_or(0, Vec::len);
        for out in knows.max(2)..=3 {
            let mut world = one_by_one();
            world.start();
            world.until(minutes(2), "so many are out", |world| world.ran().len() == out);
            restore(&mut world, backup);
            let done = |world: &World| ["True/Succeeded", "True/AlreadyRan"].contains(&world.ready("hello").as_str());
            world.until(minutes(3), &format!("backup {number} is made up, {backup}"), done);
            assert_once(&world, &format!("backup {number} after {out}: {backup}"));
            assert_eq!(counts(&world, "hello")["succeeded"], 3, "backup {number} after {out}: {backup}");
        }
    }
}

#[test]
fn a_status_with_other_batches_than_the_cloud_has_reaches_nobody_twice() {
    let mut world = one_by_one();
    world.start();
    world.until(minutes(1), "the first batch is out", |world| world.ran().len() == 1);
    world.pass(seconds(2));
    let backup = world.status("hello");
    world.edit("hello", &json!({"rollout": {"maxConcurrent": 3}}));
    restore(&mut world, &json!({"observedGeneration": -1}));
    world.until_ready("hello", "True/AlreadyRan");
    assert_eq!(world.ran().iter().map(|one| one.targets.len()).collect::<Vec<_>>(), [1, 2]);
    world.edit("hello", &json!({"rollout": {"maxConcurrent": 1}}));
    restore(&mut world, &backup);
    world.until(minutes(3), "it is made up", |world| world.ready("hello").starts_with("True/"));
    world.pass(minutes(5));
    assert_once(&world, &format!("restored: {:#}", world.status("hello")));
}

#[test]
fn a_status_that_knows_only_a_refusal_does_not_send_again_what_was_taken_since() {
    let mut world = World::of_commands(SEED);
    world.cloud.fault(Fault::on(RUN, What::error(403, "InvalidInstance.NotMatch")));
    world.command("hello", &script("echo hello", &TARGETS));
    world.start();
    world.until(minutes(1), "it was refused", |world| world.status("hello")["operations"][0]["state"] == "Refused");
    let backup = world.status("hello");
    world.annotate("hello", "reconcile.cloudsteward.dev/requestedAt", "now");
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.calls(RUN), 2);
    restore(&mut world, &backup);
    world.until(minutes(2), "it is made up", |world| world.ready("hello").starts_with("True/"));
    assert_eq!(world.calls(RUN), 2);
    assert_once(&world, "restored");
}

#[test]
fn whoever_goes_back_to_an_earlier_intent_after_its_memory_was_lost_runs_nothing() {
    let mut world = World::of_commands(SEED);
    world.command("hello", &with(script("echo hello", &TARGETS), &json!({"trigger": "one"})));
    world.start();
    world.until_ready("hello", "True/Succeeded");
    let backup = world.status("hello");
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.calls(RUN), 2);
    restore(&mut world, &json!({"observedGeneration": -1}));
    world.until_ready("hello", "True/AlreadyRan");
    world.edit("hello", &json!({"trigger": "one"}));
    world.until_ready("hello", "True/AlreadyRan");
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/AlreadyRan");
    restore(&mut world, &backup);
    world.until_ready("hello", "True/AlreadyRan");
    assert_eq!((world.calls(RUN), TARGETS.map(|id| world.marks(id))), (2, [2; 3]));
}

#[test]
fn what_runs_in_a_resource_group_is_ended_there_although_the_next_is_for_another() {
    let mut world = World::of_commands(SEED);
    world.cloud.seed("instances: [{id: i-shop, resourceGroup: rg-shop, groups: [sg-base]}]").unwrap();
    let schedule = json!({"resourceGroupId": "rg-shop", "repeatMode": "Period", "frequency": "rate(1h)"});
    world.command("hello", &with(script("echo hello", &["i-shop"]), &schedule));
    world.start();
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(15));
    world.edit("hello", &json!({"trigger": "two", "resourceGroupId": null, "targets": {"instanceIds": ["i-web1"]}}));
    world.until_ready("hello", "True/Scheduled");
    assert_eq!(world.ran().iter().map(|one| one.status.clone()).collect::<Vec<_>>(), ["Stopped", "Scheduled"]);
}
