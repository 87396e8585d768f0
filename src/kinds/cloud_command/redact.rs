//! What a command printed, without the values that came from Secrets, and no more of it than there is room for. Pure.

use crate::cloud::encode::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

const MASK: &str = "(secret)";
/// Where an output was cut, so much of the beginning or end of a value is taken for the value.
const SHORTEST_PIECE: usize = 4;
const BREAKS: [char; 2] = ['\n', '\r'];

/// The output with every value masked: as it is, without the line break at its end, in Base64 wherever it may begin in it, as addresses, JSON and dumps
/// have it, and across lines. If the output was cut,
/// a piece of a value at its edge is masked as well.
pub(super) fn redact(output: &str, secrets: &[SecretString], was_cut: bool) -> String {
    let mut shapes: Vec<String> = secrets.iter().flat_map(|secret| shapes(secret.expose_secret())).collect();
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.len()));
    shapes.dedup();
    let mut redacted = output.to_owned();
    if was_cut {
        for shape in &shapes {
            redacted = mask_edges(redacted, shape);
        }
    }
    for shape in &shapes {
        redacted = mask_across_lines(redacted.replace(shape.as_str(), MASK), shape);
    }
    redacted
}

/// Programs break long values into lines of a width of their own.
fn mask_across_lines(text: String, shape: &str) -> String {
    let wanted = shape.replace(BREAKS, "");
    if wanted.len() < 2 * SHORTEST_PIECE || !text.contains(BREAKS) {
        return text;
    }
    let flat = text.replace(BREAKS, "");
    // Where each byte of it stands in the text.
    let places: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r')).map(|(at, _)| at).collect();
    let mut masked = String::new();
    let mut from = 0;
    for (at, found) in flat.match_indices(&wanted) {
        let (Some(first), Some(last)) = (places.get(at), places.get(at + found.len() - 1)) else { continue };
        masked.push_str(&text[from..*first]);
        masked.push_str(MASK);
        from = last + 1;
    }
    masked.push_str(&text[from..]);
    masked
}

/// How a value may look in an output.
fn shapes(secret: &str) -> Vec<String> {
    let mut shapes = Vec::new();
    for value in [secret, secret.trim_end_matches(['\n', '\r']), secret.trim()] {
        if value.is_empty() {
            continue;
        }
        shapes.push(value.to_owned());
        // A value of several lines may be printed line by line; short lines are no secrets.
        shapes.extend(value.lines().filter(|line| line.trim().len() >= 8).map(|line| line.trim().to_owned()));
        let digits = (0..3).filter_map(|offset| inside_base64(value.as_bytes(), offset));
        shapes.extend(digits.flat_map(|digits| [digits.replace('+', "-").replace('/', "_"), digits]));
        shapes.extend(as_programs_write(value));
    }
    shapes
}

/// In addresses, forms, JSON and dumps.
fn as_programs_write(value: &str) -> Vec<String> {
    let escaped = |is_plain: fn(u8) -> bool, lower: bool| -> String {
        let write = |byte: u8| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        };
        value.bytes().map(write).collect()
    };
    let mut shapes = Vec::new();
    for is_plain in [
        |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte),
        |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte),
    ] {
        for address in [escaped(is_plain, false), escaped(is_plain, true)] {
            shapes.extend([address.replace("%20", "+"), address]);
        }
    }
    let quoted = serde_json::Value::from(value).to_string();
    shapes.extend(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned));
    if value.len() >= SHORTEST_PIECE {
        let hex = hex(value.as_bytes());
        shapes.extend([hex.to_uppercase(), hex]);
    }
    shapes
}

