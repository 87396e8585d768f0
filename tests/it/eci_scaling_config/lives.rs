//! From creation to deletion: created when absent, adopted when there, deleted only if steward made it.

use super::{SEED, bound, minutes, named, nginx, seconds, settled, told};
use crate::world::World;
use crate::world::configurations::{CREATE, DELETE, DESCRIBE, MODIFY};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use steward_cloudsim::{Fault, Moment, Verdict, What};

fn shop() -> Value {
    named("shop", json!({"cpu": 1, "memory": 2, "containers": [{"name": "shop", "image": "shop:1"}]}))
}

fn deleting(spec: Value) -> Value {
    let mut spec = spec;
    spec["deletionPolicy"] = json!("Delete");
    spec
}

/// The one configuration of that name.
#[track_caller]
fn the_one(world: &World, name: &str) -> String {
    let ids = world.named("asg-1", name);
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids[0].clone()
}

#[test]
fn what_is_not_there_is_created_after_the_journal_says_so() {
    let mut world = World::of_configurations(SEED);
    let at_the_call: Arc<Mutex<Value>> = Arc::default();
    let (api, seen) = (Arc::clone(&world.api), Arc::clone(&at_the_call));
    world.cloud.on_call(Arc::new(move |call, moment| {
        if call.operation == CREATE && moment == Moment::Before {
            *seen.lock().unwrap() = api.get_json("eciscalingconfigs", "default", "web").unwrap()["status"]["operations"][0].clone();
        }
        Verdict::Go
    }));
    world.configuration("web", &shop());
    world.start();
    world.until_ready("web", "True/InSync");
    let id = the_one(&world, "shop");
    let entry = at_the_call.lock().unwrap().clone();
    assert_eq!(
        (&entry["kind"], &entry["state"], &entry["attempt"], &entry["group"], &entry["name"]),
        (&json!("Create"), &json!("Intended"), &json!(1), &json!("asg-1"), &json!("shop"))
    );
    assert!(entry["run"].as_str().is_some_and(|run| run.len() == 48), "{entry}");
    let status = world.status("web");
    assert_eq!((&status["origin"], &status["externalId"]), (&json!("Created"), &json!(id)));
    assert_eq!((&status["operations"][0]["state"], &status["operations"][0]["ids"]), (&json!("Done"), &json!([id])));
    assert_eq!((&status["history"][0]["operation"], &status["history"][0]["outcome"]), (&json!(CREATE), &json!("created")));
    assert!(status["applied"]["containers"]["shop"].get(".").is_some(), "what it made is its own: {}", status["applied"]);
    assert_eq!((world.calls(CREATE), world.calls(MODIFY)), (1, 0));
    let made = world.in_cloud(&id);
    assert_eq!((&made["Cpu"], &made["Containers"]), (&json!(1.0), &json!([{"Name": "shop", "Image": "shop:1"}])));
}

#[test]
fn what_is_there_under_its_name_is_adopted_and_keeps_what_it_has() {
    let world = settled(&named("web", json!({"cpu": 4})));
    let status = world.status("web");
    assert_eq!((&status["origin"], &status["externalId"]), (&json!("Adopted"), &json!("asc-1")));
    assert_eq!(status["operations"], Value::Null);
    assert_eq!((world.in_cloud("asc-1")["Cpu"].clone(), world.in_cloud("asc-1")["Memory"].clone()), (json!(4.0), json!(4.0)));
    assert_eq!((world.calls(CREATE), world.calls(MODIFY)), (0, 1));
}

