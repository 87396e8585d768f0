//! What is counted only when somebody asks: objects by reason and those that are not ready by name, how fresh they are, how long keys last, what is used
//! of the budget, what cannot be seen. A replica that waits for the lease has no objects to tell of.

use crate::ambient::Clock;
use crate::cloud::budget::Budget;
use crate::credentials::Registry;
use crate::reconcile::census::{Census, Few, MOST_LISTED, Population};
use crate::reconcile::memory::Memory;
use crate::reconcile::sight::Sights;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A kind, and who knows its objects.
#[derive(Clone)]
struct OfKind {
    kind: String,
    population: Arc<dyn Population>,
    memory: Option<Arc<Memory>>,
}

/// Asks the rooms that know.
#[derive(Clone)]
pub struct Gauges {
    budget: Arc<Budget>,
    sights: Sights,
    clock: Clock,
    kinds: Arc<Mutex<Vec<OfKind>>>,
    credentials: Arc<OnceLock<Arc<Registry>>>,
}

impl Gauges {
    pub fn new(budget: Arc<Budget>, sights: Sights, clock: Clock) -> Self {
        Self { budget, sights, clock, kinds: Arc::default(), credentials: Arc::default() }
    }

    /// The objects of one more kind, and what is remembered of when they were looked at.
    pub fn watch(&self, kind: &str, population: Arc<dyn Population>, memory: Option<Arc<Memory>>) {
        let of_kind = OfKind { kind: kind.to_owned(), population, memory };
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).push(of_kind);
    }

    /// The keys; there is one registry of them in a process.
    pub fn credentials(&self, registry: Arc<Registry>) {
        let _ = self.credentials.set(registry);
    }
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.now();
        let counted: Vec<(&str, Census)> = kinds.iter().map(|of_kind| (of_kind.kind.as_str(), of_kind.population.census(now))).collect();
        let mut page = Page { encoder: &mut encoder };
        page.objects(&counted)?;
        page.listed(&counted, self.credentials.get().map(AsRef::as_ref))?;
        let mut ages =
            page.gauge("oldest_sync", "How long ago the object that has waited longest was compared with the cloud", Some(&Unit::Seconds))?;
        for of_kind in &kinds {
            if let Some(age) = of_kind.memory.as_ref().and_then(|memory| memory.oldest_look(now)) {
                put(&mut ages, &[("kind", &of_kind.kind)], age.as_secs_f64())?;
            }
        }
        page.budget(&self.budget)?;
        let mut blind = page.gauge("watch_blind", "1 while steward does not see these objects of the API server", None)?;
        for (watch, is_blind) in self.sights.all() {
            put(&mut blind, &[("watch", &watch)], i64::from(is_blind))?;
        }
        Ok(())
    }
}

/// What one scrape brings.
struct Page<'a, 'b> {
    encoder: &'a mut DescriptorEncoder<'b>,
}

