//! What comes of a run as time goes by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use steward_cloudsim::Edit;
use steward_cloudsim::commands::Status;

use super::{WEB1, WEB2, describe, edit, fields, invoke, later, marks, missing, outcomes, result, results, seconds, set, status, whole};
use crate::client::demo;

#[test]
fn a_run_is_running_for_two_seconds_and_then_says_what_it_echoed() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Name", "hello")]);
    let names = ["InvocationStatus", "InvokeRecordStatus", "ExitCode", "Output", "StartTime", "FinishedTime"];
    let running = result(&client, &id);
    assert_eq!(fields(&running, &names), json!(["Running", "Running", missing(), "", "2026-01-01T00:00:10Z", ""]));
    seconds(&simulator, 2);
    let done = result(&client, &id);
    assert_eq!(fields(&done, &names), json!(["Success", "Finished", 0, "hello\n", "2026-01-01T00:00:10Z", "2026-01-01T00:00:12Z"]));
    assert_eq!(fields(&whole(&client, &id), &["InvocationStatus", "InvokeStatus", "CommandName"]), json!(["Success", "Finished", "hello"]));
    assert_eq!(marks(&simulator, "i-web1"), 1);
}

#[test]
fn output_is_base64_unless_it_is_asked_for_in_clear() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[]);
    seconds(&simulator, 2);
    let asked = [("InvokeId", id.as_str()), ("IncludeOutput", "true")];
    let all = describe(&client, &asked);
    let one = &all[0]["InvokeInstances"]["InvokeInstance"][0];
    assert_eq!(fields(one, &["Output", "FinishTime"]), json!([STANDARD.encode("hello\n"), "2026-01-01T00:00:12Z"]));
    assert_eq!(all[0]["CommandContent"], STANDARD.encode("echo hello"));
    let all = describe(&client, &[asked[0], asked[1], ("ContentEncoding", "plaintext")]);
    assert_eq!(all[0]["InvokeInstances"]["InvokeInstance"][0]["Output"], "hello\n");
    assert_eq!(all[0]["CommandContent"], "echo hello");
    let all = describe(&client, &asked[..1]);
    assert_eq!(all[0]["InvokeInstances"]["InvokeInstance"][0]["Output"], "", "nobody asked for it");
}

#[test]
fn the_first_outcome_that_fits_counts() {
    let (simulator, client) = demo();
    outcomes(
        &simulator,
        &json!([
            { "match": { "content": "hello", "instance": "i-web2" }, "afterSeconds": 1, "exitCode": 7, "output": "no\n" },
            { "match": { "name": "hello" }, "exitCode": 0, "output": "yes" },
        ]),
    );
    let id = invoke(&client, &[WEB1, WEB2, ("Name", "hello")]);
    seconds(&simulator, 1);
    assert_eq!(whole(&client, &id)["InvocationStatus"], "Running", "one of them is");
    seconds(&simulator, 1);
    let shown: Vec<_> = results(&client, &[("InvokeId", &id)])
        .iter()
        .map(|one| fields(one, &["InstanceId", "InvocationStatus", "InvokeRecordStatus", "ExitCode", "ErrorCode", "Output"]))
        .collect();
    assert_eq!(
        shown,
        [json!(["i-web1", "Success", "Finished", 0, "", "yes"]), json!(["i-web2", "Failed", "Finished", 7, "ExitCodeNonzero", "no\n"]),]
    );
    assert_eq!(fields(&whole(&client, &id), &["InvocationStatus", "InvokeStatus"]), json!(["PartialFailed", "Finished"]));
}

#[test]
fn a_script_that_runs_too_long_ends_with_its_timeout() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "afterSeconds": 100 }]));
    let id = invoke(&client, &[("Timeout", "90")]);
    seconds(&simulator, 89);
    assert_eq!(status(&client, &id), "Running");
    seconds(&simulator, 1);
    let names = ["InvocationStatus", "InvokeRecordStatus", "ErrorCode", "ExitCode", "FinishedTime"];
    assert_eq!(fields(&result(&client, &id), &names), json!(["Timeout", "Failed", "ExecutionTimeout", missing(), "2026-01-01T00:01:40Z"]));
}

#[test]
fn what_is_not_delivered_in_a_minute_is_given_up() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "pendingSeconds": 30 }]));
    let id = invoke(&client, &[WEB1, WEB2]);
    assert_eq!(whole(&client, &id)["InvocationStatus"], "Pending");
    simulator.edit(Edit::agent("i-web1", false)).unwrap();
    simulator.edit(Edit::agent("i-web2", false)).unwrap();
    seconds(&simulator, 40);
    assert_eq!(whole(&client, &id)["InvocationStatus"], "Pending");
    simulator.edit(Edit::agent("i-web2", true)).unwrap();
    seconds(&simulator, 20);
    let shown: Vec<_> = results(&client, &[("InvokeId", &id)])
        .iter()
        .map(|one| fields(one, &["InvocationStatus", "ErrorCode", "StartTime", "FinishedTime"]))
        .collect();
    assert_eq!(
        shown,
        [
            json!(["Aborted", "ClientNotRunning", "", "2026-01-01T00:01:10Z"]),
            json!(["Success", "", "2026-01-01T00:00:50Z", "2026-01-01T00:00:52Z"]),
        ]
    );
    assert_eq!((marks(&simulator, "i-web1"), marks(&simulator, "i-web2")), (0, 1));
}

