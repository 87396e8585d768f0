//! Who asks and how: the account, its rights, headers and markers, and what the service could not find out about the caller.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    // Four codes with 401 whose credentials are in order: it is the account that is the wrong one, and no login or key would change that.
    row(
        "Organizations.1001",
        401,
        Class::Denied,
        "only the organization's management account may do this, and the credential belongs to another one",
        "use a CloudCredential of the management account and pin it with expectedAccountId; the present key needs no renewal",
    )
    .shown_as(Reason::AccountMismatch),
    row(
        "Organizations.1002",
        401,
        Class::Denied,
        "the caller is neither the management account nor a delegated administrator",
        "register this account as delegated administrator in the Organizations console, or use the management account's CloudCredential",
    )
    .shown_as(Reason::AccountMismatch),
    row(
        "Organizations.1015",
        401,
        Class::Denied,
        "the credential's account is in no organization",
        "invite the account and accept the handshake, or use a CloudCredential of an account that is in",
    )
    .shown_as(Reason::AccountMismatch),
    row(
        "Organizations.1018",
        401,
        Class::Denied,
        "this is for members, and the credential is the management account's or an outsider's",
        "use the CloudCredential of the member that is to act, such as the one to leave",
    )
    .shown_as(Reason::AccountMismatch),
    row(
        "Organizations.1003",
        409,
        Class::Busy,
        "the organization is in the middle of another change, and makes one at a time",
        "nothing to do: it is sent again; pipelines that write to one organization should take turns",
    ),
    row(
        "Organizations.1004",
        400,
        Class::Unavailable,
        "the service did not get the management token that it works with",
        "nothing to do at first; if it stays, ask support about the management token, with lastError.requestId",
    ),
    // The account's place in its enterprise is at fault, as far as the vendor says.
    row(
        "Organizations.1005",
        400,
        Class::Invalid,
        "the account's relations in the enterprise could not be looked up",
        "see in the Enterprise Center whether the account is a master or a member there, and settle what is pending",
    ),
    row(
        "Organizations.1006",
        400,
        Class::Unavailable,
        "the service could not take on the role that it acts with",
        "nothing to do for an hour; then see whether somebody deleted the agencies of Organizations in IAM",
    ),
    row(
        "Organizations.1007",
        403,
        Class::Denied,
        "an IAM policy or an organization's guard rail forbids the action",
        "allow the action of lastError.operation in IAM; if it is, look at the service control policies on the account and on each OU above it",
    ),
    row(
        "Organizations.1008",
        400,
        Class::Unexpected,
        "the service could not find out whether the identity may do this",
        "let the administrator look at the identity's custom policies in IAM; if they are in order, open a ticket with lastError.requestId",
    ),
    row(
        "Organizations.1009",
        400,
        Class::Unexpected,
        "the service failed to act in the caller's name",
        "use the key of an IAM user in place of an agency; if that fails too, it is for support",
    ),
    // A missing header, not a missing object: nothing is gone.
    row(
        "Organizations.1010",
        404,
        Class::Invalid,
        "a header that the call needs did not arrive; no object is missing",
        "look for a proxy that drops headers such as X-Domain-Id; if there is none, please report this",
    )
    .shown_as(Reason::InternalError),
    row(
        "Organizations.1011",
        400,
        Class::Invalid,
        "the service cannot work with the profile of the calling user",
        "let the administrator compare the IAM user's entry with that of a user who gets through",
    ),
    row(
        "Organizations.1012",
        400,
        Class::Invalid,
        "attributes that came with the identity make no sense to the service",
        "look at conditions and session tags of the agency or identity provider behind the credential",
    ),
    row(
        "Organizations.1013",
        400,
        Class::Invalid,
        "the mark for the next page is not one that the service gave out",
        "nothing in spec is wrong: listing starts over; if it comes back, look for a proxy that rewrites addresses",
    )
    .shown_as(Reason::InternalError),
    row(
        "Organizations.1014",
        400,
        Class::Invalid,
        "a proof header in the request is not valid",
        "steward sends no such header: find what adds one between the cluster and the cloud",
    )
    .shown_as(Reason::InternalError),
    row(
        "Organizations.1016",
        400,
        Class::Unexpected,
        "the account's tags could not be read",
        "see whether the TMS console shows the account's tags; if it does, only support can help",
    ),
    row(
        "Organizations.1017",
        400,
        Class::Unexpected,
        "the service could not read the account's projects",
        "open Projects in the IAM console: one stuck in creation or deletion is worth a ticket",
    ),
    row(
        "Organizations.1019",
        400,
        Class::Unexpected,
        "IAM told the service nothing about the account",
        "check the vendor's status page for IAM; with nothing there, open a ticket with account id and lastError.requestId",
    ),
    row(
        "Organizations.1020",
        400,
        Class::Unexpected,
        "a certificate between two of the vendor's services is not accepted",
        "this is no certificate of yours: report it to support, and expect it to last until they act",
    ),
    row(
        "Organizations.1021",
        400,
        Class::Unauthenticated,
        "the service cannot read the header that says who is calling",
        "copy the values into the credential's Secret anew, without line breaks or quotation marks",
    ),
    row(
        "Organizations.1022",
        400,
        Class::Unexpected,
        "the service could not read which accounts are restricted",
        "ask the administrator whether a restriction of the account is being set or lifted just now",
    ),
    row(
        "Organizations.1023",
        400,
        Class::Unexpected,
        "the service could not read which accounts are frozen",
        "see in the Billing Center whether payments are open; otherwise it is for support",
    ),
    row(
        "Organizations.1104",
        403,
        Class::Denied,
        "the vendor has restricted what the account can do",
        "look for the restriction's notice in the Message Center, and settle its cause",
    ),
    row(
        "Organizations.1105",
        403,
        Class::Denied,
        "the account is frozen",
        "pay open bills or answer the vendor's inquiry: a frozen account stays so until then",
    ),
    row(
        "Organizations.2100",
        400,
        Class::Invalid,
        "a question about the tree names both a parent and a child, or neither",
        "give the call parent_id to go down or child_id to go up, one of them",
    ),
    row(
        "Organizations.2200",
        400,
        Class::Invalid,
        "a point in time is not written as it should be, or lies too far off",
        "write times as RFC 3339 in UTC, 2026-01-31T08:00:00Z, with the start before the end",
    ),
];
