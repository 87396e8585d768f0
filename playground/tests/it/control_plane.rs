//! What a control plane offers to those who start one.

use std::path::PathBuf;

use steward_playground::{ControlPlane, Options};

const WIDGETS: &str = include_str!("widgets.yaml");

fn start(options: &Options) -> ControlPlane {
    ControlPlane::start(options).expect("a control plane")
}

#[test]
fn a_control_plane_starts_and_its_schema_rules_refuse_by_name() {
    let control_plane = start(&Options::default());
    let kubectl = control_plane.kubectl();
    kubectl.apply(WIDGETS).unwrap();
    control_plane.wait_for_crds(&["widgets.playground.example"]).unwrap();

    let widget = |size: u32| format!("apiVersion: playground.example/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {{size: {size}}}\n");
    let refused = kubectl.apply(&widget(7)).unwrap_err().to_string();
    assert!(refused.contains("spec.size must be even"), "{refused}");
    kubectl.apply(&widget(8)).unwrap();
    assert_eq!(kubectl.ok(&["get", "widget", "w", "-o", "jsonpath={.spec.size}"]).unwrap(), "8");
}

#[test]
fn a_service_account_may_do_what_its_roles_say_and_nothing_else() {
    let control_plane = start(&Options { audit: true, ..Options::default() });
    control_plane.kubectl().apply(include_str!("reader.yaml")).unwrap();
    let kubeconfig = control_plane.kubeconfig_for("default", "reader").unwrap();
    let reader = control_plane.kubectl_with(&kubeconfig);

    reader.ok(&["get", "configmaps"]).unwrap();
    let refused = reader.ok(&["get", "secrets"]).unwrap_err().to_string();
    assert!(refused.contains("system:serviceaccount:default:reader"), "{refused}");
    for file in ["token", "ca.crt", "namespace"] {
        assert!(kubeconfig.with_file_name(file).is_file(), "{file}");
    }
    let audit = std::fs::read_to_string(control_plane.audit_log().unwrap()).unwrap();
    assert!(audit.contains("system:serviceaccount:default:reader"));
}

#[test]
fn two_at_once_know_nothing_of_each_other() {
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| start(&Options::default()));
        let other = scope.spawn(|| start(&Options::default()));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_ne!(one.url(), other.url());
    one.kubectl().ok(&["create", "namespace", "mine"]).unwrap();
    let absent = other.kubectl().ok(&["get", "namespace", "mine"]).unwrap_err().to_string();
    assert!(absent.contains("NotFound"), "{absent}");
}

#[test]
fn with_the_controller_manager_a_namespace_finishes_deleting() {
    let control_plane = start(&Options { controller_manager: true, ..Options::default() });
    let kubectl = control_plane.kubectl();
    kubectl.ok(&["create", "namespace", "short-lived"]).unwrap();
    kubectl.ok(&["create", "configmap", "c", "-n", "short-lived"]).unwrap();
    kubectl.ok(&["delete", "namespace", "short-lived", "--timeout=60s"]).unwrap();
    assert!(kubectl.ok(&["get", "namespace", "short-lived"]).is_err());
}

#[test]
fn a_failed_start_names_the_log_and_keeps_it() {
    // A file stands where the certificates are to go.
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("nest");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("certs"), "in the way").unwrap();

    let error = ControlPlane::start(&Options { dir: Some(root), ..Options::default() }).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("kube-apiserver"), "{error}");
    let log = PathBuf::from(error.rsplit_once(": read ").unwrap().1);
    assert!(log.is_file(), "{error}");
}
