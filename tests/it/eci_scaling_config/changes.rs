//! A configuration that is there: what spec names is changed, and nothing else; what leaves spec goes; what somebody else changes is seen.

use super::{SEED, ask, bound, minutes, nginx, seconds, settled, told};
use crate::world::World;
use crate::world::configurations::MODIFY;
use serde_json::{Value, json};

#[test]
fn one_image_changes_and_a_sidecar_that_was_added_by_hand_survives() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    let containers = world.in_cloud("asc-1")["Containers"].clone();
    let expected = json!([
        {"Name": "nginx", "Image": "nginx:1.27", "Cpu": 0.5, "EnvironmentVars": [{"Key": "BY_HAND", "Value": "1"}]},
        {"Name": "shipper", "Image": "shipper:2.3", "VolumeMounts": [{"Name": "logs", "MountPath": "/logs"}]},
    ]);
    assert_eq!(containers, expected);
    assert_eq!(world.calls(MODIFY), 1);
    for (name, value) in [
        ("ScalingConfigurationId", "asc-1"),
        ("ScalingConfigurationName", "web"),
        ("Description", "the website"),
        ("SecurityGroupId", "sg-web"),
        ("ContainerGroupName", "web"),
    ] {
        assert_eq!(world.sent(name).get(name).map(String::as_str), Some(value), "goes with every Modify");
    }
    assert_eq!(world.sent("Cpu").len() + world.sent("Tags").len() + world.sent("Volumes").len(), 0, "what is not ours stays at home");
    let status = world.status("web");
    assert_eq!(
        (&status["origin"], &status["externalId"], &status["scalingGroupId"], &status["lifecycleState"]),
        (&json!("Bound"), &json!("asc-1"), &json!("asg-1"), &json!("Active"))
    );
    assert_eq!(status["summary"], json!({"cpu": 2.0, "memory": 4.0, "image": "nginx:1.27"}));
    assert_eq!(status["applied"], json!({"containers": {"nginx": {"image": {}}}}));
    assert_eq!((&status["history"][0]["operation"], &status["history"][0]["outcome"]), (&json!(MODIFY), &json!("modified")));
    assert_eq!((&status["convergence"], &status["drift"]), (&Value::Null, &Value::Null));
    told(&world, "Normal InSync: changed: containers[nginx].image. Instances that are running keep the old configuration");
    assert_eq!(world.get("web").unwrap()["metadata"]["finalizers"], Value::Null, "there is nothing to undo");
    world.pass(minutes(25));
    assert_eq!(world.calls(MODIFY), 1);
}

