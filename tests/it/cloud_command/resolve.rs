//! What nobody knows, a person says; until then it is not dropped, whatever happens to the object.

use super::{SEED, counts, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::RUN;
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

/// A command whose first call was lost yesterday, and the run that is in doubt.
fn in_doubt(fields: &Value) -> (World, String) {
    let mut world = World::of_commands(SEED);
    world.command("hello", &with(script("echo hello", &["i-web1", "i-web2"]), fields));
    world.cloud.fault(Fault::on(RUN, What::Reset));
    world.start();
    world.until(seconds(20), "the call is out", |world| world.calls(RUN) == 1);
    world.crash();
    world.pass_in_steps(minutes(25 * 60), minutes(60));
    world.start();
    world.until(minutes(2), "it is in doubt", |world| world.ready("hello") == "False/OutcomeUnknown");
    let run = world.status("hello")["operations"][0]["run"].as_str().expect("an open entry").to_owned();
    assert!(world.message("hello").contains(&format!("cloudsteward.dev/resolve=\"{run}=Ran\"")), "{}", world.message("hello"));
    (world, run)
}

fn answer(world: &mut World, run: &str, answer: &str) {
    world.annotate("hello", "cloudsteward.dev/resolve", &format!("{run}={answer}"));
}

#[test]
fn what_did_not_run_runs_once_more_and_what_ran_does_not() {
    let (mut world, run) = in_doubt(&json!({}));
    answer(&mut world, &run, "Perhaps");
    answer(&mut world, "another", "NotRan");
    world.pass(minutes(2));
    assert_eq!((world.ready("hello").as_str(), world.calls(RUN)), ("False/OutcomeUnknown", 1));
    answer(&mut world, &run, "NotRan");
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.ran().len(), world.marks("i-web1")), (1, 1));

    let (mut world, run) = in_doubt(&json!({}));
    answer(&mut world, &run, "Ran");
    world.until(minutes(1), "it is settled", |world| world.status("hello")["operations"] == Value::Null);
    world.pass(minutes(2));
    assert_eq!((world.ran().len(), counts(&world, "hello")["unknown"].clone()), (0, json!(2)));
    assert_eq!(world.get("hello").unwrap()["metadata"]["finalizers"], Value::Null);
}

#[test]
fn after_the_answer_the_other_batches_go_on() {
    for (said, ran) in [("Ran", 0), ("NotRan", 1)] {
        let (mut world, run) = in_doubt(&json!({"rollout": {"maxConcurrent": 1}}));
        assert_eq!(world.ran().len(), 0, "the next batch waits for it");
        answer(&mut world, &run, said);
        world.until(minutes(2), "all is settled", |world| world.status("hello")["summary"]["done"] == "2/2");
        assert_eq!((world.marks("i-web1"), world.marks("i-web2")), (ran, 1), "{said}");
    }
}

#[test]
fn an_answer_counts_once() {
    let (mut world, run) = in_doubt(&json!({}));
    world.cloud.fault(Fault::on(RUN, What::Reset).forever());
    answer(&mut world, &run, "NotRan");
    world.until(minutes(1), "it is tried again", |world| world.calls(RUN) == 2);
    world.crash();
    world.pass_in_steps(minutes(25 * 60), minutes(60));
    world.start();
    world.until(minutes(3), "it is in doubt once more", |world| world.status("hello")["operations"][0]["state"] == "OutcomeUnknown");
    world.pass(minutes(30));
    assert_eq!(world.calls(RUN), 2, "the annotation names the run before");
}

#[test]
fn an_answer_says_nothing_of_a_later_try_after_a_detour() {
    let (mut world, run) = in_doubt(&json!({}));
    // It did not run, and is not wanted any more: there is no trace of it, and it may be wanted again.
    world.edit("hello", &json!({"trigger": "another"}));
    answer(&mut world, &run, "NotRan");
    world.until_ready("hello", "True/Succeeded");
    world.cloud.fault(Fault::on(RUN, What::Reset).forever());
    world.edit("hello", &json!({"trigger": null}));
    world.until(minutes(1), "it is tried again", |world| world.calls(RUN) == 3);
    world.crash();
    world.pass_in_steps(minutes(25 * 60), minutes(60));
    world.start();
    world.pass(minutes(30));
    assert_eq!((world.calls(RUN), world.ready("hello").as_str()), (3, "False/OutcomeUnknown"), "that was said of the first try");
}

#[test]
fn neither_an_edit_nor_cancel_drops_it() {
    for change in [json!({"trigger": "new"}), json!({"cancel": true})] {
        let (mut world, run) = in_doubt(&json!({}));
        world.edit("hello", &change);
        world.pass(minutes(5));
        assert_eq!((world.status("hello")["operations"][0]["run"].as_str(), world.calls(RUN)), (Some(run.as_str()), 1), "{change}");
        assert_eq!(world.ready("hello"), "False/OutcomeUnknown", "{change}");
        answer(&mut world, &run, "NotRan");
        let (ready, ran) = if change["cancel"] == true { ("False/Cancelled", 0) } else { ("True/Succeeded", 1) };
        world.until_ready("hello", ready);
        assert_eq!(world.marks("i-web1"), ran, "{change}");
    }
}

#[test]
fn a_deletion_waits_for_the_answer_and_says_how_to_go_without() {
    let (mut world, run) = in_doubt(&json!({}));
    world.delete("hello");
    world.until(minutes(3), "it is blocked", |world| world.ready("hello") == "False/DeleteBlocked");
    let message = world.message("hello");
    assert!(
        message.contains(&run) && message.contains("kubectl annotate cloudcommands/hello -n default cloudsteward.dev/abandon="),
        "{message}"
    );
    world.annotate("hello", "cloudsteward.dev/abandon", "it is history");
    world.until_gone("hello");
    world.pass(seconds(5));
    let told = |event: &String| event.starts_with("Warning Abandoned") && event.contains(&run);
    assert!(world.events("hello").iter().any(told), "{:#?}", world.events("hello"));

    let (mut world, run) = in_doubt(&json!({}));
    world.delete("hello");
    world.until(minutes(3), "it is blocked", |world| world.ready("hello") == "False/DeleteBlocked");
    answer(&mut world, &run, "NotRan");
    world.until_gone("hello");
    assert_eq!((world.calls(RUN), world.ran().len()), (1, 0));
}

#[test]
fn retain_lets_go_of_it_and_tells() {
    let (mut world, run) = in_doubt(&json!({"deletionPolicy": "Retain"}));
    let calls = world.cloud.calls().len();
    world.delete("hello");
    world.until_gone("hello");
    world.pass(seconds(5));
    assert_eq!(world.cloud.calls().len(), calls, "the cloud is not asked");
    let told = |event: &String| event.starts_with("Warning Abandoned") && event.contains(&run);
    assert!(world.events("hello").iter().any(told), "{:#?}", world.events("hello"));
}
