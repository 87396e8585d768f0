//! What a pass is handed of the objects that its spec points at, and in which words it hears that a value is not to be had.

use super::Reference;
use super::contents::Contents;
use secrecy::{SecretSlice, SecretString};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was read for one pass. Cheap to clone; nothing in it can be printed.
#[derive(Clone, Debug, Default)]
pub struct References(Arc<BTreeMap<Reference, Found>>);

/// `None`: there is no such object.
pub(super) type Found = Result<Option<Arc<Contents>>, Unread>;

/// Why it is not known whether an object is there, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    #[error("steward lacks the right to get it")]
    Forbidden,
    #[error("the API server did not answer as expected")]
    Silence,
}

/// Why there is no value, in words for people. None of them says anything of what the object holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    #[error("{0} does not exist in this namespace")]
    Object(Reference),
    #[error("{of} has no key {key}")]
    Key { of: Reference, key: String },
    #[error("key {key} of {of} is not text (UTF-8)")]
    NotText { of: Reference, key: String },
    #[error("{0} could not be read: steward lacks the right to get it; whoever installed steward can give it in the ClusterRole steward")]
    NoRight(Reference),
    #[error("{0} could not be read: the API server did not answer as expected")]
    Silence(Reference),
    /// Nothing is read for an object that is being deleted, and nothing that `Kind::references` does not name.
    #[error("{0} was not read in this pass")]
    NotAsked(Reference),
}

impl Missing {
    /// Whether nobody need do anything about it: once the object can be read again, those that point at it are woken.
    pub fn passes_by_itself(&self) -> bool {
        match self {
            Self::Silence(_) => true,
            Self::Object(_) | Self::Key { .. } | Self::NotText { .. } | Self::NoRight(_) | Self::NotAsked(_) => false,
        }
    }
}

impl References {
    /// What was read, or in a test should have been: `None` for what does not exist.
    pub fn of(found: impl IntoIterator<Item = (Reference, Result<Option<Contents>, Unread>)>) -> Self {
        found.into_iter().map(|(reference, found)| (reference, found.map(|contents| contents.map(Arc::new)))).collect()
    }

    /// A value of a Secret that is text.
    pub fn secret(&self, name: &str, key: &str) -> Result<SecretString, Missing> {
        self.text(&Reference::secret(name), key)
    }

    /// A value of a ConfigMap that is text.
    pub fn config_map(&self, name: &str, key: &str) -> Result<SecretString, Missing> {
        self.text(&Reference::config_map(name), key)
    }

    /// A value that is text, with whatever line break is at its end.
    pub fn text(&self, of: &Reference, key: &str) -> Result<SecretString, Missing> {
        let text = std::str::from_utf8(self.stored(of, key)?);
        text.map(SecretString::from).map_err(|_| Missing::NotText { of: of.clone(), key: key.to_owned() })
    }

    /// A value, byte for byte.
    pub fn bytes(&self, of: &Reference, key: &str) -> Result<SecretSlice<u8>, Missing> {
        self.stored(of, key).map(|bytes| bytes.to_vec().into())
    }

    fn stored(&self, of: &Reference, key: &str) -> Result<&[u8], Missing> {
        match self.0.get(of) {
            None => Err(Missing::NotAsked(of.clone())),
            Some(Err(Unread::Forbidden)) => Err(Missing::NoRight(of.clone())),
            Some(Err(Unread::Silence)) => Err(Missing::Silence(of.clone())),
            Some(Ok(None)) => Err(Missing::Object(of.clone())),
            Some(Ok(Some(contents))) => contents.bytes(key).ok_or_else(|| Missing::Key { of: of.clone(), key: key.to_owned() }),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Reference, &Found)> {
        self.0.iter()
    }
}

impl FromIterator<(Reference, Found)> for References {
    fn from_iter<I: IntoIterator<Item = (Reference, Found)>>(found: I) -> Self {
        Self(Arc::new(found.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn references() -> References {
        let holds = |values: &[(&str, &[u8])]| Ok(Some(Contents::of(values.iter().map(|(key, value)| (*key, *value)))));
        References::of([
            (Reference::secret("registry"), holds(&[("password", b"canary\n"), ("binary", &[0xff])])),
            (Reference::config_map("registry"), holds(&[("password", b"of the map")])),
            (Reference::secret("gone"), Ok(None)),
            (Reference::secret("locked"), Err(Unread::Forbidden)),
            (Reference::secret("silent"), Err(Unread::Silence)),
        ])
    }

    #[test]
    fn values_come_by_name_and_key_as_they_are_stored() {
        let references = references();
        assert_eq!(references.secret("registry", "password").unwrap().expose_secret(), "canary\n");
        assert_eq!(references.config_map("registry", "password").unwrap().expose_secret(), "of the map");
        assert_eq!(references.bytes(&Reference::secret("registry"), "binary").unwrap().expose_secret(), [0xff]);
    }

    #[test]
    fn what_is_missing_is_said_in_words_and_only_silence_passes_by_itself() {
        let references = references();
        let missing = |name, key| references.secret(name, key).unwrap_err();
        for (missing, words, passes) in [
            (missing("gone", "password"), "Secret gone does not exist in this namespace", false),
            (missing("registry", "user"), "Secret registry has no key user", false),
            (missing("registry", "binary"), "key binary of Secret registry is not text (UTF-8)", false),
            (missing("locked", "password"), "steward lacks the right to get it; whoever installed steward can give it", false),
            (missing("silent", "password"), "the API server did not answer", true),
            (missing("other", "password"), "Secret other was not read", false),
            (references.config_map("gone", "x").unwrap_err(), "ConfigMap gone was not read", false),
        ] {
            assert!(missing.to_string().contains(words), "{missing}");
            assert_eq!(missing.passes_by_itself(), passes, "{missing}");
        }
        assert!(!format!("{references:?}").contains("canary"));
    }
}
