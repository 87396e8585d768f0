//! The same as `crate::world`, but real: etcd, kube-apiserver, kubectl and steward as processes, steward with the rights and flags of `deploy/`,
//! and a clock that nobody moves. Its words are those of the stories, so that a story and its end-to-end test read alike.

use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use steward_cloudsim::{Edit, Fault};
use steward_playground::playground::{Account, Setup, credential};
use steward_playground::{Kubectl, Playground, Replica, Said, wait};

/// What steward is called by the API server.
pub(super) const STEWARD: &str = "system:serviceaccount:cloud-steward-system:cloud-steward";
pub(super) const STEWARDS_NAMESPACE: &str = "cloud-steward-system";
/// Where the manifest has probes and metrics answered.
pub(super) const PORT: u16 = 8080;

/// As generous as a machine that does three other things at once needs; a quiet one is done in a second or two.
const SOON: Duration = Duration::from_secs(60);

pub(super) struct Real {
    pub(super) playground: Playground,
}

/// One line of the simulator's log of calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) operation: String,
    pub(super) access_key_id: Option<String>,
    pub(super) parameters: std::collections::BTreeMap<String, String>,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) request_id: String,
    pub(super) acted: bool,
}

impl Real {
    /// Everything running: this seed in the cloud, a Secret `aliyun` and a CloudCredential `default` in namespace `default`, steward ready.
    pub(super) fn new(seed: &str) -> Self {
        Self::with(seed, |_| {})
    }

    /// The same with another setup than the manifests'.
    pub(super) fn with(seed: &str, change: impl FnOnce(&mut Setup)) -> Self {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(with_account(seed).as_bytes()).expect("the seed is written");
        let mut setup = Setup { seed: Some(file.path().to_owned()), ..Setup::default() };
        change(&mut setup);
        let playground = Playground::start(&setup).expect("a playground");
        Self { playground }
    }

