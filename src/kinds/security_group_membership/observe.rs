//! What the cloud says of the targets that spec names, of those that the ledger names, and, only if somebody has to join, of the groups involved.

use crate::api::SecurityGroupMembership;
use crate::api::security_group_membership::{InstanceSelector, MAX_MEMBERS};
use crate::cloud::alibaba::ecs::{Ecs, Instance, InstanceFilter, NetworkInterface, SecurityGroup, Tag};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};

/// What the cloud says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub region: String,
    pub account: String,
    /// The targets that spec names, as far as they exist; each once, by the id under which the ledger knows it.
    pub wanted: BTreeMap<String, Target>,
    /// Ids in spec that the cloud does not know.
    pub missing: BTreeSet<String>,
    /// Targets that only the ledger names; those that are not in here are gone.
    pub others: BTreeMap<String, Target>,
    /// The selector matches more than one object may have.
    pub too_many: bool,
    /// The groups of everybody who has to join, and the one to join; those that are not in here do not exist. `None` if nobody has to.
    pub groups: Option<BTreeMap<String, Group>>,
}

/// An instance, or a network interface that is not an instance's primary one: the two have one set of groups between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    /// The id of an instance's primary interface.
    pub alias: Option<String>,
    pub groups: Vec<String>,
    pub status: String,
    /// Empty in the classic network.
    pub vpc: String,
    pub zone: String,
    pub resource_group: String,
    pub tags: BTreeMap<String, String>,
    pub locks: Vec<String>,
    pub service_managed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Empty in the classic network.
    pub vpc: String,
    /// `normal` or `enterprise`.
    pub kind: String,
    pub service_managed: bool,
}

pub(super) async fn observe(object: &SecurityGroupMembership, cloud: &Session) -> Result<Observed, CloudError> {
    let ecs = cloud.ecs()?;
    let mut seen = Observed { region: cloud.region.clone(), account: cloud.account.clone(), ..Observed::default() };
    let targets = &object.spec.targets;
    if object.metadata.deletion_timestamp.is_none() {
        if let Some(selector) = &targets.instance_selector {
            let instances = ecs.select_instances(filter(selector)).await?;
            seen.too_many = instances.len() >= MAX_MEMBERS;
            seen.wanted = instances.into_iter().map(Target::from).map(|target| (target.id.clone(), target)).collect();
        } else {
            let named = targets.instance_ids.iter().chain(&targets.network_interface_ids);
            for (id, target) in look_up(&ecs, named).await? {
                match target {
                    Some(target) => _ = seen.wanted.insert(target.id.clone(), target),
                    None => _ = seen.missing.insert(id),
                }
            }
        }
    }
    let in_the_book: BTreeSet<_> = object.entries().map(|(_, entry)| &entry.target).filter(|id| !seen.wanted.contains_key(*id)).collect();
    for (_, target) in look_up(&ecs, in_the_book).await? {
        if let Some(target) = target {
            seen.others.insert(target.id.clone(), target);
        }
    }
    let group = &object.spec.security_group_id;
    let joining: Vec<_> = seen.wanted.values().filter(|target| !target.groups.contains(group)).collect();
    if !joining.is_empty() {
        let ids: BTreeSet<_> = joining.iter().flat_map(|target| &target.groups).chain([group]).collect();
        let groups = try_join_all(ids.into_iter().map(async |id| Ok::<_, CloudError>((id.clone(), ecs.security_group(id).await?)))).await?;
        seen.groups = Some(groups.into_iter().filter_map(|(id, group)| Some((id, Group::from(group?)))).collect());
    }
    Ok(seen)
}

async fn look_up(ecs: &Ecs, ids: impl IntoIterator<Item = &String>) -> Result<Vec<(String, Option<Target>)>, CloudError> {
    try_join_all(ids.into_iter().map(async |id| {
        let target = if id.starts_with("eni-") {
            match ecs.network_interface(id).await? {
                // What it says of tags, locks and state is not what the instance says, and the instance is the member.
                Some(interface) if interface.primary && !interface.instance.is_empty() => {
                    let instance = ecs.instance(&interface.instance).await?;
                    Some(instance.map_or_else(|| Target::from(interface), Target::from))
                }
                other => other.map(Target::from),
            }
        } else {
            ecs.instance(id).await?.map(Target::from)
        };
        Ok((id.clone(), target))
    }))
    .await
}

fn filter(selector: &InstanceSelector) -> InstanceFilter {
    InstanceFilter {
        tags: selector.tags.iter().map(|tag| Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) }).collect(),
        vpc_id: selector.vpc_id.clone(),
        zone_id: selector.zone_id.clone(),
        resource_group_id: selector.resource_group_id.clone(),
    }
}

impl From<Instance> for Target {
    fn from(instance: Instance) -> Self {
        Self {
            alias: instance.interfaces.into_iter().find(|interface| interface.primary).map(|interface| interface.id),
            id: instance.id,
            groups: instance.groups,
            status: instance.status,
            vpc: instance.vpc,
            zone: instance.zone,
            resource_group: instance.resource_group,
            tags: instance.tags,
            locks: instance.locks,
            service_managed: false,
        }
    }
}

impl From<NetworkInterface> for Target {
    fn from(interface: NetworkInterface) -> Self {
        let stands_for_instance = interface.primary && !interface.instance.is_empty();
        let (id, alias) = if stands_for_instance { (interface.instance, Some(interface.id)) } else { (interface.id, None) };
        Self {
            id,
            alias,
            groups: interface.groups,
            status: interface.status,
            vpc: interface.vpc,
            zone: interface.zone,
            resource_group: interface.resource_group,
            tags: interface.tags,
            locks: Vec::new(),
            service_managed: interface.service_managed,
        }
    }
}

impl From<SecurityGroup> for Group {
    fn from(group: SecurityGroup) -> Self {
        Self { vpc: group.vpc, kind: group.kind, service_managed: group.service_managed }
    }
}
