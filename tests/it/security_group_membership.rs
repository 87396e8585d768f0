//! Stories of SecurityGroupMembership: what people do, what the cloud does, what comes of it.

use crate::world::World;
use serde_json::{Value, json};
use std::time::Duration;
use steward_cloudsim::{Edit, Fault, What};

pub(crate) const SEED: &str = "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}, {id: sg-db, vpc: vpc-1}, {id: sg-far, vpc: vpc-2}]
instances:
  - {id: i-1, groups: [sg-base], tags: {role: web}}
  - {id: i-2, groups: [sg-base], tags: {role: web}}
  - {id: i-there, groups: [sg-base, sg-web]}
  - {id: i-alone, groups: [sg-web]}
  - {id: i-starting, groups: [sg-base], status: Starting}
interfaces: [{id: eni-second, instance: i-1, groups: [sg-base]}]
";

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn minutes(count: u64) -> Duration {
    seconds(60 * count)
}

/// `{securityGroupId: sg-web, targets: {instanceIds: […]}}`
pub(crate) fn web(instances: &[&str]) -> Value {
    json!({"securityGroupId": "sg-web", "targets": {"instanceIds": instances}})
}

/// A world in which `web` has these members and has come to rest.
pub(crate) fn settled(instances: &[&str]) -> World {
    let mut world = World::new(SEED);
    world.membership("web", &web(instances));
    world.start();
    world.until_ready("web", "True/InSync");
    world
}

// ── joining ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn who_is_missing_joins() {
    let world = settled(&["i-1", "i-2"]);
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
    assert_eq!(world.cloud.groups_of("i-2"), ["sg-base", "sg-web"]);
    assert_eq!(world.ledger("web"), ["i-1=Added", "i-2=Added"]);
    assert_eq!(world.calls("JoinSecurityGroup"), 2);
    let status = &world.get("web").unwrap()["status"];
    assert_eq!(
        (&status["members"], &status["joined"], &status["accountId"], &status["region"]),
        (&json!(2), &json!(2), &json!("1234567890123456"), &json!("cn-hangzhou"))
    );
    let history = status["history"].as_array().unwrap();
    assert_eq!(history.len(), 2);
    assert!(
        history
            .iter()
            .all(|entry| entry["operation"] == "JoinSecurityGroup" && entry["outcome"] == "joined" && entry["requestId"].is_string())
    );
}

#[test]
fn who_is_a_member_already_is_left_alone_and_stays_when_the_object_goes() {
    let mut world = settled(&["i-there"]);
    assert_eq!(world.ledger("web"), ["i-there=PreExisting"]);
    assert_eq!(world.calls("JoinSecurityGroup"), 0);
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], Value::Null, "there is nothing to undo");
    world.delete("web");
    world.until_gone("web");
    assert_eq!((world.calls("LeaveSecurityGroup"), world.cloud.groups_of("i-there")), (0, vec!["sg-base".to_owned(), "sg-web".to_owned()]));
}

#[test]
fn somebody_else_who_is_faster_owns_the_membership() {
    let mut world = World::new(SEED);
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(403, "InvalidInstanceId.AlreadyExists")).after());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.ledger("web"), ["i-1=PreExisting"]);
}

#[test]
fn a_secondary_interface_joins_by_itself() {
    let mut world = World::new(SEED);
    world.membership("web", &json!({"securityGroupId": "sg-web", "targets": {"networkInterfaceIds": ["eni-second"]}}));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.cloud.groups_of("eni-second"), ["sg-base", "sg-web"]);
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("eni-second"), ["sg-base"]);
}

