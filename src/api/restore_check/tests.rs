//! The manifests that people write come back as they are, the rules refuse what cannot be meant, and the fullest status fits.

use super::status::{CheckStatus, MAX_FINDINGS, PastAnswer, Resolved, Restorable};
use super::*;
use crate::api::crds;
use crate::api::tests::{LARGEST_STATUS, additions, at, fullest_envelope, letters, refusals, schema_of, through, yaml};
use crate::reason::Reason;
use serde_json::{Value, json};

const LEAST: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: RestoreCheck
metadata: {name: db}
spec:
  credentialRef: {name: otc}
  checks: [{name: db, backup: {latest: {resourceId: 5aa119a8-d25b-45a7-8d1b-88e127885635}}, target: {resourceId: 5aa119a8-d25b-45a7-8d1b-88e127885635, volumeMapping: SourceVolumes}}]
";

const FULL: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: RestoreCheck
metadata: {name: db-drill}
spec:
  credentialRef: {name: otc}
  schedule: "15 3 * * *"
  timeZone: Europe/Berlin
  failureThreshold: 2
  staleAfter: 30h
  historyLimit: 10
  checks:
  - name: to-standby
    backup: {checkpointItemId: 8986ce68-3da7-4d29-9cc2-1921e9504975}
    target:
      resourceId: 5aa119a8-d25b-45a7-8d1b-88e127885635
      resourceType: "OS::Nova::Server"
      volumes: [{backupId: 7ea119a8-d25b-43a7-8d1b-88e12788513a, volumeId: 45baf976-c20a-4894-a7c3-c94b7376bf55}]
"#;

const ID: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";

fn with(change: &Value) -> Value {
    let mut object = yaml(LEAST);
    for (field, value) in change.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    object
}

/// The least check, with another backup or target.
fn check(change: &Value) -> Value {
    let mut check =
        json!({"name": "db", "backup": {"latest": {"resourceId": ID}}, "target": {"resourceId": ID, "volumeMapping": "SourceVolumes"}});
    for (field, value) in change.as_object().unwrap() {
        check[field] = value.clone();
    }
    with(&json!({"checks": [check]}))
}

#[test]
fn the_manifests_that_people_write_come_back_as_they_were_with_the_defaults_beside() {
    for manifest in [LEAST, FULL] {
        assert_eq!(refusals("RestoreCheck", &yaml(manifest), None), Vec::<String>::new());
    }
    let full = yaml(FULL);
    let mut added = additions(&through::<RestoreCheck>(&full), &full, "");
    added.sort();
    let defaults = [
        format!(".spec.providerId={}", json!(server_backups())),
        r#".spec.service="CSBS""#.to_owned(),
        r#".spec.staleAfter: "30h" became "108000s""#.to_owned(),
        ".spec.suspend=false".to_owned(),
    ];
    assert_eq!(added, defaults);
}

#[test]
fn the_defaults_of_the_types_are_those_of_the_schema() {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "RestoreCheck").unwrap();
    let defaulted = kube::core::cel::apply_defaults(&schema_of(&crd), &yaml(LEAST));
    assert_eq!(defaulted["spec"], through::<RestoreCheck>(&yaml(LEAST))["spec"]);
    assert_eq!(server_backups(), crate::cloud::huawei::csbs::PROVIDER_ID);
}

