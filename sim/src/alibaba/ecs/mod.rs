//! ECS 2014-05-26: the table of its operations, and what all of them share.

pub(crate) mod commands;
mod groups;
mod instances;
mod interfaces;
mod membership;
mod paging;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Operation;
use crate::answer::Refusal;
use crate::request::Parameters;

pub(super) fn operation(name: &str) -> Option<Operation> {
    match name {
        "DescribeInstances" => Some(Operation { empty: Some(instances::none), ..Operation::new(instances::describe) }),
        "DescribeNetworkInterfaces" => Some(Operation { empty: Some(interfaces::none), ..Operation::new(interfaces::describe) }),
        "DescribeSecurityGroups" => Some(Operation { empty: Some(groups::none), ..Operation::new(groups::describe) }),
        "JoinSecurityGroup" => Some(Operation::new(membership::join)),
        "LeaveSecurityGroup" => Some(Operation::new(membership::leave)),
        _ => commands::operation(name),
    }
}

/// An id of the vendor's form: a prefix that tells the kind, then letters, digits and hyphens.
fn well_formed(id: &str, prefix: &str) -> bool {
    id.len() <= 64
        && id
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'))
}

/// A parameter that holds ids as one JSON text, at most 100. An empty list is a filter that nothing passes.
fn json_ids<'a>(parameters: &'a Parameters, name: &str, prefix: &str) -> Result<Option<BTreeSet<String>>, Refusal> {
    let malformed = || Refusal::new(400, format!("Invalid{name}.Malformed"), format!("The specified {name} is not valid."));
    let Some(text): Option<&'a str> = parameters.text(name) else {
        return Ok(None);
    };
    let ids: BTreeSet<String> = serde_json::from_str(text).map_err(|_| malformed())?;
    if ids.len() > 100 || ids.iter().any(|id| !well_formed(id, prefix)) {
        return Err(malformed());
    }
    Ok(Some(ids))
}

/// `Tag.N.Key` and `Tag.N.Value`: all must fit; a key without a value fits every value.
struct TagFilter<'a>(Vec<(&'a str, Option<&'a str>)>);

impl<'a> TagFilter<'a> {
    /// With a tag filter the cloud lists so many and no more.
    const MOST_HITS: usize = 1_000;

    fn of(parameters: &'a Parameters) -> Result<Self, Refusal> {
        let pairs = parameters.pairs("Tag");
        if pairs.len() > 20 {
            return Err(Refusal::new(400, "NumberExceed.Tags", "The Tags parameter's number is exceeded, Valid : 20"));
        }
        Ok(Self(pairs))
    }

    fn most_hits(&self) -> usize {
        if self.0.is_empty() { usize::MAX } else { Self::MOST_HITS }
    }

    fn fits(&self, tags: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(key, value)| tags.get(*key).is_some_and(|actual| value.is_none_or(|wanted| wanted == actual)))
    }
}

fn tags_json(tags: &BTreeMap<String, String>) -> Value {
    let list: Vec<Value> = tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    json!({ "Tag": list })
}

/// A filter that is absent lets everything pass.
fn fits(wanted: Option<&str>, actual: Option<&str>) -> bool {
    wanted.is_none_or(|text| actual == Some(text))
}

fn fits_wildcard(pattern: Option<&str>, text: &str) -> bool {
    pattern.is_none_or(|pattern| wildcard(pattern, text))
}

fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// A successful dry run is an error by its code.
fn refuse_dry_run(parameters: &Parameters) -> Result<(), Refusal> {
    if parameters.flag("DryRun") == Some(true) {
        return Err(Refusal::new(400, "DryRunOperation", "Request validation has been passed with DryRun flag set."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_a_shell_would() {
        for (pattern, text, matches) in [
            ("web", "web", true),
            ("web", "web-1", false),
            ("web*", "web-1", true),
            ("*1", "web-1", true),
            ("w*-*1", "web-a-1", true),
            ("w*-*2", "web-a-1", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(wildcard(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn ids_tell_their_kind() {
        for (id, prefix, good) in
            [("i-web1", "i-", true), ("i-", "i-", false), ("web1", "i-", false), ("i-we b", "i-", false), ("sg-a", "i-", false)]
        {
            assert_eq!(well_formed(id, prefix), good, "{id}");
        }
    }
}
