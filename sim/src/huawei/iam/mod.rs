//! IAM, which is Keystone with additions: who one is, tokens, temporary keys, and the lists that clients look ids up in.

mod identity;
mod keys;
mod lists;
mod tokens;

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Envelope, Outcome, Refusal};
use super::gate::{self, Caller};
use super::realm::{Realm, Who};
use crate::request::Request;

/// One call on its way into IAM.
pub(crate) struct Ask<'a> {
    pub(crate) realm: &'a mut Realm,
    pub(crate) request: &'a Request,
    pub(crate) caller: &'a Caller,
    pub(crate) now: Timestamp,
    /// Of new tokens.
    pub(crate) lifetime: SignedDuration,
}

impl Ask<'_> {
    /// The URL under which the client has found us.
    fn base(&self) -> String {
        format!("http://{}", self.request.header("host").unwrap_or("localhost"))
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn who(&self) -> Result<&Who, Refusal> {
        self.caller.who.as_ref().ok_or_else(unauthenticated)
    }
}

pub(crate) fn act(operation: &str, mut ask: Ask<'_>) -> Outcome {
    match operation {
        "ListVersions" => Ok(lists::versions(&ask)),
        "ShowVersion" => Ok(lists::version(&ask)),
        "CreateToken" => tokens::create(&mut ask).map_err(in_keystones_words),
        "CheckToken" => tokens::check(&ask).map_err(in_keystones_words),
        "ListAuthProjects" | "ListProjects" => lists::projects(&ask).map_err(in_keystones_words),
        "ListAuthDomains" => lists::domains(&ask).map_err(in_keystones_words),
        "CreateTemporaryKey" => keys::create(&mut ask),
        _ => Err(gate::unknown_api()),
    }
}

/// The account and the name of the user whom a token is asked for.
pub(crate) fn claimed_user(parameters: &BTreeMap<String, String>, realm: &Realm) -> (Option<String>, Option<String>) {
    let said = |field: &str| parameters.get(&format!("auth.identity.password.user.{field}")).map(String::as_str);
    if let Some(user) = said("id").and_then(|id| realm.users.get(id)) {
        return (Some(user.domain.clone()), Some(user.name.clone()));
    }
    let domain = realm.domain(said("domain.id"), said("domain.name")).map(str::to_owned);
    (domain, said("name").map(str::to_owned))
}

/// The old calls speak as Keystone does, without codes; only a lock has one.
fn in_keystones_words(refusal: Refusal) -> Refusal {
    if refusal.envelope == Envelope::Service && refusal.code != LOCKED {
        return Refusal::keystone(refusal.status, refusal.message);
    }
    refusal
}

const LOCKED: &str = "IAM.0061";

fn unauthenticated() -> Refusal {
    refused(StatusCode::UNAUTHORIZED, "IAM.0001", "The request you have made requires authentication.")
}

fn forbidden() -> Refusal {
    refused(StatusCode::FORBIDDEN, "IAM.0002", "You are not authorized to perform the requested action.")
}

fn refused(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::service(status.as_u16(), code, message)
}

/// Times as Keystone writes them.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
