//! Alibaba Cloud, RPC style with signature V3: one path, the operation in a header. Which service is meant, the API version tells.

pub(crate) mod ecs;
pub(crate) mod gate;
mod region;
pub(crate) mod signature;
mod sts;

use jiff::Timestamp;

use crate::answer::{Outcome, Refusal};
use crate::request::{Parameters, Request};
use crate::world::{Key, World};

/// The header that carries the request id beside the body.
pub(crate) const REQUEST_ID: &str = "x-acs-request-id";

/// One call on its way into a service: who asks what, and the world it may change.
pub(crate) struct Ask<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) account: &'a str,
    pub(crate) key: &'a Key,
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
pub(crate) fn service(request: &Request) -> &'static str {
    match request.header("x-acs-version") {
        Some("2014-05-26") => "ecs",
        Some("2015-04-01") => "sts",
        Some("2022-02-22") => "ess",
        _ => "unknown",
    }
}

/// Looks the operation up as the gateway does.
pub(crate) fn find(request: &Request) -> Result<Operation, Refusal> {
    if request.path != "/" && !request.path.is_empty() {
        return Err(Refusal::new(404, "InvalidApi.NotFound", "Specified api is not found, please check your url and method."));
    }
    if request.method != "POST" && request.method != "GET" {
        return Err(Refusal::new(403, "UnsupportedHTTPMethod", "This http method is not supported."));
    }
    let action = request.header("x-acs-action").ok_or_else(|| gate::absent("Action"))?;
    if request.header("x-acs-version").is_none() {
        return Err(gate::absent("Version"));
    }
    let found = match service(request) {
        "ecs" => ecs::operation(action),
        "sts" => sts::operation(action),
        _ => {
            return Err(Refusal::new(404, "InvalidProduct.NotFound", "Cannot find product according to your specified domain."));
        }
    };
    found.ok_or_else(|| Refusal::new(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."))
}

/// Whether a key's list of denied actions covers this one.
pub(crate) fn denies(deny: &[String], service: &str, operation: &str) -> bool {
    deny.iter().any(|rule| {
        let (product, action) = rule.split_once(':').unwrap_or(("*", rule));
        (product == "*" || product == service) && (action == "*" || action == operation)
    })
}

pub(crate) fn denied(service: &str, operation: &str) -> Refusal {
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
