//! Signature V1 (HMAC-SHA1): all parameters, from the query and from a form body, in one sorted and twice encoded line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

use super::signature::encode;
use crate::request::Request;

pub(crate) const METHOD: &str = "HMAC-SHA1";

pub(crate) fn string_to_sign(request: &Request) -> String {
    let pairs: Vec<String> = request
        .parameters()
        .0
        .iter()
        .filter(|(name, _)| *name != "Signature")
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("{}&%2F&{}", request.method, encode(&pairs.join("&")))
}

pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).expect("HMAC takes keys of every length");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// The example that the vendor prints for this signature.
    #[test]
    fn the_published_check_value_comes_out() {
        let query = [
            ("TimeStamp", "2016-02-23T12:46:24Z"),
            ("Format", "XML"),
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("Version", "2014-05-26"),
            ("SignatureVersion", "1.0"),
        ];
        let request = Request {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: std::collections::BTreeMap::new(),
            body: Bytes::new(),
        };
        assert_eq!(sign("testsecret", &string_to_sign(&request)), "CT9X0VtwR86fNWSnsc6v8YGOjuE=");
    }
}
