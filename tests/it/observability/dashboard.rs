//! The dashboard: Grafana can read it, Prometheus can read each query in it, and each query asks for what a scrape brings.

use super::{documented, promtool, read, words};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn dashboard() -> Value {
    serde_json::from_str(&read("charts/cloud-steward/files/dashboard.json")).expect("JSON")
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value[field].as_array().into_iter().flatten()
}

/// Title and query, as Prometheus gets it once Grafana has put in what was chosen.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for panel in list(dashboard, "panels") {
        for target in list(panel, "targets") {
            let chosen = target["expr"].as_str().expect("a query").replace("$__rate_interval", "5m").replace("$__range", "1h");
            let chosen = ["cluster", "namespace", "kind"].iter().fold(chosen, |query, name| query.replace(&format!("${name}"), ".*"));
            assert!(!chosen.contains('$'), "{}: a variable that there is not: {chosen}", panel["title"]);
            queries.push((panel["title"].to_string(), chosen));
        }
    }
    queries
}

#[test]
fn each_query_can_be_read_and_asks_for_what_there_is() {
    let queries = queries(&dashboard());
    assert!(queries.len() > 20);
    for (title, query) in &queries {
        let unknown = words::unknown(query, &documented());
        assert!(unknown.is_empty(), "{title} asks for what there is not: {unknown:?}");
    }
    let numbered = queries.iter().enumerate();
    let rules: Vec<Value> = numbered.map(|(number, (_, query))| json!({"record": format!("panel:{number}"), "expr": query})).collect();
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("queries.yaml"), json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string())
        .expect("a disk");
    promtool(directory.path(), &["check", "rules", "queries.yaml"], "");
}

#[test]
fn all_panels_have_a_place_a_title_a_unit_and_the_chosen_data_source() {
    let dashboard = dashboard();
    let variables: BTreeSet<&str> = list(&dashboard["templating"], "list").filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(variables, ["cluster", "datasource", "kind", "namespace"].into());
    assert!(dashboard["schemaVersion"].as_i64() >= Some(39) && dashboard["id"].is_null() && dashboard["uid"].is_string());
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in list(&dashboard, "panels") {
        let title = panel["title"].as_str().filter(|title| !title.is_empty()).expect("a title");
        assert!(ids.insert(panel["id"].as_i64().expect("an id")), "{title} has another's id");
        let place = |side: &str| panel["gridPos"][side].as_u64().expect("a place");
        assert!(place("x") + place("w") <= 24, "{title} sticks out");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{title} lies on another");
            }
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title} does not say what it shows");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        assert_eq!(panel["datasource"], json!({"type": "prometheus", "uid": "${datasource}"}), "{title}");
        assert!(list(panel, "targets").next().is_some(), "{title} asks for nothing");
    }
}
