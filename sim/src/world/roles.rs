//! RAM roles, the identity providers that may vouch for callers without a key, and the temporary keys that roles give out. Who may have one is
//! decided in `alibaba::sts`.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::pick::pick;
use super::{Key, World};
use crate::clock::later;
use crate::hex::hex;

/// No session may be shorter.
pub(crate) const SHORTEST: SignedDuration = SignedDuration::from_mins(15);
/// How long a key that has expired is remembered, so that it is told apart from one that never was.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Role {
    pub(crate) account: String,
    pub(crate) name: String,
    /// No secret: the vendor shows it to whoever may read the role.
    pub(crate) external_id: Option<String>,
    pub(crate) max_duration: SignedDuration,
    /// Accounts and keys that may assume it by signature; None: its own account.
    pub(crate) trusts: Option<Vec<String>>,
    pub(crate) deny: Vec<String>,
    /// Whom a provider may vouch for; a `*` at the end stands for anything.
    pub(crate) subjects: Vec<String>,
    /// By name; None: any of its account.
    pub(crate) oidc_provider: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OidcProvider {
    pub(crate) account: String,
    pub(crate) name: String,
    /// `*` for any.
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
}

/// A role. In a seed it is complete; in an edit only what is said changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RoleSeed {
    pub name: String,
    /// Edits only, and there only if there are several accounts.
    pub account: Option<String>,
    /// What a caller must say to assume it; the empty text takes the demand away.
    pub external_id: Option<String>,
    pub max_duration: Option<SignedDuration>,
    /// Ids of accounts and keys; by default the role's own account.
    pub trusts: Option<Vec<String>>,
    /// As for a key.
    pub deny: Option<Vec<String>>,
    /// `system:serviceaccount:namespace:name`; a `*` at the end stands for anything.
    pub subjects: Option<Vec<String>>,
    /// The name of the provider that may vouch for the subjects; by default any of the account.
    pub oidc_provider: Option<String>,
}

/// An identity provider. In a seed it is complete; in an edit only what is said changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OidcProviderSeed {
    pub name: String,
    /// Edits only, and there only if there are several accounts.
    pub account: Option<String>,
    /// `*` for any.
    pub issuer: Option<String>,
    /// By default `sts.aliyuncs.com`.
    pub audiences: Option<Vec<String>>,
}

/// What STS hands out.
pub(crate) struct Issued {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
}

pub(crate) fn arn(account: &str, kind: &str, name: &str) -> String {
    format!("acs:ram::{account}:{kind}/{name}")
}

/// Account and name of an ARN of this kind.
pub(crate) fn split_arn<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (account, rest) = arn.strip_prefix("acs:ram::")?.split_once(':')?;
    let name = rest.strip_prefix(kind)?.strip_prefix('/')?;
    (!account.is_empty() && !name.is_empty()).then_some((account, name))
}

impl Role {
    pub(crate) fn arn(&self) -> String {
        arn(&self.account, "role", &self.name)
    }

    /// The number that the vendor gives a role.
    pub(crate) fn id_of(account: &str, name: &str) -> String {
        let digest = Sha256::digest(arn(account, "role", name));
        let digits: String = digest.iter().take(17).map(|byte| char::from(b'0' + byte % 10)).collect();
        format!("3{digits}")
    }

    pub(crate) fn trusts(&self, key: &Key) -> bool {
        match &self.trusts {
            None => key.account == self.account,
            Some(trusted) => trusted.contains(&key.account) || trusted.contains(&key.id),
        }
    }

    pub(crate) fn takes(&self, provider: &OidcProvider, subject: &str) -> bool {
        let fits = |rule: &String| match rule.strip_suffix('*') {
            Some(start) => subject.starts_with(start),
            None => rule == subject,
        };
        self.oidc_provider.as_ref().is_none_or(|name| *name == provider.name) && self.subjects.iter().any(fits)
    }
}

