//! CEL rules of a definition (`x-kubernetes-validations`), transition rules included, evaluated
//! by kube-cel.
//!
//! Not as on the real server: `optionalOldSelf` and the macros that the `cel` crate lacks are
//! refused instead of evaluated, and the cost budget is not computed. The end-to-end tests on a
//! real API server have the last word on rules.

use kube::core::cel::{CompiledSchema, Validator, compile_schema};
use serde_json::{Map, Value};

use super::refusal::Cause;

/// The compiled rules of one schema.
pub(crate) struct Rules {
    compiled: CompiledSchema,
    any: bool,
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("any", &self.any).finish_non_exhaustive()
    }
}

impl Rules {
    pub(crate) fn compile(schema: &Value) -> Self {
        let any = schema.to_string().contains("\"x-kubernetes-validations\"");
        Rules { compiled: compile_schema(schema), any }
    }

    /// Whether there is anything to evaluate.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Every rule that does not hold. Transition rules are looked at only when there is an old
    /// object.
    pub(crate) fn broken(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        if !self.any {
            return Vec::new();
        }
        let old = old.map(as_rules_see_it);
        let Err(errors) = Validator::new().validate_compiled(&self.compiled, &as_rules_see_it(object), old.as_ref()) else {
            return Vec::new();
        };
        errors
            .into_iter()
            .map(|error| {
                let (reason, word) = match error.reason.as_deref() {
                    Some("FieldValueForbidden") => ("FieldValueForbidden", "Forbidden"),
                    Some("FieldValueRequired") => ("FieldValueRequired", "Required value"),
                    Some("FieldValueDuplicate") => ("FieldValueDuplicate", "Duplicate value"),
                    _ => ("FieldValueInvalid", "Invalid value"),
                };
                let path = error.field_path.trim_start_matches('.');
                let field = if path.is_empty() { "<nil>" } else { path };
                // Scalars are shown, objects and lists are not.
                let value = at(object, path).filter(|value| !value.is_object() && !value.is_array());
                let shown = value.filter(|_| word == "Invalid value").map(|value| format!(" {value}:")).unwrap_or_default();
                Cause::new(field, reason, format!("{word}:{shown} {}", error.message))
            })
            .collect()
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
