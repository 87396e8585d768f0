//! Label and field selectors: reading them from a query and matching objects.

use serde_json::Value;

use super::{kind::Kind, meta, refusal::Refusal, rules::at};

#[derive(Clone, Debug)]
enum Test {
    Is(String, String),
    IsNot(String, String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Has(String),
    HasNot(String),
}

/// Both selectors of a request. Empty selects all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Test>,
    fields: Vec<Test>,
}

impl Selector {
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Selector, Refusal> {
        let labels = split(labels).into_iter().map(label_test).collect::<Result<_, _>>()?;
        let fields = split(fields).into_iter().map(|term| field_test(kind, term)).collect::<Result<_, _>>()?;
        Ok(Selector { labels, fields })
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| meta::labels(object).find(|(name, _)| *name == key).map(|(_, value)| value.to_owned());
        let field = |path: &str| {
            let value = at(object, path);
            Some(value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default())
        };
        self.labels.iter().all(|test| holds(test, label)) && self.fields.iter().all(|test| holds(test, field))
    }
}

fn holds(test: &Test, value_of: impl Fn(&str) -> Option<String>) -> bool {
    match test {
        Test::Is(key, value) => value_of(key).as_ref() == Some(value),
        Test::IsNot(key, value) => value_of(key).as_ref() != Some(value),
        Test::In(key, values) => value_of(key).is_some_and(|value| values.contains(&value)),
        Test::NotIn(key, values) => value_of(key).is_none_or(|value| !values.contains(&value)),
        Test::Has(key) => value_of(key).is_some(),
        Test::HasNot(key) => value_of(key).is_none(),
    }
}

/// Splits at commas that are not inside parentheses.
fn split(selector: &str) -> Vec<&str> {
    let (mut depth, mut start, mut terms) = (0_usize, 0, Vec::new());
    for (index, letter) in selector.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                terms.push(&selector[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&selector[start..]);
    terms.into_iter().map(str::trim).filter(|term| !term.is_empty()).collect()
}

fn comparison(term: &str) -> Option<Test> {
    let owned = |(key, value): (&str, &str)| (key.trim().to_owned(), value.trim().to_owned());
    if let Some((key, value)) = term.split_once("!=").map(owned) {
        return Some(Test::IsNot(key, value));
    }
    let (key, value) = term.split_once("==").or_else(|| term.split_once('=')).map(owned)?;
    Some(Test::Is(key, value))
}

fn label_test(term: &str) -> Result<Test, Refusal> {
    if let Some((head, values)) = term.strip_suffix(')').and_then(|term| term.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        return match (words.next(), words.next(), words.next()) {
            (Some(key), Some("in"), None) => Ok(Test::In(key.to_owned(), values)),
            (Some(key), Some("notin"), None) => Ok(Test::NotIn(key.to_owned(), values)),
            _ => Err(Refusal::bad_request(&format!("unable to parse requirement: {term}"))),
        };
    }
    if let Some(test) = comparison(term) {
        return Ok(test);
    }
    Ok(match term.strip_prefix('!') {
        Some(key) => Test::HasNot(key.trim().to_owned()),
        None => Test::Has(term.to_owned()),
    })
}

fn field_test(kind: &Kind, term: &str) -> Result<Test, Refusal> {
    let Some(test) = comparison(term) else {
        return Err(Refusal::bad_request(&format!("invalid selector: '{term}'; can't understand '{term}'")));
    };
    let (Test::Is(key, _) | Test::IsNot(key, _)) = &test else {
        return Ok(test);
    };
    let declared = kind.custom.as_ref().is_some_and(|custom| custom.selectable.contains(key));
    let secret_type = kind.name == "Secret" && key == "type";
    if declared || secret_type || key == "metadata.name" || (key == "metadata.namespace" && kind.namespaced) {
        Ok(test)
    } else {
        Err(Refusal::bad_request(&format!("field label not supported: {key}")))
    }
}
