//! A command runs once, whatever befalls the processes that mean to send it. The cloud has no memory for tokens here: a second call would run.

use super::gate::Gate;
use super::real::{Real, ready_of};
use super::replicas::{TAKEOVER, assert_gives_up};
use crate::dice::Dice;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use steward_cloudsim::{Fault, What};
use steward_playground::Replica;
use steward_playground::playground::Setup;

const SOON: Duration = Duration::from_secs(60);
/// A run of which nobody knows is looked for through a whole minute before it is sent again.
const AFTER_THE_WATCH: Duration = Duration::from_secs(150);

fn seed(servers: usize) -> String {
    format!(
        "securityGroups: [{{id: sg-base}}]\ninstances: [{{count: {servers}, prefix: i-, groups: [sg-base]}}]\nsettings: {{tokenMemorySeconds: 0, limits: {{\"*\": 1000000}}}}"
    )
}

fn without_a_lease(setup: &mut Setup) {
    setup.environment.push(("STEWARD_LEADER_ELECT".to_owned(), "false".to_owned()));
}

/// The finalizer stands there already, so that nothing is written before the record of the run.
fn command(name: &str, instance: &str) -> Value {
    json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCommand",
        "metadata": {"namespace": "default", "name": name, "finalizers": ["cloudsteward.dev/undo"]},
        "spec": {"targets": {"instanceIds": [instance]}, "command": {"type": "RunShellScript", "content": "echo hello"}},
    })
}

fn count(real: &Real, operation: &str) -> usize {
    real.calls_of(operation).len()
}

/// The replica starts anew, on the other side of the gate, and is so far that the next command is begun in its first pass.
fn restart_behind(gate: &Gate, real: &Real, replica: &Replica) {
    replica.start_with(&gate.kubeconfig(real.playground.control_plane())).expect("it starts");
    real.apply(&command("before", "i-1").to_string());
    until_succeeded(real, "before", SOON);
}

#[track_caller]
fn until_succeeded(real: &Real, name: &str, at_most: Duration) {
    let is_so = |real: &Real| real.get_of("cloudcommands", name).is_some_and(|object| ready_of(&object) == "True/Succeeded");
    real.until(at_most, &format!("{name} is done"), is_so);
}

/// Stops the only replica between the record and the call: the API server has taken the record, and the replica has not heard of it.
fn stop_between_record_and_call(gate: &Gate, real: &Real, replica: &Replica) {
    let looks = count(real, "DescribeInvocations");
    // As long as the answer may take: meanwhile the gate is closed, however slow kubectl is.
    real.cloud_fault(&Fault::on("DescribeInvocations", What::Timeout("8s".parse().ok())));
    real.apply(&command("hello", "i-2").to_string());
    real.until(SOON, "it looks for earlier runs", |real| count(real, "DescribeInvocations") > looks);
    gate.close();
    real.until(SOON, "the run is on record", |real| {
        let object = real.get_of("cloudcommands", "hello").expect("it exists");
        object["status"]["operations"][0]["state"] == "Intended"
    });
    replica.stop().expect("SIGSTOP");
    gate.open();
    assert_eq!(count(real, "RunCommand"), 1, "nothing is sent yet but the command before");
}

/// How many passes over commands have ended.
fn passes(replica: &Replica) -> usize {
    let metrics = Real::metrics(replica);
    let of_commands = "steward_passes_total{kind=\"CloudCommand\",outcome=\"done\"} ";
    metrics.lines().find_map(|line| line.strip_prefix(of_commands)?.trim().parse().ok()).unwrap_or_default()
}

#[track_caller]
fn assert_ran_once(real: &Real) {
    assert_eq!((count(real, "RunCommand"), runs(real)), (2, vec![1, 1]), "each command once");
    assert_eq!(ready_of(&real.get_of("cloudcommands", "hello").expect("it exists")), "True/Succeeded");
}

/// How often a script began, for each target of each command that the cloud accepted.
fn runs(real: &Real) -> Vec<usize> {
    let targets = |one: &Value| one["targets"].as_array().cloned().unwrap_or_default();
    let begun = |target: Value| target["ran"].as_array().map_or(0, Vec::len);
    real.invocations().iter().flat_map(targets).map(begun).collect()
}

/// Long enough for the record to be too old, and short enough for no time-out to have struck: what it has asked is answered when it wakes up.
fn stopped_for_as_long_as_no_time_out_notices() {
    let real = Real::with(&seed(2), without_a_lease);
    let [replica] = real.playground.steward().replicas() else { unreachable!("one replica") };
    let gate = Gate::before(real.playground.control_plane());
    replica.sigterm().expect("it ends in time");
    restart_behind(&gate, &real, replica);
    stop_between_record_and_call(&gate, &real, replica);
    let (stopped, looks) = (Instant::now(), count(&real, "DescribeInvocations"));
    // The twenty seconds are what is tested.
    real.until(SOON, "the record is too old", |_| stopped.elapsed() > Duration::from_secs(20));
    replica.cont().expect("SIGCONT");
    real.until(SOON, "it looks whether its run is there", |real| count(real, "DescribeInvocations") > looks);
    assert_eq!(count(&real, "RunCommand"), 1, "it sent what it had on record, however late");
    until_succeeded(&real, "hello", AFTER_THE_WATCH);
    assert_ran_once(&real);
}

