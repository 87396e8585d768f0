//! From a request to its answer, within one transaction: finding the kind, reading, and handing
//! writes to `write.rs`.

use std::sync::{Arc, LazyLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    apply,
    kind::{Kind, Resource},
    meta, patch,
    refusal::Refusal,
    request::{Query, RequestInfo, Verb, WriteOptions},
    schema::Schema,
    select::Selector,
    store::{Key, State, Stock, Store},
    tokens,
    watch::{Opened, WatchBody},
    write::{self, Target, Written},
};

pub(crate) enum Answer {
    Json(u16, Value),
    Text(u16, String),
    Watch(Opened),
}

pub(crate) fn to(store: &Arc<Store>, state: &mut State, info: &RequestInfo, query: &Query, body: &[u8]) -> Result<Answer, Refusal> {
    if info.resource.is_empty() {
        return discovery(state, info);
    }
    if (info.group.as_str(), info.resource.as_str()) == ("authentication.k8s.io", "selfsubjectreviews") && info.verb == Verb::Create {
        return Ok(Answer::Json(201, tokens::who_asks(state.now())));
    }
    let resource = Resource::new(&info.group, &info.resource);
    let stock = state.stock(&resource).filter(|stock| stock.kind.version == info.version);
    let kind = stock.ok_or_else(Refusal::no_such_path)?.kind.clone();
    let status = match info.subresource.as_str() {
        "" => false,
        "status" if kind.has_status_subresource() => true,
        "token" if kind.name == "ServiceAccount" && info.verb == Verb::Create => {
            return tokens::issue(state, &kind, info, &object_of(body)?).map(|issued| Answer::Json(201, issued));
        }
        _ => return Err(Refusal::not_found(&kind, &info.name)),
    };
    let key = (info.namespace.clone(), info.name.clone());
    match info.verb {
        Verb::Get => {
            let stock = state.stock(&resource).ok_or_else(Refusal::no_such_path)?;
            let found = match stock.frozen {
                Some(version) => stock.at(version).get(&key).cloned(),
                None => stock.objects.get(&key).cloned(),
            };
            let found = found.ok_or_else(|| Refusal::not_found(&kind, &info.name))?;
            Ok(Answer::Json(200, if query.metadata_only { meta::only(&found) } else { Value::clone(&found) }))
        }
        Verb::List => list(state, &kind, info, query),
        Verb::Watch => {
            let selector = Selector::parse(&kind, query.get("labelSelector"), query.get("fieldSelector"))?;
            WatchBody::open(store, state, &kind, info, query, selector).map(Answer::Watch)
        }
        Verb::Create if info.name.is_empty() => {
            let options = WriteOptions::read(query, &Value::Null);
            let object = object_of(body)?;
            write::create(state, &kind, &info.namespace, object, &options).map(|done| shown(&kind, query, done))
        }
        Verb::Update => {
            let options = WriteOptions::read(query, &Value::Null);
            let target = Target { kind: &kind, key, status };
            write::replace(state, &target, object_of(body)?, &options).map(|done| shown(&kind, query, done))
        }
        Verb::Patch => {
            let options = WriteOptions::read(query, &Value::Null);
            let target = Target { kind: &kind, key, status };
            patched(state, &target, query, body, &options).map(|done| shown(&kind, query, done))
        }
        Verb::Delete if !status => {
            let options = if body.is_empty() { Value::Null } else { object_of(body)? };
            let options = WriteOptions::read(query, &options);
            write::delete(state, &kind, &key, &options).map(|done| shown(&kind, query, done))
        }
        Verb::DeleteCollection => delete_collection(state, &kind, info, query, body),
        Verb::Create => Err(Refusal::not_allowed(&kind, "create")),
        Verb::Delete => Err(Refusal::not_allowed(&kind, "delete")),
    }
}

fn object_of(body: &[u8]) -> Result<Value, Refusal> {
    let parsed: Result<Value, _> = serde_json::from_slice(body);
    match parsed {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(Refusal::bad_request("the object provided is unrecognized: it is not a map")),
        Err(error) => Err(Refusal::bad_request(&format!("the object provided is unrecognized: {error}"))),
    }
}

