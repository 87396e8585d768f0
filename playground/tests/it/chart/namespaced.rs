//! Namespaced mode: Roles in the watched namespaces, nothing in the cluster; `life` has the control plane.

use std::collections::BTreeSet;

use serde_json::json;
use steward_playground::helm;
use steward_playground::playground::credential;

use super::life::{CLOUD, Cloud, Scene};
use super::may;

const RELEASE: &str = "cloud-steward-team";
const NAMESPACE: &str = "team-a-steward";

/// With the CRDs that another release has left.
pub(super) fn a_release_for_one_namespace_needs_nothing_outside_of_it(scene: &Scene, cloud: &Cloud) {
    scene.kubectl.ok(&["create", "namespace", "team-a"]).expect("kubectl succeeds");
    let chart = helm::chart().display().to_string();
    let install = ["install", RELEASE, &chart, "-n", NAMESPACE, "--create-namespace"];
    let values = ["--set", "crds.install=false,watchNamespaces={team-a},clusterId=prod-eu1,orphanGrace=0s"];
    scene.helm.ok(&[&install, CLOUD, &values].concat()).expect("helm succeeds");
    let steward = scene.run(&scene.helm.deployment(RELEASE, NAMESPACE).expect("helm succeeds"));
    scene.kubectl.apply(&credential("team-a", &cloud.account, cloud.admin.url())).expect("kubectl succeeds");

    // It has to leave this to others.
    scene.membership("default", &["i-web2", "i-web3"]);
    scene.membership("team-a", &["i-web1"]);
    scene.until_in_sync("team-a");
    assert_eq!(cloud.members(), BTreeSet::from(["i-web1".to_owned(), "i-web2".to_owned()]));

    let user = format!("system:serviceaccount:{NAMESPACE}:{RELEASE}");
    for (resource, verb) in [("secrets", "get"), ("configmaps", "get"), ("cloudcommands", "list"), ("namespaces", "get")] {
        assert!(!may(&scene.kubectl, &user, verb, resource, "default"), "{verb} {resource}");
    }
    assert!(may(&scene.kubectl, &user, "get", "secrets", "team-a"));
    people_have_their_own_rights(scene);
    // It may see that its namespace goes, and so does not wait for a credential that will not come back.
    cloud
        .admin
        .post("/_sim/state", &json!({"key": {"id": cloud.account.key_id, "secret": "another"}}).to_string())
        .expect("the cloud takes it");
    scene.kubectl.ok(&["annotate", "sgm", "web", "-n", "team-a", "reconcile.cloudsteward.dev/requestedAt=now"]).expect("kubectl succeeds");
    scene.kubectl.ok(&["wait", "--for=condition=Ready=false", "sgm/web", "-n", "team-a", "--timeout=60s"]).expect("kubectl succeeds");
    scene.kubectl.ok(&["delete", "namespace", "team-a", "--wait=false"]).expect("kubectl succeeds");
    scene.kubectl.ok(&["delete", "sgm", "web", "-n", "team-a", "--timeout=30s"]).expect("kubectl succeeds");
    assert!(cloud.members().contains("i-web1"), "without a credential the cloud cannot be asked");
    steward.terminate().expect("it ends in time");
    scene.nothing_was_forbidden_to(&user);
    scene.uninstall(RELEASE, NAMESPACE);
}

/// Who has edit may not write status or run commands, and who has view sees no Secrets.
fn people_have_their_own_rights(scene: &Scene) {
    for part in ["view", "edit", "command-runner"] {
        let (role, user) = (format!("--clusterrole={RELEASE}-{part}"), format!("--user={part}"));
        scene.kubectl.ok(&["create", "rolebinding", part, &role, &user, "-n", "team-a"]).expect("kubectl succeeds");
    }
    for (who, verb, resource, expected) in [
        ("view", "list", "cloudcommands", true),
        ("view", "get", "secrets", false),
        ("view", "create", "cloudcommands", false),
        ("edit", "create", "cloudcommands", true),
        ("edit", "deletecollection", "restorechecks", true),
        ("edit", "update", "cloudcommands/status", false),
        ("edit", "patch", "cloudcredentials/status", false),
        ("edit", "create", "cloudcommands/run", false),
        ("edit", "get", "secrets", false),
        ("command-runner", "create", "cloudcommands/run", true),
        ("command-runner", "create", "cloudcommands", false),
    ] {
        assert_eq!(may(&scene.kubectl, who, verb, resource, "team-a"), expected, "{who}: {verb} {resource}");
    }
}
