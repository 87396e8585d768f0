//! What is sent, on whom, in which batches, and what holds it back.

use super::*;

fn from_a_map() -> Command {
    a_command()
        .with(&json!({"command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "hello"}}}}))
}

fn selecting() -> Command {
    a_command().with(&json!({"targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}}}))
}

#[test]
fn what_may_begin_is_put_on_record_and_sent() {
    let tagged = a_command().with(&json!({"targets": {"resourceTags": [{"key": "role", "value": "web"}]}}));
    let skipping = a_command().with(&json!({"onUnfitTarget": "Skip"}));
    assert_lines(vec![
        ("at once", looking(&a_command()), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync"),
        ("one by one", looking(&one_by_one()), "Working/Applying | run on i-1 (batch 0) | 0#1 Intended | sync"),
        ("whom the cloud finds", looking(&tagged), "Working/Applying | run on whatever is tagged role=web | 0#1 Intended | sync"),
        (
            "whom steward finds",
            looking(&selecting()).selecting(["i-9", "i-8"]),
            "Working/Applying | run on i-8, i-9 (batch 0) | 0#1 Intended | sync",
        ),
        ("a script from elsewhere", looking(&from_a_map()), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | sync"),
        ("without the unfit", looking(&skipping).without("i-1"), "Working/Applying | run on i-2 (batch 0) | 0#1 Intended | sync"),
        ("in its window", looking(&a_command().with(&a_minute())), "Working/Applying | run on i-1, i-2 (batch 0) | 0#1 Intended | in 60s"),
    ]);
}

#[test]
fn what_may_not_begin_says_why_and_when_it_is_looked_at_again() {
    let later = a_command().with(&json!({"window": {"notBefore": at(60).to_string()}}));
    let skipping = a_command().with(&json!({"onUnfitTarget": "Skip"}));
    let refused = looking(&a_command()).recorded();
    let refused = refused.clone().noted(&looking(&a_command()).plan().steps[0], Err(&an_error(Class::Quota, Acted::No)));
    let quota = a_failure(&an_error(Class::Quota, Acted::No), 90);
    let twice_as_long = a_command().with(&json!({"command": {"type": "RunShellScript", "content": "x".repeat(25_000)}}));
    assert_lines(vec![
        ("nobody gives a permit", looking(&a_command()).with_permits(0), "Working/Applying | - | - | in 0s"),
        ("steward only observes", looking(&a_command()).observing_only(), "Stuck/ObserveOnly | - | - | sync"),
        ("before its time", looking(&later), "Working/Scheduled | - | - | in 60s"),
        ("one cannot run it", looking(&a_command()).without("i-2"), "Stuck/DependencyNotReady | - | - | in 60s"),
        ("none can run it", looking(&skipping).without("i-1").without("i-2"), "Stuck/NoTargets | - | - | sync"),
        ("nobody is meant", looking(&selecting()), "Stuck/NoTargets | - | - | sync"),
        ("the script is not there", looking(&from_a_map()).reading(None), "Stuck/DependencyNotReady | - | - | sync"),
        ("the script is empty", looking(&from_a_map()).reading(Some("")), "Stuck/InvalidSpec | - | - | sync"),
        ("the script is too long", looking(&twice_as_long), "Stuck/InvalidSpec | - | - | sync"),
        ("refused a moment ago", looking(&refused).failing("batch/0", quota.clone()), "Stuck/QuotaExceeded | - | 0#1 Refused | sync"),
        (
            "refused long ago",
            looking(&refused).failing("batch/0", quota).at_second(90),
            "Working/Applying | run on i-1, i-2 (batch 0) | 0#2 Intended | sync",
        ),
    ]);
}

#[test]
fn a_selector_that_matches_more_than_the_cloud_lists_runs_nowhere() {
    let look = Look { selected: (0..1000).map(|number| format!("i-{number:04}")).collect(), ..looking(&selecting()) };
    assert_lines(vec![("a thousand", look, "Stuck/InvalidSpec | - | - | sync")]);
}

#[test]
fn the_next_batch_goes_when_the_one_before_is_over() {
    let first = looking(&one_by_one()).done();
    let run = |status| [a_run(&one_by_one(), 0, "t-0").on("i-1", status)];
    let strict = first.clone().with(&json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}}));
    let wider = first.clone().with(&json!({"rollout": {"maxConcurrent": 2}}));
    let over = looking(&first).seeing(run(Success)).at_second(2).recorded();
    let unfit = looking(&over).seeing(run(Success)).without("i-2").at_second(3);
    assert_lines(vec![
        ("it goes on", looking(&first).seeing(run(Running)).at_second(2), "Working/Running | - | 0#1 Done | in 1s"),
        ("it is over", looking(&first).seeing(run(Success)).at_second(2), "Working/Applying | - | - | in 0s"),
        (
            "and looked up",
            looking(&over).seeing(run(Success)).at_second(2),
            "Working/Applying | run on i-2 (batch 1) | 1#1 Intended | sync",
        ),
        ("one failure is no harm", looking(&first).seeing(run(Failed)).at_second(2), "Working/Applying | - | - | in 0s"),
        ("one failure is too many", looking(&strict).seeing(run(Failed)).at_second(2), "Working/Applying | - | - | in 0s"),
        (
            "more may be out at once",
            looking(&wider).seeing(run(Running)).at_second(2),
            "Working/Running | run on i-2 (batch 1) | 0#1 Done, 1#1 Intended | in 1s",
        ),
        ("the next is not fit", unfit, "Stuck/DependencyNotReady | - | - | in 60s"),
    ]);
}

#[test]
fn no_more_batches_are_out_than_the_journal_has_room_for() {
    let many: Vec<String> = (0..1000).map(|number| format!("i-{number:04}")).collect();
    let shares = a_command().with(&json!({"targets": {"instanceIds": many}, "rollout": {"maxConcurrent": "1%"}}));
    let cut = looking(&shares).done().with(&json!({"rollout": {"maxConcurrent": "100%"}}));
    let plan = looking(&cut).seeing([a_run(&shares, 0, "t-0").on("i-0000", Running)]).at_second(1).plan();
    assert_eq!((plan.steps.len(), plan.status.operations.len()), (31, 32));
}
