//! Two processes that do not know of each other, and one journal: the precondition of the record alone keeps them from running anything twice.

use super::{minutes, script, seconds};
use crate::api_server::{self, Verb};
use crate::dice::Dice;
use crate::world::World;
use std::sync::Arc;
use steward_cloudsim as sim;

const COMMANDS: usize = 200;

/// From now on calls get stuck, before they act or after: whoever makes one waits until it is killed, or gives up.
fn let_calls_get_stuck(world: &World, dice: &Arc<Dice>) {
    let on_server = Arc::clone(dice);
    world.api.on_request(move |request, _| {
        let is_call = request.verb != Verb::Watch && request.resource == "cloudcommands";
        if is_call && on_server.one_in(150) { api_server::Verdict::Hang } else { api_server::Verdict::Go }
    });
    let on_cloud = Arc::clone(dice);
    world.cloud.on_call(Arc::new(move |call, moment| {
        let chance = if call.operation == "RunCommand" { 20 } else { 200 };
        let at_last = moment == sim::Moment::After || call.operation == "RunCommand";
        if at_last && on_cloud.one_in(chance) { sim::Verdict::Hang } else { sim::Verdict::Go }
    }));
}

#[test]
fn two_replicas_without_a_lease_run_two_hundred_commands_once_each_however_often_they_are_killed() {
    let mut world = World::of_commands(&format!(
        "securityGroups: [{{id: sg-base}}]\ninstances: [{{count: {COMMANDS}, prefix: i-, groups: [sg-base]}}]\nsettings: {{tokenMemorySeconds: 0}}"
    ));
    let dice = Arc::new(Dice::new(1));
    let_calls_get_stuck(&world, &dice);
    world.start();
    world.start_second();
    let mut kills = 0;
    for second in 0..COMMANDS {
        if second.is_multiple_of(10) {
            for number in second..second + 10 {
                world.command(&format!("c-{number:03}"), &script("echo hello", &[&format!("i-{:03}", number + 1)]));
            }
        }
        world.pass(seconds(1));
        if dice.one_in(12) {
            kills += 1;
            world.crash();
            world.start();
        }
        if dice.one_in(12) {
            kills += 1;
            world.crash_second();
            world.start_second();
        }
    }
    assert!(kills > 15, "only {kills} kills");
    // Whoever still waits for an answer that never comes is killed, too, and then the two are left in peace.
    world.api.no_faults();
    world.cloud.clear_on_call();
    world.crash();
    world.crash_second();
    world.start();
    world.start_second();
    world
        .until(minutes(10), "all are done", |world| (0..COMMANDS).all(|number| world.ready(&format!("c-{number:03}")) == "True/Succeeded"));
    let twice: Vec<String> = (1..=COMMANDS).map(|number| format!("i-{number:03}")).filter(|id| world.marks(id) != 1).collect();
    assert_eq!((world.ran().len(), twice), (COMMANDS, Vec::new()));
}

#[test]
fn a_replica_that_sees_another_s_second_try_waits_for_what_comes_of_it() {
    let mut world = World::of_commands(super::SEED);
    world.cloud.seed("settings: {tokenMemorySeconds: 0}").unwrap();
    // The first call is lost, and the second takes its time.
    world.cloud.fault(sim::Fault::on("RunCommand", sim::What::Reset));
    world.cloud.fault(sim::Fault::on("RunCommand", sim::What::Timeout("1s".parse().ok())).delayed("8s".parse().unwrap()));
    world.command("hello", &script("echo hello", &["i-web1"]));
    world.start();
    world.start_second();
    world.until_ready("hello", "True/Succeeded");
    let calls: Vec<_> = world.cloud.calls().into_iter().filter(|call| call.operation == "RunCommand").collect();
    assert_eq!((world.ran().len(), world.marks("i-web1"), calls.len()), (1, 1, 2), "{calls:#?}");
}
