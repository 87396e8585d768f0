//! How Huawei Cloud and Open Telekom Cloud are spoken to: REST in, JSON or nothing out, errors in one of several envelopes. Pure.

use super::endpoints::{self, Provider};
use super::errors::{self, envelope};
use super::project::NO_PROJECT_OF_OBJECT;
use super::request::{Attempt, BuildError, Keys, Scope};
use crate::cloud::budget::Learned;
use crate::cloud::client::{Call, Dialect, Stamp, garbled, no_endpoint, unbuildable};
use crate::cloud::endpoints::EndpointError;
use crate::cloud::error::{Class, CloudError, Explanation, Operation};
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
    /// Whether all of this is about a project that an object names.
    pub(super) of_object: bool,
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

    fn lesson(&self, answer: &HttpAnswer) -> Option<Learned> {
        let throttled = answer.status == 429;
        throttled.then(|| lesson(&envelope::refusal(answer)?.message)).flatten()
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

    /// A token for a project of another region is given out, and refused by every gateway of this one. Whoever names such a project must not close
    /// the credential for all others.
    fn acquits(&self) -> Option<Explanation> {
        self.of_object.then_some(NO_PROJECT_OF_OBJECT)
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

/// The limit as the gateway tells it when it refuses: `policy user over ratelimit,limit:100,time:1 minute`.
fn lesson(message: &str) -> Option<Learned> {
    let after = |label: &str| message.split_once(label).map(|(_, rest)| rest.trim_start());
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let limit = digits(after("limit:")?).parse().ok()?;
    let time = after("time:")?;
    let count = digits(time);
    let unit = match time.get(count.len()..)?.trim_start().chars().next()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    let seconds = count.parse::<u64>().ok().filter(|count| *count <= 3600)? * unit;
    Some(Learned { limit: Some(limit), per: Some(Duration::from_secs(seconds)), ..Learned::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::huawei::iam::{CREATE_TOKEN, LIST_PROJECTS};
    use crate::cloud::transport::HttpAnswer;
    use reqwest::header::HeaderMap;

    fn judged(status: u16, body: &str) -> Result<Value, CloudError> {
        let rests = Rests { provider: Provider::HuaweiCloud, endpoints: BTreeMap::new(), of_object: false };
        rests.judge(LIST_PROJECTS, &HttpAnswer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn every_success_counts_with_or_without_words() {
        for (status, body) in [(200, "{}"), (201, r#"{"a":1}"#), (202, ""), (204, " \n")] {
            assert!(judged(status, body).is_ok(), "{status} {body:?}");
        }
        let page = judged(200, "<html>log in</html>").unwrap_err();
        assert_eq!((page.class, page.code), (Class::Unavailable, None));
    }

    #[test]
    fn a_refusal_is_read_in_each_envelope_and_a_page_is_not_the_clouds() {
        let table = [
            (r#"{"error_code":"APIGW.0302","error_msg":"m","request_id":"r"}"#, 403, Class::Denied, Some("APIGW.0302")),
            (r#"{"error":{"code":401,"message":"m","title":"Unauthorized"}}"#, 401, Class::Unauthenticated, None),
            (r#"{"code":"IAM.0061","message":"m"}"#, 401, Class::Unauthenticated, Some("IAM.0061")),
            (r#"{"errorCode":"IAM.0012","errorMsg":"m"}"#, 429, Class::Throttled, Some("IAM.0012")),
            ("<html>502</html>", 502, Class::Unavailable, None),
            ("", 503, Class::Unavailable, None),
        ];
        for (body, status, class, code) in table {
            let error = judged(status, body).unwrap_err();
            assert_eq!((error.class, error.code.as_deref(), error.http_status), (class, code, Some(status)), "{body}");
        }
    }

    #[test]
    fn only_a_refused_signature_may_be_the_clocks_fault() {
        let rests = Rests { provider: Provider::HuaweiCloud, endpoints: BTreeMap::new(), of_object: false };
        for (code, blamed) in [("APIGW.0301", true), ("APIG.0301", true), ("APIGW.0302", false), ("IAM.0062", false)] {
            assert_eq!(rests.blames_the_date(&errors::error(CREATE_TOKEN, 401, Some(code), "")), blamed, "{code}");
        }
    }

    #[test]
    fn the_gateway_tells_its_limit_when_it_refuses() {
        let learned = |limit, seconds| Learned { limit: Some(limit), per: Some(Duration::from_secs(seconds)), ..Learned::default() };
        let table = [
            ("The throttling threshold has been reached: policy user over ratelimit,limit:100,time:1 minute", Some(learned(100, 60))),
            ("policy ip over ratelimit,limit:5,time:5 second", Some(learned(5, 5))),
            ("limit:200,time:1s", Some(learned(200, 1))),
            ("limit:200,time:99999999999999999999 hour", None),
            ("limit:200,time:1 fortnight", None),
            ("limit:,time:1 minute", None),
            ("too many requests", None),
        ];
        for (message, expected) in table {
            assert_eq!(lesson(message), expected, "{message}");
        }
    }
}
