//! What stories of credentials do and see beside what all stories do: Secrets and `CloudCredentials` of every form, and the clouds' log.

use super::{CREDENTIALS, World, condition};
use serde_json::{Value, json};
use steward_cloudsim as sim;

impl World {
    /// A Secret in namespace `default` with these values.
    pub(crate) fn secret_with(&self, name: &str, values: &Value) {
        self.api.create_json(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "default", "name": name}, "stringData": values,
        }));
    }

    pub(crate) fn rewrite_secret(&self, name: &str, values: &Value) {
        self.api.patch_json("secrets", "default", name, &json!({"stringData": values}));
    }

    /// A CloudCredential in namespace `default`, all of whose services are the simulator.
    pub(crate) fn credential_with(&self, name: &str, spec: &Value) {
        self.credential_in("default", name, spec);
    }

    pub(crate) fn credential_in(&self, namespace: &str, name: &str, spec: &Value) {
        let url = self.cloud.url();
        let mut spec = spec.clone();
        spec["endpoints"] = ["csbs", "ecs", "ess", "iam", "sts"].iter().map(|service| json!({"service": service, "url": url})).collect();
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"namespace": namespace, "name": name},
            "spec": spec,
        }));
    }

    pub(crate) fn edit_credential(&self, name: &str, change: &Value) {
        self.api.patch_json(CREDENTIALS, "default", name, &json!({"spec": change}));
    }

    /// A `ServiceAccount` in namespace `default`.
    pub(crate) fn service_account(&self, name: &str) {
        self.api.create_json(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "default", "name": name}}));
    }

    pub(crate) fn credential_status(&self, name: &str) -> Value {
        self.api.get_json(CREDENTIALS, "default", name).unwrap_or_default()["status"].clone()
    }

    pub(crate) fn credential_message(&self, name: &str) -> String {
        let status = self.credential_status(name);
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready").cloned().unwrap_or_default();
        ready["message"].as_str().unwrap_or_default().to_owned()
    }

    /// `True/InSync`; `unseen` while the operator has not looked at the present spec.
    pub(crate) fn credential_ready_now(&self, name: &str) -> String {
        let Some(object) = self.api.get_json(CREDENTIALS, "default", name) else { return "gone".to_owned() };
        let seen = object["status"]["observedGeneration"] == object["metadata"]["generation"];
        if seen { condition(&object, "Ready") } else { "unseen".to_owned() }
    }

    /// Waits at most that many seconds for the credential.
    #[track_caller]
    pub(crate) fn until_credential(&mut self, at_most: u64, name: &str, ready: &str) {
        let (name, ready) = (name.to_owned(), ready.to_owned());
        let what = format!("CloudCredential {name} is {ready}");
        self.until(std::time::Duration::from_secs(at_most), &what, move |world| world.credential_ready_now(&name) == ready);
    }

    /// The calls that the clouds did not let pass: `AssumeRole 403 NoPermission`.
    pub(crate) fn refused_calls(&self) -> Vec<String> {
        let refused = |call: &sim::Call| call.status.is_none_or(|status| status >= 400);
        let line = |call: sim::Call| format!("{} {} {}", call.operation, call.status.unwrap_or_default(), call.code.unwrap_or_default());
        self.cloud.calls().into_iter().filter(refused).map(line).collect()
    }
}
