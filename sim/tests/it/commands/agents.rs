//! Which instances can be reached.

use serde_json::{Value, json};
use steward_cloudsim::Edit;

use super::{edit, fields, invoke, seconds, set};
use crate::client::{Client, demo};

fn agents(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    let body = client.ecs("DescribeCloudAssistantStatus", parameters).json();
    let list = body["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"].as_array();
    list.unwrap_or_else(|| panic!("{body}")).clone()
}

fn ids(all: &[Value]) -> Vec<&str> {
    all.iter().map(|one| one["InstanceId"].as_str().unwrap()).collect()
}

#[test]
fn the_status_is_a_text() {
    let (simulator, client) = demo();
    edit(&simulator, &json!({ "set": { "instance": "i-web2", "os": "windows", "agent": { "running": false, "version": "2.1.3.5" } } }));
    let shown = agents(&client, &[("InstanceId.1", "i-web1"), ("InstanceId.2", "i-web2"), ("InstanceId.3", "i-none")]);
    let names = ["InstanceId", "CloudAssistantStatus", "CloudAssistantVersion", "OSType", "LastHeartbeatTime"];
    let shown: Vec<_> = shown.iter().map(|one| fields(one, &names)).collect();
    assert_eq!(
        shown,
        [json!(["i-web1", "true", "2.2.3.900", "Linux", "2026-01-01T00:00:10Z"]), json!(["i-web2", "false", "2.1.3.5", "Windows", ""]),]
    );
}

#[test]
fn an_instance_that_does_not_run_or_has_no_agent_cannot_be_reached() {
    let (simulator, client) = demo();
    let status = |id: &str| agents(&client, &[("InstanceId.1", id)]).pop().unwrap_or_default()["CloudAssistantStatus"].clone();
    assert_eq!((status("i-web1"), status("i-spare1")), (json!("true"), json!("false")));
    edit(&simulator, &json!({ "set": { "instance": "i-web1", "agent": { "installed": false } } }));
    assert_eq!(status("i-web1"), json!(null), "it is missing");
    set(&simulator, &json!({ "agentless": "listed" }));
    assert_eq!(status("i-web1"), json!("false"));
    simulator.edit(Edit::agent("i-web2", false)).unwrap();
    assert_eq!(status("i-web2"), json!("false"));
}

#[test]
fn it_tells_what_is_under_way() {
    let (simulator, client) = demo();
    let counts = || {
        let shown = agents(&client, &[("InstanceId.1", "i-web1")]).remove(0);
        fields(&shown, &["InvocationCount", "ActiveTaskCount", "LastInvokedTime"])
    };
    assert_eq!(counts(), json!([0, 0, ""]));
    invoke(&client, &[]);
    assert_eq!(counts(), json!([1, 1, "2026-01-01T00:00:10Z"]));
    seconds(&simulator, 2);
    assert_eq!(counts(), json!([1, 0, "2026-01-01T00:00:10Z"]));
}

#[test]
fn there_are_pages_and_a_filter_and_a_limit_of_ids() {
    let (simulator, client) = demo();
    let all = ["i-db1", "i-locked1", "i-new1", "i-spare1", "i-web1", "i-web2", "i-web3"];
    assert_eq!(ids(&agents(&client, &[])), all);
    assert_eq!(ids(&agents(&client, &[("MaxResults", "2")])), all[..2]);
    edit(&simulator, &json!({ "set": { "instance": "i-db1", "os": "windows" } }));
    assert_eq!(ids(&agents(&client, &[("OSType", "Windows")])), ["i-db1"]);
    let names: Vec<String> = (1..=51).map(|number| format!("InstanceId.{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "i-web1")).collect();
    assert_eq!(client.ecs("DescribeCloudAssistantStatus", &many).code(), "InstanceIds.ExceedLimit");
    assert_eq!(client.ecs("DescribeCloudAssistantStatus", &[("MaxResults", "51")]).code(), "InvalidParameter.MaxResults");
    simulator.seed("instances: {count: 30, prefix: i-load-, groups: [sg-base]}").unwrap();
    let load: Vec<(String, String)> = (1..=30).map(|number| (format!("InstanceId.{number}"), format!("i-load-{number:02}"))).collect();
    let load: Vec<(&str, &str)> = load.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    assert_eq!(agents(&client, &load).len(), 30, "pages do not count for ids");
}

#[test]
fn what_a_seed_says_of_systems_and_agents_holds() {
    let (simulator, client) = demo();
    simulator
        .seed("instances: [{id: i-a, groups: [sg-base], os: windows}, {id: i-b, groups: [sg-base], agent: {running: false, version: 2.2.3.1}}, {id: i-c, groups: [sg-base], agent: {installed: false}}]")
        .unwrap();
    let shown: Vec<_> = agents(&client, &[("InstanceId.1", "i-a"), ("InstanceId.2", "i-b"), ("InstanceId.3", "i-c")])
        .iter()
        .map(|one| fields(one, &["CloudAssistantStatus", "CloudAssistantVersion"]))
        .collect();
    assert_eq!(shown, [json!(["true", "2.1.3.900"]), json!(["false", "2.2.3.1"])]);
    let instance = client.ecs("DescribeInstances", &[("InstanceIds", r#"["i-a"]"#)]).json()["Instances"]["Instance"][0].clone();
    assert_eq!(instance["OSType"], "windows");
    let state = simulator.state();
    let agent = state["instances"].as_array().unwrap().iter().find(|one| one["id"] == "i-b").unwrap();
    assert_eq!(agent["agent"], json!({ "installed": true, "running": false, "version": "2.2.3.1" }));
}
