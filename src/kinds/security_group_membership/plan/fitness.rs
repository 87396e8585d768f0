//! What can be known before a target joins: everything here would otherwise be an error code of JoinSecurityGroup.
//! Limits are not checked: quotas differ between accounts, and enforcing them is the cloud's business.

use super::super::observe::{Group, Target};
use crate::api::envelope::Problem;
use crate::reason::Reason;
use std::collections::BTreeMap;

/// What keeps this target from joining, if anything does.
pub(super) fn obstacle(target: &Target, group_id: &str, groups: &BTreeMap<String, Group>) -> Option<Problem> {
    let group = groups.get(group_id)?;
    let checks = [
        network(target, group_id, group),
        managed(target, group_id, group),
        kinds(target, group_id, group, groups),
        locked(target),
        state(target),
    ];
    let (reason, message) = checks.into_iter().flatten().next()?;
    Some(Problem { target: target.id.clone(), reason, message, code: None })
}

type Finding = Option<(Reason, String)>;

fn network(target: &Target, group_id: &str, group: &Group) -> Finding {
    let name = |vpc: &str| if vpc.is_empty() { "the classic network".to_owned() } else { format!("VPC {vpc}") };
    (target.vpc != group.vpc).then(|| {
        let message = format!(
            "{} is in {}, {group_id} in {}: a member must be in the network of its group",
            target.id,
            name(&target.vpc),
            name(&group.vpc)
        );
        (Reason::InvalidSpec, message)
    })
}

fn managed(target: &Target, group_id: &str, group: &Group) -> Finding {
    if group.service_managed {
        return Some((Reason::InvalidSpec, format!("{group_id} is managed by a cloud service, which alone decides on its members")));
    }
    target
        .service_managed
        .then(|| (Reason::InvalidSpec, format!("{} is managed by a cloud service, which alone decides on its groups", target.id)))
}

/// Basic and advanced groups do not mix on one interface.
fn kinds(target: &Target, group_id: &str, group: &Group, groups: &BTreeMap<String, Group>) -> Finding {
    let other = target
        .groups
        .iter()
        .find(|id| groups.get(*id).is_some_and(|other| !other.kind.is_empty() && !group.kind.is_empty() && other.kind != group.kind))?;
    let message = format!(
        "{} is in {other}, whose kind is not that of {group_id}: basic and advanced groups cannot be mixed on one interface",
        target.id
    );
    Some((Reason::InvalidSpec, message))
}

fn locked(target: &Target) -> Finding {
    target.locks.iter().any(|lock| lock == "security").then(|| {
        (
            Reason::DependencyNotReady,
            format!("{} is locked by the cloud for security reasons: have it unlocked in the console first", target.id),
        )
    })
}

fn state(target: &Target) -> Finding {
    let fit = if target.id.starts_with("eni-") { ["Available", "InUse"] } else { ["Running", "Stopped"] };
    // A target that came by way of its primary interface shows the interface's state.
    let by_interface = target.alias.is_some() && target.status == "InUse";
    (!target.status.is_empty() && !fit.contains(&target.status.as_str()) && !by_interface)
        .then(|| (Reason::Busy, format!("{} is {}: it can join once it is {} or {}", target.id, target.status, fit[0], fit[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            id: "i-1".to_owned(),
            status: "Running".to_owned(),
            vpc: "vpc-1".to_owned(),
            groups: vec!["sg-base".to_owned()],
            ..Target::default()
        }
    }

    fn group() -> Group {
        Group { vpc: "vpc-1".to_owned(), kind: "normal".to_owned(), service_managed: false }
    }

    fn found(target: &Target, group: Group, base: Group) -> Option<(Reason, String)> {
        let groups = BTreeMap::from([("sg-1".to_owned(), group), ("sg-base".to_owned(), base)]);
        obstacle(target, "sg-1", &groups).map(|problem| (problem.reason, problem.message))
    }

    #[test]
    fn a_target_that_fits_has_no_obstacle() {
        for status in ["Running", "Stopped", ""] {
            assert_eq!(found(&Target { status: status.to_owned(), ..target() }, group(), group()), None);
        }
        let interface = Target { id: "eni-1".to_owned(), status: "InUse".to_owned(), ..target() };
        assert_eq!(found(&interface, group(), group()), None);
    }

    #[test]
    fn each_obstacle_is_named() {
        let advanced = Group { kind: "enterprise".to_owned(), ..group() };
        let table = [
            (Target { vpc: "vpc-2".to_owned(), ..target() }, group(), Reason::InvalidSpec, "VPC vpc-2"),
            (Target { vpc: String::new(), ..target() }, group(), Reason::InvalidSpec, "the classic network"),
            (target(), Group { service_managed: true, ..group() }, Reason::InvalidSpec, "sg-1 is managed"),
            (Target { service_managed: true, ..target() }, group(), Reason::InvalidSpec, "i-1 is managed"),
            (target(), advanced, Reason::InvalidSpec, "i-1 is in sg-base"),
            (Target { locks: vec!["security".to_owned()], ..target() }, group(), Reason::DependencyNotReady, "locked"),
            (Target { status: "Starting".to_owned(), ..target() }, group(), Reason::Busy, "i-1 is Starting"),
            (Target { id: "eni-1".to_owned(), status: "Attaching".to_owned(), ..target() }, group(), Reason::Busy, "eni-1 is Attaching"),
        ];
        for (target, joining, reason, text) in table {
            let (found_reason, message) = found(&target, joining, group()).unwrap();
            assert_eq!(found_reason, reason, "{message}");
            assert!(message.contains(text), "{message}");
        }
    }

    #[test]
    fn a_financial_lock_does_not_concern_groups() {
        assert_eq!(found(&Target { locks: vec!["financial".to_owned()], ..target() }, group(), group()), None);
    }
}
