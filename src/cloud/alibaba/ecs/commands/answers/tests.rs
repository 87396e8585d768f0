//! Answers whole, lacking and strange.

use super::*;
use serde::de::DeserializeOwned;
use serde_json::json;

fn is_read<T: DeserializeOwned>(answer: Value) -> bool {
    serde_json::from_value::<T>(answer).is_ok()
}

fn invocations(answer: Value) -> Vec<Invocation> {
    serde_json::from_value::<DescribeInvocationsResponse>(answer).unwrap().invocations
}

fn one_result(result: &Value) -> InvocationResult {
    let answer = json!({"RequestId": "R", "Invocation": {"InvocationResults": {"InvocationResult": [result]}}});
    let mut page: DescribeInvocationResultsResponse = serde_json::from_value(answer).unwrap();
    page.results.pop().unwrap()
}

#[test]
fn a_run_that_was_taken_has_an_id() {
    let taken = |answer| serde_json::from_value::<Invoked>(answer).ok();
    let whole = Invoked { request_id: Some("R".to_owned()), command_id: "c-1".to_owned(), invoke_id: "t-1".to_owned() };
    assert_eq!(taken(json!({"RequestId": "R", "CommandId": "c-1", "InvokeId": "t-1", "New": {}})), Some(whole.clone()));
    let bare = Invoked { request_id: None, command_id: String::new(), ..whole };
    assert_eq!(taken(json!({"CommandId": null, "InvokeId": "t-1"})), Some(bare));
    for unreadable in
        [json!({"RequestId": "R"}), json!({"InvokeId": ""}), json!({"InvokeId": null}), json!({"InvokeId": 7}), json!([]), json!(null)]
    {
        assert_eq!(taken(unreadable.clone()), None, "{unreadable}");
    }
}

#[test]
fn a_run_is_read_with_its_tags_and_instances() {
    let answer = json!({
        "RequestId": "R", "NextToken": "more", "TotalCount": 0,
        "Invocations": {"Invocation": [{
            "InvokeId": "t-1", "CommandId": "c-1", "CommandName": "patch", "CommandContent": "aGk=", "RepeatMode": "Once", "Frequency": "",
            "InvocationStatus": "PartialFailed", "InvokeStatus": "Finished", "CreationTime": "2026-11-22T08:00:00Z",
            "Tags": {"Tag": [{"TagKey": "steward-run", "TagValue": "abc"}, {"TagKey": "empty", "TagValue": ""}]},
            "InvokeInstances": {"InvokeInstance": [
                {"InstanceId": "i-1", "InvocationStatus": "Success", "InstanceInvokeStatus": "Finished", "ExitCode": 0, "ErrorCode": "",
                 "StartTime": "2026-11-22T08:00:01Z", "FinishTime": "2026-11-22T08:00:09Z", "Repeats": 1},
                {"InstanceId": "i-2", "InvocationStatus": "Pending", "StartTime": "", "FinishTime": ""}]},
        }]},
    });
    let page: DescribeInvocationsResponse = serde_json::from_value(answer).unwrap();
    let expected = Invocation {
        id: "t-1".to_owned(),
        command_id: "c-1".to_owned(),
        command_name: "patch".to_owned(),
        tags: [("steward-run", "abc"), ("empty", "")].map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        repeat_mode: "Once".to_owned(),
        frequency: String::new(),
        status: "PartialFailed".to_owned(),
        created: "2026-11-22T08:00:00Z".parse().ok(),
        instances: vec![
            InvocationResult {
                instance_id: "i-1".to_owned(),
                status: InvocationStatus::Success,
                exit_code: Some(0),
                repeats: 1,
                started: "2026-11-22T08:00:01Z".parse().ok(),
                finished: "2026-11-22T08:00:09Z".parse().ok(),
                ..InvocationResult::default()
            },
            InvocationResult { instance_id: "i-2".to_owned(), status: InvocationStatus::Pending, ..InvocationResult::default() },
        ],
    };
    assert_eq!((page.invocations, page.next_token.as_deref()), (vec![expected], Some("more")));
}

