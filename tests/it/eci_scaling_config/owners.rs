//! Two objects on one configuration: the older has it, the other says so and keeps still.

use super::{SEED, bound, minutes, named, nginx, seconds};
use crate::world::configurations::{CREATE, DELETE, MODIFY};
use crate::world::{CONFIGURATIONS, World};
use serde_json::{Value, json};

fn image(world: &World) -> Value {
    world.in_cloud("asc-1")["Containers"][0]["Image"].clone()
}

/// `old` is a few seconds older than `young`; both have come to rest.
fn two(old: &Value, young: &Value) -> World {
    let mut world = World::of_configurations(SEED);
    world.start();
    world.configuration("old", old);
    world.pass(seconds(3));
    world.configuration("young", young);
    world.until_ready("old", "True/InSync");
    world.until_ready("young", "False/AlreadyOwned");
    world
}

#[test]
fn the_older_has_it_and_the_younger_follows_when_it_goes() {
    let mut world = two(&bound(nginx("nginx:old")), &bound(nginx("nginx:young")));
    assert!(world.message("young").contains("EciScalingConfig old"), "{}", world.message("young"));
    world.pass(minutes(25));
    assert_eq!((image(&world), world.calls(MODIFY)), (json!("nginx:old"), 1), "nobody fights");
    world.edit("young", &json!({"configuration": nginx("nginx:younger")}));
    world.until_ready("young", "False/AlreadyOwned");
    world.delete("old");
    world.until_gone("old");
    world.until(seconds(20), "the younger takes over", |world| image(world) == "nginx:younger");
    world.until_ready("young", "True/InSync");
}

#[test]
fn by_id_and_by_name_is_the_same_configuration() {
    for (old, young) in [
        (bound(nginx("nginx:old")), named("web", nginx("nginx:young"))),
        (named("web", nginx("nginx:old")), bound(nginx("nginx:young"))),
        (named("web", nginx("nginx:old")), named("web", nginx("nginx:young"))),
    ] {
        let mut world = two(&old, &young);
        world.pass(minutes(25));
        assert_eq!((image(&world), world.calls(MODIFY)), (json!("nginx:old"), 1));
        assert_eq!((world.ready("old").as_str(), world.ready("young").as_str()), ("True/InSync", "False/AlreadyOwned"));
    }
}

#[test]
fn of_two_that_would_create_the_same_one_does() {
    let mut world = World::of_configurations(SEED);
    let shop = |image: &str| {
        named("shop", json!({"description": "d", "containerGroupName": "shop", "containers": [{"name": "shop", "image": image}]}))
    };
    world.configuration("one", &shop("shop:1"));
    world.configuration("two", &shop("shop:2"));
    world.start();
    world.until_ready("one", "True/InSync");
    world.until_ready("two", "False/AlreadyOwned");
    assert_eq!((world.calls(CREATE), world.named("asg-1", "shop").len(), world.calls(MODIFY)), (1, 1, 0));
    // The one that made it goes: as long as the other wants it, it stays.
    world.edit("one", &json!({"deletionPolicy": "Delete"}));
    world.pass(seconds(5));
    world.delete("one");
    world.until_gone("one");
    world.until_ready("two", "True/InSync");
    assert_eq!((world.calls(DELETE), &world.status("two")["origin"]), (0, &json!("Adopted")));
    let id = world.named("asg-1", "shop").pop().unwrap();
    assert_eq!(world.in_cloud(&id)["Containers"][0]["Image"], "shop:2");
}

#[test]
fn an_object_of_another_namespace_is_not_named() {
    let mut world = World::of_configurations(SEED);
    world.secret("team", "aliyun", "key-1", "secret-1");
    world.credential("team", "default", "aliyun");
    world.configuration_in("team", "theirs-alone", &bound(nginx("nginx:old")));
    world.start();
    world.until(minutes(1), "it has it", |world| image(world) == "nginx:old");
    world.pass(seconds(3));
    world.configuration("web", &bound(nginx("nginx:young")));
    world.until_ready("web", "False/AlreadyOwned");
    let told = format!("{} {:?}", world.get("web").unwrap(), world.events("web"));
    assert!(!told.contains("theirs-alone") && !told.contains("team"), "{told}");
    assert!(world.message("web").contains("another namespace"), "{}", world.message("web"));
    world.api.delete(CONFIGURATIONS, "team", "theirs-alone");
    world.until(seconds(20), "it takes over", |world| image(world) == "nginx:young");
}

#[test]
fn an_older_one_without_a_credential_for_the_account_is_in_nobody_s_way() {
    let mut world = World::of_configurations(SEED);
    world.api.create_namespace("stranger");
    world.configuration_in("stranger", "squatter", &bound(nginx("nginx:squatter")));
    world.start();
    world.pass(seconds(5));
    world.configuration("web", &bound(nginx("nginx:1.27")));
    world.until_ready("web", "True/InSync");
    assert_eq!(image(&world), "nginx:1.27");
}

#[test]
fn who_only_looks_is_in_nobody_s_way() {
    let mut world = World::of_configurations(SEED);
    let mut looking = bound(nginx("nginx:1.26"));
    looking["managementPolicy"] = json!("Observe");
    world.configuration("looking", &looking);
    world.start();
    world.until_ready("looking", "True/InSync");
    world.configuration("web", &bound(nginx("nginx:1.27")));
    world.until_ready("web", "True/InSync");
    world.until(minutes(11), "it sees the change", |world| world.ready("looking") == "False/DriftDetected");
    assert_eq!(world.calls(MODIFY), 1);
}

#[test]
fn a_configuration_that_is_renamed_to_what_another_object_wants_is_not_taken() {
    let mut world = World::of_configurations(SEED);
    world.configuration("web", &named("web", nginx("nginx:1.27")));
    world.configuration("shop", &named("shop", json!({"containers": [{"name": "shop", "image": "shop:1"}]})));
    world.start();
    world.until_ready("web", "True/InSync");
    world.until_ready("shop", "True/InSync");
    let shop = world.named("asg-1", "shop").pop().unwrap();
    // They swap names by hand, in the cloud.
    world.by_hand(json!({"set": {"scalingConfiguration": "asc-1", "name": "between"}}));
    world.by_hand(json!({"set": {"scalingConfiguration": shop, "name": "web"}}));
    world.by_hand(json!({"set": {"scalingConfiguration": "asc-1", "name": "shop"}}));
    world.pass_in_steps(minutes(45), seconds(2));
    assert_eq!((&world.status("web")["externalId"], &world.status("shop")["externalId"]), (&json!("asc-1"), &json!(shop)));
    assert_eq!((image(&world), &world.in_cloud(&shop)["Containers"][0]["Image"]), (json!("nginx:1.27"), &json!("shop:1")));
    assert_eq!(world.calls(CREATE), 1);
}
