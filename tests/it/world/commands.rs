//! What stories of `CloudCommand` do and see beside what all stories do: objects, and what the cloud ran.

use super::World;
use cloud_steward::operator::KindName;
use serde_json::{Value, json};
use steward_cloudsim as sim;

/// Plural, as the API server has it.
pub(crate) const COMMANDS: &str = "cloudcommands";
pub(crate) const RUN: &str = "RunCommand";
pub(crate) const STOP: &str = "StopInvocation";
pub(crate) const LOOK: &str = "DescribeInvocations";
pub(crate) const RESULTS: &str = "DescribeInvocationResults";

impl World {
    /// A world of commands, with this seed in its cloud.
    pub(crate) fn of_commands(seed: &str) -> Self {
        let mut world = Self::new(seed);
        world.plural = COMMANDS;
        world.configure(|config| config.kinds = vec![KindName::CloudCommand]);
        world
    }

    /// Creates a `CloudCommand` in namespace `default`.
    pub(crate) fn command(&self, name: &str, spec: &Value) {
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCommand",
            "metadata": {"namespace": "default", "name": name}, "spec": spec,
        }));
    }

    /// Everything that the cloud ever took, in the order in which it did.
    pub(crate) fn ran(&self) -> Vec<sim::commands::Invocation> {
        self.cloud.invocations()
    }

    /// How often scripts began on this instance.
    pub(crate) fn marks(&self, instance: &str) -> usize {
        self.marks_of("", instance)
    }

    /// How often scripts with this in them began on this instance.
    pub(crate) fn marks_of(&self, content: &str, instance: &str) -> usize {
        let on = |invocation: &sim::commands::Invocation| -> usize {
            invocation.targets.iter().filter(|target| target.instance == instance).map(|target| target.ran.len()).sum()
        };
        self.ran().iter().filter(|invocation| invocation.content.contains(content)).map(on).sum()
    }
}
