//! What people get to see of a pass beside status: events and metrics. Nothing here may hold up or fail a pass.

use super::kind::{Kind, Receipt, Step};
use super::verdict::{Phase, cut};
use crate::ambient::{Clock, Dice};
use crate::cloud::error::CloudError;
use crate::installation::MANAGER;
use crate::metrics::{KindLabels, Metrics, PassLabels};
use crate::reason::Reason;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client, Resource, ResourceExt as _};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that may wait to be written; beyond that they are counted and dropped.
const WAITING_EVENTS: usize = 1024;
/// At most fifty events a second go to the API server.
const BETWEEN_EVENTS: Duration = Duration::from_millis(20);
const EVENT_TIMEOUT: Duration = Duration::from_secs(5);
/// The API server's limit on `note`.
const LONGEST_NOTE: usize = 1000;

/// Takes reports from all passes of all kinds.
pub struct Report {
    metrics: Arc<Metrics>,
    events: mpsc::Sender<Event>,
    clock: Clock,
    dice: Dice,
    instance: String,
}

impl Report {
    /// The report and the work of writing its events, which ends with it.
    pub fn new(
        client: Client,
        metrics: Arc<Metrics>,
        clock: Clock,
        dice: Dice,
        instance: String,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (events, waiting) = mpsc::channel(WAITING_EVENTS);
        (Self { metrics, events, clock, dice, instance }, write_events(client, waiting))
    }

    /// One event on an object. Callers tell news only: what is still as it was is not told again.
    pub fn event<O: Resource<DynamicType = ()>>(&self, object: &O, phase: Phase, reason: Reason, action: &str, note: &str) {
        let type_ = match phase {
            Phase::Settled | Phase::Working => "Normal",
            Phase::Stuck | Phase::Unknown | Phase::Outdated => "Warning",
        };
        let event = Event {
            metadata: ObjectMeta {
                name: Some(format!("{}.{}", cut_name(&object.name_any()), &self.dice.nonce()[..16])),
                namespace: object.namespace(),
                ..ObjectMeta::default()
            },
            action: Some(action.to_owned()),
            event_time: Some(MicroTime(self.clock.now())),
            note: Some(cut(note, LONGEST_NOTE)),
            reason: Some(reason.as_str().to_owned()),
            regarding: Some(ObjectReference {
                api_version: Some(O::api_version(&()).into_owned()),
                kind: Some(O::kind(&()).into_owned()),
                name: object.meta().name.clone(),
                namespace: object.namespace(),
                uid: object.uid(),
                resource_version: object.resource_version(),
                ..ObjectReference::default()
            }),
            reporting_controller: Some("cloudsteward.dev/steward".to_owned()),
            reporting_instance: Some(self.instance.clone()),
            type_: Some(type_.to_owned()),
            ..Event::default()
        };
        if self.events.try_send(event).is_err() {
            self.metrics.events_dropped.inc();
        }
    }

    /// One event per operation and outcome of a wave, naming a few of what it touched.
    pub fn calls_made<K: Kind>(&self, object: &K, outcomes: &[(K::Step, Result<Receipt, CloudError>)]) {
        let mut heaps: BTreeMap<(String, Option<String>), Heap> = BTreeMap::new();
        for (step, outcome) in outcomes {
            let operation = step.operation().name.to_owned();
            match outcome {
                Ok(receipt) if receipt.changed => {
                    heaps
                        .entry((operation, None))
                        .or_insert_with(|| (Reason::Applying, Vec::new(), Cow::default()))
                        .1
                        .push(step.to_string());
                }
                Ok(_) => {}
                Err(error) => {
                    let code = error.code.clone().unwrap_or_else(|| error.class.to_string());
                    heaps
                        .entry((operation, Some(code)))
                        .or_insert_with(|| (error.reason, Vec::new(), error.hint.clone()))
                        .1
                        .push(step.to_string());
                }
            }
        }
        for ((operation, code), (reason, steps, hint)) in heaps {
            let few = few_of(&steps);
            match code {
                None => self.event(object, Phase::Settled, reason, &operation, &few),
                Some(code) => self.event(object, Phase::Stuck, reason, &operation, &format!("{few}: {code}. {hint}")),
            }
        }
    }

    /// A kind's numbers are there before anything has happened.
    pub fn begin(&self, kind: &str) {
        self.metrics.begin(kind);
    }

    pub fn drift_corrected(&self, kind: &str) {
        self.metrics.drift_corrections.get_or_create(&KindLabels { kind: kind.to_owned() }).inc();
    }

    pub fn orphan_released(&self, kind: &str) {
        self.metrics.orphans_released.get_or_create(&KindLabels { kind: kind.to_owned() }).inc();
    }

    pub fn watch_error(&self, kind: &str) {
        self.metrics.watch_errors.get_or_create(&KindLabels { kind: kind.to_owned() }).inc();
    }

    pub fn pass(&self, kind: &str, outcome: &'static str, took: Duration) {
        self.metrics.passes.get_or_create(&PassLabels { kind: kind.to_owned(), outcome }).inc();
        self.metrics.pass_seconds.get_or_create(&KindLabels { kind: kind.to_owned() }).observe(took.as_secs_f64());
    }
}

/// Steps of one operation that ended alike: why, which, and what to do about it.
type Heap = (Reason, Vec<String>, Cow<'static, str>);

/// `i-1 joins sg-1 and 4 more`
fn few_of(steps: &[String]) -> String {
    const NAMED: usize = 5;
    let named = steps.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match steps.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// An event's name is a DNS subdomain of at most 253 characters; ours adds 17.
fn cut_name(name: &str) -> &str {
    name.get(..220).map_or(name, |short| short.trim_end_matches(['.', '-']))
}

async fn write_events(client: Client, mut waiting: mpsc::Receiver<Event>) {
    while let Some(event) = waiting.recv().await {
        let namespace = event.metadata.namespace.clone().unwrap_or_default();
        let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
        let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        match tokio::time::timeout(EVENT_TIMEOUT, events.create(&parameters, &event)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "an event was not written"),
            Err(_) => tracing::debug!("an event was not written in time"),
        }
        tokio::time::sleep(BETWEEN_EVENTS).await;
    }
}
