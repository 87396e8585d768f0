//! What a Secret holds, as keys and passwords are written into one: with a line break at the end that nobody meant, and words with blanks around them.

use crate::references::{Asker, Contents, Reader, Reference, Unread};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use std::time::Duration;

/// The values of one Secret. They cannot be formatted.
#[derive(Debug)]
pub(super) struct SecretValues {
    name: String,
    contents: Arc<Contents>,
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
    #[error("Secret {name} could not be read: {why}")]
    Unreadable { name: String, why: Unread },
}

impl SecretValues {
    /// The values, at most so old.
    pub(super) async fn read(reader: &Reader, namespace: &str, name: &str, age: Duration) -> Result<Self, SecretError> {
        let name = name.to_owned();
        match reader.read(Asker::Credential, namespace, &Reference::secret(&name), age).await {
            Ok(Some(contents)) => Ok(Self { name, contents }),
            Ok(None) => Err(SecretError::Missing(name)),
            Err(why) => Err(SecretError::Unreadable { name, why }),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.contents.has(key)
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
        let value = self.contents.bytes(key).ok_or_else(|| SecretError::NoKey { secret: self.name.clone(), key })?;
        // Without the line break that `echo` and editors leave behind.
        let text = std::str::from_utf8(value).map(|text| text.trim_end_matches(['\r', '\n']));
        let text = text.ok().filter(|text| !text.trim().is_empty());
        text.map(SecretString::from).ok_or_else(|| SecretError::NotText { secret: self.name.clone(), key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_words_and_passwords_keep_their_blanks() {
        let contents = Contents::of([("key", " word\r\n"), ("password", " pass word \n"), ("empty", " \n")]);
        let values = SecretValues { name: "s".to_owned(), contents: Arc::new(contents) };
        assert_eq!(values.word("key").unwrap().expose_secret(), "word");
        assert_eq!(values.text("password").unwrap().expose_secret(), " pass word ");
        assert!(matches!(values.text("empty"), Err(SecretError::NotText { .. })));
        assert!(matches!(values.word("missing"), Err(SecretError::NoKey { .. })));
        assert!(values.optional_word("missing").unwrap().is_none());
    }
}
