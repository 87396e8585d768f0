//! What the API server makes of a `CloudCommand` by itself. The rules have a table of their own beside the types; here is what only a real API
//! server says: limits of numbers and lists, words that do not exist, and that the rules are cheap enough for it with the longest script and the
//! most targets.

use super::cloud_command::{PATCH, ROTATE, UPTIME};
use super::real::{ExpectSuccess as _, applied};
use super::refusals::control_plane;
use serde_json::{Value, json};
use steward_playground::{Kubectl, Said};

fn object(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCommand", "metadata": {"name": name, "namespace": "default"}, "spec": spec})
}

fn least(change: &Value) -> Value {
    let mut spec = json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "uptime"}});
    for (field, value) in change.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    spec
}

fn command(field: &str, value: &Value) -> Value {
    json!({"command": {"type": "RunShellScript", "content": "uptime", field: value}})
}

/// What is different from the least command, the field, and more words that the refusal has.
fn refused() -> Vec<(Value, &'static str, &'static str)> {
    let ids: Vec<String> = (0..1001).map(|number| format!("i-{number}")).collect();
    let tags = |count: usize| (0..count).map(|number| json!({"key": format!("k{number}")})).collect::<Vec<_>>();
    let parameters: Vec<Value> = (0..11).map(|number| json!({"name": format!("p{number}"), "value": ""})).collect();
    let long = |length: usize| json!("l".repeat(length));
    vec![
        (json!({"targets": {"instanceIds": ids}}), "spec.targets.instanceIds", "at most 1000"),
        (json!({"targets": {"instanceIds": ["i-1", "i-1"]}}), "spec.targets.instanceIds[1]", "Duplicate value"),
        (json!({"targets": {"resourceTags": tags(11)}}), "spec.targets.resourceTags", "at most 10"),
        (json!({"targets": {"instanceSelector": {"tags": []}}}), "spec.targets.instanceSelector.tags", "at least 1"),
        (json!({"targets": {}}), "spec.targets", "exactly one of instanceIds, resourceTags and instanceSelector"),
        (json!({"tags": tags(19)}), "spec.tags", "at most 18"),
        (json!({"tags": [{"key": "a"}, {"key": "a", "value": "b"}]}), "spec.tags[1]", "Duplicate value"),
        (json!({"tags": [{"key": "steward-object", "value": "x"}]}), "spec.tags", "steward's own"),
        (json!({"parameters": parameters}), "spec.parameters", "at most 10"),
        (json!({"parameters": [{"name": "a", "value": ""}, {"name": "A", "value": ""}]}), "spec.parameters", "one name to the cloud"),
        (json!({"parameters": [{"name": "a b", "value": ""}]}), "spec.parameters[0].name", "letters, digits"),
        (json!({"trigger": long(257)}), "spec.trigger", "256"),
        (json!({"repeatMode": "DryRun"}), "spec.repeatMode", "EveryReboot"),
        (json!({"repeatMode": "Period"}), "spec.frequency", "needs spec.frequency"),
        (json!({"frequency": "rate(5m)"}), "spec.repeatMode", "also write repeatMode: Period"),
        (json!({"frequency": long(257), "repeatMode": "Period"}), "spec.frequency", "256"),
        (json!({"ossOutputDelivery": "logs/a"}), "spec.ossOutputDelivery", "a bucket and a prefix"),
        (json!({"window": {"notBefore": "2030-01-31"}}), "spec.window.notBefore", "notBefore"),
        (json!({"window": {"notBefore": "2030-01-31T02:00:00Zt9"}}), "spec.window.notBefore", "notBefore"),
        (json!({"window": {"notAfter": "1999-12-31T23:59:59Z"}}), "spec.window.notAfter", "notAfter"),
        (
            json!({"window": {"notBefore": "2030-01-31T02:00:00Z", "notAfter": "2030-01-31T02:00:00+08:00"}}),
            "spec.window",
            "notAfter must be later than notBefore",
        ),
        (json!({"rollout": {"maxConcurrent": 0}}), "spec.rollout.maxConcurrent", "a number of targets from 1"),
        (json!({"rollout": {"maxFailures": "half"}}), "spec.rollout.maxFailures", "from 0% to 100%"),
        (json!({"onUnfitTarget": "Ignore"}), "spec.onUnfitTarget", "Skip"),
        (json!({"output": {"tailBytes": 24_577}}), "spec.output.tailBytes", "24576"),
        (json!({"output": {"capture": "Head"}}), "spec.output.capture", "Tail"),
        (json!({"resultsTTL": "1 day"}), "spec.resultsTTL", "resultsTTL"),
        (json!({"deletionPolicy": "Orphan"}), "spec.deletionPolicy", "Retain"),
        (command("name", &long(129)), "spec.command.name", "128"),
        (command("description", &long(513)), "spec.command.description", "512"),
        (command("workingDir", &long(201)), "spec.command.workingDir", "200"),
        (command("username", &long(256)), "spec.command.username", "255"),
        (command("launcher", &json!("ä".repeat(513))), "spec.command.launcher", "1024 bytes"),
        (command("content", &long(24_577)), "spec.command.content", "24576"),
        (command("type", &json!("RunPythonScript")), "spec.command.type", "RunPowerShellScript"),
        (command("contentEncoding", &json!("base64")), "spec.command.contentEncoding", "Base64"),
        (command("timeoutSeconds", &json!(0)), "spec.command.timeoutSeconds", "greater than or equal to 1"),
        (command("terminationMode", &json!("Tree")), "spec.command.terminationMode", "ProcessTree"),
        (command("containerId", &json!("abc")), "spec.command.containerId", "64 hexadecimal digits"),
        (command("contentFrom", &json!({"configMapKeyRef": {"name": "a", "key": "b"}})), "spec.command", "exactly one of content"),
        (json!({"timed": true}), "spec.timed", "unknown field"),
    ]
}

