//! The questions to the identity service. A password is in the clear only inside the function that writes the body, and afterwards in a
//! body that cannot be formatted.

use super::{CREATE_TEMPORARY_KEY, CREATE_TOKEN, LIST_DOMAINS, LIST_PROJECTS};
use crate::cloud::error::Operation;
use crate::cloud::transport::Method;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Serialize;
use std::time::Duration;

/// One question, complete but for the keys it is asked with.
pub struct Request {
    pub operation: Operation,
    pub method: Method,
    pub path: &'static str,
    /// Raw names and values.
    pub query: Vec<(String, String)>,
    /// JSON. Secret, for it may hold a password.
    pub body: Option<SecretSlice<u8>>,
}

/// An account, which the vendor calls a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainRef {
    Id(String),
    Name(String),
}

/// A user of an account. Names are unique within the account only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    Id(String),
    Name { name: String, domain: DomainRef },
}

/// What a token is good for: regional services want a project, global ones the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenScope {
    Project(String),
    /// Without an account, the one that the token is asked from.
    ProjectNamed {
        name: String,
        domain: Option<DomainRef>,
    },
    Domain(DomainRef),
}

/// Rights that another account has delegated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agency {
    pub name: String,
    /// The account that delegates.
    pub domain: DomainRef,
}

/// A token for a user and a password, asked as nobody. Without a scope it is good for little but asking for another.
pub fn password_token(user: &UserRef, password: &SecretString, scope: Option<&TokenScope>) -> Request {
    let password = password.expose_secret();
    let user = match user {
        UserRef::Id(id) => UserBody { id: Some(id), name: None, domain: None, password },
        UserRef::Name { name, domain } => UserBody { id: None, name: Some(name), domain: Some(domain), password },
    };
    let identity = Identity { methods: ["password"], password: Some(PasswordBody { user }), assume_role: None };
    post(CREATE_TOKEN, "/v3/auth/tokens", identity, scope)
}

/// A token that acts as the agency, asked with the user's own token.
pub fn agency_token(agency: &Agency, scope: Option<&TokenScope>) -> Request {
    // The vendor's pages call the field `agency_name`; every client that we know of sends this.
    let assume_role = AssumeRole { xrole_name: Some(&agency.name), ..AssumeRole::of(&agency.domain) };
    let identity = Identity { methods: ["assume_role"], password: None, assume_role: Some(assume_role) };
    post(CREATE_TOKEN, "/v3/auth/tokens", identity, scope)
}

/// Keys that act as the agency for a while, between 15 minutes and a day; asked signed or with a token.
pub fn temporary_key(agency: &Agency, duration: Duration) -> Request {
    let duration_seconds = Some(duration.as_secs());
    let assume_role = AssumeRole { agency_name: Some(&agency.name), duration_seconds, ..AssumeRole::of(&agency.domain) };
    let identity = Identity { methods: ["assume_role"], password: None, assume_role: Some(assume_role) };
    post(CREATE_TEMPORARY_KEY, "/v3.0/OS-CREDENTIAL/securitytokens", identity, None)
}

/// The account's projects, or the one of that name.
pub fn list_projects(name: Option<&str>) -> Request {
    let query = name.map(|name| ("name".to_owned(), name.to_owned())).into_iter().collect();
    Request { operation: LIST_PROJECTS, method: Method::GET, path: "/v3/projects", query, body: None }
}

/// The accounts that the key or the token may act in: its own.
pub fn list_domains() -> Request {
    Request { operation: LIST_DOMAINS, method: Method::GET, path: "/v3/auth/domains", query: Vec::new(), body: None }
}

fn post(operation: Operation, path: &'static str, identity: Identity<'_>, scope: Option<&TokenScope>) -> Request {
    let scope = scope.map(|scope| match scope {
        TokenScope::Project(id) => ScopeBody::Project(ProjectBody { id: Some(id), name: None, domain: None }),
        TokenScope::ProjectNamed { name, domain } => {
            ScopeBody::Project(ProjectBody { id: None, name: Some(name), domain: domain.as_ref() })
        }
        TokenScope::Domain(domain) => ScopeBody::Domain(domain),
    });
    let body = serde_json::to_vec(&Body { auth: Auth { identity, scope } }).expect("texts and numbers under fixed names are always JSON");
    Request { operation, method: Method::POST, path, query: Vec::new(), body: Some(body.into()) }
}

// The bodies. They hold the password in the clear, so nobody outside sees them and none of them can be formatted.

#[derive(Serialize)]
struct Body<'a> {
    auth: Auth<'a>,
}

#[derive(Serialize)]
struct Auth<'a> {
    identity: Identity<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<ScopeBody<'a>>,
}

