//! Create, update and delete: the rules by which an object comes into being, changes and goes,
//! in the order in which the real server applies them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    builtin,
    kind::{Kind, Resource},
    meta,
    refusal::{Cause, Refusal},
    request::WriteOptions,
    store::{Key, State},
    validate,
};

/// What a write did, for the answer.
pub(crate) enum Written {
    Created(Arc<Value>),
    Stored(Arc<Value>),
    /// Gone at once; only what it was is known.
    Gone(Arc<Value>),
}

/// The object as it is after the server decoded it: pruned, with defaults, metadata in order.
/// With `strict`, unknown fields are an error instead of being dropped.
fn decode(kind: &Kind, object: &mut Value, strict: bool) -> Result<(), Refusal> {
    let word = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, name) = (word("apiVersion"), word("kind"));
    if version.is_empty() || name.is_empty() {
        let missing = if name.is_empty() { "Kind" } else { "apiVersion" };
        let whole = object.to_string();
        let (kind, start) = (&kind.name, whole.get(..30).unwrap_or(&whole));
        let why = format!(
            "the object provided is unrecognized (must be of type {kind}): Object '{missing}' is missing in '{whole}' ({start} ...)"
        );
        return Err(Refusal::bad_request(&why));
    }
    if version != kind.api_version() {
        let why = format!("the API version in the data ({version}) does not match the expected API version ({})", kind.api_version());
        return Err(Refusal::bad_request(&why));
    }
    if name != kind.name {
        return Err(wrong_kind(kind, &name, object));
    }
    let mut unknown = meta::normalise(object).map_err(|error| Refusal::bad_request(&error))?;
    if let Some(custom) = &kind.custom {
        unknown.extend(custom.schema.prune_root(object));
        custom.schema.fill_defaults(object);
    }
    if strict && !unknown.is_empty() {
        unknown.sort();
        let fields: Vec<String> = unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
        let kind_and_version = format!("{} in version {:?} cannot be handled as a {}", kind.name, kind.version, kind.name);
        return Err(Refusal::bad_request(&format!("{kind_and_version}: strict decoding error: {}", fields.join(", "))));
    }
    Ok(())
}

/// The refusal names the kind that was given.
fn wrong_kind(kind: &Kind, given: &str, object: &Value) -> Refusal {
    let cause = Cause::invalid("kind", &json!(given), &format!("must be {}", kind.name));
    let shown = Kind {
        group: kind.group.clone(),
        version: kind.version.clone(),
        name: given.to_owned(),
        plural: kind.plural.clone(),
        custom: None,
        ..*kind
    };
    Refusal::invalid(&shown, meta::text(object, "name"), &[cause])
}

/// The errors of schema and rules, after those that were found already. Rules wait while there are
/// errors that make them meaningless.
fn refused_by_schema(kind: &Kind, object: &Value, old: Option<&Value>, mut causes: Vec<Cause>) -> Vec<Cause> {
    let Some(custom) = &kind.custom else { return causes };
    causes.extend(validate::refused(&custom.schema, object, old));
    if !custom.rules.any() {
        return causes;
    }
    if causes.iter().any(Cause::blocks_rules) {
        let why = "some validation rules were not checked because the object was invalid; \
                   correct the existing errors to complete validation";
        causes.push(Cause::new("<nil>", "FieldValueInvalid", format!("Invalid value: null: {why}")));
    } else {
        causes.extend(custom.rules.broken(object, old));
    }
    causes
}

/// Through `/status` only the status is looked at, and the messages begin below it.
fn refused_status(kind: &Kind, object: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = refused_by_schema(kind, object, Some(old), Vec::new());
    causes.retain(|cause| cause.field.starts_with("status") || cause.field == "<nil>");
    for cause in &mut causes {
        let below = cause.field.strip_prefix("status.").map(|field| format!("{field} in body"));
        if let Some(below) = below {
            cause.detail = cause.detail.replace(&format!("status.{below}"), &below);
        }
    }
    causes
}

