//! A scrape of an operator that did a bit of everything brings the metrics of the table in `docs/metrics.md`, with their labels, and no others.

use super::{Documented, documented, home, promtool, ready, script, world};
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::World;
use crate::world::checks::CHECKS;
use crate::world::commands::{COMMANDS, RUN};
use crate::world::{MEMBERSHIPS, OWN_NAMESPACE};
use cloud_steward::operator::LeaderElection;
use serde_json::json;
use std::collections::BTreeMap;
use steward_cloudsim::{Edit, Fault, What};

const RELEASE: &str = concat!("steward_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
const WEB: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";

/// Members that were taken out and put back, one that asks for what is not there, a backup, and a command of which nobody knows whether it ran.
fn eventful() -> World {
    let mut world = world();
    world.membership("web", &web(&["i-1", "i-2"]));
    world.membership("typo", &json!({"securityGroupId": "sg-nowhere", "targets": {"instanceIds": ["i-1"]}}));
    world.check("backup", &json!({"credentialRef": {"name": "otc"}, "checks": [home(WEB)]}));
    world.command("hello", &script(&["i-1"]));
    world.cloud.fault(Fault::on(RUN, What::Reset));
    world.start();
    world.until(minutes(1), "members join, a backup is fine, a call is lost", |world| {
        world.calls(RUN) == 1
            && ready(world, MEMBERSHIPS, "web") == "True/InSync"
            && ready(world, MEMBERSHIPS, "typo") == "False/NotFound"
            && ready(world, CHECKS, "backup") == "True/Restorable"
    });
    world.crash();
    world.pass_in_steps(minutes(25 * 60), minutes(60));
    world.start();
    world.until(minutes(2), "the call is in doubt", |world| ready(world, COMMANDS, "hello") == "False/OutcomeUnknown");
    world.cloud.edit(Edit::leave("i-2", "sg-web")).expect("somebody takes it out");
    world.cloud.fault(Fault::on("JoinSecurityGroup", What::Throttle));
    world.annotate("web", "reconcile.cloudsteward.dev/requestedAt", "now");
    world.until(minutes(3), "it is put back", |world| world.cloud.groups_of("i-2").len() == 2);
    world.pass(seconds(30));
    world
}

/// Name of the metric, and its type and labels.
fn scraped(text: &str) -> BTreeMap<String, Documented> {
    let types: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).filter_map(|line| line.split_once(' ')).collect();
    let mut found: BTreeMap<String, Documented> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && line.contains(' ')) {
        let (series, _) = line.rsplit_once(' ').unwrap_or_default();
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let histogram =
            ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).filter(|base| types.contains_key(base));
        let name = histogram.unwrap_or(name);
        let Some(sort) = types.get(name.strip_suffix("_total").unwrap_or(name)) else { continue };
        let labels = labels.split(',').filter_map(|label| label.split_once('=')).map(|(label, _)| label.to_owned());
        let labels = labels.filter(|label| label != "le").collect();
        let one = Documented { type_: (*sort).to_owned(), labels };
        let before = found.insert(name.to_owned(), one.clone());
        assert!(before.is_none_or(|before| before.labels == one.labels), "{name} has now these labels and now those");
    }
    found
}

fn page(world: &World) -> String {
    let text = world.numbers();
    let (_, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    body.to_owned()
}

#[track_caller]
fn value(page: &str, series: &str) -> f64 {
    let found = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok());
    assert!(found.is_some(), "{series} in\n{page}");
    found.unwrap_or_default()
}

