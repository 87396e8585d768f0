//! Each leaf by itself: written under one name, read under another. `eci-fields.tsv` tells which.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use steward_cloudsim::Simulator;

use super::{create, describe, modify, set};
use crate::client::{Client, demo, simulator};

struct Leaf {
    request: &'static str,
    kind: &'static str,
    answer: Option<&'static str>,
    answer_kind: &'static str,
    create: Option<&'static str>,
}

fn leaves() -> Vec<Leaf> {
    let there = |name: &'static str| Some(name).filter(|name| *name != "-");
    let rows = include_str!("../../eci-fields.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| match row.split('\t').collect::<Vec<_>>()[..] {
        [request, kind, answer, answer_kind, create] => Leaf { request, kind, answer: there(answer), answer_kind, create: there(create) },
        _ => panic!("{row}"),
    })
    .collect()
}

/// `A.1.B.2` as `A[].B[]`, and the numbers.
fn pattern(name: &str) -> (String, Vec<usize>) {
    let mut numbers = Vec::new();
    let mut pattern = String::new();
    for part in name.split('.') {
        if let Ok(number) = part.parse() {
            numbers.push(number);
            pattern.push_str("[]");
        } else {
            pattern.push_str(if pattern.is_empty() { "" } else { "." });
            pattern.push_str(part);
        }
    }
    (pattern, numbers)
}

fn at<'a>(answer: &'a Value, path: &str, numbers: &[usize]) -> &'a Value {
    let mut numbers = numbers.iter();
    path.split('.').fold(answer, |place, part| match part.strip_suffix("[]") {
        Some(list) => &place[list][numbers.next().unwrap() - 1],
        None => &place[part],
    })
}

/// What a text on the wire is in an answer.
fn value(text: &str, kind: &str) -> Value {
    match kind {
        "string" => json!(text),
        "boolean" => json!(text == "true"),
        "float32" => json!(text.parse::<f64>().unwrap()),
        _ => json!(text.parse::<i64>().unwrap()),
    }
}

/// One value for each leaf, by its name on the wire; in each list there is one entry.
fn one_of_each(name: impl Fn(&Leaf) -> Option<&'static str>) -> Vec<(String, String)> {
    let mut number = 6;
    let mut text_of = |leaf: &Leaf| {
        number += 1;
        match (leaf.request, leaf.kind) {
            ("SpotStrategy", _) => "SpotWithPriceLimit".to_owned(),
            (_, "string") => format!("the {number}th & last"),
            (_, "boolean") => "true".to_owned(),
            (_, "float32") => format!("{number}.1"),
            _ => number.to_string(),
        }
    };
    let wire = |leaf: &Leaf| Some(name(leaf)?.replace("[]", ".1"));
    let meant = |leaf: &&Leaf| leaf.answer.is_some() && leaf.request != "ScalingConfigurationId";
    leaves().iter().filter(meant).filter_map(|leaf| Some((wire(leaf)?, text_of(leaf)))).collect()
}

