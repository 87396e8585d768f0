//! `charts/cloud-steward`: what it renders, what it refuses, that `deploy/` is the same, and the life of a release on a real API server.

pub(crate) mod cluster;
mod golden;
mod life;
mod namespaced;
mod refused;
mod same;

use std::path::Path;

use serde_json::Value;
use steward_playground::helm::{self, NAMESPACE, RELEASE};
use steward_playground::repository;
use steward_playground::settings::Settings;
use steward_playground::{Helm, Kubectl, Tool, Toolbox};

/// Main sets of values, each a file: those that only the golden files know, and those that say what an overlay of `deploy/` is.
const SETS: &[(&str, &str)] = &[
    ("default", "charts/cloud-steward/values.yaml"),
    ("everything", "tests/golden/chart/everything.values.yaml"),
    ("high-availability", "deploy/overlays/high-availability/values.yaml"),
    ("monitoring", "deploy/overlays/monitoring/values.yaml"),
    ("namespaced", "deploy/overlays/namespaced/values.yaml"),
    ("simulator", "deploy/overlays/simulator/values.yaml"),
    ("single-kind", "tests/golden/chart/single-kind.values.yaml"),
];

/// A release that no cluster has.
struct Rendered {
    manifest: String,
    notes: String,
}

/// What helm would install, and say, with this file of values.
fn rendered(helm: &Helm, values: &str) -> Rendered {
    let (chart, values) = (helm::chart().display().to_string(), repository().join(values).display().to_string());
    let arguments = ["install", RELEASE, &chart, "--namespace", NAMESPACE, "--dry-run=client", "--output=json", "--values", &values];
    let mut release: Value = serde_json::from_str(&helm.ok(&arguments).expect("it renders")).expect("helm prints JSON");
    let text = |value: Value| value.as_str().expect("text").to_owned();
    Rendered { manifest: text(release["manifest"].take()), notes: text(release["info"]["notes"].take()) }
}

fn objects(manifests: &str) -> Vec<Value> {
    let objects: Vec<Value> = serde_saphyr::from_multiple(manifests).expect("YAML");
    objects.into_iter().filter(|object| !object.is_null()).collect()
}

/// `kubectl kustomize`, which needs no cluster.
fn kustomized(directory: &str) -> Vec<Value> {
    let tools = Toolbox::obtain(&Settings::from_environment(), &[Tool::Kubectl]).expect("kubectl");
    let mut kubectl = std::process::Command::new(tools.path(Tool::Kubectl).expect("kubectl"));
    let output = kubectl.arg("kustomize").arg(repository().join(directory)).output().expect("kubectl runs");
    assert!(output.status.success(), "{directory}: {}", String::from_utf8_lossy(&output.stderr));
    objects(&String::from_utf8(output.stdout).expect("UTF-8"))
}

fn without_cluster() -> (tempfile::TempDir, Helm) {
    let home = tempfile::tempdir().expect("a directory");
    let helm = Helm::without_cluster(home.path()).expect("helm");
    (home, helm)
}

fn read(path: &Path) -> String {
    let text = std::fs::read_to_string(path);
    assert!(text.is_ok(), "{}: {text:?}", path.display());
    text.expect("checked before")
}

/// What RBAC says of `resource` or `resource/subresource`. kubectl says no with its exit code, too.
fn may(kubectl: &Kubectl, who: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let subresource = format!("--subresource={subresource}");
    let said = kubectl.run(&["auth", "can-i", verb, resource, &subresource, "-n", namespace, "--as", who]).expect("kubectl runs");
    assert!(["yes", "no"].contains(&said.stdout.trim()), "{}", said.stderr);
    said.stdout.trim() == "yes"
}
