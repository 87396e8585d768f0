//! Stories of CloudCredential: keys that are missing, wrong, renewed, refused, taken away. What holds for every way to prove an identity is in
//! `methods`; `roles`, `tokens` and `huawei` tell what can happen to one, `economy` what it all costs.

mod attacks;
mod cast;
mod clocks;
mod economy;
mod huawei;
mod methods;
mod roles;
mod tokens;

use crate::security_group_membership::{SEED, minutes, seconds, settled, web};
use crate::world::World;
use serde_json::json;
use steward_cloudsim::Edit;

#[test]
fn a_missing_secret_is_named_and_noticed_when_it_comes() {
    let mut world = World::empty(SEED);
    world.credential("default", "default", "aliyun");
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/CredentialMissing");
    assert!(world.message("web").contains("Secret aliyun does not exist"), "{}", world.message("web"));
    assert_eq!(world.credential_ready("default"), "False/CredentialMissing");
    world.secret("default", "aliyun", "key-1", "secret-1");
    world.until(seconds(60), "it works", |world| world.ready("web") == "True/InSync");
}

#[test]
fn a_missing_credential_is_named_and_noticed_when_it_comes() {
    let mut world = World::empty(SEED);
    world.secret("default", "aliyun", "key-1", "secret-1");
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/CredentialMissing");
    world.credential("default", "default", "aliyun");
    world.until(seconds(30), "it works", |world| world.ready("web") == "True/InSync");
}

#[test]
fn a_credential_of_another_namespace_is_of_no_use() {
    let mut world = World::new(SEED);
    world.membership_in("elsewhere", "web", &web(&["i-1"]));
    world.start();
    let reason = |world: &World| {
        let object = world.api.get_json("securitygroupmemberships", "elsewhere", "web").unwrap();
        object["status"]["conditions"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["type"] == "Ready")?["reason"].as_str().map(str::to_owned))
    };
    world.until(seconds(30), "it has none", |world| reason(world).as_deref() == Some("CredentialMissing"));
    world.pass(minutes(5));
    assert_eq!(world.credential_status("default")["users"], 0);
    assert_eq!(world.calls("DescribeInstances") + world.calls("JoinSecurityGroup"), 0);
    world.secret("elsewhere", "aliyun", "key-1", "secret-1");
    world.credential("elsewhere", "default", "aliyun");
    world.until(seconds(30), "with its own it works", |world| reason(world).as_deref() == Some("InSync"));
}

#[test]
fn a_rotated_key_is_taken_up_without_a_gap() {
    let mut world = settled(&["i-1"]);
    world.cloud.edit(Edit::rotate("key-1", "secret-2")).unwrap();
    world.api.patch_json("secrets", "default", "aliyun", &json!({"stringData": {"accessKeySecret": "secret-2"}}));
    world.pass(seconds(40));
    world.edit("web", &web(&["i-1", "i-2"]));
    world.until_ready("web", "True/InSync");
    assert_eq!(world.credential_ready("default"), "True/InSync");
    assert_eq!(world.cloud.groups_of("i-2"), ["sg-base", "sg-web"]);
}

#[test]
fn a_key_that_is_refused_in_the_middle_of_work_closes_the_credential_until_it_is_renewed() {
    let mut world = settled(&["i-1"]);
    world.cloud.edit(Edit::rotate("key-1", "secret-2")).unwrap();
    world.edit("web", &web(&["i-1", "i-2"]));
    world.until_ready("web", "False/CredentialRejected");
    assert_eq!(world.credential_ready("default"), "False/CredentialRejected");
    world.api.patch_json("secrets", "default", "aliyun", &json!({"stringData": {"accessKeySecret": "secret-2"}}));
    world.until(seconds(30), "the new key is found", |world| world.ready("web") == "True/InSync");
}

#[test]
fn a_wrong_key_with_a_thousand_objects_costs_the_cloud_seven_requests_in_the_first_hour_and_six_in_each_later_one() {
    let mut world = World::empty(SEED);
    world.secret("default", "aliyun", "key-1", "wrong");
    world.credential("default", "default", "aliyun");
    for number in 0..1000 {
        world.membership(&format!("web-{number}"), &web(&["i-1"]));
    }
    world.start();
    world.until(minutes(2), "all say so", |world| {
        (0..1000).all(|number| world.ready(&format!("web-{number}")) == "False/CredentialRejected")
    });
    world.pass_in_steps(minutes(58), seconds(5));
    let first = world.cloud.calls().len();
    assert!(first <= 7, "{first} requests in the first hour");
    world.api.clear_requests();
    for hour in 2..=3 {
        world.cloud.clear_calls();
        world.pass_in_steps(minutes(60), seconds(5));
        let requests = world.cloud.calls().len();
        assert!((1..=6).contains(&requests), "{requests} requests in hour {hour}");
    }
    let rewritten: Vec<_> = world.writes().into_iter().filter(|write| write.contains("securitygroupmemberships")).collect();
    assert_eq!(rewritten, Vec::<String>::new(), "nothing new, nothing written");
}

