//! `DescribeEciScalingConfigurations`: by id, by name, by group, or all of a region.

use serde_json::Value;

use super::super::{Ask, region};
use super::fields::NAME;
use super::{answer, list, only, page};
use crate::answer::{Done, Outcome};

const KNOWN: [&str; 6] = ["PageNumber", "PageSize", "RegionId", "ScalingConfigurationIds", "ScalingConfigurationNames", "ScalingGroupId"];
const MOST: usize = 10;

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    only(ask, &KNOWN)?;
    let region = region::required(ask)?;
    let parameters = ask.parameters;
    let ids = list(parameters, "ScalingConfigurationIds", MOST)?;
    let names = list(parameters, "ScalingConfigurationNames", MOST)?;
    let group = parameters.text("ScalingGroupId");
    let wanted = |list: &Option<Vec<&str>>, actual: &str| list.as_ref().is_none_or(|list| list.contains(&actual));
    let hits: Vec<Value> = ask
        .world
        .scaling_configurations
        .values()
        .filter_map(|one| one.seen(ask.now).as_ref())
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| wanted(&ids, &one.id) && wanted(&names, one.configuration.text(NAME).unwrap_or_default()))
        .filter(|one| group.is_none_or(|group| one.group == group))
        .map(|one| answer::configuration(one, ask.world))
        .collect();
    Ok(Done::read(page(&hits, "ScalingConfigurations", parameters)?))
}
