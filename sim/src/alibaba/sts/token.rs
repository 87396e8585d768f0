//! What an identity provider's token says. Its signature is not verified: the simulator has no keys of the provider, and whoever can reach it
//! owns it anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::Refusal;
use crate::world::roles::OidcProvider;

pub(super) struct Token {
    issuer: String,
    pub(super) subject: String,
    audiences: Vec<String>,
    issued: Option<Timestamp>,
    not_before: Option<Timestamp>,
    expires: Timestamp,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMany,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Token {
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = text.split('.').collect();
        let [head, claims, signature] = parts[..] else {
            return Err(refuse("Invalid", "A token has three parts with dots between."));
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| refuse("Invalid", "A part of the token is not base64url."));
        let unreadable = |_| refuse("Invalid", "The token's content cannot be recognised.");
        decode(signature)?;
        serde_json::from_slice::<Map<String, Value>>(&decode(head)?).map_err(unreadable)?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(unreadable)?;
        let time = |second: i64| Timestamp::from_second(second).map_err(|_| refuse("Invalid", "A time in the token is out of range."));
        Ok(Self {
            issuer: claims.iss,
            subject: claims.sub,
            audiences: match claims.aud {
                OneOrMany::One(audience) => vec![audience],
                OneOrMany::Many(all) => all,
            },
            issued: claims.iat.map(time).transpose()?,
            not_before: claims.nbf.map(time).transpose()?,
            expires: time(claims.exp)?,
        })
    }

    pub(super) fn check(&self, provider: &OidcProvider, now: Timestamp) -> Result<(), Refusal> {
        if provider.issuer != "*" && provider.issuer != self.issuer {
            return Err(refuse("IssuerNotMatch", "The token's issuer is not that of the provider."));
        }
        if !self.audiences.iter().any(|audience| provider.audiences.contains(audience)) {
            return Err(refuse("AudienceNotMatch", "The token is for another audience."));
        }
        if self.expires <= now {
            return Err(refuse("Expired", "The token is expired."));
        }
        if self.not_before.is_some_and(|start| start > now) {
            return Err(refuse("Invalid", "The token is not valid yet."));
        }
        Ok(())
    }

    /// The part of the answer that repeats what was believed.
    pub(super) fn info(&self) -> Value {
        json!({
            "Subject": self.subject,
            "Issuer": self.issuer,
            "ClientIds": self.audiences.join(","),
            "ExpirationTime": self.expires.to_string(),
            "IssuanceTime": self.issued.map(|time| time.to_string()),
        })
    }
}

fn refuse(what: &str, message: &'static str) -> Refusal {
    Refusal::new(401, format!("AuthenticationFail.OIDCToken.{what}"), message)
}
