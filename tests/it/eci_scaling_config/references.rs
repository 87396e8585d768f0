//! Values that spec points at: they reach the cloud, soon after they change, and nothing else.

use super::{SEED, ask, bound, minutes, seconds, settled};
use crate::world::configurations::MODIFY;
use crate::world::tap::Tap;
use crate::world::{CONFIGURATIONS, CREDENTIALS, World};
use serde_json::{Value, json};
use steward_cloudsim::{Edit, SettingsSeed};

const FIRST: &str = "canary-first-password";
const SECOND: &str = "canary-second-password";
const TOKEN: &str = "canary-token";

/// No value of a Secret is in what the API server has stored beside Secrets. For the log there are canaries.
#[track_caller]
fn nothing_got_out(world: &World) {
    let resources = [CONFIGURATIONS, CREDENTIALS, "events.events.k8s.io", "configmaps", "leases", "namespaces"];
    for object in resources.into_iter().flat_map(|resource| world.api.list_json(resource)) {
        let text = object.to_string();
        assert!([FIRST, SECOND, TOKEN].iter().all(|value| !text.contains(value)), "{object:#}");
    }
}

fn print(world: &World, path: &str) -> String {
    let prints = world.status("web")["secrets"].as_array().cloned().unwrap_or_default();
    prints.iter().find(|print| print["path"] == path).map(|print| print["hmac"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

fn registry(reference: Value) -> Value {
    let mut credential = reference;
    credential["server"] = json!("r.example");
    json!({"imageRegistryCredentials": [credential]})
}

fn pull() -> Value {
    registry(json!({"userName": "bob", "passwordSecretRef": {"name": "pull", "key": "password"}}))
}

/// The operator's way to Auto Scaling leads through a tap.
fn tapped() -> (World, Tap) {
    let world = World::of_configurations(SEED);
    let (url, tap) = (world.cloud.url(), Tap::on(&world.cloud.url()));
    let endpoints = json!([{"service": "ecs", "url": url}, {"service": "sts", "url": url}, {"service": "ess", "url": tap.url}]);
    world.edit_credential("default", &json!({ "endpoints": endpoints }));
    (world, tap)
}

#[test]
fn a_registry_password_that_is_rotated_is_in_the_cloud_within_a_minute_and_nowhere_else() {
    let (mut world, tap) = tapped();
    world.secret_with("pull", &json!({"password": format!("{FIRST}\n")}));
    world.configuration("web", &bound(pull()));
    world.start();
    world.until_ready("web", "True/InSync");
    let path = "imageRegistryCredentials[r.example].password";
    let before = print(&world, path);
    assert_eq!(before.len(), 64, "{before}");
    assert!(tap.heard().contains(&format!("ImageRegistryCredentials.1.Password={FIRST}&")), "in the form body, without the line break");
    assert_eq!((world.calls(MODIFY), world.in_cloud("asc-1")["ImageRegistryCredentials"][0]["UserName"].clone()), (1, json!("bob")));
    world.pass(minutes(25));
    assert_eq!(world.calls(MODIFY), 1, "what the cloud shows of a password is not looked at");

    world.rewrite_secret("pull", &json!({"password": SECOND}));
    tap.forget();
    world.until(minutes(1), "it is sent", |world| world.acted(MODIFY) == 2);
    world.until_ready("web", "True/InSync");
    assert!(tap.heard().contains(&format!("ImageRegistryCredentials.1.Password={SECOND}")));
    let addresses: Vec<String> = tap.heard().lines().filter(|line| line.contains("HTTP/1.1")).map(ToOwned::to_owned).collect();
    assert!(addresses.iter().any(|line| line.starts_with("POST / ")), "a Modify says nothing in its address: {addresses:?}");
    assert!(addresses.iter().all(|line| !line.contains("canary")), "{addresses:?}");
    assert_ne!(print(&world, path), before);
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "a rotation sets nothing right");
    world.pass(seconds(30));
    nothing_got_out(&world);
    world.pass(minutes(25));
    assert_eq!(world.calls(MODIFY), 2);
}

#[test]
fn a_docker_config_secret_gives_user_and_password() {
    let (mut world, tap) = tapped();
    let config = json!({"auths": {"https://r.example/v1/": {"username": "carol", "password": FIRST}}}).to_string();
    world.secret_with("pull", &json!({".dockerconfigjson": config}));
    world.configuration("web", &bound(registry(json!({"dockerConfigSecretRef": {"name": "pull"}}))));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.in_cloud("asc-1")["ImageRegistryCredentials"][0]["UserName"], "carol");
    assert!(tap.heard().contains(&format!("ImageRegistryCredentials.1.Password={FIRST}")));
    // As `kubectl create secret docker-registry` writes it: user and password in one.
    let auth = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("dave:{SECOND}"));
    world.rewrite_secret("pull", &json!({".dockerconfigjson": json!({"auths": {"r.example": {"auth": auth}}}).to_string()}));
    tap.forget();
    world.until(minutes(1), "it is sent", |world| world.in_cloud("asc-1")["ImageRegistryCredentials"][0]["UserName"] == "dave");
    assert!(tap.heard().contains(&format!("ImageRegistryCredentials.1.Password={SECOND}")));
    for (wrong, words) in [("not json", "is not what its type promises"), ("{\"auths\": {}}", "has no login for r.example")] {
        world.rewrite_secret("pull", &json!({".dockerconfigjson": wrong}));
        world.until(minutes(1), "it says so", |world| world.message("web").contains(words));
        assert_eq!(world.ready("web"), "False/InvalidSpec");
    }
    world.pass(seconds(30));
    nothing_got_out(&world);
}

