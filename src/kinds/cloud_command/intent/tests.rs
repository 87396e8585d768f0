use super::*;
use serde_json::Value;

const VECTORS: &str = "tests/data/intent-vectors.json";

fn vectors() -> Vec<Value> {
    let file = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(VECTORS)).unwrap();
    serde_json::from_str::<Value>(&file).unwrap()["vectors"].as_array().unwrap().clone()
}

fn hash_of(spec: &Value) -> String {
    intent_hash(&serde_json::from_value(spec.clone()).unwrap())
}

#[test]
fn a_fingerprint_never_changes_from_release_to_release() {
    let vectors = vectors();
    assert!(vectors.len() >= 12);
    for vector in &vectors {
        assert_eq!(hash_of(&vector["spec"]), vector["intentHash"], "{}: {}", vector["what"], vector["spec"]);
    }
    let mut distinct: Vec<_> = vectors.iter().map(|vector| vector["intentHash"].as_str().unwrap()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), vectors.len());
}

#[test]
fn the_document_is_written_with_sorted_names_and_no_spaces() {
    let spec = json!({"targets": {"instanceIds": ["i-2", "i-1"]}, "command": {"type": "RunShellScript", "content": "say \"hä\"\n\u{1}"}});
    let mut text = String::new();
    write_sorted(&document(&serde_json::from_value(spec).unwrap()), &mut text);
    assert_eq!(
        text,
        r#"{"command":{"content":"say \"hä\"\n\u0001","contentEncoding":"PlainText","enableParameter":false,"keepCommand":false,"type":"RunShellScript"},"repeatMode":"Once","targets":{"instanceIds":["i-1","i-2"]}}"#
    );
}

#[test]
fn how_a_run_goes_is_no_part_of_it() {
    let conduct = [
        ("credentialRef", json!({"name": "prod"})),
        ("region", json!("cn-hangzhou")),
        ("window", json!({"notBefore": "2030-01-31T02:00:00Z", "notAfter": "2030-01-31T03:00:00Z"})),
        ("rollout", json!({"maxConcurrent": "10%", "maxFailures": 3})),
        ("onUnfitTarget", json!("Skip")),
        ("output", json!({"capture": "None", "tailBytes": 1, "on": "Failure"})),
        ("resultsTTL", json!("24h")),
        ("deletionPolicy", json!("Retain")),
        ("cancel", json!(true)),
        ("suspend", json!(true)),
    ];
    for vector in vectors() {
        for (field, value) in &conduct {
            let mut spec = vector["spec"].clone();
            spec[*field] = value.clone();
            assert_eq!(hash_of(&spec), vector["intentHash"], "{field}");
        }
    }
}

#[test]
fn neither_the_order_of_lists_that_have_none_nor_a_written_default_changes_it() {
    for vector in vectors() {
        let mut spec = vector["spec"].clone();
        for list in ["/parameters", "/tags", "/targets/instanceIds", "/targets/resourceTags", "/targets/instanceSelector/tags"] {
            if let Some(Value::Array(list)) = spec.pointer_mut(list) {
                list.reverse();
            }
        }
        let defaults = [("contentEncoding", json!("PlainText")), ("keepCommand", json!(false)), ("enableParameter", json!(false))];
        for (field, default) in defaults {
            if spec["command"][field].is_null() {
                spec["command"][field] = default;
            }
        }
        if spec["repeatMode"].is_null() {
            spec["repeatMode"] = json!("Once");
        }
        assert_eq!(hash_of(&spec), vector["intentHash"], "{spec}");
    }
}

/// Every leaf below what is covered, one after the other.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(place, value)| leaves(value, &format!("{path}/{place}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.to_owned()),
    }
}

#[test]
fn every_word_of_what_runs_is_part_of_it() {
    let mut changed = 0;
    for vector in vectors() {
        let mut paths = Vec::new();
        leaves(&vector["spec"], "", &mut paths);
        for path in paths {
            let mut spec = vector["spec"].clone();
            let leaf = spec.pointer_mut(&path).unwrap();
            *leaf = match &*leaf {
                Value::Bool(value) => json!(!*value),
                Value::Number(value) => json!(value.as_i64().unwrap() + 1),
                Value::String(word) if word == "RunShellScript" => json!("RunBatScript"),
                Value::String(word) if word == "Base64" => json!("PlainText"),
                Value::String(word) if matches!(word.as_str(), "Period" | "EveryReboot" | "NextRebootOnly") => json!("Once"),
                Value::String(word) if word == "ProcessTree" => json!("Process"),
                Value::String(word) if word.starts_with("Run") => json!("RunShellScript"),
                Value::String(word) => json!(format!("{word}x")),
                Value::Null | Value::Array(_) | Value::Object(_) => unreachable!("a leaf"),
            };
            assert_ne!(hash_of(&spec), vector["intentHash"], "{path} of {}", vector["what"]);
            changed += 1;
        }
    }
    assert!(changed > 60, "{changed}");
}
