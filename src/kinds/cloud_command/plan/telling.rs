//! What is said of a command: counts, results, and the verdict. Counts move in status only every ten seconds, or when something else
//! is written anyway; messages have no counts that move.

use super::{Draft, Reason, TELL, Verdict, is_out, settled, stuck, unknown, working};
use crate::api::cloud_command::conduct::{Capture, CaptureOn};
use crate::api::cloud_command::status::{Counts, MAX_RESULTS, Phase, Summary, Tally, TargetResult};
use crate::api::cloud_command::{CloudCommandStatus, RepeatMode};
use crate::api::envelope::HistoryEntry;
use crate::api::journal::{JournalEntry, JournalState};
use crate::cloud::alibaba::ecs::commands::{InvocationResult, InvocationStatus, STOP_INVOCATION};
use crate::cloud::explain;
use crate::kinds::cloud_command::redact::{redact, tail};
use crate::kinds::cloud_command::{batches, inputs};
use crate::reconcile::verdict::few;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Serialize;
use std::collections::BTreeMap;

/// The soonest and the latest look at a run that goes on.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(1);
pub(super) const LAST_LOOK: SignedDuration = SignedDuration::from_secs(30);
/// What stands in place of an output that may show a value which is not known any more.
const WITHHELD: &str = "(not kept: a value from a Secret has changed since, and could not be taken out)";

/// Nobody asked for it here, and so nobody here undoes it.
pub(super) const STOPPED_ELSEWHERE: &str = "it was stopped in the cloud, and not by this object: it does not run there any more unless spec.trigger changes; status.results says where it ran";

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
}