    // ── what people do ──────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn kubectl(&self, arguments: &[&str]) -> String {
        self.playground.control_plane().kubectl().ok(arguments).expect("kubectl succeeds")
    }

    /// `kubectl apply -f -`, as people type it.
    pub(super) fn apply(&self, manifests: &str) -> String {
        applied(self.playground.control_plane().kubectl(), manifests).expect_success()
    }

    /// Creates a membership in namespace `default`.
    pub(super) fn membership(&self, name: &str, spec: &Value) {
        self.apply(&membership("default", name, spec));
    }

    /// A namespace with a Secret `aliyun` and a CloudCredential `default`.
    pub(super) fn namespace_with_credential(&self, namespace: &str) {
        self.kubectl(&["create", "namespace", namespace]);
        self.apply(&credential(namespace, self.playground.account(), self.playground.simulator().url()));
    }

    /// Another CloudCredential in namespace `default`, that reads the same Secret.
    pub(super) fn credential(&self, name: &str) {
        let manifests = credential("default", self.playground.account(), self.playground.simulator().url());
        self.apply(&manifests.replace(r#""name": "default""#, &format!(r#""name": "{name}""#)));
    }

    /// Rewrites the Secret `aliyun`.
    pub(super) fn secret(&self, key_secret: &str) {
        let account = Account { key_secret: key_secret.to_owned(), ..self.playground.account().clone() };
        self.apply(&credential("default", &account, self.playground.simulator().url()));
    }

    pub(super) fn edit(&self, name: &str, change: &Value) {
        self.kubectl(&["patch", "sgm", name, "--type=merge", "-p", &json!({"spec": change}).to_string()]);
    }

    pub(super) fn annotate(&self, name: &str, key: &str, value: &str) {
        self.kubectl(&["annotate", "sgm", name, "--overwrite", &format!("{key}={value}")]);
    }

    pub(super) fn delete(&self, name: &str) {
        self.kubectl(&["delete", "sgm", name, "--wait=false"]);
    }

    // ── what the cloud does ─────────────────────────────────────────────────────────────────────────────────

    pub(super) fn cloud_edit(&self, edit: &Edit) {
        self.tell_cloud("/_sim/state", &json!(edit));
    }

    pub(super) fn cloud_fault(&self, fault: &Fault) {
        self.tell_cloud("/_sim/faults", &json!(fault));
    }

    fn tell_cloud(&self, door: &str, what: &Value) {
        self.playground.simulator().admin().post(door, &what.to_string()).expect("the simulator takes it");
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.log_of_calls("/_sim/calls")
    }

    pub(super) fn calls_of(&self, operation: &str) -> Vec<Call> {
        self.log_of_calls(&format!("/_sim/calls?operation={operation}"))
    }

    fn log_of_calls(&self, path: &str) -> Vec<Call> {
        let log = self.playground.simulator().admin().get(path).expect("the log of calls");
        serde_json::from_str(&log).expect("the log of calls is JSON")
    }

    /// How often this operation changed something.
    pub(super) fn acted(&self, operation: &str) -> usize {
        self.calls_of(operation).iter().filter(|call| call.acted).count()
    }

    fn cloud_state(&self) -> Value {
        let state = self.playground.simulator().admin().get("/_sim/state").expect("the cloud's state");
        serde_json::from_str(&state).expect("the cloud's state is JSON")
    }

    pub(super) fn groups_of(&self, instance: &str) -> Vec<String> {
        let state = self.cloud_state();
        let instances = state["instances"].as_array().cloned().unwrap_or_default();
        let found = instances.iter().find(|candidate| candidate["id"] == instance).expect("an instance of the seed");
        serde_json::from_value(found["groups"].clone()).expect("ids of groups")
    }

    /// Every command that the cloud ever accepted.
    pub(super) fn invocations(&self) -> Vec<Value> {
        self.cloud_state()["invocations"].as_array().cloned().unwrap_or_default()
    }

    /// What the cloud has under this id, in the names of a Modify.
    pub(super) fn scaling_configuration(&self, id: &str) -> Option<Value> {
        let state = self.cloud_state();
        let found = state["scalingConfigurations"].as_array()?.iter().find(|candidate| candidate["id"] == id)?;
        Some(found["configuration"].clone())
    }

    // ── what people see ─────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn get(&self, name: &str) -> Option<Value> {
        self.get_of("securitygroupmemberships", name)
    }

    pub(super) fn get_of(&self, kind: &str, name: &str) -> Option<Value> {
        let text = self.kubectl(&["get", kind, name, "--ignore-not-found", "-o", "json"]);
        (!text.trim().is_empty()).then(|| serde_json::from_str(&text).expect("kubectl prints JSON"))
    }

    /// `True/InSync`; `unseen` while steward has not looked at the present spec.
    pub(super) fn ready(&self, name: &str) -> String {
        self.get(name).map_or_else(|| "gone".to_owned(), |object| ready_of(&object))
    }

    pub(super) fn condition(&self, name: &str, type_: &str) -> String {
        self.get(name).map_or_else(|| "gone".to_owned(), |object| condition(&object, type_))
    }

    pub(super) fn message(&self, name: &str) -> String {
        let object = self.get(name).unwrap_or_default();
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions
            .iter()
            .find(|condition| condition["type"] == "Ready")
            .and_then(|ready| ready["message"].as_str())
            .unwrap_or_default()
            .to_owned()
    }

    pub(super) fn credential_ready(&self, name: &str) -> String {
        self.get_of("cloudcredentials", name).map_or_else(|| "gone".to_owned(), |object| condition(&object, "Ready"))
    }

    /// `i-1=Added`, of all groups together.
    pub(super) fn ledger(&self, name: &str) -> Vec<String> {
        let object = self.get(name).unwrap_or_default();
        let pages = object["status"]["ledger"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pages
            .iter()
            .flat_map(|page| page["entries"].as_array().cloned().unwrap_or_default())
            .map(|entry| format!("{}={}", text(&entry["target"]), text(&entry["state"])))
            .collect()
    }

    /// `Warning AccessDenied: …`, of one object.
    pub(super) fn events(&self, name: &str) -> Vec<String> {
        let template = "{range .items[*]}{.type} {.reason}: {.message}{\"\\n\"}{end}";
        let chosen = format!("involvedObject.name={name}");
        let text = self.kubectl(&["get", "events", "--field-selector", &chosen, "-o", &format!("jsonpath={template}")]);
        text.lines().map(str::to_owned).collect()
    }

    /// What `/metrics` of a replica says.
    pub(super) fn metrics(replica: &Replica) -> String {
        let address = replica.address(PORT).expect("the manifest names the port");
        let answer = steward_playground::http::get(address, "/metrics", Duration::from_secs(10));
        answer.expect("an answer").success().expect("a success").clone()
    }

    /// One number of the first replica's metrics; None while it does not answer, or has nothing to count yet.
    pub(super) fn metric(&self, name: &str) -> Option<usize> {
        let address = self.playground.steward().replicas()[0].address(PORT).expect("the manifest names the port");
        let answer = steward_playground::http::get(address, "/metrics", Duration::from_secs(30)).ok()?;
        answer.body.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    // ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────

    /// Waits until this holds, and panics with what is known if it doesn't within `at_most`.
    #[track_caller]
    pub(super) fn until(&self, at_most: Duration, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let waited = wait::until(at_most, what, || Ok(holds(self).then_some(())));
        assert!(waited.is_ok(), "it still isn't so: {}\n{}", waited.expect_err("checked before"), self.describe());
    }

    #[track_caller]
    pub(super) fn until_ready(&self, name: &str, ready: &str) {
        self.until(SOON, &format!("{name} is {ready}"), |real| real.ready(name) == ready);
    }

    #[track_caller]
    pub(super) fn until_gone(&self, name: &str) {
        self.until(SOON, &format!("{name} is gone"), |real| real.get(name).is_none());
    }

    // ── replicas ────────────────────────────────────────────────────────────────────────────────────────────

    /// Who holds the lease, by pod name; empty if nobody does.
    pub(super) fn leader(&self) -> String {
        let holder = self.kubectl(&["get", "lease", "cloud-steward", "-n", STEWARDS_NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}"]);
        holder.split('_').next().unwrap_or_default().to_owned()
    }

    /// The replica that leads, and the other one, of two.
    pub(super) fn leader_and_other(&self) -> (&Replica, &Replica) {
        let leader = self.leader();
        let [one, other] = self.playground.steward().replicas() else { unreachable!("two replicas") };
        if one.pod_name() == leader { (one, other) } else { (other, one) }
    }

    pub(super) fn log_of(replica: &Replica) -> String {
        read(&replica.log().expect("a log"))
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for kind in ["cloudcredentials", "cloudcommands", "eciscalingconfigs", "restorechecks", "securitygroupmemberships"] {
            let objects = self.playground.control_plane().kubectl().run(&["get", kind, "-A", "-o", "json"]).expect("kubectl runs");
            let objects: Value = serde_json::from_str(&objects.stdout).unwrap_or_default();
            for object in objects["items"].as_array().into_iter().flatten().take(4) {
                let _ = writeln!(text, "{} {} {:#}", object["kind"], object["metadata"]["name"], object["status"]);
            }
        }
        for call in self.calls().iter().rev().take(10) {
            let _ = writeln!(text, "call {}: {} {:?} {:?}", call.number, call.operation, call.status, call.code);
        }
        for replica in self.playground.steward().replicas() {
            let log = Self::log_of(replica);
            let last: Vec<_> = log.lines().rev().take(15).collect();
            let _ = writeln!(text, "{}:", replica.pod_name());
            for line in last.iter().rev() {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }
}

/// `kubectl apply -f -`, whatever comes of it.
pub(super) fn applied(kubectl: &Kubectl, manifests: &str) -> Said {
    kubectl.run_with_input(&["apply", "-f", "-"], manifests).expect("kubectl runs")
}

pub(super) trait ExpectSuccess {
    fn expect_success(self) -> String;
}

impl ExpectSuccess for Said {
    #[track_caller]
    fn expect_success(self) -> String {
        assert!(self.success, "kubectl: {}", self.stderr);
        self.stdout
    }
}

pub(super) fn membership(namespace: &str, name: &str, spec: &Value) -> String {
    let object = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership",
        "metadata": {"namespace": namespace, "name": name}, "spec": spec,
    });
    format!("{object}\n---\n")
}

pub(super) fn ready_of(object: &Value) -> String {
    if object["status"]["observedGeneration"] != object["metadata"]["generation"] {
        return "unseen".to_owned();
    }
    condition(object, "Ready")
}

fn condition(object: &Value, type_: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let Some(found) = conditions.iter().find(|condition| condition["type"] == type_) else { return "absent".to_owned() };
    format!("{}/{}", found["status"].as_str().unwrap_or_default(), found["reason"].as_str().unwrap_or_default())
}

pub(super) fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("a readable file")).into_owned()
}

/// Tells the person at the terminal something that the test harness would keep to itself.
pub(super) fn tell(text: &str) {
    writeln!(std::io::stdout(), "{text}").expect("stdout is open");
}

/// Tests say only what they are about; the account is always the same.
fn with_account(seed: &str) -> String {
    format!("accounts:\n  - {{id: \"{}\", keys: [{{id: key-1, secret: secret-1}}]}}\nregions: [cn-hangzhou]\n{seed}", crate::world::ACCOUNT)
}
