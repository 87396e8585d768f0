//! What Modify, Create and Delete do, and what they refuse.

use serde_json::json;

use super::{CREATE, DELETE, MODIFY, REGION, create, delete, describe, edit, images, modify, set, texts};
use crate::client::demo;

#[test]
fn a_field_that_is_not_sent_keeps_its_value_and_a_list_that_is_sent_replaces_all_of_it() {
    let (_simulator, client) = demo();
    assert_eq!(modify(&client, "asc-1", &[("Tags.1.Key", "a"), ("Tags.2.Key", "b"), ("HostName", "h")]).code(), "ok");
    let before = describe(&client, "asc-1");
    assert_eq!(modify(&client, "asc-1", &[("Memory", "8"), ("Tags.1.Key", "c")]).code(), "ok");
    let after = describe(&client, "asc-1");
    assert_eq!((&after["Memory"], &after["Tags"]), (&json!(8.0), &json!([{ "Key": "c" }])));
    for kept in ["HostName", "Cpu", "Containers", "Volumes", "SecurityGroupId", "ScalingConfigurationName"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    modify(&client, "asc-1", &[("Containers.1.Name", "nginx"), ("Containers.1.Image", "new")]);
    assert_eq!(describe(&client, "asc-1")["Containers"], json!([{ "Name": "nginx", "Image": "new" }]), "whatever was not sent is lost");
}

#[test]
fn the_numbers_of_a_list_only_order_it() {
    let (_simulator, client) = demo();
    let fields = [("NtpServers.10", "c"), ("NtpServers.2", "b"), ("NtpServers.1", "a")];
    assert_eq!(modify(&client, "asc-1", &fields).code(), "ok");
    assert_eq!(describe(&client, "asc-1")["NtpServers"], json!(["a", "b", "c"]));
}

#[test]
fn an_incremental_update_changes_the_containers_that_it_names_and_in_them_what_it_sends() {
    let (_simulator, client) = demo();
    let incremental = ("ContainersUpdateType", "IncrementalUpdate");
    let before = describe(&client, "asc-1");
    let change = [incremental, ("Containers.1.Name", "log-shipper"), ("Containers.1.Image", "new"), ("Memory", "8")];
    assert_eq!(modify(&client, "asc-1", &change).code(), "ok");
    let after = describe(&client, "asc-1");
    assert_eq!(images(&after), json!([["nginx", "registry.example/nginx:1.26"], ["log-shipper", "new"]]));
    assert_eq!(after["Memory"], 8.0);
    assert_eq!(modify(&client, "asc-1", &[&change[..], &[("Override", "true")]].concat()).code(), "ok");
    assert_eq!(describe(&client, "asc-1"), after, "it overrides nothing");
    assert_eq!(after["Containers"][1]["EnvironmentVars"], before["Containers"][1]["EnvironmentVars"]);
    for stranger in [("Containers.1.Name", "nobody"), ("Containers.1.Image", "nameless")] {
        let answer = modify(&client, "asc-1", &[incremental, stranger]);
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"));
        assert!(answer.text.contains("Containers.1.Name"), "{}", answer.text);
    }
    assert_eq!(modify(&client, "asc-1", &[("ContainersUpdateType", "Sometimes")]).code(), "InvalidParameter");
    assert_eq!(describe(&client, "asc-1"), after);
}

#[test]
fn override_leaves_what_it_sends_and_what_a_create_would_have_said_for_the_rest() {
    let (_simulator, client) = demo();
    assert_eq!(modify(&client, "asc-1", &[("Override", "true"), ("Cpu", "1")]).code(), "ok");
    let expected = json!({
        "ScalingConfigurationId": "asc-1",
        "ScalingConfigurationName": "web",
        "ScalingGroupId": "asg-1",
        "RegionId": "cn-hangzhou",
        "LifecycleState": "Active",
        "CreationTime": "2026-01-01T00:00Z",
        "Cpu": 1.0,
        "RestartPolicy": "Always",
        "SpotStrategy": "NoSpot",
        "LoadBalancerWeight": 50,
        "SecurityGroupId": "sg-default-cn-hangzhou",
    });
    assert_eq!(describe(&client, "asc-1"), expected);
    assert_eq!(modify(&client, "asc-1", &[("Override", "false"), ("Memory", "2")]).code(), "ok");
    assert_eq!(describe(&client, "asc-1")["Cpu"], 1.0);
}

#[test]
fn an_empty_text_is_set_or_ignored_as_the_settings_say_and_is_never_a_number() {
    let (simulator, client) = demo();
    let fields = [("RamRoleName", "role"), ("EipBandwidth", "7"), ("AutoCreateEip", "true")];
    let none = fields.map(|(name, _)| (name, ""));
    modify(&client, "asc-1", &fields);
    set(&simulator, &json!({ "emptyStrings": "ignore" }));
    assert_eq!(modify(&client, "asc-1", &none).code(), "ok");
    assert_eq!(describe(&client, "asc-1")["RamRoleName"], "role");
    set(&simulator, &json!({ "emptyStrings": "clear" }));
    assert_eq!(modify(&client, "asc-1", &none).code(), "ok");
    let after = describe(&client, "asc-1");
    assert_eq!((&after["RamRoleName"], &after["EipBandwidth"], &after["AutoCreateEip"]), (&json!(""), &json!(7), &json!(true)));
}

#[test]
fn values_are_not_checked_but_types_are() {
    let (_simulator, client) = demo();
    let odd = [("RestartPolicy", "banana"), ("LoadBalancerWeight", "-3"), ("Containers.1.Ports.1.Protocol", "pigeon")];
    assert_eq!(modify(&client, "asc-1", &odd).code(), "ok");
    assert_eq!(describe(&client, "asc-1")["RestartPolicy"], "banana");
    for (name, text) in [
        ("Cpu", "much"),
        ("Cpu", "NaN"),
        ("EipBandwidth", "1.5"),
        ("EipBandwidth", "3000000000"),
        ("ActiveDeadlineSeconds", "soon"),
        ("AutoCreateEip", "perhaps"),
        ("Containers.1.Ports.1.Port", "eighty"),
    ] {
        let answer = modify(&client, "asc-1", &[(name, text)]);
        assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidParameter"), "{name}={text}");
        assert!(answer.text.contains(name) && !answer.text.contains(text), "{}", answer.text);
    }
    assert_eq!(modify(&client, "asc-1", &[("AutoCreateEip", "True")]).code(), "ok", "as one of the SDKs spells it");
}

#[test]
fn strangers_among_the_parameters_are_ignored_unless_the_settings_are_strict() {
    let (simulator, client) = demo();
    let singular = ("Container.1.Name", "of an older version");
    let of_create = ("Containers.1.SecurityContext.Capability.Add.1", "NET_ADMIN");
    let before = describe(&client, "asc-1");
    for stranger in [singular, of_create, ("Containers.0.Name", "from zero"), REGION] {
        assert_eq!(modify(&client, "asc-1", &[stranger]).code(), "ok");
        assert_eq!(describe(&client, "asc-1"), before, "{stranger:?}");
        assert_eq!(simulator.calls().iter().rev().nth(1).unwrap().parameters[stranger.0], stranger.1, "the log has it all the same");
        set(&simulator, &json!({ "strictParameters": true }));
        let answer = modify(&client, "asc-1", &[stranger]);
        assert_eq!(answer.code(), "InvalidParameter", "{stranger:?}");
        assert!(answer.text.contains(stranger.0), "{}", answer.text);
        set(&simulator, &json!({ "strictParameters": false }));
    }
    set(&simulator, &json!({ "strictParameters": true }));
    assert_eq!(client.ess(DELETE, &[("ScalingConfigurationId", "asc-1"), ("Force", "true")]).code(), "InvalidParameter");
    assert_eq!(client.ess(CREATE, &[("ScalingGroupId", "asg-1"), ("Override", "true")]).code(), "InvalidParameter");
}

#[test]
fn a_strict_modify_wants_the_five_that_the_document_marks_as_required() {
    let (simulator, client) = demo();
    let all = [
        ("ScalingConfigurationId", "asc-1"),
        ("ScalingConfigurationName", "web"),
        ("Description", ""),
        ("SecurityGroupId", "sg-web"),
        ("ContainerGroupName", "web"),
    ];
    assert_eq!(client.ess(MODIFY, &all[..1]).code(), "ok");
    assert_eq!(client.ess(MODIFY, &all[1..]).code(), "MissingParameter");
    set(&simulator, &json!({ "strictModify": true }));
    assert_eq!(client.ess(MODIFY, &all).code(), "ok", "an empty description is there");
    for missing in 0..5 {
        let rest: Vec<_> = all.into_iter().enumerate().filter(|(number, _)| *number != missing).map(|(_, pair)| pair).collect();
        let answer = client.ess(MODIFY, &rest);
        assert_eq!((answer.status, answer.code().as_str()), (400, "MissingParameter"));
        assert!(answer.text.contains(all[missing].0), "{}", answer.text);
    }
}

#[test]
fn a_new_configuration_says_what_the_cloud_adds_and_is_not_active() {
    let (simulator, client) = demo();
    edit(&simulator, &json!({ "delete": { "scalingConfiguration": "asc-1" } })).unwrap();
    let id = create(&client, &[("AutoCreateEip", "true")]);
    assert!(id.starts_with("asc-") && id.len() == 24, "{id}");
    let expected = json!({
        "ScalingConfigurationId": id,
        "ScalingConfigurationName": id,
        "ScalingGroupId": "asg-1",
        "RegionId": "cn-hangzhou",
        "LifecycleState": "Inactive",
        "CreationTime": "2026-01-01T00:00Z",
        "RestartPolicy": "Always",
        "SpotStrategy": "NoSpot",
        "LoadBalancerWeight": 50,
        "SecurityGroupId": "sg-default-cn-hangzhou",
        "AutoCreateEip": true,
        "EipBandwidth": 5,
    });
    assert_eq!(describe(&client, &id), expected);
    let own = [("LoadBalancerWeight", "7"), ("RestartPolicy", "Never"), ("SecurityGroupId", "sg-web"), ("ScalingConfigurationName", "own")];
    let answer = describe(&client, &create(&client, &own));
    assert_eq!(answer["LoadBalancerWeight"], 7);
    assert_eq!(answer["EipBandwidth"], json!(null), "without an address there is no bandwidth");
    for (name, text) in &own[1..] {
        assert_eq!(&answer[name], text);
    }
}

#[test]
fn a_second_create_makes_a_second_configuration() {
    let (_simulator, client) = demo();
    assert_ne!(create(&client, &[]), create(&client, &[]));
}

#[test]
fn a_name_is_taken_once_in_a_group() {
    let (simulator, client) = demo();
    simulator.seed("scalingGroups: [{id: asg-2}]").unwrap();
    let name = ("ScalingConfigurationName", "web");
    let duplicate = client.ess(CREATE, &[("ScalingGroupId", "asg-1"), name]);
    assert_eq!((duplicate.status, duplicate.code().as_str()), (400, "InvalidScalingConfigurationName.Duplicate"));
    assert_eq!(client.ess(CREATE, &[("ScalingGroupId", "asg-2"), name]).code(), "ok", "in another group it is free");
    let other = create(&client, &[("ScalingConfigurationName", "other")]);
    assert_eq!(modify(&client, &other, &[name]).code(), "InvalidScalingConfigurationName.Duplicate");
    assert_eq!(modify(&client, "asc-1", &[name]).code(), "ok", "its own name is no duplicate");
    assert_eq!(modify(&client, "asc-1", &[("ScalingConfigurationName", "")]).code(), "ok");
    assert_eq!(describe(&client, "asc-1")["ScalingConfigurationName"], "asc-1", "without a name it is called like its id");
    assert_eq!(modify(&client, &other, &[name]).code(), "ok", "a name that was given up is free");
}

#[test]
fn a_create_wants_a_group_of_the_right_type_with_room() {
    let (simulator, client) = demo();
    simulator.seed("scalingGroups: [{id: asg-ecs, type: ECS}]").unwrap();
    set(&simulator, &json!({ "configurationsPerGroup": 2 }));
    let answer = |group: &str| {
        let answer = client.ess(CREATE, &[("ScalingGroupId", group)]);
        (answer.status, answer.code())
    };
    assert_eq!(answer(""), (400, "MissingParameter".to_owned()));
    assert_eq!(answer("asg-none"), (404, "InvalidScalingGroupId.NotFound".to_owned()));
    assert_eq!(answer("asg-ecs"), (400, "UnsupportedOperation".to_owned()));
    assert_eq!(answer("asg-1"), (200, "ok".to_owned()));
    assert_eq!(answer("asg-1"), (400, "QuotaExceeded.ScalingConfiguration".to_owned()));
}

#[test]
fn a_delete_is_refused_while_the_configuration_is_in_use() {
    let (simulator, client) = demo();
    assert_eq!(delete(&client, "asc-1"), "IncorrectScalingConfigurationLifecycleState");
    edit(&simulator, &json!({ "set": { "scalingConfiguration": "asc-1", "lifecycle": "Inactive", "instances": 1 } })).unwrap();
    assert_eq!(delete(&client, "asc-1"), "InstanceInUse");
    edit(&simulator, &json!({ "set": { "scalingConfiguration": "asc-1", "instances": 0 } })).unwrap();
    assert_eq!(client.ess(DELETE, &[("ScalingConfigurationId", "asc-1"), ("RegionId", "cn-nowhere")]).code(), "InvalidRegionId.NotFound");
    assert_eq!(client.ess(DELETE, &[]).code(), "MissingParameter");
    assert_eq!(delete(&client, "asc-1"), "ok");
    let gone = client.ess(DELETE, &[("ScalingConfigurationId", "asc-1")]);
    assert_eq!((gone.status, gone.code().as_str()), (404, "InvalidScalingConfigurationId.NotFound"));
    let gone = modify(&client, "asc-1", &[]);
    assert_eq!((gone.status, gone.code().as_str()), (404, "InvalidScalingConfigurationId.NotFound"));
    assert_eq!(describe(&client, "asc-1"), json!(null));
}

#[test]
fn parameters_may_come_in_a_form() {
    let (_simulator, client) = demo();
    let query = "ScalingConfigurationId=asc-1";
    let draft = client.signed(crate::client::ESS, MODIFY, query, "Containers.1.Name=a&Containers.1.Args.1=%26+%2B");
    assert_eq!(client.send("POST", &draft).unwrap().code(), "ok");
    let containers = describe(&client, "asc-1")["Containers"].take();
    assert_eq!((texts(&containers, "Name"), &containers[0]["Args"]), (vec!["a".to_owned()], &json!(["& +"])));
}
