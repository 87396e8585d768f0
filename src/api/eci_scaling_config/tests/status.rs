//! The status keeps its limit, and what a newer release wrote.

use super::schema;
use crate::api::eci_scaling_config::status::{
    Conflict, Convergence, Correction, EciScalingConfigStatus, MAX_APPLIED_BYTES, MAX_SECRETS, MAX_SECRETS_BYTES, Origin, Pursued,
    SecretPrint, Summary,
};
use crate::api::envelope::Drift;
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::api::paths::Paths;
use crate::api::tests::{LARGEST_STATUS, at, fullest_envelope, letters};
use serde_json::json;

/// The widest text of so many bytes, in characters that take three each, which is what limits in characters forget.
fn wide(bytes: usize) -> String {
    format!("{:m<width$}", "語".repeat(bytes / 3), width = bytes / 3 + bytes % 3)
}

/// As many prints, together as long as allowed.
fn prints() -> impl Iterator<Item = SecretPrint> {
    let width = MAX_SECRETS_BYTES / MAX_SECRETS - 96;
    (0..MAX_SECRETS).map(move |number| SecretPrint { path: format!("{number:p>width$}"), hmac: letters(64) })
}

/// A tree of paths as long as allowed.
fn paths() -> Paths {
    let width = 123;
    (0..MAX_APPLIED_BYTES / (width + 6)).map(|number| vec![format!("{number:p>width$}")]).collect()
}

#[test]
fn the_fullest_status_stays_below_its_limit() {
    let longest = |number: usize| format!("{number:02}{}", wide(254));
    let mut envelope = fullest_envelope();
    for condition in &mut envelope.conditions {
        condition.message = "語".repeat(1024);
    }
    let entry = |number: usize| JournalEntry {
        run: format!("{number:048}"),
        kind: JournalKind::Create,
        intent_hash: letters(64),
        request_fingerprint: letters(64),
        holder: letters(128),
        state: JournalState::OutcomeUnknown,
        batch: None,
        started_at: at(0),
        sent_again_at: Some(at(0)),
        attempt: i32::MAX,
        ids: vec![letters(64)],
        group: Some(letters(64)),
        name: Some(letters(64)),
        request_id: Some(letters(128)),
    };
    let status = EciScalingConfigStatus {
        envelope,
        origin: Some(Origin::Adopted),
        pursued_generation: Some(i64::MAX),
        scaling_group_id: Some(letters(64)),
        scaling_configuration_name: Some(letters(64)),
        lifecycle_state: Some("Inactive".to_owned()),
        summary: Some(Summary { cpu: Some(0.1), memory: Some(0.1), image: Some(wide(256)) }),
        drift: (0..32).map(|number| Drift { path: longest(number), desired: wide(256), observed: wide(256) }).collect(),
        applied: paths(),
        secrets: prints().collect(),
        convergence: Some(Convergence {
            generation: i64::MAX,
            sent: i32::MAX,
            since: at(0),
            paths: (0..32).map(|number| Pursued { path: longest(number), sent: i32::MAX, held: Some(at(0)), corrects: true }).collect(),
            sets: paths(),
        }),
        conflict: Some(Conflict { generation: i64::MAX, requested_at: Some(letters(256)), paths: (0..32).map(longest).collect() }),
        corrections: (0..32).map(|number| Correction { path: longest(number), times: (0..5).map(at).collect() }).collect(),
        operations: (0..32).map(entry).collect(),
    };
    let length = serde_json::to_string(&status).unwrap().len();
    assert!(length < LARGEST_STATUS, "{length} bytes");
    assert!(length > LARGEST_STATUS * 3 / 4, "it is meant to be full: {length} bytes");
    assert_eq!(serde_json::from_value::<EciScalingConfigStatus>(serde_json::to_value(&status).unwrap()).unwrap(), status);
    let bounds = &schema()["properties"]["status"]["properties"];
    assert_eq!(bounds["secrets"]["maxItems"], json!(MAX_SECRETS));
}

#[test]
fn a_status_of_a_newer_release_can_be_read_and_comes_back_as_it_went() {
    let entry = |kind: &str, state: &str| {
        json!({"run": "r", "kind": kind, "intentHash": "h", "requestFingerprint": "f", "holder": "steward-0", "state": state,
               "startedAt": "2026-11-22T08:00:00Z", "attempt": 0})
    };
    let newer =
        json!({"observedGeneration": 3, "origin": "Imported", "operations": [entry("Apply", "Postponed"), entry("Create", "Intended")]});
    let read: EciScalingConfigStatus = serde_json::from_value(newer.clone()).unwrap();
    assert_eq!(read.origin, Some(Origin::Unknown("Imported".to_owned())));
    assert_eq!(read.operations[0].kind, JournalKind::Unknown("Apply".to_owned()));
    assert_eq!(read.operations[0].state, JournalState::Unknown("Postponed".to_owned()));
    assert_eq!((&read.operations[1].kind, &read.operations[1].state), (&JournalKind::Create, &JournalState::Intended));
    assert_eq!(serde_json::to_value(&read).unwrap(), newer);
    for word in ["Created", "Adopted", "Bound"] {
        let read: EciScalingConfigStatus = serde_json::from_value(json!({"origin": word})).unwrap();
        assert!(!matches!(read.origin, Some(Origin::Unknown(_)) | None), "{word}");
    }
}
