//! Who appears in the stories of credentials: two clouds with accounts, users, roles and agencies, and one credential of each form.

use crate::world::{ACCOUNT, World};
use serde_json::{Value, json};

pub(super) const CLOUDS: &str = "
accounts:
  - id: \"1234567890123456\"
    keys:
      - {id: key-1, secret: secret-1}
      - {id: ann-key, secret: ann-secret, user: ann}
      - {id: STS.for-a-while, secret: short-secret, securityToken: short-token, expires: 2026-11-22T12:00:00Z, role: pods}
    roles:
      - {name: ops, externalId: demo-external-id, maxDuration: 12h, trusts: [ann-key]}
      - {name: pods, trusts: [], subjects: [\"system:serviceaccount:default:robot\"], oidcProvider: cluster}
    oidcProviders: [{name: cluster, issuer: \"https://kubernetes.default.svc.cluster.local\", audiences: [sts.aliyuncs.com]}]
regions: [cn-hangzhou]
defaults: {account: \"1234567890123456\"}
securityGroups: [{id: sg-base, vpc: vpc-1}, {id: sg-web, vpc: vpc-1}]
instances: [{id: i-1, groups: [sg-base]}, {id: i-2, groups: [sg-base]}]
huawei:
  domains:
    - id: d-acme
      name: acme
      users: [{id: u-alice, name: alice, password: right-password, keys: [{access: AKALICE, secret: alice-secret}]}]
      projects:
        - {id: p-acme, name: eu-de, region: eu-de}
        - {id: p-demo, name: eu-de_demo, region: eu-de}
    - id: d-partner
      name: partner
      projects: [{id: p-partner, name: eu-de, region: eu-de}]
      agencies:
        - {id: a-for-acme, name: for-acme, trusts: [acme]}
        - {id: a-for-nobody, name: for-nobody, trusts: []}
";

pub(super) const OPS: &str = "acs:ram::1234567890123456:role/ops";
pub(super) const PODS: &str = "acs:ram::1234567890123456:role/pods";

/// One way to prove an identity, and what status must say then.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) secret: Option<Value>,
    pub(super) spec: Value,
    pub(super) identity: Value,
    pub(super) account: &'static str,
    pub(super) project: Option<&'static str>,
    /// How many seconds what it gets is good for; none if it does not run out by itself.
    pub(super) lasts: Option<i64>,
}

/// The world with both clouds, and nothing in the cluster but the `ServiceAccount`, whose tokens may be asked for.
pub(super) fn world() -> World {
    let world = World::empty(CLOUDS);
    world.service_account("robot");
    world.api.allow_tokens("default", "robot");
    world
}

/// The same with this method's Secret and CloudCredential, both of its name; nobody is at work yet.
pub(super) fn world_with(method: &Method) -> World {
    let world = world();
    introduce(&world, method);
    world
}

pub(super) fn introduce(world: &World, method: &Method) {
    if let Some(values) = &method.secret {
        world.secret_with(method.name, values);
    }
    world.credential_with(method.name, &method.spec);
}

fn alibaba(auth: &Value) -> Value {
    json!({"provider": "AlibabaCloud", "region": "cn-hangzhou", "auth": auth})
}

fn huawei(provider: &str, auth: &Value) -> Value {
    json!({"provider": provider, "region": "eu-de", "auth": auth})
}

pub(super) fn ann() -> Value {
    json!({"accessKeyId": "ann-key", "accessKeySecret": "ann-secret"})
}

pub(super) fn keys() -> Method {
    Method {
        name: "keys",
        secret: Some(ann()),
        spec: alibaba(&json!({"accessKey": {"secretRef": {"name": "keys"}}})),
        identity: json!({"arn": "acs:ram::1234567890123456:user/ann", "kind": "RAMUser"}),
        account: ACCOUNT,
        project: None,
        lasts: None,
    }
}

pub(super) fn keys_for_a_while() -> Method {
    Method {
        name: "keys-for-a-while",
        secret: Some(json!({"accessKeyId": "STS.for-a-while", "accessKeySecret": "short-secret", "securityToken": "short-token"})),
        spec: alibaba(&json!({"accessKey": {"secretRef": {"name": "keys-for-a-while"}}})),
        identity: json!({"arn": "acs:ram::1234567890123456:assumed-role/pods/session", "kind": "AssumedRoleUser"}),
        account: ACCOUNT,
        project: None,
        lasts: None,
    }
}

pub(super) fn role() -> Method {
    Method {
        name: "role",
        secret: Some(ann()),
        spec: alibaba(&json!({"assumeRole": {"secretRef": {"name": "role"}, "roleArn": OPS, "externalId": "demo-external-id"}})),
        identity: json!({"arn": "acs:ram::1234567890123456:assumed-role/ops/steward@default.role", "kind": "AssumedRoleUser"}),
        account: ACCOUNT,
        project: None,
        lasts: Some(3600),
    }
}

pub(super) fn pod() -> Method {
    let oidc = json!({
        "roleArn": PODS, "oidcProviderArn": "acs:ram::1234567890123456:oidc-provider/cluster",
        "serviceAccountName": "robot", "sessionDuration": "30m",
    });
    Method {
        name: "pod",
        secret: None,
        spec: alibaba(&json!({"oidc": oidc})),
        identity: json!({"arn": "acs:ram::1234567890123456:assumed-role/pods/steward@default.pod", "kind": "AssumedRoleUser"}),
        account: ACCOUNT,
        project: None,
        lasts: Some(1800),
    }
}

pub(super) fn signer() -> Method {
    Method {
        name: "signer",
        secret: Some(json!({"accessKey": "AKALICE", "secretKey": "alice-secret"})),
        spec: huawei("HuaweiCloud", &json!({"accessKey": {"secretRef": {"name": "signer"}}})),
        identity: json!({"name": "acme", "kind": "AccessKey"}),
        account: "d-acme",
        project: Some("p-acme"),
        lasts: None,
    }
}

pub(super) fn password() -> Method {
    let auth = json!({"password": {"secretRef": {"name": "password"}, "userName": "alice", "domainName": "acme"}});
    let mut spec = huawei("OpenTelekomCloud", &auth);
    spec["project"] = json!({"name": "eu-de_demo"});
    Method {
        name: "password",
        secret: Some(json!({"password": "right-password"})),
        spec,
        identity: json!({"name": "user alice of acme", "kind": "User"}),
        account: "d-acme",
        project: Some("p-demo"),
        lasts: Some(24 * 3600),
    }
}

pub(super) fn agency_by_key() -> Method {
    let auth = json!({"agency": {"secretRef": {"name": "agency-by-key"}, "agencyName": "for-acme", "domainName": "partner"}});
    Method {
        name: "agency-by-key",
        secret: Some(json!({"accessKey": "AKALICE", "secretKey": "alice-secret"})),
        spec: huawei("HuaweiCloud", &auth),
        identity: json!({"name": "agency for-acme of partner", "kind": "Agency"}),
        account: "d-partner",
        project: Some("p-partner"),
        lasts: Some(3600),
    }
}

pub(super) fn agency_by_password() -> Method {
    let auth = json!({"agency": {"secretRef": {"name": "agency-by-password"}, "agencyName": "for-acme", "domainId": "d-partner"}});
    Method {
        name: "agency-by-password",
        secret: Some(json!({"userName": "alice", "userDomainName": "acme", "password": "right-password"})),
        spec: huawei("OpenTelekomCloud", &auth),
        identity: json!({"name": "agency for-acme of partner", "kind": "Agency"}),
        account: "d-partner",
        project: Some("p-partner"),
        lasts: Some(24 * 3600),
    }
}

pub(super) fn all() -> Vec<Method> {
    vec![keys(), keys_for_a_while(), role(), pod(), signer(), password(), agency_by_key(), agency_by_password()]
}
