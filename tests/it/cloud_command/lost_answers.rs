//! The answer to a call is lost, whether the call did anything or not; the cloud forgets, or is late, or knows the token already: it runs once.

use super::{SEED, minutes, script, seconds};
use crate::world::World;
use crate::world::commands::RUN;
use serde_json::{Value, json};
use steward_cloudsim::{Fault, Garble, What};

/// Every way to lose an answer.
fn losses() -> Vec<What> {
    let answers = [(500, "InternalError"), (500, "InternalError.Dispatch"), (503, "ServiceUnavailable")];
    let told = answers.map(|(status, code)| What::error(status, code));
    [What::Timeout(None), What::Reset, What::Garble(Garble::Half), What::Garble(Garble::Html)].into_iter().chain(told).collect()
}

/// Runs one command through this fault, with these settings of the cloud.
fn through(fault: &Fault, settings: &str) -> World {
    let mut world = World::of_commands(SEED);
    world.cloud.seed(&format!("settings: {{{settings}}}")).expect("good settings");
    world.cloud.fault(fault.clone());
    world.command("hello", &script("echo hello", &["i-web1", "i-web2"]));
    world.start();
    world.until_ready("hello", "True/Succeeded");
    world
}

#[test]
fn a_call_whose_answer_is_lost_is_found_and_one_that_never_arrived_is_made_again() {
    for settings in ["", "tokenMemorySeconds: 0", "invocationLag: 30s"] {
        for what in losses() {
            for (fault, sent) in [(Fault::on(RUN, what.clone()).after(), 1), (Fault::on(RUN, what.clone()), 2)] {
                let world = through(&fault, settings);
                let story = format!("{settings} {fault:?}");
                assert_eq!((world.ran().len(), world.marks("i-web1"), world.marks("i-web2")), (1, 1, 1), "{story}");
                assert_eq!(world.calls(RUN), sent, "{story}");
                assert_eq!(world.status("hello")["operations"], Value::Null, "{story}");
            }
        }
    }
}

#[test]
fn a_call_of_which_the_cloud_says_that_it_is_busy_with_it_is_looked_for() {
    for (fault, sent) in [
        (Fault::on(RUN, What::error(403, "IdempotentProcessing")).after(), 1),
        (Fault::on(RUN, What::error(403, "IdempotentProcessing")), 2),
    ] {
        let world = through(&fault, "");
        assert_eq!((world.ran().len(), world.marks("i-web1"), world.calls(RUN)), (1, 1, sent), "{fault:?}");
    }
}

#[test]
fn a_token_that_the_cloud_knows_with_other_parameters_is_found_or_asked_about_and_never_replaced() {
    let world = through(&Fault::on(RUN, What::error(403, "IdempotentParameterMismatch")).after(), "");
    assert_eq!((world.ran().len(), world.calls(RUN)), (1, 1));

    let mut world = World::of_commands(SEED);
    world.cloud.fault(Fault::on(RUN, What::error(403, "IdempotentParameterMismatch")));
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.start();
    world.until(minutes(3), "a person is asked", |world| world.status("hello")["operations"][0]["state"] == "OutcomeUnknown");
    world.pass(minutes(90));
    assert_eq!((world.ready("hello").as_str(), world.calls(RUN)), ("False/OutcomeUnknown", 1));
    let run = world.status("hello")["operations"][0]["run"].as_str().unwrap().to_owned();
    world.annotate("hello", "cloudsteward.dev/resolve", &format!("{run}=NotRan"));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.ran().len(), world.marks("i-web1")), (1, 1));
    assert_ne!(world.ran()[0].client_token.as_deref(), Some(run.as_str()), "another attempt has another token");
}

#[test]
fn what_was_refused_is_tried_again_under_the_next_attempt() {
    let mut world = World::of_commands(SEED);
    world.cloud.seed("commandOutcomes: [{match: {content: echo}, afterSeconds: 30}]").unwrap();
    world.cloud.fault(Fault::on(RUN, What::error(403, "InvalidInstance.NotMatch")).times(2));
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.start();
    for attempt in 1..=2 {
        world.until(minutes(1), "it was refused", |world| world.status("hello")["operations"][0]["attempt"] == attempt);
        world.pass(seconds(5));
        let entry = world.status("hello")["operations"][0].clone();
        assert_eq!((&entry["state"], &entry["attempt"], world.calls(RUN)), (&json!("Refused"), &json!(attempt), attempt), "{entry}");
        world.annotate("hello", "reconcile.cloudsteward.dev/requestedAt", &attempt.to_string());
    }
    world.until(minutes(1), "it was taken", |world| world.ran().len() == 1);
    world.pass(seconds(3));
    let entry = world.status("hello")["operations"][0].clone();
    assert_eq!((&entry["attempt"], entry["ids"][0].as_str()), (&json!(3), Some(world.ran()[0].invoke_id.as_str())), "{entry}");
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.marks("i-web1"), world.calls(RUN)), (1, 3));
}

#[test]
fn a_refusal_of_a_second_try_says_nothing_of_the_first() {
    let mut world = World::of_commands(SEED);
    world.cloud.seed("settings: {invocationLag: 100s}").unwrap();
    world.cloud.fault(Fault::on(RUN, What::Reset).after());
    world.cloud.fault(Fault::on(RUN, What::error(403, "InvalidInstance.NotMatch")));
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.start();
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.ran().len(), world.marks("i-web1")), (1, 1));
}
