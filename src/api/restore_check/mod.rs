//! `RestoreCheck`: can these backups be put back onto those servers? Here is what a person decides; `status` is what the backup service said.

pub mod status;

pub use status::RestoreCheckStatus;

use super::envelope::{CredentialRef, Interval};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most checks of one object.
pub const MAX_CHECKS: usize = 32;
/// The most answers that are kept of one check.
pub const MAX_HISTORY: usize = 20;

/// Which backups should be restorable where, and how often that is asked.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "cloudsteward.dev",
    version = "v1alpha1",
    kind = "RestoreCheck",
    namespaced,
    status = "RestoreCheckStatus",
    derive = "PartialEq",
    shortname = "rchk",
    category = "steward",
    doc = "Asks the Cloud Server Backup Service (CSBS) of Huawei Cloud or Open Telekom Cloud, again and again, whether backups of servers can be restored. It only asks: nothing is ever restored or changed.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Restorable", type_ = "string", json_path = ".status.conditions[?(@.type==\"Restorable\")].status"),
    printcolumn(name = "Last-Check", type_ = "date", json_path = ".status.lastCheck"),
    printcolumn(name = "Backup-Age", type_ = "date", json_path = ".status.oldestBackup"),
    printcolumn(name = "Next", type_ = "string", json_path = ".status.nextCheck"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".status.region", priority = 1),
    printcolumn(name = "Credential", type_ = "string", json_path = ".spec.credentialRef.name", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)")
    .message("spec.region cannot be added, changed or removed: delete the object and create it anew").field_path(".region"))]
#[x_kube(validation = Rule::new("!has(self.schedule) || !has(self.interval)")
    .message("set one of schedule and interval, or neither for once a day").field_path(".interval"))]
#[x_kube(validation = Rule::new("!has(self.timeZone) || has(self.schedule)")
    .message("a time zone is of use with spec.schedule only").field_path(".timeZone"))]
pub struct RestoreCheckSpec {
    /// The CloudCredential to ask with: one of HuaweiCloud or OpenTelekomCloud.
    #[serde(default)]
    pub credential_ref: CredentialRef,
    /// Region of the backups and servers. Default: the credential's. Cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// The service that is asked. There is one.
    #[serde(default)]
    pub service: BackupService,
    /// Id by which the service knows what kind of backups it is about. Default: the one of server backups, which is the same everywhere. May be changed.
    #[serde(default = "server_backups")]
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be an id, for instance fc4d5750-22e7-4798-8a46-f48f62c4c1da"))]
    pub provider_id: String,
    /// Id of the project that backups and servers are in. Default: the credential's. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub project_id: Option<String>,
    /// What is asked, each under a name of its own: at most 32. May be changed: what is new is asked at once.
    #[schemars(length(min = 1, max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub checks: Vec<Check>,
    /// When it is asked: a cron expression of minutes, hours, day of the month, month and day of the week, for instance `15 3 * * *` or `0 6 * * MON-FRI`. Each
    /// object asks up to five minutes later, always by the same amount, so that not all come at once. Default: see interval. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[^ ]+( +[^ ]+){4}$')").message("must be a cron expression of five fields, for instance 15 3 * * *"))]
    pub schedule: Option<String>,
    /// By which clock the schedule goes, as a name such as `Europe/Berlin`; summer time is heeded. Default: UTC. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_+/-]+$"))]
    pub time_zone: Option<String>,
    /// How long it is from one time to the next, less up to a tenth, so that not all ask at once: at least 1m. Default, without a schedule: 24h. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1m')").message("must be at least 1m"))]
    pub interval: Option<Interval>,
    /// How many times in a row the answer must be no before a backup that could be restored counts as one that cannot. May be changed.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub failure_threshold: i32,
    /// How old an answer may become before it says nothing any more: Restorable is Unknown then. At least 1m. Default: until the second time that it should have been
    /// replaced. May be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1m')").message("must be at least 1m"))]
    pub stale_after: Option<Interval>,
    /// How many answers of each check are kept in status: 0 to 20. May be changed.
    #[serde(default = "ten")]
    #[schemars(range(min = 0, max = 20))]
    pub history_limit: i32,
    /// While true, nothing is asked. The last verdict stays as it is.
    #[serde(default)]
    pub suspend: bool,
}

fn server_backups() -> String {
    "fc4d5750-22e7-4798-8a46-f48f62c4c1da".to_owned()
}

fn one() -> i32 {
    1
}

fn ten() -> i32 {
    10
}

/// The service that is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BackupService {
    #[default]
    #[serde(rename = "CSBS")]
    Csbs,
}

/// One question: can this backup be restored there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// By this name status speaks of it.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// The backup: exactly one of checkpointItemId and latest.
    pub backup: Backup,
    /// Where it should be possible to restore it to.
    pub target: Target,
}

/// A backup by id, or by rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.checkpointItemId) != has(self.latest)").message("set exactly one of checkpointItemId and latest"))]
pub struct Backup {
    /// Id of the backup of one server, which CSBS calls a checkpoint item; not that of the checkpoint around it, and not that of a disk's backup. It is another one after
    /// every backup: where they are made by schedule, use latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be the id of a checkpoint item, for instance 8986ce68-3da7-4d29-9cc2-1921e9504975"))]
    pub checkpoint_item_id: Option<String>,
    /// The newest backup of a server that is available when it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Latest>,
}

/// The newest backup of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latest {
    /// Id of the server that was backed up.
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be the id of a server, for instance 5aa119a8-d25b-45a7-8d1b-88e127885635"))]
    pub resource_id: String,
    /// How old the backup may be. If the newest is older, the answer is no (BackupTooOld), and the service is not asked. Default: any age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1m')").message("must be at least 1m"))]
    pub max_age: Option<Interval>,
}

/// Where a backup should be restored to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.volumeMapping) != has(self.volumes)").message("set exactly one of volumeMapping and volumes"))]
pub struct Target {
    /// Id of the server to restore onto. It may be another one than was backed up.
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be the id of a server, for instance 5aa119a8-d25b-45a7-8d1b-88e127885635"))]
    pub resource_id: String,
    /// What kind of server it is, in the words of CSBS. Default: an ECS.
    #[serde(default = "cloud_server")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^OS::[A-Za-z]+::[A-Za-z]+$"))]
    pub resource_type: String,
    /// `SourceVolumes`: each disk's backup goes back to the disk that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_mapping: Option<VolumeMapping>,
    /// Which disk's backup goes to which disk. All disks of the backup must be named, and all disks must be attached to the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["backupId"]))]
    pub volumes: Vec<Volume>,
}

fn cloud_server() -> String {
    "OS::Nova::Server".to_owned()
}

/// A rule for where disks' backups go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum VolumeMapping {
    SourceVolumes,
}

/// A disk's backup, and the disk to write it to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Id of the disk's backup: `extend_info.volume_backups[].id` of the checkpoint item.
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be the id of a disk's backup, for instance 7ea119a8-d25b-43a7-8d1b-88e12788513a"))]
    pub backup_id: String,
    /// Id of the EVS disk.
    #[schemars(length(min = 36, max = 36))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')").message("must be the id of a disk, for instance 45baf976-c20a-4894-a7c3-c94b7376bf55"))]
    pub volume_id: String,
}

#[cfg(test)]
mod tests;
