//! Ill luck: refusals, lost answers, late reads and odd answers at the worst moment. Nobody else's things are lost, and nothing is said that is not so.

use super::{SEED, bound, minutes, named, nginx, seconds, settled};
use crate::world::World;
use crate::world::configurations::{CREATE, MODIFY};
use serde_json::{Value, json};
use steward_cloudsim::{Fault, What};

fn by_hand(value: &str) -> Value {
    bound(json!({"containers": [{"name": "nginx", "environmentVars": [{"key": "BY_HAND", "value": value}]}]}))
}

#[test]
fn an_edit_that_never_reached_the_cloud_is_taken_back_without_a_trace() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(MODIFY, What::Reset).forever());
    world.configuration("web", &by_hand("2"));
    world.start();
    world.until(minutes(2), "it waits for its next try", |world| world.status("web")["lastError"]["count"] == 2);
    world.edit("web", &json!({"configuration": {"containers": null, "memory": 4}}));
    world.pass(seconds(5));
    world.cloud.clear_faults();
    world.until_ready("web", "True/InSync");
    world.pass(minutes(11));
    assert_eq!(world.in_cloud("asc-1")["Containers"][0]["EnvironmentVars"], json!([{"Key": "BY_HAND", "Value": "1"}]));
}

#[test]
fn a_password_that_could_not_be_sent_is_not_taken_for_sent() {
    let seed = SEED.replace(
        "Tags:",
        "ImageRegistryCredentials: [{Server: r.example, UserName: ci, Password: old}, {Server: theirs.example, UserName: x, Password: \"\"}]\n      Tags:",
    );
    let mut world = World::of_configurations(&seed);
    world.secret_with("registry", &json!({"password": "new"}));
    let credential = json!({"server": "r.example", "userName": "ci", "passwordSecretRef": {"name": "registry", "key": "password"}});
    world.configuration("web", &bound(json!({"cpu": 4, "imageRegistryCredentials": [credential]})));
    world.start();
    world.until(minutes(1), "what can be changed is", |world| world.in_cloud("asc-1")["Cpu"] == 4.0);
    world.pass(minutes(11));
    assert_eq!(world.ready("web"), "False/CannotMerge", "the password was never sent: {}", world.message("web"));
    assert_eq!(world.status("web")["secrets"], Value::Null);
}

#[test]
fn refusals_are_no_fight() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.25"}));
    world.cloud.fault(Fault::on(MODIFY, What::error(400, "Throttling")).times(9));
    super::ask(&mut world, "web", "now");
    world.until(minutes(50), "it is right again", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.27");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.status("web")["corrections"][0]["times"].as_array().map(Vec::len), Some(1), "it was set right once");
}

#[test]
fn who_reorders_init_containers_again_and_again_fights() {
    let one = |name: &str| json!({"name": name, "image": "i:1"});
    let mut world = settled(&bound(json!({"initContainers": [one("a"), one("b")]})));
    for round in 0..6 {
        let other = json!({"InitContainers.1.Name": "b", "InitContainers.2.Name": "a"});
        world.set_by_hand("asc-1", other);
        super::ask(&mut world, "web", &format!("{round}"));
        world.pass(seconds(40));
    }
    assert_eq!(world.ready("web"), "False/ManagementConflict", "{}", world.message("web"));
    assert_eq!(world.in_cloud("asc-1")["InitContainers"][0]["Name"], "b");
}

#[test]
fn a_container_that_was_added_and_taken_back_before_it_could_be_seen_goes() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.cloud.seed("settings: {readLag: 20s}").unwrap();
    world.edit(
        "web",
        &json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.27"}, {"name": "extra", "image": "extra:1"}]}}),
    );
    world.until(seconds(10), "it was sent", |world| world.calls(MODIFY) == 2);
    world.edit("web", &json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.27"}]}}));
    world.pass(minutes(2));
    let names: Vec<_> = world.in_cloud("asc-1")["Containers"].as_array().unwrap().iter().map(|one| one["Name"].clone()).collect();
    assert_eq!(names, [json!("nginx"), json!("shipper")]);
    assert_eq!(world.ready("web"), "True/InSync");
}

#[test]
fn a_creation_that_is_made_at_its_second_try_is_waited_for_like_any_other() {
    let mut world = World::of_configurations(SEED);
    world.cloud.seed("settings: {readLag: 20s}").unwrap();
    let spec = named("shop", json!({"cpu": 1, "containers": [{"name": "shop", "image": "shop:1"}]}));
    world.cloud.fault(Fault::on(CREATE, What::Reset));
    world.configuration("web", &spec);
    world.start();
    world.until(minutes(5), "it is there", |world| world.named("asg-1", "shop").len() == 1);
    world.pass(seconds(3));
    let id = world.named("asg-1", "shop").remove(0);
    let entry = world.status("web")["operations"][0].clone();
    assert_eq!((&entry["state"], &entry["attempt"], &entry["ids"]), (&json!("Submitted"), &json!(1), &json!([id])), "{entry}");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.acted(CREATE), 1);
    assert_eq!(world.status("web")["origin"], "Created");
}

