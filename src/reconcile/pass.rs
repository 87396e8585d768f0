//! One pass over one object. Read this first.
//!
//! ```text
//! gather ─► observe ─► plan ─► admit ─► record ─► perform ─► note
//!  peers    reads the   pure    permits  status,    the calls,  receipts,
//!  memory   cloud,              from the with the   by part     and the plan
//!           batched             budget   intent                 once more
//! ```
//!
//! A plan holds only what may start now; the next wave is the next pass. A settled object costs no write and a share of one batched read.
//! A crash between any two lines leaves a status from which the next pass finds its way: what is about to be done is on record before it is done.

use super::access::{Ask, Refusal};
use super::controller::Context;
use super::kind::{Given, Goal, Kind, Next, Plan, Receipt, Removal, Step};
use super::memory::{Failure, Fingerprint, Slot, later};
use super::record::{Record, RecordError};
use super::schedule;
use super::verdict::{self, Phase, Verdict};
use crate::api::envelope::{self, Envelope, FLUX_REQUESTED_AT, HistoryEntry, REQUESTED_AT};
use crate::cloud::budget::Lane;
use crate::cloud::error::{Acted, Class, CloudError};
use crate::cloud::session::Session;
use crate::reason::Reason;
use futures::StreamExt as _;
use jiff::Timestamp;
use kube::Api;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many calls of one object are under way at once.
const PARALLEL_CALLS: usize = 16;
/// How many steps one wave has at the most; the rest is the next wave.
const LARGEST_WAVE: usize = 100;
/// After a conflict: the watch brings the newer version within this time.
const SOON: Duration = Duration::from_millis(250);
const HISTORY: usize = 10;
const UNTIL_IDENTIFIED: Duration = Duration::from_secs(2);

/// When the object should be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// When it, or what it depends on, changes.
    OnChange,
    In(Duration),
}

/// Runs one pass and says when the next is due.
pub async fn pass<K: Kind>(object: Arc<K>, context: &Context<K>) -> Again {
    let slot = context.memory.slot(object.meta().uid.as_deref().unwrap_or_default());
    let namespace = object.meta().namespace.clone().unwrap_or_default();
    let api = Api::namespaced(context.client.clone(), &namespace);
    let done = match Record::open(api, object, Arc::clone(&slot), Arc::clone(&context.writes)).await {
        Ok(record) => Pass { context, slot, namespace, record }.run().await,
        Err(error) => Err(error),
    };
    match done {
        Ok(again) => again,
        Err(RecordError::Gone) => Again::OnChange,
        Err(RecordError::Conflict) => Again::In(SOON),
        Err(RecordError::Api(error)) => {
            tracing::warn!(%error, "the API server did not take a write");
            Again::In(schedule::soon(&context.dice, Duration::from_secs(10)))
        }
    }
}

struct Pass<'a, K: Kind> {
    context: &'a Context<K>,
    slot: Arc<Slot>,
    namespace: String,
    record: Record<K>,
}

