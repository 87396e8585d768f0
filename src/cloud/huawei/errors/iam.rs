//! Codes of IAM that logging in and signing can meet; the full list of that service is longer.

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("iam")
}

pub(super) const ROWS: &[Row] = &[
    row(
        "IAM.0001",
        401,
        Class::Unauthenticated,
        "IAM does not know who is asking: token or password are not accepted",
        "check userName, domainName and the password in the Secret of spec.auth.password; only IAM users can log in, an account's owner cannot",
    ),
    row(
        "IAM.0002",
        403,
        Class::Denied,
        "the identity has no right to do this in IAM",
        "attach a policy with the iam action of lastError.operation to the group that the IAM user is in",
    ),
    row(
        "IAM.0003",
        403,
        Class::Denied,
        "no policy of the identity allows the action, or one forbids it",
        "look through the policies of the user's groups for a Deny; for spec.auth.agency the user needs Agent Operator",
    ),
    row(
        "IAM.0004",
        404,
        Class::NotFound,
        "IAM has no user, project, account or agency of the given name",
        "correct spec.project, domainName or agencyName of the CloudCredential; a project is named like its region, on OTC eu-de or eu-de_NAME",
    ),
    row(
        "IAM.0005",
        409,
        Class::Invalid,
        "IAM has something of this name or kind already",
        "steward creates nothing in IAM: find out what else writes there, and choose another name for it",
    ),
    row(
        "IAM.0006",
        500,
        Class::Unavailable,
        "IAM failed inside",
        "nothing to do: logging in is tried again; tokens that are still good stay in use",
    ),
    row(
        "IAM.0007",
        400,
        Class::Invalid,
        "IAM does not take a parameter in the address of the request",
        "check region and project of the CloudCredential for blanks and special characters",
    ),
    row(
        "IAM.0011",
        400,
        Class::Invalid,
        "IAM cannot make sense of the login request",
        "compare spec.auth with kubectl explain cloudcredential.spec.auth: a name where an id belongs is the usual cause",
    ),
    row(
        "IAM.0012",
        429,
        Class::Throttled,
        "IAM is asked too often",
        "nothing to do: logins are spaced out; objects of one account should share one CloudCredential, and so one token",
    ),
    row(
        "IAM.0020",
        410,
        Class::Unavailable,
        "IAM of this region has handed its work to another region",
        "wait for the end of the failover, or name another region's IAM in spec.endpoints of the CloudCredential",
    ),
    row(
        "IAM.0061",
        401,
        Class::Unauthenticated,
        "the login is locked after too many wrong passwords",
        "stop whatever else logs in with an old password, let an administrator unlock the user, then correct the Secret",
    ),
    row(
        "IAM.0062",
        401,
        Class::Unauthenticated,
        "the password is wrong",
        "write the present password under the key password of the credential's Secret; a few more wrong ones would lock the user",
    ),
    row(
        "IAM.0066",
        401,
        Class::Unauthenticated,
        "the token's time is over",
        "nothing to do: a new token is fetched; if it is refused too, the password or the rights of the user have just changed",
    ),
    row(
        "IAM.0067",
        401,
        Class::Unauthenticated,
        "the token is none of this IAM's",
        "let endpoints[] of the CloudCredential name IAM and the services of one region; a changed password ends tokens as well",
    ),
    row(
        "IAM.0072",
        400,
        Class::Invalid,
        "something that logging in needs is not in the request",
        "fill in what spec.auth leaves open: userName or userId, and with a name domainName or domainId",
    ),
    // In the three that follow no right is missing: the identity itself is shut out, whatever it asks for, so the credential is closed.
    row(
        "IAM.0080",
        403,
        Class::Unauthenticated,
        "the user whom the access key belongs to is disabled",
        "enable the user in the IAM console, or put the key of another user into the Secret",
    ),
    row(
        "IAM.0081",
        403,
        Class::Unauthenticated,
        "the user can log in to the console and nowhere else",
        "set the user's access type to programmatic access in IAM, or create a user for steward with that type",
    ),
    row(
        "IAM.0082",
        403,
        Class::Unauthenticated,
        "the user is switched off",
        "ask the account's administrator why the user was disabled; name another in spec.auth.password if it stays so",
    ),
    row(
        "IAM.0083",
        403,
        Class::Denied,
        "the region is a private one that the identity has no access to",
        "choose a public region in spec.region, or have the account admitted to the private one",
    ),
    row(
        "IAM.1101",
        400,
        Class::Invalid,
        "IAM does not take a request of this size",
        "look for names of unusual length in spec.auth; if there are none, a proxy cuts requests short",
    ),
    row(
        "IAM.1102",
        400,
        Class::Invalid,
        "IAM does not take one of the values for a temporary key",
        "set agencyName to the agency's name, not its id or URN; a temporary key lives from 900 to 86400 seconds",
    ),
    row(
        "IAM.1103",
        400,
        Class::Invalid,
        "the request for a temporary key lacks a value",
        "complete spec.auth.agency: agencyName, and domainName or domainId of the account that created the agency",
    ),
    row(
        "IAM.1104",
        400,
        Class::Unauthenticated,
        "the vendor has blocked the access key",
        "treat the key as leaked: delete it, see in CTS what was done with it, and put a new one into the Secret",
    ),
    row(
        "IAM.1105",
        400,
        Class::Unauthenticated,
        "the access key's life is over",
        "create a new key under My Credentials and replace accessKey and secretKey in the Secret",
    ),
    row(
        "IAM.1106",
        400,
        Class::Unauthenticated,
        "the access key's user does not exist here",
        "check that spec.provider is the cloud that issued the key, and that nobody deleted the user",
    ),
    row(
        "IAM.1107",
        400,
        Class::Unauthenticated,
        "the access key is deactivated",
        "activate the key in the IAM console, or use the user's second key",
    ),
    row(
        "IAM.1108",
        400,
        Class::Unauthenticated,
        "the temporary key's session has ended",
        "renew accessKey, secretKey and securityToken in the Secret together; with spec.auth.agency steward does it by itself",
    ),
    row(
        "IAM.1109",
        400,
        Class::Invalid,
        "IAM cannot tell which project is meant",
        "set spec.project.id of the CloudCredential to a project of its account and region",
    ),
];

/// Keystone refuses with a status and no code, and of what steward asks there it is known what that means.
pub(super) const SILENT: &[Row] = &[
    row(
        "401",
        401,
        Class::Unauthenticated,
        "the identity service does not let this user in, and gives no closer reason",
        "check user, account and the password in the Secret, and whether the project of spec.project is still there",
    ),
    row(
        "403",
        403,
        Class::Denied,
        "the identity service knows who is asking, and does not allow it",
        "for spec.auth.agency the agency must trust the user's account, and the user needs Agent Operator there",
    ),
    row(
        "404",
        404,
        Class::NotFound,
        "the identity service finds no such agency, account or project",
        "correct agencyName, domainName or domainId below spec.auth.agency, or spec.project",
    ),
];
