//! Huawei Cloud's signature once more, from the text on the wire: a second reading of the vendor's description that shares no line with the
//! client, and so can tell whether what the client signs would be accepted.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What is signed, and the signature.
pub(super) struct Recomputed {
    pub(super) canonical: String,
    pub(super) to_sign: String,
    pub(super) signature: String,
}

impl Recomputed {
    pub(super) fn of(method: &str, path: &str, query: &str, headers: &[(String, String)], body: &[u8], key: &SecretString) -> Self {
        let slash = if path.ends_with('/') { "" } else { "/" };
        let uri = encoded(&decoded(path), "-_.~/") + slash;
        let mut pairs: Vec<_> =
            query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        pairs.sort_by_key(|(name, value)| (decoded(name), decoded(value)));
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| encoded(&decoded(name), "-_.~") + "=" + &encoded(&decoded(value), "-_.~")).collect();
        let headers: BTreeMap<&str, &str> = headers.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names: Vec<&str> = headers.keys().copied().collect();
        let body = format!("{:x}", Sha256::digest(body));
        let body = headers.get("x-sdk-content-sha256").copied().unwrap_or(&body);
        let canonical = [method, &uri, &query.join("&"), &lines.concat(), &names.join(";"), body].join("\n");
        let date = headers.get("x-sdk-date").copied().unwrap_or_default();
        let to_sign = format!("SDK-HMAC-SHA256\n{date}\n{:x}", Sha256::digest(&canonical));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
        mac.update(to_sign.as_bytes());
        Self { signature: format!("{:x}", mac.finalize().into_bytes()), canonical, to_sign }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).expect("a percent sign on the wire has two digits");
        bytes.push(u8::from_str_radix(code, 16).expect("a percent sign on the wire has two hex digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

fn encoded(bytes: &[u8], kept: &str) -> String {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
    bytes.iter().map(|byte| if stays(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
