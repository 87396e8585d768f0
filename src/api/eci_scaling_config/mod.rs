//! `EciScalingConfig`: a scaling configuration for elastic container instances looks like so. Here is what a person decides about the object;
//! `configuration` is what the cloud knows, `status` what steward found and did.

pub mod configuration;
pub mod containers;
pub mod status;
pub mod volumes;

pub use configuration::EciConfiguration;
pub use status::EciScalingConfigStatus;

use super::envelope::{CredentialRef, DeletionPolicy, Interval, ManagementPolicy};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which scaling configuration is meant, what it should look like, and how steward goes about it.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "cloudsteward.dev",
    version = "v1alpha1",
    kind = "EciScalingConfig",
    plural = "eciscalingconfigs",
    namespaced,
    status = "EciScalingConfigStatus",
    derive = "PartialEq",
    shortname = "esc",
    category = "steward",
    doc = "A scaling configuration of Auto Scaling for elastic container instances. Steward changes what spec names and keeps everything else as it is; instances that run already are not touched by the cloud.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Drift", type_ = "string", json_path = ".status.conditions[?(@.type==\"Drifted\")].status"),
    printcolumn(name = "Group", type_ = "string", json_path = ".status.scalingGroupId"),
    printcolumn(name = "CPU", type_ = "number", json_path = ".status.summary.cpu"),
    printcolumn(name = "Memory", type_ = "number", json_path = ".status.summary.memory"),
    printcolumn(name = "Image", type_ = "string", json_path = ".status.summary.image"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".status.region", priority = 1),
    printcolumn(name = "Credential", type_ = "string", json_path = ".spec.credentialRef.name", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.scalingConfigurationId) != has(self.scalingGroupId)")
    .message("set exactly one of scalingConfigurationId (that very configuration) and scalingGroupId (the one with the name configuration.scalingConfigurationName in that group, created if absent)"))]
#[x_kube(validation = Rule::new("!has(self.scalingGroupId) || has(self.configuration.scalingConfigurationName)")
    .message("with scalingGroupId also set configuration.scalingConfigurationName: it is how the configuration is found in the group"))]
#[x_kube(validation = Rule::new("!has(self.scalingGroupId) || has(self.configuration.securityGroupId)")
    .message("with scalingGroupId also set configuration.securityGroupId: a configuration cannot be created without it"))]
#[x_kube(validation = Rule::new("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)")
    .message("spec.region cannot be added, changed or removed: delete the object and create it anew").field_path(".region"))]
#[x_kube(validation = Rule::new("has(self.scalingConfigurationId) == has(oldSelf.scalingConfigurationId) && (!has(self.scalingConfigurationId) || self.scalingConfigurationId == oldSelf.scalingConfigurationId)")
    .message("spec.scalingConfigurationId cannot be added, changed or removed: delete the object and create it anew").field_path(".scalingConfigurationId"))]
#[x_kube(validation = Rule::new("has(self.scalingGroupId) == has(oldSelf.scalingGroupId) && (!has(self.scalingGroupId) || self.scalingGroupId == oldSelf.scalingGroupId)")
    .message("spec.scalingGroupId cannot be added, changed or removed: delete the object and create it anew").field_path(".scalingGroupId"))]
pub struct EciScalingConfigSpec {
    /// The CloudCredential to act with.
    #[serde(default)]
    pub credential_ref: CredentialRef,
    /// Region of the scaling group. Default: the credential's. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// Id of an existing scaling configuration, for instance asc-bp16har3jpj6fjbx. Steward never creates or deletes one that is named so. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9-]+$"))]
    pub scaling_configuration_id: Option<String>,
    /// Id of the scaling group in which the configuration is found by `configuration.scalingConfigurationName`, and created if there is none. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9-]+$"))]
    pub scaling_group_id: Option<String>,
    /// Who decides which containers and init containers there are. `Merge`: spec's, and whatever somebody else added; fields that spec does not name keep
    /// their values. `Exclusive`: spec's only, the others are removed.
    #[serde(default)]
    pub container_ownership: ContainerOwnership,
    /// Allows steward to send the complete configuration with the cloud's Override switch where a value has to be cleared that cannot be cleared otherwise.
    /// While false, such an object says `CannotClear`, with the path.
    #[serde(default)]
    pub allow_override: bool,
    /// What the scaling configuration should look like. A field that is absent is nobody's business here: it is neither compared nor changed. A field that is
    /// taken out again after steward had set it is cleared.
    #[serde(default)]
    pub configuration: EciConfiguration,
    /// `Manage`: make it so. `Observe`: compare only, never write to the cloud, also not on deletion.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// `Retain`: nothing changes in the cloud when the object goes. `Delete`: the scaling configuration is deleted if steward created it.
    #[serde(default = "retain")]
    pub deletion_policy: DeletionPolicy,
    /// How often the cloud is compared with this object. Default: the operator's `--default-sync-interval`; at least 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('30s')").message("must be at least 30s"))]
    pub sync_interval: Option<Interval>,
    /// While true, steward leaves this object and its configuration alone. Deletion is still carried out.
    #[serde(default)]
    pub suspend: bool,
}

fn retain() -> DeletionPolicy {
    DeletionPolicy::Retain
}

/// Whose containers there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ContainerOwnership {
    #[default]
    Merge,
    Exclusive,
}

#[cfg(test)]
mod tests;
