//! One call to a cloud, whichever it is: permit, keys, attempt, judgement, and the few repeats that are safe inside a call. What is worth more
//! patience than that is left to the caller, whose own backoff and budget it then goes through. How a request is built and an answer read
//! is the vendor's `Dialect`.

mod failures;
mod ring;

use super::budget::{Budget, BudgetKey, Lane, Learned};
use super::denials::Denials;
use super::error::{Acted, Class, CloudError, Effect, Explanation, Operation};
use super::redact::redact;
use super::transport::{HttpAnswer, HttpRequest, Transport};
use crate::ambient::{Clock, Dice};
use failures::not_answered;
pub(in crate::cloud) use failures::{garbled, no_endpoint, unbuildable, unreadable, unwritable};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
pub use ring::Lifetime;
pub(in crate::cloud) use ring::{Fresh, KeySource, Ring};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// How often a call is repeated because the cloud is not there; the first repeat waits up to a second, the next up to two.
const REPEATS: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A difference of clocks below this is the vendor's to tolerate: they allow a quarter of an hour.
const NOTEWORTHY_SKEW: i64 = 60;

/// One request on the wire and how it ended, for metrics. Nothing in it is secret.
#[derive(Clone, Debug)]
pub struct FinishedCall {
    pub operation: Operation,
    /// The vendor's code, `OK`, or the stage at which the socket gave up.
    pub code: String,
    /// Absent when the call did what it was asked to.
    pub class: Option<Class>,
    /// False if the code is in no catalogue.
    pub known: bool,
    pub latency: Duration,
    /// Absent while the account is not known yet.
    pub account: Option<String>,
    pub tenant: String,
    /// How many ids a read carried.
    pub batch_size: Option<usize>,
    /// 1 for the first try of a call.
    pub attempt: u32,
}

/// Is told what happens on the wire.
pub trait CallObserver: Send + Sync {
    /// A request ended.
    fn finished(&self, call: &FinishedCall);

    /// The credential's keys were refused, and there are no others: nobody should try them again. Told once.
    fn refused(&self, error: &CloudError) {
        let _ = error;
    }
}

/// For whoever does not count.
pub struct NoObserver;

impl CallObserver for NoObserver {
    fn finished(&self, _: &FinishedCall) {}
}

/// What every client needs around it.
#[derive(Clone)]
pub struct Surroundings {
    /// Who takes turns in the budget: one name per credential.
    pub tenant: String,
    pub transport: Arc<Transport>,
    pub budget: Arc<Budget>,
    pub clock: Clock,
    pub dice: Dice,
    pub observer: Arc<dyn CallObserver>,
}

/// What a call is, beside its request.
pub(in crate::cloud) struct Call<'a> {
    pub(in crate::cloud) operation: Operation,
    /// Absent before the account is known; the budget then counts by credential.
    pub(in crate::cloud) account: Option<&'a str>,
    pub(in crate::cloud) region: &'a str,
    pub(in crate::cloud) lane: Lane,
    /// How many ids a read carries.
    pub(in crate::cloud) ids: Option<usize>,
    /// No attempt is begun later than this.
    pub(in crate::cloud) begin_by: Option<Instant>,
}

/// What must be new in every attempt.
pub(in crate::cloud) struct Stamp {
    pub(in crate::cloud) date: Timestamp,
    pub(in crate::cloud) nonce: String,
}

/// How one vendor is spoken to.
pub(in crate::cloud) trait Dialect: Send + Sync + 'static {
    type Keys: Send + Sync + 'static;
    type Request: Sync;

    /// One attempt, signed.
    fn build(&self, call: &Call<'_>, request: &Self::Request, keys: &Self::Keys, stamp: &Stamp) -> Result<HttpRequest, CloudError>;

    /// The body of an answer that is the vendor's and says yes; else what it means.
    fn judge(&self, operation: Operation, answer: &HttpAnswer) -> Result<Value, CloudError>;

    /// What an answer tells about the limit of its operation, whether it says yes or no.
    fn lesson(&self, answer: &HttpAnswer) -> Option<Learned>;

    /// What must not be seen in a log.
    fn secrets<'k>(&self, keys: &'k Self::Keys) -> Vec<&'k SecretString>;

    /// Whether what the vendor says of the request may be logged. It may repeat the request.
    fn is_quotable(&self, request: &Self::Request) -> bool {
        let _ = request;
        true
    }

    /// Whether the request was refused for its date, or may have been, before it was looked at.
    fn blames_the_date(&self, error: &CloudError) -> bool;

    /// Whether the request was refused because its nonce had arrived before.
    fn blames_the_nonce(&self, error: &CloudError) -> bool;

    /// What else it means that keys are refused which have just been fetched, where these cannot be to blame.
    fn acquits(&self) -> Option<Explanation> {
        None
    }
}

