//! Who runs it: named, tagged or selected, settled once; and what is said of those that cannot.

use super::{SEED, called, counts, many, minutes, numbered, on_all, script, seconds, with};
use crate::world::World;
use crate::world::commands::RUN;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, What};

fn selected(role: &str) -> Value {
    let targets = json!({"instanceSelector": {"tags": [{"key": "role", "value": role}]}});
    json!({"targets": targets, "command": {"type": "RunShellScript", "content": "echo hello"}})
}

/// Reason and names of everybody who was left out.
fn skipped(world: &World, name: &str) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = world.status(name)["intent"]["skipped"].as_array().cloned().unwrap_or_default();
    let ids = |entry: &Value| entry["instanceIds"].as_array().into_iter().flatten().map(text).collect();
    all.iter().map(|entry| (text(&entry["reason"]), ids(entry))).collect()
}

#[test]
fn a_selector_means_whom_it_meant_at_first_sight() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(selected("web"), &json!({"rollout": {"maxConcurrent": 1}})));
    world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
    assert_eq!(world.status("hello")["intent"]["targets"], json!(["i-web1", "i-web2", "i-web3"]));
    world.cloud.edit(Edit::tags("i-db1", [("role", "web")])).unwrap();
    world.cloud.edit(Edit::tags("i-web3", [("role", "db")])).unwrap();
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-web1"], ["i-web2"], ["i-web3"]]);
    assert_eq!(world.marks("i-db1"), 0);
}

#[test]
fn a_selector_that_matches_nobody_says_so_and_looks_again_only_for_a_new_trigger() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &selected("cache"));
    world.until_ready("hello", "False/NoTargets");
    assert_eq!(world.condition("hello", "Stalled"), "True/NoTargets");
    world.cloud.edit(Edit::tags("i-db1", [("role", "cache")])).unwrap();
    world.cloud.clear_calls();
    world.pass(minutes(30));
    assert_eq!((world.ran().len(), world.cloud.calls().len()), (0, 0));
    world.edit("hello", &json!({"trigger": "again"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-db1"]]);
}

#[test]
fn a_selector_that_matches_more_than_the_cloud_lists_runs_nothing() {
    let mut world = World::of_commands(&many(1001));
    world.start();
    world.command("hello", &selected("load"));
    world.until_ready("hello", "False/InvalidSpec");
    assert!(world.message("hello").contains("spec.targets.instanceSelector matches 1000"), "{}", world.message("hello"));
    assert_eq!(world.calls(RUN), 0);
}

#[test]
fn what_has_the_tags_is_found_by_the_cloud_in_one_call() {
    let mut world = World::of_commands(SEED);
    world.start();
    let targets = json!({"targets": {"resourceTags": [{"key": "role", "value": "web"}]}});
    world.command("hello", &with(script("echo hello", &[]), &targets));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-web1", "i-web2", "i-web3"]]);
    let call = world.cloud.calls().into_iter().find(|call| call.operation == RUN).unwrap();
    assert!(call.parameters.contains_key("ResourceTag.1.Key") && !call.parameters.contains_key("InstanceId.1"));
    assert_eq!((counts(&world, "hello")["targets"].clone(), world.status("hello")["summary"]["done"].clone()), (json!(3), json!("3/3")));
    assert_eq!(world.status("hello")["results"].as_array().map(Vec::len), Some(3));
}

#[test]
fn each_batch_is_one_call_of_a_hundred_at_the_most() {
    let mut world = World::of_commands(&many(250));
    world.start();
    world.command("hello", &on_all("echo hello", &numbered(250)));
    world.until_ready("hello", "True/Succeeded");
    let sizes: Vec<usize> = called(&world).iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 50]);
    assert!(numbered(250).iter().all(|id| world.marks(id) == 1));
    assert_eq!(world.status("hello")["intent"]["settled"], json!(["0-2"]));
}

/// Five servers of which each has another problem, and one that is well.
const ILL: &str = "
securityGroups: [{id: sg-base}]
instances:
  - {id: i-well, groups: [sg-base]}
  - {id: i-stopped, groups: [sg-base], status: Stopped}
  - {id: i-silent, groups: [sg-base], agent: {running: false}}
  - {id: i-bare, groups: [sg-base], agent: {installed: false}}
  - {id: i-windows, groups: [sg-base], os: windows}
";

#[test]
fn whoever_cannot_run_it_is_named_with_reason_and_hint_and_nothing_is_sent() {
    let mut world = World::of_commands(ILL);
    world.start();
    world.command("hello", &script("echo hello", &["i-well", "i-stopped", "i-silent", "i-bare", "i-windows", "i-gone"]));
    world.until_ready("hello", "False/DependencyNotReady");
    let message = world.message("hello");
    for part in [
        "i-stopped: is not running; start it",
        "i-bare, i-silent: has no Cloud Assistant agent that answers; install or start the agent",
        "i-windows: runs Windows; use RunPowerShellScript",
        "i-gone: does not exist; correct its id or spec.region",
        "onUnfitTarget: Skip would leave them out",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    world.pass(minutes(10));
    assert_eq!(world.calls(RUN), 0);
}

#[test]
fn what_becomes_fit_runs_without_an_edit() {
    let mut world = World::of_commands(ILL);
    world.start();
    world.command("hello", &script("echo hello", &["i-well", "i-stopped", "i-silent"]));
    world.until_ready("hello", "False/DependencyNotReady");
    world.cloud.edit(Edit::status("i-stopped", "Running")).unwrap();
    world.cloud.edit(Edit::agent("i-silent", true)).unwrap();
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world), [["i-silent", "i-stopped", "i-well"]]);
}

