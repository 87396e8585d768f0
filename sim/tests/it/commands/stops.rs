//! What `StopInvocation` ends, and what it leaves alone.

use serde_json::json;

use super::{WEB1, WEB2, edit, fields, invoke, later, marks, outcomes, result, results, seconds, status, whole};
use crate::client::{Client, demo};

fn stop(client: &Client, id: &str, instances: &[(&str, &str)]) -> (String, u16) {
    let answer = client.ecs("StopInvocation", &[&[("InvokeId", id)], instances].concat());
    (answer.code(), answer.status)
}

fn ok() -> (String, u16) {
    ("ok".to_owned(), 200)
}

#[test]
fn what_has_not_begun_is_cancelled_and_what_runs_goes_on() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "match": { "instance": "i-web1" }, "pendingSeconds": 20 }, { "afterSeconds": 20 }]));
    let id = invoke(&client, &[WEB1, WEB2]);
    assert_eq!(stop(&client, &id, &[]), ok());
    let shown = || -> Vec<_> { results(&client, &[("InvokeId", &id)]).iter().map(|one| one["InvocationStatus"].clone()).collect() };
    assert_eq!(shown(), ["Cancelled", "Running"]);
    seconds(&simulator, 20);
    assert_eq!(shown(), ["Cancelled", "Success"]);
    assert_eq!((marks(&simulator, "i-web1"), marks(&simulator, "i-web2")), (0, 1));
    assert_eq!(fields(&whole(&client, &id), &["InvocationStatus", "InvokeStatus"]), json!(["Success", "PartialFailed"]));
}

#[test]
fn a_schedule_ends() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Frequency", "rate(5m)")]);
    seconds(&simulator, 310);
    assert_eq!(stop(&client, &id, &[]), ok());
    let shown = result(&client, &id);
    assert_eq!(
        fields(&shown, &["InvocationStatus", "InvokeRecordStatus", "StopTime"]),
        json!(["Cancelled", "Stopped", "2026-01-01T00:05:20Z"])
    );
    let client = later(&simulator, &client, 3_600);
    assert_eq!((status(&client, &id).as_str(), marks(&simulator, "i-web1")), ("Cancelled", 1));
    assert_eq!(whole(&client, &id)["InvocationStatus"], "Stopped");
    let id = invoke(&client, &[("RepeatMode", "EveryReboot")]);
    assert_eq!(stop(&client, &id, &[]), ok());
    edit(&simulator, &json!({ "reboot": "i-web1" }));
    assert_eq!((status(&client, &id).as_str(), marks(&simulator, "i-web1")), ("Cancelled", 1));
}

#[test]
fn a_run_of_a_schedule_that_is_under_way_comes_to_its_end() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "afterSeconds": 30, "exitCode": 3 }]));
    let id = invoke(&client, &[("Frequency", "rate(5m)")]);
    seconds(&simulator, 310);
    assert_eq!(stop(&client, &id, &[]), ok());
    assert_eq!(status(&client, &id), "Running");
    seconds(&simulator, 20);
    assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "ExitCode"]), json!(["Failed", 3]));
}

#[test]
fn somebody_may_stop_it_without_a_call() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Frequency", "rate(5m)")]);
    edit(&simulator, &json!({ "stopInvocation": id }));
    let client = later(&simulator, &client, 3_600);
    assert_eq!((status(&client, &id).as_str(), marks(&simulator, "i-web1")), ("Cancelled", 0));
}

#[test]
fn instances_can_be_stopped_one_by_one() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[WEB1, WEB2, ("Frequency", "rate(1h)")]);
    assert_eq!(stop(&client, &id, &[("InstanceId.1", "i-web2")]), ok());
    assert_eq!(whole(&client, &id)["InvocationStatus"], "Scheduled");
    later(&simulator, &client, 3_600);
    assert_eq!((marks(&simulator, "i-web1"), marks(&simulator, "i-web2")), (1, 0));
}

#[test]
fn what_is_over_stays_as_it_is() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[]);
    seconds(&simulator, 2);
    assert_eq!(stop(&client, &id, &[]), ok());
    assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "StopTime"]), json!(["Success", ""]));
}

#[test]
fn what_cannot_be_stopped_is_refused() {
    let (_simulator, client) = demo();
    let id = invoke(&client, &[]);
    let refused = |code: &str, status| (code.to_owned(), status);
    assert_eq!(stop(&client, "t-none", &[]), refused("InvalidInvokeId.NotFound", 404));
    assert_eq!(stop(&client, &id, &[("InstanceId.1", "i-web2")]), refused("InvalidInstanceId.NotFound", 404));
    let names: Vec<String> = (1..=51).map(|number| format!("InstanceId.{number}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "i-web1")).collect();
    assert_eq!(stop(&client, &id, &many), refused("InstanceIds.ExceedLimit", 403));
    assert_eq!(stop(&client, &id, &many[..50]), ok());
    assert_eq!(stop(&client, &id, &[("RegionId", "cn-nowhere")]), refused("InvalidRegionId.NotFound", 404));
    assert_eq!(client.ecs("StopInvocation", &[]).code(), "MissingParameter");
}
