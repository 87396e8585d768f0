//! One attempt of one operation as a request: signed, with a token, or as nobody. Pure: time and keys are handed in.

use super::sign::{self, Parts};
use crate::cloud::canonical::canonical_query;
use crate::cloud::transport::{HttpRequest, Method};
use jiff::Timestamp;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::Url;

const TOKEN: &str = "x-auth-token";
const SECURITY_TOKEN: &str = "x-security-token";
const PROJECT: &str = "x-project-id";
const DOMAIN: &str = "x-domain-id";

/// In whose name a request is sent. A token and a signature exclude each other. The secrets cannot be formatted.
#[derive(Clone, Debug)]
pub enum Keys {
    /// As nobody: what the request says of the caller is in its body.
    None,
    Token(SecretString),
    AccessKey {
        access_key: String,
        secret_key: SecretString,
        /// With temporary keys only.
        security_token: Option<SecretString>,
    },
}

/// Where in the account a signed request acts. A token brings a scope of its own, so nothing is said beside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The service's own choice.
    None,
    /// Of regional services; the project's id.
    Project(String),
    /// Of global services; the account's id.
    Domain(String),
}

/// What an attempt is made of.
pub struct Attempt<'a> {
    pub method: Method,
    /// Scheme, host and port; the path of the request takes the place of its own.
    pub endpoint: &'a Url,
    /// Begins with a slash, and is encoded already.
    pub path: &'a str,
    /// Raw names and values.
    pub query: &'a [(String, String)],
    /// JSON, sent as it is.
    pub body: Option<&'a [u8]>,
    pub keys: &'a Keys,
    pub scope: &'a Scope,
    pub date: Timestamp,
    pub deadline: Option<Duration>,
}

/// Why a request cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    #[error("the key or the token holds characters that no http header can carry")]
    Keys,
    #[error("the id of the project or the account holds characters that no http header can carry")]
    Scope,
    #[error("the endpoint has no host")]
    Endpoint,
    #[error("the path is not one that can be sent as it is")]
    Path,
}

impl Attempt<'_> {
    /// Builds, and signs if there is a key to sign with. What a proxy or the socket may rewrite is not signed.
    pub fn build(&self) -> Result<HttpRequest, BuildError> {
        let mut url = self.endpoint.clone();
        url.set_path(self.path);
        // `/../`, `?` or a space would go out as something else than what is signed.
        if url.path() != self.path {
            return Err(BuildError::Path);
        }
        let query = canonical_query(self.query);
        url.set_query((!query.is_empty()).then_some(query.as_str()));

        let mut headers = Vec::new();
        if self.body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        match self.keys {
            Keys::None => {}
            Keys::Token(token) => headers.push((TOKEN.to_owned(), token.expose_secret().to_owned())),
            Keys::AccessKey { access_key, secret_key, security_token } => {
                self.add_signature(&mut headers, access_key, secret_key, security_token.as_ref())?;
            }
        }
        headers.push(("accept".to_owned(), "application/json".to_owned()));
        let headers = headers.iter().map(header).collect::<Result<_, _>>()?;
        Ok(HttpRequest { method: self.method.clone(), url, headers, body: self.body.unwrap_or_default().to_vec(), deadline: self.deadline })
    }

    /// Adds the headers that a signature demands, and signs them all.
    fn add_signature(
        &self,
        headers: &mut Vec<(String, String)>,
        access_key: &str,
        secret_key: &SecretString,
        security_token: Option<&SecretString>,
    ) -> Result<(), BuildError> {
        headers.push(("host".to_owned(), host(self.endpoint).ok_or(BuildError::Endpoint)?));
        headers.push((sign::DATE.to_owned(), self.date.strftime(sign::DATE_FORMAT).to_string()));
        match self.scope {
            Scope::None => {}
            Scope::Project(id) => headers.push((PROJECT.to_owned(), id.clone())),
            Scope::Domain(id) => headers.push((DOMAIN.to_owned(), id.clone())),
        }
        if let Some(token) = security_token {
            headers.push((SECURITY_TOKEN.to_owned(), token.expose_secret().to_owned()));
        }
        let body = self.body.unwrap_or_default();
        let parts = Parts { method: self.method.as_str(), path: self.path, query: self.query, headers, body };
        let authorization = sign::authorization(&sign::sign(&parts, secret_key), access_key);
        // The socket writes `host` itself, and writes the same.
        headers.retain(|(name, _)| name != "host");
        headers.push(("authorization".to_owned(), authorization));
        Ok(())
    }
}