/// A vendor's yes.
pub(in crate::cloud) struct Accepted {
    pub(in crate::cloud) body: Value,
    pub(in crate::cloud) answer: HttpAnswer,
}

/// One credential's way to one vendor.
pub(in crate::cloud) struct Client<D: Dialect> {
    dialect: D,
    ring: Ring<D::Keys>,
    around: Surroundings,
    /// Seconds that the cloud's clock is ahead of ours, as learned when it refused our date.
    skew: AtomicI64,
    denials: Denials,
    /// The first refusal of the keys. New keys are a new client, so it stands: whoever still waits must not try them again.
    refused: OnceLock<CloudError>,
}

/// A call that failed, with what a repeat needs to know.
struct Failed {
    error: CloudError,
    /// The cloud's clock less ours, where it differs from what we went by.
    skew: Option<i64>,
    /// Other keys can be had, should it be because of these.
    renewable: bool,
}

/// Why a call was repeated already, and how often.
#[derive(Clone, Copy, Default)]
struct Repeated {
    clock: bool,
    nonce: bool,
    keys: bool,
    absences: u32,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GiveUp,
    /// With the cloud's date.
    WithClock(i64),
    /// With a fresh nonce.
    WithNonce,
    /// With other keys.
    WithKeys,
    /// After at most this long.
    After(Duration),
}

impl<D: Dialect> Client<D> {
    pub(in crate::cloud) fn new(dialect: D, ring: Ring<D::Keys>, around: Surroundings) -> Self {
        Self { dialect, ring, around, skew: AtomicI64::new(0), denials: Denials::default(), refused: OnceLock::new() }
    }

    pub(in crate::cloud) fn tenant(&self) -> &str {
        &self.around.tenant
    }

    /// When the present keys are renewed, and until when they are good, if they run out at all.
    pub(in crate::cloud) fn lifetime(&self) -> Option<Lifetime> {
        self.ring.lifetime()
    }

    /// Makes a call and reads its answer.
    pub(in crate::cloud) async fn call<A: DeserializeOwned>(&self, call: &Call<'_>, request: &D::Request) -> Result<A, CloudError> {
        self.call_with_answer(call, request).await.map(|(read, _)| read)
    }

