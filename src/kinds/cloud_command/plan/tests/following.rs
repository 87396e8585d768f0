//! Runs are found again by their tag, read back, and settled once they are over.

use super::*;

fn both(of: &Command, status: &InvocationStatus) -> Invocation {
    a_run(of, 0, "t-0").on("i-1", status.clone()).on("i-2", status.clone())
}

#[test]
fn a_run_is_followed_to_its_end() {
    let object = a_command();
    let out = looking(&object).done();
    let seen = |status| looking(&out).seeing([both(&object, &status)]);
    let half = a_run(&object, 0, "t-0").on("i-1", Success).on("i-2", Failed);
    let stopped = a_run(&object, 0, "t-0").on("i-1", Success).on("i-2", Cancelled);
    let one_is_missing = a_run(&object, 0, "t-0").on("i-1", Success);
    assert_lines(vec![
        ("not shown yet", looking(&out).at_second(1), "Working/Running | - | 0#1 Submitted | in 1s"),
        ("it waits", seen(Pending).at_second(1), "Working/Running | - | 0#1 Done | in 1s"),
        ("it runs for long", seen(Running).at_second(40), "Working/Running | - | 0#1 Done | in 20s"),
        ("it runs for very long", seen(Running).at_second(4000), "Working/Running | - | 0#1 Done | in 30s"),
        ("it went well", seen(Success).at_second(9), "Settled/Succeeded | - | - | sync"),
        ("it went wrong", looking(&out).seeing([half]).at_second(9), "Stuck/CommandFailed | - | - | sync"),
        ("somebody stopped it", looking(&out).seeing([stopped]).at_second(9), "Stuck/Cancelled | - | - | sync"),
        ("nobody tells of one", looking(&out).seeing([one_is_missing]).at_second(9), "Unknown/OutcomeUnknown | - | - | sync"),
        ("not shown for a day", looking(&out).at_second(86_400), "Working/Running | - | 0#1 Submitted | in 30s"),
        ("not shown for longer", looking(&out).at_second(86_401), "Unknown/OutcomeUnknown | - | - | sync"),
    ]);
}

#[test]
fn a_call_whose_answer_was_lost_is_found_by_its_tag() {
    let object = a_command();
    let recorded = looking(&object).recorded();
    let refused = recorded.clone().noted(&looking(&object).plan().steps[0], Err(&an_error(Class::Quota, Acted::No)));
    let doubtful = recorded.clone().remembering(|status| status.operations[0].state = crate::api::journal::JournalState::OutcomeUnknown);
    let another = object.clone().with(&json!({"trigger": "another"}));
    assert_lines(vec![
        ("on record", looking(&recorded).seeing([both(&object, &Running)]), "Working/Running | - | 0#1 Done | in 1s"),
        ("in doubt", looking(&doubtful).seeing([both(&object, &Running)]), "Working/Running | - | 0#1 Done | in 1s"),
        ("refused, and yet there", looking(&refused).seeing([both(&object, &Running)]), "Working/Running | - | 0#1 Done | in 1s"),
        ("over by now", looking(&recorded).seeing([both(&object, &Success)]), "Working/Running | - | 0#1 Done | in 0s"),
        (
            "one of another intent is none of it",
            looking(&recorded).seeing([both(&another, &Running)]),
            "Working/AwaitingConsistency | - | 0#1 Intended | in 2s",
        ),
    ]);
}

