//! Huawei Cloud and Open Telekom Cloud: passwords, locks, agencies, projects.

use super::cast::{self, Method};
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::World;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, HuaweiAgency, HuaweiEdit};

fn tell(world: &World, edit: HuaweiEdit) {
    world.cloud.edit(Edit::Huawei(edit)).expect("it names who is there");
}

fn at_work(method: &Method) -> World {
    let mut world = cast::world_with(method);
    world.start();
    world.until_credential(20, method.name, "True/InSync");
    world.pass(seconds(20));
    world.cloud.clear_calls();
    world
}

#[test]
fn a_wrong_password_is_tried_once_in_ten_minutes_and_never_locks_the_user() {
    for method in [cast::password(), cast::agency_by_password()] {
        let mut world = cast::world_with(&method);
        world.rewrite_secret(method.name, &json!({"password": "wrong"}));
        world.start();
        world.until_credential(20, method.name, "False/CredentialRejected");
        assert!(world.credential_message(method.name).contains("the password in the Secret"), "{}", world.credential_message(method.name));
        world.pass_in_steps(minutes(35), seconds(5));
        assert_eq!(world.cloud.calls().len(), 4, "{}: at 0, 10, 20 and 30 minutes", method.name);
        let times: Vec<_> = world.cloud.calls().iter().map(|call| call.time).collect();
        assert!(times.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_secs() >= 600), "{times:?}");
        world.rewrite_secret(method.name, &json!({"password": "right-password"}));
        world.until_credential(20, method.name, "True/InSync");
    }
}

#[test]
fn a_locked_user_is_told_and_works_again_when_the_lock_is_over() {
    let method = cast::password();
    let mut world = cast::world_with(&method);
    world.rewrite_secret(method.name, &json!({"password": "wrong"}));
    world.start();
    // Somebody who is told to wait, and does not.
    for time in 0..6 {
        world.api.patch_json(
            "cloudcredentials",
            "default",
            method.name,
            &json!({"metadata": {"annotations": {"reconcile.cloudsteward.dev/requestedAt": format!("2026-11-22T09:00:0{time}Z")}}}),
        );
        world.pass(seconds(12));
    }
    world.rewrite_secret(method.name, &json!({"password": "right-password"}));
    world.until(seconds(20), "the lock is named", |world| world.credential_message(method.name).contains("locked"));
    assert_eq!(world.credential_ready_now(method.name), "False/CredentialRejected");
    world.cloud.clear_calls();
    world.until_credential(20 * 60 + 20, method.name, "True/InSync");
    // With the new password, and ten minutes later; the lock lasts for fifteen.
    assert!(world.refused_calls().len() <= 2, "{:?}", world.refused_calls());
}

#[test]
fn a_wrong_secret_key_is_signed_with_once_in_ten_minutes() {
    for method in [cast::signer(), cast::agency_by_key()] {
        let mut world = cast::world_with(&method);
        world.rewrite_secret(method.name, &json!({"secretKey": "wrong"}));
        world.start();
        world.until_credential(20, method.name, "False/CredentialRejected");
        world.pass_in_steps(minutes(35), seconds(5));
        assert_eq!(world.cloud.calls().len(), 4, "{}: at 0, 10, 20 and 30 minutes", method.name);
        world.rewrite_secret(method.name, &json!({"secretKey": "alice-secret"}));
        world.until_credential(20, method.name, "True/InSync");
    }
}

#[test]
fn a_password_that_is_changed_is_noticed_at_the_next_login_and_healed_by_the_secret() {
    let method = cast::password();
    let mut world = at_work(&method);
    tell(&world, HuaweiEdit::password("alice", "changed"));
    world.until(minutes(20 * 60), "noticed", |world| world.credential_ready_now(method.name) == "False/CredentialRejected");
    assert!(world.credential_message(method.name).contains("the password in the Secret"), "{}", world.credential_message(method.name));
    world.pass_in_steps(minutes(5), seconds(5));
    assert_eq!(world.refused_calls().len(), 1, "{:?}", world.refused_calls());
    world.rewrite_secret(method.name, &json!({"password": "changed"}));
    world.until_credential(20, method.name, "True/InSync");
}

