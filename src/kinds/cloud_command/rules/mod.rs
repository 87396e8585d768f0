//! What only resolved values can tell about a command, before any call: the cloud would refuse it, ignore it, or run something else than was meant.
//! What is written in spec alone is the schema's to check. No message has a value in it: values may be secret.

use super::frequency::Frequency;
use crate::api::cloud_command::command::ContentEncoding;
use crate::api::cloud_command::{CloudCommandSpec, Parameter};
use crate::cloud::encode::hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::sync::LazyLock;

/// The most bytes of a command in Base64.
const MAX_BYTES: usize = 24 * 1024;
/// The same, if the cloud is to keep the command.
const MAX_KEPT_BYTES: usize = 18 * 1024;
/// The most values that a call may bring.
const MAX_PARAMETERS: usize = 10;
/// The most names that a script may have, without the cloud's own.
const MAX_NAMES: usize = 20;
/// The most letters of a name in the script.
const LONGEST_NAME: usize = 64;
/// What the cloud has values for, in lower case.
const NAMES_OF_THE_CLOUD: [&str; 6] =
    ["acs::regionid", "acs::accountid", "acs::instanceid", "acs::instancename", "acs::invokeid", "acs::commandid"];
const MAX_LAUNCHER_BYTES: usize = 1024;
/// What a timeout is if nobody says.
const DEFAULT_TIMEOUT_SECONDS: i64 = 60;

/// What spec points at, as bytes.
#[derive(Clone, Copy)]
pub struct Resolved<'a> {
    /// The script as it is written, in spec or under its key: with contentEncoding Base64 still in Base64.
    pub content: &'a [u8],
    /// Name and value of each of `spec.parameters`.
    pub parameters: &'a [(&'a str, &'a [u8])],
}

/// A mistake in spec, or in what it points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// From `spec.` on.
    pub path: String,
    pub message: String,
}

