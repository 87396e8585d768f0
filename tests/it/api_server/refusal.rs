//! What the server says when it says no: the `Status` object with the code, the words and the
//! details that a real API server gives, so that clients and people see the same text.
//!
//! Whether to refuse is decided elsewhere.

use serde_json::{Value, json};

use super::{kind::Kind, tokens::USER};

/// An answer that is not what was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) body: Value,
}

/// One thing that is wrong with an object, and where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cause {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    pub(crate) detail: String,
}

impl Cause {
    pub(crate) fn new(field: &str, reason: &'static str, detail: impl Into<String>) -> Self {
        Cause { field: field.to_owned(), reason, detail: detail.into() }
    }

    /// `Invalid value: <value>: <why>`, the most common shape.
    pub(crate) fn invalid(field: &str, value: &Value, why: &str) -> Self {
        let shown = shown(value);
        Cause::new(field, "FieldValueInvalid", format!("Invalid value: {shown}: {why}"))
    }

    pub(crate) fn wrong_type(field: &str, value: &Value, why: &str) -> Self {
        let shown = shown(value);
        Cause::new(field, "FieldValueTypeInvalid", format!("Invalid value: {shown}: {why}"))
    }

    pub(crate) fn required(field: &str, why: &str) -> Self {
        let detail = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Cause::new(field, "FieldValueRequired", detail)
    }

    pub(crate) fn forbidden(field: &str, why: &str) -> Self {
        Cause::new(field, "FieldValueForbidden", format!("Forbidden: {why}"))
    }

    /// Errors after which the real server does not evaluate CEL rules any more.
    pub(crate) fn blocks_rules(&self) -> bool {
        matches!(
            self.reason,
            "FieldValueNotSupported" | "FieldValueRequired" | "FieldValueTooLong" | "FieldValueTooMany" | "FieldValueTypeInvalid"
        )
    }

    fn line(&self) -> String {
        format!("{}: {}", self.field, self.detail)
    }
}

/// How Go prints a value in such a message: objects and lists only by their type.
fn shown(value: &Value) -> String {
    if value.is_object() {
        "\"object\"".to_owned()
    } else if value.is_array() {
        "\"array\"".to_owned()
    } else if value.is_null() {
        "null".to_owned()
    } else {
        value.to_string()
    }
}

impl Refusal {
    fn status(code: u16, reason: &str, message: &str, details: Value) -> Self {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        if !details.is_null() {
            body["details"] = details;
        }
        Refusal { code, body }
    }

