//! Credentials in every state: a wave, or a `dependsOn`, waits for them before their users come.

use super::verdicts::{AT_WORK, BAD, FINE, GOING, Table};
use super::{minutes, seconds, with};
use crate::security_group_membership::{SEED, web};
use crate::world::{ACCOUNT, CREDENTIALS, World};
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

fn keys(secret: &str) -> Value {
    json!({"provider": "AlibabaCloud", "region": "cn-hangzhou", "auth": {"accessKey": {"secretRef": {"name": secret}}}})
}

fn role(name: &str) -> Value {
    let role = json!({"secretRef": {"name": "ann"}, "roleArn": format!("acs:ram::{ACCOUNT}:role/{name}")});
    with(&keys("ann"), &json!({"auth": {"assumeRole": role}}))
}

#[test]
fn credentials_are_judged_as_people_expect() {
    let mut table = Table::default();
    alive(&mut table);
    refused(&mut table);
    table.judge();
}

fn alive(table: &mut Table) {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    table.row(&world, CREDENTIALS, "default", "absent", AT_WORK);
    world.cloud.fault(Fault::on("GetCallerIdentity", What::error(503, "ServiceUnavailable")).forever());
    world.start();
    world.until_credential(30, "default", "False/CloudUnavailable");
    table.row(&world, CREDENTIALS, "default", "False/CloudUnavailable", AT_WORK);
    world.cloud.clear_faults();
    world.until_credential(330, "default", "True/InSync");
    table.row(&world, CREDENTIALS, "default", "True/InSync", FINE);
    world.crash();
    world.edit_credential("default", &json!({"expectedAccountId": ACCOUNT}));
    table.row(&world, CREDENTIALS, "default", "True/InSync", AT_WORK);
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(seconds(20));
    world.api.delete(CREDENTIALS, "default", "default");
    world.pass(minutes(1));
    table.row(&world, CREDENTIALS, "default", "True/InSync", GOING);
}

fn refused(table: &mut Table) {
    let mut world = World::empty(&format!(
        "
accounts:
  - id: \"{ACCOUNT}\"
    keys: [{{id: key-1, secret: secret-1}}, {{id: ann-key, secret: ann-secret, user: ann}}]
    roles: [{{name: ops, trusts: []}}]
regions: [cn-hangzhou]
"
    ));
    world.secret("default", "good", "key-1", "secret-1");
    world.secret("default", "wrong", "key-1", "guessed");
    world.secret("default", "ann", "ann-key", "ann-secret");
    let cases = [
        ("missing", keys("nobody"), "False/CredentialMissing"),
        ("wrong", keys("wrong"), "False/CredentialRejected"),
        ("denied", role("ops"), "False/AccessDenied"),
        ("no-role", role("nobody"), "False/NotFound"),
        ("other", with(&keys("good"), &json!({"expectedAccountId": "999"})), "False/AccountMismatch"),
    ];
    for (name, spec, _) in &cases {
        world.credential_with(name, spec);
    }
    world.credential_with("elsewhere", &keys("good"));
    world.edit_credential("elsewhere", &json!({"endpoints": [{"service": "sts", "url": "https://elsewhere.example"}]}));
    world.start();
    for (name, ready) in cases.iter().map(|(name, _, ready)| (*name, *ready)).chain([("elsewhere", "False/EndpointNotAllowed")]) {
        world.until_credential(60, name, ready);
        table.row(&world, CREDENTIALS, name, ready, BAD);
    }
}
