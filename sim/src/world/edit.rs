//! Changes behind the steward's back: drift, stopped machines, rotated keys. Edits obey no rule of the cloud and are visible at once.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;
use super::commands::outcome::CommandOutcome;
use super::commands::{AgentSeed, Os};
use super::lay::{INSTANCE_STATUSES, INTERFACE_STATUSES};
use super::roles::{OidcProviderSeed, RoleSeed};
use super::scaling::Lifecycle;
use super::seed::{KeySeed, SettingsSeed};
use crate::clock::later;
use crate::huawei::edit::{self as huawei, HuaweiEdit};
use crate::huawei::stock::seed::CsbsSeed;

/// One change, as JSON one object with one key: `{"leave": {"instance": "i-1", "group": "sg-1"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Edit {
    Join(Member),
    Leave(Member),
    Set(Box<Change>),
    Delete(Object),
    /// Makes a key or changes what is said of it (a rotation: a new `secret`).
    Key(KeySeed),
    /// Makes a role or changes what is said of it; the temporary keys that it has given out obey at once.
    Role(RoleSeed),
    OidcProvider(OidcProviderSeed),
    /// Voids all temporary keys of a role, named by its ARN.
    RevokeSessions(String),
    Settings(SettingsSeed),
    /// An instance starts anew: what runs on it is cut off, what waits for this runs.
    Reboot(String),
    /// Somebody stops an invocation, by its id: what runs on an instance runs on.
    StopInvocation(String),
    /// What scripts come to from now on, instead of what was said before.
    CommandOutcomes(Vec<CommandOutcome>),
    Huawei(HuaweiEdit),
}

/// An instance or an interface, and a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Member {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    pub group: String,
}

/// Which object, and its new values; absent means unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Change {
    pub instance: Option<String>,
    pub interface: Option<String>,
    pub group: Option<String>,
    pub name: Option<String>,
    pub status: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    pub resource_group: Option<String>,
    pub locks: Option<Vec<String>>,
    pub creating: Option<bool>,
    pub service_managed: Option<bool>,
    /// Instance or interface: calls that change its groups meet 409 for so long.
    pub busy_for: Option<SignedDuration>,
    pub rules: Option<u32>,
    pub size: Option<usize>,
    /// Of an instance: Cloud Assistant Agent.
    pub agent: Option<AgentSeed>,
    /// Of an instance.
    pub os: Option<Os>,
    pub scaling_configuration: Option<String>,
    /// Of a scaling configuration, in the names of a Modify: each value replaces the old one, null takes it away.
    pub configuration: Option<BTreeMap<String, Value>>,
    /// Likewise, of what its answers carry on top.
    pub extra: Option<BTreeMap<String, Value>>,
    /// `Active` (then no other one of its group is) or `Inactive`.
    pub lifecycle: Option<Lifecycle>,
    /// How many were made from it.
    pub instances: Option<u32>,
}

/// One object, by its kind and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Object {
    Instance(String),
    Interface(String),
    Group(String),
    /// With its configurations.
    ScalingGroup(String),
    ScalingConfiguration(String),
    Key(String),
    /// By ARN; its temporary keys are void.
    Role(String),
    /// By ARN.
    OidcProvider(String),
}

impl Edit {
    /// Somebody adds an instance to a group.
    pub fn join(instance: impl Into<String>, group: impl Into<String>) -> Self {
        Self::Join(member(instance, group))
    }

    /// Somebody takes an instance out of a group.
    pub fn leave(instance: impl Into<String>, group: impl Into<String>) -> Self {
        Self::Leave(member(instance, group))
    }

    pub fn status(instance: impl Into<String>, status: impl Into<String>) -> Self {
        Self::Set(Box::new(Change { instance: Some(instance.into()), status: Some(status.into()), ..Change::default() }))
    }

    pub fn busy(instance: impl Into<String>, busy_for: SignedDuration) -> Self {
        Self::Set(Box::new(Change { instance: Some(instance.into()), busy_for: Some(busy_for), ..Change::default() }))
    }

    /// The agent of an instance falls silent, or speaks again.
    pub fn agent(instance: impl Into<String>, running: bool) -> Self {
        let agent = AgentSeed { running: Some(running), ..AgentSeed::default() };
        Self::Set(Box::new(Change { instance: Some(instance.into()), agent: Some(agent), ..Change::default() }))
    }

