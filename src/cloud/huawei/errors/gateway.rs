//! Codes of the API gateway, which answers before any service does: paths, sizes, rates, and who may come in. On some hosts the prefix is `APIG`
//! or `APIC`, and a few statuses differ.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    let row = Row::any(code, Some(http_status), class, meaning, hint).of("apigw");
    // Whatever was called may have been reached before it failed.
    if http_status >= 500 { row.perhaps_acted() } else { row }
}

pub(super) const ROWS: &[Row] = &[
    // Listed twice by the vendor, once for the path and once for the method: nothing in an answer tells the two apart.
    row(
        "APIGW.0101",
        404,
        Class::Invalid,
        "nothing at this host answers to the path, or not with this method",
        "check spec.region and endpoints[].url of the CloudCredential: the region may not have the service, or not any more",
    ),
    row(
        "APIGW.0103",
        404,
        Class::Invalid,
        "the gateway has a path for the call, but no service behind it",
        "try the service in another spec.region; if it is offered in this one, report the missing backend to the vendor's support",
    ),
    row(
        "APIGW.0104",
        400,
        Class::Invalid,
        "a plug-in that the gateway wants to use for the call is missing",
        "nothing in spec can change that: give lastError.requestId to the vendor's support, and name the plug-in",
    ),
    row(
        "APIGW.0105",
        400,
        Class::Invalid,
        "the gateway does not know where the service is",
        "let support look at the gateway's backend configuration in the region, with lastError.requestId",
    ),
    row(
        "APIGW.0106",
        400,
        Class::Invalid,
        "the gateway cannot fit what was sent to what the service expects",
        "check that ids in spec hold no blanks, slashes or umlauts; if they don't, please report this",
    ),
    // One code with six statuses: whether it passes by itself is told by them alone. The first of the 4xx and of the 5xx stands for those not listed.
    row(
        "APIGW.0201",
        400,
        Class::Invalid,
        "the gateway does not take a parameter of the request",
        "look for a typing error in spec.projectId, spec.providerId and the other ids",
    ),
    row(
        "APIGW.0201",
        413,
        Class::Invalid,
        "the request is larger than the 12 MB that the gateway lets through",
        "split the object in several: this one lists more than one request can hold",
    ),
    row(
        "APIGW.0201",
        414,
        Class::Invalid,
        "the address of the request is too long for the gateway",
        "shorten what goes into the address: names and filters such as those of a list",
    ),
    row(
        "APIGW.0201",
        494,
        Class::Invalid,
        "the gateway cannot hold the request's headers",
        "a token with many roles is several KB long: give the IAM user fewer roles, or use auth.accessKey in place of auth.password",
    ),
    row(
        "APIGW.0201",
        502,
        Class::Unavailable,
        "the gateway does not get through to the service",
        "nothing to do: it is tried again; an outage of hours should be on the vendor's health dashboard",
    ),
    row(
        "APIGW.0201",
        504,
        Class::Unavailable,
        "the gateway waited in vain for the service's answer",
        "nothing to do for a single one; if all calls of the service end so, tell the vendor's support which",
    ),
    row(
        "APIGW.0301",
        401,
        Class::Unauthenticated,
        "the gateway does not accept key, signature or token",
        "compare the credential's Secret with the key in the IAM console, and provider with where the key is from; after five failures the key is locked for five minutes",
    ),
    row(
        "APIGW.0302",
        403,
        Class::Denied,
        "the gateway keeps this IAM user away from the API",
        "have the user taken off the API's blacklist, or put on its whitelist",
    ),
    row(
        "APIGW.0303",
        401,
        Class::Unauthenticated,
        "the gateway took the key for an application's, and it is not valid as one",
        "steward signs as an IAM user: check that endpoints[].url leads to the cloud's service and not to an API of your own",
    ),
    row(
        "APIGW.0304",
        403,
        Class::Denied,
        "the application that the key belongs to has no access",
        "authorize the application for the API in the API Gateway console, or use the key of an IAM user",
    ),
    row(
        "APIGW.0305",
        401,
        Class::Unauthenticated,
        "the gateway cannot tell who is calling",
        "replace the values in the credential's Secret by a fresh pair from My Credentials, and no other kind of secret",
    ),
    row(
        "APIGW.0306",
        403,
        Class::Denied,
        "the caller may not use this API",
        "let the API's owner grant access, or give the IAM user's group a role for the service",
    ),
    row(
        "APIGW.0307",
        401,
        Class::Unauthenticated,
        "the token is too old, or of another region",
        "a new one was fetched and did not help: make spec.region and the project in spec.project of the CloudCredential the same region",
    ),
    row(
        "APIGW.0308",
        429,
        Class::Throttled,
        "more calls came than the gateway lets through",
        "nothing to do: calls are spread out; 200 a second is the usual limit, services may set less, and nobody can have it raised",
    ),
    row(
        "APIGW.0310",
        403,
        Class::Denied,
        "the project is suspended or otherwise out of use",
        "see the project's state in the IAM console, or set spec.project of the CloudCredential to another one",
    ),
    row(
        "APIGW.0311",
        401,
        Class::Unauthenticated,
        "the gateway took the call for a test run from its console, with the wrong key",
        "look for something between that adds debugging headers to requests; without such, it is for support to find out",
    ),
    row(
        "APIGW.0401",
        403,
        Class::Denied,
        "the gateway cannot see which address the call comes from",
        "check the NAT or proxy that the cluster goes out through: it hides the client's address",
    ),
    row(
        "APIGW.0402",
        403,
        Class::Denied,
        "calls from the cluster's address are not let in",
        "add the address that the cluster goes out with to the API's access control list, and to address rules in IAM",
    ),
    row(
        "APIGW.0404",
        403,
        Class::Denied,
        "the gateway may not connect to the service behind it",
        "if endpoints[].url leads to a gateway of your own, allow its backend address there; else it is the vendor's to repair",
    ),
    // A limit, whatever its status 405: no right is missing.
    row(
        "APIGW.0501",
        405,
        Class::Quota,
        "the application has made all the calls of its quota",
        "raise the application's quota in the API Gateway console, or wait until its period is over",
    ),
    row(
        "APIGW.0502",
        405,
        Class::Denied,
        "the application is frozen, as happens when bills are open",
        "pay what the account owes; the Billing Center shows it",
    ),
    row(
        "APIGW.0601",
        500,
        Class::Unavailable,
        "the gateway failed inside",
        "nothing to do: it is tried again; a ticket about it needs lastError.requestId and the hour",
    ),
    row(
        "APIGW.0602",
        400,
        Class::Invalid,
        "the gateway finds no sense in the request",
        "look for a proxy that alters requests on their way; if there is none, please report this",
    )
    .shown_as(Reason::InternalError),
    row(
        "APIGW.0605",
        500,
        Class::Unavailable,
        "the gateway cannot resolve the name of the service behind it",
        "the name is the vendor's, not the cluster's DNS: wait, then ask support",
    ),
    row(
        "APIGW.0606",
        500,
        Class::Unavailable,
        "the gateway has not loaded its description of the API",
        "wait an hour, then ask support why the API's configuration is not loaded in the region",
    ),
    row(
        "APIGW.0607",
        400,
        Class::Invalid,
        "the host does not talk over the protocol that was used",
        "let endpoints[].url of the CloudCredential begin with https://",
    )
    .shown_as(Reason::EndpointNotAllowed),
    row(
        "APIGW.0608",
        500,
        Class::Unavailable,
        "the gateway got no information about the account",
        "nothing to do; should it last, ask support about the gateway's admin token",
    ),
    row(
        "APIGW.0609",
        500,
        Class::Unavailable,
        "the network channel to the service is missing",
        "nothing to do at this end: the VPC channel of the gateway is for support to restore",
    ),
    row(
        "APIGW.0610",
        502,
        Class::Unavailable,
        "all servers of the service are down",
        "nothing to do: it is tried again; see the health dashboard for an incident of the service",
    ),
    row(
        "APIGW.0611",
        500,
        Class::Unavailable,
        "the gateway knocks at a port of the service that is closed",
        "wait an hour, then ask support about the backend's port with lastError.requestId",
    ),
    row(
        "APIGW.0612",
        500,
        Class::Unavailable,
        "the request goes round in circles between gateways",
        "if endpoints[].url leads to a gateway of your own, see that its backend does not lead back: ten hops are the most",
    ),
    row(
        "APIGW.0613",
        503,
        Class::Unavailable,
        "IAM is down, so nobody can be let in",
        "nothing to do: key and token are fine, and are used again when IAM is back",
    ),
    row(
        "APIGW.0705",
        500,
        Class::Unavailable,
        "the gateway cannot sign its own request to the service",
        "your key has no part in this: support has to repair the gateway's backend signature",
    ),
    row(
        "APIGW.0801",
        403,
        Class::Denied,
        "the service is not open to callers from this region",
        "set spec.region to a region where the account uses the service, or ask whether it can be used across regions",
    ),
    row(
        "APIGW.0802",
        403,
        Class::Denied,
        "the IAM user is shut out of the region",
        "grant the user's group a role in the project of this region in IAM, or change spec.region",
    ),
];

