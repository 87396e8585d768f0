//! What a client says of itself when it wants a token or a key, and whether that is so.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Ask, LOCKED, forbidden, refused, unauthenticated};
use crate::huawei::answer::Refusal;
use crate::huawei::realm::{Realm, Scope, Who};

/// How long a user is locked after too many wrong passwords.
const LOCK: SignedDuration = SignedDuration::from_mins(15);

#[derive(Deserialize)]
struct Body {
    auth: Auth,
}

#[derive(Deserialize)]
pub(super) struct Auth {
    pub(super) identity: Identity,
    pub(super) scope: Option<ScopeAsk>,
}

#[derive(Deserialize)]
pub(super) struct Identity {
    pub(super) methods: Vec<String>,
    pub(super) password: Option<Password>,
    pub(super) token: Option<TokenAsk>,
    pub(super) assume_role: Option<AssumeRole>,
}

#[derive(Deserialize)]
pub(super) struct Password {
    user: UserAsk,
}

#[derive(Deserialize)]
struct UserAsk {
    id: Option<String>,
    name: Option<String>,
    domain: Option<Named>,
    password: String,
}

#[derive(Deserialize)]
pub(super) struct Named {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct TokenAsk {
    pub(super) id: Option<String>,
    pub(super) duration_seconds: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct AssumeRole {
    /// Documentation and clients disagree on the name.
    #[serde(alias = "xrole_name")]
    agency_name: Option<String>,
    domain_id: Option<String>,
    domain_name: Option<String>,
    pub(super) duration_seconds: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct ScopeAsk {
    project: Option<ProjectAsk>,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct ProjectAsk {
    id: Option<String>,
    name: Option<String>,
    domain: Option<Named>,
}

pub(super) fn parse(body: &[u8]) -> Result<Auth, Refusal> {
    serde_json::from_slice::<Body>(body)
        .map(|body| body.auth)
        .map_err(|_| refused(StatusCode::BAD_REQUEST, "IAM.0011", "Request body is invalid."))
}

impl Identity {
    pub(super) fn method(&self) -> &str {
        self.methods.first().map_or("", String::as_str)
    }
}

pub(super) fn required(name: &str) -> Refusal {
    refused(StatusCode::BAD_REQUEST, "IAM.0072", format!("'{name}' is a required property."))
}

/// The user with this password. Five wrong ones in a row lock the user.
pub(super) fn by_password(realm: &mut Realm, password: &Password, now: Timestamp) -> Result<Who, Refusal> {
    let wrong = || refused(StatusCode::UNAUTHORIZED, "IAM.0062", "The username or password is wrong.");
    let user = &password.user;
    let id = match (&user.id, &user.name) {
        (Some(id), _) => realm.users.contains_key(id).then(|| id.clone()),
        (None, Some(name)) => {
            let domain = user.domain.as_ref().ok_or_else(|| required("domain"))?;
            let domain = realm.domain(domain.id.as_deref(), domain.name.as_deref());
            domain.and_then(|domain| realm.user_named(name, domain)).map(str::to_owned)
        }
        (None, None) => return Err(required("name")),
    };
    let id = id.ok_or_else(wrong)?;
    if realm.user_strikes.locked_until(&id, now).is_some() {
        return Err(refused(StatusCode::UNAUTHORIZED, LOCKED, "Account locked."));
    }
    if realm.users.get(&id).and_then(|known| known.password.as_ref()) != Some(&user.password) {
        realm.user_strikes.failed(&id, LOCK, now);
        return Err(wrong());
    }
    realm.user_strikes.passed(&id);
    Ok(Who::User(id))
}

/// The agency in whose clothes the caller may act. Agencies do not go from hand to hand.
pub(super) fn by_agency(ask: &Ask<'_>, wish: &AssumeRole) -> Result<Who, Refusal> {
    let caller = ask.who()?;
    let name = wish.agency_name.as_deref().ok_or_else(|| required("agency_name"))?;
    if wish.domain_id.is_none() && wish.domain_name.is_none() {
        return Err(required("domain_name"));
    }
    let realm = &ask.realm;
    let domain = realm.domain(wish.domain_id.as_deref(), wish.domain_name.as_deref());
    let id = domain
        .and_then(|domain| realm.agency_named(name, domain))
        .ok_or_else(|| refused(StatusCode::NOT_FOUND, "IAM.0004", format!("Could not find agency: {name}.")))?;
    let Who::User(user) = caller else {
        return Err(forbidden());
    };
    let own = realm.domain_name(realm.domain_of(caller).unwrap_or_default());
    let trusted = realm.agencies.get(id).is_some_and(|agency| agency.trusts.iter().any(|name| name == own));
    if trusted { Ok(Who::Agency { agency: id.to_owned(), user: user.clone() }) } else { Err(forbidden()) }
}

/// Where a token is to work. What is not there, and what is not theirs, gets the same answer.
pub(super) fn scope_of(realm: &Realm, who: &Who, wish: Option<&ScopeAsk>) -> Result<Scope, Refusal> {
    let own = realm.domain_of(who).ok_or_else(unauthenticated)?;
    let domain_of = |named: &Named| realm.domain(named.id.as_deref(), named.name.as_deref());
    let Some(wish) = wish else {
        return Ok(Scope::None);
    };
    match (&wish.project, &wish.domain) {
        (Some(project), _) => {
            let id = match (&project.id, &project.name) {
                (Some(id), _) => Some(id.as_str()).filter(|id| realm.projects.contains_key(*id)),
                (None, Some(name)) => {
                    let domain = project.domain.as_ref().map_or(Some(own), domain_of);
                    domain.and_then(|domain| realm.project_named(name, domain))
                }
                (None, None) => return Err(required("name")),
            };
            let id = id.filter(|id| realm.opens(who, id)).ok_or_else(unauthenticated)?;
            Ok(Scope::Project(id.to_owned()))
        }
        (None, Some(domain)) => {
            let id = domain_of(domain).filter(|id| *id == own).ok_or_else(unauthenticated)?;
            Ok(Scope::Domain(id.to_owned()))
        }
        (None, None) => Ok(Scope::None),
    }
}