#[test]
fn what_is_missing_null_or_of_another_type_is_empty_but_for_ids() {
    for nothing in [
        json!({"RequestId": "R"}),
        json!({"RequestId": "R", "Invocations": null, "NextToken": null, "TotalCount": null}),
        json!({"RequestId": "R", "Invocations": {}, "TotalCount": 0}),
        json!({"RequestId": "R", "Invocations": {"Invocation": []}, "TotalCount": "12"}),
    ] {
        assert_eq!(invocations(nothing), []);
    }
    let bare = Invocation { id: "t-1".to_owned(), ..Invocation::default() };
    for entry in [
        json!({"InvokeId": "t-1"}),
        json!({"InvokeId": "t-1", "Tags": null, "InvokeInstances": {"InvokeInstance": null}, "CreationTime": "yesterday",
               "InvocationStatus": null, "CommandName": ["x"], "Frequency": {}}),
    ] {
        assert_eq!(invocations(json!({"Invocations": {"Invocation": [entry]}})), std::slice::from_ref(&bare));
    }
    for unreadable in [
        json!({"Invocations": {"Invocation": [{"CommandId": "c-1"}]}}),
        json!({"Invocations": {"Invocation": [{"InvokeId": ""}]}}),
        json!({"Invocations": {"Invocation": [null]}}),
        json!({"Invocations": {"Invocation": {"InvokeId": "t-1"}}}),
        json!({"Invocations": {"Invocation": [{"InvokeId": "t-1", "InvokeInstances": {"InvokeInstance": [{"ExitCode": 0}]}}]}}),
        json!({"TotalCount": 1}),
        json!({"TotalCount": "1", "Invocations": {}}),
    ] {
        assert!(!is_read::<DescribeInvocationsResponse>(unreadable.clone()), "{unreadable}");
    }
    for unreadable in [
        json!({"Invocation": {"InvocationResults": {"InvocationResult": [{"ExitCode": 0}]}}}),
        json!({"Invocation": {"TotalCount": 3}}),
        json!({"Invocation": []}),
    ] {
        assert!(!is_read::<DescribeInvocationResultsResponse>(unreadable.clone()), "{unreadable}");
    }
    let empty = [json!({"RequestId": "R"}), json!({"Invocation": null}), json!({"Invocation": {"InvocationResults": {}}})];
    assert!(empty.into_iter().all(is_read::<DescribeInvocationResultsResponse>));
}

#[test]
fn a_result_is_read_whether_numbers_come_as_numbers_or_as_texts() {
    let expected = InvocationResult {
        instance_id: "i-1".to_owned(),
        status: InvocationStatus::Failed,
        exit_code: Some(-1),
        error_code: Some("ExitCodeNonzero".to_owned()),
        error_text: "exit status 255".to_owned(),
        output: "héllo\n".to_owned(),
        dropped: 5,
        repeats: 2,
        started: "2026-11-22T08:00:01Z".parse().ok(),
        finished: "2026-11-22T08:00:09Z".parse().ok(),
    };
    for (exit, dropped, repeats) in [(json!(-1), json!(5), json!(2)), (json!("-1"), json!(" 5"), json!("2"))] {
        let read = one_result(&json!({
            "InstanceId": "i-1", "InvocationStatus": "Failed", "InvokeRecordStatus": "Finished", "ExitCode": exit, "Dropped": dropped,
            "Repeats": repeats, "ErrorCode": "ExitCodeNonzero", "ErrorInfo": "exit status 255", "Output": "aMOpbGxvCg==",
            "StartTime": "2026-11-22T08:00:01Z", "FinishedTime": "2026-11-22T08:00:09Z",
        }));
        assert_eq!(read, expected);
    }
    let odd = one_result(&json!({"InstanceId": "i-1", "ExitCode": "none", "Dropped": null, "Repeats": 1.5, "InvocationStatus": 3}));
    assert_eq!((odd.exit_code, odd.dropped, odd.repeats, odd.error_code), (None, 0, 0, None));
    assert_eq!(odd.status, InvocationStatus::Unknown("3".to_owned()));
}

