//! Commands that stay with the cloud: when they run next, how the last runs ended, and how they end.

use super::{SEED, comes_to, many, minutes, result, script, seconds, status_writes, with};
use crate::api_server::Verb;
use crate::world::World;
use crate::world::commands::{LOOK, RESULTS, RUN, STOP};
use serde_json::{Value, json};
use steward_cloudsim::{Edit, KeySeed};

fn every(frequency: &str) -> Value {
    with(script("echo hello", &["i-web1", "i-web2"]), &json!({"repeatMode": "Period", "frequency": frequency}))
}

fn recent(world: &World) -> Vec<(i64, i64)> {
    let runs = world.status("hello")["schedule"]["recent"].as_array().cloned().unwrap_or_default();
    runs.iter().map(|run| (run["succeeded"].as_i64().unwrap_or(-1), run["failed"].as_i64().unwrap_or(-1))).collect()
}

fn schedule(world: &World, field: &str) -> String {
    world.status("hello")["schedule"][field].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_schedule_says_when_it_runs_next_and_how_the_last_runs_ended() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    assert_eq!(world.condition("hello", "Reconciling"), "absent");
    let sent = world.ran()[0].at;
    // Until the run was seen in the cloud it counts from when it was sent, some seconds earlier.
    let is_after = |at: &str, times: i64| {
        let at: jiff::Timestamp = at.parse().expect("a time");
        at.duration_since(sent + jiff::SignedDuration::from_mins(5 * times)).abs() <= jiff::SignedDuration::from_secs(5)
    };
    assert!(is_after(&schedule(&world, "nextRun"), 1), "{}", schedule(&world, "nextRun"));
    assert_eq!((schedule(&world, "lastRun"), recent(&world)), (String::new(), vec![]));
    world.pass(minutes(6));
    assert!(is_after(&schedule(&world, "nextRun"), 2), "{}", schedule(&world, "nextRun"));
    assert!(is_after(&schedule(&world, "lastRun"), 1), "{}", schedule(&world, "lastRun"));
    assert_eq!((schedule(&world, "lastOutcome"), recent(&world)), ("Succeeded".to_owned(), vec![(2, 0)]));
    world.pass(minutes(15));
    assert_eq!(recent(&world), [(2, 0); 4]);
    assert_eq!((world.ran().len(), world.marks("i-web1"), world.marks("i-web2")), (1, 4, 4));
    assert_eq!(result(&world, "hello", "i-web1")["repeats"], json!(4));
    world.pass(minutes(60));
    assert_eq!(recent(&world), [(2, 0); 10], "the last ten");
    assert_eq!(world.ready("hello"), "True/Scheduled");
}

#[test]
fn the_last_run_is_told_with_its_outputs() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    for (output, at) in [("first", 6), ("second", 5)] {
        comes_to(&world, &json!([{"output": output}]));
        world.pass(minutes(at));
        assert_eq!(result(&world, "hello", "i-web1")["output"], json!(output));
    }
}

#[test]
fn a_failed_run_is_said_until_the_next_success() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"match": {"instance": "i-web2"}, "exitCode": 3, "output": "disk full"}]));
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(6));
    assert_eq!(
        (world.ready("hello"), world.condition("hello", "Stalled")),
        ("False/LastRunFailed".to_owned(), "True/LastRunFailed".to_owned())
    );
    assert_eq!((schedule(&world, "lastOutcome"), recent(&world)), ("Failed".to_owned(), vec![(1, 1)]));
    let failed = result(&world, "hello", "i-web2");
    assert_eq!((&failed["exitCode"], &failed["output"]), (&json!(3), &json!("disk full")));
    assert_eq!(result(&world, "hello", "i-web1")["exitCode"], json!(0));
    comes_to(&world, &json!([{"exitCode": 0}]));
    world.pass(minutes(5));
    assert_eq!((world.ready("hello"), world.condition("hello", "Stalled")), ("True/Scheduled".to_owned(), "absent".to_owned()));
    assert_eq!(recent(&world), [(2, 0), (1, 1)]);
    let told = world.events("hello");
    assert!(told.iter().any(|event| event.starts_with("Warning LastRunFailed")), "{told:?}");
}

#[test]
fn a_run_that_takes_its_time_is_told_when_it_ends() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"afterSeconds": 120, "exitCode": 1}]));
    world.start();
    let mut spec = every("rate(30m)");
    spec["command"]["timeoutSeconds"] = json!(600);
    world.command("hello", &spec);
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(31));
    assert_eq!(world.ready("hello"), "True/Scheduled", "it runs, and has not failed yet");
    world.pass(minutes(2));
    assert_eq!(world.ready("hello"), "False/LastRunFailed");
}

