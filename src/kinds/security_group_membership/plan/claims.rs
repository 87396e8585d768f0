//! What other objects have to say about a member: whether one of them wants it there, and whether one of them had it join.

use super::super::observe::{Observed, Target};
use super::super::{EVERYBODY, claim};
use crate::api::SecurityGroupMembership;
use crate::api::security_group_membership::{InstanceSelector, LedgerState};
use crate::reconcile::claims::Peers;
use std::sync::Arc;

/// Whether a living object's spec names this target for this group: then it must not leave.
pub(super) fn is_wanted_elsewhere(peers: &Peers<SecurityGroupMembership>, seen: &Observed, group: &str, target: &Target) -> bool {
    about(peers, seen, group, target, true)
        .iter()
        .any(|peer| peer.metadata.deletion_timestamp.is_none() && peer.spec.security_group_id == group && names(peer, group, target))
}

/// Whether the ledger of another object says that steward had this target join this group.
pub(super) fn is_by_us(peers: &Peers<SecurityGroupMembership>, seen: &Observed, group: &str, target: &Target) -> bool {
    about(peers, seen, group, target, false).iter().any(|peer| {
        peer.entries()
            .any(|(of, entry)| of == group && is(target, &entry.target) && matches!(entry.state, LedgerState::Adding | LedgerState::Added))
    })
}

/// The other objects that may be about this target in this group, in the same account and region.
fn about(
    peers: &Peers<SecurityGroupMembership>,
    seen: &Observed,
    group: &str,
    target: &Target,
    selectors: bool,
) -> Vec<Arc<SecurityGroupMembership>> {
    let mut claims = vec![claim(group, &target.id)];
    claims.extend(target.alias.iter().map(|alias| claim(group, alias)));
    if selectors {
        claims.push(claim(group, EVERYBODY));
    }
    let mut about = peers.claiming(claims.iter().map(String::as_str));
    about.retain(|peer| may_be_there(peer, seen));
    about
}

/// A peer that has not looked at the cloud yet may be anywhere: it counts, because leaving what it wants would be worse.
fn may_be_there(peer: &SecurityGroupMembership, seen: &Observed) -> bool {
    let envelope = peer.status.as_ref().map(|status| &status.envelope);
    let account = envelope.and_then(|envelope| envelope.account_id.as_deref());
    let region = envelope.and_then(|envelope| envelope.region.as_deref()).or(peer.spec.region.as_deref());
    account.is_none_or(|account| account == seen.account) && region.is_none_or(|region| region == seen.region)
}

fn names(peer: &SecurityGroupMembership, group: &str, target: &Target) -> bool {
    let targets = &peer.spec.targets;
    let by_id = targets.instance_ids.iter().chain(&targets.network_interface_ids).any(|id| is(target, id));
    let by_book = || peer.entries().any(|(of, entry)| of == group && entry.unmatched_since.is_none() && is(target, &entry.target));
    by_id || targets.instance_selector.as_ref().is_some_and(|selector| matches(selector, target) || by_book())
}

fn is(target: &Target, id: &str) -> bool {
    target.id == id || target.alias.as_deref() == Some(id)
}

fn matches(selector: &InstanceSelector, target: &Target) -> bool {
    let fits = |wanted: &Option<String>, has: &String| wanted.as_ref().is_none_or(|wanted| wanted == has);
    selector.tags.iter().all(|tag| target.tags.get(&tag.key) == Some(&tag.value))
        && fits(&selector.vpc_id, &target.vpc)
        && fits(&selector.zone_id, &target.zone)
        && fits(&selector.resource_group_id, &target.resource_group)
}
