//! One call: permit, attempt, judgement, and the few repeats that are safe inside a call. What is worth more patience than that
//! is left to the caller, whose own backoff and budget it then goes through.

mod failures;

use super::flatten::{FlattenError, flatten};
use super::redact::redact;
use super::request::Attempt;
use super::{AlibabaOptions, FinishedCall, endpoints, errors};
use crate::cloud::budget::{BudgetKey, Lane};
use crate::cloud::denials::Denials;
use crate::cloud::error::{Acted, Class, CloudError, Effect, Operation};
use crate::cloud::transport::HttpAnswer;
use failures::{UNWRITABLE, garbled, no_endpoint, not_answered, unbuildable, with_source};
use jiff::fmt::rfc2822;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How often a call is repeated because the cloud is not there; the first repeat waits up to a second, the next up to two.
const REPEATS: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A difference of clocks below this is the vendor's to tolerate.
const NOTEWORTHY_SKEW: i64 = 1;

/// What a call is, beside its parameters.
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    pub(super) version: &'static str,
    /// Absent before the account is known; the budget then counts by credential.
    pub(super) account: Option<&'a str>,
    pub(super) region: &'a str,
    pub(super) lane: Lane,
    /// How many ids a read carries.
    pub(super) ids: Option<usize>,
}

pub(super) struct Client {
    options: AlibabaOptions,
    /// Seconds that the cloud's clock is ahead of ours, as learned when it refused our date.
    skew: AtomicI64,
    denials: Denials,
    /// The first refusal of the keys. New keys are a new client, so it stands: whoever still waits must not try them again.
    refused: OnceLock<CloudError>,
}

/// A call that failed, with what a repeat needs to know.
struct Failed {
    error: CloudError,
    /// The cloud's clock, less ours.
    skew: Option<i64>,
}

impl From<CloudError> for Failed {
    fn from(error: CloudError) -> Self {
        Self { error, skew: None }
    }
}

/// Why a call was repeated already, and how often.
#[derive(Clone, Copy, Default)]
struct Repeated {
    clock: bool,
    nonce: bool,
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
    /// After at most this long.
    After(Duration),
}

impl Client {
    pub(super) fn new(options: AlibabaOptions) -> Self {
        Self { options, skew: AtomicI64::new(0), denials: Denials::default(), refused: OnceLock::new() }
    }

    pub(super) fn tenant(&self) -> &str {
        &self.options.tenant
    }

    /// Makes a call. A read takes its permit here; for a write the caller holds one, because it must have it before it records
    /// what it is about to do. A repeat is one more call to the vendor, so it takes a permit of its own.
    ///
    /// An error says `Acted::Perhaps` if any attempt may have acted, whatever the last one was told.
    pub(super) async fn call<Q: Serialize, A: DeserializeOwned>(&self, call: &Call<'_>, request: &Q) -> Result<A, CloudError> {
        let parameters =
            flatten(request).map_err(|error: FlattenError| with_source(CloudError::explained(call.operation, &UNWRITABLE), error))?;
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
                self.options.budget.admit(&key, call.lane, &self.options.tenant).await;
            }
            // Looked at after the wait for a permit: it may have been long.
            if let Some(refusal) = self.refused.get() {
                let acted = if perhaps_acted { Acted::Perhaps } else { Acted::No };
                return Err(CloudError { operation: call.operation, acted, ..refusal.clone() });
            }
            let mut failed = match self.attempt(call, &parameters, number).await {
                Ok(answer) => {
                    self.denials.lift(call.region, call.operation);
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            self.denials.note(call.region, &failed.error);
            if failed.error.class == Class::Unauthenticated {
                // Only the first counts.
                let _ = self.refused.set(failed.error.clone());
            }
            let decision = next(&failed, call.operation.effect, repeated);
            // The refusal of a repeat says nothing about an earlier attempt whose answer was lost.
            perhaps_acted |= failed.error.acted == Acted::Perhaps;
            if perhaps_acted {
                failed.error.acted = Acted::Perhaps;
            }
            if failed.error.class == Class::Throttled {
                self.options.budget.throttled(&key, failed.error.retry_after);
            }
            match decision {
                Next::GiveUp => return Err(failed.error),
                Next::WithClock(skew) => {
                    repeated.clock = true;
                    self.skew.store(skew, Ordering::Relaxed);
                }
                Next::WithNonce => repeated.nonce = true,
                Next::After(longest) => {
                    repeated.absences += 1;
                    tokio::time::sleep(longest.mul_f64(self.options.dice.fraction())).await;
                }
            }
            // What only the journal may send is never held up between its record and its repeat.
            permit_needed = call.operation.effect != Effect::Once;
        }
    }

