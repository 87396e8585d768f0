//! The journal in status: one entry per call that may happen only once, written before the call. What the entries mean is decided elsewhere.

use super::envelope::{Time, open_word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One run of a call that may happen only once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// Identity of the run. The same wish has the same one, whoever computes it.
    pub run: String,
    /// What is called: `Create`, or `Run` of a command.
    #[schemars(schema_with = "open_word")]
    pub kind: JournalKind,
    /// Fingerprint of what is wished for.
    pub intent_hash: String,
    /// Fingerprint of the request as it was sent: one that would differ is not sent again.
    pub request_fingerprint: String,
    /// The process that wrote the entry.
    pub holder: String,
    /// How far it got: `Intended` (it may have been sent), `Submitted` (the cloud took it), `Done` (it was seen), `Refused` (nothing happened), or `OutcomeUnknown` (a
    /// person must say).
    #[schemars(schema_with = "open_word")]
    pub state: JournalState,
    /// Which batch of the targets it is for, counted from 0; of a `Run` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<i32>,
    /// When this attempt was recorded.
    pub started_at: Time,
    /// When it was recorded that this attempt is sent once more, the last time; other processes do not begin another meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_again_at: Option<Time>,
    /// Rises when an attempt is known to have done nothing, or what it made is gone.
    pub attempt: i32,
    /// What the cloud made of it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub ids: Vec<String>,
    /// Where it was to be made: the scaling group as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Under which name, as it was sent. The call has no token of its own: by group and name it is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What to ask the cloud's support about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl JournalEntry {
    /// How many of these runs only a person can tell the outcome of.
    pub fn in_doubt(entries: &[Self]) -> usize {
        entries.iter().filter(|entry| entry.state == JournalState::OutcomeUnknown).count()
    }

    /// Tells the latest try of it from earlier ones, whoever makes it.
    pub fn latest_try(&self) -> String {
        format!("{} {}", self.run, self.sent_again_at.map_or_else(String::new, |at| at.get().to_string()))
    }
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalKind {
    Create,
    Run,
    /// Written by a newer release: kept as it is, and nothing is done with the object.
    #[serde(untagged)]
    Unknown(String),
}

/// How far a run got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalState {
    /// Written before the call; whether it was sent is not known.
    Intended,
    /// The cloud answered with ids.
    Submitted,
    /// It was read back.
    Done,
    /// The cloud refused, and nothing happened.
    Refused,
    /// Whether it happened cannot be found out; a person decides.
    OutcomeUnknown,
    /// Written by a newer release: kept as it is, and nothing is done with the object.
    #[serde(untagged)]
    Unknown(String),
}
