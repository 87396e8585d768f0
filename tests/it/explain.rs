//! `steward explain`, as people type it: no cluster, no cloud, no configuration.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn explain(arguments: &[&str]) -> Output {
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR"));
    Command::new(env!("CARGO_BIN_EXE_steward"))
        .arg("explain")
        .args(arguments)
        .env_clear()
        .current_dir(nowhere)
        .output()
        .expect("steward runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn entries(answer: &Output) -> Vec<Value> {
    serde_json::from_slice(&answer.stdout).expect("an array")
}

/// What it prints, when all is well.
fn told(arguments: &[&str]) -> String {
    let answer = explain(arguments);
    assert!(answer.status.success() && answer.stderr.is_empty(), "{}", text(&answer.stderr));
    text(&answer.stdout).to_owned()
}

#[test]
fn a_code_is_explained_with_what_to_do() {
    let told = told(&["InvalidInstanceId.AlreadyExists"]);
    for words in
        ["InvalidInstanceId.AlreadyExists\n", "ecs JoinSecurityGroup, HTTP 403\n", "class     Ok, shown as InSync\n", "acted     no"]
    {
        assert!(told.contains(words), "{words:?} in:\n{told}");
    }
    for word in ["meaning", "steward", "you"] {
        assert_eq!(told.matches(&format!("    {word:<10}")).count(), 1, "{word} in:\n{told}");
    }
    assert!(!told.contains('\u{1b}'), "no colour where no terminal is");
}

#[test]
fn a_code_with_two_meanings_is_told_by_place() {
    let told = told(&["InvalidScalingConfigurationId.NotFound"]);
    assert_eq!(told.matches("InvalidScalingConfigurationId.NotFound\n").count(), 1);
    let places = ["ess any operation, HTTP 404", "ess DeleteEciScalingConfiguration, HTTP 404"];
    assert!(places.iter().all(|place| told.contains(place)), "{told}");
    assert!(told.contains("class     Ok,") && told.contains("class     NotFound,"), "{told}");
}

#[test]
fn json_has_an_entry_for_each_place() {
    let answer = explain(&["-o", "json", "AclLimitExceed", "systembusy"]);
    assert!(answer.status.success());
    let entries = entries(&answer);
    let places: Vec<_> = entries.iter().map(|entry| (entry["operation"].as_str(), entry["httpStatus"].as_u64())).collect();
    assert_eq!(places, [(Some("JoinSecurityGroup"), Some(403)), (Some("ModifyInstanceAttribute"), Some(403)), (None, None)]);
    for entry in &entries {
        let keys: Vec<_> = entry.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = ["service", "operation", "code", "httpStatus", "class", "acted", "reason", "meaning", "hint", "runbook"];
        expected.sort_unstable();
        let mut keys = keys;
        keys.sort_unstable();
        assert_eq!(keys, expected);
    }
}

#[test]
fn an_unknown_code_is_answered_with_its_neighbours() {
    let table = [
        ("InvalidInstanceId.NotFond", "InvalidInstanceId.NotFound"),
        ("AlreadyExists", "InvalidInstanceId.AlreadyExists"),
        ("InvalidParameter.Colour", "InvalidParameter"),
    ];
    for (code, near) in table {
        let answer = explain(&[code]);
        assert_eq!((answer.status.code(), text(&answer.stdout)), (Some(1), ""));
        let complaint = text(&answer.stderr);
        assert!(complaint.contains("unknown code") && complaint.contains("did you mean") && complaint.contains(near), "{complaint}");
    }
    let answer = explain(&["Nothing.Like.It.Anywhere.At.All"]);
    assert!(answer.status.code() == Some(1) && text(&answer.stderr).contains("--list"));
    let answer = explain(&["-o", "json", "Brand.New"]);
    assert_eq!((answer.status.code(), text(&answer.stdout).trim()), (Some(1), "[]"));
}

