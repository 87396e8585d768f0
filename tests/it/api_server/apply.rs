//! Server-side apply, in part: what a manager applies is merged (list-maps by their keys, sets by
//! their items), and what it applied before and now leaves out is removed unless another applier
//! has it too.
//!
//! Not covered: conflicts (`force` is as good as always set), ownership of fields that were written
//! by PUT or by other patches, and managedFields, which this server does not keep.

use serde_json::{Map, Value};

use super::{schema::Schema, validate::keys_of};

/// The object after `applied` was laid over it. `previous` is what the same manager applied last,
/// `others` what other managers applied.
pub(crate) fn lay_over(schema: Option<&Schema>, live: &mut Value, applied: &Value, previous: Option<&Value>, others: &[&Value]) {
    if let Some(previous) = previous {
        take_back(schema, live, previous, applied, others);
    }
    overlay(schema, live, applied);
}

fn child<'a>(schema: Option<&'a Schema>, name: &str) -> Option<&'a Schema> {
    schema.and_then(|schema| schema.properties.get(name).or(schema.additional.as_deref()))
}

/// How the items of a list are told apart; `None` for lists that are replaced as a whole.
fn identity(schema: Option<&Schema>, item: &Value) -> Option<Value> {
    let schema = schema?;
    match schema.list_type.as_deref() {
        Some("map") => Some(keys_of(schema, item)),
        Some("set") => Some(item.clone()),
        _ => None,
    }
}

fn same_item<'a>(schema: Option<&Schema>, list: &'a Value, wanted: &Value) -> Option<&'a Value> {
    list.as_array()?.iter().find(|item| identity(schema, item).as_ref() == Some(wanted))
}

fn overlay(schema: Option<&Schema>, live: &mut Value, applied: &Value) {
    match (live, applied) {
        (Value::Object(live), Value::Object(applied)) => {
            for (name, value) in applied {
                overlay(child(schema, name), live.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(live), Value::Array(applied)) if applied.iter().all(|item| identity(schema, item).is_some()) => {
            let items = schema.and_then(|schema| schema.items.as_deref());
            for item in applied {
                let wanted = identity(schema, item);
                match live.iter_mut().find(|item| identity(schema, item) == wanted) {
                    Some(there) => overlay(items, there, item),
                    None => live.push(item.clone()),
                }
            }
        }
        (live, applied) => *live = applied.clone(),
    }
}

/// Removes from `live` what is in `previous` but neither in `applied` nor in any of `others`.
fn take_back(schema: Option<&Schema>, live: &mut Value, previous: &Value, applied: &Value, others: &[&Value]) {
    if let (Value::Object(live), Value::Object(previous)) = (&mut *live, previous) {
        let none = Map::new();
        let applied = applied.as_object().unwrap_or(&none);
        for (name, before) in previous {
            let others: Vec<&Value> = others.iter().filter_map(|other| other.get(name)).collect();
            match applied.get(name) {
                Some(now) => {
                    if let Some(there) = live.get_mut(name) {
                        take_back(child(schema, name), there, before, now, &others);
                    }
                }
                None if others.is_empty() => drop(live.remove(name)),
                None => {}
            }
        }
    } else if let (Value::Array(live), Value::Array(previous)) = (live, previous) {
        let items = schema.and_then(|schema| schema.items.as_deref());
        for before in previous {
            let Some(wanted) = identity(schema, before) else {
                continue;
            };
            let others: Vec<&Value> = others.iter().filter_map(|other| same_item(schema, other, &wanted)).collect();
            let position = live.iter().position(|item| identity(schema, item).as_ref() == Some(&wanted));
            let Some(position) = position else { continue };
            match same_item(schema, applied, &wanted) {
                Some(now) => take_back(items, &mut live[position], before, now, &others),
                None if others.is_empty() => drop(live.remove(position)),
                None => {}
            }
        }
    }
}
