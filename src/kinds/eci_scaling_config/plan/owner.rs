//! Which of several objects a configuration belongs to: the oldest that may write it. The others say so and keep still.

use super::super::{by_id, by_name};
use super::Observed;
use crate::api::EciScalingConfig;
use crate::api::envelope::{ABANDON, ManagementPolicy};
use crate::reconcile::kind::{Given, may_be_at};
use jiff::Timestamp;
use std::sync::Arc;

/// What is to be said if it belongs to another object.
pub(super) fn of(object: &EciScalingConfig, given: &Given<EciScalingConfig>, seen: &Observed) -> Option<String> {
    let others = others(object, given, seen);
    let owner = others.iter().filter(|peer| writes(peer)).min_by_key(|peer| age(peer))?;
    // Who only looks is in nobody's way.
    if object.spec.management_policy == ManagementPolicy::Observe || age(object) < age(owner) {
        return None;
    }
    let (namespace, name) = (owner.metadata.namespace.as_deref(), owner.metadata.name.as_deref().unwrap_or_default());
    let who = if namespace == object.metadata.namespace.as_deref() {
        format!("EciScalingConfig {name}")
    } else {
        "an EciScalingConfig of another namespace".to_owned()
    };
    Some(format!("the configuration belongs to {who}, which is older: keep one of the two"))
}

/// Whether another living object manages this configuration.
pub(super) fn has_heir(object: &EciScalingConfig, given: &Given<EciScalingConfig>, seen: &Observed) -> bool {
    others(object, given, seen).iter().any(|peer| writes(peer))
}

/// The other objects that mean the same configuration, in the same account and region.
fn others(object: &EciScalingConfig, given: &Given<EciScalingConfig>, seen: &Observed) -> Vec<Arc<EciScalingConfig>> {
    let found = seen.found.as_ref();
    let ids = object.configuration_id().into_iter().chain(found.map(|found| found.id.as_str())).map(by_id);
    let found_name = found.and_then(|found| Some((found.group.as_str(), found.configuration.text("scalingConfigurationName")?)));
    let spec_name = object.spec.scaling_group_id.as_deref().zip(object.name_to_find());
    let names = found_name.into_iter().chain(spec_name).map(|(group, name)| by_name(group, name));
    let claims: Vec<String> = ids.chain(names).collect();
    let mut others = given.peers.claiming(claims.iter().map(String::as_str));
    // One that stands for another configuration already does not mean this one, whatever it is called.
    let means_another = |peer: &EciScalingConfig| peer.configuration_id().zip(found).is_some_and(|(id, found)| id != found.id);
    others.retain(|peer| may_be_at(peer.as_ref(), &seen.account, &seen.region, given.peers.namespace()) && !means_another(peer));
    others
}

fn writes(peer: &EciScalingConfig) -> bool {
    let abandoned = peer.metadata.annotations.as_ref().is_some_and(|annotations| annotations.contains_key(ABANDON));
    peer.spec.management_policy == ManagementPolicy::Manage && peer.metadata.deletion_timestamp.is_none() && !abandoned
}

fn age(object: &EciScalingConfig) -> (Option<Timestamp>, Option<&str>, Option<&str>) {
    let meta = &object.metadata;
    (meta.creation_timestamp.as_ref().map(|created| created.0), meta.namespace.as_deref(), meta.name.as_deref())
}
