//! A request as the server understands it: the verb, what it is about, and its query.

use http::{Method, header, request::Parts};
use serde_json::Value;
use url::form_urlencoded;

/// What a request wants, in the words of RBAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

/// What can be told from a request line and its headers. Empty where it does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestInfo {
    pub(crate) verb: Verb,
    pub(crate) path: String,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
    pub(crate) user_agent: String,
}

/// The parameters behind the question mark and the headers that change the answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    pub(crate) content_type: String,
    pub(crate) metadata_only: bool,
}

impl Query {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, value)| key == name && !matches!(value.as_str(), "0" | "false"))
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name).parse().ok()
    }

    pub(crate) fn dry_run(&self) -> bool {
        !self.get("dryRun").is_empty()
    }
}

pub(crate) fn read(parts: &Parts, default_agent: &str) -> (RequestInfo, Query) {
    let header = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let raw = parts.uri.query().unwrap_or_default();
    let query = Query {
        pairs: form_urlencoded::parse(raw.as_bytes()).into_owned().collect(),
        content_type: header(header::CONTENT_TYPE),
        metadata_only: header(header::ACCEPT).contains("as=PartialObjectMetadata"),
    };
    let agent = header(header::USER_AGENT);
    let mut info = RequestInfo {
        verb: Verb::Get,
        path: parts.uri.path().to_owned(),
        group: String::new(),
        version: String::new(),
        resource: String::new(),
        namespace: String::new(),
        name: String::new(),
        subresource: String::new(),
        user_agent: if agent.is_empty() { default_agent.to_owned() } else { agent },
    };
    place(&mut info);
    info.verb = verb(&parts.method, &info, &query);
    (info, query)
}

/// Reads group, version, resource, namespace, name and subresource out of the path.
fn place(info: &mut RequestInfo) {
    let decode = |part: &str| {
        let pair = format!("={}", part.replace('+', "%2B"));
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let parts: Vec<String> = info.path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let mut rest = parts.iter().map(String::as_str);
    match rest.next() {
        Some("api") => rest.next().unwrap_or_default().clone_into(&mut info.version),
        Some("apis") => {
            rest.next().unwrap_or_default().clone_into(&mut info.group);
            rest.next().unwrap_or_default().clone_into(&mut info.version);
        }
        _ => return,
    }
    let rest: Vec<&str> = rest.collect();
    let rest = match rest.as_slice() {
        // A namespace itself and its subresources are spelt like something inside it.
        ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => rest.as_slice(),
        ["namespaces", namespace, inside @ ..] => {
            (*namespace).clone_into(&mut info.namespace);
            inside
        }
        all => all,
    };
    let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
    (info.resource, info.name, info.subresource) = (part(0), part(1), part(2));
}

fn verb(method: &Method, info: &RequestInfo, query: &Query) -> Verb {
    match method.as_str() {
        "POST" => Verb::Create,
        "PUT" => Verb::Update,
        "PATCH" => Verb::Patch,
        "DELETE" if info.name.is_empty() => Verb::DeleteCollection,
        "DELETE" => Verb::Delete,
        _ if !info.resource.is_empty() && info.name.is_empty() => {
            if query.flag("watch") {
                Verb::Watch
            } else {
                Verb::List
            }
        }
        _ => Verb::Get,
    }
}

/// The options of a write, from the query or, for a deletion, from the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) dry_run: bool,
    pub(crate) strict: bool,
    pub(crate) manager: String,
    pub(crate) uid: String,
    pub(crate) resource_version: String,
}

impl WriteOptions {
    pub(crate) fn read(query: &Query, delete_options: &Value) -> Self {
        let precondition = |name: &str| {
            let value = delete_options.pointer(&format!("/preconditions/{name}"));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let dry = delete_options.get("dryRun").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        WriteOptions {
            dry_run: query.dry_run() || dry,
            strict: query.get("fieldValidation") == "Strict",
            manager: query.get("fieldManager").to_owned(),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
        }
    }
}
