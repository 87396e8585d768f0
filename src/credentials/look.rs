//! One look at a credential: what it points at is read and, where that is new or due, the cloud is asked whose it is.

use super::context::{Context, Remembered};
use super::endpoints::AllowedEndpoints;
use super::registry::{Entry, Key, Open, RefusedAt, State, rejection};
use super::secrets::{AccessKeyPair, SecretError};
use crate::api::CloudCredential;
use crate::api::cloud_credential::Identity;
use crate::api::envelope::{FLUX_REQUESTED_AT, REQUESTED_AT};
use crate::cloud::alibaba;
use crate::cloud::error::{Class, CloudError};
use crate::reason::Reason;
use crate::reconcile::memory::Failure;
use crate::reconcile::verdict::{self, Phase, Verdict};
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt as _;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use url::Url;

/// Keys that were refused are tried again this often: the cloud locks a key that is tried more.
const PROBE: SignedDuration = SignedDuration::from_mins(10);

/// What one look at a credential came to.
pub(super) struct Finding {
    pub(super) entry: Entry,
    pub(super) verdict: Verdict,
    /// When keys that don't work may be tried again, if that is not left to the poll.
    pub(super) retry: Option<Timestamp>,
}

/// Reads what the credential points at and, where that is new or due, asks the cloud.
pub(super) async fn look(object: &CloudCredential, context: &Context, key: &Key, remembered: &Remembered) -> Finding {
    let endpoints = match endpoints(object, &context.settings.allowed_endpoints) {
        Ok(endpoints) => endpoints,
        Err(message) => return closed(context.registry.get(key), Reason::EndpointNotAllowed, message),
    };
    let read = context.secrets.access_key(&key.0, &object.spec.auth.access_key.secret_ref.name).await;
    // Looked up only now: a cloud may have refused the keys while the Secret was read.
    let before = context.registry.get(key);
    let pair = match read {
        Ok(pair) => pair,
        // Whether the Secret is still there is not known: what was known of it stands.
        Err(error @ SecretError::Unreadable { .. }) if !matches!(before.state, State::New) => {
            tracing::warn!(%error, namespace = key.0, name = key.1, "a Secret could not be read");
            // Nothing can be tried without it, so only the poll looks again.
            return Finding { retry: None, ..unchanged(object, before, remembered, context) };
        }
        Err(error) => return closed(Entry { fingerprint: None, ..before }, Reason::CredentialMissing, error.to_string()),
    };
    let fingerprint = fingerprint(object, &pair);
    let asked = requested_at(object);
    let due = {
        let mut last = remembered.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asks_anew = last.as_ref().is_some_and(|last| *last != asked);
        *last = Some(asked);
        before.fingerprint != Some(fingerprint) || asks_anew || retry_is_due(&before, remembered, context.shared.clock.now())
    };
    if due {
        identify(object, context, key, remembered, before, endpoints, pair, fingerprint).await
    } else {
        unchanged(object, before, remembered, context)
    }
}

fn retry_is_due(entry: &Entry, remembered: &Remembered, now: Timestamp) -> bool {
    match entry.state {
        State::New => true,
        State::Unavailable { .. } | State::Closed { .. } => {
            let failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
            // A rejection in the middle of somebody's work has no failure of its own yet: that was the try.
            failure.as_ref().is_some_and(|failure| failure.retry_at <= now)
        }
        State::Open(_) => false,
    }
}

fn unchanged(object: &CloudCredential, entry: Entry, remembered: &Remembered, context: &Context) -> Finding {
    let now = context.shared.clock.now();
    let verdict = match &entry.state {
        State::Closed { reason, message } => stuck(*reason, message.clone()),
        // Not what status says: the write of that may have been refused.
        State::Open(open) => acts_as(open, remembered.identity.lock().unwrap_or_else(PoisonError::into_inner).as_ref()),
        State::Unavailable { message } => {
            Verdict { phase: Phase::Working, reason: Reason::CloudUnavailable, message: message.clone(), drifted: None }
        }
        State::New => {
            object_verdict(object).unwrap_or_else(|| stuck(Reason::InternalError, "nothing is known of this credential".to_owned()))
        }
    };
    let mut failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
    let retry = match &entry.state {
        State::Closed { reason: Reason::CredentialRejected, .. } if failure.is_none() => {
            // Refused in the middle of somebody's work: the probes begin from here.
            *failure = Some(refused_in_use(entry.refused_at.as_ref(), now));
            failure.as_ref().map(|failure| failure.retry_at)
        }
        State::Closed { .. } | State::Unavailable { .. } => failure.as_ref().map(|failure| failure.retry_at),
        State::New | State::Open(_) => None,
    };
    Finding { entry, verdict, retry }
}

