//! What the vendor's SDKs really sent does what it says.

use serde_json::{Value, json};
use steward_cloudsim::Simulator;

use super::edit;
use crate::client::{Answer, Client};
use crate::vectors::{draft_of, simulator_for, vector};

/// The recorded call in a cloud that has its instances.
fn replay(name: &str) -> (Simulator, Client, Answer) {
    let vector = vector(name);
    let simulator = simulator_for(&vector);
    let ids: Vec<String> = (1..=100).map(|number| format!("i-testa{number:013}")).collect();
    let instances: Vec<Value> =
        ids.iter().map(|id| json!({ "id": id, "groups": ["sg-1"], "tags": { "env": "prod", "batch": "" } })).collect();
    let seed =
        json!({ "defaults": { "resourceGroup": "rg-test00000000000" }, "securityGroups": [{ "id": "sg-1" }], "instances": instances });
    simulator.seed(&seed.to_string()).unwrap();
    if vector["input"]["Type"] == "RunPowerShellScript" {
        edit(&simulator, &json!({ "set": { "instance": "i-testa0000000000003", "os": "windows" } }));
    }
    let client = Client::of(&simulator);
    let answer = client.send("POST", &draft_of(&vector)).unwrap();
    (simulator, client, answer)
}

#[test]
fn recorded_commands_run_or_are_refused_for_what_they_say() {
    for (name, code) in [
        ("ecs-run-command-minimal", "ok"),
        ("ecs-run-command-100-instances", "ok"),
        ("ecs-run-command-form-body", "ok"),
        ("ecs-run-command-tags", "ok"),
        // One of its values has no place in the content.
        ("ecs-run-command-base64-parameters", "Parameter.NotMatched"),
        ("ecs-run-command-base64-parameters-node", "Parameter.NotMatched"),
        // A container on Windows.
        ("ecs-run-command-schedule-launcher", "InvalidInstance.NotMatch"),
        ("ecs-stop-invocation", "InvalidInvokeId.NotFound"),
        ("ecs-describe-invocations", "ok"),
        ("ecs-describe-invocation-results", "InvalidParameter.NextToken"),
        ("ecs-describe-cloud-assistant-status", "ok"),
    ] {
        let (simulator, _, answer) = replay(name);
        assert_eq!(answer.code(), code, "{name}: {}", answer.text);
        assert_eq!(simulator.invocations().len(), usize::from(name.contains("-run-") && code == "ok"), "{name}");
    }
}

#[test]
fn what_was_recorded_arrives_letter_by_letter() {
    let (simulator, ..) = replay("ecs-run-command-form-body");
    let one = &simulator.invocations()[0];
    assert_eq!((one.name.as_str(), one.content.as_str()), ("名 称", "echo a b~*+/%&='\"\n"));
    let (simulator, ..) = replay("ecs-run-command-100-instances");
    let one = &simulator.invocations()[0];
    assert_eq!((one.content.as_str(), one.targets.len()), ("uptime\n", 100));
    let (simulator, ..) = replay("ecs-run-command-tags");
    let one = &simulator.invocations()[0];
    assert_eq!(
        one.tags,
        [("cloud-steward.io/owner", "team a/b+c"), ("空", "")].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    );
    assert_eq!(one.targets.len(), 100, "found by their tags");
}