impl Flaw {
    fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl Display for Flaw {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

/// The first mistake. `now` is when it would be sent.
pub fn check(spec: &CloudCommandSpec, resolved: &Resolved<'_>, now: Timestamp) -> Result<(), Flaw> {
    rollout(spec)?;
    digest(spec, resolved)?;
    let script = script(spec, resolved)?;
    interpreter(spec, &script)?;
    parameters(spec, resolved, &script)?;
    size(spec, resolved, &script)?;
    if spec.command.launcher.as_ref().is_some_and(|launcher| launcher.len() > MAX_LAUNCHER_BYTES) {
        return Err(Flaw::at("spec.command.launcher", format!("must not have more than {MAX_LAUNCHER_BYTES} bytes")));
    }
    frequency(spec, now)
}

/// When the command is to run, if on a schedule of its own.
pub fn frequency_of(spec: &CloudCommandSpec) -> Result<Option<Frequency>, Flaw> {
    let parsed = spec.frequency.as_deref().map(Frequency::parse).transpose();
    parsed.map_err(|message| Flaw::at("spec.frequency", message))
}

/// Whether names in double braces are filled in. Without this they stay as they are: templates of other tools use them, too.
pub fn fills_in_names(spec: &CloudCommandSpec) -> bool {
    !spec.parameters.is_empty() || spec.command.enable_parameter
}

/// The names in the script that are filled in, in lower case, if it can be read at all.
pub fn names(spec: &CloudCommandSpec, content: &[u8]) -> BTreeSet<String> {
    if !fills_in_names(spec) {
        return BTreeSet::new();
    }
    script(spec, &Resolved { content, parameters: &[] })
        .map_or_else(|_| BTreeSet::new(), |script| names_in(&String::from_utf8_lossy(&script)))
}

/// The script itself, out of its Base64 if it is written so.
pub fn script(spec: &CloudCommandSpec, resolved: &Resolved<'_>) -> Result<Vec<u8>, Flaw> {
    let path = content_path(spec);
    let script = match spec.command.content_encoding {
        ContentEncoding::PlainText => {
            std::str::from_utf8(resolved.content)
                .map_err(|_| Flaw::at(path, "is not text in UTF-8; write other bytes in Base64, with contentEncoding: Base64"))?;
            resolved.content.to_vec()
        }
        ContentEncoding::Base64 => {
            // Tools that write Base64 break its lines.
            let text: Vec<u8> = resolved.content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(text).map_err(|_| Flaw::at(path, "is not Base64, as contentEncoding says"))?
        }
    };
    if script.is_empty() {
        return Err(Flaw::at(path, "is empty"));
    }
    Ok(script)
}

fn content_path(spec: &CloudCommandSpec) -> &'static str {
    if spec.command.content.is_some() { "spec.command.content" } else { "spec.command.contentFrom" }
}

/// Whoever asks for a few at a time must not get all at once. Not the schema's to check: how a run goes may be edited at any time.
fn rollout(spec: &CloudCommandSpec) -> Result<(), Flaw> {
    let is_bounded = spec.rollout.as_ref().is_some_and(|rollout| rollout.max_concurrent.is_some());
    if !is_bounded || spec.targets.resource_tags.is_empty() {
        return Ok(());
    }
    let message =
        "targets.resourceTags are one call, by which the cloud runs it on all at once: use targets.instanceSelector, or leave this out";
    Err(Flaw::at("spec.rollout.maxConcurrent", message))
}

fn digest(spec: &CloudCommandSpec, resolved: &Resolved<'_>) -> Result<(), Flaw> {
    let Some(expected) = spec.command.content_from.as_ref().and_then(|from| from.sha256.as_deref()) else { return Ok(()) };
    if hash(resolved.content) == expected {
        return Ok(());
    }
    Err(Flaw::at("spec.command.contentFrom.sha256", "what is under the key has another digest, so it is not run"))
}

/// In a container the agent hands the script to a shell, whatever its first line says.
fn interpreter(spec: &CloudCommandSpec, script: &[u8]) -> Result<(), Flaw> {
    let in_container = spec.command.container_id.is_some() || spec.command.container_name.is_some();
    let text = String::from_utf8_lossy(script);
    let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("#!")).filter(|_| in_container) else { return Ok(()) };
    let mut words = line.split_whitespace();
    let program = words.next().filter(|program| !program.ends_with("/env")).or_else(|| words.next());
    if program.is_some_and(|program| program.ends_with("sh")) {
        return Ok(());
    }
    Err(Flaw::at(content_path(spec), "names an interpreter in its first line, and in a container only shell scripts run"))
}