#[test]
fn an_instance_and_its_primary_interface_are_one_member() {
    let mut world = settled(&["i-1"]);
    world.membership("same", &json!({"securityGroupId": "sg-web", "targets": {"networkInterfaceIds": ["eni-1"]}}));
    world.until_ready("same", "True/InSync");
    assert_eq!(world.ledger("same"), ["i-1=Added"]);
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"], "the other object wants it there");
    world.delete("same");
    world.until_gone("same");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn what_cannot_join_is_named_before_anything_is_called() {
    let mut world = World::new(SEED);
    world.membership("web", &json!({"securityGroupId": "sg-far", "targets": {"instanceIds": ["i-1"]}}));
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    assert!(world.message("web").contains("i-1 is in VPC vpc-1, sg-far in VPC vpc-2"), "{}", world.message("web"));
    assert_eq!(world.calls("JoinSecurityGroup"), 0);
}

#[test]
fn an_unknown_group_and_an_unknown_instance_are_named() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1", "i-nobody"]));
    world.membership("typo", &json!({"securityGroupId": "sg-nowhere", "targets": {"instanceIds": ["i-2"]}}));
    world.start();
    world.until_ready("web", "False/NotFound");
    world.until_ready("typo", "False/NotFound");
    assert!(world.message("web").starts_with("i-nobody: i-nobody does not exist in cn-hangzhou"), "{}", world.message("web"));
    assert!(world.message("typo").contains("sg-nowhere does not exist"), "{}", world.message("typo"));
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"], "one that is missing keeps nobody else out");
    assert_eq!(world.condition("web", "Stalled"), "True/NotFound");
}

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn only_those_that_steward_had_join_leave() {
    let mut world = settled(&["i-1", "i-there"]);
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], json!(["cloudsteward.dev/undo"]));
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
    assert_eq!(world.cloud.groups_of("i-there"), ["sg-base", "sg-web"]);
    assert_eq!(world.calls("LeaveSecurityGroup"), 1);
}

#[test]
fn the_last_one_out_leaves() {
    let mut world = settled(&["i-1"]);
    world.membership("too", &web(&["i-1", "i-2"]));
    world.until_ready("too", "True/InSync");
    assert_eq!(world.ledger("too"), ["i-1=Added", "i-2=Added"], "what a peer had join is ours too");
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.calls("LeaveSecurityGroup"), 0);
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
    world.delete("too");
    world.until_gone("too");
    assert_eq!((world.cloud.groups_of("i-1"), world.cloud.groups_of("i-2")), (vec!["sg-base".to_owned()], vec!["sg-base".to_owned()]));
}

#[test]
fn two_that_go_together_leave_once() {
    let mut world = settled(&["i-1"]);
    world.membership("too", &web(&["i-1"]));
    world.until_ready("too", "True/InSync");
    world.delete("web");
    world.delete("too");
    world.until_gone("web");
    world.until_gone("too");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
    let left = world.cloud.calls().iter().filter(|call| call.operation == "LeaveSecurityGroup" && call.acted).count();
    assert_eq!(left, 1);
}

#[test]
fn nobody_leaves_its_last_group() {
    let mut world = settled(&["i-1"]);
    world.cloud.edit(Edit::leave("i-1", "sg-base")).unwrap();
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-web"]);
    assert_eq!(world.calls("LeaveSecurityGroup"), 0, "what can be known is not asked for");
    let events = world.events("web");
    assert!(events.iter().any(|event| event.starts_with("Warning LastGroupKept")), "{events:?}");
}

#[test]
fn a_group_is_left_only_after_the_new_one_is_joined() {
    let mut world = settled(&["i-1"]);
    world.cloud.clear_calls();
    world.edit("web", &json!({"securityGroupId": "sg-db"}));
    world.until(minutes(3), "it has moved", |world| world.cloud.groups_of("i-1") == ["sg-base", "sg-db"]);
    world.until_ready("web", "True/InSync");
    let order: Vec<_> = world.cloud.calls().iter().filter(|call| call.acted).map(|call| call.operation.clone()).collect();
    assert_eq!(order, ["JoinSecurityGroup", "LeaveSecurityGroup"]);
    assert_eq!(world.ledger("web"), ["i-1=Added"]);
}

