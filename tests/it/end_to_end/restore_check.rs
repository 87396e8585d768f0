//! A check from `kubectl apply` to the simulated backup service and back: what it says of a backup that can be restored and of one that cannot, how it
//! looks in a terminal, and what the API server refuses.

use super::real::Real;
use super::security_group_membership::Table;
use serde_json::{Value, json};
use std::time::Duration;
use steward_cloudsim::{Edit, HuaweiEdit};

const HUAWEI: &str = include_str!("../../../sim/seeds/huawei.yaml");
const BACKUPS: &str = include_str!("../../../sim/seeds/backups.yaml");

/// The least that one can write.
const DB: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: RestoreCheck
metadata: {name: db}
spec:
  credentialRef: {name: otc}
  checks: [{name: db, backup: {latest: {resourceId: f45c477a-57e5-465f-999f-d845083962db}}, target: {resourceId: f45c477a-57e5-465f-999f-d845083962db, volumeMapping: SourceVolumes}}]
";

/// Everything that one can write.
const DRILL: &str = r#"
apiVersion: cloudsteward.dev/v1alpha1
kind: RestoreCheck
metadata: {name: drill}
spec:
  credentialRef: {name: otc}
  region: eu-de
  service: CSBS
  providerId: fc4d5750-22e7-4798-8a46-f48f62c4c1da
  projectId: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2
  schedule: "15 3 * * *"
  timeZone: Europe/Berlin
  failureThreshold: 1
  staleAfter: 30h
  historyLimit: 10
  suspend: false
  checks:
  - name: to-itself
    backup: {checkpointItemId: 8986ce68-3da7-4d29-9cc2-1921e9504975}
    target:
      resourceId: 5aa119a8-d25b-45a7-8d1b-88e127885635
      resourceType: "OS::Nova::Server"
      volumes:
      - {backupId: 7ea119a8-d25b-43a7-8d1b-88e12788513a, volumeId: 45baf976-c20a-4894-a7c3-c94b7376bf55}
      - {backupId: 3b1c4a52-3c0e-4b0e-8f3e-0a3f9e3f7c11, volumeId: 9c1b1c1f-5a0f-4f4e-9a53-5a7d1a6f0c02}
"#;

#[test]
fn a_check_travels_from_kubectl_apply_to_the_backup_service_and_back() {
    let real = Real::new("");
    the_whole_way(&real);
    refusals(&real);
}

/// Applied, answered, changed, deleted; also what the rights of steward are measured by.
pub(super) fn the_whole_way(real: &Real) {
    for seed in [HUAWEI, BACKUPS] {
        real.playground.simulator().admin().post("/_sim/seed", seed).expect("the simulator takes it");
    }
    let url = real.playground.simulator().url();
    let endpoints: Vec<_> = ["csbs", "iam"].iter().map(|service| json!({"service": service, "url": url})).collect();
    real.apply(&format!(
        "{}\n---\n{}",
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "otc"}, "stringData": {"password": "demo-password"}}),
        json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"name": "otc"},
            "spec": {
                "provider": "OpenTelekomCloud", "region": "eu-de", "project": {"name": "eu-de_demo"}, "endpoints": endpoints,
                "auth": {"password": {"secretRef": {"name": "otc"}, "userName": "alice", "domainName": "acme"}},
            },
        }),
    ));
    real.apply(DRILL);
    real.apply(DB);
    real.kubectl(&["wait", "--for=condition=Ready", "rchk/drill", "--timeout=60s"]);
    real.kubectl(&["wait", "--for=condition=Stalled", "rchk/db", "--timeout=60s"]);

    let table = Table::read(&real.kubectl(&["get", "restorechecks"]));
    assert_eq!(table.titles, ["NAME", "READY", "REASON", "RESTORABLE", "LAST-CHECK", "BACKUP-AGE", "NEXT", "AGE"]);
    let get = |name: &str| real.get_of("restorechecks", name).expect("it is there");
    let first = |name: &str| get(name)["status"]["checks"][0].clone();
    assert_eq!((&first("drill")["restorable"], &first("drill")["failures"]), (&json!("True"), &json!(0)));
    let no = first("db");
    assert_eq!((&no["restorable"], &no["code"], &no["reason"]), (&json!("False"), &json!("CSBS.6024"), &json!("NotRestorable")));
    let message = message(&get("db"));
    assert!(message.contains("smaller than the disk that was backed up") && message.contains("enlarge"), "{message}");
    assert_eq!(
        (table.row("drill")[1..4].to_vec(), table.row("db")[1..4].to_vec()),
        (words(["True", "Restorable", "True"]), words(["False", "NotRestorable", "False"]))
    );

    // Nothing has to be undone.
    let asked: Vec<_> = real.calls().into_iter().map(|call| call.operation).collect();
    for operation in ["CreateToken", "ListCheckpointItems", "ShowCheckpointItem", "CheckRestorable"] {
        assert!(asked.iter().any(|asked| asked == operation), "{operation} in {asked:?}");
    }
    assert_eq!(get("drill")["metadata"]["finalizers"], Value::Null);

    real.cloud_edit(&Edit::Huawei(HuaweiEdit::detach("5aa119a8-d25b-45a7-8d1b-88e127885635", "9c1b1c1f-5a0f-4f4e-9a53-5a7d1a6f0c02")));
    real.kubectl(&["annotate", "rchk", "drill", "reconcile.cloudsteward.dev/requestedAt=2026-11-22T12:00:00Z"]);
    real.until(Duration::from_secs(30), "the answer is no now", |real| {
        real.get_of("restorechecks", "drill").is_some_and(|object| object["status"]["checks"][0]["code"] == "CSBS.6014")
    });
    real.kubectl(&["delete", "rchk", "db", "--timeout=20s"]);
}

/// What the schema refuses, the real API server refuses with a sentence about the field.
fn refusals(real: &Real) {
    for (change, sentence) in [
        (json!({"interval": "1h"}), "one of schedule and interval"),
        (json!({"schedule": null}), "with spec.schedule only"),
        (json!({"schedule": "0 15 3 * * *"}), "five fields"),
        (json!({"region": "eu-nl"}), "cannot be added, changed or removed"),
        (json!({"checks": []}), "should have at least 1 items"),
    ] {
        let patch = json!({"spec": change}).to_string();
        let said =
            real.playground.control_plane().kubectl().run(&["patch", "rchk", "drill", "--type=merge", "-p", &patch]).expect("kubectl runs");
        assert!(!said.success && said.stderr.contains(sentence), "{change}: {}", said.stderr);
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn message(object: &Value) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready").cloned().unwrap_or_default();
    ready["message"].as_str().unwrap_or_default().to_owned()
}
