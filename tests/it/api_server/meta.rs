//! The metadata of objects: reading it, the rules that hold for every kind, and what the server
//! sets itself.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;
use serde_json::{Map, Value, json};

use super::{kind::Kind, refusal::Cause};

pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get("metadata").and_then(|meta| meta.get(field)).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn is_being_deleted(object: &Value) -> bool {
    !text(object, "deletionTimestamp").is_empty()
}

pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(crate) fn generation(object: &Value) -> i64 {
    object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default()
}

pub(crate) fn labels(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    labels.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// The metadata map, made if it is missing.
pub(crate) fn of(object: &mut Value) -> &mut Map<String, Value> {
    if !object.get("metadata").is_some_and(Value::is_object) {
        object["metadata"] = json!({});
    }
    object["metadata"].as_object_mut().expect("metadata was made a map above")
}

pub(crate) fn set(object: &mut Value, field: &str, value: Value) {
    of(object).insert(field.to_owned(), value);
}

/// Times in metadata have whole seconds.
pub(crate) fn time(now: Timestamp) -> Value {
    Value::String(now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

const KNOWN: [&str; 14] = [
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "managedFields",
];

/// Drops unknown fields, empty collections and managedFields (which this server does not keep).
/// An error names a field of the wrong type.
pub(crate) fn normalise(object: &mut Value) -> Result<Vec<String>, String> {
    let meta = of(object);
    let unknown: Vec<String> = meta.keys().filter(|name| !KNOWN.contains(&name.as_str())).cloned().collect();
    for name in &unknown {
        meta.remove(name);
    }
    meta.remove("managedFields");
    meta.retain(|_, value| !value.is_null());
    for (name, value) in meta.iter() {
        let fits = match name.as_str() {
            "labels" | "annotations" => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            "finalizers" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            "ownerReferences" => value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            "generation" | "deletionGracePeriodSeconds" => value.is_i64(),
            _ => value.is_string(),
        };
        if !fits {
            return Err(format!("json: cannot unmarshal into Go struct field ObjectMeta.metadata.{name}"));
        }
    }
    for name in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        if meta.get(name).is_some_and(empty) {
            meta.remove(name);
        }
    }
    Ok(unknown.into_iter().map(|name| format!("metadata.{name}")).collect())
}

static SUBDOMAIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$").expect("the pattern is a constant"));
static QUALIFIED: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]";
    let prefix = r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?";
    Regex::new(&format!("^{prefix}{name}$")).expect("the pattern is a constant")
});
static LABEL_VALUE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$").expect("the pattern is a constant"));

const SUBDOMAIN_WORDS: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const QUALIFIED_WORDS: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const LABEL_WORDS: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What holds for the metadata of any object.
pub(crate) fn refused(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = text(object, "name");
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        if !SUBDOMAIN.is_match(name) {
            causes.push(Cause::invalid("metadata.name", &json!(name), SUBDOMAIN_WORDS));
        }
        if name.len() > 253 {
            causes.push(Cause::invalid("metadata.name", &json!(name), "must be no more than 253 bytes"));
        }
    }
    for (key, value) in labels(object) {
        if !QUALIFIED.is_match(key) {
            causes.push(Cause::invalid("metadata.labels", &json!(key), QUALIFIED_WORDS));
        }
        if value.len() > 63 || !LABEL_VALUE.is_match(value) {
            causes.push(Cause::invalid("metadata.labels", &json!(value), LABEL_WORDS));
        }
    }
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    for key in annotations.into_iter().flat_map(Map::keys) {
        if !QUALIFIED.is_match(&key.to_lowercase()) {
            causes.push(Cause::invalid("metadata.annotations", &json!(key), QUALIFIED_WORDS));
        }
    }
    for finalizer in finalizers(object) {
        if !QUALIFIED.is_match(finalizer) {
            causes.push(Cause::invalid("metadata.finalizers", &json!(finalizer), QUALIFIED_WORDS));
        }
    }
    causes
}

/// What an update may not do to the metadata.
pub(crate) fn refused_change(object: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if is_being_deleted(old) {
        let before = finalizers(old);
        let added: Vec<&str> = finalizers(object).into_iter().filter(|name| !before.contains(name)).collect();
        if !added.is_empty() {
            let words: Vec<String> = added.iter().map(|name| format!("{name:?}")).collect();
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                words.join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &why));
        }
    }
    for field in ["name", "namespace", "uid", "deletionTimestamp"] {
        if text(object, field) != text(old, field) {
            let value = json!(text(object, field));
            causes.push(Cause::invalid(&format!("metadata.{field}"), &value, "field is immutable"));
        }
    }
    causes
}

/// Fields that a client may leave out of an update because it cannot change them.
pub(crate) fn carry_over(object: &mut Value, old: &Value) {
    if text(object, "uid").is_empty() {
        set(object, "uid", json!(text(old, "uid")));
    }
    set(object, "creationTimestamp", json!(text(old, "creationTimestamp")));
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        if let Some(value) = old.pointer(&format!("/metadata/{field}")) {
            set(object, field, value.clone());
        }
    }
    match old.pointer("/metadata/generation") {
        Some(generation) => set(object, "generation", generation.clone()),
        None => drop(of(object).remove("generation")),
    }
    set(object, "namespace", json!(text(old, "namespace")));
    if text(old, "namespace").is_empty() {
        of(object).remove("namespace");
    }
}

/// The metadata-only form that `Api<PartialObjectMeta<K>>` asks for.
pub(crate) fn only(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// The key under which an object is stored: namespace (empty for cluster-scoped kinds) and name.
pub(crate) fn key(kind: &Kind, object: &Value) -> (String, String) {
    let namespace = if kind.namespaced { text(object, "namespace") } else { "" };
    (namespace.to_owned(), text(object, "name").to_owned())
}
