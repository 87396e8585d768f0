//! Alerts: Prometheus takes the rules, they fire when they should, they ask for what is there, and somebody has written down what to do.

use super::{documented, promtool, read, root, words};
use cloud_steward::reason::Reason;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

const RULES: &str = "charts/cloud-steward/files/alerts.yaml";
const TESTS: [&str; 3] = ["alive_test.yaml", "objects_test.yaml", "others_test.yaml"];
const DOCS: &str = "https://github.com/cloud-steward/cloud-steward/blob/main/docs/";

fn alerts() -> Vec<Value> {
    let file: Value = serde_saphyr::from_str(&read(RULES)).expect("YAML");
    file["groups"].as_array().into_iter().flatten().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect()
}

fn text<'a>(alert: &'a Value, path: &str) -> &'a str {
    alert.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn names() -> BTreeSet<String> {
    alerts().iter().map(|alert| text(alert, "/alert").to_owned()).collect()
}

#[test]
fn prometheus_takes_the_rules_and_each_fires_when_it_has_lasted_and_not_before() {
    promtool(&root(), &["check", "rules", RULES], "");
    let mut arguments = vec!["test", "rules"];
    arguments.extend(TESTS);
    promtool(&root().join("tests/alerts"), &arguments, "");

    let tested: Vec<Value> =
        TESTS.iter().map(|file| serde_saphyr::from_str(&read(&format!("tests/alerts/{file}"))).expect("YAML")).collect();
    let cases = || {
        tested
            .iter()
            .flat_map(|file| file["tests"].as_array().into_iter().flatten())
            .flat_map(|case| case["promql_expr_test"].as_array().into_iter().flatten())
    };
    for name in names() {
        let of_it = |case: &&Value| text(case, "/expr").contains(&format!("alertname=\"{name}\",alertstate=\"firing\""));
        let fires = cases().filter(of_it).filter(|case| case["exp_samples"].as_array().is_some_and(|samples| !samples.is_empty())).count();
        assert!(fires >= 1 && cases().filter(of_it).count() > fires, "{name}: a case in which it fires, and one in which it does not");
    }
}

#[test]
fn alerts_and_their_tests_ask_for_numbers_and_words_that_there_are() {
    for alert in alerts() {
        let (name, expression) = (text(&alert, "/alert"), text(&alert, "/expr"));
        let unknown = words::unknown(expression, &documented());
        assert!(unknown.is_empty(), "{name} asks for what there is not: {unknown:?}");
    }
    for file in TESTS {
        let unknown = words::unknown(&read(&format!("tests/alerts/{file}")), &documented());
        assert!(unknown.is_empty(), "{file} tests what there is not: {unknown:?}");
    }
}

#[test]
fn each_alert_says_what_it_is_about_and_leads_to_a_paragraph_that_says_what_to_do() {
    let page = read("docs/alerts.md");
    let paragraphs: BTreeSet<String> = page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    assert_eq!(paragraphs, names());
    for paragraph in page.split("\n## ").skip(1) {
        let (name, body) = paragraph.split_once('\n').unwrap_or_default();
        assert!(body.contains("```console\n"), "{name} has no command to look with");
        assert!(page.contains(&format!("| [{name}](#{}) |", name.to_lowercase())), "{name} is not in the table");
    }
    let anchor = Regex::new(r"^(alerts|runbook)\.md#([a-z]+)$").expect("a pattern");
    for alert in alerts() {
        let name = text(&alert, "/alert");
        assert!(["critical", "warning", "info"].contains(&text(&alert, "/labels/severity")), "{name}");
        assert!(page.contains(&format!(") | {} |", text(&alert, "/labels/severity"))), "{name}");
        assert!(text(&alert, "/annotations/summary").ends_with('.') && !text(&alert, "/annotations/description").is_empty(), "{name}");
        assert!(!text(&alert, "/for").is_empty(), "{name} waits for nothing");
        let link = text(&alert, "/annotations/runbook_url").strip_prefix(DOCS).unwrap_or_default();
        let by_reason = "runbook.md#{{ $labels.reason | toLower }}";
        match anchor.captures(link) {
            Some(found) if &found[1] == "alerts" => assert_eq!(found[2], name.to_lowercase()),
            Some(found) => assert!(words::reasons().iter().any(|reason| reason.to_lowercase() == found[2]), "{name} leads to {link}"),
            None => assert!(link.contains(by_reason) && text(&alert, "/expr").contains("reason"), "{name} leads to {link}"),
        }
    }
    let linked = Regex::new(r"\[(\w+)\]\(runbook\.md#(\w+)\)").expect("a pattern");
    for found in linked.captures_iter(&page) {
        let is_reason = serde_json::from_value::<Reason>(found[1].into()).is_ok_and(|reason| reason.as_str() == &found[1]);
        assert!(is_reason && found[1].to_lowercase() == found[2], "{}", &found[0]);
    }
}
