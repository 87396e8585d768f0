//! `DescribeInstances`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::{Ask, region};
use super::paging::{self, Page};
use super::{TagFilter, fits, fits_wildcard, json_ids, refuse_dry_run, tags_json};
use crate::answer::{Done, Outcome, Refusal};
use crate::request::Parameters;
use crate::world::{Instance, Interface, World};

const MOST: usize = 100;

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?;
    let parameters = ask.parameters;
    let ids = json_ids(parameters, "InstanceIds", "i-")?;
    let tags = TagFilter::of(parameters)?;
    let span = CreationSpan::of(parameters)?;
    let wanted = |name: &str| parameters.text(name);
    refuse_dry_run(parameters)?;
    let world: &World = ask.world;
    let hits: Vec<&Instance> = world
        .instances
        .values()
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| ids.as_ref().is_none_or(|ids| ids.contains(&one.id)))
        .filter(|one| tags.fits(&one.tags) && span.covers(one.created))
        .filter(|one| {
            fits(wanted("VpcId"), one.vpc.as_deref())
                && fits(wanted("VSwitchId"), one.vswitch.as_deref())
                && fits(wanted("ZoneId"), Some(&one.zone))
                && fits(wanted("Status"), Some(&one.status))
                && fits(wanted("ResourceGroupId"), Some(&one.resource_group))
                && fits(wanted("InstanceType"), Some(&one.kind))
                && fits(wanted("ImageId"), Some(&one.image))
                && fits(wanted("InstanceNetworkType"), Some(network_type(one)))
                && fits_wildcard(wanted("InstanceName"), &one.name)
        })
        .filter(|one| wanted("SecurityGroupId").is_none_or(|group| seen_groups(world, one, ask.now).iter().any(|name| name == group)))
        .take(tags.most_hits())
        .collect();
    let page = paging::cut(hits, |one| &one.id, parameters, MOST)?;
    let secondary = secondary_interfaces(world, &page);
    let items: Vec<Value> = page.items.iter().map(|one| item(world, one, secondary.get(one.id.as_str()), ask.now)).collect();
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
        "Instances": { "Instance": items },
        "NextToken": page.next_token,
        "TotalCount": page.total,
        "PageNumber": page.number,
        "PageSize": page.size,
    })
}

fn secondary_interfaces<'a>(world: &'a World, page: &Page<&'a Instance>) -> BTreeMap<&'a str, Vec<&'a Interface>> {
    let mut found: BTreeMap<&str, Vec<&Interface>> = page.items.iter().map(|one| (one.id.as_str(), Vec::new())).collect();
    for interface in world.interfaces.values() {
        if interface.kind == "Primary" {
            continue;
        }
        let host = interface.instance.as_deref();
        if let Some(list) = host.and_then(|id| found.get_mut(id)) {
            list.push(interface);
        }
    }
    found
}

fn seen_groups<'a>(world: &'a World, one: &Instance, now: Timestamp) -> &'a [String] {
    world.interfaces.get(&one.primary_interface).map(|interface| interface.groups.seen(now).as_slice()).unwrap_or_default()
}

fn network_type(one: &Instance) -> &'static str {
    if one.vpc.is_some() { "vpc" } else { "classic" }
}

fn item(world: &World, one: &Instance, secondary: Option<&Vec<&Interface>>, now: Timestamp) -> Value {
    let primary = world.interfaces.get(&one.primary_interface);
    let address: Vec<&str> = primary.iter().map(|found| found.address.as_str()).collect();
    let interfaces: Vec<Value> = primary
        .into_iter()
        .chain(secondary.into_iter().flatten().copied())
        .map(|interface| {
            json!({
                "NetworkInterfaceId": interface.id,
                "Type": interface.kind,
                "MacAddress": "00:16:3e:00:00:01",
                "PrimaryIpAddress": interface.address,
            })
        })
        .collect();
    let locks: Vec<Value> = one.locks.iter().map(|reason| json!({ "LockReason": reason })).collect();
    let (inside, classic): (&[&str], &[&str]) = if one.vpc.is_some() { (&address, &[]) } else { (&[], &address) };
    json!({
        "InstanceId": one.id,
        "InstanceName": one.name,
        "Description": "",
        "HostName": one.name,
        "Status": one.status,
        "RegionId": one.region,
        "ZoneId": one.zone,
        "InstanceType": one.kind,
        "ImageId": one.image,
        "InstanceNetworkType": network_type(one),
        "VpcAttributes": {
            "VpcId": one.vpc.as_deref().unwrap_or_default(),
            "VSwitchId": one.vswitch.as_deref().unwrap_or_default(),
            "NatIpAddress": "",
            "PrivateIpAddress": { "IpAddress": inside },
        },
        "InnerIpAddress": { "IpAddress": classic },
        "PublicIpAddress": { "IpAddress": [] },
        "SecurityGroupIds": { "SecurityGroupId": seen_groups(world, one, now) },
        "NetworkInterfaces": { "NetworkInterface": interfaces },
        "Tags": tags_json(&one.tags),
        "OperationLocks": { "LockReason": locks },
        "ResourceGroupId": one.resource_group,
        "CreationTime": one.created.strftime("%Y-%m-%dT%H:%MZ").to_string(),
        "InstanceChargeType": "PostPaid",
        "OSType": one.os.word(),
        "MetadataOptions": Value::Object(Map::new()),
    })
}

/// `Filter.N` with the keys `CreationStartTime` and `CreationEndTime`.
struct CreationSpan {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl CreationSpan {
    fn of(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut span = Self { start: None, end: None };
        for (key, value) in parameters.pairs("Filter") {
            let edge = match key {
                "CreationStartTime" => &mut span.start,
                "CreationEndTime" => &mut span.end,
                _ => continue,
            };
            *edge = Some(
                minute(value.unwrap_or_default())
                    .ok_or_else(|| Refusal::new(400, "InvalidParameter", "The specified value of parameter Filter is not valid."))?,
            );
        }
        Ok(span)
    }

    fn covers(&self, created: Timestamp) -> bool {
        self.start.is_none_or(|start| created >= start) && self.end.is_none_or(|end| created <= end)
    }
}

/// `yyyy-MM-ddTHH:mmZ`, the form of `CreationTime`.
fn minute(text: &str) -> Option<Timestamp> {
    format!("{}:00Z", text.strip_suffix('Z')?).parse().ok()
}
