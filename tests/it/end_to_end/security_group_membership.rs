//! The way of one object: applied, joined, edited, drifted, deleted; and how it looks in a terminal.

use super::real::Real;
use super::{SEED, web};
use serde_json::json;
use std::time::Duration;
use steward_cloudsim::Edit;

/// The least that one can write.
const WEB_1: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: SecurityGroupMembership
metadata: {name: web-1}
spec: {securityGroupId: sg-web, targets: {instanceIds: [i-web1]}}
";

/// Everything that one can write.
const WEB_ALL: &str = "
apiVersion: cloudsteward.dev/v1alpha1
kind: SecurityGroupMembership
metadata: {name: web-all}
spec:
  credentialRef: {name: prod}
  region: cn-hangzhou
  securityGroupId: sg-web
  targets: {instanceSelector: {tags: [{key: role, value: web}], vpcId: vpc-1, resourceGroupId: rg-1}}
  maxRemovals: 10%
  managementPolicy: Manage
  deletionPolicy: Delete
  syncInterval: 10m
  suspend: false
";

#[test]
fn an_object_travels_from_kubectl_apply_to_a_signed_call_and_back() {
    let real = Real::new(SEED);
    the_whole_way(&real);
}

/// Applied, edited, deleted; also what the rights of steward are measured by.
pub(super) fn the_whole_way(real: &Real) {
    real.apply(WEB_1);
    real.kubectl(&["wait", "--for=condition=Ready", "sgm/web-1", "--timeout=60s"]);
    assert_eq!((real.ready("web-1"), real.ledger("web-1")), ("True/InSync".to_owned(), vec!["i-web1=Added".to_owned()]));
    assert_eq!(real.groups_of("i-web1"), ["sg-base", "sg-web"]);

    // The simulator lets nothing pass that is not signed, and says by whose key.
    let joins: Vec<_> = real.calls().into_iter().filter(|call| call.operation == "JoinSecurityGroup").collect();
    assert_eq!(joins.len(), 1);
    let join = &joins[0];
    assert_eq!((join.access_key_id.as_deref(), join.status, join.acted), (Some("key-1"), Some(200), true));
    for (name, value) in [("InstanceId", "i-web1"), ("SecurityGroupId", "sg-web"), ("RegionId", "cn-hangzhou")] {
        assert_eq!(join.parameters.get(name).map(String::as_str), Some(value), "{name}");
    }
    let status = real.get("web-1").expect("it exists")["status"].clone();
    assert_eq!(status["history"][0]["requestId"], join.request_id, "the receipt is findable");
    assert_eq!((&status["accountId"], &status["region"]), (&json!(crate::world::ACCOUNT), &json!("cn-hangzhou")));

    real.edit("web-1", &json!({"securityGroupId": "sg-db"}));
    real.until_ready("web-1", "True/InSync");
    assert_eq!(real.groups_of("i-web1"), ["sg-base", "sg-db"]);
    let order: Vec<_> = real
        .calls()
        .into_iter()
        .filter(|call| call.acted)
        .map(|call| (call.operation, call.parameters["SecurityGroupId"].clone()))
        .collect();
    let expected = [("JoinSecurityGroup", "sg-web"), ("JoinSecurityGroup", "sg-db"), ("LeaveSecurityGroup", "sg-web")];
    assert_eq!(
        order,
        expected.map(|(operation, group)| (operation.to_owned(), group.to_owned())),
        "join the new one, then leave the old one"
    );

    real.until(Duration::from_secs(20), "the calls are told as events", |real| {
        let events = real.events("web-1");
        ["i-web1 joins sg-db", "i-web1 leaves sg-web"]
            .iter()
            .all(|what| events.iter().any(|event| event.starts_with("Normal") && event.contains(what)))
    });
    let described = real.kubectl(&["describe", "sgm", "web-1"]);
    assert!(described.contains("i-web1 joins sg-web"), "events are in kubectl describe: {described}");

    real.kubectl(&["delete", "sgm", "web-1", "--timeout=60s"]);
    assert_eq!((real.get("web-1"), real.groups_of("i-web1")), (None, vec!["sg-base".to_owned()]));
}

