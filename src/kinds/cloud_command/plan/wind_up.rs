//! The end of an intent that is not wanted any more, by an edit, `cancel` or deletion: what has not begun is stopped; what nobody knows of is found
//! out first, and never dropped.

use super::step::{CloudCommandStep, stopping};
use super::{Draft, Next, Reason, Verdict, is_out, settled, stuck, unknown, working};
use crate::api::cloud_command::status::{MAX_PAST_INTENTS, MAX_RUNS, Outcome, PastRun, Tally};
use crate::api::journal::JournalEntry;
use crate::cloud::alibaba::ecs::commands::{Invocation, InvocationStatus};
use crate::kinds::cloud_command::batches;
use crate::kinds::cloud_command::observe::is_schedule;
use crate::reconcile::verdict::{self, cut};
use jiff::SignedDuration;

/// A stop that was accepted shows by then.
const STOP_SHOWS: SignedDuration = SignedDuration::from_secs(30);
/// Between two looks whether it does.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// A run that was accepted is seen by then, if ever.
const SEEN_BY: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a trigger that are remembered.
const TRIGGER: usize = 64;

impl Draft<'_> {
    /// The intent on record is not that of spec any more. `None` once it is history.
    pub(super) fn wind_up(&mut self) -> Option<Verdict> {
        if self.given.observe_only {
            return Some(stuck(Reason::ObserveOnly, "this steward only observes: it neither stops what ran before nor runs anything"));
        }
        let stopping = self.stop_what_has_not_begun();
        let unresolved = self.resolve(None, None);
        if let Some(verdict) = unresolved.or(stopping) {
            return Some(verdict);
        }
        self.archive();
        None
    }

    /// Stops what is pending or scheduled with the cloud. What runs on an instance already runs to its end.
    pub(super) fn stop_what_has_not_begun(&mut self) -> Option<Verdict> {
        let entries: Vec<JournalEntry> = self.status.operations.iter().filter(|entry| is_out(entry)).cloned().collect();
        let mut verdict = None;
        for entry in entries {
            let Some(id) = entry.ids.first() else { continue };
            let age = self.now.duration_since(entry.started_at.get()).abs();
            let has_not_begun = match self.invocation(id) {
                Some(invocation) => waits(invocation),
                None => age < SEEN_BY || self.stays() && !self.was_told_to_stop(id),
            };
            if !has_not_begun {
                continue;
            }
            let part = stopping(id);
            if let Some(held) = self.held_back(&part) {
                verdict = verdict.or(Some(held));
                continue;
            }
            verdict = verdict.or_else(|| Some(working(Reason::Applying, "stopping what has not begun")));
            let stopped = self.given.done.get(&part).is_some_and(|at| self.now.duration_since(*at).abs() < STOP_SHOWS);
            if stopped || self.given.just_done.contains(&part) {
                self.look_in(LOOK);
            } else if self.may_step() {
                self.steps.push(CloudCommandStep::Stop { id: id.clone() });
            } else {
                self.look_at(self.now);
            }
        }
        verdict
    }

    /// Whether what is on record was put there to stay, as a schedule.
    pub(super) fn stays(&self) -> bool {
        self.status.schedule.is_some()
    }

    pub(super) fn was_told_to_stop(&self, id: &str) -> bool {
        let part = stopping(id);
        self.given.done.contains_key(&part) || self.given.just_done.contains(&part)
    }

    /// Whether the cloud does not show something any more that it took.
    pub(super) fn has_lost_sight(&self) -> bool {
        let is_old = |entry: &&JournalEntry| self.now.duration_since(entry.started_at.get()).abs() >= SEEN_BY;
        let mut old = self.status.operations.iter().filter(|entry| is_out(entry)).filter(is_old);
        old.any(|entry| entry.ids.first().is_some_and(|id| self.invocation(id).is_none()))
    }

    /// What was run is remembered for good. An intent of which nothing was ever sent leaves no trace: it may still run another time.
    fn archive(&mut self) {
        let outcome = self.outcome_word();
        let Some(intent) = self.status.intent.take() else { return };
        let was_sent = intent.started_at.is_some() || intent.tally.unknown > 0;
        if was_sent {
            let Tally { succeeded, failed, .. } = intent.tally;
            let run = PastRun {
                intent_hash: intent.hash.clone(),
                trigger: intent.trigger.as_deref().map(|trigger| cut(trigger, TRIGGER)),
                started_at: intent.started_at,
                finished_at: self.status.finished_at,
                outcome,
                succeeded,
                failed,
                invoke_ids: intent.invoke_ids,
            };
            self.status.runs.insert(0, run);
            self.status.runs.truncate(MAX_RUNS);
            self.status.past_intents.insert(0, intent.hash);
            self.status.past_intents.truncate(MAX_PAST_INTENTS);
        }
        self.has_news = true;
        self.status.operations.clear();
        self.status.results.clear();
        self.status.codes.clear();
        self.status.counts = None;
        self.status.schedule = None;
        self.status.summary = None;
        self.status.finished_at = None;
        self.status.envelope.external_id = None;
    }

    fn outcome_word(&self) -> Outcome {
        let Some(intent) = self.intent() else { return Outcome::Stopped };
        let Tally { succeeded, failed, cancelled, unknown, skipped } = intent.tally;
        if self.has_open_entries() || !batches::unsent(&self.status).is_empty() || !intent.is_cut() {
            return self.why_it_stopped();
        }
        match () {
            () if failed > 0 => Outcome::Failed,
            () if cancelled > 0 || self.was_cut_short() => self.why_it_stopped(),
            () if unknown > 0 => Outcome::OutcomeUnknown,
            () if succeeded == 0 && (skipped > 0 || intent.targets.is_empty()) => Outcome::NoTargets,
            () => Outcome::Succeeded,
        }
    }

    /// What kept back the rest of it, as the object said before it was edited.
    fn why_it_stopped(&self) -> Outcome {
        let said = verdict::ready(&self.status.envelope.conditions).map(|ready| ready.reason.as_str());
        let outcomes = [
            (Reason::WindowMissed, Outcome::WindowMissed),
            (Reason::InputsChanged, Outcome::InputsChanged),
            (Reason::MaxFailuresReached, Outcome::MaxFailuresReached),
            (Reason::Cancelled, Outcome::Cancelled),
        ];
        let found = outcomes.into_iter().find(|(reason, _)| said == Some(reason.as_str()));
        found.map_or(Outcome::Stopped, |(_, outcome)| outcome)
    }

    /// Somebody went back to what ran before. It does not run again.
    pub(super) fn ran_before(&mut self, hash: &str) -> Verdict {
        let run = self.status.runs.iter().find(|run| run.intent_hash == hash);
        let again = "it does not run again unless spec.trigger is one that was not used before";
        match run.map(|run| &run.outcome) {
            Some(Outcome::Succeeded) => settled(Reason::AlreadyRan, format!("this command ran before, and succeeded; {again}")),
            None => unknown(
                Reason::AlreadyRan,
                format!("this command ran before, so long ago that its outcome is not on record any more; {again}"),
            ),
            Some(_) => {
                stuck(Reason::CommandFailed, format!("this command ran before, and did not succeed everywhere (see status.runs); {again}"))
            }
        }
    }

    pub(super) fn remove(&mut self) -> Verdict {
        self.follow();
        let stopping = self.stop_what_has_not_begun();
        let unresolved = self.resolve(None, None);
        if let Some(verdict) = unresolved.or(stopping) {
            return verdict;
        }
        self.next = Next::Gone;
        working(Reason::Applying, "nothing is left to stop")
    }
}

/// Whether something of it has not begun yet, or would begin again.
fn waits(invocation: &Invocation) -> bool {
    if invocation.instances.is_empty() {
        return ["Pending", "Scheduled", "Running"].contains(&invocation.status.as_str());
    }
    invocation.instances.iter().any(|result| {
        matches!(result.status, InvocationStatus::Pending | InvocationStatus::Scheduled)
            || is_schedule(invocation) && result.status == InvocationStatus::Running
    })
}
