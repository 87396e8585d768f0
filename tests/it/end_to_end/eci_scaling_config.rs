//! The way of a scaling configuration: what people apply, what becomes of it in the cloud, and how it looks in a terminal.

use super::real::{ExpectSuccess as _, Real, ready_of};
use super::security_group_membership::Table;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;
use steward_playground::repository;

/// A group that works with a configuration whose sidecar somebody added by hand.
pub(super) const SCALING: &str = r#"
scalingGroups: [{id: asg-1, name: web, vpc: vpc-1, vswitch: vsw-1}]
scalingConfigurations:
  - id: asc-1
    group: asg-1
    name: web
    lifecycle: Active
    configuration:
      SecurityGroupId: sg-web
      ContainerGroupName: web
      Cpu: 2
      Memory: 4
      Containers:
        - {Name: nginx, Image: "registry.example/nginx:1.26", Cpu: 0.5, Ports: [{Port: 80, Protocol: TCP}]}
        - {Name: log-shipper, Image: "registry.example/log-shipper:2.3", EnvironmentVars: [{Key: LOG_TARGET, Value: "https://logs.example"}]}
"#;

const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn get(real: &Real, name: &str) -> Option<Value> {
    real.get_of("eciscalingconfigs", name)
}

#[track_caller]
pub(super) fn until_ready(real: &Real, name: &str, ready: &str) {
    real.until(MINUTE, &format!("{name} is {ready}"), |real| get(real, name).is_some_and(|object| ready_of(&object) == ready));
}

pub(super) fn object(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "EciScalingConfig", "metadata": {"name": name, "namespace": "default"}, "spec": spec})
        .to_string()
}

fn change_cloud(real: &Real, edit: &Value) {
    real.playground.simulator().admin().post("/_sim/state", &edit.to_string()).expect("the simulator takes it");
}

/// `nginx=registry.example/nginx:1.27`, in the cloud's order.
fn containers(real: &Real, id: &str) -> Vec<String> {
    let configuration = real.scaling_configuration(id).expect("the cloud has it");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let containers = configuration["Containers"].as_array().cloned().unwrap_or_default();
    containers.iter().map(|container| format!("{}={}", text(&container["Name"]), text(&container["Image"]))).collect()
}

/// The first manifest of this kind that README shows.
fn example_of_the_readme() -> String {
    let readme = super::real::read(&repository().join("README.md"));
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block));
    blocks.into_iter().find(|block| block.contains("kind: EciScalingConfig")).expect("README shows one").to_owned()
}

/// Applied, changed, deleted; also what the rights of steward are measured by.
pub(super) fn the_whole_way(real: &Real) {
    let before = real.scaling_configuration("asc-1").expect("the seed has it");
    real.apply(&example_of_the_readme());
    real.kubectl(&["wait", "--for=condition=Ready", "esc/web", "--timeout=60s"]);

    let mut after = real.scaling_configuration("asc-1").expect("the cloud has it");
    assert_eq!(after["Containers"][0]["Image"].take(), "registry.example/nginx:1.27");
    after["Containers"][0]["Image"] = before["Containers"][0]["Image"].clone();
    assert_eq!(after, before, "nothing else has changed, least of all the sidecar");
    assert_eq!(real.acted("ModifyEciScalingConfiguration"), 1);

    // The simulator lets nothing pass that is not signed, and says by whose key.
    let modify = real.calls().into_iter().find(|call| call.operation == "ModifyEciScalingConfiguration").expect("a call");
    assert_eq!(modify.access_key_id.as_deref(), Some("key-1"));
    let status = get(real, "web").expect("it exists")["status"].clone();
    assert_eq!(status["history"][0]["requestId"], modify.request_id, "the receipt is findable");
    assert_eq!((&status["origin"], &status["lifecycleState"]), (&json!("Bound"), &json!("Active")));

    real.until(MINUTE, "the change is told, and whom it does not reach", |_| {
        let described = real.kubectl(&["describe", "esc", "web"]);
        described.contains("containers[nginx].image") && described.contains("running keep the old configuration")
    });

    real.kubectl(&["delete", "esc", "web", "--timeout=60s"]);
    assert_eq!(containers(real, "asc-1")[0], "nginx=registry.example/nginx:1.27", "Retain changes nothing");
}

