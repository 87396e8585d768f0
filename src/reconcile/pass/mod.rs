//! One pass over one object. Read this first.
//!
//! ```text
//! gather ─► observe ─► plan ─► admit ─► record ─► perform ─► note
//!  peers,   reads the   pure    permits  status,    the calls,  receipts,
//!  memory,  cloud,              from the with the   by part     and the plan
//!  Secrets  batched             budget   intent                 once more
//! ```
//!
//! A plan holds only what may start now; the next wave is the next pass. A settled object costs no write and a share of one batched read.
//! A crash between any two lines leaves a status from which the next pass finds its way: what is about to be done is on record before it is done.

mod ending;
mod telling;

use crate::api::envelope;
use crate::cloud::budget::Lane;
use crate::cloud::error::{Acted, Class, CloudError};
use crate::cloud::session::Session;
use crate::reconcile::access::{Ask, Refusal};
use crate::reconcile::context::Context;
use crate::reconcile::kind::{Given, Goal, Kind, Part, Plan, Receipt, Removal, Step};
use crate::reconcile::memory::{Failure, Fingerprint, Slot};
use crate::reconcile::record::{Record, RecordError};
use crate::reconcile::schedule;
use crate::reconcile::verdict;
use crate::references::{Asker, References};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use kube::Api;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How many calls of one object are under way at once.
const PARALLEL_CALLS: usize = 16;
/// How many steps one wave has at the most; the rest is the next wave.
const LARGEST_WAVE: usize = 100;
/// How long after its record a step may still be begun; well below the time for which an entry nobody wants is watched.
const RECORD_HOLDS: Duration = Duration::from_secs(20);
/// How old what spec points at may be for an edit.
const FRESH: Duration = Duration::from_secs(1);
/// What was seen longer ago than this is looked at once more before it is replaced.
const SIGHT_HOLDS: Duration = Duration::from_secs(5);
/// After a conflict: the watch brings the newer version within this time.
const SOON: Duration = Duration::from_millis(250);

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

/// What came of the steps of a wave.
struct Done<S> {
    outcomes: Vec<(S, Result<Receipt, CloudError>)>,
    /// Those that were not begun, because nobody may want them any more.
    given_up: Vec<S>,
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
            return self.let_go().await;
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

        // A check may wait long for its permit, and a Secret for its turn; whoever changes the object must not wait for it.
        let mine = Fingerprint::of(self.object().as_ref());
        let observed = async {
            let given = self.gather(session.lane).await;
            let observed = self.object().observe(&given, &session, self.now()).await;
            (given, observed)
        };
        let (mut given, observed) = tokio::select! {
            biased;
            () = self.slot.differs_from(&mine) => return Ok(Again::In(SOON)),
            observed = observed => observed,
        };
        let seen = match observed {
            Ok(seen) => seen,
            Err(error) => return self.blind(error).await,
        };
        self.saw();
        self.remember_unread(&K::unread(&seen), &mut given);
        let seen_at = Instant::now();
        let mut plan = self.plan(&given, &seen);
        // Those who take the place of denied ones in the wave may be denied as well; those who may try are asked about once.
        let mut may_try = BTreeSet::new();
        while self.is_denied(&session, &plan.steps, &mut may_try) {
            given.failures.clone_from(&self.slot.lock().failures);
            plan = self.plan(&given, &seen);
        }
        if plan.steps.is_empty() {
            return self.settle(&session, plan).await;
        }