#[test]
fn what_is_known_is_told_although_something_is_not() {
    let answer = explain(&["Throttling", "Brand.New", "SystemBusy"]);
    assert_eq!(answer.status.code(), Some(1));
    let told = text(&answer.stdout);
    assert!(told.contains("Throttling\n") && told.contains("SystemBusy\n") && text(&answer.stderr).contains("Brand.New"), "{told}");
}

#[test]
fn all_codes_are_listed_and_a_service_by_itself() {
    let all = told(&["--list"]);
    assert!(all.lines().count() > 180, "{} lines", all.lines().count());
    assert!(all.lines().all(|line| line.split_whitespace().count() == 3 && line.len() <= 96));
    let answer = explain(&["--list", "-o", "json", "--service", "STS"]);
    let entries = entries(&answer);
    assert!(entries.len() > 15 && entries.iter().all(|entry| entry["service"] == "sts"));
    assert_eq!(told(&["--service", "sts"]), told(&["--list", "--service", "sts"]));
}

#[test]
fn an_unknown_service_is_answered_with_those_there_are() {
    let answer = explain(&["--list", "-o", "json", "--service", "s4"]);
    assert_eq!((answer.status.code(), text(&answer.stdout).trim()), (Some(1), "[]"));
    assert!(["common", "ecs", "ess", "sts"].iter().all(|service| text(&answer.stderr).contains(service)), "{}", text(&answer.stderr));
    let answer = explain(&["AclLimitExceed", "--service", "sts"]);
    assert_eq!(answer.status.code(), Some(1));
    assert!(text(&answer.stderr).contains("no code of sts, but of ecs"), "{}", text(&answer.stderr));
}

#[test]
fn the_fields_that_hints_about_scaling_configurations_name_exist() {
    let crd = cloud_steward::api::crds().into_iter().find(|crd| crd.spec.names.kind == "EciScalingConfig").expect("the kind");
    let schema = serde_json::to_value(&crd.spec.versions[0].schema).expect("JSON")["openAPIV3Schema"].clone();
    let exists = |field: &str| {
        let found = field.split('.').try_fold(&schema, |schema, name| schema["properties"].get(name));
        found.is_some()
    };
    let told = entries(&explain(&["--list", "-o", "json", "--service", "ess"]));
    let words: Vec<&str> = told
        .iter()
        .flat_map(|entry| ["meaning", "hint"].map(|key| entry[key].as_str().unwrap_or_default()))
        .flat_map(str::split_whitespace)
        .collect();
    let named: Vec<&str> =
        words.iter().map(|word| word.trim_matches([',', ';', ':', '.'])).filter(|word| word.starts_with("spec.")).collect();
    assert!(named.len() > 8, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|field| !exists(field)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(["spec.deletionPolicy", "spec.managementPolicy"].into_iter().all(exists), "hints write these with their values");
}

#[test]
fn a_reason_is_explained_with_what_to_look_at_and_what_to_do() {
    let told = told(&["accessdenied", "Throttling"]);
    for words in [
        "AccessDenied\n",
        "    you       ",
        "$ kubectl get $KIND $NAME -n $NS",
        "runbook.md#accessdenied\n",
        "\n\nThrottling\n",
        "#ratelimited\n",
    ] {
        assert!(told.contains(words), "{words:?} in:\n{told}");
    }
    let answer = explain(&["-o", "json", "OutcomeUnknown"]);
    let entries = entries(&answer);
    assert_eq!((entries.len(), &entries[0]["reason"], &entries[0]["kinds"][0]), (1, &"OutcomeUnknown".into(), &"CloudCommand".into()));
    let acts = entries[0]["act"].as_array().expect("what to do");
    assert!(acts.iter().any(|act| act["command"].as_str().is_some_and(|command| command.contains("cloudsteward.dev/resolve"))));
}

#[test]
fn without_a_question_it_says_how_to_ask() {
    let answer = explain(&[]);
    assert_eq!(answer.status.code(), Some(2));
    assert!(text(&answer.stderr).contains("Usage"));
}
