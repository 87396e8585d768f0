//! What is said of a command: counts, results, and the verdict. Counts move in status only every ten seconds, or when something else
//! is written anyway; messages have no counts that move.

use super::result::{classify, fit, phase, rank, told, why, with_output_of};
use super::{Draft, Reason, TELL, Verdict, is_out, settled, stuck, unknown, working};
use crate::api::cloud_command::RepeatMode;
use crate::api::cloud_command::status::{Counts, MAX_RESULTS, Phase, Summary, Tally, TargetResult};
use crate::api::envelope::HistoryEntry;
use crate::api::journal::JournalState;
use crate::cloud::alibaba::ecs::commands::STOP_INVOCATION;
use crate::kinds::cloud_command::batches;
use crate::reconcile::verdict::few;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// The soonest and the latest look at a run that goes on.
const FIRST_LOOK: SignedDuration = SignedDuration::from_secs(1);
pub(super) const LAST_LOOK: SignedDuration = SignedDuration::from_secs(30);
impl Draft<'_> {
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
                let outputs = self.outputs(entry).left_out();
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
        let are_known = targets > 0 || intent.target_count.is_some();
        let began = intent.started_at;
        self.status.counts = Some(Counts { targets, pending, running, succeeded, failed, skipped, cancelled, unknown });
        let last_run = self.status.schedule.as_ref().and_then(|schedule| schedule.last_run).or(began);
        self.status.summary = Some(Summary { done: are_known.then(|| format!("{known}/{targets}")), failed: Some(failed), last_run });
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
        if self.stays() && self.has_lost_sight() {
            let message = "the cloud does not show the schedule any more: it was forgotten there, or may not be read (RAM action ecs:DescribeInvocations); cancel and deletion stop it all the same";
            return unknown(Reason::OutcomeUnknown, message);
        }
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
        if cancelled > 0 || self.was_cut_short() {
            return stuck(Reason::Cancelled, self.who_stopped_it());
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

    /// As far as anything is on record: this object, or somebody in the cloud.
    pub(super) fn who_stopped_it(&self) -> &'static str {
        let ids = self.intent().map(|intent| intent.invoke_ids.as_slice()).unwrap_or_default();
        let stopped = |call: &HistoryEntry| call.operation == STOP_INVOCATION.name && ids.contains(&call.external_id);
        if self.object.spec.cancel || self.status.envelope.history.iter().any(stopped) {
            "stopped before it had run on all targets; status.results says where it ran"
        } else {
            "it was stopped in the cloud, and not by this object: where it was, it does not run any more unless spec.trigger changes; status.results says where it ran"
        }
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
