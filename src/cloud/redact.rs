//! What of an error answer may be logged. Some answers echo what was signed, which holds tokens, or the parameters,
//! which may hold anything; the rest is useful to whoever debugs.

use super::encode::percent_encode;
use secrecy::{ExposeSecret, SecretString};

const HIDDEN: &str = "(redacted)";
const LONGEST: usize = 600;
/// Ids and request ids are shorter; keys, tokens and hashes are not.
const LONGEST_WORD: usize = 36;

/// From any of these on, the text repeats the request.
const ECHOES: [&str; 6] =
    ["stringtosign", "string to sign", "string-to-sign", "canonicalrequest", "canonical request", "canonicalizedquery"];
/// The word after any of these is nobody's business.
const LABELS: [&str; 9] = [
    "securitytoken",
    "security-token",
    "accesskeysecret",
    "accesskeyid",
    "authorization",
    "credential",
    "signature",
    "password",
    "oidctoken",
];

/// The text without secrets: those that are known, and what looks like one.
pub(super) fn redact(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            text = text.replace(secret, HIDDEN).replace(&percent_encode(secret), HIDDEN);
        }
    }
    // ASCII case folding keeps the byte positions.
    let folded = text.to_ascii_lowercase();
    if let Some(from) = ECHOES.iter().filter_map(|echo| folded.find(echo)).min() {
        text.truncate(from);
        text.push_str(HIDDEN);
    }
    let mut clean = String::with_capacity(text.len());
    let mut hide_next = false;
    for (word, separators) in words(&text) {
        if word.len() > LONGEST_WORD || (hide_next && !word.is_empty()) {
            clean.push_str(HIDDEN);
        } else {
            clean.push_str(word);
        }
        let folded = word.to_ascii_lowercase();
        let labelled = LABELS.iter().any(|label| folded.ends_with(label));
        // Only a label that is followed by a value; "the Signature nonce was used" says nothing secret.
        hide_next = labelled && separators.contains([':', '=']);
        clean.push_str(separators);
    }
    if let Some((end, _)) = clean.char_indices().nth(LONGEST) {
        clean.truncate(end);
        clean.push('…');
    }
    clean
}

/// Words, each with what separates it from the next.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let inside = |c: char| c.is_alphanumeric() || "-_.+/~%*".contains(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word_end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        let separators_end = tail.find(inside).unwrap_or(tail.len());
        let (separators, tail) = tail.split_at(separators_end);
        rest = tail;
        Some((word, separators))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_survives() {
        let secret = SecretString::from("s3cret/with+signs==");
        let table = [
            (
                r#"{"Code":"SignatureDoesNotMatch","Message":"no match. server StringToSign is [POST&x-acs-security-token:abc]"}"#,
                r#"{"Code":"SignatureDoesNotMatch","Message":"no match. server (redacted)"#,
            ),
            (
                r#"{"Message":"x","SecurityToken":"abc","RequestId":"R-1"}"#,
                r#"{"Message":"x","SecurityToken":"(redacted)","RequestId":"R-1"}"#,
            ),
            ("token s3cret/with+signs== refused", "token (redacted) refused"),
            ("token s3cret%2Fwith%2Bsigns%3D%3D refused", "token (redacted) refused"),
            ("Specified signature nonce was used already.", "Specified signature nonce was used already."),
            ("hash e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "hash (redacted)"),
            ("RequestId 473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E", "RequestId 473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"),
            ("Authorization: Basic", "Authorization: (redacted)"),
            ("für 世界", "für 世界"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, &[&secret]), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert!(redact(&"wörd ".repeat(1000), &[]).chars().count() <= LONGEST + 1);
    }
}
