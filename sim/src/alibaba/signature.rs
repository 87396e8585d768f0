//! Signature V3 (ACS3-HMAC-SHA256) of a request that arrived: the canonical form is built again from what was decoded, because clients
//! encode URLs in ways of their own.

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::request::Request;

pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The three parts of the `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) signed_headers: Vec<&'a str>,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(crate) fn parse(header: &'a str) -> Option<Self> {
        let (algorithm, rest) = header.split_once(' ')?;
        if algorithm != ALGORITHM {
            return None;
        }
        let (mut key_id, mut signed, mut signature) = (None, None, None);
        for part in rest.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => key_id = Some(value),
                ("SignedHeaders", value) => signed = Some(value),
                ("Signature", value) => signature = Some(value),
                _ => return None,
            }
        }
        Some(Self {
            key_id: key_id.filter(|value| !value.is_empty())?,
            signed_headers: signed?.split(';').filter(|name| !name.is_empty()).collect(),
            signature: signature.filter(|value| !value.is_empty())?,
        })
    }
}

/// Headers that must be among the signed ones and are not.
pub(crate) fn unsigned<'a>(request: &'a Request, signed: &[&str]) -> Vec<&'a str> {
    request
        .headers
        .keys()
        .map(String::as_str)
        .filter(|name| *name == "host" || *name == "content-type" || name.starts_with("x-acs-"))
        .filter(|name| !signed.contains(name))
        .collect()
}

pub(crate) fn string_to_sign(request: &Request, signed_headers: &[&str]) -> String {
    let canonical = canonical_request(request, signed_headers);
    format!("{ALGORITHM}\n{}", hex(&Sha256::digest(canonical)))
}

pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn canonical_request(request: &Request, signed_headers: &[&str]) -> String {
    let mut pairs: Vec<&(String, String)> = request.query.iter().collect();
    pairs.sort();
    let query: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mut names: Vec<&str> = signed_headers.to_vec();
    names.sort_unstable();
    let mut headers = String::new();
    for name in &names {
        let value = request.headers.get(*name).map_or("", |value| value.trim());
        headers.extend([name, ":", value, "\n"]);
    }
    let path = if request.path.is_empty() { "/" } else { &request.path };
    format!("{}\n{path}\n{}\n{headers}\n{}\n{}", request.method, query.join("&"), names.join(";"), hex(&Sha256::digest(&request.body)))
}

/// RFC 3986: only the unreserved characters stay.
pub(super) fn encode(text: &str) -> String {
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

    /// The example that the vendor prints, in both editions of its page.
    #[test]
    fn the_published_check_values_come_out() {
        for (date, nonce, expected) in [
            (
                "2023-10-26T10:22:32Z",
                "3156853299f313e23d1673dc12e1703d",
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "2023-10-26T09:01:01Z",
                "d410180a5abf7fe235dd9b74aca91fc0",
                "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
            ),
        ] {
            let headers = [
                ("host", "ecs.cn-shanghai.aliyuncs.com"),
                ("x-acs-action", "RunInstances"),
                ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                ("x-acs-date", date),
                ("x-acs-signature-nonce", nonce),
                ("x-acs-version", "2014-05-26"),
            ];
            let request = Request {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                query: vec![
                    ("ImageId".to_owned(), "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd".to_owned()),
                    ("RegionId".to_owned(), "cn-shanghai".to_owned()),
                ],
                headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                body: Bytes::new(),
            };
            let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
            let text = string_to_sign(&request, &names);
            assert_eq!(sign("YourAccessKeySecret", &text), expected);
            assert!(unsigned(&request, &names).is_empty());
            assert_eq!(unsigned(&request, &names[1..]), ["host"]);
        }
    }

    #[test]
    fn everything_but_the_unreserved_is_encoded() {
        assert_eq!(encode("a b*~!'()-_."), "a%20b%2A~%21%27%28%29-_.");
        assert_eq!(encode("名"), "%E5%90%8D");
    }

    #[test]
    fn an_authorization_header_must_have_its_three_parts() {
        let good = "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host;x-acs-date,Signature=ab";
        let parsed = Authorization::parse(good).unwrap();
        assert_eq!(parsed.key_id, "k");
        assert_eq!(parsed.signed_headers, ["host", "x-acs-date"]);
        for bad in [
            "Bearer x",
            "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=ab",
            "ACS3-HMAC-SHA256 Credential=k;SignedHeaders=host;Signature=ab",
            "HMAC-SHA1 Credential=k,SignedHeaders=host,Signature=ab",
        ] {
            assert_eq!(Authorization::parse(bad), None, "{bad}");
        }
    }
}
