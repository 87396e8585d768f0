//! The controller of `CloudCredential`: its watches, its queue, and who is told when the first lists are through.
//! What one pass does is in `pass`, what one look at a credential comes to in `look`.

use super::context::Context;
use super::endpoints::AllowedEndpoints;
use super::identity::Clients;
use super::pass::pass;
use super::registry::Registry;
use crate::ambient::{Clock, Dice};
use crate::api::CloudCredential;
use crate::api::envelope::Envelope;
use crate::cloud::budget::Budget;
use crate::cloud::client::CallObserver;
use crate::cloud::transport::Transport;
use crate::reconcile::census::{Figures, Population, Watched};
use crate::reconcile::context::Shared;
use crate::reconcile::controller::stopped;
use crate::reconcile::record::RecordError;
use crate::reconcile::sight::Sight;
use futures::channel::mpsc::UnboundedReceiver;
use futures::{FutureExt as _, StreamExt as _};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{Predicate as _, PredicateConfig, WatchStreamExt as _, predicates};
use kube::{Api, ResourceExt as _};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const AFTER_PANIC: Duration = Duration::from_secs(60);
const AFTER_CONFLICT: Duration = Duration::from_millis(250);

/// The controller, not running yet.
pub struct CredentialController {
    context: Arc<Context>,
    fields: Vec<Field>,
    nudged: UnboundedReceiver<ObjectRef<CloudCredential>>,
}

/// One namespace, or all of them (`*`): a watch and its store.
struct Field {
    namespace: String,
    api: Api<CloudCredential>,
    reader: Store<CloudCredential>,
    writer: Writer<CloudCredential>,
}

impl Field {
    fn of(namespace: &str, api: Api<CloudCredential>) -> Self {
        let (reader, writer) = reflector::store();
        Self { namespace: namespace.to_owned(), api, reader, writer }
    }
}

impl CredentialController {
    pub fn new(
        shared: &Shared,
        allowed_endpoints: AllowedEndpoints,
        registry: Arc<Registry>,
        nudged: UnboundedReceiver<ObjectRef<CloudCredential>>,
        transport: Arc<Transport>,
        observer: Arc<dyn CallObserver>,
    ) -> Self {
        let clients = Clients {
            kubernetes: shared.client.clone(),
            us: Arc::default(),
            transport,
            budget: Arc::<Budget>::clone(&shared.budget),
            clock: Clock::clone(&shared.clock),
            dice: Dice::clone(&shared.dice),
            observer,
        };
        let client = || shared.client.clone();
        let fields = match shared.settings.namespaces.as_slice() {
            [] => vec![Field::of("*", Api::all(client()))],
            some => some.iter().map(|namespace| Field::of(namespace, Api::namespaced(client(), namespace))).collect(),
        };
        Self { context: Arc::new(Context::new(shared, allowed_endpoints, registry, clients)), fields, nudged }
    }

    /// For whoever counts the credentials.
    pub fn population(&self) -> Arc<dyn Population> {
        let stores = self.fields.iter().map(|field| field.reader.clone()).collect();
        Arc::new(Watched { stores, told })
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Works until `stop` says so.
    pub async fn run(self, sight: impl Fn(&str) -> Sight, stop: watch::Receiver<bool>) {
        let Self { context, fields, nudged } = self;
        let to_list = fields.len();
        let (listed, _) = watch::channel(0);
        let mut nudges = Vec::new();
        let mut runs = Vec::new();
        for field in fields {
            let (nudge, woken) = futures::channel::mpsc::unbounded();
            nudges.push((field.namespace.clone(), nudge));
            let sight = sight(&format!("cloudcredentials/{}", field.namespace));
            runs.push(run_field(field, sight, woken, Arc::clone(&context), listed.clone(), stop.clone()));
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

fn told(object: &CloudCredential) -> (Option<&Envelope>, Figures) {
    (object.status.as_ref().map(|status| &status.envelope), Figures::default())
}

async fn run_field(
    field: Field,
    sight: Sight,
    woken: UnboundedReceiver<ObjectRef<CloudCredential>>,
    context: Arc<Context>,
    listed: watch::Sender<usize>,
    stop: watch::Receiver<bool>,
) {
    let Field { namespace, api, reader, writer } = field;
    let (told, stored) = (Arc::clone(&context), reader.clone());
    let mut first = true;
    let stream = watcher::watcher(api, watcher::Config::default().any_semantic())
        .modify(|object| object.managed_fields_mut().clear())
        .reflect(writer)
        .inspect(move |event| match event {
            Ok(event) => {
                sight.sees(matches!(event, Event::InitDone));
                match event {
                    Event::Delete(object) => told.forget(object),
                    Event::InitDone => {
                        let stored = stored.state();
                        told.forget_all_but(&namespace, &stored);
                        told.announce(stored.iter().map(AsRef::as_ref));
                        if std::mem::take(&mut first) {
                            listed.send_modify(|count| *count += 1);
                        }
                    }
                    Event::Apply(object) if object.metadata.deletion_timestamp.is_none() => told.announce([object]),
                    Event::Apply(_) | Event::Init | Event::InitApply(_) => {}
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