#[test]
fn a_group_that_cannot_have_it_is_named() {
    let mut world = World::of_configurations(SEED);
    let of_group = |group: &str| {
        let mut spec = shop();
        spec["scalingGroupId"] = json!(group);
        spec
    };
    world.configuration("nowhere", &of_group("asg-none"));
    world.configuration("vms", &of_group("asg-vms"));
    let mut unknown = bound(json!({}));
    unknown["scalingConfigurationId"] = json!("asc-none");
    world.configuration("unknown", &unknown);
    world.start();
    world.until_ready("nowhere", "False/NotFound");
    world.until_ready("vms", "False/InvalidSpec");
    world.until_ready("unknown", "False/NotFound");
    assert!(world.message("nowhere").contains("spec.scalingGroupId: asg-none does not exist"), "{}", world.message("nowhere"));
    assert!(world.message("vms").contains("type ECS"), "{}", world.message("vms"));
    assert!(world.message("unknown").contains("spec.scalingConfigurationId: asc-none"), "{}", world.message("unknown"));
    assert_eq!(world.calls(CREATE), 0);
}

#[test]
fn somebody_who_is_faster_made_it_and_it_is_adopted() {
    let mut world = World::of_configurations(SEED);
    // Between the listing and the call.
    let taken = "scalingConfigurations: [{id: asc-theirs, group: asg-1, name: shop, configuration: {SecurityGroupId: sg-web, Description: d, ContainerGroupName: c}}]";
    world.cloud.fault(Fault::on(CREATE, What::error(400, "InvalidScalingConfigurationName.Duplicate")));
    world.configuration("web", &deleting(shop()));
    world.start();
    world.until(seconds(10), "it was refused", |world| world.calls(CREATE) == 1);
    world.cloud.seed(taken).unwrap();
    world.until(minutes(11), "it is adopted", |world| world.ready("web") == "True/InSync");
    assert_eq!((&world.status("web")["origin"], world.calls(CREATE)), (&json!("Adopted"), 1));
    world.delete("web");
    world.until_gone("web");
    assert_eq!((world.named("asg-1", "shop"), world.calls(DELETE)), (vec!["asc-theirs".to_owned()], 0), "somebody else made it");
}

#[test]
fn one_that_does_not_say_when_it_was_made_is_not_taken_for_ours() {
    let mut world = World::of_configurations(SEED);
    let theirs = "scalingConfigurations: [{id: asc-theirs, group: asg-1, name: shop, configuration: {SecurityGroupId: sg-web, Description: d, ContainerGroupName: c, Cpu: 1}}]";
    world.cloud.fault(Fault::on(CREATE, What::Reset));
    world.configuration("web", &deleting(shop()));
    world.start();
    world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
    world.cloud.seed(theirs).unwrap();
    world.pretend("asc-theirs", json!({"CreationTime": ""}));
    world.until_ready("web", "True/InSync");
    let status = world.status("web");
    assert_eq!((&status["origin"], world.calls(CREATE)), (&json!("Adopted"), 1));
    assert!(status["applied"].get("memory").is_some() && status["applied"].get("cpu").is_none(), "{}", status["applied"]);
    world.delete("web");
    world.until_gone("web");
    assert_eq!((world.named("asg-1", "shop"), world.calls(DELETE)), (vec!["asc-theirs".to_owned()], 0));
}

#[test]
fn a_creation_whose_answer_is_lost_is_found_again_and_stays_ours() {
    for (what, lag) in [
        (What::Timeout(None), "0s"),
        (What::Reset, "0s"),
        (What::error(500, "InternalError"), "0s"),
        (What::error(500, "InternalError"), "40s"),
        (What::error(500, "InternalError"), "100s"),
    ] {
        let mut world = World::of_configurations(SEED);
        world.cloud.seed(&format!("settings: {{readLag: {lag}}}")).unwrap();
        world.cloud.fault(Fault::on(CREATE, what.clone()).after());
        world.configuration("web", &deleting(shop()));
        world.start();
        world.until(minutes(15), "it is found", |world| world.ready("web") == "True/InSync");
        assert_eq!((&world.status("web")["origin"], world.acted(CREATE)), (&json!("Created"), 1), "{what:?} {lag}");
        world.delete("web");
        world.until_gone("web");
        assert_eq!(world.named("asg-1", "shop"), Vec::<String>::new(), "{what:?} {lag}");
    }
}

