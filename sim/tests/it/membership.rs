//! Every code of the Join page that state can lead to, led to by state; and Leave likewise.

use std::time::Duration;

use jiff::SignedDuration;
use steward_cloudsim::{Change, Edit, Fault, Member, Simulator, What};

use crate::client::{Client, ECS, demo};

/// What is done to the demo account first, then what is asked, then what comes back.
struct Row {
    code: &'static str,
    status: u16,
    given: fn(&Simulator),
    asked: &'static [(&'static str, &'static str)],
}

const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");
const WEB1: (&str, &str) = ("InstanceId", "i-web1");
const BACKUP: (&str, &str) = ("NetworkInterfaceId", "eni-db1-backup");
const WEB: (&str, &str) = ("SecurityGroupId", "sg-web");

fn nothing(_: &Simulator) {}

fn set(simulator: &Simulator, change: Change) {
    simulator.edit(Edit::Set(Box::new(change))).unwrap();
}

fn interface() -> Change {
    Change { interface: Some("eni-db1-backup".to_owned()), ..Change::default() }
}

fn web1() -> Change {
    Change { instance: Some("i-web1".to_owned()), ..Change::default() }
}

fn web() -> Change {
    Change { group: Some("sg-web".to_owned()), ..Change::default() }
}

const JOIN: &[Row] = &[
    Row { code: "ok", status: 200, given: nothing, asked: &[REGION, WEB1, WEB] },
    Row { code: "ok", status: 200, given: nothing, asked: &[WEB1, WEB] },
    Row { code: "ok", status: 200, given: nothing, asked: &[REGION, BACKUP, WEB] },
    Row { code: "ok", status: 200, given: nothing, asked: &[REGION, ("InstanceId", "i-spare1"), WEB] },
    Row {
        code: "InstanceSecurityGroupLimitExceeded",
        status: 400,
        given: |simulator| simulator.seed("settings: {groupsPerInterface: 1}").unwrap(),
        asked: &[REGION, WEB1, WEB],
    },
    Row { code: "InvalidInstanceId.Mismatch", status: 400, given: nothing, asked: &[REGION, WEB1, ("SecurityGroupId", "sg-other-vpc")] },
    Row {
        code: "InvalidInstanceId.Mismatch",
        status: 400,
        given: |simulator| simulator.seed("securityGroups: [{id: sg-classic, networkType: classic}]").unwrap(),
        asked: &[REGION, WEB1, ("SecurityGroupId", "sg-classic")],
    },
    Row { code: "InvalidInstanceId.Malformed", status: 400, given: nothing, asked: &[REGION, ("InstanceId", "web1"), WEB] },
    Row {
        code: "InvalidOperation.NotSupportEnterpriseGroup",
        status: 400,
        given: |simulator| {
            simulator.seed("instances: [{id: i-web1, groups: [sg-base], supportsEnterpriseGroups: false}]").unwrap();
        },
        asked: &[REGION, WEB1, ("SecurityGroupId", "sg-enterprise")],
    },
    Row {
        code: "InvalidOperation.MultiGroupType",
        status: 400,
        given: nothing,
        asked: &[REGION, WEB1, ("SecurityGroupId", "sg-enterprise")],
    },
    Row {
        code: "InvalidOperation.InvalidEniState",
        status: 400,
        given: |simulator| set(simulator, Change { status: Some("Detaching".to_owned()), ..interface() }),
        asked: &[REGION, BACKUP, WEB],
    },
    Row {
        code: "InvalidOperation.EniAndGroupNotBelongSameUser",
        status: 400,
        given: |simulator| simulator.seed("{accounts: [{id: '2'}], securityGroups: [{id: sg-theirs, account: '2'}]}").unwrap(),
        asked: &[REGION, BACKUP, ("SecurityGroupId", "sg-theirs")],
    },
    Row {
        code: "InvalidSecurityGroupId.NotFound",
        status: 404,
        given: |simulator| simulator.seed("{accounts: [{id: '2'}], securityGroups: [{id: sg-theirs, account: '2'}]}").unwrap(),
        asked: &[REGION, WEB1, ("SecurityGroupId", "sg-theirs")],
    },
    Row {
        code: "NotBelongUser",
        status: 400,
        given: |simulator| {
            simulator.seed("{accounts: [{id: '2'}], instances: [{id: i-theirs, account: '2', groups: [sg-base]}]}").unwrap();
        },
        asked: &[REGION, ("InstanceId", "i-theirs"), WEB],
    },
    Row { code: "MissingParameter.RegionId", status: 400, given: nothing, asked: &[BACKUP, WEB] },
    Row {
        code: "InvalidStatus.EniOrInstanceIsBeingCreated",
        status: 400,
        given: |simulator| set(simulator, Change { creating: Some(true), ..interface() }),
        asked: &[REGION, BACKUP, WEB],
    },
    Row {
        code: "InternalError",
        status: 500,
        given: |simulator| simulator.fault(Fault::on("JoinSecurityGroup", What::error(500, "InternalError"))),
        asked: &[REGION, WEB1, WEB],
    },
    Row { code: "IncorrectInstanceStatus", status: 403, given: nothing, asked: &[REGION, ("InstanceId", "i-new1"), WEB] },
    Row { code: "InstanceLockedForSecurity", status: 403, given: nothing, asked: &[REGION, ("InstanceId", "i-locked1"), WEB] },
    Row {
        code: "SecurityGroupInstanceLimitExceeded",
        status: 403,
        given: |simulator| set(simulator, Change { size: Some(0), ..web() }),
        asked: &[REGION, WEB1, WEB],
    },
    Row { code: "InvalidInstanceId.AlreadyExists", status: 403, given: nothing, asked: &[REGION, WEB1, ("SecurityGroupId", "sg-base")] },
    Row {
        code: "AclLimitExceed",
        status: 403,
        given: |simulator| set(simulator, Change { rules: Some(997), ..web() }),
        asked: &[REGION, WEB1, WEB],
    },
    Row {
        code: "InstanceSecurityGroupLimitExceeded",
        status: 403,
        given: |simulator| simulator.seed("settings: {groupsPerInterface: 1}").unwrap(),
        asked: &[REGION, BACKUP, WEB],
    },
    Row {
        code: "InvalidOperation.NetworkInterfaceCountExceeded",
        status: 403,
        given: |simulator| {
            simulator
                .seed("{settings: {enterpriseGroupSize: 1}, securityGroups: [{id: sg-large, type: enterprise}], instances: [{id: i-large, groups: [sg-enterprise]}, {id: i-first, groups: [sg-large]}]}")
                .unwrap();
        },
        asked: &[REGION, ("InstanceId", "i-large"), ("SecurityGroupId", "sg-large")],
    },
    Row {
        code: "InvalidOperation.ResourceManagedByCloudProduct",
        status: 403,
        given: nothing,
        asked: &[REGION, WEB1, ("SecurityGroupId", "sg-k8s")],
    },
    Row {
        code: "InvalidOperation.InvalidEniType",
        status: 403,
        given: |simulator| simulator.seed("interfaces: [{id: eni-trunk, type: Trunk, groups: [sg-base]}]").unwrap(),
        asked: &[REGION, ("NetworkInterfaceId", "eni-trunk"), WEB],
    },
    Row {
        code: "InvalidOperation.VpcMismatch",
        status: 403,
        given: nothing,
        asked: &[REGION, BACKUP, ("SecurityGroupId", "sg-other-vpc")],
    },
    Row {
        code: "InvalidOperation.EniServiceManaged",
        status: 403,
        given: |simulator| set(simulator, Change { service_managed: Some(true), ..interface() }),
        asked: &[REGION, BACKUP, WEB],
    },
    Row { code: "InvalidParam.Malformed", status: 403, given: nothing, asked: &[REGION, ("NetworkInterfaceId", "eni 1"), WEB] },
    Row { code: "InvalidParam.Malformed", status: 403, given: nothing, asked: &[REGION, WEB1, ("SecurityGroupId", "web")] },
    Row { code: "InvalidParam.EniIdAndInstanceId.Conflict", status: 403, given: nothing, asked: &[REGION, WEB1, BACKUP, WEB] },
    Row {
        code: "Forbidden.InstanceIsBeingCreated",
        status: 403,
        given: |simulator| set(simulator, Change { creating: Some(true), ..web1() }),
        asked: &[REGION, WEB1, WEB],
    },
    Row {
        code: "Forbidden.InstanceIsBeingCreated",
        status: 403,
        given: |simulator| simulator.edit(Edit::status("i-web1", "Pending")).unwrap(),
        asked: &[REGION, WEB1, WEB],
    },
    Row { code: "InvalidSecurityGroupId.NotFound", status: 404, given: nothing, asked: &[REGION, WEB1, ("SecurityGroupId", "sg-none")] },
    Row { code: "InvalidInstanceId.NotFound", status: 404, given: nothing, asked: &[REGION, ("InstanceId", "i-none"), WEB] },
    Row { code: "InvalidEniId.NotFound", status: 404, given: nothing, asked: &[REGION, ("NetworkInterfaceId", "eni-none"), WEB] },
    Row {
        code: "InvalidOperation.Conflict",
        status: 409,
        given: |simulator| simulator.edit(Edit::busy("i-web1", SignedDuration::from_secs(5))).unwrap(),
        asked: &[REGION, WEB1, WEB],
    },
    Row { code: "MissingParameter", status: 400, given: nothing, asked: &[REGION, WEB] },
    Row { code: "MissingParameter", status: 400, given: nothing, asked: &[REGION, WEB1] },
    Row { code: "InvalidOperation.NotSupportedEndpoint", status: 404, given: nothing, asked: &[("RegionId", "cn-beijing"), WEB1, WEB] },
    Row { code: "InvalidRegionId.NotFound", status: 404, given: nothing, asked: &[("RegionId", "cn-hangzou"), WEB1, WEB] },
];

