//! How a run goes: when it may start, how many at once, what stops it, what is kept of its output. Nothing here makes a command run, and all of it
//! may be edited at any time.

use crate::api::envelope::Time;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The most bytes of one instance's output that the cloud keeps.
pub const MAX_TAIL_BYTES: i32 = 24 * 1024;

/// The time in which a run may start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.notBefore) || !has(self.notAfter) || self.notAfter > self.notBefore").message("notAfter must be later than notBefore"))]
pub struct Window {
    /// Nothing is sent to the cloud before this moment, for instance 2030-01-31T02:00:00Z. Default: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub not_before: Option<Time>,
    /// What has not been sent by this moment is never sent. Default: no limit. Objects in a Git repository should have one: it keeps an old repository from running old
    /// commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "moment")]
    pub not_after: Option<Time>,
}

/// How a run spreads over its targets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// How many targets may run it at a time: a number, or a share of all targets, rounded down but at least one. Default: all. A later change does not cut the batches
    /// anew, it changes how many of them are out at once. Not with targets.resourceTags; and what the
    /// cloud schedules it has on all targets at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "max_concurrent_schema")]
    pub max_concurrent: Option<IntOrString>,
    /// How many targets may fail: a number, or a share of all targets, rounded down. With one more, no further batch starts. Default: any number. Raised later, the run
    /// goes on with the targets that have not run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "max_failures_schema")]
    pub max_failures: Option<IntOrString>,
}

/// What happens with targets that cannot run the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnUnfitTarget {
    #[default]
    Fail,
    Skip,
}

/// What is kept of the output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!has(self.on) || !has(self.__true__)").message("on is written twice"))]
pub struct Output {
    /// `Tail`: the end of each instance's output. `None`: nothing. Default: `None` if the script or a parameter comes from a Secret, else `Tail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// How many bytes of each instance's output are kept, at most 24,576. All outputs of an object share 128 KiB, and those of failed targets come first.
    #[serde(default = "tail_bytes")]
    #[schemars(range(min = 1, max = 24576))]
    pub tail_bytes: i32,
    /// Whose output is kept: `Always` of every instance, `Failure` only of those where the command did not succeed. Default: `Always`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<CaptureOn>,
    /// The same as `on`: kubectl reads an `on` without quotation marks as the word true, as YAML 1.1 has it.
    #[serde(default, rename = "true", skip_serializing_if = "Option::is_none")]
    pub on_unquoted: Option<CaptureOn>,
}

impl Output {
    /// Whose output is kept, whichever way it was written.
    pub fn capture_on(&self) -> CaptureOn {
        self.on.or(self.on_unquoted).unwrap_or_default()
    }
}

impl Default for Output {
    fn default() -> Self {
        Self { capture: None, tail_bytes: tail_bytes(), on: None, on_unquoted: None }
    }
}

fn tail_bytes() -> i32 {
    2048
}

/// How much of an output is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Capture {
    Tail,
    None,
}

/// Whose output is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CaptureOn {
    #[default]
    Always,
    Failure,
}

/// Narrower than the format: what passes here can be read, whatever else the API server takes for a date.
fn moment(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "format": "date-time",
        "nullable": true,
        "maxLength": 40,
        "pattern": r"^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])$"
    })
}

fn max_concurrent_schema(_: &mut SchemaGenerator) -> Schema {
    number_or_share("^([1-9][0-9]{0,8}|(100|[1-9][0-9]?)%)$", "must be a number of targets from 1, or a share of them from 1% to 100%")
}

fn max_failures_schema(_: &mut SchemaGenerator) -> Schema {
    number_or_share("^([0-9]{1,9}|(100|[1-9]?[0-9])%)$", "must be a number of targets, or a share of them from 0% to 100%")
}

fn number_or_share(pattern: &str, message: &str) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "nullable": true,
        "maxLength": 9,
        "x-kubernetes-validations": [{"rule": format!("string(self).matches('{pattern}')"), "message": message}]
    })
}