impl Page<'_, '_> {
    fn gauge<'a>(&'a mut self, name: &'a str, help: &str, unit: Option<&'static Unit>) -> Result<MetricEncoder<'a>, fmt::Error> {
        self.encoder.encode_descriptor(name, help, unit, MetricType::Gauge)
    }

    fn counter<'a>(&'a mut self, name: &'a str, help: &str) -> Result<MetricEncoder<'a>, fmt::Error> {
        self.encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Counter)
    }

    fn objects(&mut self, counted: &[(&str, Census)]) -> fmt::Result {
        let mut objects = self.gauge("objects", "Objects by kind and by the reason of their Ready condition", None)?;
        for (kind, census) in counted {
            for (reason, count) in &census.by_reason {
                put(&mut objects, &[("kind", kind), ("reason", reason)], *count)?;
            }
        }
        let mut drifted = self.gauge("drifted_objects", "Objects that differ from the cloud", None)?;
        for (kind, census) in counted {
            put(&mut drifted, &[("kind", kind)], census.drifted)?;
        }
        let mut blocked = self.gauge("deletions_blocked", "Objects whose deletion cannot go on by itself", None)?;
        for (kind, census) in counted {
            put(&mut blocked, &[("kind", kind)], census.deletions_blocked)?;
        }
        let help = "How long ago the deletion was asked for that has lasted longest";
        let mut deletions = self.gauge("oldest_deletion", help, Some(&Unit::Seconds))?;
        for (kind, census) in counted {
            put(&mut deletions, &[("kind", kind)], census.oldest_deletion.map_or(0, |age| age.as_secs()))?;
        }
        Ok(())
    }

    /// What has names of objects in it, and how much of that was left out.
    fn listed(&mut self, counted: &[(&str, Census)], registry: Option<&Registry>) -> fmt::Result {
        let mut left_out: Vec<(&str, usize)> = Vec::new();
        let mut unhealthy = self.gauge("unhealthy_object", "1 for each object that is not ready, and why", None)?;
        let mut unlisted = 0;
        for (kind, census) in counted {
            for (reason, few) in &census.unhealthy {
                unlisted += few.left_out;
                for (namespace, name) in &few.kept {
                    put(&mut unhealthy, &[("kind", kind), ("namespace", namespace), ("name", name), ("reason", reason)], 1)?;
                }
            }
        }
        left_out.push(("steward_unhealthy_object", unlisted));
        let help = "Calls for this object of which only a person can tell whether they acted";
        let mut doubts = self.gauge("unknown_outcomes", help, None)?;
        let mut unlisted = 0;
        for (kind, census) in counted {
            unlisted += census.unknown_outcomes.left_out;
            for (namespace, name, calls) in &census.unknown_outcomes.kept {
                put(&mut doubts, &[("kind", kind), ("namespace", namespace), ("name", name)], whole(*calls))?;
            }
        }
        left_out.push(("steward_unknown_outcomes", unlisted));
        let help = "When the answer of this restore check was last yes";
        let mut restorable = self.gauge("last_restorable_timestamp", help, Some(&Unit::Seconds))?;
        let mut unlisted = 0;
        for (_, census) in counted {
            unlisted += census.last_restorable.left_out;
            for (namespace, name, check, at) in &census.last_restorable.kept {
                put(&mut restorable, &[("namespace", namespace), ("name", name), ("check", check)], at.as_second())?;
            }
        }
        left_out.push(("steward_last_restorable_timestamp_seconds", unlisted));
        let mut credentials = Few::of(MOST_LISTED);
        for ((namespace, name), life) in registry.map(Registry::lifetimes).unwrap_or_default() {
            credentials.add((namespace, name, life.renewal, life.expires));
        }
        let help = "Until when the present temporary keys of this credential are good";
        let mut expiry = self.gauge("credential_expiry_timestamp", help, Some(&Unit::Seconds))?;
        for (namespace, name, _, expires) in &credentials.kept {
            put(&mut expiry, &[("namespace", namespace), ("name", name)], expires.as_second())?;
        }
        let help = "When the present temporary keys of this credential are due to be renewed";
        let mut renewal = self.gauge("credential_renewal_timestamp", help, Some(&Unit::Seconds))?;
        for (namespace, name, renewed, _) in &credentials.kept {
            put(&mut renewal, &[("namespace", namespace), ("name", name)], renewed.as_second())?;
        }
        left_out.push(("steward_credential_expiry_timestamp_seconds", credentials.left_out));
        left_out.push(("steward_credential_renewal_timestamp_seconds", credentials.left_out));
        let mut unlisted = self.gauge("series_left_out", "How many series of a metric are left out because there are too many", None)?;
        for (metric, count) in left_out {
            put(&mut unlisted, &[("metric", metric)], whole(count))?;
        }
        Ok(())
    }

    fn budget(&mut self, budget: &Budget) -> fmt::Result {
        let waits = budget.waits();
        let mut waiting = self.gauge("permits_waiting", "Calls that wait for a permit at this moment", None)?;
        for wait in &waits {
            let labels = [("service", wait.operation.service), ("operation", wait.operation.name), ("lane", wait.lane.as_str())];
            put(&mut waiting, &labels, whole(wait.waiting))?;
        }
        let mut waited = self.counter("throttle_wait", "Time that calls have waited for a permit")?;
        for wait in &waits {
            let labels = [("service", wait.operation.service), ("operation", wait.operation.name), ("lane", wait.lane.as_str())];
            ConstCounter::new(wait.waited_for.as_secs_f64()).encode(waited.encode_family(&labels)?)?;
        }
        let usage = budget.usage();
        let help = "Part of steward's share of the limit that is used, in the account and region where most is";
        let mut used = self.gauge("budget_used_ratio", help, None)?;
        for of in &usage {
            put(&mut used, &[("service", of.operation.service), ("operation", of.operation.name)], of.used)?;
        }
        let mut refused = self.counter("throttled", "Time for which the cloud has closed an operation by refusing a call for its rate")?;
        for of in &usage {
            let labels = [("service", of.operation.service), ("operation", of.operation.name)];
            ConstCounter::new(of.refused_for.as_secs_f64()).encode(refused.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn put<const N: usize, V: EncodeGaugeValue>(gauge: &mut MetricEncoder<'_>, labels: &[(&str, &str); N], value: V) -> fmt::Result
where
    ConstGauge<V>: EncodeMetric,
{
    ConstGauge::new(value).encode(gauge.encode_family(labels)?)
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
