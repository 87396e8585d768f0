//! What Flux and Argo CD do with `examples/gitops`, on a real API server: they apply server-side, by force, and again and again. The objects come to
//! rest, nobody takes anything from anybody, and Argo CD's configuration keeps what it had.

use super::real::{ExpectSuccess as _, Real};
use serde_json::{Value, json};
use steward_playground::playground::credential;
use steward_playground::repository;

const NAMESPACE: &str = "team-web";
const CONTROLLERS: [&str; 2] = ["kustomize-controller", "argocd-controller"];

/// What the examples name.
const SEED: &str = r#"
defaults: {resourceGroup: rg-1}
securityGroups: [{id: sg-base}, {id: sg-web}]
instances:
  - {id: i-web1, groups: [sg-base], tags: {role: web}}
  - {id: i-web2, groups: [sg-base], tags: {role: web}}
scalingGroups: [{id: asg-1, name: web}]
scalingConfigurations:
  - id: asc-1
    group: asg-1
    name: web
    configuration: {Description: d, SecurityGroupId: sg-web, ContainerGroupName: web, Cpu: 2, Memory: 4, Containers: [{Name: nginx, Image: "nginx:1.26"}]}
"#;

/// Nothing answers it, and it says so in status: that is enough to see who owns what.
const CHECK: &str = r#"{"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "RestoreCheck", "metadata": {"name": "db", "namespace": "team-web"}, "spec": {
    "credentialRef": {"name": "nobody"},
    "checks": [{"name": "db", "backup": {"latest": {"resourceId": "f45c477a-57e5-465f-999f-d845083962db"}},
                "target": {"resourceId": "f45c477a-57e5-465f-999f-d845083962db", "volumeMapping": "SourceVolumes"}}]}}"#;

/// One that has keys of other people.
const ARGOCD_CM: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
data:
  url: https://argocd.example
  resource.customizations: "apps/Deployment: {}"
  resource.customizations.health.example.org_Thing: "return {}"
"#;

#[test]
fn a_gitops_controller_applies_the_examples_again_and_again_and_nobody_fights() {
    let real = Real::new(SEED);
    real.kubectl(&["create", "namespace", NAMESPACE]);
    // Server-side as well: what only this manager says, the address of the simulated cloud, stays when others apply.
    let (account, cloud) = (real.playground.account(), real.playground.simulator().url());
    real.playground.control_plane().kubectl().apply(&credential(NAMESPACE, account, cloud)).expect("applied");
    let mut objects = examples(&real);
    for command in objects.iter().filter(|object| object["kind"] == "CloudCommand") {
        assert!(command["spec"]["window"]["notAfter"].is_string(), "a repository is replayed: {command}");
    }
    // Whom nobody knows stays out of the cloud's way.
    objects.push(serde_json::from_str(CHECK).expect("JSON"));
    let manifests = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let apply = |more: &[&str]| {
        let arguments = [&["apply", "--server-side", "--force-conflicts", "--validate=strict", "-f", "-"], more].concat();
        real.playground.control_plane().kubectl().run_with_input(&arguments, &manifests).expect("kubectl runs").expect_success()
    };
    apply(&["--dry-run=server"]);

    for controller in CONTROLLERS {
        apply(&["--field-manager", controller]);
    }
    for object in ["cred/default", "sgm/web", "esc/web", "ccmd/upgrade-openssl"] {
        real.kubectl(&["wait", "--for=condition=Ready", object, "-n", NAMESPACE, "--timeout=120s"]);
    }
    real.kubectl(&["wait", "--for=condition=Stalled", "rchk/db", "-n", NAMESPACE, "--timeout=60s"]);

    let before = in_cluster(&real);
    for _ in 0..3 {
        for controller in CONTROLLERS {
            apply(&["--field-manager", controller]);
        }
    }
    let after = in_cluster(&real);
    assert_eq!((before.len(), after.len()), (objects.len(), objects.len()));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            before["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"],
            "the same again changes nothing: {after:#}"
        );
        assert_owners(after);
    }
    let membership = after.iter().find(|object| object["kind"] == "SecurityGroupMembership").expect("it is there");
    assert_eq!(membership["metadata"]["finalizers"], json!(["cloudsteward.dev/undo"]), "who applies takes no finalizer off");
    assert_eq!((real.acted("JoinSecurityGroup"), real.acted("RunCommand"), real.acted("ModifyEciScalingConfiguration")), (2, 2, 1));

    argocd_cm(&real);
}

