//! What Cloud Assistant answers, as plain values. A field may be missing, null or of another type; an id may not: what cannot be told apart
//! from the others cannot be left out either, or a run would look as if it had never been.

use crate::cloud::alibaba::ecs::answers::or_default;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A command was taken and is being run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invoked {
    pub request_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub command_id: String,
    /// An answer without it is none: nobody could say what became of the run.
    #[serde(deserialize_with = "an_id")]
    pub invoke_id: String,
}

/// A run, as the cloud has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    pub id: String,
    pub command_id: String,
    pub command_name: String,
    pub tags: BTreeMap<String, String>,
    pub repeat_mode: String,
    pub frequency: String,
    /// Of all instances together: `Pending`, `Running`, `Scheduled`, `Stopping`, `Success`, `Failed`, `Stopped`, `PartialFailed`. What it means
    /// where some succeeded and some were stopped is not certain; the instances' own say it.
    pub status: String,
    pub created: Option<Timestamp>,
    pub instances: Vec<InvocationResult>,
}

/// A run on one instance. Formatted, it shows nothing of what the command printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct InvocationResult {
    pub instance_id: String,
    pub status: InvocationStatus,
    /// Means something only once the run is over.
    pub exit_code: Option<i64>,
    /// One of the catalogue's, or one that nobody knows yet.
    pub error_code: Option<String>,
    /// The vendor's words to it. They may repeat what was run.
    pub error_text: String,
    /// What the command printed, as far as it was asked for. What is no UTF-8 has become replacement characters.
    pub output: String,
    /// Bytes of output that the vendor threw away.
    pub dropped: i64,
    pub repeats: i64,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

/// How far a run is on one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationStatus {
    Pending,
    Scheduled,
    Running,
    Stopping,
    Success,
    /// It ran, and its exit code is not 0.
    Failed,
    /// Type or parameters do not fit.
    Invalid,
    /// It could not be brought to the instance.
    Aborted,
    Error,
    Timeout,
    /// Called off before it began.
    Cancelled,
    /// Ended while it ran.
    Terminated,
    /// A word of the vendor's that this release does not know; empty, if there was none.
    Unknown(String),
}

const WORDS: [(&str, InvocationStatus); 12] = [
    ("Pending", InvocationStatus::Pending),
    ("Scheduled", InvocationStatus::Scheduled),
    ("Running", InvocationStatus::Running),
    ("Stopping", InvocationStatus::Stopping),
    ("Success", InvocationStatus::Success),
    ("Failed", InvocationStatus::Failed),
    ("Invalid", InvocationStatus::Invalid),
    ("Aborted", InvocationStatus::Aborted),
    ("Error", InvocationStatus::Error),
    ("Timeout", InvocationStatus::Timeout),
    ("Cancelled", InvocationStatus::Cancelled),
    ("Terminated", InvocationStatus::Terminated),
];

impl InvocationStatus {
    pub fn of(word: &str) -> Self {
        let known = WORDS.into_iter().find(|(known, _)| *known == word);
        known.map_or_else(|| Self::Unknown(word.to_owned()), |(_, status)| status)
    }

    /// Whether nothing more will come. Of a state that nobody knows it is not believed.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Pending | Self::Scheduled | Self::Running | Self::Stopping | Self::Unknown(_) => false,
            Self::Success
            | Self::Failed
            | Self::Invalid
            | Self::Aborted
            | Self::Error
            | Self::Timeout
            | Self::Cancelled
            | Self::Terminated => true,
        }
    }
}

impl Default for InvocationStatus {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

/// The vendor's word.
impl fmt::Display for InvocationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unknown(word) = self {
            return f.write_str(word);
        }
        f.write_str(WORDS.iter().find(|(_, known)| known == self).map_or("", |(word, _)| word))
    }
}

impl fmt::Debug for InvocationResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvocationResult")
            .field("instance_id", &self.instance_id)
            .field("status", &self.status)
            .field("exit_code", &self.exit_code)
            .field("error_code", &self.error_code)
            .field("output_bytes", &self.output.len())
            .field("dropped", &self.dropped)
            .field("repeats", &self.repeats)
            .field("started", &self.started)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// The vendor's program on an instance, which runs commands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// It was heard of in the last two minutes.
    pub alive: bool,
    pub version: Option<String>,
    pub os: Option<String>,
}

impl Agent {
    /// Whether its version is this one or a later one; `None` if that cannot be told.
    pub fn is_at_least(&self, least: &[u64]) -> Option<bool> {
        let numbers: Option<Vec<u64>> = self.version.as_ref()?.trim().split('.').map(|part| part.parse().ok()).collect();
        Some(numbers?.as_slice() >= least)
    }
}

/// One page of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawInvocations")]
pub struct DescribeInvocationsResponse {
    pub invocations: Vec<Invocation>,
    pub next_token: Option<String>,
}

/// One page of a run's results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawResults")]
pub struct DescribeInvocationResultsResponse {
    pub results: Vec<InvocationResult>,
    pub next_token: Option<String>,
}

/// One page of agents, by the ids of their instances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawAgents")]
pub struct DescribeCloudAssistantStatusResponse {
    pub agents: Vec<(String, Agent)>,
    pub next_token: Option<String>,
}

