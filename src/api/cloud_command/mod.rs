//! `CloudCommand`: this script runs on these servers, once per intent. Here is what a person decides about the object; `command` is what runs,
//! `targets` where, `conduct` how the run goes, `status` what became of it.

pub mod command;
pub mod conduct;
pub mod status;
pub mod targets;

pub use command::{Command, Parameter};
pub use conduct::{OnUnfitTarget, Output, Rollout, Window};
pub use status::CloudCommandStatus;
pub use targets::{CloudTag, Targets};

use super::envelope::{CredentialRef, DeletionPolicy, Interval};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an edit may not change by itself. The lists in it are sets and maps: the order of their entries is no change.
const CHANGED_BY_TRIGGER_ONLY: &str = "has(self.trigger) != has(oldSelf.trigger) || has(self.trigger) && self.trigger != oldSelf.trigger \
    || self.command == oldSelf.command && self.targets == oldSelf.targets && self.repeatMode == oldSelf.repeatMode \
    && (has(self.parameters) ? self.parameters : []) == (has(oldSelf.parameters) ? oldSelf.parameters : []) \
    && has(self.frequency) == has(oldSelf.frequency) && (!has(self.frequency) || self.frequency == oldSelf.frequency) \
    && (has(self.tags) ? self.tags : []) == (has(oldSelf.tags) ? oldSelf.tags : []) \
    && has(self.resourceGroupId) == has(oldSelf.resourceGroupId) && (!has(self.resourceGroupId) || self.resourceGroupId == oldSelf.resourceGroupId) \
    && has(self.ossOutputDelivery) == has(oldSelf.ossOutputDelivery) && (!has(self.ossOutputDelivery) || self.ossOutputDelivery == oldSelf.ossOutputDelivery)";

/// What runs where, and how often.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "cloudsteward.dev",
    version = "v1alpha1",
    kind = "CloudCommand",
    plural = "cloudcommands",
    namespaced,
    status = "CloudCommandStatus",
    derive = "PartialEq",
    shortname = "ccmd",
    category = "steward",
    doc = "A script that Cloud Assistant runs on ECS instances, once: it runs again only when spec.trigger changes. The status says what became of it on each instance.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Done", type_ = "string", json_path = ".status.summary.done"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.summary.failed"),
    printcolumn(name = "Last-Run", type_ = "date", json_path = ".status.summary.lastRun"),
    printcolumn(name = "Next-Run", type_ = "string", json_path = ".status.schedule.nextRun"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".status.region", priority = 1),
    printcolumn(name = "Credential", type_ = "string", json_path = ".spec.credentialRef.name", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)")
    .message("spec.region cannot be added, changed or removed: delete the object and create it anew").field_path(".region"))]
#[x_kube(validation = Rule::new(CHANGED_BY_TRIGGER_ONLY).message("change spec.trigger to run the changed command").field_path(".trigger"))]
#[x_kube(validation = Rule::new("self.repeatMode != 'Period' || has(self.frequency)")
    .message("repeatMode Period needs spec.frequency, which says when").field_path(".frequency"))]
#[x_kube(validation = Rule::new("!has(self.frequency) || self.repeatMode == 'Period'")
    .message("with spec.frequency also write repeatMode: Period, because the cloud takes whatever has a frequency for a schedule").field_path(".repeatMode"))]