/// The rows of the page, by status and code.
const PAGE: [(u16, &str); 29] = [
    (400, "InstanceSecurityGroupLimitExceeded"),
    (400, "InvalidInstanceId.Mismatch"),
    (400, "InvalidInstanceId.Malformed"),
    (400, "InvalidOperation.NotSupportEnterpriseGroup"),
    (400, "InvalidOperation.MultiGroupType"),
    (400, "InvalidOperation.InvalidEniState"),
    (400, "InvalidOperation.EniAndGroupNotBelongSameUser"),
    (400, "NotBelongUser"),
    (400, "MissingParameter.RegionId"),
    (400, "InvalidStatus.EniOrInstanceIsBeingCreated"),
    (500, "InternalError"),
    (403, "IncorrectInstanceStatus"),
    (403, "InstanceLockedForSecurity"),
    (403, "SecurityGroupInstanceLimitExceeded"),
    (403, "InvalidInstanceId.AlreadyExists"),
    (403, "AclLimitExceed"),
    (403, "InstanceSecurityGroupLimitExceeded"),
    (403, "InvalidOperation.NetworkInterfaceCountExceeded"),
    (403, "InvalidOperation.ResourceManagedByCloudProduct"),
    (403, "InvalidOperation.InvalidEniType"),
    (403, "InvalidOperation.VpcMismatch"),
    (403, "InvalidOperation.EniServiceManaged"),
    (403, "InvalidParam.Malformed"),
    (403, "InvalidParam.EniIdAndInstanceId.Conflict"),
    (403, "Forbidden.InstanceIsBeingCreated"),
    (404, "InvalidSecurityGroupId.NotFound"),
    (404, "InvalidInstanceId.NotFound"),
    (404, "InvalidEniId.NotFound"),
    (409, "InvalidOperation.Conflict"),
];

