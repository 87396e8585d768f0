//! What the log and the faults see of a request: the variables of its path, its query, and the values of its JSON body under dotted names
//! (`check_restorable.0.target.resource_id`). Secrets are hidden before anybody looks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::operations::Route;
use crate::request::Request;

const HIDDEN: &str = "(hidden)";

pub(crate) fn of(request: &Request, route: Option<&Route>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = request.query.iter().cloned().collect();
    if let Ok(body) = serde_json::from_slice::<Value>(&request.body) {
        flatten(String::new(), &body, &mut all);
    }
    all.extend(route.map(|route| route.variables.clone()).unwrap_or_default());
    for (name, value) in &mut all {
        if secret(name) {
            HIDDEN.clone_into(value);
        }
    }
    all
}

fn flatten(name: String, value: &Value, all: &mut BTreeMap<String, String>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| flatten(inside(key), value, all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| flatten(inside(&index.to_string()), value, all)),
        Value::Null => {}
        Value::String(text) => {
            all.insert(name, text.clone());
        }
        Value::Bool(_) | Value::Number(_) => {
            all.insert(name, value.to_string());
        }
    }
}

/// A secret by its own name, or the id of a token, which is the token.
fn secret(name: &str) -> bool {
    const WORDS: [&str; 5] = ["password", "secret", "securitytoken", "passcode", "id_token"];
    let segments: Vec<String> = name.split('.').map(str::to_ascii_lowercase).collect();
    let last = segments.last().map_or("", String::as_str);
    let before = segments.len().checked_sub(2).map_or("", |index| segments[index].as_str());
    WORDS.contains(&last) || (last == "id" && before == "token") || segments.iter().any(|segment| segment == "hw_ak_sk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_dotted_names_without_its_secrets() {
        let body = r#"{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "ann", "password": "p"}},
                       "token": {"id": "t", "duration_seconds": 900}, "hw_ak_sk": {"secret": {"key": "s"}}}, "on": true, "off": null}}"#;
        let request = Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            query: vec![("limit".to_owned(), "2".to_owned())],
            headers: BTreeMap::new(),
            body: bytes::Bytes::from_static(body.as_bytes()),
        };
        let expected: BTreeMap<String, String> = [
            ("auth.identity.hw_ak_sk.secret.key", HIDDEN),
            ("auth.identity.methods.0", "password"),
            ("auth.identity.password.user.name", "ann"),
            ("auth.identity.password.user.password", HIDDEN),
            ("auth.identity.token.duration_seconds", "900"),
            ("auth.identity.token.id", HIDDEN),
            ("auth.on", "true"),
            ("limit", "2"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        assert_eq!(of(&request, None), expected);
    }
}
