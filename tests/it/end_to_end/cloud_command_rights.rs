//! Who may make a command run: the policy of `deploy/` on a real API server, person by person. Steward does not run here; what it would do to an
//! object is done in its name.

use super::real::ExpectSuccess as _;
use super::refusals::control_plane;
use serde_json::{Value, json};
use std::time::Duration;
use steward_playground::{Kubectl, Said, wait};

const PEOPLE: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: elsewhere}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: edits-commands}
rules: [{apiGroups: [cloudsteward.dev], resources: [cloudcommands], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: edits-configmaps}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: ["*"]}
- {apiGroups: [cloudsteward.dev], resources: [cloudcommands], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: runs-one, namespace: default}
rules: [{apiGroups: [cloudsteward.dev], resources: [cloudcommands/run], resourceNames: [there], verbs: [create]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts, namespace: default}
data: {a.sh: uptime}
"#;

const GITOPS: &str = "system:serviceaccount:default:gitops";
const TRUSTED_GITOPS: &str = "system:serviceaccount:default:gitops-that-runs";
const STEWARD: &str = "system:serviceaccount:cloud-steward-system:cloud-steward";

/// Namespace of the binding, kind and name of the role, and who has it.
const BINDINGS: [(&str, &str, &str, &str); 15] = [
    ("default", "ClusterRole", "cluster-admin", "admin"),
    ("default", "ClusterRole", "edits-commands", "editor"),
    ("default", "ClusterRole", "edits-commands", "runner"),
    ("default", "ClusterRole", "cloud-steward-command-runner", "runner"),
    ("default", "ClusterRole", "edits-commands", "runner-elsewhere"),
    ("elsewhere", "ClusterRole", "edits-commands", "runner-elsewhere"),
    ("elsewhere", "ClusterRole", "cloud-steward-command-runner", "runner-elsewhere"),
    ("default", "ClusterRole", "edits-commands", "runner-of-one"),
    ("default", "Role", "runs-one", "runner-of-one"),
    ("default", "ClusterRole", "edits-commands", GITOPS),
    ("default", "ClusterRole", "edits-commands", TRUSTED_GITOPS),
    ("default", "ClusterRole", "cloud-steward-command-runner", TRUSTED_GITOPS),
    ("default", "ClusterRole", "edits-configmaps", "editor-of-configmaps"),
    // The right to run is none to write.
    ("default", "ClusterRole", "cloud-steward-command-runner", "only-runner"),
    ("default", "ClusterRole", "edits-configmaps", "only-runner"),
];

fn bindings() -> String {
    let binding = |(number, (namespace, kind, role, user)): (usize, &(&str, &str, &str, &str))| {
        let object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": format!("person-{number}"), "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        format!("---\n{object}\n")
    };
    BINDINGS.iter().enumerate().map(binding).collect::<Vec<_>>().concat()
}

fn object(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCommand", "metadata": {"name": name, "namespace": "default"}, "spec": spec})
        .to_string()
}

fn spec() -> Value {
    json!({
        "targets": {"instanceIds": ["i-1", "i-2"]}, "trigger": "1", "tags": [{"key": "team", "value": "a"}],
        "parameters": [{"name": "a", "value": "b"}], "window": {"notBefore": "2030-01-30T01:30:00Z", "notAfter": "2030-01-31T01:30:00Z"},
        "command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "a.sh"}}},
    })
}

/// What can be done to the object `there`, as a merge patch.
struct Edit {
    what: &'static str,
    patch: Value,
    runs: bool,
}

fn edits() -> Vec<Edit> {
    let runs = |what, spec: Value| Edit { what, patch: json!({"spec": spec}), runs: true };
    let free = |what, patch| Edit { what, patch, runs: false };
    vec![
        runs("trigger", json!({"trigger": "2"})),
        runs("in another account", json!({"credentialRef": {"name": "prod"}})),
        runs("no trigger", json!({"trigger": null})),
        runs("command", json!({"trigger": "2", "command": {"username": "root"}})),
        runs("targets", json!({"trigger": "2", "targets": {"instanceIds": ["i-1"]}})),
        runs("parameters", json!({"trigger": "2", "parameters": null})),
        runs("tags", json!({"trigger": "2", "tags": []})),
        runs("schedule", json!({"trigger": "2", "repeatMode": "Period", "frequency": "rate(1h)"})),
        runs("resource group", json!({"trigger": "2", "resourceGroupId": "rg-1"})),
        runs("output delivery", json!({"trigger": "2", "ossOutputDelivery": "oss://logs"})),
        runs("a window that ends later", json!({"window": {"notAfter": "2030-01-31T03:00:00+01:00"}})),
        runs("a window without an end", json!({"window": {"notAfter": null}})),
        runs("a window that begins sooner", json!({"window": {"notBefore": "2030-01-30T02:00:00+01:00"}})),
        runs("a window without a beginning", json!({"window": {"notBefore": null}})),
        free("a window that begins later", json!({"spec": {"window": {"notBefore": "2030-01-30T03:00:00+01:00"}}})),
        Edit {
            what: "an answer in place of the cloud's",
            patch: json!({"metadata": {"annotations": {"cloudsteward.dev/resolve": "r=NotRan"}}}),
            runs: true,
        },
        Edit {
            what: "another answer beside harmless things",
            patch: json!({"metadata": {"annotations": {"cloudsteward.dev/resolve": "r=Ran", "a": "b"}}, "spec": {"suspend": true}}),
            runs: true,
        },
        free("suspend", json!({"spec": {"suspend": true}})),
        free("cancel", json!({"spec": {"cancel": true}})),
        free("rollout and window", json!({"spec": {"rollout": {"maxFailures": 3}, "window": {"notAfter": "2030-01-31T02:00:00+01:00"}}})),
        free("deletion policy", json!({"spec": {"deletionPolicy": "Retain"}})),
        free("a label", json!({"metadata": {"labels": {"a": "b"}}})),
        free("another annotation", json!({"metadata": {"annotations": {"cloudsteward.dev/abandon": "moved"}}})),
        free("a finalizer", json!({"metadata": {"finalizers": ["cloudsteward.dev/undo"]}})),
    ]
}

/// Nothing comes of it: admission is asked all the same.
fn patched(kubectl: &Kubectl, who: &str, patch: &Value) -> Said {
    let patch = patch.to_string();
    kubectl.run(&["patch", "ccmd", "there", "--type=merge", "-p", &patch, "--as", who, "--dry-run=server"]).expect("kubectl runs")
}

fn created(kubectl: &Kubectl, who: &str, name: &str) -> Said {
    kubectl.run_with_input(&["create", "--as", who, "--dry-run=server", "-f", "-"], &object(name, &spec())).expect("kubectl runs")
}

/// Wrong if it is not as expected, or refused for another reason than expected.
fn judge(who: &str, what: &str, said: &Said, allowed: bool, words: &str) -> Option<String> {
    let right = said.success == allowed && (allowed || said.stderr.contains(words));
    (!right).then(|| format!("{who}: {what}: allowed: {}, said: {}", said.success, said.stderr))
}

#[test]
fn only_who_may_run_commands_makes_one_run_and_everything_else_stays_free() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    kubectl.apply(&format!("{PEOPLE}{}", bindings())).expect("people");
    // The API server minds a new policy, and new rights, a moment after it took them.
    wait::until(Duration::from_secs(60), "the policy at work", || {
        let minds = created(kubectl, "editor", "there").stderr.contains("cloud-steward-command-runner");
        Ok((minds && created(kubectl, TRUSTED_GITOPS, "there").success).then_some(()))
    })
    .expect("the policy at work");
    kubectl.run_with_input(&["create", "-f", "-"], &object("there", &spec())).expect("kubectl runs").expect_success();
    let marked = json!({"metadata": {"annotations": {"cloudsteward.dev/resolve": "r=Unsure"}}}).to_string();
    kubectl.ok(&["patch", "ccmd", "there", "--type=merge", "-p", &marked]).expect("an administrator may");

    let mut wrong = Vec::new();
    let mut mind = |verdict: Option<String>| wrong.extend(verdict);
    let policy = "may not run commands in namespace default";
    let editors = [
        ("admin", true),
        ("editor", false),
        ("runner", true),
        ("runner-elsewhere", false),
        ("runner-of-one", true),
        (GITOPS, false),
        (TRUSTED_GITOPS, true),
    ];
    for (who, may_run) in editors {
        for edit in edits() {
            mind(judge(who, edit.what, &patched(kubectl, who, &edit.patch), may_run || !edit.runs, policy));
        }
        // Who may run one of them by name may run no other.
        mind(judge(who, "create", &created(kubectl, who, "another"), may_run && who != "runner-of-one", policy));
        let deleted = kubectl.run(&["delete", "ccmd", "there", "--as", who, "--dry-run=server"]).expect("kubectl runs");
        mind(judge(who, "delete", &deleted, true, policy));
    }
    for edit in edits() {
        mind(judge("only-runner", edit.what, &patched(kubectl, "only-runner", &edit.patch), false, "cannot patch resource"));
        mind(judge(
            "editor-of-configmaps",
            edit.what,
            &patched(kubectl, "editor-of-configmaps", &edit.patch),
            false,
            "cannot patch resource",
        ));
    }
    mind(judge("editor-of-configmaps", "create", &created(kubectl, "editor-of-configmaps", "another"), false, "cannot create resource"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn steward_keeps_status_and_finalizers_without_the_right_to_run_and_an_edited_script_changes_no_object() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    kubectl.apply(&format!("{PEOPLE}{}", bindings())).expect("people");
    kubectl.run_with_input(&["create", "-f", "-"], &object("there", &spec())).expect("kubectl runs").expect_success();
    wait::until(Duration::from_secs(60), "the policy at work", || {
        Ok(created(kubectl, "editor", "another").stderr.contains("cloud-steward-command-runner").then_some(()))
    })
    .expect("the policy at work");

    let get = || -> Value { serde_json::from_str(&kubectl.ok(&["get", "ccmd", "there", "-o", "json"]).expect("it exists")).expect("JSON") };
    let mut object = get();
    object["status"] = json!({"observedGeneration": 1, "intent": {"hash": "h", "firstSeen": "2026-11-22T12:00:00Z"}});
    let replace = ["replace", "--subresource=status", "--as", STEWARD, "-f", "-"];
    kubectl.run_with_input(&replace, &object.to_string()).expect("kubectl runs").expect_success();
    assert_eq!(get()["status"]["intent"]["hash"], "h");
    for finalizers in [json!(["cloudsteward.dev/undo"]), json!(null)] {
        let patch = json!({"metadata": {"finalizers": finalizers}}).to_string();
        kubectl.ok(&["patch", "ccmd", "there", "--type=merge", "-p", &patch, "--as", STEWARD]).expect("a finalizer");
    }
    let said = patched(kubectl, STEWARD, &json!({"spec": {"trigger": "2"}}));
    assert_eq!(judge(STEWARD, "trigger", &said, false, "may not run commands"), None);
    let said = created(kubectl, STEWARD, "another");
    assert_eq!(judge(STEWARD, "create", &said, false, "cannot create resource"), None);

    let before = get();
    let script = json!({"data": {"a.sh": "rm -rf /"}}).to_string();
    kubectl.ok(&["patch", "configmap", "scripts", "--type=merge", "-p", &script, "--as", "editor-of-configmaps"]).expect("it is theirs");
    assert_eq!(get(), before);
}
