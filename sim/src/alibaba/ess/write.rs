//! Modify, Create and Delete of scaling configurations. No value is checked beyond its type: the cloud fails when it scales out, not before.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::super::{Ask, region};
use super::fields::{Dialect, NAME};
use super::tree::{Tree, Trouble};
use super::{invalid, only};
use crate::answer::{Done, Outcome, Refusal};
use crate::hex::hex;
use crate::request::missing;
use crate::world::World;
use crate::world::scaling::{EmptyStrings, Lifecycle, ScalingConfiguration};

const ID: &str = "ScalingConfigurationId";
const GROUP: &str = "ScalingGroupId";
const UPDATE: &str = "ContainersUpdateType";
/// The document marks these as required in a Modify; the vendor's SDK only the first.
const REQUIRED: [&str; 5] = [ID, NAME, "Description", "SecurityGroupId", "ContainerGroupName"];
const OF_MODIFY: [&str; 5] = [ID, UPDATE, "Override", "OwnerId", "ResourceOwnerAccount"];
const OF_CREATE: [&str; 3] = [GROUP, "OwnerId", "ResourceOwnerAccount"];
const OF_DELETE: [&str; 4] = [ID, "OwnerId", "RegionId", "ResourceOwnerAccount"];

pub(super) fn modify(ask: &mut Ask<'_>) -> Outcome {
    let id = ask.parameters.required(ID)?;
    let settings = &ask.world.settings;
    if let Some(name) = REQUIRED.iter().find(|name| settings.strict_modify && !ask.parameters.0.contains_key(**name)) {
        return Err(missing(name));
    }
    let incremental = is_incremental(ask)?;
    let over = ask.parameters.flag("Override") == Some(true) && !incremental;
    let mut sent = sent(ask, Dialect::Modify, &OF_MODIFY)?;
    if sent.text(NAME) == Some("") {
        sent.set_text(NAME, id);
    }
    let old = find(ask, id)?;
    name_is_free(ask.world, &old.group, id, sent.text(NAME))?;
    let mut tree = old.configuration.clone();
    if over {
        tree = Tree::default();
        tree.set_text(NAME, old.configuration.text(NAME).unwrap_or(id));
    }
    if incremental {
        tree.increment(sent).map_err(|number| invalid(&format!("Containers.{number}.Name")))?;
    } else {
        tree.renew(sent);
    }
    if over {
        fill_in(&mut tree, id, &old.region);
    }
    let new = ScalingConfiguration { configuration: tree, ..old.clone() };
    let acted = new != *old;
    ask.world.write_configuration(id, Some(new), ask.now, ask.world.settings.read_lag);
    Ok(Done { body: json!({}), acted })
}

pub(super) fn create(ask: &mut Ask<'_>) -> Outcome {
    let group = ask.parameters.required(GROUP)?;
    let mut tree = sent(ask, Dialect::Create, &OF_CREATE)?;
    let group = ask
        .world
        .scaling_groups
        .get(group)
        .filter(|group| group.account == ask.account)
        .ok_or_else(|| Refusal::new(404, "InvalidScalingGroupId.NotFound", "The specified scaling group does not exist."))?
        .clone();
    if group.kind != "ECI" {
        return Err(Refusal::new(400, "UnsupportedOperation", "The specified action is not supported."));
    }
    name_is_free(ask.world, &group.id, "", tree.text(NAME).filter(|name| !name.is_empty()))?;
    if ask.world.configurations_of(&group.id).count() >= ask.world.settings.configurations_per_group {
        return Err(Refusal::new(
            400,
            "QuotaExceeded.ScalingConfiguration",
            "Scaling configuration quota exceeded in the specified scaling group.",
        ));
    }
    ask.world.configured += 1;
    let digest = hex(&Sha256::digest(format!("steward-cloudsim configuration {}", ask.world.configured)));
    let id = format!("asc-{}", &digest[..20]);
    fill_in(&mut tree, &id, &group.region);
    let new = ScalingConfiguration {
        id: id.clone(),
        account: group.account,
        group: group.id,
        region: group.region,
        instances: 0,
        configuration: tree,
        extra: BTreeMap::new(),
        created: ask.now,
    };
    ask.world.write_configuration(&id, Some(new), ask.now, ask.world.settings.read_lag);
    Ok(Done { body: json!({ ID: id }), acted: true })
}

