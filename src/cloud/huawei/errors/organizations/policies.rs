//! Policies, their contents, their types, and what they are attached to.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

pub(super) const ROWS: &[Row] = &[
    row(
        "Organizations.1600",
        404,
        Class::NotFound,
        "no policy has this id",
        "correct the policy's id, which begins with p-; a policy of another organization cannot be used",
    ),
    row(
        "Organizations.1601",
        404,
        Class::NotFound,
        "the policy is not attached there, so there is nothing to detach",
        "nothing to do, unless the attachment was expected: then look at attached-entities of the policy",
    )
    .no_failure(),
    row(
        "Organizations.1602",
        404,
        Class::NotFound,
        "what the policy should be attached to does not exist",
        "let entity_id be the id of a root, an OU or an account of the organization",
    ),
    row(
        "Organizations.1603",
        409,
        Class::Precondition,
        "the policy is attached there already",
        "nothing to do: the attachment is as it was wanted",
    )
    .no_failure(),
    // Message and description say the opposite of each other. It comes when a policy is deleted, so it can only mean that one is attached.
    row(
        "Organizations.1604",
        400,
        Class::Precondition,
        "the policy is still attached somewhere, and stays until it is not",
        "detach the policy from every root, OU and account that attached-entities lists, then delete it",
    ),
    row(
        "Organizations.1605",
        400,
        Class::Invalid,
        "the policy is one of the vendor's own and cannot be changed",
        "create a policy of your own with the content you want; FullAccess and its like stay as they are",
    ),
    row(
        "Organizations.1606",
        400,
        Class::Quota,
        "the organization has as many policies as its quota allows",
        "merge statements of several policies into one, or delete those attached to nothing",
    ),
    row(
        "Organizations.1607",
        400,
        Class::Quota,
        "no further service control policy fits on this root, unit or account",
        "attach the policy one level higher, or merge two; the quota's name is service_control_policy_per_entity",
    ),
    row(
        "Organizations.1608",
        400,
        Class::Invalid,
        "the content is no policy that the service can read",
        "write content as JSON with \"Version\": \"5.0\" and a list Statement of Effect, Action, Resource; the console's editor marks the place",
    ),
    row(
        "Organizations.1610",
        404,
        Class::Precondition,
        "the root does not have this type of policy switched on",
        "enable the policy type on the root, under Policies in the Organizations console",
    ),
    row(
        "Organizations.1611",
        400,
        Class::Precondition,
        "the type of policy is being switched on or off, or is not in the state that this needs",
        "look at policy_types of GET /roots and wait while it says pending_enable or pending_disable",
    ),
    row(
        "Organizations.1612",
        409,
        Class::Invalid,
        "the organization has a policy of this name",
        "give the policy another name, or change the existing one",
    ),
    row(
        "Organizations.1613",
        400,
        Class::Precondition,
        "service control policies are switched off in the organization",
        "enable service_control_policy on the root first; it attaches FullAccess everywhere, so nothing breaks",
    ),
    row(
        "Organizations.1614",
        400,
        Class::Precondition,
        "each root, unit and account has to keep one service control policy, and this is it",
        "attach the new policy first, and detach the old one after it",
    ),
    row(
        "Organizations.1615",
        400,
        Class::Invalid,
        "the policy's name is nothing but blanks",
        "give the policy a name of 1 to 64 letters, digits, blanks, - and _, with at least one that is not blank",
    ),
    // Passes by itself, although the status says otherwise.
    row(
        "Organizations.1616",
        400,
        Class::Busy,
        "an earlier change of a policy is still spreading",
        "nothing to do: it is sent again soon; changes of policies go best one after the other",
    ),
    // Passes by itself, although the status says otherwise.
    row(
        "Organizations.1617",
        400,
        Class::Unavailable,
        "the service did not manage to switch the type of policy on or off",
        "nothing to do: it is tried again; if it stays, do it once by hand under Policies, which shows more of the cause",
    ),
    row(
        "Organizations.1618",
        400,
        Class::Invalid,
        "the organization does not offer policies of this type",
        "use type service_control_policy or tag_policy; some types are not open in every region",
    ),
    row(
        "Organizations.1619",
        400,
        Class::Invalid,
        "a text is longer than the service takes",
        "shorten the policy's content to 5120 characters: leave blanks out of the JSON, or split it into two policies",
    ),
    row(
        "Organizations.2105",
        400,
        Class::Invalid,
        "effective policies cannot be asked for with this type",
        "set policy_type to tag_policy, the only one that is merged down the tree",
    ),
];
