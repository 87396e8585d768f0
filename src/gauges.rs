//! What is counted only when somebody asks: objects by reason, how fresh they are, who waits for a permit.

use crate::ambient::Clock;
use crate::cloud::budget::Budget;
use crate::reconcile::memory::Memory;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A kind's name, and what is remembered of its objects.
type OfKind = (String, Arc<Memory>);

/// Asks the rooms that know.
#[derive(Clone)]
pub struct Gauges {
    budget: Arc<Budget>,
    clock: Clock,
    memories: Arc<Mutex<Vec<OfKind>>>,
}

impl Gauges {
    pub fn new(budget: Arc<Budget>, clock: Clock) -> Self {
        Self { budget, clock, memories: Arc::default() }
    }

    /// The objects of one more kind.
    pub fn watch(&self, kind: &str, memory: Arc<Memory>) {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner).push((kind.to_owned(), memory));
    }
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut objects = encoder.encode_descriptor(
            "objects",
            "Objects by kind and by the reason of their Ready condition",
            None,
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        for (kind, memory) in &memories {
            for (reason, count) in memory.by_reason() {
                let labels = [("kind", kind.as_str()), ("reason", reason.as_str())];
                ConstGauge::new(count).encode(objects.encode_family(&labels)?)?;
            }
        }
        let mut ages = encoder.encode_descriptor(
            "oldest_sync",
            "How long ago the object that has waited longest was compared with the cloud",
            Some(&Unit::Seconds),
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        for (kind, memory) in &memories {
            if let Some(age) = memory.oldest_look(self.clock.now()) {
                ConstGauge::new(age.as_secs_f64()).encode(ages.encode_family(&[("kind", kind.as_str())])?)?;
            }
        }
        let waits = self.budget.waits();
        let mut waiting = encoder.encode_descriptor(
            "permits_waiting",
            "Calls that wait for a permit at this moment",
            None,
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        for wait in &waits {
            let labels = [("service", wait.operation.service), ("operation", wait.operation.name), ("lane", wait.lane.as_str())];
            ConstGauge::new(i64::try_from(wait.waiting).unwrap_or(i64::MAX)).encode(waiting.encode_family(&labels)?)?;
        }
        let mut waited = encoder.encode_descriptor(
            "throttle_wait",
            "Time that calls have waited for a permit",
            Some(&Unit::Seconds),
            prometheus_client::metrics::MetricType::Counter,
        )?;
        for wait in &waits {
            let labels = [("service", wait.operation.service), ("operation", wait.operation.name), ("lane", wait.lane.as_str())];
            ConstCounter::new(wait.waited_for.as_secs_f64()).encode(waited.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
