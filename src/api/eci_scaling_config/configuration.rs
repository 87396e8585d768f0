//! `spec.configuration`: the cloud's own fields under the cloud's own names, each of them optional, because absent means: not ours.
//! The containers and the volumes have files of their own. What binds several fields together is checked against what the cloud has, not here.

use super::containers::{Container, InitContainer};
use super::volumes::Volume;
use crate::api::envelope::{KeyRef, SecretRef};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the cloud makes of new instances of the group. Running ones keep what they were made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EciConfiguration {
    // ── the configuration itself ────────────────────────────────────────────────────────────────────────────
    /// Name of the scaling configuration, unique in its group: 2 to 64 letters, digits, Chinese characters, `_`, `-` and `.`, beginning with none of the last
    /// three. Default of the cloud: its id. With `spec.scalingGroupId` it is how the configuration is found at first; later it may be changed like any field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 64))]
    #[x_kube(validation = Rule::new(r"self.matches('^[\\p{Han}A-Za-z0-9][\\p{Han}A-Za-z0-9_.-]*$')")
        .message("must be 2 to 64 letters, digits, Chinese characters, '_', '-' and '.', and begin with a letter, a digit or a Chinese character"))]
    pub scaling_configuration_name: Option<String>,
    /// A remark about the configuration. Unavailable according to the vendor, though it is stored and read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub description: Option<String>,
    /// Resource group of the instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub resource_group_id: Option<String>,
    /// Tags of the instances, by key; at most 20. Tags that spec does not name stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"]))]
    pub tags: Option<Vec<Tag>>,

    // ── the instance ────────────────────────────────────────────────────────────────────────────────────────
    /// Name of the elastic container instances: 2 to 128 lower-case letters, digits and `-`, with no `-` at either end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 128))]
    #[x_kube(validation = Rule::new("self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')")
        .message("must be 2 to 128 lower-case letters, digits and '-', with no '-' at either end"))]
    pub container_group_name: Option<String>,
    /// Host name of the instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub host_name: Option<String>,
    /// What happens when the containers end: `Always` start them again (default of the cloud), `Never`, or only `OnFailure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// vCPUs of a whole instance, more than 0. Fractions are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "exclusiveMinimum" = true))]
    pub cpu: Option<f64>,
    /// Memory of a whole instance in GiB, more than 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "exclusiveMinimum" = true))]
    pub memory: Option<f64>,
    /// Physical cores of an instance, at least 1. Only some instance types let one choose. Goes to the cloud together with `cpuOptionsThreadsPerCore`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cpu_options_core: Option<i32>,
    /// Threads of each core, at least 1; 1 turns hyper-threading off. Only some instance types let one choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cpu_options_threads_per_core: Option<i32>,
    /// ECS instance types to make the instances from, in order of preference; at most 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub instance_types: Option<Vec<String>>,
    /// Whether the cloud may choose cheaper instance types. Default of the cloud: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_optimization: Option<bool>,
    /// Which types `costOptimization` may choose from: `EntryLevel` (shared, cheap, uneven), `EnterpriseLevel` (steady, dedicated) or `CreditEntryLevel`
    /// (burstable, by CPU credits). Has no effect without `costOptimization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_family_level: Option<InstanceFamilyLevel>,
    /// How the instances are paid: `NoSpot` as they go (default of the cloud), `SpotWithPriceLimit` preemptible up to `spotPriceLimit`, `SpotAsPriceGo`
    /// preemptible at the price of the market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot_strategy: Option<SpotStrategy>,
    /// The most that a preemptible instance may cost in an hour, more than 0, with up to three decimals. Needed with `SpotWithPriceLimit`, and read back only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "exclusiveMinimum" = true))]
    pub spot_price_limit: Option<f64>,
    /// Version of the GPU driver, for instance `tesla=470.82.01` or `tesla=525.85.12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub gpu_driver_version: Option<String>,
    /// RAM role that the instances act in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub ram_role_name: Option<String>,
    /// How long an instance may run, in seconds: 1 to 2147483647.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647_i64))]
    pub active_deadline_seconds: Option<i64>,
    /// How long the program has to finish its work before it is stopped, in seconds: 0 to 2147483647.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 2_147_483_647_i64))]
    pub termination_grace_period_seconds: Option<i64>,
    /// Whether logs go to Simple Log Service. Unavailable according to the vendor, though it is stored and read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_sls: Option<bool>,
    /// Kernel parameters of the instances, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub security_context_sys_ctls: Option<Vec<NameValue>>,
    /// Domain names of the NTP servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 253)), extend("x-kubernetes-list-type" = "atomic"))]
    pub ntp_servers: Option<Vec<String>>,

    // ── network ─────────────────────────────────────────────────────────────────────────────────────────────
    /// Security group of the instances. Default of the cloud: the region's default group, which it creates if need be. Must be set with `spec.scalingGroupId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub security_group_id: Option<String>,
    /// How many IPv6 addresses an instance has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub ipv6_address_count: Option<i32>,
    /// Whether each instance gets an elastic IP address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_create_eip: Option<bool>,
    /// Bandwidth of that elastic IP address in Mbit/s, at least 1. Default of the cloud: 5. (The two other bandwidths are in bit/s.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub eip_bandwidth: Option<i32>,
    /// The most that may come in, in bit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub ingress_bandwidth: Option<i64>,
    /// The most that may go out, in bit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub egress_bandwidth: Option<i64>,
    /// Weight of an instance behind the load balancer, 1 to 100. Default of the cloud when it creates a configuration: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub load_balancer_weight: Option<i32>,
    /// Where names are looked up: `Default` as the environment does, `None` as the `dnsConfig…` fields say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_policy: Option<DnsPolicy>,
    /// The DNS servers by IP address, in the order in which they are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub dns_config_name_servers: Option<Vec<String>>,
    /// Domains in which short names are looked up, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)), extend("x-kubernetes-list-type" = "atomic"))]
    pub dns_config_searchs: Option<Vec<String>>,
    /// Options of the resolver, by name; the value may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub dns_config_options: Option<Vec<NameValue>>,
    /// Additional lines of the hosts file, by IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["ip"]))]
    pub host_aliases: Option<Vec<HostAlias>>,

    // ── images and storage ──────────────────────────────────────────────────────────────────────────────────
    /// Image cache to start from, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub image_snapshot_id: Option<String>,
    /// Whether the cloud looks for a fitting image cache by itself. Default of the cloud: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_match_image_cache: Option<bool>,
    /// How to log in at image registries, by the registry's domain name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["server"]))]
    pub image_registry_credentials: Option<Vec<ImageRegistryCredential>>,
    /// Enterprise instances of Container Registry that images may be pulled from without a password, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["instanceId"]))]
    pub acr_registry_infos: Option<Vec<AcrRegistryInfo>>,
    /// Temporary storage of an instance in GiB, at least 1. It is an enhanced SSD of level PL1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub ephemeral_storage: Option<i32>,
    /// Bucket of the data cache, for instance `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub data_cache_bucket: Option<String>,
    /// Performance level of the data cache's disk: `PL0`, `PL1` (default of the cloud), `PL2` or `PL3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "dataCachePL")]
    pub data_cache_pl: Option<DataCachePl>,
    /// I/O operations per second bought for the data cache's disk, 0 to 50000; what a disk allows depends on its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 50_000))]
    pub data_cache_provisioned_iops: Option<i32>,
    /// Whether the data cache's disk may exceed its performance for a while. Default of the cloud: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_cache_bursting_enabled: Option<bool>,

    // ── what runs ───────────────────────────────────────────────────────────────────────────────────────────
    /// The containers, by name; at most 20. Those that spec does not name stay, unless `containerOwnership` is `Exclusive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub containers: Option<Vec<Container>>,
    /// The containers that run one after the other before the others start, by name; at most 20. Those that spec names run in spec's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub init_containers: Option<Vec<InitContainer>>,
    /// The volumes that containers mount, by name; at most 20. Those that spec does not name stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub volumes: Option<Vec<Volume>>,
}

