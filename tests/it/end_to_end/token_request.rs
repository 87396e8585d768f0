//! A role by the token of a `ServiceAccount`: steward's own rights do not let it ask for one, the hint is what lets it, and the API server's tokens
//! are what a cloud takes. And a password, at another cloud.

use super::SEED;
use super::real::{ExpectSuccess as _, Real, STEWARD, membership, ready_of};
use super::security_group_membership::Table;
use crate::world::ACCOUNT;
use serde_json::{Value, json};
use std::time::Duration;

const TENANT: &str = "team";
const MINUTE: Duration = Duration::from_secs(60);

fn of_tenant(real: &Real, kind: &str, name: &str) -> Value {
    let text = real.kubectl(&["get", kind, name, "-n", TENANT, "-o", "json"]);
    serde_json::from_str(&text).expect("kubectl prints JSON")
}

fn credential(real: &Real, name: &str, spec: &Value) {
    let url = real.playground.simulator().url();
    let mut spec = spec.clone();
    spec["endpoints"] = ["ecs", "iam", "sts"].iter().map(|service| json!({"service": service, "url": url})).collect();
    let object = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"namespace": TENANT, "name": name}, "spec": spec,
    });
    real.apply(&object.to_string());
}

/// A namespace with an administrator, a `ServiceAccount` that a role trusts, and a user at another cloud.
fn tenant(real: &Real) {
    real.kubectl(&["create", "namespace", TENANT]);
    real.kubectl(&["create", "serviceaccount", "robot", "-n", TENANT]);
    // Together they are the ClusterRole `admin`, which a controller puts together that does not run here.
    for part in ["admin", "edit", "view"] {
        let role = format!("--clusterrole=system:aggregate-to-{part}");
        real.kubectl(&["create", "rolebinding", &format!("tina-may-{part}"), "-n", TENANT, &role, "--user=tina"]);
    }
    let issuer: Value =
        serde_json::from_str(&real.kubectl(&["get", "--raw", "/.well-known/openid-configuration"])).expect("the issuer says who it is");
    let seed = json!({
        "accounts": [{
            "id": ACCOUNT,
            "roles": [{"name": "pods", "trusts": [], "subjects": [format!("system:serviceaccount:{TENANT}:robot")], "oidcProvider": "cluster"}],
            "oidcProviders": [{"name": "cluster", "issuer": issuer["issuer"], "audiences": ["sts.aliyuncs.com"]}],
        }],
        "huawei": {"domains": [{
            "id": "d-acme", "name": "acme", "users": [{"id": "u-alice", "name": "alice", "password": "right-password"}],
            "projects": [{"id": "p-acme", "name": "eu-de_prod", "region": "eu-de"}],
        }]},
    });
    real.playground.simulator().admin().post("/_sim/seed", &seed.to_string()).expect("the simulator takes it");
}

