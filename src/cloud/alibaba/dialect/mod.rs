//! How Alibaba Cloud is spoken to: RPC in, JSON out, errors by code. Pure.

use super::endpoints::EndpointNetwork;
use super::request::{Attempt, BuildError};
use super::{Keys, endpoints, errors};
use crate::cloud::budget::Learned;
use crate::cloud::client::{Call, Dialect, Stamp, garbled, no_endpoint, unbuildable};
use crate::cloud::endpoints::EndpointError;
use crate::cloud::error::{CloudError, Operation};
use crate::cloud::transport::{HttpAnswer, HttpRequest};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

/// One operation with its parameters, flattened.
pub(super) struct Rpc {
    pub(super) version: &'static str,
    /// Raw names and values.
    pub(super) parameters: Vec<(String, String)>,
    /// Whether they go in the body: what is secret or long must not be part of a URL, which proxies log and servers cut.
    pub(super) in_body: bool,
    /// Whether a refusal of it may be logged in the vendor's words, which may be its own: values that people keep in it are
    /// short, or a part of them is repeated, so that they cannot be told from words.
    pub(super) quotable: bool,
}

pub(super) struct Rpcs {
    pub(super) network: EndpointNetwork,
    /// By service; what is not named is reached where the vendor has it.
    pub(super) endpoints: BTreeMap<String, Url>,
}

impl Dialect for Rpcs {
    /// Absent: nobody signs.
    type Keys = Option<Keys>;
    type Request = Rpc;

    fn build(&self, call: &Call<'_>, request: &Rpc, keys: &Option<Keys>, stamp: &Stamp) -> Result<HttpRequest, CloudError> {
        let endpoint = endpoints::endpoint(call.operation.service, call.region, self.network, &self.endpoints)
            .map_err(|error| no_endpoint(call.operation, error))?;
        Attempt {
            action: call.operation.name,
            version: request.version,
            endpoint: &endpoint,
            parameters: &request.parameters,
            in_body: request.in_body,
            keys: keys.as_ref(),
            date: stamp.date,
            nonce: &stamp.nonce,
            deadline: None,
        }
        .build()
        .map_err(|error| match error {
            BuildError::Keys => unbuildable(call.operation, error),
            BuildError::Endpoint => no_endpoint(call.operation, EndpointError::Url),
        })
    }

    fn judge(&self, operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
        judge(operation, answer)
    }

    fn lesson(&self, answer: &HttpAnswer) -> Option<Learned> {
        lesson(answer.header("x-ratelimit-user-api")?)
    }

    fn secrets<'k>(&self, keys: &'k Option<Keys>) -> Vec<&'k SecretString> {
        let Some(keys) = keys else { return Vec::new() };
        std::iter::once(&keys.access_key_secret).chain(&keys.security_token).collect()
    }

    fn is_quotable(&self, request: &Rpc) -> bool {
        request.quotable
    }

    fn blames_the_date(&self, error: &CloudError) -> bool {
        error.has_code(&["InvalidTimeStamp.Expired", "IllegalTimestamp"])
    }

    fn blames_the_nonce(&self, error: &CloudError) -> bool {
        error.has_code(&["SignatureNonceUsed"])
    }
}

/// The body of an answer that is the vendor's and says yes; else what it means.
pub fn judge(operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError> {
    let body = serde_json::from_slice::<Value>(&answer.body).ok();
    let text = |field: &str| body.as_ref()?.get(field)?.as_str().filter(|text| !text.is_empty());
    let request_id = text("RequestId").map(ToOwned::to_owned);
    let yes = (200..300).contains(&answer.status);
    let mut error = match text("Code") {
        // Every answer of the vendor's names its request. One that does not is somebody else's, and an empty list in it
        // must not be taken for an empty cloud.
        _ if yes && request_id.is_some() => return Ok(body.unwrap_or_default()),
        Some(code) if !yes => errors::error(operation, answer.status, code, text("Message").unwrap_or_default()),
        _ => garbled(operation, answer.status),
    };
    error.http_status = Some(answer.status);
    error.request_id = request_id;
    error.retry_after = retry_after(answer);
    Err(error)
}

/// The limit of one operation, as in `Limit:100,Remain:0,TimeLeft:2000,Reset:1234`; the time is in milliseconds. Whether the figure is one of a
/// minute or of a second is documented nowhere, so it is believed only where the rest of its window is longer than a second.
fn lesson(text: &str) -> Option<Learned> {
    let field = |wanted: &str| {
        let mut fields = text.split(',').filter_map(|field| field.split_once(':'));
        fields.find(|(name, _)| name.trim() == wanted).and_then(|(_, value)| value.trim().parse::<u64>().ok())
    };
    let left = Duration::from_millis(field("TimeLeft")?);
    let counted = left > Duration::from_secs(1);
    let calls = |name: &str| field(name).filter(|_| counted).and_then(|calls| u32::try_from(calls).ok());
    Some(Learned { limit: calls("Limit"), per: None, remaining: calls("Remain"), resets_in: counted.then_some(left) })
}

/// How long the answer asks to be left alone: the vendor's own headers count in milliseconds, the standard one in seconds.
fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    let milliseconds = |text: &str| text.trim().parse().ok().map(Duration::from_millis);
    let time_left = |text: &str| {
        let (_, after) = text.split_once("TimeLeft:")?;
        let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
        milliseconds(&digits)
    };
    None.or_else(|| milliseconds(answer.header("x-acs-retry-after")?))
        .or_else(|| time_left(answer.header("x-ratelimit-user-api")?))
        .or_else(|| time_left(answer.header("x-ratelimit-user")?))
        .or_else(|| answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs))
}

#[cfg(test)]
mod tests;
