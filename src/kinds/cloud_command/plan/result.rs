//! One target's result, in the words of status: how far it is, why it failed, how much of its output is kept and shown.

use super::Draft;
use crate::api::cloud_command::CloudCommandStatus;
use crate::api::cloud_command::conduct::{Capture, CaptureOn};
use crate::api::cloud_command::status::{Phase, Tally, TargetResult};
use crate::api::journal::JournalEntry;
use crate::cloud::alibaba::ecs::commands::{InvocationResult, InvocationStatus};
use crate::cloud::explain;
use crate::kinds::cloud_command::redact::{redact, tail};
use crate::kinds::cloud_command::{inputs, intent_hash};
use secrecy::SecretString;
use serde::Serialize;

/// What stands in place of an output that may show a value which is not known any more.
const WITHHELD: &str = "(not kept: what the command was made of has changed since, and a value from a Secret could not be taken out)";

/// What is kept of outputs, for one entry of the journal.
pub(in super::super) struct Outputs {
    on: Option<CaptureOn>,
    most: usize,
    /// `None` if a value that may be in them is not known any more.
    secrets: Option<Vec<SecretString>>,
}

impl Outputs {
    /// Everything, without these values.
    pub(in super::super) fn all(secrets: Option<Vec<SecretString>>) -> Self {
        Self { on: Some(CaptureOn::Always), most: usize::MAX, secrets }
    }

    /// The same, without any: it was not read.
    pub(super) fn left_out(self) -> Self {
        Self { on: None, ..self }
    }
}

impl Draft<'_> {
    pub(super) fn outputs(&self, entry: &JournalEntry) -> Outputs {
        let output = &self.object.spec.output;
        let has_secrets = inputs::has_secrets(self.object);
        let capture = output.capture.unwrap_or(if has_secrets { Capture::None } else { Capture::Tail });
        // What spec says of secrets now says nothing of a run that spec asked for before.
        let is_present = self.intent().is_some_and(|intent| intent.hash == entry.intent_hash && intent.hash == intent_hash(self.object));
        let first = self.intent().and_then(|intent| intent.contents.clone());
        let secrets = match &self.inputs {
            _ if !has_secrets => Some(Vec::new()),
            Ok(inputs) if first.is_some_and(|first| inputs.are(&first)) => Some(inputs.secrets.clone()),
            _ => None,
        };
        let on = (capture == Capture::Tail && is_present).then(|| output.capture_on());
        Outputs { on, most: usize::try_from(output.tail_bytes).unwrap_or_default(), secrets }
    }
}

/// Why it failed on one target.
pub(super) fn why(result: &TargetResult) -> String {
    let exit = result.exit_code.filter(|code| *code != 0).map(|code| format!("exit code {code}"));
    let code = result.error_code.as_deref().filter(|code| exit.is_none() || *code != "ExitCodeNonzero").map(str::to_owned);
    let what: Vec<String> = exit.into_iter().chain(code).collect();
    let what = if what.is_empty() { phase_word(&result.phase).to_owned() } else { what.join(", ") };
    match &result.hint {
        Some(hint) => format!("{what} ({hint})"),
        None => what,
    }
}

fn phase_word(phase: &Phase) -> &str {
    match phase {
        Phase::TimedOut => "took too long",
        Phase::Undelivered => "did not reach the instance",
        Phase::Invalid => "type or parameters do not fit",
        Phase::Error => "could not go on",
        Phase::Unknown(word) if !word.is_empty() => word,
        Phase::Unknown(_) => "nobody knows what came of it",
        Phase::Failed
        | Phase::Pending
        | Phase::Scheduled
        | Phase::Running
        | Phase::Stopping
        | Phase::Succeeded
        | Phase::Cancelled
        | Phase::Terminated => "failed",
    }
}

/// Who is shown first.
pub(super) fn rank(phase: &Phase) -> u8 {
    match phase {
        Phase::Failed | Phase::TimedOut | Phase::Undelivered | Phase::Invalid | Phase::Error => 0,
        Phase::Unknown(_) => 1,
        Phase::Terminated | Phase::Cancelled => 2,
        Phase::Running | Phase::Stopping | Phase::Pending | Phase::Scheduled => 3,
        Phase::Succeeded => 4,
    }
}

/// Adds a target that is over to those before it.
pub(super) fn classify(phase: &Phase, tally: &mut Tally) {
    let count = match phase {
        Phase::Succeeded => &mut tally.succeeded,
        Phase::Failed | Phase::TimedOut | Phase::Undelivered | Phase::Invalid | Phase::Error => &mut tally.failed,
        Phase::Cancelled | Phase::Terminated => &mut tally.cancelled,
        Phase::Pending | Phase::Scheduled | Phase::Running | Phase::Stopping | Phase::Unknown(_) => &mut tally.unknown,
    };
    *count = count.saturating_add(1);
}

