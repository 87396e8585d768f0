//! Tokens: made from a password, another token or an agency; shown to those who ask.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::identity::{by_agency, by_password, parse, required, scope_of};
use super::{Ask, forbidden, refused, time, unauthenticated};
use crate::clock::later;
use crate::huawei::answer::{Done, Outcome, Refusal};
use crate::huawei::realm::{Realm, Scope, Token, Who};

const SUBJECT: &str = "x-subject-token";

pub(super) fn create(ask: &mut Ask<'_>) -> Outcome {
    let auth = parse(&ask.request.body)?;
    let identity = &auth.identity;
    let fresh = later(ask.now, ask.lifetime);
    let (who, expires) = match identity.method() {
        "password" => {
            let password = identity.password.as_ref().ok_or_else(|| required("password"))?;
            (by_password(ask.realm, password, ask.now)?, fresh)
        }
        "token" => {
            let text = identity.token.as_ref().and_then(|token| token.id.as_deref()).ok_or_else(|| required("id"))?;
            of_token(ask.realm, text, ask.now)?
        }
        "assume_role" => {
            let wish = identity.assume_role.as_ref().ok_or_else(|| required("assume_role"))?;
            (by_agency(ask, wish)?, fresh)
        }
        _ => return Err(refused(StatusCode::UNAUTHORIZED, "IAM.0001", "Attempted to authenticate with an unsupported method.")),
    };
    let scope = scope_of(ask.realm, &who, auth.scope.as_ref())?;
    let token = Token { who, methods: identity.methods.clone(), scope, issued: ask.now, expires, ended: false };
    let body = describe(ask, &token);
    let text = ask.realm.issue_token(token);
    Ok(Done { headers: vec![(SUBJECT, text)], ..Done::created(body) })
}

/// Whose a token is, and until when: a token that is made from it does not live longer.
pub(super) fn of_token(realm: &Realm, text: &str, now: Timestamp) -> Result<(Who, Timestamp), Refusal> {
    let token = realm.tokens.get(text).ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "IAM.0067", "Invalid token."))?;
    if token.valid(now) {
        Ok((token.who.clone(), token.expires))
    } else {
        Err(refused(StatusCode::UNAUTHORIZED, "IAM.0066", "The token has expired."))
    }
}

/// Tokens of the caller's own domain can be looked at.
pub(super) fn check(ask: &Ask<'_>) -> Outcome {
    let caller = ask.who()?;
    let text = ask.request.header(SUBJECT).ok_or_else(|| required("X-Subject-Token"))?;
    let not_found = || refused(StatusCode::NOT_FOUND, "IAM.0004", "Could not find token.");
    let token = ask.realm.tokens.get(text).filter(|token| token.valid(ask.now)).ok_or_else(not_found)?;
    let domain = |who: &Who| ask.realm.domain_of(who).ok_or_else(unauthenticated);
    if domain(caller)? != domain(&token.who)? && token.who.user() != caller.user() {
        return Err(forbidden());
    }
    Ok(Done { headers: vec![(SUBJECT, text.to_owned())], ..Done::read(describe(ask, token)) })
}

fn describe(ask: &Ask<'_>, token: &Token) -> Value {
    let realm = &*ask.realm;
    let domain_of = |id: &str| json!({ "id": id, "name": realm.domain_name(id) });
    let user = |id: &str| {
        let (name, domain) = realm.users.get(id).map_or(("", ""), |user| (user.name.as_str(), user.domain.as_str()));
        json!({ "id": id, "name": name, "password_expires_at": "", "domain": domain_of(domain) })
    };
    let mut body = json!({
        "methods": token.methods,
        "issued_at": time(token.issued),
        "expires_at": time(token.expires),
        "catalog": if ask.query("nocatalog").is_some() { json!([]) } else { catalog(ask, &token.scope) },
        "roles": [{ "id": "0", "name": "te_admin" }],
    });
    match &token.who {
        Who::User(id) => body["user"] = user(id),
        Who::Agency { agency: id, user: by } => {
            let (agency, domain) = realm.agencies.get(id).map_or(("", ""), |agency| (agency.name.as_str(), agency.domain.as_str()));
            let name = format!("{}/{agency}", realm.domain_name(domain));
            body["user"] = json!({ "id": id, "name": name, "domain": domain_of(domain) });
            body["assumed_by"] = json!({ "user": user(by) });
        }
    }
    match &token.scope {
        Scope::Project(id) => {
            let (name, domain) = realm.projects.get(id).map_or(("", ""), |project| (project.name.as_str(), project.domain.as_str()));
            body["project"] = json!({ "id": id, "name": name, "domain": domain_of(domain) });
        }
        Scope::Domain(id) => body["domain"] = domain_of(id),
        Scope::None => {}
    }
    json!({ "token": body })
}

/// Everything is here. The address of CSBS ends with the project, so it is told only to those who have one.
fn catalog(ask: &Ask<'_>, scope: &Scope) -> Value {
    let base = ask.base();
    let entry = |kind: &str, name: &str, region: &str, url: &str| {
        let endpoint =
            json!({ "id": format!("{name}-{region}"), "interface": "public", "region": region, "region_id": region, "url": url });
        json!({ "type": kind, "name": name, "id": name, "endpoints": [endpoint] })
    };
    let mut all = vec![entry("identity", "keystone", "*", &format!("{base}/v3")), entry("organizations", "organizations", "*", &base)];
    if let Scope::Project(id) = scope {
        let region = ask.realm.projects.get(id).map_or("", |project| project.region.as_str());
        all.push(entry("data-protect", "karbor", region, &format!("{base}/v1/{id}")));
    }
    json!(all)
}
