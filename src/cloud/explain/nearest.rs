//! What somebody may have meant by a name that no row has.

use super::rows;
use std::collections::BTreeSet;

/// How many names are worth offering.
const OFFERED: usize = 5;

/// Codes that come close to a name that is none, the closest first.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let codes: BTreeSet<_> = rows().map(|row| row.code).collect();
    let wanted = name.to_ascii_lowercase();
    let mut near: Vec<_> = codes.into_iter().filter_map(|code| Some((remoteness(&wanted, code)?, code))).collect();
    near.sort_unstable();
    near.into_iter().take(OFFERED).map(|(_, code)| code).collect()
}

/// How far off a code is; nothing if it is too far to be meant.
fn remoteness(wanted: &str, code: &str) -> Option<(u8, usize)> {
    let code = code.to_ascii_lowercase();
    if wanted.is_empty() {
        return None;
    }
    if code == wanted {
        return Some((0, 0));
    }
    // `6024` of `CSBS.6024`, or the other way round: a code that is more particular than any here.
    if code.strip_suffix(wanted).is_some_and(|front| front.ends_with('.')) {
        return Some((1, code.len()));
    }
    let typing_errors = edits(wanted, &code);
    if typing_errors <= 1.max(code.len().min(wanted.len()) / 5) {
        return Some((2, typing_errors));
    }
    if wanted.strip_prefix(&code).is_some_and(|rest| rest.starts_with('.')) {
        return Some((3, wanted.len() - code.len()));
    }
    let part = wanted.len() >= 4 && code.contains(wanted);
    part.then_some((4, code.len()))
}

/// How many letters have to be put in, taken out or replaced to make one name of the other (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<_> = to.chars().collect();
    let mut costs: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], row + 1);
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = costs[column + 1];
            costs[column + 1] = replaced.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    costs.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        let table =
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ab", "ba", 2), ("ü", "u", 1)];
        for (from, to, expected) in table {
            assert_eq!(edits(from, to), expected, "{from:?} {to:?}");
        }
    }

    #[test]
    fn what_was_meant_comes_first() {
        let table = [
            ("invalidinstanceid.notfound", "InvalidInstanceId.NotFound"),
            ("InvalidInstanceId.NotFond", "InvalidInstanceId.NotFound"),
            ("InvalidParameter.Zone", "InvalidParameter"),
            ("InvalidParameterr", "InvalidParameter"),
            ("AlreadyExists", "InvalidInstanceId.AlreadyExists"),
            ("Dispatch", "InternalError.Dispatch"),
            ("LastSecurityGroup", "InstanceLastSecurityGroup"),
        ];
        for (name, expected) in table {
            assert_eq!(nearest(name).first(), Some(&expected), "{name}");
        }
    }

    #[test]
    fn nothing_is_offered_for_what_is_like_nothing() {
        for name in ["", ".", "x", "Completely.Different.Thing.42", "ünïcödé"] {
            assert_eq!(nearest(name), [""; 0], "{name}");
        }
        assert!(nearest("NotFound").len() <= OFFERED);
    }
}
