//! Codes of STS: a role that is to be assumed, and the token that vouches for it. From the vendor's list of STS error codes and its page
//! about RRSA; `PublicKeyFingerprintMismatch` is known from clients that met it.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;
use crate::reason::Reason;

const fn row(
    code: &'static str,
    http_status: Option<u16>,
    operations: &'static [&'static str],
    class: Class,
    meaning: &'static str,
    hint: &'static str,
) -> Row {
    Row::any(code, http_status, class, meaning, hint).of("sts").on(operations)
}

const KEY: &[&str] = &["AssumeRole"];
const TOKEN: &[&str] = &["AssumeRoleWithOIDC"];
const EITHER: &[&str] = &["AssumeRole", "AssumeRoleWithOIDC"];

pub(super) const ROWS: &[Row] = &[
    row(
        "InvalidParameter.RoleArn",
        Some(400),
        EITHER,
        Class::Invalid,
        "the role is not named in the form that the cloud wants",
        "write spec.auth.assumeRole.roleArn or spec.auth.oidc.roleArn as acs:ram::<account id>:role/<role name>",
    ),
    row(
        "InvalidParameter.RoleSessionName",
        Some(400),
        EITHER,
        Class::Invalid,
        "the session's name is not accepted",
        "please report it: the operator makes the session's name itself, from 2 to 64 allowed characters",
    )
    .shown_as(Reason::InternalError),
    row(
        "InvalidParameter.DurationSeconds",
        Some(400),
        EITHER,
        Class::Invalid,
        "the role does not give keys for so short or so long a time",
        "set sessionDuration below spec.auth to 15m or more, and to no more than the role's maximum session duration in the RAM console",
    ),
    row(
        "InvalidParameter.PolicyGrammar",
        Some(400),
        EITHER,
        Class::Invalid,
        "the call carried a policy that cannot be read",
        "please report it with lastError.requestId: the operator sends no policy of its own",
    )
    .shown_as(Reason::InternalError),
    row(
        "InvalidParameter.PolicySize",
        Some(400),
        EITHER,
        Class::Invalid,
        "the call carried a policy that is too long",
        "look for a proxy that adds a Policy to the call; the operator sends none, so if there is no such thing, please report it",
    )
    .shown_as(Reason::InternalError),
    row(
        "NoPermission",
        Some(403),
        KEY,
        Class::Denied,
        "the key may not assume the role",
        "allow sts:AssumeRole (AliyunSTSAssumeRoleAccess) for the RAM user of the Secret and name it in the role's trust policy; a key of the account itself cannot",
    ),
    row(
        "EntityNotExist.Role",
        Some(404),
        EITHER,
        Class::NotFound,
        "the account has no such role",
        "create the role in the RAM console, or correct account and name in roleArn below spec.auth",
    ),
    row(
        "InternalError",
        Some(500),
        EITHER,
        Class::Unavailable,
        "STS failed while it made the keys",
        "nothing to do: the keys at hand serve until they run out, and new ones are asked for again",
    ),
    // 401, but nothing is wrong with the token: the role, or the provider, does not let its bearer in.
    row(
        "AuthenticationFail.NoPermission",
        Some(401),
        TOKEN,
        Class::Denied,
        "the role does not trust the service account, or the provider is not registered",
        "let the role's trust policy name spec.auth.oidc.oidcProviderArn and system:serviceaccount:<namespace>:<name>, and enable RRSA for the cluster",
    ),
    row(
        "AuthenticationFail.OIDCToken.Expired",
        Some(401),
        TOKEN,
        Class::Unauthenticated,
        "the service account's token had run out when it arrived",
        "nothing to do for a single one: a new token is taken each time; if it stays, compare the clocks of the API server and the cloud",
    ),
    row(
        "AuthenticationFail.OIDCToken.AudienceNotMatch",
        Some(401),
        TOKEN,
        Class::Unauthenticated,
        "the token is meant for somebody else",
        "set spec.auth.oidc.audience to a client id of the provider in the RAM console; with RRSA it is sts.aliyuncs.com",
    ),
    row(
        "AuthenticationFail.OIDCToken.IssuerNotMatch",
        None,
        TOKEN,
        Class::Unauthenticated,
        "the token is from another cluster than the provider stands for",
        "point spec.auth.oidc.oidcProviderArn at the provider of this cluster: its issuer is the API server's --service-account-issuer",
    ),
    row(
        "AuthenticationFail.OIDCToken.IssuerConfigurationBroken",
        None,
        TOKEN,
        Class::Unauthenticated,
        "the cloud cannot fetch the public keys of the token's issuer",
        "enable RRSA for the cluster in the ACK console: an issuer such as https://kubernetes.default.svc is not to be reached from outside",
    ),
    row(
        "AuthenticationFail.OIDCToken.HttpsUrlInvalid",
        Some(401),
        TOKEN,
        Class::Unauthenticated,
        "the cloud does not trust the certificate of the token's issuer",
        "serve the issuer's discovery document under a certificate of a public CA, with its whole chain",
    ),
    row(
        "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch",
        None,
        TOKEN,
        Class::Unauthenticated,
        "the certificate of the token's issuer is another than was registered",
        "update the fingerprints of the OIDC provider in the RAM console",
    ),
    row(
        "AuthenticationFail.OIDCToken.InvalidSignature",
        Some(401),
        TOKEN,
        Class::Unauthenticated,
        "the token's signature is not the issuer's",
        "after the API server's signing keys were changed, publish the new ones where the issuer's JWKS is read",
    ),
    row(
        "AuthenticationFail.OIDCToken.Invalid",
        Some(401),
        TOKEN,
        Class::Unauthenticated,
        "what came as a token is none, or is signed in a way that the cloud does not know",
        "let the API server sign service account tokens with an RSA or ECDSA key; if it does, please report this",
    ),
];
