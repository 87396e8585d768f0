//! STS 2015-04-01. Here: `GetCallerIdentity`, which every valid key may call.

use serde_json::json;

use super::{Ask, Operation};
use crate::answer::{Done, Outcome};

pub(super) fn operation(name: &str) -> Option<Operation> {
    match name {
        "GetCallerIdentity" => Some(Operation { needs_right: false, ..Operation::new(get_caller_identity) }),
        _ => None,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the form that all operations share")]
fn get_caller_identity(ask: &mut Ask<'_>) -> Outcome {
    let account = ask.account;
    let body = if ask.key.security_token.is_some() {
        let role = ask.key.role.as_deref().unwrap_or("demo-role");
        json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:assumed-role/{role}/session"),
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": format!("3{account}:session"),
            "RoleId": format!("3{account}"),
        })
    } else if let Some(user) = ask.key.user.as_deref() {
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
