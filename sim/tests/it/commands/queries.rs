//! How invocations are found again.

use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

use super::{WEB1, WEB2, describe, edit, fields, invoke, outcomes, results, run, seconds, set, whole};
use crate::client::{Client, demo};

fn found(client: &Client, parameters: &[(&str, &str)]) -> Vec<String> {
    describe(client, parameters).iter().map(|one| one["CommandName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_filter_filters() {
    let (simulator, client) = demo();
    let tag = |value: &'static str| [("Tag.1.Key", "team"), ("Tag.1.Value", value), ("Tag.2.Key", "env"), ("Tag.2.Value", "x")];
    let first = invoke(&client, &[&[("Name", "first")][..], &tag("a")].concat());
    invoke(&client, &[&[("Name", "second"), WEB2][..], &tag("b")].concat());
    invoke(&client, &[("Name", "third"), ("Frequency", "rate(1h)")]);
    invoke(&client, &[("Name", "fourth"), ("ResourceGroupId", "rg-1")]);
    seconds(&simulator, 2);
    let command = whole(&client, &first)["CommandId"].as_str().unwrap().to_owned();
    for (filter, names) in [
        (&[][..], &["first", "second", "third"][..]),
        (&[("InvokeId", first.as_str())], &["first"]),
        (&[("InvokeId", "t-none")], &[]),
        (&[("CommandId", command.as_str())], &["first"]),
        (&[("CommandName", "second")], &["second"]),
        (&[("CommandType", "RunBatScript")], &[]),
        (&[("InstanceId", "i-web2")], &["second"]),
        (&[("InvokeStatus", "Finished")], &["first", "second"]),
        (&[("InvokeStatus", "Scheduled")], &["third"]),
        (&[("RepeatMode", "Period")], &["third"]),
        (&[("ResourceGroupId", "rg-1")], &["fourth"]),
        (&[("Tag.1.Key", "team")], &["first", "second"]),
        (&tag("b"), &["second"]),
        (&[("Tag.1.Key", "team"), ("Tag.1.Value", "a"), ("Tag.2.Key", "env"), ("Tag.2.Value", "y")], &[]),
    ] {
        assert_eq!(found(&client, filter), names, "{filter:?}");
    }
    let of = |parameters: &[(&str, &str)]| results(&client, parameters).len();
    assert_eq!((of(&[]), of(&[("InvokeId", "t-none")]), of(&[("InstanceId", "i-web2")])), (3, 0, 1));
    assert_eq!((of(&[("InvokeRecordStatus", "Finished")]), of(&[("InvokeRecordStatus", "Running")])), (2, 1));
    assert_eq!((of(&[("Tag.1.Key", "team")]), of(&[("ResourceGroupId", "rg-1")])), (2, 1));
}

#[test]
fn an_invocation_shows_what_was_asked() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "exitCode": 4, "errorInfo": "it said no" }]));
    let id = invoke(
        &client,
        &[
            ("Name", "patch"),
            ("Description", "of tuesday"),
            ("Timeout", "600"),
            ("Username", "ann"),
            ("WorkingDir", "/srv"),
            ("TerminationMode", "ProcessTree"),
            ("Launcher", "sh -x"),
            ("Tag.1.Key", "team"),
            ("Tag.1.Value", "a"),
        ],
    );
    seconds(&simulator, 2);
    let one = whole(&client, &id);
    for (pointer, value) in [
        ("/CommandName", json!("patch")),
        ("/CommandDescription", json!("of tuesday")),
        ("/CommandType", json!("RunShellScript")),
        ("/Timeout", json!(600)),
        ("/Username", json!("ann")),
        ("/WorkingDir", json!("/srv")),
        ("/TerminationMode", json!("ProcessTree")),
        ("/Launcher", json!("sh -x")),
        ("/RepeatMode", json!("Once")),
        ("/Frequency", json!("")),
        ("/Timed", json!(false)),
        ("/Parameters", json!("{}")),
        ("/CreationTime", json!("2026-01-01T00:00:10Z")),
        ("/Tags/Tag/0/TagKey", json!("team")),
        ("/InvocationStatus", json!("Failed")),
        ("/InvokeInstances/InvokeInstance/0/InstanceId", json!("i-web1")),
        ("/InvokeInstances/InvokeInstance/0/InstanceInvokeStatus", json!("Finished")),
        ("/InvokeInstances/InvokeInstance/0/ErrorInfo", json!("it said no")),
        ("/InvokeInstances/InvokeInstance/0/StopTime", json!("")),
        ("/InvokeInstances/InvokeInstance/0/UpdateTime", json!("2026-01-01T00:00:12Z")),
    ] {
        assert_eq!(one.pointer(pointer), Some(&value), "{pointer}");
    }
    let result = &results(&client, &[("InvokeId", &id)])[0];
    assert_eq!(fields(result, &["InvokeId", "Username", "Dropped"]), json!([id, "ann", 0]));
    assert_eq!(result["Tags"]["Tag"][0]["TagValue"], "a");
}

