//! The three reads: what each filter finds, and what an answer holds.

use serde_json::Value;

use crate::client::{Answer, Client, demo};

fn ids(answer: &Answer, path: [&str; 2], id: &str) -> Vec<String> {
    let body = answer.json();
    let list = body[path[0]][path[1]].as_array().unwrap_or_else(|| panic!("{body}")).clone();
    list.iter().map(|one| one[id].as_str().unwrap().to_owned()).collect()
}

fn instances(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    ids(&client.ecs("DescribeInstances", parameters), ["Instances", "Instance"], "InstanceId")
}

fn interfaces(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    let answer = client.ecs("DescribeNetworkInterfaces", parameters);
    ids(&answer, ["NetworkInterfaceSets", "NetworkInterfaceSet"], "NetworkInterfaceId")
}

fn groups(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    ids(&client.ecs("DescribeSecurityGroups", parameters), ["SecurityGroups", "SecurityGroup"], "SecurityGroupId")
}

#[test]
fn every_filter_of_describe_instances_filters() {
    let (_simulator, client) = demo();
    let all = ["i-db1", "i-locked1", "i-new1", "i-spare1", "i-web1", "i-web2", "i-web3"];
    let web = ["i-web1", "i-web2", "i-web3"];
    for (filter, found) in [
        (&[][..], &all[..]),
        (&[("InstanceIds", r#"["i-web1","i-none","i-db1"]"#)], &["i-db1", "i-web1"]),
        (&[("InstanceIds", "[]")], &[]),
        (&[("Tag.1.Key", "role"), ("Tag.1.Value", "web")], &web),
        (&[("Tag.1.Key", "role"), ("Tag.1.Value", "web"), ("Tag.2.Key", "env"), ("Tag.2.Value", "prod")], &[]),
        (&[("Tag.1.Key", "env")], &["i-db1", "i-web1", "i-web2", "i-web3"]),
        (&[("VpcId", "vpc-2")], &[]),
        (&[("VpcId", "vpc-1"), ("VSwitchId", "vsw-1"), ("ZoneId", "cn-hangzhou-h")], &all),
        (&[("ZoneId", "cn-hangzhou-b")], &[]),
        (&[("SecurityGroupId", "sg-db")], &["i-db1"]),
        (&[("ResourceGroupId", "rg-1")], &all),
        (&[("ResourceGroupId", "rg-2")], &[]),
        (&[("Status", "Stopped")], &["i-spare1"]),
        (&[("InstanceName", "web-*")], &web),
        (&[("InstanceNetworkType", "classic")], &[]),
        (&[("InstanceType", "ecs.t1.small")], &[]),
        (&[("Filter.1.Key", "CreationStartTime"), ("Filter.1.Value", "2026-01-02T00:00Z")], &[]),
        (&[("Filter.1.Key", "CreationStartTime"), ("Filter.1.Value", "2025-12-31T00:00Z")], &all),
    ] {
        assert_eq!(instances(&client, filter), found, "{filter:?}");
    }
}

#[test]
fn an_instance_is_shown_in_the_vendors_shape() {
    let (_simulator, client) = demo();
    let body = client.ecs("DescribeInstances", &[("InstanceIds", r#"["i-db1"]"#)]).json();
    let one = &body["Instances"]["Instance"][0];
    for (pointer, value) in [
        ("/InstanceName", "db-1"),
        ("/RegionId", "cn-hangzhou"),
        ("/InstanceNetworkType", "vpc"),
        ("/VpcAttributes/VpcId", "vpc-1"),
        ("/SecurityGroupIds/SecurityGroupId/1", "sg-db"),
        ("/NetworkInterfaces/NetworkInterface/0/Type", "Primary"),
        ("/NetworkInterfaces/NetworkInterface/1/NetworkInterfaceId", "eni-db1-backup"),
        ("/Tags/Tag/0/TagKey", "env"),
        ("/CreationTime", "2026-01-01T00:00Z"),
    ] {
        assert_eq!(one.pointer(pointer).and_then(Value::as_str), Some(value), "{pointer}: {one}");
    }
    let body = client.ecs("DescribeInstances", &[("InstanceIds", r#"["i-locked1"]"#)]).json();
    assert_eq!(body["Instances"]["Instance"][0]["OperationLocks"]["LockReason"][0]["LockReason"], "security");
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (_simulator, client) = demo();
    let many: Vec<String> = (0..101).map(|number| format!("i-{number}")).collect();
    let many = serde_json::to_string(&many).unwrap();
    for (operation, parameters, code) in [
        ("DescribeInstances", &[("InstanceIds", "i-web1")][..], "InvalidInstanceIds.Malformed"),
        ("DescribeInstances", &[("InstanceIds", many.as_str())], "InvalidInstanceIds.Malformed"),
        ("DescribeInstances", &[("InstanceIds", r#"["web1"]"#)], "InvalidInstanceIds.Malformed"),
        ("DescribeInstances", &[("NextToken", "caeba0bbb2be03f84eb48b699f0a4883")], "InvalidParameter.NextToken"),
        ("DescribeInstances", &[("MaxResults", "many")], "InvalidParameter.MaxResults"),
        ("DescribeInstances", &[("DryRun", "True")], "DryRunOperation"),
        ("DescribeInstances", &[("RegionId", "cn-beijing")], "InvalidOperation.NotSupportedEndpoint"),
        ("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", "web1")], "InvalidEniId.Malformed"),
        ("DescribeSecurityGroups", &[("SecurityGroupIds", r#"["i-1"]"#)], "InvalidSecurityGroupIds.Malformed"),
        ("DescribeSecurityGroups", &[("RegionId", "")], "MissingParameter"),
    ] {
        assert_eq!(client.ecs(operation, parameters).code(), code, "{operation} {parameters:?}");
    }
}

#[test]
fn interfaces_are_found_by_what_they_are_and_by_group_only_if_secondary() {
    let (_simulator, client) = demo();
    for (filter, found) in [
        (&[("NetworkInterfaceId.1", "eni-web1"), ("NetworkInterfaceId.2", "eni-none")][..], &["eni-web1"][..]),
        (&[("InstanceId", "i-db1")], &["eni-db1", "eni-db1-backup"]),
        (&[("SecurityGroupId", "sg-base")], &["eni-db1-backup"]),
        (&[("Type", "Secondary")], &["eni-db1-backup"]),
        (&[("Status", "Available")], &[]),
        (&[("ServiceManaged", "true")], &[]),
        (&[("InstanceId", "i-db1"), ("Type", "Primary"), ("VpcId", "vpc-1"), ("VSwitchId", "vsw-1")], &["eni-db1"]),
        (&[("Tag.1.Key", "no")], &[]),
    ] {
        assert_eq!(interfaces(&client, filter), found, "{filter:?}");
    }
    let body = client.ecs("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", "eni-web1")]).json();
    let one = &body["NetworkInterfaceSets"]["NetworkInterfaceSet"][0];
    assert_eq!(one["Attachment"]["InstanceId"], "i-web1");
    assert_eq!(one["ServiceManaged"], false);
}

#[test]
fn groups_are_found_by_what_they_are() {
    let (_simulator, client) = demo();
    for (filter, found) in [
        (&[("SecurityGroupId", "sg-web")][..], &["sg-web"][..]),
        (&[("SecurityGroupIds", r#"["sg-web","sg-none"]"#)], &["sg-web"]),
        (&[("VpcId", "vpc-2")], &["sg-other-vpc"]),
        (&[("SecurityGroupType", "enterprise")], &["sg-enterprise"]),
        (&[("SecurityGroupName", "data*")], &["sg-db"]),
        (&[("NetworkType", "classic")], &[]),
    ] {
        assert_eq!(groups(&client, filter), found, "{filter:?}");
    }
}

#[test]
fn a_selector_by_tag_never_lists_more_than_a_thousand() {
    let (simulator, client) = demo();
    simulator.seed("instances: {count: 1200, prefix: i-load-, groups: [sg-base], tags: {role: load}}").unwrap();
    let all = |filter: &[(&str, &str)]| {
        let mut found = 0;
        let mut token = String::new();
        loop {
            let mut parameters = vec![("MaxResults", "100"), ("NextToken", token.as_str())];
            parameters.extend_from_slice(filter);
            let body = client.ecs("DescribeInstances", &parameters).json();
            found += body["Instances"]["Instance"].as_array().unwrap().len();
            token = body["NextToken"].as_str().unwrap().to_owned();
            if token.is_empty() {
                return found;
            }
        }
    };
    assert_eq!(all(&[("Tag.1.Key", "role"), ("Tag.1.Value", "load")]), 1_000);
    assert_eq!(all(&[("InstanceName", "i-load-*")]), 1_200);
}

#[test]
fn accounts_do_not_see_each_other() {
    let (simulator, client) = demo();
    simulator
        .seed("{accounts: [{id: '2', keys: [{id: k2, secret: s2}]}], securityGroups: [{id: sg-theirs, account: '2'}], instances: [{id: i-theirs, account: '2', groups: [sg-theirs]}]}")
        .unwrap();
    let other = Client { key: "k2".to_owned(), secret: "s2".to_owned(), ..client.clone() };
    assert_eq!(instances(&other, &[]), ["i-theirs"]);
    assert_eq!(groups(&other, &[]), ["sg-theirs"]);
    assert!(!instances(&client, &[]).contains(&"i-theirs".to_owned()));
}
