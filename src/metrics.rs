//! What is counted as it happens; what is counted when somebody asks is in `gauges`. Labels are closed words: kinds, operations, codes, reasons; never
//! free text. Names of objects are in `gauges` alone, and bounded there.

use crate::process::Process;
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
    pub cloud_errors: Family<ErrorLabels, Counter>,
    pub unknown_codes: Family<OperationLabels, Counter>,
    pub batch_size: Family<OperationLabels, Histogram>,
    pub passes: Family<PassLabels, Counter>,
    pub pass_seconds: Family<KindLabels, Histogram>,
    pub watch_errors: Family<KindLabels, Counter>,
    pub drift_corrections: Family<KindLabels, Counter>,
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
pub struct ErrorLabels {
    pub service: &'static str,
    pub operation: &'static str,
    pub class: &'static str,
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
struct VersionLabels {
    version: &'static str,
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
        let mut all = Registry::default();
        all.register_collector(Box::new(Process));
        let registry = all.sub_registry_with_prefix("steward");
        for collector in collectors {
            registry.register_collector(collector);
        }
        let metrics = Self {
            registry: Registry::default(),
            cloud_calls: Family::default(),
            cloud_call_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            cloud_errors: Family::default(),
            unknown_codes: Family::default(),
            batch_size: Family::new_with_constructor(|| Histogram::new(SIZES)),
            passes: Family::default(),
            pass_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            watch_errors: Family::default(),
            drift_corrections: Family::default(),
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
        registry.register(
            "cloud_errors",
            "Calls to a cloud that did not do what they should, by what kind of error it was",
            metrics.cloud_errors.clone(),
        );
        registry.register("unknown_codes", "Answers with a code that the catalogue does not have", metrics.unknown_codes.clone());
        registry.register("batch_size", "How many objects' reads went into one call", metrics.batch_size.clone());
        registry.register("passes", "Passes over objects", metrics.passes.clone());
        registry.register("pass_seconds", "Time of a pass, waits for permits and batches included", metrics.pass_seconds.clone());
        registry.register("watch_errors", "Errors of the watches on the API server", metrics.watch_errors.clone());
        registry.register(
            "drift_corrections",
            "How often something was set right again that somebody else had changed",
            metrics.drift_corrections.clone(),
        );
        registry.register(
            "orphans_released",
            "Objects let go because their namespace and their credential went",
            metrics.orphans_released.clone(),
        );
        registry.register("events_dropped", "Events that were not written because too many were waiting", metrics.events_dropped.clone());
        registry.register("leader", "1 on the replica that acts", metrics.leader.clone());
        let build: Family<VersionLabels, Gauge> = Family::default();
        build.get_or_create(&VersionLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build_info", "Which release this is", build);
        Self { registry: all, ..metrics }
    }

    /// The numbers of a kind, at zero: of what appears with its first event, Prometheus sees no increase.
    pub fn begin(&self, kind: &str) {
        let labels = KindLabels { kind: kind.to_owned() };
        for outcome in ["done", "panicked"] {
            self.passes.get_or_create(&PassLabels { kind: kind.to_owned(), outcome }).inc_by(0);
        }
        for counter in [&self.watch_errors, &self.drift_corrections, &self.orphans_released] {
            counter.get_or_create(&labels).inc_by(0);
        }
    }

    /// OpenMetrics text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
