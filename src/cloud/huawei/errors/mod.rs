//! The error catalogue: what each code of this family of clouds means, whether the call may have acted, and what a person should do. Rows are data,
//! by service in files of their own; `envelope` finds the code in an answer.
//!
//! A code is looked up whatever the service of the call is: the gateway answers for all services, and a guard rail makes any of them answer as
//! Organizations. The code decides, the status only where one code stands for several things.

mod csbs;
pub mod envelope;
mod gateway;
mod http;
mod iam;
mod organizations;

use crate::cloud::catalogue::Row;
use crate::cloud::error::{Acted, Class, CloudError, Effect, Explanation, Operation};
use gateway::Variant;

/// The whole catalogue. One code of the gateway stands in it several times, because its message tells several things apart.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    coded().chain(gateway::VARIANTS.iter().map(|variant| &variant.row)).chain(http::ROWS)
}

/// What a code alone can lead to.
fn coded() -> impl Iterator<Item = &'static Row> {
    csbs::ROWS.iter().chain(organizations::rows()).chain(gateway::ROWS).chain(iam::ROWS)
}

/// What an answer means, and whether the call may have acted all the same.
pub fn classify(operation: Operation, status: u16, code: Option<&str>) -> (Class, Acted) {
    let explanation = explain(operation, status, code);
    (explanation.class, explanation.acted)
}

/// An answer that refused, as an error. The message is looked at to tell apart what the gateway puts under one code, and goes no further: it
/// repeats headers of the request.
pub fn error(operation: Operation, status: u16, code: Option<&str>, message: &str) -> CloudError {
    let explanation = match variant(code, message) {
        Some(variant) => settled(operation, status, variant.row.explanation()),
        None => explain(operation, status, code),
    };
    let mut error = CloudError::explained(operation, &explanation);
    error.code = code.map(str::to_owned);
    error.http_status = Some(status);
    error
}

/// The catalogue's text and judgement for a code, or for a status that came without one.
pub fn explain(operation: Operation, status: u16, code: Option<&str>) -> Explanation {
    let found = match code {
        Some(code) => listed(operation, status, code)
            .map_or_else(|| Explanation { known: false, ..by_status(status, UNKNOWN) }, |row| asked(operation, row)),
        None => silent(operation, status).map_or_else(|| by_status(status, SILENT), Row::explanation),
    };
    settled(operation, status, found)
}

/// What a status says by itself, in the identity service or anywhere.
fn silent(operation: Operation, status: u16) -> Option<&'static Row> {
    let of_iam = iam::SILENT.iter().filter(|_| operation.service == "iam");
    of_iam.chain(http::ROWS).find(|row| row.http_status == Some(status))
}

fn variant(code: Option<&str>, message: &str) -> Option<&'static Variant> {
    (family(code?) == "APIGW.0301").then(|| gateway::variant_of(message))?
}

/// The row that fits best: that of the operation before that of any, and among these the one with the answer's status, or one like it. The
/// first of equals.
fn listed(operation: Operation, status: u16, code: &str) -> Option<&'static Row> {
    let code = family(code);
    let rank = |row: &Row| {
        let like = |other: u16| other / 100 == status / 100;
        (
            row.operations.contains(&operation.name),
            row.operations.is_empty(),
            row.http_status == Some(status),
            row.http_status.is_some_and(like),
        )
    };
    coded().filter(|row| row.code == code).reduce(|best, row| if rank(row) > rank(best) { row } else { best })
}

/// A code as the catalogue has it: the gateway's name has three spellings, depending on the host.
pub fn family(code: &str) -> String {
    match code.strip_prefix("APIG.").or_else(|| code.strip_prefix("APIC.")) {
        Some(number) => format!("APIGW.{number}"),
        None => code.to_owned(),
    }
}

/// A verdict answers only the operation that asked for it; to every other it is a failure of its class.
fn asked(operation: Operation, row: &Row) -> Explanation {
    let found = row.explanation();
    if row.operations.is_empty() || row.operations.contains(&operation.name) {
        return found;
    }
    Explanation { ok: false, reason: found.class.reason(), ..found }
}

/// Nothing is known but the status. Where a code came that nobody has catalogued, it is believed only where it can mean one thing: this family
/// sends 400, 403 and 404 for limits, states and typing errors alike, and a wrong guess would close a credential or declare a backup gone.
fn by_status(status: u16, (meaning, hint): (&'static str, &'static str)) -> Explanation {
    let class = match status {
        401 => Class::Unauthenticated,
        429 => Class::Throttled,
        409 => Class::Busy,
        500.. => Class::Unavailable,
        _ => Class::Unexpected,
    };
    let acted = if class == Class::Unauthenticated || class == Class::Throttled { Acted::No } else { Acted::Perhaps };
    Explanation { acted, ..Explanation::of(class, meaning, hint) }
}

const UNKNOWN: (&str, &str) = (
    "the cloud refused with a code that this release does not know",
    "look the code up in the error pages of the service, and please report it so that it gets an entry",
);

const SILENT: (&str, &str) = (
    "the cloud refused without a code",
    "lastError.httpStatus is all there is; if it stays, ask the vendor's support about lastError.requestId",
);

/// What the call was bears on whether it may have acted.
fn settled(operation: Operation, status: u16, found: Explanation) -> Explanation {
    let acted = match operation.effect {
        Effect::Read => Acted::No,
        // A service that failed inside may have failed after it acted.
        Effect::Repeatable | Effect::Once if status >= 500 => Acted::Perhaps,
        Effect::Repeatable | Effect::Once => found.acted,
    };
    Explanation { acted, ..found }
}

#[cfg(test)]
mod tests;
