//! One attempt of one operation as a signed HTTP request. Pure: time, nonce and keys are handed in.

use super::Keys;
use super::sign::{self, Parts};
use crate::cloud::canonical::canonical_query;
use crate::cloud::encode::hash;
use crate::cloud::transport::{HttpRequest, Method};
use jiff::Timestamp;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::ExposeSecret;
use std::time::Duration;
use url::Url;

const DATE: &str = "%Y-%m-%dT%H:%M:%SZ";

/// What an attempt is made of.
pub struct Attempt<'a> {
    /// The vendor's name of the operation.
    pub action: &'a str,
    pub version: &'a str,
    /// The base URL; the operation is a header, so the path is always `/`.
    pub endpoint: &'a Url,
    /// Raw names and values.
    pub parameters: &'a [(String, String)],
    /// Whether they are sent as a form, instead of in the query.
    pub in_body: bool,
    /// Absent for the one operation that is not signed, because a token in its parameters speaks for the caller.
    pub keys: Option<&'a Keys>,
    pub date: Timestamp,
    pub nonce: &'a str,
    pub deadline: Option<Duration>,
}

/// Why a request cannot be built: a key or a value that no header can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("the key or the token holds characters that no http header can carry")]
    Keys,
    #[error("the endpoint has no host")]
    Endpoint,
}

impl Attempt<'_> {
    /// Signs and builds. Only what the vendor demands is signed: a proxy that rewrites `user-agent` must not break the signature.
    pub fn build(&self) -> Result<HttpRequest, BuildError> {
        let parameters = canonical_query(self.parameters);
        let (query, body) = match (self.in_body, self.keys) {
            (false, Some(_)) => (self.parameters.to_vec(), String::new()),
            (true, Some(_)) => (Vec::new(), parameters),
            (in_body, None) => {
                let mut query = self.unsigned_parameters();
                if in_body {
                    (query, parameters)
                } else {
                    query.extend_from_slice(self.parameters);
                    (query, String::new())
                }
            }
        };
        let mut headers = vec![
            ("host".to_owned(), host(self.endpoint).ok_or(BuildError::Endpoint)?),
            ("x-acs-action".to_owned(), self.action.to_owned()),
            ("x-acs-version".to_owned(), self.version.to_owned()),
        ];
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        if let Some(keys) = self.keys {
            headers.push(("x-acs-content-sha256".to_owned(), hash(body.as_bytes())));
            headers.push(("x-acs-date".to_owned(), self.date.strftime(DATE).to_string()));
            headers.push(("x-acs-signature-nonce".to_owned(), self.nonce.to_owned()));
            if let Some(token) = &keys.security_token {
                headers.push(("x-acs-accesskey-id".to_owned(), keys.access_key_id.clone()));
                headers.push(("x-acs-security-token".to_owned(), token.expose_secret().to_owned()));
            }
            let parts = Parts { method: "POST", path: "/", query: &query, headers: &headers, body: body.as_bytes() };
            let signed = sign::sign(&parts, &keys.access_key_secret);
            headers.push(("authorization".to_owned(), sign::authorization(&signed, &keys.access_key_id)));
        }
        let mut url = self.endpoint.clone();
        url.set_path("/");
        let query = canonical_query(&query);
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        // The socket writes `host` itself, and writes the same.
        headers.retain(|(name, _)| name != "host");
        headers.push(("accept".to_owned(), "application/json".to_owned()));
        let headers = headers.iter().map(header).collect::<Result<_, _>>()?;
        Ok(HttpRequest { method: Method::POST, url, headers, body: body.into_bytes(), deadline: self.deadline })
    }

    /// What an unsigned request says about itself, in the manner of the vendor's older signature.
    fn unsigned_parameters(&self) -> Vec<(String, String)> {
        let date = self.date.strftime(DATE).to_string();
        [
            ("Action", self.action),
            ("Format", "json"),
            ("SignatureNonce", self.nonce),
            ("Timestamp", date.as_str()),
            ("Version", self.version),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

fn header((name, value): &(String, String)) -> Result<(HeaderName, HeaderValue), BuildError> {
    let name = HeaderName::try_from(name).map_err(|_| BuildError::Keys)?;
    let mut value = HeaderValue::try_from(value).map_err(|_| BuildError::Keys)?;
    value.set_sensitive(matches!(name.as_str(), "authorization" | "x-acs-security-token"));
    Ok((name, value))
}

/// The host as it is signed: with its port, unless that is the scheme's own.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretString;

    fn build(keys: &Keys, parameters: &[(String, String)], endpoint: &str) -> Result<HttpRequest, BuildError> {
        Attempt {
            action: "JoinSecurityGroup",
            version: "2014-05-26",
            endpoint: &Url::parse(endpoint).unwrap(),
            parameters,
            in_body: false,
            keys: Some(keys),
            date: "2026-11-22T09:09:38.7Z".parse().unwrap(),
            nonce: "n",
            deadline: None,
        }
        .build()
    }

    fn names(request: &HttpRequest) -> Vec<&str> {
        let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn some_keys(token: Option<&str>) -> Keys {
        Keys {
            access_key_id: "id".to_owned(),
            access_key_secret: SecretString::from("secret"),
            security_token: token.map(SecretString::from),
        }
    }

    #[test]
    fn what_goes_out_is_exactly_what_is_signed() {
        let parameters = [("B".to_owned(), "x y*~'\"世".to_owned()), ("A".to_owned(), String::new())];
        let request = build(&some_keys(None), &parameters, "http://127.0.0.1:18080").unwrap();
        assert_eq!(request.url.as_str(), "http://127.0.0.1:18080/?A=&B=x%20y%2A~%27%22%E4%B8%96");
        assert_eq!(request.method, Method::POST);
        assert!(request.body.is_empty());
        assert_eq!(
            names(&request),
            ["accept", "authorization", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"]
        );
        let date = request.headers.iter().find(|(name, _)| name == "x-acs-date").unwrap();
        assert_eq!(date.1, "2026-11-22T09:09:38Z");
    }

    #[test]
    fn a_session_token_brings_its_two_headers_and_stays_hidden() {
        let request = build(&some_keys(Some("token")), &[], "https://ecs.example").unwrap();
        assert_eq!(request.url.as_str(), "https://ecs.example/");
        let token = request.headers.iter().find(|(name, _)| name == "x-acs-security-token").unwrap();
        assert!(token.1.is_sensitive());
        assert!(names(&request).contains(&"x-acs-accesskey-id"));
    }

    #[test]
    fn a_key_with_a_line_break_is_refused_before_it_is_sent() {
        let keys = Keys { access_key_id: "id\n".to_owned(), ..some_keys(None) };
        assert_eq!(build(&keys, &[], "https://ecs.example").err(), Some(BuildError::Keys));
    }
}
