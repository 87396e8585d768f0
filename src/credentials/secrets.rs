//! Secrets, read by name and never listed or watched: a bounded number a second in all, however many credentials there are.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Twenty reads a second.
const BETWEEN_READS: Duration = Duration::from_millis(50);

/// Reads Secrets, one after the other.
pub(super) struct Secrets {
    client: Client,
    next: Mutex<Instant>,
}

/// The values of a Secret that were asked for.
#[derive(Clone, Debug)]
pub(super) struct AccessKeyPair {
    pub(super) access_key_id: String,
    pub(super) access_key_secret: SecretString,
    pub(super) security_token: Option<SecretString>,
    /// Tells a changed Secret from an unchanged one; lives in memory only.
    pub(super) fingerprint: [u8; 32],
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("Secret {0} does not exist in this namespace")]
    Missing(String),
    #[error("Secret {secret} has no key {key}")]
    NoKey { secret: String, key: &'static str },
    #[error("key {key} of Secret {secret} is empty, or not text")]
    NotText { secret: String, key: &'static str },
    #[error("Secret {name} could not be read: {}", what(.source))]
    Unreadable { name: String, source: kube::Error },
}

/// The API server's words for a refusal are for people; everything else is in the log.
fn what(error: &kube::Error) -> &'static str {
    let forbidden = matches!(error, kube::Error::Api(status) if status.is_forbidden());
    if forbidden { "steward lacks the right to get it" } else { "the API server did not answer as expected" }
}

impl Secrets {
    pub(super) fn new(client: Client) -> Self {
        Self { client, next: Mutex::new(Instant::now()) }
    }

    pub(super) async fn access_key(&self, namespace: &str, name: &str) -> Result<AccessKeyPair, SecretError> {
        self.turn().await;
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let found = secrets.get_opt(name).await.map_err(|source| SecretError::Unreadable { name: name.to_owned(), source })?;
        let secret = found.ok_or_else(|| SecretError::Missing(name.to_owned()))?;
        let access_key_id =
            text(&secret, name, "accessKeyId")?.ok_or_else(|| SecretError::NoKey { secret: name.to_owned(), key: "accessKeyId" })?;
        let access_key_secret = text(&secret, name, "accessKeySecret")?
            .ok_or_else(|| SecretError::NoKey { secret: name.to_owned(), key: "accessKeySecret" })?;
        let security_token = text(&secret, name, "securityToken")?;
        let mut hasher = Sha256::new();
        for part in [Some(&access_key_id), Some(&access_key_secret), security_token.as_ref()] {
            hasher.update(part.map_or(0, String::len).to_be_bytes());
            hasher.update(part.map_or("", String::as_str));
        }
        Ok(AccessKeyPair {
            access_key_id,
            access_key_secret: access_key_secret.into(),
            security_token: security_token.map(Into::into),
            fingerprint: hasher.finalize().into(),
        })
    }

    async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().await;
            let at = (*next).max(Instant::now());
            *next = at + BETWEEN_READS;
            at
        };
        tokio::time::sleep_until(at).await;
    }
}

/// A value without the line break that `echo` and editors leave behind.
fn text(secret: &Secret, name: &str, key: &'static str) -> Result<Option<String>, SecretError> {
    let Some(value) = secret.data.as_ref().and_then(|data| data.get(key)) else { return Ok(None) };
    let wrong = || SecretError::NotText { secret: name.to_owned(), key };
    let text = std::str::from_utf8(&value.0).map_err(|_| wrong())?.trim();
    if text.is_empty() { Err(wrong()) } else { Ok(Some(text.to_owned())) }
}
