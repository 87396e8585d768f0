//! The error catalogue: what each of the vendor's codes means, whether the call may have acted, and what a person should do.
//! The rows are data, by topic in files of their own; a new operation adds rows and nothing else. The vendor's messages are
//! never shown: many are templates that nobody filled in, and some repeat the request.

mod gateway;
mod instance_attributes;
mod invocations;
mod run_command;
mod scaling;
mod security_groups;
mod sts;

use crate::cloud::catalogue::{self, Row};
use crate::cloud::error::{Acted, Class, CloudError, Effect, Explanation, Operation};

/// The whole catalogue.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let by_topic = [gateway::ROWS, security_groups::ROWS, instance_attributes::ROWS, scaling::ROWS, invocations::ROWS, sts::ROWS];
    by_topic.into_iter().flatten().chain(run_command::rows())
}

/// Codes that say the one id in a read belongs to nothing.
pub(super) const UNKNOWN_ID: [&str; 7] = [
    "InvalidInstance.NotFound",
    "InvalidInstanceId.NotFound",
    "InvalidEniId.NotFound",
    "InvalidNetworkInterfaceId.NotFound",
    "InvalidSecurityGroupId.NotFound",
    "InvalidScalingConfigurationId.NotFound",
    "InvalidScalingGroupId.NotFound",
];

/// Whether a refused read of many ids is worth reading in halves: it is, unless the code is known to speak of the request as a
/// whole. A misspelt region would otherwise cost two calls for every object in it.
pub(super) fn blames_an_id(error: &CloudError) -> bool {
    let Some(code) = error.code.as_deref() else {
        return false;
    };
    let of_the_whole =
        gateway::ROWS.iter().any(|row| row.code == code) && !code.starts_with("InvalidParameter") || code.starts_with("MissingParameter");
    match error.class {
        Class::Invalid | Class::NotFound => !of_the_whole,
        Class::Throttled
        | Class::Unavailable
        | Class::Busy
        | Class::Unauthenticated
        | Class::Denied
        | Class::Quota
        | Class::Precondition
        | Class::Retired
        | Class::Unexpected => false,
    }
}

/// What an answer means, and whether the call may have acted all the same.
pub fn classify(operation: Operation, status: u16, code: &str) -> (Class, Acted) {
    let explanation = explain(operation, status, code);
    (explanation.class, explanation.acted)
}

/// An answer that refused, as an error. The message is looked at for one thing only, see below, and goes no further.
pub(super) fn error(operation: Operation, status: u16, code: &str, message: &str) -> CloudError {
    // ECS has been seen to report an expired token as a bad parameter, and then only its message tells.
    let told = if code.starts_with("InvalidParameter") && message.contains("SecurityToken.Expired") {
        "InvalidSecurityToken.Expired"
    } else {
        code
    };
    let mut error = CloudError::explained(operation, &explain(operation, status, told));
    error.code = Some(code.to_owned());
    error.http_status = Some(status);
    error
}

/// The catalogue's text and judgement for a code.
pub fn explain(operation: Operation, status: u16, code: &str) -> Explanation {
    let known = listed(operation, status, code).map(Row::explanation);
    let mut found = known
        .or_else(|| family(code).and_then(|relative| listed(operation, status, relative)).map(of_a_relative))
        .unwrap_or_else(|| unknown(status));
    if code.contains("Throttling") {
        // Whatever else the code says, the answer to it is to wait.
        found.class = Class::Throttled;
        found.reason = Class::Throttled.reason();
        found.acted = Acted::No;
    } else if operation.effect == Effect::Read {
        found.acted = Acted::No;
    } else if status >= 500 {
        // A service that failed inside may have failed after it acted.
        found.acted = Acted::Perhaps;
    }
    found
}

/// What is said of a code in the words of another.
fn of_a_relative(row: &Row) -> Explanation {
    Explanation { known: false, ..row.explanation() }
}

fn listed(operation: Operation, status: u16, code: &str) -> Option<&'static Row> {
    catalogue::find(rows(), operation, status, code)
}

/// A listed code that an unlisted one is a variant of.
fn family(code: &str) -> Option<&'static str> {
    const FAMILIES: [(&str, &str); 8] = [
        ("InternalError.", "InternalError"),
        ("ServiceUnavailable.", "ServiceUnavailable"),
        ("MissingParameter.", "MissingParameter"),
        ("InvalidParameter.", "InvalidParameter"),
        ("InvalidRegionId.", "InvalidRegionId.NotFound"),
        ("InvalidAccessKeyId.", "InvalidAccessKeyId.NotFound"),
        ("InvalidSecurityToken.", "InvalidSecurityToken.Malformed"),
        ("MissingSecurityToken.", "MissingSecurityToken"),
    ];
    if code.contains("Throttling") {
        return Some("Throttling");
    }
    if code.ends_with("IsBeingCreated") {
        return Some("InvalidStatus.EniOrInstanceIsBeingCreated");
    }
    FAMILIES.iter().find(|(prefix, _)| code.starts_with(prefix)).map(|(_, relative)| *relative)
}

/// A code that nobody has catalogued. The status is believed only where it can mean one thing: the vendor sends 403 and 404 for
/// limits, states and typing errors alike, and a wrong guess would close a credential or declare a member gone. `Unexpected` is
/// tried a few times and then seldom, and a write may have acted.
fn unknown(status: u16) -> Explanation {
    let class = match status {
        401 => Class::Unauthenticated,
        429 => Class::Throttled,
        409 => Class::Busy,
        500.. => Class::Unavailable,
        _ => Class::Unexpected,
    };
    let acted = if class == Class::Unauthenticated || class == Class::Throttled { Acted::No } else { Acted::Perhaps };
    Explanation {
        known: false,
        acted,
        ..Explanation::of(
            class,
            "the cloud refused with a code that this release does not know",
            "look the code up in the vendor's description of the operation, and please report it so that it gets an entry",
        )
    }
}

#[cfg(test)]
mod tests;
