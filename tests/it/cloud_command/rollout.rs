//! How a run spreads: how many at once, how many failures stop it, and how it goes on.

use super::{SEED, called, comes_to, counts, many, minutes, numbered, on_all, script, seconds, with};
use crate::world::World;
use serde_json::json;

/// The most servers on which the command ran at the same moment, if each run lasts so long.
fn most_at_once(world: &World, lasts: i64) -> usize {
    let began: Vec<i64> =
        world.ran().iter().flat_map(|one| one.targets.clone()).flat_map(|target| target.ran).map(jiff::Timestamp::as_second).collect();
    began.iter().map(|at| began.iter().filter(|other| (*at - lasts + 1..=*at).contains(*other)).count()).max().unwrap_or_default()
}

#[test]
fn no_more_than_max_concurrent_run_at_once() {
    for (most, batches, size) in [(json!(2), 3, 2), (json!("34%"), 3, 2), (json!("1%"), 6, 1), (json!(100), 1, 6)] {
        let mut world = World::of_commands(&many(6));
        comes_to(&world, &json!([{"afterSeconds": 5}]));
        world.start();
        world.command("hello", &with(on_all("echo hello", &numbered(6)), &json!({"rollout": {"maxConcurrent": most}})));
        world.until_ready("hello", "True/Succeeded");
        assert_eq!((called(&world).len(), most_at_once(&world, 5)), (batches, size), "{most}");
        assert!(numbered(6).iter().all(|id| world.marks(id) == 1));
        assert_eq!(world.status("hello")["summary"]["done"], "6/6");
    }
}

#[test]
fn a_wider_rollout_lets_more_out_and_cuts_nothing_anew() {
    let mut world = World::of_commands(&many(5));
    comes_to(&world, &json!([{"afterSeconds": 20}]));
    world.start();
    world.command("hello", &with(on_all("echo hello", &numbered(5)), &json!({"rollout": {"maxConcurrent": 1}})));
    world.until(minutes(1), "the first has begun", |world| world.marks("i-0001") == 1);
    world.pass(seconds(5));
    assert_eq!(called(&world).len(), 1);
    world.edit("hello", &json!({"rollout": {"maxConcurrent": 3}}));
    world.pass(seconds(5));
    assert_eq!(called(&world), [["i-0001"], ["i-0002"], ["i-0003"]]);
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(called(&world).len(), 5, "one each");
    assert_eq!(most_at_once(&world, 20), 3);
}

#[test]
fn too_many_failures_stop_it_and_a_raised_limit_goes_on_with_the_rest() {
    let mut world = World::of_commands(&many(6));
    comes_to(&world, &json!([{"match": {"instance": "i-0002"}, "exitCode": 1}, {"match": {"instance": "i-0003"}, "exitCode": 1}]));
    world.start();
    let rollout = json!({"rollout": {"maxConcurrent": 1, "maxFailures": 1}});
    world.command("hello", &with(on_all("echo hello", &numbered(6)), &rollout));
    world.until_ready("hello", "False/MaxFailuresReached");
    assert_eq!(called(&world), [["i-0001"], ["i-0002"], ["i-0003"]]);
    let counted = counts(&world, "hello");
    assert_eq!((&counted["succeeded"], &counted["failed"], &counted["pending"]), (&json!(1), &json!(2), &json!(3)));
    assert!(world.message("hello").contains("spec.rollout.maxFailures"), "{}", world.message("hello"));
    world.cloud.clear_calls();
    world.pass(minutes(60));
    assert_eq!(called(&world).len(), 3);
    assert!(world.cloud.calls().len() <= 6, "it waits for a person, and asks next to nothing: {}", world.cloud.calls().len());

    world.edit("hello", &json!({"rollout": {"maxFailures": 2}}));
    world.until_ready("hello", "False/CommandFailed");
    assert_eq!(called(&world), [["i-0001"], ["i-0002"], ["i-0003"], ["i-0004"], ["i-0005"], ["i-0006"]]);
    assert!(numbered(6).iter().all(|id| world.marks(id) == 1), "nobody twice");
    let counted = counts(&world, "hello");
    assert_eq!((&counted["succeeded"], &counted["failed"], &counted["pending"]), (&json!(4), &json!(2), &json!(0)));
}

#[test]
fn no_failure_at_all_may_be_one_too_many() {
    let mut world = World::of_commands(&many(10));
    comes_to(&world, &json!([{"match": {"instance": "i-0001"}, "status": "Timeout"}]));
    world.start();
    let rollout = json!({"rollout": {"maxConcurrent": "50%", "maxFailures": "0%"}});
    world.command("hello", &with(on_all("echo hello", &numbered(10)), &rollout));
    world.until_ready("hello", "False/MaxFailuresReached");
    assert_eq!(called(&world).len(), 1);
    assert_eq!(counts(&world, "hello")["failed"], json!(1));
}

#[test]
fn a_failure_beyond_the_limit_in_the_last_batch_is_a_failure_like_any_other() {
    let mut world = World::of_commands(SEED);
    comes_to(&world, &json!([{"exitCode": 1}]));
    world.start();
    world.command("hello", &with(script("false", &["i-web1", "i-web2"]), &json!({"rollout": {"maxFailures": 0}})));
    world.until_ready("hello", "False/CommandFailed");
    assert_eq!(world.ran().len(), 1);
}
