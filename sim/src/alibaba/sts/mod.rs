//! STS 2015-04-01: who am I, and temporary keys for a role (`assume`), whose callers prove themselves by a key or by a token of a provider
//! that the account knows (`token`).

mod assume;
mod token;

use serde_json::json;

use super::{Ask, Operation, gate};
use crate::answer::{Done, Outcome, Refusal};
use crate::world::roles::Role;

/// The one operation that needs no key.
pub(super) const WITH_OIDC: &str = "AssumeRoleWithOIDC";

pub(super) fn operation(name: &str) -> Option<Operation> {
    match name {
        "GetCallerIdentity" => Some(Operation { needs_right: false, ..Operation::new(get_caller_identity) }),
        "AssumeRole" => Some(Operation::new(assume::by_key)),
        WITH_OIDC => Some(Operation { needs_right: false, ..Operation::new(assume::by_token) }),
        _ => None,
    }
}

/// This service's own word for what the others call `Forbidden.RAM`.
pub(super) fn no_permission(message: &str) -> Refusal {
    Refusal::new(403, "NoPermission", message.to_owned())
}

fn get_caller_identity(ask: &mut Ask<'_>) -> Outcome {
    let account = ask.account;
    let key = ask.key.ok_or_else(|| gate::absent("AccessKeyId"))?;
    let body = if key.security_token.is_some() {
        let role = key.role.as_deref().unwrap_or("demo-role");
        let session = key.session.as_deref().unwrap_or("session");
        let id = Role::id_of(account, role);
        json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:assumed-role/{role}/{session}"),
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": format!("{id}:{session}"),
            "RoleId": id,
        })
    } else if let Some(user) = key.user.as_deref() {
        json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:user/{user}"),
            "IdentityType": "RAMUser",
            "PrincipalId": format!("2{account}"),
            "UserId": format!("2{account}"),
        })
    } else {
        json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:root"),
            "IdentityType": "Account",
            "PrincipalId": account,
            "UserId": account,
        })
    };
    Ok(Done::read(body))
}
