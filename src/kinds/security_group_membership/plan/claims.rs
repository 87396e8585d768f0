//! What other objects have to say about a member: whether one of them wants it there, and whether one of them had it join.

use super::super::observe::{Observed, Target};
use super::super::{EVERYBODY, claim};
use crate::api::SecurityGroupMembership;
use crate::api::envelope::ManagementPolicy;
use crate::api::security_group_membership::{InstanceSelector, LedgerState};
use crate::reconcile::claims::Peers;
use crate::reconcile::kind::may_be_at;
use std::sync::Arc;

/// What other living objects say of a member that this one does not want any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// No other spec names it.
    Unwanted,
    /// Another one names it, and has put down that it is there by steward's doing; or never will, because it only observes.
    TakenOver,
    /// Another one names it, and does not know yet by whose doing it is there: while our entry stands, it can tell.
    Heir,
}

/// Whether a living object's spec names this target for this group: then it must not leave.
pub(super) fn elsewhere(peers: &Peers<SecurityGroupMembership>, seen: &Observed, group: &str, target: &Target) -> Elsewhere {
    let mut wanting = about(peers, seen, group, target, true);
    wanting.retain(|peer| peer.metadata.deletion_timestamp.is_none() && peer.spec.security_group_id == group && names(peer, group, target));
    let keeps_books = |peer: &SecurityGroupMembership| peer.spec.management_policy == ManagementPolicy::Manage && !peer.spec.suspend;
    match () {
        () if wanting.is_empty() => Elsewhere::Unwanted,
        () if wanting.iter().any(|peer| had_join(peer, group, target)) || !wanting.iter().any(|peer| keeps_books(peer)) => {
            Elsewhere::TakenOver
        }
        () => Elsewhere::Heir,
    }
}

/// Whether the ledger of another object says that steward had this target join this group.
pub(super) fn is_by_us(peers: &Peers<SecurityGroupMembership>, seen: &Observed, group: &str, target: &Target) -> bool {
    about(peers, seen, group, target, false).iter().any(|peer| had_join(peer, group, target))
}

fn had_join(peer: &SecurityGroupMembership, group: &str, target: &Target) -> bool {
    peer.entries()
        .any(|(of, entry)| of == group && is(target, &entry.target) && matches!(entry.state, LedgerState::Adding | LedgerState::Added))
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
    about.retain(|peer| may_be_at(peer.as_ref(), &seen.account, &seen.region, peers.namespace()));
    about
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
    // An interface of its own may carry the tag, but a selector means instances.
    if target.id.starts_with("eni-") {
        return false;
    }
    let fits = |wanted: &Option<String>, has: &String| wanted.as_ref().is_none_or(|wanted| wanted == has);
    selector.tags.iter().all(|tag| target.tags.get(&tag.key) == Some(&tag.value))
        && fits(&selector.vpc_id, &target.vpc)
        && fits(&selector.zone_id, &target.zone)
        && fits(&selector.resource_group_id, &target.resource_group)
}