#[test]
fn an_instance_that_goes_away_takes_its_run_with_it() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "afterSeconds": 30 }]));
    for (what, after) in
        [(json!({ "reboot": "i-web1" }), "Error"), (json!({ "set": { "instance": "i-web1", "status": "Stopped" } }), "Error")]
    {
        edit(&simulator, &json!({ "set": { "instance": "i-web1", "status": "Running" } }));
        let id = invoke(&client, &[]);
        edit(&simulator, &what);
        let shown = result(&client, &id);
        assert_eq!(fields(&shown, &["InvocationStatus", "ErrorCode"]), json!([after, "ExecutionInterrupted"]), "{what}");
    }
}

#[test]
fn an_agent_that_falls_silent_reports_late_or_never() {
    let (simulator, client) = demo();
    let (short, long) = (invoke(&client, &[]), invoke(&client, &[WEB1, WEB2]));
    simulator.edit(Edit::agent("i-web1", false)).unwrap();
    simulator.edit(Edit::agent("i-web2", false)).unwrap();
    seconds(&simulator, 100);
    assert_eq!(status(&client, &short), "Running");
    simulator.edit(Edit::agent("i-web1", true)).unwrap();
    assert_eq!(fields(&result(&client, &short), &["InvocationStatus", "FinishedTime"]), json!(["Success", "2026-01-01T00:00:12Z"]));
    seconds(&simulator, 20);
    let silent = &results(&client, &[("InvokeId", &long)])[1];
    assert_eq!(fields(silent, &["InvocationStatus", "ErrorCode"]), json!(["Error", "ClientNotResponse"]));
}

#[test]
fn long_output_is_cut_and_what_is_lost_is_counted() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "output": "é".repeat(15_000), "dropped": 3 }]));
    let id = invoke(&client, &[]);
    seconds(&simulator, 2);
    let shown = result(&client, &id);
    assert_eq!(shown["Output"].as_str().unwrap().len(), 24 * 1024);
    assert_eq!(shown["Dropped"], 30_000 - 24 * 1024 + 3);
}

#[test]
fn an_exit_code_that_is_not_there_yet_is_missing_or_zero() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[]);
    assert_eq!(result(&client, &id).get("ExitCode"), None);
    set(&simulator, &json!({ "exitCodeBeforeEnd": "zero" }));
    assert_eq!(result(&client, &id)["ExitCode"], 0);
}

#[test]
fn an_outcome_may_say_any_status() {
    let (simulator, client) = demo();
    for (status, code, began) in [
        ("Invalid", "CommandNotApplicable", 0),
        ("Aborted", "DeliveryTimeout", 0),
        ("Error", "ExecutionException", 1),
        ("Terminated", "", 1),
        ("Success", "", 1),
        ("Failed", "ExitCodeNonzero", 1),
    ] {
        outcomes(&simulator, &json!([{ "status": status, "afterSeconds": 1 }]));
        let id = invoke(&client, &[]);
        seconds(&simulator, 1);
        assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "ErrorCode"]), json!([status, code]));
        assert_eq!(simulator.invocations().pop().unwrap().targets[0].ran.len(), began, "{status}");
    }
}

#[test]
fn names_in_braces_get_their_values() {
    let (simulator, client) = demo();
    let content = "echo {{ Name }} on {{ACS::InstanceId}}\necho {{none}}!";
    let id = invoke(&client, &[("CommandContent", content), ("EnableParameter", "True"), ("Parameters", r#"{"name":"Jack"}"#)]);
    let plain = invoke(&client, &[("CommandContent", content)]);
    seconds(&simulator, 2);
    assert_eq!(result(&client, &id)["Output"], "Jack on i-web1\n!\n");
    assert_eq!(result(&client, &plain)["Output"], "{{ Name }} on {{ACS::InstanceId}}\n{{none}}!\n", "not without the switch");
    assert_eq!(whole(&client, &id)["Parameters"], r#"{"name":"Jack"}"#);
}

#[test]
fn the_cloud_forgets_after_thirty_days_and_the_ledger_does_not() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[]);
    let client = later(&simulator, &client, 30 * 86_400 + 1);
    assert_eq!(describe(&client, &[("InvokeId", &id)]).len(), 1);
    let client = later(&simulator, &client, 1);
    assert_eq!(describe(&client, &[("InvokeId", &id)]).len(), 0);
    assert_eq!(results(&client, &[("InvokeId", &id)]).len(), 0);
    let ledger = simulator.invocations();
    assert_eq!((ledger.len(), ledger[0].targets[0].status), (1, Status::Success));
}

#[test]
fn reads_lag_behind_what_runs() {
    let (simulator, client) = demo();
    set(&simulator, &json!({ "readLag": "5s" }));
    let id = invoke(&client, &[]);
    assert_eq!(describe(&client, &[("InvokeId", &id)]).len(), 0);
    seconds(&simulator, 5);
    assert_eq!(status(&client, &id), "Running");
    seconds(&simulator, 2);
    assert_eq!(status(&client, &id), "Success");
}
