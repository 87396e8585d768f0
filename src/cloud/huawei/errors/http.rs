//! What a status says where the answer is in the vendor's form but carries no code, by the service's own table. The code of these rows is the status.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    let row = Row::any(code, Some(http_status), class, meaning, hint).of("http");
    // Whatever was called may have been reached before it failed.
    if http_status >= 500 { row.perhaps_acted() } else { row }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "200",
        200,
        Class::Unexpected,
        "the call succeeded",
        "nothing to do: what the answer says about each single question stands in its body",
    )
    .no_failure()
    .shown_as(Reason::Succeeded),
    row(
        "400",
        400,
        Class::Invalid,
        "the service does not take the request, and does not say why",
        "go through spec for ids that are incomplete or in the wrong field; turn on debug logs to see the service's own words",
    ),
    row(
        "401",
        401,
        Class::Unauthenticated,
        "the service does not accept who is calling, and gives no closer reason",
        "log in once by hand with the values of the credential's Secret, in the same project, to see which of them is wrong",
    ),
    row(
        "403",
        403,
        Class::Denied,
        "the identity has no right for this, and no code tells which is missing",
        "give the IAM user a role for the service in the project, such as CSBS Administrator on Huawei Cloud or csbs_adm on OTC",
    ),
    row(
        "404",
        404,
        Class::NotFound,
        "what the request names is not there",
        "check first the ids in spec, then spec.projectId, then whether endpoints[].url leads to the right service",
    ),
    row(
        "500",
        500,
        Class::Unavailable,
        "the service failed and gives no code",
        "nothing to do: it is tried again; the vendor's support can look it up by lastError.requestId",
    ),
    row(
        "503",
        503,
        Class::Unavailable,
        "the service takes no requests at present",
        "nothing to do for a while; days of it may mean that the region is giving the service up",
    ),
];
