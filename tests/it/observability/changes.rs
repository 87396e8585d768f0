//! Each call that changes something is one line in the log, whatever came of it.

use super::{ready, script, world};
use crate::canaries::Log;
use crate::security_group_membership::{minutes, web};
use crate::world::World;
use crate::world::commands::{COMMANDS, RUN, STOP};
use crate::world::configurations::{DELETE, MODIFY};
use crate::world::{ACCOUNT, CONFIGURATIONS, MEMBERSHIPS};
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

/// The lines of calls that change something.
fn changes(log: &Log) -> Vec<Value> {
    let lines: Vec<Value> = log.text().lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    lines.into_iter().filter(|line| line["message"] == "changed").collect()
}

/// `JoinSecurityGroup joined`, in the order of the log.
fn told(log: &Log) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    changes(log)
        .iter()
        .map(|line| format!("{} {} {}", word(&line["operation"]), word(&line["outcome"]), word(&line["class"])).trim().to_owned())
        .collect()
}

fn until(world: &mut World, plural: &'static str, name: &'static str, expected: &'static str) {
    world.until(minutes(5), expected, |world| ready(world, plural, name) == expected);
}

#[test]
fn each_call_that_changes_something_is_told_in_one_line() {
    let (log, _listening) = Log::listen();
    let mut world = world();
    world.start();

    world.cloud.fault(Fault::on("JoinSecurityGroup", What::error(409, "InvalidOperation.Conflict")));
    world.membership("web", &web(&["i-1"]));
    until(&mut world, MEMBERSHIPS, "web", "True/InSync");
    world.edit("web", &json!({"targets": {"instanceIds": ["i-2"]}}));
    world.until(minutes(2), "one went, one came", |world| {
        world.cloud.groups_of("i-1").len() == 1 && world.cloud.groups_of("i-2").len() == 2
    });

    let spec = |cpu: f64| {
        json!({
            "scalingGroupId": "asg-1", "deletionPolicy": "Delete",
            "configuration": {
                "scalingConfigurationName": "app", "securityGroupId": "sg-web", "cpu": cpu, "memory": 4.0,
                "containers": [{"name": "app", "image": "app:1", "environmentVars": [{"key": "PASSWORD", "value": "s3cr3t-in-spec"}]}],
            },
        })
    };
    world.configuration("app", &spec(2.0));
    until(&mut world, CONFIGURATIONS, "app", "True/InSync");
    world.cloud.fault(Fault::on(MODIFY, What::Reset));
    world.api.patch_json(CONFIGURATIONS, "default", "app", &json!({"spec": spec(4.0)}));
    world.until(minutes(2), "it is modified", |world| world.acted(MODIFY) == 1);
    until(&mut world, CONFIGURATIONS, "app", "True/InSync");
    world.api.delete(CONFIGURATIONS, "default", "app");
    world.until(minutes(2), "it is deleted", |world| world.acted(DELETE) == 1);

    world.by_hand(json!({"commandOutcomes": [{"pendingSeconds": 50}]}));
    world.cloud.fault(Fault::on(RUN, What::Reset));
    world.command("hello", &script(&["i-1", "i-2"]));
    world.until(minutes(2), "it is out", |world| world.ran().len() == 1);
    let run = world.api.get_json(COMMANDS, "default", "hello").expect("it is there")["status"]["operations"][0]["run"].clone();
    world.api.patch_json(COMMANDS, "default", "hello", &json!({"spec": {"cancel": true}}));
    world.until(minutes(1), "it is stopped", |world| world.calls(STOP) == 1);
    world.settle();

    let mut expected = vec![
        "JoinSecurityGroup refused Busy",
        "JoinSecurityGroup joined",
        "JoinSecurityGroup joined",
        "LeaveSecurityGroup left",
        "CreateEciScalingConfiguration created",
        "ModifyEciScalingConfiguration modified",
        "DeleteEciScalingConfiguration deleted",
        "RunCommand unknown Unavailable",
        "RunCommand accepted",
        "StopInvocation stopped",
    ];
    let mut told = told(&log);
    assert_eq!(told.remove(0), expected.remove(0));
    told.sort();
    expected.sort_unstable();
    assert_eq!(told, expected);

    for line in changes(&log) {
        for field in ["kind", "namespace", "name", "uid", "service", "step", "ids"] {
            assert!(line[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {line:#}");
        }
        assert_eq!((&line["account"], &line["region"]), (&json!(ACCOUNT), &json!("cn-hangzhou")), "{line:#}");
        assert!(line["generation"].is_i64() && line["seconds"].is_f64(), "{line:#}");
        let (is_refused, is_unknown) = (line["outcome"] == "refused", line["outcome"] == "unknown");
        assert_eq!(line["requestId"].is_string(), !is_unknown, "{line:#}");
        assert_eq!(line["externalId"].is_string(), !is_refused && !is_unknown, "{line:#}");
        assert_eq!(line["code"].is_string(), is_refused, "{line:#}");
    }
    let of = |operation: &str| changes(&log).into_iter().rfind(|line| line["operation"] == operation).expect("it is told");
    let (refused, ran) = (changes(&log).remove(0), of(RUN));
    assert_eq!(
        (&refused["code"], &refused["ids"], &refused["name"]),
        (&json!("InvalidOperation.Conflict"), &json!("sg-web,i-1"), &json!("web"))
    );
    assert_eq!((&ran["ids"], &ran["run"], &ran["externalId"]), (&json!("i-1,i-2"), &run, &json!(world.ran()[0].invoke_id)));
    assert!(of("CreateEciScalingConfiguration")["run"].is_string());
    assert!(!log.text().contains("s3cr3t-in-spec") && !log.text().contains("echo hello"), "neither values nor scripts");
}
