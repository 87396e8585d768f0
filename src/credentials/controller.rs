//! The controller of `CloudCredential`: reads the Secret, finds out whose it is, says so in status, and tells the registry.
//! It looks again at every `--reference-poll`, at once when a cloud refuses the keys, and when somebody asks.

use super::endpoints::AllowedEndpoints;
use super::identity::Clients;
use super::registry::{Entry, Key, Open, Registry, State, rejection};
use super::secrets::{AccessKeyPair, SecretError, Secrets};
use crate::ambient::{Clock, Dice};
use crate::api::CloudCredential;
use crate::api::cloud_credential::{CloudCredentialStatus, Identity};
use crate::api::envelope::{FLUX_REQUESTED_AT, REQUESTED_AT};
use crate::cloud::alibaba::CallObserver;
use crate::cloud::budget::Budget;
use crate::cloud::error::{Class, CloudError};
use crate::cloud::transport::Transport;
use crate::reason::Reason;
use crate::reconcile::context::Shared;
use crate::reconcile::controller::stopped;
use crate::reconcile::memory::{Failure, Slot};
use crate::reconcile::record::{Record, RecordError, Recorded};
use crate::reconcile::schedule;
use crate::reconcile::sight::Sight;
use crate::reconcile::verdict::{self, Phase, Shape, Verdict};
use futures::channel::mpsc::UnboundedReceiver;
use futures::{FutureExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{Predicate as _, PredicateConfig, WatchStreamExt as _, predicates};
use kube::{Api, ResourceExt as _};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use url::Url;

/// Keys that were refused are tried again this often: the cloud locks a key that is tried more.
const PROBE: SignedDuration = SignedDuration::from_mins(10);
const AFTER_PANIC: Duration = Duration::from_secs(60);
const AFTER_CONFLICT: Duration = Duration::from_millis(250);

/// What the operator's flags say about credentials.
#[derive(Clone, Debug)]
pub struct CredentialSettings {
    pub reference_poll: Duration,
    pub allowed_endpoints: AllowedEndpoints,
}

impl Recorded for CloudCredential {
    type Status = CloudCredentialStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

/// The controller, not running yet.
pub struct CredentialController {
    context: Arc<Context>,
    nudged: UnboundedReceiver<ObjectRef<CloudCredential>>,
}

struct Context {
    shared: Shared,
    settings: CredentialSettings,
    registry: Arc<Registry>,
    secrets: Secrets,
    clients: Clients,
    /// By uid: versions that were replaced, and what went wrong with each identity.
    memory: Mutex<HashMap<String, Arc<Remembered>>>,
}

#[derive(Default)]
struct Remembered {
    slot: Arc<Slot>,
    failure: Mutex<Option<Failure>>,
    /// What was asked for when keys were last tried, beside the keys themselves.
    asked: Mutex<Option<String>>,
    identity: Mutex<Option<Identity>>,
}

impl CredentialController {
    pub fn new(
        shared: &Shared,
        settings: CredentialSettings,
        registry: Arc<Registry>,
        nudged: UnboundedReceiver<ObjectRef<CloudCredential>>,
        transport: Arc<Transport>,
        observer: Arc<dyn CallObserver>,
    ) -> Self {
        let clients = Clients {
            transport,
            budget: Arc::<Budget>::clone(&shared.budget),
            clock: Clock::clone(&shared.clock),
            dice: Dice::clone(&shared.dice),
            observer,
        };
        let context = Context {
            secrets: Secrets::new(shared.client.clone()),
            shared: shared.clone(),
            settings,
            registry,
            clients,
            memory: Mutex::default(),
        };
        Self { context: Arc::new(context), nudged }
    }

    /// Works until `stop` says so.
    pub async fn run(self, sight: impl Fn(&str) -> Sight, stop: watch::Receiver<bool>) {
        let Self { context, nudged } = self;
        let client = context.shared.client.clone();
        let apis: Vec<(String, Api<CloudCredential>)> = match context.shared.settings.namespaces.as_slice() {
            [] => vec![("*".to_owned(), Api::all(client))],
            some => some.iter().map(|namespace| (namespace.clone(), Api::namespaced(client.clone(), namespace))).collect(),
        };
        let to_list = apis.len();
        let (listed, _) = watch::channel(0);
        let mut nudges = Vec::new();
        let mut runs = Vec::new();
        for (namespace, api) in apis {
            let (nudge, woken) = futures::channel::mpsc::unbounded();
            nudges.push((namespace.clone(), nudge));
            let sight = sight(&format!("cloudcredentials/{namespace}"));
            runs.push(run_field(api, sight, woken, Arc::clone(&context), listed.clone(), stop.clone()));
        }
        let told = async {
            // Only when all lists are through is a credential that is in none of them known to be missing.
            let mut seen = listed.subscribe();
            let _ = seen.wait_for(|count| *count >= to_list).await;
            context.registry.listed();
        };
        let passed_on = nudged.for_each(|object| {
            for (namespace, nudge) in &nudges {
                if namespace == "*" || object.namespace.as_deref() == Some(namespace) {
                    let _ = nudge.unbounded_send(object.clone());
                }
            }
            futures::future::ready(())
        });
        tokio::select! {
            _ = futures::future::join_all(runs) => {}
            ((), ()) = futures::future::join(told, passed_on) => {}
        }
    }
}

async fn run_field(
    api: Api<CloudCredential>,
    sight: Sight,
    woken: UnboundedReceiver<ObjectRef<CloudCredential>>,
    context: Arc<Context>,
    listed: watch::Sender<usize>,
    stop: watch::Receiver<bool>,
) {
    let (reader, writer) = reflector::store();
    let told = Arc::clone(&context);
    let mut first = true;
    let stream = watcher::watcher(api, watcher::Config::default().any_semantic())
        .modify(|object| object.managed_fields_mut().clear())
        .reflect(writer)
        .inspect(move |event| match event {
            Ok(event) => {
                sight.sees(matches!(event, Event::InitDone));
                match event {
                    Event::Delete(object) => told.forget(object),
                    Event::InitDone if std::mem::take(&mut first) => listed.send_modify(|count| *count += 1),
                    Event::Apply(_) | Event::Init | Event::InitApply(_) | Event::InitDone => {}
                }
            }
            Err(error) => {
                tracing::warn!(kind = "CloudCredential", %error, "the watch is blind");
                sight.is_blind();
                told.shared.report.watch_error("CloudCredential");
            }
        })
        .applied_objects()
        .default_backoff()
        .filter_map(|object| async move { object.ok().map(Ok::<_, watcher::Error>) })
        .predicate_filter(predicates::generation.combine(predicates::annotations), PredicateConfig::default());
    Controller::for_stream(stream, reader)
        .with_config(controller::Config::default())
        .reconcile_on(woken)
        .graceful_shutdown_on(stopped(stop))
        .run(reconcile, |_, _, _| Action::await_change(), context)
        .for_each(|done| async move {
            if let Err(error) = done {
                tracing::debug!(%error, "a wake-up came to nothing");
            }
        })
        .await;
}

async fn reconcile(object: Arc<CloudCredential>, context: Arc<Context>) -> Result<Action, Infallible> {
    let began = tokio::time::Instant::now();
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let outcome = AssertUnwindSafe(pass(object, &context)).catch_unwind().await;
    context.shared.report.pass("CloudCredential", if outcome.is_ok() { "done" } else { "panicked" }, began.elapsed());
    Ok(match outcome {
        Ok(Ok(Some(wait))) => Action::requeue(wait),
        Ok(Ok(None) | Err(RecordError::Gone)) => Action::await_change(),
        Ok(Err(RecordError::Conflict)) => Action::requeue(AFTER_CONFLICT),
        Ok(Err(RecordError::Api(error))) => {
            tracing::warn!(%error, %namespace, %name, "the API server did not take a write");
            Action::requeue(context.poll())
        }
        Err(_) => {
            tracing::error!(%namespace, %name, "a pass over a CloudCredential panicked: this is a bug in steward");
            Action::requeue(AFTER_PANIC)
        }
    })
}

/// What one look at a credential came to.
struct Finding {
    entry: Entry,
    verdict: Verdict,
    /// When keys that don't work may be tried again, if that is not left to the poll.
    retry: Option<Timestamp>,
}

async fn pass(object: Arc<CloudCredential>, context: &Context) -> Result<Option<Duration>, RecordError> {
    let key = (object.namespace().unwrap_or_default(), object.name_any());
    let remembered = context.remembered(&object);
    let api = Api::namespaced(context.shared.client.clone(), &key.0);
    let mut record = Record::open(api, object, Arc::clone(&remembered.slot), Arc::clone(&context.shared.writes)).await?;
    let going = record.object().metadata.deletion_timestamp.is_some();
    let users = context.registry.count_users(&key);
    if going && users == 0 {
        context.registry.remove(&key);
        record.drop_finalizer().await?;
        return Ok(None);
    }
    match (going, users) {
        (false, 0) => record.drop_finalizer().await?,
        (false, _) => record.add_finalizer().await?,
        (true, _) => {}
    }
    let finding = look(record.object(), context, &key, &remembered).await;
    let held = record.has_finalizer();
    context.registry.put(&key, &Entry { going, held, ..finding.entry });
    let status = finish(record.object(), context, &remembered, &finding.verdict, users);
    record.settle(status).await?;
    let poll = context.poll();
    let retry = finding.retry.map(|at| schedule::until(context.shared.clock.now(), at));
    Ok(Some(retry.map_or(poll, |retry| retry.min(poll))))
}

/// Reads what the credential points at and, where that is new or due, asks the cloud.
async fn look(object: &CloudCredential, context: &Context, key: &Key, remembered: &Remembered) -> Finding {
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
        Err(error @ SecretError::Unreadable { .. }) if matches!(before.state, State::Open(_)) => {
            tracing::warn!(%error, namespace = key.0, name = key.1, "a Secret could not be read");
            let verdict = object_verdict(object).unwrap_or_else(|| stuck(Reason::CredentialMissing, error.to_string()));
            return Finding { entry: before, verdict, retry: None };
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
        State::Unavailable { .. } | State::Closed { reason: Reason::CredentialRejected | Reason::UnknownError, .. } => {
            let failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
            // A rejection in the middle of somebody's work has no failure of its own yet: that was the try.
            failure.as_ref().is_some_and(|failure| failure.retry_at <= now)
        }
        State::Open(_) | State::Closed { .. } => false,
    }
}

fn unchanged(object: &CloudCredential, entry: Entry, remembered: &Remembered, context: &Context) -> Finding {
    let now = context.shared.clock.now();
    let verdict = match &entry.state {
        State::Closed { reason, message } => stuck(*reason, message.clone()),
        State::New | State::Open(_) | State::Unavailable { .. } => {
            object_verdict(object).unwrap_or_else(|| stuck(Reason::InternalError, "nothing is known of this credential".to_owned()))
        }
    };
    let mut failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner);
    let retry = match &entry.state {
        State::Closed { reason: Reason::CredentialRejected, .. } if failure.is_none() => {
            // Refused in the middle of somebody's work: the probes begin from here.
            *failure = Some(refused_in_use(now));
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
    let who = identity.arn.clone().unwrap_or_else(|| "the account itself".to_owned());
    let verdict = Verdict {
        phase: Phase::Settled,
        reason: Reason::InSync,
        message: format!("acts as {who} in account {}", open.account),
        drifted: None,
    };
    let entry = Entry { state: State::Open(open.clone()), fingerprint: Some(fingerprint), last_good: Some(open), ..before };
    Finding { entry, verdict, retry: None }
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
    let reason = serde_json::from_value(ready.reason.clone().into()).unwrap_or(Reason::UnknownError);
    Some(Verdict { phase, reason, message: ready.message.clone(), drifted: None })
}

fn finish(object: &CloudCredential, context: &Context, remembered: &Remembered, verdict: &Verdict, users: usize) -> CloudCredentialStatus {
    let now = context.shared.clock.now();
    let generation = object.metadata.generation.unwrap_or_default();
    let mut status = object.status.clone().unwrap_or_default();
    let before = verdict::ready(&status.envelope.conditions).map(|ready| ready.reason.clone());
    status.users = i32::try_from(users).ok();
    if verdict.phase == Phase::Settled {
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        if let State::Open(open) = context.registry.get(&key).state {
            status.envelope.account_id = Some(open.account);
        }
        let identity = remembered.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        status.identity = identity.or(status.identity);
    }
    let failure = remembered.failure.lock().unwrap_or_else(PoisonError::into_inner).clone();
    status.envelope.last_error = failure.map(|failure| schedule::last_error(status.envelope.last_error.as_ref(), &failure));
    status.envelope.region.clone_from(&object.spec.region);
    status.envelope.observed_generation = Some(generation);
    status.envelope.last_handled_reconcile_at = Some(requested_at(object)).filter(|asked| !asked.is_empty());
    verdict::declare(&mut status.envelope.conditions, verdict, Shape::Plain, generation, now);
    if object.status.as_ref() != Some(&status) {
        status.envelope.last_sync_time = Some(now.into());
    }
    if before.as_deref() != Some(verdict.reason.as_str()) && (verdict.phase != Phase::Settled || before.is_some()) {
        context.shared.report.event(object, verdict.phase, verdict.reason, "Identify", &verdict.message);
    }
    status
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

fn requested_at(object: &CloudCredential) -> String {
    let annotation = |name: &str| object.annotations().get(name).cloned();
    annotation(REQUESTED_AT).max(annotation(FLUX_REQUESTED_AT)).unwrap_or_default()
}

/// The first failure of keys that had worked before: the refusal itself was counted elsewhere.
fn refused_in_use(now: Timestamp) -> Failure {
    let operation = crate::cloud::alibaba::sts::GET_CALLER_IDENTITY;
    Failure {
        class: Class::Unauthenticated,
        reason: Reason::CredentialRejected,
        operation,
        code: None,
        http_status: None,
        request_id: None,
        meaning: "the cloud refused these keys in the middle of an operation",
        hint: "renew the keys in the Secret; steward notices by itself",
        count: 1,
        since: now,
        last: now,
        retry_at: now.saturating_add(PROBE).unwrap_or(now),
    }
}

impl Context {
    fn remembered(&self, object: &CloudCredential) -> Arc<Remembered> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(memory.entry(object.uid().unwrap_or_default()).or_default())
    }

    fn forget(&self, object: &CloudCredential) {
        self.registry.remove(&(object.namespace().unwrap_or_default(), object.name_any()));
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).remove(&object.uid().unwrap_or_default());
    }

    /// About the poll interval, so that many credentials do not come back together.
    fn poll(&self) -> Duration {
        self.settings.reference_poll.mul_f64(0.8 + 0.4 * self.shared.dice.fraction())
    }
}