#[test]
fn what_can_be_meant_is_allowed() {
    for allowed in [
        with(&json!({"interval": "1m"})),
        with(&json!({"schedule": "*/5 0-6 1,15 JAN-MAR MON#1", "timeZone": "Etc/GMT+8"})),
        with(&json!({"schedule": "0  6 * * 1"})),
        with(&json!({"projectId": "0123456789abcdef0123456789abcdef", "region": "eu-de"})),
        with(&json!({"failureThreshold": 10, "historyLimit": 0})),
        check(&json!({"backup": {"latest": {"resourceId": ID, "maxAge": "26h"}}})),
    ] {
        assert_eq!(refusals("RestoreCheck", &allowed, None), Vec::<String>::new(), "{allowed}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_sentence_about_the_field() {
    let volume = json!({"backupId": ID, "volumeId": ID});
    let table = [
        (with(&json!({"schedule": "0 6 * * *", "interval": "1h"})), "spec.interval", "one of schedule and interval"),
        (with(&json!({"timeZone": "Europe/Berlin"})), "spec.timeZone", "with spec.schedule only"),
        (with(&json!({"schedule": "0 0 6 * * ?"})), "spec.schedule", "five fields"),
        (with(&json!({"interval": "59s"})), "spec.interval", "at least 1m"),
        (with(&json!({"staleAfter": "59s"})), "spec.staleAfter", "at least 1m"),
        (with(&json!({"providerId": "z".repeat(36)})), "spec.providerId", "must be an id"),
        (check(&json!({"backup": {}})), "spec.checks[0].backup", "exactly one of checkpointItemId and latest"),
        (
            check(&json!({"backup": {"checkpointItemId": ID, "latest": {"resourceId": ID}}})),
            "spec.checks[0].backup",
            "exactly one of checkpointItemId and latest",
        ),
        (
            check(&json!({"backup": {"checkpointItemId": "x".repeat(36)}})),
            "spec.checks[0].backup.checkpointItemId",
            "id of a checkpoint item",
        ),
        (check(&json!({"backup": {"latest": {"resourceId": "i-1"}}})), "spec.checks[0].backup.latest.resourceId", "id of a server"),
        (check(&json!({"target": {"resourceId": ID}})), "spec.checks[0].target", "exactly one of volumeMapping and volumes"),
        (
            check(&json!({"target": {"resourceId": ID, "volumeMapping": "SourceVolumes", "volumes": [volume]}})),
            "spec.checks[0].target",
            "exactly one of volumeMapping and volumes",
        ),
        (
            check(&json!({"target": {"resourceId": ID, "volumes": [{"backupId": ID, "volumeId": "7"}]}})),
            "spec.checks[0].target.volumes[0].volumeId",
            "id of a disk",
        ),
    ];
    for (object, field, sentence) in table {
        let refused = refusals("RestoreCheck", &object, None);
        assert!(
            refused.iter().any(|refusal| refusal.starts_with(&format!("{field}: ")) && refusal.contains(sentence)),
            "{object}: {refused:?}"
        );
    }
}

#[test]
fn the_region_is_for_good_and_what_is_asked_is_not() {
    let (without, there) = (with(&json!({})), with(&json!({"region": "eu-de"})));
    for (old, new) in [(&without, &there), (&there, &without)] {
        assert!(refusals("RestoreCheck", new, Some(old)).iter().any(|refusal| refusal.contains("spec.region cannot be")));
    }
    let edited = with(&json!({"region": "eu-de", "projectId": "p2", "checks": yaml(FULL)["spec"]["checks"]}));
    assert_eq!(refusals("RestoreCheck", &edited, Some(&there)), Vec::<String>::new());
}

#[test]
fn the_fullest_status_stays_below_its_limit() {
    let past = PastAnswer {
        time: at(0),
        restorable: Restorable::Unknown,
        code: Some("Organizations.1007".to_owned()),
        checkpoint_item_id: Some(ID.to_owned()),
    };
    let check = |number: usize| CheckStatus {
        name: format!("{number:063}"),
        restorable: Restorable::Unknown,
        reason: Reason::AwaitingConsistency,
        code: Some(letters(128)),
        class: Some("Unauthenticated".to_owned()),
        message: Some(letters(256)),
        hint: Some(letters(256)),
        findings: vec![letters(256); MAX_FINDINGS],
        resolved: Some(Resolved { checkpoint_item_id: ID.to_owned(), created_at: Some(at(0)), disks: i32::MAX }),
        answered_resource_id: Some(letters(128)),
        last_answer: Some(at(0)),
        failures: i32::MAX,
        next_check: Some(at(0)),
        busy_since: Some(at(0)),
        request_id: Some(letters(128)),
        question: letters(16),
        occasion: letters(16),
        history: vec![past.clone(); MAX_HISTORY],
    };
    let status = RestoreCheckStatus {
        envelope: fullest_envelope(),
        last_check: Some(at(0)),
        next_check: Some(at(0)),
        oldest_backup: Some(at(0)),
        checks: (0..MAX_CHECKS).map(check).collect(),
    };
    let json = serde_json::to_value(&status).unwrap();
    let length = json.to_string().len();
    assert!((LARGEST_STATUS / 2..LARGEST_STATUS).contains(&length), "{length} bytes");
    assert_eq!(serde_json::from_value::<RestoreCheckStatus>(json).unwrap(), status);
}

#[test]
fn a_verdict_of_a_newer_release_is_unknown() {
    for (word, read) in
        [("True", Restorable::True), ("False", Restorable::False), ("Unknown", Restorable::Unknown), ("Perhaps", Restorable::Unknown)]
    {
        assert_eq!(serde_json::from_value::<Restorable>(json!(word)).unwrap(), read);
    }
}

#[test]
fn the_columns_are_those_that_tell_at_a_glance() {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "RestoreCheck").unwrap();
    let columns = crd.spec.versions[0].additional_printer_columns.clone().unwrap();
    let shown: Vec<_> =
        columns.iter().filter(|column| column.priority.unwrap_or_default() == 0).map(|column| column.name.to_uppercase()).collect();
    assert_eq!(shown, ["READY", "REASON", "RESTORABLE", "LAST-CHECK", "BACKUP-AGE", "NEXT", "AGE"]);
}
