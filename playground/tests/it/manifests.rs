//! `deploy/` and `crds/`, as people install them.

use std::collections::BTreeSet;

use serde_json::Value;
use steward_playground::playground::repository;
use steward_playground::{ControlPlane, Helm, Kubectl, Options};

use crate::chart::{SETS, objects, rendered};

/// What the Prometheus operator and the teams have brought before.
const THERE_BEFORE: &str = include_str!("there-before.yaml");

#[test]
fn every_crd_file_is_installed() {
    let directory = repository().join("crds");
    let list: Value = serde_saphyr::from_str(&std::fs::read_to_string(directory.join("kustomization.yaml")).unwrap()).unwrap();
    let listed: BTreeSet<String> = serde_json::from_value(list["resources"].clone()).unwrap();
    let present: BTreeSet<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "kustomization.yaml")
        .collect();
    assert_eq!(listed, present);
    for name in listed {
        let bytes = std::fs::metadata(directory.join(&name)).unwrap().len();
        assert!(bytes < 256 * 1024, "{name} has {bytes} bytes: kubectl apply keeps a copy of it in an annotation");
    }
}

#[test]
fn base_and_overlays_apply_either_way_and_their_pods_are_restricted_enough() {
    for flag in ["--server-side=true", "--server-side=false"] {
        let control_plane = ControlPlane::start(&Options::default()).unwrap();
        let kubectl = control_plane.kubectl();
        kubectl.apply(THERE_BEFORE).unwrap();
        kubectl.ok(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).unwrap();
        for directory in [
            "base",
            "overlays/high-availability",
            "overlays/observe-only",
            "overlays/monitoring",
            "overlays/simulator",
            "overlays/namespaced",
        ] {
            let path = repository().join("deploy").join(directory);
            let said = kubectl.run(&["apply", flag, "-k", path.to_str().unwrap()]).unwrap();
            assert!(said.success, "{flag} {directory}: {}", said.stderr);
            // The namespace warns about pods that it would refuse.
            assert_eq!(said.stderr, "", "{flag} {directory}");
        }
        for name in ["cloud-steward", "cloud-steward-cloudsim"] {
            its_pods_are_restricted_enough(kubectl, name);
        }
    }
}

fn its_pods_are_restricted_enough(kubectl: &Kubectl, deployment: &str) {
    let namespace = "cloud-steward-system";
    let deployment = kubectl.ok(&["get", "deployment", deployment, "-n", namespace, "-o", "json"]).unwrap();
    let mut pod: Value = serde_json::from_str(&deployment).unwrap();
    let mut pod = pod["spec"]["template"].take();
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod["metadata"]["name"] = "a-pod".into();
    pod["metadata"]["namespace"] = namespace.into();
    let dry = ["create", "--dry-run=server", "-f", "-"];
    let admitted = kubectl.run_with_input(&dry, &pod.to_string()).unwrap();
    assert!(admitted.success, "{}", admitted.stderr);
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    let refused = kubectl.run_with_input(&dry, &pod.to_string()).unwrap();
    assert!(refused.stderr.contains("violates PodSecurity"), "{}", refused.stderr);
}

#[test]
fn an_api_server_takes_what_the_chart_renders() {
    let control_plane = ControlPlane::start(&Options::default()).unwrap();
    let kubectl = control_plane.kubectl();
    kubectl.apply(THERE_BEFORE).unwrap();
    kubectl.ok(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]).unwrap();
    let helm = Helm::of(&control_plane).unwrap();
    for (name, values) in SETS {
        let manifest = rendered(&helm, values).manifest;
        let said = kubectl.run_with_input(&["apply", "--server-side", "--dry-run=server", "-f", "-"], &manifest).unwrap();
        // Also when a field is unknown, which a server-side apply refuses.
        assert!(said.success, "{name}: {}", said.stderr);
        assert_eq!(said.stdout.lines().count(), objects(&manifest).len(), "{name}: {}", said.stdout);
    }
}
