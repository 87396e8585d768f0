//! One pass over one credential: its finalizer, what a look at it comes to, its status, and what the registry is told.

use super::context::{Context, Remembered};
use super::look::look;
use super::registry::{Entry, State};
use crate::api::CloudCredential;
use crate::api::cloud_credential::CloudCredentialStatus;
use crate::api::envelope::ABANDON;
use crate::reason::Reason;
use crate::reconcile::record::{Record, RecordError, Recorded};
use crate::reconcile::schedule;
use crate::reconcile::verdict::{self, Phase, Shape, Verdict};
use kube::{Api, ResourceExt as _};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

impl Recorded for CloudCredential {
    type Status = CloudCredentialStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

/// What a deletion that waits says beside everything else.
const WAITS: &str = "; its deletion waits until no object uses it any more";

pub(super) async fn pass(object: Arc<CloudCredential>, context: &Context) -> Result<Option<Duration>, RecordError> {
    let key = (object.namespace().unwrap_or_default(), object.name_any());
    let remembered = context.remembered(&object);
    let api = Api::namespaced(context.shared.client.clone(), &key.0);
    let mut record = Record::open(api, object, Arc::clone(&remembered.slot), Arc::clone(&context.shared.writes)).await?;
    let going = record.object().metadata.deletion_timestamp.is_some();
    let users = context.registry.count_users(&key);
    let abandoned = record.object().annotations().get(ABANDON).cloned();
    if going && (users == Some(0) || abandoned.is_some()) {
        if let Some(reason) = abandoned.filter(|_| users != Some(0)) {
            let note = format!("let go although objects still use it: {}", verdict::cut(&reason, 256));
            context.shared.report.event(record.object().as_ref(), Phase::Stuck, Reason::Abandoned, "Release", &note);
        }
        context.registry.remove(&key);
        record.drop_finalizer().await?;
        return Ok(None);
    }
    match (going, users) {
        (false, Some(0)) => record.drop_finalizer().await?,
        (false, Some(_)) => record.add_finalizer().await?,
        (true, _) | (_, None) => {}
    }
    let mut finding = look(record.object(), context, &key, &remembered).await;
    if going && !finding.verdict.message.ends_with(WAITS) {
        finding.verdict.message.push_str(WAITS);
    }
    let held = record.has_finalizer();
    context.registry.put(&key, &Entry { going, held, ..finding.entry });
    if context.has_forgotten(record.object()) {
        context.registry.remove(&key);
        return Ok(None);
    }
    let status = finish(record.object(), context, &remembered, &finding.verdict, users);
    record.settle(status).await?;
    let poll = context.poll();
    let retry = finding.retry.map(|at| schedule::until(context.shared.clock.now(), at));
    Ok(Some(retry.map_or(poll, |retry| retry.min(poll))))
}

fn finish(
    object: &CloudCredential,
    context: &Context,
    remembered: &Remembered,
    verdict: &Verdict,
    users: Option<usize>,
) -> CloudCredentialStatus {
    let now = context.shared.clock.now();
    let generation = object.metadata.generation.unwrap_or_default();
    let mut status = object.status.clone().unwrap_or_default();
    let before = verdict::ready(&status.envelope.conditions).map(|ready| ready.reason.clone());
    status.users = users.map_or(status.users, |users| i32::try_from(users).ok());
    if verdict.phase == Phase::Settled {
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        if let State::Open(open) = context.registry.get(&key).state {
            status.envelope.account_id = Some(open.account);
            status.project_id = open.project;
            status.expires_at = open.cloud.lifetime().map(|life| life.expires.into());
        }
        let identity = remembered.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        status.identity = identity.or(status.identity);
    }
    let failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
    status.envelope.last_error = failure.map(|failure| schedule::last_error(status.envelope.last_error.as_ref(), &failure));
    status.envelope.region.clone_from(&object.spec.region);
    status.envelope.observed_generation = Some(generation);
    status.envelope.last_handled_reconcile_at = schedule::requested_at(&object.metadata);
    verdict::declare(&mut status.envelope.conditions, verdict, Shape::Plain, generation, now);
    if object.status.as_ref() != Some(&status) {
        status.envelope.last_sync_time = Some(now.into());
    }
    if before.as_deref() != Some(verdict.reason.as_str()) && (verdict.phase != Phase::Settled || before.is_some()) {
        context.shared.report.event(object, verdict.phase, verdict.reason, "Identify", &verdict.message);
    }
    status
}
