//! What steward did and found about one command. Values of Secrets are nowhere in it: of inputs only fingerprints, and outputs without them.

use crate::api::envelope::{Envelope, Time, open_word};
use crate::api::journal::JournalEntry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes that a status may have as JSON.
pub const MAX_STATUS_BYTES: usize = 256 * 1024;
/// The most bytes that the outputs in `results` may have together, as they are written in JSON. Where the rest of a status is long, they have less.
pub const MAX_OUTPUT_BYTES: usize = 128 * 1024;
/// The most entries of `results`.
pub const MAX_RESULTS: usize = 200;
/// The most entries of `codes`.
pub const MAX_CODES: usize = 32;
/// The most entries of `runs`.
pub const MAX_RUNS: usize = 20;
/// The most entries of `pastIntents`.
pub const MAX_PAST_INTENTS: usize = 1000;
/// The most entries of `operations`.
pub const MAX_OPERATIONS: usize = 32;
/// The most invocations that `runs` names of one run.
pub const MAX_INVOKE_IDS: usize = 10;
/// The most runs that `schedule.recent` has.
pub const MAX_RECENT: usize = 10;

/// What steward did and found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudCommandStatus {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// What runs now or ran last: fixed when it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What spec asks for now, while it cannot begin yet: the one before has to be wound up, or the object is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_intent: Option<NextIntent>,
    /// The command at a glance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// How many targets are how far. Always complete, however long the list of results is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// How many targets failed for which reason, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub codes: Vec<CodeCount>,
    /// What became of the command on each instance: at most 200, those that failed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200), extend("x-kubernetes-list-type" = "atomic"))]
    pub results: Vec<TargetResult>,
    /// The runs of a command that runs more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// When the last target had an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// The journal of calls that may happen only once: one entry per batch, until it is settled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["run"]))]
    pub operations: Vec<JournalEntry>,
    /// Earlier intents and what became of them, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub runs: Vec<PastRun>,
    /// Fingerprints of earlier intents, newest first: what is listed here never runs again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "atomic"))]
    pub past_intents: Vec<String>,
}

/// What the envelope of a status may still need after the outputs were written: an error, a longer message.
const ENVELOPE_BYTES: usize = 16 * 1024;

impl CloudCommandStatus {
    /// How many bytes the outputs in `results` may have together, as they are written in JSON, for the whole status to keep its limit.
    pub fn room_for_outputs(&self) -> usize {
        let bare = |result: &TargetResult| TargetResult { output: Some(String::new()), ..result.clone() };
        let rest = Self { envelope: Envelope::default(), results: self.results.iter().map(bare).collect(), ..self.clone() };
        let rest = serde_json::to_vec(&rest).map_or(MAX_STATUS_BYTES, |json| json.len());
        MAX_STATUS_BYTES.saturating_sub(rest + ENVELOPE_BYTES).min(MAX_OUTPUT_BYTES)
    }
}

/// One thing to run later, as it was when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextIntent {
    /// Fingerprint of what spec asks to run, and of its trigger.
    pub hash: String,
    /// When spec was first seen to ask for it.
    pub first_seen: Time,
    /// Fingerprint of script and parameters.
    pub contents: String,
}

/// One thing to run, as it was when it was first seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// Fingerprint of what spec asks to run, and of its trigger.
    pub hash: String,
    /// The trigger, as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// When spec was first seen to ask for it.
    pub first_seen: Time,
    /// The resource group in which it runs, and in which it is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group_id: Option<String>,
    /// Fingerprint of script and parameters, under a key that never leaves the installation: what is kept elsewhere must not change under a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<String>,
    /// The instances to run on, in the order in which they are cut into batches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "atomic"))]
    pub targets: Vec<String>,
    /// How many targets a batch has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<i32>,
    /// The number of the first batch of this list; above 0 where batches that were cut earlier were found in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_batch: Option<i32>,
    /// How many targets there are, also where the cloud finds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_count: Option<i32>,
    /// The targets that were left out, by reason. Together with `targets` at most 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub skipped: Vec<Skipped>,
    /// The numbers of the batches that are settled, as ranges: `0-3`, `5`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "atomic"))]
    pub settled: Vec<String>,
    /// Found in the cloud although nothing was on record here: the object was made anew, or its status was lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// When the first batch was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// The cloud's ids of its invocations, the first 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub invoke_ids: Vec<String>,
    /// What became of the targets of settled batches.
    #[serde(default)]
    pub tally: Tally,
}

/// Targets that were left out for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// One word, or the cloud's code.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
    /// The targets.
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "atomic"))]
    pub instance_ids: Vec<String>,
}

