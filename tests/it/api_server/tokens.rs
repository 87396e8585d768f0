//! Who a client is, and tokens of `ServiceAccounts`: the two answers that are made and not kept. A token has the form and the claims of a real
//! one; nobody signed it. There is one user, and of RBAC only whether that user may ask for a `ServiceAccount`'s tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ApiServer, kind::Kind, meta, refusal::Refusal, request::RequestInfo, store::State};

/// Who all clients are.
pub(crate) const USER: &str = "system:serviceaccount:cloud-steward-system:cloud-steward";
/// Who says so in every token.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

const LEAST_SECONDS: i64 = 600;
const USUAL_SECONDS: i64 = 3600;

impl ApiServer {
    /// Lets clients ask for tokens of this `ServiceAccount`, as a Role in its namespace would.
    pub(crate) fn allow_tokens(&self, namespace: &str, service_account: &str) {
        self.store.with(|state| state.token_grants.insert((namespace.to_owned(), service_account.to_owned())));
    }

    /// Takes that right away again.
    pub(crate) fn forbid_tokens(&self, namespace: &str, service_account: &str) {
        self.store.with(|state| state.token_grants.remove(&(namespace.to_owned(), service_account.to_owned())));
    }
}

/// `SelfSubjectReview`: everybody may ask who they are.
pub(crate) fn who_asks(now: Timestamp) -> Value {
    let namespace = USER.split(':').nth(2).unwrap_or_default();
    json!({
        "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {"creationTimestamp": meta::time(now)},
        "status": {"userInfo": {
            "username": USER,
            "groups": ["system:serviceaccounts", format!("system:serviceaccounts:{namespace}"), "system:authenticated"],
        }},
    })
}

/// `TokenRequest`, on a `ServiceAccount` that may not even be there.
pub(crate) fn issue(state: &State, kind: &Kind, info: &RequestInfo, asked: &Value) -> Result<Value, Refusal> {
    let key = (info.namespace.clone(), info.name.clone());
    if !state.token_grants.contains(&key) {
        return Err(Refusal::without_right(kind, &info.name, "create", "token", &info.namespace));
    }
    let account = state.current(kind, &key).ok_or_else(|| Refusal::not_found(kind, &info.name))?;
    let now = state.now();
    let lasts = asked.pointer("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(USUAL_SECONDS);
    if lasts < LEAST_SECONDS {
        return Err(Refusal::too_short_a_token(lasts));
    }
    let given = asked.pointer("/spec/audiences").filter(|list| list.as_array().is_some_and(|list| !list.is_empty()));
    let audiences = given.cloned().unwrap_or_else(|| json!([ISSUER]));
    let claims = json!({
        "aud": audiences,
        "iss": ISSUER,
        "sub": format!("system:serviceaccount:{}:{}", info.namespace, info.name),
        "iat": now.as_second(), "nbf": now.as_second(), "exp": now.as_second() + lasts,
        "kubernetes.io": {
            "namespace": info.namespace,
            "serviceaccount": {"name": info.name, "uid": meta::text(&account, "uid")},
        },
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = json!({"alg": "RS256", "kid": "a key"}).to_string();
    let token = [part(&head), part(&claims.to_string()), part("nobody signed this")].join(".");
    let end = Timestamp::from_second(now.as_second() + lasts).expect("a token ends within the calendar");
    Ok(json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {
            "name": info.name, "namespace": info.namespace, "uid": meta::text(&account, "uid"), "creationTimestamp": meta::time(now),
        },
        "spec": {"audiences": audiences, "expirationSeconds": lasts, "boundObjectRef": null},
        "status": {"token": token, "expirationTimestamp": meta::time(end)},
    }))
}