#[test]
fn an_id_that_leaves_the_list_leaves_the_group() {
    let mut world = settled(&["i-1", "i-2"]);
    world.edit("web", &json!({"targets": {"instanceIds": ["i-2"]}}));
    world.until(minutes(3), "i-1 has left", |world| world.cloud.groups_of("i-1") == ["sg-base"]);
    world.until_ready("web", "True/InSync");
    assert_eq!(world.ledger("web"), ["i-2=Added"]);
}

#[test]
fn a_member_that_is_gone_keeps_nothing_from_going() {
    let mut world = settled(&["i-1", "i-2"]);
    world.cloud.edit(Edit::delete_instance("i-1")).unwrap();
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-2"), ["sg-base"]);
    assert_eq!(world.calls("LeaveSecurityGroup"), 1);
}

#[test]
fn retain_calls_no_cloud_even_without_a_credential() {
    let mut world = World::new(SEED);
    let mut spec = web(&["i-1"]);
    spec["deletionPolicy"] = json!("Retain");
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world.api.delete("secrets", "default", "aliyun");
    world.pass(minutes(1));
    world.cloud.clear_calls();
    world.delete("web");
    world.until_gone("web");
    assert!(world.cloud.calls().is_empty());
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
}

// ── selectors ───────────────────────────────────────────────────────────────────────────────────────────────

const MANY: &str = "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 20, prefix: i-, groups: [sg-base], tags: {role: web}}
";

fn by_role() -> Value {
    json!({"securityGroupId": "sg-web", "targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}}})
}

#[test]
fn a_selector_that_suddenly_matches_nothing_has_nobody_leave() {
    let mut world = World::new(MANY);
    world.membership("web", &by_role());
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.get("web").unwrap()["status"]["joined"], 20);
    for number in 1..=20 {
        world.cloud.edit(Edit::tags(format!("i-{number:02}"), [("role", "gone")])).unwrap();
    }
    world.until(minutes(15), "it says so", |world| world.ready("web") == "False/RemovalLimit");
    assert!(world.message("web").contains("i-01, i-02"), "{}", world.message("web"));
    world.pass_in_steps(minutes(60), seconds(5));
    assert_eq!((world.calls("LeaveSecurityGroup"), world.ready("web")), (0, "False/RemovalLimit".to_owned()));
    world.edit("web", &json!({"maxRemovals": 20}));
    world.until(minutes(5), "all have left", |world| world.cloud.groups_of("i-07") == ["sg-base"]);
    world.until_ready("web", "True/NoTargets");
}

#[test]
fn one_that_no_longer_matches_leaves_after_a_second_listing() {
    let mut world = World::new(MANY);
    world.membership("web", &by_role());
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.edit(Edit::tags("i-03", [("role", "db")])).unwrap();
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "now");
    world.pass(seconds(20));
    assert_eq!(world.cloud.groups_of("i-03"), ["sg-base", "sg-web"], "one listing is not enough");
    world.pass(seconds(30));
    assert_eq!(world.cloud.groups_of("i-03"), ["sg-base"]);
    world.until_ready("web", "True/InSync");
    assert_eq!(world.get("web").unwrap()["status"]["members"], 19);
}

#[test]
fn a_selector_that_matches_too_many_changes_nothing() {
    let mut world = World::new(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 1200, prefix: i-, groups: [sg-base], tags: {role: web}}
",
    );
    world.membership("web", &by_role());
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    assert_eq!(world.calls("JoinSecurityGroup"), 0);
}

// ── the cloud's moods ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn throttled_for_a_window_it_waits_for_the_next() {
    let mut world = World::new(SEED);
    world.cloud.seed("settings: {limits: {JoinSecurityGroup: 1}}").unwrap();
    world.membership("web", &web(&["i-1", "i-2"]));
    world.start();
    world.until(minutes(5), "both have joined", |world| world.ready("web") == "True/InSync");
    let joins: Vec<_> = world
        .cloud
        .calls()
        .iter()
        .filter(|call| call.operation == "JoinSecurityGroup")
        .map(|call| (call.time, call.code.clone()))
        .collect();
    let refused = joins.iter().find(|(_, code)| code.is_some()).expect("the second was throttled").0;
    let next_window = (refused.as_second() / 60 + 1) * 60;
    assert!(joins.iter().filter(|(time, _)| *time > refused).all(|(time, _)| time.as_second() >= next_window), "{joins:?}");
}

