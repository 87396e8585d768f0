//! Tags, quotas, trusted services and the agencies that belong to services.

use super::row;
use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

pub(super) const ROWS: &[Row] = &[
    row(
        "Organizations.1700",
        404,
        Class::NotFound,
        "the resource does not carry the tag",
        "compare the tag's key letter by letter: upper and lower case differ",
    ),
    row(
        "Organizations.1701",
        404,
        Class::NotFound,
        "the resource whose tags are meant does not exist",
        "let type and id fit each other: organizations:ous goes with ou-, organizations:policies with p-",
    ),
    row(
        "Organizations.1702",
        409,
        Class::Precondition,
        "the resource has this tag",
        "nothing to do if the tag's value is the wanted one; two tags of one key cannot be",
    )
    .no_failure(),
    row(
        "Organizations.1703",
        400,
        Class::Quota,
        "the resource has all the tags that it can have",
        "remove tags from the resource: 20 are the most",
    ),
    row(
        "Organizations.1800",
        400,
        Class::Invalid,
        "the service does not take this number for a quota",
        "choose a quota between min and max of GET /quotas",
    ),
    row(
        "Organizations.1900",
        404,
        Class::NotFound,
        "this service is not among those the organization trusts",
        "enable trusted access for it under Services in the Organizations console, or correct service_principal",
    ),
    row(
        "Organizations.1901",
        409,
        Class::Precondition,
        "the organization trusts this service already",
        "nothing to do: trusted access is on",
    )
    .no_failure(),
    // Message and description say the opposite of each other. It comes when trust is ended, so it can only mean that an administrator is left.
    row(
        "Organizations.1902",
        400,
        Class::Precondition,
        "the service still has a delegated administrator",
        "deregister the service's delegated administrators, then disable trusted access",
    ),
    row(
        "Organizations.2000",
        400,
        Class::Invalid,
        "the agency for the service could not be created as asked",
        "compare service_principal with the list of GET /services, and look in IAM for an agency that is in the way",
    ),
    row("Organizations.2001", 400, Class::Invalid, "the request does not say for which application", "add app_name to the call"),
    row(
        "Organizations.2002",
        409,
        Class::Precondition,
        "the service has its agency in this account",
        "nothing to do: the service can act through the agency that is there",
    )
    .no_failure(),
    row(
        "Organizations.2003",
        400,
        Class::Invalid,
        "the agency of the service could not be deleted as asked",
        "check app_name, and take trust from the service first, or it needs its agency still",
    ),
    row(
        "Organizations.2004",
        404,
        Class::NotFound,
        "the account has no agency for this service",
        "enable the service once in the console, which creates its agency",
    ),
    row(
        "Organizations.2005",
        404,
        Class::NotFound,
        "no application of this name is registered",
        "correct app_name; GET /services lists what there is",
    ),
    row(
        "Organizations.2006",
        400,
        Class::Unauthenticated,
        "the JSON web token in the authorization header cannot be read",
        "steward sends no such token: look for a proxy or service mesh that puts its own Authorization header in place of the signature",
    ),
    row(
        "Organizations.2007",
        403,
        Class::Denied,
        "a right is missing for the agency of the service",
        "allow the identity to create service-linked agencies in IAM, then repeat the call",
    ),
    row(
        "Organizations.2101",
        409,
        Class::Invalid,
        "another service goes by this principal or application name",
        "register the service under a service_principal and app_name of its own",
    ),
    row(
        "Organizations.2102",
        404,
        Class::NotFound,
        "no service has this principal",
        "copy service_principal from the answer of GET /services, upper and lower case as there",
    ),
    row(
        "Organizations.2103",
        400,
        Class::Invalid,
        "the services could not be listed as asked",
        "send limit from 1 to 2000, and marker as it came or not at all",
    ),
    row(
        "Organizations.2106",
        404,
        Class::NotFound,
        "IAM does not know the service's principal",
        "have the service registered with IAM before the organization is to trust it",
    ),
];