    /// The same, for whoever has to look at the answer's headers too.
    pub(in crate::cloud) async fn call_with_answer<A: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        request: &D::Request,
    ) -> Result<(A, HttpAnswer), CloudError> {
        let Accepted { body, answer } = self.exchange(call, request).await?;
        // The parser's own error repeats what it met, which may be a key.
        let read = serde_json::from_value(body).map_err(|_| garbled(call.operation, answer.status))?;
        Ok((read, answer))
    }

    /// Makes a call. A read takes its permit here; for a write the caller holds one, because it must have it before it records
    /// what it is about to do.
    ///
    /// An error says `Acted::Perhaps` if any attempt may have acted, whatever the last one was told.
    pub(in crate::cloud) async fn exchange(&self, call: &Call<'_>, request: &D::Request) -> Result<Accepted, CloudError> {
        if call.operation.effect == Effect::Read
            && let Some(refusal) = self.denials.recall(call.region, call.operation)
        {
            return Err(refusal);
        }
        let key = self.budget_key(call);
        let mut repeated = Repeated::default();
        let mut number = 0;
        let mut permit_needed = call.operation.effect == Effect::Read;
        let mut perhaps_acted = false;
        loop {
            number += 1;
            if permit_needed {
                self.around.budget.admit(&key, call.lane, &self.around.tenant).await;
                permit_needed = false;
            }
            // Looked at after the wait for a permit: it may have been long.
            if let Some(refusal) = self.refused.get() {
                return Err(failed_before_it_was_sent(CloudError { operation: call.operation, ..refusal.clone() }, perhaps_acted));
            }
            let keys = match self.keys().await {
                Ok(keys) => keys,
                Err(error) => return Err(failed_before_it_was_sent(error, perhaps_acted)),
            };
            let mut failed = match self.attempt(call, request, &keys, number).await {
                Ok(accepted) => {
                    self.denials.lift(call.region, call.operation);
                    return Ok(accepted);
                }
                Err(failed) => failed,
            };
            self.denials.note(call.region, &failed.error);
            let decision = next(&self.dialect, &failed, call.operation.effect, repeated);
            if failed.error.class == Class::Unauthenticated && decision == Next::GiveUp {
                match self.dialect.acquits().filter(|_| repeated.keys) {
                    Some(explanation) => {
                        let CloudError { code, http_status, request_id, .. } = failed.error;
                        failed.error = CloudError { code, http_status, request_id, ..CloudError::explained(call.operation, &explanation) };
                    }
                    None => self.refuse(&failed.error),
                }
            }
            // The refusal of a repeat says nothing about an earlier attempt whose answer was lost.
            perhaps_acted |= failed.error.acted == Acted::Perhaps;
            if perhaps_acted {
                failed.error.acted = Acted::Perhaps;
            }
            if failed.error.class == Class::Throttled {
                self.around.budget.throttled(&key, failed.error.retry_after);
            }
            // A repeat is one more call to the vendor, so it takes a permit of its own. A write does not queue for it: what it was recorded for
            // may not hold any more when its turn comes. And what only the journal may send is not held up between its record and its repeat.
            if decision != Next::GiveUp {
                match call.operation.effect {
                    Effect::Read => permit_needed = true,
                    Effect::Repeatable if self.around.budget.try_admit(&key, call.lane, &self.around.tenant) => {}
                    Effect::Repeatable => return Err(failed.error),
                    Effect::Once => {}
                }
            }
            match decision {
                Next::GiveUp => return Err(failed.error),
                Next::WithClock(skew) => {
                    tracing::warn!(seconds = skew, operation = %call.operation, "the cloud's clock and ours differ; its time is used");
                    repeated.clock = true;
                    self.skew.store(skew, Ordering::Relaxed);
                }
                Next::WithNonce => repeated.nonce = true,
                Next::WithKeys => {
                    repeated.keys = true;
                    if let Err(error) = self.ring.renew(&keys).await {
                        return Err(failed_before_it_was_sent(self.noted(error), perhaps_acted));
                    }
                }
                Next::After(longest) => {
                    repeated.absences += 1;
                    let pause = longest.mul_f64(self.around.dice.fraction());
                    if call.begin_by.is_some_and(|by| Instant::now() + pause > by) {
                        return Err(failed.error);
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Keys that are good now; those that run out are renewed, which is where a rejection of what they are made from shows.
    pub(in crate::cloud) async fn keep_fresh(&self) -> Result<(), CloudError> {
        self.ring.freshen().await.map_err(|error| self.noted(error))
    }

    /// A refusal of this operation that still stands; a write is not even recorded then.
    pub(in crate::cloud) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.denials.recall(region, operation)
    }

    async fn keys(&self) -> Result<Arc<D::Keys>, CloudError> {
        self.ring.current().await.map_err(|error| self.noted(error))
    }

    /// What keys are made from may be refused like keys themselves.
    fn noted(&self, error: CloudError) -> CloudError {
        if error.class == Class::Unauthenticated {
            self.refuse(&error);
        }
        error
    }

    fn refuse(&self, error: &CloudError) {
        // Only the first counts.
        if self.refused.set(error.clone()).is_ok() {
            self.around.observer.refused(error);
        }
    }

    fn budget_key(&self, call: &Call<'_>) -> BudgetKey {
        BudgetKey {
            account: call.account.map_or_else(|| format!("of {}", self.around.tenant), ToOwned::to_owned),
            region: call.region.to_owned(),
            operation: call.operation,
        }
    }

    async fn attempt(&self, call: &Call<'_>, request: &D::Request, keys: &Arc<D::Keys>, number: u32) -> Result<Accepted, Failed> {
        let quotable = self.dialect.is_quotable(request);
        let stamp = Stamp { date: self.date(), nonce: self.around.dice.nonce() };
        let request = self.dialect.build(call, request, keys, &stamp).map_err(|error| Failed { error, skew: None, renewable: false })?;
        let since = Instant::now();
        let outcome = match self.around.transport.send_by(request, call.begin_by).await {
            Ok(answer) => match self.hear(call, &answer) {
                Ok(body) => Ok(Accepted { body, answer }),
                Err(error) => {
                    self.log(call.operation, &answer, &error, quotable.then_some(keys));
                    let renewable = matches!(self.ring, Ring::Fetched(_));
                    Err((Failed { error, skew: self.skew_of(&answer), renewable }, "Garbled"))
                }
            },
            Err(error) => {
                let (error, word) = not_answered(call.operation, error);
                Err((Failed { error, skew: None, renewable: false }, word))
            }
        };
        let (code, class, known) = match &outcome {
            Ok(_) => ("OK".to_owned(), None, true),
            Err((Failed { error, .. }, word)) => {
                (error.code.clone().unwrap_or_else(|| (*word).to_owned()), (!error.ok).then_some(error.class), error.known)
            }
        };
        self.around.observer.finished(&FinishedCall {
            operation: call.operation,
            code,
            class,
            known,
            latency: since.elapsed(),
            account: call.account.map(ToOwned::to_owned),
            tenant: self.around.tenant.clone(),
            batch_size: call.ids,
            attempt: number,
        });
        outcome.map_err(|(failed, _)| failed)
    }

    fn hear(&self, call: &Call<'_>, answer: &HttpAnswer) -> Result<Value, CloudError> {
        if let Some(learned) = self.dialect.lesson(answer) {
            self.around.budget.learned(&self.budget_key(call), learned);
        }
        self.dialect.judge(call.operation, answer)
    }

    /// The cloud's time, as far as it is known to differ from ours.
    fn date(&self) -> Timestamp {
        let now = self.around.clock.now();
        let ahead = jiff::SignedDuration::from_secs(self.skew.load(Ordering::Relaxed));
        now.saturating_add(ahead).unwrap_or(now)
    }

    /// How far the cloud's clock is ahead of ours, if that is news.
    fn skew_of(&self, answer: &HttpAnswer) -> Option<i64> {
        let known = self.skew.load(Ordering::Relaxed);
        self.ahead(answer).filter(|ahead| (ahead - known).abs() > NOTEWORTHY_SKEW)
    }

    /// A moment as the cloud's clock told it in an answer, by ours: the answer says how far they are apart.
    pub(in crate::cloud) fn by_our_clock(&self, answer: &HttpAnswer, told: Timestamp) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.ahead(answer).filter(|ahead| ahead.abs() > NOTEWORTHY_SKEW).unwrap_or_default());
        told.saturating_sub(ahead).unwrap_or(told)
    }

    /// How many seconds the cloud's clock is ahead of ours.
    fn ahead(&self, answer: &HttpAnswer) -> Option<i64> {
        let date = rfc2822::parse(answer.header("date")?).ok()?;
        Some(date.timestamp().as_second() - self.around.clock.now().as_second())
    }

    /// The vendor's own words, without what they echo of the request; they are not shown anywhere else. An answer that says yes is not
    /// words but what was asked for, and that may be keys. Without the keys to look for, nothing is quoted.
    fn log(&self, operation: Operation, answer: &HttpAnswer, error: &CloudError, keys: Option<&Arc<D::Keys>>) {
        let keys = keys.filter(|_| !(200..300).contains(&answer.status));
        tracing::debug!(
            %operation,
            status = answer.status,
            code = error.code.as_deref(),
            request_id = error.request_id.as_deref(),
            body = keys.map(|keys| redact(&String::from_utf8_lossy(&answer.body), &self.dialect.secrets(keys))),
            "the cloud refused a call"
        );
    }
}

/// Nothing was sent this time, but an earlier attempt may have acted.
fn failed_before_it_was_sent(error: CloudError, perhaps_acted: bool) -> CloudError {
    CloudError { acted: if perhaps_acted { Acted::Perhaps } else { Acted::No }, ..error }
}

/// Whether, and how, a call is made once more.
fn next<D: Dialect>(dialect: &D, failed: &Failed, effect: Effect, repeated: Repeated) -> Next {
    let error = &failed.error;
    // Refused before it was looked at, so this is safe for every operation; and without a new date it is pointless.
    if let Some(skew) = failed.skew
        && !repeated.clock
        && dialect.blames_the_date(error)
    {
        return Next::WithClock(skew);
    }
    if dialect.blames_the_nonce(error) {
        return if effect == Effect::Once || repeated.nonce { Next::GiveUp } else { Next::WithNonce };
    }
    if error.class == Class::Unauthenticated && failed.renewable && !repeated.keys {
        return Next::WithKeys;
    }
    // What acts anew each time is repeated here only if nothing was sent: for any answer that is not about date or keys alone, the way back
    // leads through the journal.
    let harmless = effect != Effect::Once || error.acted == Acted::No && error.http_status.is_none();
    // A throttled call is not repeated here: its window is closed, and the way back leads through the queue for the next.
    // Neither is one that the cloud wants to see later than we would wait.
    let patient = error.retry_after.is_none_or(|asked| asked <= FIRST_PAUSE);
    if error.class == Class::Unavailable && harmless && patient && repeated.absences < REPEATS && !dialect.blames_the_date(error) {
        return Next::After(FIRST_PAUSE * 2u32.pow(repeated.absences));
    }
    Next::GiveUp
}

#[cfg(test)]
mod broken_calls;
#[cfg(test)]
mod tests;