fn shown(kind: &Kind, query: &Query, written: Written) -> Answer {
    let (code, object) = match written {
        Written::Created(object) => (201, object),
        Written::Stored(object) => (200, object),
        Written::Gone(object) => {
            let mut details = kind.details(meta::text(&object, "name"));
            details["uid"] = json!(meta::text(&object, "uid"));
            let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": details});
            return Answer::Json(200, body);
        }
    };
    Answer::Json(code, if query.metadata_only { meta::only(&object) } else { Value::clone(&object) })
}

/// A place in a list that was cut: the version that all pages show, and the last key of the page.
fn token(version: u64, last: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({"version": version, "last": last}).to_string())
}

fn from_token(token: &str) -> Option<(u64, String)> {
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    Some((decoded.get("version")?.as_u64()?, decoded.get("last")?.as_str()?.to_owned()))
}

fn list(state: &State, kind: &Kind, info: &RequestInfo, query: &Query) -> Result<Answer, Refusal> {
    let selector = Selector::parse(kind, query.get("labelSelector"), query.get("fieldSelector"))?;
    let stock = state.stock(&kind.resource()).ok_or_else(Refusal::no_such_path)?;
    let asked = query.get("resourceVersion");
    let (version, after) = match query.get("continue") {
        "" => (version_of_list(state, stock, query)?, None),
        token => {
            let invalid = || Refusal::bad_request("continue key is not valid");
            let (version, end) = from_token(token).ok_or_else(invalid)?;
            if version < stock.oldest {
                let why = "The provided continue parameter is too old to display a consistent list result. \
                           You can start a new list without the continue parameter.";
                return Err(Refusal::expired(why));
            }
            (version, Some(end))
        }
    };
    let objects = if version < state.version { stock.at(version) } else { stock.objects.clone() };
    // The real server's order is that of its storage keys, where `a-b/x` comes before `a/x`.
    let mut found: Vec<(String, Arc<Value>)> = objects
        .into_iter()
        .filter(|(key, _)| info.namespace.is_empty() || key.0 == info.namespace)
        .map(|((namespace, name), object)| (format!("{namespace}/{name}"), object))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    // Selectors are asked after the keys were read: a page may be followed by an empty one.
    let end = found.last().map(|(key, _)| key.clone()).unwrap_or_default();
    found.retain(|(_, object)| selector.matches(object));
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if kind.custom.is_some() && !query.metadata_only {
        metadata["continue"] = json!("");
    }
    // At version 0 the real server answers from its cache, whole.
    let limit = query.number("limit").filter(|_| asked != "0").and_then(|limit| usize::try_from(limit).ok());
    if let Some(limit) = limit.filter(|limit| *limit > 0 && *limit <= found.len() && found[limit - 1].0 != end) {
        metadata["continue"] = json!(token(version, &found[limit - 1].0));
        if query.get("labelSelector").is_empty() && query.get("fieldSelector").is_empty() {
            metadata["remainingItemCount"] = json!(found.len() - limit);
        }
        found.truncate(limit);
    }
    let items = found.iter().map(|(_, object)| if query.metadata_only { meta::only(object) } else { Value::clone(object) });
    let items: Vec<Value> = items.collect();
    let (api_version, list_kind) = if query.metadata_only {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned())
    } else {
        (kind.api_version(), format!("{}List", kind.name))
    };
    let list = json!({"apiVersion": api_version, "kind": list_kind, "metadata": metadata, "items": items});
    Ok(Answer::Json(200, list))
}

fn version_of_list(state: &State, stock: &Stock, query: &Query) -> Result<u64, Refusal> {
    let now = stock.frozen.unwrap_or(state.version);
    let asked = query.get("resourceVersion");
    let version: u64 = match asked {
        "" | "0" => return Ok(now),
        asked => asked.parse().map_err(|_| Refusal::bad_request(&format!("Invalid value: {asked:?}")))?,
    };
    if query.get("resourceVersionMatch") != "Exact" {
        return Ok(now.max(version.min(state.version)));
    }
    if version < stock.oldest {
        let why = "The provided continue parameter is too old to display a consistent list result.";
        return Err(Refusal::expired(why));
    }
    Ok(version.min(state.version))
}