#[test]
fn output_is_decoded_leniently_and_not_shown_when_formatted() {
    for (sent, output) in [
        ("aGVsbG8=", "hello"),
        ("aGVsbG8", "hello"),
        ("aGVs\nbG8=\r\n", "hello"),
        ("/w==", "\u{fffd}"),
        ("", ""),
        // No Base64, whatever was asked for.
        ("hello, world", "hello, world"),
    ] {
        assert_eq!(one_result(&json!({"InstanceId": "i-1", "Output": sent})).output, output, "{sent:?}");
    }
    let secret = one_result(&json!({"InstanceId": "i-1", "Output": "aHVudGVyMg==", "ErrorInfo": "cannot use hunter2"}));
    assert_eq!(secret.output, "hunter2");
    let shown = format!("{secret:?} {secret:#?} {:?}", Invocation { instances: vec![secret.clone()], ..Invocation::default() });
    assert!(shown.contains("i-1") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn every_state_of_an_instance_is_known_by_its_word_and_others_are_kept() {
    let over = ["Success", "Failed", "Invalid", "Aborted", "Error", "Timeout", "Cancelled", "Terminated"];
    let under_way = ["Pending", "Scheduled", "Running", "Stopping"];
    for (words, is_over) in [(over.as_slice(), true), (under_way.as_slice(), false)] {
        for word in words {
            let status = InvocationStatus::of(word);
            assert!(!matches!(status, InvocationStatus::Unknown(_)), "{word}");
            assert_eq!((status.is_over(), status.to_string().as_str()), (is_over, *word));
        }
    }
    // The legacy words among them: they say something else.
    for word in ["Finished", "success", "Resting", ""] {
        let status = InvocationStatus::of(word);
        assert_eq!((status.is_over(), status.to_string().as_str()), (false, word));
        assert_eq!(status, InvocationStatus::Unknown(word.to_owned()));
    }
}

#[test]
fn an_agent_is_alive_if_the_cloud_says_so_in_whichever_way() {
    let agents = |entries: Value| {
        let answer = json!({"RequestId": "R", "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": entries}});
        serde_json::from_value::<DescribeCloudAssistantStatusResponse>(answer).map(|page| page.agents)
    };
    for (told, alive) in [(json!("true"), true), (json!(true), true), (json!("True"), true), (json!("false"), false), (json!(null), false)]
    {
        let read = agents(json!([{"InstanceId": "i-1", "CloudAssistantStatus": told, "CloudAssistantVersion": "2.2.3.857",
                                  "OSType": "Linux"}]));
        let agent = Agent { alive, version: Some("2.2.3.857".to_owned()), os: Some("Linux".to_owned()) };
        assert_eq!(read.unwrap(), [("i-1".to_owned(), agent)]);
    }
    assert_eq!(agents(json!([{"InstanceId": "i-1"}])).unwrap(), [("i-1".to_owned(), Agent::default())]);
    assert!(agents(json!([{"CloudAssistantStatus": "true"}])).is_err());
}

#[test]
fn a_version_is_compared_by_its_numbers() {
    let agent = |version: Option<&str>| Agent { version: version.map(ToOwned::to_owned), ..Agent::default() };
    for (version, expected) in [
        (Some("2.2.3.344"), Some(true)),
        (Some("2.2.3.1000"), Some(true)),
        (Some("2.10"), Some(true)),
        (Some("2.2.3.343"), Some(false)),
        (Some("2.2.3"), Some(false)),
        (Some("1.9.9.999"), Some(false)),
        (Some("2.2.x"), None),
        (None, None),
    ] {
        assert_eq!(agent(version).is_at_least(&[2, 2, 3, 344]), expected, "{version:?}");
    }
}