#[test]
fn the_role_in_the_hint_is_applied_by_the_tenant_and_the_credential_works_within_a_minute() {
    let real = Real::new(SEED);
    tenant(&real);
    let asks = ["auth", "can-i", "create", "serviceaccounts/robot", "--subresource=token", "-n", TENANT, "--as", STEWARD];
    let may = |real: &Real| real.playground.control_plane().kubectl().run(&asks).expect("kubectl runs").success;
    assert!(!may(&real), "nobody has allowed it yet");
    let oidc = json!({
        "roleArn": format!("acs:ram::{ACCOUNT}:role/pods"), "oidcProviderArn": format!("acs:ram::{ACCOUNT}:oidc-provider/cluster"),
        "serviceAccountName": "robot", "audience": "sts.aliyuncs.com", "sessionDuration": "1h",
    });
    credential(
        &real,
        "prod",
        &json!({"provider": "AlibabaCloud", "region": "cn-hangzhou", "expectedAccountId": ACCOUNT, "auth": {"oidc": oidc}}),
    );
    let mut spec = super::web(&["i-web1"]);
    spec["credentialRef"] = json!({"name": "prod"});
    real.apply(&membership(TENANT, "web", &spec));

    let ready = |real: &Real, kind: &str, name: &str| ready_of(&of_tenant(real, kind, name));
    real.until(MINUTE, "it is told that a right is missing", |real| ready(real, "cred", "prod") == "False/CredentialMissing");
    real.until(MINUTE, "so is its user", |real| ready(real, "sgm", "web") == "False/CredentialMissing");

    let hint = real.kubectl(&["get", "cloudcredential", "prod", "-n", TENANT, "-o", "jsonpath={.status.lastError.hint}"]);
    let kubectl = real.playground.control_plane().kubectl();
    kubectl.run_with_input(&["apply", "--as", "tina", "-f", "-"], &hint).expect("kubectl runs").expect_success();
    assert!(may(&real));
    let other = ["auth", "can-i", "create", "serviceaccounts/default", "--subresource=token", "-n", TENANT, "--as", STEWARD];
    assert!(!kubectl.run(&other).expect("kubectl runs").success, "that ServiceAccount and no other");

    real.until(MINUTE, "it works", |real| ready(real, "cred", "prod") == "True/InSync");
    real.until(MINUTE, "so does its user", |real| ready(real, "sgm", "web") == "True/InSync");
    assert_eq!(real.groups_of("i-web1"), ["sg-base", "sg-web"]);

    let status = of_tenant(&real, "cred", "prod")["status"].clone();
    let arn = format!("acs:ram::{ACCOUNT}:assumed-role/pods/steward@{TENANT}.prod");
    assert_eq!((&status["identity"]["arn"], &status["accountId"], &status["users"]), (&json!(arn), &json!(ACCOUNT), &json!(1)));
    assert_eq!(status["lastError"], Value::Null);

    let table = Table::read(&real.kubectl(&["get", "cred", "-n", TENANT]));
    assert_eq!(table.titles, ["NAME", "READY", "REASON", "PROVIDER", "ACCOUNT", "USERS", "AGE"]);
    assert_eq!(table.row("prod")[..6], ["prod", "True", "InSync", "AlibabaCloud", ACCOUNT, "1"]);
    let wide = Table::read(&real.kubectl(&["get", "cred", "-n", TENANT, "-o", "wide"]));
    assert_eq!(wide.titles[7..], ["REGION", "IDENTITY", "EXPIRES", "ERROR"]);
    assert_eq!(wide.row("prod")[7..], ["cn-hangzhou", &arn, status["expiresAt"].as_str().expect("it runs out")]);
}

#[test]
fn a_wrong_password_is_told_and_the_right_one_heals() {
    let real = Real::new(SEED);
    tenant(&real);
    let secret = |password: &str| {
        let object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": TENANT, "name": "otc"}, "stringData": {"password": password}});
        real.apply(&object.to_string());
    };
    secret("wrong");
    let auth = json!({"password": {"secretRef": {"name": "otc"}, "userName": "alice", "domainName": "acme"}});
    credential(&real, "otc", &json!({"provider": "OpenTelekomCloud", "region": "eu-de", "project": {"name": "eu-de_prod"}, "auth": auth}));
    let ready = |real: &Real| ready_of(&of_tenant(real, "cred", "otc"));
    real.until(MINUTE, "it is rejected", |real| ready(real) == "False/CredentialRejected");
    let table = Table::read(&real.kubectl(&["get", "cred", "-n", TENANT]));
    assert_eq!(table.row("otc")[..4], ["otc", "False", "CredentialRejected", "OpenTelekomCloud"]);
    secret("right-password");
    real.until(MINUTE, "it works", |real| ready(real) == "True/InSync");
    let status = of_tenant(&real, "cred", "otc")["status"].clone();
    assert_eq!((&status["accountId"], &status["projectId"]), (&json!("d-acme"), &json!("p-acme")));
    let logins = real.calls().iter().filter(|call| call.operation == "CreateToken").count();
    assert_eq!(logins, 3, "one with the wrong password; with the right one, one to prove it and one for the project");
}
