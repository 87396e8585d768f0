//! The client against a server on loopback that answers from a script: what goes out, which answers are believed, and that nothing of a
//! command is in the log.

use super::*;
use crate::cloud::alibaba::scripted::{self, Log, Script, pairs, refused};
use crate::cloud::error::{Acted, Class};
use crate::cloud::session::{Cloud, Session};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

async fn a_session(replies: impl IntoIterator<Item = (u16, Value)>) -> (Session, Arc<Script>) {
    let (alibaba, script) = scripted::cloud(replies).await;
    (Session::new(Cloud::Alibaba(alibaba), "1", "cn-qingdao", Lane::Edit), script)
}

async fn a_cloud(replies: impl IntoIterator<Item = (u16, Value)>) -> (Ecs, Arc<Script>) {
    let (session, script) = a_session(replies).await;
    (session.ecs().unwrap(), script)
}

fn a_command() -> RunCommand {
    RunCommand {
        kind: "RunShellScript".to_owned(),
        content: "canary-content".into(),
        content_encoding: Some("PlainText".to_owned()),
        targets: Targets::Instances(vec!["i-1".to_owned(), "i-2".to_owned()]),
        name: None,
        description: Some(String::new()),
        working_dir: None,
        timeout: Some(60),
        enable_parameter: Some(true),
        parameters: [("token", "canary-value"), ("a", "")].map(|(name, value)| (name.to_owned(), value.into())).into(),
        repeat_mode: None,
        frequency: None,
        keep_command: Some(false),
        username: None,
        windows_password_name: None,
        container_id: None,
        container_name: None,
        termination_mode: None,
        launcher: None,
        tags: vec![("steward-run".to_owned(), "abc".to_owned())],
        resource_group_id: None,
        client_token: "token-1".to_owned(),
        oss_output_delivery: None,
    }
}

fn run(id: &str, instances: &[&str]) -> Value {
    let instances: Vec<Value> = instances.iter().map(|id| json!({"InstanceId": id, "InvocationStatus": "Running"})).collect();
    json!({"InvokeId": id, "InvokeInstances": {"InvokeInstance": instances}})
}

fn runs(runs: &[Value], next: &str) -> (u16, Value) {
    (200, json!({"RequestId": "R", "NextToken": next, "Invocations": {"Invocation": runs}}))
}

fn results(results: &[Value], next: &str) -> (u16, Value) {
    (200, json!({"RequestId": "R", "Invocation": {"NextToken": next, "InvocationResults": {"InvocationResult": results}}}))
}

fn agents(ids: impl IntoIterator<Item = u32>) -> (u16, Value) {
    let agents: Vec<Value> = ids
        .into_iter()
        .map(|number| json!({"InstanceId": format!("i-{number:02}"), "CloudAssistantStatus": "true", "CloudAssistantVersion": "2.2.3.857"}))
        .collect();
    (200, json!({"RequestId": "R", "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": agents}}))
}

fn ids(found: &[Invocation]) -> Vec<(&str, Vec<&str>)> {
    found.iter().map(|run| (run.id.as_str(), run.instances.iter().map(|instance| instance.instance_id.as_str()).collect())).collect()
}

