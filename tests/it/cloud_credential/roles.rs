//! Roles at Alibaba Cloud: sessions that are revoked, keys that may not or no longer assume the role, owners who want to be asked otherwise.

use super::cast::{self, Method, OPS, PODS, ann};
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::World;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, KeySeed, RoleSeed, What};

/// The method's credential with one user, `web`.
fn world_with_user(method: &Method) -> World {
    let mut world = cast::world_with(method);
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": method.name});
    world.membership("web", &spec);
    world
}

fn at_work(method: &Method) -> World {
    let mut world = world_with_user(method);
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(seconds(20));
    world.cloud.clear_calls();
    world
}

#[test]
fn a_revoked_session_is_renewed_once_and_the_work_goes_on() {
    for (method, role, operation) in [(cast::role(), OPS, "AssumeRole"), (cast::pod(), PODS, "AssumeRoleWithOIDC")] {
        let mut world = at_work(&method);
        let before = world.credential_status(method.name)["expiresAt"].clone();
        world.pass(seconds(60));
        world.cloud.edit(Edit::revoke_sessions(role)).unwrap();
        world.edit("web", &web(&["i-1", "i-2"]));
        world.until_ready("web", "True/InSync");
        assert_eq!(world.refused_calls(), ["DescribeInstances 400 InvalidSecurityToken.Malformed"], "{}", method.name);
        assert_eq!(world.calls(operation), 1);
        assert_eq!(world.credential_ready_now(method.name), "True/InSync");
        assert_eq!(world.events(method.name), Vec::<String>::new(), "nobody needs to hear of it");
        world.pass(seconds(20));
        assert_ne!(world.credential_status(method.name)["expiresAt"], before, "the new session's end is shown");
    }
}

#[test]
fn many_calls_that_are_refused_at_once_renew_once_between_them() {
    let mut world = world_with_user(&cast::role());
    for number in 0..30 {
        let region = format!("cn-region-{number}");
        world.cloud.seed(&format!("regions: [{region}]\nsecurityGroups: [{{id: sg-{number}, region: {region}}}]")).unwrap();
        let spec = json!({
            "credentialRef": {"name": "role"}, "region": region, "securityGroupId": format!("sg-{number}"), "managementPolicy": "Observe",
            "targets": {"instanceSelector": {"tags": [{"key": "a", "value": "b"}]}},
        });
        world.membership(&format!("web-{number}"), &spec);
    }
    world.start();
    world.until(minutes(3), "all are through", |world| (0..30).all(|number| world.ready(&format!("web-{number}")) == "True/NoTargets"));
    world.cloud.edit(Edit::revoke_sessions(OPS)).unwrap();
    world.cloud.clear_calls();
    for number in 0..30 {
        world.annotate(&format!("web-{number}"), "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T09:00:00Z");
    }
    world.pass(minutes(1));
    assert!(world.refused_calls().len() > 1, "several at once: {:?}", world.refused_calls());
    assert_eq!(world.calls("AssumeRole"), 1);
    assert_eq!(world.credential_ready_now("role"), "True/InSync");
}