#[test]
fn a_creation_that_may_be_on_its_way_is_not_sent_again_for_a_minute() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::Reset).times(3));
    world.configuration("web", &shop());
    world.start();
    world.until(minutes(10), "it is made", |world| world.ready("web") == "True/InSync");
    let times: Vec<_> = world.said(CREATE).iter().map(|call| call.time).collect();
    assert_eq!((times.len(), world.acted(CREATE)), (4, 1));
    assert!(times.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_secs() >= 60), "{times:?}");
    assert_eq!(world.status("web")["origin"], "Created");
    for call in world.said(CREATE).windows(2) {
        let between = |other: &steward_cloudsim::Call| other.number > call[0].number && other.number < call[1].number;
        assert!(
            world.said(DESCRIBE).iter().any(|read| between(read) && read.parameters.contains_key("ScalingGroupId")),
            "it is looked for"
        );
    }
}

#[test]
fn a_creation_that_is_refused_is_tried_again_as_another_attempt() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::error(400, "QuotaExceeded.ScalingConfiguration")));
    world.configuration("web", &shop());
    world.start();
    world.until_ready("web", "False/QuotaExceeded");
    assert_eq!(world.status("web")["operations"][0]["state"], "Refused");
    assert_eq!(world.status("web")["lastError"]["code"], "QuotaExceeded.ScalingConfiguration");
    world.pass_in_steps(minutes(30), seconds(5));
    assert_eq!(world.calls(CREATE), 1, "a quota is not raised by asking");
    super::ask(&mut world, "web", "now");
    world.until_ready("web", "True/InSync");
    let entry = world.status("web")["operations"][0].clone();
    assert_eq!((&entry["state"], &entry["attempt"], &world.status("web")["lastError"]), (&json!("Done"), &json!(2), &Value::Null));
}

#[test]
fn retain_leaves_it_and_calls_nothing() {
    let mut world = settled(&shop());
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], Value::Null);
    world.api.delete("secrets", "default", "aliyun");
    world.cloud.clear_calls();
    world.delete("web");
    world.until_gone("web");
    assert!(world.cloud.calls().is_empty());
    the_one(&world, "shop");
}

#[test]
fn delete_deletes_what_steward_created_and_nothing_else() {
    let mut world = settled(&deleting(shop()));
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], json!(["cloudsteward.dev/undo"]));
    world.delete("web");
    world.until_gone("web");
    assert_eq!((world.named("asg-1", "shop").len(), world.calls(DELETE)), (0, 1));

    for spec in [bound(nginx("nginx:1.27")), named("web", nginx("nginx:1.27"))] {
        let mut world = settled(&deleting(spec));
        assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], Value::Null);
        world.delete("web");
        world.until_gone("web");
        assert_eq!((world.named("asg-1", "web").len(), world.calls(DELETE)), (1, 0));
    }
}

#[test]
fn what_the_cloud_does_not_let_go_blocks_the_deletion_and_says_the_way_out() {
    for (mood, word) in [(json!({"lifecycle": "Active"}), "works with"), (json!({"instances": 2}), "still exist")] {
        let mut world = settled(&deleting(shop()));
        let id = the_one(&world, "shop");
        let mut edit = mood.clone();
        edit["scalingConfiguration"] = json!(id);
        world.by_hand(json!({"set": edit}));
        world.delete("web");
        world.until(minutes(1), "it is blocked", |world| world.ready("web") == "False/DeleteBlocked");
        let message = world.message("web");
        let way_out = "kubectl annotate eciscalingconfigs/web -n default cloudsteward.dev/abandon=\"<reason>\"";
        assert!(message.contains(way_out) && message.contains(word), "{message}");
        assert_eq!(world.condition("web", "Stalled"), "True/DeleteBlocked");
        world.pass_in_steps(minutes(30), seconds(5));
        assert_eq!(world.calls(DELETE), 1, "it is asked for rarely");
        world.annotate("web", "cloudsteward.dev/abandon", "the group is going anyway");
        world.until_gone("web");
        the_one(&world, "shop");
        world.pass(seconds(5));
        told(&world, "Warning Abandoned");
    }
}

