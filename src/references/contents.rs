//! What a Secret or a ConfigMap holds, byte for byte, in a form that cannot be printed.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The values of one object. A ConfigMap's are held like a Secret's: who asks by reference need not care which of the two it was.
pub struct Contents {
    values: BTreeMap<String, SecretSlice<u8>>,
    fingerprint: [u8; 32],
}

impl Contents {
    pub fn of<K: Into<String>, V: Into<Vec<u8>>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        let values: BTreeMap<String, SecretSlice<u8>> =
            values.into_iter().map(|(key, value)| (key.into(), SecretSlice::from(value.into()))).collect();
        let mut hasher = Sha256::new();
        for (key, value) in &values {
            for part in [key.as_bytes(), value.expose_secret()] {
                hasher.update(part.len().to_be_bytes());
                hasher.update(part);
            }
        }
        Self { values, fingerprint: hasher.finalize().into() }
    }

    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// A value as it is stored, with whatever line break is at its end.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key).map(SecretSlice::expose_secret)
    }

    /// Tells other contents apart; annotations and versions are not contents. It is of secrets, so it stays in memory and is never shown.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl From<Secret> for Contents {
    fn from(secret: Secret) -> Self {
        Self::of(secret.data.into_iter().flatten().map(|(key, value)| (key, value.0)))
    }
}

impl From<ConfigMap> for Contents {
    fn from(map: ConfigMap) -> Self {
        let binary = map.binary_data.into_iter().flatten().map(|(key, value)| (key, value.0));
        Self::of(map.data.into_iter().flatten().map(|(key, value)| (key, value.into_bytes())).chain(binary))
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    #[test]
    fn values_are_what_is_stored_to_the_last_byte() {
        let data = [("line", b" word\r\n".to_vec()), ("binary", vec![0xff, 0, b'\n']), ("empty", Vec::new())];
        let data = data.map(|(key, value)| (key.to_owned(), ByteString(value))).into();
        let contents = Contents::from(Secret { data: Some(data), ..Secret::default() });
        assert_eq!(contents.bytes("line"), Some(&b" word\r\n"[..]));
        assert_eq!(contents.bytes("binary"), Some(&[0xff, 0, b'\n'][..]));
        assert_eq!((contents.bytes("empty"), contents.has("empty")), (Some(&[][..]), true));
        assert_eq!((contents.bytes("other"), contents.has("other")), (None, false));
    }

    #[test]
    fn a_config_map_has_text_and_binary_data() {
        let map = ConfigMap {
            data: Some([("text".to_owned(), "a\n".to_owned())].into()),
            binary_data: Some([("binary".to_owned(), ByteString(vec![0xfe]))].into()),
            ..ConfigMap::default()
        };
        let contents = Contents::from(map);
        assert_eq!((contents.bytes("text"), contents.bytes("binary")), (Some(&b"a\n"[..]), Some(&[0xfe][..])));
    }

    #[test]
    fn other_contents_have_another_fingerprint_however_they_are_cut() {
        let of = |values: &[(&str, &str)]| Contents::of(values.iter().map(|(key, value)| (*key, *value))).fingerprint();
        let one = of(&[("a", "bc"), ("d", "")]);
        assert_eq!(of(&[("d", ""), ("a", "bc")]), one, "order is none of the contents");
        for other in
            [of(&[("a", "bc")]), of(&[("ab", "c"), ("d", "")]), of(&[("a", "bcd"), ("", "")]), of(&[("a", "bd"), ("d", "")]), of(&[])]
        {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn what_is_printed_of_contents_are_the_keys() {
        assert_eq!(format!("{:?}", Contents::of([("key", "canary")])), "{\"key\"}");
    }
}
