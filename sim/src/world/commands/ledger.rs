//! The ledger: every `RunCommand` that was ever accepted, for tests that count. It forgets nothing, and shows what the log and the state hide.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::status::Status;
use super::{Commands, Invocation as Kept, Target};

/// One accepted `RunCommand`. In the state it stands without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    pub invoke_id: String,
    pub command_id: String,
    pub account: String,
    pub region: String,
    pub name: String,
    /// `RunShellScript` and its like.
    #[serde(rename = "type")]
    pub kind: String,
    /// Decoded, with the names in braces as they were sent. It may hold secrets.
    #[serde(skip)]
    pub content: String,
    /// As sent: JSON text, or empty. It may hold secrets.
    #[serde(skip)]
    pub parameters: String,
    pub username: String,
    pub repeat_mode: String,
    pub frequency: String,
    pub tags: BTreeMap<String, String>,
    pub resource_group: Option<String>,
    pub client_token: Option<String>,
    pub at: Timestamp,
    /// Of the whole.
    pub status: String,
    pub targets: Vec<OnInstance>,
}

/// What became of it on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnInstance {
    pub instance: String,
    pub status: Status,
    pub exit_code: Option<i32>,
    pub error_code: String,
    /// When the script began, each time: the marks that it left.
    pub ran: Vec<Timestamp>,
}

impl Commands {
    pub(crate) fn ledger(&self, now: Timestamp) -> Vec<Invocation> {
        self.invocations.values().map(|one| one.entry(now)).collect()
    }
}

impl Kept {
    fn entry(&self, now: Timestamp) -> Invocation {
        let order = &self.order;
        Invocation {
            invoke_id: self.id.clone(),
            command_id: self.command.clone(),
            account: order.account.clone(),
            region: order.region.clone(),
            name: order.name.clone(),
            kind: order.kind.clone(),
            content: String::from_utf8_lossy(&order.content).into_owned(),
            parameters: order.parameters.clone(),
            username: order.username.clone(),
            repeat_mode: order.repeat.word().to_owned(),
            frequency: order.frequency.clone(),
            tags: order.tags.clone(),
            resource_group: order.resource_group.clone(),
            client_token: order.client_token.clone(),
            at: self.created,
            status: super::status::together(&self.statuses(now)).to_owned(),
            targets: self.targets.iter().map(|target| target.entry(now)).collect(),
        }
    }
}

impl Target {
    fn entry(&self, now: Timestamp) -> OnInstance {
        let seen = self.seen(now);
        OnInstance {
            instance: self.instance.clone(),
            status: seen.status,
            exit_code: seen.end.and_then(|end| end.exit_code),
            error_code: seen.end.map(|end| end.error_code.clone()).unwrap_or_default(),
            ran: self.runs.iter().filter_map(|run| run.started).collect(),
        }
    }
}
