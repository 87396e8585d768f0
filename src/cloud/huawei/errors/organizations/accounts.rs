//! Member accounts, the handshakes that bring them in, and the administrators among them.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

pub(super) const ROWS: &[Row] = &[
    row(
        "Organizations.1300",
        404,
        Class::NotFound,
        "the organization has no member of this id",
        "take the account id, 32 characters, from the list of members; names do not serve in its place",
    ),
    row(
        "Organizations.1301",
        404,
        Class::NotFound,
        "no creation of an account is known under this id",
        "list create-account-status and look for the account's name: ids begin with car-",
    ),
    row(
        "Organizations.1302",
        400,
        Class::Busy,
        "the account has meanwhile got another parent than the move supposes",
        "nothing to do: the present parent is read and the move repeated; a second tool may be moving the account",
    ),
    row(
        "Organizations.1303",
        400,
        Class::Invalid,
        "the account cannot be moved to where the move would take it",
        "let destination_parent_id be the root or an OU of the same organization",
    ),
    row(
        "Organizations.1304",
        400,
        Class::Invalid,
        "an account that manages or administers the organization stays in it",
        "deregister the delegated administrator before it leaves; the management account can only delete the organization",
    ),
    row(
        "Organizations.1305",
        400,
        Class::Quota,
        "the organization has as many members as its quota allows",
        "ask for a higher quota of accounts; making room is slow, since at most 10 % of the members can be closed in 30 days",
    ),
    row(
        "Organizations.1306",
        409,
        Class::Invalid,
        "the account is a member somewhere, and nobody can be in two organizations",
        "look for the account in your own tree first; if it is another's member, it has to leave there",
    ),
    row(
        "Organizations.1307",
        409,
        Class::Precondition,
        "an invitation of this account is open",
        "nothing to do: let the account accept the handshake, within 14 days",
    )
    .no_failure(),
    row(
        "Organizations.1308",
        400,
        Class::Invalid,
        "only accounts of the same enterprise can be invited by this organization",
        "associate the account with the enterprise's master in the Enterprise Center before inviting it",
    ),
    row(
        "Organizations.1309",
        400,
        Class::Invalid,
        "the account was registered at another site of the vendor",
        "invite accounts of your own site: those of the Chinese, the international and the European one do not mix",
    ),
    row(
        "Organizations.1310",
        400,
        Class::Invalid,
        "accounts of this kind cannot be invited",
        "invite an account that can be a member; if it is one like others you have, ask support what sets its type apart",
    ),
    row(
        "Organizations.1400",
        404,
        Class::NotFound,
        "no handshake has this id",
        "list handshakes for the id, h- and 8 to 32 characters; old ones are forgotten, so invite anew",
    ),
    row(
        "Organizations.1401",
        400,
        Class::Busy,
        "the handshake is no longer open: accepted, declined, cancelled or expired",
        "nothing to do: its state is read again; one that expired after 14 days needs a new invitation",
    ),
    row(
        "Organizations.1402",
        400,
        Class::Quota,
        "today's number of cancelled handshakes is used up",
        "wait until tomorrow, or let the invitation expire by itself",
    )
    .daily(),
    row(
        "Organizations.1500",
        404,
        Class::NotFound,
        "the account administers nothing for this service",
        "see in the console which account is registered for the service_principal",
    ),
    row(
        "Organizations.1501",
        409,
        Class::Precondition,
        "the account is that service's delegated administrator already",
        "nothing to do if the registered account is the one that is wanted; else deregister it first",
    )
    .no_failure(),
    row(
        "Organizations.2201",
        400,
        Class::Unexpected,
        "the account's tie to its master could not be changed",
        "ask the enterprise's administrator to make the change in the Enterprise Center; its error there says more",
    ),
    row(
        "Organizations.2202",
        400,
        Class::Quota,
        "the account changed its master more often than is allowed",
        "leave the association as it is until next month: ten changes a month are the most",
    ),
];