/// How many targets ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// The script ended with exit code 0.
    #[serde(default)]
    pub succeeded: i32,
    /// The script ended otherwise, took too long, or never reached the target.
    #[serde(default)]
    pub failed: i32,
    /// Stopped before it began, or while it ran.
    #[serde(default)]
    pub cancelled: i32,
    /// Nobody knows whether it ran there.
    #[serde(default)]
    pub unknown: i32,
    /// Left out, because they could not run it.
    #[serde(default)]
    pub skipped: i32,
}

/// For the columns of `kubectl get`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Targets with an outcome, of all: `3/3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// Targets on which the command failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<i32>,
    /// When the latest run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Time>,
}

/// How many targets are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// All of them, without those that were left out.
    #[serde(default)]
    pub targets: i32,
    /// Neither begun nor over, sent or not.
    #[serde(default)]
    pub pending: i32,
    /// Begun, and not over.
    #[serde(default)]
    pub running: i32,
    /// The script ended with exit code 0.
    #[serde(default)]
    pub succeeded: i32,
    /// The script ended otherwise, took too long, or never reached the target.
    #[serde(default)]
    pub failed: i32,
    /// Left out, because they could not run it.
    #[serde(default)]
    pub skipped: i32,
    /// Stopped before it began, or while it ran.
    #[serde(default)]
    pub cancelled: i32,
    /// Nobody knows whether it ran there.
    #[serde(default)]
    pub unknown: i32,
}

/// A reason for failing, and how many did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeCount {
    /// The cloud's code, as it came.
    pub code: String,
    /// On how many targets.
    pub count: i32,
    /// What to do about it.
    pub hint: String,
}

/// What became of the command on one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetResult {
    /// The target.
    pub instance_id: String,
    /// The batch it was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<i32>,
    /// How far it is: `Pending`, `Scheduled`, `Running`, `Stopping`; or what became of it: `Succeeded`, `Failed` (by its exit code), `TimedOut`, `Cancelled` (before it
    /// began), `Terminated` (while it ran), `Undelivered` (never reached the instance), `Invalid`, `Error`, `Unknown`.
    #[schemars(schema_with = "open_word")]
    pub phase: Phase,
    /// What the script ended with. Absent while it runs, and where it did not get so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The cloud's code, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The end of what it printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// How many bytes of the output were left out before the end, here and in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<i64>,
    /// When it began there; of one that runs more than once, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended there; of one that runs more than once, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// How often it ran there, of a command that runs more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<i32>,
}

/// How far the command is on one instance, or what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Pending,
    Scheduled,
    Running,
    Stopping,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    Terminated,
    Undelivered,
    Invalid,
    Error,
    /// Nobody knows; or a word of a newer release, kept as it is.
    #[serde(untagged)]
    Unknown(String),
}

/// The runs of a command that runs more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// When it runs next, where that can be told: not of a cron expression without a zone, which each instance reads by its own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run: Option<Time>,
    /// When it last began anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Time>,
    /// `Succeeded` on all targets, or `Failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "open_word")]
    pub last_outcome: Option<Outcome>,
    /// How many runs have ended, those of all instances together: while this does not move, there is nothing new to be read.
    #[serde(default)]
    pub ended: i64,
    /// The latest runs, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub recent: Vec<RecentRun>,
}

/// One run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecentRun {
    /// Which one it was, counted from the first.
    #[serde(default)]
    pub number: i64,
    /// When it began on the first target.
    pub at: Time,
    /// On how many targets it ended with exit code 0.
    pub succeeded: i32,
    /// On how many targets it did not.
    pub failed: i32,
}

/// An earlier intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastRun {
    /// Fingerprint of what ran, and of its trigger.
    pub intent_hash: String,
    /// The trigger, its first 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub trigger: Option<String>,
    /// When its first batch was sent; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When its last target had an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// What became of it: `Succeeded`, `Failed`, `Cancelled`, `Stopped`, `WindowMissed`, `InputsChanged`, `OutcomeUnknown`.
    #[schemars(schema_with = "open_word")]
    pub outcome: Outcome,
    /// On how many targets.
    #[serde(default)]
    pub succeeded: i32,
    /// On how many targets.
    #[serde(default)]
    pub failed: i32,
    /// The cloud's ids of its invocations, the first 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), extend("x-kubernetes-list-type" = "atomic"))]
    pub invoke_ids: Vec<String>,
}

/// What became of an intent, or of one run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Succeeded,
    Failed,
    /// By `spec.cancel`.
    Cancelled,
    /// A newer intent, or another person, stopped it.
    Stopped,
    WindowMissed,
    InputsChanged,
    MaxFailuresReached,
    /// No target was there to run on, or all were left out.
    NoTargets,
    OutcomeUnknown,
    /// Written by a newer release: kept as it is.
    #[serde(untagged)]
    Unknown(String),
}