        let Some(permits) = self.admit(&session, &plan.steps).await else { return Ok(Again::In(SOON)) };
        // Waiting may have taken long: the steps must still be what one would do now, given what the others have done meanwhile.
        given.at_most = permits;
        let seen = if !K::REPLACES || seen_at.elapsed() <= SIGHT_HOLDS {
            seen
        } else {
            let session = session.with_lane(session.lane.min(Lane::Work));
            match self.object().observe(&given, &session, self.now()).await {
                Ok(seen) => seen,
                Err(error) => return self.blind(error).await,
            }
        };
        let plan = self.plan(&given, &seen);
        let steps = plan.steps.clone();
        if steps.is_empty() {
            return self.settle(&session, plan).await;
        }
        let recorded = Instant::now();
        self.put_on_record(&session, plan).await?;
        let Done { outcomes, given_up } = self.perform(&session, steps, recorded).await;
        self.note(&session, given, &seen, &outcomes, &given_up).await
    }

    // ── gather ──────────────────────────────────────────────────────────────────────────────────────────────

    async fn gather(&self, lane: Lane) -> Given<K> {
        let references = self.references(lane).await;
        let now = self.now();
        let object = self.object();
        let mut remembered = self.slot.lock();
        let kept = SignedDuration::try_from(self.sync_interval()).unwrap_or(SignedDuration::MAX);
        remembered.done.retain(|_, at| now.duration_since(*at) < kept);
        Given {
            peers: self.context.claims.peers(object),
            references,
            installation: Arc::clone(&self.context.installation),
            seen_since: remembered.watch_entries(&object.open_entries(), now),
            failures: remembered.failures.clone(),
            just_done: BTreeSet::new(),
            done: remembered.done.clone(),
            observe_only: self.context.settings.observe_only || object.common().observe,
            at_most: LARGEST_WAVE,
            sync_interval: self.sync_interval(),
        }
    }

    async fn references(&self, lane: Lane) -> References {
        let wanted = self.object().references();
        // A namespace's Secrets go before its objects, so a deletion must do without.
        if wanted.is_empty() || self.deleting() {
            return References::default();
        }
        let poll = self.context.settings.reference_poll;
        // Who has just applied a Secret and an object that points at it means that Secret.
        let age = if lane == Lane::Edit { poll.min(FRESH) } else { poll };
        let references = self.context.references.gather(Asker::Pass, &self.namespace, wanted, age).await;
        self.context.poll.gathered(self.object().meta().uid.as_deref().unwrap_or_default(), &references);
        references
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
        let nothing_failed = || {
            let remembered = self.slot.lock();
            remembered.blind.is_none() && remembered.failures.is_empty() && remembered.without_session_since.is_none()
        };
        // What the cloud's state makes wait for a person is as settled as what is in sync: steward has nothing to do but to look.
        let is_true = |condition| verdict::is_true(&envelope.conditions, condition);
        let at_rest = || is_true(verdict::READY) || is_true(verdict::STALLED) && nothing_failed();
        let unfinished = || !at_rest() || !self.object().open_entries().is_empty();
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

    // ── admit ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Steps that the credential is known not to be allowed are failures without having been tried, or recorded.
    fn is_denied(&self, session: &Session, steps: &[K::Step], may_try: &mut BTreeSet<Part>) -> bool {
        let mut denied = Vec::new();
        for step in steps.iter().filter(|step| !may_try.contains(&step.part())).cloned().collect::<Vec<_>>() {
            match session.denied(step.operation()) {
                Some(error) => denied.push((step, Err(error))),
                None => _ = may_try.insert(step.part()),
            }
        }
        self.remember(&denied, self.now());
        !denied.is_empty()
    }

    /// Waits for a permit for the first step, and takes those for the others that are to be had at once.
    /// `None` if the object changed meanwhile.
    async fn admit(&self, session: &Session, steps: &[K::Step]) -> Option<usize> {
        let mine = Fingerprint::of(self.object().as_ref());
        let budget = &self.context.budget;
        let key = session.budget_key(steps.first()?.operation());
        // What a check has found is work to be done.
        let lane = session.lane.min(Lane::Work);
        tokio::select! {
            biased;
            () = self.slot.differs_from(&mine) => return None,
            () = budget.admit(&key, lane, &session.tenant) => {}
        }
        let more =
            steps.iter().skip(1).take_while(|step| budget.try_admit(&session.budget_key(step.operation()), lane, &session.tenant)).count();
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
        let held = self.is_held(&self.object().with_status(status.clone()));
        if held && !self.deleting() { self.record.add_finalizer().await } else { Ok(()) }
    }

    // ── perform ─────────────────────────────────────────────────────────────────────────────────────────────

    /// A step that is not begun soon after its record, because the cloud is slow or this process was paused, is not begun at all, and neither
    /// is one of an object that has changed: the next pass looks again.
    async fn perform(&self, session: &Session, steps: Vec<K::Step>, recorded: Instant) -> Done<K::Step> {
        let mine = Fingerprint::of(self.object().as_ref());
        let mine = &mine;
        let session = &session.begin_by(recorded + RECORD_HOLDS);
        let tried: Vec<_> = futures::stream::iter(steps)
            .map(|step| async move {
                if recorded.elapsed() > RECORD_HOLDS || self.slot.is_other_than(mine) {
                    return (step, None);
                }
                let began = Instant::now();
                let outcome = K::perform(&step, session).await;
                let was_begun = outcome.as_ref().err().is_none_or(|error| !error.is_not_begun());
                if was_begun {
                    self.log_call(session, &step, outcome.as_ref(), began.elapsed());
                }
                (step, was_begun.then_some(outcome))
            })
            .buffer_unordered(PARALLEL_CALLS)
            .collect()
            .await;
        let mut done = Done { outcomes: Vec::new(), given_up: Vec::new() };
        for (step, outcome) in tried {
            match outcome {
                Some(outcome) => done.outcomes.push((step, outcome)),
                None if self.slot.is_other_than(mine) => done.given_up.push(step),
                None => {}
            }
        }
        done
    }

    // ── note ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Puts down what came of the steps, and what follows from it: the plan is made once more, for its verdict.
    async fn note(
        &mut self,
        session: &Session,
        mut given: Given<K>,
        seen: &K::Observed,
        outcomes: &[(K::Step, Result<Receipt, CloudError>)],
        given_up: &[K::Step],
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
            for step in given_up {
                K::take_back(&mut status, step);
            }
            telling::keep_history(K::envelope_mut(&mut status), outcomes, generation, now);
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
                if object.meta().resource_version == base { finished.clone() } else { noted(object).status().cloned().unwrap_or_default() }
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
                        remembered.touched(&part);
                    }
                    remembered.failures.insert(part, failure);
                }
                Ok(_) => {
                    remembered.touched(&part);
                    remembered.done.insert(part.clone(), now);
                    remembered.failures.remove(&part);
                }
            }
        }
    }

    /// Parts that could not be read wait as those do whose step failed.
    fn remember_unread(&self, unread: &[(Part, CloudError)], given: &mut Given<K>) {
        if unread.is_empty() {
            return;
        }
        let now = self.now();
        let mut remembered = self.slot.lock();
        for (part, error) in unread {
            let failure = Failure::after(remembered.failures.get(part), error, now, &self.context.dice);
            remembered.failures.insert(part.clone(), failure);
        }
        given.failures.clone_from(&remembered.failures);
    }

    fn wake_the_touched(&self, outcomes: &[(K::Step, Result<Receipt, CloudError>)]) {
        let touched: Vec<String> = outcomes.iter().flat_map(|(step, _)| step.touches()).collect();
        for peer in self.context.claims.peers(self.object()).refs(touched.iter().map(String::as_str)) {
            self.context.wake.wake(&peer);
        }
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
        schedule::requested_at(self.object().meta())
    }

    fn abandoned(&self) -> Option<String> {
        self.annotation(envelope::ABANDON)
    }

    /// Whether the object must not go unnoticed: there is something to undo, or to tell of.
    fn is_held(&self, object: &K) -> bool {
        object.open_run().is_some() || !self.context.settings.observe_only && object.removal() == Removal::Undo
    }

    fn removal(&self) -> Removal {
        if self.context.settings.observe_only { Removal::LetGo } else { self.object().removal() }
    }

    fn sync_interval(&self) -> Duration {
        self.object().common().sync_interval.unwrap_or(self.context.settings.default_sync_interval)
    }
}
