//! Commands in every state: while they run, when they are over, and those that stay with the cloud.

use super::verdicts::{AT_WORK, BAD, FINE, FINE_AND_SUSPENDED, GOING, SUSPENDED_BEFORE, Table};
use super::{minutes, seconds, suspended, with};
use crate::world::World;
use crate::world::commands::{COMMANDS, LOOK, RUN, STOP};
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, What};

const SEED: &str = "
securityGroups: [{id: sg-base}]
instances:
  - {id: i-web1, groups: [sg-base], tags: {role: web}}
  - {id: i-web2, groups: [sg-base], tags: {role: web}}
  - {id: i-off, groups: [sg-base], status: Stopped}
";

fn script(content: &str, targets: &[&str]) -> Value {
    json!({"targets": {"instanceIds": targets}, "command": {"type": "RunShellScript", "content": content}})
}

fn hello(more: &Value) -> Value {
    with(&script("echo hello", &["i-web1", "i-web2"]), more)
}

fn comes_to(world: &World, outcomes: &Value) {
    world.by_hand(json!({"commandOutcomes": outcomes}));
}

#[test]
fn commands_are_judged_as_people_expect() {
    let mut table = Table::default();
    once(&mut table);
    held_back(&mut table);
    broken_off(&mut table);
    on_schedule(&mut table);
    in_doubt(&mut table);
    silent_cloud(&mut table);
    table.judge();
}

fn once(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-off"}, "exitCode": 1}, {"afterSeconds": 20}]));
    world.command("hello", &hello(&json!({})));
    table.row(&world, COMMANDS, "hello", "absent", AT_WORK);
    world.start();
    world.until_ready("hello", "False/Running");
    table.row(&world, COMMANDS, "hello", "False/Running", AT_WORK);
    world.until_ready("hello", "True/Succeeded");
    table.row(&world, COMMANDS, "hello", "True/Succeeded", FINE);
    world.edit("hello", &suspended());
    world.pass(seconds(5));
    table.row(&world, COMMANDS, "hello", "True/Succeeded", FINE_AND_SUSPENDED);

    // Made anew, as from a repository that is replayed: what ran counts.
    world.delete("hello");
    world.until_gone("hello");
    world.command("hello", &hello(&json!({})));
    world.until_ready("hello", "True/AlreadyRan");
    table.row(&world, COMMANDS, "hello", "True/AlreadyRan", FINE);
    world.crash();
    world.edit("hello", &json!({"trigger": "again"}));
    table.row(&world, COMMANDS, "hello", "True/AlreadyRan", AT_WORK);

    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-web2"}, "exitCode": 1}]));
    world.start();
    world.command("bad", &hello(&json!({})));
    world.until_ready("bad", "False/CommandFailed");
    table.row(&world, COMMANDS, "bad", "False/CommandFailed", BAD);
    world.delete("bad");
    world.until_gone("bad");
    world.command("bad", &hello(&json!({})));
    world.until_ready("bad", "False/CommandFailed");
    table.row(&world, COMMANDS, "bad", "False/CommandFailed", BAD);
}

