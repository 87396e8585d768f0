//! The account's budget and the batches, seen from the cloud: what arrives there, in which minute, and in whose name.

use crate::api_server::Verb;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use steward_cloudsim::{Call, Edit, Fault, What};

const JOIN: &str = "JoinSecurityGroup";
const READ: &str = "DescribeInstances";
const GROUPS: &str = "DescribeSecurityGroups";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A cloud in which only what is said here is scarce.
fn seed(instances: usize, groups: &str, limits: &str) -> String {
    format!(
        "
securityGroups: [{{id: sg-base, vpc: vpc-1, type: enterprise}}, {{id: sg-web, vpc: vpc-1, type: enterprise}}]
instances: {{count: {instances}, prefix: i-, groups: {groups}}}
settings: {{limits: {{{limits}\"*\": 1000000}}}}
"
    )
}

/// The operator is told the same, and takes all of it: the arithmetic of shares is told elsewhere.
fn a_world(seed: &str, limits: &[&str]) -> World {
    let mut world = World::new(seed);
    world.configure(|config| {
        config.limits.share_percent = 100;
        config.limits.rules =
            std::iter::once("*:*=1000000").chain(limits.iter().copied()).map(|rule| rule.parse().expect("a rule")).collect();
    });
    world
}

fn web(instance: &str) -> Value {
    json!({"securityGroupId": "sg-web", "targets": {"instanceIds": [instance]}})
}

fn minute(call: &Call) -> i64 {
    call.time.as_second().div_euclid(60)
}

fn calls(world: &World, operation: &str) -> Vec<Call> {
    world.cloud.calls().into_iter().filter(|call| call.operation == operation).collect()
}

/// Instances in the order in which they joined.
fn joined(world: &World) -> Vec<String> {
    calls(world, JOIN).iter().filter(|call| call.code.is_none()).map(|call| call.parameters["InstanceId"].clone()).collect()
}

/// The operator idles until the minute that begins next.
fn until_the_next_minute(world: &mut World) {
    let left = 60 - world.cloud.now().as_second().rem_euclid(60);
    world.pass(Duration::from_secs(left.unsigned_abs()));
}

#[test]
fn while_the_window_is_closed_no_call_goes_out_and_nothing_is_on_record() {
    // The operator takes the limit to be 1000; the account's is 10.
    let mut world = a_world(&seed(40, "[sg-base]", "JoinSecurityGroup: 10, "), &["ecs:JoinSecurityGroup=1000"]);
    world.start();
    until_the_next_minute(&mut world);
    for number in 1..=40 {
        world.membership(&format!("web-{number:02}"), &web(&format!("i-{number:02}")));
    }
    world.pass(seconds(30));
    let early = calls(&world, JOIN);
    let refused = early.iter().filter(|call| call.code.as_deref() == Some("Throttling.User")).count();
    assert_eq!(early.len() - refused, 10);
    assert!(refused > 0, "the story needs a refusal");

    // Objects that come while it is closed are read, and wait without a word in the ledger.
    let reads = world.calls(READ);
    world.membership("late", &web("i-40"));
    world.pass(seconds(28));
    assert!(world.calls(READ) > reads, "another operation has a window of its own");
    assert_eq!(calls(&world, JOIN).len(), early.len(), "no call in a closed window");
    assert_eq!(world.ledger("late"), Vec::<String>::new(), "the permit comes before the record");
    let adding = |world: &World| {
        (1..=40).filter(|number| world.ledger(&format!("web-{number:02}")).iter().any(|entry| entry.ends_with("=Adding"))).count()
    };
    let in_doubt = adding(&world);

    // Each refused minute halves what is tried, until the account bears it; and all are served in the end.
    world.until(seconds(40 * 60), "all have joined", |world| joined(world).len() >= 40);
    let mut by_minute: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for call in calls(&world, JOIN) {
        let count = by_minute.entry(minute(&call)).or_default();
        if call.code.is_none() { count.0 += 1 } else { count.1 += 1 }
    }
    assert!(by_minute.values().all(|(ok, _)| *ok <= 10), "{by_minute:?}");
    assert!(by_minute.values().filter(|(_, refused)| *refused > 0).count() <= 8, "{by_minute:?}");
    assert_eq!(in_doubt, 0, "who was refused is not about to join");
}

#[test]
fn a_closed_window_is_one_account_s_and_one_operation_s() {
    let accounts = "
accounts:
  - {id: \"1111111111111111\", keys: [{id: key-1, secret: secret-1}]}
  - {id: \"2222222222222222\", keys: [{id: key-2, secret: secret-2}]}
regions: [cn-hangzhou]
securityGroups:
  - {id: sg-web, vpc: vpc-1, account: \"1111111111111111\"}
  - {id: sg-base, vpc: vpc-1, account: \"1111111111111111\"}
  - {id: sg-their-web, vpc: vpc-2, account: \"2222222222222222\"}
  - {id: sg-their-base, vpc: vpc-2, account: \"2222222222222222\"}
instances:
  - {id: i-1, groups: [sg-base], account: \"1111111111111111\"}
  - {id: i-there, groups: [sg-base, sg-web], account: \"1111111111111111\"}
  - {id: i-theirs, groups: [sg-their-base], account: \"2222222222222222\"}
";
    let mut world = a_world(accounts, &[]);
    world.secret("default", "other", "key-2", "secret-2");
    world.credential("default", "other", "other");
    world.membership("leaving", &web("i-there"));
    world.start();
    world.until_ready("leaving", "True/InSync");
    until_the_next_minute(&mut world);
    world.cloud.fault(Fault::on(JOIN, What::Throttle).of_account("1111111111111111"));
    world.membership("mine", &web("i-1"));
    world.pass(seconds(10));
    assert_eq!(calls(&world, JOIN).len(), 1, "it was refused");
    world.membership(
        "theirs",
        &json!({"credentialRef": {"name": "other"}, "securityGroupId": "sg-their-web", "targets": {"instanceIds": ["i-theirs"]}}),
    );
    world.pass(seconds(10));
    assert_eq!(joined(&world), ["i-theirs"]);
    world.pass(seconds(45));
    assert_eq!(joined(&world), ["i-theirs", "i-1"]);
}

#[test]
fn two_credentials_of_one_account_share_its_budget_and_take_turns() {
    let accounts = seed(60, "[sg-base]", "");
    let accounts = format!(
        "accounts:\n  - {{id: \"1234567890123456\", keys: [{{id: key-1, secret: secret-1}}, {{id: key-2, secret: secret-2}}]}}\nregions: [cn-hangzhou]\n{accounts}"
    );
    let mut world = a_world(&accounts, &["1234567890123456/cn-hangzhou/ecs:JoinSecurityGroup=10"]);
    world.secret("b", "aliyun", "key-2", "secret-2");
    world.credential("b", "default", "aliyun");
    world.start();
    world.pass(seconds(5));
    // Tenant A queues many, and then B one.
    for number in 1..=59 {
        world.membership(&format!("web-{number}"), &web(&format!("i-{number:02}")));
    }
    world.pass(seconds(5));
    let before = joined(&world).len();
    assert_eq!(before, 10, "the minute's are used up");
    world.membership_in("b", "web", &web("i-60"));
    world.pass(seconds(65));
    let order = joined(&world);
    let place = order.iter().position(|instance| instance == "i-60").expect("it has joined") - before;
    assert!(place < 2, "B was served after {place} of A's");
    let mut by_minute: BTreeMap<i64, usize> = BTreeMap::new();
    for call in calls(&world, JOIN) {
        *by_minute.entry(minute(&call)).or_default() += 1;
    }
    assert!(by_minute.values().all(|calls| *calls <= 10), "of both together: {by_minute:?}");
}

#[test]
fn who_waits_for_a_permit_gives_way_when_the_object_changes() {
    let mut world = a_world(&seed(3, "[sg-base]", ""), &["ecs:JoinSecurityGroup=1"]);
    world.start();
    until_the_next_minute(&mut world);
    world.membership("first", &web("i-1"));
    world.pass(seconds(3));
    world.membership("edited", &web("i-2"));
    world.membership("deleted", &web("i-2"));
    world.pass(seconds(3));
    assert_eq!(joined(&world), ["i-1"]);
    world.edit("edited", &json!({"targets": {"instanceIds": ["i-3"]}}));
    world.delete("deleted");
    world.pass(seconds(3));
    assert!(world.get("deleted").is_none(), "nothing was on record, so nothing is undone");
    world.pass(seconds(180));
    assert_eq!(joined(&world), ["i-1", "i-3"]);
}

#[test]
fn an_edit_overtakes_five_hundred_checks() {
    // A selector is a read that no other object shares.
    let mut world = a_world(&seed(2, "[sg-base, sg-web]", ""), &["ecs:DescribeInstances=60"]);
    let tag = |number: usize| json!({"tags": [{"key": "n", "value": number.to_string()}]});
    for number in 0..500 {
        world.membership(&format!("set-{number}"), &json!({"securityGroupId": "sg-web", "targets": {"instanceSelector": tag(number)}}));
    }
    world.start();
    world.until(seconds(20 * 60), "all were looked at", |world| {
        (0..500).all(|number| world.ready(&format!("set-{number}")) == "True/NoTargets")
    });
    // All are due in the same second, and a minute has 18 permits for checks: from now on somebody always waits.
    world.pass(seconds(11 * 60));
    until_the_next_minute(&mut world);
    world.membership("urgent", &web("i-1"));
    world.pass(seconds(3));
    assert_eq!(world.ready("urgent"), "True/InSync", "it did not wait for the sweep");
    // And the sweep takes no more than its part of any minute, with nobody else there. The first permits of the first are given
    // before we look.
    until_the_next_minute(&mut world);
    world.cloud.clear_calls();
    world.pass(seconds(5 * 60 - 1));
    let mut by_minute: BTreeMap<i64, usize> = BTreeMap::new();
    for call in calls(&world, READ) {
        *by_minute.entry(minute(&call)).or_default() += 1;
    }
    assert_eq!(by_minute.values().copied().collect::<Vec<_>>(), [18; 4]);
}

#[test]
fn what_waits_for_a_person_is_checked_in_the_background_too() {
    let seed = "
securityGroups: [{id: sg-base, vpc: vpc-1, type: enterprise}, {id: sg-web, vpc: vpc-1, type: enterprise}]
instances: {count: 2, prefix: i-, groups: [sg-base], tags: {role: load}}
settings: {limits: {\"*\": 1000000}}
";
    let mut world = a_world(seed, &["ecs:DescribeInstances=60"]);
    let selector = json!({"tags": [{"key": "role", "value": "load"}]});
    for number in 0..200 {
        let spec = json!({"managementPolicy": "Observe", "securityGroupId": "sg-web", "targets": {"instanceSelector": selector}});
        world.membership(&format!("seen-{number}"), &spec);
    }
    world.start();
    world.until(seconds(20 * 60), "all were looked at", |world| {
        (0..200).all(|number| world.ready(&format!("seen-{number}")) == "False/DriftDetected")
    });
    world.pass(seconds(11 * 60));
    world.cloud.clear_calls();
    world.pass(seconds(10 * 60));
    let mut by_minute: BTreeMap<i64, usize> = BTreeMap::new();
    for call in calls(&world, READ) {
        *by_minute.entry(minute(&call)).or_default() += 1;
    }
    assert!(!by_minute.is_empty() && by_minute.values().all(|calls| *calls <= 18), "30 % of 60: {by_minute:?}");
}

#[test]
fn one_bad_id_among_a_hundred_does_not_fail_the_others() {
    let mut world = a_world(&seed(99, "[sg-base, sg-web]", ""), &[]);
    for number in 1..=99 {
        world.membership(&format!("web-{number}"), &web(&format!("i-{number:02}")));
    }
    world.membership("bad", &web("i-not.an.id"));
    world.start();
    world.pass(seconds(20));
    let ready = |world: &World| (1..=99).filter(|number| world.ready(&format!("web-{number}")) == "True/InSync").count();
    assert_eq!(ready(&world), 99);
    assert!(world.ready("bad").starts_with("False/"), "{}", world.ready("bad"));
    // A check that meets the bad one is refused as a whole, and the good ones see the cloud all the same.
    for number in 1..=99 {
        world.annotate(&format!("web-{number}"), "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T09:00:00Z");
    }
    world.annotate("bad", "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T09:00:00Z");
    world.cloud.clear_calls();
    world.pass(seconds(20));
    let answers = calls(&world, READ);
    assert!(answers.iter().any(|call| call.code.as_deref() == Some("InvalidInstanceIds.Malformed")), "the story needs a refusal");
    assert!(answers.len() <= 20, "{} calls", answers.len());
    let handled =
        |number: usize| world.get(&format!("web-{number}")).unwrap()["status"]["lastHandledReconcileAt"] == "2026-11-22T09:00:00Z";
    assert!((1..=99).all(handled));
    assert_eq!(ready(&world), 99);
}

#[test]
fn whoever_goes_while_a_batch_is_gathered_or_out_takes_nobody_with_it() {
    let mut world = a_world(&seed(30, "[sg-base, sg-web]", ""), &[]);
    for number in 1..=30 {
        world.membership(&format!("web-{number:02}"), &web(&format!("i-{number:02}")));
    }
    world.start();
    world.pass(seconds(20));
    // All are due together: their batch is gathered for ten seconds, and then held back by the cloud for twenty.
    until_a_batch_is_half_gathered(&mut world);
    world.cloud.fault(Fault::on(READ, What::Timeout(Some(jiff::SignedDuration::from_secs(20)))));
    world.delete("web-01");
    world.pass(seconds(8));
    assert_eq!(world.cloud.held(), 1, "it is out");
    world.delete("web-02");
    world.edit("web-03", &json!({"targets": {"instanceIds": ["i-04"]}}));
    world.pass(seconds(60));
    for number in 3..=30 {
        assert_eq!(world.ready(&format!("web-{number:02}")), "True/InSync");
    }
    assert!(world.get("web-01").is_none() && world.get("web-02").is_none());
    // A newcomer does not wait for company, and takes what is gathered along.
    until_a_batch_is_half_gathered(&mut world);
    world.cloud.clear_calls();
    world.membership("new", &web("i-01"));
    world.pass(seconds(30));
    assert_eq!((calls(&world, READ).len(), world.ready("new").as_str()), (1, "True/InSync"));
    // The process ends while a batch is gathered; the next one finds all as it was.
    until_a_batch_is_half_gathered(&mut world);
    world.crash();
    world.start();
    world.pass(seconds(20));
    world.pass_in_steps(seconds(1200), seconds(5));
    world.cloud.clear_calls();
    world.pass_in_steps(seconds(1200), seconds(5));
    assert_eq!(calls(&world, READ).len(), 2, "one for each sweep");
}

/// Lets time pass until objects that all settled are due again, and five seconds more.
fn until_a_batch_is_half_gathered(world: &mut World) {
    world.pass_in_steps(seconds(1300), seconds(5));
    world.cloud.clear_calls();
    // The phase is known only by its effect, the call that comes ten seconds later.
    world.until(seconds(700), "a sweep", |world| !calls(world, READ).is_empty());
    world.pass(seconds(595));
}

#[test]
fn ten_thousand_memberships_cost_a_hundred_calls_a_sweep_whenever_they_came() {
    const OBJECTS: usize = 10_000;
    const BURST: usize = 50;
    let mut world = a_world(&seed(OBJECTS, "[sg-base, sg-web]", ""), &[]);
    world.start();
    // Ten minutes and more of people who create things, at odd times.
    for burst in 0..OBJECTS / BURST {
        for number in burst * BURST + 1..=(burst + 1) * BURST {
            world.membership(&format!("web-{number}"), &web(&format!("i-{number:05}")));
        }
        world.pass_in_steps(seconds(2 + u64::try_from(burst % 3).unwrap()), seconds(1));
    }
    let reads = world.calls(READ);
    assert!(reads <= OBJECTS / BURST * 2, "{reads} reads for {} bursts of edits", OBJECTS / BURST);
    assert_eq!(world.calls(GROUPS), 0, "groups are read for those who have to join");
    world.pass_in_steps(seconds(11 * 60), seconds(5));
    world.api.clear_requests();
    world.cloud.clear_calls();
    world.pass_in_steps(seconds(2 * 600), seconds(5));
    let sweeps = calls(&world, READ);
    assert!((200..=240).contains(&sweeps.len()), "{} calls in two sweeps", sweeps.len());
    assert_eq!(world.cloud.calls().len(), sweeps.len(), "and none of another operation");
    let writes = world.api.requests().iter().filter(|request| !matches!(request.verb, Verb::Get | Verb::List | Verb::Watch)).count();
    assert_eq!(writes, 0);
}

#[test]
fn groups_are_read_together_and_only_for_those_who_have_to_join() {
    let mut world = a_world(&seed(300, "[sg-base]", ""), &[]);
    world.start();
    for number in 1..=300 {
        world.membership(&format!("web-{number}"), &web(&format!("i-{number:03}")));
        if number % 10 == 0 {
            world.pass(seconds(1));
        }
    }
    let in_sync = |world: &World| (1..=300).all(|number| world.ready(&format!("web-{number}")) == "True/InSync");
    world.until(seconds(300), "all are in sync", in_sync);
    assert_eq!(joined(&world).len(), 300);
    let groups = world.calls(GROUPS);
    assert!((1..=60).contains(&groups), "{groups} reads of groups for thirty bursts of ten joins");
    world.pass_in_steps(seconds(11 * 60), seconds(5));
    world.cloud.clear_calls();
    world.pass_in_steps(seconds(600), seconds(5));
    assert_eq!((world.calls(GROUPS), world.calls(READ)), (0, 3), "a sweep reads no groups");

    // Somebody takes them all out: two groups are read in a few batches, not three hundred times.
    for number in 1..=300 {
        world.cloud.edit(Edit::leave(format!("i-{number:03}"), "sg-web")).unwrap();
    }
    world.cloud.clear_calls();
    world.until(seconds(15 * 60), "all have joined again", |world| joined(world).len() == 300);
    let groups = world.calls(GROUPS);
    assert!((1..=6).contains(&groups), "{groups} reads of groups for three batches of instances");
}

#[test]
fn what_a_check_has_found_is_put_right_as_work() {
    let mut world = a_world(&seed(10, "[sg-base, sg-web]", ""), &["ecs:JoinSecurityGroup=10"]);
    for number in 1..=10 {
        world.membership(&format!("web-{number:02}"), &web(&format!("i-{number:02}")));
    }
    world.start();
    let in_sync = |world: &World| (1..=10).all(|number| world.ready(&format!("web-{number:02}")) == "True/InSync");
    world.until(seconds(60), "all are in sync", in_sync);
    for number in 1..=10 {
        world.cloud.edit(Edit::leave(format!("i-{number:02}"), "sg-web")).unwrap();
    }
    world.until(seconds(20 * 60), "all have joined again", |world| joined(world).len() == 10);
    let minutes: std::collections::BTreeSet<i64> = calls(&world, JOIN).iter().map(minute).collect();
    assert!(minutes.len() <= 2, "as checks they would be three a minute: {minutes:?}");
}

#[test]
fn a_refusal_that_names_the_limit_teaches_it_at_once() {
    // As in the story above, the operator takes the limit to be 1000; but here the account's answers say that it is 10.
    let seed = seed(40, "[sg-base]", "JoinSecurityGroup: 10, ").replace("settings: {", "settings: {throttleHeaders: rateLimit, ");
    let mut world = a_world(&seed, &["ecs:JoinSecurityGroup=1000"]);
    world.start();
    until_the_next_minute(&mut world);
    for number in 1..=40 {
        world.membership(&format!("web-{number:02}"), &web(&format!("i-{number:02}")));
    }
    world.until(seconds(10 * 60), "all have joined", |world| joined(world).len() >= 40);
    let refused: std::collections::BTreeSet<i64> = calls(&world, JOIN).iter().filter(|call| call.code.is_some()).map(minute).collect();
    assert_eq!(refused.len(), 1, "once it is told there is nothing left to find out");
}

#[test]
fn an_edit_does_not_wait_for_the_check_of_its_own_object() {
    let mut world = a_world(&seed(3, "[sg-base, sg-web]", ""), &[]);
    for number in 1..=3 {
        world.membership(&format!("web-{number:02}"), &web(&format!("i-{number}")));
    }
    world.start();
    world.pass(seconds(20));
    until_a_batch_is_half_gathered(&mut world);
    world.cloud.clear_calls();
    world.edit("web-01", &json!({"targets": {"instanceIds": ["i-2"]}}));
    world.pass(seconds(3));
    assert_eq!(world.ready("web-01"), "True/InSync");
}
