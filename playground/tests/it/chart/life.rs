//! A release from its first day to its last, with steward really running from the Deployment that helm installed: what it did in the cloud
//! outlives it, the next release goes on with it, and `steward release` lets go of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use steward_playground::helm::{self, NAMESPACE, RELEASE};
use steward_playground::playground::{Account, Setup, credential};
use steward_playground::repository;
use steward_playground::simulator::Admin;
use steward_playground::{ControlPlane, Deployment, Helm, Kubectl, Options, Workload, wait};

use super::{cluster, namespaced, read};

const SOON: Duration = Duration::from_secs(60);
/// A cloud that runs on this machine, beside the one in the cluster.
pub(super) const CLOUD: &[&str] = &["--set", "cloudsim.enabled=true,allowedEndpoints={http://127.0.0.1:*}"];

#[test]
fn a_release_is_installed_upgraded_uninstalled_and_installed_again_and_the_cloud_does_not_notice() {
    let scene = Scene::new();
    crds_that_kubectl_applied_are_taken_over(&scene);
    let cloud = Cloud::start(&scene);

    let steward = scene.run(&scene.helm.deployment(RELEASE, NAMESPACE).unwrap());
    scene.kubectl.apply(&credential("default", &cloud.account, cloud.admin.url())).unwrap();
    scene.membership("default", &["i-web1"]);
    scene.until_in_sync("default");
    assert_eq!((cloud.members(), cloud.calls("JoinSecurityGroup")), (BTreeSet::from(["i-web1".to_owned()]), 1));
    steward.terminate().unwrap();

    // Other values, and only one kind: its neighbour's CRD stays, the right to it goes.
    let bundle = format!("caBundle.pem={}", scene.control_plane.root().join("certs/apiserver.crt").display());
    let one_kind = ["--set", "kinds={SecurityGroupMembership},replicas=2,defaultSyncInterval=30s", "--set-file", &bundle];
    assert!(scene.may("update", "cloudcommands/status"));
    let deployment = scene.helm.install(&helm::chart(), &[CLOUD, &one_kind].concat()).unwrap();
    assert!(!scene.may("update", "cloudcommands/status") && !scene.may("list", "cloudcommands") && !scene.may("get", "configmaps"));
    assert!(scene.may("update", "securitygroupmemberships/status"));
    let steward = scene.run(&deployment);
    assert_eq!(steward.replicas().len(), 2);
    scene.membership("default", &["i-web1", "i-web2"]);
    scene.until_in_sync("default");
    assert_eq!(cloud.members(), BTreeSet::from(["i-web1".to_owned(), "i-web2".to_owned()]));
    steward.terminate().unwrap();

    scene.uninstall(RELEASE, NAMESPACE);
    let crds = scene.kubectl.ok(&["get", "crd", "-o", "name"]).unwrap();
    assert_eq!(crds.matches(".cloudsteward.dev").count(), 5, "{crds}");
    assert_eq!(scene.get("default")["metadata"]["finalizers"], json!(["cloudsteward.dev/undo"]));
    assert_eq!(
        scene.kubectl.ok(&["get", "clusterrole,validatingadmissionpolicy", "-l", "app.kubernetes.io/name=cloud-steward"]).unwrap(),
        ""
    );

    let steward = scene.run(&scene.helm.install(&helm::chart(), CLOUD).unwrap());
    scene.membership("default", &["i-web2"]);
    scene.until_in_sync("default");
    assert_eq!(
        cloud.members(),
        BTreeSet::from(["i-web2".to_owned()]),
        "the new release knows what the old one did: it takes i-web1 out again"
    );
    assert_eq!((cloud.calls("JoinSecurityGroup"), cloud.calls("LeaveSecurityGroup")), (2, 1), "and does nothing twice");
    steward.terminate().unwrap();
    scene.uninstall(RELEASE, NAMESPACE);
    scene.nothing_was_forbidden_to(&format!("system:serviceaccount:{NAMESPACE}:{RELEASE}"));

    namespaced::a_release_for_one_namespace_needs_nothing_outside_of_it(&scene, &cloud);

    let calls = cloud.admin.calls().unwrap().len();
    scene.let_go();
    for namespace in ["default", "team-a"] {
        scene.kubectl.ok(&["delete", "securitygroupmemberships,cloudcredentials", "--all", "-n", namespace, "--timeout=30s"]).unwrap();
    }
    let crds: Vec<&str> = crds.lines().filter(|crd| crd.ends_with(".cloudsteward.dev")).collect();
    scene.kubectl.ok(&[&["delete", "--timeout=30s"], crds.as_slice()].concat()).unwrap();
    assert_eq!(cloud.admin.calls().unwrap().len(), calls, "nobody asked the cloud");
    assert!(cloud.members().contains("i-web2"), "what steward had done there stays");
}

fn crds_that_kubectl_applied_are_taken_over(scene: &Scene) {
    let directory = cluster::older_crds();
    scene.kubectl.ok(&["apply", "--server-side", "-f", directory.path().to_str().expect("kubectl succeeds")]).expect("kubectl succeeds");
    let refused = scene.helm.install(&helm::chart(), CLOUD).expect_err("they are not helm's").to_string();
    assert!(refused.contains("cannot be imported into the current release"), "{refused}");
    scene.helm.install(&helm::chart(), &[CLOUD, &["--take-ownership", "--force-conflicts"]].concat()).expect("helm succeeds");
    cluster::crds_are_todays(&scene.kubectl);
}

