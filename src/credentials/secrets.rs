//! Secrets, read by name and never listed or watched: a bounded number a second in all, and one that several credentials point at is read
//! once for all of them.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Twenty reads a second.
const BETWEEN_READS: Duration = Duration::from_millis(50);

/// Reads Secrets, one after the other.
pub(super) struct Secrets {
    client: Client,
    /// The greatest age that anybody asks for.
    kept: Duration,
    next: Mutex<Instant>,
    recent: std::sync::Mutex<HashMap<(String, String), Recent>>,
}

struct Recent {
    values: Arc<SecretValues>,
    at: Instant,
}

/// What a Secret holds. Its values cannot be formatted.
#[derive(Debug)]
pub(super) struct SecretValues {
    name: String,
    /// Absent: not text.
    values: BTreeMap<String, Option<SecretString>>,
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
    #[error("Secret {0} has neither accessKey and secretKey, nor userName, userDomainName and password")]
    NeitherWay(String),
    #[error("Secret {name} could not be read: {}", what(.source))]
    Unreadable { name: String, source: kube::Error },
}

/// The API server's words for a refusal are for people; everything else is in the log.
fn what(error: &kube::Error) -> &'static str {
    let forbidden = matches!(error, kube::Error::Api(status) if status.is_forbidden());
    if forbidden { "steward lacks the right to get it" } else { "the API server did not answer as expected" }
}

impl Secrets {
    pub(super) fn new(client: Client, kept: Duration) -> Self {
        Self { client, kept, next: Mutex::new(Instant::now()), recent: std::sync::Mutex::default() }
    }

    /// The values, at most so old.
    pub(super) async fn read(&self, namespace: &str, name: &str, age: Duration) -> Result<Arc<SecretValues>, SecretError> {
        if !is_a_name(name) {
            return Err(SecretError::Missing(name.to_owned()));
        }
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(values) = self.recent(&key, age) {
            return Ok(values);
        }
        self.turn().await;
        // Somebody else may have read it while this one waited.
        if let Some(values) = self.recent(&key, age) {
            return Ok(values);
        }
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let found = secrets.get_opt(name).await.map_err(|source| SecretError::Unreadable { name: name.to_owned(), source })?;
        let values = Arc::new(SecretValues::of(name, &found.ok_or_else(|| SecretError::Missing(name.to_owned()))?));
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        // Values stay in memory no longer than somebody may ask for them.
        recent.retain(|_, other| other.at.elapsed() < self.kept);
        recent.insert(key, Recent { values: Arc::clone(&values), at: Instant::now() });
        Ok(values)
    }

    fn recent(&self, key: &(String, String), age: Duration) -> Option<Arc<SecretValues>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(key).filter(|recent| recent.at.elapsed() < age).map(|recent| Arc::clone(&recent.values))
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

/// Whether an object can be called this. A user's word becomes part of a path towards the API server: with a slash or a question mark in it
/// it would choose another object, of another namespace perhaps.
pub(super) fn is_a_name(word: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let proper = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|byte| edge(*byte))
            && bytes.last().is_some_and(|byte| edge(*byte))
            && bytes.iter().all(|byte| edge(*byte) || *byte == b'-')
    };
    word.len() <= 253 && word.split('.').all(proper)
}

impl SecretValues {
    fn of(name: &str, secret: &Secret) -> Self {
        let text = |value: &[u8]| {
            // Without the line break that `echo` and editors leave behind.
            let text = std::str::from_utf8(value).ok()?.trim_end_matches(['\r', '\n']);
            (!text.trim().is_empty()).then(|| SecretString::from(text))
        };
        let values = secret.data.iter().flatten().map(|(key, value)| (key.clone(), text(&value.0))).collect();
        Self { name: name.to_owned(), values }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// A word that must be there. Words have no blanks around them.
    pub(super) fn word(&self, key: &'static str) -> Result<SecretString, SecretError> {
        self.text(key).map(|text| SecretString::from(text.expose_secret().trim()))
    }

    /// A word that may be missing, but not be empty.
    pub(super) fn optional_word(&self, key: &'static str) -> Result<Option<SecretString>, SecretError> {
        if self.has(key) { self.word(key).map(Some) } else { Ok(None) }
    }

    /// A value that must be there, with its blanks: a password may begin or end with one.
    pub(super) fn text(&self, key: &'static str) -> Result<SecretString, SecretError> {
        let value = self.values.get(key).ok_or_else(|| SecretError::NoKey { secret: self.name.clone(), key })?;
        value.clone().ok_or_else(|| SecretError::NotText { secret: self.name.clone(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    #[test]
    fn keys_are_words_and_passwords_keep_their_blanks() {
        let data = [("key", " word\r\n"), ("password", " pass word \n"), ("empty", " \n")];
        let data = data.map(|(key, value)| (key.to_owned(), ByteString(value.into()))).into();
        let values = SecretValues::of("s", &Secret { data: Some(data), ..Secret::default() });
        assert_eq!(values.word("key").unwrap().expose_secret(), "word");
        assert_eq!(values.text("password").unwrap().expose_secret(), " pass word ");
        assert!(matches!(values.text("empty"), Err(SecretError::NotText { .. })));
        assert!(matches!(values.word("missing"), Err(SecretError::NoKey { .. })));
        assert!(values.optional_word("missing").unwrap().is_none());
    }

    #[test]
    fn only_what_can_be_a_name_becomes_part_of_a_path() {
        for name in ["aliyun", "a", "aliyun.other", "a-1.b-2"] {
            assert!(is_a_name(name), "{name}");
        }
        let long = "a".repeat(254);
        for word in ["", "../../other/secrets/x", "x/token?", "a b", "A", "-a", "a-", "a..b", ".", "%2e", "x\"}\n---", &long] {
            assert!(!is_a_name(word), "{word:?}");
        }
    }
}
