//! What the process itself takes: memory and processor time, under the names that every other program gives them.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use std::fmt;

/// What `/proc` counts processor time in, on every architecture that Linux has today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc/self` when somebody asks; says nothing where there is none.
#[derive(Debug)]
pub(crate) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        if let Some(bytes) = resident(&read("status")) {
            let help = "Memory that the process has at this moment";
            let memory = encoder.encode_descriptor("process_resident_memory", help, Some(&Unit::Bytes), MetricType::Gauge)?;
            ConstGauge::new(bytes).encode(memory)?;
        }
        if let Some(seconds) = processor_time(&read("stat")) {
            let help = "Processor time that the process has used";
            let time = encoder.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), MetricType::Counter)?;
            ConstCounter::new(seconds).encode(time)?;
        }
        Ok(())
    }
}

/// `VmRSS:   12345 kB`
fn resident(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The fourteenth and fifteenth word; the second is the program's name, in parentheses, and may be anything.
fn processor_time(stat: &str) -> Option<f64> {
    let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || words.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_time_are_read_whatever_the_program_is_called() {
        assert_eq!(resident("Name:\tsteward\nVmRSS:\t   20480 kB\nThreads:\t4\n"), Some(20_971_520));
        let stat = "1 (a) 7 (b)) S 0 1 1 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 4 0 100 1 1";
        assert_eq!(processor_time(stat), Some(2.0));
        assert_eq!((resident(""), processor_time("")), (None, None));
    }
}
