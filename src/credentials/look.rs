//! One look at a credential: what it points at is read and, where that is new or due, the cloud is asked whose it is.

use super::context::{Asked, Context, Remembered};
use super::endpoints::AllowedEndpoints;
use super::proof::{Proof, ProofError};
use super::registry::{Entry, Key, Open, State, rejection};
use super::secrets::SecretError;
use super::tokens;
use crate::api::CloudCredential;
use crate::api::cloud_credential::Identity;
use crate::cloud::error::{Class, CloudError};
use crate::reason::Reason;
use crate::reconcile::memory::Failure;
use crate::reconcile::schedule::requested_at;
use crate::reconcile::verdict::{Phase, Verdict};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Keys that were refused are tried again this often: the cloud locks a key that is tried more.
const PROBE: SignedDuration = SignedDuration::from_mins(10);
/// What the cluster refuses may be mended at any moment, and asking again costs the cloud nothing.
const CLUSTER_PROBE: SignedDuration = SignedDuration::from_secs(15);

/// Who wishes for looks gets one in this time at the most.
const BETWEEN_WISHES: Duration = Duration::from_secs(10);

/// What one look at a credential came to.
pub(super) struct Finding {
    pub(super) entry: Entry,
    pub(super) verdict: Verdict,
    /// When keys that don't work may be tried again, if that is not left to the poll.
    pub(super) retry: Option<Timestamp>,
}

/// Reads what the credential points at and, where that is new or due, asks the cloud.
pub(super) async fn look(object: &CloudCredential, context: &Context, key: &Key, remembered: &Remembered) -> Finding {
    let endpoints = match endpoints(object, &context.allowed_endpoints) {
        Ok(endpoints) => endpoints,
        Err(message) => return closed(context.registry.get(key), Reason::EndpointNotAllowed, message),
    };
    let asks_anew = asks_anew(object, remembered);
    // A Secret that another credential has read since our last poll need not be read again, unless somebody asks, or the cloud has refused what
    // was in it.
    let refused = matches!(context.registry.get(key).state, State::Closed { .. });
    let age = if asks_anew || refused { Duration::ZERO } else { context.shortest_poll() };
    let read = Proof::read(object, &context.shared.references, &key.0, age).await;
    // Looked up only now: a cloud may have refused the keys while the Secret was read.
    let before = context.registry.get(key);
    let proof = match read {
        Ok(proof) => proof,
        // Whether the Secret is still there is not known: what was known of it stands, unless spec may mean another by now.
        Err(ProofError::Secret(error @ SecretError::Unreadable { .. })) if !matches!(before.state, State::New) && is_seen(object) => {
            tracing::warn!(%error, namespace = key.0, name = key.1, "a Secret could not be read");
            // Nothing can be tried without it, so only the poll looks again.
            return Finding { retry: None, ..unchanged(before, remembered, context) };
        }
        Err(error @ ProofError::Secret(_)) => {
            return closed(Entry { fingerprint: None, ..before }, Reason::CredentialMissing, error.to_string());
        }
        Err(error @ (ProofError::NoMethod(_) | ProofError::Field(..))) => return closed(before, Reason::InvalidSpec, error.to_string()),
    };
    let fingerprint = proof.fingerprint(object);
    if before.fingerprint != Some(fingerprint) || asks_anew || retry_is_due(&before, remembered, context.shared.clock.now()) {
        return identify(object, context, key, remembered, before, endpoints, proof).await;
    }
    if let State::Open(open) = &before.state
        && let Err(error) = open.cloud.keep_fresh().await
    {
        let failure = remember(remembered, &error, context);
        return refuse(before, &error, &failure, context.shared.clock.now(), key);
    }
    unchanged(before, remembered, context)
}

/// Whether somebody wishes for a look who has not had one. Whoever wishes faster than that is answered by a later poll: each look asks the cluster and
/// the cloud, and clouds lock what is tried too often.
fn asks_anew(object: &CloudCredential, remembered: &Remembered) -> bool {
    let mut asked = remembered.asked.lock().unwrap_or_else(PoisonError::into_inner);
    let wish = Asked(requested_at(&object.metadata));
    match asked.as_ref() {
        None => {
            *asked = Some(wish);
            false
        }
        Some(before) if *before == wish => false,
        Some(_) => {
            let identified = remembered.identified.lock().unwrap_or_else(PoisonError::into_inner);
            let too_soon = identified.is_some_and(|at| at.elapsed() < BETWEEN_WISHES);
            if !too_soon {
                *asked = Some(wish);
            }
            !too_soon
        }
    }
}

