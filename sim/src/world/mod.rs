//! What exists in the simulated clouds. The rules of the operations live with the services; here are the things, and the one door through
//! which an interface changes its groups.

pub(crate) mod commands;
mod configurations;
pub(crate) mod edit;
pub(crate) mod lagged;
mod lay;
mod pick;
pub(crate) mod roles;
pub(crate) mod scaling;
pub(crate) mod seed;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use self::commands::{Agent, Agentless, Commands, ExitCodeBeforeEnd, Os};
use self::lagged::Lagged;
use self::roles::{OidcProvider, Role};
use self::scaling::{EmptyFields, EmptyStrings, ListOrder, Passwords, ScalingConfiguration, ScalingGroup};
use crate::huawei::realm::Realm;
use crate::huawei::stock::{Csbs, Stock};

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) accounts: BTreeSet<String>,
    pub(crate) keys: BTreeMap<String, Key>,
    /// By ARN, and so are the providers.
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) oidc_providers: BTreeMap<String, OidcProvider>,
    /// Temporary keys that were handed out so far.
    issued: u64,
    pub(crate) regions: BTreeSet<String>,
    pub(crate) settings: Settings,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) interfaces: BTreeMap<String, Interface>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) scaling_groups: BTreeMap<String, ScalingGroup>,
    /// One that is gone stays as long as reads still see it.
    pub(crate) scaling_configurations: BTreeMap<String, Lagged<Option<ScalingConfiguration>>>,
    /// Scaling configurations that were created so far.
    pub(crate) configured: u64,
    /// Cloud Assistant.
    pub(crate) commands: Commands,
    /// The other vendor's accounts.
    pub(crate) huawei: Realm,
    /// The other vendor's servers and their backups.
    pub(crate) stock: Stock,
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) secret: String,
    pub(crate) security_token: Option<String>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) inactive: bool,
    pub(crate) deny: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) role: Option<String>,
    /// The session's name, of a key that STS handed out.
    pub(crate) session: Option<String>,
    /// The token is not worth anything any more.
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) read_lag: SignedDuration,
    pub(crate) change_takes: SignedDuration,
    /// How long a token of IAM (Huawei) is good.
    pub(crate) token_lifetime: SignedDuration,
    pub(crate) groups_per_interface: usize,
    pub(crate) rules_per_interface: u32,
    pub(crate) normal_group_size: usize,
    pub(crate) enterprise_group_size: usize,
    pub(crate) configurations_per_group: usize,
    pub(crate) passwords: Passwords,
    pub(crate) empty_fields: EmptyFields,
    pub(crate) empty_strings: EmptyStrings,
    pub(crate) list_order: ListOrder,
    /// ESS refuses parameters that it does not know.
    pub(crate) strict_parameters: bool,
    /// A Modify must carry the five that the document marks as required.
    pub(crate) strict_modify: bool,
    /// How long a client token is remembered; 0: not at all.
    pub(crate) token_memory_seconds: u32,
    /// How long a new invocation is invisible to Describe.
    pub(crate) invocation_lag: SignedDuration,
    pub(crate) exit_code_before_end: ExitCodeBeforeEnd,
    pub(crate) agentless: Agentless,
    /// Commands that a region keeps.
    pub(crate) kept_commands: usize,
    /// Of a region, by days of UTC.
    pub(crate) invocations_per_day: usize,
    /// Calls per minute by operation; `*` for those without an entry.
    pub(crate) limits: BTreeMap<String, u32>,
    pub(crate) denied_reads: DeniedReads,
    pub(crate) throttle_headers: ThrottleHeaders,
    /// How far the clouds' clock is ahead of the simulator's.
    pub(crate) skew: SignedDuration,
    pub(crate) csbs: Csbs,
}

/// What a Describe says to a key that may not call it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeniedReads {
    #[default]
    Refuse,
    /// An empty list: the page of `DescribeInstances` says that this happens.
    Empty,
}

