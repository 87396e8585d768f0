//! Scaling groups and their configurations, as the world keeps them and as a seed writes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alibaba::ess::tree::Tree;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScalingGroup {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) region: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) active_configuration: Option<String>,
    pub(crate) vpc: String,
    pub(crate) vswitch: String,
    pub(crate) resource_group: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) min_size: u32,
    pub(crate) max_size: u32,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScalingConfiguration {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) group: String,
    pub(crate) region: String,
    /// How many were made from it.
    pub(crate) instances: u32,
    pub(crate) configuration: Tree,
    /// What an answer carries on top, by path.
    pub(crate) extra: BTreeMap<String, Value>,
    pub(crate) created: Timestamp,
}

/// Whether a group makes its instances from a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifecycle {
    Active,
    Inactive,
}

/// How the password of a registry reads back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Passwords {
    #[default]
    Shown,
    Masked,
    /// The field is absent.
    Hidden,
}

/// How a field that is not set reads back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmptyFields {
    #[default]
    Omitted,
    /// 0, false, the empty text, the empty list.
    Zero,
    Null,
}

/// What an empty text in a request does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmptyStrings {
    #[default]
    Clear,
    Ignore,
}

/// In which order lists read back that are maps at heart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ListOrder {
    #[default]
    Kept,
    Sorted,
    Reversed,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ScalingGroupSeed {
    pub(super) id: String,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) region: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) active_configuration: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) vswitch: Option<String>,
    pub(super) resource_group: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) min_size: Option<u32>,
    pub(super) max_size: Option<u32>,
    pub(super) created: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ScalingConfigurationSeed {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) name: Option<String>,
    pub(super) lifecycle: Option<Lifecycle>,
    pub(super) instances: u32,
    pub(super) configuration: BTreeMap<String, Value>,
    pub(super) extra: BTreeMap<String, Value>,
    pub(super) created: Option<Timestamp>,
}
