//! A structural schema, read once from a definition, and the two things that the server does to
//! every object with it before it looks at its merits: filling defaults and dropping fields that
//! the schema does not know.
//!
//! Whether values are acceptable is `validate.rs`; rules in CEL are `rules.rs`. Not read:
//! embedded resources, `uniqueItems`, `x-kubernetes-map-type`.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

#[expect(clippy::struct_excessive_bools, reason = "OpenAPI has that many flags")]
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) kind: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) nullable: bool,
    pub(crate) default: Option<Value>,
    pub(crate) allowed: Option<Vec<Value>>,
    pub(crate) minimum: Option<f64>,
    pub(crate) maximum: Option<f64>,
    pub(crate) exclusive_minimum: bool,
    pub(crate) exclusive_maximum: bool,
    pub(crate) multiple_of: Option<f64>,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) pattern: Option<Regex>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
    pub(crate) required: Vec<String>,
    pub(crate) properties: BTreeMap<String, Schema>,
    pub(crate) additional: Option<Box<Schema>>,
    pub(crate) items: Option<Box<Schema>>,
    pub(crate) all_of: Vec<Schema>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) not: Option<Box<Schema>>,
    pub(crate) int_or_string: bool,
    pub(crate) preserve: bool,
    pub(crate) list_type: Option<String>,
    pub(crate) list_map_keys: Vec<String>,
}

impl Schema {
    /// Reads the JSON form. A pattern that is no regular expression is an error.
    pub(crate) fn parse(json: &Value) -> Result<Schema, String> {
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| json.get(name).and_then(Value::as_f64);
        let count = |name: &str| json.get(name).and_then(whole);
        let flag = |name: &str| json.get(name).and_then(Value::as_bool).unwrap_or(false);
        let child = |name: &str| match json.get(name) {
            Some(child) if child.is_object() => Schema::parse(child).map(|schema| Some(Box::new(schema))),
            _ => Ok(None),
        };
        let branches = |name: &str| -> Result<Vec<Schema>, String> {
            json.get(name).and_then(Value::as_array).into_iter().flatten().map(Schema::parse).collect()
        };
        let words = |name: &str| -> Vec<String> {
            let words = json.get(name).and_then(Value::as_array).into_iter().flatten();
            words.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut properties = BTreeMap::new();
        for (name, property) in json.get("properties").and_then(Value::as_object).into_iter().flatten() {
            properties.insert(name.clone(), Schema::parse(property)?);
        }
        let pattern = text("pattern").map(|pattern| Regex::new(&pattern)).transpose();
        Ok(Schema {
            kind: text("type"),
            format: text("format"),
            nullable: flag("nullable"),
            default: json.get("default").cloned(),
            allowed: json.get("enum").and_then(Value::as_array).cloned(),
            minimum: number("minimum"),
            maximum: number("maximum"),
            exclusive_minimum: flag("exclusiveMinimum"),
            exclusive_maximum: flag("exclusiveMaximum"),
            multiple_of: number("multipleOf"),
            min_length: count("minLength"),
            max_length: count("maxLength"),
            pattern: pattern.map_err(|error| error.to_string())?,
            min_items: count("minItems"),
            max_items: count("maxItems"),
            min_properties: count("minProperties"),
            max_properties: count("maxProperties"),
            required: words("required"),
            properties,
            additional: child("additionalProperties")?,
            items: child("items")?,
            all_of: branches("allOf")?,
            any_of: branches("anyOf")?,
            one_of: branches("oneOf")?,
            not: child("not")?,
            int_or_string: flag("x-kubernetes-int-or-string"),
            preserve: flag("x-kubernetes-preserve-unknown-fields") || json.get("additionalProperties") == Some(&true.into()),
            list_type: text("x-kubernetes-list-type"),
            list_map_keys: words("x-kubernetes-list-map-keys"),
        })
    }

    /// What the server does on every read and write: nulls that are not allowed go, then missing
    /// fields get their defaults, at every level that exists after that.
    pub(crate) fn fill_defaults(&self, value: &mut Value) {
        if let Value::Object(map) = value {
            map.retain(|name, value| {
                let schema = self.properties.get(name).or(self.additional.as_deref());
                !value.is_null() || schema.is_none_or(|schema| schema.nullable)
            });
            for (name, property) in &self.properties {
                let Some(default) = &property.default else {
                    continue;
                };
                if !map.contains_key(name) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (name, child) in map.iter_mut() {
                if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                    schema.fill_defaults(child);
                }
            }
        } else if let Value::Array(list) = value
            && let Some(items) = &self.items
        {
            for item in list {
                items.fill_defaults(item);
            }
        }
    }

    /// Drops what the schema does not know and returns the paths of what went. The envelope
    /// (apiVersion, kind, metadata) of the root is not the schema's business.
    pub(crate) fn prune_root(&self, object: &mut Value) -> Vec<String> {
        let mut gone = Vec::new();
        let Some(map) = object.as_object_mut() else {
            return gone;
        };
        let envelope: Vec<(String, Value)> = ["apiVersion", "kind", "metadata"].iter().filter_map(|name| map.remove_entry(*name)).collect();
        self.prune(object, "", &mut gone);
        if let Some(map) = object.as_object_mut() {
            map.extend(envelope);
        }
        gone
    }

    fn prune(&self, value: &mut Value, path: &str, gone: &mut Vec<String>) {
        match value {
            Value::Object(map) => self.prune_fields(map, path, gone),
            Value::Array(list) => {
                for (index, item) in list.iter_mut().enumerate() {
                    if let Some(items) = &self.items {
                        items.prune(item, &format!("{path}[{index}]"), gone);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn prune_fields(&self, map: &mut Map<String, Value>, path: &str, gone: &mut Vec<String>) {
        let below = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let unknown: Vec<String> = map
            .keys()
            .filter(|name| !self.properties.contains_key(*name) && self.additional.is_none() && !self.preserve)
            .cloned()
            .collect();
        for name in unknown {
            map.remove(&name);
            gone.push(below(&name));
        }
        for (name, child) in map.iter_mut() {
            if let Some(schema) = self.properties.get(name).or(self.additional.as_deref()) {
                schema.prune(child, &below(name), gone);
            }
        }
    }
}

/// A count, which the generated form may write as `3.0`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts in schemas are small and positive")]
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|number| number as u64))
}
