//! Values that make no sense are refused by helm, before anything is installed, with a message that names them.

use super::{objects, without_cluster};
use serde_json::{Value, json};
use steward_playground::helm;

/// What is set, as `--set` takes it, and the words that the message must have.
const WRONG: &[(&str, &[&str])] = &[
    ("replica=2", &["'replica' not allowed"]),
    ("replicas=two", &["/replicas", "want integer"]),
    ("kinds=null", &["missing property 'kinds'"]),
    ("kinds={}", &["/kinds/0"]),
    ("proxy=null", &["missing property 'proxy'"]),
    ("kinds={EciScalingConfigs}", &["/kinds/0", "'EciScalingConfig'", "'RestoreCheck'"]),
    ("kinds={CloudCommand,CloudCommand}", &["/kinds", "equal"]),
    ("watchNamespaces={team-a}", &["clusterId must be set together with watchNamespaces", "kube-system"]),
    ("watchNamespaces={Team_A},clusterId=c", &["/watchNamespaces/0", "'Team_A'"]),
    ("clusterId=with a space", &["/clusterId"]),
    ("observeOnly=yes", &["/observeOnly", "want boolean"]),
    ("defaultSyncInterval=29s", &["/defaultSyncInterval", "'29s'"]),
    ("defaultSyncInterval=10", &["/defaultSyncInterval"]),
    ("orphanGrace=1d", &["/orphanGrace", "'1d'"]),
    ("allowedEndpoints={ecs.example}", &["/allowedEndpoints/0", "'ecs.example'"]),
    ("allowedEndpoints={https://ecs.*.example}", &["/allowedEndpoints/0"]),
    ("limits={ecs:JoinSecurityGroup}", &["/limits/0", "'ecs:JoinSecurityGroup'"]),
    ("limitShare=0", &["/limitShare", "minimum"]),
    ("checkShare=101", &["/checkShare", "maximum"]),
    ("logLevel=loud", &["/logLevel", "'loud'"]),
    ("logFormat=xml", &["/logFormat", "'json'", "'text'"]),
    ("proxy.httpsProxy=proxy.example:3128", &["/proxy/httpsProxy"]),
    ("proxy.https=http://proxy.example", &["/proxy", "'https' not allowed"]),
    ("caBundle.pem=/etc/ssl/ca.pem", &["/caBundle/pem"]),
    (
        "caBundle.pem=-----BEGIN CERTIFICATE-----a-----END CERTIFICATE-----,caBundle.configMap.name=ca",
        &["caBundle.pem and caBundle.configMap.name exclude"],
    ),
    ("crds.keep=forever", &["/crds/keep", "want boolean"]),
    ("serviceAccount.create=false", &["serviceAccount.name must be set if serviceAccount.create is false"]),
    ("image=ghcr.io/cloud-steward/steward", &["/image", "want object"]),
    ("image.digest=0123", &["/image/digest"]),
    ("image.pullPolicy=always", &["/image/pullPolicy", "'Always'"]),
    ("service.port=0", &["/service/port", "minimum"]),
    ("extraArgs=--leader-elect=false", &["/extraArgs", "want array"]),
    ("extraVolumeMounts={/tmp}", &["/extraVolumeMounts/0", "want object"]),
    ("cloudsim.enabled=true,cloudsim.seed=a: b: c", &["cloudsim.seed is no YAML"]),
    ("fullnameOverride=Steward", &["/fullnameOverride"]),
    ("fullnameOverride=true", &["/fullnameOverride"]),
    ("podLabels.app\\.kubernetes\\.io/name=other", &["podLabels must not have app.kubernetes.io/name"]),
    ("serviceMonitor.labels.helm\\.sh/chart=other", &["serviceMonitor.labels must not have helm.sh/chart"]),
    ("extraEnv[0].name=POD_NAMESPACE,extraEnv[0].value=other", &["/extraEnv/0/name"]),
];