/// Variables and files, from Secrets and ConfigMaps.
fn app() -> Value {
    json!({
        "containers": [{"name": "nginx", "environmentVars": [
            {"key": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "app", "key": "token"}}},
            {"key": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}},
        ]}],
        "volumes": [{"name": "conf", "type": "ConfigFileVolume", "configFileVolumeConfigFileToPath": [
            {"path": "app.yaml", "contentFrom": {"configMapKeyRef": {"name": "app", "key": "app.yaml"}}},
            {"path": "key.pem", "contentFrom": {"secretKeyRef": {"name": "app", "key": "key.pem"}}},
        ]}],
    })
}

fn with_app(world: &World) {
    world.secret_with("app", &json!({"token": TOKEN, "key.pem": FIRST}));
    world.config_map("app", &json!({"mode": "prod", "app.yaml": "a: 1\n"}));
}

fn variable(world: &World, key: &str) -> Value {
    let all = world.in_cloud("asc-1")["Containers"][0]["EnvironmentVars"].as_array().cloned().unwrap_or_default();
    all.iter().find(|one| one["Key"] == key).map(|one| one["Value"].clone()).unwrap_or_default()
}

/// What is in a file, after the base64 in which the cloud takes it.
fn file(world: &World, path: &str) -> String {
    let volumes = world.in_cloud("asc-1")["Volumes"].as_array().cloned().unwrap_or_default();
    let conf = volumes.iter().find(|one| one["Name"] == "conf").cloned().unwrap_or_default();
    let files = conf["ConfigFileVolumeConfigFileToPath"].as_array().cloned().unwrap_or_default();
    let content = files.iter().find(|one| one["Path"] == path).map(|one| one["Content"].clone()).unwrap_or_default();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, content.as_str().unwrap_or_default());
    String::from_utf8(bytes.expect("base64")).expect("text")
}

#[test]
fn variables_and_files_come_from_secrets_and_config_maps_and_follow_them() {
    let mut world = World::of_configurations(SEED);
    with_app(&world);
    world.configuration("web", &bound(app()));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!((variable(&world, "TOKEN"), variable(&world, "MODE")), (json!(TOKEN), json!("prod")));
    assert_eq!((file(&world, "app.yaml").as_str(), file(&world, "key.pem").as_str()), ("a: 1\n", FIRST));
    assert_eq!(variable(&world, "BY_HAND"), "1");
    // More changes of a ConfigMap than an hour has corrections: they are nobody's fight.
    for round in 2..=8 {
        world.rewrite_config_map("app", &json!({"app.yaml": format!("a: {round}\n"), "mode": format!("mode-{round}")}));
        world.until(minutes(1), "it is sent", |world| file(world, "app.yaml") == format!("a: {round}\n"));
        assert_eq!(variable(&world, "MODE"), format!("mode-{round}"));
        world.until_ready("web", "True/InSync");
    }
    world.rewrite_secret("app", &json!({"key.pem": SECOND}));
    world.until(minutes(1), "it is sent", |world| file(world, "key.pem") == SECOND);
    world.until_ready("web", "True/InSync");
    assert_eq!(world.status("web")["corrections"], Value::Null);
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "{:?}", world.events("web"));

    // Somebody else's value in the place of a secret one is drift, and neither is shown.
    world.set_by_hand("asc-1", json!({"Containers.1.EnvironmentVars.2.Value": SECOND}));
    assert_eq!(variable(&world, "TOKEN"), SECOND);
    world.cloud.fault(steward_cloudsim::Fault::on(MODIFY, steward_cloudsim::What::error(503, "ServiceUnavailable")).times(6));
    ask(&mut world, "web", "now");
    world.until(minutes(1), "drift is shown", |world| world.condition("web", "Drifted").starts_with("True"));
    let path = "spec.configuration.containers[nginx].environmentVars[TOKEN].value";
    assert_eq!(world.status("web")["drift"], json!([{"path": path, "desired": "(hidden)", "observed": "(hidden)"}]));
    world.until(minutes(5), "it is right again", |world| variable(world, "TOKEN") == TOKEN);
    world.until_ready("web", "True/InSync");
    world.pass(seconds(30));
    assert!(world.events("web").iter().any(|event| event.starts_with("Normal DriftCorrected")), "{:?}", world.events("web"));
    nothing_got_out(&world);
}

