//! What the identity service answers, as plain values. Read leniently: what is missing, null or of another type is empty, and what nobody
//! knows yet is passed over; only what an answer is for must be there. An unreadable answer is told without a word of it: it may hold keys.

use crate::cloud::transport::HttpAnswer;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::Value;

/// A token, and whom and what it is good for.
#[derive(Clone, Debug)]
pub struct Token {
    pub token: SecretString,
    pub expires_at: Timestamp,
    /// Of a token for a project.
    pub project: Option<Project>,
    /// Of a token for an account.
    pub domain: Option<Domain>,
    pub user: User,
    /// What the service says where other services are. Told over the network, so no host to send a token to unasked.
    pub catalog: Vec<CatalogEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domain {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub id: String,
    pub name: String,
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub id: String,
    pub name: String,
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogEntry {
    /// `identity`, `data-protect`.
    pub kind: String,
    pub name: String,
    pub endpoints: Vec<CatalogEndpoint>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogEndpoint {
    /// `public`, `internal`, `admin`.
    pub interface: String,
    /// `*` for all.
    pub region: String,
    pub url: String,
}

/// Keys for a while.
#[derive(Clone, Debug)]
pub struct TemporaryKey {
    pub access: String,
    pub secret: SecretString,
    pub security_token: SecretString,
    pub expires_at: Timestamp,
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedProject {
    pub id: String,
    pub name: String,
    pub domain_id: String,
    pub enabled: bool,
}

/// Why an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the answer is not JSON")]
    NotJson,
    #[error("the answer has no usable {0}")]
    Lacks(&'static str),
}

impl Token {
    /// The token is in a header, everything about it in the body.
    pub fn read(answer: &HttpAnswer) -> Result<Self, Unreadable> {
        let token = answer.header("x-subject-token").filter(|token| !token.is_empty()).ok_or(Unreadable::Lacks("X-Subject-Token"))?;
        let body = json(answer)?;
        let about = body.get("token").ok_or(Unreadable::Lacks("token"))?;
        let domain = |of: &Value| Domain { id: text(of, "id"), name: text(of, "name") };
        let user = about.get("user").unwrap_or(&Value::Null);
        Ok(Self {
            token: SecretString::from(token),
            expires_at: time(about, "expires_at").ok_or(Unreadable::Lacks("expires_at"))?,
            project: identified(about, "project").map(|project| Project {
                id: text(project, "id"),
                name: text(project, "name"),
                domain: project.get("domain").map(domain).unwrap_or_default(),
            }),
            domain: identified(about, "domain").map(domain),
            user: User { id: text(user, "id"), name: text(user, "name"), domain: user.get("domain").map(domain).unwrap_or_default() },
            catalog: list(about, "catalog").iter().map(catalog_entry).collect(),
        })
    }

    /// The account in which the token acts: with an agency not that of the user who asked.
    pub fn account(&self) -> Option<&Domain> {
        let scopes = [self.project.as_ref().map(|project| &project.domain), self.domain.as_ref(), Some(&self.user.domain)];
        scopes.into_iter().flatten().find(|domain| !domain.id.is_empty())
    }
}

impl TemporaryKey {
    pub fn read(answer: &HttpAnswer) -> Result<Self, Unreadable> {
        let body = json(answer)?;
        let key = body.get("credential").ok_or(Unreadable::Lacks("credential"))?;
        let given = |name: &'static str| Some(text(key, name)).filter(|text| !text.is_empty()).ok_or(Unreadable::Lacks(name));
        Ok(Self {
            access: given("access")?,
            secret: SecretString::from(given("secret")?),
            security_token: SecretString::from(given("securitytoken")?),
            expires_at: time(key, "expires_at").ok_or(Unreadable::Lacks("expires_at"))?,
        })
    }
}

/// The projects of a list; one without an id is of no use.
pub fn projects(answer: &HttpAnswer) -> Result<Vec<ListedProject>, Unreadable> {
    let rows = rows(answer, "projects")?;
    Ok(rows
        .iter()
        .map(|row| ListedProject {
            id: text(row, "id"),
            name: text(row, "name"),
            domain_id: text(row, "domain_id"),
            enabled: row.get("enabled").and_then(Value::as_bool).unwrap_or(true),
        })
        .collect())
}

/// The accounts of a list; one without an id is of no use.
pub fn domains(answer: &HttpAnswer) -> Result<Vec<Domain>, Unreadable> {
    let rows = rows(answer, "domains")?;
    Ok(rows.iter().map(|row| Domain { id: text(row, "id"), name: text(row, "name") }).collect())
}

fn catalog_entry(entry: &Value) -> CatalogEntry {
    let endpoint = |endpoint: &Value| CatalogEndpoint {
        interface: text(endpoint, "interface"),
        region: text(endpoint, "region"),
        url: text(endpoint, "url"),
    };
    CatalogEntry {
        kind: text(entry, "type"),
        name: text(entry, "name"),
        endpoints: list(entry, "endpoints").iter().map(endpoint).collect(),
    }
}

fn json(answer: &HttpAnswer) -> Result<Value, Unreadable> {
    // The parser's own error repeats what it met.
    serde_json::from_slice(&answer.body).map_err(|_| Unreadable::NotJson)
}

/// The rows of a list that have an id. A list that is not there is no empty one.
fn rows(answer: &HttpAnswer, name: &'static str) -> Result<Vec<Value>, Unreadable> {
    match json(answer)?.get_mut(name).map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows.into_iter().filter(|row| !text(row, "id").is_empty()).collect()),
        _ => Err(Unreadable::Lacks(name)),
    }
}

fn identified<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    of.get(name).filter(|found| !text(found, "id").is_empty())
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(of: &Value, name: &str) -> String {
    of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// With a zone, as the service writes it, or without one, which is taken as UTC.
fn time(of: &Value, name: &str) -> Option<Timestamp> {
    let text = of.get(name)?.as_str()?;
    text.parse().ok().or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderValue};
    use secrecy::ExposeSecret;
    use serde_json::json;

    fn answer(token: Option<&'static str>, body: &Value) -> HttpAnswer {
        let headers = token.map(|token| ("x-subject-token".parse().unwrap(), HeaderValue::from_static(token)));
        HttpAnswer { status: 201, headers: HeaderMap::from_iter(headers), body: body.to_string().into_bytes() }
    }

    fn about(about: Value) -> Token {
        let mut about = about;
        about["expires_at"] = "2026-11-23T09:09:38.123456Z".into();
        Token::read(&answer(Some("t"), &json!({"token": about}))).unwrap()
    }

    #[test]
    fn a_token_tells_what_it_is_good_for() {
        let acme = Domain { id: "d1".to_owned(), name: "ACME".to_owned() };
        let token = about(json!({
            "project": {"id": "p1", "name": "eu-de", "domain": {"id": "d1", "name": "ACME"}, "more": [1]},
            "user": {"id": "u1", "name": "ann", "domain": {"id": "d1", "name": "ACME", "xdomain_id": null}},
            "catalog": [{"type": "identity", "name": "keystone", "endpoints": [{"interface": "public", "region": "*", "url": "https://iam.example/v3"}]}],
            "roles": null,
        }));
        assert_eq!(token.token.expose_secret(), "t");
        assert_eq!(token.expires_at.to_string(), "2026-11-23T09:09:38.123456Z");
        assert_eq!(token.project, Some(Project { id: "p1".to_owned(), name: "eu-de".to_owned(), domain: acme.clone() }));
        assert_eq!(token.user, User { id: "u1".to_owned(), name: "ann".to_owned(), domain: acme });
        assert_eq!(token.catalog[0].endpoints[0].url, "https://iam.example/v3");
    }

    #[test]
    fn the_account_of_a_token_is_that_of_its_scope_before_that_of_its_user() {
        let user = json!({"domain": {"id": "of-user"}});
        let table = [
            (json!({"user": user, "project": {"id": "p", "domain": {"id": "of-project"}}}), Some("of-project")),
            (json!({"user": user, "project": {"id": "p"}}), Some("of-user")),
            (json!({"user": user, "domain": {"id": "of-scope"}}), Some("of-scope")),
            (json!({"user": user, "project": null, "domain": null}), Some("of-user")),
            (json!({"user": null}), None),
            (json!({}), None),
        ];
        for (given, expected) in table {
            assert_eq!(about(given.clone()).account().map(|domain| domain.id.as_str()), expected, "{given}");
        }
    }

    #[test]
    fn what_is_null_or_of_another_type_is_empty() {
        let token = about(json!({"project": "p", "user": [], "catalog": {"a": 1}, "domain": {"id": 5}}));
        assert_eq!((token.project, token.domain, token.user, token.catalog), (None, None, User::default(), Vec::new()));
        let token = about(json!({"catalog": [null, 1, {"type": 1, "endpoints": [{"url": null}]}]}));
        assert_eq!(token.catalog[2].endpoints, [CatalogEndpoint::default()]);
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        let table = [
            ("2026-11-23T09:09:38Z", true),
            ("2026-11-23T09:09:38.000000Z", true),
            ("2026-11-23T10:09:38+01:00", true),
            ("2026-11-23T09:09:38.000000", true),
            ("2026-11-23 09:09:38", true),
            ("tomorrow", false),
            ("", false),
        ];
        for (given, readable) in table {
            let expected: Timestamp = "2026-11-23T09:09:38Z".parse().unwrap();
            assert_eq!(time(&json!({"at": given}), "at"), readable.then_some(expected), "{given}");
        }
    }

    #[test]
    fn a_token_without_a_token_or_an_end_is_unreadable() {
        let ends = json!({"token": {"expires_at": "2026-11-23T09:09:38Z"}});
        let table = [
            (None, ends.clone(), Unreadable::Lacks("X-Subject-Token")),
            (Some(""), ends, Unreadable::Lacks("X-Subject-Token")),
            (Some("t"), json!({}), Unreadable::Lacks("token")),
            (Some("t"), json!({"token": {"expires_at": null}}), Unreadable::Lacks("expires_at")),
            (Some("t"), json!(["token"]), Unreadable::Lacks("token")),
        ];
        for (token, body, expected) in table {
            assert_eq!(Token::read(&answer(token, &body)).err(), Some(expected), "{body}");
        }
        let page = HttpAnswer { body: b"<html>".to_vec(), ..answer(Some("t"), &Value::Null) };
        assert_eq!(Token::read(&page).err(), Some(Unreadable::NotJson));
    }

    #[test]
    fn a_temporary_key_has_all_its_parts_and_shows_no_secret() {
        let whole = json!({"access": "AK", "secret": "canary-1", "securitytoken": "canary-2", "expires_at": "2026-11-23T09:09:38.000000Z"});
        let key = TemporaryKey::read(&answer(None, &json!({"credential": whole}))).unwrap();
        assert_eq!((key.access.as_str(), key.secret.expose_secret()), ("AK", "canary-1"));
        assert_eq!(key.security_token.expose_secret(), "canary-2");
        assert!(!format!("{key:?}").contains("canary"));
        for name in ["access", "secret", "securitytoken", "expires_at"] {
            let mut part = whole.clone();
            part[name] = json!({"canary": 3});
            let error = TemporaryKey::read(&answer(None, &json!({"credential": part}))).unwrap_err();
            assert_eq!(error, Unreadable::Lacks(name));
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_not_an_empty_one() {
        let row = json!({"projects": [{"id": "p1", "name": "eu-de", "domain_id": "d1", "enabled": false}, {"id": "p2"}, {"name": "no id"}, null]});
        let found = projects(&answer(None, &row)).unwrap();
        let p1 = ListedProject { id: "p1".to_owned(), name: "eu-de".to_owned(), domain_id: "d1".to_owned(), enabled: false };
        let p2 = ListedProject { id: "p2".to_owned(), name: String::new(), domain_id: String::new(), enabled: true };
        assert_eq!(found, [p1, p2]);
        let accounts = json!({"domains": [{"id": "d1", "name": "ACME", "enabled": true}]});
        assert_eq!(domains(&answer(None, &accounts)).unwrap(), [Domain { id: "d1".to_owned(), name: "ACME".to_owned() }]);
        assert_eq!(domains(&answer(None, &json!({"domains": []}))), Ok(Vec::new()));
        for body in [json!({}), json!({"domains": null}), json!({"domains": {}}), json!([])] {
            assert_eq!(domains(&answer(None, &body)), Err(Unreadable::Lacks("domains")));
        }
    }
}