pub(crate) fn create(
    state: &mut State,
    kind: &Kind,
    namespace: &str,
    mut object: Value,
    options: &WriteOptions,
) -> Result<Written, Refusal> {
    decode(kind, &mut object, options.strict)?;
    if kind.namespaced {
        let given = meta::text(&object, "namespace");
        if !given.is_empty() && given != namespace {
            let why = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(why));
        }
        meta::set(&mut object, "namespace", json!(namespace));
    } else {
        meta::of(&mut object).remove("namespace");
    }
    if meta::text(&object, "name").is_empty() && !meta::text(&object, "generateName").is_empty() {
        let name = generated(meta::text(&object, "generateName"), state.draw());
        meta::set(&mut object, "name", json!(name));
    }
    let name = meta::text(&object, "name").to_owned();
    if kind.namespaced {
        admit(state, kind, namespace, &name)?;
    }
    if !meta::text(&object, "resourceVersion").is_empty() {
        return Err(Refusal::bare("resourceVersion should not be set on objects to be created"));
    }
    let created = meta::time(state.now());
    let uid = format!("5e7e0000-0000-4000-8000-{:012x}", state.draw());
    let fields = meta::of(&mut object);
    fields.remove("deletionTimestamp");
    fields.remove("deletionGracePeriodSeconds");
    fields.remove("generation");
    fields.insert("uid".to_owned(), json!(uid));
    fields.insert("creationTimestamp".to_owned(), created);
    if let Some(custom) = &kind.custom {
        meta::set(&mut object, "generation", json!(1));
        if custom.status_subresource {
            object.as_object_mut().map(|object| object.remove("status"));
        }
    }
    let causes = refused_by_schema(kind, &object, None, meta::refused(&object));
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, &name, &causes));
    }
    builtin::settle(kind, &mut object, None)?;
    let undefaulted = object.clone();
    if let Some(custom) = &kind.custom {
        custom.schema.fill_defaults(&mut object);
    }
    let key = meta::key(kind, &object);
    if state.current(kind, &key).is_some() {
        return Err(Refusal::already_exists(kind, &name));
    }
    if options.dry_run {
        return Ok(Written::Created(Arc::new(object)));
    }
    if object != undefaulted {
        state.bare.insert(uid);
    }
    let stored = state.put(kind, key, object);
    follow_definition(state, kind, &stored)?;
    Ok(Written::Created(stored))
}

/// Objects are let only into a namespace that is there to stay.
fn admit(state: &State, kind: &Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
    let Some(stock) = state.stock(&Resource::new("", "namespaces")) else {
        return Ok(());
    };
    match stock.objects.get(&(String::new(), namespace.to_owned())) {
        None => Err(Refusal::not_found(&stock.kind, namespace)),
        Some(found) if meta::is_being_deleted(found) => Err(Refusal::terminating(kind, name, namespace)),
        Some(_) => Ok(()),
    }
}

/// A definition that was stored is served from now on.
fn follow_definition(state: &mut State, kind: &Kind, stored: &Value) -> Result<(), Refusal> {
    if kind.name == "CustomResourceDefinition" {
        state.serve(builtin::parse_definition(stored)?);
    }
    Ok(())
}

/// Five letters after the prefix, as on the real server, but in order.
fn generated(prefix: &str, drawn: u64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut rest = drawn;
    let mut name: String = prefix.chars().take(58).collect();
    for _ in 0..5 {
        let index = usize::try_from(rest % LETTERS.len() as u64).unwrap_or_default();
        name.push(char::from(LETTERS[index]));
        rest /= LETTERS.len() as u64;
    }
    name
}

/// What an update is about: an object, or only its status.
pub(crate) struct Target<'a> {
    pub(crate) kind: &'a Kind,
    pub(crate) key: Key,
    pub(crate) status: bool,
}