/// Our own objects of what Argo CD would apply; those of others need CRDs that are not here.
fn examples(real: &Real) -> Vec<Value> {
    let path = repository().join("examples/gitops/argocd/team-web");
    let rendered = real.kubectl(&["kustomize", &path.to_string_lossy()]);
    let all: Vec<Value> = serde_saphyr::from_multiple(&rendered).expect("YAML");
    let ours: Vec<_> =
        all.into_iter().filter(|object| object["apiVersion"].as_str().is_some_and(|api| api.starts_with("cloudsteward.dev/"))).collect();
    assert_eq!(ours.len(), 4, "{rendered}");
    ours
}

fn in_cluster(real: &Real) -> Vec<Value> {
    let text = real.kubectl(&["get", "steward", "-n", NAMESPACE, "-o", "json", "--show-managed-fields"]);
    let list: Value = serde_json::from_str(&text).expect("JSON");
    list["items"].as_array().cloned().unwrap_or_default()
}

/// Each controller owns spec and what it said of metadata, steward its finalizer and status, and nothing else of the object.
#[track_caller]
fn assert_owners(object: &Value) {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    for controller in CONTROLLERS {
        let owned = entries.iter().find(|entry| entry["manager"] == controller).expect("it has applied");
        assert!(owned["fieldsV1"]["f:spec"].is_object() && owned["fieldsV1"]["f:status"].is_null(), "{owned:#}");
    }
    let stewards: Vec<_> = entries.iter().filter(|entry| entry["manager"] == "steward").collect();
    assert!(!stewards.is_empty(), "it wrote status: {object:#}");
    for entry in stewards {
        let fields: Vec<_> = entry["fieldsV1"].as_object().into_iter().flatten().map(|(field, _)| field.as_str()).collect();
        let allowed: &[&str] = if entry["subresource"] == "status" { &["f:status"] } else { &["f:metadata"] };
        assert_eq!(fields, allowed, "{entry:#}");
        let metadata: Vec<_> = entry["fieldsV1"]["f:metadata"].as_object().into_iter().flatten().map(|(field, _)| field.as_str()).collect();
        assert!(metadata.iter().all(|field| *field == "f:finalizers"), "{entry:#}");
    }
}

/// The keys of `deploy/argocd` come beside what is there. (kubectl's server-side apply would drop what a client-side apply has left: it takes that over,
/// and finds it gone from the file. So the page says to patch, and to apply only where nobody used `kubectl apply`.)
fn argocd_cm(real: &Real) {
    let keys = repository().join("deploy/argocd/argocd-cm.yaml").to_string_lossy().into_owned();
    real.kubectl(&["create", "namespace", "argocd"]);
    let (patch, apply) = (
        ["patch", "configmap", "argocd-cm", "-n", "argocd", "--patch-file", &keys].to_vec(),
        ["apply", "--server-side", "-f", &keys].to_vec(),
    );
    for (made_by, way) in [("apply", &patch), ("create", &patch), ("create", &apply)] {
        let made = real.playground.control_plane().kubectl().run_with_input(&[made_by, "-f", "-"], ARGOCD_CM).expect("kubectl runs");
        made.expect_success();
        real.kubectl(way);
        let text = real.kubectl(&["get", "configmap", "argocd-cm", "-n", "argocd", "-o", "json"]);
        let found: Value = serde_json::from_str(&text).expect("JSON");
        let data = &found["data"];
        let others = ["url", "resource.customizations", "resource.customizations.health.example.org_Thing"].map(|key| data[key].as_str());
        assert_eq!(others, [Some("https://argocd.example"), Some("apps/Deployment: {}"), Some("return {}")], "{made_by}, {way:?}");
        let health = data["resource.customizations.health.cloudsteward.dev_RestoreCheck"].as_str().unwrap_or_default();
        assert!(health.contains("Degraded"), "{data:#}");
        assert_eq!(data.as_object().map(serde_json::Map::len), Some(8), "{data:#}");
        assert_eq!(found["metadata"]["labels"]["app.kubernetes.io/part-of"], "argocd");
        real.kubectl(&["delete", "configmap", "argocd-cm", "-n", "argocd"]);
    }
}