/// Created and deleted again, with a value from a `ConfigMap`: rights that the example does without.
pub(super) fn one_that_steward_makes(real: &Real) {
    real.kubectl(&["create", "configmap", "app", "--from-literal=mode=prod"]);
    let variable = json!({"key": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}});
    let containers = json!([{"name": "app", "image": "registry.example/app:1", "environmentVars": [variable]}]);
    let configuration = json!({"scalingConfigurationName": "made", "securityGroupId": "sg-web", "containers": containers});
    real.apply(&object("made", &json!({"scalingGroupId": "asg-1", "deletionPolicy": "Delete", "configuration": configuration})));
    until_ready(real, "made", "True/InSync");
    real.kubectl(&["delete", "esc", "made", "--timeout=60s"]);
}

#[test]
fn the_readmes_example_changes_an_image_and_everything_else_survives() {
    let real = Real::new(SCALING);
    the_whole_way(&real);
}

#[test]
fn kubectl_get_shows_the_configuration_at_a_glance_and_whether_it_drifts() {
    let real = Real::new(SCALING);
    real.apply(&example_of_the_readme());
    let containers = json!([{"name": "nginx", "image": "registry.example/nginx:1.28"}]);
    let configuration = json!({"scalingConfigurationName": "other", "securityGroupId": "sg-web", "containers": containers});
    real.apply(&object("other", &json!({"scalingGroupId": "asg-1", "managementPolicy": "Observe", "configuration": configuration})));
    until_ready(&real, "web", "True/InSync");
    until_ready(&real, "other", "False/DriftDetected");

    let table = Table::read(&real.kubectl(&["get", "esc"]));
    assert_eq!(table.titles, ["NAME", "READY", "REASON", "DRIFT", "GROUP", "CPU", "MEMORY", "IMAGE", "AGE"]);
    // Without drift its cell is empty, and so are those of a configuration that does not exist.
    assert_eq!(table.row("web")[1..7], ["True", "InSync", "asg-1", "2", "4", "registry.example/nginx:1.27"]);
    assert_eq!(table.row("other")[1..4], ["False", "DriftDetected", "True"]);

    let wide = Table::read(&real.kubectl(&["get", "eciscalingconfigs", "-o", "wide"]));
    assert_eq!(wide.titles[9..], ["REGION", "CREDENTIAL", "ERROR"]);
    assert_eq!(wide.row("web")[8..], ["cn-hangzhou", "default"]);
    let everything = real.kubectl(&["get", "steward", "-o", "name"]);
    assert!(everything.lines().any(|line| line == "eciscalingconfig.cloudsteward.dev/web"), "{everything}");
}

#[test]
fn two_teams_apply_their_containers_to_one_object_and_each_takes_only_its_own_away() {
    let real = Real::new(SCALING);
    let apply_as = |team: &str, spec: &Value| {
        let manager = format!("--field-manager={team}");
        let arguments = ["apply", "--server-side", &manager, "-f", "-"];
        real.playground.control_plane().kubectl().run_with_input(&arguments, &object("web", spec)).expect("kubectl runs").expect_success();
    };
    let of_the_shop = |containers: &Value| json!({"scalingConfigurationId": "asc-1", "configuration": {"containers": containers}});
    let nginx = json!({"name": "nginx", "image": "registry.example/nginx:1.27", "environmentVars": [{"key": "MODE", "value": "prod"}]});
    apply_as("shop", &of_the_shop(&json!([nginx])));
    // The other team says nothing but what is its own.
    let metrics = json!({"name": "metrics", "image": "registry.example/metrics:7", "ports": [{"port": 9100}]});
    apply_as("observability", &json!({"configuration": {"containers": [metrics]}}));
    real.until(MINUTE, "both are in the cloud", |real| containers(real, "asc-1").len() == 3);
    until_ready(&real, "web", "True/InSync");
    let both = ["nginx=registry.example/nginx:1.27", "log-shipper=registry.example/log-shipper:2.3", "metrics=registry.example/metrics:7"];
    assert_eq!(containers(&real, "asc-1"), both);

    // Neither meets a conflict when it goes on with its own.
    apply_as("shop", &of_the_shop(&json!([{"name": "nginx", "image": "registry.example/nginx:1.28"}])));
    let changed = ["nginx=registry.example/nginx:1.28", both[1], both[2]];
    real.until(MINUTE, "the new image is there", |real| containers(real, "asc-1") == changed);
    let nginx = real.scaling_configuration("asc-1").expect("the cloud has it")["Containers"][0].clone();
    assert_eq!(nginx["EnvironmentVars"], Value::Null, "the variable that left the manifest left the cloud");
    assert_eq!(nginx["Cpu"], json!(0.5), "what was there before and was never named stays");

    // A team that says no container any more loses its own, and nobody else's.
    apply_as("observability", &json!({}));
    real.until(MINUTE, "its container is gone", |real| containers(real, "asc-1") == changed[..2]);
    until_ready(&real, "web", "True/InSync");

    // This one was there before, so it stays, and somebody is told that its image is nobody's now.
    apply_as("shop", &json!({"scalingConfigurationId": "asc-1", "configuration": {"cpu": 2}}));
    until_ready(&real, "web", "False/CannotClear");
    assert_eq!(containers(&real, "asc-1"), changed[..2]);

    // Nobody has to leave an empty configuration behind.
    apply_as("shop", &json!({"scalingConfigurationId": "asc-1"}));
    assert_eq!(get(&real, "web").expect("it exists")["spec"]["configuration"], json!({}));
}

