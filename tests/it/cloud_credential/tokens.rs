//! Tokens of `ServiceAccounts`: steward may ask for them where somebody has said so, and elsewhere says what to say.

use super::cast;
use crate::api_server::tokens::USER;
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::World;
use serde_json::{Value, json};
use steward_cloudsim::{Edit, OidcProviderSeed, RoleSeed};

fn world_with_user() -> World {
    let mut world = cast::world_with(&cast::pod());
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": "pod"});
    world.membership("web", &spec);
    world
}

#[test]
fn without_the_right_the_hint_holds_the_role_that_gives_it_and_giving_it_heals() {
    let mut world = world_with_user();
    world.api.forbid_tokens("default", "robot");
    world.start();
    world.until_credential(20, "pod", "False/CredentialMissing");
    world.until_ready("web", "False/CredentialMissing");
    let command = "kubectl get cloudcredential pod -n default -o jsonpath='{.status.lastError.hint}' | kubectl apply -f -";
    assert!(world.credential_message("pod").ends_with(command), "{}", world.credential_message("pod"));
    assert!(world.message("web").ends_with(command), "{}", world.message("web"));

    let hint = world.credential_status("pod")["lastError"]["hint"].as_str().unwrap().to_owned();
    let objects: Vec<Value> = serde_saphyr::from_multiple(&hint).expect("YAML");
    let [role, binding] = objects.as_slice() else { panic!("a Role and a RoleBinding: {hint}") };
    let grants = json!([{"apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["robot"], "verbs": ["create"]}]);
    assert_eq!((&role["kind"], &role["rules"], &role["metadata"]["namespace"]), (&json!("Role"), &grants, &json!("default")));
    let [_, _, namespace, name] = USER.split(':').collect::<Vec<_>>()[..] else { unreachable!("it is a ServiceAccount") };
    assert_eq!(binding["subjects"], json!([{"kind": "ServiceAccount", "name": name, "namespace": namespace}]));
    assert_eq!((&binding["kind"], &binding["roleRef"]["name"]), (&json!("RoleBinding"), &role["metadata"]["name"]));
    assert_eq!(world.cloud.calls().len(), 0, "the cloud was not asked");

    world.pass_in_steps(minutes(30), seconds(5));
    world.api.allow_tokens("default", "robot");
    world.until_credential(60, "pod", "True/InSync");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.credential_status("pod")["lastError"], Value::Null);
}

#[test]
fn a_right_that_is_taken_away_counts_when_the_session_ends() {
    let mut world = world_with_user();
    world.start();
    world.until_ready("web", "True/InSync");
    world.api.forbid_tokens("default", "robot");
    world.pass_in_steps(minutes(29), seconds(5));
    assert_eq!(world.credential_ready_now("pod"), "True/InSync");
    world.until(minutes(2), "it ends", |world| world.credential_ready_now("pod") == "False/CredentialMissing");
    world.until_ready("web", "False/CredentialMissing");
    world.api.allow_tokens("default", "robot");
    world.until_credential(60, "pod", "True/InSync");
}

#[test]
fn a_service_account_that_is_not_there_is_missed_and_then_found() {
    let mut world = world_with_user();
    world.edit_credential("pod", &json!({"auth": {"oidc": {"serviceAccountName": "droid"}}}));
    world.api.allow_tokens("default", "droid");
    world
        .cloud
        .edit(Edit::Role(RoleSeed {
            name: "pods".to_owned(),
            subjects: Some(vec!["system:serviceaccount:default:droid".to_owned()]),
            ..RoleSeed::default()
        }))
        .unwrap();
    world.start();
    world.until_credential(20, "pod", "False/CredentialMissing");
    assert!(world.credential_message("pod").contains("serviceAccountName does not exist"), "{}", world.credential_message("pod"));
    world.service_account("droid");
    world.until_credential(60, "pod", "True/InSync");
}

#[test]
fn a_role_that_trusts_other_pods_only_denies() {
    let mut world = world_with_user();
    let trusting =
        |subject: &str| Edit::Role(RoleSeed { name: "pods".to_owned(), subjects: Some(vec![subject.to_owned()]), ..RoleSeed::default() });
    world.cloud.edit(trusting("system:serviceaccount:elsewhere:robot")).unwrap();
    world.start();
    world.until_credential(20, "pod", "False/AccessDenied");
    world.until_ready("web", "False/AccessDenied");
    assert!(world.credential_message("pod").contains("AuthenticationFail.NoPermission"), "{}", world.credential_message("pod"));
    world.cloud.edit(trusting("system:serviceaccount:default:robot")).unwrap();
    world.until_credential(620, "pod", "True/InSync");
}

#[test]
fn an_audience_that_the_provider_does_not_know_is_a_rejected_token() {
    let mut world = world_with_user();
    let with = |audience: &str| json!({"auth": {"oidc": {"audience": audience}}});
    world.edit_credential("pod", &with("somebody.else"));
    world.start();
    world.until_credential(20, "pod", "False/CredentialRejected");
    world.until_ready("web", "False/CredentialRejected");
    assert!(world.credential_message("pod").contains("spec.auth.oidc.audience"), "{}", world.credential_message("pod"));
    assert_eq!(world.calls("AssumeRoleWithOIDC"), 1);
    world.edit_credential("pod", &with("sts.aliyuncs.com"));
    world.until_credential(5, "pod", "True/InSync");
}

#[test]
fn a_provider_of_another_cluster_rejects_the_token_until_it_is_corrected() {
    let mut world = world_with_user();
    let of = |issuer: &str| {
        Edit::OidcProvider(OidcProviderSeed { name: "cluster".to_owned(), issuer: Some(issuer.to_owned()), ..OidcProviderSeed::default() })
    };
    world.cloud.edit(of("https://another-cluster.example")).unwrap();
    world.start();
    world.until_credential(20, "pod", "False/CredentialRejected");
    world.cloud.edit(of("*")).unwrap();
    world.until_credential(620, "pod", "True/InSync");
}

#[test]
fn an_api_server_that_does_not_answer_is_waited_for() {
    let mut world = world_with_user();
    world.api.on_request(
        |info, _| {
            if info.subresource == "token" { crate::api_server::Verdict::Fail(503) } else { crate::api_server::Verdict::Go }
        },
    );
    world.start();
    world.until_credential(20, "pod", "False/DependencyNotReady");
    world.api.no_faults();
    world.until_credential(60, "pod", "True/InSync");
}
