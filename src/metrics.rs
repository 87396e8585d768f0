//! Every metric there is, by name and label. Labels are closed words: kinds, operations, codes, reasons; never ids or free text.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use prometheus_client::registry::Registry;

/// The registry and the handles into it.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub cloud_calls: Family<CallLabels, Counter>,
    pub cloud_call_seconds: Family<OperationLabels, Histogram>,
    pub unknown_codes: Family<OperationLabels, Counter>,
    pub batch_size: Family<OperationLabels, Histogram>,
    pub passes: Family<PassLabels, Counter>,
    pub pass_seconds: Family<KindLabels, Histogram>,
    pub watch_errors: Family<KindLabels, Counter>,
    pub orphans_released: Family<KindLabels, Counter>,
    pub events_dropped: Counter,
    pub leader: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct CallLabels {
    pub service: &'static str,
    pub operation: &'static str,
    pub code: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct OperationLabels {
    pub service: &'static str,
    pub operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct KindLabels {
    pub kind: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct PassLabels {
    pub kind: String,
    /// `done` or `panicked`.
    pub outcome: &'static str,
}

const SECONDS: [f64; 11] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
const SIZES: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0];

impl Metrics {
    /// The registry with all metrics and what is collected only when somebody asks.
    pub fn new(collectors: Vec<Box<dyn Collector>>) -> Self {
        let mut registry = Registry::with_prefix("steward");
        for collector in collectors {
            registry.register_collector(collector);
        }
        let mut metrics = Self {
            registry: Registry::default(),
            cloud_calls: Family::default(),
            cloud_call_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            unknown_codes: Family::default(),
            batch_size: Family::new_with_constructor(|| Histogram::new(SIZES)),
            passes: Family::default(),
            pass_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            watch_errors: Family::default(),
            orphans_released: Family::default(),
            events_dropped: Counter::default(),
            leader: Gauge::default(),
        };
        registry.register(
            "cloud_calls",
            "Calls to a cloud, by the code of the answer (OK, the cloud's own code, or how the connection failed)",
            metrics.cloud_calls.clone(),
        );
        registry.register(
            "cloud_call_seconds",
            "Time from the first byte of a call to the last of its answer",
            metrics.cloud_call_seconds.clone(),
        );
        registry.register("unknown_codes", "Answers with a code that the catalogue does not have", metrics.unknown_codes.clone());
        registry.register("batch_size", "How many objects' reads went into one call", metrics.batch_size.clone());
        registry.register("passes", "Passes over objects", metrics.passes.clone());
        registry.register("pass_seconds", "Time of a pass, waits for permits and batches included", metrics.pass_seconds.clone());
        registry.register("watch_errors", "Errors of the watches on the API server", metrics.watch_errors.clone());
        registry.register(
            "orphans_released",
            "Objects let go because their namespace and their credential went",
            metrics.orphans_released.clone(),
        );
        registry.register("events_dropped", "Events that were not written because too many were waiting", metrics.events_dropped.clone());
        registry.register("leader", "1 on the replica that acts", metrics.leader.clone());
        metrics.registry = registry;
        metrics
    }

    /// OpenMetrics text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
