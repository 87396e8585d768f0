//! The status keeps its limit, and what a newer release wrote.

use crate::api::cloud_command::status::{
    CloudCommandStatus, CodeCount, Counts, Intent, MAX_CODES, MAX_INVOKE_IDS, MAX_OPERATIONS, MAX_OUTPUT_BYTES, MAX_PAST_INTENTS,
    MAX_RECENT, MAX_RESULTS, MAX_RUNS, MAX_STATUS_BYTES, NextIntent, Outcome, PastRun, Phase, RecentRun, Schedule, Skipped, Summary, Tally,
    TargetResult,
};
use crate::api::cloud_command::targets::MAX_TARGETS;
use crate::api::crds;
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::api::tests::{LARGEST_STATUS, at, fullest_envelope, id, letters, schema_of};
use serde_json::json;

fn intent() -> Intent {
    let skipped = |group: usize| Skipped {
        reason: letters(32),
        hint: letters(160),
        instance_ids: (0..MAX_TARGETS / 2).filter(|number| number % 16 == group).map(|number| id("i-", number)).collect(),
    };
    Intent {
        hash: letters(32),
        trigger: Some(letters(256)),
        first_seen: at(0),
        resource_group_id: Some(letters(64)),
        contents: Some(letters(64)),
        targets: (MAX_TARGETS / 2..MAX_TARGETS).map(|number| id("i-", number)).collect(),
        batch_size: Some(i32::MAX),
        first_batch: Some(i32::MAX),
        target_count: Some(i32::MAX),
        skipped: (0..16).map(skipped).collect(),
        // Every other batch of one target each, numbered above those that were found in the cloud.
        settled: (0..MAX_TARGETS / 2).map(|number| (1000 + 2 * number).to_string()).collect(),
        adopted: true,
        started_at: Some(at(0)),
        invoke_ids: vec![letters(40); MAX_INVOKE_IDS],
        tally: Tally { succeeded: i32::MAX, failed: i32::MAX, cancelled: i32::MAX, unknown: i32::MAX, skipped: i32::MAX },
    }
}

fn operation(number: usize) -> JournalEntry {
    JournalEntry {
        run: format!("{number:048}"),
        kind: JournalKind::Run,
        intent_hash: letters(32),
        request_fingerprint: letters(64),
        holder: letters(128),
        state: JournalState::OutcomeUnknown,
        batch: Some(i32::MAX),
        started_at: at(0),
        sent_again_at: Some(at(0)),
        attempt: i32::MAX,
        ids: vec![letters(40), letters(40)],
        group: None,
        name: None,
        request_id: Some(letters(64)),
    }
}

fn result(number: usize) -> TargetResult {
    TargetResult {
        instance_id: id("i-", number),
        batch: Some(1000),
        phase: Phase::Undelivered,
        exit_code: Some(i64::from(i32::MIN)),
        error_code: Some(letters(32)),
        hint: Some(letters(160)),
        output: Some(String::new()),
        dropped: Some(i64::from(i32::MAX)),
        started_at: Some(at(0)),
        finished_at: Some(at(0)),
        repeats: Some(i32::MAX),
    }
}

fn past_run(_: usize) -> PastRun {
    PastRun {
        intent_hash: letters(32),
        trigger: Some(letters(64)),
        started_at: Some(at(0)),
        finished_at: Some(at(0)),
        outcome: Outcome::MaxFailuresReached,
        succeeded: i32::MAX,
        failed: i32::MAX,
        invoke_ids: (0..MAX_INVOKE_IDS).map(|_| letters(40)).collect(),
    }
}

/// Everything to its bound but the outputs, which have what is left.
fn fullest_without_outputs() -> CloudCommandStatus {
    CloudCommandStatus {
        envelope: fullest_envelope(),
        intent: Some(intent()),
        next_intent: Some(NextIntent { hash: letters(32), first_seen: at(0), contents: letters(32) }),
        summary: Some(Summary { done: Some("1000/1000".to_owned()), failed: Some(1000), last_run: Some(at(0)) }),
        counts: Some(Counts {
            targets: i32::MAX,
            pending: i32::MAX,
            running: i32::MAX,
            succeeded: i32::MAX,
            failed: i32::MAX,
            skipped: i32::MAX,
            cancelled: i32::MAX,
            unknown: i32::MAX,
        }),
        codes: (0..MAX_CODES).map(|_| CodeCount { code: letters(64), count: i32::MAX, hint: letters(160) }).collect(),
        results: (0..MAX_RESULTS).map(result).collect(),
        schedule: Some(Schedule {
            next_run: Some(at(0)),
            last_run: Some(at(0)),
            last_outcome: Some(Outcome::Succeeded),
            ended: i64::MAX,
            recent: (0..MAX_RECENT).map(|_| RecentRun { number: i64::MAX, at: at(0), succeeded: i32::MAX, failed: i32::MAX }).collect(),
        }),
        finished_at: Some(at(0)),
        operations: (0..MAX_OPERATIONS).map(operation).collect(),
        runs: (0..MAX_RUNS).map(past_run).collect(),
        past_intents: (0..MAX_PAST_INTENTS).map(|number| format!("{number:032}")).collect(),
    }
}

