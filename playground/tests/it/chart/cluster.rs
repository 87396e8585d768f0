//! What an API server makes of the chart, without steward: every set of values, and CRDs of an older release.

use std::path::Path;

use serde_json::{Value, json};
use std::time::Duration;
use steward_playground::helm::NAMESPACE;
use steward_playground::repository;
use steward_playground::{ControlPlane, Helm, Kubectl, Options, helm, wait};

use super::{SETS, objects, read, rendered};

/// What the Prometheus operator and the teams have brought before.
pub(crate) const THERE_BEFORE: &str = include_str!("there-before.yaml");

const MEMBERSHIPS: &str = "securitygroupmemberships.cloudsteward.dev";

#[test]
fn an_api_server_takes_every_set_of_values_and_an_upgrade_brings_older_crds_up_to_date() {
    let control_plane = ControlPlane::start(&Options::default()).unwrap();
    let (kubectl, helm) = (control_plane.kubectl(), Helm::of(&control_plane).unwrap());
    prepare(kubectl);
    kubectl.ok(&["create", "namespace", NAMESPACE]).unwrap();
    for (name, values) in SETS {
        let manifest = rendered(&helm, values).manifest;
        // Server-side apply refuses fields that the API server does not know.
        let said = kubectl.run_with_input(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &manifest).unwrap();
        assert!(said.success, "{name}: {}", said.stderr);
        assert_eq!(said.stdout.lines().count(), objects(&manifest).len(), "{name}: {}", said.stdout);
    }
    older_crds_are_upgraded(kubectl, &helm);
    the_notes_can_be_pasted(&control_plane, &helm);
}

pub(crate) fn prepare(kubectl: &Kubectl) {
    kubectl.apply(THERE_BEFORE).expect("kubectl succeeds");
    kubectl.ok(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).expect("kubectl succeeds");
}

fn older_crds_are_upgraded(kubectl: &Kubectl, helm: &Helm) {
    let older_chart = tempfile::tempdir().expect("a readable directory");
    copy(&helm::chart(), older_chart.path());
    write_older(&older_chart.path().join("files/crds"));
    helm.install(older_chart.path(), &[]).expect("helm succeeds");
    kubectl.ok(&["wait", "--for=condition=Established", &format!("crd/{MEMBERSHIPS}"), "--timeout=60s"]).expect("kubectl succeeds");
    let object = |interval: &str| {
        json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership", "metadata": {"name": "web", "namespace": "team-a"},
            "spec": {"securityGroupId": "sg-web", "targets": {"instanceIds": ["i-web1"]}, "syncInterval": interval},
        })
        .to_string()
    };
    // The first release did not mind, and it knew no `maxRemovals`.
    kubectl.apply(&object("5s")).expect("kubectl succeeds");
    let removals = ["get", "sgm", "web", "-n", "team-a", "-o", "jsonpath={.spec.maxRemovals}"];
    assert_eq!(kubectl.ok(&removals).expect("kubectl succeeds"), "");

    helm.install(&helm::chart(), &[]).expect("helm succeeds");
    crds_are_todays(kubectl);
    wait::until(Duration::from_secs(30), "the new field has no default", || Ok((kubectl.ok(&removals)? == "10%").then_some(())))
        .expect("kubectl succeeds");
    // What was there before stays as it is, also where it would not be taken any more, until somebody changes it.
    kubectl.ok(&["label", "sgm", "web", "-n", "team-a", "seen=yes"]).expect("kubectl succeeds");
    let refused = kubectl.apply(&object("6s")).expect_err("the new rule refuses it").to_string();
    assert!(refused.contains("must be at least 30s"), "{refused}");
}

/// Line by line as they stand there: a shell minds where the end of its input begins, and YAML where `---` does.
fn the_notes_can_be_pasted(control_plane: &ControlPlane, helm: &Helm) {
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", control_plane.tools_directory().expect("kubectl").display());
    for (name, values) in SETS {
        let notes = rendered(helm, values).notes;
        let (_, rest) = notes.split_once("kubectl apply -f - <<").expect("a credential to apply");
        let (pasted, _) = rest.split_once("\n3. ").expect("a third step");
        // Without the last line the shell would go on reading, and say so.
        let shell = std::process::Command::new("bash")
            .args(["-c", &format!("kubectl apply --dry-run=server -f - <<{pasted}")])
            .env("KUBECONFIG", control_plane.kubeconfig())
            .env("PATH", &path)
            .output()
            .expect("a shell");
        let (out, error) = (String::from_utf8_lossy(&shell.stdout), String::from_utf8_lossy(&shell.stderr));
        assert!(shell.status.success() && error.is_empty(), "{name}: {error}");
        assert_eq!(
            out.lines().collect::<Vec<_>>(),
            ["secret/cloud", "cloudcredential.cloudsteward.dev/default"].map(|object| format!("{object} created (server dry run)")),
            "{name}"
        );
    }
}

/// CRDs of this repository, of which one has a field and a rule less: as those of an earlier release would.
pub(super) fn older_crds() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a readable directory");
    copy(&repository().join("crds"), directory.path());
    std::fs::remove_file(directory.path().join("kustomization.yaml")).expect("a readable directory");
    write_older(directory.path());
    directory
}

fn write_older(directory: &Path) {
    let file = directory.join(format!("{MEMBERSHIPS}.yaml"));
    let mut crd: Value = serde_saphyr::from_str(&read(&file)).expect("YAML");
    let spec = crd
        .pointer_mut("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties")
        .and_then(Value::as_object_mut)
        .expect("an object");
    spec.remove("maxRemovals").expect("a field");
    let interval = spec["syncInterval"].as_object_mut().expect("an object");
    interval.remove("x-kubernetes-validations").expect("a rule");
    std::fs::write(file, serde_saphyr::to_string(&crd).expect("YAML")).expect("YAML");
}

/// What the API server has of the CRDs is what is in `crds/`.
pub(super) fn crds_are_todays(kubectl: &Kubectl) {
    let said = kubectl
        .run(&["diff", "--server-side", "--force-conflicts", "-f", repository().join("crds").to_str().expect("kubectl succeeds")])
        .expect("kubectl succeeds");
    // Only what helm adds: kubectl would not take it away.
    let changed = said.stdout.lines().filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---"));
    assert_eq!(changed.collect::<Vec<_>>(), Vec::<&str>::new(), "{}", said.stderr);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a readable directory");
    for entry in std::fs::read_dir(from).expect("a readable directory") {
        let entry = entry.expect("a readable directory");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a readable directory").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a readable directory");
        }
    }
}