fn complaint(what: &Value, said: &Said, words: &[&str]) -> Option<String> {
    let missing: Vec<_> = words.iter().filter(|word| !said.stderr.contains(**word)).collect();
    let what: String = what.to_string().chars().take(200).collect();
    let heard: String = said.stderr.chars().take(600).collect();
    (said.success || !missing.is_empty()).then(|| format!("{what}: accepted: {}, not said: {missing:?}, said: {heard}", said.success))
}

#[test]
fn a_command_that_could_not_run_as_it_is_meant_is_refused_with_a_message_that_names_the_field() {
    let control_plane = control_plane();
    let wrong: Vec<String> = refused()
        .into_iter()
        .filter_map(|(change, field, word)| {
            let said = applied(control_plane.kubectl(), &object("bad", &least(&change)).to_string());
            complaint(&change, &said, &[field, word])
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_manuals_manifests_apply_as_they_are() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    // The `on` in one of them has no quotation marks: kubectl takes it for another word.
    let manifests = [UPTIME, PATCH, ROTATE].join("---\n");
    applied(kubectl, &manifests).expect_success();
    kubectl.apply(&manifests).expect("server-side as well");
    let spec = json!({
        "credentialRef": {"name": "default"}, "targets": {"instanceIds": ["i-web1"]},
        "command": {"type": "RunShellScript", "content": "uptime", "contentEncoding": "PlainText", "keepCommand": false, "enableParameter": false},
        "repeatMode": "Once", "onUnfitTarget": "Fail", "output": {"tailBytes": 2048}, "deletionPolicy": "Delete", "cancel": false, "suspend": false,
    });
    let uptime = get(kubectl, "uptime");
    assert_eq!((&uptime["spec"], &uptime["status"]), (&spec, &json!({"observedGeneration": -1})));
    let patch: cloud_steward::api::CloudCommand = serde_json::from_value(get(kubectl, "patch-openssl")).expect("as steward reads it");
    assert_eq!(patch.spec.output.capture_on(), cloud_steward::api::cloud_command::conduct::CaptureOn::Always);
    let listed = kubectl.ok(&["get", "ccmd"]).expect("a list");
    let columns = listed.lines().next().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(columns.as_deref(), Some("NAME READY REASON DONE FAILED LAST-RUN NEXT-RUN AGE"));
}

fn get(kubectl: &Kubectl, name: &str) -> Value {
    serde_json::from_str(&kubectl.ok(&["get", "ccmd", name, "-o", "json"]).expect("it exists")).expect("JSON")
}

/// Everything that the rule on `trigger` compares, as long as it can be.
fn longest() -> Value {
    let tag = |number: usize| json!({"key": format!("{number:0>64}"), "value": "v".repeat(128)});
    let parameter = |number: usize| json!({"name": format!("{number:0>64}"), "value": "v".repeat(24_576), "pattern": "p".repeat(256)});
    least(&json!({
        "targets": {"instanceIds": (0..1000).map(|number| format!("i-{number:0>30}")).collect::<Vec<_>>()},
        "command": {
            "type": "RunShellScript", "content": "c".repeat(24_576), "name": "n".repeat(128), "description": "d".repeat(512),
            "workingDir": "w".repeat(200), "username": "u".repeat(255), "launcher": "l".repeat(1024),
        },
        "parameters": (0..10).map(parameter).collect::<Vec<_>>(),
        "tags": (0..18).map(tag).collect::<Vec<_>>(),
        "trigger": "t".repeat(256),
        "repeatMode": "Period",
        "frequency": "f".repeat(256),
        "resourceGroupId": "r".repeat(64),
        "ossOutputDelivery": format!("oss://logs/{}", "o".repeat(501)),
    }))
}

#[test]
fn the_longest_command_can_be_edited_and_what_runs_changes_only_with_the_trigger() {
    let control_plane = control_plane();
    let kubectl = control_plane.kubectl();
    let create = |spec: &Value| kubectl.run_with_input(&["create", "-f", "-"], &object("longest", spec).to_string()).expect("kubectl runs");
    // `apply` would keep a copy in an annotation, and that may not be so long.
    let replace =
        |spec: &Value| kubectl.run_with_input(&["replace", "-f", "-"], &object("longest", spec).to_string()).expect("kubectl runs");
    let spec = longest();
    create(&spec).expect_success();

    let mut suspended = spec.clone();
    suspended["suspend"] = json!(true);
    replace(&suspended).expect_success();
    let mut turned = spec.clone();
    for list in ["/targets/instanceIds", "/parameters", "/tags"] {
        turned.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").reverse();
    }
    replace(&turned).expect_success();

    let last = |path: &str, value: Value| {
        let mut spec = spec.clone();
        *spec.pointer_mut(path).expect("it is there") = value;
        spec
    };
    let changes = [
        last("/command/content", json!(format!("{}d", "c".repeat(24_575)))),
        last("/targets/instanceIds/999", json!("i-other")),
        last("/parameters/9/value", json!("w")),
        last("/tags/17/value", json!("w")),
        last("/frequency", json!("rate(5m)")),
        last("/resourceGroupId", json!("rg-1")),
        last("/ossOutputDelivery", json!("oss://logs")),
    ];
    for changed in &changes {
        let wrong =
            complaint(&json!("what runs, alone"), &replace(changed), &["spec.trigger", "change spec.trigger to run the changed command"]);
        assert_eq!(wrong, None);
    }
    for (number, changed) in changes.into_iter().enumerate() {
        let mut triggered = changed;
        triggered["trigger"] = json!(number.to_string());
        replace(&triggered).expect_success();
    }
    let mut empty = spec.clone();
    empty.as_object_mut().expect("an object").retain(|field, _| !["parameters", "tags"].contains(&field.as_str()));
    replace(&empty).expect_success();
    // To say that there are none is to say nothing.
    empty["parameters"] = json!([]);
    empty["tags"] = json!([]);
    replace(&empty).expect_success();
    let mut without = spec;
    without.as_object_mut().expect("an object").remove("trigger");
    replace(&without).expect_success();
}

#[test]
fn kubectl_explain_has_something_to_say_of_every_field() {
    fn undocumented(schema: &Value, path: &str, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if property["description"].is_null() {
                found.push(path.clone());
            }
            undocumented(property, &path, found);
            undocumented(&property["items"], &path, found);
        }
    }
    let crd = cloud_steward::api::crds().into_iter().find(|crd| crd.spec.names.kind == "CloudCommand").expect("the kind");
    let crd = serde_json::to_value(crd).expect("JSON");
    let mut found = Vec::new();
    undocumented(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"], "spec", &mut found);
    assert_eq!(found, Vec::<String>::new());
}
