//! What people can do about a command while it is there: run it anew, call it off, put it on hold, give it a time, delete it.

use super::{SEED, called, comes_to, counts, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::{LOOK, RUN, STOP};
use serde_json::{Value, json};

/// Five servers' time for each of two batches.
fn slow() -> Value {
    json!([{"afterSeconds": 30}])
}

fn one_by_one() -> Value {
    with(script("echo hello", &["i-web1", "i-web2"]), &json!({"rollout": {"maxConcurrent": 1}}))
}

fn phase(world: &World, instance: &str) -> String {
    super::result(world, "hello", instance)["phase"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_new_trigger_ends_the_old_run_before_the_new_one_begins() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &slow());
    world.start();
    world.command("hello", &with(one_by_one(), &json!({"trigger": "one"})));
    world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
    let (old, changed) = (world.status("hello")["intent"]["hash"].clone(), json!({"type": "RunShellScript", "content": "echo anew"}));
    world.edit("hello", &json!({"trigger": "two", "command": changed}));
    world.until_ready("hello", "True/Succeeded");
    let contents: Vec<(String, usize)> = world.ran().into_iter().map(|one| (one.content, one.targets.len())).collect();
    assert_eq!(
        contents,
        [("echo hello".to_owned(), 1), ("echo anew".to_owned(), 1), ("echo anew".to_owned(), 1)],
        "batch two of the old one never went"
    );
    let status = world.status("hello");
    assert_eq!(
        (&status["pastIntents"], &status["runs"][0]["outcome"], &status["runs"][0]["trigger"]),
        (&json!([old]), &json!("Stopped"), &json!("one"))
    );
}

#[test]
fn an_edit_of_what_makes_no_run_makes_no_run() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until_ready("hello", "True/Succeeded");
    for change in [
        json!({"rollout": {"maxConcurrent": 1}}),
        json!({"window": {"notAfter": "2026-11-23T00:00:00Z"}}),
        json!({"onUnfitTarget": "Skip"}),
        json!({"output": {"tailBytes": 1}}),
        json!({"deletionPolicy": "Retain"}),
        json!({"suspend": true}),
        json!({"suspend": false}),
        json!({"cancel": true}),
        json!({"cancel": false}),
        json!({"window": {"notAfter": "2026-01-01T00:00:00Z"}}),
    ] {
        world.edit("hello", &change);
        world.pass(seconds(30));
        let suspended = change["suspend"] == true;
        assert_eq!(world.ready("hello"), "True/Succeeded", "{change}");
        assert_eq!(world.condition("hello", "Suspended"), if suspended { "True/Suspended" } else { "absent" }, "{change}");
    }
    assert_eq!(world.ran().len(), 1);
}

#[test]
fn what_is_cancelled_before_it_began_never_begins() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"cancel": true})));
    world.until_ready("hello", "False/Cancelled");
    world.pass(minutes(10));
    assert_eq!((world.calls(RUN), world.calls(STOP)), (0, 0));
    world.edit("hello", &json!({"cancel": false}));
    world.until_ready("hello", "True/Succeeded");
}

#[test]
fn cancel_stops_what_has_not_begun_and_is_honest_about_what_runs() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-web2"}, "pendingSeconds": 50}, {"afterSeconds": 40}]));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1", "i-web2"]));
    world.until(minutes(1), "one has begun", |world| world.marks("i-web1") == 1);
    world.edit("hello", &json!({"cancel": true}));
    world.until(minutes(1), "it is stopped", |world| world.calls(STOP) == 1);
    world.pass(seconds(5));
    assert_eq!(world.ready("hello"), "False/Running");
    assert!(world.message("hello").contains("runs already") || world.message("hello").contains("running"), "{}", world.message("hello"));
    world.until_ready("hello", "False/Cancelled");
    assert_eq!((phase(&world, "i-web1"), phase(&world, "i-web2")), ("Succeeded".to_owned(), "Cancelled".to_owned()));
    let counted = counts(&world, "hello");
    assert_eq!((&counted["succeeded"], &counted["cancelled"]), (&json!(1), &json!(1)));
    assert_eq!((world.marks("i-web1"), world.marks("i-web2"), world.calls(STOP)), (1, 0, 1));
    // What was cancelled stays so.
    world.edit("hello", &json!({"cancel": false}));
    world.pass(minutes(5));
    assert_eq!((world.ran().len(), world.ready("hello")), (1, "False/Cancelled".to_owned()));
}

#[test]
fn cancel_between_two_batches_keeps_the_next_one_back_until_it_is_taken_back() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &slow());
    world.start();
    world.command("hello", &one_by_one());
    world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
    world.pass(seconds(5));
    world.edit("hello", &json!({"cancel": true}));
    world.until_ready("hello", "False/Cancelled");
    world.pass(minutes(5));
    assert_eq!((called(&world).len(), world.calls(STOP)), (1, 0), "what runs is not stopped, because it cannot be");
    assert_eq!(phase(&world, "i-web1"), "Succeeded");
    assert_eq!(world.get("hello").unwrap()["metadata"]["finalizers"], json!(null));
    world.edit("hello", &json!({"cancel": false}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-web1"], ["i-web2"]]);
}

#[test]
fn a_suspended_command_starts_nothing_more_and_goes_on_later() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &slow());
    world.start();
    world.command("hello", &one_by_one());
    world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
    world.edit("hello", &json!({"suspend": true}));
    world.pass(seconds(2));
    world.cloud.clear_calls();
    world.pass(minutes(30));
    assert_eq!((world.condition("hello", "Suspended"), world.cloud.calls().len()), ("True/Suspended".to_owned(), 0));
    world.edit("hello", &json!({"suspend": false}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-web1"], ["i-web2"]]);
}

#[test]
fn nothing_goes_out_before_its_time() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"window": {"notBefore": "2026-11-22T10:00:00Z"}})));
    world.until_ready("hello", "False/Scheduled");
    assert!(world.message("hello").contains("spec.window.notBefore (2026-11-22T10:00:00Z)"), "{}", world.message("hello"));
    let writes = world.writes().len();
    world.pass(minutes(118));
    assert_eq!((world.calls(RUN), world.writes().len()), (0, writes));
    world.until_ready("hello", "True/Succeeded");
    assert!(world.ran()[0].at.to_string().starts_with("2026-11-22T10:00:"), "{}", world.ran()[0].at);
}