fn length(status: &CloudCommandStatus) -> usize {
    serde_json::to_string(status).unwrap().len()
}

#[test]
fn the_fullest_status_stays_below_its_limit() {
    let mut status = fullest_without_outputs();
    let room = status.room_for_outputs();
    assert!(room > 16 * 1024, "{room} bytes are left for outputs, of {}", length(&status));
    for result in &mut status.results {
        result.output = Some(letters(room / MAX_RESULTS));
    }
    let length = length(&status);
    assert!(length < LARGEST_STATUS && MAX_STATUS_BYTES == LARGEST_STATUS, "{length} bytes");
    assert!(length > LARGEST_STATUS * 9 / 10, "it is meant to be full: {length} bytes");
    assert_eq!(serde_json::from_value::<CloudCommandStatus>(serde_json::to_value(&status).unwrap()).unwrap(), status);
}

#[test]
fn a_usual_status_has_all_the_room_for_outputs_whatever_outputs_it_has_already() {
    let mut status = CloudCommandStatus { results: (0..100).map(result).collect(), ..CloudCommandStatus::default() };
    assert_eq!(status.room_for_outputs(), MAX_OUTPUT_BYTES);
    for result in &mut status.results {
        result.output = Some("\u{1b}[1m".repeat(500));
    }
    assert_eq!(status.room_for_outputs(), MAX_OUTPUT_BYTES);
}

#[test]
fn the_lists_are_as_long_as_the_schema_says() {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "CloudCommand").unwrap();
    let status = &schema_of(&crd)["properties"]["status"]["properties"];
    for (list, most) in [
        ("results", MAX_RESULTS),
        ("codes", MAX_CODES),
        ("runs", MAX_RUNS),
        ("pastIntents", MAX_PAST_INTENTS),
        ("operations", MAX_OPERATIONS),
    ] {
        assert_eq!(status[list]["maxItems"], json!(most), "{list}");
    }
    assert_eq!(status["runs"]["items"]["properties"]["invokeIds"]["maxItems"], json!(MAX_INVOKE_IDS));
    assert_eq!(status["schedule"]["properties"]["recent"]["maxItems"], json!(MAX_RECENT));
    assert_eq!(status["intent"]["properties"]["targets"]["maxItems"], json!(MAX_TARGETS));
}

#[test]
fn a_status_of_a_newer_release_can_be_read_and_comes_back_as_it_went() {
    let newer = json!({
        "observedGeneration": 3,
        "results": [{"instanceId": "i-1", "phase": "Hibernated"}, {"instanceId": "i-2", "phase": "Succeeded"}],
        "runs": [{"intentHash": "h", "outcome": "Postponed", "succeeded": 0, "failed": 0}],
        "operations": [{"run": "r", "kind": "Run", "intentHash": "h", "requestFingerprint": "f", "holder": "steward-0", "state": "Postponed",
                        "batch": 0, "startedAt": "2026-11-22T08:00:00Z", "attempt": 0}]
    });
    let read: CloudCommandStatus = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(read.results[0].phase, Phase::Unknown("Hibernated".to_owned()));
    assert_eq!(read.results[1].phase, Phase::Succeeded);
    assert_eq!(read.runs[0].outcome, Outcome::Unknown("Postponed".to_owned()));
    assert_eq!((&read.operations[0].kind, read.operations[0].batch), (&JournalKind::Run, Some(0)));
    assert_eq!(serde_json::to_value(&read).unwrap(), newer);
}

#[test]
fn kubectl_explain_has_something_to_say_of_every_field_that_is_this_kinds_own() {
    fn undocumented(schema: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if property["description"].is_null() {
                found.push(path.clone());
            }
            undocumented(property, &path, found);
            undocumented(&property["items"], &path, found);
        }
    }
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "CloudCommand").unwrap();
    let mut status = serde_json::to_value(schema_of(&crd)).unwrap()["properties"]["status"].clone();
    for of_all_kinds in ["conditions", "history", "lastError"] {
        status["properties"].as_object_mut().unwrap().remove(of_all_kinds);
    }
    let mut found = Vec::new();
    undocumented(&status, "status", &mut found);
    assert_eq!(found, Vec::<String>::new());
}
