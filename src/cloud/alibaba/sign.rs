//! The vendor's signature, version 3 (`ACS3-HMAC-SHA256`): pure functions from a request's parts to text.
//! Which headers are signed is the caller's choice; date and nonce are among them. Nothing here asks for the time or for dice.

use crate::cloud::canonical::{Canonical, canonical};
pub use crate::cloud::canonical::{Parts, Signed};
use crate::cloud::encode::{hash, keyed_hash};
use secrecy::SecretString;

const SCHEME: &str = "ACS3-HMAC-SHA256";

/// Signs a request.
pub fn sign(parts: &Parts<'_>, access_key_secret: &SecretString) -> Signed {
    let Canonical { headers, hash } = canonical(parts, parts.path, &hash(parts.body));
    let signature = keyed_hash(access_key_secret, &format!("{SCHEME}\n{hash}"));
    Signed { headers, canonical_request_hash: hash, signature }
}

/// The value of the `Authorization` header.
pub fn authorization(signed: &Signed, access_key_id: &str) -> String {
    format!("{SCHEME} Credential={access_key_id},SignedHeaders={},Signature={}", signed.headers, signed.signature)
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
                authorization(&signed, "YourAccessKeyId"),
                format!(
                    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
                     x-acs-date;x-acs-signature-nonce;x-acs-version,Signature={signature}"
                )
            );
        }
    }

    #[test]
    fn an_empty_body_has_the_hash_that_the_vendor_prints() {
        assert_eq!(hash(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
