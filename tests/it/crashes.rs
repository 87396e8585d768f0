//! A crash before and after the n-th call that leaves the process, for every n: the end is the same, and nothing is done twice.

use crate::world::World;
use crate::world::crash::at_every_call;
use serde_json::{Value, json};
use std::time::Duration;

const SEED: &str = "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}, {id: sg-db, vpc: vpc-1}]
instances:
  - {id: i-1, groups: [sg-base]}
  - {id: i-there, groups: [sg-base, sg-web]}
";

/// What a story leaves behind.
#[derive(Debug, PartialEq)]
struct End {
    groups: Vec<Vec<String>>,
    ledger: Vec<String>,
    ready: String,
}

fn end(world: &World) -> End {
    End { groups: ["i-1", "i-there"].map(|id| world.cloud.groups_of(id)).to_vec(), ledger: world.ledger("web"), ready: world.ready("web") }
}

/// How often the cloud changed by this operation, whatever the operator was told.
fn acted(world: &World, operation: &str) -> usize {
    world.cloud.calls().iter().filter(|call| call.operation == operation && call.acted).count()
}

/// Plays a story to its end once without a crash, then with one at each of its calls.
fn play(prepare: impl Fn(&mut World), act: impl Fn(&mut World), joins: usize, leaves: usize) {
    let begin = || {
        let mut world = World::new(SEED);
        prepare(&mut world);
        world.crash();
        act(&mut world);
        world
    };
    let mut calm = begin();
    calm.start();
    calm.pass(Duration::from_secs(120));
    let expected = end(&calm);
    let never_over_early = |_: &World| false;
    at_every_call(begin, never_over_early, |world, what, _| {
        assert_eq!(end(world), expected, "{what}");
        assert_eq!((acted(world, "JoinSecurityGroup"), acted(world, "LeaveSecurityGroup")), (joins, leaves), "{what}");
    });
}

fn web(group: &str) -> Value {
    json!({"securityGroupId": group, "targets": {"instanceIds": ["i-1", "i-there"]}})
}

fn settled(world: &mut World) {
    world.membership("web", &web("sg-web"));
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(Duration::from_secs(30));
}

#[test]
fn joining_survives_a_crash_at_every_call() {
    play(|_| {}, |world| world.membership("web", &web("sg-web")), 1, 0);
}

#[test]
fn moving_to_another_group_survives_a_crash_at_every_call() {
    play(settled, |world| world.edit("web", &json!({"securityGroupId": "sg-db"})), 3, 1);
}

#[test]
fn leaving_survives_a_crash_at_every_call() {
    play(settled, |world| world.delete("web"), 1, 1);
}
