//! Commands that run later, or again and again.

use serde_json::json;

use super::{WEB1, WEB2, edit, fields, invoke, later, marks, outcomes, result, results, seconds, status};
use crate::client::demo;

#[test]
fn a_rate_runs_after_its_interval_and_then_again() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Frequency", "rate(5m)")]);
    let names = ["InvocationStatus", "Repeats", "Output"];
    assert_eq!(fields(&result(&client, &id), &names), json!(["Scheduled", 0, ""]));
    seconds(&simulator, 299);
    assert_eq!(marks(&simulator, "i-web1"), 0);
    seconds(&simulator, 1);
    assert_eq!(fields(&result(&client, &id), &names), json!(["Running", 1, ""]));
    seconds(&simulator, 2);
    assert_eq!(fields(&result(&client, &id), &names), json!(["Scheduled", 1, "hello\n"]));
    let client = later(&simulator, &client, 3_600);
    assert_eq!(fields(&result(&client, &id), &names), json!(["Scheduled", 13, "hello\n"]));
    let history = results(&client, &[("InvokeId", &id), ("IncludeHistory", "true"), ("MaxResults", "50")]);
    let starts: Vec<&str> = history.iter().take(2).map(|one| one["StartTime"].as_str().unwrap()).collect();
    assert_eq!((history.len(), starts), (13, vec!["2026-01-01T00:05:10Z", "2026-01-01T00:10:10Z"]));
    assert!(history.iter().all(|one| one["InvocationStatus"] == "Success"));
}

#[test]
fn a_moment_comes_once() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Frequency", "at(2026-01-01 08:10:00 Asia/Shanghai)")]);
    assert_eq!(status(&client, &id), "Scheduled");
    seconds(&simulator, 590);
    assert_eq!(status(&client, &id), "Running");
    let client = later(&simulator, &client, 86_400);
    assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "FinishedTime"]), json!(["Success", "2026-01-01T00:10:02Z"]));
    assert_eq!(marks(&simulator, "i-web1"), 1);
}

#[test]
fn a_cron_expression_is_followed_until_its_years_are_over() {
    let (simulator, client) = demo();
    let id = invoke(&client, &[("Frequency", "0 0/30 10-11 31 12 ? 2026 GMT+8:00")]);
    let client = later(&simulator, &client, 363 * 86_400);
    assert_eq!(status(&client, &id), "Scheduled");
    let client = later(&simulator, &client, 2 * 86_400);
    assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "Repeats"]), json!(["Success", 4]));
}

#[test]
fn a_failure_does_not_end_a_schedule() {
    let (simulator, client) = demo();
    outcomes(&simulator, &json!([{ "afterSeconds": 100 }]));
    let id = invoke(&client, &[("Frequency", "rate(5m)"), ("Timeout", "30")]);
    seconds(&simulator, 330);
    assert_eq!(fields(&result(&client, &id), &["InvocationStatus", "ErrorCode"]), json!(["Scheduled", "ExecutionTimeout"]));
    seconds(&simulator, 300);
    assert_eq!(result(&client, &id)["Repeats"], 2);
}

#[test]
fn reboots_bring_what_waited_for_them() {
    let (simulator, client) = demo();
    let next = invoke(&client, &[WEB1, WEB2, ("RepeatMode", "NextRebootOnly")]);
    let every = invoke(&client, &[("RepeatMode", "EveryReboot")]);
    let client = later(&simulator, &client, 1_000);
    assert_eq!((status(&client, &every).as_str(), marks(&simulator, "i-web1")), ("Scheduled", 0));
    for round in 1..=2 {
        edit(&simulator, &json!({ "reboot": "i-web1" }));
        assert_eq!(status(&client, &every), "Running");
        seconds(&simulator, 2);
        assert_eq!(fields(&result(&client, &every), &["InvocationStatus", "Repeats"]), json!(["Scheduled", round]));
        let both: Vec<_> =
            results(&client, &[("InvokeId", &next)]).iter().map(|one| fields(one, &["InvocationStatus", "Repeats"])).collect();
        assert_eq!(both, [json!(["Success", 1]), json!(["Scheduled", 0])], "once, and only there");
    }
    let history = results(&client, &[("InvokeId", &every), ("IncludeHistory", "true")]);
    assert_eq!(history.len(), 2);
}

#[test]
fn an_old_agent_knows_only_the_old_form_of_schedules() {
    let (simulator, client) = demo();
    edit(&simulator, &json!({ "set": { "instance": "i-web1", "agent": { "version": "2.2.3.281" } } }));
    let (rate, cron) = (invoke(&client, &[("Frequency", "rate(5m)")]), invoke(&client, &[("Frequency", "0 */20 * * * ?")]));
    let client = later(&simulator, &client, 1_200);
    assert_eq!(result(&client, &rate)["ErrorCode"], "ClientNeedUpgrade");
    assert_eq!(fields(&result(&client, &cron), &["ErrorCode", "Repeats"]), json!(["", 1]));
}
