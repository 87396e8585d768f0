//! What is said of an object at the end of a pass: the envelope of its status, events, log lines.

use super::Pass;
use crate::api::envelope::{self, Envelope, HistoryEntry};
use crate::cloud::error::{Acted, CloudError};
use crate::cloud::session::Session;
use crate::reason::Reason;
use crate::reconcile::kind::{Kind, Receipt, Remark, Step};
use crate::reconcile::schedule;
use crate::reconcile::verdict::{self, Phase, Verdict};
use jiff::Timestamp;
use std::time::Duration;

/// Calls that are kept in `status.history`.
const HISTORY: usize = 10;

impl<K: Kind> Pass<'_, K> {
    /// Completes a status with what all kinds have: pins, conditions, the error, and the time if anything else is new.
    pub(super) fn finish(&self, session: Option<&Session>, mut status: K::Status, verdict: &Verdict) -> K::Status {
        let now = self.now();
        let verdict = self.blocked(verdict);
        let (generation, requested_at) = (self.generation(), self.requested_at());
        let failure = self.slot.lock().worst(now).cloned();
        let envelope = K::envelope_mut(&mut status);
        if let Some(session) = session {
            envelope.account_id.get_or_insert_with(|| session.account.clone());
            envelope.region.get_or_insert_with(|| session.region.clone());
        }
        envelope.observed_generation = Some(generation);
        envelope.last_handled_reconcile_at = requested_at;
        envelope.last_error = failure.map(|failure| schedule::last_error(envelope.last_error.as_ref(), &failure));
        verdict::declare(&mut envelope.conditions, &verdict, K::SHAPE, generation, now);
        self.object().own_conditions(&mut status, &verdict, now);
        if self.object().status() != Some(&status) && session.is_some() {
            K::envelope_mut(&mut status).last_sync_time = Some(now.into());
        }
        status
    }

    /// A deletion that cannot go on says so, and how to get out of it.
    pub(super) fn blocked(&self, verdict: &Verdict) -> Verdict {
        if !self.deleting() || matches!(verdict.phase, Phase::Settled | Phase::Working) {
            return verdict.clone();
        }
        Verdict {
            reason: Reason::DeleteBlocked,
            message: format!(
                "{} ({}). To let go without touching the cloud: kubectl annotate {}/{} -n {} {}=\"<reason>\"",
                verdict.message,
                verdict.reason,
                K::plural(&()),
                self.name(),
                self.namespace,
                envelope::ABANDON
            ),
            ..verdict.clone()
        }
    }

    pub(super) fn report_verdict(&self, verdict: &Verdict) {
        let verdict = self.blocked(verdict);
        let before = self
            .object()
            .status()
            .map(K::envelope)
            .and_then(|envelope| verdict::ready(&envelope.conditions))
            .map(|ready| ready.reason.clone());
        let said = (verdict.reason, verdict.message.clone());
        let mut remembered = self.slot.lock();
        let again = remembered.reported.as_ref() == Some(&said) || before.as_deref() == Some(verdict.reason.as_str());
        remembered.reported = Some(said);
        drop(remembered);
        let recovered = before.is_some_and(|reason| reason != Reason::Applying.as_str() && reason != Reason::AwaitingConsistency.as_str());
        let worth_telling = match verdict.phase {
            Phase::Stuck | Phase::Unknown | Phase::Outdated => true,
            Phase::Settled => recovered,
            Phase::Working => verdict.reason == Reason::DriftDetected,
        };
        if worth_telling && !again {
            self.context.report.event(self.object().as_ref(), verdict.phase, verdict.reason, "Reconcile", &verdict.message);
        }
    }

    pub(super) fn report_remarks(&self, remarks: &[Remark]) {
        for remark in remarks {
            if remark.reason == Reason::DriftCorrected {
                self.context.report.drift_corrected(&K::kind(&()));
            }
            self.remark(remark.reason, &remark.note);
        }
    }

    pub(super) fn remark(&self, reason: Reason, note: &str) {
        let phase = if matches!(reason, Reason::DriftCorrected | Reason::InSync) { Phase::Settled } else { Phase::Stuck };
        self.context.report.event(self.object().as_ref(), phase, reason, "Reconcile", note);
    }

    /// The record of a call that changes something, whatever came of it, as soon as its answer is there. One line each, which a machine can read; the
    /// names of its fields are those of status.
    pub(super) fn log_call(&self, session: &Session, step: &K::Step, outcome: Result<&Receipt, &CloudError>, took: Duration) {
        let meta = self.object().meta();
        let operation = step.operation();
        let (receipt, error) = (outcome.ok(), outcome.err());
        let told = match outcome {
            Ok(receipt) => receipt.outcome,
            Err(error) if error.acted == Acted::Perhaps => "unknown",
            Err(_) => "refused",
        };
        tracing::info!(
            operation = operation.name,
            service = operation.service,
            kind = %K::kind(&()),
            namespace = self.namespace,
            name = meta.name,
            uid = meta.uid,
            generation = self.generation(),
            manager = self.slot.lock().manager,
            account = session.account,
            region = session.region,
            step = %step,
            ids = step.ids().join(","),
            run = step.run(),
            outcome = told,
            externalId = receipt.map(|receipt| receipt.external_id.as_str()),
            code = error.and_then(|error| error.code.as_deref()),
            class = error.map(|error| error.class.as_str()),
            requestId = receipt.map_or_else(|| error?.request_id.as_deref(), |receipt| receipt.request_id.as_deref()),
            seconds = took.as_secs_f64(),
            "changed"
        );
    }

    pub(super) fn report_outcomes(&self, outcomes: &[(K::Step, Result<Receipt, CloudError>)]) {
        // What fails again and again is told at counts 1, 2, 4, 8 …
        let failures = self.slot.lock().failures.clone();
        let news: Vec<_> = outcomes
            .iter()
            .filter(|(step, _)| failures.get(&step.part()).is_none_or(|failure| failure.count.is_power_of_two()))
            .cloned()
            .collect();
        self.context.report.calls_made(self.object().as_ref(), &news);
    }
}

pub(super) fn keep_history<S: Step>(
    envelope: &mut Envelope,
    outcomes: &[(S, Result<Receipt, CloudError>)],
    generation: i64,
    now: Timestamp,
) {
    for (step, outcome) in outcomes {
        let Ok(receipt) = outcome else { continue };
        if receipt.changed {
            envelope.history.insert(
                0,
                HistoryEntry {
                    time: now.into(),
                    generation,
                    operation: step.operation().name.to_owned(),
                    external_id: receipt.external_id.clone(),
                    request_id: receipt.request_id.as_deref().map(|id| verdict::cut(id, 128)),
                    outcome: receipt.outcome.to_owned(),
                },
            );
        }
    }
    envelope.history.truncate(HISTORY);
}