#[tokio::test]
async fn a_command_goes_out_in_the_body_with_nothing_that_was_not_said() {
    let (ecs, script) = a_cloud([(200, json!({"RequestId": "R-1", "CommandId": "c-1", "InvokeId": "t-1"}))]).await;
    let invoked = ecs.run_command(&a_command()).await.unwrap();
    assert_eq!((invoked.request_id.as_deref(), invoked.command_id.as_str(), invoked.invoke_id.as_str()), (Some("R-1"), "c-1", "t-1"));
    let seen = script.seen.lock().unwrap();
    let [(action, version, query, body)] = seen.as_slice() else { unreachable!("one call: {seen:?}") };
    assert_eq!((action.as_str(), version.as_str(), query.len()), ("RunCommand", "2014-05-26", 0));
    let expected = pairs(&[
        ("ClientToken", "token-1"),
        ("CommandContent", "canary-content"),
        ("ContentEncoding", "PlainText"),
        ("Description", ""),
        ("EnableParameter", "true"),
        ("InstanceId.1", "i-1"),
        ("InstanceId.2", "i-2"),
        ("KeepCommand", "false"),
        ("Parameters", r#"{"a":"","token":"canary-value"}"#),
        ("RegionId", "cn-qingdao"),
        ("Tag.1.Key", "steward-run"),
        ("Tag.1.Value", "abc"),
        ("Timeout", "60"),
        ("Type", "RunShellScript"),
    ]);
    assert_eq!(*body, expected);
}

#[tokio::test]
async fn a_command_is_sent_once_whatever_is_answered() {
    let table = [
        ((200, json!({"RequestId": "R"})), Acted::Perhaps),
        ((200, json!({"RequestId": "R", "CommandId": "c-1", "InvokeId": ""})), Acted::Perhaps),
        ((200, json!({"CommandId": "c-1", "InvokeId": "t-1"})), Acted::Perhaps),
        ((502, json!("<html>")), Acted::Perhaps),
        (refused(500, "InternalError.Dispatch"), Acted::Perhaps),
        (refused(503, "ServiceUnavailable"), Acted::Perhaps),
        (refused(403, "IdempotentProcessing"), Acted::Perhaps),
        (refused(403, "IdempotentParameterMismatch"), Acted::Perhaps),
        (refused(400, "SignatureNonceUsed"), Acted::Perhaps),
        (refused(400, "Brand.New"), Acted::Perhaps),
        (refused(400, "Throttling.User"), Acted::No),
        (refused(403, "Invocation.ExceedQuota"), Acted::No),
        (refused(400, "InvalidInstance.NotMatch"), Acted::No),
    ];
    for (answer, acted) in table {
        let (ecs, script) = a_cloud([answer.clone()]).await;
        let error = ecs.run_command(&a_command()).await.unwrap_err();
        assert_eq!((error.acted, error.ok, error.is_not_begun()), (acted, false, false), "{answer:?}");
        assert_eq!(script.seen.lock().unwrap().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn a_session_whose_time_is_over_begins_no_run_and_reads_all_the_same() {
    let (session, script) = a_session([runs(&[], ""), (200, json!({"RequestId": "R", "InvokeId": "t-1"}))]).await;
    let over = session.begin_by(Instant::now().checked_sub(Duration::from_secs(1)).unwrap()).ecs().unwrap();
    let error = over.run_command(&a_command()).await.unwrap_err();
    assert_eq!((error.acted, error.class, error.is_not_begun()), (Acted::No, Class::Unavailable, true));
    assert_eq!(over.invocations_tagged(("steward-run", "abc"), None).await.unwrap(), []);
    let in_time = session.begin_by(Instant::now() + Duration::from_secs(20)).ecs().unwrap();
    assert_eq!(in_time.run_command(&a_command()).await.unwrap().invoke_id, "t-1");
    let operations: Vec<String> = script.seen.lock().unwrap().iter().map(|(operation, ..)| operation.clone()).collect();
    assert_eq!(operations, ["DescribeInvocations", "RunCommand"]);
}

#[tokio::test]
async fn runs_are_looked_up_over_all_pages_and_each_is_told_once() {
    let pages =
        [runs(&[run("t-1", &["i-1"]), run("t-2", &[])], "a"), runs(&[run("t-1", &["i-2", "i-1"])], "b"), runs(&[run("t-3", &[])], "")];
    let (ecs, script) = a_cloud(pages).await;
    let found = ecs.invocations_tagged(("steward-object", "abc"), Some("rg-1")).await.unwrap();
    assert_eq!(ids(&found), [("t-1", vec!["i-2", "i-1"]), ("t-2", vec![]), ("t-3", vec![])]);
    let seen = script.seen.lock().unwrap();
    let asked = pairs(&[
        ("MaxResults", "50"),
        ("RegionId", "cn-qingdao"),
        ("ResourceGroupId", "rg-1"),
        ("Tag.1.Key", "steward-object"),
        ("Tag.1.Value", "abc"),
    ]);
    assert_eq!((seen.len(), &seen[0].2), (3, &asked));
    assert_eq!((seen[1].2["NextToken"].as_str(), seen[2].2["NextToken"].as_str()), ("a", "b"));
}

#[tokio::test]
async fn half_a_list_of_runs_is_none() {
    let circle = [runs(&[run("t-1", &[])], "a"), runs(&[], "a")];
    let broken = [runs(&[run("t-1", &[])], "a"), refused(403, "Forbidden.RAM")];
    let unlisted = [runs(&[run("t-1", &[])], "a"), (200, json!({"RequestId": "R", "TotalCount": 2}))];
    for (pages, class) in [(circle, Class::Unavailable), (broken, Class::Denied), (unlisted, Class::Unavailable)] {
        let (ecs, _) = a_cloud(pages).await;
        assert_eq!(ecs.invocations_tagged(("a", "b"), None).await.unwrap_err().class, class);
    }
    let endless = (0..=PAGES_OF_RUNS).map(|number| runs(&[run("t-1", &[])], &number.to_string()));
    let (ecs, script) = a_cloud(endless).await;
    assert_eq!(ecs.invocations_tagged(("a", "b"), None).await.unwrap_err().class, Class::Unavailable);
    assert_eq!(script.seen.lock().unwrap().len(), PAGES_OF_RUNS);
}

#[tokio::test]
async fn one_run_is_found_by_its_id_or_unknown() {
    let (ecs, script) = a_cloud([runs(&[run("t-1", &["i-1"])], "more"), runs(&[run("t-1", &["i-2"])], ""), runs(&[], "")]).await;
    let found = ecs.invocation("t-1", None).await.unwrap().unwrap();
    assert_eq!(ids(&[found]), [("t-1", vec!["i-2", "i-1"])]);
    assert_eq!(ecs.invocation("t-2", None).await.unwrap(), None);
    let asked = pairs(&[("InvokeId", "t-1"), ("MaxResults", "50"), ("RegionId", "cn-qingdao")]);
    assert_eq!(script.seen.lock().unwrap()[0].2, asked);
}

#[tokio::test]
async fn results_are_read_over_all_pages_with_history_if_it_is_asked_for() {
    let one = |id: &str, repeats: u32, exit: u32| json!({"InstanceId": id, "Repeats": repeats, "ExitCode": exit, "Output": "aGk="});
    let pages = || [results(&[one("i-1", 1, 7), one("i-2", 1, 0)], "a"), results(&[one("i-1", 2, 0), one("i-2", 1, 0)], "")];
    for (history, expected) in [
        // The later page knows more.
        (false, vec![("i-1", 2, Some(0)), ("i-2", 1, Some(0))]),
        (true, vec![("i-1", 1, Some(7)), ("i-1", 2, Some(0)), ("i-2", 1, Some(0))]),
    ] {
        let (ecs, script) = a_cloud(pages()).await;
        let found = ecs.invocation_results("t-1", Some("rg-1"), history).await.unwrap();
        let told: Vec<_> = found.iter().map(|result| (result.instance_id.as_str(), result.repeats, result.exit_code)).collect();
        assert_eq!(told, expected);
        assert!(found.iter().all(|result| result.output == "hi"));
        let mut asked = pairs(&[
            ("ContentEncoding", "Base64"),
            ("InvokeId", "t-1"),
            ("MaxResults", "50"),
            ("RegionId", "cn-qingdao"),
            ("ResourceGroupId", "rg-1"),
        ]);
        if history {
            asked.insert("IncludeHistory".to_owned(), "true".to_owned());
        }
        assert_eq!(script.seen.lock().unwrap()[0].2, asked);
    }
}

#[tokio::test]
async fn a_run_that_the_cloud_does_not_know_needs_no_stop() {
    let table = [
        (vec![(200, json!({"RequestId": "R-1"}))], Ok((Some("R-1"), true))),
        (vec![refused(404, "InvalidInvokeId.NotFound")], Ok((Some("R-refused"), false))),
        // It sets a value, so it is repeated.
        (vec![refused(500, "InternalError.Dispatch"), (200, json!({"RequestId": "R-2"}))], Ok((Some("R-2"), true))),
        (vec![refused(403, "Operation.Forbidden")], Err(Class::Precondition)),
        (vec![refused(404, "InvalidInstanceId.NotFound")], Err(Class::NotFound)),
    ];
    for (replies, expected) in table {
        let (ecs, script) = a_cloud(replies).await;
        let stopped = ecs.stop_invocation("t-1").await;
        let told = stopped.as_ref().map(|stopped| (stopped.request_id.as_deref(), stopped.was_known)).map_err(|error| error.class);
        assert_eq!(told, expected);
        assert_eq!(script.seen.lock().unwrap()[0].2, pairs(&[("InvokeId", "t-1"), ("RegionId", "cn-qingdao")]));
    }
}

#[tokio::test]
async fn agents_are_read_fifty_at_a_time_and_who_is_missing_has_none() {
    let asked: Vec<String> = (1..=60).map(|number| format!("i-{number:02}")).collect();
    let (ecs, script) = a_cloud([agents(1..=49), agents(51..=60)]).await;
    let found = ecs.agents(&asked).await.unwrap();
    assert_eq!(found.len(), 59);
    assert!(!found.contains_key("i-50"));
    assert!(found.values().all(|agent| agent.alive && agent.is_at_least(&[2, 2, 3, 344]) == Some(true)));
    let seen = script.seen.lock().unwrap();
    let counts: Vec<usize> =
        seen.iter().map(|(_, _, query, _)| query.keys().filter(|name| name.starts_with("InstanceId.")).count()).collect();
    assert_eq!(counts, [50, 10]);
}

#[tokio::test]
async fn nothing_of_a_command_is_logged_or_formatted() {
    let (log, _listening) = Log::listening().await;
    let echo =
        |status: u16| (status, json!({"RequestId": "R-1", "Code": "CmdContent.DecodeError", "Message": "cannot decode canary-content"}));
    for answer in [echo(400), echo(500), echo(200)] {
        let (ecs, _) = a_cloud([answer]).await;
        let error = ecs.run_command(&a_command()).await.unwrap_err();
        let shown = format!("{error} {error:?} {:?} {:#?}", a_command(), a_command());
        assert!(shown.contains("RunShellScript") && !shown.contains("canary"), "{shown}");
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("RunCommand"), "{log}");
    assert!(!log.contains("canary"), "{log}");
}
