//! The volumes of a configuration: six kinds under one name each.

use crate::api::envelope::ValueFrom;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A volume is of one kind: `type` says which, and the member of that kind says the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.emptyDirVolume), has(self.nfsVolume), has(self.configFileVolumeConfigFileToPath) || has(self.configFileVolumeDefaultMode), has(self.flexVolume), has(self.hostPathVolume), has(self.diskVolume)].filter(given, given).size() <= 1")
    .message("a volume is of one kind: set only one of emptyDirVolume, nfsVolume, configFileVolume…, flexVolume, hostPathVolume and diskVolume"))]
#[x_kube(validation = Rule::new("!has(self.type) || (self.type == 'EmptyDirVolume' || !has(self.emptyDirVolume)) && (self.type == 'NFSVolume' || !has(self.nfsVolume)) && (self.type == 'ConfigFileVolume' || !has(self.configFileVolumeConfigFileToPath) && !has(self.configFileVolumeDefaultMode)) && (self.type == 'FlexVolume' || !has(self.flexVolume)) && (self.type == 'HostPathVolume' || !has(self.hostPathVolume)) && (self.type == 'DiskVolume' || !has(self.diskVolume))")
    .message("type must name what is set: EmptyDirVolume for emptyDirVolume, NFSVolume for nfsVolume, ConfigFileVolume for configFileVolume…, FlexVolume for flexVolume, HostPathVolume for hostPathVolume, DiskVolume for diskVolume"))]
pub struct Volume {
    /// Name of the volume, by which containers mount it.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// Kind of the volume. May be left out where the volume exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "type")]
    pub type_: Option<VolumeType>,
    /// With type `EmptyDirVolume`: an empty directory that lives as long as the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_dir_volume: Option<EmptyDirVolume>,
    /// With type `NFSVolume`: a directory of an NFS server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs_volume: Option<NfsVolume>,
    /// With type `ConfigFileVolume`: the files in it, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["path"]))]
    pub config_file_volume_config_file_to_path: Option<Vec<ConfigFile>>,
    /// With type `ConfigFileVolume`: the permissions of files that have none of their own, as the number that goes to the cloud. Whether the cloud takes it for
    /// octal digits or for a decimal number is not documented; and YAML turns 0644 into 420, but leaves 644 alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 777))]
    pub config_file_volume_default_mode: Option<i32>,
    /// With type `FlexVolume`: whatever its driver mounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flex_volume: Option<FlexVolume>,
    /// With type `HostPathVolume`: a path of the machine that the instance runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_path_volume: Option<HostPathVolume>,
    /// With type `DiskVolume`: a disk. The vendor recommends a FlexVolume instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_volume: Option<DiskVolume>,
}

/// What a volume is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum VolumeType {
    EmptyDirVolume,
    #[serde(rename = "NFSVolume")]
    NfsVolume,
    ConfigFileVolume,
    FlexVolume,
    HostPathVolume,
    DiskVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmptyDirVolume {
    /// Where its contents are: empty for the file system of the machine, `memory` for memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// How large it may grow, with a unit, for instance `256Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[0-9]+(\.[0-9]+)?[A-Za-z]*$"))]
    pub size_limit: Option<String>,
}

/// Where the contents of an empty directory are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Medium {
    #[serde(rename = "")]
    Node,
    #[serde(rename = "memory")]
    Memory,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NfsVolume {
    /// Domain name or address of the NFS server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub server: Option<String>,
    /// Directory of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub path: Option<String>,
    /// Whether nobody may write. Default of the cloud: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("!(has(self.content) && has(self.contentFrom))").message("set only one of content and contentFrom"))]
pub struct ConfigFile {
    /// Path of the file, relative to where the volume is mounted.
    #[schemars(length(min = 1, max = 1024))]
    pub path: String,
    /// What is in the file, as the cloud takes it: in base64, at most 32 KB. It can be read by everybody who may read this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32_768))]
    pub content: Option<String>,
    /// What is in the file, from a Secret or a ConfigMap of the same namespace, at most 32 KB. Steward sends it to the cloud in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_from: Option<ValueFrom>,
    /// Permissions of the file; see `configFileVolumeDefaultMode` about how it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 777))]
    pub mode: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlexVolume {
    /// Name of the driver, for instance `alicloud/disk`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub driver: Option<String>,
    /// File system to mount. Its default is the driver's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub fs_type: Option<String>,
    /// Options of the driver, a JSON object written as a text: '{"volumeId": "d-1", "performanceLevel": "PL2"}'. Compared as JSON; a difference is shown as `(hidden)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub options: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostPathVolume {
    /// Path on the machine, absolute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = Rule::new("self.startsWith('/')").message("must be an absolute path, for instance /var/log"))]
    pub path: Option<String>,
    /// What must be there, for instance `File`, `Directory` or `Socket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "type")]
    #[schemars(length(max = 32))]
    pub type_: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiskVolume {
    /// The disk, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub disk_id: Option<String>,
    /// Size of the disk in GiB, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub disk_size: Option<i32>,
    /// File system of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub fs_type: Option<String>,
}