#[test]
fn what_was_so_already_and_changes_in_the_cloud_is_drift_and_in_the_config_map_is_not() {
    // The cloud holds the value before steward comes, so nothing is ever sent; it is known all the same.
    let spec = json!({"containers": [{"name": "nginx", "environmentVars": [
        {"key": "BY_HAND", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}},
    ]}]});
    let mut world = World::of_configurations(SEED);
    world.config_map("app", &json!({"mode": "1"}));
    world.configuration("web", &bound(spec));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(world.calls(MODIFY), 0);
    assert_eq!(print(&world, "containers[nginx].environmentVars[BY_HAND].value").len(), 64);
    world.rewrite_config_map("app", &json!({"mode": "2"}));
    world.until(minutes(1), "it is sent", |world| variable(world, "BY_HAND") == "2");
    world.until_ready("web", "True/InSync");
    world.pass(seconds(5));
    assert!(world.events("web").iter().all(|event| !event.contains("DriftCorrected")), "{:?}", world.events("web"));
    world.set_by_hand("asc-1", json!({"Containers.1.EnvironmentVars.1.Value": "3"}));
    world.until(minutes(11), "it is right again", |world| variable(world, "BY_HAND") == "2");
    world.until_ready("web", "True/InSync");
    world.pass(seconds(5));
    assert!(world.events("web").iter().any(|event| event.contains("DriftCorrected")), "{:?}", world.events("web"));
}

#[test]
fn a_secret_that_is_missing_is_named_and_once_it_is_there_all_is_well_within_a_minute() {
    let mut world = World::of_configurations(SEED);
    world.config_map("app", &json!({"mode": "prod", "app.yaml": "a: 1\n"}));
    world.configuration("web", &bound(app()));
    world.start();
    world.until_ready("web", "False/DependencyNotReady");
    let message = world.message("web");
    let field = "spec.configuration.containers[nginx].environmentVars[TOKEN].value";
    assert!(message.contains(field) && message.contains("Secret app does not exist"), "{message}");
    assert_eq!((world.condition("web", "Stalled").as_str(), world.calls(MODIFY)), ("True/DependencyNotReady", 0));
    world.secret_with("app", &json!({"token": TOKEN}));
    world.until(minutes(1), "the next is named", |world| world.message("web").contains("Secret app has no key key.pem"));
    world.rewrite_secret("app", &json!({"key.pem": FIRST}));
    world.until(minutes(1), "it is well", |world| world.ready("web") == "True/InSync");
    assert_eq!(variable(&world, "TOKEN"), TOKEN);
    // And one that goes again takes nothing with it.
    world.api.delete("secrets", "default", "app");
    world.until(minutes(1), "it is missed", |world| world.ready("web") == "False/DependencyNotReady");
    assert_eq!((variable(&world, "TOKEN"), world.calls(MODIFY)), (json!(TOKEN), 1));
}