/// Which hints a throttled answer carries: `x-acs-retry-after`, `x-ratelimit-user-api`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThrottleHeaders {
    #[default]
    None,
    RetryAfter,
    RateLimit,
    Both,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            read_lag: SignedDuration::ZERO,
            change_takes: SignedDuration::ZERO,
            token_lifetime: SignedDuration::from_hours(24),
            groups_per_interface: 5,
            rules_per_interface: 1_000,
            normal_group_size: 6_000,
            enterprise_group_size: 65_536,
            configurations_per_group: 10,
            passwords: Passwords::default(),
            empty_fields: EmptyFields::default(),
            empty_strings: EmptyStrings::default(),
            list_order: ListOrder::default(),
            strict_parameters: false,
            strict_modify: false,
            token_memory_seconds: 86_400,
            invocation_lag: SignedDuration::ZERO,
            exit_code_before_end: ExitCodeBeforeEnd::default(),
            agentless: Agentless::default(),
            kept_commands: 500,
            invocations_per_day: 100_000,
            limits: [("JoinSecurityGroup", 1_000), ("ModifyEciScalingConfiguration", 300), ("*", 10_000)]
                .map(|(operation, limit)| (operation.to_owned(), limit))
                .into(),
            denied_reads: DeniedReads::Refuse,
            throttle_headers: ThrottleHeaders::None,
            skew: SignedDuration::ZERO,
            csbs: Csbs::default(),
        }
    }
}

impl Settings {
    pub(crate) fn limit(&self, operation: &str) -> u32 {
        self.limits.get(operation).or_else(|| self.limits.get("*")).copied().unwrap_or(u32::MAX)
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) zone: String,
    /// None: classic network.
    pub(crate) vpc: Option<String>,
    pub(crate) vswitch: Option<String>,
    pub(crate) status: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) image: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) resource_group: String,
    pub(crate) locks: Vec<String>,
    pub(crate) creating: bool,
    pub(crate) supports_enterprise_groups: bool,
    pub(crate) primary_interface: String,
    pub(crate) os: Os,
    pub(crate) agent: Agent,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) zone: String,
    pub(crate) vpc: Option<String>,
    pub(crate) vswitch: Option<String>,
    pub(crate) instance: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) groups: Lagged<Vec<String>>,
    pub(crate) service_managed: bool,
    pub(crate) creating: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) resource_group: String,
    pub(crate) address: String,
    pub(crate) created: Timestamp,
    /// A change of its groups is in progress until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) busy_until: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "a resource group is the vendor's word for something else")]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) region: String,
    pub(crate) vpc: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: GroupKind,
    pub(crate) service_managed: bool,
    pub(crate) resource_group: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) rules: u32,
    /// Members at most; None: the setting for its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<usize>,
    pub(crate) members: usize,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GroupKind {
    #[default]
    Normal,
    Enterprise,
}

impl GroupKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Enterprise => "enterprise",
        }
    }
}

impl World {
    /// Puts an interface into a group or takes it out; counts the members and remembers what reads still see.
    pub(crate) fn set_member(&mut self, interface: &str, group: &str, member: bool, now: Timestamp, lag: SignedDuration) {
        let Some(found) = self.interfaces.get_mut(interface) else {
            return;
        };
        let mut groups = found.groups.truth().clone();
        if groups.iter().any(|name| name == group) == member {
            return;
        }
        if member {
            groups.push(group.to_owned());
        } else {
            groups.retain(|name| name != group);
        }
        found.groups.write(groups, now, lag);
        if let Some(group) = self.groups.get_mut(group) {
            group.members = if member { group.members + 1 } else { group.members.saturating_sub(1) };
        }
    }

    pub(crate) fn insert_interface(&mut self, interface: Interface) {
        self.remove_interface(&interface.id.clone());
        for name in interface.groups.truth() {
            if let Some(group) = self.groups.get_mut(name) {
                group.members += 1;
            }
        }
        self.interfaces.insert(interface.id.clone(), interface);
    }

    pub(crate) fn remove_interface(&mut self, id: &str) {
        let Some(old) = self.interfaces.remove(id) else {
            return;
        };
        for name in old.groups.truth() {
            if let Some(group) = self.groups.get_mut(name) {
                group.members = group.members.saturating_sub(1);
            }
        }
    }

    /// The interface that stands for an id of either sort.
    pub(crate) fn interface_of(&self, id: &str) -> Option<&Interface> {
        let id = self.instances.get(id).map_or(id, |instance| instance.primary_interface.as_str());
        self.interfaces.get(id)
    }
}
