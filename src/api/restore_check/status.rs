//! What the backup service said, and since when. Everything in it is bounded: a list that grows with time is cut.

use crate::api::envelope::{Envelope, Time, open_word};
use crate::reason::Reason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most that steward says of one check by itself.
pub const MAX_FINDINGS: usize = 4;

/// What the backup service said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreCheckStatus {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// When the service last answered one of the checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_check: Option<Time>,
    /// When it is asked again. A time that is over means that it could not be asked since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check: Option<Time>,
    /// When the oldest of the backups in question was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_backup: Option<Time>,
    /// What is known of each check, in the order of spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub checks: Vec<CheckStatus>,
}

/// What is known of one check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckStatus {
    pub name: String,
    /// Whether the backup counts as restorable, with the threshold applied: `True`, `False` or `Unknown`.
    #[serde(default)]
    #[schemars(schema_with = "open_word")]
    pub restorable: Restorable,
    /// Why, in one word: `Restorable`, `NotRestorable`, `NoBackup`, `BackupTooOld`, `Busy`, `Checking`, or `Stale` where the latest answer
    /// is too old to say anything.
    pub reason: Reason,
    /// The service's own code, where the latest answer had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What kind of no it is, in the words of `lastError.class`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What the latest answer means, in steward's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What steward sees in backup and mapping without asking; the service's answer is what counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "atomic"))]
    pub findings: Vec<String>,
    /// The backup in question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// Id of the server, as the answer has it. It need not be the one that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_resource_id: Option<String>,
    /// When the latest yes or no came. Its age is what staleAfter is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<Time>,
    /// How many times in a row the answer was no.
    #[serde(default)]
    pub failures: i32,
    /// When this check is asked again: as scheduled, or sooner while something is busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check: Option<Time>,
    /// Since when the service answers that something is busy, instead of yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_since: Option<Time>,
    /// What to ask the cloud's support about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Fingerprint of the question: an answer to another one says nothing of this one.
    pub question: String,
    /// Fingerprint of the edit or wish that the latest answer came upon: another one is asked for at once.
    pub occasion: String,
    /// Earlier answers and the latest, newest first; at most spec.historyLimit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), extend("x-kubernetes-list-type" = "atomic"))]
    pub history: Vec<PastAnswer>,
}

impl CheckStatus {
    /// When the answer was last yes, as far as this status reaches back.
    pub fn last_yes(&self) -> Option<Time> {
        if self.failures == 0 {
            return self.last_answer;
        }
        self.history.iter().find(|answer| answer.restorable == Restorable::True).map(|answer| answer.time)
    }
}

/// The backup that a check is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    pub checkpoint_item_id: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// How many disks it has.
    #[serde(default)]
    pub disks: i32,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastAnswer {
    pub time: Time,
    /// What the answer was by itself: `True`, `False`, or `Unknown` while something was busy.
    #[schemars(schema_with = "open_word")]
    pub restorable: Restorable,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_item_id: Option<String>,
}

/// Three answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restorable {
    True,
    False,
    /// Also stands for whatever a newer release wrote.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Restorable {
    /// The word, as it stands in conditions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}
