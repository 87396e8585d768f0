//! `deploy/` and `crds/`, as people install them.

use std::collections::BTreeSet;

use serde_json::Value;
use steward_playground::playground::repository;
use steward_playground::{ControlPlane, Options};

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
}

#[test]
fn the_base_applies_either_way_and_its_pods_are_restricted_enough() {
    for flag in ["--server-side=true", "--server-side=false"] {
        let control_plane = ControlPlane::start(&Options::default()).unwrap();
        let kubectl = control_plane.kubectl();
        let base = repository().join("deploy/base");
        let said = kubectl.run(&["apply", flag, "-k", base.to_str().unwrap()]).unwrap();
        assert!(said.success, "{flag}: {}", said.stderr);
        // The namespace warns about pods that it would refuse.
        assert_eq!(said.stderr, "", "{flag}");

        let deployment = kubectl.ok(&["get", "deployment", "cloud-steward", "-n", "cloud-steward-system", "-o", "json"]);
        let mut pod: Value = serde_json::from_str(&deployment.unwrap()).unwrap();
        let mut pod = pod["spec"]["template"].take();
        pod["apiVersion"] = "v1".into();
        pod["kind"] = "Pod".into();
        pod["metadata"]["name"] = "steward".into();
        pod["metadata"]["namespace"] = "cloud-steward-system".into();
        let dry = ["create", "--dry-run=server", "-f", "-"];
        let admitted = kubectl.run_with_input(&dry, &pod.to_string()).unwrap();
        assert!(admitted.success, "{}", admitted.stderr);
        pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = true.into();
        let refused = kubectl.run_with_input(&dry, &pod.to_string()).unwrap();
        assert!(refused.stderr.contains("violates PodSecurity"), "{}", refused.stderr);
    }
}