#[test]
fn values_that_make_no_sense_are_refused_by_name() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    for (values, words) in WRONG {
        let said = helm.run(&["template", "x", &chart, "--set", values]).unwrap();
        assert!(!said.success, "{values} is taken");
        for word in *words {
            assert!(said.stderr.contains(word), "{values}: no {word:?} in {}", said.stderr);
        }
    }
}

#[test]
fn what_a_parent_chart_sets_is_taken() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    helm.ok(&["template", "x", &chart, "--set", "enabled=true,global.region=eu"]).unwrap();
}

#[test]
fn an_older_cluster_is_refused() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    let with = |version| helm.run(&["template", "x", &chart, "--kube-version", version]).unwrap();
    assert!(with("1.29.9").stderr.contains("1.30.0"), "{}", with("1.29.9").stderr);
    // As the versions of managed clusters look.
    assert!(with("v1.30.1-aliyun.1").success);
}

/// A name of digits, or one that YAML takes for a truth value, stays a name wherever it stands.
#[test]
fn names_that_look_like_something_else_stay_names() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    let names = "watchNamespaces[0]=123,clusterId=1e3,serviceAccount.name=99,priorityClassName=100,caBundle.configMap.name=5,caBundle.configMap.key=0x1";
    let parts = ["networkPolicy", "podDisruptionBudget", "topologySpread", "serviceMonitor", "prometheusRule", "dashboard", "cloudsim"];
    let parts: Vec<String> = parts.iter().map(|part| format!("{part}.enabled=true")).collect();
    let arguments = ["template", "7", &chart, "--namespace", "on", "--set-string", names, "--set", &parts.join(",")];
    let mut seen = 0;
    for object in objects(&helm.ok(&arguments).unwrap()) {
        let is_crd = object["kind"] == "CustomResourceDefinition";
        seen += names_are_text(if is_crd { &object["metadata"] } else { &object });
    }
    assert!(seen > 100, "{seen} names");
}

/// How many there are.
fn names_are_text(value: &Value) -> usize {
    if let Some(items) = value.as_array() {
        return items.iter().map(names_are_text).sum();
    }
    let mut count = 0;
    for (key, value) in value.as_object().into_iter().flatten() {
        let keys = ["name", "namespace", "key", "value", "serviceAccountName", "priorityClassName"];
        if keys.contains(&key.as_str()) || key.starts_with("app.kubernetes.io/") {
            assert!(value.is_string(), "{key}: {value}");
            count += 1;
        }
        if key == "resourceNames" {
            assert!(value.as_array().is_some_and(|names| names.iter().all(Value::is_string)), "{key}: {value}");
        }
        count += names_are_text(value);
    }
    count
}

/// The API server wants each name once; and what is set there is meant.
#[test]
fn a_variable_of_extra_env_takes_the_place_of_the_same_one_of_the_values() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    let extra = r#"extraEnv=[{"name": "STEWARD_LOG_LEVEL", "value": "debug"}, {"name": "HTTPS_PROXY", "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "url"}}}]"#;
    let values = ["--set", "logLevel=info,proxy.httpsProxy=http://proxy.example:3128", "--set-json", extra];
    let [deployment] =
        &objects(&helm.ok(&[&["template", "x", &chart, "--show-only=templates/deployment.yaml"], &values[..]].concat()).unwrap())[..]
    else {
        unreachable!("one template, one object")
    };
    let variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let of = |name: &str| -> Vec<&Value> { variables.iter().filter(|variable| variable["name"] == name).collect() };
    assert_eq!(of("STEWARD_LOG_LEVEL"), [&json!({"name": "STEWARD_LOG_LEVEL", "value": "debug"})]);
    assert_eq!(of("HTTPS_PROXY").len(), 1, "{variables:?}");
    assert_eq!(of("NO_PROXY").len(), 1, "the API server is not behind the proxy, whoever set it");
}
