//! A crash before and after the n-th call that leaves the process, for every n: the answer comes all the same, and nothing was changed anywhere.

use super::{WEB, home, minutes, seconds, spec};
use crate::world::World;
use crate::world::checks::{CHECK, LIST};
use crate::world::crash::Side;
use serde_json::json;
use std::time::Duration;

/// A story has fewer calls than this; one that never runs out of them is not settling.
const MOST_CALLS: usize = 40;

#[test]
fn an_answer_survives_a_crash_at_every_call() {
    let mut crashes = 0;
    for (side, restart) in [(Side::Before, Duration::ZERO), (Side::After, Duration::ZERO), (Side::After, minutes(25 * 60))] {
        for at in 1.. {
            assert!(at < MOST_CALLS, "the story does not come to rest");
            let mut world = World::of_checks();
            world.check("web", &spec(&home(WEB), &json!({})));
            if !world.live_until_call(at, side, seconds(20)) {
                break;
            }
            crashes += 1;
            world.pass_in_steps(restart, minutes(60));
            world.start();
            let what = format!("crash {side:?} call {at}, back after {restart:?}");
            world.until(seconds(90), &what, |world| world.both("web") == "True/Restorable True/Restorable");
            world.pass(seconds(5));
            assert_eq!(world.first("web")["failures"], 0, "{what}");
            let asked: Vec<_> = world.cloud.calls().into_iter().map(|call| call.operation).collect();
            assert!(asked.iter().filter(|operation| *operation == CHECK).count() <= 3, "{what}: {asked:?}");
            assert!(asked.iter().all(|operation| [CHECK, LIST, "CreateToken"].contains(&operation.as_str())), "{what}: {asked:?}");
        }
    }
    assert!(crashes > 15, "only {crashes} crash points: does the story call anything?");
}