#[test]
fn what_runs_at_one_moment_is_over_afterwards() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("at(2026-11-22 17:00:00 Asia/Shanghai)"));
    world.until_ready("hello", "True/Scheduled");
    assert!(schedule(&world, "nextRun").starts_with("2026-11-22T09:00:00"), "{}", schedule(&world, "nextRun"));
    world.pass(minutes(62));
    assert_eq!((world.ready("hello"), world.marks("i-web1")), ("True/Succeeded".to_owned(), 1));
    assert_eq!(schedule(&world, "nextRun"), "");
    assert_eq!(world.get("hello").unwrap()["metadata"]["finalizers"], json!(null));
    let calls = world.cloud.calls().len();
    world.pass(minutes(60));
    assert_eq!(world.cloud.calls().len(), calls);
}

#[test]
fn a_clock_expression_is_foretold_where_its_zone_is_known() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("0 0 17 * * ? Asia/Shanghai"));
    world.until_ready("hello", "True/Scheduled");
    assert!(schedule(&world, "nextRun").starts_with("2026-11-22T09:00:00"), "{}", schedule(&world, "nextRun"));
    world.pass(minutes(62));
    assert_eq!((recent(&world), world.marks("i-web1")), (vec![(2, 0)], 1));
    assert!(schedule(&world, "nextRun").starts_with("2026-11-23T09:00:00"), "{}", schedule(&world, "nextRun"));

    // Without a zone each server goes by its own clock, and nobody here knows it.
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("0 0 9 * * ?"));
    world.until_ready("hello", "True/Scheduled");
    assert_eq!(schedule(&world, "nextRun"), "");
    world.pass(minutes(75));
    assert_eq!((recent(&world), world.marks("i-web1")), (vec![(2, 0)], 1));
}

#[test]
fn every_start_of_a_server_is_a_run() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1", "i-web2"]), &json!({"repeatMode": "EveryReboot"})));
    world.until_ready("hello", "True/Scheduled");
    for starts in 1..=2 {
        world.by_hand(json!({"reboot": "i-web1"}));
        world.pass(minutes(12));
        assert_eq!((world.marks("i-web1"), world.marks("i-web2")), (starts, 0));
        assert_eq!((world.ready("hello"), recent(&world).len()), ("True/Scheduled".to_owned(), starts));
    }
    assert_eq!(recent(&world), [(1, 0), (1, 0)]);
}

#[test]
fn the_next_start_is_the_last_run() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &with(script("echo hello", &["i-web1", "i-web2"]), &json!({"repeatMode": "NextRebootOnly"})));
    world.until_ready("hello", "True/Scheduled");
    world.by_hand(json!({"reboot": "i-web1"}));
    world.pass(minutes(12));
    assert_eq!(world.ready("hello"), "True/Scheduled", "the other one has not started yet");
    world.by_hand(json!({"reboot": "i-web2"}));
    world.pass(minutes(12));
    assert_eq!(world.ready("hello"), "True/Succeeded");
    world.by_hand(json!({"reboot": "i-web1"}));
    world.pass(minutes(12));
    assert_eq!((world.marks("i-web1"), world.marks("i-web2"), world.calls(RUN)), (1, 1, 1));
}

#[test]
fn a_schedule_ends_when_its_object_goes() {
    for (policy, marks) in [("Delete", 1), ("Retain", 3)] {
        let mut world = World::of_commands(SEED);
        world.start();
        world.command("hello", &with(every("rate(5m)"), &json!({"deletionPolicy": policy})));
        world.until_ready("hello", "True/Scheduled");
        world.pass(minutes(6));
        world.delete("hello");
        world.until_gone("hello");
        world.pass(minutes(10));
        assert_eq!((world.calls(STOP), world.marks("i-web1")), (usize::from(policy == "Delete"), marks), "{policy}");
    }
}

#[test]
fn a_schedule_that_the_cloud_does_not_show_for_a_while_is_not_lost() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(12h)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass_in_steps(minutes(50 * 60), minutes(10));
    // To a key that may not read them, the cloud shows nothing rather than refuse.
    let may_not_read = |world: &World, deny: &[&str]| {
        let deny = Some(deny.iter().map(|operation| (*operation).to_owned()).collect());
        world.cloud.edit(Edit::Key(KeySeed { id: "key-1".to_owned(), deny, ..KeySeed::default() })).unwrap();
    };
    world.cloud.seed("settings: {deniedReads: empty}").unwrap();
    may_not_read(&world, &["ecs:DescribeInvocations"]);
    world.pass_in_steps(minutes(60), minutes(1));
    assert_ne!(world.condition("hello", "Ready"), "True/Scheduled", "nobody knows");
    may_not_read(&world, &[]);
    world.pass_in_steps(minutes(30), minutes(1));
    assert_eq!(world.ready("hello"), "True/Scheduled");
    may_not_read(&world, &["ecs:DescribeInvocations"]);
    world.delete("hello");
    world.until_gone("hello");
    assert_eq!(world.calls(STOP), 1, "it is stopped all the same");
}

