//! A tree from JSON: strictly by name, leniently by type. The vendor writes some numbers as texts, and leaves out, nulls or zeroes what was
//! never set.

use super::{Field, Item, Shape, Value};
use serde_json::{Map, Value as Json};

/// An entry that has a value of no length, such as a tag, is not one without a value. All else that is empty in an answer was never set.
const EMPTY_SAYS_SOMETHING: &str = "value";

/// The user that a container runs as.
const USER: &str = "securityContext.runAsUser";

/// Whose names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An object's spec, which nests.
    Spec,
    /// An answer, which does not, and which may hold what this release does not know.
    Answer,
}

impl Item {
    /// What `json` holds of `fields`. `null` is absence.
    pub fn read(json: &Json, fields: &'static [Field], source: Source) -> Self {
        let mut item = Self::default();
        let Some(object) = json.as_object() else { return item };
        for field in fields {
            let found = match source {
                Source::Spec => nested(json, field.name),
                Source::Answer => object.get(field.describe),
            };
            let read = found.and_then(|found| value(found, field.shape, source));
            if source == Source::Answer && read.is_none() && found.is_some_and(says_something) {
                // As good as a field that is not known at all: it cannot be sent back.
                item.unknown.insert(field.describe.to_owned());
            }
            // Zero stands for what was never set. Only root, which answers give as a text, goes back with its list: who took it for nothing
            // would change who the container runs as.
            let is_root = field.name == USER && matches!(found, Some(Json::String(_)));
            let is_written = is_root || field.name == EMPTY_SAYS_SOMETHING;
            if let Some(value) = read.filter(|value| source == Source::Spec || !value.is_empty() || is_written) {
                item.values.insert(field.name, value);
            }
        }
        if source == Source::Answer {
            item.unknown.extend(unknown(object, fields));
        }
        item
    }
}

fn nested<'a>(json: &'a Json, name: &str) -> Option<&'a Json> {
    name.split('.').try_fold(json, |json, part| json.get(part))
}

fn unknown(object: &Map<String, Json>, fields: &[Field]) -> std::collections::BTreeSet<String> {
    let known = |name: &str| fields.iter().any(|field| field.describe == name);
    object.iter().filter(|(name, value)| !known(name) && says_something(value)).map(|(name, _)| name.clone()).collect()
}

fn says_something(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Bool(true) => true,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => items.iter().any(says_something),
        Json::Object(object) => object.values().any(says_something),
    }
}

fn value(json: &Json, shape: Shape, source: Source) -> Option<Value> {
    match shape {
        Shape::Text | Shape::Json => text(json).map(Value::Text),
        Shape::Secret => text(json).map(|text| Value::Secret(text.into())),
        Shape::Whole => whole(json).map(Value::Whole),
        Shape::Number | Shape::Price => number(json).map(Value::Number),
        Shape::Flag => flag(json).map(Value::Flag),
        Shape::Texts => json.as_array()?.iter().filter(|item| !item.is_null()).map(text).collect::<Option<_>>().map(Value::Texts),
        Shape::Entries(entries) => {
            let read = |item: &Json| item.is_object().then(|| Item::read(item, entries.fields, source));
            let items: Vec<Item> = json.as_array()?.iter().filter(|item| !item.is_null()).map(read).collect::<Option<_>>()?;
            // An entry without anything in it cannot be sent, nor is it missed; unless it may hold what the cloud does not show.
            let may_hide = entries.fields.iter().any(|field| matches!(field.shape, Shape::Secret));
            Some(Value::Items(items.into_iter().filter(|item| may_hide || !item.is_empty()).collect()))
        }
    }
}

fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn whole(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64().or_else(|| exact(number.as_f64()?)),
        Json::String(text) => text.trim().parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A whole number that was written with a decimal point.
#[expect(clippy::cast_possible_truncation, reason = "a number without a fraction, within what i64 can hold")]
fn exact(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn number(json: &Json) -> Option<f64> {
    let number = match json {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => text.trim().parse().ok()?,
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

fn flag(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Json::Null | Json::String(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}
