//! The gateway: who is asking, and is it really them. Everything here comes before any service sees the call.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::signature::{Authorization, sign, string_to_sign, unsigned};
use crate::answer::Refusal;
use crate::clock::later;
use crate::request::Request;
use crate::world::{Key, World};

/// How far a client's clock may be off, and how long a nonce is remembered.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// Who calls, once the gate believes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) key_id: String,
}

/// The nonces of the last quarter of an hour, by key.
#[derive(Debug, Default)]
pub(crate) struct Nonces {
    seen: HashMap<(String, String), Timestamp>,
    swept: Option<Timestamp>,
}

impl Nonces {
    /// False if the nonce was used before. It is forgotten only when its date is refused anyway.
    fn first_use(&mut self, key_id: &str, nonce: &str, date: Timestamp, now: Timestamp) -> bool {
        if self.swept.is_none_or(|at| now.duration_since(at).abs() > SignedDuration::from_mins(1)) {
            self.seen.retain(|_, until| *until >= now);
            self.swept = Some(now);
        }
        let known = (key_id.to_owned(), nonce.to_owned());
        if self.seen.get(&known).is_some_and(|until| *until >= now) {
            return false;
        }
        self.seen.insert(known, later(date.max(now), TOLERANCE));
        true
    }

    pub(crate) fn clear(&mut self) {
        self.seen.clear();
    }
}

/// The key that a request claims to be signed with.
pub(crate) fn claimed_key(request: &Request) -> Option<&str> {
    let header = request.header("authorization")?;
    Authorization::parse(header).map(|parts| parts.key_id)
}

pub(crate) fn check(request: &Request, world: &World, nonces: &mut Nonces, now: Timestamp) -> Result<Caller, Refusal> {
    let header = request.header("authorization").ok_or_else(|| absent("AccessKeyId"))?;
    let authorization = Authorization::parse(header).ok_or_else(|| {
        incomplete("the authorization header is not of the form ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…")
    })?;
    let nonce = request.header("x-acs-signature-nonce").ok_or_else(|| absent("SignatureNonce"))?;
    if request.header("x-acs-content-sha256").is_none() {
        return Err(incomplete("x-acs-content-sha256 is missing"));
    }
    let forgotten = unsigned(request, &authorization.signed_headers);
    if !forgotten.is_empty() || !authorization.signed_headers.contains(&"host") {
        return Err(incomplete(&format!("not among the signed headers: {}", forgotten.join(", "))));
    }
    let date = date_of(request, now)?;
    let key = key_of(request, world, &authorization)?;
    check_token(request, world, key, now)?;
    let text = string_to_sign(request, &authorization.signed_headers);
    if sign(&key.secret, &text) != authorization.signature {
        return Err(Refusal::new(
            400,
            "SignatureDoesNotMatch",
            format!("Specified signature is not matched with our calculation. server string to sign is:{text}"),
        ));
    }
    if !nonces.first_use(authorization.key_id, nonce, date, now) {
        return Err(Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    Ok(Caller { account: key.account.clone(), key_id: authorization.key_id.to_owned() })
}

fn date_of(request: &Request, now: Timestamp) -> Result<Timestamp, Refusal> {
    let text = request.header("x-acs-date").ok_or_else(|| absent("Timestamp"))?;
    let shaped = text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    let date = text
        .parse::<Timestamp>()
        .ok()
        .filter(|_| shaped)
        .ok_or_else(|| Refusal::new(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."))?;
    if now.duration_since(date).abs() > TOLERANCE {
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."));
    }
    Ok(date)
}

fn key_of<'a>(request: &Request, world: &'a World, authorization: &Authorization<'_>) -> Result<&'a Key, Refusal> {
    let said_twice = request.header("x-acs-accesskey-id");
    if said_twice.is_some_and(|other| other != authorization.key_id) {
        return Err(incomplete("x-acs-accesskey-id names another key"));
    }
    let key = world
        .keys
        .get(authorization.key_id)
        .ok_or_else(|| Refusal::new(400, "InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    if key.inactive {
        return Err(Refusal::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."));
    }
    Ok(key)
}

fn check_token(request: &Request, world: &World, key: &Key, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |code: &'static str, message: &'static str| Err(Refusal::new(400, code, message));
    let given = request.header("x-acs-security-token");
    let issued = |token: &str| world.keys.values().any(|key| key.security_token.as_deref() == Some(token));
    match (given, key.security_token.as_deref()) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(absent("SecurityToken")),
        (Some(given), Some(own)) if given == own => {
            if key.expires.is_some_and(|end| end <= now) {
                return refuse("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
            }
            Ok(())
        }
        (Some(given), _) if issued(given) => {
            refuse("InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.")
        }
        (Some(_), _) => refuse("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."),
    }
}

/// The gateway's own spelling of a missing parameter.
pub(crate) fn absent(name: &str) -> Refusal {
    Refusal::new(400, format!("Missing{name}"), format!("{name} is mandatory for this action."))
}

fn incomplete(what: &str) -> Refusal {
    Refusal::new(400, "IncompleteSignature", format!("The request signature does not conform to Aliyun standards: {what}."))
}
