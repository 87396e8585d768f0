//! `examples/gitops`: nothing comes before what it needs, and nothing goes before what needs it. That an API server takes the manifests is seen in
//! `documents` and `end_to_end::gitops`.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use steward_playground::repository;
use steward_playground::settings::Settings;
use steward_playground::{Tool, Toolbox};

/// Where a fleet's repository has them.
const WITHIN_A_FLEET: &str = "cloud-steward/";

fn examples() -> PathBuf {
    repository().join("examples/gitops")
}

fn read(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(examples().join(file)).expect("it is there");
    serde_saphyr::from_multiple(&text).expect("YAML")
}

/// What a path of a fleet's repository renders.
#[track_caller]
fn rendered(path: &str) -> Vec<Value> {
    let here = path.trim_start_matches("./").strip_prefix(WITHIN_A_FLEET).expect("below the directory that the page names");
    let toolbox = Toolbox::obtain(&Settings::from_environment(), &[Tool::Kubectl]).expect("kubectl");
    let mut kubectl = Command::new(toolbox.path(Tool::Kubectl).expect("it was asked for"));
    let output = kubectl.arg("kustomize").arg(examples().join(here)).output().expect("kubectl runs");
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    serde_saphyr::from_multiple(&String::from_utf8(output.stdout).expect("UTF-8")).expect("YAML")
}

fn is_ours(object: &Value) -> bool {
    object["apiVersion"].as_str().is_some_and(|version| version.starts_with("cloudsteward.dev/"))
}

fn kinds(objects: &[Value]) -> Vec<&str> {
    objects.iter().filter_map(|object| object["kind"].as_str()).collect()
}

#[track_caller]
fn commands_have_an_end(objects: &[Value]) {
    let commands: Vec<_> = objects.iter().filter(|object| object["kind"] == "CloudCommand").collect();
    assert!(!commands.is_empty());
    for command in commands {
        assert!(command["spec"]["window"]["notAfter"].is_string(), "a repository is replayed: {command:#}");
    }
}

#[test]
fn flux_waits_for_each_step_and_leaves_the_operator_when_the_rest_goes() {
    let steps = read("flux/cloud-steward.yaml");
    let mut before: Option<&Value> = None;
    let mut all = Vec::new();
    for step in &steps {
        let (name, spec) = (&step["metadata"]["name"], &step["spec"]);
        let expected = before.map_or(Value::Null, |before| json!([{"name": before}]));
        assert_eq!(spec["dependsOn"], expected, "{name}");
        assert_eq!((&spec["wait"], &spec["prune"]), (&json!(true), &json!(true)), "{name}");
        assert_eq!(spec["deletionPolicy"], if before.is_none() { "Orphan" } else { "WaitForTermination" }, "{name}");
        all.push(rendered(spec["path"].as_str().expect("a path")));
        before = Some(name);
    }
    let [operator, credential, objects, commands] = &all[..] else { unreachable!("four steps") };
    assert!(kinds(operator).contains(&"HelmRelease") && !operator.iter().any(is_ours), "{operator:#?}");
    assert!(kinds(credential).contains(&"SealedSecret") && kinds(credential).contains(&"CloudCredential"));
    assert!(objects.iter().all(is_ours) && !kinds(objects).contains(&"CloudCommand"));
    assert_eq!(kinds(commands), ["CloudCommand"]);
    commands_have_an_end(commands);
}

fn wave(object: &Value) -> i64 {
    let wave = object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].as_str().unwrap_or("0");
    wave.parse().expect("a number")
}

#[test]
fn argo_cd_has_a_wave_for_each_step_and_deletes_in_the_opposite_order() {
    let [root] = &read("argocd/root.yaml")[..] else { unreachable!("one Application") };
    let apps = format!("./{WITHIN_A_FLEET}argocd/apps");
    assert_eq!(root["spec"]["source"]["path"], apps.trim_start_matches("./"));
    let ([operator], [team]) = (&read("argocd/apps/operator.yaml")[..], &read("argocd/apps/team-web.yaml")[..]) else {
        unreachable!("one Application each")
    };
    for application in [root, operator, team] {
        // Without it nothing that an Application has goes with it.
        assert_eq!(application["metadata"]["finalizers"], json!(["resources-finalizer.argocd.argoproj.io"]));
    }
    assert!(wave(operator) < wave(team));
    assert!(repository().join(operator["spec"]["source"]["path"].as_str().expect("a path")).join("Chart.yaml").exists());

    let objects = rendered(team["spec"]["source"]["path"].as_str().expect("a path"));
    for object in &objects {
        let expected = match object["kind"].as_str().unwrap_or_default() {
            "Namespace" | "SealedSecret" => -2,
            "CloudCredential" => -1,
            "CloudCommand" => 1,
            _ => 0,
        };
        assert_eq!(wave(object), expected, "{object:#}");
    }
    assert_eq!(objects.len(), 6, "{:?}", kinds(&objects));
    commands_have_an_end(&objects);
}