#[test]
fn what_comes_too_late_never_runs() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"window": {"notAfter": "2026-11-22T07:00:00Z"}})));
    world.until_ready("hello", "False/WindowMissed");
    assert_eq!(world.condition("hello", "Stalled"), "True/WindowMissed");
    world.cloud.clear_calls();
    world.pass(minutes(60));
    assert_eq!((world.calls(RUN), world.cloud.calls().len()), (0, 0));
    // A person may still give it more time.
    world.edit("hello", &json!({"window": {"notAfter": "2026-11-23T00:00:00Z"}}));
    world.until_ready("hello", "True/Succeeded");
}

#[test]
fn batches_that_are_not_out_when_the_window_closes_never_go() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"afterSeconds": 60}]));
    world.start();
    let mut spec = with(one_by_one(), &json!({"window": {"notAfter": "2026-11-22T08:00:30Z"}}));
    spec["command"]["timeoutSeconds"] = json!(100);
    world.command("hello", &spec);
    world.pass(seconds(40));
    assert_eq!(world.ready("hello"), "False/Running", "what is out runs to its end");
    world.until_ready("hello", "False/WindowMissed");
    assert_eq!((called(&world), phase(&world, "i-web1")), (vec![vec!["i-web1".to_owned()]], "Succeeded".to_owned()));
    let counted = counts(&world, "hello");
    assert_eq!((&counted["succeeded"], &counted["pending"]), (&json!(1), &json!(1)));
    world.pass(minutes(30));
    assert_eq!((world.marks("i-web1"), world.marks("i-web2")), (1, 0));
}

#[test]
fn a_target_that_becomes_fit_after_the_window_is_too_late() {
    let mut world = World::of_commands(SEED);
    world.cloud.edit(steward_cloudsim::Edit::status("i-web1", "Stopped")).unwrap();
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"window": {"notAfter": "2026-11-22T08:05:00Z"}})));
    world.until_ready("hello", "False/DependencyNotReady");
    world.pass(minutes(5));
    world.until_ready("hello", "False/WindowMissed");
    world.cloud.edit(steward_cloudsim::Edit::status("i-web1", "Running")).unwrap();
    world.pass(minutes(5));
    assert_eq!(world.calls(RUN), 0);
}

#[test]
fn deletion_stops_what_is_pending_and_lets_go_of_what_runs() {
    for (policy, pending, stops) in [("Delete", 0, 0), ("Delete", 50, 1), ("Retain", 50, 0)] {
        let mut world = World::of_commands(SEED);
        comes_to(&world, &json!([{"pendingSeconds": pending, "afterSeconds": 30}]));
        world.start();
        world.command("hello", &with(script("echo hello", &["i-web1"]), &json!({"deletionPolicy": policy})));
        world.until_ready("hello", "False/Running");
        world.pass(seconds(3));
        let finalizers = world.get("hello").unwrap()["metadata"]["finalizers"].clone();
        assert_eq!(finalizers.is_array(), policy == "Delete", "{policy}: {finalizers}");
        let before = world.cloud.calls().len();
        world.delete("hello");
        world.until_gone("hello");
        assert_eq!(world.calls(STOP), stops, "{policy}, pending for {pending} s");
        if policy == "Retain" {
            assert_eq!(world.cloud.calls().len(), before, "Retain never asks the cloud");
        }
        world.pass(minutes(3));
        assert_eq!(world.marks("i-web1"), usize::from(stops == 0), "{policy}, pending for {pending} s");
    }
}

#[test]
fn deletion_of_a_suspended_command_stops_what_is_pending() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"pendingSeconds": 50}]));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until_ready("hello", "False/Running");
    world.edit("hello", &json!({"suspend": true}));
    world.pass(seconds(2));
    world.delete("hello");
    world.until_gone("hello");
    world.pass(minutes(3));
    assert_eq!((world.calls(STOP), world.marks("i-web1")), (1, 0));
}

#[test]
fn a_stop_that_is_refused_is_said_and_tried_again() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"pendingSeconds": 55}]));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until_ready("hello", "False/Running");
    let refusal = steward_cloudsim::What::Error {
        status: 503,
        code: "ServiceUnavailable".to_owned(),
        message: String::new(),
        envelope: None,
        encoded_authorization_message: None,
    };
    world.cloud.fault(steward_cloudsim::Fault::on(STOP, refusal).times(2));
    world.delete("hello");
    world.until_gone("hello");
    world.pass(minutes(3));
    assert_eq!((world.calls(STOP), world.marks("i-web1")), (3, 0));
}

#[test]
fn a_finished_command_goes_without_a_call() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until_ready("hello", "True/Succeeded");
    world.cloud.clear_calls();
    world.delete("hello");
    world.until_gone("hello");
    world.pass(seconds(5));
    assert_eq!((world.cloud.calls().len(), world.calls(LOOK)), (0, 0));
}
