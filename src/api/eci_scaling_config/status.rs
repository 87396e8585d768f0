//! What steward found and did about one scaling configuration. Values of secrets are nowhere in it, and of what was set only the paths.

use crate::api::envelope::{Drift, Envelope, Time, open_word};
use crate::api::journal::JournalEntry;
use crate::api::paths::Paths;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes that the paths of `applied` may have together: a spec that would need more cannot be remembered, so it is refused.
pub const MAX_APPLIED_BYTES: usize = 48 * 1024;
/// The most values that one object takes from Secrets and ConfigMaps.
pub const MAX_SECRETS: usize = 256;
/// The most bytes that their paths and fingerprints may have together, for the same reason.
pub const MAX_SECRETS_BYTES: usize = 40 * 1024;

/// What steward did and found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EciScalingConfigStatus {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// How this object came by its configuration: `Created` by steward, `Adopted` (found by its name in the group), or `Bound` by `spec.scalingConfigurationId`. Only
    /// what was created is ever deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "open_word")]
    pub origin: Option<Origin>,
    /// The group that the configuration belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling_group_id: Option<String>,
    /// The configuration's name as it was seen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling_configuration_name: Option<String>,
    /// What the cloud says of its life: `Active` is the one that the group makes its instances from, `Inactive` any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_state: Option<String>,
    /// The configuration at a glance, as it was seen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Differences between spec and the cloud, at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub drift: Vec<Drift>,
    /// Steward's memory of what it set: a tree of names without values. An entry that steward added itself is marked with a dot. What is in here and leaves spec is
    /// removed from the cloud.
    #[serde(default, skip_serializing_if = "Paths::is_empty")]
    pub applied: Paths,
    /// Fingerprints of the values by reference that steward set last, under a key that never leaves the installation: it tells that a Secret has changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["path"]))]
    pub secrets: Vec<SecretPrint>,
    /// The generation of spec that the cloud was last made equal to, or is being made: what differs from it afterwards was changed by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pursued_generation: Option<i64>,
    /// The change that is under way: sent, and not yet seen to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convergence: Option<Convergence>,
    /// What steward had to set right after somebody else changed it, at most 32 paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["path"]))]
    pub corrections: Vec<Correction>,
    /// What another tool changes again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    /// The journal of calls that may happen only once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["run"]))]
    pub operations: Vec<JournalEntry>,
}

/// How an object came by its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Steward created it, and may delete it.
    Created,
    /// It was there under its name.
    Adopted,
    /// Spec named its id.
    Bound,
    /// Written by a newer release: kept as it is, and nothing is done with the object.
    #[serde(untagged)]
    Unknown(String),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// vCPUs of an instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Memory of an instance in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<f64>,
    /// Image of the first container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretPrint {
    pub path: String,
    /// HMAC of the value that was set last.
    pub hmac: String,
}

/// How the present change is getting on; kept here, so that a restart does not forget how often it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Convergence {
    /// The generation of spec that asks for it.
    pub generation: i64,
    /// How often it was sent to the cloud.
    pub sent: i32,
    /// When it was last sent.
    pub since: Time,
    /// What it is to change, at most 32 paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["path"]))]
    pub paths: Vec<Pursued>,
    /// What becomes part of `applied` once it is seen to hold.
    #[serde(default, skip_serializing_if = "Paths::is_empty")]
    pub sets: Paths,
}

/// One path of a change that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pursued {
    pub path: String,
    /// How often it was sent.
    pub sent: i32,
    /// The time of the call after which it was seen to hold, if it was: should it differ later without another call, somebody else has changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Time>,
    /// It had been so before, and somebody else changed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrects: bool,
}

/// Somebody else changes what steward sets right; it writes no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// Another generation of spec ends it.
    pub generation: i64,
    /// And so does another wish for a look, as `lastHandledReconcileAt` echoes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<String>,
    /// What the two disagree about, at most 32 paths.
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    pub path: String,
    /// When it was set right, the latest five times.
    #[schemars(length(max = 5), extend("x-kubernetes-list-type" = "atomic"))]
    pub times: Vec<Time>,
}
