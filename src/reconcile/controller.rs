//! The machinery around the passes of one kind: watch, store, claims, wake-ups, and kube's queue.
//! Each watch has a backoff of its own, and no error of a watch reaches the queue, where it would slow down everything.

use super::access::Users;
use super::census::{Figures, Population, Watched, last_manager};
use super::claims::Claims;
use super::context::{Context, Shared};
use super::kind::Kind;
use super::memory::{Fingerprint, Memory};
use super::pass::{self, Again};
use super::sight::Sight;
use super::wake::Waker;
use crate::api::envelope::Envelope;
use crate::references::{Pointer, Poll};
use futures::{FutureExt as _, Stream, StreamExt as _};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{Predicate as _, PredicateConfig, WatchStreamExt as _, predicates};
use kube::{Api, ResourceExt as _};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// After a pass that panicked. It is a bug, and trying again at once would only fill the log.
const AFTER_PANIC: Duration = Duration::from_secs(60);
/// Changes of one object within this time are one pass.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// The controller of one kind, not running yet.
pub struct KindController<K: Kind> {
    context: Arc<Context<K>>,
    fields: Vec<Field<K>>,
}

/// One namespace, or all of them: a watch, its store, and the wake-ups for what is in it.
struct Field<K: Kind> {
    namespace: Option<String>,
    api: Api<K>,
    reader: Store<K>,
    writer: reflector::store::Writer<K>,
    woken: futures::channel::mpsc::UnboundedReceiver<ObjectRef<K>>,
    sight: Sight,
}

impl<K: Kind> KindController<K> {
    /// `sights` tells for each watch whether it sees.
    pub fn new(shared: &Shared, sight: impl Fn(&str) -> Sight) -> Self {
        let namespaces: Vec<Option<&str>> = match shared.settings.namespaces.as_slice() {
            [] => vec![None],
            some => some.iter().map(|namespace| Some(namespace.as_str())).collect(),
        };
        let mut waker = Waker::default();
        let mut fields = Vec::new();
        for namespace in namespaces {
            let (reader, writer) = reflector::store();
            fields.push(Field {
                namespace: namespace.map(str::to_owned),
                api: namespace
                    .map_or_else(|| Api::all(shared.client.clone()), |namespace| Api::namespaced(shared.client.clone(), namespace)),
                woken: waker.add(namespace, reader.clone()),
                reader,
                writer,
                sight: sight(&format!("{}/{}", K::plural(&()), namespace.unwrap_or("*"))),
            });
        }
        let claims = Claims::over(fields.iter().map(|field| field.reader.clone()).collect());
        let context = Context {
            client: shared.client.clone(),
            sessions: Arc::clone(&shared.sessions),
            memory: Arc::default(),
            claims: Arc::new(claims),
            budget: Arc::clone(&shared.budget),
            clock: shared.clock.clone(),
            dice: shared.dice.clone(),
            writes: Arc::clone(&shared.writes),
            report: Arc::clone(&shared.report),
            wake: Arc::new(waker),
            references: Arc::clone(&shared.references),
            poll: Poll::new(Arc::clone(&shared.references), shared.settings.reference_poll, shared.dice.clone()),
            installation: Arc::clone(&shared.installation),
            settings: shared.settings.clone(),
        };
        Self { context: Arc::new(context), fields }
    }

    /// For whoever has to know, or to wake, the users of a credential.
    pub fn users(&self) -> Arc<dyn Users> {
        Arc::clone(&self.context.wake) as Arc<dyn Users>
    }

    pub fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.context.memory)
    }

    /// For whoever counts the objects.
    pub fn population(&self) -> Arc<dyn Population> {
        let stores = self.fields.iter().map(|field| field.reader.clone()).collect();
        Arc::new(Watched { stores, told: told::<K> })
    }

    /// Works until `stop` says so, then lets the passes that are running end.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let context = self.context;
        let stores: Vec<Store<K>> = self.fields.iter().map(|field| field.reader.clone()).collect();
        let wake = |pointer: &Pointer| context.wake.wake(&ObjectRef::new(&pointer.name).within(&pointer.namespace));
        let poll = context.poll.run(|| pointers(&stores), wake);
        let fields = futures::future::join_all(self.fields.into_iter().map(|field| field.run(Arc::clone(&context), stop.clone())));
        tokio::select! {
            _ = fields => {}
            never = poll => match never {},
        }
    }
}