#[test]
fn every_code_of_the_join_page_follows_from_state() {
    for row in JOIN {
        let (simulator, client) = demo();
        (row.given)(&simulator);
        let before = simulator.state();
        let answer = client.call(ECS, "JoinSecurityGroup", row.asked).unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (row.status, row.code), "{:?}: {}", row.asked, answer.text);
        assert_eq!(simulator.state() == before, row.code != "ok", "only a success changes something: {}", row.code);
        assert_eq!(simulator.calls().pop().unwrap().acted, row.code == "ok");
    }
    for (status, code) in PAGE {
        assert!(JOIN.iter().any(|row| (row.status, row.code) == (status, code)), "{status} {code} has no row");
    }
}

#[test]
fn an_instance_and_its_primary_interface_are_one_member() {
    let (simulator, client) = demo();
    let by_interface = [("NetworkInterfaceId", "eni-web1"), WEB];
    assert_eq!(client.ecs("JoinSecurityGroup", &by_interface).code(), "ok");
    assert_eq!(client.join("i-web1", "sg-web").code(), "InvalidInstanceId.AlreadyExists");
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base", "sg-web"]);
    assert_eq!(simulator.groups_of("eni-web1"), ["sg-base", "sg-web"]);
    assert_eq!(client.leave("i-web1", "sg-web").code(), "ok");
    assert_eq!(client.ecs("LeaveSecurityGroup", &by_interface).code(), "InvalidSecurityGroupAssociation.NotFound");
}