/// Whether this generation was looked at before.
fn is_seen(object: &CloudCredential) -> bool {
    object.status.as_ref().and_then(|status| status.envelope.observed_generation) == object.metadata.generation
}

fn retry_is_due(entry: &Entry, remembered: &Remembered, now: Timestamp) -> bool {
    match entry.state {
        State::New => true,
        State::Unavailable { .. } | State::Closed { .. } => {
            let failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
            // A rejection in the middle of somebody's work has no failure of its own yet: that was the try.
            // A clock that was set back must not put off what is due.
            failure.as_ref().is_some_and(|failure| failure.retry_at <= now || now < failure.last)
        }
        State::Open(_) => false,
    }
}

fn unchanged(entry: Entry, remembered: &Remembered, context: &Context) -> Finding {
    let verdict = match &entry.state {
        State::Closed { reason, message } => stuck(*reason, message.clone()),
        // Not what status says: the write of that may have been refused.
        State::Open(open) => acts_as(open, remembered.identity.lock().unwrap_or_else(PoisonError::into_inner).as_ref()),
        State::Unavailable { message } => {
            Verdict { phase: Phase::Working, reason: Reason::CloudUnavailable, message: message.clone(), drifted: None }
        }
        State::New => stuck(Reason::InternalError, "nothing is known of this credential".to_owned()),
    };
    let known = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let retry = match (&entry.state, known) {
        (State::Closed { .. } | State::Unavailable { .. }, Some(failure)) => Some(failure.retry_at),
        // Refused in the middle of somebody's work: the probes begin from here.
        (State::Closed { reason: Reason::CredentialRejected, .. }, None) => {
            entry.refused.as_ref().map(|(error, _)| remember(remembered, error, context).retry_at)
        }
        (State::Closed { .. } | State::Unavailable { .. } | State::New | State::Open(_), _) => None,
    };
    Finding { entry, verdict, retry }
}

async fn identify(
    object: &CloudCredential,
    context: &Context,
    key: &Key,
    remembered: &Remembered,
    before: Entry,
    endpoints: BTreeMap<String, Url>,
    proof: Proof,
) -> Finding {
    let fingerprint = proof.fingerprint(object);
    *remembered.identified.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    let answer = context.clients.identify(&context.registry, key, object, endpoints, proof).await;
    let same = before.fingerprint == Some(fingerprint);
    let before = Entry { fingerprint: Some(fingerprint), ..before };
    match answer {
        Ok((open, identity)) => {
            *remembered.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
            *remembered.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
            accept(object, before, open, &identity)
        }
        // Somebody wished for a look at keys that are at work: that the cloud cannot answer now says nothing about them.
        Err(error) if same && matches!(before.state, State::Open(_)) && is_a_blip(&error, context) => {
            tracing::warn!(%error, namespace = key.0, name = key.1, "who the credential is could not be asked anew");
            unchanged(before, remembered, context)
        }
        Err(error) => {
            let failure = remember(remembered, &error, context);
            refuse(before, &error, &failure, context.shared.clock.now(), key)
        }
    }
}

fn is_a_blip(error: &CloudError, context: &Context) -> bool {
    let now = context.shared.clock.now();
    Failure::after(None, error, now, &context.shared.dice).passes_by_itself(now)
}

fn remember(remembered: &Remembered, error: &CloudError, context: &Context) -> Failure {
    let now = context.shared.clock.now();
    let mut last = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
    let mut failure = Failure::after(last.as_ref(), error, now, &context.shared.dice);
    if error.operation == tokens::TOKEN_REQUEST {
        failure.retry_at = now.saturating_add(CLUSTER_PROBE).unwrap_or(now);
    } else if error.class == Class::Unauthenticated {
        failure.retry_at = now.saturating_add(PROBE).unwrap_or(now);
    }
    *last = Some(failure.clone());
    failure
}