#[derive(Serialize)]
struct Identity<'a> {
    methods: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<PasswordBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assume_role: Option<AssumeRole<'a>>,
}

#[derive(Serialize)]
struct PasswordBody<'a> {
    user: UserBody<'a>,
}

#[derive(Serialize)]
struct UserBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a DomainRef>,
    password: &'a str,
}

#[derive(Serialize)]
struct AssumeRole<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    xrole_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<u64>,
}

impl<'a> AssumeRole<'a> {
    fn of(domain: &'a DomainRef) -> Self {
        let (domain_id, domain_name) = match domain {
            DomainRef::Id(id) => (Some(id.as_str()), None),
            DomainRef::Name(name) => (None, Some(name.as_str())),
        };
        Self { agency_name: None, xrole_name: None, domain_id, domain_name, duration_seconds: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ScopeBody<'a> {
    Project(ProjectBody<'a>),
    Domain(&'a DomainRef),
}

#[derive(Serialize)]
struct ProjectBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<&'a DomainRef>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(request: &Request) -> Value {
        serde_json::from_slice(request.body.as_ref().unwrap().expose_secret()).unwrap()
    }

    fn id(id: &str) -> DomainRef {
        DomainRef::Id(id.to_owned())
    }

    fn name(name: &str) -> DomainRef {
        DomainRef::Name(name.to_owned())
    }

    #[test]
    fn a_user_is_named_by_id_or_within_an_account() {
        let table = [
            (UserRef::Id("u1".to_owned()), json!({"id": "u1", "password": "pass\"word"})),
            (
                UserRef::Name { name: "ann".to_owned(), domain: name("ACME") },
                json!({"name": "ann", "domain": {"name": "ACME"}, "password": "pass\"word"}),
            ),
            (
                UserRef::Name { name: "ann".to_owned(), domain: id("d1") },
                json!({"name": "ann", "domain": {"id": "d1"}, "password": "pass\"word"}),
            ),
        ];
        for (user, expected) in table {
            let request = password_token(&user, &SecretString::from("pass\"word"), None);
            assert_eq!(body(&request), json!({"auth": {"identity": {"methods": ["password"], "password": {"user": expected}}}}));
            assert_eq!((request.method, request.path, request.query.len()), (Method::POST, "/v3/auth/tokens", 0));
        }
    }

    #[test]
    fn a_scope_is_a_project_or_an_account() {
        let named = |domain| TokenScope::ProjectNamed { name: "eu-de".to_owned(), domain };
        let table = [
            (TokenScope::Project("p1".to_owned()), json!({"project": {"id": "p1"}})),
            (named(None), json!({"project": {"name": "eu-de"}})),
            (named(Some(name("ACME"))), json!({"project": {"name": "eu-de", "domain": {"name": "ACME"}}})),
            (named(Some(id("d1"))), json!({"project": {"name": "eu-de", "domain": {"id": "d1"}}})),
            (TokenScope::Domain(id("d1")), json!({"domain": {"id": "d1"}})),
            (TokenScope::Domain(name("ACME")), json!({"domain": {"name": "ACME"}})),
        ];
        let agency = Agency { name: "ops".to_owned(), domain: name("OTHER") };
        for (scope, expected) in table {
            let by_password = password_token(&UserRef::Id("u1".to_owned()), &SecretString::from("p"), Some(&scope));
            assert_eq!(body(&by_password)["auth"]["scope"], expected);
            assert_eq!(
                body(&agency_token(&agency, Some(&scope))),
                json!({"auth": {
                    "identity": {"methods": ["assume_role"], "assume_role": {"xrole_name": "ops", "domain_name": "OTHER"}},
                    "scope": expected,
                }})
            );
        }
    }

    #[test]
    fn temporary_keys_are_asked_for_by_the_name_of_the_agency() {
        for (domain, field) in [(id("d1"), "domain_id"), (name("d1"), "domain_name")] {
            let request = temporary_key(&Agency { name: "ops".to_owned(), domain }, Duration::from_secs(3600));
            let assumed = json!({"agency_name": "ops", field: "d1", "duration_seconds": 3600});
            assert_eq!(body(&request), json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": assumed}}}));
            assert_eq!(request.path, "/v3.0/OS-CREDENTIAL/securitytokens");
        }
    }

    #[test]
    fn projects_and_accounts_are_asked_for_without_a_body() {
        let named = list_projects(Some("eu-de_prod"));
        assert_eq!((named.method, named.path, named.body.is_none()), (Method::GET, "/v3/projects", true));
        assert_eq!(named.query, [("name".to_owned(), "eu-de_prod".to_owned())]);
        assert!(list_projects(None).query.is_empty());
        let domains = list_domains();
        assert_eq!((domains.method, domains.path, domains.body.is_none()), (Method::GET, "/v3/auth/domains", true));
    }
}
