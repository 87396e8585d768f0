//! What the two Describes find, and what the settings do to an answer.

use serde_json::{Value, json};

use super::{DESCRIBE, MODIFY, REGION, create, delete, describe, modify, set, texts};
use crate::client::{Client, demo};

const GROUPS: &str = "DescribeScalingGroups";

const MORE: &str = r"
scalingGroups:
  - {id: asg-2, name: other, resourceGroup: rg-2, tags: {env: test}}
  - {id: asg-ecs, type: ECS}
  - {id: asg-far, region: cn-beijing}
scalingConfigurations:
  - {id: asc-2, group: asg-2, name: second}
  - {id: asc-3, group: asg-2}
  - {id: asc-far, group: asg-far}
";

fn ids(client: &Client, filter: &[(&str, &str)]) -> Vec<String> {
    texts(&client.ess(DESCRIBE, &[&[REGION], filter].concat()).json()["ScalingConfigurations"], "ScalingConfigurationId")
}

#[test]
fn every_filter_finds_what_it_names_and_is_silent_about_the_rest() {
    let (simulator, client) = demo();
    simulator.seed(&format!("defaults: {{region: cn-hangzhou}}\n{MORE}")).unwrap();
    for (filter, found) in [
        (&[][..], &["asc-1", "asc-2", "asc-3"][..]),
        (&[("ScalingConfigurationIds.1", "asc-3"), ("ScalingConfigurationIds.2", "asc-none")], &["asc-3"]),
        (&[("ScalingConfigurationIds.1", "asc-far")], &[]),
        (&[("ScalingConfigurationNames.1", "second"), ("ScalingConfigurationNames.2", "asc-3")], &["asc-2", "asc-3"]),
        (&[("ScalingGroupId", "asg-2")], &["asc-2", "asc-3"]),
        (&[("ScalingGroupId", "asg-2"), ("ScalingConfigurationNames.1", "web")], &[]),
        (&[("ScalingGroupId", "asg-none")], &[]),
        (&[("PageSize", "2")], &["asc-1", "asc-2"]),
        (&[("PageSize", "2"), ("PageNumber", "2")], &["asc-3"]),
    ] {
        assert_eq!(ids(&client, filter), found, "{filter:?}");
    }
    let page = client.ess(DESCRIBE, &[REGION, ("PageSize", "500")]).json();
    assert_eq!((&page["TotalCount"], &page["PageSize"], &page["PageNumber"]), (&json!(3), &json!(50), &json!(1)));
    assert_eq!(client.ess(DESCRIBE, &[]).code(), "MissingParameter");
    let eleven: Vec<String> = (1..=11).map(|number| format!("ScalingConfigurationIds.{number}")).collect();
    let eleven: Vec<(&str, &str)> = eleven.iter().map(|name| (name.as_str(), "asc-1")).collect();
    assert_eq!(client.ess(DESCRIBE, &[&[REGION], &eleven[..10]].concat()).code(), "ok");
    assert_eq!(client.ess(DESCRIBE, &[&[REGION], &eleven[..]].concat()).code(), "InvalidParameter");
}

#[test]
fn scaling_groups_are_found_by_id_name_type_and_tag() {
    let (simulator, client) = demo();
    simulator.seed(&format!("defaults: {{region: cn-hangzhou}}\n{MORE}")).unwrap();
    for (filter, found) in [
        (&[][..], &["asg-1", "asg-2", "asg-ecs"][..]),
        (&[("ScalingGroupIds.1", "asg-2"), ("ScalingGroupIds.2", "asg-none")], &["asg-2"]),
        (&[("ScalingGroupName", "other")], &["asg-2"]),
        (&[("ScalingGroupNames.1", "other"), ("ScalingGroupNames.2", "web")], &["asg-1", "asg-2"]),
        (&[("GroupType", "ECI")], &["asg-1", "asg-2"]),
        (&[("GroupType", "ECS")], &["asg-ecs"]),
        (&[("ResourceGroupId", "rg-2")], &["asg-2"]),
        (&[("Tags.1.Key", "env"), ("Tags.1.Value", "test")], &["asg-2"]),
        (&[("PageSize", "1"), ("PageNumber", "2")], &["asg-2"]),
    ] {
        let answer = client.ess(GROUPS, &[&[REGION], filter].concat()).json();
        assert_eq!(texts(&answer["ScalingGroups"], "ScalingGroupId"), found, "{filter:?}");
    }
    let answer = client.ess(GROUPS, &[REGION, ("ScalingGroupIds.1", "asg-1")]).json();
    let one = &answer["ScalingGroups"][0];
    for (name, value) in [
        ("ScalingGroupName", json!("web")),
        ("GroupType", json!("ECI")),
        ("LifecycleState", json!("Active")),
        ("ActiveScalingConfigurationId", json!("asc-1")),
        ("VSwitchIds", json!(["vsw-1"])),
        ("VpcId", json!("vpc-1")),
    ] {
        assert_eq!(one[name], value, "{name}");
    }
}