/// The digits that are the value's alone if it begins `offset` bytes after a group of three.
fn inside_base64(value: &[u8], offset: usize) -> Option<String> {
    let bytes: Vec<u8> = std::iter::repeat_n(0, offset).chain(value.iter().copied()).collect();
    let digits = STANDARD_NO_PAD.encode(&bytes);
    let from = (offset * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    let own = digits.get(from..to)?;
    (own.len() >= 2 * SHORTEST_PIECE).then(|| own.to_owned())
}

fn mask_edges(mut text: String, shape: &str) -> String {
    let starts: Vec<usize> = shape.char_indices().map(|(at, _)| at).collect();
    let tail = starts.iter().skip(1).map(|at| &shape[*at..]).find(|tail| tail.len() >= SHORTEST_PIECE && text.starts_with(*tail));
    if let Some(tail) = tail {
        text.replace_range(..tail.len(), MASK);
    }
    let head = starts.iter().skip(1).rev().map(|at| &shape[..*at]).find(|head| head.len() >= SHORTEST_PIECE && text.ends_with(*head));
    if let Some(head) = head {
        let from = text.len() - head.len();
        text.replace_range(from.., MASK);
    }
    text
}

/// The last bytes of a text, from the beginning of a character on.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    fn of(output: &str, secrets: &[&str], was_cut: bool) -> String {
        let secrets: Vec<_> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
        redact(output, &secrets, was_cut)
    }

    #[test]
    fn a_value_is_masked_wherever_it_stands() {
        assert_eq!(of("token=hunter22;", &["hunter22"], false), "token=(secret);");
        assert_eq!(of("hunter22 hunter22", &["hunter22\n"], false), "(secret) (secret)");
        assert_eq!(of("a b", &["a"], false), "(secret) b");
        assert_eq!(of("nothing here", &["hunter22", ""], false), "nothing here");
        assert_eq!(of("longer-than-short", &["longer", "longer-than"], false), "(secret)-short", "the longest first");
        assert_eq!(of("-----BEGIN\nMIIEabcdefgh\n", &["-----BEGIN\nMIIEabcdefgh\n-----END"], false), "(secret)\n(secret)\n");
    }

    #[test]
    fn a_value_is_masked_in_base64_at_every_offset() {
        for before in ["", "x", "xy", "xyz"] {
            for after in ["", "!", "!!"] {
                let printed = STANDARD.encode(format!("{before}correct horse battery{after}"));
                let redacted = of(&printed, &["correct horse battery"], false);
                assert!(redacted.contains(MASK) && redacted.len() < 20, "{before:?} {after:?}: {redacted}");
            }
        }
    }

    #[test]
    fn a_value_is_masked_although_lines_are_broken_in_it() {
        let key = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(4);
        let folded = |text: &str, width: usize, end: &str| {
            let lines: Vec<&str> = (0..text.len()).step_by(width).map(|at| &text[at..text.len().min(at + width)]).collect();
            lines.join(end)
        };
        for (printed, end) in [(STANDARD.encode(&key), "\n"), (STANDARD.encode(format!("{key}\n")), "\r\n"), (key.clone(), "\n")] {
            let redacted = of(&format!("é: {}\nend", folded(&printed, 76, end)), &[&key], false);
            assert!(redacted.starts_with("é: (secret)") && redacted.ends_with("\nend") && redacted.len() < 30, "{redacted}");
        }
    }

    #[test]
    fn a_value_is_masked_as_programs_write_it() {
        let secret = "p/ss \"w&rd\"+\\é";
        let url_safe = base64::engine::general_purpose::URL_SAFE.encode(format!("{secret}?>?>"));
        let hex = hex(secret.as_bytes());
        for printed in [
            "p%2Fss%20%22w%26rd%22%2B%5C%C3%A9",
            "p%2fss%20%22w%26rd%22%2b%5c%c3%a9",
            "p%2Fss+%22w%26rd%22%2B%5C%C3%A9",
            "p/ss%20%22w%26rd%22%2B%5C%C3%A9",
            r#"p/ss \"w&rd\"+\\é"#,
            &hex,
            &hex.to_uppercase(),
        ] {
            assert_eq!(of(&format!("<{printed}>"), &[secret], false), "<(secret)>", "{printed}");
        }
        let redacted = of(&url_safe, &[&format!("{secret}?>?>")], false);
        assert!(redacted.contains(MASK) && redacted.len() < 14, "{redacted}");
    }

    #[test]
    fn a_piece_at_the_edge_of_a_cut_output_is_masked() {
        assert_eq!(of("nter22 and so on hunt", &["hunter22"], true), "(secret) and so on (secret)");
        assert_eq!(of("nter22 and so on hunt", &["hunter22"], false), "nter22 and so on hunt");
    }

    #[test]
    fn a_tail_begins_with_a_whole_character() {
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("aéé", 3), "é");
        assert_eq!(tail("é", 9), "é");
        assert_eq!(tail("é", 1), "");
    }
}
