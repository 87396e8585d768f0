//! Temporary keys: for an agency, or for the user behind a token.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::identity::{by_agency, parse};
use super::tokens::of_token;
use super::{Ask, refused, time};
use crate::clock::later;
use crate::huawei::answer::{Done, Outcome, Refusal};

const SHORTEST: i64 = 900;
const LONGEST: i64 = 86_400;

pub(super) fn create(ask: &mut Ask<'_>) -> Outcome {
    let auth = parse(&ask.request.body)?;
    let identity = &auth.identity;
    let (who, seconds) = match identity.method() {
        "assume_role" => {
            let wish = identity.assume_role.as_ref().ok_or_else(|| required("assume_role"))?;
            (by_agency(ask, wish)?, wish.duration_seconds)
        }
        "token" => {
            let wish = identity.token.as_ref();
            let who = match wish.and_then(|token| token.id.as_deref()) {
                Some(text) => of_token(ask.realm, text, ask.now)?.0,
                None => ask.who()?.clone(),
            };
            (who, wish.and_then(|token| token.duration_seconds))
        }
        "" => return Err(required("methods")),
        _ => return Err(invalid("methods")),
    };
    let seconds = seconds.unwrap_or(SHORTEST);
    if !(SHORTEST..=LONGEST).contains(&seconds) {
        return Err(invalid("duration_seconds"));
    }
    let expires = later(ask.now, SignedDuration::from_secs(seconds));
    let (access, key) = ask.realm.issue_key(who, ask.now, expires);
    Ok(Done::created(json!({
        "credential": { "access": access, "secret": key.secret, "securitytoken": key.security_token, "expires_at": time(expires) }
    })))
}

fn required(name: &str) -> Refusal {
    refused(StatusCode::BAD_REQUEST, "IAM.1103", format!("The {name} is required in the request body."))
}

fn invalid(name: &str) -> Refusal {
    refused(StatusCode::BAD_REQUEST, "IAM.1102", format!("The {name} in the request body is invalid."))
}