#[test]
fn what_kubectl_shows_is_what_the_manual_shows() {
    let real = Real::new(SEED);
    real.credential("prod");
    real.apply(WEB_1);
    real.apply(WEB_ALL);
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "--timeout=60s"]);

    let table = Table::read(&real.kubectl(&["get", "securitygroupmemberships"]));
    assert_eq!(table.titles, ["NAME", "READY", "REASON", "GROUP", "MEMBERS", "JOINED", "AGE"]);
    assert_eq!(table.row("web-1")[1..6], ["True", "InSync", "sg-web", "1", "1"]);
    assert_eq!(table.row("web-all")[1..6], ["True", "InSync", "sg-web", "3", "3"]);

    let wide = Table::read(&real.kubectl(&["get", "sgm", "-o", "wide"]));
    assert_eq!(wide.titles, ["NAME", "READY", "REASON", "GROUP", "MEMBERS", "JOINED", "AGE", "REGION", "CREDENTIAL", "ERROR"]);
    // No error yet, so the last column is empty.
    assert_eq!(wide.row("web-all")[7..], ["cn-hangzhou", "prod"]);

    let credentials = Table::read(&real.kubectl(&["get", "cred"]));
    assert_eq!(credentials.titles[..3], ["NAME", "READY", "REASON"]);
    assert_eq!(credentials.row("default")[1..3], ["True", "InSync"]);

    let everything = real.kubectl(&["get", "steward", "-o", "name"]);
    for name in ["cloudcredential.cloudsteward.dev/default", "securitygroupmembership.cloudsteward.dev/web-1"] {
        assert!(everything.lines().any(|line| line == name), "{name} in {everything}");
    }
}

/// A table as kubectl prints it, in words; an empty cell at the end of a row is no word.
pub(super) struct Table {
    pub(super) titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn read(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        Self { titles: lines.next().unwrap_or_default(), rows: lines.collect() }
    }

    #[track_caller]
    pub(super) fn row(&self, name: &str) -> &[String] {
        self.rows.iter().find(|row| row[0] == name).expect("a row of this name")
    }
}

#[test]
fn drift_is_corrected_when_somebody_asks_for_a_look() {
    let real = Real::new(SEED);
    real.membership("web", &web(&["i-web1", "i-there"]));
    real.until_ready("web", "True/InSync");
    assert_eq!(real.ledger("web"), ["i-there=PreExisting", "i-web1=Added"]);
    real.cloud_edit(&Edit::leave("i-web1", "sg-web"));
    real.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "2026-11-22T09:00:00Z");
    real.until(Duration::from_secs(30), "it is back", |real| real.groups_of("i-web1") == ["sg-base", "sg-web"]);
    real.until(Duration::from_secs(30), "the wish is answered", |real| {
        real.get("web").expect("it exists")["status"]["lastHandledReconcileAt"] == "2026-11-22T09:00:00Z"
    });
    real.until_ready("web", "True/InSync");
    real.until(Duration::from_secs(20), "the correction is told", |real| {
        real.events("web").iter().any(|event| event.starts_with("Normal DriftCorrected"))
    });
}

#[test]
fn a_thousand_members_fit_into_one_object() {
    let seed = "
securityGroups: [{id: sg-base}, {id: sg-web}]
instances: {count: 1000, prefix: i-an-id-as-long-as-they-get-, groups: [sg-base]}
settings: {limits: {JoinSecurityGroup: 100000, LeaveSecurityGroup: 100000, \"*\": 100000}}
";
    let limits =
        "ecs:JoinSecurityGroup=100000,ecs:LeaveSecurityGroup=100000,ecs:DescribeInstances=100000,ecs:DescribeSecurityGroups=100000";
    let real = Real::with(seed, |setup| setup.environment.push(("STEWARD_LIMITS".to_owned(), limits.to_owned())));
    let ids: Vec<_> = (1..=1000).map(|number| format!("i-an-id-as-long-as-they-get-{number:04}")).collect();
    real.membership("web", &json!({"securityGroupId": "sg-web", "targets": {"instanceIds": ids}}));
    real.until(Duration::from_secs(120), "all are in", |real| real.ready("web") == "True/InSync");
    let status = real.get("web").expect("it exists")["status"].clone();
    assert_eq!((&status["members"], &status["joined"], real.acted("JoinSecurityGroup")), (&json!(1000), &json!(1000), 1000));
    assert!(status.to_string().len() < 256 * 1024, "{} bytes of status", status.to_string().len());

    real.delete("web");
    real.until(Duration::from_secs(120), "all have left", |real| real.get("web").is_none());
    assert_eq!(real.acted("LeaveSecurityGroup"), 1000);
}