#[test]
fn nobody_leaves_the_last_group_or_one_it_is_not_in() {
    let (simulator, client) = demo();
    let answer = client.leave("i-web1", "sg-base");
    assert_eq!((answer.status, answer.code().as_str()), (403, "InstanceLastSecurityGroup"));
    let answer = client.ecs("LeaveSecurityGroup", &[BACKUP, ("SecurityGroupId", "sg-base")]);
    assert_eq!((answer.status, answer.code().as_str()), (403, "InvalidOperation.AtLeastInOneGroup"));
    let answer = client.leave("i-web1", "sg-web");
    assert_eq!((answer.status, answer.code().as_str()), (400, "InvalidSecurityGroupAssociation.NotFound"));
    assert_eq!(client.leave("i-db1", "sg-db").code(), "ok");
    assert_eq!(simulator.groups_of("i-db1"), ["sg-base"]);
    assert_eq!(client.leave("i-new1", "sg-base").code(), "IncorrectInstanceStatus");
    assert_eq!(client.leave("i-locked1", "sg-base").code(), "InstanceLockedForSecurity");
    assert_eq!(client.leave("i-none", "sg-base").code(), "InvalidInstanceId.NotFound");
    assert_eq!(client.leave("i-web1", "sg-none").code(), "InvalidSecurityGroupId.NotFound");
}

#[test]
fn a_change_in_progress_makes_the_next_one_wait() {
    let (simulator, client) = demo();
    simulator.seed("settings: {changeTakes: 3s}").unwrap();
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
    assert_eq!(client.leave("i-web1", "sg-web").code(), "InvalidOperation.Conflict");
    assert_eq!(client.join("i-web2", "sg-web").code(), "ok", "another instance is free");
    simulator.advance(Duration::from_secs(3));
    assert_eq!(client.leave("i-web1", "sg-web").code(), "ok");
}

#[test]
fn reads_lag_behind_while_writes_see_the_truth() {
    let (simulator, client) = demo();
    simulator.seed("settings: {readLag: 5s}").unwrap();
    assert_eq!(client.join("i-web1", "sg-web").code(), "ok");
    assert_eq!(shown(&client), ["sg-base"]);
    assert_eq!(client.join("i-web1", "sg-web").code(), "InvalidInstanceId.AlreadyExists");
    simulator.advance(Duration::from_secs(4));
    assert_eq!(shown(&client), ["sg-base"]);
    simulator.advance(Duration::from_secs(1));
    assert_eq!(shown(&client), ["sg-base", "sg-web"]);
}

#[test]
fn drift_is_made_behind_everybodys_back_and_seen_at_once() {
    let (simulator, client) = demo();
    simulator.seed("settings: {readLag: 1h}").unwrap();
    simulator.edit(Edit::join("i-web1", "sg-admin")).unwrap();
    assert_eq!(shown(&client), ["sg-base", "sg-admin"]);
    simulator.edit(Edit::leave("i-web1", "sg-admin")).unwrap();
    simulator.edit(Edit::leave("i-web1", "sg-base")).unwrap();
    assert_eq!(shown(&client), Vec::<String>::new());
    let both = Member { instance: Some("i-web1".to_owned()), interface: Some("eni-web1".to_owned()), group: "sg-web".to_owned() };
    assert!(simulator.edit(Edit::Join(both)).is_err());
    simulator.edit(Edit::delete_instance("i-db1")).unwrap();
    assert_eq!(client.join("i-db1", "sg-web").code(), "InvalidInstanceId.NotFound");
    assert_eq!(client.ecs("JoinSecurityGroup", &[BACKUP, WEB]).code(), "ok", "its second interface stays, detached");
    simulator.edit(Edit::delete_group("sg-web")).unwrap();
    assert_eq!(simulator.groups_of("eni-db1-backup"), ["sg-base"]);
}

fn shown(client: &Client) -> Vec<String> {
    let body = client.ecs("DescribeInstances", &[("InstanceIds", r#"["i-web1"]"#)]).json();
    serde_json::from_value(body["Instances"]["Instance"][0]["SecurityGroupIds"]["SecurityGroupId"].clone()).unwrap()
}
