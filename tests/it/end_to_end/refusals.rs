//! What the API server refuses by itself, before steward sees anything, what it fills in and what it explains. Steward does not even run here.

use super::real::{ExpectSuccess as _, applied, membership};
use super::web;
use serde_json::{Value, json};
use std::time::Duration;
use steward_playground::playground::install;
use steward_playground::repository;
use steward_playground::{ControlPlane, Options, wait};

pub(super) fn control_plane() -> ControlPlane {
    let control_plane = ControlPlane::start(&Options::default()).expect("a control plane");
    install(&control_plane, &repository().join("deploy/playground")).expect("the manifests");
    control_plane
}

/// A bad object, and the words that the refusal must have: the field, and what would be right.
struct Bad {
    what: &'static str,
    manifest: String,
    says: &'static [&'static str],
}

fn bad(what: &'static str, change: &Value, says: &'static [&'static str]) -> Bad {
    let mut spec = web(&["i-1"]);
    for (field, value) in change.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    Bad { what, manifest: membership("default", "bad", &spec), says }
}

fn bad_credential(what: &'static str, change: &Value, says: &'static [&'static str]) -> Bad {
    let mut spec = json!({"provider": "AlibabaCloud", "auth": {"accessKey": {"secretRef": {"name": "aliyun"}}}});
    for (field, value) in change.as_object().into_iter().flatten() {
        if value.is_null() {
            spec.as_object_mut().expect("an object").remove(field);
        } else {
            spec[field] = value.clone();
        }
    }
    let object = json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"name": "bad", "namespace": "default"}, "spec": spec});
    Bad { what, manifest: object.to_string(), says }
}

fn bad_memberships() -> Vec<Bad> {
    let thousand_and_one: Vec<_> = (0..1001).map(|number| format!("i-{number}")).collect();
    let selector = |tags: Value| json!({"targets": {"instanceSelector": {"tags": tags}}});
    vec![
        bad(
            "no target",
            &json!({"targets": {}}),
            &["spec.targets", "exactly one of instanceIds, networkInterfaceIds and instanceSelector"],
        ),
        bad(
            "two kinds of targets",
            &json!({"targets": {"instanceIds": ["i-1"], "networkInterfaceIds": ["eni-1"]}}),
            &["spec.targets", "exactly one of instanceIds, networkInterfaceIds and instanceSelector"],
        ),
        bad("a group that is none", &json!({"securityGroupId": "web"}), &["spec.securityGroupId"]),
        bad(
            "a group that is an instance",
            &json!({"securityGroupId": "i-web1"}),
            &["spec.securityGroupId", "must be the id of a security group"],
        ),
        bad(
            "an instance that is a group",
            &json!({"targets": {"instanceIds": ["sg-1"]}}),
            &["spec.targets.instanceIds", "must be ids of instances"],
        ),
        bad(
            "an interface that is an instance",
            &json!({"targets": {"networkInterfaceIds": ["i-1"]}}),
            &["spec.targets.networkInterfaceIds", "must be ids of network interfaces"],
        ),
        bad("no instance", &json!({"targets": {"instanceIds": []}}), &["spec.targets.instanceIds"]),
        bad("too many instances", &json!({"targets": {"instanceIds": thousand_and_one}}), &["spec.targets.instanceIds", "1000"]),
        bad(
            "the same instance twice",
            &json!({"targets": {"instanceIds": ["i-1", "i-1"]}}),
            &["spec.targets.instanceIds[1]", "Duplicate value"],
        ),
        bad("a selector without tags", &selector(json!([])), &["spec.targets.instanceSelector.tags"]),
        bad("a tag without a key", &selector(json!([{"key": "", "value": "web"}])), &["spec.targets.instanceSelector.tags[0].key"]),
        bad("more than all may leave", &json!({"maxRemovals": "200%"}), &["spec.maxRemovals", "a share of them from 0% to 100%"]),
        bad("fewer than none may leave", &json!({"maxRemovals": -1}), &["spec.maxRemovals", "a number of members"]),
        bad("a limit that is no number", &json!({"maxRemovals": "x"}), &["spec.maxRemovals", "a number of members"]),
        bad("too frequent a look", &json!({"syncInterval": "10s"}), &["spec.syncInterval", "must be at least 30s"]),
        bad("an interval that is none", &json!({"syncInterval": "often"}), &["spec.syncInterval"]),
        bad("a policy that does not exist", &json!({"managementPolicy": "Ignore"}), &["spec.managementPolicy", "Manage", "Observe"]),
        bad("a policy of deletion that does not exist", &json!({"deletionPolicy": "Orphan"}), &["spec.deletionPolicy", "Retain", "Delete"]),
        bad("a region in capitals", &json!({"region": "CN"}), &["spec.region"]),
        bad("a field that does not exist", &json!({"securityGroup": "sg-web"}), &["spec.securityGroup"]),
    ]
}