#[allow(clippy::too_many_arguments, reason = "one call site; a struct for it would only rename the arguments")]
async fn identify(
    object: &CloudCredential,
    context: &Context,
    key: &Key,
    remembered: &Remembered,
    before: Entry,
    endpoints: BTreeMap<String, Url>,
    pair: AccessKeyPair,
    fingerprint: [u8; 32],
) -> Finding {
    let answer = context.clients.identify(&context.registry, key, &object.spec, endpoints, pair, fingerprint).await;
    let now = context.shared.clock.now();
    match answer {
        Ok((open, identity)) => {
            *remembered.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
            *remembered.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
            accept(object, before, open, &identity, fingerprint)
        }
        Err(error) => {
            let failure = {
                let mut last = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
                let mut failure = Failure::after(last.as_ref(), &error, now, &context.shared.dice);
                if error.class == Class::Unauthenticated {
                    failure.retry_at = now.saturating_add(PROBE).unwrap_or(now);
                }
                *last = Some(failure.clone());
                failure
            };
            refuse(before, &error, &failure, now, fingerprint)
        }
    }
}

fn accept(object: &CloudCredential, before: Entry, open: Open, identity: &Identity, fingerprint: [u8; 32]) -> Finding {
    let expected = object.spec.expected_account_id.as_deref();
    if let Some(expected) = expected.filter(|expected| *expected != open.account) {
        let message = format!(
            "these keys belong to account {}, and spec.expectedAccountId is {expected}: correct the one or the other",
            open.account
        );
        return closed(Entry { fingerprint: Some(fingerprint), ..before }, Reason::AccountMismatch, message);
    }
    let verdict = acts_as(&open, Some(identity));
    let entry = Entry { state: State::Open(open.clone()), fingerprint: Some(fingerprint), last_good: Some(open), ..before };
    Finding { entry, verdict, retry: None }
}

fn acts_as(open: &Open, identity: Option<&Identity>) -> Verdict {
    let who = identity.and_then(|identity| identity.arn.as_deref()).unwrap_or("the account itself");
    let message = format!("acts as {who} in account {}", open.account);
    Verdict { phase: Phase::Settled, reason: Reason::InSync, message, drifted: None }
}

fn refuse(before: Entry, error: &CloudError, failure: &Failure, now: Timestamp, fingerprint: [u8; 32]) -> Finding {
    let message = rejection(error);
    let entry = Entry { fingerprint: Some(fingerprint), ..before };
    if failure.passes_by_itself(now) {
        let verdict = Verdict { phase: Phase::Working, reason: error.reason, message: message.clone(), drifted: None };
        return Finding { entry: Entry { state: State::Unavailable { message }, ..entry }, verdict, retry: Some(failure.retry_at) };
    }
    let reason = if error.class == Class::Unauthenticated { Reason::CredentialRejected } else { error.reason };
    Finding { retry: Some(failure.retry_at), ..closed(entry, reason, message) }
}

fn closed(before: Entry, reason: Reason, message: String) -> Finding {
    let verdict = stuck(reason, message.clone());
    Finding { entry: Entry { state: State::Closed { reason, message }, ..before }, verdict, retry: None }
}

fn stuck(reason: Reason, message: String) -> Verdict {
    Verdict { phase: Phase::Stuck, reason, message, drifted: None }
}

/// What status says already.
fn object_verdict(object: &CloudCredential) -> Option<Verdict> {
    let ready = verdict::ready(&object.status.as_ref()?.envelope.conditions)?;
    let phase = match ready.status.as_str() {
        "True" => Phase::Settled,
        _ if object.status.as_ref()?.envelope.conditions.iter().any(|condition| condition.type_ == verdict::RECONCILING) => Phase::Working,
        _ => Phase::Stuck,
    };
    let reason = verdict::reason(&object.status.as_ref()?.envelope.conditions).unwrap_or(Reason::UnknownError);
    Some(Verdict { phase, reason, message: ready.message.clone(), drifted: None })
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

/// Tells apart what makes another client: the keys, and everything in spec.
fn fingerprint(object: &CloudCredential, pair: &AccessKeyPair) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(pair.fingerprint);
    hasher.update(object.metadata.uid.as_deref().unwrap_or_default());
    hasher.update(object.metadata.generation.unwrap_or_default().to_be_bytes());
    hasher.finalize().into()
}

pub(super) fn requested_at(object: &CloudCredential) -> String {
    // As for every kind: the later wish is the one that is answered, and no more of it than a time needs.
    let asked = [REQUESTED_AT, FLUX_REQUESTED_AT].into_iter().filter_map(|key| object.annotations().get(key));
    asked.max_by_key(|asked| asked.parse::<Timestamp>().ok()).map(|asked| verdict::cut(asked, 256)).unwrap_or_default()
}

/// The first failure of keys that had worked before: the refusal itself came in the middle of somebody's work.
fn refused_in_use(at: Option<&RefusedAt>, now: Timestamp) -> Failure {
    let operation = at.map_or(alibaba::sts::GET_CALLER_IDENTITY, |at| at.operation);
    let explained = alibaba::errors::explain(operation, 403, at.map_or("", |at| at.code.as_str()));
    Failure {
        class: Class::Unauthenticated,
        reason: Reason::CredentialRejected,
        operation,
        code: at.map(|at| at.code.clone()),
        http_status: None,
        request_id: None,
        meaning: explained.meaning,
        hint: explained.hint,
        count: 1,
        since: now,
        last: now,
        retry_at: now.saturating_add(PROBE).unwrap_or(now),
    }
}
