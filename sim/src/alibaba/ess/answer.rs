//! How a scaling configuration reads back: the answer's own names and types, and what the settings leave open because no document says it.

use serde_json::{Map, Value, json};

use super::fields::{CONFIGURATION, CONTAINERS, Field, Read, What};
use super::tree::{Held, Tree};
use crate::world::scaling::{EmptyFields, ListOrder, Passwords, ScalingConfiguration};
use crate::world::{Settings, World};

const LIMIT: &str = "SpotPriceLimit";

pub(super) fn configuration(one: &ScalingConfiguration, world: &World) -> Value {
    let mut tree = one.configuration.clone();
    if tree.text("SpotStrategy") != Some("SpotWithPriceLimit") {
        tree.0.remove(LIMIT);
    }
    let mut answer = entry(&tree, CONFIGURATION, &world.settings);
    answer.insert("ScalingConfigurationId".to_owned(), json!(one.id));
    answer.insert("ScalingGroupId".to_owned(), json!(one.group));
    answer.insert("RegionId".to_owned(), json!(one.region));
    answer.insert("LifecycleState".to_owned(), json!(world.lifecycle(one)));
    answer.insert("CreationTime".to_owned(), json!(one.created.strftime("%Y-%m-%dT%H:%MZ").to_string()));
    let mut answer = Value::Object(answer);
    for (path, value) in &one.extra {
        put(&mut answer, path, value);
    }
    answer
}

fn entry(tree: &Tree, fields: &'static [Field], settings: &Settings) -> Map<String, Value> {
    fields.iter().filter_map(|field| Some((field.read(), value(tree.0.get(field.name), field, settings)?))).collect()
}

/// None: the answer does not have the field.
fn value(held: Option<&Held>, field: &'static Field, settings: &Settings) -> Option<Value> {
    let shown = match (held, &field.what) {
        (_, What::Secret) if settings.passwords == Passwords::Hidden => return None,
        (None, what) => return unset(what, settings.empty_fields),
        (Some(Held::One(_)), What::Secret) if settings.passwords == Passwords::Masked => json!("******"),
        (Some(Held::One(value)), What::Long(read)) => long(value, *read),
        (Some(Held::One(value)), _) => value.clone(),
        (Some(Held::Texts(texts)), _) => texts.values().cloned().collect(),
        (Some(Held::Items(items)), What::Items(fields)) => {
            let list = items.values().map(|item| Value::Object(entry(item, fields, settings))).collect();
            if [CONTAINERS, "InitContainers"].contains(&field.name) { Value::Array(list) } else { ordered(list, settings.list_order) }
        }
        (Some(Held::Items(_)), _) => return None,
    };
    Some(shown)
}

fn unset(what: &What, empty: EmptyFields) -> Option<Value> {
    match (empty, what) {
        (EmptyFields::Omitted, _) => None,
        (EmptyFields::Null, _) => Some(Value::Null),
        (EmptyFields::Zero, What::Text | What::Secret | What::Long(Read::AsText)) => Some(json!("")),
        (EmptyFields::Zero, What::Bool) => Some(json!(false)),
        (EmptyFields::Zero, What::Int | What::Long(_)) => Some(json!(0)),
        (EmptyFields::Zero, What::Float) => Some(json!(0.0)),
        (EmptyFields::Zero, What::Texts | What::Items(_)) => Some(json!([])),
    }
}

/// A number that has no room in 32 bits becomes the largest that has.
fn long(value: &Value, read: Read) -> Value {
    match read {
        Read::Whole => value.clone(),
        Read::As32Bits => json!(value.as_i64().map(|number| number.clamp(i32::MIN.into(), i32::MAX.into()))),
        Read::AsText => json!(value.to_string()),
    }
}

fn ordered(mut list: Vec<Value>, order: ListOrder) -> Value {
    match order {
        ListOrder::Kept => {}
        ListOrder::Sorted => list.sort_by_cached_key(Value::to_string),
        ListOrder::Reversed => list.reverse(),
    }
    Value::Array(list)
}

/// Puts in what nobody knows, by a path of names and of numbers from 1. What leads nowhere is left out.
fn put(answer: &mut Value, path: &str, value: &Value) {
    let place = match path.split_once('.') {
        None => {
            if let Value::Object(map) = answer {
                map.insert(path.to_owned(), value.clone());
            }
            return;
        }
        Some((first, rest)) => match answer {
            Value::Object(map) => map.get_mut(first).map(|inner| (inner, rest)),
            Value::Array(list) => {
                let index = first.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                index.and_then(|index| list.get_mut(index)).map(|inner| (inner, rest))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        },
    };
    if let Some((inner, rest)) = place {
        put(inner, rest, value);
    }
}
