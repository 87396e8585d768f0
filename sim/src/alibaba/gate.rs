//! The gateway: who is asking, and is it really them. Everything here comes before any service sees the call.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::preamble::{Preamble, Proof};
use super::signature::{Authorization, sign, string_to_sign, unsigned};
use super::signature_v1;
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
    /// None: an operation that needs no signature.
    pub(crate) key_id: Option<String>,
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

/// What a request offers as proof: the text that it claims to have signed, and the result.
struct Claim {
    text: String,
    signature: String,
    sign: fn(&str, &str) -> String,
}

pub(crate) fn check(request: &Request, preamble: &Preamble, world: &World, nonces: &mut Nonces, now: Timestamp) -> Result<Caller, Refusal> {
    let claim = match preamble.proof {
        Proof::V3 => claim_v3(request)?,
        Proof::V1 => claim_v1(request)?,
        Proof::Absent => return anonymous(preamble, now),
    };
    let key_id = preamble.key_id.as_deref().ok_or_else(|| absent("AccessKeyId"))?;
    let nonce = preamble.nonce.as_deref().ok_or_else(|| absent("SignatureNonce"))?;
    let date = date_of(preamble.date.as_deref().ok_or_else(|| absent("Timestamp"))?, now)?;
    let key = key_of(key_id, world)?;
    check_token(preamble.token.as_deref(), world, key, now)?;
    if (claim.sign)(&key.secret, &claim.text) != claim.signature {
        return Err(Refusal::new(
            400,
            "SignatureDoesNotMatch",
            format!("Specified signature is not matched with our calculation. server string to sign is:{}", claim.text),
        ));
    }
    if !nonces.first_use(key_id, nonce, date, now) {
        return Err(Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    Ok(Caller { account: key.account.clone(), key_id: Some(key_id.to_owned()) })
}

/// Nobody signed: one operation is for those who have no key yet. It counts for the account that it wants into.
fn anonymous(preamble: &Preamble, now: Timestamp) -> Result<Caller, Refusal> {
    if !super::open_to_all(preamble) {
        return Err(absent("AccessKeyId"));
    }
    if let Some(date) = &preamble.date {
        date_of(date, now)?;
    }
    Ok(Caller { account: super::account_asked_for(preamble).unwrap_or_default(), key_id: None })
}

fn claim_v3(request: &Request) -> Result<Claim, Refusal> {
    let header = request.header("authorization").ok_or_else(|| absent("AccessKeyId"))?;
    let authorization = Authorization::parse(header).ok_or_else(|| {
        incomplete("the authorization header is not of the form ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…")
    })?;
    if request.header("x-acs-content-sha256").is_none() {
        return Err(incomplete("x-acs-content-sha256 is missing"));
    }
    let forgotten = unsigned(request, &authorization.signed_headers);
    if !forgotten.is_empty() || !authorization.signed_headers.contains(&"host") {
        return Err(incomplete(&format!("not among the signed headers: {}", forgotten.join(", "))));
    }
    if request.header("x-acs-accesskey-id").is_some_and(|other| other != authorization.key_id) {
        return Err(incomplete("x-acs-accesskey-id names another key"));
    }
    Ok(Claim { text: string_to_sign(request, &authorization.signed_headers), signature: authorization.signature.to_owned(), sign })
}

fn claim_v1(request: &Request) -> Result<Claim, Refusal> {
    let parameters = request.parameters();
    for (name, value) in [("SignatureMethod", signature_v1::METHOD), ("SignatureVersion", "1.0")] {
        if parameters.text(name) != Some(value) {
            return Err(incomplete(&format!("{name} must be {value}")));
        }
    }
    let signature = parameters.text("Signature").ok_or_else(|| incomplete("Signature is missing"))?.to_owned();
    Ok(Claim { text: signature_v1::string_to_sign(request), signature, sign: signature_v1::sign })
}

fn date_of(text: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
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

fn key_of<'a>(id: &str, world: &'a World) -> Result<&'a Key, Refusal> {
    let key = world.keys.get(id).ok_or_else(|| Refusal::new(400, "InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    if key.inactive {
        return Err(Refusal::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."));
    }
    Ok(key)
}

fn check_token(given: Option<&str>, world: &World, key: &Key, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |code: &'static str, message: &'static str| Err(Refusal::new(400, code, message));
    let issued = |token: &str| world.keys.values().any(|key| key.security_token.as_deref() == Some(token));
    match (given, key.security_token.as_deref()) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(absent("SecurityToken")),
        (Some(given), Some(own)) if given == own && !key.revoked => {
            if key.expires.is_some_and(|end| end <= now) {
                return refuse("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
            }
            Ok(())
        }
        (Some(given), own) if own != Some(given) && issued(given) => {
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
