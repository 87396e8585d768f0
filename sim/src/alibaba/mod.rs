//! Alibaba Cloud, RPC style: one path; the operation is in a header (signature V3) or among the parameters (V1). Which service is meant, the
//! API version tells.

pub(crate) mod ecs;
pub(crate) mod ess;
pub(crate) mod gate;
pub(crate) mod preamble;
mod region;
pub(crate) mod signature;
mod signature_v1;
mod sts;

use jiff::Timestamp;

use self::preamble::Preamble;
use crate::answer::{Outcome, Refusal};
use crate::request::{Parameters, Request};
use crate::world::roles::split_arn;
use crate::world::{Key, Settings, ThrottleHeaders, World};

/// The header that carries the request id beside the body.
pub(crate) const REQUEST_ID: &str = "x-acs-request-id";

/// One call on its way into a service: who asks what, and the world it may change.
pub(crate) struct Ask<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) account: &'a str,
    /// None: the operation needs no signature.
    pub(crate) key: Option<&'a Key>,
    pub(crate) parameters: &'a Parameters,
    pub(crate) now: Timestamp,
}

/// An operation, and how the gateway treats it.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) act: fn(&mut Ask<'_>) -> Outcome,
    /// For the services that answer a denied read with an empty list.
    pub(crate) empty: Option<fn(&mut Ask<'_>) -> Outcome>,
    /// False: every valid key may call it.
    pub(crate) needs_right: bool,
}

impl Operation {
    const fn new(act: fn(&mut Ask<'_>) -> Outcome) -> Self {
        Self { act, empty: None, needs_right: true }
    }
}

/// Whether a request speaks this vendor's language, well or badly: the other one has neither these headers nor these parameters.
pub(crate) fn is_meant(request: &Request) -> bool {
    let by_parameters = || {
        let parameters = request.parameters();
        ["Action", "Version", "AccessKeyId", "Signature"].iter().any(|name| parameters.text(name).is_some())
    };
    request.headers.keys().any(|name| name.starts_with("x-acs-")) || by_parameters()
}

/// The service's short name, from the version that the client speaks. Names of services that are not simulated are known too, so that the log
/// and the faults can name them.
pub(crate) fn service(preamble: &Preamble) -> &'static str {
    match preamble.version.as_deref() {
        Some("2014-05-26") => "ecs",
        Some("2015-04-01") => "sts",
        Some("2022-02-22") => "ess",
        _ => "unknown",
    }
}

/// Looks the operation up as the gateway does.
pub(crate) fn find(request: &Request, preamble: &Preamble) -> Result<Operation, Refusal> {
    if request.path != "/" && !request.path.is_empty() {
        return Err(Refusal::new(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method."));
    }
    if request.method != "POST" && request.method != "GET" {
        return Err(Refusal::new(403, "UnsupportedHTTPMethod", "This http method is not supported."));
    }
    let action = preamble.action.as_deref().ok_or_else(|| gate::absent("Action"))?;
    if preamble.version.is_none() {
        return Err(gate::absent("Version"));
    }
    let found = match service(preamble) {
        "ecs" => ecs::operation(action),
        "ess" => ess::operation(action),
        "sts" => sts::operation(action),
        _ => {
            return Err(Refusal::new(404, "InvalidProduct.NotFound", "Cannot find product according to your specified domain."));
        }
    };
    found.ok_or_else(|| Refusal::new(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."))
}

/// Whether a caller without a key may make this call.
fn open_to_all(preamble: &Preamble) -> bool {
    service(preamble) == "sts" && preamble.action.as_deref() == Some(sts::WITH_OIDC)
}

/// The account whose role a call wants: that is all that is known of a caller without a key.
pub(crate) fn account_asked_for(preamble: &Preamble) -> Option<String> {
    let (account, _) = split_arn(preamble.parameters.text("RoleArn")?, "role")?;
    Some(account.to_owned())
}

/// The text by which a client tells that a call is the same as an earlier one, where the cloud looks at it.
pub(crate) fn client_token(preamble: &Preamble) -> Option<&str> {
    let looks = service(preamble) == "ecs" && preamble.action.as_deref() == Some("RunCommand");
    preamble.parameters.text("ClientToken").filter(|_| looks)
}

/// Whether RAM refuses this to a key, or to the role that it stands for.
pub(crate) fn is_denied(world: &World, key: &Key, service: &str, operation: &str) -> bool {
    let of_role = world.role_of(key).is_some_and(|role| denies(&role.deny, service, operation));
    of_role || denies(&key.deny, service, operation)
}

/// Whether a key's list of denied actions covers this one.
pub(crate) fn denies(deny: &[String], service: &str, operation: &str) -> bool {
    deny.iter().any(|rule| {
        let (product, action) = rule.split_once(':').unwrap_or(("*", rule));
        (product == "*" || product == service) && (action == "*" || action == operation)
    })
}

pub(crate) fn denied(service: &str, operation: &str) -> Refusal {
    if service == "sts" {
        return sts::no_permission(&format!("RAM does not allow this caller the action sts:{operation}."));
    }
    Refusal::new(
        403,
        "Forbidden.RAM",
        format!(
            "User not authorized to operate on the specified resource, or this API doesn't support RAM. (action {service}:{operation})"
        ),
    )
}

pub(crate) fn throttled() -> Refusal {
    Refusal::new(400, "Throttling.User", "Request was denied due to user flow control.")
}

/// What a throttled answer tells about the rest of its window, for the SDKs that look.
pub(crate) fn throttle_headers(settings: &Settings, operation: &str, now: Timestamp) -> Vec<(&'static str, String)> {
    let end = (now.as_millisecond().div_euclid(60_000) + 1) * 60_000;
    let left = end - now.as_millisecond();
    let (retry_after, rate_limit) = match settings.throttle_headers {
        ThrottleHeaders::None => (false, false),
        ThrottleHeaders::RetryAfter => (true, false),
        ThrottleHeaders::RateLimit => (false, true),
        ThrottleHeaders::Both => (true, true),
    };
    let limit = settings.limit(operation);
    let value = format!("Limit:{limit},Remain:0,TimeLeft:{left},Reset:{}", end / 1_000);
    let all = [(retry_after, "x-acs-retry-after", left.to_string()), (rate_limit, "x-ratelimit-user-api", value)];
    all.into_iter().filter(|(wanted, _, _)| *wanted).map(|(_, name, value)| (name, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_may_name_the_operation_the_service_or_everything() {
        for (rule, covers) in [
            ("JoinSecurityGroup", true),
            ("ecs:JoinSecurityGroup", true),
            ("ecs:*", true),
            ("*", true),
            ("ess:JoinSecurityGroup", false),
            ("LeaveSecurityGroup", false),
        ] {
            assert_eq!(denies(&[rule.to_owned()], "ecs", "JoinSecurityGroup"), covers, "{rule}");
        }
    }
}
