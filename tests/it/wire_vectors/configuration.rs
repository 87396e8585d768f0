//! Scaling configurations as the vendor's clients were asked for them: nested, by the names of the request, and so in no form that the
//! operator itself reads.

use cloud_steward::cloud::alibaba::ess::configuration::{CONFIGURATION, Field, Item, Shape, Value as Leaf};
use cloud_steward::cloud::alibaba::ess::requests;
use serde_json::Value;

/// What our client sends to modify what the input says. That nothing is overridden is said by silence.
pub(super) fn modify(input: &Value) -> Result<Vec<(String, String)>, String> {
    let overrides = input.get("Override").and_then(Value::as_bool).unwrap_or_default();
    Ok(requests::modify(id(input, "ScalingConfigurationId")?, &item(input, CONFIGURATION, |field| field.modify)?, overrides))
}

/// What our client sends to create what the input says.
pub(super) fn create(input: &Value) -> Result<Vec<(String, String)>, String> {
    Ok(requests::create(id(input, "ScalingGroupId")?, &item(input, CONFIGURATION, |field| field.create)?))
}

fn id<'a>(input: &'a Value, name: &str) -> Result<&'a str, String> {
    input.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name}"))
}

fn item(input: &Value, fields: &'static [Field], name: fn(&Field) -> &'static str) -> Result<Item, String> {
    let mut item = Item::default();
    for field in fields {
        let found = name(field).split('.').try_fold(input, |input, part| input.get(part));
        if let Some(found) = found.filter(|found| !found.is_null()) {
            item.set(field, leaf(found, field.shape, name)?.ok_or_else(|| format!("{} cannot be {found}", name(field)))?);
        }
    }
    Ok(item)
}

/// `None`: not of this shape.
fn leaf(input: &Value, shape: Shape, name: fn(&Field) -> &'static str) -> Result<Option<Leaf>, String> {
    let text = |input: &Value| input.as_str().map(ToOwned::to_owned);
    Ok(match shape {
        Shape::Text | Shape::Json => text(input).map(Leaf::Text),
        Shape::Secret => text(input).map(|text| Leaf::Secret(text.into())),
        Shape::Whole => input.as_i64().map(Leaf::Whole),
        Shape::Number | Shape::Price => input.as_f64().map(Leaf::Number),
        Shape::Flag => input.as_bool().map(Leaf::Flag),
        Shape::Texts => input.as_array().and_then(|texts| texts.iter().map(text).collect()).map(Leaf::Texts),
        Shape::Entries(entries) => match input.as_array() {
            Some(items) => Some(Leaf::Items(items.iter().map(|input| item(input, entries.fields, name)).collect::<Result<_, _>>()?)),
            None => None,
        },
    })
}
