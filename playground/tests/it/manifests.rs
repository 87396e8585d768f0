//! `deploy/` and `crds/`, as people install them.

use std::collections::BTreeSet;

use serde_json::Value;
use steward_playground::repository;
use steward_playground::{ControlPlane, Kubectl, Options};

use crate::chart::cluster;

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
        cluster::prepare(kubectl);
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
        // Who began in the old way may go on in the new one, without force.
        let path = repository().join("deploy/overlays/namespaced");
        let said = kubectl.run(&["apply", "--server-side", "-k", path.to_str().unwrap()]).unwrap();
        assert!(said.success, "after {flag}: {}", said.stderr);
        // Who the simulator's pods run as; the controller manager would make it.
        kubectl.ok(&["create", "serviceaccount", "default", "-n", "cloud-steward-system"]).unwrap();
        for name in ["cloud-steward", "cloud-steward-cloudsim"] {
            its_pods_are_restricted_enough(kubectl, name);
        }
    }
}

fn its_pods_are_restricted_enough(kubectl: &Kubectl, deployment: &str) {
    let namespace = "cloud-steward-system";
    let deployment = kubectl.ok(&["get", "deployment", deployment, "-n", namespace, "-o", "json"]).expect("kubectl succeeds");
    let mut pod: Value = serde_json::from_str(&deployment).expect("JSON");
    let mut pod = pod["spec"]["template"].take();
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod["metadata"]["name"] = "a-pod".into();
    pod["metadata"]["namespace"] = namespace.into();
    let dry = ["create", "--dry-run=server", "-f", "-"];
    let admitted = kubectl.run_with_input(&dry, &pod.to_string()).expect("kubectl succeeds");
    assert!(admitted.success, "{}", admitted.stderr);
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
    let refused = kubectl.run_with_input(&dry, &pod.to_string()).expect("kubectl succeeds");
    assert!(refused.stderr.contains("violates PodSecurity"), "{}", refused.stderr);
}