impl Draft<'_> {
    pub(super) fn outputs(&self, entry: &JournalEntry) -> Outputs {
        let output = &self.object.spec.output;
        let has_secrets = inputs::has_secrets(self.object);
        let capture = output.capture.unwrap_or(if has_secrets { Capture::None } else { Capture::Tail });
        let is_present = self.intent().is_some_and(|intent| intent.hash == entry.intent_hash);
        let first = self.intent().and_then(|intent| intent.contents.clone());
        let secrets = match &self.inputs {
            _ if !has_secrets => Some(Vec::new()),
            Ok(inputs) if first.is_some_and(|first| inputs.are(&first)) => Some(inputs.secrets.clone()),
            _ => None,
        };
        let on = (capture == Capture::Tail && is_present).then(|| output.capture_on());
        Outputs { on, most: usize::try_from(output.tail_bytes).unwrap_or_default(), secrets }
    }

    /// Takes down how far everything is, if it is time.
    pub(super) fn tell(&mut self) {
        let last = self.status.envelope.last_sync_time.map(|last| self.now.duration_since(last.get()).abs());
        let is_due = self.has_news || !self.steps.is_empty() || last.is_none_or(|age| age >= TELL);
        if !is_due || self.intent().is_none() {
            return;
        }
        for entry in self.status.operations.clone().iter().filter(|entry| entry.state == JournalState::Submitted) {
            let is_seen = entry.ids.first().is_some_and(|id| self.invocation(id).is_some());
            for known in self.status.operations.iter_mut().filter(|known| is_seen && known.run == entry.run) {
                known.state = JournalState::Done;
            }
        }
        self.tell_results();
        self.tell_counts();
        if self.is_finished() && self.status.finished_at.is_none() {
            self.status.finished_at = Some(self.now.into());
        }
        self.tell_schedule();
        fit(&mut self.status);
    }

    fn tell_results(&mut self) {
        let before = std::mem::take(&mut self.status.results);
        let mut results = before.clone();
        results.retain(|result| self.intent().is_some_and(|intent| result.batch.is_some_and(|batch| intent.is_settled(batch))));
        for entry in self.status.operations.iter().filter(|entry| is_out(entry)) {
            let Some(id) = entry.ids.first() else { continue };
            if let Some(read) = self.seen.results.get(id) {
                let outputs = self.outputs(entry);
                results.extend(read.iter().map(|result| told(result, entry.batch, &outputs)));
            } else if let Some(invocation) = self.invocation(id) {
                let outputs = Outputs { on: None, ..self.outputs(entry) };
                let seen = invocation.instances.iter().map(|result| told(result, entry.batch, &outputs));
                results.extend(seen.map(|result| with_output_of(&before, result)));
            }
        }
        // Those that failed come first, and the order does not change from one look to the next.
        results.sort_by_key(|result| (rank(&result.phase), result.batch, result.instance_id.clone()));
        results.truncate(MAX_RESULTS);
        self.status.results = results;
    }

    /// What became of the targets so far, of settled batches and of those that are out.
    pub(super) fn so_far(&self) -> (Tally, i32, i32) {
        let mut tally = self.intent().map(|intent| intent.tally).unwrap_or_default();
        let (mut pending, mut running) = (0_i32, 0_i32);
        for entry in self.status.operations.iter().filter(|entry| is_out(entry)) {
            let Some(invocation) = entry.ids.first().and_then(|id| self.invocation(id)) else { continue };
            for instance in &invocation.instances {
                let phase = phase(instance);
                if matches!(phase, Phase::Pending | Phase::Scheduled) {
                    pending = pending.saturating_add(1);
                } else if matches!(phase, Phase::Running | Phase::Stopping) {
                    running = running.saturating_add(1);
                } else {
                    classify(&phase, &mut tally);
                }
            }
        }
        (tally, pending, running)
    }

    pub(super) fn failed(&self) -> usize {
        usize::try_from(self.so_far().0.failed).unwrap_or_default()
    }

    fn tell_counts(&mut self) {
        let (Tally { succeeded, failed, cancelled, unknown, skipped }, pending, running) = self.so_far();
        let known = succeeded.saturating_add(failed).saturating_add(cancelled).saturating_add(unknown);
        let Some(intent) = self.intent() else { return };
        let targets = intent.target_count.unwrap_or_else(|| known.saturating_add(pending).saturating_add(running));
        // Whoever has not been sent yet, or is not listed yet, waits.
        let left_out_later = if intent.targets.is_empty() { 0 } else { self.left_out_later() };
        let pending = pending.max(targets.saturating_sub(known).saturating_sub(running).saturating_sub(left_out_later).max(0));
        let began = intent.started_at;
        self.status.counts = Some(Counts { targets, pending, running, succeeded, failed, skipped, cancelled, unknown });
        let last_run = self.status.schedule.as_ref().and_then(|schedule| schedule.last_run).or(began);
        self.status.summary = Some(Summary { done: Some(format!("{known}/{targets}")), failed: Some(failed), last_run });
    }

    /// Targets that were left out after the batches had been cut.
    fn left_out_later(&self) -> i32 {
        let Some(intent) = self.intent() else { return 0 };
        let left_out = intent.skipped.iter().flat_map(|skipped| &skipped.instance_ids).filter(|id| intent.targets.contains(id));
        i32::try_from(left_out.count()).unwrap_or(i32::MAX)
    }

    /// Whether every batch of the present intent is settled.
    pub(super) fn is_finished(&self) -> bool {
        crate::kinds::cloud_command::is_finished(self.object, &self.status)
    }

    /// Everything that may be sent now is sent: how it stands.
    pub(super) fn progress(&mut self) -> Verdict {
        if self.is_finished() {
            return self.outcome();
        }
        if !self.status.operations.iter().any(is_out) {
            return working(Reason::Applying, "sending the command");
        }
        let is_once = self.object.spec.repeat_mode == RepeatMode::Once;
        let all_sent = batches::unsent(&self.status).is_empty();
        let all_seen = self.status.operations.iter().all(|entry| entry.ids.first().is_some_and(|id| self.invocation(id).is_some()));
        if !is_once && all_sent && all_seen {
            return self.schedule_verdict();
        }
        self.look_at_runs();
        if is_once { working(Reason::Running, "the command is running") } else { working(Reason::Applying, "the schedule is being set up") }
    }

    /// Often at first, and then more and more seldom.
    pub(super) fn look_at_runs(&mut self) {
        let youngest = self.status.operations.iter().filter(|entry| is_out(entry)).map(|entry| entry.started_at.get()).max();
        let Some(since) = youngest else { return };
        let age = self.now.duration_since(since).abs();
        self.look_in((age / 2).clamp(FIRST_LOOK, LAST_LOOK));
    }

    /// Everything is over.
    pub(super) fn outcome(&mut self) -> Verdict {
        self.tell_when_results_go();
        let Some(intent) = self.intent() else { return working(Reason::Applying, "looking") };
        let Tally { succeeded, failed, cancelled, unknown: unclear, skipped } = intent.tally;
        if failed > 0 {
            return stuck(Reason::CommandFailed, self.who_failed());
        }
        if cancelled > 0 || self.object.spec.cancel && self.repeats() {
            let here = "stopped before it had run on all targets; status.results says where it ran";
            return stuck(Reason::Cancelled, if self.was_stopped_here() { here } else { STOPPED_ELSEWHERE });
        }
        if unclear > 0 {
            let message = "it ran, and what came of it on some targets is not known any more";
            return unknown(Reason::OutcomeUnknown, message);
        }
        if succeeded == 0 {
            let why = if skipped > 0 {
                "none of the targets could run it; status.intent.skipped says why"
            } else {
                "nothing matches spec.targets; change spec.trigger to look again"
            };
            return stuck(Reason::NoTargets, why);
        }
        if intent.adopted {
            return settled(Reason::AlreadyRan, "this command had run before this object knew of it, and succeeded on all targets");
        }
        let but = if skipped > 0 { ", except those that were left out (status.intent.skipped)" } else { "" };
        settled(Reason::Succeeded, format!("succeeded on all targets{but}"))
    }

    /// Whether it was this object that stopped it, as far as anything is on record.
    fn was_stopped_here(&self) -> bool {
        let Some(intent) = self.intent() else { return false };
        let stopped = |call: &HistoryEntry| call.operation == STOP_INVOCATION.name && intent.invoke_ids.contains(&call.external_id);
        self.object.spec.cancel || self.status.envelope.history.iter().any(stopped)
    }

    fn who_failed(&self) -> String {
        let is_failure = |result: &&TargetResult| rank(&result.phase) == 0;
        let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for result in self.status.results.iter().filter(is_failure) {
            by_reason.entry(why(result)).or_default().push(&result.instance_id);
        }
        let reasons: Vec<String> = by_reason.into_iter().map(|(why, ids)| format!("{}: {why}", few(ids.into_iter()))).collect();
        if reasons.is_empty() {
            "failed; the results are not kept any more".to_owned()
        } else {
            format!("failed on {}", reasons.join("; "))
        }
    }

    /// Results stay for as long as spec says.
    pub(super) fn tell_when_results_go(&mut self) {
        let (Some(ttl), Some(finished)) = (self.object.spec.results_ttl, self.status.finished_at) else { return };
        let goes = SignedDuration::try_from(ttl.get()).ok().and_then(|ttl| finished.get().saturating_add(ttl).ok());
        match goes {
            Some(at) if at <= self.now => self.status.results.clear(),
            Some(at) if !self.status.results.is_empty() => self.look_at(at),
            Some(_) | None => {}
        }
    }
}

/// Why it failed on one target.
fn why(result: &TargetResult) -> String {
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
fn rank(phase: &Phase) -> u8 {
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
fn with_output_of(before: &[TargetResult], result: TargetResult) -> TargetResult {
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
fn fit(status: &mut CloudCommandStatus) {
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
