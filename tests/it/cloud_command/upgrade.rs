//! Objects as an earlier release left them: whoever takes over runs nothing that is not to be run.

use super::{SEED, minutes};
use crate::world::World;
use crate::world::commands::{COMMANDS, RUN};
use serde_json::{Value, json};

/// Succeeded, failed and run three times, scheduled, in doubt, missed, and under way. They are as they were recorded, and stay so: a later release must
/// understand them.
const RECORDED: &str = include_str!("../../data/cloud-commands-recorded.json");

#[test]
fn objects_of_an_earlier_release_run_nothing() {
    let objects: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    assert_eq!(objects.len(), 6);
    for object in objects {
        let mut world = World::of_commands(SEED);
        let before = &object["status"];
        let mut bare = object.clone();
        bare.as_object_mut().unwrap().remove("status");
        world.api.create_json(bare);
        world.api.patch_json(COMMANDS, "default", "hello", &json!({"status": before}));
        world.start();
        world.pass(minutes(2));
        world.pass_in_steps(minutes(120), minutes(1));
        let reason = before["conditions"][0]["reason"].as_str().unwrap();
        assert_eq!((world.calls(RUN), world.ran().len()), (0, 0), "{reason}");
        // The cloud of this story has never heard of what is out.
        let is_out = before["operations"][0]["ids"] != Value::Null;
        assert!(is_out || world.ready("hello").ends_with(reason), "{reason} became {}: {}", world.ready("hello"), world.message("hello"));
        let after = world.status("hello");
        assert_eq!((&after["pastIntents"], &after["intent"]["hash"]), (&before["pastIntents"], &before["intent"]["hash"]), "{reason}");
    }
}
