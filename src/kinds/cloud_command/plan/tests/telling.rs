//! What is said of a command, how often it is written down, and which outputs are kept.

use super::*;
use crate::api::cloud_command::status::TargetResult;
use crate::api::journal::JournalState;

/// It is over there, and printed this.
fn printed(instance: &str, exit_code: i64, output: &str) -> InvocationResult {
    let status = if exit_code == 0 { Success } else { Failed };
    let error_code = (exit_code != 0).then(|| "ExitCodeNonzero".to_owned());
    InvocationResult {
        instance_id: instance.to_owned(),
        exit_code: Some(exit_code),
        finished: Some(at(9)),
        output: output.to_owned(),
        status,
        error_code,
        ..InvocationResult::default()
    }
}

fn run(of: &Command, instances: &[InvocationResult]) -> [Invocation; 1] {
    [Invocation { instances: instances.to_vec(), ..a_run(of, 0, "t-0") }]
}

fn over(of: &Command, instances: &[InvocationResult]) -> Plan<CloudCommand> {
    looking(&looking(of).done()).seeing(run(of, instances)).at_second(9).plan()
}

fn outputs(results: &[TargetResult]) -> Vec<(&str, Option<&str>, Option<i64>)> {
    results.iter().map(|result| (result.instance_id.as_str(), result.output.as_deref(), result.dropped)).collect()
}

#[test]
fn progress_is_written_down_every_ten_seconds_and_news_at_once() {
    let object = a_command();
    let out = looking(&looking(&object).done()).seeing([a_run(&object, 0, "t-0").on("i-1", Pending).on("i-2", Pending)]).recorded();
    let out = out.remembering(|status| status.envelope.last_sync_time = Some(at(2).into()));
    let later = |on_2| [a_run(&object, 0, "t-0").on("i-1", Success).on("i-2", on_2)];
    for (second, on_2, is_written) in [(3, Running, false), (11, Running, false), (12, Running, true), (3, Success, true)] {
        let plan = looking(&out).seeing(later(on_2.clone())).at_second(second).plan();
        assert_eq!(plan.status != *out.status(), is_written, "at {second}, {on_2}");
    }
    let counts = looking(&out).seeing(later(Running)).at_second(12).plan().status.counts.unwrap();
    assert_eq!((counts.targets, counts.succeeded, counts.running, counts.pending), (2, 1, 1, 0));
}

#[test]
fn those_that_failed_come_first_and_the_message_says_who_and_why() {
    let plan = over(&a_command(), &[printed("i-1", 0, ""), printed("i-2", 3, "")]);
    assert_eq!(plan.status.results.iter().map(|result| result.instance_id.as_str()).collect::<Vec<_>>(), ["i-2", "i-1"]);
    assert!(plan.verdict.message.starts_with("failed on i-2: exit code 3 ("), "{}", plan.verdict.message);
    assert_eq!(plan.status.codes.iter().map(|code| (code.code.as_str(), code.count)).collect::<Vec<_>>(), [("ExitCodeNonzero", 1)]);
    assert_eq!(plan.status.summary.and_then(|summary| summary.done), Some("2/2".to_owned()));
}

#[test]
fn of_outputs_is_kept_what_spec_asks_for() {
    let results = [printed("i-1", 0, "all is well"), printed("i-2", 1, "nothing is")];
    for (output, on_1, on_2) in [
        (json!({}), (Some("all is well"), None), (Some("nothing is"), None)),
        (json!({"tailBytes": 4}), (Some("well"), Some(7)), (Some("g is"), Some(6))),
        (json!({"on": "Failure"}), (None, None), (Some("nothing is"), None)),
        (json!({"capture": "None"}), (None, None), (None, None)),
    ] {
        let plan = over(&a_command().with(&json!({"output": output})), &results);
        assert_eq!(outputs(&plan.status.results), [("i-2", on_2.0, on_2.1), ("i-1", on_1.0, on_1.1)], "{output}");
    }
}

#[test]
fn what_ended_with_an_exit_code_or_an_error_code_did_not_succeed_and_only_failures_are_summed_up() {
    let ended = |status, exit_code, code: Option<&str>| InvocationResult {
        status,
        exit_code,
        error_code: code.map(str::to_owned),
        ..printed("i-1", 0, "")
    };
    for (result, is_success, codes) in [
        (ended(Success, Some(0), None), true, vec![]),
        (ended(Success, Some(3), None), false, vec![]),
        (ended(Success, Some(0), Some("ExecutionTimeout")), false, vec!["ExecutionTimeout"]),
        (ended(Cancelled, None, Some("ExecutionTimeout")), false, vec![]),
    ] {
        let plan = over(&a_command(), &[result.clone(), printed("i-2", 0, "")]);
        let summed: Vec<_> = plan.status.codes.iter().map(|code| code.code.as_str()).collect();
        assert_eq!((plan.verdict.reason == Reason::Succeeded, summed), (is_success, codes), "{result:?}");
    }
}

#[test]
fn nothing_is_done_of_nobody_knows_how_many() {
    let missed = looking(&a_command().with(&a_minute())).at_second(61).recorded();
    assert_eq!(missed.status().summary.as_ref().and_then(|summary| summary.done.clone()), None);
}

#[test]
fn that_the_cloud_has_a_schedule_is_put_down_as_soon_as_it_is_seen() {
    let weekly =
        json!({"repeatMode": "Period", "frequency": "0 0 3 ? * MON UTC", "targets": {"resourceTags": [{"key": "role", "value": "web"}]}});
    let object = a_command().with(&weekly);
    let sent = looking(&looking(&object).done()).at_second(1).recorded();
    let seen = looking(&sent).seeing([a_run(&object, 0, "t-0").on("i-1", Scheduled).on("i-2", Scheduled)]).at_second(3).recorded();
    assert_eq!(seen.entry().state, JournalState::Done);
    assert_eq!(seen.status().counts.as_ref().map(|counts| counts.targets), Some(2));
}

#[test]
fn the_output_of_a_schedule_stays_until_its_next_run() {
    let object = a_command().with(&json!({"repeatMode": "Period", "frequency": "rate(5m)"}));
    let ran = |repeats, output| InvocationResult { status: Scheduled, repeats, ..printed("i-1", 0, output) };
    let shown =
        |result: InvocationResult| [Invocation { repeat_mode: "Period".to_owned(), instances: vec![result], ..a_run(&object, 0, "t-0") }];
    let told = looking(&looking(&object).done()).seeing(shown(ran(1, "first"))).at_second(310).recorded();
    for (again, expected) in [(ran(1, ""), Some("first")), (InvocationResult { finished: Some(at(309)), ..ran(2, "") }, None)] {
        let look = looking(&told).seeing(shown(again)).at_second(400);
        let plan = look.plan_on(&Observed { results: BTreeMap::new(), ..look.seen() });
        assert_eq!(plan.status.results[0].output.as_deref(), expected);
    }
}
