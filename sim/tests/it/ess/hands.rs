//! Other hands than the client's: seeds, edits, limits, faults, and what the log and the state tell of it.

use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, KeySeed, What};

use super::{DESCRIBE, MODIFY, REGION, create, describe, edit, images, modify, set, texts};
use crate::client::{demo, simulator};

#[test]
fn the_demo_has_an_active_configuration_with_a_sidecar_that_was_added_by_hand() {
    let (_simulator, client) = demo();
    let one = describe(&client, "asc-1");
    for (pointer, value) in [
        ("/ScalingConfigurationName", json!("web")),
        ("/LifecycleState", json!("Active")),
        ("/ScalingGroupId", json!("asg-1")),
        ("/SecurityGroupId", json!("sg-web")),
        ("/ContainerGroupName", json!("web")),
        ("/Cpu", json!(2.0)),
        ("/Memory", json!(4.0)),
        ("/Containers/0/Image", json!("registry.example/nginx:1.26")),
        ("/Containers/0/Cpu", json!(0.5)),
        ("/Containers/0/Ports/0/Port", json!(80)),
        ("/Containers/1/Name", json!("log-shipper")),
        ("/Containers/1/EnvironmentVars/0/Key", json!("LOG_TARGET")),
        ("/Containers/1/VolumeMounts/0/Name", json!("logs")),
        ("/Volumes/0/EmptyDirVolumeSizeLimit", json!("256Mi")),
    ] {
        assert_eq!(one.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[test]
fn an_edit_merges_by_name_and_null_takes_away() {
    let (simulator, client) = demo();
    set(&simulator, &json!({ "readLag": "1h" }));
    simulator.edit(Edit::configure("asc-1", [("Containers.2.Image", json!("by-hand")), ("Memory", json!(8))])).unwrap();
    let after = describe(&client, "asc-1");
    assert_eq!(images(&after), json!([["nginx", "registry.example/nginx:1.26"], ["log-shipper", "by-hand"]]));
    assert_eq!(after["Memory"], 8.0, "an edit is visible at once");
    edit(
        &simulator,
        &json!({ "set": { "scalingConfiguration": "asc-1", "name": "renamed", "instances": 3, "configuration": {
            "Cpu": null, "Volumes": [], "Containers.1.Ports.1.Protocol": null, "InstanceTypes": ["a", "b"],
            "InitContainers": [{ "Name": "i", "SecurityContext": { "RunAsUser": 0 } }],
        } } }),
    )
    .unwrap();
    let after = describe(&client, "asc-1");
    assert_eq!((&after["Cpu"], &after["Volumes"]), (&Value::Null, &Value::Null));
    assert_eq!(after["Containers"][0]["Ports"], json!([{ "Port": 80 }]));
    assert_eq!(after["InstanceTypes"], json!(["a", "b"]));
    assert_eq!(after["InitContainers"], json!([{ "Name": "i", "SecurityContextRunAsUser": "0" }]));
    assert_eq!(after["ScalingConfigurationName"], "renamed");
    let groups = client.ess("DescribeScalingGroups", &[REGION]).json();
    assert_eq!(groups["ScalingGroups"][0]["DesiredCapacity"], 3);
}

#[test]
fn of_a_group_one_configuration_is_active_at_most() {
    let (simulator, client) = demo();
    let id = create(&client, &[]);
    edit(&simulator, &json!({ "set": { "scalingConfiguration": id, "lifecycle": "Active" } })).unwrap();
    let state = |id: &str| describe(&client, id)["LifecycleState"].take();
    assert_eq!((state(&id), state("asc-1")), (json!("Active"), json!("Inactive")));
    edit(&simulator, &json!({ "delete": { "scalingConfiguration": id } })).unwrap();
    assert_eq!(simulator.state()["scalingGroups"][0]["activeConfiguration"], Value::Null);
    edit(&simulator, &json!({ "delete": { "scalingGroup": "asg-1" } })).unwrap();
    assert_eq!(describe(&client, "asc-1"), Value::Null, "with the group go its configurations");
}

#[test]
fn an_answer_carries_what_nobody_knows_wherever_the_seed_puts_it() {
    let (simulator, client) = demo();
    simulator
        .seed(
            "scalingConfigurations: [{id: asc-9, group: asg-1, configuration: {Containers: [{Name: a}, {Name: b}], Cpu: 2}, \
             extra: {Novelty: {a: 1}, Containers.2.Novelty: true, Containers.3.Novelty: lost, Cpu: '2'}}]",
        )
        .unwrap();
    let expected = json!([{ "Name": "a" }, { "Name": "b", "Novelty": true }]);
    let answer = describe(&client, "asc-9");
    assert_eq!((&answer["Novelty"], &answer["Containers"], &answer["Cpu"]), (&json!({ "a": 1 }), &expected, &json!("2")));
    modify(&client, "asc-9", &[("Memory", "1")]);
    edit(&simulator, &json!({ "set": { "scalingConfiguration": "asc-9", "extra": { "Cpu": null, "More": 1 } } })).unwrap();
    let answer = describe(&client, "asc-9");
    assert_eq!((&answer["Novelty"], &answer["Cpu"], &answer["More"]), (&json!({ "a": 1 }), &json!(2.0), &json!(1)));
}

#[test]
fn an_edit_or_a_seed_that_is_wrong_names_the_trouble() {
    let (simulator, _client) = demo();
    for (change, words) in [
        (json!({ "configuration": { "Colour": "red" } }), "there is no field Colour"),
        (json!({ "configuration": { "Colour": null } }), "there is no field Colour"),
        (json!({ "configuration": { "Containers": [{ "Colour": "red" }] } }), "there is no field Containers.1.Colour"),
        (json!({ "configuration": { "Containers.1.Colour": null } }), "there is no field Containers.1.Colour"),
        (json!({ "configuration": { "Cpu": "much" } }), "Cpu is not of its type"),
        (json!({ "lifecycle": "Sleepy" }), "Sleepy"),
        (json!({ "tags": {} }), "a scaling configuration has"),
        (json!({ "scalingConfiguration": "asc-none" }), "there is no scaling configuration asc-none"),
        (json!({ "instance": "i-web1" }), "say one of"),
    ] {
        let mut all = json!({ "scalingConfiguration": "asc-1" });
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let message = edit(&simulator, &json!({ "set": all })).unwrap_err();
        assert!(message.contains(words), "{change}: {message}");
    }
    assert!(edit(&simulator, &json!({ "set": { "instance": "i-web1", "lifecycle": "Active" } })).unwrap_err().contains("lifecycle"));
    for what in ["scalingConfiguration", "scalingGroup"] {
        assert!(edit(&simulator, &json!({ "delete": { what: "none" } })).unwrap_err().contains("no such object"));
    }
    for (seed, words) in [
        ("scalingGroups: [{id: asg-2, type: VM}]", "scaling group asg-2: `type`: VM"),
        ("scalingGroups: [{id: asg-2, activeConfiguration: asc-1}]", "scaling group asg-2: it has no configuration asc-1"),
        ("scalingGroups: [{name: nameless}]", "`id` is missing"),
        ("scalingConfigurations: [{id: asc-2, group: asg-2}]", "asc-2: there is no scaling group asg-2"),
        ("scalingConfigurations: [{id: asc-2, group: asg-1, configuration: {Container: []}}]", "asc-2: there is no field Container"),
        ("{scalingGroups: [{id: g, type: ECS}], scalingConfigurations: [{id: c, group: g}]}", "c: its scaling group g is of type ECS"),
    ] {
        let message = format!("{:#}", simulator.seed(seed).unwrap_err());
        assert!(message.contains(words), "{seed}: {message}");
    }
}

#[test]
fn neither_the_state_nor_the_log_nor_a_refusal_tells_a_password() {
    let (simulator, client) = demo();
    let secret = "correct-horse";
    let fields = [("ImageRegistryCredentials.1.Server", "s"), ("ImageRegistryCredentials.1.Password", secret)];
    modify(&client, "asc-1", &[&fields[..], &[("Volumes.1.ConfigFileVolumeConfigFileToPath.1.Content", "YQ==")]].concat());
    create(&client, &fields);
    modify(&client, "asc-1", &[("Override", "true"), ("Cpu", "x"), fields[1]]);
    set(&simulator, &json!({ "strictParameters": true }));
    modify(&client, "asc-1", &[("ImageRegistryCredential.1.Password", secret)]);
    let state = client.admin("GET", "state", "");
    let one = &state.json()["scalingConfigurations"][0];
    assert_eq!(one["configuration"]["ImageRegistryCredentials"], json!([{ "Server": "s", "Password": "(secret)" }]));
    let file = json!([{ "ConfigFileVolumeConfigFileToPath": [{ "Content": "YQ==" }] }]);
    assert_eq!((&one["configuration"]["Volumes"], &one["lifecycle"]), (&file, &json!("Active")));
    let log = client.admin("GET", "calls", "");
    assert_eq!(log.json()[0]["parameters"]["ImageRegistryCredentials.1.Password"], "(hidden)");
    for text in [&state.text, &log.text] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn the_state_is_nested_as_a_seed_is_and_can_be_laid_again() {
    let (other, client) = demo();
    let fields = [("Containers.1.LivenessProbe.HttpGet.Port", "80"), ("Containers.1.LivenessProbe.Exec.Commands.1", "true")];
    modify(&client, "asc-1", &fields);
    let shown = other.state()["scalingConfigurations"][0]["configuration"].take();
    assert_eq!(shown["Containers"][0]["LivenessProbe"], json!({ "HttpGet": { "Port": 80 }, "Exec": { "Commands": ["true"] } }));
    let seed = json!({ "scalingConfigurations": [{ "id": "asc-1", "group": "asg-1", "configuration": shown }] });
    let before = describe(&client, "asc-1");
    other.seed(&seed.to_string()).unwrap();
    assert_eq!(describe(&client, "asc-1"), before);
}

#[test]
fn limits_rights_and_faults_hold_here_too() {
    let (simulator, client) = demo();
    for _ in 0..300 {
        assert_eq!(modify(&client, "asc-1", &[]).code(), "ok");
    }
    assert_eq!(modify(&client, "asc-1", &[]).code(), "Throttling.User");
    assert_eq!(simulator.calls().iter().filter(|call| call.acted).count(), 0, "what changes nothing did not act");
    set(&simulator, &json!({ "limits": { MODIFY: 1_000 } }));
    simulator.fault(Fault::on(MODIFY, What::error(500, "InternalError")).after());
    assert_eq!(modify(&client, "asc-1", &[("Cpu", "9")]).code(), "InternalError");
    assert_eq!(describe(&client, "asc-1")["Cpu"], 9.0, "it was done all the same");
    assert!(simulator.calls().iter().any(|call| call.acted && call.status == Some(500)));
    let deny = Some(vec!["ess:ModifyEciScalingConfiguration".to_owned()]);
    simulator.edit(Edit::Key(KeySeed { id: "demoAccessKeyId".to_owned(), deny, ..KeySeed::default() })).unwrap();
    let denied = modify(&client, "asc-1", &[]);
    assert_eq!((denied.status, denied.code().as_str()), (403, "Forbidden.RAM"));
    assert_eq!(client.ess(DESCRIBE, &[REGION]).code(), "ok");
}

#[test]
fn a_configuration_that_is_seeded_is_as_bare_as_its_seed() {
    let simulator =
        simulator("{accounts: [{id: '1', keys: [{id: demoAccessKeyId, secret: demoAccessKeySecret}]}], regions: [cn-hangzhou]}");
    let client = crate::client::Client::of(&simulator);
    simulator.seed("{scalingGroups: [{id: g, activeConfiguration: c}], scalingConfigurations: [{id: c, group: g}]}").unwrap();
    let answer = client.ess(DESCRIBE, &[REGION]).json()["ScalingConfigurations"].take();
    assert_eq!(texts(&answer, "LifecycleState"), ["Active"]);
    assert_eq!(answer[0].as_object().unwrap().len(), 6, "{answer}");
}