    /// The path itself is unknown: plain text, as the real server's router answers.
    pub(crate) fn no_such_path() -> Self {
        Refusal { code: 404, body: Value::String("404 page not found\n".to_owned()) }
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified());
        Refusal::status(404, "NotFound", &message, kind.details(name))
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Refusal::status(409, "AlreadyExists", &message, kind.details(name))
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified());
        Refusal::status(409, "Conflict", &message, kind.details(name))
    }

    pub(crate) fn modified(kind: &Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Refusal::conflict(kind, name, why)
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for line in causes.iter().map(Cause::line) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let why = if lines.len() == 1 { lines.concat() } else { format!("[{}]", lines.join(", ")) };
        let message = format!("{} \"{name}\" is invalid: {why}", kind.qualified_kind());
        let causes: Vec<Value> =
            causes.iter().map(|cause| json!({"reason": cause.reason, "message": cause.detail, "field": cause.field})).collect();
        let mut details = json!({"name": name, "group": kind.group, "kind": kind.name, "causes": causes});
        if kind.group.is_empty() {
            details.as_object_mut().map(|map| map.remove("group"));
        }
        if name.is_empty() {
            details.as_object_mut().map(|map| map.remove("name"));
        }
        Refusal::status(422, "Invalid", &message, details)
    }

    pub(crate) fn bad_request(message: &str) -> Self {
        Refusal::status(400, "BadRequest", message, Value::Null)
    }

    /// What the storage layer says of itself: an error without a reason.
    pub(crate) fn bare(message: &str) -> Self {
        let mut refusal = Refusal::status(500, "", message, Value::Null);
        refusal.body.as_object_mut().map(|body| body.remove("reason"));
        refusal
    }

    /// Server-side apply by nobody in particular.
    pub(crate) fn no_manager() -> Self {
        let why = "Required value: is required for apply patch";
        let message = format!("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: {why}");
        let causes = json!([{"reason": "FieldValueRequired", "message": why, "field": "fieldManager"}]);
        Refusal::status(422, "Invalid", &message, json!({"group": "meta.k8s.io", "kind": "PatchOptions", "causes": causes}))
    }

    /// PUT without the version that it is based on.
    pub(crate) fn unversioned(kind: &Kind, name: &str) -> Self {
        let cause = Cause::invalid("metadata.resourceVersion", &json!(0), "must be specified for an update");
        let mut refusal = Refusal::invalid(kind, name, &[cause]);
        // Here the real server names the resource where it names the kind elsewhere.
        let message = refusal.body["message"].as_str().unwrap_or_default().replacen(&kind.qualified_kind(), &kind.qualified(), 1);
        refusal.body["message"] = json!(message);
        refusal.body["details"]["kind"] = json!(kind.plural);
        refusal
    }

    /// New objects are not let into a namespace that is going away.
    pub(crate) fn terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.qualified());
        let mut details = kind.details(name);
        details["causes"] = json!([{
            "reason": "NamespaceTerminating", "field": "metadata.namespace",
            "message": format!("namespace {namespace} is being terminated"),
        }]);
        Refusal::status(403, "Forbidden", &message, details)
    }

    /// RBAC's words to the one user that there is.
    pub(crate) fn without_right(kind: &Kind, name: &str, verb: &str, subresource: &str, namespace: &str) -> Self {
        let (resource, group) = (format!("{}/{subresource}", kind.plural), &kind.group);
        let why =
            format!("User \"{USER}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" in the namespace \"{namespace}\"");
        let message = format!("{} \"{name}\" is forbidden: {why}", kind.qualified());
        Refusal::status(403, "Forbidden", &message, kind.details(name))
    }

    /// A `TokenRequest` has no name of its own.
    pub(crate) fn too_short_a_token(seconds: i64) -> Self {
        let cause = Cause::invalid("spec.expirationSeconds", &json!(seconds), "may not specify a duration less than 10 minutes");
        let message = format!("TokenRequest.authentication.k8s.io \"\" is invalid: {}", cause.line());
        let causes = json!([{"reason": cause.reason, "message": cause.detail, "field": cause.field}]);
        Refusal::status(422, "Invalid", &message, json!({"group": "authentication.k8s.io", "kind": "TokenRequest", "causes": causes}))
    }

    /// The history that was asked for is no longer kept.
    pub(crate) fn expired(message: &str) -> Self {
        Refusal::status(410, "Expired", message, Value::Null)
    }

    pub(crate) fn patch_does_not_apply() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Refusal::status(422, "Invalid", message, json!({}))
    }

    pub(crate) fn unsupported_media(accepted: &str) -> Self {
        let message = format!("the body of the request was in an unknown format - accepted media types include: {accepted}");
        Refusal::status(415, "UnsupportedMediaType", &message, Value::Null)
    }

    pub(crate) fn not_allowed(kind: &Kind, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind \"{}\"", kind.qualified());
        let mut details = kind.details("");
        details.as_object_mut().map(|details| details.remove("name"));
        Refusal::status(405, "MethodNotAllowed", &message, details)
    }

    /// What a deletion or a patch was about is not what is there. It names the kind, not the plural.
    pub(crate) fn precondition(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified_kind());
        let mut details = kind.details(name);
        details["kind"] = json!(kind.name);
        Refusal::status(409, "Conflict", &message, details)
    }

    /// A fault that a test asked for.
    pub(crate) fn injected(code: u16) -> Self {
        let (reason, message) = match code {
            400 => ("BadRequest", "the server could not understand the request"),
            401 => ("Unauthorized", "Unauthorized"),
            403 => ("Forbidden", "forbidden by a test"),
            404 => ("NotFound", "the server could not find the requested resource"),
            409 => ("Conflict", "the object has been modified; a test says so"),
            410 => ("Expired", "too old, a test says so"),
            429 => ("TooManyRequests", "too many requests, a test says so"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("InternalError", "an error that a test injected"),
        };
        Refusal::status(code, reason, message, Value::Null)
    }
}