#[test]
fn who_lets_go_of_a_creation_on_its_way_is_told_its_run() {
    for while_it_goes in [true, false] {
        let mut world = World::of_configurations(SEED);
        world.cloud.fault(Fault::on(CREATE, What::Reset).forever());
        world.configuration("web", &deleting(shop()));
        world.start();
        world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
        world.pass(seconds(1));
        let run = world.status("web")["operations"][0]["run"].as_str().unwrap().to_owned();
        if while_it_goes {
            world.delete("web");
            world.pass(seconds(1));
        }
        world.annotate("web", "cloudsteward.dev/abandon", "never mind");
        world.pass(seconds(5));
        assert_eq!((world.get("web").is_none(), world.calls(DELETE)), (while_it_goes, 0));
        let events = world.events("web");
        assert!(events.iter().any(|event| event.starts_with("Warning Abandoned") && event.contains(&run)), "{events:#?}");
    }
}

#[test]
fn what_is_retained_goes_at_once_and_says_which_creation_may_be_on_its_way() {
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::Reset).forever());
    world.configuration("web", &shop());
    world.start();
    world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
    world.pass(seconds(1));
    let run = world.status("web")["operations"][0]["run"].as_str().unwrap().to_owned();
    let calls = world.cloud.calls().len();
    world.delete("web");
    world.pass(seconds(2));
    assert_eq!((world.get("web"), world.cloud.calls().len()), (None, calls), "no call is made for it");
    let events = world.events("web");
    assert!(events.iter().any(|event| event.starts_with("Warning Abandoned") && event.contains(&run)), "{events:#?}");

    // Once the outcome is known there is nothing to tell, and nothing that holds the object.
    let world = settled(&shop());
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], json!(null));
}

#[test]
fn a_deletion_that_was_blocked_goes_through_once_it_can() {
    let mut world = settled(&deleting(shop()));
    let id = the_one(&world, "shop");
    world.by_hand(json!({"set": {"scalingConfiguration": id, "instances": 1}}));
    world.delete("web");
    world.until(minutes(1), "it is blocked", |world| world.ready("web") == "False/DeleteBlocked");
    world.by_hand(json!({"set": {"scalingConfiguration": id, "instances": 0}}));
    world.pass_in_steps(minutes(62), seconds(5));
    assert!(world.get("web").is_none() && world.named("asg-1", "shop").is_empty());
}

#[test]
fn a_deletion_while_the_fate_of_the_creation_is_unknown_finds_and_deletes_it() {
    for lag in ["0s", "30s"] {
        let mut world = World::of_configurations(SEED);
        world.cloud.seed(&format!("settings: {{readLag: {lag}}}")).unwrap();
        world.cloud.fault(Fault::on(CREATE, What::Timeout(None)).after());
        world.configuration("web", &deleting(shop()));
        world.start();
        world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
        world.delete("web");
        world.until_gone("web");
        assert_eq!((world.acted(CREATE), world.named("asg-1", "shop").len()), (1, 0), "{lag}");
    }
    // One that never arrived: the object goes once nothing can be on its way any more.
    let mut world = World::of_configurations(SEED);
    world.cloud.fault(Fault::on(CREATE, What::Reset).forever());
    world.configuration("web", &deleting(shop()));
    world.start();
    world.until(seconds(10), "the call is out", |world| world.calls(CREATE) == 1);
    world.delete("web");
    world.pass(seconds(50));
    assert!(world.get("web").is_some(), "it may still be on its way");
    world.until_gone("web");
    assert_eq!((world.acted(CREATE), world.calls(DELETE)), (0, 0));
}