#[test]
fn a_token_that_was_revoked_before_it_was_needed_is_replaced_once() {
    let method = cast::agency_by_password();
    let mut world = at_work(&method);
    let before = world.credential_status(method.name)["expiresAt"].clone();
    tell(&world, HuaweiEdit::revoke_all());
    world.pass_in_steps(minutes(20 * 60), seconds(15));
    assert!(world.refused_calls().len() <= 1, "{:?}", world.refused_calls());
    assert_ne!(world.credential_status(method.name)["expiresAt"], before);
    assert_eq!(world.credential_ready_now(method.name), "True/InSync");
    assert!(world.events(method.name).is_empty());
}

#[test]
fn an_agency_that_does_not_trust_the_account_or_does_not_exist_is_named() {
    for (method, field) in [(cast::agency_by_key(), "agency-by-key"), (cast::agency_by_password(), "agency-by-password")] {
        let mut world = cast::world_with(&method);
        let of = |name: &str| json!({"auth": {"agency": {"agencyName": name}}});
        world.edit_credential(field, &of("for-nobody"));
        world.start();
        world.until_credential(20, field, "False/AccessDenied");
        world.edit_credential(field, &of("nowhere"));
        world.until_credential(20, field, "False/NotFound");
        assert!(world.credential_message(field).contains("agencyName"), "{}", world.credential_message(field));
        world.edit_credential(field, &of("for-nobody"));
        let trusting = HuaweiAgency {
            id: "a-for-nobody".to_owned(),
            name: "for-nobody".to_owned(),
            domain: Some("partner".to_owned()),
            trusts: vec!["acme".to_owned()],
            ..HuaweiAgency::default()
        };
        tell(&world, HuaweiEdit::Agency(trusting));
        world.until_credential(620, field, "True/InSync");
    }
}

#[test]
fn a_project_that_does_not_exist_is_named_whichever_way_it_is_asked_for() {
    let projects = [json!({"name": "eu-de_nowhere"}), json!({"id": "p-nowhere"})];
    // Keystone does not tell a wrong project from a wrong password; steward does.
    for method in [cast::signer(), cast::agency_by_key(), cast::password(), cast::agency_by_password()] {
        for project in &projects {
            let mut world = cast::world_with(&method);
            world.edit_credential(method.name, &json!({"project": null}));
            world.edit_credential(method.name, &json!({ "project": project }));
            world.start();
            world.until_credential(20, method.name, "False/InvalidSpec");
            let message = world.credential_message(method.name);
            assert!(message.contains("spec.project"), "{}: {message}", method.name);
            world.edit_credential(method.name, &json!({"project": null}));
            world.until_credential(20, method.name, "True/InSync");
        }
    }
}

#[test]
fn a_user_who_is_found_by_id_and_an_account_by_id_are_the_same_people() {
    let mut world = cast::world();
    world.secret_with("password", &json!({"password": "right-password"}));
    let mut method = cast::password();
    method.spec["auth"]["password"] = json!({"secretRef": {"name": "password"}, "userId": "u-alice"});
    world.credential_with("by-id", &method.spec);
    method.spec["auth"]["password"] = json!({"secretRef": {"name": "password"}, "userName": "alice", "domainId": "d-acme"});
    world.credential_with("by-domain-id", &method.spec);
    world.start();
    for name in ["by-id", "by-domain-id"] {
        world.until_credential(20, name, "True/InSync");
        let status = world.credential_status(name);
        assert_eq!((&status["identity"], &status["projectId"]), (&method.identity, &json!("p-demo")), "{name}");
    }
}

#[test]
fn a_domain_other_than_expected_does_nothing() {
    let method = cast::password();
    let mut world = cast::world_with(&method);
    world.edit_credential(method.name, &json!({"expectedAccountId": "d-partner"}));
    world.start();
    world.until_credential(20, method.name, "False/AccountMismatch");
    assert!(world.credential_message(method.name).contains("d-acme"), "{}", world.credential_message(method.name));
    assert_eq!(world.credential_status(method.name)["identity"], Value::Null);
}

#[test]
fn an_object_of_one_cloud_with_a_credential_of_another_is_told_which_provider_it_needs() {
    let method = cast::signer();
    let mut world = cast::world_with(&method);
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": method.name});
    world.membership("web", &spec);
    world.start();
    world.until_ready("web", "False/InvalidSpec");
    assert!(world.message("web").contains("provider AlibabaCloud"), "{}", world.message("web"));
    assert_eq!(world.credential_ready_now(method.name), "True/InSync");
}
