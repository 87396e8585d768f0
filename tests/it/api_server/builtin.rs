//! The habits of the built-in kinds that an operator meets: data of Secrets, phases of
//! namespaces, what an Event must say, and definitions, which make the server serve a new kind.

use base64::{DecodeError, Engine as _, engine::general_purpose::STANDARD};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::{
    kind::Kind,
    meta,
    refusal::{Cause, Refusal},
};

/// Brings an object into the form in which it is stored, or refuses it.
pub(crate) fn settle(kind: &Kind, object: &mut Value, old: Option<&Value>) -> Result<(), Refusal> {
    let causes = match kind.name.as_str() {
        "Secret" => secret(object, old)?,
        "ConfigMap" => strings(object, "data")?,
        "Namespace" => namespace(object, old),
        "Event" => event(object),
        "Lease" => lease(object),
        "CustomResourceDefinition" => return definition(object),
        _ => Vec::new(),
    };
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid(kind, meta::text(object, "name"), &causes)) }
}

/// A map of strings, dropped when empty.
fn strings(object: &mut Value, field: &str) -> Result<Vec<Cause>, Refusal> {
    let Some(value) = object.get(field) else {
        return Ok(Vec::new());
    };
    let map = value.as_object();
    if value.is_null() || map.is_some_and(serde_json::Map::is_empty) {
        object.as_object_mut().map(|object| object.remove(field));
    } else if !map.is_some_and(|map| map.values().all(Value::is_string)) {
        return Err(Refusal::bad_request(&format!("json: cannot unmarshal into Go struct field .{field} of type string")));
    }
    Ok(Vec::new())
}

fn secret(object: &mut Value, old: Option<&Value>) -> Result<Vec<Cause>, Refusal> {
    if let Some(plain) = object.as_object_mut().and_then(|object| object.remove("stringData")) {
        for (name, value) in plain.as_object().into_iter().flatten() {
            let Some(text) = value.as_str() else {
                return Err(Refusal::bad_request("json: cannot unmarshal into Go struct field Secret.stringData"));
            };
            if !object.get("data").is_some_and(Value::is_object) {
                object["data"] = json!({});
            }
            object["data"][name] = json!(STANDARD.encode(text));
        }
    }
    let causes = strings(object, "data")?;
    for value in object.get("data").and_then(Value::as_object).into_iter().flat_map(serde_json::Map::values) {
        let decoded = STANDARD.decode(value.as_str().unwrap_or_default());
        if let Err(DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) | DecodeError::InvalidLength(at)) = decoded {
            let why = format!("Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte {at}");
            return Err(Refusal::bad_request(&why));
        }
    }
    if object.get("type").and_then(Value::as_str).unwrap_or_default().is_empty() {
        object["type"] = old.and_then(|old| old.get("type")).cloned().unwrap_or_else(|| json!("Opaque"));
    }
    if let Some(old) = old
        && old["type"] != object["type"]
    {
        return Ok(vec![Cause::invalid("type", &object["type"], "field is immutable")]);
    }
    Ok(causes)
}

fn namespace(object: &mut Value, old: Option<&Value>) -> Vec<Cause> {
    let name = meta::text(object, "name").to_owned();
    let labels = meta::of(object).entry("labels").or_insert_with(|| json!({}));
    labels["kubernetes.io/metadata.name"] = json!(name);
    match old {
        None => {
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["status"] = json!({"phase": "Active"});
        }
        Some(old) => {
            object["spec"] = old["spec"].clone();
            object["status"] = old["status"].clone();
        }
    }
    Vec::new()
}

fn event(object: &Value) -> Vec<Cause> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut causes = Vec::new();
    for (field, limit) in [("reportingController", 0), ("reportingInstance", 128), ("action", 128), ("reason", 128)] {
        if text(field).is_empty() {
            causes.push(Cause::required(field, ""));
        } else if limit > 0 && text(field).len() > limit {
            causes.push(Cause::invalid(field, &object[field], &format!("can have at most {limit} characters")));
        }
    }
    if text("eventTime").is_empty() {
        causes.push(Cause::required("eventTime", ""));
    }
    if text("note").len() > 1024 {
        causes.push(Cause::invalid("note", &json!(""), "can have at most 1024 characters"));
    }
    if !matches!(text("type"), "Normal" | "Warning") {
        causes.push(Cause::invalid("type", &json!(text("type")), "has invalid value"));
    }
    causes
}

fn lease(object: &Value) -> Vec<Cause> {
    let number = |field: &str| object.get("spec").and_then(|spec| spec.get(field)).and_then(Value::as_i64);
    let mut causes = Vec::new();
    if number("leaseDurationSeconds").is_some_and(|seconds| seconds <= 0) {
        let value = &object["spec"]["leaseDurationSeconds"];
        causes.push(Cause::invalid("spec.leaseDurationSeconds", value, "must be greater than 0"));
    }
    if number("leaseTransitions").is_some_and(|count| count < 0) {
        let value = &object["spec"]["leaseTransitions"];
        causes.push(Cause::invalid("spec.leaseTransitions", value, "must be greater than or equal to 0"));
    }
    causes
}

/// A definition is established as soon as it is there. That its schema is structural and its rules
/// are affordable is for a real server to say.
fn definition(object: &mut Value) -> Result<(), Refusal> {
    let parsed = parse_definition(object)?;
    let names = &object["spec"]["names"];
    let condition = |name: &str, reason: &str| {
        json!({"type": name, "status": "True", "reason": reason, "message": "",
            "lastTransitionTime": meta::text(object, "creationTimestamp")})
    };
    object["status"] = json!({
        "acceptedNames": names, "storedVersions": [parsed.version],
        "conditions": [condition("NamesAccepted", "NoConflicts"), condition("Established", "InitialNamesAccepted")],
    });
    Ok(())
}

/// Every world of every story has the same few definitions, and to read one takes longer than many a story.
static READ: LazyLock<Mutex<HashMap<String, Arc<Kind>>>> = LazyLock::new(Mutex::default);

pub(crate) fn parse_definition(object: &Value) -> Result<Arc<Kind>, Refusal> {
    let spec = object["spec"].to_string();
    let known = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kind) = known().get(&spec) {
        return Ok(Arc::clone(kind));
    }
    let definition: CustomResourceDefinition =
        serde_json::from_value(object.clone()).map_err(|error| Refusal::bad_request(&error.to_string()))?;
    let kind = Arc::new(Kind::from_definition(&definition).map_err(|error| Refusal::bad_request(&error))?);
    known().insert(spec, Arc::clone(&kind));
    Ok(kind)
}