/// A control plane with nothing but this repository's chart.
pub(super) struct Scene {
    pub(super) control_plane: ControlPlane,
    pub(super) kubectl: Kubectl,
    pub(super) helm: Helm,
    steward: PathBuf,
    cloudsim: PathBuf,
}

/// The chart's simulator.
pub(super) struct Cloud {
    pub(super) admin: Admin,
    pub(super) account: Account,
    _running: Workload,
}

impl Scene {
    fn new() -> Self {
        let (steward, cloudsim) = Setup::default().programs().expect("programs");
        let control_plane = ControlPlane::start(&Options { audit: true, ..Options::default() }).expect("a control plane");
        let (kubectl, helm) = (control_plane.kubectl().clone(), Helm::of(&control_plane).expect("helm"));
        Self { control_plane, kubectl, helm, steward, cloudsim }
    }

    /// Steward, as this Deployment says.
    pub(super) fn run(&self, deployment: &Deployment) -> Workload {
        let workload = Workload::start(&self.control_plane, deployment, &self.steward).expect("steward starts");
        workload.wait_ready(SOON).expect("steward is ready");
        workload
    }

    /// A membership `web` in `sg-web`, or what it shall be from now on.
    pub(super) fn membership(&self, namespace: &str, instances: &[&str]) {
        let object = json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"securityGroupId": "sg-web", "targets": {"instanceIds": instances}},
        });
        self.kubectl.apply(&object.to_string()).expect("it is taken");
    }

    pub(super) fn get(&self, namespace: &str) -> Value {
        let text = self.kubectl.ok(&["get", "sgm", "web", "-n", namespace, "-o", "json"]).expect("it is there");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(super) fn until_in_sync(&self, namespace: &str) {
        let in_sync = || {
            let object = self.get(namespace);
            let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let ready = conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
            Ok((ready && object["status"]["observedGeneration"] == object["metadata"]["generation"]).then_some(()))
        };
        let waited = wait::until(SOON, &format!("{namespace}/web was not in sync"), in_sync);
        assert!(waited.is_ok(), "{:#}: {:#}", waited.expect_err("checked before"), self.get(namespace)["status"]);
    }

    /// Whether steward may, in namespace `default`.
    fn may(&self, verb: &str, resource: &str) -> bool {
        super::may(&self.kubectl, &format!("system:serviceaccount:{NAMESPACE}:{RELEASE}"), verb, resource, "default")
    }

    pub(super) fn uninstall(&self, release: &str, namespace: &str) {
        self.helm.ok(&["uninstall", release, "-n", namespace, "--timeout=30s"]).expect("it is uninstalled");
    }

    /// By what the audit log has of this user.
    pub(super) fn nothing_was_forbidden_to(&self, user: &str) {
        let log = read(&self.control_plane.audit_log().expect("an audit log"));
        let all = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let requests: Vec<Value> = all.filter(|request| request["user"]["username"] == user).collect();
        assert!(requests.len() > 20, "only {} requests of {user}", requests.len());
        let forbidden: Vec<_> =
            requests.iter().filter(|request| request["annotations"]["authorization.k8s.io/decision"] != "allow").collect();
        assert!(forbidden.is_empty(), "{forbidden:#?}");
    }

    fn let_go(&self) {
        let mut command = std::process::Command::new(&self.steward);
        let output = command.arg("release").env("KUBECONFIG", self.control_plane.kubeconfig()).output().expect("steward runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Cloud {
    /// What the chart's Deployment of the simulator says, with the seed of its ConfigMap.
    fn start(scene: &Scene) -> Self {
        // The controller manager would make it.
        scene.kubectl.ok(&["create", "serviceaccount", "default", "-n", NAMESPACE]).expect("a ServiceAccount");
        let manifest = scene.helm.ok(&["get", "manifest", RELEASE, "-n", NAMESPACE]).expect("a release");
        let deployment = Deployment::from_manifests(&manifest, &format!("{RELEASE}-cloudsim")).expect("a simulator");
        let running = Workload::start(&scene.control_plane, &deployment, &scene.cloudsim).expect("it starts");
        running.wait_ready(SOON).expect("it is ready");
        let address = running.replicas()[0].address(8080).expect("a port");
        let account = Account::of_seed(&repository().join("sim/seeds/demo.yaml")).expect("an account");
        Self { admin: Admin::at(&format!("http://{address}")).expect("an address"), account, _running: running }
    }

    /// Who is in `sg-web`.
    pub(super) fn members(&self) -> BTreeSet<String> {
        let state: Value = serde_json::from_str(&self.admin.get("/_sim/state").expect("an answer")).expect("JSON");
        let instances = state["instances"].as_array().cloned().unwrap_or_default();
        let inside =
            instances.iter().filter(|instance| instance["groups"].as_array().is_some_and(|groups| groups.contains(&json!("sg-web"))));
        inside.filter_map(|instance| instance["id"].as_str().map(str::to_owned)).collect()
    }

    pub(super) fn calls(&self, operation: &str) -> usize {
        self.admin.calls().expect("the log of calls").iter().filter(|call| call.operation == operation && call.code.is_none()).count()
    }
}
