use super::*;
use serde_json::{Value, json};

fn spec(change: &Value) -> CloudCommandSpec {
    let mut spec = json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "echo {{ name }}"}});
    for (field, value) in change.as_object().unwrap() {
        if field == "command" {
            spec["command"].as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        } else {
            spec[field] = value.clone();
        }
    }
    serde_json::from_value(spec).unwrap()
}

/// What is wrong with spec, if its references hold this.
fn mistake_of(spec: &CloudCommandSpec, content: &[u8], parameters: &[(&str, &[u8])]) -> Option<String> {
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    check(spec, &Resolved { content, parameters }, now).err().map(|flaw| flaw.to_string())
}

/// What is wrong with a spec that has everything in itself.
fn mistake(change: &Value) -> Option<String> {
    let spec = spec(change);
    let content = spec.command.content.clone().unwrap();
    let parameters: Vec<(&str, &[u8])> =
        spec.parameters.iter().map(|parameter| (parameter.name.as_str(), parameter.value.as_deref().unwrap().as_bytes())).collect();
    mistake_of(&spec, content.as_bytes(), &parameters)
}

fn named(name: &str, value: &str) -> Value {
    json!([{"name": name, "value": value}])
}

/// A script with this in double braces, filled in.
fn asks_for(name: &str) -> Value {
    json!({"command": {"content": format!("echo {{{{{name}}}}}"), "enableParameter": true}})
}

/// A script that runs in a container.
fn inside(content: &str) -> Value {
    json!({"command": {"content": content, "containerName": "app"}})
}