#[test]
fn after_an_answer_the_creation_is_recorded_under_the_name_that_is_sent() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::Reset));
    world.configuration("web", &named("shop", json!({"cpu": 1})));
    world.start();
    world.until(minutes(1), "it was tried", |world| world.calls(CREATE) == 1);
    world.edit("web", &json!({"configuration": {"scalingConfigurationName": "store"}}));
    world.until_ready("web", "False/OutcomeUnknown");
    let run = world.status("web")["operations"][0]["run"].as_str().unwrap().to_owned();
    world.annotate("web", "cloudsteward.dev/resolve", &format!("{run}=NotRan"));
    world.until_ready("web", "True/InSync");
    let entry = world.status("web")["operations"][0].clone();
    assert_eq!((world.named("asg-1", "store").len(), &entry["name"]), (1, &json!("store")), "{entry}");
}

#[test]
fn what_a_secret_held_is_not_shown_once_spec_says_something_else() {
    let seed = SEED.replace("Value: \"1\"", "Value: canary-1");
    let mut world = World::of_configurations(&seed);
    world.secret_with("values", &json!({"by-hand": "canary-1"}));
    let variable = |from: Value| json!({"containers": [{"name": "nginx", "environmentVars": [from]}]});
    let mut spec = bound(variable(json!({"key": "BY_HAND", "valueFrom": {"secretKeyRef": {"name": "values", "key": "by-hand"}}})));
    spec["managementPolicy"] = json!("Observe");
    world.configuration("web", &spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world.edit("web", &json!({"configuration": variable(json!({"key": "BY_HAND", "value": "plain"}))}));
    world.until_ready("web", "False/DriftDetected");
    let status = world.status("web").to_string();
    assert!(!status.contains("canary"), "{status}");
}

#[test]
fn as_many_secrets_as_one_object_may_have_can_all_get_other_names() {
    let variables = |prefix: &str| {
        let variable =
            |number: usize| json!({"key": format!("{prefix}_{number}"), "valueFrom": {"secretKeyRef": {"name": "values", "key": "key"}}});
        let all: Vec<_> = (0..100).map(variable).collect();
        json!({"containers": [{"name": "nginx", "environmentVars": all}, {"name": "shipper", "environmentVars": all}]})
    };
    let mut world = World::of_configurations(SEED);
    world.secret_with("values", &json!({"key": "canary"}));
    world.configuration("web", &bound(variables("OLD")));
    world.start();
    world.until_ready("web", "True/InSync");
    world.cloud.seed("settings: {readLag: 5s}").unwrap();
    world.edit("web", &json!({"configuration": variables("NEW")}));
    world.until(minutes(1), "it was sent", |world| world.calls(MODIFY) == 2);
    let mut most = 0;
    world.until(minutes(1), "it is in sync", |world| {
        most = most.max(world.status("web")["secrets"].as_array().map_or(0, Vec::len));
        world.ready("web") == "True/InSync"
    });
    assert!(most <= 256, "more than the schema takes: {most}");
    assert_eq!(world.status("web")["secrets"].as_array().map(Vec::len), Some(200));
}

#[test]
fn root_that_somebody_chose_for_an_init_container_stays_root() {
    let mut world = World::of_configurations(SEED);
    world.set_by_hand("asc-1", json!({"InitContainers": [{"Name": "theirs", "Image": "i:1", "SecurityContext": {"RunAsUser": 0}}]}));
    world.configuration("web", &bound(json!({"initContainers": [{"name": "ours", "image": "i:2"}]})));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.in_cloud("asc-1")["InitContainers"][0]["SecurityContext"], json!({"RunAsUser": 0}));
}

#[test]
fn a_list_in_a_form_that_cannot_be_read_is_not_replaced() {
    for (fields, spec) in [
        (json!({"Tags": {"Tag": [{"Key": "theirs", "Value": "1"}]}}), json!({"tags": [{"key": "ours", "value": "2"}]})),
        (json!({"Tags": [{"Key": "theirs", "Value": {"odd": 1}}]}), json!({"tags": [{"key": "ours", "value": "2"}]})),
    ] {
        let mut world = World::of_configurations(SEED);
        world.pretend("asc-1", fields.clone());
        world.configuration("web", &bound(spec));
        world.start();
        world.pass(minutes(2));
        assert_eq!((world.ready("web").as_str(), world.calls(MODIFY)), ("False/CannotMerge", 0), "{fields}: {}", world.message("web"));
    }
}

#[test]
fn keys_that_are_revoked_between_look_and_creation_leave_no_creation_on_record() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::error(403, "InvalidAccessKeyId.Inactive")));
    world.configuration("web", &named("shop", json!({"cpu": 1})));
    world.start();
    world.until(minutes(1), "it was tried", |world| world.calls(CREATE) == 1);
    world.pass(seconds(5));
    let entry = world.status("web")["operations"][0].clone();
    assert_eq!((&entry["state"], &entry["attempt"]), (&json!("Refused"), &json!(1)), "nothing was sent since: {entry}");
}

#[test]
fn a_refusal_of_the_cloud_to_have_two_of_one_name_is_no_second_configuration() {
    let mut world = World::of_configurations(SEED);
    world.cloud.seed("settings: {readLag: 90s}").unwrap();
    world.cloud.fault(Fault::on(CREATE, What::Timeout(None)).after());
    world.configuration("web", &named("shop", json!({"cpu": 1})));
    world.start();
    world.until(minutes(10), "it is found", |world| world.ready("web") == "True/InSync");
    assert_eq!((world.named("asg-1", "shop").len(), world.acted(CREATE)), (1, 1));
}
