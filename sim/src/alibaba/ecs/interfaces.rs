//! `DescribeNetworkInterfaces`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Ask, region};
use super::paging::{self, Page};
use super::{TagFilter, fits, fits_wildcard, refuse_dry_run, tags_json, well_formed};
use crate::answer::{Done, Outcome, Refusal};
use crate::world::Interface;

const MOST: usize = 500;

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?;
    let parameters = ask.parameters;
    let ids: BTreeSet<&str> = parameters.list("NetworkInterfaceId").into_iter().collect();
    if ids.len() > 100 || ids.iter().any(|id| !well_formed(id, "eni-")) {
        return Err(Refusal::new(400, "InvalidEniId.Malformed", "The specified parameter NetworkInterfaceId is not valid."));
    }
    let tags = TagFilter::of(parameters)?;
    let wanted = |name: &str| parameters.text(name);
    let managed = parameters.flag("ServiceManaged");
    refuse_dry_run(parameters)?;
    let hits: Vec<&Interface> = ask
        .world
        .interfaces
        .values()
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| ids.is_empty() || ids.contains(one.id.as_str()))
        .filter(|one| tags.fits(&one.tags))
        .filter(|one| {
            fits(wanted("InstanceId"), one.instance.as_deref())
                && fits(wanted("VpcId"), one.vpc.as_deref())
                && fits(wanted("VSwitchId"), one.vswitch.as_deref())
                && fits(wanted("Type"), Some(&one.kind))
                && fits(wanted("Status"), Some(&one.status))
                && fits(wanted("ResourceGroupId"), Some(&one.resource_group))
                && fits_wildcard(wanted("NetworkInterfaceName"), &one.name)
                && managed.is_none_or(|managed| managed == one.service_managed)
        })
        .filter(|one| {
            // By group the cloud finds secondary interfaces only.
            wanted("SecurityGroupId").is_none_or(|group| one.kind != "Primary" && one.groups.seen(ask.now).iter().any(|name| name == group))
        })
        .take(tags.most_hits())
        .collect();
    let page = paging::cut(hits, |one| &one.id, parameters, MOST)?;
    let items: Vec<Value> = page.items.iter().map(|one| item(one, ask.now)).collect();
    Ok(Done::read(body(&items, &page)))
}

/// What a caller without the right may get to see.
pub(super) fn none(ask: &mut Ask<'_>) -> Outcome {
    region::required(ask)?;
    let page = paging::cut(Vec::<String>::new(), |id| id, ask.parameters, MOST)?;
    Ok(Done::read(body(&[], &page)))
}

fn body<T>(items: &[Value], page: &Page<T>) -> Value {
    json!({
        "NetworkInterfaceSets": { "NetworkInterfaceSet": items },
        "NextToken": page.next_token,
        "TotalCount": page.total,
        "PageNumber": page.number,
        "PageSize": page.size,
    })
}

fn item(one: &Interface, now: Timestamp) -> Value {
    let instance = one.instance.as_deref().unwrap_or_default();
    json!({
        "NetworkInterfaceId": one.id,
        "NetworkInterfaceName": one.name,
        "Description": "",
        "Status": one.status,
        "Type": one.kind,
        "InstanceId": instance,
        "VpcId": one.vpc.as_deref().unwrap_or_default(),
        "VSwitchId": one.vswitch.as_deref().unwrap_or_default(),
        "ZoneId": one.zone,
        "PrivateIpAddress": one.address,
        "MacAddress": "00:16:3e:00:00:01",
        "SecurityGroupIds": { "SecurityGroupId": one.groups.seen(now) },
        "ServiceManaged": one.service_managed,
        "Attachment": { "InstanceId": instance },
        "ResourceGroupId": one.resource_group,
        "OwnerId": one.account,
        "Tags": tags_json(&one.tags),
        "CreationTime": one.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}