/// When the containers are started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RestartPolicy {
    Always,
    Never,
    OnFailure,
}

/// Where names are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DnsPolicy {
    None,
    Default,
}

/// How the instances are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SpotStrategy {
    NoSpot,
    SpotWithPriceLimit,
    SpotAsPriceGo,
}

/// What `costOptimization` may choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InstanceFamilyLevel {
    EntryLevel,
    EnterpriseLevel,
    CreditEntryLevel,
}

/// How fast the data cache's disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum DataCachePl {
    Pl0,
    Pl1,
    Pl2,
    Pl3,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// The tag's key: 1 to 128 characters, no `acs:` or `aliyun` in front, no `http://` or `https://` anywhere.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(validation = Rule::new("!self.startsWith('acs:') && !self.startsWith('aliyun') && !self.contains('http://') && !self.contains('https://')")
        .message("must not begin with acs: or aliyun, nor contain http:// or https://"))]
    pub key: String,
    /// The tag's value, up to 128 characters; it may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub value: Option<String>,
}

/// A login at one registry: a user with the password in a Secret, or a whole login from a Secret as `kubectl create secret docker-registry` makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.passwordSecretRef) != has(self.dockerConfigSecretRef)")
    .message("set exactly one of passwordSecretRef (together with userName) and dockerConfigSecretRef; the password itself cannot be written here"))]
#[x_kube(validation = Rule::new("has(self.userName) == has(self.passwordSecretRef)")
    .message("userName and passwordSecretRef go together: set both, or neither of them and dockerConfigSecretRef"))]
pub struct ImageRegistryCredential {
    /// Domain name of the registry.
    #[schemars(length(min = 1, max = 253))]
    pub server: String,
    /// User at the registry. Needed with `passwordSecretRef`, not allowed with `dockerConfigSecretRef`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub user_name: Option<String>,
    /// The password: one key of a Secret of the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<KeyRef>,
    /// A Secret of type kubernetes.io/dockerconfigjson of the same namespace, with a login for this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docker_config_secret_ref: Option<SecretRef>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcrRegistryInfo {
    /// Id of the Container Registry instance, for instance cri-nwj395hgf6f3.
    #[schemars(length(min = 1, max = 64))]
    pub instance_id: String,
    /// Name of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub instance_name: Option<String>,
    /// Region of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub region_id: Option<String>,
    /// Domain names of the instance that are meant. Default of the cloud: all that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 253)), extend("x-kubernetes-list-type" = "atomic"))]
    pub domains: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostAlias {
    /// The IP address.
    #[schemars(length(min = 1, max = 64))]
    pub ip: String,
    /// The names that stand for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50), inner(length(min = 1, max = 253)), extend("x-kubernetes-list-type" = "atomic"))]
    pub hostnames: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NameValue {
    /// The name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub value: Option<String>,
}
