//! The record comes before the call, and the call soon after it or not at all.

use super::{SEED, minutes, script, seconds, with};
use crate::api_server::{Moment, Verb, Verdict};
use crate::world::World;
use crate::world::commands::{COMMANDS, RUN};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use steward_cloudsim as sim;

const TARGETS: [&str; 3] = ["i-web1", "i-web2", "i-web3"];

/// Every status of the command that the operator writes meets this, with how many came before it.
fn on_status_writes(world: &World, verdict: impl Fn(usize, Moment) -> Verdict + Send + Sync + 'static) {
    let before = AtomicUsize::new(0);
    world.api.on_request(move |request, moment| {
        if (request.verb, request.resource.as_str(), request.subresource.as_str()) != (Verb::Update, COMMANDS, "status") {
            return Verdict::Go;
        }
        let number = if moment == Moment::Before { before.fetch_add(1, Ordering::SeqCst) } else { before.load(Ordering::SeqCst) - 1 };
        verdict(number, moment)
    });
}

#[track_caller]
fn assert_once(world: &World, what: &str) {
    assert_eq!(TARGETS.map(|id| world.marks(id)), [1; 3], "{what}");
}

#[test]
fn nothing_is_sent_that_is_not_on_record() {
    let mut world = World::of_commands(SEED);
    let off_record: Arc<Mutex<Vec<String>>> = Arc::default();
    let (api, found) = (Arc::clone(&world.api), Arc::clone(&off_record));
    world.cloud.on_call(Arc::new(move |call, moment| {
        if call.operation == RUN && moment == sim::Moment::Before {
            let status = api.get_json(COMMANDS, "default", "hello").map(|object| object["status"].clone()).unwrap_or_default();
            let token = call.parameters.get("ClientToken").cloned().unwrap_or_default();
            let on_record = |entry: &Value| entry["run"] == token.as_str() && entry["state"] == "Intended";
            if !status["operations"].as_array().is_some_and(|entries| entries.iter().any(on_record)) {
                found.lock().unwrap().push(format!("{token}: {status}"));
            }
        }
        sim::Verdict::Go
    }));
    world.cloud.fault(sim::Fault::on(RUN, sim::What::Reset));
    world.command("hello", &with(script("echo hello", &TARGETS), &json!({"rollout": {"maxConcurrent": 1}})));
    world.start();
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((off_record.lock().unwrap().as_slice(), world.calls(RUN)), (&[] as &[String], 4));
    assert_once(&world, "a call that was lost was made again");
}

#[test]
fn a_record_that_is_confirmed_late_is_looked_up_and_not_acted_upon() {
    let mut world = World::of_commands(SEED);
    world.command("hello", &script("echo hello", &TARGETS));
    // As if the process had stood still between its record and its call: too long to act on it, and not so long that acting on it would look like a
    // second try.
    on_status_writes(&world, |number, moment| if moment == Moment::After && number < 3 { Verdict::Late(seconds(25)) } else { Verdict::Go });
    world.start();
    let mut recorded_for = 0;
    while world.calls(RUN) == 0 {
        assert!(recorded_for < 400, "it is never sent");
        if world.status("hello")["operations"][0]["state"] == "Intended" {
            recorded_for += 1;
        }
        world.pass(seconds(1));
    }
    // The first record is never acted upon; the one that is has been looked up after a whole minute of watching.
    assert!(recorded_for >= 60, "sent {recorded_for} s after its record");
    world.until_ready("hello", "True/Succeeded");
    assert_once(&world, "in the end");
    assert_eq!(world.calls(RUN), 1);
}

#[test]
fn a_record_that_somebody_else_s_write_refuses_costs_nothing() {
    for refused in 0..4 {
        let mut world = World::of_commands(SEED);
        world.command("hello", &script("echo hello", &TARGETS));
        on_status_writes(
            &world,
            move |number, moment| {
                if number == refused && moment == Moment::Before { Verdict::Fail(409) } else { Verdict::Go }
            },
        );
        world.start();
        world.until_ready("hello", "True/Succeeded");
        assert_once(&world, &format!("write {refused} was refused"));
        assert_eq!(world.calls(RUN), 1, "write {refused} was refused");
    }
}

#[test]
fn a_receipt_that_others_write_over_is_put_on_the_newer_version() {
    let mut world = World::of_commands(SEED);
    world.cloud.seed("settings: {invocationLag: 90s, tokenMemorySeconds: 0}").unwrap();
    world.command("hello", &script("echo hello", &TARGETS));
    world.start();
    let api = Arc::clone(&world.api);
    world.cloud.on_call(Arc::new(move |call, moment| {
        if call.operation == RUN && moment == sim::Moment::After {
            api.patch_json(COMMANDS, "default", "hello", &json!({"metadata": {"labels": {"somebody": "was-here"}}}));
        }
        sim::Verdict::Go
    }));
    world.until(minutes(1), "it was sent", |world| world.calls(RUN) == 1);
    world.pass(seconds(2));
    let entry = world.status("hello")["operations"][0].clone();
    assert_eq!((entry["state"].as_str(), entry["ids"][0].as_str()), (Some("Submitted"), Some(world.ran()[0].invoke_id.as_str())));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.calls(RUN), 1);
    assert_once(&world, "the receipt was kept");
}

