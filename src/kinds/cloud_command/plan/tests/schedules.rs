//! What schedules tell: when they run next, and how the last runs ended.

use super::*;
use crate::api::envelope::HistoryEntry;
use InvocationStatus::Terminated;

fn every_five_minutes() -> Command {
    a_command().with(&json!({"repeatMode": "Period", "frequency": "rate(5m)"}))
}

/// As the cloud shows it at this moment.
fn schedule<const N: usize>(instances: [InvocationResult; N]) -> Invocation {
    Invocation { repeat_mode: "Period".to_owned(), instances: Vec::from(instances), ..a_run(&every_five_minutes(), 0, "t-0") }
}

/// So often it ran there; the last time it came to this exit code, at that second.
fn ran(instance: &str, repeats: i64, exit_code: i64, second: i64) -> InvocationResult {
    InvocationResult {
        instance_id: instance.to_owned(),
        status: Scheduled,
        repeats,
        exit_code: Some(exit_code),
        started: Some(at(second)),
        finished: Some(at(second + 1)),
        ..InvocationResult::default()
    }
}

fn waits(instance: &str) -> InvocationResult {
    InvocationResult { instance_id: instance.to_owned(), status: Scheduled, ..InvocationResult::default() }
}

fn stopped(result: InvocationResult) -> InvocationResult {
    InvocationResult { status: Cancelled, ..result }
}

/// The schedule is over there: its last run came to this.
fn ended(instance: &str, status: InvocationStatus) -> InvocationResult {
    InvocationResult { status, ..ran(instance, 1, 0, 300) }
}

/// `7: 2/0` by number, newest first
fn recent(plan: &Plan<CloudCommand>) -> String {
    let runs = plan.status.schedule.iter().flat_map(|schedule| &schedule.recent);
    either(&runs.map(|run| format!("{}: {}/{}", run.number, run.succeeded, run.failed)).collect::<Vec<_>>())
}

#[test]
fn a_schedule_says_how_it_stands() {
    let out = looking(&every_five_minutes()).done();
    let both = |exit_code| [schedule([ran("i-1", 1, 0, 300), ran("i-2", 1, exit_code, 301)])];
    let told = looking(&out).seeing(both(7)).at_second(310).recorded();
    let runs = InvocationResult { status: Running, finished: None, exit_code: None, ..ran("i-1", 2, 0, 600) };
    assert_lines(vec![
        ("it is being set up", looking(&out).at_second(2), "Working/Applying | - | 0#1 Submitted | in 1s"),
        (
            "it waits",
            looking(&out).seeing([schedule([waits("i-1"), waits("i-2")])]).at_second(2),
            "Settled/Scheduled | - | 0#1 Done | in 308s",
        ),
        ("it ran", looking(&out).seeing(both(0)).at_second(310), "Settled/Scheduled | - | 0#1 Done | in 300s"),
        ("it failed somewhere", looking(&out).seeing(both(7)).at_second(310), "Stuck/LastRunFailed | - | 0#1 Done | in 300s"),
        (
            "the next run goes on",
            looking(&told).seeing([schedule([runs, ran("i-2", 1, 7, 301)])]).at_second(605),
            "Stuck/LastRunFailed | - | 0#1 Done | in 30s",
        ),
        (
            "it went well since",
            looking(&told).seeing([schedule([ran("i-1", 2, 0, 600), ran("i-2", 2, 0, 600)])]).at_second(610),
            "Settled/Scheduled | - | 0#1 Done | in 300s",
        ),
    ]);
}

#[test]
fn who_stopped_it_is_told_apart() {
    let out = looking(&every_five_minutes()).done();
    let over = || [schedule([stopped(ran("i-1", 1, 0, 300)), stopped(waits("i-2"))])];
    let partly = || [schedule([ran("i-1", 1, 0, 300), stopped(waits("i-2"))])];
    let by_us = out.clone().remembering(|status| {
        status.envelope.history.push(HistoryEntry {
            time: at(1).into(),
            generation: 1,
            operation: "StopInvocation".to_owned(),
            external_id: "t-0".to_owned(),
            request_id: None,
            outcome: "stopped".to_owned(),
        });
    });
    let off = out.clone().with(&json!({"cancel": true}));
    assert_lines(vec![
        (
            "called off, and it waits",
            looking(&off).seeing([schedule([waits("i-1"), waits("i-2")])]).at_second(2),
            "Working/Applying | stop t-0 | 0#1 Done | sync",
        ),
        ("called off", looking(&off).seeing(over()).at_second(310), "Stuck/Cancelled | - | - | sync"),
        ("stopped in the cloud", looking(&out).seeing(over()).at_second(310), "Stuck/Cancelled | - | - | sync"),
        (
            "stopped there while it ran",
            looking(&out).seeing([schedule([ended("i-1", Success), ended("i-2", Success)])]).at_second(310),
            "Stuck/Cancelled | - | - | sync",
        ),
        (
            "it never came to run",
            looking(&out).seeing([schedule([ended("i-1", Failed), ended("i-2", Failed)])]).at_second(310),
            "Stuck/CommandFailed | - | - | sync",
        ),
        ("stopped there in part", looking(&out).seeing(partly()).at_second(310), "Stuck/Cancelled | - | 0#1 Done | in 300s"),
    ]);
    let says_elsewhere =
        |object: &Command| looking(object).seeing(over()).at_second(310).plan().verdict.message.contains("not by this object");
    assert_eq!([&out, &off, &by_us].map(says_elsewhere), [true, false, false]);
}

