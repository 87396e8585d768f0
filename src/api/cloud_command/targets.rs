//! Where a command runs.

use crate::api::security_group_membership::InstanceSelector;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The most instances that one object may name.
pub const MAX_TARGETS: usize = 1000;

/// Which instances: exactly one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.instanceIds), has(self.resourceTags), has(self.instanceSelector)].filter(x, x).size() == 1")
    .message("set exactly one of instanceIds, resourceTags and instanceSelector"))]
pub struct Targets {
    /// ECS instances by id. Their order does not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 32)), extend("x-kubernetes-list-type" = "set"))]
    #[x_kube(validation = Rule::new("self.all(x, x.matches('^i-[A-Za-z0-9-]+$'))").message("must be ids of instances, for instance i-bp67acfmxazb4p"))]
    pub instance_ids: Vec<String>,
    /// All instances that have all these tags when the cloud takes the command, 100 at most: the cloud finds them, in one call. Use instanceSelector for more, and to see
    /// beforehand who is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 10), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["key"]))]
    pub resource_tags: Vec<CloudTag>,
    /// All instances that fit when the intent is first seen. Steward finds them, and status lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_selector: Option<InstanceSelector>,
}

/// A tag as RunCommand takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudTag {
    /// The tag's key. Must not begin with acs: or aliyun, nor contain http:// or https://.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("!self.startsWith('acs:') && !self.startsWith('aliyun') && !self.contains('http://') && !self.contains('https://')")
        .message("must not begin with acs: or aliyun, nor contain http:// or https://"))]
    pub key: String,
    /// The tag's value. Empty stands for the empty value. Must not contain http:// or https://.
    #[serde(default)]
    #[schemars(length(max = 128))]
    #[x_kube(validation = Rule::new("!self.contains('http://') && !self.contains('https://')").message("must not contain http:// or https://"))]
    pub value: String,
}
