//! A request as it arrived, decoded once: what the signature is checked over, and what operations read.

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::answer::Refusal;
use crate::hex::hex;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded pairs in wire order.
    pub(crate) query: Vec<(String, String)>,
    /// Lower-case names; repeated headers joined with a comma.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(parts: &http::request::Parts, body: Bytes) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &parts.headers {
            let text = String::from_utf8_lossy(value.as_bytes());
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|all| {
                    all.push(',');
                    all.push_str(&text);
                })
                .or_insert_with(|| text.into_owned());
        }
        Self {
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: decode(parts.uri.query().unwrap_or_default().as_bytes()),
            headers,
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Query and form body together, as the gateway hands them to a service.
    pub(crate) fn parameters(&self) -> Parameters {
        let mut values: BTreeMap<String, String> = self.query.iter().cloned().collect();
        let form = self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if form {
            values.extend(decode(&self.body));
        }
        Parameters(values)
    }
}

fn decode(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The parameters of an operation. An empty value counts as none, as the services have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(pub(crate) BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// `Name.1`, `Name.2`, … in number order.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let mut found: Vec<(u32, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let number = key.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?;
                Some((number, value.as_str()))
            })
            .collect();
        found.sort_unstable_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// `Name.N.Key` with its `Name.N.Value`, if it has one.
    pub(crate) fn pairs(&self, name: &str) -> Vec<(&str, Option<&str>)> {
        self.0
            .iter()
            .filter_map(|(key, value)| {
                let number = key.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(".Key")?;
                let partner = self.0.get(&format!("{name}.{number}.Value"));
                Some((value.as_str(), partner.map(String::as_str)))
            })
            .collect()
    }

    /// A boolean in any spelling that the vendor's own clients use (`true`, `True`).
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Refusal::new(400, format!("InvalidParameter.{name}"), format!("The specified parameter {name} is not valid."))
                })
            })
            .transpose()
    }

    /// What the log may keep.
    pub(crate) fn without_secrets(&self) -> BTreeMap<String, String> {
        const SECRET: [&str; 4] = ["Secret", "Token", "Password", "Signature"];
        const PAGING: [&str; 2] = ["NextToken", "ClientToken"];
        self.0
            .iter()
            .map(|(name, value)| {
                let last = name.rsplit('.').find(|part| part.parse::<u32>().is_err()).unwrap_or(name);
                let hidden = SECRET.iter().any(|word| last.ends_with(word)) && !PAGING.contains(&last);
                let shown = match last {
                    "CommandContent" | "Parameters" => unread(value),
                    _ if hidden => "(hidden)".to_owned(),
                    _ => value.clone(),
                };
                (name.clone(), shown)
            })
            .collect()
    }
}

/// A script may hold a secret anywhere: enough to tell two of them apart.
fn unread(text: &str) -> String {
    format!("(hidden: {} bytes, SHA-256 {}…)", text.len(), &hex(&Sha256::digest(text))[..8])
}

pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::new(
        400,
        "MissingParameter",
        format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn lists_are_read_in_number_order_not_in_text_order() {
        let all = parameters(&[("Id.10", "j"), ("Id.2", "b"), ("Id.1", "a"), ("IdX.1", "no")]);
        assert_eq!(all.list("Id"), ["a", "b", "j"]);
    }

    #[test]
    fn a_pair_may_lack_its_value() {
        let all = parameters(&[("Tag.1.Key", "a"), ("Tag.1.Value", ""), ("Tag.2.Key", "b")]);
        assert_eq!(all.pairs("Tag"), [("a", Some("")), ("b", None)]);
    }

    #[test]
    fn the_log_hides_what_is_secret_and_keeps_what_only_sounds_so() {
        let shown = parameters(&[("NextToken", "t"), ("SecurityToken", "s"), ("Credentials.1.Password", "p"), ("Password.1", "p")])
            .without_secrets();
        assert_eq!(shown["NextToken"], "t");
        assert_eq!(shown["SecurityToken"], "(hidden)");
        assert_eq!(shown["Credentials.1.Password"], "(hidden)");
        assert_eq!(shown["Password.1"], "(hidden)", "also where there should be no list");
    }
}
