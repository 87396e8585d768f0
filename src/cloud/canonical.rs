//! The canonical form of a request, which the vendors' signatures have in common: pure functions from its parts to text. Where they differ (the
//! path, the hash of the body, what is signed in the end) is the vendor's.

use super::encode::{hash, percent_encode};

/// What is signed.
pub struct Parts<'a> {
    pub method: &'a str,
    /// As on the request line, without the query.
    pub path: &'a str,
    /// Raw names and values, in any order.
    pub query: &'a [(String, String)],
    /// The headers to sign, in any order, names in any case.
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

/// The outcome of signing. The canonical request itself stays inside: with temporary keys it holds a secret.
pub struct Signed {
    /// Names of the signed headers, as `Authorization` lists them.
    pub headers: String,
    /// Lower hex SHA-256 of the canonical request.
    pub canonical_request_hash: String,
    /// Lower hex.
    pub signature: String,
}

/// The signed headers' names, and the hash of the whole.
pub(super) struct Canonical {
    pub(super) headers: String,
    pub(super) hash: String,
}

/// Everything in its order: the path and the hash of the body as the vendor wants them.
pub(super) fn canonical(parts: &Parts<'_>, path: &str, content_hash: &str) -> Canonical {
    let mut headers: Vec<(String, &str)> = parts.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let mut text = format!("{}\n{path}\n{}\n", parts.method.to_ascii_uppercase(), canonical_query(parts.query));
    for (name, value) in &headers {
        for piece in [name, ":", value, "\n"] {
            text.push_str(piece);
        }
    }
    text.push('\n');
    text.push_str(&names);
    text.push('\n');
    text.push_str(content_hash);
    Canonical { headers: names, hash: hash(text.as_bytes()) }
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

    #[test]
    fn the_query_is_sorted_by_bytes_and_encoded_as_in_rfc_3986() {
        let pairs = [("InstanceId.2", "i-2"), ("InstanceId.10", "i 10"), ("InstanceId.1", "*~!'()"), ("Name", ""), ("Ünicode", "世")];
        let query = canonical_query(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(query, "InstanceId.1=%2A~%21%27%28%29&InstanceId.10=i%2010&InstanceId.2=i-2&Name=&%C3%9Cnicode=%E4%B8%96");
    }
}
