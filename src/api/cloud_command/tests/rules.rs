//! What the schema's rules let pass, and what they say about the rest.

use super::{FULL, LEAST, SCHEDULED, with};
use crate::api::tests::{refusals, yaml};
use serde_json::{Value, json};

fn refused(change: &Value) -> Vec<String> {
    refusals("CloudCommand", &with(change), None)
}

/// A shell script with more to it.
fn command(change: &Value) -> Value {
    let mut command = json!({"type": "RunShellScript", "content": "uptime"});
    for (field, value) in change.as_object().unwrap() {
        command[field] = value.clone();
    }
    json!({"command": command})
}

#[test]
fn what_can_be_meant_is_allowed() {
    let id = "0123456789abcdef".repeat(4);
    for allowed in [
        json!({"repeatMode": "EveryReboot"}),
        json!({"repeatMode": "Period", "frequency": "rate(5m)"}),
        json!({"targets": {"resourceTags": [{"key": "role"}]}}),
        json!({"targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}], "zoneId": "cn-hangzhou-i"}}}),
        json!({"parameters": [{"name": "a-B_1", "value": ""}, {"name": "b", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}),
        json!({"tags": [{"key": "stewards"}]}),
        json!({"ossOutputDelivery": "oss://logs"}),
        json!({"ossOutputDelivery": "oss://logs/a/b/"}),
        json!({"window": {"notAfter": "2030-01-31T02:00:00.5+08:00"}}),
        json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}}),
        json!({"rollout": {"maxConcurrent": "100%", "maxFailures": "0%"}}),
        json!({"resultsTTL": "72h"}),
        command(&json!({"containerId": id})),
        command(&json!({"containerId": format!("cri-o://{id}"), "containerName": "web"})),
        command(&json!({"type": "RunPowerShellScript", "username": "ops", "windowsPasswordName": "ops-password"})),
        command(&json!({"type": "RunBatScript", "username": "System"})),
        command(&json!({"content": "e".repeat(24_576), "contentEncoding": "Base64"})),
    ] {
        assert_eq!(refused(&allowed), Vec::<String>::new(), "{allowed}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_sentence_about_the_field() {
    let table = [
        (json!({"targets": {}}), "spec.targets", "exactly one of instanceIds"),
        (json!({"targets": {"instanceIds": ["i-1"], "resourceTags": [{"key": "a"}]}}), "spec.targets", "exactly one of instanceIds"),
        (json!({"targets": {"instanceIds": ["eni-1"]}}), "spec.targets.instanceIds", "ids of instances"),
        (json!({"targets": {"instanceIds": ["i-1", "i-2 "]}}), "spec.targets.instanceIds", "ids of instances"),
        (json!({"targets": {"instanceIds": ["i-1,i-2"]}}), "spec.targets.instanceIds", "ids of instances"),
        (json!({"targets": {"resourceTags": [{"key": "acs:a"}]}}), "spec.targets.resourceTags[0].key", "begin with acs:"),
        (json!({"tags": [{"key": "aliyun-a"}]}), "spec.tags[0].key", "begin with acs:"),
        (json!({"tags": [{"key": "a", "value": "see http://b"}]}), "spec.tags[0].value", "must not contain http"),
        (json!({"tags": [{"key": "steward-run"}]}), "spec.tags", "steward's own"),
        (json!({"repeatMode": "Period"}), "spec.frequency", "needs spec.frequency"),
        (json!({"frequency": "rate(5m)"}), "spec.repeatMode", "also write repeatMode: Period"),
        (json!({"repeatMode": "Once", "frequency": "rate(5m)"}), "spec.repeatMode", "also write repeatMode: Period"),
        (json!({"ossOutputDelivery": "s3://logs/a"}), "spec.ossOutputDelivery", "a bucket and a prefix"),
        (json!({"parameters": [{"name": "a", "value": "1"}, {"name": "A", "value": "2"}]}), "spec.parameters", "one name to the cloud"),
        (json!({"parameters": [{"name": "ACS::RegionId", "value": "1"}]}), "spec.parameters[0].name", "letters, digits"),
        (json!({"parameters": [{"name": "a"}]}), "spec.parameters[0]", "exactly one of value and valueFrom"),
        (
            json!({"parameters": [{"name": "a", "value": "", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}),
            "spec.parameters[0]",
            "exactly one of value and valueFrom",
        ),
        (
            json!({"window": {"notBefore": "2030-01-31T02:00:00Z", "notAfter": "2030-01-31T02:00:00Z"}}),
            "spec.window",
            "later than notBefore",
        ),
        (json!({"rollout": {"maxConcurrent": 0}}), "spec.rollout.maxConcurrent", "from 1"),
        (json!({"rollout": {"maxConcurrent": "0%"}}), "spec.rollout.maxConcurrent", "from 1"),
        (json!({"rollout": {"maxFailures": "101%"}}), "spec.rollout.maxFailures", "from 0% to 100%"),
        (json!({"rollout": {"maxFailures": -1}}), "spec.rollout.maxFailures", "a number of targets"),
        (json!({"output": {"on": "Always", "true": "Always"}}), "spec.output", "written twice"),
        (json!({"command": {"type": "RunShellScript"}}), "spec.command", "exactly one of content and contentFrom"),
        (
            command(&json!({"contentFrom": {"configMapKeyRef": {"name": "s", "key": "k"}}})),
            "spec.command",
            "exactly one of content and contentFrom",
        ),
        (json!({"command": {"type": "RunShellScript", "contentFrom": {}}}), "spec.command.contentFrom", "exactly one of secretKeyRef"),
        (
            json!({"command": {"type": "RunShellScript", "contentFrom": {"secretKeyRef": {"name": "s", "key": "k"}, "sha256": "abc"}}}),
            "spec.command.contentFrom.sha256",
            "64 hexadecimal digits",
        ),
        (command(&json!({"containerId": "0123456789ab"})), "spec.command.containerId", "64 hexadecimal digits"),
        (command(&json!({"containerId": format!("podman://{}", "a".repeat(64))})), "spec.command.containerId", "64 hexadecimal digits"),
        (command(&json!({"containerName": "web", "type": "RunBatScript"})), "spec.command", "only a RunShellScript"),
        (command(&json!({"containerName": "web", "username": "ops"})), "spec.command", "ignores username and workingDir"),
        (command(&json!({"containerName": "web", "workingDir": "/opt"})), "spec.command", "ignores username and workingDir"),
        (command(&json!({"windowsPasswordName": "p"})), "spec.command", "goes with username"),
        (command(&json!({"type": "RunBatScript", "windowsPasswordName": "p"})), "spec.command", "goes with username"),
        (command(&json!({"windowsPasswordName": "p", "username": "ops"})), "spec.command", "goes with username"),
        (command(&json!({"type": "RunBatScript", "username": "ops"})), "spec.command", "needs windowsPasswordName"),
        (command(&json!({"launcher": "ä".repeat(513)})), "spec.command.launcher", "1024 bytes"),
    ];
    for (change, field, sentence) in table {
        let refused = refused(&change);
        assert!(
            refused.iter().any(|refusal| refusal.starts_with(&format!("{field}: ")) && refusal.contains(sentence)),
            "{change}: {refused:?}"
        );
    }
}

fn edited(object: &Value, changes: &[(&str, Value)]) -> Value {
    let mut object = object.clone();
    for (field, value) in changes {
        if value.is_null() {
            object["spec"].as_object_mut().unwrap().remove(*field);
        } else {
            object["spec"][*field] = value.clone();
        }
    }
    object
}

/// As the API server hands it to the rules: with the defaults filled in.
fn refused_edit(old: &Value, changes: &[(&str, Value)]) -> Vec<String> {
    let crd = crate::api::crds().into_iter().find(|crd| crd.spec.names.kind == "CloudCommand").unwrap();
    let filled = |object: &Value| kube::core::cel::apply_defaults(&crate::api::tests::schema_of(&crd), object);
    refusals("CloudCommand", &filled(&edited(old, changes)), Some(&filled(old)))
}

#[test]
fn what_runs_changes_only_together_with_the_trigger() {
    let (full, scheduled) = (yaml(FULL), yaml(SCHEDULED));
    let bash = json!({"type": "RunShellScript", "content": "id"});
    let what_runs: Vec<(&Value, &str, Value)> = vec![
        (&full, "command", bash.clone()),
        (&full, "targets", json!({"instanceIds": ["i-1"]})),
        (&full, "targets", json!({"instanceSelector": {"tags": [{"key": "role", "value": "db"}]}})),
        (&full, "parameters", json!([{"name": "version", "value": "3.0.16"}])),
        (&full, "parameters", Value::Null),
        (&full, "repeatMode", json!("EveryReboot")),
        (&full, "tags", json!([{"key": "change", "value": "CHG-2"}])),
        (&full, "tags", Value::Null),
        (&full, "resourceGroupId", json!("rg-1")),
        (&full, "ossOutputDelivery", json!("oss://logs/a")),
        (&scheduled, "frequency", json!("0 0 4 ? * MON-FRI")),
        (&scheduled, "parameters", json!([{"name": "a", "value": ""}])),
    ];
    for (old, field, value) in &what_runs {
        let alone = refused_edit(old, &[(field, value.clone())]);
        assert!(alone.iter().any(|refusal| refusal.contains("change spec.trigger to run the changed command")), "{field}: {alone:?}");
        for trigger in [json!("again"), json!("")] {
            assert_eq!(refused_edit(old, &[(field, value.clone()), ("trigger", trigger)]), Vec::<String>::new(), "{field}");
        }
    }
    // To take it away changes it, too.
    assert_eq!(refused_edit(&full, &[("command", bash), ("trigger", Value::Null)]), Vec::<String>::new());
}

#[test]
fn how_a_run_goes_may_be_edited_at_any_time() {
    let full = yaml(FULL);
    let conduct = [
        ("credentialRef", json!({"name": "prod"})),
        ("window", Value::Null),
        ("rollout", json!({"maxConcurrent": 5})),
        ("onUnfitTarget", json!("Fail")),
        ("output", json!({"capture": "None"})),
        ("resultsTTL", json!("24h")),
        ("deletionPolicy", json!("Retain")),
        ("cancel", json!(true)),
        ("suspend", json!(true)),
        ("trigger", json!("2026-12-02")),
        // What the schema fills in is what it is without being written.
        ("repeatMode", json!("Once")),
    ];
    for (field, value) in conduct {
        assert_eq!(refused_edit(&full, &[(field, value)]), Vec::<String>::new(), "{field}");
    }
}

#[test]
fn the_region_is_for_good() {
    let least = yaml(LEAST);
    let hangzhou = edited(&least, &[("region", json!("cn-hangzhou"))]);
    for (old, region) in [(&least, json!("cn-hangzhou")), (&hangzhou, json!("cn-beijing")), (&hangzhou, Value::Null)] {
        let refused = refused_edit(old, &[("region", region)]);
        assert!(refused.iter().any(|refusal| refusal.contains("spec.region cannot be added, changed or removed")), "{refused:?}");
    }
}