#[test]
fn keys_of_another_account_than_expected_do_nothing() {
    let mut world = World::empty(SEED);
    world.secret("default", "aliyun", "key-1", "secret-1");
    world.credential("default", "default", "aliyun");
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"expectedAccountId": "999"}}));
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/AccountMismatch");
    assert_eq!(world.calls("JoinSecurityGroup") + world.calls("DescribeInstances"), 0);
}

#[test]
fn a_credential_that_moves_to_another_account_does_not_take_its_objects_along() {
    let mut world = World::new(
        "
accounts:
  - {id: \"1234567890123456\", keys: [{id: key-1, secret: secret-1}]}
  - {id: \"999\", keys: [{id: key-9, secret: secret-9}]}
regions: [cn-hangzhou]
defaults: {account: \"1234567890123456\"}
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: [{id: i-1, groups: [sg-base]}]
",
    );
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    world.api.patch_json("secrets", "default", "aliyun", &json!({"stringData": {"accessKeyId": "key-9", "accessKeySecret": "secret-9"}}));
    world.until(minutes(2), "it is refused", |world| world.ready("web") == "False/AccountMismatch");
    assert!(world.message("web").contains("1234567890123456"), "{}", world.message("web"));
}

#[test]
fn an_endpoint_that_the_operator_does_not_list_is_refused() {
    let mut world = World::new(SEED);
    world.configure(|config| config.allowed_endpoints = cloud_steward::credentials::AllowedEndpoints::default());
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/EndpointNotAllowed");
    assert!(world.message("web").contains("spec.endpoints[0].url"), "{}", world.message("web"));
    assert!(world.cloud.calls().is_empty());
}

#[test]
fn a_credential_in_use_waits_for_its_last_user() {
    let mut world = settled(&["i-1"]);
    world.pass(seconds(20));
    world.api.delete("cloudcredentials", "default", "default");
    world.pass(minutes(1));
    assert_eq!(world.credential_ready("default"), "True/InSync", "it is still there, and works");
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
    world.until(seconds(10), "the credential is gone", |world| world.credential_ready("default") == "gone");
}

#[test]
fn a_denied_operation_is_told_and_not_hammered() {
    let mut world = World::new(
        "
accounts: [{id: \"1234567890123456\", keys: [{id: key-1, secret: secret-1, deny: [\"ecs:JoinSecurityGroup\"]}]}]
regions: [cn-hangzhou]
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: {count: 50, prefix: i-, groups: [sg-base]}
",
    );
    for number in 1..=50 {
        world.membership(&format!("web-{number:02}"), &web(&[&format!("i-{number:02}")]));
    }
    world.start();
    world.until(minutes(2), "all say so", |world| (1..=50).all(|number| world.ready(&format!("web-{number:02}")) == "False/AccessDenied"));
    assert!(world.message("web-07").contains("ecs:JoinSecurityGroup"), "{}", world.message("web-07"));
    assert_eq!(world.ledger("web-07"), Vec::<String>::new(), "a refusal takes the entry back");
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(60), seconds(5));
    assert!(world.calls("JoinSecurityGroup") <= 7, "{} tries in an hour", world.calls("JoinSecurityGroup"));
}

#[test]
fn a_mistake_in_the_region_of_a_credential_can_be_mended() {
    let mut world = World::new(SEED);
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "cn-hangzhuo"}}));
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "cn-hangzhou"}}));
    world.until(minutes(2), "it works", |world| world.ready("web") == "True/InSync");
}

#[test]
fn the_call_that_refused_the_keys_is_named() {
    let mut world = settled(&["i-1"]);
    world.cloud.edit(Edit::rotate("key-1", "secret-2")).unwrap();
    world.edit("web", &web(&["i-1", "i-2"]));
    world.until_ready("web", "False/CredentialRejected");
    world.pass(seconds(5));
    let credential = world.api.get_json("cloudcredentials", "default", "default").unwrap();
    let error = &credential["status"]["lastError"];
    assert_eq!((&error["code"], &error["operation"]), (&json!("SignatureDoesNotMatch"), &json!("DescribeInstances")));
}

#[test]
fn a_deletion_that_waits_says_so_and_abandon_ends_the_waiting() {
    let mut world = settled(&["i-1"]);
    world.pass(seconds(20));
    world.api.delete("cloudcredentials", "default", "default");
    world.pass(minutes(1));
    let credential = world.api.get_json("cloudcredentials", "default", "default").unwrap();
    let message = credential["status"]["conditions"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("; its deletion waits until no object uses it any more"), "{message}");
    world.api.patch_json(
        "cloudcredentials",
        "default",
        "default",
        &json!({"metadata": {"annotations": {"cloudsteward.dev/abandon": "moved"}}}),
    );
    world.until(seconds(30), "it is gone", |world| world.credential_ready("default") == "gone");
    world.until(seconds(30), "its user says so", |world| world.ready("web") == "False/CredentialMissing");
}