pub(super) fn delete(ask: &mut Ask<'_>) -> Outcome {
    only(ask, &OF_DELETE)?;
    let id = ask.parameters.required(ID)?;
    let region = ask.parameters.text("RegionId");
    if let Some(region) = region {
        region::check(ask, region)?;
    }
    let found = find(ask, id)?;
    if region.is_some_and(|region| region != found.region) {
        return Err(not_found());
    }
    if ask.world.lifecycle(found) == Lifecycle::Active {
        return Err(Refusal::new(
            400,
            "IncorrectScalingConfigurationLifecycleState",
            "The current lifecycle state of specified scaling configuration does not support this action.",
        ));
    }
    if found.instances > 0 {
        return Err(Refusal::new(
            400,
            "InstanceInUse",
            "You cannot delete a scaling configuration or scaling group while there is an instance associated with it.",
        ));
    }
    ask.world.remove_configuration(id, ask.now, ask.world.settings.read_lag);
    Ok(Done::changed())
}

/// The fields that a request sets.
fn sent(ask: &Ask<'_>, dialect: Dialect, others: &[&str]) -> Result<Tree, Refusal> {
    let settings = &ask.world.settings;
    let mut tree = Tree::default();
    for (name, text) in &ask.parameters.0 {
        let listed = name.rsplit('.').next().is_some_and(|last| last.parse::<u32>().is_ok());
        if others.contains(&name.as_str()) || text.is_empty() && !listed && settings.empty_strings == EmptyStrings::Ignore {
            continue;
        }
        match tree.put(name, text, dialect) {
            Err(Trouble::Unknown) if !settings.strict_parameters => {}
            taken => taken.map_err(|_| invalid(name))?,
        }
    }
    Ok(tree)
}

fn is_incremental(ask: &Ask<'_>) -> Result<bool, Refusal> {
    match ask.parameters.text(UPDATE) {
        None | Some("RenewUpdate") => Ok(false),
        Some("IncrementalUpdate") => Ok(true),
        Some(_) => Err(invalid(UPDATE)),
    }
}

fn find<'a>(ask: &'a Ask<'_>, id: &str) -> Result<&'a ScalingConfiguration, Refusal> {
    ask.world
        .scaling_configurations
        .get(id)
        .and_then(|one| one.truth().as_ref())
        .filter(|one| one.account == ask.account)
        .ok_or_else(not_found)
}

fn not_found() -> Refusal {
    Refusal::new(404, "InvalidScalingConfigurationId.NotFound", "The specified scaling configuration does not exist.")
}

fn name_is_free(world: &World, group: &str, own: &str, name: Option<&str>) -> Result<(), Refusal> {
    let taken = |name| world.configurations_of(group).any(|one| one.id != own && one.configuration.text(NAME) == Some(name));
    if name.is_some_and(taken) {
        return Err(Refusal::new(400, "InvalidScalingConfigurationName.Duplicate", "The specified value of parameter is duplicated."));
    }
    Ok(())
}

/// What the cloud says where a Create says nothing.
fn fill_in(tree: &mut Tree, id: &str, region: &str) {
    let defaults =
        [(NAME, id), ("RestartPolicy", "Always"), ("SpotStrategy", "NoSpot"), ("SecurityGroupId", &format!("sg-default-{region}"))];
    for (name, text) in defaults {
        if tree.text(name).is_none_or(str::is_empty) {
            tree.set_text(name, text);
        }
    }
    tree.default_number("LoadBalancerWeight", 50);
    if tree.is_true("AutoCreateEip") {
        tree.default_number("EipBandwidth", 5);
    }
}