#[test]
fn a_value_that_is_too_long_is_named_and_not_shown() {
    let mut world = World::of_configurations(SEED);
    with_app(&world);
    world.configuration("web", &bound(app()));
    world.start();
    world.until_ready("web", "True/InSync");
    for (key, value, words) in [
        ("token", TOKEN.repeat(30), "longer than 256 characters"),
        ("key.pem", FIRST.repeat(2000), "larger than 32768 bytes"),
        ("token", "ü".repeat(257), "longer than 256 characters"),
    ] {
        world.rewrite_secret("app", &json!({ key: value }));
        world.until(minutes(1), "it says so", |world| world.ready("web") == "False/InvalidSpec");
        let message = world.message("web");
        assert!(message.contains(words) && message.contains(&format!("key {key} of Secret app")), "{message}");
        world.rewrite_secret("app", &json!({"token": "ü".repeat(256), "key.pem": FIRST}));
        world.until(minutes(1), "it is well", |world| world.ready("web") == "True/InSync");
    }
    nothing_got_out(&world);
}

fn passwords(world: &World, how: &str) {
    let settings: SettingsSeed = serde_json::from_value(json!({ "passwords": how })).expect("a setting");
    world.cloud.edit(Edit::Settings(settings)).expect("an edit");
}

#[test]
fn a_password_of_somebody_else_is_carried_along_or_the_list_stays_at_home() {
    let (mut world, tap) = tapped();
    world.set_by_hand("asc-1", json!({"ImageRegistryCredentials": [{"Server": "other.example", "UserName": "eve", "Password": SECOND}]}));
    passwords(&world, "masked");
    world.secret_with("pull", &json!({"password": FIRST}));
    let mut spec = pull();
    spec["cpu"] = json!(3);
    world.configuration("web", &bound(spec));
    world.start();
    world.until_ready("web", "False/CannotMerge");
    let message = world.message("web");
    assert!(message.contains("imageRegistryCredentials[other.example].password"), "{message}");
    assert_eq!(world.in_cloud("asc-1")["Cpu"], 3.0, "the rest need not wait for it");
    assert!(!tap.heard().contains("ImageRegistryCredentials."));
    ask(&mut world, "web", "now");
    world.pass(minutes(25));
    assert_eq!((world.ready("web").as_str(), world.calls(MODIFY)), ("False/CannotMerge", 1), "what stayed at home was not sent");
    passwords(&world, "shown");
    world.until(minutes(11), "it is sent", |world| world.ready("web") == "True/InSync");
    let heard = tap.heard();
    for part in ["Server=other.example", "UserName=eve", &format!("Password={SECOND}"), &format!("Password={FIRST}")] {
        assert!(heard.contains(part), "{part}");
    }
    assert_eq!(world.in_cloud("asc-1")["ImageRegistryCredentials"].as_array().map(Vec::len), Some(2));
    world.pass(seconds(30));
    nothing_got_out(&world);
}

#[test]
fn what_is_settled_with_references_comes_through_a_restart_without_a_call() {
    let mut world = settled_with_app();
    world.crash();
    world.start();
    world.pass(minutes(11));
    assert_eq!((world.ready("web").as_str(), world.calls(MODIFY)), ("True/InSync", 1));
}

fn settled_with_app() -> World {
    let mut world = settled(&bound(json!({})));
    with_app(&world);
    world.secret_with("pull", &json!({"password": FIRST}));
    let mut spec = app();
    spec["imageRegistryCredentials"] = pull()["imageRegistryCredentials"].clone();
    world.edit("web", &json!({ "configuration": spec }));
    world.until_ready("web", "True/InSync");
    world
}

#[test]
fn a_password_that_only_somebody_else_has_sent_is_no_drift_for_who_observes_and_is_sent_by_who_manages() {
    let login = "ImageRegistryCredentials: [{Server: r.example, UserName: bob, Password: theirs}]\n      Tags:";
    let mut spec = bound(pull());
    spec["managementPolicy"] = json!("Observe");
    let mut world = World::of_configurations(&SEED.replace("Tags:", login));
    world.secret_with("pull", &json!({"password": FIRST}));
    world.configuration("web", &spec);
    world.start();
    world.until_ready("web", "True/InSync");
    world.pass(minutes(11));
    assert_eq!(
        (world.ready("web").as_str(), world.condition("web", "Drifted").as_str(), world.calls(MODIFY)),
        ("True/InSync", "absent", 0)
    );
    assert_eq!(world.status("web")["secrets"], Value::Null, "nobody knows what the cloud has");
    world.edit("web", &json!({"managementPolicy": "Manage"}));
    world.until(minutes(1), "it is sent", |world| world.acted(MODIFY) == 1);
    world.until_ready("web", "True/InSync");
    world.pass(minutes(11));
    assert_eq!(world.calls(MODIFY), 1);
    nothing_got_out(&world);
}