#[test]
fn a_receipt_brings_back_its_entry_when_the_status_was_laid_over() {
    // Neither token nor tag is of any help here: only the receipt knows of the run.
    let mut world = World::of_commands(SEED);
    world.cloud.seed("settings: {invocationLag: 90s, tokenMemorySeconds: 0}").unwrap();
    world.command("hello", &script("echo hello", &TARGETS));
    world.start();
    let api = Arc::clone(&world.api);
    world.cloud.on_call(Arc::new(move |call, moment| {
        if call.operation == RUN && moment == sim::Moment::After {
            api.patch_json(COMMANDS, "default", "hello", &json!({"status": {"operations": null}}));
        }
        sim::Verdict::Go
    }));
    world.until(minutes(1), "it was sent", |world| world.calls(RUN) == 1);
    world.pass(seconds(2));
    let entry = world.status("hello")["operations"][0].clone();
    assert_eq!((entry["state"].as_str(), entry["ids"][0].as_str()), (Some("Submitted"), Some(world.ran()[0].invoke_id.as_str())));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.calls(RUN), 1);
    assert_once(&world, "the entry is back");
}

#[test]
fn what_an_edit_kept_from_being_sent_is_not_in_doubt() {
    for edit in [json!({"trigger": "two"}), json!({"cancel": true})] {
        let mut world = World::of_commands(SEED);
        world.command("hello", &script("echo hello", &TARGETS));
        let (api, change) = (Arc::clone(&world.api), edit.clone());
        let edited = AtomicUsize::new(0);
        // The edit comes right after the record, and is seen before the answer to it.
        world.api.on_request(move |request, moment| {
            if (request.verb, request.resource.as_str(), request.subresource.as_str()) != (Verb::Update, COMMANDS, "status")
                || moment == Moment::Before
            {
                return Verdict::Go;
            }
            let status = api.get_json(COMMANDS, "default", "hello").map(|object| object["status"].clone()).unwrap_or_default();
            if status["operations"][0]["state"] != "Intended" || edited.fetch_add(1, Ordering::SeqCst) > 0 {
                return Verdict::Go;
            }
            api.patch_json(COMMANDS, "default", "hello", &json!({"spec": change}));
            Verdict::Late(seconds(1))
        });
        world.start();
        let (ready, calls) = if edit["cancel"] == true { ("False/Cancelled", 0) } else { ("True/Succeeded", 1) };
        world.until(seconds(30), "it goes on at once", |world| world.ready("hello") == ready);
        assert_eq!(world.calls(RUN), calls, "{edit}");
        assert_eq!(world.status("hello")["pastIntents"], Value::Null, "{edit}: the one before never ran");
    }
}

#[test]
fn an_entry_that_only_a_newer_release_understands_is_not_let_go_with_its_object() {
    let mut world = World::of_commands(SEED);
    world.command("hello", &with(script("echo hello", &TARGETS), &json!({"repeatMode": "Period", "frequency": "rate(5m)"})));
    world.start();
    world.until_ready("hello", "True/Scheduled");
    world.crash();
    let mut entry = world.status("hello")["operations"][0].clone();
    entry["state"] = json!("Parked");
    world.api.patch_json(COMMANDS, "default", "hello", &json!({"status": {"operations": [entry]}}));
    world.start();
    world.until_ready("hello", "False/UnsupportedStatus");
    world.delete("hello");
    world.pass(minutes(1));
    assert_eq!(world.condition("hello", "Ready"), "False/DeleteBlocked", "the schedule would go on with nobody to stop it");
    world.annotate("hello", "cloudsteward.dev/abandon", "stopped by hand");
    world.until_gone("hello");
}

#[test]
fn an_api_server_that_shows_old_objects_makes_nothing_run_twice() {
    for restart in [false, true] {
        let mut world = World::of_commands(SEED);
        world.command("hello", &with(script("echo hello", &TARGETS), &json!({"rollout": {"maxConcurrent": 1}})));
        let stale = world.api.stale_reads(COMMANDS);
        world.start();
        for _ in 0..5 {
            if restart {
                world.crash();
                world.start();
            }
            world.annotate("hello", "reconcile.cloudsteward.dev/requestedAt", "now");
            world.pass(seconds(30));
        }
        assert!(TARGETS.iter().all(|id| world.marks(id) <= 1), "{:?}", TARGETS.map(|id| world.marks(id)));
        drop(stale);
        world.until_ready("hello", "True/Succeeded");
        assert_once(&world, &format!("restart: {restart}"));
    }
}