#[test]
fn a_variable_that_leaves_the_manifest_leaves_the_cloud_and_nobody_else_s() {
    let mode =
        json!({"containers": [{"name": "nginx", "environmentVars": [{"key": "MODE", "value": "prod"}, {"key": "LEVEL", "value": "3"}]}]});
    let mut world = settled(&bound(mode));
    let variables = |world: &World| {
        let all = world.in_cloud("asc-1")["Containers"][0]["EnvironmentVars"].clone();
        all.as_array().cloned().unwrap_or_default().iter().map(|one| one["Key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(variables(&world), ["BY_HAND", "MODE", "LEVEL"]);
    world.edit("web", &json!({"configuration": {"containers": [{"name": "nginx", "environmentVars": [{"key": "LEVEL", "value": "3"}]}]}}));
    world.until_ready("web", "True/InSync");
    assert_eq!(variables(&world), ["BY_HAND", "LEVEL"]);
    assert_eq!(world.calls(MODIFY), 2);
    let applied = world.status("web")["applied"]["containers"]["nginx"]["environmentVars"].clone();
    assert!(applied.get("MODE").is_none() && applied.get("LEVEL").is_some(), "{applied}");
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "an edit sets nothing right");
}

#[test]
fn a_container_of_ours_that_leaves_spec_goes_and_one_by_hand_loses_only_our_fields() {
    let mut world = settled(&bound(json!({"containers": [
        {"name": "nginx", "workingDir": "/srv"}, {"name": "extra", "image": "extra:1"},
    ]})));
    world.edit("web", &json!({"configuration": {"containers": null, "cpu": 2}}));
    world.until_ready("web", "True/InSync");
    let containers = world.in_cloud("asc-1")["Containers"].clone();
    let names: Vec<_> = containers.as_array().unwrap().iter().map(|one| one["Name"].clone()).collect();
    assert_eq!((names, &containers[0]["WorkingDir"]), (vec![json!("nginx"), json!("shipper")], &Value::Null));
}

#[test]
fn exclusive_removes_what_is_not_named() {
    let mut spec = bound(nginx("nginx:1.26"));
    spec["containerOwnership"] = json!("Exclusive");
    let world = settled(&spec);
    assert_eq!(world.in_cloud("asc-1")["Containers"], json!([{"Name": "nginx", "Image": "nginx:1.26"}]));
    assert_eq!(world.in_cloud("asc-1")["Volumes"], json!([{"Name": "logs", "Type": "EmptyDirVolume"}]));
}

#[test]
fn drift_is_found_by_the_next_sync_and_set_right() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.25"}));
    world.until(minutes(11), "it is right again", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.27");
    world.until_ready("web", "True/InSync");
    world.pass(seconds(5));
    told(&world, "Normal DriftCorrected: set right again: containers[nginx].image");
    assert_eq!(world.calls(MODIFY), 2);
    assert_eq!(world.status("web")["corrections"][0]["path"], "containers[nginx].image");
}

#[test]
fn drift_is_shown_while_it_cannot_be_set_right_and_told_once_it_is() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.25"}));
    world.cloud.fault(steward_cloudsim::Fault::on(MODIFY, steward_cloudsim::What::error(503, "ServiceUnavailable")).times(3));
    ask(&mut world, "web", "now");
    world.until(minutes(1), "drift is shown", |world| world.condition("web", "Drifted").starts_with("True"));
    assert_eq!(
        world.status("web")["drift"],
        json!([{"path": "spec.configuration.containers[nginx].image", "desired": "nginx:1.27", "observed": "nginx:1.25"}])
    );
    assert!(world.condition("web", "Synced").starts_with("False"));
    world.until_ready("web", "True/InSync");
    assert_eq!((world.condition("web", "Drifted").as_str(), &world.status("web")["drift"]), ("absent", &Value::Null));
    world.pass(seconds(5));
    told(&world, "Normal DriftCorrected: set right again");
    assert_eq!(world.status("web")["corrections"][0]["times"].as_array().map(Vec::len), Some(1), "tries that failed corrected nothing");
}

#[test]
fn observe_shows_drift_and_writes_nothing_also_when_it_goes() {
    let mut spec = bound(nginx("nginx:1.27"));
    spec["managementPolicy"] = json!("Observe");
    let mut world = World::of_configurations(SEED);
    world.configuration("web", &spec);
    world.start();
    world.until_ready("web", "False/DriftDetected");
    assert_eq!(
        (world.condition("web", "Synced"), world.condition("web", "Drifted"), world.condition("web", "Stalled")),
        ("False/DriftDetected".to_owned(), "True/DriftDetected".to_owned(), "True/DriftDetected".to_owned())
    );
    assert_eq!(world.status("web")["drift"][0]["observed"], "nginx:1.26");
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.27"}));
    world.until(minutes(11), "it sees that somebody did it", |world| world.ready("web") == "True/InSync");
    world.edit("web", &json!({"deletionPolicy": "Delete"}));
    world.delete("web");
    world.until_gone("web");
    assert!(world.cloud.calls().iter().all(|call| !call.acted));
    assert_eq!(world.calls(MODIFY), 0);
}

#[test]
fn what_cannot_be_compared_shows_no_drift() {
    let mut spec = bound(nginx("nginx:1.27"));
    spec["managementPolicy"] = json!("Observe");
    let mut world = World::of_configurations(SEED);
    world.configuration("web", &spec);
    world.start();
    world.until_ready("web", "False/DriftDetected");
    let missing = json!([{"key": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}}]);
    world.edit("web", &json!({"configuration": {"containers": [{"name": "nginx", "environmentVars": missing}]}}));
    world.until_ready("web", "False/DependencyNotReady");
    assert_eq!((world.condition("web", "Drifted").as_str(), &world.status("web")["drift"]), ("absent", &Value::Null));
}

#[test]
fn an_edit_that_had_to_wait_sets_nothing_right() {
    let edited = json!({"configuration": {"containers": [{"name": "nginx", "image": "nginx:1.28",
        "environmentVars": [{"key": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}}]}]}});
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.edit("web", &edited);
    world.until_ready("web", "False/DependencyNotReady");
    world.config_map("app", &json!({"mode": "prod"}));
    world.until(minutes(1), "it is made", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.28");
    world.until_ready("web", "True/InSync");
    let blind = steward_cloudsim::What::error(503, "ServiceUnavailable");
    world.cloud.fault(steward_cloudsim::Fault::on(crate::world::configurations::DESCRIBE, blind).times(40));
    world.edit("web", &json!({"configuration": nginx("nginx:1.29")}));
    world.until(minutes(40), "it is made", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.29");
    world.until_ready("web", "True/InSync");
    world.pass(seconds(5));
    assert_eq!(world.status("web")["corrections"], Value::Null);
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "{:#?}", world.events("web"));
}

