//! Which names of metrics and labels, and which words of labels, a query may use: those that a scrape can bring.

use super::Documented;
use cloud_steward::cloud::budget::Lane;
use cloud_steward::cloud::{alibaba, huawei};
use cloud_steward::reconcile::census::UNSEEN;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Whatever Prometheus itself, or whoever scrapes, adds.
const OF_TARGETS: [&str; 8] = ["cluster", "job", "pod", "namespace", "instance", "container", "le", "alertname"];
/// The kubelet's.
const OF_CONTAINERS: [&str; 3] =
    ["container_memory_working_set_bytes", "container_cpu_usage_seconds_total", "kube_pod_container_resource_limits"];

/// Everything that a reason may be.
pub(super) fn reasons() -> Vec<String> {
    let source = super::read("src/reason.rs");
    let word = Regex::new(r#"Self::\w+ => "(\w+)""#).expect("a pattern");
    let words: Vec<String> = word.captures_iter(&source).map(|found| found[1].to_owned()).collect();
    assert!(words.len() > 40, "{words:?}");
    words
}

/// The words of this label, if they are from a closed list.
fn closed(label: &str) -> Option<BTreeSet<String>> {
    let operations = || alibaba::OPERATIONS.iter().chain(&huawei::OPERATIONS);
    let words: BTreeSet<String> = match label {
        "reason" => reasons().into_iter().chain([UNSEEN.to_owned()]).collect(),
        "kind" => cloud_steward::api::crds().into_iter().map(|crd| crd.spec.names.kind).collect(),
        "service" => operations().map(|operation| operation.service.to_owned()).collect(),
        "operation" => operations().map(|operation| operation.name.to_owned()).collect(),
        "lane" => Lane::ALL.iter().map(|lane| lane.as_str().to_owned()).collect(),
        "outcome" => ["done", "panicked"].map(str::to_owned).into(),
        _ => return None,
    };
    Some(words)
}

/// What of a text of queries no scrape can bring: metrics, labels of metrics, words of labels.
pub(super) fn unknown(text: &str, documented: &BTreeMap<String, Documented>) -> Vec<String> {
    let mut unknown = Vec::new();
    let metric = Regex::new(r"\b((?:steward|process|container|kube)_[a-z_]+)\b(?:\{([^}]*)\})?").expect("a pattern");
    let matcher = Regex::new(r#"(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)""#).expect("a pattern");
    let mut asked = 0;
    for found in metric.captures_iter(text) {
        let name = &found[1];
        asked += 1;
        if OF_CONTAINERS.contains(&name) {
            continue;
        }
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        let Some(known) = documented.get(base).or_else(|| documented.get(name)) else {
            unknown.push(name.to_owned());
            continue;
        };
        for matched in matcher.captures_iter(found.get(2).map_or("", |labels| labels.as_str())) {
            let (label, value) = (&matched[1], &matched[2]);
            if !known.labels.contains(label) && !OF_TARGETS.contains(&label) {
                unknown.push(format!("{name}: label {label}"));
            }
            let Some(words) = closed(label).filter(|_| !value.contains('$') && value != ".*") else { continue };
            unknown.extend(value.split('|').filter(|word| !words.contains(*word)).map(|word| format!("{name}: {label}={word}")));
        }
    }
    assert!(asked > 0 || !text.contains('{'), "{text} asks for nothing");
    unknown
}
