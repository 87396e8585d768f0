//! Temporary keys: what a caller must say, whom a role trusts, and the answer. What a provider's token says is read in `token`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::{Ask, gate};
use super::no_permission;
use super::token::Token;
use crate::answer::{Done, Outcome, Refusal};
use crate::world::roles::{Role, SHORTEST, split_arn};

const USUAL: SignedDuration = SignedDuration::from_hours(1);

/// What both operations ask for.
struct Wish {
    role: Role,
    session: String,
    lasts: SignedDuration,
}

pub(super) fn by_key(ask: &mut Ask<'_>) -> Outcome {
    let key = ask.key.ok_or_else(|| gate::absent("AccessKeyId"))?;
    let wish = wish(ask)?;
    let external_id = ask.parameters.text("ExternalId");
    if external_id.is_some_and(|text| !(2..=1224).contains(&text.chars().count())) {
        return Err(wrong("ExternalId", "it has 2 to 1224 characters"));
    }
    if key.user.is_none() && key.security_token.is_none() {
        return Err(no_permission("Roles may not be assumed with an account's own key; use that of a RAM user."));
    }
    let known = wish.role.external_id.as_deref().is_none_or(|wanted| external_id == Some(wanted));
    if !known || !wish.role.trusts(key) {
        return Err(no_permission(
            "This caller may not assume this role: its trust policy does not name the caller, or wants another ExternalId.",
        ));
    }
    Ok(grant(ask, &wish, None))
}

pub(super) fn by_token(ask: &mut Ask<'_>) -> Outcome {
    let provider_arn = said(ask, "OIDCProviderArn")?;
    let text = said(ask, "OIDCToken")?;
    split_arn(provider_arn, "oidc-provider").ok_or_else(|| wrong("OIDCProviderArn", "it is no ARN of an OIDC provider"))?;
    if !(4..=20_000).contains(&text.len()) {
        return Err(wrong("OIDCToken", "it has 4 to 20,000 characters"));
    }
    let wish = wish(ask)?;
    let provider = ask.world.oidc_providers.get(provider_arn).filter(|provider| provider.account == wish.role.account);
    let provider = provider.ok_or_else(|| stranger("No such OIDC provider is registered in the account of the role."))?;
    let token = Token::read(text)?;
    token.check(provider, ask.now)?;
    if !wish.role.takes(provider, &token.subject) {
        return Err(stranger("The trust policy of the role does not name this subject of this provider."));
    }
    let info = token.info();
    Ok(grant(ask, &wish, Some(info)))
}

fn stranger(message: &'static str) -> Refusal {
    Refusal::new(401, "AuthenticationFail.NoPermission", message)
}

/// What is said must be well formed before anybody looks who exists.
fn wish(ask: &Ask<'_>) -> Result<Wish, Refusal> {
    let arn = said(ask, "RoleArn")?;
    let session = said(ask, "RoleSessionName")?.to_owned();
    split_arn(arn, "role").ok_or_else(|| wrong("RoleArn", "it is no ARN of a role"))?;
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".@-_".contains(letter);
    if !(2..=64).contains(&session.len()) || !session.chars().all(allowed) {
        return Err(wrong("RoleSessionName", "it has 2 to 64 letters, digits, and characters of .@-_"));
    }
    if let Some(policy) = ask.parameters.text("Policy") {
        if policy.len() > 2_048 {
            return Err(Refusal::new(400, "InvalidParameter.PolicySize", "The policy has more than 2048 characters."));
        }
        if !serde_json::from_str(policy).is_ok_and(|policy: Value| policy.is_object()) {
            return Err(Refusal::new(400, "InvalidParameter.PolicyGrammar", "The policy is no JSON object."));
        }
    }
    let role = ask.world.roles.get(arn).cloned();
    let role = role.ok_or_else(|| Refusal::new(404, "EntityNotExist.Role", format!("The role does not exist: {arn}.")))?;
    let lasts = match ask.parameters.text("DurationSeconds") {
        None => USUAL.min(role.max_duration),
        Some(text) => text
            .parse()
            .map(SignedDuration::from_secs)
            .ok()
            .filter(|length| (SHORTEST..=role.max_duration).contains(length))
            .ok_or_else(|| wrong("DurationSeconds", &format!("it is 900 to {}", role.max_duration.as_secs())))?,
    };
    Ok(Wish { role, session, lasts })
}

fn grant(ask: &mut Ask<'_>, wish: &Wish, token: Option<Value>) -> Done {
    let issued = ask.world.issue(&wish.role, &wish.session, wish.lasts, ask.now);
    let Role { account, name, .. } = &wish.role;
    let mut body = json!({
        "Credentials": {
            "AccessKeyId": issued.key_id,
            "AccessKeySecret": issued.secret,
            "SecurityToken": issued.token,
            "Expiration": issued.expires.to_string(),
        },
        "AssumedRoleUser": {
            "Arn": format!("{}/{}", wish.role.arn(), wish.session),
            "AssumedRoleId": format!("{}:{}", Role::id_of(account, name), wish.session),
        },
    });
    if let Some(token) = token {
        body["OIDCTokenInfo"] = token;
    }
    Done::read(body)
}

/// This service names the parameter that it misses.
fn said<'a>(ask: &Ask<'a>, name: &str) -> Result<&'a str, Refusal> {
    let parameters = ask.parameters;
    parameters.text(name).ok_or_else(|| Refusal::new(400, format!("MissingParameter.{name}"), format!("Parameter {name} is required.")))
}

fn wrong(name: &str, why: &str) -> Refusal {
    Refusal::new(400, format!("InvalidParameter.{name}"), format!("The parameter {name} is wrongly formed: {why}."))
}
