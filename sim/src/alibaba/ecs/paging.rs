//! Pages: by token (the way that is recommended) or by number (the old one). A token is opaque and belongs to the filters it was made for.

use std::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

use crate::answer::Refusal;
use crate::hex::hex;
use crate::request::Parameters;

const DEFAULT: usize = 10;

pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Empty at the end, and always with page numbers.
    pub(super) next_token: String,
    /// Means nothing with tokens; zero then, so that nobody relies on it.
    pub(super) total: usize,
    pub(super) number: usize,
    pub(super) size: usize,
}

/// Cuts the page that `parameters` ask for out of all hits, which come sorted by id.
pub(super) fn cut<T>(hits: Vec<T>, id: impl Fn(&T) -> &str, parameters: &Parameters, most: usize) -> Result<Page<T>, Refusal> {
    divide(hits, id, parameters, DEFAULT..=most)
}

/// The same where the size of a page has bounds, beyond which it is refused.
pub(super) fn cut_between<T>(
    hits: Vec<T>,
    id: impl Fn(&T) -> &str,
    parameters: &Parameters,
    sizes: RangeInclusive<usize>,
) -> Result<Page<T>, Refusal> {
    if parameters.number("MaxResults")?.is_some_and(|size| !sizes.contains(&size)) {
        return Err(Refusal::new(400, "InvalidParameter.MaxResults", "The specified parameter MaxResults is not valid."));
    }
    divide(hits, id, parameters, sizes)
}

fn divide<T>(hits: Vec<T>, id: impl Fn(&T) -> &str, parameters: &Parameters, sizes: RangeInclusive<usize>) -> Result<Page<T>, Refusal> {
    let max_results = parameters.number("MaxResults")?;
    let token = parameters.text("NextToken");
    let number = parameters.number("PageNumber")?;
    let size = parameters.number("PageSize")?;
    let by_number = max_results.is_none() && token.is_none() && (number.is_some() || size.is_some());
    if by_number {
        let number = number.unwrap_or(1).max(1);
        let size = size.unwrap_or(DEFAULT).clamp(1, *sizes.end());
        let total = hits.len();
        return Ok(Page {
            items: hits.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect(),
            next_token: String::new(),
            total,
            number,
            size,
        });
    }
    let size = max_results.unwrap_or(DEFAULT).clamp(*sizes.start(), *sizes.end());
    let filters = fingerprint(parameters);
    let after = token.map(|token| read(token, &filters)).transpose()?.unwrap_or_default();
    let mut rest = hits.into_iter().filter(|item| id(item) > after.as_str()).peekable();
    let mut items = Vec::new();
    while items.len() < size {
        match rest.next() {
            Some(item) => items.push(item),
            None => break,
        }
    }
    let next_token = match (rest.peek(), items.last()) {
        (Some(_), Some(last)) => hex(format!("{filters}{}", id(last)).as_bytes()),
        _ => String::new(),
    };
    Ok(Page { items, next_token, total: 0, number: 1, size })
}

/// Everything but the page itself.
fn fingerprint(parameters: &Parameters) -> String {
    let mut digest = Sha256::new();
    for (name, value) in &parameters.0 {
        if name != "NextToken" && name != "MaxResults" {
            digest.update(format!("{name}={value}\n"));
        }
    }
    hex(&digest.finalize()[..4])
}

fn read(token: &str, filters: &str) -> Result<String, Refusal> {
    unhex(token)
        .and_then(|text| text.strip_prefix(filters).map(str::to_owned))
        .ok_or_else(|| Refusal::new(400, "InvalidParameter.NextToken", "The specified parameter NextToken is not valid."))
}

fn unhex(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> =
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("i-{number:04}")).collect()
    }

    fn page(count: usize, parameters: &Parameters) -> Result<Page<String>, Refusal> {
        cut(ids(count), |id| id.as_str(), parameters, 100)
    }

    #[test]
    fn the_page_size_is_ten_at_least_and_a_hundred_at_most() {
        for (asked, given) in [(None, 10), (Some("1"), 10), (Some("10"), 10), (Some("50"), 50), (Some("100"), 100), (Some("500"), 100)] {
            let parameters = asked.map_or_else(|| ask(&[]), |size| ask(&[("MaxResults", size)]));
            assert_eq!(page(300, &parameters).unwrap().items.len(), given, "{asked:?}");
        }
    }

    #[test]
    fn tokens_lead_through_everything_once_and_then_end() {
        let mut seen = Vec::new();
        let mut parameters = ask(&[("MaxResults", "40"), ("VpcId", "v")]);
        loop {
            let page = page(100, &parameters).unwrap();
            seen.extend(page.items);
            if page.next_token.is_empty() {
                break;
            }
            parameters.0.insert("NextToken".to_owned(), page.next_token);
        }
        assert_eq!(seen, ids(100));
    }

    #[test]
    fn a_full_last_page_has_no_successor() {
        let page = page(20, &ask(&[("MaxResults", "20")])).unwrap();
        assert_eq!(page.next_token, "");
    }

    #[test]
    fn a_token_of_other_filters_or_of_nobody_is_refused() {
        let first = page(100, &ask(&[("VpcId", "v")])).unwrap();
        for token in [first.next_token.as_str(), "caeba0bbb2be03f8", "zz", "é"] {
            let refusal = page(100, &ask(&[("VpcId", "w"), ("NextToken", token)])).err().unwrap();
            assert_eq!(refusal.code, "InvalidParameter.NextToken");
        }
    }

    #[test]
    fn page_numbers_count_everything_and_yield_to_tokens() {
        let old = page(25, &ask(&[("PageNumber", "3"), ("PageSize", "10")])).unwrap();
        assert_eq!((old.items.len(), old.total), (5, 25));
        let both = page(25, &ask(&[("PageNumber", "3"), ("MaxResults", "10")])).unwrap();
        assert_eq!((both.items[0].as_str(), both.total), ("i-0000", 0));
    }
}
