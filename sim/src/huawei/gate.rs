//! The gateway: which API is meant, who is asking, is it really them, and in which project or domain. Everything here comes before any service
//! sees the call. IAM looks at tokens itself; signatures are the gateway's business everywhere.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::answer::Refusal;
use super::operations::{Route, Service};
use super::realm::{Key, Realm, Scope, Who};
use super::signature::{Authorization, DATE};
use crate::request::Request;

/// How far a client's clock may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
/// How long a key is locked after too many wrong signatures.
const LOCK: SignedDuration = SignedDuration::from_mins(5);

/// Who calls, once the gate believes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// None: nobody said who they are, or IAM has yet to look at what they said.
    pub(crate) who: Option<Who>,
    /// Where a call to a service goes; none for IAM.
    pub(crate) scope: Scope,
}

pub(crate) fn check(request: &Request, route: &Route, realm: &mut Realm, now: Timestamp) -> Result<Caller, Refusal> {
    if let Some(header) = request.header("authorization") {
        let who = signed(request, header, route, realm, now)?;
        let scope = match route.service {
            Service::Iam => Scope::None,
            Service::Csbs => Scope::Project(project_of_key(request, route, realm, &who)?),
            Service::Organizations => Scope::Domain(domain_of_key(request, realm, &who)?),
        };
        return Ok(Caller { who: Some(who), scope });
    }
    let token = request.header("x-auth-token");
    if route.service == Service::Iam {
        let who = token.and_then(|text| realm.tokens.get(text)).filter(|token| token.valid(now)).map(|token| token.who.clone());
        return Ok(Caller { who, scope: Scope::None });
    }
    let text = token.ok_or_else(|| incorrect("x-auth-token not found"))?;
    let token = realm.tokens.get(text).ok_or_else(|| incorrect("decrypt token fail"))?;
    if token.ended {
        return Err(incorrect(&format!("token expires, expires_at:{}", token.expires)));
    }
    if !token.valid(now) {
        return Err(must_be_updated());
    }
    let (who, scope) = (token.who.clone(), token.scope.clone());
    check_scope(route, realm, &scope)?;
    Ok(Caller { who: Some(who), scope })
}

fn signed(request: &Request, header: &str, route: &Route, realm: &mut Realm, now: Timestamp) -> Result<Who, Refusal> {
    let authorization = Authorization::parse(header).ok_or_else(|| incorrect("invalid format of the Authorization header"))?;
    let access = authorization.access;
    let unknown = || incorrect(&format!("Get secretKey failed,ak:{access},err:ak {access} not exist"));
    let key = realm.keys.get(access).filter(|key| !key.inactive).ok_or_else(unknown)?.clone();
    if realm.key_strikes.locked_until(access, now).is_some() {
        return Err(incorrect("AK access failed to reach the limit,forbidden"));
    }
    check_date(request, now)?;
    match (request.header("x-security-token"), key.security_token.as_deref()) {
        // Without its token the gateway takes a temporary key for a permanent one, which it does not have.
        (None, Some(_)) => return Err(unknown()),
        (Some(given), own) if own != Some(given) => return Err(incorrect("decrypt token fail")),
        _ => {}
    }
    if expired(&key, now) {
        return Err(match route.service {
            Service::Iam => Refusal::service(400, "IAM.1108", "The securitytoken has expired."),
            Service::Csbs | Service::Organizations => incorrect("signature expired, the security token has expired"),
        });
    }
    if let Err(canonical) = authorization.verify(request, &key.secret) {
        realm.key_strikes.failed(access, LOCK, now);
        return Err(incorrect(&format!("verify aksk signature fail,canonical_request:{}", canonical.replace('\n', "|"))));
    }
    realm.key_strikes.passed(access);
    // The user may have gone, or the agency whose key this is.
    if realm.domain_of(&key.who).is_some() { Ok(key.who) } else { Err(unknown()) }
}

fn expired(key: &Key, now: Timestamp) -> bool {
    key.expires.is_some_and(|end| end <= now)
}

fn check_date(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    const FORM: &str = "%Y%m%dT%H%M%SZ";
    let text = request.header(DATE).ok_or_else(|| incorrect("x-sdk-date not found"))?;
    let date = DateTime::strptime(FORM, text).ok().and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map(|date| date.timestamp());
    if date.is_some_and(|date| now.duration_since(date).abs() <= TOLERANCE) {
        return Ok(());
    }
    Err(incorrect(&format!("signature expired, signature time:{text},server time:{}", now.strftime(FORM))))
}

/// The project that a signed regional call works in: the one that it names, else the default one of the region, which is called like it.
fn project_of_key(request: &Request, route: &Route, realm: &Realm, who: &Who) -> Result<String, Refusal> {
    let in_path = route.variables.get("project_id").map_or("", String::as_str);
    let named = request.header("x-project-id");
    if named.is_some_and(|id| !realm.opens(who, id)) {
        return Err(Refusal::gateway(403, "APIGW.0310", "The project is unavailable."));
    }
    let default = || {
        let region = &realm.projects.get(in_path)?.region;
        realm.project_named(region, realm.domain_of(who)?)
    };
    let project = named.or_else(default).filter(|id| realm.opens(who, id) && *id == in_path);
    project.map(str::to_owned).ok_or_else(not_allowed)
}

/// The domain of a signed global call, which has to name it.
fn domain_of_key(request: &Request, realm: &Realm, who: &Who) -> Result<String, Refusal> {
    let named = request
        .header("x-domain-id")
        .ok_or_else(|| Refusal::service(404, "Organizations.1010", "The X-Domain-Id request header is missing."))?;
    if realm.domain_of(who) == Some(named) { Ok(named.to_owned()) } else { Err(not_allowed()) }
}

/// A token works where it was made for: regional services want their project, global ones a domain.
fn check_scope(route: &Route, realm: &Realm, scope: &Scope) -> Result<(), Refusal> {
    let in_path = route.variables.get("project_id");
    match (route.service, scope) {
        (Service::Csbs, Scope::Project(id)) if in_path == Some(id) => Ok(()),
        (Service::Csbs, Scope::Project(id)) => {
            let region = |id: &String| realm.projects.get(id).map(|project| project.region.as_str());
            let elsewhere = in_path.and_then(region).is_some_and(|wanted| Some(wanted) != region(id));
            Err(if elsewhere { must_be_updated() } else { not_allowed() })
        }
        (Service::Organizations, Scope::Domain(_)) | (Service::Iam, _) => Ok(()),
        (Service::Csbs | Service::Organizations, _) => Err(not_allowed()),
    }
}

pub(crate) fn unknown_api() -> Refusal {
    Refusal::gateway(404, "APIGW.0101", "The API does not exist or has not been published in the environment.")
}

pub(crate) fn throttled(limit: Option<u32>) -> Refusal {
    let policy = limit.map_or_else(|| "200,time:1s".to_owned(), |limit| format!("{limit},time:1m"));
    Refusal::gateway(429, "APIGW.0308", format!("The throttling threshold has been reached: policy user over ratelimit,limit:{policy}"))
}

/// The one code of nearly all that can be wrong with a credential; only the text tells what.
fn incorrect(what: &str) -> Refusal {
    Refusal::gateway(401, "APIGW.0301", format!("Incorrect IAM authentication information: {what}"))
}

fn must_be_updated() -> Refusal {
    Refusal::gateway(401, "APIGW.0307", "The token must be updated.")
}

fn not_allowed() -> Refusal {
    Refusal::gateway(403, "APIGW.0306", "API access denied.")
}