fn parameters(spec: &CloudCommandSpec, resolved: &Resolved<'_>, script: &[u8]) -> Result<(), Flaw> {
    if spec.parameters.len() > MAX_PARAMETERS {
        return Err(Flaw::at("spec.parameters", format!("must not be more than {MAX_PARAMETERS}")));
    }
    if !fills_in_names(spec) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(script);
    let names = names_in(&text);
    let own = names.iter().filter(|name| !name.starts_with("acs::")).count();
    if own > MAX_NAMES {
        return Err(Flaw::at(content_path(spec), format!("has {own} names in double braces, and the cloud takes {MAX_NAMES}")));
    }
    let mut seen = BTreeSet::new();
    for parameter in &spec.parameters {
        let path = format!("spec.parameters[{}]", parameter.name);
        let name = parameter.name.to_ascii_lowercase();
        if !names.contains(&name) {
            return Err(Flaw::at(path, format!("the script does not contain {{{{{}}}}}", parameter.name)));
        }
        if !seen.insert(name) {
            return Err(Flaw::at(path, "is there twice: upper and lower case are the same to the cloud"));
        }
        let value = resolved.parameters.iter().find(|(name, _)| *name == parameter.name).map_or(&[][..], |(_, value)| value);
        let value = std::str::from_utf8(value).map_err(|_| Flaw::at(path.as_str(), "its value is not text in UTF-8"))?;
        fits(parameter, value, &path)?;
    }
    if BRACES.captures_iter(&text).all(|found| is_name(found[1].trim_matches(SPACE))) {
        return Ok(());
    }
    let message = format!(
        "has double braces with something else than a name in them: letters, digits, '_' and '-', {LONGEST_NAME} at most, or one of the cloud's own (ACS::InstanceId and so on)"
    );
    Err(Flaw::at(content_path(spec), message))
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    NAMES_OF_THE_CLOUD.contains(&text.to_ascii_lowercase().as_str()) || (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn fits(parameter: &Parameter, value: &str, path: &str) -> Result<(), Flaw> {
    let Some(pattern) = &parameter.pattern else { return Ok(()) };
    // By itself first: one that closes the group around it would match more than it says.
    let whole = Regex::new(pattern)
        .and_then(|_| RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(1 << 20).build())
        .map_err(|_| Flaw::at(format!("{path}.pattern"), "is not a regular expression, or too large a one"))?;
    if whole.is_match(value) {
        return Ok(());
    }
    Err(Flaw::at(path, "its value does not match the pattern"))
}

/// A name in double braces, with spaces and line feeds around it.
#[allow(clippy::unwrap_used, reason = "a constant that a test compiles")]
static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{[ \r\n\t]*((?i:ACS::)?[A-Za-z0-9_-]+)[ \r\n\t]*\}\}").unwrap());

/// What is ignored around a name.
const SPACE: [char; 4] = [' ', '\r', '\n', '\t'];

/// Anything in double braces.
#[allow(clippy::unwrap_used, reason = "a constant that a test compiles")]
static BRACES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{([^{}]*)\}\}").unwrap());

/// In lower case.
fn names_in(script: &str) -> BTreeSet<String> {
    NAME.captures_iter(script).map(|found| found[1].to_ascii_lowercase()).collect()
}

/// The cloud measures the command with its parameters in Base64, and does not say whether before or after they are filled in: neither may be too long.
fn size(spec: &CloudCommandSpec, resolved: &Resolved<'_>, script: &[u8]) -> Result<(), Flaw> {
    let beside = if resolved.parameters.is_empty() { 0 } else { parameters_text(resolved).len() };
    let filled = if fills_in_names(spec) { filled_in(resolved, script) } else { 0 };
    let bytes = (script.len() + beside).max(filled).div_ceil(3) * 4;
    let most = if spec.command.keep_command { MAX_KEPT_BYTES } else { MAX_BYTES };
    if bytes <= most {
        return Ok(());
    }
    let kept = if spec.command.keep_command { " with keepCommand" } else { "" };
    Err(Flaw::at(content_path(spec), format!("has {bytes} bytes in Base64 with its parameters, and the cloud takes {most}{kept}")))
}

/// The parameters as they go to the cloud: a JSON object as text.
pub fn parameters_text(resolved: &Resolved<'_>) -> String {
    let text = |value: &[u8]| serde_json::Value::from(String::from_utf8_lossy(value).into_owned());
    let object: serde_json::Map<_, _> = resolved.parameters.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    serde_json::Value::Object(object).to_string()
}

/// The length of the script with its values in place.
fn filled_in(resolved: &Resolved<'_>, script: &[u8]) -> usize {
    let text = String::from_utf8_lossy(script);
    let value = |name: &str| resolved.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.len());
    let mut length = script.len();
    for found in NAME.captures_iter(&text) {
        if let Some(value) = value(&found[1]) {
            length = length + value - found[0].len();
        }
    }
    length
}

fn frequency(spec: &CloudCommandSpec, now: Timestamp) -> Result<(), Flaw> {
    let Some(frequency) = frequency_of(spec)? else { return Ok(()) };
    let timeout = SignedDuration::from_secs(spec.command.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS));
    frequency.check(timeout, now).map_err(|message| Flaw::at("spec.frequency", message))
}

#[cfg(test)]
mod tests;
