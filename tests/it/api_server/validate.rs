//! Whether the values of an object are acceptable to its schema, in the words of the real server
//! where an operator or a person may read them.
//!
//! Of the formats only `int32`, `int64` and `date-time` are checked. A failed `oneOf` or `anyOf`
//! is reported without the failures of its branches.

use serde_json::Value;

use super::{refusal::Cause, rules::at, schema::Schema};

/// Everything that the schema refuses in `object`. With an old object, what was wrong before and
/// has not changed is let pass, as real servers do since 1.33.
pub(crate) fn refused(schema: &Schema, object: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (name, property) in &schema.properties {
        if let Some(value) = object.get(name)
            && !matches!(name.as_str(), "apiVersion" | "kind" | "metadata")
        {
            check(property, value, name, &mut causes);
        }
    }
    for name in schema.required.iter().filter(|name| object.get(*name).is_none()) {
        causes.push(Cause::required(name, ""));
    }
    branches(schema, object, "", &mut causes);
    let mut lists = Vec::new();
    duplicates(schema, object, "", &mut lists);
    causes.extend(lists);
    if let Some(old) = old {
        causes.retain(|cause| !unchanged(&cause.field, object, old));
    }
    causes
}

/// Whether the value that is complained about was there before, just so.
pub(crate) fn unchanged(path: &str, object: &Value, old: &Value) -> bool {
    if path == "<nil>" {
        return false;
    }
    let before = at(old, path);
    if before.is_some() {
        return at(object, path) == before;
    }
    // A missing field: nothing changed if the object that lacks it is the same.
    let parent = path.rsplit_once('.').map(|(parent, _)| parent);
    parent.is_some_and(|parent| at(old, parent).is_some() && at(object, parent) == at(old, parent))
}

fn check(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let absent = value.is_null() && schema.nullable;
    let fits = absent || of_the_type(schema, value, path, causes);
    if let Some(allowed) = &schema.allowed
        && !allowed.contains(value)
    {
        let supported: Vec<String> = allowed.iter().map(quoted).collect();
        let detail = format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        causes.push(Cause::new(path, "FieldValueNotSupported", detail));
    }
    if !fits || absent {
        return;
    }
    match value {
        Value::Number(_) => numbers(schema, value, path, causes),
        Value::String(text) => strings(schema, text, value, path, causes),
        Value::Array(list) => lists(schema, list, path, causes),
        Value::Object(map) => objects(schema, map, path, causes),
        Value::Null | Value::Bool(_) => {}
    }
    branches(schema, value, path, causes);
}

/// Whether the value has the type that the schema wants; if not, that is said.
fn of_the_type(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) -> bool {
    let Some(wanted) = wanted_type(schema, value) else { return true };
    let found = type_name(value);
    let sized = schema.format.as_deref().filter(|format| matches!(*format, "int32" | "int64"));
    // A fraction where a sized integer belongs is said twice, and in Go's words.
    let (wanted, found, format) = match sized {
        Some(format) if found == "number" => (format, "float64", Some(format)),
        _ => (wanted, found, None),
    };
    let why = format!("{path} in body must be of type {wanted}: \"{found}\"");
    causes.push(Cause::wrong_type(path, &Value::from(found), &why));
    causes.extend(format.map(|format| unchecked(format, path)));
    false
}

/// What the format validator says; it names the field only in its message.
fn unchecked(format: &str, path: &str) -> Cause {
    let why = format!("Checked value must be of type integer with format {format} in {path}");
    Cause::invalid("<nil>", &Value::from(""), &why)
}

/// The type that the schema wants, if the value has another.
fn wanted_type<'a>(schema: &'a Schema, value: &Value) -> Option<&'a str> {
    if schema.int_or_string {
        return (!(value.is_string() || is_integer(value))).then_some("integer,string");
    }
    let wanted = schema.kind.as_deref()?;
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => is_integer(value),
        "number" => value.is_number(),
        _ => true,
    };
    (!fits).then_some(wanted)
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) if is_integer(value) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("\"{value}\""), |text| format!("{text:?}"))
}

fn numbers(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Some(number) = value.as_f64() else { return };
    let in_range = match schema.format.as_deref() {
        Some("int32") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Some("int64") => value.is_i64(),
        _ => true,
    };
    if !in_range {
        causes.push(unchecked(schema.format.as_deref().unwrap_or_default(), path));
    }
    let mut refuse = |why: String| causes.push(Cause::invalid(path, value, &format!("{path} in body should be {why}")));
    if let Some(limit) = schema.minimum {
        if schema.exclusive_minimum && number <= limit {
            refuse(format!("greater than {limit}"));
        } else if number < limit {
            refuse(format!("greater than or equal to {limit}"));
        }
    }
    if let Some(limit) = schema.maximum {
        if schema.exclusive_maximum && number >= limit {
            refuse(format!("less than {limit}"));
        } else if number > limit {
            refuse(format!("less than or equal to {limit}"));
        }
    }
    if let Some(step) = schema.multiple_of
        && (number / step).fract() != 0.0
    {
        refuse(format!("a multiple of {step}"));
    }
}