pub struct CloudCommandSpec {
    /// The CloudCredential to act with.
    #[serde(default)]
    pub credential_ref: CredentialRef,
    /// Region of the instances. Default: the credential's. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// The instances to run on, 1,000 at most: exactly one of instanceIds, resourceTags and instanceSelector. They are settled once per intent: an instance that begins to
    /// fit later is not run on. May be changed together with trigger only.
    pub targets: Targets,
    /// What runs. May be changed together with trigger only.
    pub command: Command,
    /// Values for the names in double braces in the content: {{ name }}. Every name here must occur there. Without parameters (and without enableParameter) double braces
    /// mean nothing. May be changed together with trigger only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    #[x_kube(validation = Rule::new("self.all(p, self.exists_one(q, q.name.lowerAscii() == p.name.lowerAscii()))")
        .message("two names that differ only in upper and lower case are one name to the cloud"))]
    pub parameters: Vec<Parameter>,
    /// Any text. The command runs once for each combination of what runs and this text; a changed one is how a person says: now, again. Combinations that ran before do
    /// not run again, whichever way they come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub trigger: Option<String>,
    /// `Once`: now. `Period`: whenever frequency says. `NextRebootOnly`: when the instance starts the next time. `EveryReboot`: whenever the instance starts.
    /// All but `Once` stay with the cloud until they are stopped. May be changed together with trigger only.
    #[serde(default)]
    pub repeat_mode: RepeatMode,
    /// When it runs, with repeatMode Period: `rate(5m)` (60 seconds to 7 days; the first run is one interval after the start), `at(2030-01-31 13:15:30 Asia/Shanghai)`
    /// (once; UTC without a zone), or a cron expression of seconds, minutes, hours, day of the month, month, day of the week, optionally a year, and a zone at the end
    /// (`0 0 3 ? * MON-FRI Europe/Berlin`; without one each instance goes by its own clock). Zones: names such as Asia/Shanghai, offsets such as GMT+8:00, UTC.
    /// Intervals are longer than the timeout; runs by a cron expression are as far apart as it is long, and 10 seconds at least. May be changed together with trigger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub frequency: Option<String>,
    /// Tags for the run in the cloud, at most 18: two more are steward's own, by which it finds the run again. May be changed together with trigger only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 18), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"]))]
    #[x_kube(validation = Rule::new("self.all(t, !t.key.startsWith('steward-'))").message("keys that begin with steward- are steward's own"))]
    pub tags: Vec<CloudTag>,
    /// Resource group of the run. Every target must be in it. Default: none is named. May be changed together with trigger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub resource_group_id: Option<String>,
    /// Where the cloud puts the complete output of each instance, as `oss://bucket/prefix`. Default: nowhere. May be changed together with trigger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    #[x_kube(validation = Rule::new("self.matches('^oss://[a-z0-9][a-z0-9-]*[a-z0-9](/.*)?$')").message("must be a bucket and a prefix, for instance oss://logs/commands"))]
    pub oss_output_delivery: Option<String>,
    /// The time in which the run may start. Default: any. What is older than its window does not run, also not when an old repository is applied anew. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// How many targets at once, and how many may fail. Default: up to 100 per call, all at once, and failures stop nothing. May be changed while the command runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What happens if a target cannot run the command now (it is not running, Cloud Assistant does not answer or is too old). `Fail`: nothing runs anywhere. `Skip`: the
    /// others run, and status lists who was left out. With targets.resourceTags the cloud alone knows who is meant: if one of them cannot run it, nothing runs anywhere.
    #[serde(default)]
    pub on_unfit_target: OnUnfitTarget,
    /// What is kept of the output in status. May be changed.
    #[serde(default)]
    pub output: Output,
    /// How long after the end the results of the instances stay in status. Default: until the command runs again.
    #[serde(default, rename = "resultsTTL", skip_serializing_if = "Option::is_none")]
    pub results_ttl: Option<Interval>,
    /// `Delete`: when the object goes, what is scheduled or pending is stopped; what already runs on an instance runs to its end. `Retain`: nothing is stopped.
    #[serde(default = "delete")]
    pub deletion_policy: DeletionPolicy,
    /// True stops the run: what is pending or scheduled never starts. What already runs on an instance runs to its end.
    #[serde(default)]
    pub cancel: bool,
    /// While true, nothing more is started, and steward leaves the object alone. Deletion is still carried out.
    #[serde(default)]
    pub suspend: bool,
}

fn delete() -> DeletionPolicy {
    DeletionPolicy::Delete
}

/// How often a command runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RepeatMode {
    #[default]
    Once,
    Period,
    NextRebootOnly,
    EveryReboot,
}

#[cfg(test)]
mod tests;
