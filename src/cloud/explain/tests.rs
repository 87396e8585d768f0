//! What holds for every row of every vendor.

use super::*;
use crate::cloud::catalogue::COMMON;
use crate::cloud::error::Class;
use regex::Regex;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

const CLASSES: [&str; 12] = [
    "Ok",
    "Throttled",
    "Unavailable",
    "Busy",
    "NotFound",
    "Unauthenticated",
    "Denied",
    "Quota",
    "Precondition",
    "Invalid",
    "Retired",
    "Unexpected",
];

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The vendors' texts, from the committed lists of their codes.
fn vendors_texts() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with("-error-codes.json") {
            collect(&serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(), &mut texts);
        }
    }
    texts
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn no_text_repeats_six_words_of_a_vendors() {
    let mut theirs = HashMap::new();
    for text in vendors_texts() {
        for six in words(&text).windows(6) {
            theirs.insert(six.to_vec(), text.clone());
        }
    }
    assert!(theirs.len() > 500, "the vendors' texts are there to be compared with");
    for row in rows() {
        for text in [row.meaning, row.hint] {
            for six in words(text).windows(6) {
                assert_eq!(theirs.get(six), None, "{}: {text}", row.code);
            }
        }
    }
}

#[test]
fn each_row_is_fit_to_be_shown() {
    for row in rows() {
        let (code, meaning, hint) = (row.code, row.meaning, row.hint);
        assert!(CLASSES.contains(&row.class_word()), "{code}: {}", row.class_word());
        for text in [meaning, hint] {
            assert!(!text.is_empty() && !text.ends_with('.') && text.trim() == text && !text.contains('\n'), "{code}: {text:?}");
        }
        assert!(hint.len() < 300, "{code}: a hint of {} bytes", hint.len());
        assert!(meaning.len() + hint.len() < 400, "{code}: too long for a message");
    }
}

#[test]
fn what_is_no_failure_is_not_shown_as_one() {
    let fine = ["InSync", "Succeeded", "NotRestorable"];
    for row in rows().filter(|row| row.ok) {
        assert!(fine.contains(&row.reason().as_str()), "{}: {}", row.code, row.reason());
    }
}

/// What a hint asks a person to change, as far as words can tell: fields, actions, and the things that have no field.
fn subject(hint: &str) -> BTreeSet<String> {
    const THINGS: &[&str] = &[
        "quota",
        "console",
        "secret",
        "policy",
        "role",
        "quota center",
        "support",
        "report",
        "ticket",
        "status page",
        "proxy",
        "endpoint",
        "clock",
        "time",
        "token",
        "certificate",
        "fingerprint",
        "jwks",
        "key",
        "instance",
        "machine",
        "group",
        "interface",
        "region",
        "account",
        "agent",
        "upgrade",
        "nothing",
        "wait",
        "tried again",
    ];
    let named = Regex::new(r"\bspec\b[A-Za-z.\[\]]*|\b[a-z]+:[A-Z][A-Za-z]+|\b[a-z]+[A-Z][A-Za-z]*\b").unwrap();
    let fields = named.find_iter(hint).map(|found| found.as_str().trim_end_matches('.').to_owned());
    let small = hint.to_lowercase();
    let things = THINGS.iter().filter(|thing| small.contains(**thing)).map(|thing| (*thing).to_owned());
    fields.chain(things).collect()
}

#[test]
fn each_hint_of_alibabas_names_what_to_change() {
    for row in alibaba::errors::rows() {
        assert!(!subject(row.hint).is_empty(), "{}: {}", row.code, row.hint);
        // Whoever has to change a request, a right or a quota is told which.
        let to_be_changed = matches!(row.class, Class::Denied | Class::Quota | Class::Invalid) && !row.ok;
        let only_waits = subject(row.hint).iter().all(|word| ["nothing", "wait", "tried again"].contains(&word.as_str()));
        assert!(!(to_be_changed && only_waits), "{}: {}", row.code, row.hint);
    }
}

