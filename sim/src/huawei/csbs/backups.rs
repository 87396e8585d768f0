//! Backups: one, a page of those that filters leave, or how many these are.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Ask, INVALID, item, refused};
use crate::huawei::answer::{Done, Outcome, Refusal};
use crate::huawei::stock::{ITEM_STATUSES, Item};

/// Of one page, at most and by default.
const PAGE: usize = 1000;
const LONGEST_SORT: usize = 255;

pub(super) fn show(ask: &Ask<'_>) -> Outcome {
    let id = ask.variable("checkpoint_item_id");
    let found = ask.item(id).ok_or_else(|| refused("CSBS.3001", &[id]))?;
    Ok(Done::read(json!({ "checkpoint_item": item::write(found) })))
}

pub(super) fn count(ask: &Ask<'_>) -> Outcome {
    Ok(Done::read(json!({ "count": fitting(ask)?.len() })))
}

pub(super) fn list(ask: &Ask<'_>) -> Outcome {
    let mut found = fitting(ask)?;
    let keys = sort_keys(query(ask, "sort").unwrap_or("created_at:desc"))?;
    found.sort_by(|one, other| order(&keys, one, other));
    let limit = number(ask, "limit")?.unwrap_or(PAGE).min(PAGE);
    if limit == 0 {
        return Err(invalid());
    }
    let start = match query(ask, "marker").filter(|_| !ask.csbs.ignores_marker) {
        Some(marker) => found.iter().position(|item| item.id == marker).ok_or_else(invalid)? + 1,
        None => 0,
    };
    let rest: Vec<&Item> = found.into_iter().skip(start).skip(number(ask, "offset")?.unwrap_or(0)).collect();
    let page = &rest[..limit.min(rest.len())];
    let links: Vec<Value> = match page.last().filter(|_| rest.len() > limit) {
        Some(last) => vec![json!({ "rel": "next", "href": next(ask, &last.id) })],
        None => Vec::new(),
    };
    let items: Vec<Value> = page.iter().map(|found| item::write(found)).collect();
    Ok(Done::read(json!({ "checkpoint_items": items, "checkpoint_items_links": links })))
}

/// The backups of the project that the filters leave.
fn fitting<'a>(ask: &Ask<'a>) -> Result<Vec<&'a Item>, Refusal> {
    if query(ask, "status").is_some_and(|status| !ITEM_STATUSES.contains(&status)) {
        return Err(invalid());
    }
    let (start, end) = (moment(ask, "start_time")?, moment(ask, "end_time")?);
    let same = |name: &str, actual: &str| query(ask, name).is_none_or(|wanted| wanted == actual);
    let like = |name: &str, actual: &str| query(ask, name).is_none_or(|wanted| actual.contains(wanted));
    let fits = |item: &&Item| {
        item.project == ask.project
            && same("status", &item.status)
            && like("name", &item.name)
            && same("resource_id", &item.server)
            && like("resource_name", &item.server_name)
            && same("resource_type", &item.kind)
            && same("checkpoint_id", &item.checkpoint)
            && same("policy_id", item.policy.as_deref().unwrap_or_default())
            && same("image_type", "backup")
            && same("az", &item.zone)
            && same("ip", &item.ip)
            && start.is_none_or(|start| start <= item.created)
            && end.is_none_or(|end| item.created <= end)
    };
    Ok(ask.stock.items.values().filter(fits).collect())
}

#[derive(Clone, Copy)]
enum Key {
    Id,
    Name,
    Status,
    Created,
    Updated,
}

/// `key[:asc|desc],…`; descending where it is not said.
fn sort_keys(text: &str) -> Result<Vec<(Key, bool)>, Refusal> {
    if text.len() > LONGEST_SORT {
        return Err(invalid());
    }
    text.split(',')
        .map(|part| {
            let (name, direction) = part.split_once(':').unwrap_or((part, "desc"));
            let key = match name {
                "id" => Key::Id,
                "name" => Key::Name,
                "status" => Key::Status,
                "created_at" | "protected_at" => Key::Created,
                "updated_at" => Key::Updated,
                _ => return Err(invalid()),
            };
            match direction {
                "asc" => Ok((key, true)),
                "desc" => Ok((key, false)),
                _ => Err(invalid()),
            }
        })
        .collect()
}

fn order(keys: &[(Key, bool)], one: &Item, other: &Item) -> Ordering {
    let by_key = |key: Key| match key {
        Key::Id => one.id.cmp(&other.id),
        Key::Name => one.name.cmp(&other.name),
        Key::Status => one.status.cmp(&other.status),
        Key::Created => one.created.cmp(&other.created),
        Key::Updated => one.updated.cmp(&other.updated),
    };
    let decided = keys.iter().map(|(key, ascending)| if *ascending { by_key(*key) } else { by_key(*key).reverse() });
    // So that pages do not overlap.
    decided.fold(Ordering::Equal, Ordering::then).then_with(|| one.id.cmp(&other.id))
}

/// Where the list goes on.
fn next(ask: &Ask<'_>, marker: &str) -> String {
    let paging = |name: &str| ["marker", "offset"].contains(&name);
    let rest = ask.request.query.iter().filter(|(name, _)| !paging(name));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(rest).append_pair("marker", marker);
    format!("http://{}{}?{}", ask.request.header("host").unwrap_or("localhost"), ask.request.path, query.finish())
}

/// An empty value counts as none.
fn query<'a>(ask: &Ask<'a>, name: &str) -> Option<&'a str> {
    let request = ask.request;
    request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn number(ask: &Ask<'_>, name: &str) -> Result<Option<usize>, Refusal> {
    query(ask, name).map(|text| text.parse().map_err(|_| invalid())).transpose()
}

/// A time with its zone, or without one in UTC.
fn moment(ask: &Ask<'_>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let parse = |text: &str| {
        let zoneless = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        text.parse().ok().or_else(zoneless).ok_or_else(invalid)
    };
    query(ask, name).map(parse).transpose()
}

fn invalid() -> Refusal {
    refused(INVALID, &[])
}
