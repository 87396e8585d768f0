//! A crash before and after the n-th call that leaves the process, for every n: never two configurations, never one that is ours and forgotten.

use super::{SEED, bound, minutes, named, nginx, seconds};
use crate::world::World;
use crate::world::configurations::{CREATE, DELETE, MODIFY};
use crate::world::crash::at_every_call;
use serde_json::{Value, json};

fn shop() -> Value {
    let mut spec = named("shop", json!({"containers": [{"name": "shop", "image": "shop:1"}]}));
    spec["deletionPolicy"] = json!("Delete");
    spec
}

/// The object settled, in a process that is gone.
fn rested(spec: &Value) -> World {
    let mut world = World::of_configurations(SEED);
    world.configuration("web", spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(seconds(5));
    world.crash();
    world
}

#[test]
fn a_creation_survives_a_crash_at_every_call() {
    let begin = || {
        let world = World::of_configurations(SEED);
        world.configuration("web", &shop());
        world
    };
    let is_over = |world: &World| ["True/InSync", "False/OutcomeUnknown"].contains(&world.ready("web").as_str());
    at_every_call(begin, is_over, |world, what, restart| {
        let made = world.named("asg-1", "shop");
        let status = world.status("web");
        if world.ready("web") == "False/OutcomeUnknown" {
            // Nobody knows whether a call of yesterday was made, and nothing is there: a person is asked.
            assert!(restart > minutes(24 * 60) && made.is_empty(), "{what}");
            assert!(world.message("web").contains("cloudsteward.dev/resolve"), "{what}: {}", world.message("web"));
            return;
        }
        assert_eq!((world.ready("web").as_str(), made.len(), world.acted(CREATE)), ("True/InSync", 1, 1), "{what}");
        assert_eq!((&status["origin"], &status["externalId"]), (&json!("Created"), &json!(made[0])), "{what}");
        assert_eq!(status["operations"][0]["state"], "Done", "{what}");
        assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], json!(["cloudsteward.dev/undo"]), "{what}");
    });
}

#[test]
fn a_person_s_answer_ends_the_doubt() {
    for (answer, made) in [("NotRan", 1), ("Ran", 1), ("Perhaps", 0)] {
        let mut world = World::of_configurations(SEED);
        world.configuration("web", &shop());
        world.cloud.fault(steward_cloudsim::Fault::on(CREATE, steward_cloudsim::What::Reset));
        world.start();
        world.until(seconds(20), "the call is out", |world| world.calls(CREATE) == 1);
        world.pass(seconds(1));
        world.crash();
        world.pass_in_steps(minutes(25 * 60), minutes(60));
        world.start();
        world.until(minutes(2), "it is in doubt", |world| world.ready("web") == "False/OutcomeUnknown");
        let run = world.status("web")["operations"][0]["run"].as_str().unwrap().to_owned();
        world.annotate("web", "cloudsteward.dev/resolve", &format!("{run}={answer}"));
        world.pass(minutes(1));
        assert_eq!((world.acted(CREATE), world.named("asg-1", "shop").len()), (made, made), "{answer}");
        assert_eq!(world.ready("web"), if made == 1 { "True/InSync" } else { "False/OutcomeUnknown" }, "{answer}");
        if made == 1 {
            assert_eq!(world.status("web")["operations"][0]["attempt"], 2);
        }
    }
}

#[test]
fn a_change_survives_a_crash_at_every_call() {
    let begin = || {
        let mut world = rested(&bound(nginx("nginx:1.27")));
        world.cloud.clear_calls();
        world.edit("web", &json!({"configuration": {"cpu": 3, "containers": null}}));
        world.edit(
            "web",
            &json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.28"}, {"name": "new", "image": "new:1"}]}}),
        );
        world
    };
    at_every_call(
        begin,
        |world| world.ready("web") == "True/InSync",
        |world, what, _| {
            assert_eq!(world.ready("web"), "True/InSync", "{what}");
            let cloud = world.in_cloud("asc-1");
            let images: Vec<_> = cloud["Containers"].as_array().unwrap().iter().map(|one| one["Image"].clone()).collect();
            assert_eq!((images, &cloud["Cpu"]), (vec![json!("nginx:1.28"), json!("shipper:2.3"), json!("new:1")], &json!(3.0)), "{what}");
            let applied = world.status("web")["applied"].clone();
            let expected = json!({"cpu": {}, "containers": {"nginx": {"image": {}}, "new": {".": {}, "image": {}}}});
            assert_eq!(applied, expected, "{what}");
            assert!(world.calls(MODIFY) <= 2 && world.acted(MODIFY) == 1, "{what}: {} calls", world.calls(MODIFY));
        },
    );
}

#[test]
fn a_deletion_survives_a_crash_at_every_call() {
    let begin = || {
        let mut world = rested(&shop());
        world.delete("web");
        world
    };
    at_every_call(
        begin,
        |world| world.get("web").is_none(),
        |world, what, _| {
            assert!(world.get("web").is_none(), "{what}");
            assert_eq!((world.named("asg-1", "shop").len(), world.acted(DELETE), world.acted(CREATE)), (0, 1, 1), "{what}");
            assert_eq!(world.named("asg-1", "web").len(), 1, "{what}: nobody else's");
        },
    );
}
