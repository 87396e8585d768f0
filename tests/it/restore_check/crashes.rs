//! A crash before and after the n-th call that leaves the process, for every n: the answer comes all the same, and nothing was changed anywhere.

use super::{WEB, home, spec};
use crate::world::World;
use crate::world::checks::{CHECK, LIST};
use crate::world::crash::at_every_call;
use serde_json::json;

const GOOD: &str = "True/Restorable True/Restorable";

#[test]
fn an_answer_survives_a_crash_at_every_call() {
    let begin = || {
        let world = World::of_checks();
        world.check("web", &spec(&home(WEB), &json!({})));
        world
    };
    at_every_call(
        begin,
        |world| world.both("web") == GOOD,
        |world, what, _| {
            assert_eq!((world.both("web").as_str(), &world.first("web")["failures"]), (GOOD, &json!(0)), "{what}");
            let asked: Vec<_> = world.cloud.calls().into_iter().map(|call| call.operation).collect();
            assert!(asked.iter().filter(|operation| *operation == CHECK).count() <= 3, "{what}: {asked:?}");
            assert!(asked.iter().all(|operation| [CHECK, LIST, "CreateToken"].contains(&operation.as_str())), "{what}: {asked:?}");
        },
    );
}
