//! Sequences of events that each once broke a promise: lost a member, hammered a cloud, got stuck for ever, or said what wasn't so.

use crate::api_server::{Moment, Verb, Verdict};
use crate::security_group_membership::{SEED, minutes, seconds, settled, web};
use crate::world::{MEMBERSHIPS, World};
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use steward_cloudsim::{Edit, Fault, What};

fn secret_reads(world: &World) -> usize {
    world.api.requests().iter().filter(|r| r.verb == Verb::Get && r.resource == "secrets").count()
}

#[test]
fn a_credential_closed_for_another_reason_does_not_spin() {
    let mut world = World::new(SEED);
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "-"}}));
    world.start();
    world.pass(seconds(30));
    world.pass_in_steps(minutes(61), seconds(5));
    world.api.clear_requests();
    world.pass(seconds(30));
    let reads = secret_reads(&world);
    assert!(reads <= 4, "{reads}");
}

#[test]
fn a_right_that_is_given_later_opens_the_credential() {
    let mut world = World::new(SEED);
    world.cloud.fault(Fault::on("GetCallerIdentity", What::error(403, "Forbidden.RAM")));
    world.start();
    world.pass(seconds(30));
    world.pass_in_steps(minutes(125), seconds(5));
    assert_eq!(world.credential_ready("default"), "True/InSync");
}

#[test]
fn a_credential_whose_first_status_was_refused_says_the_truth_later() {
    let mut world = World::new(SEED);
    let count = Arc::new(AtomicUsize::new(0));
    let c = Arc::clone(&count);
    world.api.on_request(move |r, m| {
        if m == Moment::Before
            && r.verb == Verb::Update
            && r.resource == "cloudcredentials"
            && r.subresource == "status"
            && c.fetch_add(1, Ordering::SeqCst) == 0
        {
            return Verdict::Fail(409);
        }
        Verdict::Go
    });
    world.start();
    world.pass(minutes(30));
    assert_eq!(world.credential_ready("default"), "True/InSync");
}

#[test]
fn two_namespaces_with_many_objects_are_all_worked_on() {
    let mut world = World::empty(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 20, prefix: i-, groups: [sg-base]}
settings: {limits: {\"*\": 100000}}
",
    );
    for ns in ["a", "b"] {
        world.secret(ns, "aliyun", "key-1", "secret-1");
        world.credential(ns, "default", "aliyun");
        world.membership_in(
            ns,
            "aaa",
            &json!({"securityGroupId": "sg-web", "targets": {"instanceIds": [if ns == "a" {"i-01"} else {"i-02"}]}}),
        );
        for n in 0..1100 {
            world.membership_in(
                ns,
                &format!("web-{n:04}"),
                &json!({"suspend": true, "securityGroupId": "sg-web", "targets": {"instanceIds": ["i-03"]}}),
            );
        }
    }
    world.configure(|c| c.namespaces = vec!["a".to_owned(), "b".to_owned()]);
    world.start();
    world.pass(minutes(2));
    let calls = world.calls("DescribeInstances");
    let g = |i: &str| world.cloud.groups_of(i).len();
    assert_eq!((g("i-01"), g("i-02")), (2, 2));
    assert!(calls < 60);
}

#[test]
fn a_deletion_with_old_keys_that_were_revoked_does_not_hammer() {
    let mut world = settled(&["i-1"]);
    world.pass(seconds(20));
    world.api.delete("secrets", "default", "aliyun");
    world.pass(seconds(30));
    world.cloud.edit(Edit::rotate("key-1", "secret-2")).unwrap();
    world.cloud.clear_calls();
    world.delete("web");
    world.pass(seconds(60));
    let calls = world.cloud.calls().len();
    assert!(calls <= 7, "{calls}");
}

#[test]
fn those_who_wait_for_a_permit_do_not_use_refused_keys() {
    let mut world = World::new(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 60, prefix: i-, groups: [sg-base]}
",
    );
    world.configure(|c| {
        c.limits.per_minute.insert("ecs:JoinSecurityGroup".to_owned(), 15);
    });
    for n in 1..=60 {
        world.membership(&format!("web-{n:02}"), &web(&[&format!("i-{n:02}")]));
    }
    world.start();
    world.pass(seconds(10));
    world.cloud.edit(Edit::rotate("key-1", "secret-2")).unwrap();
    world.cloud.clear_calls();
    world.pass(minutes(8));
    let refused = world.cloud.calls().iter().filter(|c| c.code.as_deref() == Some("SignatureDoesNotMatch")).count();
    assert!(refused <= 16, "{refused}");
}

