//! A crash before and after the n-th call that leaves the process, for every n: on each target each intent has run once, or a person is asked.

use super::{SEED, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::{RUN, STOP};
use crate::world::crash::at_every_call;
use serde_json::{Value, json};
use std::time::Duration;

fn has_an_outcome(world: &World) -> bool {
    ["True/Succeeded", "False/OutcomeUnknown"].contains(&world.ready("hello").as_str())
}

/// Either it ran once everywhere, or, after a day, what is missing is said to be in doubt.
fn look_at_all(world: &World, targets: &[&str], what: &str, restart: Duration) {
    let marks: Vec<usize> = targets.iter().map(|id| world.marks(id)).collect();
    if world.ready("hello") == "False/OutcomeUnknown" {
        assert!(restart > minutes(24 * 60) && marks.iter().all(|count| *count <= 1) && marks.contains(&0), "{what}: {marks:?}");
        assert!(world.message("hello").contains("cloudsteward.dev/resolve"), "{what}: {}", world.message("hello"));
        return;
    }
    assert_eq!((world.ready("hello").as_str(), marks), ("True/Succeeded", vec![1; targets.len()]), "{what}: {}", world.message("hello"));
}

#[test]
fn one_batch_survives_a_crash_at_every_call() {
    let targets = ["i-web1", "i-web2"];
    let begin = || {
        let world = World::of_commands(SEED);
        world.command("hello", &script("echo hello", &targets));
        world
    };
    at_every_call(begin, has_an_outcome, |world, what, restart| {
        look_at_all(world, &targets, what, restart);
        assert!(world.ran().len() <= 1 && world.calls(RUN) <= 2, "{what}");
    });
}

#[test]
fn batches_one_after_the_other_survive_a_crash_at_every_call() {
    let targets = ["i-web1", "i-web2", "i-web3"];
    let begin = || {
        let world = World::of_commands(SEED);
        world.command("hello", &with(script("echo hello", &targets), &json!({"rollout": {"maxConcurrent": 1}})));
        world
    };
    at_every_call(begin, has_an_outcome, |world, what, restart| look_at_all(world, &targets, what, restart));
}

#[test]
fn a_trigger_that_changes_in_the_middle_survives_a_crash_at_every_call() {
    let begin = || {
        let mut world = World::of_commands(SEED);
        world.cloud.seed("commandOutcomes: [{match: {content: slow}, afterSeconds: 4}]").unwrap();
        let both = script("echo slow", &["i-web1", "i-web2"]);
        world.command("hello", &with(both, &json!({"trigger": "one", "rollout": {"maxConcurrent": 1}})));
        world.start();
        world.until(seconds(20), "the first batch is out", |world| world.status("hello")["operations"][0]["ids"] != Value::Null);
        world.crash();
        world.edit("hello", &json!({"trigger": "two", "command": {"content": "echo hello"}}));
        world
    };
    at_every_call(begin, has_an_outcome, |world, what, restart| {
        let of = |content: &str, id: &str| world.marks_of(content, id);
        let old: Vec<usize> = ["i-web1", "i-web2"].iter().map(|id| of("echo slow", id)).collect();
        assert_eq!(old, [1, 0], "{what}: what was not out of the old one never goes");
        let new: Vec<usize> = ["i-web1", "i-web2"].iter().map(|id| of("echo hello", id)).collect();
        if world.ready("hello") == "False/OutcomeUnknown" {
            assert!(restart > minutes(24 * 60) && new.iter().all(|count| *count <= 1) && new.contains(&0), "{what}: {new:?}");
        } else {
            assert_eq!((world.ready("hello").as_str(), new), ("True/Succeeded", vec![1; 2]), "{what}: {}", world.message("hello"));
        }
    });
}

#[test]
fn a_deletion_survives_a_crash_at_every_call() {
    let begin = || {
        let mut world = World::of_commands(SEED);
        let schedule = json!({"repeatMode": "Period", "frequency": "rate(1h)"});
        world.command("hello", &with(script("echo hello", &["i-web1"]), &schedule));
        world.start();
        world.until_ready("hello", "True/Scheduled");
        world.crash();
        world.delete("hello");
        world
    };
    let gone = |world: &World| world.get("hello").is_none();
    at_every_call(begin, gone, |world, what, restart| {
        assert!(gone(world), "{what}: {}", world.message("hello"));
        let most = if restart > minutes(24 * 60) { 25 } else { 0 };
        assert_eq!(world.ran().len(), 1, "{what}");
        assert!((1..=2).contains(&world.calls(STOP)), "{what}: {} stops", world.calls(STOP));
        assert!(["Stopped", "Success"].contains(&world.ran()[0].status.as_str()), "{what}: {}", world.ran()[0].status);
        assert!(world.marks("i-web1") <= most, "{what}: {} runs", world.marks("i-web1"));
    });
}