/// PUT: the object as given, with its uid and resourceVersion as preconditions.
pub(crate) fn replace(state: &mut State, target: &Target<'_>, mut object: Value, options: &WriteOptions) -> Result<Written, Refusal> {
    let (kind, name) = (target.kind, &target.key.1);
    decode(kind, &mut object, options.strict)?;
    check_name(&object, name)?;
    let namespace = meta::text(&object, "namespace");
    if kind.namespaced && !namespace.is_empty() && *namespace != target.key.0 {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(why));
    }
    match state.current(kind, &target.key) {
        Some(current) if !meta::text(&object, "uid").is_empty() && meta::text(&object, "uid") != meta::text(&current, "uid") => {
            Err(wrong_uid(target, meta::text(&object, "uid"), meta::text(&current, "uid")))
        }
        Some(current) => update(state, target, &current, object, options),
        None if kind.put.creates => create(state, kind, &target.key.0, object, options),
        None => Err(Refusal::not_found(kind, name)),
    }
}

pub(crate) fn check_name(object: &Value, name: &str) -> Result<(), Refusal> {
    match meta::text(object, "name") {
        given if given == name => Ok(()),
        "" => {
            let why = format!("the name of the object ({name} based on URL) was undeterminable: name must be provided");
            Err(Refusal::bad_request(&why))
        }
        given => {
            let why = format!("the name of the object ({given}) does not match the name on the URL ({name})");
            Err(Refusal::bad_request(&why))
        }
    }
}

/// The words of the storage layer, which a real server lets through.
fn wrong_uid(target: &Target<'_>, wanted: &str, found: &str) -> Refusal {
    let Target { kind, key: (namespace, name), .. } = target;
    let group = if kind.custom.is_some() { format!("{}/", kind.group) } else { String::new() };
    let key = format!("/registry/{group}{}/{namespace}/{name}", kind.plural);
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    );
    Refusal::conflict(kind, name, &why)
}

/// PATCH: the patched object, decoded like any other input.
pub(crate) fn patched(
    state: &mut State,
    target: &Target<'_>,
    current: &Arc<Value>,
    mut object: Value,
    options: &WriteOptions,
) -> Result<Written, Refusal> {
    decode(target.kind, &mut object, options.strict)?;
    check_name(&object, &target.key.1)?;
    if meta::text(&object, "resourceVersion").is_empty() {
        meta::set(&mut object, "resourceVersion", current["metadata"]["resourceVersion"].clone());
    }
    update(state, target, current, object, options)
}

/// Everything after the new object is known: versions, what may change here, validation, and the
/// end of an object whose last finalizer went.
fn update(
    state: &mut State,
    target: &Target<'_>,
    current: &Arc<Value>,
    mut object: Value,
    options: &WriteOptions,
) -> Result<Written, Refusal> {
    let (kind, name) = (target.kind, &target.key.1);
    let version = meta::text(&object, "resourceVersion");
    if version.is_empty() || version == "0" {
        if !kind.put.unconditional {
            return Err(Refusal::unversioned(kind, name));
        }
    } else if version.parse::<u64>().is_err() {
        return Err(Refusal::bare(&format!("strconv.ParseUint: parsing {version:?}: invalid syntax")));
    } else if version != meta::text(current, "resourceVersion") {
        return Err(Refusal::modified(kind, name));
    }
    keep_what_is_not_asked(target, current, &mut object);
    let mut causes = meta::refused(&object);
    let changes = meta::refused_change(&object, current);
    if kind.custom.is_some() {
        // Custom resources are looked at twice on their way, and say so.
        causes.extend(changes.iter().cloned());
    }
    causes.extend(changes);
    let causes =
        if target.status { refused_status(kind, &object, current) } else { refused_by_schema(kind, &object, Some(current), causes) };
    if !causes.is_empty() {
        return Err(Refusal::invalid(kind, name, &causes));
    }
    builtin::settle(kind, &mut object, Some(current))?;
    if let Some(custom) = &kind.custom {
        custom.schema.fill_defaults(&mut object);
    }
    meta::set(&mut object, "resourceVersion", current["metadata"]["resourceVersion"].clone());
    // The first write after creation stores the default of the status, so it is never a no-op.
    let same = object == **current && !state.bare.contains(meta::text(current, "uid"));
    if same || options.dry_run {
        return Ok(Written::Stored(Arc::new(object)));
    }
    state.bare.remove(meta::text(current, "uid"));
    if meta::is_being_deleted(&object) && meta::finalizers(&object).is_empty() && kind.name != "Namespace" {
        remove(state, kind, &target.key);
        return Ok(Written::Stored(Arc::new(object)));
    }
    let stored = state.put(kind, target.key.clone(), object);
    follow_definition(state, kind, &stored)?;
    Ok(Written::Stored(stored))
}

