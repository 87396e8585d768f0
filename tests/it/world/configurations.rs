//! What stories of `EciScalingConfig` do and see beside what all stories do: objects, and the configurations in the cloud.

use super::{CONFIGURATIONS, World};
use cloud_steward::operator::KindName;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steward_cloudsim as sim;

pub(crate) const CREATE: &str = "CreateEciScalingConfiguration";
pub(crate) const DELETE: &str = "DeleteEciScalingConfiguration";
pub(crate) const DESCRIBE: &str = "DescribeEciScalingConfigurations";
pub(crate) const MODIFY: &str = "ModifyEciScalingConfiguration";

impl World {
    /// A world of scaling configurations, with this seed in its cloud.
    pub(crate) fn of_configurations(seed: &str) -> Self {
        let mut world = Self::new(seed);
        world.plural = CONFIGURATIONS;
        world.configure(|config| config.kinds = vec![KindName::EciScalingConfig]);
        world
    }

    /// Creates an `EciScalingConfig` in namespace `default`.
    pub(crate) fn configuration(&self, name: &str, spec: &Value) {
        self.configuration_in("default", name, spec);
    }

    pub(crate) fn configuration_in(&self, namespace: &str, name: &str, spec: &Value) {
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "EciScalingConfig",
            "metadata": {"namespace": namespace, "name": name}, "spec": spec,
        }));
    }

    pub(crate) fn config_map(&self, name: &str, values: &Value) {
        self.api.create_json(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": values,
        }));
    }

    pub(crate) fn rewrite_config_map(&self, name: &str, values: &Value) {
        self.api.patch_json("configmaps", "default", name, &json!({"data": values}));
    }

    pub(crate) fn status(&self, name: &str) -> Value {
        self.get(name).unwrap_or_default()["status"].clone()
    }

    /// Whatever the simulator's door for edits takes.
    #[track_caller]
    pub(crate) fn by_hand(&self, edit: Value) {
        self.cloud.edit(serde_json::from_value(edit).expect("an edit")).expect("an edit that is possible");
    }

    /// Somebody sets these fields of a configuration, in the cloud's names.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "what `json!` makes is nobody else's")]
    pub(crate) fn set_by_hand(&self, id: &str, fields: Value) {
        self.by_hand(json!({"set": {"scalingConfiguration": id, "configuration": fields}}));
    }

    /// Answers say this of a configuration, whatever is true.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "what `json!` makes is nobody else's")]
    pub(crate) fn pretend(&self, id: &str, fields: Value) {
        self.by_hand(json!({"set": {"scalingConfiguration": id, "extra": fields}}));
    }

    /// What the cloud holds, in the names of a Modify; null if there is no such configuration.
    pub(crate) fn in_cloud(&self, id: &str) -> Value {
        let found = self.configurations().into_iter().find(|one| one["id"] == id);
        found.map(|one| one["configuration"].clone()).unwrap_or_default()
    }

    /// Ids of the configurations in a group that have this name.
    pub(crate) fn named(&self, group: &str, name: &str) -> Vec<String> {
        let all = self.configurations().into_iter();
        let hits = all.filter(|one| one["group"] == group && one["configuration"]["ScalingConfigurationName"] == name);
        hits.map(|one| one["id"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn configurations(&self) -> Vec<Value> {
        self.cloud.state()["scalingConfigurations"].as_array().cloned().unwrap_or_default()
    }

    /// The calls of this operation, with what they said.
    pub(crate) fn said(&self, operation: &str) -> Vec<sim::Call> {
        self.cloud.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    /// How often the cloud changed by this operation, whatever the operator was told.
    pub(crate) fn acted(&self, operation: &str) -> usize {
        self.said(operation).iter().filter(|call| call.acted).count()
    }

    /// What the last Modify said of the fields that begin so.
    pub(crate) fn sent(&self, prefix: &str) -> BTreeMap<String, String> {
        let last = self.said(MODIFY).pop().map(|call| call.parameters).unwrap_or_default();
        last.into_iter().filter(|(name, _)| name.starts_with(prefix)).collect()
    }
}
