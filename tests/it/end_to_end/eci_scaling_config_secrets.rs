//! Values that an `EciScalingConfig` only points at: they reach the cloud, and nobody else.

use super::eci_scaling_config::{SCALING, get, object, until_ready};
use super::real::Real;
use crate::canaries::birds::{KEY_SECRET, PASSWORD, SESSION_TOKEN, TEMPORARY_TOKEN, none_in};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;
use steward_cloudsim::{Fault, What};

const MINUTE: Duration = Duration::from_secs(60);
const MODIFY: &str = "ModifyEciScalingConfiguration";

fn secret(real: &Real, password: &str) {
    let values = json!({"password": password, "token": SESSION_TOKEN, "app.key": KEY_SECRET});
    real.apply(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app"}, "stringData": values}).to_string());
}

fn from(key: &str) -> Value {
    json!({"secretKeyRef": {"name": "app", "key": key}})
}

fn spec() -> Value {
    json!({"scalingConfigurationId": "asc-1", "configuration": {
        "imageRegistryCredentials": [{"server": "registry.example", "userName": "robot", "passwordSecretRef": {"name": "app", "key": "password"}}],
        "containers": [{"name": "nginx", "image": "registry.example/nginx:1.27", "environmentVars": [
            {"key": "TOKEN", "valueFrom": from("token")},
            {"key": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}},
        ]}],
        "volumes": [{"name": "keys", "type": "ConfigFileVolume", "configFileVolumeConfigFileToPath": [{"path": "app.key", "contentFrom": from("app.key")}]}],
    }})
}

/// Nothing but a Secret holds a secret.
#[track_caller]
fn nothing_got_out(real: &Real, step: &str) {
    for kind in ["eciscalingconfigs", "cloudcredentials", "events", "configmaps", "leases"] {
        none_in(&format!("{kind}, {step}"), &real.kubectl(&["get", kind, "-A", "-o", "json", "--show-managed-fields"]));
    }
    none_in(&format!("kubectl describe, {step}"), &real.kubectl(&["describe", "esc"]));
    let replica = &real.playground.steward().replicas()[0];
    none_in(&format!("the log, {step}"), &Real::log_of(replica));
    none_in(&format!("the metrics, {step}"), &Real::metrics(replica));
}

#[test]
fn secrets_reach_the_cloud_and_nobody_else_and_a_rotation_within_a_minute() {
    let real = Real::with(SCALING, |setup| setup.environment.push(("STEWARD_LOG_LEVEL".to_owned(), "trace".to_owned())));
    let print = || get(&real, "web").expect("it exists")["status"]["secrets"].clone();
    real.apply(&object("web", &spec()));
    until_ready(&real, "web", "False/DependencyNotReady");
    nothing_got_out(&real, "the Secret is missing");

    // They appear, and nobody touches the object.
    real.kubectl(&["create", "configmap", "app", "--from-literal=mode=prod"]);
    secret(&real, PASSWORD);
    until_ready(&real, "web", "True/InSync");
    let there = real.scaling_configuration("asc-1").expect("the cloud has it");
    let variables = there["Containers"][0]["EnvironmentVars"].clone();
    assert_eq!(variables, json!([{"Key": "TOKEN", "Value": SESSION_TOKEN}, {"Key": "MODE", "Value": "prod"}]));
    let file = there["Volumes"][0]["ConfigFileVolumeConfigFileToPath"][0]["Content"].clone();
    assert_eq!(file, STANDARD.encode(KEY_SECRET), "the cloud takes files in base64");
    assert_eq!(there["ImageRegistryCredentials"][0]["UserName"], "robot");
    assert_eq!(real.acted(MODIFY), 1);
    let first = print();
    assert_eq!(first.as_array().map(Vec::len), Some(4), "password, two variables and a file: {first}");
    nothing_got_out(&real, "all is set");

    // It is the cloud that says whether a call has changed something: a password that is the same would not.
    secret(&real, TEMPORARY_TOKEN);
    real.until(MINUTE, "the new password is sent", |real| real.acted(MODIFY) == 2);
    until_ready(&real, "web", "True/InSync");
    assert_ne!(print(), first);
    nothing_got_out(&real, "the password is another");

    // Somebody changes a secret value by hand, while steward only looks.
    let observe = json!({"spec": {"managementPolicy": "Observe"}}).to_string();
    real.kubectl(&["patch", "esc", "web", "--type=merge", "-p", &observe]);
    let hand = json!({"set": {"scalingConfiguration": "asc-1", "configuration": {"Containers.1.EnvironmentVars.1.Value": PASSWORD}}});
    real.playground.simulator().admin().post("/_sim/state", &hand.to_string()).expect("the simulator takes it");
    real.kubectl(&["annotate", "esc", "web", "reconcile.cloudsteward.dev/requestedAt=1"]);
    until_ready(&real, "web", "False/DriftDetected");
    let path = "spec.configuration.containers[nginx].environmentVars[TOKEN].value";
    let drift = json!([{"path": path, "desired": "(hidden)", "observed": "(hidden)"}]);
    assert_eq!(get(&real, "web").expect("it exists")["status"]["drift"], drift);
    nothing_got_out(&real, "a value drifts");

    // A cloud that repeats what it was told.
    let message = format!("not like this: {SESSION_TOKEN} {KEY_SECRET} {}", STANDARD.encode(KEY_SECRET));
    let what =
        What::Error { status: 400, code: "InvalidParameter".to_owned(), message, envelope: None, encoded_authorization_message: None };
    real.cloud_fault(&Fault::on(MODIFY, what));
    real.kubectl(&["patch", "esc", "web", "--type=merge", "-p", &observe.replace("Observe", "Manage")]);
    real.until(MINUTE, "the refusal is told", |real| {
        get(real, "web").expect("it exists")["status"]["lastError"]["code"] == "InvalidParameter"
    });
    nothing_got_out(&real, "the cloud refuses");
}