#[test]
fn a_field_that_is_not_set_is_missing_or_zero_or_null() {
    let (simulator, client) = demo();
    let two = [("InitContainers.1.Name", "i"), ("ImageRegistryCredentials.1.Server", "s"), ("Containers.1.Name", "c")];
    modify(&client, "asc-1", &two);
    assert_eq!(describe(&client, "asc-1")["Containers"], json!([{ "Name": "c" }]));
    set(&simulator, &json!({ "emptyFields": "null" }));
    let answer = describe(&client, "asc-1");
    let container = answer["Containers"][0].as_object().unwrap();
    assert_eq!(container.len(), 52);
    assert!(container.iter().all(|(name, value)| value.is_null() != (name == "Name")), "{container:?}");
    assert!(answer.as_object().unwrap().contains_key("SlsEnable"));
    set(&simulator, &json!({ "emptyFields": "zero" }));
    let answer = describe(&client, "asc-1");
    for (pointer, value) in [
        ("/Containers/0/Cpu", json!(0.0)),
        ("/Containers/0/LivenessProbeTcpSocketPort", json!(0)),
        ("/Containers/0/SecurityContextRunAsUser", json!(0)),
        ("/InitContainers/0/SecurityContextRunAsUser", json!("")),
        ("/InitContainers/0/InitContainerArgs", json!([])),
        ("/ImageRegistryCredentials/0/Password", json!("")),
        ("/Tags", json!([])),
        ("/SlsEnable", json!(false)),
        ("/SpotPriceLimit", json!(0.0)),
        ("/HostName", json!("")),
    ] {
        assert_eq!(answer.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[test]
fn a_password_is_shown_masked_or_hidden() {
    let (simulator, client) = demo();
    modify(&client, "asc-1", &[("ImageRegistryCredentials.1.Server", "s"), ("ImageRegistryCredentials.1.Password", "p")]);
    for (setting, read) in [
        ("shown", json!({ "Server": "s", "Password": "p", "UserName": null })),
        ("masked", json!({ "Server": "s", "Password": "******", "UserName": null })),
        ("hidden", json!({ "Server": "s", "UserName": null })),
    ] {
        set(&simulator, &json!({ "passwords": setting, "emptyFields": "null" }));
        assert_eq!(describe(&client, "asc-1")["ImageRegistryCredentials"][0], read, "{setting}");
    }
}

#[test]
fn lists_that_are_maps_at_heart_come_back_in_the_order_of_the_settings() {
    let (simulator, client) = demo();
    let tags = [("Tags.1.Key", "b"), ("Tags.2.Key", "c"), ("Tags.3.Key", "a")];
    let inner = [("Containers.1.Name", "z"), ("Containers.1.Ports.1.Port", "2"), ("Containers.1.Ports.2.Port", "1")];
    let ordered = [("Containers.2.Name", "y"), ("Containers.1.Args.1", "second"), ("Containers.1.Args.2", "first")];
    modify(&client, "asc-1", &[&tags[..], &inner, &ordered].concat());
    for (setting, keys, ports) in
        [("kept", ["b", "c", "a"], [2, 1]), ("sorted", ["a", "b", "c"], [1, 2]), ("reversed", ["a", "c", "b"], [1, 2])]
    {
        set(&simulator, &json!({ "listOrder": setting }));
        let answer = describe(&client, "asc-1");
        assert_eq!(texts(&answer["Tags"], "Key"), keys, "{setting}");
        let read: Vec<&Value> = answer["Containers"][0]["Ports"].as_array().unwrap().iter().map(|port| &port["Port"]).collect();
        assert_eq!(read, ports.map(|port| json!(port)).iter().collect::<Vec<_>>(), "{setting}");
        assert_eq!(texts(&answer["Containers"], "Name"), ["z", "y"], "containers keep theirs");
        assert_eq!(answer["Containers"][0]["Args"], json!(["second", "first"]), "and so do their arguments");
    }
}

#[test]
fn reads_lag_behind_a_modify_a_create_and_a_delete() {
    let (simulator, mut client) = demo();
    set(&simulator, &json!({ "readLag": "10s" }));
    modify(&client, "asc-1", &[("Cpu", "9")]);
    let id = create(&client, &[]);
    assert_eq!((&describe(&client, "asc-1")["Cpu"], &describe(&client, &id)), (&json!(2.0), &json!(null)));
    modify(&client, "asc-1", &[("ScalingConfigurationName", "renamed")]);
    let taken = modify(&client, &id, &[("ScalingConfigurationName", "renamed")]);
    assert_eq!(taken.code(), "InvalidScalingConfigurationName.Duplicate", "a write sees the truth");
    simulator.advance(std::time::Duration::from_secs(10));
    client.date = simulator.now().to_string();
    assert_eq!((&describe(&client, "asc-1")["Cpu"], &describe(&client, &id)["ScalingConfigurationId"]), (&json!(9.0), &json!(id)));
    assert_eq!(delete(&client, &id), "ok");
    assert_eq!(delete(&client, &id), "InvalidScalingConfigurationId.NotFound");
    assert_eq!(describe(&client, &id)["ScalingConfigurationId"], json!(id));
    simulator.advance(std::time::Duration::from_secs(10));
    client.date = simulator.now().to_string();
    assert_eq!(describe(&client, &id), json!(null));
}

#[test]
fn somebody_elses_configuration_does_not_exist() {
    let (simulator, client) = demo();
    simulator.seed("accounts: [{id: '2', keys: [{id: other, secret: s}]}]").unwrap();
    let other = Client { key: "other".to_owned(), secret: "s".to_owned(), ..client.clone() };
    assert_eq!(ids(&other, &[]), Vec::<String>::new());
    assert_eq!(modify(&other, "asc-1", &[]).code(), "InvalidScalingConfigurationId.NotFound");
    assert_eq!(delete(&other, "asc-1"), "InvalidScalingConfigurationId.NotFound");
    let answer = other.ess(super::CREATE, &[("ScalingGroupId", "asg-1")]);
    assert_eq!(answer.code(), "InvalidScalingGroupId.NotFound");
    assert_eq!(other.ess(GROUPS, &[REGION]).json()["TotalCount"], 0);
    assert_eq!(client.ess(MODIFY, &[("ScalingConfigurationId", "asc-1")]).code(), "ok");
}
