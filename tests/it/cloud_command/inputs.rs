//! Script and values, wherever they are kept: checked before anything is sent, taken down when they are first seen, and never mixed.

use super::{SEED, minutes, script, seconds, with};
use crate::world::World;
use crate::world::commands::RUN;
use serde_json::{Value, json};

fn from_map(key: &str) -> Value {
    let mut spec = script("", &["i-web1", "i-web2"]);
    spec["command"] = json!({"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": key}}});
    spec
}

#[test]
fn what_the_cloud_would_not_take_is_said_with_its_place_and_never_sent() {
    let mut world = World::of_commands(SEED);
    world.secret_with("app", &json!({"long": "x".repeat(20_000), "short": "abc", "binary": "ok"}));
    world.config_map("scripts", &json!({"long": "x".repeat(18_500), "empty": ""}));
    world.start();
    let secret = |name: &str, key: &str| json!({"name": name, "valueFrom": {"secretKeyRef": {"name": "app", "key": key}}});
    let with_parameters = |content: &str, parameters: Value| with(script(content, &["i-web1"]), &json!({"parameters": parameters}));
    let scheduled = |frequency: &str| with(script("echo", &["i-web1"]), &json!({"repeatMode": "Period", "frequency": frequency}));
    let mut kept = script(&"x".repeat(14_000), &["i-web1"]);
    kept["command"]["keepCommand"] = json!(true);
    let mut garbled = script("no base64!", &["i-web1"]);
    garbled["command"]["contentEncoding"] = json!("Base64");
    let mut slow = scheduled("rate(60s)");
    slow["command"]["timeoutSeconds"] = json!(60);
    let many = (0..21).map(|number| format!("{{{{p{number}}}}} ")).collect::<Vec<_>>().concat();
    for (name, spec, expected) in [
        ("map", from_map("long"), "spec.command.contentFrom: has 24668 bytes in Base64"),
        ("empty", from_map("empty"), "spec.command.contentFrom: is empty"),
        ("kept", kept, "takes 18432 with keepCommand"),
        ("garbled", garbled, "spec.command.content: is not Base64"),
        ("value", with_parameters("{{a}}", json!([secret("a", "long")])), "bytes in Base64 with its parameters"),
        ("absent", with_parameters("{{b}}", json!([secret("a", "short")])), "spec.parameters[a]: the script does not contain {{a}}"),
        ("names", with_parameters(&many, json!([{"name": "p1", "value": ""}])), "has 21 names in double braces"),
        (
            "pattern",
            with_parameters(
                "{{a}}",
                json!([{"name": "a", "valueFrom": {"secretKeyRef": {"name": "app", "key": "short"}}, "pattern": "[0-9]+"}]),
            ),
            "spec.parameters[a]: its value does not match the pattern",
        ),
        ("past", scheduled("at(2026-01-01 00:00:00 UTC)"), "spec.frequency: this moment is over"),
        ("often", scheduled("0/5 * * * * ?"), "spec.frequency: two runs are less than 10 seconds apart"),
        ("slow", slow, "spec.frequency: the interval must be longer than the timeout of 60 seconds"),
        ("zone", scheduled("0 0 3 ? * MON Asia/Nowhere"), "spec.frequency: Asia/Nowhere is no time zone"),
    ] {
        world.command(name, &spec);
        world.until_ready(name, "False/InvalidSpec");
        let message = world.message(name);
        assert!(message.contains(expected), "{name}: {message}");
        assert!(!message.contains("abc") && message.len() < 300, "{name}: {message}");
    }
    assert_eq!(world.calls(RUN), 0);
    // A correction in spec is another intent, and needs another trigger.
    world.edit("past", &json!({"frequency": "rate(5m)", "trigger": "corrected"}));
    world.until_ready("past", "True/Scheduled");
}

#[test]
fn braces_are_text_unless_somebody_asks_for_values() {
    let mut world = World::of_commands(SEED);
    world.start();
    let content = "docker ps --format '{{.Names}}'\necho {{ name }} {{ACS::InstanceId}}";
    world.command("literal", &script(content, &["i-web1"]));
    world.until_ready("literal", "True/Succeeded");
    let call = |world: &World, nth: usize| world.cloud.calls().into_iter().filter(|call| call.operation == RUN).nth(nth).unwrap();
    assert_eq!((call(&world, 0).parameters.get("EnableParameter"), world.ran()[0].content.as_str()), (None, content));
    assert_eq!(super::result(&world, "literal", "i-web1")["output"].as_str().map(str::trim), Some("{{ name }} {{ACS::InstanceId}}"));
    let mut enabled = script("echo {{ACS::InstanceId}}", &["i-web1"]);
    enabled["command"]["enableParameter"] = json!(true);
    world.command("enabled", &enabled);
    world.until_ready("enabled", "True/Succeeded");
    assert_eq!(super::result(&world, "enabled", "i-web1")["output"].as_str().map(str::trim), Some("i-web1"));
    let named = with(script("echo {{ name }}", &["i-web1"]), &json!({"parameters": [{"name": "name", "value": "Ada"}]}));
    world.command("named", &named);
    world.until_ready("named", "True/Succeeded");
    assert_eq!(call(&world, 2).parameters.get("EnableParameter").map(String::as_str), Some("true"));
    assert_eq!(super::result(&world, "named", "i-web1")["output"].as_str().map(str::trim), Some("Ada"));
}