    /// Replaces all tags of an instance.
    pub fn tags<const N: usize>(instance: impl Into<String>, tags: [(&str, &str); N]) -> Self {
        Self::Set(Box::new(Change {
            instance: Some(instance.into()),
            tags: Some(tags.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
            ..Change::default()
        }))
    }

    pub fn delete_instance(id: impl Into<String>) -> Self {
        Self::Delete(Object::Instance(id.into()))
    }

    /// The temporary keys of a role (its ARN) are void.
    pub fn revoke_sessions(role: impl Into<String>) -> Self {
        Self::RevokeSessions(role.into())
    }

    pub fn delete_group(id: impl Into<String>) -> Self {
        Self::Delete(Object::Group(id.into()))
    }

    /// Somebody else changes a scaling configuration: fields in the names of a Modify, null takes one away.
    pub fn configure<const N: usize>(id: impl Into<String>, fields: [(&str, Value); N]) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self::Set(Box::new(Change { scaling_configuration: Some(id.into()), configuration: Some(fields), ..Change::default() }))
    }

    /// How Huawei's CSBS behaves from now on; what is not said stays.
    pub fn csbs(settings: CsbsSeed) -> Self {
        Self::Settings(SettingsSeed { csbs: settings, ..SettingsSeed::default() })
    }

    /// The key keeps its id and gets a new secret.
    pub fn rotate(key: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::Key(KeySeed { id: key.into(), secret: Some(secret.into()), ..KeySeed::default() })
    }
}

fn member(instance: impl Into<String>, group: impl Into<String>) -> Member {
    Member { instance: Some(instance.into()), interface: None, group: group.into() }
}

impl World {
    pub(crate) fn edit(&mut self, edit: &Edit, now: Timestamp) -> Result<()> {
        self.settle(now);
        self.commands.disturbed = true;
        match edit {
            Edit::Join(member) => self.force(member, true, now),
            Edit::Leave(member) => self.force(member, false, now),
            Edit::Set(change) => self.set(change, now),
            Edit::Delete(object) => self.delete(object, now),
            Edit::Key(key) => self.put_key(key),
            Edit::Role(role) => self.put_role(role),
            Edit::OidcProvider(provider) => self.put_oidc_provider(provider),
            Edit::RevokeSessions(role) => self.revoke_sessions(role),
            Edit::Settings(settings) => self.settings.change(settings),
            Edit::Reboot(instance) => self.reboot(instance, now),
            Edit::StopInvocation(id) => self.stop_invocation(id, now),
            Edit::CommandOutcomes(outcomes) => {
                self.commands.outcomes.clone_from(outcomes);
                Ok(())
            }
            Edit::Huawei(edit) => huawei::edit(edit, &mut self.huawei, &mut self.stock, now),
        }
    }

    fn force(&mut self, member: &Member, inside: bool, now: Timestamp) -> Result<()> {
        let ((Some(id), None) | (None, Some(id))) = (&member.instance, &member.interface) else {
            bail!("say one of `instance` and `interface`");
        };
        ensure!(self.groups.contains_key(&member.group), "there is no security group {}", member.group);
        let interface = self.interface_of(id).with_context(|| format!("there is no {id}"))?.id.clone();
        self.set_member(&interface, &member.group, inside, now, SignedDuration::ZERO);
        Ok(())
    }

    fn set(&mut self, change: &Change, now: Timestamp) -> Result<()> {
        if let (Some(id), None, None, None) = (&change.scaling_configuration, &change.instance, &change.interface, &change.group) {
            return self.set_configuration(id, change, now);
        }
        ensure!(
            change.configuration.is_none() && change.extra.is_none() && change.lifecycle.is_none() && change.instances.is_none(),
            "set: `configuration`, `extra`, `lifecycle` and `instances` belong to a scaling configuration"
        );
        ensure!(
            change.instance.is_some() || (change.agent.is_none() && change.os.is_none()),
            "set: `agent` and `os` belong to an instance"
        );
        match (&change.instance, &change.interface, &change.group, &change.scaling_configuration) {
            (Some(id), None, None, None) => self.set_instance(id, change, now),
            (None, Some(id), None, None) => self.set_interface(id, change, now),
            (None, None, Some(id), None) => self.set_group(id, change),
            _ => bail!("set: say one of `instance`, `interface`, `group` and `scalingConfiguration`"),
        }
    }