fn assert_read_back(answer: &Value, pairs: &[(String, String)], name: impl Fn(&Leaf) -> Option<&'static str>) {
    let by_name: BTreeMap<&str, Leaf> = leaves().into_iter().filter_map(|leaf| Some((name(&leaf)?, leaf))).collect();
    for (wire, text) in pairs {
        let (pattern, numbers) = pattern(wire);
        let leaf = by_name.get(pattern.as_str()).unwrap_or_else(|| panic!("{wire} is in the table"));
        let Some(path) = leaf.answer else { continue };
        assert_eq!(at(answer, path, &numbers), &value(text, leaf.answer_kind), "{wire}");
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

#[test]
fn whatever_a_modify_sets_reads_back_under_the_name_and_type_of_the_answer() {
    let (_simulator, client) = demo();
    let pairs = one_of_each(|leaf| Some(leaf.request));
    assert_eq!(pairs.len(), 153);
    assert_eq!(modify(&client, "asc-1", &borrowed(&pairs)).code(), "ok");
    assert_read_back(&describe(&client, "asc-1"), &pairs, |leaf| Some(leaf.request));
}

#[test]
fn whatever_a_create_sets_in_its_own_names_reads_back_too() {
    let (simulator, client) = demo();
    set(&simulator, &json!({ "strictParameters": true }));
    let pairs = one_of_each(|leaf| leaf.create);
    assert_eq!(pairs.len(), 153);
    let id = create(&client, &borrowed(&pairs));
    assert_read_back(&describe(&client, &id), &pairs, |leaf| leaf.create);
    let modified = one_of_each(|leaf| Some(leaf.request));
    let names_differ = pairs.iter().filter(|pair| !modified.contains(pair)).count();
    assert_eq!(names_differ, 8, "the two operations do not name everything alike");
}

#[test]
fn the_recorded_requests_arrive_as_they_were_meant() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for name in ["maximal", "floats", "empty-and-false", "special-characters", "unicode", "twelve-containers", "minimal", "sts-token"] {
        let (simulator, client) = (blank(), Client::at(""));
        let client = Client { host: simulator.url().trim_start_matches("http://").to_owned(), ..client };
        let text = std::fs::read(folder.join(format!("ess-modify-{name}.json"))).unwrap();
        let vector: Value = serde_json::from_slice(&text).unwrap();
        let rows = vector["flat"].as_array().unwrap().iter();
        let all: Vec<(String, String)> = rows.map(|row| (string(&row[0]), string(&row[2]))).collect();
        let pairs: Vec<(String, String)> = all.into_iter().filter(|(name, _)| name != "ScalingConfigurationId").collect();
        assert_eq!(modify(&client, "asc-blank", &borrowed(&pairs)).code(), "ok", "{name}");
        assert_read_back(&describe(&client, "asc-blank"), &pairs, |leaf| Some(leaf.request));
    }
}

fn blank() -> Simulator {
    simulator(
        "{accounts: [{id: '1', keys: [{id: demoAccessKeyId, secret: demoAccessKeySecret}]}], regions: [cn-hangzhou], \
         scalingGroups: [{id: asg-1}], scalingConfigurations: [{id: asc-blank, group: asg-1}]}",
    )
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn floats_have_single_precision_and_are_written_as_short_as_it_allows() {
    let (_simulator, client) = demo();
    for (sent, read) in [("0.1", "0.1"), ("2", "2.0"), ("2.0", "2.0"), ("0.123456789", "0.12345679"), ("16777217", "16777216.0")] {
        assert_eq!(modify(&client, "asc-1", &[("Cpu", sent)]).code(), "ok");
        assert_eq!(describe(&client, "asc-1")["Cpu"].to_string(), read, "{sent}");
    }
}

#[test]
fn numbers_of_64_bits_come_back_as_far_as_the_answer_has_room() {
    let (_simulator, client) = demo();
    let large = "3000000000";
    let fields = ["ActiveDeadlineSeconds", "EgressBandwidth", "InitContainers.1.SecurityContext.RunAsUser"];
    assert_eq!(modify(&client, "asc-1", &fields.map(|name| (name, large))).code(), "ok");
    let answer = describe(&client, "asc-1");
    assert_eq!(answer["ActiveDeadlineSeconds"], i32::MAX);
    assert_eq!(answer["EgressBandwidth"], 3_000_000_000_u64);
    assert_eq!(answer["InitContainers"][0]["SecurityContextRunAsUser"], large);
}

#[test]
fn the_limit_of_a_price_reads_back_only_where_it_counts() {
    let (_simulator, client) = demo();
    modify(&client, "asc-1", &[("SpotPriceLimit", "0.025"), ("SpotStrategy", "SpotAsPriceGo")]);
    assert_eq!(describe(&client, "asc-1")["SpotPriceLimit"], json!(null));
    modify(&client, "asc-1", &[("SpotStrategy", "SpotWithPriceLimit")]);
    assert_eq!(describe(&client, "asc-1")["SpotPriceLimit"], json!(0.025));
}