#[test]
fn drift_is_corrected_when_somebody_asks_for_a_look() {
    let real = Real::new(SCALING);
    real.apply(&example_of_the_readme());
    until_ready(&real, "web", "True/InSync");
    change_cloud(
        &real,
        &json!({"set": {"scalingConfiguration": "asc-1", "configuration": {"Containers.1.Image": "nginx:by-hand", "Memory": 8}}}),
    );
    real.kubectl(&["annotate", "esc", "web", "reconcile.cloudsteward.dev/requestedAt=2026-11-22T09:00:00Z"]);
    real.until(MINUTE, "the image is right again", |real| containers(real, "asc-1")[0] == "nginx=registry.example/nginx:1.27");
    real.until(MINUTE, "the wish is answered", |real| {
        get(real, "web").expect("it exists")["status"]["lastHandledReconcileAt"] == "2026-11-22T09:00:00Z"
    });
    until_ready(&real, "web", "True/InSync");
    assert_eq!(real.scaling_configuration("asc-1").expect("the cloud has it")["Memory"], json!(8.0), "nobody here has asked for that");
    real.until(MINUTE, "the correction is told", |real| {
        real.events("web").iter().any(|event| event.starts_with("Normal DriftCorrected") && event.contains("containers[nginx].image"))
    });
}

#[test]
fn what_steward_created_goes_with_its_object_unless_the_group_works_with_it() {
    let real = Real::new(SCALING);
    let named = |name: &str| {
        let containers = json!([{"name": "nginx", "image": "registry.example/nginx:1.27"}]);
        let configuration = json!({"scalingConfigurationName": name, "securityGroupId": "sg-web", "containers": containers});
        object(name, &json!({"scalingGroupId": "asg-1", "deletionPolicy": "Delete", "configuration": configuration}))
    };
    real.apply(&named("spare"));
    real.apply(&named("next"));
    let id = |name: &str| -> String {
        until_ready(&real, name, "True/InSync");
        let status = get(&real, name).expect("it exists")["status"].clone();
        assert_eq!(status["origin"], "Created");
        status["externalId"].as_str().expect("an id").to_owned()
    };
    let (spare, next) = (id("spare"), id("next"));
    assert_eq!(containers(&real, &spare), ["nginx=registry.example/nginx:1.27"]);

    real.kubectl(&["delete", "esc", "spare", "--timeout=60s"]);
    assert_eq!(real.scaling_configuration(&spare), None);

    change_cloud(&real, &json!({"set": {"scalingConfiguration": next, "lifecycle": "Active"}}));
    real.kubectl(&["delete", "esc", "next", "--wait=false"]);
    until_ready(&real, "next", "False/DeleteBlocked");
    let object = get(&real, "next").expect("it exists");
    let conditions = object["status"]["conditions"].as_array().expect("conditions");
    let message = conditions.iter().find(|condition| condition["type"] == "Ready").and_then(|ready| ready["message"].as_str());
    let message = message.expect("a message");
    assert!(message.contains("the one that its scaling group works with"), "{message}");
    assert_eq!(object["status"]["lastError"]["code"], "IncorrectScalingConfigurationLifecycleState");

    let (_, command) = message.split_once("To let go without touching the cloud: ").expect("the message names a command");
    let control_plane = real.playground.control_plane();
    let path = format!("{}:/usr/bin:/bin", control_plane.tools_directory().expect("a directory of tools").display());
    let mut shell = Command::new("/bin/sh");
    let typed = shell.args(["-c", command]).env("PATH", path).env("KUBECONFIG", control_plane.kubeconfig()).output().expect("a shell");
    assert!(typed.status.success(), "{command}: {}", String::from_utf8_lossy(&typed.stderr));
    real.until(MINUTE, "it is let go", |real| get(real, "next").is_none());
    assert!(real.scaling_configuration(&next).is_some(), "without touching the cloud");
}
