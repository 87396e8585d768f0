//! A command from its creation to its end.

use super::{SEED, counts, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::{LOOK, RESULTS, RUN};
use serde_json::json;
use steward_cloudsim::{Fault, What};

#[test]
fn a_command_runs_once_on_each_target_and_its_output_is_kept() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &script("echo hello", &["i-web1", "i-web2", "i-web3"]));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.ran().len(), 1);
    for id in ["i-web1", "i-web2", "i-web3"] {
        assert_eq!(world.marks(id), 1, "{id}");
    }
    let status = world.status("hello");
    assert_eq!(status["summary"]["done"], "3/3");
    assert_eq!((counts(&world, "hello")["succeeded"].clone(), status["operations"].clone()), (json!(3), json!(null)));
    let result = &status["results"][0];
    assert_eq!((result["phase"].as_str(), result["exitCode"].as_i64()), (Some("Succeeded"), Some(0)));
    assert_eq!(result["output"].as_str().map(str::trim), Some("hello"));

    // What is over is over.
    let calls = world.cloud.calls().len();
    let version = world.get("hello").unwrap()["metadata"]["resourceVersion"].clone();
    world.pass(minutes(60));
    assert_eq!(world.cloud.calls().len(), calls, "nothing is asked any more");
    assert_eq!(world.get("hello").unwrap()["metadata"]["resourceVersion"], version);
    assert_eq!(world.get("hello").unwrap()["metadata"]["finalizers"], json!(null), "there is nothing to undo");
    assert!(world.calls(LOOK) <= 6 && world.calls(RESULTS) == 1 && world.calls(RUN) == 1);
}

#[test]
fn a_failure_says_where_and_why() {
    let mut world = World::of_commands(SEED);
    world.cloud.seed("commandOutcomes: [{match: {instance: i-web2}, exitCode: 3, output: no such package}]").unwrap();
    world.start();
    world.command("hello", &script("echo hello", &["i-web1", "i-web2"]));
    world.until_ready("hello", "False/CommandFailed");
    let message = world.message("hello");
    assert!(message.contains("i-web2: exit code 3"), "{message}");
    assert_eq!((counts(&world, "hello")["succeeded"].clone(), counts(&world, "hello")["failed"].clone()), (json!(1), json!(1)));
    let first = world.status("hello")["results"][0].clone();
    assert_eq!((first["instanceId"].as_str(), first["output"].as_str()), (Some("i-web2"), Some("no such package")));
}

#[test]
fn a_changed_trigger_runs_it_again_and_going_back_does_not() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"trigger": "one"})));
    world.until_ready("hello", "True/Succeeded");
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.ran().len(), 2);
    world.edit("hello", &json!({"trigger": "one"}));
    world.until_ready("hello", "True/AlreadyRan");
    world.pass(minutes(30));
    assert_eq!((world.ran().len(), world.marks("i-web1")), (2, 2));
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/AlreadyRan");
    world.pass(seconds(30));
    assert_eq!(world.ran().len(), 2);
}

#[test]
fn an_intent_that_was_only_refused_may_run_when_somebody_comes_back_to_it() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.cloud.fault(Fault::on(RUN, What::error(403, "InvalidInstance.NotMatch")).forever());
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"trigger": "one"})));
    world.until(minutes(1), "it was refused", |world| world.status("hello")["operations"][0]["state"] == "Refused");
    world.cloud.clear_faults();
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/Succeeded");
    world.edit("hello", &json!({"trigger": "one"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.marks("i-web1"), 2);
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/AlreadyRan");
}

#[test]
fn an_object_made_anew_recognises_what_it_ran() {
    let mut world = World::of_commands(SEED);
    world.start();
    let spec = script("echo hello", &["i-web1", "i-web2"]);
    world.command("hello", &spec);
    world.until_ready("hello", "True/Succeeded");
    world.delete("hello");
    world.until_gone("hello");
    world.command("hello", &spec);
    world.until_ready("hello", "True/AlreadyRan");
    assert_eq!(world.ran().len(), 1);
    assert_eq!(counts(&world, "hello")["succeeded"], json!(2));
}