#[test]
fn a_wave_stops_when_the_keys_are_refused() {
    let mut world = World::new(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 100, prefix: i-, groups: [sg-base]}
",
    );
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(403, "SignatureDoesNotMatch")).forever());
    let all: Vec<String> = (1..=100).map(|n| format!("i-{n:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    world.membership("web", &web(&all));
    world.start();
    world.pass(seconds(60));
    assert!(world.calls("JoinSecurityGroup") <= 16);
}

#[test]
fn a_denied_operation_with_many_members_is_not_hammered() {
    let mut world = World::new(
        "
accounts: [{id: \"1234567890123456\", keys: [{id: key-1, secret: secret-1, deny: [\"ecs:JoinSecurityGroup\"]}]}]
regions: [cn-hangzhou]
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 500, prefix: i-, groups: [sg-base]}
",
    );
    let all: Vec<String> = (1..=500).map(|n| format!("i-{n:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    world.membership("web", &web(&all));
    world.start();
    world.pass(minutes(5));
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(60), seconds(5));
    assert!(world.calls("JoinSecurityGroup") <= 7, "{}", world.calls("JoinSecurityGroup"));
}

#[test]
fn a_full_ledger_does_not_spin() {
    let mut groups = String::from("securityGroups: [{id: sg-base, vpc: vpc-1}");
    let mut instances = String::from("instances: [");
    for n in 0..20 {
        let _ = write!(groups, ", {{id: sg-{n:04}, vpc: vpc-1}}");
        let _ = write!(instances, "{{id: i-{n:04}, groups: [sg-base]}},");
    }
    let seed = format!(
        "
accounts: [{{id: \"1234567890123456\", keys: [{{id: key-1, secret: secret-1, deny: [\"ecs:LeaveSecurityGroup\"]}}]}}]
regions: [cn-hangzhou]
{groups}]
{}]
",
        instances.trim_end_matches(',')
    );
    let mut world = World::new(&seed);
    let spec = |n: usize| json!({"securityGroupId": format!("sg-{n:04}"), "targets": {"instanceIds": [format!("i-{n:04}")]}});
    world.membership("web", &spec(0));
    world.start();
    for n in 1..17 {
        world.pass(seconds(10));
        world.edit("web", &spec(n));
    }
    world.pass(seconds(20));
    world.cloud.clear_calls();
    world.pass(minutes(1));
    let spin = world.cloud.calls().len();
    world.cloud.seed("accounts: [{id: \"1234567890123456\", keys: [{id: key-1, secret: secret-1, deny: []}]}]").unwrap();
    world.pass_in_steps(minutes(30), seconds(2));
    assert_eq!(world.ready("web"), "True/InSync");
    assert!(spin < 10, "{spin}");
}

#[test]
fn a_lost_answer_and_lagging_reads_lose_no_member() {
    let mut world = World::new(SEED);
    world.cloud.seed("settings: {readLag: 20s}").unwrap();
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::Reset).after().times(3));
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.pass(seconds(10));
    world.delete("web");
    world.until_gone("web");
    world.pass(seconds(60));
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn a_member_that_was_there_but_is_not_seen_yet_is_not_joined_every_second() {
    let mut world = World::new(SEED);
    world.cloud.seed("settings: {readLag: 25s}").unwrap();
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(403, "InvalidInstanceId.AlreadyExists")).after());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.pass(seconds(40));
    assert!(world.calls("JoinSecurityGroup") <= 2);
}

#[test]
fn no_more_leave_in_one_sync_than_the_limit_allows() {
    // One in ten of those who match, but at least one: 20 lose two in a sync, 100 lose ten, however few stop matching at a time.
    for (members, at_a_time, at_most) in [(20, 1, 2), (100, 2, 10)] {
        let left = left_in_one_sync(members, at_a_time);
        assert!((1..=at_most).contains(&left), "{left} of {members}");
    }
}

/// How many have left after 36 members (or all but one) stopped matching one after the other, some each half minute.
fn left_in_one_sync(members: usize, at_a_time: usize) -> usize {
    let mut world = World::new(&format!(
        "
securityGroups: [{{id: sg-base, vpc: vpc-1}}, {{id: sg-web, vpc: vpc-1}}]
instances: {{count: {members}, prefix: i-, groups: [sg-base], tags: {{role: web}}}}
"
    ));
    world.membership(
        "web",
        &json!({"securityGroupId": "sg-web", "targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}}}),
    );
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.clear_calls();
    let width = members.to_string().len();
    let others: Vec<String> = (1..=members.min(37)).map(|number| format!("i-{number:0width$}")).collect();
    world.cloud.edit(Edit::tags(&others[0], [("role", "x")])).unwrap();
    world.until(minutes(11), "sync", |world| world.calls("DescribeInstances") > 0);
    for few in others[1..].chunks(at_a_time).take(18) {
        world.pass(seconds(15));
        for other in few {
            world.cloud.edit(Edit::tags(other, [("role", "x")])).unwrap();
        }
        world.pass(seconds(16));
    }
    world.cloud.calls().iter().filter(|call| call.operation == "LeaveSecurityGroup" && call.acted).count()
}

#[test]
fn a_renamed_manifest_with_a_credential_that_comes_later_keeps_the_member_owned() {
    let mut world = settled(&["i-1"]);
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": "second"});
    world.membership("renamed", &spec);
    world.delete("web");
    world.pass(seconds(20));
    world.credential("default", "second", "aliyun");
    world.until_gone("web");
    world.until_ready("renamed", "True/InSync");
    world.delete("renamed");
    world.until_gone("renamed");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn a_stranger_without_any_credential_cannot_keep_a_member_in() {
    let mut world = settled(&["i-1"]);
    world.membership_in("evil", "claim", &web(&["i-1"]));
    world.pass(seconds(30));
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}

#[test]
fn an_object_with_an_entry_of_a_newer_release_is_not_let_go_silently() {
    let mut world = settled(&["i-1"]);
    let ledger = json!([{"securityGroupId": "sg-web", "entries": [{"target": "i-1", "state": "Reserved"}]}]);
    world.api.patch_json(MEMBERSHIPS, "default", "web", &json!({"status": {"ledger": ledger}}));
    world.delete("web");
    world.pass(seconds(30));
    assert!(world.get("web").is_some(), "gone, groups {:?}", world.cloud.groups_of("i-1"));
}

#[test]
fn a_secret_that_cannot_be_read_now_and_then_does_not_reopen_a_closed_credential() {
    let mut world = World::empty(SEED);
    world.secret("default", "aliyun", "key-1", "wrong");
    world.credential("default", "default", "aliyun");
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.pass(minutes(1));
    let n = Arc::new(AtomicUsize::new(0));
    world.api.on_request(move |r, m| {
        if m == Moment::Before && r.verb == Verb::Get && r.resource == "secrets" && n.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return Verdict::Fail(500);
        }
        Verdict::Go
    });
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(59), seconds(5));
    assert!(world.cloud.calls().len() <= 7);
}

#[test]
fn a_deletion_that_no_cloud_answers_says_how_to_get_out() {
    let mut world = settled(&["i-1"]);
    world.cloud.fault(Fault::on("DescribeInstances", What::error(503, "ServiceUnavailable")).forever());
    world.delete("web");
    world.pass_in_steps(minutes(180), seconds(5));
    assert!(world.message("web").contains("kubectl annotate"));
}

#[test]
fn a_typo_in_the_credentials_region_can_be_corrected() {
    let mut world = World::new(SEED);
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "cn-hangzhuo"}}));
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.pass(minutes(1));
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "cn-hangzhou"}}));
    world.pass(minutes(5));
    assert_eq!(world.ready("web"), "True/InSync");
}