impl World {
    pub(crate) fn put_role(&mut self, seed: &RoleSeed) -> Result<()> {
        let account = self.owner("role", &seed.name, seed.account.clone())?;
        let id = arn(&account, "role", &seed.name);
        let mut role = self.roles.get(&id).cloned().unwrap_or_else(|| Role {
            account,
            name: seed.name.clone(),
            external_id: None,
            max_duration: SignedDuration::from_hours(1),
            trusts: None,
            deny: Vec::new(),
            subjects: Vec::new(),
            oidc_provider: None,
        });
        if let Some(external_id) = &seed.external_id {
            role.external_id = Some(external_id.clone()).filter(|text| !text.is_empty());
        }
        role.max_duration = seed.max_duration.unwrap_or(role.max_duration);
        ensure!(role.max_duration >= SHORTEST, "role {}: `maxDuration` is less than 15 minutes", seed.name);
        role.trusts = seed.trusts.clone().or(role.trusts);
        role.deny = seed.deny.clone().unwrap_or(role.deny);
        role.subjects = seed.subjects.clone().unwrap_or(role.subjects);
        role.oidc_provider = seed.oidc_provider.clone().or(role.oidc_provider);
        if let Some(provider) = &role.oidc_provider {
            let known = self.oidc_providers.contains_key(&arn(&role.account, "oidc-provider", provider));
            ensure!(known, "role {}: there is no OIDC provider {provider}", seed.name);
        }
        self.roles.insert(id, role);
        Ok(())
    }

    pub(crate) fn put_oidc_provider(&mut self, seed: &OidcProviderSeed) -> Result<()> {
        let account = self.owner("OIDC provider", &seed.name, seed.account.clone())?;
        let id = arn(&account, "oidc-provider", &seed.name);
        let known = self.oidc_providers.get(&id).cloned();
        let (issuer, audiences) = known.map(|known| (known.issuer, known.audiences)).unzip();
        let provider = OidcProvider {
            account,
            name: seed.name.clone(),
            issuer: seed.issuer.clone().or(issuer).with_context(|| format!("OIDC provider {}: `issuer` is missing", seed.name))?,
            audiences: seed.audiences.clone().or(audiences).unwrap_or_else(|| vec!["sts.aliyuncs.com".to_owned()]),
        };
        self.oidc_providers.insert(id, provider);
        Ok(())
    }

    fn owner(&self, what: &str, name: &str, said: Option<String>) -> Result<String> {
        ensure!(!name.is_empty(), "a {what} needs a `name`");
        let account = pick("account", said, None, self.accounts.iter()).with_context(|| format!("{what} {name}"))?;
        ensure!(self.accounts.contains(&account), "{what} {name}: there is no account {account}");
        Ok(account)
    }

    pub(crate) fn revoke_sessions(&mut self, role: &str) -> Result<()> {
        let role = self.roles.get(role).with_context(|| format!("there is no role {role}"))?;
        for key in self.keys.values_mut() {
            if key.security_token.is_some() && key.account == role.account && key.role.as_deref() == Some(&role.name) {
                key.revoked = true;
            }
        }
        Ok(())
    }

    /// The role that a temporary key stands for, if it is a seeded one.
    pub(crate) fn role_of(&self, key: &Key) -> Option<&Role> {
        self.roles.get(&arn(&key.account, "role", key.role.as_deref()?))
    }

    /// Makes a temporary key of the role. Its parts look like the vendor's and are the same in every run of the same calls.
    pub(crate) fn issue(&mut self, role: &Role, session: &str, lasts: SignedDuration, now: Timestamp) -> Issued {
        self.issued += 1;
        let part = |name: &str| Sha256::digest(format!("steward-cloudsim {name} {} {now}", self.issued));
        let issued = Issued {
            key_id: format!("STS.{}", &hex(&part("key"))[..24]),
            secret: hex(&part("secret"))[..44].to_owned(),
            // With characters that a careless client does not encode.
            token: format!("CAIS+/{}", STANDARD.encode([part("token"), part("more")].concat())),
            // The answer tells it to the second.
            expires: Timestamp::from_second(later(now, lasts).as_second()).unwrap_or(now),
        };
        self.keys.retain(|_, key| key.session.is_none() || key.expires.is_none_or(|end| later(end, REMEMBERED) > now));
        self.keys.insert(
            issued.key_id.clone(),
            Key {
                id: issued.key_id.clone(),
                account: role.account.clone(),
                secret: issued.secret.clone(),
                security_token: Some(issued.token.clone()),
                expires: Some(issued.expires),
                inactive: false,
                deny: Vec::new(),
                user: None,
                role: Some(role.name.clone()),
                session: Some(session.to_owned()),
                revoked: false,
            },
        );
        issued
    }
}