#[test]
fn what_a_scrape_brings_is_what_is_documented_and_means_what_happened() {
    let mut world = eventful();
    let page = page(&world);
    let (found, told) = (scraped(&page), documented());
    for (name, one) in &told {
        assert_eq!(found.get(name), Some(one), "{name}, as docs/metrics.md has it, and as a scrape brings it:\n{page}");
    }
    let secret: Vec<_> = found.keys().filter(|name| !told.contains_key(*name)).collect();
    assert!(secret.is_empty(), "not in docs/metrics.md: {secret:?}");

    for (series, expected) in [
        ("steward_leader", 1.0),
        (RELEASE, 1.0),
        ("steward_objects{kind=\"CloudCredential\",reason=\"InSync\"}", 2.0),
        ("steward_objects{kind=\"SecurityGroupMembership\",reason=\"NotFound\"}", 1.0),
        ("steward_unhealthy_object{kind=\"SecurityGroupMembership\",namespace=\"default\",name=\"typo\",reason=\"NotFound\"}", 1.0),
        ("steward_unhealthy_object{kind=\"CloudCommand\",namespace=\"default\",name=\"hello\",reason=\"OutcomeUnknown\"}", 1.0),
        ("steward_unknown_outcomes{kind=\"CloudCommand\",namespace=\"default\",name=\"hello\"}", 1.0),
        ("steward_drift_corrections_total{kind=\"SecurityGroupMembership\"}", 1.0),
        ("steward_series_left_out{metric=\"steward_unhealthy_object\"}", 0.0),
        ("steward_watch_blind{watch=\"restorechecks/*\"}", 0.0),
        ("steward_deletions_blocked{kind=\"RestoreCheck\"}", 0.0),
        ("steward_cloud_errors_total{service=\"ecs\",operation=\"JoinSecurityGroup\",class=\"Throttled\"}", 1.0),
    ] {
        assert!((value(&page, series) - expected).abs() < f64::EPSILON, "{series} is {}", value(&page, series));
    }
    assert!(!page.contains("name=\"web\""), "what is ready is not listed by name");
    let last_yes = value(&page, "steward_last_restorable_timestamp_seconds{namespace=\"default\",name=\"backup\",check=\"home\"}");
    let seen = world.api.get_json(CHECKS, "default", "backup").expect("it is there")["status"]["checks"][0]["lastAnswer"].clone();
    let seen: jiff::Timestamp = seen.as_str().expect("an answer").parse().expect("a time");
    let now = seen.duration_since(jiff::Timestamp::UNIX_EPOCH).as_secs_f64();
    assert!((last_yes - now).abs() < 1.0, "{last_yes} {now}");
    let expiry = value(&page, "steward_credential_expiry_timestamp_seconds{namespace=\"default\",name=\"otc\"}");
    let renewal = value(&page, "steward_credential_renewal_timestamp_seconds{namespace=\"default\",name=\"otc\"}");
    assert!(now < renewal && renewal < expiry, "{now} {renewal} {expiry}");
    let throttled = value(&page, "steward_throttled_seconds_total{service=\"ecs\",operation=\"JoinSecurityGroup\"}");
    assert!((1.0..=60.0).contains(&throttled), "{throttled}");
    let used = value(&page, "steward_budget_used_ratio{service=\"ecs\",operation=\"DescribeInstances\"}");
    assert!(0.0 < used && used <= 1.0, "{used}");
    assert!(value(&page, "process_resident_memory_bytes") > 1e6 && value(&page, "process_cpu_seconds_total") > 0.0);

    well_formed(&page);

    world.api.patch_json(MEMBERSHIPS, "default", "typo", &json!({"spec": {"suspend": true}}));
    world.pass(seconds(5));
    let page = self::page(&world);
    assert!(page.contains("name=\"typo\",reason=\"Suspended\"") && !page.contains("reason=\"NotFound\""), "{page}");
}

/// Prometheus takes it: its parser reads it, and its linter has nothing to say.
#[track_caller]
fn well_formed(page: &str) {
    assert!(page.ends_with("# EOF\n"), "OpenMetrics has an end");
    let directory = tempfile::tempdir().expect("a directory");
    // Its parser can be had for history only, in which each sample has its time.
    let timed = page.lines().map(|line| if line.starts_with('#') { format!("{line}\n") } else { format!("{line} 1700000000\n") });
    std::fs::write(directory.path().join("page"), timed.collect::<String>()).expect("a disk");
    promtool(directory.path(), &["tsdb", "create-blocks-from", "openmetrics", "page", "blocks"], "");
    // Its linter knows the older form only, in which a counter is called `_total` from its first line on.
    let older = page.lines().map(|line| match line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')) {
        Some((word, rest)) => {
            let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let is_counter = page.contains(&format!("# TYPE {name} counter\n"));
            format!("# {word} {name}{} {rest}\n", if is_counter { "_total" } else { "" })
        }
        None => format!("{line}\n"),
    });
    assert_eq!(promtool(directory.path(), &["check", "metrics"], &older.collect::<String>()), "", "the linter's remarks");
}

#[test]
fn a_replica_that_waits_for_the_lease_tells_of_no_object() {
    let mut world = world();
    world.membership("typo", &json!({"securityGroupId": "sg-nowhere", "targets": {"instanceIds": ["i-1"]}}));
    world.configure(|config| config.leader_election = Some(LeaderElection { identity: "this-one".to_owned() }));
    world.api.create_json(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"namespace": OWN_NAMESPACE, "name": "cloud-steward"},
        "spec": {"holderIdentity": "another", "leaseDurationSeconds": 15, "leaseTransitions": 0},
    }));
    world.start();
    world.pass(seconds(5));
    let waiting = page(&world);
    assert!(value(&waiting, "steward_leader").abs() < f64::EPSILON && value(&waiting, RELEASE) > 0.0);
    for of_objects in ["kind=", "name=", "operation="] {
        assert!(!waiting.contains(of_objects), "{of_objects} in\n{waiting}");
    }
    assert!(value(&waiting, "steward_watch_blind{watch=\"cloudcommands/*\"}").abs() < f64::EPSILON);

    world.until(minutes(2), "the other is gone, and it acts", |world| ready(world, MEMBERSHIPS, "typo") == "False/NotFound");
    let acting = page(&world);
    assert!(value(&acting, "steward_leader") > 0.0 && acting.contains("name=\"typo\""), "{acting}");
}