/// The cloud took the wish to stop.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Done {
    pub(super) request_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInvocations {
    invocations: Option<List>,
    total_count: Option<Value>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawResults {
    invocation: Option<RawInvocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInvocation {
    invocation_results: Option<List>,
    total_count: Option<Value>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAgents {
    instance_cloud_assistant_status_set: Option<List>,
    total_count: Option<Value>,
    next_token: Option<String>,
}

/// The vendor wraps each list once more, under its entries' name.
#[derive(Deserialize)]
struct List {
    #[serde(alias = "Invocation", alias = "InvocationResult", alias = "InstanceCloudAssistantStatus")]
    entries: Option<Vec<Value>>,
}

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("an entry has no id")]
    Nameless,
    #[error("the answer counts entries and lists none")]
    Unlisted,
}

impl TryFrom<RawInvocations> for DescribeInvocationsResponse {
    type Error = Unreadable;

    fn try_from(raw: RawInvocations) -> Result<Self, Unreadable> {
        Ok(Self { invocations: read(raw.invocations, raw.total_count.as_ref(), invocation)?, next_token: raw.next_token })
    }
}

impl TryFrom<RawResults> for DescribeInvocationResultsResponse {
    type Error = Unreadable;

    fn try_from(raw: RawResults) -> Result<Self, Unreadable> {
        let Some(raw) = raw.invocation else { return Ok(Self::default()) };
        let results = read(raw.invocation_results, raw.total_count.as_ref(), |json| result(json, "FinishedTime"))?;
        Ok(Self { results, next_token: raw.next_token })
    }
}

impl TryFrom<RawAgents> for DescribeCloudAssistantStatusResponse {
    type Error = Unreadable;

    fn try_from(raw: RawAgents) -> Result<Self, Unreadable> {
        let agents = read(raw.instance_cloud_assistant_status_set, raw.total_count.as_ref(), agent)?;
        Ok(Self { agents, next_token: raw.next_token })
    }
}

fn an_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.is_empty() { Err(serde::de::Error::custom(Unreadable::Nameless)) } else { Ok(id) }
}

fn read<T>(list: Option<List>, total: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Unreadable> {
    let Some(entries) = list.and_then(|list| list.entries) else {
        return if total.and_then(number).is_some_and(|total| total > 0) { Err(Unreadable::Unlisted) } else { Ok(Vec::new()) };
    };
    entries.iter().map(|entry| read(entry).ok_or(Unreadable::Nameless)).collect()
}

fn invocation(json: &Value) -> Option<Invocation> {
    let entries = |list: &str, entry: &str| json.get(list).and_then(|list| list.get(entry)?.as_array()).into_iter().flatten();
    let tag = |tag: &Value| id(tag, "TagKey").map(|key| (key, text(tag, "TagValue")));
    Some(Invocation {
        id: id(json, "InvokeId")?,
        command_id: text(json, "CommandId"),
        command_name: text(json, "CommandName"),
        tags: entries("Tags", "Tag").filter_map(tag).collect(),
        repeat_mode: text(json, "RepeatMode"),
        frequency: text(json, "Frequency"),
        status: text(json, "InvocationStatus"),
        created: time(json, "CreationTime"),
        instances: entries("InvokeInstances", "InvokeInstance").map(|json| result(json, "FinishTime")).collect::<Option<_>>()?,
    })
}

/// The two operations that tell of an instance call the end of a run by different names.
fn result(json: &Value, finished: &str) -> Option<InvocationResult> {
    Some(InvocationResult {
        instance_id: id(json, "InstanceId")?,
        status: InvocationStatus::of(&text(json, "InvocationStatus")),
        exit_code: json.get("ExitCode").and_then(number),
        error_code: id(json, "ErrorCode"),
        error_text: text(json, "ErrorInfo"),
        output: decoded(text(json, "Output")),
        dropped: json.get("Dropped").and_then(number).unwrap_or_default(),
        repeats: json.get("Repeats").and_then(number).unwrap_or_default(),
        started: time(json, "StartTime"),
        finished: time(json, finished),
    })
}

fn agent(json: &Value) -> Option<(String, Agent)> {
    let alive = text(json, "CloudAssistantStatus").eq_ignore_ascii_case("true");
    Some((id(json, "InstanceId")?, Agent { alive, version: id(json, "CloudAssistantVersion"), os: id(json, "OSType") }))
}

/// A text, or what is as good as one: the vendor writes some numbers and truth values as texts, and some not.
fn text(json: &Value, name: &str) -> String {
    match json.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
    }
}

/// A text that says something.
fn id(json: &Value, name: &str) -> Option<String> {
    Some(text(json, name)).filter(|text| !text.is_empty())
}

fn number(json: &Value) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

fn time(json: &Value, name: &str) -> Option<Timestamp> {
    text(json, name).parse().ok()
}

/// Output was asked for in Base64. What is none is shown as it came.
fn decoded(output: String) -> String {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
    );
    let compact: String = output.split_ascii_whitespace().collect();
    LENIENT.decode(compact).map_or(output, |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