const OTC: &str = "OpenTelekomCloud";
const ONE_WAY: &[&str] = &["spec.auth", "exactly one of accessKey, oidc, assumeRole, password and agency must be set"];
const ALIBABA_TAKES: &str = "AlibabaCloud takes accessKey, oidc or assumeRole";
const HUAWEI_TAKES: &str = "HuaweiCloud and OpenTelekomCloud take accessKey, password or agency";

/// Of a provider with this `auth`, and else as it should be.
fn auth(what: &'static str, provider: &str, auth: &Value, says: &'static [&'static str]) -> Bad {
    bad_credential(what, &json!({"provider": provider, "region": "eu-de", "auth": auth}), says)
}

fn secret() -> Value {
    json!({"secretRef": {"name": "keys"}})
}

fn with(fields: &[&str], mut object: Value) -> Value {
    for field in fields {
        object[*field] = json!("somebody");
    }
    object
}

fn user(fields: &[&str]) -> Value {
    with(fields, secret())
}

fn agency(fields: &[&str]) -> Value {
    with(fields, json!({"secretRef": {"name": "keys"}, "agencyName": "ops"}))
}

fn role(change: &Value) -> Value {
    let mut role = json!({"secretRef": {"name": "keys"}, "roleArn": "acs:ram::1234567890123456:role/steward"});
    for (field, value) in change.as_object().into_iter().flatten() {
        role[field] = value.clone();
    }
    role
}

fn oidc() -> Value {
    json!({
        "roleArn": "acs:ram::1234567890123456:role/steward", "oidcProviderArn": "acs:ram::1234567890123456:oidc-provider/cluster",
        "serviceAccountName": "steward",
    })
}

fn bad_credentials() -> Vec<Bad> {
    let endpoint = |url: &str| json!({"endpoints": [{"service": "ecs", "url": url}]});
    vec![
        bad_credential(
            "an endpoint with a path",
            &endpoint("https://ecs.gateway.example/path"),
            &["spec.endpoints[0].url", "scheme, host and port only"],
        ),
        bad_credential(
            "an endpoint with a user",
            &endpoint("https://me@ecs.gateway.example"),
            &["spec.endpoints[0].url", "scheme, host and port only"],
        ),
        bad_credential(
            "an endpoint of no service",
            &json!({"endpoints": [{"service": "moon", "url": "https://a.example"}]}),
            &["spec.endpoints[0].service", "ecs"],
        ),
        bad_credential("no way to prove who it is", &json!({"auth": null}), &["spec.auth"]),
        bad_credential("an empty way to prove who it is", &json!({"auth": {}}), &["spec.auth"]),
        bad_credential(
            "a Secret without a name",
            &json!({"auth": {"accessKey": {"secretRef": {}}}}),
            &["spec.auth.accessKey.secretRef.name"],
        ),
        auth("two ways to prove who it is", "AlibabaCloud", &json!({"accessKey": secret(), "assumeRole": role(&json!({}))}), ONE_WAY),
        auth("a role by token at Huawei Cloud", "HuaweiCloud", &json!({"oidc": oidc()}), &["spec.auth", HUAWEI_TAKES]),
        auth("a role by keys at Huawei Cloud", "HuaweiCloud", &json!({"assumeRole": role(&json!({}))}), &["spec.auth", HUAWEI_TAKES]),
        auth("a password at Alibaba Cloud", "AlibabaCloud", &json!({"password": user(&["userId"])}), &["spec.auth", ALIBABA_TAKES]),
        auth("an agency at Alibaba Cloud", "AlibabaCloud", &json!({"agency": agency(&["domainName"])}), &["spec.auth", ALIBABA_TAKES]),
        bad_credential(
            "no region at Huawei Cloud",
            &json!({"provider": "HuaweiCloud"}),
            &["spec.region is needed with HuaweiCloud and OpenTelekomCloud"],
        ),
        bad_credential("a project at Alibaba Cloud", &json!({"project": {"name": "a"}}), &["spec.project is for HuaweiCloud"]),
        bad_credential(
            "a project by id and by name",
            &json!({"provider": "HuaweiCloud", "region": "eu-de", "project": {"id": "a", "name": "a"}}),
            &["spec.project", "exactly one of id and name"],
        ),
        bad_credential(
            "the network inside of Huawei Cloud",
            &json!({"provider": "HuaweiCloud", "region": "eu-de", "endpointNetwork": "VPC"}),
            &["spec.endpointNetwork: VPC is for AlibabaCloud"],
        ),
        auth(
            "a user without an account",
            OTC,
            &json!({"password": user(&["userName"])}),
            &["spec.auth.password", "exactly one of domainName and domainId"],
        ),
        auth(
            "a user in two accounts",
            OTC,
            &json!({"password": user(&["userName", "domainName", "domainId"])}),
            &["spec.auth.password", "exactly one of domainName and domainId"],
        ),
        auth(
            "an id of a user and an account",
            OTC,
            &json!({"password": user(&["userId", "domainName"])}),
            &["spec.auth.password", "userId needs neither"],
        ),
        auth(
            "a user by name and by id",
            OTC,
            &json!({"password": user(&["userName", "userId", "domainName"])}),
            &["spec.auth.password", "exactly one of userName and userId"],
        ),
        auth("no user", OTC, &json!({"password": secret()}), &["spec.auth.password", "exactly one of userName and userId"]),
        auth(
            "an agency without an account",
            OTC,
            &json!({"agency": agency(&[])}),
            &["spec.auth.agency", "exactly one of domainName and domainId"],
        ),
        auth(
            "too short a session",
            "AlibabaCloud",
            &json!({"assumeRole": role(&json!({"sessionDuration": "5m"}))}),
            &["spec.auth.assumeRole.sessionDuration", "between 15m and 12h"],
        ),
        auth(
            "a role that is none",
            "AlibabaCloud",
            &json!({"assumeRole": role(&json!({"roleArn": "steward"}))}),
            &["spec.auth.assumeRole.roleArn"],
        ),
        bad_credential("a cloud that does not exist", &json!({"provider": "Nimbus"}), &["spec.provider", "AlibabaCloud"]),
    ]
}

#[test]
fn invalid_objects_are_refused_with_a_message_that_names_the_field() {
    let control_plane = control_plane();
    let mut wrong = Vec::new();
    for Bad { what, manifest, says } in bad_memberships().into_iter().chain(bad_credentials()) {
        let said = applied(control_plane.kubectl(), &manifest);
        let missing: Vec<_> = says.iter().filter(|word| !said.stderr.contains(**word)).collect();
        if said.success || !missing.is_empty() {
            wrong.push(format!(
                "{what}: accepted: {}, not said: {missing:?}, said: {}",
                said.success,
                said.stderr.chars().take(600).collect::<String>()
            ));
        }
        // A person reads this in a terminal.
        if said.stderr.len() > 1000 {
            wrong.push(format!("{what}: {} characters are more than anybody reads", said.stderr.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// As the manual shows them.
const CREDENTIALS: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: default}
spec: {provider: AlibabaCloud, region: cn-hangzhou, auth: {accessKey: {secretRef: {name: aliyun}}}}
---
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: prod}
spec:
  provider: AlibabaCloud
  auth:
    oidc: {roleArn: "acs:ram::1234567890123456:role/steward", oidcProviderArn: "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1", serviceAccountName: steward, audience: sts.aliyuncs.com, sessionDuration: 1h}
  expectedAccountId: "1234567890123456"
  region: cn-hangzhou
  endpointNetwork: VPC
---
apiVersion: cloudsteward.dev/v1alpha1
kind: CloudCredential
metadata: {name: otc}
spec: {provider: OpenTelekomCloud, region: eu-de, project: {name: eu-de_prod}, auth: {password: {secretRef: {name: otc}, userName: steward, domainName: OTC-EU-DE-00000000001}}}
"#;

#[test]
fn every_form_of_a_credential_is_accepted() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    applied(kubectl, CREDENTIALS).expect_success();
    let forms = [
        ("AlibabaCloud", json!({"accessKey": secret()})),
        ("AlibabaCloud", json!({"oidc": oidc()})),
        ("AlibabaCloud", json!({"assumeRole": role(&json!({"externalId": "it-is-us", "sessionDuration": "15m"}))})),
        ("HuaweiCloud", json!({"accessKey": secret()})),
        ("HuaweiCloud", json!({"password": user(&["userId"])})),
        (OTC, json!({"password": user(&["userName", "domainId"])})),
        ("HuaweiCloud", json!({"agency": agency(&["domainId"])})),
        (OTC, json!({"agency": agency(&["domainName"])})),
    ];
    for (provider, form) in forms {
        applied(kubectl, &auth("a good one", provider, &form, &[]).manifest).expect_success();
        kubectl.ok(&["delete", "cred", "bad"]).expect("it goes");
    }
}

#[test]
fn the_region_is_chosen_once() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    let mut with_region = web(&["i-1"]);
    with_region["region"] = json!("cn-hangzhou");
    applied(kubectl, &membership("default", "with", &with_region)).expect_success();
    applied(kubectl, &membership("default", "without", &web(&["i-1"]))).expect_success();
    for (what, name, region) in
        [("changed", "with", json!("cn-beijing")), ("removed", "with", Value::Null), ("added", "without", json!("cn-hangzhou"))]
    {
        let patch = json!({"spec": {"region": region}}).to_string();
        let said = kubectl.run(&["patch", "sgm", name, "--type=merge", "-p", &patch]).expect("kubectl runs");
        assert!(!said.success, "{what}");
        for word in ["spec.region", "delete the object and create it anew"] {
            assert!(said.stderr.contains(word), "{what}: {}", said.stderr);
        }
    }
    // What may be edited, may be edited.
    kubectl
        .ok(&[
            "patch",
            "sgm",
            "with",
            "--type=merge",
            "-p",
            r#"{"spec": {"securityGroupId": "sg-other", "targets": {"instanceIds": ["i-2"]}}}"#,
        ])
        .expect("an edit");
}

#[test]
fn the_least_that_one_can_write_is_completed_and_counts_as_not_looked_at() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    applied(kubectl, &membership("default", "web", &web(&["i-1"]))).expect_success();
    let object: Value = serde_json::from_str(&kubectl.ok(&["get", "sgm", "web", "-o", "json"]).expect("it exists")).expect("JSON");
    let spec = json!({
        "credentialRef": {"name": "default"},
        "securityGroupId": "sg-web",
        "targets": {"instanceIds": ["i-1"]},
        "maxRemovals": "10%",
        "managementPolicy": "Manage",
        "deletionPolicy": "Delete",
        "suspend": false,
    });
    assert_eq!(object["spec"], spec, "neither region nor syncInterval is filled in: those are the credential's and the operator's");
    assert_eq!(object["status"], json!({"observedGeneration": -1}), "without it tools call an object healthy that nobody has looked at");
    assert_eq!(object["metadata"]["generation"], 1);

    let credential = "{apiVersion: cloudsteward.dev/v1alpha1, kind: CloudCredential, metadata: {name: default, namespace: default}, \
                      spec: {provider: AlibabaCloud, region: cn-hangzhou, auth: {accessKey: {secretRef: {name: aliyun}}}}}";
    applied(kubectl, credential).expect_success();
    let object: Value = serde_json::from_str(&kubectl.ok(&["get", "cred", "default", "-o", "json"]).expect("it exists")).expect("JSON");
    let spec = json!({
        "provider": "AlibabaCloud",
        "region": "cn-hangzhou",
        "auth": {"accessKey": {"secretRef": {"name": "aliyun"}}},
        "endpointNetwork": "Public",
    });
    assert_eq!((&object["spec"], &object["status"]), (&spec, &json!({"observedGeneration": -1})));
}

#[test]
fn kubectl_explain_tells_what_each_field_is_for() {
    let control_plane = control_plane();
    // The API server publishes the schema of a kind a moment after it serves the kind.
    let mut explained = String::new();
    wait::until(Duration::from_secs(60), "an explanation", || {
        explained = control_plane.kubectl().ok(&["explain", "securitygroupmembership.spec.targets"]).unwrap_or_default().to_lowercase();
        Ok((!explained.is_empty()).then_some(()))
    })
    .expect("an explanation");
    for what in ["instanceids", "networkinterfaceids", "instanceselector", "exactly one"] {
        assert!(explained.contains(what), "{what} in {explained}");
    }
    let explained = control_plane.kubectl().ok(&["explain", "esc.spec.configuration.containers"]).expect("an explanation");
    for what in ["FIELD: containers <[]Object>", "image", "livenessProbe", "volumeMounts"] {
        assert!(explained.contains(what), "{what} in {explained}");
    }
    let mut missing = Vec::new();
    for plural in ["securitygroupmemberships", "cloudcredentials", "eciscalingconfigs", "restorechecks"] {
        let crd = control_plane.kubectl().ok(&["get", "crd", &format!("{plural}.cloudsteward.dev"), "-o", "json"]).expect("the CRD");
        let crd: Value = serde_json::from_str(&crd).expect("JSON");
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        collect_undocumented(&format!("{plural}.spec"), spec, &mut missing);
    }
    assert!(missing.is_empty(), "kubectl explain has nothing to say of {missing:#?}");
}

fn collect_undocumented(path: &str, schema: &Value, missing: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if property["description"].is_null() {
            missing.push(path.clone());
        }
        collect_undocumented(&path, property, missing);
        collect_undocumented(&format!("{path}[]"), &property["items"], missing);
    }
}
