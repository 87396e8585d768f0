//! The organization itself, its root and its units.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    row(
        "Organizations.1100",
        404,
        Class::NotFound,
        "the credential's account has no organization",
        "create the organization in the console of the account that is to manage it",
    ),
    row(
        "Organizations.1101",
        409,
        Class::Precondition,
        "there is nothing to found: the account is in an organization already",
        "nothing to do if it is the right one; otherwise the account has to leave it first",
    )
    .no_failure(),
    row(
        "Organizations.1102",
        400,
        Class::Precondition,
        "the organization is not empty",
        "detach and delete policies, move or remove members, delete OUs from the leaves up, then the organization",
    ),
    row(
        "Organizations.1103",
        400,
        Class::Invalid,
        "in an enterprise only the master account can found an organization",
        "found it with a CloudCredential of the enterprise's master account",
    )
    .shown_as(Reason::AccountMismatch),
    row(
        "Organizations.1200",
        404,
        Class::NotFound,
        "no organizational unit has this id",
        "correct the OU's id: ou- and 8 to 32 letters or digits, all lower case",
    ),
    row(
        "Organizations.1201",
        404,
        Class::NotFound,
        "the parent is neither the root nor a unit of this organization",
        "take the parent's id from the tree in the console: a root's begins with r-",
    ),
    row(
        "Organizations.1202",
        400,
        Class::Precondition,
        "the unit still holds accounts or other units",
        "move its accounts to another parent and delete the OUs below it; an OU itself cannot be moved",
    ),
    row("Organizations.1203", 400, Class::Quota, "units are nested as deep as the quota allows", "put the new OU further up in the tree"),
    row(
        "Organizations.1204",
        400,
        Class::Quota,
        "the organization has as many units as its quota allows",
        "delete OUs that hold nothing, or ask for a higher quota of OUs",
    ),
    row(
        "Organizations.1205",
        409,
        Class::Invalid,
        "a sibling has this name already",
        "choose another OU name, 1 to 64 characters; if it is the OU that was meant, use its id",
    ),
    row(
        "Organizations.1609",
        404,
        Class::NotFound,
        "the organization has no root of this id",
        "ask GET /roots for the id of the one root there is",
    ),
    // Right after a create this can be delay only; it is still not there.
    row(
        "Organizations.2104",
        404,
        Class::NotFound,
        "no root, unit or account has this id, or it is too new to be seen",
        "wait some minutes if it was created just now; else correct the entity's id",
    ),
];