#[test]
fn a_schedule_ends_when_another_one_takes_its_place() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(6));
    world.edit("hello", &json!({"frequency": "rate(20m)", "trigger": "seldom"}));
    world.until_ready("hello", "True/Scheduled");
    world.until(minutes(1), "the new one is there", |world| world.ran().len() == 2);
    world.pass(minutes(12));
    assert_eq!((world.calls(STOP), world.marks("i-web1")), (1, 1));
    assert_eq!(world.status("hello")["runs"][0]["outcome"], "Stopped");
    world.pass(minutes(12));
    assert_eq!((world.marks("i-web1"), recent(&world)), (2, vec![(2, 0)]), "runs of the old one are not among those of the new one");
}

#[test]
fn cancel_ends_a_schedule() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(6));
    world.edit("hello", &json!({"cancel": true}));
    world.until_ready("hello", "False/Cancelled");
    world.pass(minutes(15));
    assert_eq!((world.calls(STOP), world.marks("i-web1"), schedule(&world, "nextRun")), (1, 1, String::new()));
    assert_eq!(recent(&world), [(2, 0)], "what ran is still told");
}

#[test]
fn a_schedule_that_somebody_stops_in_the_cloud_says_so_and_stays_stopped() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(6));
    world.by_hand(json!({"stopInvocation": world.ran()[0].invoke_id}));
    world.until(minutes(10), "it is seen", |world| world.ready("hello") == "False/Cancelled");
    assert!(world.message("hello").starts_with("it was stopped in the cloud, and not by this object"), "{}", world.message("hello"));
    assert_eq!((recent(&world), schedule(&world, "nextRun")), (vec![(2, 0)], String::new()));
    world.pass(minutes(15));
    assert_eq!((world.calls(RUN), world.calls(STOP), world.marks("i-web1")), (1, 0, 1));
    world.edit("hello", &json!({"trigger": "again"}));
    world.until_ready("hello", "True/Scheduled");
    assert_eq!(world.ran().len(), 2);
}

#[test]
fn runs_that_nobody_saw_are_told_afterwards() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(5m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(6));
    for (away, told) in [(17, vec![(1, 1), (2, 0), (2, 0), (2, 0)]), (58, vec![(1, 1); 10])] {
        world.crash();
        world.pass(minutes(away - 4));
        comes_to(&world, &json!([{"match": {"instance": "i-web2"}, "exitCode": 1}]));
        world.pass(minutes(4));
        world.start();
        world.until_ready("hello", "False/LastRunFailed");
        let seen = recent(&world);
        let succeeded = told.iter().filter(|run| **run == (2, 0)).count();
        assert_eq!((seen.len(), seen[0]), (told.len(), (1, 1)), "{seen:?}");
        assert!(succeeded == 0 || seen[1..].iter().all(|run| *run == (2, 0)), "{seen:?}");
        comes_to(&world, &json!([]));
        world.pass(minutes(5));
    }
}

#[test]
fn a_run_that_never_reached_a_server_is_a_run_as_well() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(10m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(12));
    world.cloud.edit(steward_cloudsim::Edit::agent("i-web2", false)).unwrap();
    world.pass(minutes(11));
    assert_eq!((world.ready("hello").as_str(), recent(&world)), ("False/LastRunFailed", vec![(1, 1), (2, 0)]));
    world.cloud.edit(steward_cloudsim::Edit::agent("i-web2", true)).unwrap();
    world.pass(minutes(10));
    assert_eq!((world.ready("hello").as_str(), recent(&world)), ("True/Scheduled", vec![(2, 0), (1, 1), (2, 0)]));
}

#[test]
fn between_two_runs_a_hundred_schedules_cost_one_read_each_per_sync_and_no_write() {
    let mut world = World::of_commands(&many(2));
    world.start();
    let spec = with(script("echo hello", &["i-0001", "i-0002"]), &json!({"repeatMode": "Period", "frequency": "0 0 0 * * ? UTC"}));
    for number in 0..100 {
        world.command(&format!("nightly-{number}"), &spec);
    }
    let all = |world: &World| (0..100).all(|number| world.ready(&format!("nightly-{number}")) == "True/Scheduled");
    world.until(minutes(5), "all are scheduled", all);
    world.pass(minutes(12));
    world.api.clear_requests();
    world.cloud.clear_calls();
    world.pass_in_steps(minutes(100), seconds(5));
    assert!(world.calls(LOOK) <= 10 * 100, "{} reads in ten syncs", world.calls(LOOK));
    assert_eq!(world.cloud.calls().len(), world.calls(LOOK), "and nothing else");
    let requests = world.api.requests();
    let others: Vec<_> = requests.iter().filter(|request| request.verb != Verb::Watch && request.resource != "secrets").collect();
    assert!(others.is_empty(), "{} requests", others.len());
}

#[test]
fn a_run_of_a_schedule_costs_one_write_and_its_results_once() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &every("rate(10m)"));
    world.until_ready("hello", "True/Scheduled");
    world.pass(minutes(11));
    world.api.clear_requests();
    world.cloud.clear_calls();
    world.pass(minutes(60));
    assert_eq!((status_writes(&world), world.calls(RESULTS)), (6, 6), "six runs");
    assert!(world.calls(LOOK) <= 6 * 3, "{}", world.calls(LOOK));
}