impl<K: Kind> Pass<'_, K> {
    async fn run(mut self) -> Result<Again, RecordError> {
        if let Some(reason) = self.abandoned() {
            return self.abandon(&reason).await;
        }
        if self.deleting() && (!self.record.has_finalizer() || self.removal() == Removal::LetGo) {
            return self.release().await;
        }
        if let Some(what) = self.object().unsupported() {
            return self.stay_away(what).await;
        }
        if self.object().common().suspend && !self.deleting() {
            return self.suspend().await;
        }
        self.start_afresh_if_asked();
        let session = match self.open_session() {
            Ok(session) => session,
            Err(refusal) => return self.refused(refusal).await,
        };

        let mut given = self.gather();
        let observed = self.object().observe(&given, &session, self.now()).await;
        let seen = match observed {
            Ok(seen) => seen,
            Err(error) => return self.blind(&session, error).await,
        };
        self.saw();
        let mut plan = self.plan(&given, &seen);
        if self.is_denied(&session, &plan.steps) {
            given.failures.clone_from(&self.slot.lock().failures);
            plan = self.plan(&given, &seen);
        }
        if plan.steps.is_empty() {
            return self.settle(&session, plan).await;
        }

        let Some(permits) = self.admit(&session, &plan.steps).await else { return Ok(Again::In(SOON)) };
        // Waiting may have taken long: the steps must still be what one would do now, given what the others have done meanwhile.
        given.at_most = permits;
        let plan = self.plan(&given, &seen);
        let steps = plan.steps.clone();
        if steps.is_empty() {
            return self.settle(&session, plan).await;
        }
        self.put_on_record(&session, plan).await?;
        let outcomes = self.perform(&session, steps).await;
        self.note(&session, given, &seen, &outcomes).await
    }

    // ── gather ──────────────────────────────────────────────────────────────────────────────────────────────

    fn gather(&self) -> Given<K> {
        let now = self.now();
        let object = self.object();
        let mut remembered = self.slot.lock();
        Given {
            peers: self.context.claims.peers(object),
            seen_since: remembered.watch_entries(&object.open_entries(), now),
            failures: remembered.failures.clone(),
            just_done: BTreeSet::new(),
            observe_only: self.context.settings.observe_only || object.common().observe,
            at_most: LARGEST_WAVE,
            sync_interval: self.sync_interval(),
        }
    }

    /// Another generation, or a person who asks, makes earlier failures history.
    fn start_afresh_if_asked(&self) {
        let asked = Some((self.generation(), self.requested_at()));
        let mut remembered = self.slot.lock();
        if remembered.asked != asked {
            remembered.forget_failures();
            remembered.asked = asked;
        }
    }

    fn open_session(&self) -> Result<Session, Refusal> {
        let object = self.object();
        let common = object.common();
        let pinned = object.status().map(K::envelope);
        let session = self.context.sessions.open(&Ask {
            namespace: &self.namespace,
            credential: common.credential,
            region: pinned.and_then(|envelope| envelope.region.as_deref()).or(common.region),
            account: pinned.and_then(|envelope| envelope.account_id.as_deref()),
            lane: self.lane(),
            deleting: self.deleting(),
        })?;
        let mut remembered = self.slot.lock();
        remembered.without_session_since = None;
        if remembered.session.as_ref().is_some_and(|before| !before.has_keys_of(&session)) {
            remembered.forget_failures();
        }
        remembered.session = Some(session.clone());
        drop(remembered);
        Ok(session)
    }

    fn lane(&self) -> Lane {
        let Some(envelope) = self.object().status().map(K::envelope) else { return Lane::Edit };
        let edited = envelope.observed_generation != Some(self.generation()) || envelope.last_handled_reconcile_at != self.requested_at();
        let unfinished = || verdict::ready(&envelope.conditions).is_none_or(|ready| ready.status != "True") || !self.object().open_entries().is_empty();
        match () {
            () if self.deleting() => Lane::Work,
            () if edited => Lane::Edit,
            () if unfinished() => Lane::Work,
            () => Lane::Check,
        }
    }

    // ── observe and plan ────────────────────────────────────────────────────────────────────────────────────

    fn saw(&self) {
        let mut remembered = self.slot.lock();
        remembered.blind = None;
        remembered.looked_at = Some(self.now());
    }

    fn plan(&self, given: &Given<K>, seen: &K::Observed) -> Plan<K> {
        let goal = if self.deleting() { Goal::Remove } else { Goal::Keep };
        let plan = self.object().plan(given, seen, goal, self.now());
        self.forget_settled_failures(&plan);
        plan
    }

    fn forget_settled_failures(&self, plan: &Plan<K>) {
        let parts: Vec<_> = plan.steps.iter().map(Step::part).chain(plan.held.iter().cloned()).collect();
        self.slot.lock().failures.retain(|part, _| parts.contains(part));
    }

    /// The cloud could not be read. A blip changes nothing; what lasts, or needs a person, is said.
    async fn blind(&mut self, session: &Session, error: CloudError) -> Result<Again, RecordError> {
        let now = self.now();
        tracing::info!(kind = %K::kind(&()), namespace = self.namespace, name = self.name(), %error, code = error.code, class = %error.class, "the cloud could not be read");
        if error.class == Class::Unauthenticated {
            // The credential is closed by now, and says so for all its objects.
            return Ok(Again::In(SOON));
        }
        let failure = {
            let mut remembered = self.slot.lock();
            let failure = Failure::after(remembered.blind.as_ref(), &error, now, &self.context.dice);
            remembered.blind = Some(failure.clone());
            failure
        };
        let wait = schedule::until(now, failure.retry_at);
        if failure.passes_by_itself(now) && self.has_spoken() && now.duration_since(failure.since) < schedule::patience(self.sync_interval()) {
            return Ok(Again::In(wait));
        }
        let phase = match (failure.passes_by_itself(now), self.has_spoken()) {
            (true, true) => Phase::Unknown,
            (true, false) => Phase::Working,
            (false, _) => Phase::Stuck,
        };
        let verdict = Verdict { phase, reason: failure.reason, message: format!("{}. {}", failure.meaning, failure.hint), drifted: None };
        let status = self.object().status().cloned().unwrap_or_default();
        let status = self.finish(Some(session), status, &verdict);
        self.report_verdict(&verdict);
        self.record.settle(status).await?;
        Ok(Again::In(wait))
    }

    /// Whether a verdict on this generation is already on record.
    fn has_spoken(&self) -> bool {
        self.object()
            .status()
            .map(K::envelope)
            .and_then(|envelope| verdict::ready(&envelope.conditions))
            .is_some_and(|ready| ready.observed_generation == Some(self.generation()))
    }

    // ── admit ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Steps that the credential is known not to be allowed are failures without having been tried, or recorded.
    fn is_denied(&self, session: &Session, steps: &[K::Step]) -> bool {
        let denied: Vec<_> = steps.iter().filter_map(|step| Some((step.clone(), Err(session.denied(step.operation())?)))).collect();
        self.remember(&denied, self.now());
        !denied.is_empty()
    }

    /// Waits for a permit for the first step, and takes those for the others that are to be had at once.
    /// `None` if the object changed meanwhile.
    async fn admit(&self, session: &Session, steps: &[K::Step]) -> Option<usize> {
        let mine = fingerprint(self.object().as_ref());
        let budget = &self.context.budget;
        let key = session.budget_key(steps.first()?.operation());
        tokio::select! {
            biased;
            () = self.slot.differs_from(&mine) => return None,
            () = budget.admit(&key, session.lane, &session.tenant) => {}
        }
        let more = steps.iter().skip(1).take_while(|step| budget.try_admit(&session.budget_key(step.operation()), session.lane, &session.tenant)).count();
        Some(1 + more)
    }

    // ── record ──────────────────────────────────────────────────────────────────────────────────────────────

    /// What is about to be done is written down first; a conflict here costs nothing.
    async fn put_on_record(&mut self, session: &Session, plan: Plan<K>) -> Result<(), RecordError> {
        let status = self.finish(Some(session), plan.status, &plan.verdict);
        self.protect(&status).await?;
        self.report_remarks(&plan.remarks);
        self.report_verdict(&plan.verdict);
        self.record.write(status).await
    }

    /// Before a status says that there is something to undo, the object must not be able to go unnoticed.
    async fn protect(&mut self, status: &K::Status) -> Result<(), RecordError> {
        let undo = !self.context.settings.observe_only && self.object().with_status(status.clone()).removal() == Removal::Undo;
        if undo && !self.deleting() { self.record.add_finalizer().await } else { Ok(()) }
    }

    // ── perform ─────────────────────────────────────────────────────────────────────────────────────────────

    async fn perform(&self, session: &Session, steps: Vec<K::Step>) -> Vec<(K::Step, Result<Receipt, CloudError>)> {
        futures::stream::iter(steps)
            .map(|step| async move {
                let outcome = K::perform(&step, session).await;
                (step, outcome)
            })
            .buffer_unordered(PARALLEL_CALLS)
            .collect()
            .await
    }

    // ── note ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Puts down what came of the steps, and what follows from it: the plan is made once more, for its verdict.
    async fn note(
        &mut self,
        session: &Session,
        mut given: Given<K>,
        seen: &K::Observed,
        outcomes: &[(K::Step, Result<Receipt, CloudError>)],
    ) -> Result<Again, RecordError> {
        let now = self.now();
        self.remember(outcomes, now);
        self.report_outcomes(outcomes);
        given.failures.clone_from(&self.slot.lock().failures);
        given.just_done = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(step, _)| step.part()).collect();
        // No new steps on old sight: there are no permits for them, and the next pass looks again.
        given.at_most = 0;
        let generation = self.generation();
        let noted = |object: &K| {
            let mut status = object.status().cloned().unwrap_or_default();
            for (step, outcome) in outcomes {
                K::note(&mut status, step, outcome.as_ref(), now);
            }
            keep_history(K::envelope_mut(&mut status), outcomes, generation, now);
            object.with_status(status)
        };
        let goal = if self.deleting() { Goal::Remove } else { Goal::Keep };
        let plan = noted(self.object()).plan(&given, seen, goal, now);
        self.forget_settled_failures(&plan);
        // On a newer version (somebody wrote meanwhile) only the receipts are put down; the next pass draws the conclusions.
        let base = self.object().meta().resource_version.clone();
        let finished = self.finish(Some(session), plan.status.clone(), &plan.verdict);
        self.report_remarks(&plan.remarks);
        self.report_verdict(&plan.verdict);
        self.record
            .write_receipts(|object| {
                if object.meta().resource_version == base {
                    finished.clone()
                } else {
                    noted(object).status().cloned().unwrap_or_default()
                }
            })
            .await?;
        self.wake_the_touched(outcomes);
        self.conclude(&plan, session).await
    }

    fn remember(&self, outcomes: &[(K::Step, Result<Receipt, CloudError>)], now: Timestamp) {
        let mut remembered = self.slot.lock();
        for (step, outcome) in outcomes {
            let part = step.part();
            match outcome {
                // The credential is closed by now, and opens for all its objects at once.
                Err(error) if error.class == Class::Unauthenticated => {}
                Err(error) => {
                    let failure = Failure::after(remembered.failures.get(&part), error, now, &self.context.dice);
                    if error.acted == Acted::Perhaps {
                        remembered.touched(&part, now);
                    }
                    remembered.failures.insert(part, failure);
                }
                Ok(_) => {
                    remembered.touched(&part, now);
                    remembered.failures.remove(&part);
                }
            }
        }
    }

    fn wake_the_touched(&self, outcomes: &[(K::Step, Result<Receipt, CloudError>)]) {
        let touched: Vec<String> = outcomes.iter().flat_map(|(step, _)| step.touches()).collect();
        for peer in self.context.claims.peers(self.object()).refs(touched.iter().map(String::as_str)) {
            self.context.wake.wake(peer);
        }
    }

    // ── what ends a pass ────────────────────────────────────────────────────────────────────────────────────

    async fn settle(&mut self, session: &Session, plan: Plan<K>) -> Result<Again, RecordError> {
        let status = self.finish(Some(session), plan.status.clone(), &plan.verdict);
        self.protect(&status).await?;
        self.report_remarks(&plan.remarks);
        self.report_verdict(&plan.verdict);
        self.record.settle(status).await?;
        self.conclude(&plan, session).await
    }

    async fn conclude(&mut self, plan: &Plan<K>, session: &Session) -> Result<Again, RecordError> {
        if plan.next == Next::Gone {
            return self.release().await;
        }
        if !self.deleting() && self.removal() == Removal::LetGo {
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
    async fn release(&mut self) -> Result<Again, RecordError> {
        self.record.drop_finalizer().await?;
        Ok(Again::OnChange)
    }

    async fn abandon(&mut self, reason: &str) -> Result<Again, RecordError> {
        if !self.deleting() {
            let verdict = Verdict {
                phase: Phase::Stuck,
                reason: Reason::Abandoned,
                message: format!("the annotation {} is set: steward leaves this object and what it stands for alone", envelope::ABANDON),
                drifted: None,
            };
            let status = self.object().status().cloned().unwrap_or_default();
            let status = self.finish(None, status, &verdict);
            self.report_verdict(&verdict);
            self.record.settle(status).await?;
        } else if self.record.has_finalizer() {
            self.remark(Reason::Abandoned, &format!("let go without a cloud call: {}", verdict::cut(reason, 256)));
        }
        self.release().await
    }

    async fn stay_away(&mut self, what: String) -> Result<Again, RecordError> {
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

    async fn suspend(&mut self) -> Result<Again, RecordError> {
        let mut status = self.object().status().cloned().unwrap_or_default();
        let (generation, requested_at) = (self.generation(), self.requested_at());
        let envelope = K::envelope_mut(&mut status);
        verdict::suspend(&mut envelope.conditions, generation, self.now());
        envelope.observed_generation = Some(generation);
        envelope.last_handled_reconcile_at = requested_at;
        self.slot.lock().last_reason = Some(Reason::Suspended);
        self.record.settle(status).await?;
        Ok(Again::OnChange)
    }

    /// There is no session. For a deletion that means a block that a person can lift, or, if the whole namespace goes, one that lifts itself.
    async fn refused(&mut self, refusal: Refusal) -> Result<Again, RecordError> {
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
        if unavailable && self.has_spoken() && !self.deleting() && now < patience {
            return Ok(Again::In(schedule::until(now, patience)));
        }
        let again = if self.deleting() {
            let free_at = later(since, self.context.settings.orphan_grace);
            if free_at <= now && self.namespace_is_going().await? {
                self.context.report.orphan_released(K::kind(&()).as_ref());
                tracing::warn!(kind = %K::kind(&()), namespace = self.namespace, name = self.name(), "released without undoing: its namespace is going and its credential is gone");
                return self.release().await;
            }
            Again::In(schedule::until(now, free_at.max(later(now, schedule::ORPHAN_LOOK))))
        } else {
            Again::OnChange
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

    async fn namespace_is_going(&self) -> Result<bool, RecordError> {
        let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(self.context.client.clone());
        let namespace = namespaces.get_opt(&self.namespace).await?;
        Ok(namespace.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()))
    }

    // ── the envelope ────────────────────────────────────────────────────────────────────────────────────────

    /// Completes a status with what all kinds have: pins, conditions, the error, and the time if anything else is new.
    fn finish(&self, session: Option<&Session>, mut status: K::Status, verdict: &Verdict) -> K::Status {
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
        self.slot.lock().last_reason = Some(verdict.reason);
        if self.object().status() != Some(&status) && session.is_some() {
            K::envelope_mut(&mut status).last_sync_time = Some(now.into());
        }
        status
    }

    /// A deletion that cannot go on says so, and how to get out of it.
    fn blocked(&self, verdict: &Verdict) -> Verdict {
        if !self.deleting() || verdict.phase != Phase::Stuck {
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

    // ── reports ─────────────────────────────────────────────────────────────────────────────────────────────

    fn report_verdict(&self, verdict: &Verdict) {
        let verdict = self.blocked(verdict);
        let before = self.object().status().map(K::envelope).and_then(|envelope| verdict::ready(&envelope.conditions)).map(|ready| ready.reason.clone());
        let said = (verdict.reason, verdict.message.clone());
        let mut remembered = self.slot.lock();
        let again = remembered.reported.as_ref() == Some(&said) || before.as_deref() == Some(verdict.reason.as_str());
        remembered.reported = Some(said);
        drop(remembered);
        let recovered = before.is_some_and(|reason| reason != Reason::Applying.as_str() && reason != Reason::AwaitingConsistency.as_str());
        let worth_telling = match verdict.phase {
            Phase::Stuck | Phase::Unknown => true,
            Phase::Settled => recovered,
            Phase::Working => verdict.reason == Reason::DriftDetected,
        };
        if worth_telling && !again {
            self.context.report.event(self.object().as_ref(), verdict.phase, verdict.reason, "Reconcile", &verdict.message);
        }
    }

    fn report_remarks(&self, remarks: &[super::kind::Remark]) {
        for remark in remarks {
            self.remark(remark.reason, &remark.note);
        }
    }

    fn remark(&self, reason: Reason, note: &str) {
        let phase = if reason == Reason::DriftCorrected { Phase::Settled } else { Phase::Stuck };
        self.context.report.event(self.object().as_ref(), phase, reason, "Reconcile", note);
    }

    fn report_outcomes(&self, outcomes: &[(K::Step, Result<Receipt, CloudError>)]) {
        for (step, outcome) in outcomes {
            let (kind, name, namespace) = (K::kind(&()), self.name(), &self.namespace);
            match outcome {
                Ok(receipt) => tracing::info!(%kind, %namespace, %name, %step, outcome = receipt.outcome, request_id = receipt.request_id, "done"),
                Err(error) => {
                    tracing::warn!(%kind, %namespace, %name, %step, code = error.code, class = %error.class, request_id = error.request_id, "refused");
                }
            }
        }
        self.context.report.calls_made(self.object().as_ref(), outcomes);
    }

    // ── the object ──────────────────────────────────────────────────────────────────────────────────────────

    fn object(&self) -> &Arc<K> {
        self.record.object()
    }

    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }

    fn name(&self) -> String {
        self.object().meta().name.clone().unwrap_or_default()
    }

    fn generation(&self) -> i64 {
        self.object().meta().generation.unwrap_or_default()
    }

    fn deleting(&self) -> bool {
        self.object().meta().deletion_timestamp.is_some()
    }

    fn annotation(&self, key: &str) -> Option<String> {
        self.object().meta().annotations.as_ref()?.get(key).cloned()
    }

    fn requested_at(&self) -> Option<String> {
        // Both hold a time by convention: the later wish is the one that is answered.
        self.annotation(REQUESTED_AT).max(self.annotation(FLUX_REQUESTED_AT))
    }

    fn abandoned(&self) -> Option<String> {
        self.annotation(envelope::ABANDON)
    }

    fn removal(&self) -> Removal {
        if self.context.settings.observe_only { Removal::LetGo } else { self.object().removal() }
    }

    fn sync_interval(&self) -> Duration {
        self.object().common().sync_interval.unwrap_or(self.context.settings.default_sync_interval)
    }
}

/// What makes a running pass pointless when it changes.
pub fn fingerprint<K: Kind>(object: &K) -> Fingerprint {
    let meta = object.meta();
    Fingerprint {
        generation: meta.generation.unwrap_or_default(),
        deleting: meta.deletion_timestamp.is_some(),
        annotations: meta.annotations.clone().unwrap_or_default(),
    }
}

fn keep_history<S: Step>(envelope: &mut Envelope, outcomes: &[(S, Result<Receipt, CloudError>)], generation: i64, now: Timestamp) {
    for (step, outcome) in outcomes {
        let Ok(receipt) = outcome else { continue };
        if receipt.changed {
            envelope.history.insert(0, HistoryEntry {
                time: now.into(),
                generation,
                operation: step.operation().name.to_owned(),
                external_id: receipt.external_id.clone(),
                request_id: receipt.request_id.clone(),
                outcome: receipt.outcome.to_owned(),
            });
        }
    }
    envelope.history.truncate(HISTORY);
}
