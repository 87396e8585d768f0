//! What a credential proves its identity with: the values that its spec points at, read and checked, before anybody is asked anything.

use super::secrets::{SecretError, SecretValues};
use crate::api::CloudCredential;
use crate::api::cloud_credential::{AssumeRole, Auth, Oidc, Password, Provider};
use crate::api::envelope::SecretRef;
use crate::cloud::alibaba::Keys;
use crate::cloud::huawei;
use crate::cloud::huawei::iam::requests::{Agency, DomainRef, UserRef};
use crate::references::Reader;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How the identity is proved, with everything secret that it needs.
pub(super) enum Proof {
    Alibaba(AlibabaProof),
    Huawei(huawei::Auth),
}

pub(super) enum AlibabaProof {
    Keys(Keys),
    Role(Keys, AssumeRole),
    /// The token is asked for when it is needed.
    Token(Oidc),
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProofError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Only an API server without this release's CRDs lets it through.
    #[error("{0} is not set: {1}")]
    Field(&'static str, &'static str),
    #[error("spec.auth has no method that {0} knows: set exactly one that does")]
    NoMethod(&'static str),
}

impl Proof {
    /// Reads what spec points at; nothing that was read longer ago than `age` is taken for good.
    pub(super) async fn read(object: &CloudCredential, reader: &Reader, namespace: &str, age: Duration) -> Result<Self, ProofError> {
        let Auth { access_key, oidc, assume_role, password, agency } = &object.spec.auth;
        let no_method = || ProofError::NoMethod(object.spec.provider.as_str());
        let read = async |secret: &SecretRef| SecretValues::read(reader, namespace, &secret.name, age).await;
        Ok(match (object.spec.provider, access_key, oidc, assume_role, password, agency) {
            (Provider::AlibabaCloud, Some(given), None, None, None, None) => {
                Self::Alibaba(AlibabaProof::Keys(alibaba_keys(&read(&given.secret_ref).await?)?))
            }
            (Provider::AlibabaCloud, None, Some(oidc), None, None, None) => Self::Alibaba(AlibabaProof::Token(oidc.clone())),
            (Provider::AlibabaCloud, None, None, Some(role), None, None) => {
                Self::Alibaba(AlibabaProof::Role(alibaba_keys(&read(&role.secret_ref).await?)?, role.clone()))
            }
            (Provider::HuaweiCloud | Provider::OpenTelekomCloud, Some(given), None, None, None, None) => {
                Self::Huawei(huawei::Auth::Own(huawei_keys(&read(&given.secret_ref).await?)?))
            }
            (Provider::HuaweiCloud | Provider::OpenTelekomCloud, None, None, None, Some(given), None) => {
                let password = read(&given.secret_ref).await?.text("password")?;
                Self::Huawei(huawei::Auth::Own(huawei::Proof::Password { user: user(given)?, password }))
            }
            (Provider::HuaweiCloud | Provider::OpenTelekomCloud, None, None, None, None, Some(given)) => {
                let agency = Agency {
                    name: given.agency_name.clone(),
                    domain: domain(given.domain_id.as_ref(), given.domain_name.as_ref(), "spec.auth.agency.domainName")?,
                };
                Self::Huawei(huawei::Auth::Agency(huawei_user(&read(&given.secret_ref).await?)?, agency))
            }
            _ => return Err(no_method()),
        })
    }

    /// Tells apart what makes another client: the secrets, and everything in spec. Lives in memory only.
    pub(super) fn fingerprint(&self, object: &CloudCredential) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut add = |part: &str| {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        };
        match self {
            Self::Alibaba(AlibabaProof::Keys(keys) | AlibabaProof::Role(keys, _)) => {
                add(&keys.access_key_id);
                add(keys.access_key_secret.expose_secret());
                add(keys.security_token.as_ref().map_or("", SecretString::expose_secret));
            }
            Self::Alibaba(AlibabaProof::Token(_)) => {}
            Self::Huawei(huawei::Auth::Own(proof) | huawei::Auth::Agency(proof, _)) => match proof {
                huawei::Proof::AccessKey { access_key, secret_key, security_token } => {
                    add(access_key);
                    add(secret_key.expose_secret());
                    add(security_token.as_ref().map_or("", SecretString::expose_secret));
                }
                huawei::Proof::Password { user, password } => {
                    // With an agency, the name stands in the Secret.
                    if let UserRef::Name { name, domain: DomainRef::Id(account) | DomainRef::Name(account) } = user {
                        add(name);
                        add(account);
                    }
                    add(password.expose_secret());
                }
            },
        }
        add(object.metadata.uid.as_deref().unwrap_or_default());
        add(&object.metadata.generation.unwrap_or_default().to_string());
        hasher.finalize().into()
    }
}

fn alibaba_keys(values: &SecretValues) -> Result<Keys, SecretError> {
    Ok(Keys {
        access_key_id: values.word("accessKeyId")?.expose_secret().to_owned(),
        access_key_secret: values.word("accessKeySecret")?,
        security_token: values.optional_word("securityToken")?,
    })
}

fn huawei_keys(values: &SecretValues) -> Result<huawei::Proof, SecretError> {
    Ok(huawei::Proof::AccessKey {
        access_key: values.word("accessKey")?.expose_secret().to_owned(),
        secret_key: values.word("secretKey")?,
        security_token: values.optional_word("securityToken")?,
    })
}

/// Of the account that an agency trusts: keys, or a name and a password.
fn huawei_user(values: &SecretValues) -> Result<huawei::Proof, SecretError> {
    if values.has("accessKey") {
        return huawei_keys(values);
    }
    if !values.has("password") {
        return Err(SecretError::NeitherWay(values.name().to_owned()));
    }
    let plain = |key| Ok::<_, SecretError>(values.word(key)?.expose_secret().to_owned());
    let user = UserRef::Name { name: plain("userName")?, domain: DomainRef::Name(plain("userDomainName")?) };
    Ok(huawei::Proof::Password { user, password: values.text("password")? })
}

fn user(given: &Password) -> Result<UserRef, ProofError> {
    match (&given.user_id, &given.user_name) {
        (Some(id), _) => Ok(UserRef::Id(id.clone())),
        (None, Some(name)) => Ok(UserRef::Name {
            name: name.clone(),
            domain: domain(given.domain_id.as_ref(), given.domain_name.as_ref(), "spec.auth.password.domainName")?,
        }),
        (None, None) => Err(ProofError::Field("spec.auth.password.userName", "exactly one of userName and userId names the user")),
    }
}

fn domain(id: Option<&String>, name: Option<&String>, field: &'static str) -> Result<DomainRef, ProofError> {
    let of_id = || id.cloned().map(DomainRef::Id);
    name.cloned()
        .map(DomainRef::Name)
        .or_else(of_id)
        .ok_or(ProofError::Field(field, "exactly one of domainName and domainId names the account"))
}