#[test]
fn a_hint_belongs_to_one_code() {
    let mut seen: HashMap<_, &Row> = HashMap::new();
    for row in rows() {
        // Capitals, signs and small words do not make another hint of it.
        let small = ["a", "an", "the", "of", "to", "in", "or", "and"];
        let gist: Vec<_> = words(row.hint).into_iter().filter(|word| !small.contains(&word.as_str())).collect();
        if let Some(other) = seen.insert(gist, row) {
            assert_eq!(row.code, other.code, "one hint: {}", row.hint);
            assert_eq!((row.class, subject(row.hint)), (other.class, subject(other.hint)), "{}: {}", row.code, row.hint);
        }
    }
}

/// What a row decides, in a line.
fn judgement(row: &'static Row) -> String {
    let operations = if row.operations.is_empty() { "*".to_owned() } else { row.operations.join(",") };
    let status = row.http_status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let daily = if row.daily { " daily" } else { "" };
    format!("{} {} {operations} {status} {} {:?} {}{daily}", row.code, row.service, row.class_word(), row.acted, row.reason())
}

/// Backoff, budgets, conditions and the journal go by these words; each was compared with the vendor's description of the code. Who changes one
/// changes the list as well, and knows why.
#[test]
fn what_each_code_means_is_as_it_was_settled() {
    let settled = include_str!("../../../tests/data/judgements.txt");
    let mut judged: Vec<_> = rows().map(judgement).collect();
    judged.sort_unstable();
    let differing: Vec<_> = judged.iter().filter(|line| !settled.lines().any(|other| other == *line)).collect();
    assert!(differing.is_empty(), "not as settled:\n{differing:#?}");
    assert_eq!(judged.len(), settled.lines().count(), "rows are gone");
}

#[test]
fn one_code_is_not_told_twice_in_the_same_words() {
    let mut seen = HashSet::new();
    for row in rows() {
        assert!(seen.insert((row.code, row.meaning, row.hint)), "{}: two rows could be one", row.code);
    }
}

#[test]
fn who_may_have_been_called_for_anything_may_have_acted() {
    let broken = |row: &&Row| row.class == Class::Unavailable && row.operations.is_empty() && row.http_status.is_some_and(|it| it >= 500);
    // Of the services that are only ever asked, nothing can have acted.
    for row in rows().filter(broken).filter(|row| !["csbs", "iam"].contains(&row.service)) {
        assert_eq!(row.acted, Acted::Perhaps, "{} {:?}", row.code, row.http_status);
    }
}

#[test]
fn a_code_is_found_as_status_shows_it() {
    for (shown, code) in [("APIG.0301", "APIGW.0301"), ("apic.0101", "APIGW.0101"), ("csbs.6024", "CSBS.6024")] {
        assert!(find(shown).iter().any(|row| row.code == code), "{shown}");
    }
}

#[test]
fn an_entry_per_operation_holds_what_the_row_says() {
    let joined: Vec<_> = find("InvalidInstanceId.AlreadyExists").into_iter().flat_map(entries).collect();
    let told = serde_json::to_value(&joined).unwrap();
    assert_eq!(
        told,
        serde_json::json!([{
            "service": "ecs",
            "operation": "JoinSecurityGroup",
            "code": "InvalidInstanceId.AlreadyExists",
            "httpStatus": 403,
            "class": "Ok",
            "acted": "No",
            "reason": "InSync",
            "meaning": joined[0].meaning,
            "hint": joined[0].hint,
        }])
    );
    let common: Vec<_> = find("systembusy").into_iter().flat_map(entries).collect();
    let told = serde_json::to_value(&common).unwrap();
    assert_eq!((&told[0]["service"], &told[0]["operation"], &told[0]["httpStatus"]), (&COMMON.into(), &Value::Null, &Value::Null));
    assert!(find("VpcMismatch").is_empty(), "a part of a code is none");
    for row in rows() {
        assert_eq!(entries(row).len(), row.operations.len().max(1), "{}", row.code);
    }
}
