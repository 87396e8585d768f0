//! What a credential proves its identity with: the values that its spec points at, read and checked, before anybody is asked anything.

use super::secrets::{SecretError, SecretValues, Secrets};
use crate::api::CloudCredential;
use crate::api::cloud_credential::{AssumeRole, Auth, Oidc, Provider};
use crate::api::envelope::SecretRef;
use crate::cloud::alibaba::Keys;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How the identity is proved, with everything secret that it needs.
pub(super) enum Proof {
    Alibaba(AlibabaProof),
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
    #[error("spec.auth has no method that {0} knows: set exactly one that does")]
    NoMethod(&'static str),
}

impl Proof {
    /// Reads what spec points at; nothing that was read longer ago than `age` is taken for good.
    pub(super) async fn read(object: &CloudCredential, secrets: &Secrets, namespace: &str, age: Duration) -> Result<Self, ProofError> {
        let Auth { access_key, oidc, assume_role, password, agency } = &object.spec.auth;
        let no_method = || ProofError::NoMethod(object.spec.provider.as_str());
        let read = async |secret: &SecretRef| secrets.read(namespace, &secret.name, age).await;
        Ok(match (object.spec.provider, access_key, oidc, assume_role, password, agency) {
            (Provider::AlibabaCloud, Some(given), None, None, None, None) => {
                Self::Alibaba(AlibabaProof::Keys(alibaba_keys(&*read(&given.secret_ref).await?)?))
            }
            (Provider::AlibabaCloud, None, Some(oidc), None, None, None) => Self::Alibaba(AlibabaProof::Token(oidc.clone())),
            (Provider::AlibabaCloud, None, None, Some(role), None, None) => {
                Self::Alibaba(AlibabaProof::Role(alibaba_keys(&*read(&role.secret_ref).await?)?, role.clone()))
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
        }
        add(object.metadata.uid.as_deref().unwrap_or_default());
        add(&object.metadata.generation.unwrap_or_default().to_string());
        hasher.finalize().into()
    }
}

fn alibaba_keys(values: &SecretValues) -> Result<Keys, SecretError> {
    Ok(Keys {
        access_key_id: values.text("accessKeyId")?.expose_secret().to_owned(),
        access_key_secret: values.text("accessKeySecret")?,
        security_token: values.optional_text("securityToken")?,
    })
}