fn accept(object: &CloudCredential, before: Entry, open: Open, identity: &Identity) -> Finding {
    let expected = object.spec.expected_account_id.as_deref();
    if let Some(expected) = expected.filter(|expected| *expected != open.account) {
        let message = format!(
            "these keys belong to account {}, and spec.expectedAccountId is {expected}: correct the one or the other",
            open.account
        );
        return closed(before, Reason::AccountMismatch, message);
    }
    let verdict = acts_as(&open, Some(identity));
    let entry = Entry { state: State::Open(open.clone()), last_good: Some(open), refused: None, ..before };
    Finding { entry, verdict, retry: None }
}

fn acts_as(open: &Open, identity: Option<&Identity>) -> Verdict {
    let who = identity.and_then(|identity| identity.arn.as_deref().or(identity.name.as_deref())).unwrap_or("the account itself");
    let message = format!("acts as {who} in account {}", open.account);
    Verdict { phase: Phase::Settled, reason: Reason::InSync, message, drifted: None }
}

fn refuse(before: Entry, error: &CloudError, failure: &Failure, now: Timestamp, key: &Key) -> Finding {
    let message = tokens::advice(error, key).unwrap_or_else(|| rejection(error));
    if failure.passes_by_itself(now) {
        let verdict = Verdict { phase: Phase::Working, reason: error.reason, message: message.clone(), drifted: None };
        return Finding { entry: Entry { state: State::Unavailable { message }, ..before }, verdict, retry: Some(failure.retry_at) };
    }
    let reason = if error.class == Class::Unauthenticated { Reason::CredentialRejected } else { error.reason };
    Finding { retry: Some(failure.retry_at), ..closed(before, reason, message) }
}

fn closed(before: Entry, reason: Reason, message: String) -> Finding {
    let verdict = stuck(reason, message.clone());
    Finding { entry: Entry { state: State::Closed { reason, message }, ..before }, verdict, retry: None }
}

fn stuck(reason: Reason, message: String) -> Verdict {
    Verdict { phase: Phase::Stuck, reason, message, drifted: None }
}

/// The overrides of a credential, if the operator's flags allow all of them.
fn endpoints(object: &CloudCredential, allowed: &AllowedEndpoints) -> Result<BTreeMap<String, Url>, String> {
    let mut endpoints = BTreeMap::new();
    for (index, endpoint) in object.spec.endpoints.iter().enumerate() {
        let field = format!("spec.endpoints[{index}].url");
        let url: Url = endpoint.url.parse().map_err(|_| format!("{field} is no URL"))?;
        if !allowed.allow(&url) {
            return Err(format!("{field}: {url} is not on the operator's list; whoever runs steward can add it with --allow-endpoint"));
        }
        endpoints.insert(endpoint.service.as_str().to_owned(), url);
    }
    Ok(endpoints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::Dice;
    use crate::api::cloud_credential::Service;
    use crate::cloud::alibaba::{ecs, ess, sts};
    use crate::cloud::error::Explanation;
    use crate::cloud::huawei::iam;

    #[test]
    fn every_service_that_is_called_can_be_reached_through_another_endpoint() {
        for called in [ecs::JOIN_SECURITY_GROUP, ess::MODIFY_ECI_SCALING_CONFIGURATION, sts::GET_CALLER_IDENTITY, iam::CREATE_TOKEN] {
            let service: Service = serde_json::from_value(called.service.into()).unwrap();
            assert_eq!(service.as_str(), called.service);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_put_off_the_next_try() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let refused = CloudError::explained(tokens::TOKEN_REQUEST, &Explanation::of(Class::Unauthenticated, "no", "mend it"));
        let failure = Failure { retry_at: at(1600), ..Failure::after(None, &refused, at(1000), &Dice::new(|| [0; 16])) };
        let remembered = Remembered::default();
        *remembered.failure.lock().unwrap() = Some(failure);
        let entry = Entry { state: State::Closed { reason: Reason::CredentialRejected, message: String::new() }, ..Entry::default() };
        for (now, due) in [(1000, false), (1599, false), (1600, true), (500, true)] {
            assert_eq!(retry_is_due(&entry, &remembered, at(now)), due, "at {now}");
        }
    }
}
