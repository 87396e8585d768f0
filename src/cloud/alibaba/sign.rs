//! The vendor's signature, version 3 (`ACS3-HMAC-SHA256`): pure functions from a request's parts to text.
//! Which headers are signed is the caller's choice; date and nonce are among them. Nothing here asks for the time or for dice.

use crate::cloud::encode::{hash, keyed_hash, percent_encode};
use secrecy::SecretString;

const SCHEME: &str = "ACS3-HMAC-SHA256";

/// What is signed.
pub struct Parts<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Raw names and values, in any order.
    pub query: &'a [(String, String)],
    /// The headers to sign, in any order, names in any case.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// The outcome. The canonical request itself stays inside: with a session token it holds a secret.
pub struct Signed {
    /// Names of the signed headers, as `Authorization` lists them.
    pub headers: String,
    /// Lower hex SHA-256 of the canonical request.
    pub canonical_request_hash: String,
    /// Lower hex.
    pub signature: String,
}

impl Signed {
    /// The value of the `Authorization` header.
    pub fn authorization(&self, access_key_id: &str) -> String {
        format!("{SCHEME} Credential={access_key_id},SignedHeaders={},Signature={}", self.headers, self.signature)
    }
}

/// Signs a request.
pub fn sign(parts: &Parts<'_>, access_key_secret: &SecretString) -> Signed {
    let mut headers: Vec<(String, &str)> = parts.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");

    let mut canonical = format!("{}\n{}\n{}\n", parts.method, parts.path, canonical_query(parts.query));
    for (name, value) in &headers {
        canonical.push_str(name);
        canonical.push(':');
        canonical.push_str(value);
        canonical.push('\n');
    }
    canonical.push('\n');
    canonical.push_str(&names);
    canonical.push('\n');
    canonical.push_str(&hash(parts.body));

    let canonical_request_hash = hash(canonical.as_bytes());
    let signature = keyed_hash(access_key_secret, &format!("{SCHEME}\n{canonical_request_hash}"));
    Signed { headers: names, canonical_request_hash, signature }
}

/// The query as it is signed, and as we send it: sorted by the raw name, percent-encoded as in RFC 3986.
pub fn canonical_query(parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = parameters.iter().collect();
    sorted.sort();
    let pairs: Vec<String> =
        sorted.into_iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_vendors_published_values_are_reproduced() {
        let published = [
            (
                "2023-10-26T10:22:32Z",
                "3156853299f313e23d1673dc12e1703d",
                Some("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"),
                "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            ),
            (
                "2023-10-26T09:01:01Z",
                "d410180a5abf7fe235dd9b74aca91fc0",
                None,
                "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
            ),
        ];
        for (date, nonce, canonical_request_hash, signature) in published {
            let signed = sign(
                &Parts {
                    method: "POST",
                    path: "/",
                    query: &pairs(&[("RegionId", "cn-shanghai"), ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")]),
                    headers: &pairs(&[
                        ("Host", "ecs.cn-shanghai.aliyuncs.com"),
                        ("x-acs-action", "RunInstances"),
                        ("x-acs-content-sha256", &hash(b"")),
                        ("x-acs-date", date),
                        ("x-acs-signature-nonce", nonce),
                        ("x-acs-version", "2014-05-26"),
                    ]),
                    body: b"",
                },
                &SecretString::from("YourAccessKeySecret"),
            );
            if let Some(expected) = canonical_request_hash {
                assert_eq!(signed.canonical_request_hash, expected);
            }
            assert_eq!(signed.signature, signature);
            assert_eq!(
                signed.authorization("YourAccessKeyId"),
                format!(
                    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
                     x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={signature}"
                )
            );
        }
    }

    #[test]
    fn the_query_is_sorted_by_bytes_and_encoded_as_in_rfc_3986() {
        let query = canonical_query(&pairs(&[
            ("InstanceId.2", "i-2"),
            ("InstanceId.10", "i 10"),
            ("InstanceId.1", "*~!'()"),
            ("Name", ""),
            ("Ünicode", "世"),
        ]));
        assert_eq!(query, "InstanceId.1=%2A~%21%27%28%29&InstanceId.10=i%2010&InstanceId.2=i-2&Name=&%C3%9Cnicode=%E4%B8%96");
    }

    #[test]
    fn an_empty_body_has_the_hash_that_the_vendor_prints() {
        assert_eq!(hash(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