/// A way in which key, signature or token are wrong. All come as `APIGW.0301`, and only the message tells which it is.
pub(super) struct Variant {
    /// Any of these is in the message.
    told_by: &'static [&'static str],
    pub row: Row,
}

const fn variant(told_by: &'static [&'static str], meaning: &'static str, hint: &'static str) -> Variant {
    Variant { told_by, row: row("APIGW.0301", 401, Class::Unauthenticated, meaning, hint) }
}

pub(super) const VARIANTS: &[Variant] = &[
    variant(
        &["verify aksk signature fail"],
        "the signature does not belong to the key and the request",
        "put the secretKey of this very accessKey into the Secret; if it is right, a proxy changes requests after they are signed",
    ),
    // Every further try, also somebody else's, keeps it locked.
    variant(
        &["failed to reach the limit"],
        "the key is locked for five minutes, because five signatures in a row were wrong",
        "find who else uses the key with a wrong secret and stop that; then wait five minutes, or give steward a key of its own",
    ),
    variant(
        &["signature expired"],
        "the request is dated more than 15 minutes off, or the temporary key has run out",
        "set the clock of the node that the operator runs on; with a securityToken in the Secret, renew all three values",
    ),
    variant(
        &["Get secretKey failed", "ak not exist"],
        "the cloud that was asked does not know the access key, or it is disabled",
        "see under My Credentials whether the key is enabled; a key of Huawei Cloud is unknown to OTC and the other way round, so check spec.provider too",
    ),
    variant(
        &["decrypt token fail"],
        "the token cannot be read here: cut off, or from another region or cloud",
        "a new token is fetched once; if that does not help, spec.endpoints has an IAM of another region than the service's",
    ),
    variant(
        &["token expires"],
        "the token's 24 hours are over",
        "nothing to do: the next token is fetched; if this comes again at once, set the node's clock",
    ),
    variant(
        &["x-auth-token not found"],
        "the request arrived without token and without signature",
        "look for a proxy that strips the headers X-Auth-Token and Authorization, and go around it",
    ),
];

/// Which variant a message tells of. Behind the cause the message repeats headers of the request, so the first words that fit count.
pub(super) fn variant_of(message: &str) -> Option<&'static Variant> {
    let message = message.to_ascii_lowercase();
    VARIANTS
        .iter()
        .filter_map(|variant| {
            let at = variant.told_by.iter().filter_map(|words| message.find(&words.to_ascii_lowercase())).min();
            at.map(|at| (at, variant))
        })
        .min_by_key(|(at, _)| *at)
        .map(|(_, variant)| variant)
}