#[test]
fn a_conflict_with_an_earlier_change_is_waited_for() {
    let mut world = World::new(SEED);
    world.cloud.edit(Edit::busy("i-1", "25s".parse().unwrap())).unwrap();
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until(seconds(10), "it says busy", |world| world.ready("web") == "False/Busy");
    assert_eq!(world.condition("web", "Reconciling"), "True/Busy");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.get("web").unwrap()["status"]["lastError"], Value::Null, "an error that is over is gone");
}

#[test]
fn an_instance_that_is_starting_is_waited_for_and_after_half_an_hour_somebody_is_told() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-starting"]));
    world.start();
    world.until(seconds(10), "it says busy", |world| world.condition("web", "Reconciling") == "True/Busy");
    world.pass(minutes(28));
    assert_eq!(world.condition("web", "Stalled"), "absent");
    world.pass(minutes(4));
    assert_eq!(world.condition("web", "Stalled"), "True/Busy");
    assert_eq!(world.calls("JoinSecurityGroup"), 0);
    world.cloud.edit(Edit::status("i-starting", "Running")).unwrap();
    world.until_ready("web", "True/InSync");
}

#[test]
fn reads_that_lag_behind_writes_are_waited_for() {
    let mut world = World::new(SEED);
    world.cloud.seed("settings: {readLag: 8s}").unwrap();
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.calls("JoinSecurityGroup"), 1);
}

#[test]
fn a_lost_answer_takes_no_ownership_away() {
    let mut world = World::new(SEED);
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::Reset).after());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.ledger("web"), ["i-1=Added"]);
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn a_blip_of_the_cloud_is_not_worth_a_write_and_an_outage_is_told() {
    let mut world = settled(&["i-1"]);
    world.pass(minutes(11));
    world.api.clear_requests();
    world.cloud.fault(Fault::on("DescribeInstances", What::error(503, "ServiceUnavailable")).forever());
    world.pass_in_steps(minutes(25), seconds(2));
    assert_eq!(world.ready("web"), "True/InSync");
    assert_eq!(world.writes(), Vec::<String>::new());
    world.pass_in_steps(minutes(20), seconds(2));
    assert_eq!(world.ready("web"), "Unknown/CloudUnavailable");
    assert_eq!(world.get("web").unwrap()["status"]["lastError"]["code"], "ServiceUnavailable");
    world.cloud.clear_faults();
    world.until(minutes(6), "it is back", |world| world.ready("web") == "True/InSync");
}

#[test]
fn a_region_that_does_not_exist_is_named() {
    let mut world = World::new(SEED);
    let mut spec = web(&["i-1"]);
    spec["region"] = json!("cn-hangzhuo");
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    assert!(world.message("web").contains("spec.region"), "{}", world.message("web"));
}

// ── drift ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn drift_is_shown_and_corrected() {
    let mut world = settled(&["i-1", "i-2"]);
    world.cloud.edit(Edit::leave("i-1", "sg-web")).unwrap();
    // The first join of the correction fails, so that the state in between can be looked at.
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(409, "InvalidOperation.Conflict")));
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T09:00:00Z");
    world.until(minutes(1), "drift is shown", |world| world.condition("web", "Drifted").starts_with("True"));
    let status = world.get("web").unwrap()["status"].clone();
    assert_eq!(status["drift"], json!([{"path": "spec.targets[i-1]", "desired": "member of sg-web", "observed": "not a member"}]));
    assert!(world.condition("web", "Synced").starts_with("False"));
    world.until_ready("web", "True/InSync");
    let status = world.get("web").unwrap()["status"].clone();
    assert_eq!((&status["drift"], &status["lastHandledReconcileAt"]), (&Value::Null, &json!("2026-11-22T09:00:00Z")));
    assert_eq!(world.condition("web", "Drifted"), "absent");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
    world.pass(seconds(5));
    assert!(world.events("web").iter().any(|event| event.starts_with("Normal DriftCorrected")), "{:?}", world.events("web"));
}

