//! What of an error answer may be logged. Some answers echo what was signed, which holds tokens, or the parameters,
//! which may hold anything; the rest is useful to whoever debugs.

use secrecy::{ExposeSecret, SecretString};

const HIDDEN: &str = "(redacted)";
const LONGEST: usize = 600;
/// Ids and request ids are shorter; keys, tokens and hashes are not.
const LONGEST_WORD: usize = 36;

/// From any of these on, the text repeats the request.
const ECHOES: [&str; 6] =
    ["stringtosign", "string to sign", "string-to-sign", "canonicalrequest", "canonical request", "canonicalizedquery"];
/// The value after any of these is nobody's business.
const LABELS: [&str; 9] =
    ["token", "secret", "secretkey", "secret_key", "accesskeyid", "authorization", "credential", "signature", "password"];

/// The text without secrets: those that are known, and what looks like one. What cannot be told apart is hidden.
pub(super) fn redact(text: &str, secrets: &[&SecretString]) -> String {
    let mut text = secrets.iter().fold(text.to_owned(), |text, secret| without(&text, secret.expose_secret()));
    // ASCII case folding keeps the byte positions.
    let folded = text.to_ascii_lowercase();
    if let Some(from) = ECHOES.iter().filter_map(|echo| folded.find(echo)).min() {
        text.truncate(from);
        text.push_str(HIDDEN);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let inside = |c: char| c.is_alphanumeric() || "-_.+/~%*".contains(c);
        let (word, tail) = rest.split_at(rest.find(|c| !inside(c)).unwrap_or(rest.len()));
        let (separators, tail) = tail.split_at(tail.find(inside).unwrap_or(tail.len()));
        clean.push_str(if word.len() > LONGEST_WORD || is_pair(word) { HIDDEN } else { word });
        rest = tail;
        if is_label(word)
            && let Some(value) = Value::after(&text[text.len() - tail.len() - separators.len()..])
        {
            clean.push_str(value.before);
            clean.push_str(HIDDEN);
            rest = value.behind;
        } else {
            clean.push_str(separators);
        }
    }
    if let Some((end, _)) = clean.char_indices().nth(LONGEST) {
        clean.truncate(end);
        clean.push('…');
    }
    clean
}

fn is_label(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    LABELS.iter().any(|label| word.ends_with(label))
}

/// A label and its value, encoded into one word.
fn is_pair(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["%3a", "%3d", "%22"].iter().any(|sign| word.contains(sign) && word.split(sign).any(is_label))
}

/// What stands behind a label.
struct Value<'a> {
    /// The sign that makes it one, and the quote that opens it.
    before: &'a str,
    behind: &'a str,
}

impl<'a> Value<'a> {
    /// "The signature nonce was used" tells no signature: only a colon or an equals sign does.
    fn after(tail: &'a str) -> Option<Self> {
        let sign = tail.trim_start_matches(['\\', '"', '\'', ' ', ']', ')']).strip_prefix([':', '='])?.trim_start_matches(' ');
        let open = sign.trim_start_matches('\\');
        let (value, end) = match open.chars().next() {
            Some(quote @ ('"' | '\'')) => (&open[1..], end_of_quoted(&open[1..], quote, sign.len() - open.len())),
            // Where it ends is anybody's guess, for it may hold blanks and all kinds of signs.
            _ => (sign, sign.find('\n').unwrap_or(sign.len())),
        };
        Some(Self { before: &tail[..tail.len() - value.len()], behind: &value[end..] })
    }
}

/// Where a value ends that was opened by this quote behind so many backslashes: one behind more of them belongs to the value.
fn end_of_quoted(value: &str, quote: char, backslashes: usize) -> usize {
    let escaping = |at: usize| value[..at].len() - value[..at].trim_end_matches('\\').len();
    let end = value.match_indices(quote).find(|(at, _)| escaping(*at) <= backslashes);
    end.map_or(value.len(), |(at, _)| at - escaping(at))
}

/// The text without this secret, however deep it was encoded.
fn without(text: &str, secret: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some(behind) = spelt(rest, secret) {
            clean.push_str(HIDDEN);
            rest = behind;
        } else {
            clean.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    clean
}

/// What follows the secret, if the text begins with it. A sign may be read in several ways, so all of them are followed.
fn spelt<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    let mut signs = secret.chars();
    let mut rests = after(text, signs.next()?);
    for sign in signs {
        if rests.is_empty() {
            break;
        }
        rests = rests.into_iter().flat_map(|rest| after(rest, sign)).collect();
        rests.sort_unstable_by_key(|rest| rest.len());
        rests.dedup_by_key(|rest| rest.len());
    }
    rests.into_iter().min_by_key(|rest| rest.len())
}