#[test]
fn skip_leaves_the_unfit_out_and_lists_them() {
    let mut world = World::of_commands(ILL);
    world.start();
    let spec = script("echo hello", &["i-well", "i-stopped", "i-silent", "i-gone"]);
    world.command("hello", &with(spec, &json!({"onUnfitTarget": "Skip"})));
    world.until_ready("hello", "True/Succeeded");
    assert!(world.message("hello").contains("except those that were left out"), "{}", world.message("hello"));
    assert_eq!(called(&world), [["i-well"]]);
    let left_out = skipped(&world, "hello");
    let names: Vec<&str> = left_out.iter().flat_map(|(_, ids)| ids).map(String::as_str).collect();
    assert_eq!(names, ["i-gone", "i-silent", "i-stopped"], "{left_out:?}");
    let counts = counts(&world, "hello");
    assert_eq!((&counts["targets"], &counts["succeeded"], &counts["skipped"]), (&json!(1), &json!(1), &json!(3)));
    // They are left out for good: this was the run.
    world.cloud.edit(Edit::status("i-stopped", "Running")).unwrap();
    world.pass(minutes(20));
    assert_eq!(world.ran().len(), 1);
}

#[test]
fn if_nobody_can_run_it_nobody_does() {
    let mut world = World::of_commands(ILL);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-stopped", "i-silent"]), &json!({"onUnfitTarget": "Skip"})));
    world.until_ready("hello", "False/NoTargets");
    assert!(world.message("hello").contains("status.intent.skipped"), "{}", world.message("hello"));
    assert_eq!(world.calls(RUN), 0);
}

#[test]
fn who_becomes_unfit_between_two_batches_is_waited_for_or_left_out() {
    for (policy, ready) in [("Fail", "False/DependencyNotReady"), ("Skip", "True/Succeeded")] {
        let mut world = World::of_commands(SEED);
        world.start();
        let spec = script("echo hello", &["i-web1", "i-web2", "i-web3"]);
        world.command("hello", &with(spec, &json!({"rollout": {"maxConcurrent": 1}, "onUnfitTarget": policy})));
        world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
        world.cloud.edit(Edit::status("i-web2", "Stopped")).unwrap();
        world.until_ready("hello", ready);
        if policy == "Fail" {
            let message = world.message("hello");
            assert!(message.contains("i-web2: is not running") && !message.contains("nothing was sent"), "{message}");
            assert_eq!(counts(&world, "hello")["succeeded"], json!(1));
            world.pass(minutes(3));
            assert_eq!(called(&world), [["i-web1"]]);
            world.cloud.edit(Edit::status("i-web2", "Running")).unwrap();
            world.until_ready("hello", "True/Succeeded");
            assert_eq!(called(&world), [["i-web1"], ["i-web2"], ["i-web3"]]);
        } else {
            assert_eq!(called(&world), [["i-web1"], ["i-web3"]]);
            assert_eq!(skipped(&world, "hello"), [("is not running".to_owned(), vec!["i-web2".to_owned()])]);
            assert_eq!(world.status("hello")["summary"]["done"], "2/3", "one of three was left out on the way");
        }
    }
}

#[test]
fn an_agent_must_be_new_enough_for_what_is_asked_of_it() {
    let seed = "
securityGroups: [{id: sg-base}]
instances:
  - {id: i-281, groups: [sg-base], agent: {version: 2.2.3.281}}
  - {id: i-343, groups: [sg-base], agent: {version: 2.2.3.343}}
  - {id: i-344, groups: [sg-base], agent: {version: 2.2.3.344}}
";
    let mut world = World::of_commands(seed);
    world.start();
    let all = ["i-281", "i-343", "i-344"];
    world.command("plain", &script("echo hello", &all));
    let schedule = json!({"repeatMode": "Period", "frequency": "rate(5m)"});
    world.command("schedule", &with(script("echo hello", &all), &schedule));
    let mut inside = script("echo hello", &all);
    inside["command"]["containerName"] = json!("app");
    world.command("container", &inside);
    let mut named = script("echo {{ACS::InvokeId}}", &all);
    named["command"]["enableParameter"] = json!(true);
    world.command("names", &named);
    world.until_ready("plain", "True/Succeeded");
    world.until_ready("schedule", "False/DependencyNotReady");
    world.until_ready("container", "False/DependencyNotReady");
    world.until_ready("names", "False/DependencyNotReady");
    let said = |name: &str| world.message(name);
    assert!(said("schedule").contains("(i-281: has an agent that is too old for schedules; upgrade"), "{}", said("schedule"));
    assert!(said("container").contains("(i-281, i-343: has an agent that is too old for containers; upgrade"), "{}", said("container"));
    assert!(said("names").contains("(i-281: has an agent that is too old for the ACS:: names in the script; upgrade"), "{}", said("names"));
    assert_eq!(world.ran().len(), 1);
}

#[test]
fn a_batch_that_is_refused_says_why_and_goes_later() {
    let mut world = World::of_commands(SEED);
    let refusal = What::Error {
        status: 403,
        code: "Invocation.ExceedQuota".to_owned(),
        message: String::new(),
        envelope: None,
        encoded_authorization_message: None,
    };
    world.cloud.fault(Fault::on(RUN, refusal));
    world.start();
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.until_ready("hello", "False/QuotaExceeded");
    assert_eq!(world.status("hello")["lastError"]["code"], "Invocation.ExceedQuota");
    assert!(!world.message("hello").is_empty());
    world.pass(seconds(30));
    assert_eq!(world.calls(RUN), 1);
    // The quota is a daily one: tomorrow it goes.
    world.until(minutes(24 * 60), "it has run", |world| world.marks("i-web1") == 1);
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.ran().len(), 1);
}
