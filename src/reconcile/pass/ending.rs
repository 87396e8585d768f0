//! The ways in which a pass ends: settled, blind, refused, suspended, let go.

use super::{Again, Pass};
use crate::api::envelope;
use crate::cloud::budget::Lane;
use crate::cloud::error::{Class, CloudError};
use crate::cloud::session::Session;
use crate::reason::Reason;
use crate::reconcile::access::Refusal;
use crate::reconcile::kind::{Kind, Next, Plan};
use crate::reconcile::memory::{Failure, later};
use crate::reconcile::record::RecordError;
use crate::reconcile::schedule;
use crate::reconcile::verdict::{self, Phase, Verdict};
use jiff::Timestamp;
use kube::Api;
use std::time::Duration;

/// After this long an object whose credential had not been looked at tries again; usually it is woken sooner.
const UNTIL_IDENTIFIED: Duration = Duration::from_secs(2);

impl<K: Kind> Pass<'_, K> {
    /// The cloud could not be read. A blip changes nothing; what lasts, or needs a person, is said.
    pub(super) async fn blind(&mut self, error: CloudError) -> Result<Again, RecordError> {
        let now = self.now();
        tracing::info!(kind = %K::kind(&()), namespace = self.namespace, name = self.name(), %error, code = error.code, class = %error.class, "the cloud could not be read");
        if error.class == Class::Unauthenticated {
            // The credential is closed by now, and says so for all its objects.
            return Ok(Again::In(super::SOON));
        }
        let failure = {
            let mut remembered = self.slot.lock();
            let failure = Failure::after(remembered.blind.as_ref(), &error, now, &self.context.dice);
            remembered.blind = Some(failure.clone());
            failure
        };
        let wait = schedule::until(now, self.object().ages_at(now).map_or(failure.retry_at, |at| at.min(failure.retry_at)));
        if failure.passes_by_itself(now)
            && self.has_spoken()
            && !self.has_aged(now)
            && now.duration_since(failure.since) < schedule::patience(self.sync_interval())
        {
            return Ok(Again::In(wait));
        }
        let phase = match (failure.passes_by_itself(now), self.has_spoken()) {
            (true, true) => Phase::Unknown,
            (true, false) => Phase::Working,
            (false, _) => Phase::Stuck,
        };
        let verdict = Verdict { phase, reason: failure.reason, message: format!("{}. {}", failure.meaning, failure.hint), drifted: None };
        let status = self.object().status().cloned().unwrap_or_default();
        // Not pinned to a place that was never seen: a region that does not exist must be correctable.
        let status = self.finish(None, status, &verdict);
        self.report_verdict(&verdict);
        self.record.settle(status).await?;
        Ok(Again::In(wait))
    }

    /// Whether something has grown too old of which status does not say so yet.
    fn has_aged(&self, now: Timestamp) -> bool {
        self.object().ages_at(Timestamp::MIN).is_some_and(|at| at <= now)
    }

    /// Whether a verdict on this generation is already on record.
    pub(super) fn has_spoken(&self) -> bool {
        self.object()
            .status()
            .map(K::envelope)
            .and_then(|envelope| verdict::ready(&envelope.conditions))
            .is_some_and(|ready| ready.observed_generation == Some(self.generation()))
    }

    pub(super) async fn settle(&mut self, session: &Session, plan: Plan<K>) -> Result<Again, RecordError> {
        let status = self.finish(Some(session), plan.status.clone(), &plan.verdict);
        self.protect(&status).await?;
        self.report_remarks(&plan.remarks);
        self.report_verdict(&plan.verdict);
        self.record.settle(status).await?;
        self.conclude(&plan, session).await
    }

    pub(super) async fn conclude(&mut self, plan: &Plan<K>, session: &Session) -> Result<Again, RecordError> {
        if plan.next == Next::Gone {
            return self.release().await;
        }
        if !self.deleting() && !self.is_held(self.object()) {
            self.record.drop_finalizer().await?;
        }
        let now = self.now();
        let sync = schedule::next_sync(now, self.sync_interval(), &format!("{}/{}", session.tenant, session.region));
        let planned = match plan.next {
            Next::At(at) => at.min(sync),
            Next::Sync | Next::Gone => sync,
        };
        let retry = self.slot.lock().failures.values().map(|failure| failure.retry_at).filter(|at| *at > now).min();
        let next = [Some(planned), retry].into_iter().flatten().min().unwrap_or(sync);
        Ok(Again::In(schedule::until(now, next)))
    }

    /// Nothing is left to undo, or nobody wants it undone.
    pub(super) async fn release(&mut self) -> Result<Again, RecordError> {
        self.record.drop_finalizer().await?;
        Ok(Again::OnChange)
    }

    pub(super) async fn abandon(&mut self, reason: &str) -> Result<Again, RecordError> {
        let open = self.open_run();
        if !self.deleting() {
            let verdict = Verdict {
                phase: Phase::Stuck,
                reason: Reason::Abandoned,
                message: format!(
                    "the annotation {} is set: steward leaves this object and what it stands for alone{open}",
                    envelope::ABANDON
                ),
                drifted: None,
            };
            let status = self.object().status().cloned().unwrap_or_default();
            let status = self.finish(None, status, &verdict);
            self.report_verdict(&verdict);
            self.record.settle(status).await?;
        } else if self.record.has_finalizer() {
            self.remark(Reason::Abandoned, &format!("let go without a cloud call: {}{open}", verdict::cut(reason, 256)));
        }
        self.release().await
    }

    /// Nobody wants anything undone, and the cloud is not asked. If a call is on record of which nobody knows what came of it, that is told.
    pub(super) async fn let_go(&mut self) -> Result<Again, RecordError> {
        let open = self.open_run();
        if !open.is_empty() && self.record.has_finalizer() {
            self.remark(Reason::Abandoned, &format!("let go without a cloud call{open}"));
        }
        self.release().await
    }

    fn open_run(&self) -> String {
        self.object().open_run().map(|run| format!("; what became of run {run} is not known")).unwrap_or_default()
    }

    pub(super) async fn stay_away(&mut self, what: String) -> Result<Again, RecordError> {
        let verdict = Verdict {
            phase: Phase::Stuck,
            reason: Reason::UnsupportedStatus,
            message: format!("status was written by a newer release of steward ({what}): upgrade this one; nothing is done until then"),
            drifted: None,
        };
        let status = self.object().status().cloned().unwrap_or_default();
        let status = self.finish(None, status, &verdict);
        self.report_verdict(&verdict);
        self.record.settle(status).await?;
        Ok(Again::OnChange)
    }

    pub(super) async fn suspend(&mut self) -> Result<Again, RecordError> {
        // What nobody wants looked at is not waiting for a look.
        self.slot.lock().looked_at = None;
        let mut status = if self.object().remembers_inputs() {
            let given = self.gather(Lane::Work).await;
            self.object().first_sight(&given, self.now())
        } else {
            self.object().status().cloned().unwrap_or_default()
        };
        let (generation, requested_at) = (self.generation(), self.requested_at());
        let envelope = K::envelope_mut(&mut status);
        verdict::suspend(&mut envelope.conditions, generation, self.now());
        envelope.observed_generation = Some(generation);
        envelope.last_handled_reconcile_at = requested_at;
        self.record.settle(status).await?;
        Ok(Again::OnChange)
    }

    /// There is no session. For a deletion that means a block that a person can lift, or, if the whole namespace goes, one that lifts itself.
    pub(super) async fn refused(&mut self, refusal: Refusal) -> Result<Again, RecordError> {
        let now = self.now();
        let (reason, message) = match refusal {
            // The credential wakes its users; this is for those that came before it.
            Refusal::NotYet => return Ok(Again::In(schedule::soon(&self.context.dice, UNTIL_IDENTIFIED))),
            Refusal::No { reason, message } => (reason, message),
            Refusal::Unavailable { message } => (Reason::CloudUnavailable, message),
        };
        let since = *self.slot.lock().without_session_since.get_or_insert(now);
        let unavailable = reason == Reason::CloudUnavailable;
        let patience = later(since, schedule::patience(self.sync_interval()));
        let ages_at = self.object().ages_at(now);
        if unavailable && self.has_spoken() && !self.deleting() && !self.has_aged(now) && now < patience {
            return Ok(Again::In(schedule::until(now, ages_at.map_or(patience, |at| at.min(patience)))));
        }
        let again = if self.deleting() {
            let free_at = later(since, self.context.settings.orphan_grace);
            if !unavailable && free_at <= now && self.namespace_is_going().await? {
                self.context.report.orphan_released(K::kind(&()).as_ref());
                tracing::warn!(kind = %K::kind(&()), namespace = self.namespace, name = self.name(), "released without undoing: its namespace is going and its credential is gone");
                return self.release().await;
            }
            Again::In(schedule::until(now, free_at.max(later(now, schedule::ORPHAN_LOOK))))
        } else {
            ages_at.map_or(Again::OnChange, |at| Again::In(schedule::until(now, at)))
        };
        let phase = match (unavailable, self.has_spoken()) {
            (true, true) => Phase::Unknown,
            (true, false) => Phase::Working,
            (false, _) => Phase::Stuck,
        };
        let verdict = Verdict { phase, reason, message, drifted: None };
        let status = self.object().status().cloned().unwrap_or_default();
        let status = self.finish(None, status, &verdict);
        self.report_verdict(&verdict);
        self.record.settle(status).await?;
        Ok(again)
    }

    pub(super) async fn namespace_is_going(&self) -> Result<bool, RecordError> {
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.context.client.clone());
        let namespace = namespaces.get_opt(&self.namespace).await?;
        Ok(namespace.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()))
    }
}