#[test]
fn whoever_lost_its_memory_adopts_what_the_cloud_ran() {
    let object = one_by_one();
    let first = |status| a_run(&object, 0, "t-0").on("i-1", status);
    let second = |status| a_run(&object, 1, "t-1").on("i-2", status);
    let older = Invocation { id: "t-older".to_owned(), created: Some(at(-9)), ..first(Success) };
    let elsewhere = a_run(&object, 7, "t-7").on("i-1", Running).on("i-3", Running);
    let of_the_past = object.clone().remembering(|status| {
        status.runs = serde_json::from_value(json!([{"intentHash": "h", "outcome": "Succeeded", "invokeIds": ["t-0"]}])).unwrap();
    });
    assert_lines(vec![
        ("one that runs", looking(&object).seeing([first(Running)]), "Working/Running | - | 0#1 Done | in 1s"),
        ("two that run", looking(&object).seeing([first(Running), second(Running)]), "Working/Running | - | 0#1 Done, 1#1 Done | in 1s"),
        ("one that ran", looking(&object).seeing([first(Success)]), "Working/Running | - | 0#1 Done | in 0s"),
        ("in other batches", looking(&object).seeing([elsewhere]), "Working/Running | - | 7#1 Done | in 1s"),
        (
            "what is on record of another intent is not of this one",
            looking(&of_the_past).seeing([first(Success)]),
            "Working/Applying | run on i-1 (batch 0) | 0#1 Intended | sync",
        ),
    ]);
    let adopted = looking(&object).seeing([first(Success), older]).recorded();
    assert_eq!((adopted.entry().ids.clone(), adopted.entry().run.len()), (vec!["t-older".to_owned()], 48), "the oldest counts");
    assert_eq!(adopted.status().intent.as_ref().unwrap().started_at.map(crate::api::envelope::Time::get), Some(at(-9)));
}

#[test]
fn who_has_been_reached_already_is_not_reached_again_in_another_batch() {
    let object = one_by_one();
    let ran = || [a_run(&object, 4, "t-4").on("i-1", Success)];
    let adopted = looking(&object).seeing(ran()).recorded();
    let settled = looking(&adopted).seeing(ran()).at_second(1).recorded();
    assert_lines(vec![(
        "the rest is numbered above",
        looking(&settled).seeing(ran()).at_second(1),
        "Working/Applying | run on i-2 (batch 5) | 5#1 Intended | sync",
    )]);
    assert_eq!(looking(&settled).seeing(ran()).at_second(1).plan().status.counts.map(|counts| counts.targets), Some(2));
}

#[test]
fn an_older_status_whose_batches_are_others_is_cut_anew() {
    let object = one_by_one();
    // The backup has batches of one; the cloud ran both servers as batch 0.
    let backup = looking(&object).done();
    let ran = || [a_run(&object, 0, "t-0").on("i-1", Success), a_run(&object, 1, "t-1").on("i-1", Success).on("i-2", Success)];
    let mut now = backup;
    for second in 1..6 {
        now = looking(&now).seeing(ran()).at_second(second).recorded();
    }
    assert_eq!(looking(&now).seeing(ran()).at_second(9).line(), "Settled/AlreadyRan | - | - | sync");
}

#[test]
fn whom_a_run_has_reached_is_known_before_others_are_sent_to() {
    let mut object = a_command();
    for (second, status) in [(1, "Running"), (2, "Running"), (3, "Success"), (4, "Success"), (5, "Success")] {
        let look = looking(&object).seeing([Invocation { status: status.to_owned(), ..a_run(&object, 0, "t-0") }]).at_second(second);
        assert!(look.plan().steps.is_empty(), "at {second}: {}", look.line());
        object = look.recorded();
    }
}

#[test]
fn a_run_whose_id_is_not_on_record_any_more_is_found_by_its_tag() {
    let object = a_command().with(&json!({"repeatMode": "Period", "frequency": "rate(5m)"}));
    let nameless = looking(&object).done().remembering(|status| status.operations[0].ids.clear());
    let runs = || [Invocation { repeat_mode: "Period".to_owned(), ..both(&object, &Scheduled) }];
    assert_lines(vec![
        ("shown", looking(&nameless).seeing(runs()), "Settled/Scheduled | - | 0#1 Done | in 310s"),
        ("not shown", looking(&nameless).at_second(9), "Working/AwaitingConsistency | - | 0#1 Submitted | in 2s"),
        (
            "not shown for a minute",
            looking(&nameless).having_seen("batch/0", 0).at_second(60),
            "Stuck/OutcomeUnknown | - | 0#1 OutcomeUnknown | sync",
        ),
        ("shown, and on its way out", looking(&nameless.going()).seeing(runs()), "Working/Applying | stop t-0 | 0#1 Submitted | sync"),
    ]);
}