/// Not begun yet, and never to begin.
fn held_back(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    world.start();
    let nobody = json!({"targets": {"instanceSelector": {"tags": [{"key": "role", "value": "cache"}]}}});
    let from_map = json!({"command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "a"}}}});
    for (name, fields, ready, expected) in [
        ("early", json!({"window": {"notBefore": "2026-11-22T10:00:00Z"}}), "False/Scheduled", AT_WORK),
        ("late", json!({"window": {"notAfter": "2026-11-22T07:00:00Z"}}), "False/WindowMissed", BAD),
        ("cancelled", json!({"cancel": true}), "False/Cancelled", BAD),
        ("suspended", suspended(), "Unknown/Suspended", SUSPENDED_BEFORE),
        ("nobody", nobody, "False/NoTargets", BAD),
        ("unused", json!({"parameters": [{"name": "nobody-asks", "value": "b"}]}), "False/InvalidSpec", BAD),
        ("off", json!({"targets": {"instanceIds": ["i-off"]}}), "False/DependencyNotReady", BAD),
        ("script", from_map, "False/DependencyNotReady", BAD),
        ("nobodys", json!({"credentialRef": {"name": "nobody"}}), "False/CredentialMissing", BAD),
    ] {
        world.command(name, &hello(&fields));
        world.until_ready(name, ready);
        table.row(&world, COMMANDS, name, ready, expected);
    }
    for (code, reason) in [("Forbidden.RAM", "AccessDenied"), ("Invocation.ExceedQuota", "QuotaExceeded")] {
        let mut world = World::of_commands(SEED);
        world.cloud.fault(Fault::on(RUN, What::error(403, code)).forever());
        world.command("hello", &hello(&json!({})));
        world.start();
        let ready = format!("False/{reason}");
        world.until_ready("hello", &ready);
        table.row(&world, COMMANDS, "hello", &ready, BAD);
    }
    let mut world = World::of_commands(SEED);
    world.configure(|config| config.observe_only = true);
    world.command("hello", &hello(&json!({})));
    world.start();
    world.until_ready("hello", "False/ObserveOnly");
    table.row(&world, COMMANDS, "hello", "False/ObserveOnly", BAD);
}

/// Begun, and not all of it done.
fn broken_off(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-web1"}, "exitCode": 1}]));
    world.config_map("scripts", &json!({"a": "echo one"}));
    world.start();
    world.command("careful", &hello(&json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}})));
    world.until_ready("careful", "False/MaxFailuresReached");
    table.row(&world, COMMANDS, "careful", "False/MaxFailuresReached", BAD);

    comes_to(&world, &json!([{"afterSeconds": 30}]));
    let from_map = json!({"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "a"}}});
    world.command("edited", &hello(&json!({"rollout": {"maxConcurrent": 1}, "command": from_map})));
    world.until(minutes(1), "the first has begun", |world| world.marks_of("echo one", "i-web1") == 1);
    world.rewrite_config_map("scripts", &json!({"a": "echo two"}));
    world.until_ready("edited", "False/InputsChanged");
    table.row(&world, COMMANDS, "edited", "False/InputsChanged", BAD);

    comes_to(&world, &json!([{"pendingSeconds": 55}]));
    world.command("pending", &hello(&json!({})));
    world.until_ready("pending", "False/Running");
    world.edit("pending", &suspended());
    world.pass(seconds(2));
    table.row(&world, COMMANDS, "pending", "False/Running", SUSPENDED_BEFORE);
    world.cloud.fault(Fault::on(STOP, What::error(503, "ServiceUnavailable")).forever());
    world.delete("pending");
    world.until(minutes(2), "it cannot be stopped", |world| world.condition("pending", "Suspended") == "absent");
    let ready = world.condition("pending", "Ready");
    table.row(&world, COMMANDS, "pending", &ready, GOING);
}

fn on_schedule(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("nightly", &hello(&json!({"repeatMode": "Period", "frequency": "rate(5m)"})));
    world.until_ready("nightly", "True/Scheduled");
    table.row(&world, COMMANDS, "nightly", "True/Scheduled", FINE);
    comes_to(&world, &json!([{"match": {"instance": "i-web2"}, "exitCode": 3}]));
    world.until(minutes(7), "a run has failed", |world| world.ready("nightly") == "False/LastRunFailed");
    table.row(&world, COMMANDS, "nightly", "False/LastRunFailed", BAD);
    comes_to(&world, &json!([]));
    world.until(minutes(7), "the next one has not", |world| world.ready("nightly") == "True/Scheduled");
    table.row(&world, COMMANDS, "nightly", "True/Scheduled", FINE);
    world.edit("nightly", &json!({"cancel": true}));
    world.until_ready("nightly", "False/Cancelled");
    table.row(&world, COMMANDS, "nightly", "False/Cancelled", BAD);
}

/// A call without an answer, found again a day later.
fn in_doubt(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    world.command("hello", &hello(&json!({})));
    world.cloud.fault(Fault::on(RUN, What::Reset));
    world.start();
    world.until(seconds(20), "the call is out", |world| world.calls(RUN) == 1);
    world.crash();
    world.pass_in_steps(minutes(25 * 60), minutes(60));
    world.start();
    world.until_ready("hello", "False/OutcomeUnknown");
    table.row(&world, COMMANDS, "hello", "False/OutcomeUnknown", BAD);
    world.delete("hello");
    world.until_ready("hello", "False/DeleteBlocked");
    table.row(&world, COMMANDS, "hello", "False/DeleteBlocked", GOING);
}

fn silent_cloud(table: &mut Table) {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("nightly", &hello(&json!({"repeatMode": "Period", "frequency": "rate(12h)"})));
    world.until_ready("nightly", "True/Scheduled");
    world.cloud.fault(Fault::on(LOOK, What::error(503, "ServiceUnavailable")).forever());
    world.cloud.edit(Edit::tags("i-web1", [("role", "web")])).expect("it exists");
    world.until(minutes(60), "nobody knows", |world| world.ready("nightly") == "Unknown/CloudUnavailable");
    table.row(&world, COMMANDS, "nightly", "Unknown/CloudUnavailable", AT_WORK);
}
