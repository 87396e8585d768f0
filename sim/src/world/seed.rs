//! Seeds as people write them (`README.md` describes them). Data only: `lay` checks them and lays them over what is there.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use jiff::{SignedDuration, Timestamp};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::commands::outcome::CommandOutcome;
use super::commands::{AgentSeed, Agentless, ExitCodeBeforeEnd, Os};
use super::roles::{OidcProviderSeed, RoleSeed};
use super::scaling::{EmptyFields, EmptyStrings, ListOrder, Passwords, ScalingConfigurationSeed, ScalingGroupSeed};
use super::{DeniedReads, GroupKind, ThrottleHeaders};
use crate::huawei::stock::seed::CsbsSeed;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Seed {
    pub(super) settings: SettingsSeed,
    pub(super) defaults: Defaults,
    pub(super) accounts: Vec<AccountSeed>,
    pub(super) regions: Vec<String>,
    pub(super) security_groups: Vec<GroupSeed>,
    pub(super) instances: OneOrMany<InstanceSeed>,
    pub(super) interfaces: Vec<InterfaceSeed>,
    pub(super) scaling_groups: Vec<ScalingGroupSeed>,
    pub(super) scaling_configurations: Vec<ScalingConfigurationSeed>,
    /// Replaces those that are there.
    pub(super) command_outcomes: Option<Vec<CommandOutcome>>,
    pub(super) huawei: crate::huawei::seed::HuaweiSeed,
}

/// A list, or one entry (a generator) standing alone.
#[derive(Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a list, or one entry")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = list.next_element()? {
            all.push(one);
        }
        Ok(OneOrMany(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, entry: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(entry)).map(|one| OneOrMany(vec![one]))
    }
}

/// What objects get that do not say it themselves.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Defaults {
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) vswitch: Option<String>,
    pub(super) resource_group: Option<String>,
    pub(super) created: Option<Timestamp>,
}

/// The dials of the simulator; absent means unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SettingsSeed {
    /// How long a Join or Leave stays invisible to Describe.
    pub read_lag: Option<SignedDuration>,
    /// How long a Join or Leave keeps its interface busy (409 meanwhile).
    pub change_takes: Option<SignedDuration>,
    /// How long a new token of IAM (Huawei) is good.
    pub token_lifetime: Option<SignedDuration>,
    pub groups_per_interface: Option<usize>,
    pub rules_per_interface: Option<u32>,
    pub normal_group_size: Option<usize>,
    pub enterprise_group_size: Option<usize>,
    /// Scaling configurations that a scaling group may have.
    pub configurations_per_group: Option<usize>,
    /// Of registries, in what ESS answers.
    pub passwords: Option<Passwords>,
    /// How ESS shows a field that is not set.
    pub empty_fields: Option<EmptyFields>,
    /// What an empty text does in a Modify or Create of ESS.
    pub empty_strings: Option<EmptyStrings>,
    /// How ESS orders lists that are maps at heart.
    pub list_order: Option<ListOrder>,
    /// ESS refuses parameters that it does not know.
    pub strict_parameters: Option<bool>,
    /// A Modify of ESS must carry the five parameters that the document marks as required.
    pub strict_modify: Option<bool>,
    /// How long ECS remembers a client token; 0: not at all.
    pub token_memory_seconds: Option<u32>,
    /// How long a new invocation stays invisible to Describe.
    pub invocation_lag: Option<SignedDuration>,
    pub exit_code_before_end: Option<ExitCodeBeforeEnd>,
    /// Of instances that have no agent.
    pub agentless: Option<Agentless>,
    /// Commands with `KeepCommand` that a region may have.
    pub kept_commands: Option<usize>,
    pub invocations_per_day: Option<usize>,
    /// Calls per minute by operation, laid over those that are there; `*` for the rest.
    pub limits: BTreeMap<String, u32>,
    pub denied_reads: Option<DeniedReads>,
    /// Hints in throttled answers.
    pub throttle_headers: Option<ThrottleHeaders>,
    /// How far the clouds' clock is ahead; negative: behind.
    pub skew: Option<SignedDuration>,
    /// Of Huawei's backups.
    pub csbs: CsbsSeed,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccountSeed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) keys: Vec<KeySeed>,
    #[serde(default)]
    pub(super) roles: Vec<RoleSeed>,
    #[serde(default)]
    pub(super) oidc_providers: Vec<OidcProviderSeed>,
}

/// A key. In a seed it is complete; in an edit only what is said changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeySeed {
    pub id: String,
    /// Edits only: the owner of a new key.
    pub account: Option<String>,
    pub secret: Option<String>,
    /// Makes it a temporary key; the empty text takes the token away.
    pub security_token: Option<String>,
    pub expires: Option<Timestamp>,
    pub inactive: Option<bool>,
    /// Operations that RAM refuses: `JoinSecurityGroup`, `ecs:JoinSecurityGroup`, `ecs:*`, `*`.
    pub deny: Option<Vec<String>>,
    /// A RAM user's name; without it the key is the account's own.
    pub user: Option<String>,
    /// The role of a temporary key.
    pub role: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct GroupSeed {
    pub(super) id: String,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) region: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) network_type: NetworkType,
    #[serde(rename = "type")]
    pub(super) kind: GroupKind,
    pub(super) service_managed: bool,
    pub(super) resource_group: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) rules: u32,
    pub(super) size: Option<usize>,
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct InstanceSeed {
    pub(super) id: Option<String>,
    /// With `prefix`: so many, numbered from 1.
    pub(super) count: Option<usize>,
    pub(super) prefix: Option<String>,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) region: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) vswitch: Option<String>,
    pub(super) network_type: NetworkType,
    pub(super) status: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) image: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) resource_group: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) locks: Vec<String>,
    pub(super) creating: bool,
    pub(super) supports_enterprise_groups: Option<bool>,
    pub(super) primary_interface: Option<String>,
    pub(super) os: Os,
    pub(super) agent: AgentSeed,
    pub(super) service_managed: bool,
    pub(super) interfaces: Vec<InterfaceSeed>,
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct InterfaceSeed {
    pub(super) id: String,
    pub(super) account: Option<String>,
    pub(super) name: Option<String>,
    pub(super) region: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) vpc: Option<String>,
    pub(super) vswitch: Option<String>,
    pub(super) instance: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) service_managed: bool,
    pub(super) creating: bool,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) resource_group: Option<String>,
    pub(super) created: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum NetworkType {
    #[default]
    Vpc,
    Classic,
}