/// What may follow a sign that stands there as it is, escaped as in JSON, or percent-encoded; each as deep as it may be.
fn after(text: &str, sign: char) -> Vec<&str> {
    let digits = |text: &str, length, value: u32| {
        text.get(..length).and_then(|digits| u32::from_str_radix(digits, 16).ok()).is_some_and(|found| found == value)
    };
    let bare = text.trim_start_matches('\\');
    let backslashes = text.len() - bare.len();
    let mut rests = Vec::new();
    if sign == '\\' {
        rests.extend((1..=backslashes).map(|count| &text[count..]));
    }
    rests.extend(bare.strip_prefix(sign));
    rests.extend(bare.strip_prefix('u').filter(|code| backslashes > 0 && digits(code, 4, u32::from(sign))).map(|code| &code[4..]));
    if sign == ' ' {
        rests.extend(text.strip_prefix('+'));
    }
    if sign == '%' {
        // The one sign that is part of its own encoding.
        let encoded = text.strip_prefix('%').unwrap_or_default();
        rests.extend((1..).map_while(|times| encoded.strip_prefix(&"25".repeat(times))));
    }
    rests.extend(sign.encode_utf8(&mut [0; 4]).bytes().try_fold(text, |text, byte| {
        let mut code = text.strip_prefix('%')?;
        while let Some(deeper) = code.strip_prefix("25").filter(|deeper| deeper.len() >= 2 && !digits(code, 2, byte.into())) {
            code = deeper;
        }
        digits(code, 2, byte.into()).then(|| &code[2..])
    }));
    rests
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            ("token s3cret%2fwith%2bsigns%3d%3d refused", "token (redacted) refused"),
            ("token s3cret%252Fwith%252Bsigns%253D%253D refused", "token (redacted) refused"),
            (r#"{"Message":"got s3cret\/with+signs\u003d\u003d"}"#, r#"{"Message":"got (redacted)"}"#),
            (r#"{"Message":"got \"s3cret\\\/with\\u002Bsigns==\""}"#, r#"{"Message":"got \"(redacted)\""}"#),
            ("Authorization: Basic YWxpY2U6cA==", "Authorization: (redacted)"),
            ("Authorization: Basic YWxpY2U6cA==\nAccept: all", "Authorization: (redacted)\nAccept: all"),
            (r#"{"password":"two \"words\" {ü}","name":"ann"}"#, r#"{"password":"(redacted)","name":"ann"}"#),
            (
                r#"{"body":"{\"password\":\"two \\\"words\\\"\",\"name\":\"ann\"}"}"#,
                r#"{"body":"{\"password\":\"(redacted)\",\"name\":\"ann\"}"}"#,
            ),
            ("{'password': 'x y', 'name': 'ann'}", "{'password': '(redacted)', 'name': 'ann'}"),
            (r#"{"secret":"it is cut of"#, r#"{"secret":"(redacted)"#),
            (r#"{"password":"","name":"ann"}"#, r#"{"password":"(redacted)","name":"ann"}"#),
            ("password=a b&c", "password=(redacted)"),
            ("auth%3Fpassword%3Dshort", "(redacted)"),
            ("SignatureDoesNotMatch: look", "SignatureDoesNotMatch: look"),
            ("für 世界", "für 世界"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text, &[&secret]), expected);
        }
    }

    #[test]
    fn a_secret_of_any_signs_is_found_in_any_encoding() {
        let secret = "a\\b \"c\" {ü}%41+/=&日25";
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let percent = crate::cloud::encode::percent_encode(secret);
        let spellings = [
            secret.to_owned(),
            json(secret),
            json(&json(secret)),
            percent.clone(),
            percent.to_ascii_lowercase(),
            crate::cloud::encode::percent_encode(&percent),
            json(secret).replace('/', "\\/").replace('=', "\\u003d").replace('ü', "\\u00FC").replace('日', "\\u65e5"),
        ];
        for spelling in spellings {
            let clean = redact(&format!("({spelling})"), &[&secret.into()]);
            assert_eq!(clean.trim_matches(['(', ')', '"', '\\']), HIDDEN.trim_matches(['(', ')']), "{spelling}");
        }
        assert_eq!(redact("a\\b \"c\" {", &[&secret.into()]), "a\\b \"c\" {", "a part of it is not it");
    }

    proptest! {
        #[test]
        fn no_text_breaks_it_and_no_known_secret_passes(before in "\\PC{0,40}", secret in "[a-zA-Z0-9/+=\"\\\\ ü%{}&-]{6,40}", after in "\\PC{0,40}", form in 0..5) {
            let written = match form {
                0 => secret.clone(),
                1 => serde_json::to_string(&secret).unwrap(),
                2 => crate::cloud::encode::percent_encode(&secret),
                3 => crate::cloud::encode::percent_encode(&crate::cloud::encode::percent_encode(&secret)),
                _ => serde_json::to_string(&serde_json::to_string(&secret).unwrap()).unwrap(),
            };
            let clean = redact(&format!("{before}{written}{after}"), &[&secret.as_str().into()]);
            // By chance the text around it may say the same.
            prop_assume!(!before.contains(&secret) && !after.contains(&secret));
            prop_assert!(!clean.contains(&secret) && !clean.contains(written.trim_matches('"')), "{clean}");
            prop_assert!(clean.chars().count() <= LONGEST + 1);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert!(redact(&"wörd ".repeat(1000), &[]).chars().count() <= LONGEST + 1);
    }
}
