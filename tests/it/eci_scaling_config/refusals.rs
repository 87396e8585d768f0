//! What cannot be carried out: mistakes that only show against what the cloud has, rights that are missing, a cloud that is silent.

use super::{SEED, bound, minutes, named, nginx, seconds, settled};
use crate::world::World;
use crate::world::configurations::{CREATE, DESCRIBE, MODIFY};
use serde_json::{Value, json};
use steward_cloudsim::{Edit, Fault, KeySeed, What};

/// What is wrong with a configuration, by field and words.
fn mistakes() -> Vec<(Value, &'static str, &'static str)> {
    let mount = json!([{"mountPath": "/x", "name": "nowhere"}]);
    vec![
        (json!({"spotStrategy": "SpotWithPriceLimit"}), "spotPriceLimit", "needed with spotStrategy SpotWithPriceLimit"),
        (json!({"spotStrategy": "SpotWithPriceLimit", "spotPriceLimit": 0.1234}), "spotPriceLimit", "three decimals"),
        (json!({"containers": [{"name": "nginx", "volumeMounts": mount}]}), "containers[nginx].volumeMounts[/x].name", "no volume nowhere"),
        (json!({"containers": [{"name": "new", "cpu": 1}]}), "containers[new].image", "needed for a container"),
        (json!({"initContainers": [{"name": "new"}]}), "initContainers[new].image", "needed for a container"),
        (json!({"volumes": [{"name": "new"}]}), "volumes[new].type", "needed for a volume"),
        (json!({"volumes": [{"name": "logs", "nfsVolume": {"server": "s", "path": "/"}}]}), "volumes[logs]", "EmptyDirVolume"),
        (json!({"instanceFamilyLevel": "EntryLevel"}), "instanceFamilyLevel", "costOptimization"),
        (json!({"dnsPolicy": "None"}), "dnsConfigNameServers", "needed with dnsPolicy None"),
    ]
}

#[test]
fn mistakes_that_show_only_against_the_cloud_are_named_and_nothing_is_sent() {
    for (configuration, field, words) in mistakes() {
        let mut world = World::of_configurations(SEED);
        world.configuration("web", &bound(configuration.clone()));
        world.start();
        world.until_ready("web", "False/InvalidSpec");
        let message = world.message("web");
        assert!(message.contains(&format!("spec.configuration.{field}:")) && message.contains(words), "{configuration}: {message}");
        assert_eq!(world.calls(MODIFY), 0);
    }
}

#[test]
fn the_same_mistakes_create_nothing() {
    let mut world = World::of_configurations(SEED);
    for (number, (configuration, ..)) in mistakes().into_iter().enumerate() {
        world.configuration(&format!("bad-{number}"), &named(&format!("bad-{number}"), configuration));
    }
    world.start();
    world.pass(minutes(1));
    for number in 0..mistakes().len() {
        assert_eq!(world.ready(&format!("bad-{number}")), "False/InvalidSpec", "{number}: {}", world.message(&format!("bad-{number}")));
    }
    assert_eq!(world.calls(CREATE), 0);
}

#[test]
fn what_the_cloud_has_makes_a_sparse_spec_complete() {
    // The mount's volume, the container's image and the price stand in the cloud.
    let mut world = World::of_configurations(SEED);
    world.set_by_hand("asc-1", json!({"SpotPriceLimit": 0.5}));
    world.configuration(
        "web",
        &bound(json!({
            "spotStrategy": "SpotWithPriceLimit", "spotPriceLimit": 0.25,
            "containers": [{"name": "nginx", "volumeMounts": [{"mountPath": "/logs", "name": "logs"}]}],
        })),
    );
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.in_cloud("asc-1")["SpotPriceLimit"], 0.25);
}

#[test]
fn a_right_that_is_missing_is_named_and_once_given_is_found_within_minutes() {
    let deny = |world: &World, denied: &[&str]| {
        let deny = Some(denied.iter().map(|operation| (*operation).to_owned()).collect());
        world.cloud.edit(Edit::Key(KeySeed { id: "key-1".to_owned(), deny, ..KeySeed::default() })).unwrap();
    };
    for operation in [MODIFY, DESCRIBE] {
        let mut world = World::of_configurations(SEED);
        deny(&world, &[&format!("ess:{operation}")]);
        world.configuration("web", &bound(nginx("nginx:1.27")));
        world.start();
        world.until_ready("web", "False/AccessDenied");
        assert!(world.message("web").contains(&format!("ess:{operation}")), "{}", world.message("web"));
        world.pass(minutes(5));
        assert_eq!(world.calls(operation), 1);
        deny(&world, &[]);
        world.until(minutes(11), "it is well", |world| world.ready("web") == "True/InSync");
    }
}

#[test]
fn a_value_that_the_cloud_refuses_is_asked_about_rarely_and_an_edit_is_tried_at_once() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.cloud.fault(Fault::on(MODIFY, What::error(400, "InvalidSecurityGroupId.VPCMismatch")).forever());
    world.edit("web", &json!({"configuration": {"securityGroupId": "sg-far"}}));
    world.until_ready("web", "False/InvalidSpec");
    assert!(world.message("web").contains("another VPC"), "{}", world.message("web"));
    world.pass_in_steps(minutes(125), seconds(5));
    assert_eq!(world.calls(MODIFY), 1 + 3, "once for the edit, then every hour");
    assert_eq!(world.ready("web"), "False/InvalidSpec");
    world.cloud.clear_faults();
    world.edit("web", &json!({"configuration": {"securityGroupId": "sg-near"}}));
    world.until_ready("web", "True/InSync");
    assert_eq!(world.in_cloud("asc-1")["SecurityGroupId"], "sg-near");
}

#[test]
fn an_answer_that_is_not_whole_is_not_taken_for_an_empty_cloud() {
    use steward_cloudsim::Garble;
    let mut world = settled(&named("web", nginx("nginx:1.27")));
    for what in [What::Garble(Garble::Half), What::Garble(Garble::Html), What::error(503, "ServiceUnavailable")] {
        world.cloud.fault(Fault::on(DESCRIBE, what).forever());
        world.pass_in_steps(minutes(15), seconds(2));
        assert_eq!((world.calls(CREATE), world.calls(MODIFY)), (0, 1));
        world.cloud.clear_faults();
        world.until(minutes(11), "it is seen again", |world| world.ready("web") == "True/InSync");
    }
}