#[test]
fn an_operator_that_only_observes_writes_nothing_and_creates_nothing() {
    let mut world = World::of_configurations(SEED);
    world.configure(|config| config.observe_only = true);
    world.configuration("web", &bound(nginx("nginx:1.27")));
    world.configuration("new", &super::named("new", json!({})));
    world.start();
    world.until_ready("web", "False/DriftDetected");
    world.until_ready("new", "False/DriftDetected");
    world.pass(minutes(11));
    assert!(world.cloud.calls().iter().all(|call| !call.acted && call.operation.starts_with("Describe") || call.service == "sts"));
}

#[test]
fn a_name_that_is_edited_after_binding_is_a_field_like_others() {
    let mut world = settled(&super::named("web", json!({})));
    assert_eq!(world.status("web")["origin"], "Adopted");
    world.edit("web", &json!({"configuration": {"scalingConfigurationName": "shop"}}));
    world.until(minutes(1), "it has the name", |world| world.in_cloud("asc-1")["ScalingConfigurationName"] == "shop");
    world.until_ready("web", "True/InSync");
    assert_eq!((world.calls(MODIFY), &world.status("web")["scalingConfigurationName"]), (1, &json!("shop")));
    assert_eq!(world.acted(crate::world::configurations::CREATE), 0);
}

#[test]
fn reads_that_lag_behind_a_modify_are_waited_for() {
    let mut world = World::of_configurations(SEED);
    world.cloud.seed("settings: {readLag: 20s}").unwrap();
    world.configuration("web", &bound(nginx("nginx:1.27")));
    world.start();
    world.until_ready("web", "False/AwaitingConsistency");
    assert_eq!(world.condition("web", "Drifted"), "absent", "what spec newly asks for is no drift");
    world.until_ready("web", "True/InSync");
    assert_eq!(world.calls(MODIFY), 1);
}

#[test]
fn a_modify_whose_answer_is_lost_is_found_to_hold() {
    use steward_cloudsim::{Fault, What};
    for what in [What::Timeout(None), What::Reset, What::error(500, "InternalError")] {
        let mut world = World::of_configurations(SEED);
        world.cloud.fault(Fault::on(MODIFY, what.clone()).after());
        world.configuration("web", &bound(nginx("nginx:1.27")));
        world.start();
        world.until_ready("web", "True/InSync");
        assert_eq!((world.acted(MODIFY), &world.status("web")["lastError"]), (1, &Value::Null), "{what:?}");
        world.edit("web", &json!({"configuration": {"containers": null, "cpu": 2}}));
        world.pass(minutes(1));
        assert_eq!(world.in_cloud("asc-1")["Containers"][0]["Image"], "nginx:1.27", "an image cannot be taken away");
        world.until_ready("web", "False/CannotClear");
    }
}

#[test]
fn suspended_it_neither_looks_nor_acts() {
    let mut world = settled(&bound(nginx("nginx:1.27")));
    world.edit("web", &json!({"suspend": true}));
    world.until(seconds(10), "it is suspended", |world| world.condition("web", "Suspended") == "True/Suspended");
    world.set_by_hand("asc-1", json!({"Containers.1.Image": "nginx:1.25"}));
    world.cloud.clear_calls();
    world.pass(minutes(25));
    assert!(world.cloud.calls().is_empty());
    world.edit("web", &json!({"suspend": false}));
    world.until(minutes(1), "it is right again", |world| world.in_cloud("asc-1")["Containers"][0]["Image"] == "nginx:1.27");
}

#[test]
fn a_zero_in_spec_is_sent_once_whether_the_cloud_shows_it_or_not() {
    for shown in ["zero", "omitted", "null"] {
        let mut world = World::of_configurations(SEED);
        world.cloud.seed(&format!("settings: {{emptyFields: {shown}}}")).unwrap();
        let root = json!({"containers": [{"name": "nginx", "securityContext": {"runAsUser": 0}}], "terminationGracePeriodSeconds": 0});
        world.configuration("web", &bound(root));
        world.start();
        world.until_ready("web", "True/InSync");
        world.pass(minutes(21));
        assert_eq!(world.calls(MODIFY), 1, "{shown}");
        let sent = [world.sent("Termination"), world.sent("Containers.1.SecurityContext")];
        assert!(sent.iter().all(|sent| sent.values().all(|value| value == "0") && sent.len() == 1), "{shown}: {sent:?}");
        world.set_by_hand("asc-1", json!({"TerminationGracePeriodSeconds": 30}));
        world.until(minutes(11), "it is set right", |world| world.calls(MODIFY) == 2);
        world.until_ready("web", "True/InSync");
    }
}