#[test]
fn new_keys_that_are_refused_as_well_close_the_credential() {
    let mut world = at_work(&cast::role());
    world.cloud.fault(Fault::on("DescribeInstances", What::error(400, "InvalidSecurityToken.Malformed")).forever());
    world.edit("web", &web(&["i-1", "i-2"]));
    world.until_ready("web", "False/CredentialRejected");
    world.until_credential(20, "role", "False/CredentialRejected");
    assert_eq!((world.calls("AssumeRole"), world.calls("DescribeInstances")), (1, 2), "once, and not a second time");
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(60), seconds(5));
    assert!(world.calls("DescribeInstances") <= 14, "{} in an hour of probes", world.calls("DescribeInstances"));
    world.cloud.clear_faults();
    world.until_credential(620, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_wrong_base_key_is_told_on_the_credential_and_on_its_users() {
    let mut world = world_with_user(&cast::role());
    world.rewrite_secret("role", &json!({"accessKeySecret": "wrong"}));
    world.start();
    world.until_credential(20, "role", "False/CredentialRejected");
    world.until_ready("web", "False/CredentialRejected");
    let error = world.credential_status("role")["lastError"].clone();
    assert_eq!((&error["code"], &error["operation"]), (&json!("SignatureDoesNotMatch"), &json!("AssumeRole")));
    world.pass_in_steps(minutes(59), seconds(5));
    assert!(world.cloud.calls().len() <= 7, "{} tries in the first hour", world.cloud.calls().len());
    world.rewrite_secret("role", &ann());
    world.until_credential(20, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.credential_status("role")["lastError"], Value::Null);
}

#[test]
fn a_base_key_that_is_refused_at_a_renewal_closes_the_credential_for_good_and_once() {
    let mut world = at_work(&cast::role());
    world.cloud.edit(Edit::rotate("ann-key", "another")).unwrap();
    world.until(minutes(50), "it is told", |world| world.credential_ready_now("role") == "False/CredentialRejected");
    world.until_ready("web", "False/CredentialRejected");
    for _ in 0..120 {
        world.pass(seconds(1));
        let seen = (world.credential_ready_now("role"), world.ready("web"));
        assert_eq!(seen, ("False/CredentialRejected".to_owned(), "False/CredentialRejected".to_owned()));
    }
    let events = world.events("role");
    assert_eq!(events.iter().filter(|event| event.starts_with("Warning CredentialRejected")).count(), 1, "{events:?}");
    assert_eq!(world.calls("AssumeRole"), 1);
    world.rewrite_secret("role", &json!({"accessKeySecret": "another"}));
    world.until_credential(20, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

fn ops(change: impl FnOnce(&mut RoleSeed)) -> Edit {
    let mut role = RoleSeed { name: "ops".to_owned(), ..RoleSeed::default() };
    change(&mut role);
    Edit::Role(role)
}

#[test]
fn a_role_that_does_not_trust_us_is_told_as_such_and_looked_at_again_after_ten_minutes() {
    let mut world = world_with_user(&cast::role());
    world.cloud.edit(ops(|role| role.trusts = Some(vec!["somebody-else".to_owned()]))).unwrap();
    world.start();
    world.until_credential(20, "role", "False/AccessDenied");
    world.until_ready("web", "False/AccessDenied");
    assert!(world.credential_message("role").contains("NoPermission"), "{}", world.credential_message("role"));
    assert!(world.message("web").contains("trust policy"), "{}", world.message("web"));
    world.pass_in_steps(minutes(8), seconds(5));
    assert_eq!(world.calls("AssumeRole"), 1);
    world.cloud.edit(ops(|role| role.trusts = Some(vec!["ann-key".to_owned()]))).unwrap();
    world.until_credential(150, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_wrong_external_id_is_corrected_in_spec_and_taken_at_once() {
    let mut world = world_with_user(&cast::role());
    let with = |id: &str| json!({"auth": {"assumeRole": {"externalId": id}}});
    world.edit_credential("role", &with("guessed"));
    world.start();
    world.until_credential(20, "role", "False/AccessDenied");
    world.until_ready("web", "False/AccessDenied");
    world.edit_credential("role", &with("demo-external-id"));
    world.until_credential(5, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_role_that_no_longer_trusts_us_works_until_the_session_ends() {
    let mut world = at_work(&cast::role());
    world.cloud.edit(ops(|role| role.trusts = Some(vec!["somebody-else".to_owned()]))).unwrap();
    world.pass_in_steps(minutes(57), seconds(15));
    assert_eq!(world.credential_ready_now("role"), "True/InSync");
    assert!(world.calls("AssumeRole") <= 3, "{} tries", world.calls("AssumeRole"));
    world.until(minutes(4), "it ends", |world| world.credential_ready_now("role") == "False/AccessDenied");
    world.until_ready("web", "False/AccessDenied");
    world.cloud.edit(ops(|role| role.trusts = Some(vec!["ann-key".to_owned()]))).unwrap();
    world.until_credential(620, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let mut world = world_with_user(&cast::role());
    world.edit_credential("role", &json!({"auth": {"assumeRole": {"roleArn": "acs:ram::1234567890123456:role/opps"}}}));
    world.start();
    world.until_credential(20, "role", "False/NotFound");
    assert!(world.credential_message("role").contains("roleArn"), "{}", world.credential_message("role"));
    world
        .cloud
        .edit(Edit::Role(RoleSeed { name: "opps".to_owned(), external_id: Some("demo-external-id".to_owned()), ..RoleSeed::default() }))
        .unwrap();
    world.until_credential(620, "role", "True/InSync");
}

#[test]
fn a_role_of_another_account_than_expected_does_nothing() {
    let mut world = world_with_user(&cast::role());
    world.edit_credential("role", &json!({"expectedAccountId": "999"}));
    world.start();
    world.until_credential(20, "role", "False/AccountMismatch");
    world.until_ready("web", "False/AccountMismatch");
    world.pass_in_steps(minutes(30), seconds(5));
    assert_eq!(world.cloud.calls().iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["AssumeRole", "GetCallerIdentity"]);
    world.edit_credential("role", &json!({"expectedAccountId": "1234567890123456"}));
    world.until_credential(5, "role", "True/InSync");
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_temporary_key_in_a_secret_that_runs_out_is_rejected_until_somebody_brings_a_new_one() {
    let method = cast::keys_for_a_while();
    let mut world = at_work(&method);
    world.pass_in_steps(minutes(4 * 60 - 5), seconds(15));
    assert_eq!(world.credential_ready_now(method.name), "True/InSync");
    world.until(minutes(20), "the next sync finds out", |world| world.ready("web") == "False/CredentialRejected");
    world.until_credential(20, method.name, "False/CredentialRejected");
    assert_eq!(world.credential_status(method.name)["lastError"]["code"], "InvalidSecurityToken.Expired");
    assert!(world.credential_message(method.name).contains("securityToken"), "{}", world.credential_message(method.name));
    let next = KeySeed {
        id: "STS.next".to_owned(),
        account: Some(crate::world::ACCOUNT.to_owned()),
        secret: Some("next-secret".to_owned()),
        security_token: Some("next-token".to_owned()),
        role: Some("pods".to_owned()),
        ..KeySeed::default()
    };
    world.cloud.edit(Edit::Key(next)).unwrap();
    world.rewrite_secret(method.name, &json!({"accessKeyId": "STS.next", "accessKeySecret": "next-secret", "securityToken": "next-token"}));
    world.until_credential(20, method.name, "True/InSync");
    world.until_ready("web", "True/InSync");
}