fn stopped_while_another_works_too() {
    let real = Real::with(&seed(2), |setup| {
        setup.replicas = Some(2);
        without_a_lease(setup);
    });
    let [replica, other] = real.playground.steward().replicas() else { unreachable!("two replicas") };
    let gate = Gate::before(real.playground.control_plane());
    real.playground.steward().terminate().expect("both end in time");
    restart_behind(&gate, &real, replica);
    let before = passes(replica);
    stop_between_record_and_call(&gate, &real, replica);
    other.start().expect("it starts");
    until_succeeded(&real, "hello", AFTER_THE_WATCH);
    replica.cont().expect("SIGCONT");
    real.until(SOON, "the pass that was cut in two is over", |_| passes(replica) > before);
    assert_ran_once(&real);
}

fn stopped_while_it_led() {
    let real = Real::with(&seed(2), |setup| setup.replicas = Some(2));
    let [replica, other] = real.playground.steward().replicas() else { unreachable!("two replicas") };
    let gate = Gate::before(real.playground.control_plane());
    real.playground.steward().terminate().expect("both end in time");
    restart_behind(&gate, &real, replica);
    other.start().expect("it starts");
    other.wait_ready(SOON).expect("it waits for the lease");
    stop_between_record_and_call(&gate, &real, replica);
    real.until(TAKEOVER, "the other one leads", |real| real.leader() == other.pod_name());
    until_succeeded(&real, "hello", AFTER_THE_WATCH);
    replica.cont().expect("SIGCONT");
    assert_gives_up(replica);
    assert_ran_once(&real);
}

#[test]
fn a_replica_that_stands_still_between_record_and_call_looks_whether_it_was_sent_meanwhile() {
    // All three mostly wait.
    std::thread::scope(|threads| {
        for story in [stopped_for_as_long_as_no_time_out_notices, stopped_while_another_works_too, stopped_while_it_led] {
            threads.spawn(story);
        }
    });
}

#[test]
fn two_replicas_without_a_lease_run_two_hundred_commands_once_each_however_often_they_are_killed() {
    const ROUNDS: usize = 10;
    const COMMANDS_OF_ROUND: usize = 20;
    let real = Real::with(&seed(ROUNDS * COMMANDS_OF_ROUND), |setup| {
        setup.replicas = Some(2);
        without_a_lease(setup);
        setup.environment.push(("STEWARD_LIMITS".to_owned(), "ecs:*=1000000".to_owned()));
    });
    // The cloud takes its time before it acts, and again before it answers.
    let pause = || "300ms".parse().expect("a time");
    real.cloud_fault(&Fault::on("RunCommand", What::Timeout(Some(pause()))).after().forever().delayed(pause()));
    let dice = Dice::new(1);
    let (mut kills, mut cut_off) = (0, BTreeSet::new());
    for round in 0..ROUNDS {
        let due = count(&real, "RunCommand") + 1 + usize::try_from(dice.below(8)).expect("a small number");
        let mut manifests = String::new();
        for number in round * COMMANDS_OF_ROUND..(round + 1) * COMMANDS_OF_ROUND {
            let object = command(&format!("c-{number:03}"), &format!("i-{:03}", number + 1));
            // Writing to a String cannot fail.
            let _ = writeln!(manifests, "{object}\n---");
        }
        real.apply(&manifests);
        real.until(SOON, "enough calls are out", |real| count(real, "RunCommand") >= due);
        let spared = dice.below(3);
        let chosen = (0..).zip(real.playground.steward().replicas()).filter(|(index, _)| *index != spared);
        let killed: Vec<&Replica> = chosen.map(|(_, replica)| replica).collect();
        for replica in &killed {
            replica.kill9().expect("a kill");
        }
        cut_off.extend(real.calls_of("RunCommand").iter().filter(|call| call.status.is_none()).map(|call| call.number));
        for replica in &killed {
            replica.start().expect("as a kubelet would");
        }
        kills += killed.len();
    }
    assert!(kills > ROUNDS && cut_off.len() > ROUNDS, "{kills} kills, {} calls cut off", cut_off.len());

    real.kubectl(&["wait", "--for=condition=Ready", "ccmd", "--all", "--timeout=180s"]);
    let all = runs(&real);
    assert_eq!((all.len(), all.iter().max()), (ROUNDS * COMMANDS_OF_ROUND, Some(&1)), "each command once");
}
