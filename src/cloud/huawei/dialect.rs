//! How Huawei Cloud and Open Telekom Cloud are spoken to: REST in, JSON or nothing out, errors in one of several envelopes. Pure.

use super::endpoints::{self, Provider};
use super::errors::{self, envelope};
use super::request::{Attempt, BuildError, Keys, Scope};
use crate::cloud::client::{Call, Dialect, Stamp, garbled, no_endpoint, unbuildable};
use crate::cloud::endpoints::EndpointError;
use crate::cloud::error::{Class, CloudError, Operation};
use crate::cloud::transport::{HttpAnswer, HttpRequest, Method};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// One operation.
pub(super) struct Rest {
    pub(super) method: Method,
    /// Begins with a slash, and is encoded already.
    pub(super) path: String,
    /// Raw names and values.
    pub(super) query: Vec<(String, String)>,
    /// JSON. Secret, for it may hold a password.
    pub(super) body: Option<SecretSlice<u8>>,
    pub(super) scope: Scope,
}

pub(super) struct Rests {
    pub(super) provider: Provider,
    /// By service; what is not named is reached where the vendor has it.
    pub(super) endpoints: BTreeMap<String, Url>,
}

impl Dialect for Rests {
    type Keys = Keys;
    type Request = Rest;

    fn build(&self, call: &Call<'_>, request: &Rest, keys: &Keys, stamp: &Stamp) -> Result<HttpRequest, CloudError> {
        let endpoint = endpoints::endpoint(self.provider, call.operation.service, call.region, &self.endpoints)
            .map_err(|error| no_endpoint(call.operation, error))?;
        Attempt {
            method: request.method.clone(),
            endpoint: &endpoint,
            path: &request.path,
            query: &request.query,
            body: request.body.as_ref().map(ExposeSecret::expose_secret),
            keys,
            scope: &request.scope,
            date: stamp.date,
            deadline: None,
        }
        .build()
        .map_err(|error| match error {
            BuildError::Endpoint => no_endpoint(call.operation, EndpointError::Url),
            BuildError::Keys | BuildError::Scope | BuildError::Path => unbuildable(call.operation, error),
        })
    }

    fn judge(&self, operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
        judge(operation, answer)
    }

    fn secrets<'k>(&self, keys: &'k Keys) -> Vec<&'k SecretString> {
        match keys {
            Keys::None => Vec::new(),
            Keys::Token(token) => vec![token],
            Keys::AccessKey { secret_key, security_token, .. } => std::iter::once(secret_key).chain(security_token).collect(),
        }
    }

    /// The gateway has one code for a wrong key and a wrong date. Where the clocks are that far apart the date is tried first: a key that is
    /// refused too often is locked.
    fn blames_the_date(&self, error: &CloudError) -> bool {
        error.class == Class::Unauthenticated && error.code.as_deref().is_some_and(|code| code.ends_with(".0301"))
    }

    /// There are no nonces here.
    fn blames_the_nonce(&self, _: &CloudError) -> bool {
        false
    }
}

/// The body of an answer that is the vendor's and says yes, if it has one; else what it means.
pub fn judge(operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
    let yes = (200..300).contains(&answer.status);
    if yes {
        // Some successes have nothing to say.
        let empty = answer.body.iter().all(u8::is_ascii_whitespace);
        return if empty {
            Ok(Value::Null)
        } else {
            // The parser's own error repeats what it met, which may be a key.
            serde_json::from_slice(&answer.body).map_err(|_| garbled(operation, answer.status))
        };
    }
    let mut error = match envelope::refusal(answer) {
        Some(refusal) => {
            let error = errors::error(operation, answer.status, refusal.code.as_deref(), &refusal.message);
            CloudError { request_id: refusal.request_id, ..error }
        }
        None => CloudError { request_id: envelope::request_id(answer), ..garbled(operation, answer.status) },
    };
    error.http_status = Some(answer.status);
    error.retry_after = answer.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    Err(error)
}
