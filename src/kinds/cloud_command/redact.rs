//! What a command printed, without the values that came from Secrets, and no more of it than there is room for. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

const MASK: &str = "(secret)";
/// Where an output was cut, so much of the beginning or end of a value is taken for the value.
const SHORTEST_PIECE: usize = 4;

/// The output with every value masked: as it is, without the line break at its end, and in Base64 wherever it may begin in it. If the output was cut,
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
        redacted = redacted.replace(shape.as_str(), MASK);
    }
    redacted
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
        shapes.extend((0..3).filter_map(|offset| inside_base64(value.as_bytes(), offset)));
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