#[test]
fn drift_is_found_by_the_next_sync_without_being_asked() {
    let mut world = settled(&["i-1"]);
    world.cloud.edit(Edit::leave("i-1", "sg-web")).unwrap();
    world.until(minutes(11), "it is back", |world| world.cloud.groups_of("i-1") == ["sg-base", "sg-web"]);
}

#[test]
fn observe_shows_and_never_writes() {
    let mut world = World::new(SEED);
    let mut spec = web(&["i-1"]);
    spec["managementPolicy"] = json!("Observe");
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "False/DriftDetected");
    assert_eq!(
        (world.condition("web", "Synced"), world.condition("web", "Stalled")),
        ("False/DriftDetected".to_owned(), "True/DriftDetected".to_owned())
    );
    world.cloud.edit(Edit::join("i-1", "sg-web")).unwrap();
    world.until(minutes(11), "it sees that somebody did it", |world| world.ready("web") == "True/InSync");
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.calls("JoinSecurityGroup") + world.calls("LeaveSecurityGroup"), 0);
}

#[test]
fn an_operator_that_only_observes_writes_nothing_either() {
    let mut world = World::new(SEED);
    world.configure(|config| config.observe_only = true);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/DriftDetected");
    world.pass(minutes(11));
    assert_eq!(world.calls("JoinSecurityGroup"), 0);
}

#[test]
fn a_suspended_object_is_left_alone_but_can_be_deleted() {
    let mut world = settled(&["i-1"]);
    world.edit("web", &json!({"suspend": true}));
    world.until(seconds(10), "it is suspended", |world| world.condition("web", "Suspended") == "True/Suspended");
    assert_eq!(world.ready("web"), "True/InSync", "the last verdict stays");
    world.cloud.edit(Edit::leave("i-1", "sg-web")).unwrap();
    world.cloud.clear_calls();
    world.pass(minutes(25));
    assert!(world.cloud.calls().is_empty());
    world.edit("web", &json!({"suspend": false}));
    world.until(minutes(1), "it is back", |world| world.cloud.groups_of("i-1") == ["sg-base", "sg-web"]);
    world.edit("web", &json!({"suspend": true}));
    world.pass(seconds(5));
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

// ── letting go ──────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_blocked_deletion_says_how_to_get_out_and_abandon_does_it() {
    let mut world = settled(&["i-1"]);
    world.api.delete("secrets", "default", "aliyun");
    world.crash();
    world.start();
    world.pass(seconds(5));
    world.delete("web");
    world.until(minutes(1), "it is blocked", |world| world.ready("web") == "False/DeleteBlocked");
    let way_out = "kubectl annotate securitygroupmemberships/web -n default cloudsteward.dev/abandon=\"<reason>\"";
    assert!(world.message("web").contains(way_out), "{}", world.message("web"));
    world.annotate("web", "cloudsteward.dev/abandon", "account closed");
    world.until_gone("web");
    assert_eq!(world.calls("LeaveSecurityGroup"), 0);
    world.pass(seconds(5));
    assert!(world.events("web").iter().any(|event| event.starts_with("Warning Abandoned")), "{:?}", world.events("web"));
}

