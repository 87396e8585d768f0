//! Signatures of a request that arrived (SDK-HMAC-SHA256): the canonical form is built again from what was decoded, so that it does not matter how
//! a client encodes its URLs.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::request::Request;

const ALGORITHM: &str = "SDK-HMAC-SHA256";
pub(crate) const DATE: &str = "x-sdk-date";
const BODY_HASH: &str = "x-sdk-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The three parts of the `Authorization` header. A credential scope (`Credential=`) belongs to recipes that are not simulated.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) access: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let (algorithm, rest) = header.split_once(' ')?;
        if algorithm != ALGORITHM {
            return None;
        }
        let (mut access, mut signed, mut signature) = (None, None, None);
        for part in rest.split(',') {
            match part.trim().split_once('=')? {
                ("Access", value) => access = Some(value),
                ("SignedHeaders", value) => signed = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        Some(Self {
            access: access.filter(|value| !value.is_empty())?,
            signed_headers: signed?.split(';').filter(|name| !name.is_empty()).collect(),
            signature: signature.filter(|value| !value.is_empty())?,
        })
    }

    /// The canonical request if the signature is not right. The date must be signed, and so must be whatever stands for the body's hash.
    pub(crate) fn verify(&self, request: &Request, secret: &str) -> Result<(), String> {
        let canonical = canonical_request(request, &self.signed_headers);
        let date = request.header(DATE).unwrap_or_default();
        let text = format!("{ALGORITHM}\n{date}\n{}", hex(&Sha256::digest(&canonical)));
        let signed = |name: &str| self.signed_headers.iter().any(|header| header.eq_ignore_ascii_case(name));
        let body_is_told = request.header(BODY_HASH).is_none_or(|hash| signed(BODY_HASH) && (hash == UNSIGNED || hash == hash_of(request)));
        if signed(DATE) && body_is_told && sign(secret, &text) == self.signature { Ok(()) } else { Err(canonical) }
    }
}

fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn canonical_request(request: &Request, signed_headers: &[&str]) -> String {
    let mut pairs: Vec<&(String, String)> = request.query.iter().collect();
    pairs.sort();
    let query: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mut names: Vec<String> = signed_headers.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    let mut headers = String::new();
    for name in &names {
        let value = request.headers.get(name).map_or("", |value| value.trim());
        headers.extend([name, ":", value, "\n"]);
    }
    let hash = request.header(BODY_HASH).map_or_else(|| hash_of(request), str::to_owned);
    format!("{}\n{}\n{}\n{headers}\n{}\n{hash}", request.method, canonical_path(&request.path), query.join("&"), names.join(";"))
}

fn hash_of(request: &Request) -> String {
    hex(&Sha256::digest(&request.body))
}

/// Decoded, encoded segment by segment, and always with a slash at its end, which the request line does not have.
fn canonical_path(path: &str) -> String {
    let segments: Vec<String> = decode(path).split('/').map(encode).collect();
    let mut path = segments.join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// Percent-decoding alone: in a path `+` is a plus.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok()).filter(|_| first == b'%');
        if let Some(byte) = digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// RFC 3986: only the unreserved characters stay.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// The signing guide's own request, with a key that is none. The guide prints the same canonical form.
    fn published() -> (Request, Vec<&'static str>) {
        let headers = [("content-type", "application/json"), ("host", "service.region.example.com"), ("x-sdk-date", "20191115T033655Z")];
        let request = Request {
            method: "GET".to_owned(),
            path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs".to_owned(),
            query: [("limit", "2"), ("marker", "13551d6b-755d-4757-b956-536f674975c0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Bytes::new(),
        };
        (request, headers.iter().map(|(name, _)| *name).collect())
    }

    #[test]
    fn the_published_canonical_request_comes_out() {
        let (request, names) = published();
        let canonical = canonical_request(&request, &names);
        assert_eq!(hex(&Sha256::digest(&canonical)), "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a");
        let header = "SDK-HMAC-SHA256 Access=FAKEAK0EXAMPLE000001, SignedHeaders=content-type;host;x-sdk-date, \
                      Signature=90b5f1063eb413739e3949b81d64dd9d3c3bd6a298ad2aa5472bdf18fed69214";
        let authorization = Authorization::parse(header).unwrap();
        assert_eq!(authorization.access, "FAKEAK0EXAMPLE000001");
        assert_eq!(authorization.verify(&request, "fake-secret-key-not-real-000000000000001"), Ok(()));
        assert_eq!(authorization.verify(&request, "another"), Err(canonical));
    }

    #[test]
    fn a_hash_that_is_sent_stands_for_the_body_if_it_is_signed_and_true() {
        let (mut request, mut names) = published();
        request.body = Bytes::from_static(b"{}");
        for (hash, sign_it, fits) in [(UNSIGNED, true, true), (UNSIGNED, false, false), ("0000", true, false)] {
            request.headers.insert(BODY_HASH.to_owned(), hash.to_owned());
            names.retain(|name| *name != BODY_HASH);
            if sign_it {
                names.push(BODY_HASH);
            }
            let canonical = canonical_request(&request, &names);
            assert!(canonical.ends_with(hash));
            let text = format!("{ALGORITHM}\n20191115T033655Z\n{}", hex(&Sha256::digest(&canonical)));
            let signature = sign("s", &text);
            let authorization = Authorization { access: "a", signed_headers: names.clone(), signature: &signature };
            assert_eq!(authorization.verify(&request, "s").is_ok(), fits, "{hash} {sign_it}");
        }
    }

    #[test]
    fn paths_are_decoded_once_and_encoded_again() {
        for (path, canonical) in [
            ("/", "/"),
            ("/v1/x", "/v1/x/"),
            ("/v1/x/", "/v1/x/"),
            ("/a//b", "/a//b/"),
            ("/organizations%3Aous/%7Eme", "/organizations%3Aous/~me/"),
            ("/a+b/c%20d/%E5%90%8D", "/a%2Bb/c%20d/%E5%90%8D/"),
            ("/100%/%zz", "/100%25/%25zz/"),
            ("/a%252Fb", "/a%252Fb/"),
        ] {
            assert_eq!(canonical_path(path), canonical, "{path}");
        }
    }

    #[test]
    fn an_authorization_header_must_have_its_three_parts() {
        for bad in [
            "Bearer x",
            "SDK-HMAC-SHA256 Access=k, SignedHeaders=host",
            "SDK-HMAC-SHA256 Access=, SignedHeaders=host, Signature=ab",
            "SDK-HMAC-SHA256 Credential=k/20250101///sdk_request, SignedHeaders=host, Signature=ab",
            "V11-HMAC-SHA256 Credential=k, SignedHeaders=host, Signature=ab",
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
