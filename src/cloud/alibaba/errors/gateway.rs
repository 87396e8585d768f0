//! Codes of the gateway, which any operation may answer: rates, outages, tokens, parameters, endpoints, dates, signatures, keys
//! and rights.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

pub(super) const ROWS: &[Row] = &[
    Row::any(
        "Throttling",
        Some(400),
        Class::Throttled,
        "the account has used up its rate limit",
        "nothing to do: calls wait for the next minute; if it stays, other tools share this limit with the operator",
    ),
    Row::any(
        "Throttling.User",
        Some(400),
        Class::Throttled,
        "the limit on all calls of this RAM identity is reached",
        "nothing to do at first; if it stays, give the operator a RAM user of its own, so that others do not use up its calls",
    ),
    Row::any(
        "Throttling.Api",
        Some(400),
        Class::Throttled,
        "the account's limit on this one operation is reached",
        "nothing to do at first; if it stays, raise the operation's quota in the Quota Center",
    ),
    Row::any(
        "Rejected.Throttling",
        None,
        Class::Throttled,
        "the gateway turned the call away because too many came at once",
        "nothing to do: the queue for this operation pauses; if it stays, lengthen syncInterval",
    ),
    Row::any(
        "InternalError",
        Some(500),
        Class::Unavailable,
        "the service failed inside",
        "nothing to do: it is tried again; if it stays, give lastError.requestId to the vendor's support",
    )
    .perhaps_acted(),
    Row::any(
        "ServiceUnavailable",
        Some(503),
        Class::Unavailable,
        "the service is not there at the moment",
        "nothing to do: it is tried again; long outages are on the vendor's status page",
    )
    .perhaps_acted(),
    Row::any(
        "ServiceUnavailable.RegionMaintaining",
        Some(503),
        Class::Unavailable,
        "the region is under maintenance",
        "wait for the end of the maintenance that the vendor announced for spec.region",
    )
    .perhaps_acted(),
    Row::any(
        "UnknownError",
        Some(400),
        Class::Unavailable,
        "the service failed and does not say why",
        "it is tried again; if it stays, open a ticket that quotes lastError.requestId",
    )
    .perhaps_acted(),
    Row::any("SystemBusy", None, Class::Unavailable, "the service has too much to do", "nothing to do: it is tried again after a pause"),
    Row::any(
        "OperationConflict",
        Some(409),
        Class::Busy,
        "another change to the same resource is under way",
        "nothing to do: that change is waited for; if it stays, find out which other tool writes to the resource",
    ),
    Row::any(
        "LastTokenProcessing",
        Some(403),
        Class::Busy,
        "an earlier call with this token is still being worked on",
        "nothing to do: what became of the earlier call is looked up",
    )
    .perhaps_acted(),
    Row::any(
        "OperationFailed.LastTokenProcessing",
        None,
        Class::Busy,
        "the service has not finished with a call that carried this token",
        "nothing to do: the unfinished call's outcome comes first",
    )
    .perhaps_acted(),
    Row::any(
        "IdempotentProcessing",
        None,
        Class::Busy,
        "the first call with this token is not over",
        "nothing to do: the first call is looked up before anything is sent again",
    )
    .perhaps_acted(),
    Row::any(
        "IdempotentParameterMismatch",
        Some(400),
        Class::Invalid,
        "an earlier call carried this token with other parameters",
        "see in the console what the earlier call did; only then ask for a new run",
    )
    .perhaps_acted()
    .shown_as(Reason::OutcomeUnknown),
    Row::any(
        "DryRunOperation",
        None,
        Class::Invalid,
        "the call was a rehearsal, and would have been accepted",
        "nothing was changed; steward rehearses only to learn whether it may list instances, so look for what else adds DryRun on the way",
    )
    .shown_as(Reason::InternalError),
    Row::any(
        "MissingParameter",
        Some(400),
        Class::Invalid,
        "something that the operation needs was not sent",
        "compare spec with the operation's page: a field that the cloud demands is not set",
    ),
    Row::any(
        "InvalidParameter",
        Some(400),
        Class::Invalid,
        "the cloud does not take one of the values",
        "check ids, names and numbers in spec for typing errors",
    ),
    Row::any(
        "InvalidParameter.IsNull",
        Some(400),
        Class::Invalid,
        "a value that must be there came empty",
        "look for an empty text in spec and fill it in",
    ),
    Row::any(
        "UnsupportedOperation",
        Some(400),
        Class::Invalid,
        "this resource, or this region, does not offer the operation",
        "name a resource of another type in spec, or try another spec.region",
    ),
    Row::any(
        "UnsupportedParameter",
        Some(400),
        Class::Invalid,
        "the operation does not take one of the fields that were sent",
        "remove from spec the field that this region or this resource does not have",
    ),
    Row::any(
        "ResourceNotAvailable",
        Some(400),
        Class::Invalid,
        "the service has nothing to offer in the region",
        "set spec.region to one where the service exists",
    ),
    Row::any(
        "InvalidRegionId.NotFound",
        Some(404),
        Class::Invalid,
        "there is no region of this name",
        "correct spec.region, or region on the CloudCredential; an example is cn-hangzhou",
    ),
    Row::any(
        "InvalidOperation.NotSupportedEndpoint",
        None,
        Class::Invalid,
        "the endpoint serves other regions than the one asked for",
        "let endpoints[].url of the CloudCredential and spec.region mean the same region",
    ),
    Row::any(
        "InvalidProduct.NotFound",
        Some(404),
        Class::Invalid,
        "no service of the cloud answers under this host name",
        "correct endpoints[].url of the CloudCredential, or remove it to get the usual host",
    ),
    Row::any(
        "InvalidApi.NotFound",
        Some(404),
        Class::Invalid,
        "the service behind the endpoint has no such operation",
        "check that each entry of endpoints[] on the CloudCredential points to the service it names",
    ),
    Row::any(
        "InvalidAction.NotFound",
        None,
        Class::Invalid,
        "the operation is unknown where the request went",
        "the region may not have it yet: try another spec.region, or ask the vendor when it comes",
    ),
    Row::any(
        "NoSuchVersion",
        Some(400),
        Class::Invalid,
        "the endpoint does not speak the API version that was asked for",
        "upgrade the operator; until then no object of this kind can work in the region",
    )
    .shown_as(Reason::InternalError),
    Row::any(
        "InvalidProtocol.NeedSsl",
        Some(404),
        Class::Invalid,
        "the operation is refused over plain http",
        "write https:// in endpoints[].url of the CloudCredential",
    )
    .shown_as(Reason::EndpointNotAllowed),
    Row::any(
        "UnsupportedHTTPMethod",
        Some(403),
        Class::Invalid,
        "the request did not arrive as the POST it was sent as",
        "look for a proxy on the way that rewrites requests, and go around it",
    )
    .shown_as(Reason::InternalError),
    Row::any(
        "InvalidTimeStamp.Format",
        Some(400),
        Class::Invalid,
        "the cloud cannot read the request's date",
        "look for a proxy that changes the header x-acs-date; if there is none, please report this",
    )
    .shown_as(Reason::InternalError),
    Row::any(
        "InvalidTimeStamp.Expired",
        Some(400),
        Class::Unavailable,
        "the clocks of the operator and of the cloud are more than a quarter of an hour apart",
        "set the clock of the node that the operator runs on",
    ),
    Row::any(
        "IllegalTimestamp",
        Some(400),
        Class::Unavailable,
        "the cloud found no usable date in the request",
        "check that the header x-acs-date survives the way, and that the node's time is right",
    ),
    Row::any(
        "SignatureNonceUsed",
        Some(400),
        Class::Unavailable,
        "one request reached the cloud twice",
        "nothing to do for a single one; if it stays, something on the way repeats requests",
    )
    .perhaps_acted(),
    Row::any(
        "SignatureDoesNotMatch",
        Some(403),
        Class::Unauthenticated,
        "the secret does not belong to the access key",
        "put the accessKeySecret of this very accessKeyId into the credential's Secret",
    ),
    Row::any(
        "IncompleteSignature",
        Some(400),
        Class::Unauthenticated,
        "the cloud cannot make sense of the signature",
        "check the credential's Secret for blanks and quotes around the values, and the way out for proxies that touch headers",
    ),
    Row::any(
        "InvalidAccessKeyId.NotFound",
        Some(400),
        Class::Unauthenticated,
        "the cloud knows no such access key",
        "put an existing key into the credential's Secret, accessKeyId and accessKeySecret together",
    ),
    Row::any(
        "InvalidAccessKeyId.Inactive",
        Some(400),
        Class::Unauthenticated,
        "the access key is switched off",
        "enable the key in the RAM console, or put another one into the credential's Secret",
    ),
    Row::any(
        "Forbidden.AccessKeyDisabled",
        Some(403),
        Class::Unauthenticated,
        "the access key was disabled, perhaps because it leaked",
        "create a new key in the RAM console for the credential's Secret, and find out who disabled the old one",
    ),
    Row::any(
        "InvalidSecurityToken.Expired",
        Some(400),
        Class::Unauthenticated,
        "the temporary key has run out",
        "renew the key and its securityToken in the credential's Secret",
    ),
    Row::any(
        "InvalidSecurityToken.Malformed",
        Some(400),
        Class::Unauthenticated,
        "the session token is damaged",
        "copy securityToken into the credential's Secret again, in full and without line breaks",
    ),
    Row::any(
        "InvalidSecurityToken.MismatchWithAccessKey",
        Some(400),
        Class::Unauthenticated,
        "the session token is that of another key",
        "replace accessKeyId, accessKeySecret and securityToken in the Secret with three that came together",
    ),
    Row::any(
        "MissingSecurityToken",
        None,
        Class::Unauthenticated,
        "a temporary key came without its session token",
        "add securityToken to the credential's Secret",
    ),
    Row::any(
        "Forbidden",
        Some(403),
        Class::Denied,
        "the identity may not do this",
        "let a RAM policy of the identity allow the action named in lastError.operation",
    ),
    Row::any(
        "Forbidden.RAM",
        Some(403),
        Class::Denied,
        "no RAM policy of the identity allows the call",
        "attach a policy with the action in lastError.operation to the RAM user or role of the CloudCredential",
    ),
    Row::any(
        "Forbidden.NotSupportRAM",
        Some(403),
        Class::Denied,
        "RAM users and roles cannot call this operation at all",
        "only a key of the account itself could: better leave this object to a person",
    ),
    Row::any(
        "Forbidden.Unauthorized",
        Some(403),
        Class::Denied,
        "the service lacks its service-linked role in the account",
        "create the service-linked role in the RAM console, or open the service's own console once and agree",
    ),
    Row::any(
        "Forbidden.RiskControl",
        Some(403),
        Class::Denied,
        "the vendor's risk control stopped the call",
        "log in to the console, settle the security alert of the account, or ask the vendor's support",
    ),
    Row::any(
        "Forbidden.Unsubscribed",
        Some(403),
        Class::Denied,
        "the account has not activated the service",
        "activate the service in the console of the account",
    ),
    Row::any(
        "Forbidden.UserVerification",
        Some(403),
        Class::Denied,
        "the account's owner is not verified",
        "complete the real-name verification in the Account Center",
    ),
];