fn header((name, value): &(String, String)) -> Result<(HeaderName, HeaderValue), BuildError> {
    let wrong = if [PROJECT, DOMAIN].contains(&name.as_str()) { BuildError::Scope } else { BuildError::Keys };
    let name = HeaderName::try_from(name).map_err(|_| wrong)?;
    let mut value = HeaderValue::try_from(value).map_err(|_| wrong)?;
    value.set_sensitive(matches!(name.as_str(), "authorization" | TOKEN | SECURITY_TOKEN));
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

    struct Given {
        path: &'static str,
        body: Option<&'static [u8]>,
        keys: Keys,
        scope: Scope,
    }

    impl Default for Given {
        fn default() -> Self {
            Self { path: "/v1/things", body: None, keys: access_key("AK", None), scope: Scope::None }
        }
    }

    impl Given {
        fn build(&self) -> Result<HttpRequest, BuildError> {
            Attempt {
                method: Method::POST,
                endpoint: &Url::parse("http://127.0.0.1:18080").unwrap(),
                path: self.path,
                query: &[("name".to_owned(), "x y*~'世".to_owned()), ("limit".to_owned(), "2".to_owned())],
                body: self.body,
                keys: &self.keys,
                scope: &self.scope,
                date: "2026-11-22T09:09:38.7Z".parse().unwrap(),
                deadline: None,
            }
            .build()
        }
    }

    fn access_key(access_key: &str, token: Option<&str>) -> Keys {
        Keys::AccessKey {
            access_key: access_key.to_owned(),
            secret_key: SecretString::from("secret"),
            security_token: token.map(SecretString::from),
        }
    }

    fn value<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a HeaderValue> {
        request.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
    }

    fn names(request: &HttpRequest) -> Vec<&str> {
        request.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn what_goes_out_is_exactly_what_is_signed() {
        let given =
            Given { body: Some(b"{}"), keys: access_key("AK", Some("token")), scope: Scope::Project("p".to_owned()), ..Given::default() };
        let request = given.build().unwrap();
        assert_eq!(request.url.as_str(), "http://127.0.0.1:18080/v1/things?limit=2&name=x%20y%2A~%27%E4%B8%96");
        assert_eq!(request.body, b"{}");
        assert_eq!(names(&request), ["content-type", "x-sdk-date", "x-project-id", "x-security-token", "authorization", "accept"]);
        assert_eq!(value(&request, "x-sdk-date").unwrap(), "20261122T090938Z");
        let authorization = value(&request, "authorization").unwrap();
        let text = authorization.to_str().unwrap();
        assert!(text.contains("SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token,"), "{text}");
        assert!(authorization.is_sensitive() && value(&request, "x-security-token").unwrap().is_sensitive());
    }

    #[test]
    fn without_a_body_there_is_no_type_of_one() {
        let request = Given { scope: Scope::Domain("d".to_owned()), ..Given::default() }.build().unwrap();
        assert_eq!(names(&request), ["x-sdk-date", "x-domain-id", "authorization", "accept"]);
        assert!(request.body.is_empty());
    }

    #[test]
    fn beside_a_token_there_is_neither_signature_nor_scope() {
        let keys = Keys::Token(SecretString::from("token"));
        let request = Given { keys, scope: Scope::Project("p".to_owned()), ..Given::default() }.build().unwrap();
        assert_eq!(names(&request), ["x-auth-token", "accept"]);
        assert!(value(&request, "x-auth-token").unwrap().is_sensitive());
    }

    #[test]
    fn as_nobody_only_the_body_is_sent() {
        let request = Given { keys: Keys::None, body: Some(b"{}"), ..Given::default() }.build().unwrap();
        assert_eq!(names(&request), ["content-type", "accept"]);
    }

    #[test]
    fn a_path_that_would_be_sent_as_another_is_refused() {
        for path in ["/v1/../v2", "/v1/%2e%2E/v2", "/v1/./a", "/v1?a=b", "/v1#a", "/v1/a b", "/v1\\a", "v1", "", "/v1/世", "/v1/a\tb"] {
            assert_eq!(Given { path, ..Given::default() }.build().err(), Some(BuildError::Path), "{path:?}");
        }
        for path in ["/", "/v1//a", "/v1/a/", "/v1/organizations%3Aous", "/v1/organizations:ous", "/v1/..a", "/v1/%2F"] {
            assert_eq!(Given { path, ..Given::default() }.build().unwrap().url.path(), path);
        }
    }

    #[test]
    fn a_line_break_is_refused_before_it_is_sent() {
        let scope = Scope::Project("p\r\nx-evil: 1".to_owned());
        let keys = [access_key("AK\n", None), access_key("AK", Some("to\nken")), Keys::Token(SecretString::from("to\nken"))];
        assert_eq!(Given { scope, ..Given::default() }.build().err(), Some(BuildError::Scope));
        for keys in keys {
            assert_eq!(Given { keys, ..Given::default() }.build().err(), Some(BuildError::Keys));
        }
    }

    #[test]
    fn keys_that_are_formatted_do_not_tell_their_secrets() {
        let shown = format!("{:?} {:?}", access_key("AK", Some("canary-1")), Keys::Token(SecretString::from("canary-2")));
        assert!(!shown.contains("canary") && !shown.contains("\"secret\""), "{shown}");
    }
}
