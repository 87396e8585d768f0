//! The manifests that people write come back as they are, the rules refuse what cannot be meant (`rules`), and the fullest status fits (`status`).

mod rules;
mod status;

use crate::api::cloud_command::conduct::{Capture, CaptureOn};
use crate::api::tests::{additions, refusals, schema_of, through, yaml};
use crate::api::{CloudCommand, crds};
use serde_json::{Value, json};

const LEAST: &str = include_str!("../../../../tests/data/commands/uptime.yaml");
const FULL: &str = include_str!("../../../../tests/data/commands/patch-openssl.yaml");
const SCHEDULED: &str = include_str!("../../../../tests/data/commands/rotate-logs.yaml");

/// The least command, with a different spec where `change` has something; null takes a field out.
fn with(change: &Value) -> Value {
    let mut object = yaml(LEAST);
    for (field, value) in change.as_object().unwrap() {
        if value.is_null() {
            object["spec"].as_object_mut().unwrap().remove(field);
        } else {
            object["spec"][field] = value.clone();
        }
    }
    object
}

#[test]
fn the_manifests_that_people_write_come_back_as_they_were_with_the_defaults_beside() {
    for manifest in [LEAST, FULL, SCHEDULED] {
        assert_eq!(refusals("CloudCommand", &yaml(manifest), None), Vec::<String>::new());
    }
    let full = yaml(FULL);
    let mut added = additions(&through::<CloudCommand>(&full), &full, ".");
    added.sort();
    let defaults = [
        "..spec.cancel=false",
        r#"..spec.command.contentEncoding="PlainText""#,
        "..spec.command.enableParameter=false",
        "..spec.command.keepCommand=false",
        r#"..spec.credentialRef={"name":"default"}"#,
        r#"..spec.repeatMode="Once""#,
        "..spec.suspend=false",
    ];
    assert_eq!(added, defaults);
}

#[test]
fn the_defaults_of_the_types_are_those_of_the_schema() {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "CloudCommand").unwrap();
    for manifest in [LEAST, FULL, SCHEDULED] {
        let object = yaml(manifest);
        let defaulted = kube::core::cel::apply_defaults(&schema_of(&crd), &object);
        assert_eq!(defaulted["spec"], through::<CloudCommand>(&object)["spec"]);
    }
}

#[test]
fn an_on_that_lost_its_name_on_the_way_through_kubectl_is_still_heard() {
    for (output, on) in [
        (json!({"on": "Failure"}), CaptureOn::Failure),
        (json!({"true": "Failure"}), CaptureOn::Failure),
        (json!({"true": "Always"}), CaptureOn::Always),
        (json!({"capture": "None"}), CaptureOn::Always),
    ] {
        let read: CloudCommand = serde_json::from_value(with(&json!({"output": output}))).unwrap();
        assert_eq!(read.spec.output.capture_on(), on, "{output}");
        assert_eq!(read.spec.output.capture == Some(Capture::None), output["capture"] == "None");
    }
}

#[test]
fn a_null_that_the_schema_admits_can_be_read() {
    let nulls = json!({
        "region": null, "trigger": null, "window": {"notBefore": null, "notAfter": null}, "rollout": {"maxConcurrent": null, "maxFailures": null},
        "resultsTTL": null, "output": {"capture": null, "on": null, "true": null},
        "command": {"type": "RunShellScript", "content": "uptime", "timeoutSeconds": null, "contentFrom": null, "terminationMode": null}
    });
    let mut object = yaml(LEAST);
    object["spec"].as_object_mut().unwrap().extend(nulls.as_object().unwrap().clone());
    let read: CloudCommand = serde_json::from_value(object).unwrap();
    assert_eq!((read.spec.trigger, read.spec.results_ttl, read.spec.command.timeout_seconds), (None, None, None));
}