#[test]
fn runs_are_told_apart_by_their_time() {
    let out = looking(&every_five_minutes()).done();
    let first = looking(&out).seeing([schedule([ran("i-1", 1, 0, 300), ran("i-2", 1, 0, 310)])]).at_second(330).recorded();
    let undelivered = |instance: &str, repeats, second| InvocationResult {
        started: None,
        error_code: Some("ClientNotRunning".to_owned()),
        exit_code: None,
        ..ran(instance, repeats, 0, second)
    };
    for (what, results, expected) in [
        ("the same again", [ran("i-1", 1, 0, 300), ran("i-2", 1, 0, 310)], "1: 2/0"),
        ("the next on one", [ran("i-1", 2, 1, 600), ran("i-2", 1, 0, 310)], "2: 0/1, 1: 2/0"),
        ("the next on both", [ran("i-1", 2, 1, 600), ran("i-2", 2, 0, 620)], "2: 1/1, 1: 2/0"),
        ("one that never reached a server", [ran("i-1", 2, 0, 600), undelivered("i-2", 1, 659)], "2: 1/1, 1: 2/0"),
        ("one whose server reads another clock", [ran("i-1", 2, 0, 600), ran("i-2", 2, 0, 4200)], "2: 1/0, 2: 1/0, 1: 2/0"),
    ] {
        assert_eq!(recent(&looking(&first).seeing([schedule(results)]).at_second(5000).plan()), expected, "{what}");
    }
}

#[test]
fn runs_that_were_missed_are_told_from_the_list_of_all() {
    let first = looking(&looking(&every_five_minutes()).done())
        .seeing([schedule([ran("i-1", 1, 0, 300), ran("i-2", 1, 0, 300)])])
        .at_second(310)
        .recorded();
    let look = looking(&first).seeing([schedule([ran("i-1", 4, 0, 1200), ran("i-2", 3, 1, 1200)])]).at_second(1210);
    let mut seen = look.seen();
    assert_eq!(recent(&look.plan_on(&seen)), "4: 1/1, 1: 2/0", "the last ones only");
    // i-2 was down for one of them; the cloud has forgotten the first, and one goes on.
    let listed = [("i-1", 600, 0), ("i-1", 900, 1), ("i-1", 1200, 0), ("i-2", 900, 0), ("i-2", 1200, 1)];
    let mut listed: Vec<_> = listed.into_iter().map(|(instance, second, exit_code)| ran(instance, 1, exit_code, second)).collect();
    listed.push(InvocationResult { status: Running, finished: None, ..ran("i-1", 1, 0, 1205) });
    seen.history.insert("t-0".to_owned(), listed);
    assert_eq!(recent(&look.plan_on(&seen)), "4: 1/1, 3: 1/1, 2: 1/0, 1: 2/0");
}

#[test]
fn a_run_that_was_cut_off_is_no_success() {
    let out = looking(&every_five_minutes()).done();
    let cut_off = InvocationResult { status: Terminated, exit_code: None, ..ran("i-1", 1, 0, 300) };
    let plan = looking(&out).seeing([schedule([cut_off, stopped(ran("i-2", 1, 0, 300))])]).at_second(310).plan();
    assert_eq!((recent(&plan).as_str(), plan.verdict.reason), ("1: 1/1", Reason::Cancelled));
}

#[test]
fn a_schedule_that_comes_to_its_own_end_was_not_stopped() {
    let once = |moment| {
        a_command().with(&json!({"repeatMode": "Period", "frequency": format!("at({} UTC)", at(moment).strftime("%Y-%m-%d %H:%M:%S"))}))
    };
    let run = |of: &Command| {
        [Invocation {
            repeat_mode: "Period".to_owned(),
            instances: vec![ended("i-1", Success), ended("i-2", Success)],
            ..a_run(of, 0, "t-0")
        }]
    };
    let object = once(300);
    let out = looking(&object).done();
    let over = looking(&out).seeing(run(&object)).at_second(310).recorded();
    assert_lines(vec![
        ("it is over", looking(&out).seeing(run(&object)).at_second(310), "Settled/Succeeded | - | - | sync"),
        ("called off afterwards", looking(&over.with(&json!({"cancel": true}))).at_second(400), "Settled/Succeeded | - | - | sync"),
    ]);
}
