//! Ends that are none of the command's own: it is called off, too late, made of something else by now, or failed too often. Before one of them is
//! said, the cloud is asked whether it has run all the same; afterwards nothing is asked any more.

use super::*;

fn from_a_map() -> Command {
    one_by_one()
        .with(&json!({"command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "hello"}}}}))
}

/// The first of two batches is over, and came to this.
fn half_way(of: &Command, status: InvocationStatus) -> Command {
    let out = looking(of).done();
    looking(&out).seeing([a_run(of, 0, "t-0").on("i-1", status)]).at_second(2).recorded()
}

fn called_off() -> Value {
    json!({"cancel": true})
}

#[test]
fn what_is_not_out_by_then_does_not_go() {
    let strict = json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}});
    let seen = |of: &Command, status| [a_run(of, 0, "t-0").on("i-1", status)];
    assert_lines(vec![
        ("called off at once", looking(&a_command().with(&called_off())), "Stuck/Cancelled | - | - | sync"),
        (
            "called off before its time",
            looking(&a_command().with(&json!({"cancel": true, "window": {"notBefore": at(60).to_string()}}))),
            "Stuck/Cancelled | - | - | sync",
        ),
        ("too late", looking(&a_command().with(&a_minute())).at_second(60), "Stuck/WindowMissed | - | - | sync"),
        (
            "half of it called off",
            looking(&half_way(&one_by_one(), Success).with(&called_off())).seeing(seen(&one_by_one(), Success)).at_second(3),
            "Stuck/Cancelled | - | - | sync",
        ),
        (
            "half of it too late",
            looking(&half_way(&one_by_one(), Success).with(&a_minute())).seeing(seen(&one_by_one(), Success)).at_second(60),
            "Stuck/WindowMissed | - | - | sync",
        ),
        (
            "too many failures",
            looking(&half_way(&one_by_one(), Failed).with(&strict)).seeing(seen(&one_by_one(), Failed)).at_second(3),
            "Stuck/MaxFailuresReached | - | - | sync",
        ),
        (
            "another script by now",
            looking(&half_way(&from_a_map(), Success)).seeing(seen(&from_a_map(), Success)).reading(Some("echo bye")).at_second(3),
            "Stuck/InputsChanged | - | - | sync",
        ),
        (
            "what is out runs to its end",
            looking(&looking(&one_by_one()).done().with(&a_minute())).seeing(seen(&one_by_one(), Running)).at_second(70),
            "Working/Running | - | 0#1 Done | in 30s",
        ),
    ]);
}

#[test]
fn an_end_is_said_once_the_cloud_was_asked_and_then_nothing_is_asked_any_more() {
    let strict = json!({"rollout": {"maxConcurrent": 1, "maxFailures": 0}, "resultsTTL": "1h"});
    let ttl = json!({"resultsTTL": "1h"});
    let ended = [
        ("Cancelled", half_way(&one_by_one(), Success).with(&called_off()).with(&ttl), "echo hello"),
        ("WindowMissed", half_way(&one_by_one(), Success).with(&a_minute()).with(&ttl), "echo hello"),
        ("MaxFailuresReached", half_way(&one_by_one(), Failed).with(&strict), "echo hello"),
        ("InputsChanged", half_way(&from_a_map(), Success).with(&ttl), "echo bye"),
    ];
    for (reason, object, script) in ended {
        let look = |object: &Command, second| looking(object).reading(Some(script)).at_second(second);
        let unasked = look(&object, 60).plan_on(&Observed::default());
        assert_eq!((unasked.verdict.reason, unasked.status.finished_at), (Reason::Applying, None), "{reason}: nobody asked the cloud yet");
        assert!(agenda(&object.0, "cluster", at(60)).look_up.is_some(), "{reason}");
        let over = look(&object, 60).recorded();
        assert_eq!(over.status().finished_at.map(crate::api::envelope::Time::get), Some(at(60)), "{reason}");
        assert_eq!(agenda(&over.0, "cluster", at(61)), agenda(&over.clone().going().0, "cluster", at(61)), "{reason}: nothing is asked");
        assert_eq!(look(&over, 61).line(), format!("Stuck/{reason} | - | - | in 3599s"));
        assert_eq!(over.status().results.len(), 1, "{reason}");
        assert_eq!(look(&over, 3660).recorded().status().results, [], "{reason}: results go in their time");
    }
}

#[test]
fn who_thinks_better_of_it_has_the_rest_run_after_another_look() {
    let later = json!({"window": {"notAfter": at(600).to_string()}});
    let over = |object: &Command, second, script| looking(object).reading(Some(script)).at_second(second).recorded();
    let cancelled = over(&half_way(&one_by_one(), Success).with(&called_off()), 3, "echo hello");
    let missed = over(&half_way(&one_by_one(), Success).with(&a_minute()), 60, "echo hello");
    let changed = over(&half_way(&from_a_map(), Success), 3, "echo bye");
    for object in [cancelled.with(&json!({"cancel": false})), missed.with(&later), changed] {
        let again = looking(&object).at_second(100).recorded();
        assert_eq!((again.status().finished_at, journal(again.status()).as_str()), (None, "-"), "it is looked up first");
        let line = looking(&again).at_second(100).line();
        assert!(line.starts_with("Working/Applying | run on i-2 (batch 1) | 1#1 Intended | "), "{line}");
    }
}

#[test]
fn an_object_made_anew_tells_what_ran_although_nothing_may_begin_any_more() {
    let selecting = json!({"targets": {"instanceSelector": {"tags": [{"key": "role", "value": "web"}]}}});
    let tagged = json!({"targets": {"resourceTags": [{"key": "role", "value": "web"}]}});
    for (fields, targets) in [(called_off(), json!({})), (a_minute(), json!({})), (a_minute(), selecting), (a_minute(), tagged)] {
        let object = a_command().with(&targets).with(&fields);
        let cloud = |on_2: Option<InvocationStatus>| {
            let run = a_run(&object, 0, "t-0").on("i-1", Success);
            [on_2.into_iter().fold(run, |run, status| run.on("i-2", status))]
        };
        let mut now = object.clone();
        for second in 60..64 {
            now = looking(&now).seeing(cloud(Some(Success))).selecting(["i-1", "i-2"]).at_second(second).recorded();
        }
        let look = looking(&now).seeing(cloud(Some(Success))).at_second(70);
        assert_eq!(look.line(), "Settled/AlreadyRan | - | - | sync", "{fields} {targets}");
        // Where it had not run everywhere, that is said; the rest does not go.
        let mut now = object.clone();
        for second in 60..64 {
            now = looking(&now).seeing(cloud(None)).selecting(["i-1", "i-2"]).at_second(second).recorded();
        }
        let line = looking(&now).seeing(cloud(None)).at_second(70).line();
        let reason = match (&fields["cancel"], object.0.spec.targets.resource_tags.len()) {
            (_, 1) => "Settled/AlreadyRan",
            (Value::Bool(true), _) => "Stuck/Cancelled",
            _ => "Stuck/WindowMissed",
        };
        assert_eq!(line, format!("{reason} | - | - | sync"), "{fields} {targets}");
    }
}
