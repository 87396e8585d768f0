//! `SecurityGroupMembership`: these servers, or these network interfaces, are in that security group.

use super::envelope::{CredentialRef, DeletionPolicy, Drift, Envelope, Interval, ManagementPolicy, Problem, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{CustomResource, KubeSchema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The most members that one object may have.
pub const MAX_MEMBERS: usize = 1000;

/// Which targets belong into which security group.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "cloudsteward.dev",
    version = "v1alpha1",
    kind = "SecurityGroupMembership",
    namespaced,
    status = "SecurityGroupMembershipStatus",
    derive = "PartialEq",
    shortname = "sgm",
    category = "steward",
    doc = "These ECS instances or network interfaces are in that security group. Steward joins what is missing, and on removal leaves only what it joined itself.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.securityGroupId"),
    printcolumn(name = "Members", type_ = "integer", json_path = ".status.members"),
    printcolumn(name = "Joined", type_ = "integer", json_path = ".status.joined"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".status.region", priority = 1),
    printcolumn(name = "Credential", type_ = "string", json_path = ".spec.credentialRef.name", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)")
    .message("spec.region cannot be added, changed or removed: delete the object and create it anew").field_path(".region"))]
pub struct SecurityGroupMembershipSpec {
    /// The CloudCredential to act with.
    #[serde(default)]
    pub credential_ref: CredentialRef,
    /// Region of the group and of its members. Default: the credential's. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// The security group. May be changed: the members join the new one, and only then leave the old one.
    #[schemars(length(min = 4, max = 32))]
    #[x_kube(validation = Rule::new("self.matches('^sg-[A-Za-z0-9-]+$')").message("must be the id of a security group, for instance sg-bp67acfmxazb4p"))]
    pub security_group_id: String,
    /// Who belongs into the group: exactly one of instanceIds, networkInterfaceIds and instanceSelector. May be changed.
    pub targets: Targets,
    /// How many members may leave in one sync because `instanceSelector` stopped matching them: a number, or a share of the present members, rounded down but at least one.
    /// If more would have to leave, none does, and the object says who. It does not limit what leaves because an id was taken out of a list.
    #[serde(default = "ten_percent", deserialize_with = "ten_percent_if_null")]
    #[schemars(schema_with = "max_removals_schema")]
    pub max_removals: IntOrString,
    /// `Manage`: make it so. `Observe`: compare only, never write to the cloud, also not on deletion.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// `Delete`: when the object goes, its members leave the groups that steward had them join. `Retain`: nothing changes in the cloud.
    #[serde(default = "delete")]
    pub deletion_policy: DeletionPolicy,
    /// How often the cloud is compared with this object. Default: the operator's `--default-sync-interval`; at least 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('30s')").message("must be at least 30s"))]
    pub sync_interval: Option<Interval>,
    /// While true, steward leaves this object and its members alone. Deletion is still carried out.
    #[serde(default)]
    pub suspend: bool,
}

fn ten_percent() -> IntOrString {
    IntOrString::String("10%".to_owned())
}

/// The schema of a value that is a number or a text admits null as well, and one object that cannot be read would blind the watch for all.
fn ten_percent_if_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IntOrString, D::Error> {
    Option::<IntOrString>::deserialize(deserializer).map(|value| value.unwrap_or_else(ten_percent))
}

fn delete() -> DeletionPolicy {
    DeletionPolicy::Delete
}

/// Who belongs into the group: exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.instanceIds), has(self.networkInterfaceIds), has(self.instanceSelector)].filter(x, x).size() == 1")
    .message("set exactly one of instanceIds, networkInterfaceIds and instanceSelector"))]
pub struct Targets {
    /// ECS instances by id: their primary network interface joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 32)), extend("x-kubernetes-list-type" = "set"))]
    #[x_kube(validation = Rule::new("self.all(x, x.startsWith('i-'))").message("must be ids of instances, for instance i-bp67acfmxazb4p"))]
    pub instance_ids: Vec<String>,
    /// Network interfaces by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 32)), extend("x-kubernetes-list-type" = "set"))]
    #[x_kube(validation = Rule::new("self.all(x, x.startsWith('eni-'))").message("must be ids of network interfaces, for instance eni-bp13kd656hxambfe"))]
    pub network_interface_ids: Vec<String>,
    /// All ECS instances that fit. Fewer than 1,000 may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_selector: Option<InstanceSelector>,
}

/// An instance fits if it has all of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSelector {
    /// Tags that the instance must have, all of them.
    #[schemars(length(min = 1, max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"]))]
    pub tags: Vec<Tag>,
    /// The VPC that it must be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub vpc_id: Option<String>,
    /// The zone that it must be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub zone_id: Option<String>,
    /// The resource group that it must be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub resource_group_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// The tag's key.
    #[schemars(length(min = 1, max = 128))]
    pub key: String,
    /// The tag's value. Empty stands for the empty value, not for any value.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub value: String,
}

/// What steward did and found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupMembershipStatus {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// How many members spec asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<i32>,
    /// How many of them were seen in the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<i32>,
    /// Differences between spec and the cloud, at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub drift: Vec<Drift>,
    /// Members that cannot join or leave, and why; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub problems: Vec<Problem>,
    /// Steward's book of who is in which group by whose doing: it decides who leaves in the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub ledger: Vec<LedgerPage>,
}

/// The ledger's entries for one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerPage {
    pub security_group_id: String,
    #[schemars(length(max = 2000), extend("x-kubernetes-list-type" = "atomic"))]
    pub entries: Vec<LedgerEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// The instance, or the network interface if it is not an instance's primary one.
    pub target: String,
    pub state: LedgerState,
    /// When the latest attempt to join was recorded; only while `Adding`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When a complete listing first lacked this member; only while the selector does not match it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmatched_since: Option<Time>,
}

/// By whose doing a member is in the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerState {
    /// Written before the call that joins; whether it acted is not known yet.
    Adding,
    /// By steward's.
    Added,
    /// By somebody else's: it was there at first sight, and stays when the object goes.
    PreExisting,
    /// Written by a newer release: kept as it is, and nothing is done with the object.
    #[serde(untagged)]
    Unknown(String),
}

impl JsonSchema for LedgerState {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LedgerState".into()
    }

    // Open on purpose: an older CRD must not refuse the status of a newer release.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 32})
    }
}

fn max_removals_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 4,
        "x-kubernetes-validations": [{
            "rule": "string(self).matches('^([0-9]{1,9}|(100|[1-9]?[0-9])%)$')",
            "message": "must be a number of members, or a share of them from 0% to 100%"
        }]
    })
}
