//! CEL rules of a definition (`x-kubernetes-validations`), transition rules included, evaluated
//! by kube-cel. That crate compares items of lists by their index, so the rules below list-maps
//! are taken out of the schema and evaluated here item by item, each with what had its key before.
//!
//! Not as on the real server: `optionalOldSelf` and the macros that the `cel` crate lacks are
//! refused instead of evaluated, list-maps inside `additionalProperties` are compared by index, and
//! the cost budget is not computed. The end-to-end tests on a real API server have the last word.

use kube::core::cel::{CompiledSchema, Validator, compile_schema};
use serde_json::{Map, Value};

use super::refusal::Cause;

const RULES: &str = "x-kubernetes-validations";

/// The compiled rules of one schema, without those below its list-maps, which come after.
pub(crate) struct Rules {
    compiled: CompiledSchema,
    any: bool,
    /// Below `status`.
    any_of_status: bool,
    below: Vec<ListMap>,
}

/// A list-map somewhere in a schema, and the rules of its items.
struct ListMap {
    path: Vec<String>,
    keys: Vec<String>,
    rules: Rules,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("any", &self.any).finish_non_exhaustive()
    }
}

impl Rules {
    pub(crate) fn compile(schema: &Value) -> Self {
        let mut schema = schema.clone();
        let any = schema.to_string().contains(RULES);
        let any_of_status = schema.pointer("/properties/status").is_some_and(|status| status.to_string().contains(RULES));
        let mut below = Vec::new();
        take_list_maps(&mut schema, &mut Vec::new(), &mut below);
        Rules { compiled: compile_schema(&schema), any, any_of_status, below }
    }

    /// Whether there is anything to evaluate.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Every rule that does not hold. Transition rules are looked at only when there is an old
    /// object. A new status on an old spec is looked at only if status has rules: what did not
    /// change is not refused, and most of what a story writes is status.
    pub(crate) fn broken(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        if !self.any || !self.any_of_status && old.is_some_and(|old| old.get("spec") == object.get("spec")) {
            return Vec::new();
        }
        let mut causes = self.broken_below(&as_rules_see_it(object), old.map(as_rules_see_it).as_ref(), "");
        for cause in &mut causes {
            if cause.field.is_empty() {
                "<nil>".clone_into(&mut cause.field);
            }
        }
        causes
    }

    fn broken_below(&self, object: &Value, old: Option<&Value>, place: &str) -> Vec<Cause> {
        let errors = Validator::new().validate_compiled(&self.compiled, object, old).err();
        let mut causes: Vec<Cause> = errors
            .into_iter()
            .flatten()
            .map(|error| {
                let path = error.field_path.trim_start_matches('.');
                let dot = if path.is_empty() || place.is_empty() { "" } else { "." };
                cause(&format!("{place}{dot}{path}"), at(object, path), error.reason.as_deref(), &error.message)
            })
            .collect();
        for list in &self.below {
            let pointer = format!("/{}", list.path.join("/"));
            let items = |object: Option<&Value>| object.and_then(|object| object.pointer(&pointer)?.as_array()).cloned();
            let before = items(old).unwrap_or_default();
            for (index, item) in items(Some(object)).unwrap_or_default().iter().enumerate() {
                let same = |before: &&Value| list.keys.iter().all(|key| before.get(key) == item.get(key));
                let dot = if place.is_empty() { "" } else { "." };
                let place = format!("{place}{dot}{}[{index}]", list.path.join("."));
                causes.extend(list.rules.broken_below(item, before.iter().find(same), &place));
            }
        }
        causes
    }
}

/// Scalars are shown, objects and lists are not.
fn cause(field: &str, value: Option<&Value>, reason: Option<&str>, message: &str) -> Cause {
    let (reason, word) = match reason {
        Some("FieldValueForbidden") => ("FieldValueForbidden", "Forbidden"),
        Some("FieldValueRequired") => ("FieldValueRequired", "Required value"),
        Some("FieldValueDuplicate") => ("FieldValueDuplicate", "Duplicate value"),
        _ => ("FieldValueInvalid", "Invalid value"),
    };
    let scalar = value.filter(|value| !value.is_object() && !value.is_array() && word == "Invalid value");
    let shown = scalar.map(|value| format!(" {value}:")).unwrap_or_default();
    Cause::new(field, reason, format!("{word}:{shown} {message}"))
}

/// Takes the rules below list-maps out of a schema. `path` leads to the schema.
fn take_list_maps(schema: &mut Value, path: &mut Vec<String>, found: &mut Vec<ListMap>) {
    if schema.get("x-kubernetes-list-type").is_some_and(|kind| kind == "map") {
        let Some(items) = schema.get_mut("items") else { return };
        let rules = Rules::compile(items);
        forget_rules(items);
        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
        let keys = keys.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if rules.any {
            found.push(ListMap { path: path.clone(), keys, rules });
        }
    } else if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            path.push(name.clone());
            take_list_maps(property, path, found);
            path.pop();
        }
    }
}

fn forget_rules(schema: &mut Value) {
    if let Value::Object(map) = schema {
        map.remove(RULES);
        map.values_mut().for_each(forget_rules);
    } else if let Value::Array(list) = schema {
        list.iter_mut().for_each(forget_rules);
    }
}

/// At the root, rules see of the metadata only name and generateName.
fn as_rules_see_it(object: &Value) -> Value {
    let Some(fields) = object.as_object() else {
        return object.clone();
    };
    let mut seen = Map::new();
    for (name, value) in fields {
        if name == "metadata" {
            let kept = value.as_object().into_iter().flatten();
            let kept = kept.filter(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
            let kept = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            seen.insert(name.clone(), Value::Object(kept));
        } else {
            seen.insert(name.clone(), value.clone());
        }
    }
    Value::Object(seen)
}

/// The value at a path as the causes name it: `spec.ports[1].name`.
pub(crate) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = object;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let step = step.trim_end_matches(']').trim_matches('"');
        here = match here {
            Value::Object(map) => map.get(step)?,
            Value::Array(list) => list.get(step.parse::<usize>().ok()?)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
    }
    Some(here)
}