    /// A refusal of this operation that still stands; a write is not even recorded then.
    pub(super) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.denials.recall(region, operation)
    }

    fn budget_key(&self, call: &Call<'_>) -> BudgetKey {
        BudgetKey {
            account: call.account.map_or_else(|| format!("of {}", self.options.tenant), ToOwned::to_owned),
            region: call.region.to_owned(),
            operation: call.operation,
        }
    }

    async fn attempt<A: DeserializeOwned>(&self, call: &Call<'_>, parameters: &[(String, String)], number: u32) -> Result<A, Failed> {
        let endpoint = endpoints::endpoint(call.operation.service, call.region, self.options.network, &self.options.endpoints)
            .map_err(|error| no_endpoint(call.operation, error))?;
        let now = self.options.clock.now();
        let skew = Duration::from_secs(self.skew.load(Ordering::Relaxed).unsigned_abs());
        let date = if self.skew.load(Ordering::Relaxed) < 0 { now.saturating_sub(skew) } else { now.saturating_add(skew) };
        let request = Attempt {
            action: call.operation.name,
            version: call.version,
            endpoint: &endpoint,
            parameters,
            keys: &self.options.keys,
            date: date.unwrap_or(now),
            nonce: &self.options.dice.nonce(),
            deadline: None,
        }
        .build()
        .map_err(|error| unbuildable(call.operation, error))?;

        let since = Instant::now();
        let outcome = match self.options.transport.send(request).await {
            Ok(answer) => self.judge(call.operation, &answer).and_then(|body| {
                let read = serde_json::from_value(body);
                read.map_err(|error| (with_source(garbled(call.operation, answer.status), error).into(), "Garbled"))
            }),
            Err(error) => {
                let (error, word) = not_answered(call.operation, error);
                Err((error.into(), word))
            }
        };
        let (code, class, known) = match &outcome {
            Ok(_) => ("OK".to_owned(), None, true),
            Err((Failed { error, .. }, word)) => {
                (error.code.clone().unwrap_or_else(|| (*word).to_owned()), (!error.ok).then_some(error.class), error.known)
            }
        };
        self.options.observer.finished(&FinishedCall {
            operation: call.operation,
            code,
            class,
            known,
            latency: since.elapsed(),
            account: call.account.map(ToOwned::to_owned),
            tenant: self.options.tenant.clone(),
            batch_size: call.ids,
            attempt: number,
        });
        outcome.map_err(|(failed, _)| failed)
    }

    /// The answer's body, or what is wrong with it and the word for metrics.
    fn judge(&self, operation: Operation, answer: &HttpAnswer) -> Result<Value, (Failed, &'static str)> {
        let body = serde_json::from_slice::<Value>(&answer.body).ok();
        let text = |field: &str| body.as_ref()?.get(field)?.as_str().filter(|text| !text.is_empty());
        let request_id = text("RequestId").map(ToOwned::to_owned);
        let mut error = match text("Code") {
            // Every answer of the vendor's names its request. One that does not is somebody else's, and an empty list in it
            // must not be taken for an empty cloud.
            _ if (200..300).contains(&answer.status) && request_id.is_some() => {
                return Ok(body.unwrap_or_default());
            }
            Some(code) if !(200..300).contains(&answer.status) => {
                errors::error(operation, answer.status, code, text("Message").unwrap_or_default())
            }
            _ => garbled(operation, answer.status),
        };
        error.http_status = Some(answer.status);
        error.request_id = request_id;
        error.retry_after = retry_after(answer);
        self.log(operation, answer, &error);
        let skew = answer
            .header("date")
            .and_then(|date| rfc2822::parse(date).ok())
            .map(|date| date.timestamp().as_second() - self.options.clock.now().as_second());
        Err((Failed { error, skew }, "Garbled"))
    }

    /// The vendor's own words, without what they echo of the request; they are not shown anywhere else.
    fn log(&self, operation: Operation, answer: &HttpAnswer, error: &CloudError) {
        let mut secrets = vec![&self.options.keys.access_key_secret];
        secrets.extend(&self.options.keys.security_token);
        tracing::debug!(
            %operation,
            status = answer.status,
            code = error.code.as_deref(),
            request_id = error.request_id.as_deref(),
            body = redact(&String::from_utf8_lossy(&answer.body), &secrets),
            "the cloud refused a call"
        );
    }
}

/// Whether, and how, a call is made once more.
fn next(failed: &Failed, effect: Effect, repeated: Repeated) -> Next {
    let error = &failed.error;
    if error.has_code(&["InvalidTimeStamp.Expired", "IllegalTimestamp"]) {
        // Refused before it was looked at, so this is safe for every operation; and without a new date it is pointless.
        let off = failed.skew.filter(|skew| skew.abs() > NOTEWORTHY_SKEW);
        return match off {
            Some(skew) if !repeated.clock => Next::WithClock(skew),
            _ => Next::GiveUp,
        };
    }
    if error.has_code(&["SignatureNonceUsed"]) {
        return if effect == Effect::Once || repeated.nonce { Next::GiveUp } else { Next::WithNonce };
    }
    let harmless = error.acted == Acted::No || effect != Effect::Once;
    // A throttled call is not repeated here: its window is closed, and the way back leads through the queue for the next.
    // Neither is one that the cloud wants to see later than we would wait.
    let patient = error.retry_after.is_none_or(|asked| asked <= FIRST_PAUSE);
    if error.class == Class::Unavailable && harmless && patient && repeated.absences < REPEATS {
        return Next::After(FIRST_PAUSE * 2u32.pow(repeated.absences));
    }
    Next::GiveUp
}

/// How long the answer asks to be left alone: the vendor's own headers count in milliseconds, the standard one in seconds.
fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    let milliseconds = |text: &str| text.trim().parse().ok().map(Duration::from_millis);
    let time_left = |text: &str| {
        let (_, after) = text.split_once("TimeLeft:")?;
        let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
        milliseconds(&digits)
    };
    None.or_else(|| milliseconds(answer.header("x-acs-retry-after")?))
        .or_else(|| time_left(answer.header("x-ratelimit-user-api")?))
        .or_else(|| time_left(answer.header("x-ratelimit-user")?))
        .or_else(|| answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs))
}

#[cfg(test)]
mod tests;
