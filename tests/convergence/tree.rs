//! A configuration as a tree over the table of fields, out of JSON and into it, by either side's names.

use crate::table::{Field, Kind, fields, place};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// By the place of the field in its table.
pub(crate) type Level = BTreeMap<usize, Seen>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    One(Value),
    Texts(Vec<String>),
    Entries(Vec<Level>),
}

/// Whose names.
#[derive(Clone, Copy)]
pub(crate) enum Names {
    /// In a Modify, a seed, an edit and the state of the simulator.
    Cloud,
    Spec,
}

fn name(field: &Field, names: Names) -> &str {
    match names {
        Names::Cloud => &field.request,
        Names::Spec => &field.name,
    }
}

pub(crate) fn write(level: &Level, fields: &[Field], names: Names) -> Value {
    let mut root = json!({});
    for (place, seen) in level {
        let field = &fields[*place];
        let value = match (seen, &field.kind) {
            (Seen::One(value), _) => value.clone(),
            (Seen::Texts(texts), _) => json!(texts),
            (Seen::Entries(entries), Kind::Entries { fields, .. }) => entries.iter().map(|entry| write(entry, fields, names)).collect(),
            (Seen::Entries(_), _) => unreachable!("{} has no entries", field.request),
        };
        let inner = name(field, names).split('.').fold(&mut root, |place, part| {
            if place.is_null() {
                *place = json!({});
            }
            &mut place[part]
        });
        *inner = value;
    }
    root
}

pub(crate) fn read(json: &Value, fields: &[Field], names: Names) -> Level {
    let mut level = Level::new();
    for (place, field) in fields.iter().enumerate() {
        let found = name(field, names).split('.').try_fold(json, |json, part| json.get(part));
        let Some(found) = found.filter(|found| !found.is_null()) else { continue };
        let list = || found.as_array().cloned().unwrap_or_default();
        let seen = match &field.kind {
            Kind::Entries { fields, .. } => Seen::Entries(list().iter().map(|entry| read(entry, fields, names)).collect()),
            Kind::Texts => Seen::Texts(list().iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()),
            Kind::Text | Kind::Secret | Kind::Flag | Kind::Whole | Kind::Number => Seen::One(found.clone()),
        };
        level.insert(place, seen);
    }
    level
}

/// By the names of the first level, as seeds and edits have them.
pub(crate) fn first_level(json: Value) -> BTreeMap<String, Value> {
    let map: Map<String, Value> = serde_json::from_value(json).unwrap_or_default();
    map.into_iter().collect()
}

pub(crate) fn entries(level: &Level, place: usize) -> &[Level] {
    match level.get(&place) {
        Some(Seen::Entries(entries)) => entries,
        _ => &[],
    }
}

/// What tells an entry from the others, as paths have it.
pub(crate) fn key(entry: &Level, key: &[usize], fields: &[Field]) -> String {
    let part = |place: &usize| match entry.get(place) {
        Some(Seen::One(Value::String(text))) if !text.is_empty() => plain_key(&fields[*place].name, text),
        Some(Seen::One(value @ Value::Number(_))) if value.as_f64() != Some(0.0) => value.to_string(),
        _ if fields[*place].name == "protocol" => "TCP".to_owned(),
        _ => String::new(),
    };
    key.iter().map(part).collect::<Vec<_>>().join("/")
}

/// A cloud may write a key in another way than spec does, and mean the same.
pub(crate) fn plain_key(field: &str, text: &str) -> String {
    match field {
        "mountPath" => text.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(text).to_owned(),
        "protocol" => text.to_uppercase(),
        _ => text.to_owned(),
    }
}

/// What holds something: what was never set and what is set to nothing look alike in some answers.
pub(crate) fn says(seen: Option<&Seen>) -> Option<&Seen> {
    seen.filter(|seen| match seen {
        Seen::One(Value::String(text)) => !text.is_empty(),
        Seen::One(Value::Number(number)) => number.as_f64() != Some(0.0),
        Seen::One(value) => *value == json!(true),
        Seen::Texts(texts) => !texts.is_empty(),
        Seen::Entries(entries) => entries.iter().any(holds_something),
    })
}

pub(crate) fn holds_something(level: &Level) -> bool {
    level.values().any(|seen| says(Some(seen)).is_some())
}

/// Without what says nothing.
pub(crate) fn tidy(level: &Level) -> Level {
    let tidied = |seen: &Seen| match seen {
        Seen::Entries(entries) => Seen::Entries(entries.iter().filter(|entry| holds_something(entry)).map(tidy).collect()),
        other => other.clone(),
    };
    level.iter().filter(|(_, seen)| says(Some(seen)).is_some()).map(|(place, seen)| (*place, tidied(seen))).collect()
}

/// Whether the price reads back: beside any other strategy it does not.
pub(crate) fn has_a_price_limit(level: &Level) -> bool {
    level.get(&place(fields(), "SpotStrategy")) == Some(&Seen::One(json!("SpotWithPriceLimit")))
}

/// With the entries of lists that are maps at heart in an order of their own.
pub(crate) fn unordered(level: &Level, fields: &[Field]) -> Level {
    let sorted = |field: &Field, seen: &Seen| match (&field.kind, seen) {
        (Kind::Entries { fields, .. }, Seen::Entries(entries)) => {
            let mut entries: Vec<Level> = entries.iter().map(|entry| unordered(entry, fields)).collect();
            if !["containers", "initContainers"].contains(&field.name.as_str()) {
                entries.sort_by_cached_key(|entry| format!("{entry:?}"));
            }
            Seen::Entries(entries)
        }
        _ => seen.clone(),
    };
    level.iter().map(|(place, seen)| (*place, sorted(&fields[*place], seen))).collect()
}