/// What server-side apply has to know about metadata, which definitions do not describe.
static METADATA: LazyLock<Schema> = LazyLock::new(|| {
    let set = json!({"properties": {"finalizers": {"x-kubernetes-list-type": "set"},
        "ownerReferences": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"]}}});
    Schema::parse(&set).expect("the schema is a constant")
});

fn patched(state: &mut State, target: &Target<'_>, query: &Query, body: &[u8], options: &WriteOptions) -> Result<Written, Refusal> {
    let media = query.content_type.split(';').next().unwrap_or_default().trim().to_owned();
    let custom = target.kind.custom.is_some();
    if media == "application/apply-patch+yaml" {
        return applied(state, target, body, options);
    }
    let found = state.current(target.kind, &target.key);
    let current = found.ok_or_else(|| Refusal::not_found(target.kind, &target.key.1))?;
    let mut object = Value::clone(&current);
    match media.as_str() {
        "application/json-patch+json" => {
            let operations: Vec<Value> =
                serde_json::from_slice(body).map_err(|error| Refusal::bad_request(&format!("error decoding patch: {error}")))?;
            patch::json(&mut object, &operations).map_err(|_| Refusal::patch_does_not_apply())?;
        }
        // Lists of built-in kinds are replaced here, which a real server does only for atomic ones.
        "application/strategic-merge-patch+json" if !custom => patch::merge(&mut object, &merge_patch_of(body)?),
        "application/merge-patch+json" => patch::merge(&mut object, &merge_patch_of(body)?),
        _ => {
            let accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
            return Err(Refusal::unsupported_media(accepted));
        }
    }
    write::patched(state, target, &current, object, options)
}

fn merge_patch_of(body: &[u8]) -> Result<Value, Refusal> {
    let why = "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}";
    object_of(body).map_err(|_| Refusal::bad_request(why))
}

fn applied(state: &mut State, target: &Target<'_>, body: &[u8], options: &WriteOptions) -> Result<Written, Refusal> {
    let Target { kind, key, status } = target;
    if options.manager.is_empty() {
        return Err(Refusal::no_manager());
    }
    let text = std::str::from_utf8(body).map_err(|error| Refusal::bad_request(&error.to_string()))?;
    let given: Value = serde_json::from_str(text)
        .or_else(|_| serde_saphyr::from_str(text))
        .map_err(|error| Refusal::bad_request(&format!("error decoding YAML: {error}")))?;
    if given.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let word = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
    if word("apiVersion") != kind.api_version() || word("kind") != kind.name {
        let version = word("apiVersion");
        let slash = if version.contains('/') { "" } else { "/" };
        return Err(Refusal::bad_request(&format!("invalid object type: {slash}{version}, Kind={}", word("kind"))));
    }
    let Some(current) = state.current(kind, key) else {
        if *status {
            return Err(Refusal::not_found(kind, &key.1));
        }
        write::check_name(&given, &key.1)?;
        let done = write::create(state, kind, &key.0, given.clone(), options)?;
        if let Written::Created(object) = &done {
            remember(state, object, target, what_appliers_own(given), options);
        }
        return Ok(done);
    };
    if !meta::text(&given, "name").is_empty() {
        write::check_name(&given, &key.1)?;
    }
    let mut object = Value::clone(&current);
    let version = meta::text(&given, "resourceVersion").to_owned();
    let given = what_appliers_own(given);
    let fields: Vec<&str> = match (status, kind.has_status_subresource()) {
        (true, _) => vec!["status"],
        (false, true) => vec!["spec", "data", "metadata"],
        (false, false) => vec!["spec", "data", "metadata", "status"],
    };
    let others: Vec<&Value> = state
        .applied
        .iter()
        .filter(|((uid, manager, _), _)| uid == meta::text(&current, "uid") && *manager != options.manager)
        .map(|(_, applied)| applied)
        .collect();
    let previous = state.applied.get(&applier(&current, target, options));
    let schema = kind.custom.as_ref().map(|custom| &custom.schema);
    for field in fields {
        let part = given.get(field).cloned().unwrap_or_else(|| json!({}));
        let schema = match field {
            "metadata" => Some(&*METADATA),
            _ => schema.and_then(|schema| schema.properties.get(field)),
        };
        let previous = previous.and_then(|previous| previous.get(field));
        let others: Vec<&Value> = others.iter().filter_map(|other| other.get(field)).collect();
        let absent = object.get(field).is_none();
        if absent && part.as_object().is_some_and(serde_json::Map::is_empty) {
            continue;
        }
        apply::lay_over(schema, &mut object[field], &part, previous, &others);
    }
    if !version.is_empty() {
        meta::set(&mut object, "resourceVersion", json!(version));
    }
    let done = write::patched(state, target, &current, object, options)?;
    remember(state, &current, target, given, options);
    Ok(done)
}

/// Of metadata only what a manager can own.
fn what_appliers_own(mut given: Value) -> Value {
    if let Some(metadata) = given.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| matches!(name.as_str(), "labels" | "annotations" | "finalizers" | "ownerReferences"));
    }
    given
}

fn applier(object: &Value, target: &Target<'_>, options: &WriteOptions) -> (String, String, String) {
    let part = if target.status { "status" } else { "" };
    (meta::text(object, "uid").to_owned(), options.manager.clone(), part.to_owned())
}

fn remember(state: &mut State, object: &Value, target: &Target<'_>, given: Value, options: &WriteOptions) {
    if !options.dry_run {
        state.applied.insert(applier(object, target, options), given);
    }
}

fn delete_collection(state: &mut State, kind: &Arc<Kind>, info: &RequestInfo, query: &Query, body: &[u8]) -> Result<Answer, Refusal> {
    let selector = Selector::parse(kind, query.get("labelSelector"), query.get("fieldSelector"))?;
    let options = if body.is_empty() { Value::Null } else { object_of(body)? };
    let options = WriteOptions::read(query, &options);
    let objects = state.stock(&kind.resource()).map(|stock| stock.objects.clone()).unwrap_or_default();
    let mut items = Vec::new();
    for (key, object) in objects {
        if (info.namespace.is_empty() || key.0 == info.namespace) && selector.matches(&object) {
            let key: Key = key;
            items.push(match write::delete(state, kind, &key, &options)? {
                Written::Created(object) | Written::Stored(object) | Written::Gone(object) => Value::clone(&object),
            });
        }
    }
    let metadata = json!({"resourceVersion": state.version.to_string()});
    let list = json!({"apiVersion": kind.api_version(), "kind": format!("{}List", kind.name),
        "metadata": metadata, "items": items});
    Ok(Answer::Json(200, list))
}

fn discovery(state: &State, info: &RequestInfo) -> Result<Answer, Refusal> {
    let ok = |value: Value| Ok(Answer::Json(200, value));
    match info.path.trim_end_matches('/') {
        "/readyz" | "/livez" | "/healthz" => return Ok(Answer::Text(200, "ok".to_owned())),
        "/version" => {
            return ok(json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3", "gitCommit": "",
            "gitTreeState": "clean", "buildDate": "", "goVersion": "", "compiler": "gc", "platform": "linux/amd64"}));
        }
        "/api" => {
            return ok(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}));
        }
        "/apis" => {
            let mut groups: Vec<Value> = Vec::new();
            for kind in state.stocks.values().map(|stock| &stock.kind).filter(|kind| !kind.group.is_empty()) {
                let version = json!({"groupVersion": kind.api_version(), "version": kind.version});
                let group = json!({"name": kind.group, "versions": [version], "preferredVersion": version});
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
            return ok(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}));
        }
        _ => {}
    }
    let here = |kind: &&Arc<Kind>| kind.group == info.group && kind.version == info.version;
    let kinds: Vec<&Arc<Kind>> = state.stocks.values().map(|stock| &stock.kind).filter(here).collect();
    let Some(first) = kinds.first() else {
        return Err(Refusal::no_such_path());
    };
    let verbs = json!(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
    let mut resources = Vec::new();
    for kind in &kinds {
        let row = |name: &str, verbs: &Value| {
            json!({"name": name, "singularName": kind.name.to_lowercase(), "namespaced": kind.namespaced,
                "kind": kind.name, "verbs": verbs})
        };
        resources.push(row(&kind.plural, &verbs));
        if kind.custom.as_ref().is_some_and(|custom| custom.status_subresource) {
            resources.push(row(&format!("{}/status", kind.plural), &json!(["get", "patch", "update"])));
        }
    }
    ok(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": resources}))
}