    fn set_instance(&mut self, id: &str, change: &Change, now: Timestamp) -> Result<()> {
        ensure!(change.rules.is_none() && change.size.is_none(), "set: `rules` and `size` belong to a group");
        let instance = self.instances.get_mut(id).with_context(|| format!("there is no instance {id}"))?;
        if let Some(status) = &change.status {
            known(status, &INSTANCE_STATUSES)?;
            instance.status.clone_from(status);
        }
        replace(&mut instance.name, change.name.as_ref());
        replace(&mut instance.tags, change.tags.as_ref());
        replace(&mut instance.resource_group, change.resource_group.as_ref());
        replace(&mut instance.locks, change.locks.as_ref());
        replace(&mut instance.creating, change.creating.as_ref());
        replace(&mut instance.os, change.os.as_ref());
        if let Some(agent) = &change.agent {
            instance.agent.change(agent);
        }
        let primary = instance.primary_interface.clone();
        if let Some(interface) = self.interfaces.get_mut(&primary) {
            replace(&mut interface.service_managed, change.service_managed.as_ref());
            if let Some(busy) = change.busy_for {
                interface.busy_until = Some(later(now, busy));
            }
        }
        Ok(())
    }

    fn set_interface(&mut self, id: &str, change: &Change, now: Timestamp) -> Result<()> {
        ensure!(
            change.rules.is_none() && change.size.is_none() && change.locks.is_none(),
            "set: an interface has no `rules`, `size` or `locks`"
        );
        let interface = self.interfaces.get_mut(id).with_context(|| format!("there is no interface {id}"))?;
        if let Some(status) = &change.status {
            known(status, &INTERFACE_STATUSES)?;
            interface.status.clone_from(status);
        }
        replace(&mut interface.name, change.name.as_ref());
        replace(&mut interface.tags, change.tags.as_ref());
        replace(&mut interface.resource_group, change.resource_group.as_ref());
        replace(&mut interface.creating, change.creating.as_ref());
        replace(&mut interface.service_managed, change.service_managed.as_ref());
        if let Some(busy) = change.busy_for {
            interface.busy_until = Some(later(now, busy));
        }
        Ok(())
    }

    fn set_group(&mut self, id: &str, change: &Change) -> Result<()> {
        ensure!(
            change.status.is_none() && change.locks.is_none() && change.creating.is_none() && change.busy_for.is_none(),
            "set: a group has no `status`, `locks`, `creating` or `busyFor`"
        );
        let group = self.groups.get_mut(id).with_context(|| format!("there is no security group {id}"))?;
        replace(&mut group.name, change.name.as_ref());
        replace(&mut group.tags, change.tags.as_ref());
        replace(&mut group.resource_group, change.resource_group.as_ref());
        replace(&mut group.service_managed, change.service_managed.as_ref());
        replace(&mut group.rules, change.rules.as_ref());
        group.size = change.size.or(group.size);
        Ok(())
    }

    fn delete(&mut self, object: &Object, now: Timestamp) -> Result<()> {
        let there = match object {
            Object::Instance(id) => {
                let there = self.instances.contains_key(id);
                self.remove_instance(id);
                there
            }
            Object::Interface(id) => {
                let there = self.interfaces.contains_key(id);
                ensure!(
                    !self.instances.values().any(|instance| instance.primary_interface == *id),
                    "delete: {id} is a primary interface; delete its instance"
                );
                self.remove_interface(id);
                there
            }
            Object::Group(id) => {
                let members: Vec<String> = self
                    .interfaces
                    .values()
                    .filter(|interface| interface.groups.truth().contains(id))
                    .map(|interface| interface.id.clone())
                    .collect();
                for member in members {
                    self.set_member(&member, id, false, now, SignedDuration::ZERO);
                }
                self.groups.remove(id).is_some()
            }
            Object::ScalingGroup(id) => self.remove_scaling_group(id),
            Object::ScalingConfiguration(id) => self.remove_configuration(id, now, SignedDuration::ZERO),
            Object::Key(id) => self.keys.remove(id).is_some(),
            Object::Role(arn) => {
                self.revoke_sessions(arn)?;
                self.roles.remove(arn).is_some()
            }
            Object::OidcProvider(arn) => self.oidc_providers.remove(arn).is_some(),
        };
        ensure!(there, "delete: there is no such object");
        Ok(())
    }
}

fn replace<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

fn known(status: &str, all: &[&str]) -> Result<()> {
    ensure!(all.contains(&status), "set: status {status} is none of {}", all.join(", "));
    Ok(())
}
