//! The requests of ESS. Those that read are structs, like those of ECS; a configuration is written by its own table of fields.

use super::configuration::{CONFIGURATION, Item, Operation};
use serde::{Deserialize, Serialize};

/// A tag to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    pub key: Option<String>,
    /// Absent: any value.
    pub value: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeEciScalingConfigurationsRequest {
    pub region_id: Option<String>,
    /// At most 10.
    pub scaling_configuration_ids: Vec<String>,
    /// At most 10.
    pub scaling_configuration_names: Vec<String>,
    pub scaling_group_id: Option<String>,
    pub page_number: Option<usize>,
    /// At most 50; 10, if absent.
    pub page_size: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeScalingGroupsRequest {
    pub region_id: Option<String>,
    pub scaling_group_ids: Vec<String>,
    pub scaling_group_name: Option<String>,
    pub scaling_group_names: Vec<String>,
    /// `ECS` or `ECI`.
    pub group_type: Option<String>,
    pub resource_group_id: Option<String>,
    pub tags: Vec<Tag>,
    pub page_number: Option<usize>,
    /// At most 50; 10, if absent.
    pub page_size: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DeleteEciScalingConfigurationRequest {
    pub region_id: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scaling_configuration_id: String,
}

/// What a Modify says: which configuration, what is to be different, and, only if so, that all of it is to be as it says.
pub fn modify(id: &str, call: &Item, overrides: bool) -> Vec<(String, String)> {
    let mut parameters = call.parameters(CONFIGURATION, Operation::Modify);
    parameters.push(("ScalingConfigurationId".to_owned(), id.to_owned()));
    if overrides {
        parameters.push(("Override".to_owned(), true.to_string()));
    }
    parameters.sort();
    parameters
}

/// What a Create says: in which group, and what.
pub fn create(group: &str, configuration: &Item) -> Vec<(String, String)> {
    let mut parameters = configuration.parameters(CONFIGURATION, Operation::Create);
    parameters.push(("ScalingGroupId".to_owned(), group.to_owned()));
    parameters.sort();
    parameters
}
