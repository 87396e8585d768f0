//! What others ask steward for: probes, numbers and logs.

use super::real::Real;
use super::{SEED, web};
use serde_json::Value;
use std::time::Duration;
use steward_cloudsim::{Fault, What};
use steward_playground::repository;

const CRD: &str = "securitygroupmemberships.cloudsteward.dev";

#[test]
fn not_ready_while_a_crd_is_missing_and_ready_again_when_it_is_back() {
    let real = Real::with(SEED, |setup| setup.replicas = Some(2));
    let replicas = real.playground.steward().replicas();
    let all_ready = || replicas.iter().map(|replica| replica.is_ready().expect("a probe")).collect::<Vec<_>>();
    // A probe has a second to answer, and the machine may be busy.
    real.until(Duration::from_secs(30), "who only waits for the lease is ready as well", |_| all_ready() == [true, true]);

    real.kubectl(&["delete", "crd", CRD, "--timeout=60s"]);
    real.until(Duration::from_secs(60), "both are blind", |_| all_ready() == [false, false]);
    real.until(Duration::from_secs(30), "they are live: restarting would not help, so it must not happen", |_| {
        replicas.iter().all(|replica| replica.is_live().expect("a probe"))
    });

    let path = repository().join("crds").display().to_string();
    real.kubectl(&["apply", "--server-side", "-k", &path]);
    real.until(Duration::from_secs(90), "both see again", |_| all_ready() == [true, true]);
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");
}

#[test]
fn metrics_count_calls_by_operation_and_code_and_objects_by_reason() {
    let real = Real::new(SEED);
    real.cloud_fault(&Fault::on("JoinSecurityGroup", What::error(409, "InvalidOperation.Conflict")));
    real.membership("web", &web(&["i-web1", "i-web2"]));
    real.membership("typo", &serde_json::json!({"securityGroupId": "sg-nowhere", "targets": {"instanceIds": ["i-other"]}}));
    real.until_ready("web", "True/InSync");
    real.until_ready("typo", "False/NotFound");

    let metrics = Real::metrics(&real.playground.steward().replicas()[0]);
    let value = |line: &str| -> f64 {
        let found = metrics.lines().find_map(|candidate| candidate.strip_prefix(line)).and_then(|rest| rest.trim().parse().ok());
        assert!(found.is_some(), "{line} in\n{metrics}");
        found.unwrap_or_default()
    };
    let joins =
        |code: &str| value(&format!("steward_cloud_calls_total{{service=\"ecs\",operation=\"JoinSecurityGroup\",code=\"{code}\"}}"));
    assert_eq!((joins("OK"), joins("InvalidOperation.Conflict")), (2.0, 1.0));
    assert!((value("steward_cloud_calls_total{service=\"sts\",operation=\"GetCallerIdentity\",code=\"OK\"}") - 1.0).abs() < f64::EPSILON);
    assert!((value("steward_objects{kind=\"SecurityGroupMembership\",reason=\"InSync\"}") - 1.0).abs() < f64::EPSILON);
    assert!((value("steward_objects{kind=\"SecurityGroupMembership\",reason=\"NotFound\"}") - 1.0).abs() < f64::EPSILON);
    assert!((value("steward_leader") - 1.0).abs() < f64::EPSILON);
    assert!(value("steward_cloud_call_seconds_count{service=\"ecs\",operation=\"DescribeInstances\"}") >= 1.0);
    assert!(value("steward_batch_size_count{service=\"ecs\",operation=\"DescribeInstances\"}") >= 1.0);
    assert!(value("steward_passes_total{kind=\"SecurityGroupMembership\",outcome=\"done\"}") >= 2.0);
    assert!(metrics.lines().any(|line| line.starts_with("steward_throttle_wait_seconds_total{")), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"), "OpenMetrics has an end");
}

#[test]
fn logs_are_json_and_hold_no_secret_even_at_level_debug() {
    const SECRET: &str = "s3cr3t-that-nobody-may-read";
    let real = Real::with(SEED, |setup| setup.environment.push(("STEWARD_LOG_LEVEL".to_owned(), "debug".to_owned())));
    real.cloud_edit(&steward_cloudsim::Edit::rotate("key-1", SECRET));
    real.secret(SECRET);
    real.cloud_fault(&Fault::on("JoinSecurityGroup", What::error(500, "InternalError")));
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");
    let applied = web(&["i-web1", "i-web2"]);
    real.kubectl(&[
        "patch",
        "sgm",
        "web",
        "--type=merge",
        "--field-manager=somebody",
        "-p",
        &serde_json::json!({"spec": applied}).to_string(),
    ]);
    real.until(Duration::from_secs(30), "both are in", |real| real.ledger("web").len() == 2);
    real.until_ready("web", "True/InSync");
    real.secret("wrong-s3cr3t");
    real.until_ready("web", "False/CredentialRejected");

    let replica = &real.playground.steward().replicas()[0];
    let ended = replica.sigterm().expect("it ends in time");
    let log = Real::log_of(replica);
    assert!(ended.success(), "{ended}: {}", log.lines().rev().take(5).collect::<Vec<_>>().join("\n"));
    // Only steward's own words: what libraries say at this level may hold what they carry.
    let debug: Vec<&str> = log.lines().filter(|line| line.contains(r#""level":"DEBUG""#)).collect();
    assert!(!debug.is_empty() && debug.iter().all(|line| line.contains(r#""target":"cloud_steward"#)), "debug says something: {log}");
    for line in log.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        assert!(
            parsed.as_ref().is_ok_and(|line| line["level"].is_string() && line["timestamp"].is_string()),
            "not one JSON object: {line}"
        );
    }
    let changes: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(|line: &Value| line["message"] == "changed").collect();
    let by = |manager: &str, instance: &str| {
        changes.iter().any(|line| line["manager"] == manager && line["externalId"] == format!("sg-web/{instance}"))
    };
    assert!(
        by("kubectl-client-side-apply", "i-web1") && by("somebody", "i-web2"),
        "who wrote the spec that a change follows: {changes:#?}"
    );
    let token = std::fs::read_to_string(token_of_steward(&real)).expect("steward's own token");
    let lower = log.to_lowercase();
    for forbidden in [SECRET, "secret-1", "wrong-s3cr3t", token.trim(), "authorization", "signature=", "bearer "] {
        assert!(!lower.contains(&forbidden.to_lowercase()), "{forbidden} in the log: {}", around(&lower, &forbidden.to_lowercase()));
    }
}

fn token_of_steward(real: &Real) -> std::path::PathBuf {
    real.playground.control_plane().root().join("serviceaccounts/cloud-steward-system.cloud-steward/token")
}

fn around(log: &str, what: &str) -> String {
    log.lines().find(|line| line.contains(what)).unwrap_or_default().chars().take(600).collect()
}
