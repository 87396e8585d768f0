//! The requests of ECS: every parameter that the vendor's model has, but those that name another account's owner, which are legacy.
//! Unknown names are refused on reading, so that a test over recorded requests shows what would be lost.

use crate::cloud::alibaba::flatten::JsonText;
use serde::{Deserialize, Serialize};

/// A tag to look for. Requests say `Key` and `Value`, answers `TagKey` and `TagValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    pub key: Option<String>,
    /// Absent: any value.
    pub value: Option<String>,
}

/// A further condition on instances, `CreationStartTime` for instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Filter {
    pub key: Option<String>,
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeInstancesRequest {
    pub region_id: Option<String>,
    /// At most 100, as JSON in one parameter.
    pub instance_ids: Option<JsonText>,
    pub vpc_id: Option<String>,
    pub v_switch_id: Option<String>,
    pub zone_id: Option<String>,
    pub security_group_id: Option<String>,
    pub resource_group_id: Option<String>,
    pub instance_name: Option<String>,
    pub instance_type: Option<String>,
    pub instance_type_family: Option<String>,
    pub instance_network_type: Option<String>,
    pub instance_charge_type: Option<String>,
    pub internet_charge_type: Option<String>,
    pub image_id: Option<String>,
    pub key_pair_name: Option<String>,
    pub hpc_cluster_id: Option<String>,
    pub lock_reason: Option<String>,
    pub status: Option<String>,
    pub io_optimized: Option<bool>,
    pub device_available: Option<bool>,
    pub need_sale_cycle: Option<bool>,
    pub http_endpoint: Option<String>,
    pub http_tokens: Option<String>,
    pub http_put_response_hop_limit: Option<i64>,
    pub private_ip_addresses: Option<JsonText>,
    pub inner_ip_addresses: Option<JsonText>,
    pub public_ip_addresses: Option<JsonText>,
    pub eip_addresses: Option<JsonText>,
    pub rdma_ip_addresses: Option<JsonText>,
    pub ipv6_address: Vec<String>,
    pub tag: Vec<Tag>,
    pub filter: Vec<Filter>,
    pub additional_attributes: Vec<String>,
    pub max_results: Option<u32>,
    pub next_token: Option<String>,
    pub page_number: Option<u32>,
    pub page_size: Option<u32>,
    pub dry_run: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeNetworkInterfacesRequest {
    pub region_id: Option<String>,
    /// At most 100.
    pub network_interface_id: Vec<String>,
    pub network_interface_name: Option<String>,
    pub instance_id: Option<String>,
    /// Finds secondary interfaces only.
    pub security_group_id: Option<String>,
    pub resource_group_id: Option<String>,
    pub vpc_id: Option<String>,
    pub v_switch_id: Option<String>,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub status: Option<String>,
    pub service_managed: Option<bool>,
    pub primary_ip_address: Option<String>,
    pub private_ip_address: Vec<String>,
    pub ipv6_address: Vec<String>,
    pub tag: Vec<Tag>,
    pub max_results: Option<u32>,
    pub next_token: Option<String>,
    pub page_number: Option<u32>,
    pub page_size: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeSecurityGroupsRequest {
    pub region_id: Option<String>,
    pub security_group_id: Option<String>,
    /// At most 100, as JSON in one parameter.
    pub security_group_ids: Option<JsonText>,
    pub security_group_name: Option<String>,
    pub security_group_type: Option<String>,
    pub resource_group_id: Option<String>,
    pub vpc_id: Option<String>,
    pub network_type: Option<String>,
    pub service_managed: Option<bool>,
    pub fuzzy_query: Option<bool>,
    pub is_query_ecs_count: Option<bool>,
    pub tag: Vec<Tag>,
    pub max_results: Option<u32>,
    pub next_token: Option<String>,
    pub page_number: Option<u32>,
    pub page_size: Option<u32>,
    pub dry_run: Option<bool>,
}

/// Either an instance or an interface, never both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct JoinSecurityGroupRequest {
    pub region_id: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub security_group_id: String,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
}

/// Either an instance or an interface, never both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct LeaveSecurityGroupRequest {
    pub region_id: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub security_group_id: String,
    pub instance_id: Option<String>,
    pub network_interface_id: Option<String>,
}