#[test]
fn pages_lead_through_everything_once() {
    let (simulator, client) = demo();
    simulator.seed("instances: {count: 100, prefix: i-load-, groups: [sg-base], tags: {role: load}}").unwrap();
    for _ in 0..12 {
        invoke(&client, &[]);
    }
    assert_eq!(run(&client, &[("ResourceTag.1.Key", "role"), ("ResourceTag.1.Value", "load")]).code(), "ok");
    let walk = |operation: &str, top: &str, path: [&str; 2], size: &str, filter: &[(&str, &str)]| {
        let (mut seen, mut pages, mut token) = (Vec::new(), 0, String::new());
        loop {
            let body = client.ecs(operation, &[&[("MaxResults", size), ("NextToken", token.as_str())], filter].concat()).json();
            seen.extend(body[path[0]][path[1]].as_array().unwrap().clone());
            pages += 1;
            body.pointer(top).and_then(Value::as_str).unwrap().clone_into(&mut token);
            if token.is_empty() {
                return (seen, pages);
            }
        }
    };
    let path = ["Invocations", "Invocation"];
    let (seen, pages) = walk("DescribeInvocations", "/NextToken", path, "5", &[]);
    assert_eq!((seen.len(), pages), (13, 3));
    let hundred = seen.last().unwrap();
    assert_eq!(hundred["InvokeInstances"]["InvokeInstance"].as_array().unwrap().len(), 100, "pages count invocations");
    let id = hundred["InvokeId"].as_str().unwrap();
    let mut all = Vec::new();
    let mut token = String::new();
    for _ in 0..2 {
        let asked = [("InvokeId", id), ("MaxResults", "50"), ("NextToken", token.as_str())];
        let body = client.ecs("DescribeInvocationResults", &asked).json();
        all.extend(body["Invocation"]["InvocationResults"]["InvocationResult"].as_array().unwrap().clone());
        body["Invocation"]["NextToken"].as_str().unwrap().clone_into(&mut token);
    }
    assert_eq!((all.len(), token.as_str()), (100, ""));
    assert_eq!(describe(&client, &[]).len(), 10, "by default");
    let old = client.ecs("DescribeInvocations", &[("PageNumber", "2"), ("PageSize", "8")]).json();
    assert_eq!((old["Invocations"]["Invocation"].as_array().unwrap().len(), &old["TotalCount"]), (5, &json!(13)));
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let (_simulator, client) = demo();
    for operation in ["DescribeInvocations", "DescribeInvocationResults"] {
        for (parameters, code) in [
            (&[("MaxResults", "51")][..], "InvalidParameter.MaxResults"),
            (&[("MaxResults", "0")], "InvalidParameter.MaxResults"),
            (&[("NextToken", "AAAAAdDWBF2+/w==")], "InvalidParameter.NextToken"),
            (&[("RegionId", "")], "MissingParameter"),
            (&[("RegionId", "cn-beijing")], "InvalidOperation.NotSupportedEndpoint"),
        ] {
            assert_eq!(client.ecs(operation, parameters).code(), code, "{operation} {parameters:?}");
        }
    }
    assert_eq!(client.ecs("DescribeInvocations", &[("IncludeOutput", "true")]).code(), "MissingParameter");
    assert_eq!(client.ecs("DescribeInvocations", &[("IncludeOutput", "true"), ("InstanceId", "i-web1")]).code(), "ok");
}

#[test]
fn bad_days_happen_to_these_operations_too() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[]);
    simulator.fault(Fault::on("DescribeInvocations", What::Throttle));
    assert_eq!(client.ecs("DescribeInvocations", &[]).code(), "Throttling.User");
    set(&simulator, &json!({ "limits": { "RunCommand": 1 } }));
    assert_eq!(run(&client, &[WEB1]).code(), "Throttling.User");
    edit(&simulator, &json!({ "key": { "id": "demoAccessKeyId", "deny": ["ecs:RunCommand", "ecs:DescribeInvocations"] } }));
    let client = super::later(&simulator, &client, 60);
    assert_eq!(run(&client, &[WEB1]).code(), "Forbidden.RAM");
    assert_eq!(client.ecs("DescribeInvocations", &[("InvokeId", &id)]).code(), "Forbidden.RAM");
    set(&simulator, &json!({ "deniedReads": "empty" }));
    assert_eq!(describe(&client, &[("InvokeId", &id)]).len(), 0);
    assert_eq!(results(&client, &[("InvokeId", &id)]).len(), 1, "this one is not denied");
}