#[test]
fn what_can_run_has_no_mistake() {
    for fine in [
        json!({}),
        json!({"parameters": named("name", "")}),
        json!({"parameters": named("NAME", "x")}),
        json!({"parameters": named("name", "x"), "command": {"content": "echo {{\n name\n}}"}}),
        json!({"parameters": [{"name": "name", "value": "3.0.15", "pattern": "[0-9.]+"}]}),
        json!({"parameters": [{"name": "name", "value": "ab", "pattern": "a|ab"}]}),
        json!({"command": {"contentEncoding": "Base64", "content": "dXB0aW1l"}}),
        json!({"command": {"contentEncoding": "Base64", "content": "dXB0\naW1l\n"}}),
        asks_for(&"n".repeat(64)),
        asks_for("acs::instancename"),
        json!({"parameters": named("name", "x"), "command": {"content": "curl -d '{\"a\":{\"b\":{{name}}}}' \"${{{ name }}}\""}}),
        inside("uptime"),
        json!({"targets": {"resourceTags": [{"key": "role"}]}, "rollout": {"maxFailures": 0}}),
        inside("#!/bin/sh -e\nuptime"),
        inside("#!/usr/bin/env bash\nuptime"),
        json!({"command": {"content": "#!/usr/bin/python3\nprint(1)"}}),
        // Names mean nothing unless they are to be filled in.
        json!({"command": {"content": "docker ps --format '{{.ID}} {{json .}}'"}}),
        json!({"command": {"content": "echo {{ACS::InstanceId}} {{other}}", "enableParameter": true}}),
        json!({"repeatMode": "Period", "frequency": "rate(5m)"}),
        json!({"repeatMode": "Period", "frequency": "rate(60s)", "command": {"timeoutSeconds": 59}}),
    ] {
        assert_eq!(mistake(&fine), None, "{fine}");
    }
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let eleven: Vec<Value> = (0..11).map(|number| json!({"name": format!("n{number}"), "value": ""})).collect();
    let names = (0..21).map(|number| format!("{{{{n{number}}}}}")).collect::<Vec<_>>().concat();
    let table = [
        (json!({"parameters": named("other", "")}), "spec.parameters[other]: the script does not contain {{other}}"),
        (json!({"parameters": named("name", ""), "command": {"content": "echo {name} {{na me}}"}}), "the script does not contain {{name}}"),
        (json!({"parameters": eleven}), "spec.parameters: must not be more than 10"),
        (json!({"parameters": [{"name": "name", "value": ""}, {"name": "Name", "value": ""}]}), "spec.parameters[Name]: is there twice"),
        (json!({"command": {"content": names, "enableParameter": true}}), "spec.command.content: has 21 names"),
        (asks_for(&"n".repeat(65)), "spec.command.content: has double braces with something else than a name"),
        (asks_for("ACS::Password"), "something else than a name"),
        (asks_for("ACS::"), "something else than a name"),
        (asks_for(".ID"), "something else than a name"),
        (asks_for(" \n"), "something else than a name"),
        (asks_for("na me"), "something else than a name"),
        (inside("#!/usr/bin/python3\nprint(1)"), "spec.command.content: names an interpreter in its first line"),
        (inside("#!/usr/bin/env perl"), "names an interpreter"),
        (
            json!({"targets": {"resourceTags": [{"key": "role"}]}, "rollout": {"maxConcurrent": 1}}),
            "spec.rollout.maxConcurrent: targets.resourceTags are one call",
        ),
        (
            json!({"parameters": [{"name": "name", "value": "a b", "pattern": "[a-z]"}]}),
            "spec.parameters[name]: its value does not match the pattern",
        ),
        (json!({"parameters": [{"name": "name", "value": "a\n", "pattern": "a"}]}), "does not match the pattern"),
        (json!({"parameters": [{"name": "name", "value": "xa", "pattern": "b|a"}]}), "does not match the pattern"),
        (json!({"parameters": [{"name": "name", "value": "a", "pattern": "a)|(?:.*"}]}), "spec.parameters[name].pattern: is not a regular"),
        (json!({"parameters": [{"name": "name", "value": "a", "pattern": "("}]}), "spec.parameters[name].pattern: is not a regular"),
        (json!({"parameters": [{"name": "name", "value": "a", "pattern": "(?:a{999}){999}"}]}), "or too large a one"),
        (json!({"command": {"contentEncoding": "Base64", "content": "uptime!"}}), "spec.command.content: is not Base64"),
        (json!({"command": {"contentEncoding": "Base64", "content": "\n"}}), "spec.command.content: is empty"),
        (json!({"command": {"launcher": "ä".repeat(513)}}), "spec.command.launcher: must not have more than 1024 bytes"),
        (json!({"repeatMode": "Period", "frequency": "rate(60s)"}), "spec.frequency: the interval must be longer than the timeout of 60"),
        (json!({"repeatMode": "Period", "frequency": "rate(5x)"}), "spec.frequency: an interval is a number"),
    ];
    for (change, expected) in table {
        let said = mistake(&change).unwrap_or_default();
        assert!(said.contains(expected), "{change}: {said}");
    }
}

#[test]
fn the_size_counts_in_base64_with_what_the_parameters_bring() {
    let plain = |bytes: usize| json!({"command": {"content": "a".repeat(bytes)}});
    let kept = |bytes: usize| json!({"command": {"content": "a".repeat(bytes), "keepCommand": true}});
    let encoded = |bytes: usize| json!({"command": {"content": STANDARD.encode("a".repeat(bytes)), "contentEncoding": "Base64"}});
    for fits in [plain(18_432), kept(13_824), encoded(18_432)] {
        assert_eq!(mistake(&fits), None);
    }
    for (too_long, most) in [(plain(18_433), "24576"), (kept(13_825), "18432 with keepCommand"), (encoded(18_433), "24576")] {
        let said = mistake(&too_long).unwrap_or_default();
        assert!(said.starts_with("spec.command.content: has ") && said.ends_with(&format!("the cloud takes {most}")), "{said}");
    }
    // {"name":"…"} has 11 bytes besides the value.
    let with_value = |value: usize| json!({"parameters": named("name", &"v".repeat(value)), "command": {"content": "{{name}}"}});
    assert_eq!(mistake(&with_value(18_432 - 11 - 8)), None);
    assert!(mistake(&with_value(18_432 - 11 - 7)).is_some());
    // The same value in many places.
    let filled = |times: usize| json!({"parameters": named("name", &"v".repeat(1000)), "command": {"content": "{{ NAME }}".repeat(times)}});
    assert_eq!(mistake(&filled(18)), None);
    assert!(mistake(&filled(19)).is_some());
}

