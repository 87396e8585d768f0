//! The end of an intent that is not wanted any more, by an edit, `cancel` or deletion.

use super::*;
use crate::api::cloud_command::status::Outcome;

fn another() -> Value {
    json!({"trigger": "another"})
}

fn run(of: &Command, on_1: InvocationStatus, on_2: InvocationStatus) -> [Invocation; 1] {
    [a_run(of, 0, "t-0").on("i-1", on_1).on("i-2", on_2)]
}

#[test]
fn what_has_not_begun_is_stopped_and_what_runs_is_let_run() {
    let object = a_command();
    let out = looking(&object).done();
    let edited = out.clone().with(&another());
    let going = out.clone().going();
    let off = out.clone().with(&json!({"cancel": true}));
    let pending = || run(&object, Running, Pending);
    let throttled = a_failure(&an_error(Class::Throttled, Acted::No), 90);
    let stopping = "Working/Applying | stop t-0 | 0#1 Submitted | sync";
    assert_lines(vec![
        ("by an edit", looking(&edited).seeing(pending()).at_second(9), stopping),
        ("by deletion", looking(&going).seeing(pending()).at_second(9), stopping),
        ("by a call-off", looking(&off).seeing(pending()).at_second(9), "Working/Applying | stop t-0 | 0#1 Done | sync"),
        ("not shown yet", looking(&going).at_second(9), stopping),
        ("not shown any more", looking(&going).at_second(600), "Working/Applying | - | 0#1 Submitted | gone"),
        (
            "stopped just now",
            looking(&going).seeing(pending()).at_second(9).having_just_done("stop/t-0"),
            "Working/Applying | - | 0#1 Submitted | in 2s",
        ),
        (
            "stopped a moment ago",
            looking(&going).seeing(pending()).having_done("stop/t-0", 0).at_second(9),
            "Working/Applying | - | 0#1 Submitted | in 2s",
        ),
        ("stopped, and still there", looking(&going).seeing(pending()).having_done("stop/t-0", 0).at_second(30), stopping),
        (
            "without a permit",
            looking(&going).seeing(pending()).at_second(9).with_permits(0),
            "Working/Applying | - | 0#1 Submitted | in 0s",
        ),
        (
            "not before it may be tried again",
            looking(&going).seeing(pending()).failing("stop/t-0", throttled),
            "Working/RateLimited | - | 0#1 Submitted | sync",
        ),
        (
            "it runs, and the object goes",
            looking(&going).seeing(run(&object, Running, Running)),
            "Working/Applying | - | 0#1 Submitted | gone",
        ),
        ("it runs, and is called off", looking(&off).seeing(run(&object, Running, Running)), "Working/Running | - | 0#1 Done | in 1s"),
        (
            "it runs, and something else is wanted",
            looking(&edited).seeing(run(&object, Running, Running)),
            "Working/Applying | - | - | in 0s",
        ),
        ("steward only observes", looking(&edited).seeing(pending()).observing_only(), "Stuck/ObserveOnly | - | 0#1 Submitted | sync"),
        (
            "called off under observation",
            looking(&off).seeing(pending()).observing_only().at_second(9),
            "Working/Running | - | 0#1 Done | in 4s",
        ),
    ]);
}

#[test]
fn a_schedule_is_stopped_also_while_a_run_of_it_goes_on() {
    let object = a_command().with(&json!({"repeatMode": "Period", "frequency": "rate(5m)"}));
    let going = looking(&object).done().going();
    let runs = || [Invocation { repeat_mode: "Period".to_owned(), ..a_run(&object, 0, "t-0").on("i-1", Running) }];
    assert_lines(vec![("it would begin again", looking(&going).seeing(runs()), "Working/Applying | stop t-0 | 0#1 Submitted | sync")]);
}

#[test]
fn the_next_intent_begins_when_the_one_before_is_history() {
    let edited = a_command().with(&another());
    let unsent = looking(&a_command()).observing_only().recorded().with(&another());
    let finished = looking(&looking(&a_command()).done()).seeing(run(&a_command(), Success, Success)).at_second(9).recorded();
    let wound_up = looking(&finished.with(&another())).at_second(10).recorded();
    assert_lines(vec![
        ("nothing was sent of it", looking(&unsent), "Working/Applying | - | - | in 0s"),
        ("history", looking(&wound_up).at_second(10), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync"),
    ]);
    assert_ne!(intent_hash(&edited.0), intent_hash(&a_command().0));
}

#[test]
fn whoever_goes_back_finds_what_ran_and_may_run_what_never_did() {
    let back = |object: &Command| {
        let edited = looking(&object.clone().with(&another())).at_second(20).recorded();
        looking(&edited.with(&json!({"trigger": null}))).at_second(21).recorded()
    };
    let out = || looking(&a_command()).done();
    let over = |status: InvocationStatus| looking(&out()).seeing(run(&a_command(), status.clone(), status)).at_second(9).recorded();
    let step = looking(&a_command()).plan().steps[0].clone();
    let refused = looking(&a_command()).recorded().noted(&step, Err(&an_error(Class::Quota, Acted::No)));
    let missed = looking(&a_command().with(&a_minute())).at_second(60).recorded().with(&json!({"window": null}));
    let forgotten = back(&over(Success)).remembering(|status| status.runs.clear());
    let runs = "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync";
    assert_lines(vec![
        ("it had succeeded", looking(&back(&over(Success))).at_second(22), "Settled/AlreadyRan | - | - | sync"),
        ("it had failed", looking(&back(&over(Failed))).at_second(22), "Stuck/CommandFailed | - | - | sync"),
        ("nobody knows any more how it had ended", looking(&forgotten).at_second(22), "Unknown/AlreadyRan | - | - | sync"),
        ("the cloud had refused it, and nothing ran", looking(&back(&refused)).at_second(22), runs),
        ("its window was over, and nothing ran", looking(&back(&missed)).at_second(62), runs),
    ]);
}

#[test]
fn history_says_how_it_ended() {
    let first = |of: &Command, status| [a_run(of, 0, "t-0").on("i-1", status)];
    let half = |fields: &Value, status: InvocationStatus| {
        let out = looking(&one_by_one()).done();
        let over = looking(&out).seeing(first(&one_by_one(), status)).at_second(9).recorded().with(fields);
        let plan = looking(&over).at_second(60).with_permits(0).plan();
        let mut said = over.after(&plan);
        let conditions = &mut said.0.status.as_mut().unwrap().envelope.conditions;
        crate::reconcile::verdict::declare(conditions, &plan.verdict, CloudCommand::SHAPE, 1, at(60));
        looking(&said.with(&another())).at_second(61).recorded()
    };
    let strict = json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}});
    for (object, expected) in [
        (half(&json!({"cancel": true}), Success), Outcome::Cancelled),
        (half(&a_minute(), Success), Outcome::WindowMissed),
        (half(&strict, Failed), Outcome::MaxFailuresReached),
        (half(&json!({}), Success), Outcome::Stopped),
    ] {
        let run = &object.status().runs[0];
        assert_eq!((&run.outcome, run.invoke_ids.as_slice()), (&expected, &["t-0".to_owned()][..]));
    }
}