impl<K: Kind> Field<K> {
    async fn run(self, context: Arc<Context<K>>, stop: watch::Receiver<bool>) {
        let reader = self.reader.clone();
        let stream = seen(self.namespace, self.api, self.writer, self.sight, &context);
        Controller::for_stream(stream, reader)
            .with_config(controller::Config::default().debounce(DEBOUNCE))
            .reconcile_on(self.woken)
            .graceful_shutdown_on(stopped(stop))
            .run(reconcile::<K>, |_, _, _| Action::await_change(), context)
            .for_each(|done| async move {
                if let Err(error) = done {
                    // An object that was deleted between its wake-up and its pass.
                    tracing::debug!(%error, "a wake-up came to nothing");
                }
            })
            .await;
    }
}

fn told<K: Kind>(object: &K) -> (Option<&Envelope>, Figures) {
    let status = object.status();
    (status.map(K::envelope), status.map(K::figures).unwrap_or_default())
}

/// The objects that work needs what they point at for.
fn pointers<K: Kind>(stores: &[Store<K>]) -> Vec<Pointer> {
    let objects = stores.iter().flat_map(Store::state);
    let at_work = objects.filter(|object| object.meta().deletion_timestamp.is_none() && !object.common().suspend);
    let pointers = at_work.map(|object| Pointer {
        uid: object.uid().unwrap_or_default(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        references: object.references(),
    });
    pointers.filter(|pointer| !pointer.references.is_empty()).collect()
}

/// The watch, with everything that has to know of it told.
fn seen<K: Kind>(
    namespace: Option<String>,
    api: Api<K>,
    writer: reflector::store::Writer<K>,
    sight: Sight,
    context: &Arc<Context<K>>,
) -> impl Stream<Item = Result<K, watcher::Error>> + Send + use<K> {
    let (told, remembering) = (Arc::clone(context), Arc::clone(context));
    watcher::watcher(api, watcher::Config::default().any_semantic())
        // They are larger than the object, and but one name of them is of interest.
        .modify(move |object| {
            remembering.memory.slot(&object.uid().unwrap_or_default()).lock().manager = last_manager(object);
            object.managed_fields_mut().clear();
        })
        .reflect(writer)
        .inspect(move |event| match event {
            Ok(event) => {
                sight.sees(matches!(event, Event::InitDone));
                tell(&told, namespace.as_deref(), event);
            }
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), %error, "the watch is blind");
                sight.is_blind();
                told.report.watch_error(&K::kind(&()));
            }
        })
        .applied_objects()
        .default_backoff()
        .filter_map(|object| async move { object.ok().map(Ok) })
        .predicate_filter(predicates::generation.combine(predicates::annotations), PredicateConfig::default())
}

fn tell<K: Kind>(context: &Context<K>, namespace: Option<&str>, event: &Event<K>) {
    match event {
        Event::Apply(object) | Event::InitApply(object) => {
            context.claims.saw(object);
            context.memory.saw(&object.uid().unwrap_or_default(), Fingerprint::of(object));
        }
        Event::Delete(object) => {
            // Whoever means the same may have waited for this one to go.
            for peer in context.claims.peers(object).refs(object.claims().iter().map(String::as_str)) {
                context.wake.wake(&peer);
            }
            context.claims.lost(object);
            context.memory.forget(&object.uid().unwrap_or_default());
            context.sessions.released(&object.namespace().unwrap_or_default(), object.common().credential);
        }
        Event::Init => {}
        // Objects that went while nobody watched leave no event.
        Event::InitDone => {
            context.wake.listed(namespace);
            for lost in context.claims.retain_stored(namespace) {
                context.memory.forget(&lost.extra.uid.unwrap_or_default());
            }
        }
    }
}

async fn reconcile<K: Kind>(object: Arc<K>, context: Arc<Context<K>>) -> Result<Action, Infallible> {
    let began = Instant::now();
    let kind = K::kind(&());
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    // A panic would end the whole controller: kube unwraps the join error.
    let again = AssertUnwindSafe(pass::pass(object, &context)).catch_unwind().await;
    let outcome = if again.is_ok() { "done" } else { "panicked" };
    context.report.pass(&kind, outcome, began.elapsed());
    Ok(match again {
        Ok(Again::OnChange) => Action::await_change(),
        Ok(Again::In(wait)) => Action::requeue(wait),
        Err(_) => {
            tracing::error!(%kind, %namespace, %name, "a pass panicked: this is a bug in steward");
            Action::requeue(AFTER_PANIC)
        }
    })
}

/// Resolves when `stop` says so, or when nobody can say so any more.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
