//! What a script comes to: seeds and edits write it, the first that fits a run counts. Without one a script succeeds and says what it echoes.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Order;
use super::status::Status;
use crate::world::Instance;

/// Answers are cut there.
const MOST_OUTPUT: usize = 24 * 1024;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CommandOutcome {
    #[serde(rename = "match", skip_serializing_if = "OutcomeMatch::is_everything")]
    pub matching: OutcomeMatch,
    /// How long it takes to reach the instance; more than a minute is too long.
    pub pending_seconds: u32,
    /// How long the script runs.
    pub after_seconds: u32,
    pub exit_code: Option<i32>,
    pub output: Option<String>,
    /// By default what the vendor says of such a status.
    pub error_code: Option<String>,
    pub error_info: String,
    /// By default what the exit code says.
    pub status: Option<Status>,
    /// Bytes of output that are lost on top of what is too long.
    pub dropped: usize,
}

/// All that is said must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OutcomeMatch {
    /// A part of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The command's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Default for CommandOutcome {
    fn default() -> Self {
        Self {
            matching: OutcomeMatch::default(),
            pending_seconds: 0,
            after_seconds: 2,
            exit_code: None,
            output: None,
            error_code: None,
            error_info: String::new(),
            status: None,
            dropped: 0,
        }
    }
}

impl OutcomeMatch {
    fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    fn fits(&self, order: &Order, text: &str, instance: &str) -> bool {
        self.content.as_ref().is_none_or(|part| text.contains(part.as_str()))
            && self.name.as_ref().is_none_or(|name| *name == order.name)
            && self.instance.as_ref().is_none_or(|id| id == instance)
    }
}

/// What will come of a run, if nothing comes between.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) pending: SignedDuration,
    pub(crate) after: SignedDuration,
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i32>,
    pub(crate) error_code: String,
    pub(crate) error_info: String,
    pub(crate) output: String,
    pub(crate) dropped: usize,
}

impl Plan {
    pub(crate) fn of(order: &Order, text: &str, instance: &Instance, outcomes: &[CommandOutcome]) -> Self {
        let found = outcomes.iter().find(|outcome| outcome.matching.fits(order, text, &instance.id)).cloned();
        let outcome = needs(order, text, instance).or(found).unwrap_or_default();
        let exit_code = outcome.exit_code.or(match outcome.status {
            None | Some(Status::Success) => Some(0),
            Some(Status::Failed) => Some(1),
            Some(_) => None,
        });
        let status = outcome.status.unwrap_or(if exit_code == Some(0) { Status::Success } else { Status::Failed });
        let mut output = outcome.output.unwrap_or_else(|| echoes(text));
        let kept = (0..=MOST_OUTPUT.min(output.len())).rev().find(|end| output.is_char_boundary(*end)).unwrap_or(0);
        let dropped = output.len() - kept + outcome.dropped;
        output.truncate(kept);
        Self {
            pending: SignedDuration::from_secs(outcome.pending_seconds.into()),
            after: SignedDuration::from_secs(outcome.after_seconds.into()),
            status,
            exit_code,
            error_code: outcome.error_code.unwrap_or_else(|| usual_code(status).to_owned()),
            error_info: outcome.error_info,
            output,
            dropped,
        }
    }

    /// It ends without the script having run.
    pub(crate) fn never_begins(&self) -> bool {
        matches!(self.status, Status::Invalid | Status::Aborted | Status::Cancelled)
    }
}

fn usual_code(status: Status) -> &'static str {
    match status {
        Status::Failed => "ExitCodeNonzero",
        Status::Timeout => "ExecutionTimeout",
        Status::Aborted => "DeliveryTimeout",
        Status::Error => "ExecutionException",
        Status::Invalid => "CommandNotApplicable",
        Status::Pending
        | Status::Scheduled
        | Status::Running
        | Status::Stopping
        | Status::Success
        | Status::Cancelled
        | Status::Terminated => "",
    }
}

/// What an agent cannot do, it says instead of running the script.
fn needs(order: &Order, text: &str, instance: &Instance) -> Option<CommandOutcome> {
    let agent = Version::of(&instance.agent.version);
    let least = order.least_build.map(|build| Version::of(&instance.os.version(build)));
    if least.is_some_and(|least| agent < least) {
        return Some(CommandOutcome {
            status: Some(Status::Invalid),
            error_code: Some("ClientNeedUpgrade".to_owned()),
            error_info: "the agent is too old for this command".to_owned(),
            after_seconds: 0,
            output: Some(String::new()),
            ..CommandOutcome::default()
        });
    }
    let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!"));
    if order.in_container && interpreter.is_some_and(|path| !path.trim_end().ends_with("sh")) {
        return Some(CommandOutcome {
            status: Some(Status::Invalid),
            error_info: "in a container only shell scripts run".to_owned(),
            after_seconds: 0,
            output: Some(String::new()),
            ..CommandOutcome::default()
        });
    }
    None
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u32>);

impl Version {
    fn of(text: &str) -> Self {
        Self(text.split('.').map(|part| part.parse().unwrap_or(0)).collect())
    }
}

/// The lines of a script that only say something.
fn echoes(text: &str) -> String {
    let mut said = String::new();
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("echo ")) {
        let line = line.trim();
        let bare = ['"', '\''].iter().find_map(|quote| line.strip_prefix(*quote)?.strip_suffix(*quote));
        said.push_str(bare.unwrap_or(line));
        said.push('\n');
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_what_it_echoes() {
        assert_eq!(echoes("#!/bin/sh\necho \"a b\"\n  echo c\nsleep 1\necho 'd'"), "a b\nc\nd\n");
        assert_eq!(echoes("uptime"), "");
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(Version::of("2.2.3.282") < Version::of("2.2.3.1000"));
        assert!(Version::of("2.1.3.900") < Version::of("2.2.3.282"));
    }
}