fn strings(schema: &Schema, text: &str, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let length = text.chars().count() as u64;
    // Of these only the first one that fails is told.
    if let Some(limit) = schema.max_length.filter(|limit| length > *limit) {
        let detail = format!("Too long: may not be more than {limit} bytes");
        causes.push(Cause::new(path, "FieldValueTooLong", detail));
    } else if let Some(limit) = schema.min_length.filter(|limit| length < *limit) {
        let why = format!("{path} in body should be at least {limit} chars long");
        causes.push(Cause::invalid(path, value, &why));
    } else if let Some(pattern) = schema.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        let why = format!("{path} in body should match '{pattern}'");
        causes.push(Cause::invalid(path, value, &why));
    }
    if schema.format.as_deref() == Some("date-time") && text.parse::<jiff::Timestamp>().is_err() {
        let why = format!("{path} in body must be of type date-time: {value}");
        causes.push(Cause::wrong_type(path, value, &why));
    }
}

fn lists(schema: &Schema, list: &[Value], path: &str, causes: &mut Vec<Cause>) {
    for (index, item) in list.iter().enumerate() {
        if let Some(items) = &schema.items {
            check(items, item, &format!("{path}[{index}]"), causes);
        }
    }
    let size = list.len() as u64;
    if let Some(limit) = schema.max_items
        && size > limit
    {
        causes.push(too_many(path, size, limit));
    }
    if let Some(limit) = schema.min_items
        && size < limit
    {
        let why = format!("{path} in body should have at least {limit} items");
        causes.push(Cause::invalid(path, &Value::from(size), &why));
    }
}

fn objects(schema: &Schema, map: &serde_json::Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
    let size = map.len() as u64;
    if let Some(limit) = schema.max_properties
        && size > limit
    {
        causes.push(too_many(path, size, limit));
    }
    if let Some(limit) = schema.min_properties
        && size < limit
    {
        let why = format!("{path} in body should have at least {limit} properties");
        causes.push(Cause::invalid(path, &Value::from(size), &why));
    }
    for (name, child) in map {
        if let Some(property) = schema.properties.get(name).or(schema.additional.as_deref()) {
            check(property, child, &format!("{path}.{name}"), causes);
        }
    }
    for name in schema.required.iter().filter(|name| !map.contains_key(*name)) {
        causes.push(Cause::required(&format!("{path}.{name}"), ""));
    }
}

fn too_many(path: &str, size: u64, limit: u64) -> Cause {
    let items = if limit == 1 { "item" } else { "items" };
    Cause::new(path, "FieldValueTooMany", format!("Too many: {size}: must have at most {limit} {items}"))
}

/// `allOf`, `anyOf`, `oneOf` and `not` of this level. The field is named in the message only; with
/// it goes what is wrong with the first branch.
fn branches(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let wrong_with = |branch: &Schema| {
        let mut found = Vec::new();
        check(branch, value, path, &mut found);
        found
    };
    let holds = |branch: &Schema| wrong_with(branch).is_empty();
    let told = |why: &str| Cause::invalid("<nil>", &Value::from(""), &format!("\"{path}\" must {why}"));
    if let Some(broken) = schema.all_of.iter().find(|branch| !holds(branch)) {
        causes.push(told("validate all the schemas (allOf)"));
        causes.extend(wrong_with(broken));
    }
    if !schema.any_of.is_empty() && !schema.any_of.iter().any(holds) {
        causes.push(told("validate at least one schema (anyOf)"));
        causes.extend(wrong_with(&schema.any_of[0]));
    }
    if !schema.one_of.is_empty() {
        match schema.one_of.iter().filter(|branch| holds(branch)).count() {
            0 => {
                causes.push(told("validate one and only one schema (oneOf). Found none valid"));
                causes.extend(wrong_with(&schema.one_of[0]));
            }
            1 => {}
            valid => {
                let why = format!("validate one and only one schema (oneOf). Found {valid} valid alternatives");
                causes.push(told(&why));
            }
        }
    }
    if schema.not.as_deref().is_some_and(holds) {
        causes.push(told("not validate the schema (not)"));
    }
}

/// Sets and list-maps hold nothing twice.
fn duplicates(schema: &Schema, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Value::Object(map) = value {
        for (name, child) in map {
            if let Some(property) = schema.properties.get(name).or(schema.additional.as_deref()) {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                duplicates(property, child, &below, causes);
            }
        }
    } else if let Value::Array(list) = value {
        let mut seen: Vec<Value> = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let key = match schema.list_type.as_deref() {
                Some("set") => Some(item.clone()),
                Some("map") => Some(keys_of(schema, item)),
                _ => None,
            };
            if let Some(key) = key {
                if seen.contains(&key) {
                    causes.push(Cause::new(&path, "FieldValueDuplicate", format!("Duplicate value: {key}")));
                } else {
                    seen.push(key);
                }
            }
            if let Some(items) = &schema.items {
                duplicates(items, item, &path, causes);
            }
        }
    }
}

/// The part of a list-map's item that tells it from the others.
pub(crate) fn keys_of(schema: &Schema, item: &Value) -> Value {
    let keys = schema.list_map_keys.iter();
    Value::Object(keys.filter_map(|key| Some((key.clone(), item.get(key)?.clone()))).collect())
}