/// How far it is there. Of a schedule that waits for its next time: what came of the last one.
pub(super) fn phase(result: &InvocationResult) -> Phase {
    let has_run = result.status == InvocationStatus::Scheduled && result.finished.is_some();
    match (has_run, result.error_code.as_deref(), result.exit_code) {
        // That it ended does not mean that it went well.
        (false, code, exit) if result.status == InvocationStatus::Success && (code.is_some() || exit.is_some_and(|exit| exit != 0)) => {
            Phase::Failed
        }
        (false, ..) => phase_of(&result.status),
        (true, None, Some(0)) => Phase::Succeeded,
        (true, None | Some("ExitCodeNonzero"), Some(_)) => Phase::Failed,
        (true, Some("ExecutionTimeout"), _) => Phase::TimedOut,
        (true, Some(_), _) => Phase::Error,
        (true, None, None) => Phase::Unknown(String::new()),
    }
}

fn phase_of(status: &InvocationStatus) -> Phase {
    match status {
        InvocationStatus::Pending => Phase::Pending,
        InvocationStatus::Scheduled => Phase::Scheduled,
        InvocationStatus::Running => Phase::Running,
        InvocationStatus::Stopping => Phase::Stopping,
        InvocationStatus::Success => Phase::Succeeded,
        InvocationStatus::Failed => Phase::Failed,
        InvocationStatus::Timeout => Phase::TimedOut,
        InvocationStatus::Cancelled => Phase::Cancelled,
        InvocationStatus::Terminated => Phase::Terminated,
        InvocationStatus::Aborted => Phase::Undelivered,
        InvocationStatus::Invalid => Phase::Invalid,
        InvocationStatus::Error => Phase::Error,
        InvocationStatus::Unknown(word) => Phase::Unknown(word.clone()),
    }
}

/// A result as it stands in status.
pub(in super::super) fn told(result: &InvocationResult, batch: Option<i32>, outputs: &Outputs) -> TargetResult {
    let phase = phase(result);
    let has_failed = rank(&phase) < 3;
    let is_over = rank(&phase) != 3;
    let wanted = match outputs.on {
        None => false,
        Some(CaptureOn::Always) => true,
        Some(CaptureOn::Failure) => has_failed,
    };
    let error_code = result.error_code.clone().filter(|_| has_failed);
    let hint = error_code.as_deref().and_then(hint_of);
    let mut dropped = result.dropped.max(0);
    let output = (wanted && !result.output.is_empty()).then(|| match &outputs.secrets {
        None => WITHHELD.to_owned(),
        Some(secrets) => {
            let clean = redact(&result.output, secrets, result.dropped > 0);
            let tail = tail(&clean, outputs.most);
            dropped = dropped.saturating_add(i64::try_from(clean.len() - tail.len()).unwrap_or(i64::MAX));
            tail.to_owned()
        }
    });
    TargetResult {
        instance_id: result.instance_id.clone(),
        batch,
        phase,
        exit_code: result.exit_code.filter(|_| is_over),
        error_code,
        hint,
        dropped: output.is_some().then_some(dropped).filter(|dropped| *dropped > 0),
        output,
        started_at: result.started.map(Into::into),
        finished_at: result.finished.map(Into::into),
        repeats: (result.repeats > 1).then(|| i32::try_from(result.repeats).unwrap_or(i32::MAX)),
    }
}

/// The same with the output that was read before, if there was no run since.
pub(super) fn with_output_of(before: &[TargetResult], result: TargetResult) -> TargetResult {
    let same = |known: &&TargetResult| {
        known.instance_id == result.instance_id
            && (known.batch, known.repeats, known.finished_at) == (result.batch, result.repeats, result.finished_at)
    };
    match before.iter().find(same) {
        Some(known) => TargetResult { output: known.output.clone(), dropped: known.dropped, ..result },
        None => result,
    }
}

/// What to do about a code of one instance.
fn hint_of(code: &str) -> Option<String> {
    explain::find(code).into_iter().find(|row| row.of_one_target).map(|row| row.hint.to_owned())
}

/// Cuts outputs until the status is no larger than the API server should have to keep. Those that succeeded go first.
pub(super) fn fit(status: &mut CloudCommandStatus) {
    let mut left = status.room_for_outputs();
    for result in &mut status.results {
        let Some(output) = result.output.take() else { continue };
        let kept = within(&output, left);
        left = left.saturating_sub(json_length(kept));
        let cut = i64::try_from(output.len() - kept.len()).unwrap_or(i64::MAX);
        if cut > 0 {
            result.dropped = Some(result.dropped.unwrap_or_default().saturating_add(cut));
        }
        result.output = (!kept.is_empty()).then(|| kept.to_owned());
    }
}

/// The longest tail that has no more than so many bytes in JSON.
fn within(text: &str, most: usize) -> &str {
    let mut from = text.len();
    let mut length = 2;
    for (at, character) in text.char_indices().rev() {
        length += json_length(&*character.encode_utf8(&mut [0; 4])) - 2;
        if length > most {
            break;
        }
        from = at;
    }
    &text[from..]
}

fn json_length<T: Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_string(value).map_or(0, |json| json.len())
}
