//! `DescribeSecurityGroups`.

use serde_json::{Value, json};

use super::super::{Ask, region};
use super::paging::{self, Page};
use super::{TagFilter, fits, fits_wildcard, json_ids, refuse_dry_run, tags_json};
use crate::answer::{Done, Outcome};
use crate::world::Group;

const MOST: usize = 100;

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?;
    let parameters = ask.parameters;
    let ids = json_ids(parameters, "SecurityGroupIds", "sg-")?;
    let tags = TagFilter::of(parameters)?;
    let wanted = |name: &str| parameters.text(name);
    refuse_dry_run(parameters)?;
    let hits: Vec<&Group> = ask
        .world
        .groups
        .values()
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| ids.as_ref().is_none_or(|ids| ids.contains(&one.id)))
        .filter(|one| tags.fits(&one.tags))
        .filter(|one| {
            fits(wanted("SecurityGroupId"), Some(&one.id))
                && fits(wanted("VpcId"), one.vpc.as_deref())
                && fits(wanted("NetworkType"), Some(network_type(one)))
                && fits(wanted("SecurityGroupType"), Some(one.kind.word()))
                && fits(wanted("ResourceGroupId"), Some(&one.resource_group))
                && fits_wildcard(wanted("SecurityGroupName"), &one.name)
        })
        .take(tags.most_hits())
        .collect();
    let page = paging::cut(hits, |one| &one.id, parameters, MOST)?;
    let items: Vec<Value> = page.items.iter().map(|one| item(one)).collect();
    Ok(Done::read(body(&items, &page, region)))
}

/// What a caller without the right may get to see.
pub(super) fn none(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?;
    let page = paging::cut(Vec::<String>::new(), |id| id, ask.parameters, MOST)?;
    Ok(Done::read(body(&[], &page, region)))
}

fn body<T>(items: &[Value], page: &Page<T>, region: &str) -> Value {
    json!({
        "RegionId": region,
        "SecurityGroups": { "SecurityGroup": items },
        "NextToken": page.next_token,
        "TotalCount": page.total,
        "PageNumber": page.number,
        "PageSize": page.size,
    })
}

fn network_type(one: &Group) -> &'static str {
    if one.vpc.is_some() { "vpc" } else { "classic" }
}

fn item(one: &Group) -> Value {
    json!({
        "SecurityGroupId": one.id,
        "SecurityGroupName": one.name,
        "Description": one.description,
        "SecurityGroupType": one.kind.word(),
        "VpcId": one.vpc.as_deref().unwrap_or_default(),
        "ServiceManaged": one.service_managed,
        "ResourceGroupId": one.resource_group,
        "RuleCount": one.rules,
        "GroupToGroupRuleCount": 0,
        "Tags": tags_json(&one.tags),
        "CreationTime": one.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}
