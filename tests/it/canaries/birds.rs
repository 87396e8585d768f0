//! The secrets of these stories, and how one is recognised wherever it gets out, whatever it was encoded with on the way.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt::Write as _;

/// Of characters that every encoding treats in its own way, where the place they are used in admits them.
pub(crate) const KEY_SECRET: &str = "Xk3y/qW+zR=\"7f'&<\u{fc}>%7E~9ZqWxJd2LmPv";
pub(crate) const SESSION_TOKEN: &str = "Xs3ss/tOk+Hn==.QbCdEf8123456789+xyzUvW/rT4";
pub(super) const OIDC_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJYb2lkYy1rWjkxIn0.XoIdC-s1gNaTuRe_Kz77qLw";
pub(super) const TEMPORARY_SECRET: &str = "Xt3mp/sEc+vB==8Yt5RfGh1JkLmNb";
pub(crate) const TEMPORARY_TOKEN: &str = "Xt3mpT0k+CAIS9QJ1/q6Ft5B2yfSjIr5fFBtLbhbZj==";
/// With blanks and quotes: what looks for the end of a word finds it too early.
pub(crate) const PASSWORD: &str = "Xp4ss \"w0rd\" \\ {\u{fc}} & k9Zq, 4!vT";
pub(super) const KEYSTONE_TOKEN: &str = "Xk3yst0ne-MIIEzQYJKoZIhvcNAQcCoIIEvjCCBLoCAQExDTAL";

const ALL: [(&str, &str); 7] = [
    ("the key's secret", KEY_SECRET),
    ("the session token", SESSION_TOKEN),
    ("the OIDC token", OIDC_TOKEN),
    ("the temporary key's secret", TEMPORARY_SECRET),
    ("the temporary key's token", TEMPORARY_TOKEN),
    ("the password", PASSWORD),
    ("the Keystone token", KEYSTONE_TOKEN),
];

/// So much of a secret in a row is too much.
const PIECE: usize = 10;

/// Panics if anything of any secret is in this text.
#[track_caller]
pub(crate) fn none_in(place: &str, text: &str) {
    for (name, secret) in ALL {
        for (spelling, written) in spellings(secret) {
            if let Some(at) = text.find(&written) {
                let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let excerpt: String = text[line..].lines().next().unwrap_or_default().chars().take(2000).collect();

                unreachable!("{place}: {name}, {spelling} ({written:?}), in {excerpt}");
            }
        }
    }
}

/// What to look for: every piece of the secret as it is, and the whole of it in every encoding that is around.
fn spellings(secret: &str) -> Vec<(&'static str, String)> {
    let characters: Vec<char> = secret.chars().collect();
    let mut all: Vec<(&str, String)> =
        (0..=characters.len() - PIECE).map(|at| ("a piece of it as it is", characters[at..at + PIECE].iter().collect())).collect();
    let percent = |safe: &str, digits: fn(u8) -> String| -> String {
        let byte = |byte: &u8| {
            let plain = byte.is_ascii_alphanumeric() || safe.contains(char::from(*byte));
            if plain { char::from(*byte).to_string() } else { digits(*byte) }
        };
        secret.as_bytes().iter().map(byte).collect()
    };
    all.push(("percent-encoded", percent("-_.~", |byte| format!("%{byte:02X}"))));
    all.push(("percent-encoded in lower case", percent("-_.~", |byte| format!("%{byte:02x}"))));
    all.push(("percent-encoded twice", percent("-_.~", |byte| format!("%25{byte:02X}"))));
    all.push(("form-encoded", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()));
    let json = serde_json::to_string(secret).expect("text");
    let json = json.trim_matches('"').to_owned();
    let twice = serde_json::to_string(&json).expect("text");
    all.push(("in JSON inside JSON", twice.trim_matches('"').to_owned()));
    all.push(("in JSON", json));
    all.push(("in JSON that is ASCII", secret.chars().map(escaped).collect()));
    all.push(("as Debug", secret.escape_debug().to_string()));
    all.push(("in hex", hex(secret, false)));
    all.push(("in upper hex", hex(secret, true)));
    // Inside a longer text base64 falls on one of three boundaries; the first and the last group belong to the neighbours too.
    for shift in 0..3 {
        let shifted = format!("{}{secret}", &"..."[..shift]);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            all.push(("in base64", encoded[4..encoded.len() - 4].to_owned()));
        }
    }
    all.push(("reversed", secret.chars().rev().collect()));
    all
}

/// As encoders write that trust no character that means something in HTML.
fn escaped(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        '<' | '>' | '&' | '\'' | '=' => format!("\\u{:04x}", u32::from(character)),
        plain if plain.is_ascii() => plain.to_string(),
        other => other.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut text, unit| {
            let _ = write!(text, "\\u{unit:04x}");
            text
        }),
    }
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

#[test]
fn a_bird_is_recognised_in_every_dress() {
    let caught = |text: &str| std::panic::catch_unwind(|| none_in("a test", text)).is_err();
    for (name, secret) in ALL {
        for (spelling, written) in spellings(secret) {
            assert!(caught(&format!("before {written} after")), "{name} {spelling}");
        }
    }
    assert!(caught(&format!("Basic {}", STANDARD_NO_PAD.encode(format!("alice:{PASSWORD}")))));
    assert!(!caught("nothing to see, (redacted)"));
}