/// Through `/status` only status changes; elsewhere everything but status, and a change of
/// anything outside metadata is a new generation.
fn keep_what_is_not_asked(target: &Target<'_>, current: &Value, object: &mut Value) {
    let status = object.as_object_mut().and_then(|object| object.remove("status"));
    if target.status {
        *object = current.clone();
    } else {
        meta::carry_over(object, current);
    }
    let separate = target.kind.custom.as_ref().is_some_and(|custom| custom.status_subresource);
    let status = if separate && !target.status { current.get("status").cloned() } else { status };
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
        map.extend(status.map(|status| ("status".to_owned(), status)));
    }
    if target.kind.custom.is_some() && !target.status && beyond_metadata(object) != beyond_metadata(current) {
        meta::set(object, "generation", json!(meta::generation(current) + 1));
    }
}

fn beyond_metadata(object: &Value) -> Vec<(&String, &Value)> {
    let fields = object.as_object().into_iter().flatten();
    let mut fields: Vec<_> = fields.filter(|(name, _)| *name != "metadata").collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}

pub(crate) fn delete(state: &mut State, kind: &Kind, key: &Key, options: &WriteOptions) -> Result<Written, Refusal> {
    let Some(current) = state.current(kind, key) else {
        return Err(Refusal::not_found(kind, &key.1));
    };
    for (what, wanted, field, end) in [
        ("UID", &options.uid, "uid", "The object might have been deleted and then recreated"),
        ("ResourceVersion", &options.resource_version, "resourceVersion", "The object might have been modified"),
    ] {
        let found = meta::text(&current, field);
        if !wanted.is_empty() && wanted != found {
            let why = format!("the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). {end}");
            return Err(Refusal::precondition(kind, &key.1, &why));
        }
    }
    let stays = !meta::finalizers(&current).is_empty() || kind.name == "Namespace";
    if options.dry_run || (stays && meta::is_being_deleted(&current)) {
        return Ok(if stays { Written::Stored(current) } else { Written::Gone(current) });
    }
    state.bare.remove(meta::text(&current, "uid"));
    if !stays {
        remove(state, kind, key);
        return Ok(Written::Gone(current));
    }
    let mut object = Value::clone(&current);
    meta::set(&mut object, "deletionTimestamp", meta::time(state.now()));
    if kind.name == "Namespace" {
        object["status"]["phase"] = json!("Terminating");
    } else {
        meta::set(&mut object, "deletionGracePeriodSeconds", json!(0));
    }
    if meta::generation(&current) > 0 {
        meta::set(&mut object, "generation", json!(meta::generation(&current) + 1));
    }
    Ok(Written::Stored(state.put(kind, key.clone(), object)))
}

/// Takes an object off the stock; with a definition goes the kind that it defines.
pub(crate) fn remove(state: &mut State, kind: &Kind, key: &Key) {
    if let Some(current) = state.current(kind, key)
        && kind.name == "CustomResourceDefinition"
        && let Ok(defined) = builtin::parse_definition(&current)
    {
        state.withdraw(&defined.resource());
    }
    state.remove(kind, key);
}