#[test]
fn a_failing_join_is_one_event_not_one_per_try() {
    let mut world = World::new(SEED);
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(409, "InvalidOperation.Conflict")).forever());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.pass(minutes(30));
    let n = world.events("web").len();
    assert!(n <= 8, "{n}");
}

#[test]
fn a_member_taken_out_and_put_back_at_once_is_in() {
    let mut world = World::new(SEED);
    world.cloud.seed("settings: {readLag: 8s}").unwrap();
    world.membership("web", &web(&["i-1", "i-2"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(seconds(20));
    world.edit("web", &web(&["i-2"]));
    world.until(seconds(20), "left", |w| w.cloud.groups_of("i-1") == ["sg-base"]);
    world.edit("web", &web(&["i-1", "i-2"]));
    world.pass(seconds(60));
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base", "sg-web"]);
}

#[test]
fn a_wave_under_way_stops_when_the_object_is_suspended() {
    let mut world = World::new(
        "
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 100, prefix: i-, groups: [sg-base]}
",
    );
    let mut fault = Fault::on("JoinSecurityGroup", What::Timeout(Some("8s".parse().unwrap())));
    fault = fault.forever();
    world.cloud.fault(fault);
    let all: Vec<String> = (1..=100).map(|n| format!("i-{n:03}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    world.membership("web", &web(&all));
    world.start();
    world.pass(seconds(4));
    let begun = world.calls("JoinSecurityGroup");
    world.edit("web", &json!({"suspend": true}));
    world.pass(minutes(5));
    assert!(world.calls("JoinSecurityGroup") <= begun + 16);
}

#[test]
fn a_renamed_manifest_keeps_the_member_owned_although_the_operator_was_away() {
    let mut world = settled(&["i-1"]);
    world.crash();
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": "second"});
    world.membership("renamed", &spec);
    world.delete("web");
    world.pass(minutes(3));
    world.start();
    world.pass(seconds(10));
    world.credential("default", "second", "aliyun");
    world.until_gone("web");
    world.until_ready("renamed", "True/InSync");
    world.delete("renamed");
    world.until_gone("renamed");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
}