#[test]
fn one_found_by_name_that_is_deleted_by_hand_is_created_again_and_one_bound_by_id_is_not() {
    let mut world = settled(&deleting(shop()));
    let first = the_one(&world, "shop");
    world.by_hand(json!({"delete": {"scalingConfiguration": first}}));
    world.until(minutes(11), "there is a new one", |world| !world.named("asg-1", "shop").is_empty());
    world.until_ready("web", "True/InSync");
    let second = the_one(&world, "shop");
    let status = world.status("web");
    assert_ne!(first, second);
    assert_eq!(
        (&status["externalId"], &status["origin"], &status["operations"][0]["attempt"]),
        (&json!(second), &json!("Created"), &json!(2))
    );
    world.delete("web");
    world.until_gone("web");
    assert!(world.named("asg-1", "shop").is_empty());

    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.by_hand(json!({"delete": {"scalingConfiguration": "asc-1"}}));
    world.until(minutes(11), "it says so", |world| world.ready("web") == "False/NotFound");
    let status = world.status("web");
    assert_eq!((world.calls(CREATE), &status["lifecycleState"], &status["summary"]), (0, &Value::Null, &Value::Null));
}

#[test]
fn an_adopted_one_that_is_deleted_by_hand_is_created_and_from_then_on_ours() {
    let mut world = settled(&deleting(named("web", nginx("nginx:1.27"))));
    world.by_hand(json!({"delete": {"scalingConfiguration": "asc-1"}}));
    world.until(minutes(11), "there is a new one", |world| world.status("web")["origin"] == "Created");
    world.until_ready("web", "True/InSync");
    world.delete("web");
    world.until_gone("web");
    assert_eq!(world.named("asg-1", "web").len(), 0);
}

#[test]
fn a_status_of_a_newer_release_is_kept_and_nothing_is_done() {
    let entry = |state: &str| {
        json!([{
            "run": "r", "kind": "Create", "intentHash": "h", "requestFingerprint": "f", "holder": "p", "state": state,
            "startedAt": "2026-11-22T08:00:00Z", "attempt": 1, "group": "asg-1", "name": "shop",
        }])
    };
    for future in [json!({"origin": "Forked"}), json!({"operations": entry("Reserved")})] {
        let mut world = settled(&bound(nginx("nginx:1.27")));
        world.api.patch_json("eciscalingconfigs", "default", "web", &json!({"status": future}));
        world.cloud.clear_calls();
        world.edit("web", &json!({"configuration": nginx("nginx:1.28")}));
        world.until_ready("web", "False/UnsupportedStatus");
        world.pass(minutes(11));
        assert!(world.cloud.calls().is_empty());
        let status = world.status("web");
        for (name, value) in future.as_object().unwrap() {
            let kept = if name == "operations" { &status[name][0]["state"] } else { &status[name] };
            assert_eq!(kept, if name == "operations" { &value[0]["state"] } else { value }, "what is not understood is kept");
        }
    }
}

#[test]
fn what_a_newer_release_has_begun_is_not_lost_by_a_deletion_under_this_one() {
    let entry = json!({
        "run": "r-of-a-newer-release", "kind": "Create", "intentHash": "h", "requestFingerprint": "f", "holder": "p", "state": "Reserved",
        "startedAt": "2026-11-22T08:00:00Z", "attempt": 1, "group": "asg-1", "name": "shop",
    });
    for future in [json!({"origin": "Forked"}), json!({"origin": null, "operations": [entry]})] {
        let mut world = settled(&deleting(shop()));
        world.api.patch_json("eciscalingconfigs", "default", "web", &json!({"status": future}));
        world.cloud.clear_calls();
        world.delete("web");
        world.pass(minutes(11));
        assert!(world.cloud.calls().is_empty());
        assert_eq!(world.ready("web"), "False/DeleteBlocked", "it stays until somebody understands it");
        assert!(world.message("web").contains("UnsupportedStatus"), "{}", world.message("web"));
        world.annotate("web", "cloudsteward.dev/abandon", "never mind");
        world.until_gone("web");
        the_one(&world, "shop");
        world.pass(seconds(5));
        let has_run = future.get("operations").is_some();
        let events = world.events("web");
        let told = |event: &String| event.starts_with("Warning Abandoned") && event.contains("r-of-a-newer-release") == has_run;
        assert!(events.iter().any(told), "{events:#?}");
    }
}
