//! The script of a command and the names in braces in it: their form, their number, and what is passed for them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::refuse;
use crate::answer::Refusal;
use crate::request::Parameters;

/// Of a command that is kept, and of one that is not; in Base64.
const MOST_KEPT: usize = 18 * 1024;
const MOST: usize = 24 * 1024;
const MOST_NAMES: usize = 20;
const MOST_VALUES: usize = 10;
const LONGEST_NAME: usize = 64;
/// Names that the cloud fills in, and the agent's last version number from which on they work.
const BUILT_IN: [(&str, u32); 6] = [
    ("acs::regionid", 0),
    ("acs::accountid", 0),
    ("acs::instanceid", 309),
    ("acs::instancename", 344),
    ("acs::invokeid", 309),
    ("acs::commandid", 309),
];

pub(super) struct Script {
    pub(super) content: Vec<u8>,
    /// As sent.
    pub(super) parameters: String,
    /// None: braces mean nothing.
    pub(super) values: Option<BTreeMap<String, String>>,
    /// What an agent must be for the names in it.
    pub(super) least_build: Option<u32>,
}

pub(super) fn read(parameters: &Parameters, keep: bool, several: bool) -> Result<Script, Refusal> {
    let sent = parameters.required("CommandContent")?;
    let encoded = parameters.text("ContentEncoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("Base64"));
    let content = if encoded {
        STANDARD.decode(sent).map_err(|_| refuse(400, "CmdContent.DecodeError", "The CommandContent can not be base64 decoded."))?
    } else {
        sent.as_bytes().to_vec()
    };
    let passed = passed(parameters)?;
    let most = if keep { MOST_KEPT } else { MOST };
    let size = content.len() + passed.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if size.div_ceil(3) * 4 > most {
        return Err(refuse(403, "CmdContent.ExceedLimit", "The length of the command content exceeds the upper limit."));
    }
    let enabled = parameters.flag("EnableParameter") == Some(true);
    if !enabled && !passed.is_empty() {
        return Err(refuse(400, "Parameter.Disabled", "Parameters should not be passed when CreateCommand.EnableParameter is false."));
    }
    let text = String::from_utf8_lossy(&content);
    let defined = if enabled { defined(&text)? } else { BTreeSet::new() };
    if passed.keys().any(|name| !defined.contains(name)) {
        return Err(refuse(400, "Parameter.NotMatched", "The parameters of creation do not match those of invocation."));
    }
    let least_build = BUILT_IN.iter().filter(|(name, _)| defined.contains(*name)).map(|(name, build)| match *name {
        "acs::instanceid" | "acs::instancename" if !several => 0,
        _ => *build,
    });
    Ok(Script {
        parameters: parameters.text("Parameters").unwrap_or_default().to_owned(),
        values: enabled.then_some(passed),
        least_build: least_build.max().filter(|build| *build > 0),
        content,
    })
}

/// `Parameters`, by lower-case name.
fn passed(parameters: &Parameters) -> Result<BTreeMap<String, String>, Refusal> {
    let unsupported = || refuse(403, "ParameterType.NotSupported", "The type of parameter value is not supported.");
    let Some(text) = parameters.text("Parameters") else {
        return Ok(BTreeMap::new());
    };
    if text.contains(['\0', char::REPLACEMENT_CHARACTER]) || text.contains("\\u0000") {
        return Err(refuse(403, "InvalidParameterCharset.Parameters", "The parameter Parameters contains illegal charset."));
    }
    let Pairs(pairs) = serde_json::from_str(text).map_err(|_| unsupported())?;
    if pairs.len() > MOST_VALUES {
        return Err(refuse(
            403,
            "ParameterCount.ExceedLimit",
            "The number of command parameters exceeds the maximum number that can be set.",
        ));
    }
    let mut found = BTreeMap::new();
    for (name, value) in pairs {
        let Value::String(value) = value else {
            return Err(unsupported());
        };
        if name.is_empty() {
            return Err(empty_key());
        }
        if name.chars().count() > LONGEST_NAME {
            let message = "The length of the specified parameter key exceeds the maximum length that can be set.";
            return Err(refuse(403, "ParameterKey.ExceedLimit", message));
        }
        if found.insert(name.to_lowercase(), value).is_some() {
            return Err(refuse(400, "ParameterKey.Duplicate", "The parameter may not contain duplicate keys."));
        }
    }
    Ok(found)
}

/// The names in braces, in lower case; those of the cloud too.
fn defined(text: &str) -> Result<BTreeSet<String>, Refusal> {
    let mut own = BTreeSet::new();
    let mut all = BTreeSet::new();
    for piece in pieces(text) {
        let Piece::Name(name) = piece else {
            continue;
        };
        if name.is_empty() {
            return Err(empty_key());
        }
        let lower = name.to_lowercase();
        if BUILT_IN.iter().any(|(built_in, _)| *built_in == lower) {
            all.insert(lower);
            continue;
        }
        if name.len() > LONGEST_NAME {
            return Err(refuse(403, "CmdParamName.ExceedLimit", "The length of the command parameter name exceeds the limit."));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return Err(refuse(400, "CmdParam.InvalidParamName", "A command parameter name is invalid."));
        }
        own.insert(lower);
    }
    if own.len() > MOST_NAMES {
        return Err(refuse(403, "CmdParamCount.ExceedLimit", "You've reached the limit on the count of command parameters."));
    }
    all.append(&mut own);
    Ok(all)
}

fn empty_key() -> Refusal {
    refuse(400, "CmdParam.EmptyKey", "Command parameters can not be empty.")
}

/// A JSON object whose names may come twice.
struct Pairs(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs;

            fn expecting(&self, text: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                text.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

enum Piece<'a> {
    Text(&'a str),
    /// Without its braces and the space around it.
    Name(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut rest = text;
    let mut all = Vec::new();
    while let Some((before, name, after)) =
        rest.split_once("{{").and_then(|(before, tail)| tail.split_once("}}").map(|(name, after)| (before, name, after)))
    {
        all.extend([Piece::Text(before), Piece::Name(name.trim())]);
        rest = after;
    }
    all.push(Piece::Text(rest));
    all
}

/// The content with a value in the place of each name; the names are asked for in lower case.
pub(crate) fn filled(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Name(name) => out.push_str(&value(&name.to_lowercase())),
        }
    }
    out
}
