//! `DescribeScalingGroups`, as far as a client of configurations asks for it.

use serde_json::{Value, json};

use super::super::{Ask, region};
use super::{list, only, page};
use crate::answer::{Done, Outcome};
use crate::world::World;
use crate::world::scaling::ScalingGroup;

const KNOWN: [&str; 9] = [
    "GroupType",
    "PageNumber",
    "PageSize",
    "RegionId",
    "ResourceGroupId",
    "ScalingGroupIds",
    "ScalingGroupName",
    "ScalingGroupNames",
    "Tags",
];
const MOST: usize = 20;

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    only(ask, &KNOWN)?;
    let region = region::required(ask)?;
    let parameters = ask.parameters;
    let ids = list(parameters, "ScalingGroupIds", MOST)?;
    let names = list(parameters, "ScalingGroupNames", MOST)?;
    let tags = parameters.pairs("Tags");
    let wanted = |list: &Option<Vec<&str>>, actual: &str| list.as_ref().is_none_or(|list| list.contains(&actual));
    let fits = |name: &str, actual: &str| parameters.text(name).is_none_or(|text| text == actual);
    let hits: Vec<Value> = ask
        .world
        .scaling_groups
        .values()
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| wanted(&ids, &one.id) && wanted(&names, &one.name))
        .filter(|one| fits("ScalingGroupName", &one.name) && fits("GroupType", &one.kind) && fits("ResourceGroupId", &one.resource_group))
        .filter(|one| tags.iter().all(|(key, value)| one.tags.get(*key).is_some_and(|actual| value.is_none_or(|value| value == actual))))
        .map(|one| item(one, ask.world))
        .collect();
    Ok(Done::read(page(&hits, "ScalingGroups", parameters)?))
}

fn item(one: &ScalingGroup, world: &World) -> Value {
    let capacity: u32 = world.configurations_of(&one.id).map(|configuration| configuration.instances).sum();
    let tags: Vec<Value> = one.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    json!({
        "ScalingGroupId": one.id,
        "ScalingGroupName": one.name,
        "GroupType": one.kind,
        "LifecycleState": if one.active_configuration.is_some() { "Active" } else { "Inactive" },
        "ActiveScalingConfigurationId": one.active_configuration.as_deref().unwrap_or_default(),
        "MinSize": one.min_size,
        "MaxSize": one.max_size,
        "DesiredCapacity": capacity,
        "ActiveCapacity": capacity,
        "TotalCapacity": capacity,
        "VpcId": one.vpc,
        "VSwitchId": one.vswitch,
        "VSwitchIds": [one.vswitch],
        "ResourceGroupId": one.resource_group,
        "RegionId": one.region,
        "Tags": tags,
        "CreationTime": one.created.strftime("%Y-%m-%dT%H:%MZ").to_string(),
    })
}