#[test]
fn an_abandoned_object_that_lives_is_left_alone() {
    let mut world = settled(&["i-1"]);
    world.annotate("web", "cloudsteward.dev/abandon", "by hand from now on");
    world.until_ready("web", "False/Abandoned");
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"].as_array().map_or(0, Vec::len), 0);
    world.cloud.edit(Edit::leave("i-1", "sg-web")).unwrap();
    world.pass(minutes(25));
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn a_namespace_that_goes_in_one_go_is_undone_although_its_secret_goes_first() {
    let mut world = World::empty(SEED);
    world.secret("team", "aliyun", "key-1", "secret-1");
    world.credential("team", "default", "aliyun");
    world.membership_in("team", "web", &web(&["i-1", "i-2"]));
    world.start();
    world.until(minutes(2), "all are in", |world| world.cloud.groups_of("i-2") == ["sg-base", "sg-web"]);
    world.pass(seconds(30));
    world.api.delete("namespaces", "", "team");
    world.until(minutes(2), "the namespace is empty", |world| {
        world.api.run_namespace_controller() == 0 && world.api.get_json("namespaces", "", "team").is_none()
    });
    assert_eq!((world.cloud.groups_of("i-1"), world.cloud.groups_of("i-2")), (vec!["sg-base".to_owned()], vec!["sg-base".to_owned()]));
}

#[test]
fn a_namespace_whose_credential_is_lost_lets_go_after_the_grace() {
    let mut world = World::empty(SEED);
    world.secret("team", "aliyun", "key-1", "secret-1");
    world.credential("team", "default", "aliyun");
    world.membership_in("team", "web", &web(&["i-1"]));
    world.start();
    world.until(minutes(2), "it is in", |world| world.cloud.groups_of("i-1") == ["sg-base", "sg-web"]);
    world.pass(seconds(30));
    world.crash();
    world.api.delete("namespaces", "", "team");
    world.api.run_namespace_controller();
    world.start();
    world.pass(minutes(9));
    world.api.run_namespace_controller();
    assert!(world.api.get_json("securitygroupmemberships", "team", "web").is_some(), "not before the grace is over");
    world.pass(minutes(3));
    world.api.run_namespace_controller();
    assert!(world.api.get_json("securitygroupmemberships", "team", "web").is_none());
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
}

#[test]
fn an_object_that_is_created_suspended_is_not_called_healthy() {
    let mut world = World::new(SEED);
    let mut spec = web(&["i-1"]);
    spec["suspend"] = json!(true);
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "Unknown/Suspended");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn what_fails_again_and_again_is_told_ever_more_rarely() {
    let mut world = World::new(SEED);
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(403, "InstanceSecurityGroupLimitExceeded")).forever());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/QuotaExceeded");
    world.pass_in_steps(minutes(24 * 60), seconds(10));
    let joins = world.calls("JoinSecurityGroup");
    assert!((20..=30).contains(&joins), "{joins} tries in a day of an error that only a person can mend");
    let events = world.events("web");
    assert!(events.len() <= 8, "{events:#?}");
    assert_eq!(world.get("web").unwrap()["status"]["lastError"]["count"], 16, "rewritten at 2, 4, 8, 16");
}

#[test]
fn whoever_asks_last_is_answered_whether_in_our_words_or_in_those_of_flux() {
    let mut world = settled(&["i-1"]);
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "now");
    world.until(seconds(10), "echoed", |world| world.get("web").unwrap()["status"]["lastHandledReconcileAt"] == "now");
    world.annotate("web", "reconcile.fluxcd.io/requestedAt", "2026-11-22T09:30:00Z");
    world.until(seconds(10), "echoed", |world| world.get("web").unwrap()["status"]["lastHandledReconcileAt"] == "2026-11-22T09:30:00Z");
}

#[test]
fn an_answer_that_is_empty_because_reading_is_denied_is_not_taken_for_an_empty_cloud() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.membership(
        "all",
        &json!({"securityGroupId": "sg-web", "targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}}}),
    );
    world.start();
    world.until_ready("web", "True/InSync");
    world.until_ready("all", "True/InSync");
    let denied = "
settings: {deniedReads: empty}
accounts: [{id: \"1234567890123456\", keys: [{id: key-1, secret: secret-1, deny: [\"ecs:DescribeInstances\"]}]}]
";
    world.cloud.seed(denied).unwrap();
    world
        .until(minutes(12), "it says so", |world| world.ready("web") == "False/AccessDenied" && world.ready("all") == "False/AccessDenied");
    assert_eq!(world.ledger("web"), ["i-1=Added"], "what is there is not forgotten");
    assert_eq!(world.calls("LeaveSecurityGroup"), 0);
}
