//! Values that make no sense are refused by helm, before anything is installed, with a message that names them.

use super::without_cluster;
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
