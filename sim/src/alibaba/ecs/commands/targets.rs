//! The instances of a `RunCommand`: named, or found by their tags; all of them fit for it, or none gets it.

use std::collections::BTreeSet;

use super::tags::OF_RESOURCES;
use super::{Ask, refuse};
use crate::answer::Refusal;
use crate::world::Instance;
use crate::world::commands::Os;

const MOST: usize = 100;

/// What a command asks of an instance.
pub(super) struct Wanted<'a> {
    pub(super) os: Os,
    pub(super) resource_group: Option<&'a str>,
}

pub(super) fn choose(ask: &Ask<'_>, region: &str, wanted: &Wanted<'_>) -> Result<Vec<String>, Refusal> {
    let mut named = BTreeSet::new();
    let ids: Vec<&str> = ask.parameters.list("InstanceId").into_iter().filter(|id| !id.is_empty() && named.insert(*id)).collect();
    let tags = OF_RESOURCES.read(ask.parameters)?;
    let too_many = || refuse(403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit.");
    if ids.len() > MOST {
        return Err(too_many());
    }
    let of_account = |one: &&Instance| one.account == ask.account && one.region == region;
    let chosen: Vec<&Instance> = match (ids.is_empty(), tags.is_empty()) {
        (false, false) => {
            return Err(refuse(
                400,
                "InvalidResourceTag.ConflictWithInstanceIds",
                "The specified param ResourceTag conflicts with InstanceId.",
            ));
        }
        (true, true) => {
            return Err(refuse(400, "MissingParam.InstanceId", "The parameter instanceId is missing or empty."));
        }
        (false, true) => {
            let found = ids.iter().map(|id| ask.world.instances.get(*id).filter(of_account));
            found.collect::<Option<_>>().ok_or_else(not_found)?
        }
        (true, false) => {
            let all = ask.world.instances.values().filter(of_account);
            let fit = |one: &&Instance| one.status == "Running" && tags.iter().all(|(key, value)| one.tags.get(key) == Some(value));
            all.filter(fit).filter(|one| wanted.resource_group.is_none_or(|group| group == one.resource_group)).collect()
        }
    };
    if chosen.is_empty() {
        return Err(refuse(400, "InvalidResourceTag.InstanceNotFound", "InstanceIds are not found by the specified ResourceTag."));
    }
    if chosen.len() > MOST {
        return Err(too_many());
    }
    if chosen.iter().any(|one| wanted.resource_group.is_some_and(|group| group != one.resource_group)) {
        return Err(not_found());
    }
    if chosen.iter().any(|one| one.status != "Running" || !one.agent.is_alive() || one.os != wanted.os) {
        return Err(refuse(400, "InvalidInstance.NotMatch", "The specified instance type does not match the command."));
    }
    Ok(chosen.into_iter().map(|one| one.id.clone()).collect())
}

fn not_found() -> Refusal {
    refuse(404, "InvalidInstance.NotFound", "The specified instance does not exist.")
}