#[test]
fn what_is_kept_elsewhere_is_checked_as_it_is_there() {
    let from = |change: &Value| {
        let mut spec = json!({
            "targets": {"instanceIds": ["i-1"]},
            "command": {"type": "RunShellScript", "contentFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
        });
        for (field, value) in change.as_object().unwrap() {
            spec["command"][field] = value.clone();
        }
        serde_json::from_value::<CloudCommandSpec>(spec).unwrap()
    };
    let with_digest = |digest: &str| from(&json!({"contentFrom": {"secretKeyRef": {"name": "s", "key": "k"}, "sha256": digest}}));
    assert_eq!(mistake_of(&from(&json!({})), b"uptime\n", &[]), None);
    assert_eq!(mistake_of(&with_digest(&hash(b"uptime\n")), b"uptime\n", &[]), None);
    let said = mistake_of(&with_digest(&hash(b"uptime\n")), b"uptime", &[]).unwrap();
    assert!(said.starts_with("spec.command.contentFrom.sha256: ") && said.contains("another digest"), "{said}");
    let said = mistake_of(&from(&json!({})), b"\xff\xfe", &[]).unwrap();
    assert!(said.starts_with("spec.command.contentFrom: is not text"), "{said}");
    let said = mistake_of(&from(&json!({"contentEncoding": "Base64"})), b"\xff", &[]).unwrap();
    assert!(said.starts_with("spec.command.contentFrom: is not Base64"), "{said}");
    assert!(mistake_of(&from(&json!({})), b"", &[]).unwrap().contains("is empty"));
}

#[test]
fn no_message_has_a_value_in_it() {
    let secret = "hunter2hunter2";
    let parameters = json!([{"name": "name", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}, "pattern": "[0-9]+"}]);
    let mistakes = [
        mistake_of(&spec(&json!({"parameters": parameters})), b"echo {{name}}", &[("name", secret.as_bytes())]),
        mistake_of(&spec(&json!({"parameters": parameters})), secret.as_bytes(), &[("name", secret.as_bytes())]),
        mistake_of(&spec(&json!({"parameters": parameters})), b"echo {{name}}", &[("name", b"hunter2\xff")]),
        mistake_of(&spec(&json!({"command": {"contentEncoding": "Base64"}})), b"hunter2!", &[]),
        mistake_of(&spec(&json!({})), secret.repeat(2000).as_bytes(), &[]),
    ];
    for mistake in mistakes {
        let said = mistake.unwrap();
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn names_are_filled_in_only_where_somebody_asks_for_it() {
    assert!(!fills_in_names(&spec(&json!({}))));
    assert!(fills_in_names(&spec(&json!({"command": {"enableParameter": true}}))));
    assert!(fills_in_names(&spec(&json!({"parameters": named("name", "")}))));
}

#[test]
fn the_names_of_a_script_are_those_that_are_filled_in() {
    let content = "echo {{ Name }} {{ACS::InstanceId}} {{a b}} {c}";
    let named: Vec<String> = names(&spec(&json!({"command": {"enableParameter": true}})), content.as_bytes()).into_iter().collect();
    assert_eq!(named, ["acs::instanceid", "name"]);
    let encoded = spec(&json!({"command": {"enableParameter": true, "contentEncoding": "Base64"}}));
    assert_eq!(names(&encoded, STANDARD.encode("{{ACS::InvokeId}}").as_bytes()).len(), 1);
    assert!(names(&spec(&json!({})), content.as_bytes()).is_empty());
}

#[test]
fn parameters_go_to_the_cloud_as_a_json_object() {
    let resolved = Resolved { content: b"", parameters: &[("b", b"say \"x\"\n"), ("a", b"")] };
    assert_eq!(parameters_text(&resolved), r#"{"a":"","b":"say \"x\"\n"}"#);
}
