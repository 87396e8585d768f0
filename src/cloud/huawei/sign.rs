//! The vendor's signature (`SDK-HMAC-SHA256`): pure functions from a request's parts to text. Which headers are signed is the caller's
//! choice; the date is among them. Nothing here asks for the time.

use crate::cloud::canonical::{Canonical, canonical};
pub use crate::cloud::canonical::{Parts, Signed};
use crate::cloud::encode::{hash, keyed_hash, percent_encode_bytes};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

const SCHEME: &str = "SDK-HMAC-SHA256";

/// When the request was signed; always among the signed headers.
pub const DATE: &str = "x-sdk-date";
/// The form of `DATE`, in UTC.
pub const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// A header that stands for the hash of the body, where it is sent.
const CONTENT_HASH: &str = "x-sdk-content-sha256";

/// Signs a request.
pub fn sign(parts: &Parts<'_>, secret_key: &SecretString) -> Signed {
    let value = |wanted: &str| parts.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim());
    let content_hash = value(CONTENT_HASH).map_or_else(|| hash(parts.body), ToOwned::to_owned);
    let Canonical { headers, hash } = canonical(parts, &canonical_path(parts.path), &content_hash);
    let date = value(DATE).unwrap_or_default();
    let signature = keyed_hash(secret_key, &format!("{SCHEME}\n{date}\n{hash}"));
    Signed { headers, canonical_request_hash: hash, signature }
}

/// The value of the `Authorization` header. There is no comma after the scheme.
pub fn authorization(signed: &Signed, access_key: &str) -> String {
    format!("{SCHEME} Access={access_key}, SignedHeaders={}, Signature={}", signed.headers, signed.signature)
}

/// The path as it is signed: each segment decoded and encoded anew, and a slash at the end that the request line does not have.
/// An encoded slash becomes one that separates, so ids must be free of them.
fn canonical_path(path: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let segments: Vec<String> = decoded.split(|byte| *byte == b'/').map(percent_encode_bytes).collect();
    let mut path = segments.join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::canonical::canonical_query;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn signed(headers: &[(&str, &str)], body: &[u8]) -> Signed {
        let parts = Parts { method: "POST", path: "/v1", query: &[], headers: &pairs(headers), body };
        sign(&parts, &SecretString::from("secret"))
    }

    #[test]
    fn the_vendors_published_example_is_reproduced() {
        let signed = sign(
            &Parts {
                method: "GET",
                path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
                query: &pairs(&[("marker", "13551d6b-755d-4757-b956-536f674975c0"), ("limit", "2")]),
                headers: &pairs(&[
                    ("X-Sdk-Date", "20191115T033655Z"),
                    ("Host", "service.region.example.com"),
                    ("Content-Type", " application/json "),
                ]),
                body: b"",
            },
            // The published key is masked in newer editions; this signature was made with a key of a recording.
            &SecretString::from("fake-secret-key-not-real-000000000000001"),
        );
        assert_eq!(signed.canonical_request_hash, "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a");
        assert_eq!(
            authorization(&signed, "FAKEAK0EXAMPLE000001"),
            "SDK-HMAC-SHA256 Access=FAKEAK0EXAMPLE000001, SignedHeaders=content-type;host;x-sdk-date, \
             Signature=90b5f1063eb413739e3949b81d64dd9d3c3bd6a298ad2aa5472bdf18fed69214"
        );
    }

    #[test]
    fn the_signed_path_is_encoded_anew_and_ends_in_a_slash() {
        let table = [
            ("", "/"),
            ("/", "/"),
            ("/v1", "/v1/"),
            ("/v1/", "/v1/"),
            ("/v1//a", "/v1//a/"),
            ("/v1/organizations:ous", "/v1/organizations%3Aous/"),
            ("/v1/organizations%3aous", "/v1/organizations%3Aous/"),
            ("/v1/a%2Fb", "/v1/a/b/"),
            ("/v1/a%2F", "/v1/a/"),
            ("/v1/a%7Eb%2Dc", "/v1/a~b-c/"),
            ("/v1/a+b c", "/v1/a%2Bb%20c/"),
            ("/v1/世/%E4%B8%96", "/v1/%E4%B8%96/%E4%B8%96/"),
            ("/v1/100%/%zz/%4", "/v1/100%25/%25zz/%254/"),
            ("/v1/%ff", "/v1/%FF/"),
        ];
        for (path, expected) in table {
            assert_eq!(canonical_path(path), expected, "{path}");
        }
    }

    #[test]
    fn a_name_that_is_repeated_is_a_pair_per_value_in_order() {
        let query = canonical_query(&pairs(&[("states", "succeeded"), ("b", ""), ("states", "failed"), ("a", "x y+*~"), ("B", "/?&=")]));
        assert_eq!(query, "B=%2F%3F%26%3D&a=x%20y%2B%2A~&b=&states=failed&states=succeeded");
        assert_eq!(canonical_query(&[]), "");
    }

    #[test]
    fn the_method_counts_in_upper_case() {
        let canonical_request_hash = |method| {
            let parts = Parts { method, path: "/v1", query: &[], headers: &[], body: b"" };
            sign(&parts, &SecretString::from("secret")).canonical_request_hash
        };
        assert_eq!(canonical_request_hash("patch"), canonical_request_hash("PATCH"));
        assert_ne!(canonical_request_hash("PATCH"), canonical_request_hash("PUT"));
    }

    #[test]
    fn a_hash_in_a_header_stands_for_the_body() {
        let date = (DATE, "20250102T030405Z");
        let of = |headers: &[(&str, &str)], body| signed(headers, body).signature;
        let unsigned = (CONTENT_HASH, "UNSIGNED-PAYLOAD");
        assert_eq!(of(&[date, unsigned], b"one"), of(&[date, unsigned], b"two"));
        assert_ne!(of(&[date], b"one"), of(&[date], b"two"));
    }

    #[test]
    fn the_date_is_part_of_what_is_signed() {
        let signature = |date| signed(&[("X-Sdk-Date", date)], b"").signature;
        assert_ne!(signature("20250102T030405Z"), signature("20250102T030406Z"));
        let date: jiff::Timestamp = "2025-01-02T03:04:05.999Z".parse().unwrap();
        assert_eq!(date.strftime(DATE_FORMAT).to_string(), "20250102T030405Z");
    }
}