#[test]
fn what_is_not_there_yet_is_waited_for() {
    let mut world = World::of_commands(SEED);
    world.start();
    world.command("hello", &from_map("script"));
    world.until_ready("hello", "False/DependencyNotReady");
    assert!(world.message("hello").contains("spec.command.contentFrom.configMapKeyRef"), "{}", world.message("hello"));
    world.config_map("scripts", &json!({"script": "echo hello"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!(world.ran()[0].content, "echo hello");
}

#[test]
fn an_edited_script_runs_nothing() {
    let mut world = World::of_commands(SEED);
    world.config_map("scripts", &json!({"script": "echo one"}));
    world.start();
    world.command("hello", &from_map("script"));
    world.until_ready("hello", "True/Succeeded");
    world.rewrite_config_map("scripts", &json!({"script": "echo two"}));
    world.pass(minutes(30));
    assert_eq!((world.ran().len(), world.ready("hello")), (1, "True/Succeeded".to_owned()));
    world.edit("hello", &json!({"trigger": "two"}));
    world.until_ready("hello", "True/Succeeded");
    let contents: Vec<String> = world.ran().into_iter().map(|one| one.content).collect();
    assert_eq!(contents, ["echo one", "echo two"]);
}

#[test]
fn a_script_that_changes_under_a_run_stops_the_rest_of_it() {
    let mut world = World::of_commands(SEED);
    world.config_map("scripts", &json!({"script": "echo one"}));
    world.start();
    world.command("hello", &with(from_map("script"), &json!({"rollout": {"maxConcurrent": 1}})));
    world.until(minutes(1), "the first has begun", |world| world.marks("i-web1") == 1);
    world.rewrite_config_map("scripts", &json!({"script": "echo two"}));
    // By then the poll has brought the change.
    world.crash();
    world.start();
    world.until_ready("hello", "False/InputsChanged");
    assert_eq!(world.condition("hello", "Stalled"), "True/InputsChanged");
    world.pass(minutes(30));
    assert_eq!((world.marks("i-web1"), world.marks("i-web2")), (1, 0));
    // Back to what it was: the rest may go.
    world.rewrite_config_map("scripts", &json!({"script": "echo one"}));
    world.until_ready("hello", "True/Succeeded");
    assert_eq!((world.marks("i-web1"), world.marks("i-web2")), (1, 1));
}

#[test]
fn a_script_is_taken_down_at_first_sight_also_if_it_must_wait() {
    // Suspended, or before its time: what runs later is what was there then, or nothing.
    for (wait, go) in [
        (json!({"suspend": true}), json!({"suspend": false})),
        (json!({"window": {"notBefore": "2026-11-22T09:00:00Z"}}), json!({"window": {"notBefore": "2026-11-22T08:00:00Z"}})),
    ] {
        let mut world = World::of_commands(SEED);
        world.config_map("scripts", &json!({"script": "echo one"}));
        world.start();
        world.command("hello", &with(from_map("script"), &wait));
        world.pass(seconds(60));
        let status = world.status("hello");
        assert!(status["intent"]["contents"].is_string() || status["nextIntent"]["contents"].is_string(), "{wait}: {status:#}");
        world.rewrite_config_map("scripts", &json!({"script": "echo two"}));
        world.pass(seconds(60));
        world.edit("hello", &go);
        world.until_ready("hello", "False/InputsChanged");
        world.pass(minutes(5));
        assert_eq!(world.calls(RUN), 0, "{wait}");
        world.edit("hello", &json!({"trigger": "two"}));
        world.until_ready("hello", "True/Succeeded");
        assert_eq!(world.ran()[0].content, "echo two");
    }
}

#[test]
fn a_new_trigger_under_suspension_is_a_first_sight_as_well() {
    let mut world = World::of_commands(SEED);
    world.config_map("scripts", &json!({"script": "echo one"}));
    world.start();
    world.command("hello", &from_map("script"));
    world.until_ready("hello", "True/Succeeded");
    world.edit("hello", &json!({"suspend": true, "trigger": "two"}));
    world.pass(seconds(60));
    world.rewrite_config_map("scripts", &json!({"script": "echo two"}));
    world.pass(seconds(60));
    world.edit("hello", &json!({"suspend": false}));
    world.until_ready("hello", "False/InputsChanged");
    assert_eq!(world.ran().len(), 1);
}

#[test]
fn a_digest_is_a_promise_about_the_script() {
    let mut world = World::of_commands(SEED);
    world.config_map("scripts", &json!({"script": "echo one"}));
    world.start();
    let mut spec = from_map("script");
    spec["command"]["contentFrom"]["sha256"] = json!("0".repeat(64));
    world.command("hello", &spec);
    world.until_ready("hello", "False/InvalidSpec");
    assert!(world.message("hello").starts_with("spec.command.contentFrom.sha256: "), "{}", world.message("hello"));
    assert_eq!(world.calls(RUN), 0);
}
