//! Chart and `deploy/` have the same objects, and every selector in them selects something.

use std::collections::BTreeMap;

use super::{SETS, kustomized, objects, rendered, without_cluster};
use serde_json::Value;

const OVERLAYS: &[(&str, &str)] = &[
    ("deploy/base", "charts/cloud-steward/values.yaml"),
    ("deploy/overlays/high-availability", "deploy/overlays/high-availability/values.yaml"),
    ("deploy/overlays/monitoring", "deploy/overlays/monitoring/values.yaml"),
    ("deploy/overlays/namespaced", "deploy/overlays/namespaced/values.yaml"),
    ("deploy/overlays/observe-only", "deploy/overlays/observe-only/values.yaml"),
    ("deploy/overlays/simulator", "deploy/overlays/simulator/values.yaml"),
];

#[test]
fn deploy_has_the_objects_that_the_chart_has() {
    let (_home, helm) = without_cluster();
    for (directory, values) in OVERLAYS {
        let mut of_deploy = by_name(kustomized(directory));
        // Helm makes its namespace itself.
        of_deploy.remove("Namespace cloud-steward-system").expect("a namespace");
        let of_chart = by_name(objects(&rendered(&helm, values).manifest));
        let names = |objects: &BTreeMap<String, Value>| objects.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&of_deploy), names(&of_chart), "{directory}");
        for (name, object) in &of_deploy {
            let difference = difference("", object, &of_chart[name]);
            assert!(difference.is_none(), "{directory} and the chart differ in {name}: {}", difference.unwrap_or_default());
        }
    }
}

#[test]
fn every_overlay_is_compared() {
    let directory = steward_playground::repository().join("deploy/overlays");
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = format!("deploy/overlays/{}", entry.unwrap().file_name().display());
        assert!(OVERLAYS.iter().any(|(overlay, _)| *overlay == name), "{name}");
    }
}

#[test]
fn every_selector_selects_something() {
    let (_home, helm) = without_cluster();
    let of_chart = SETS.iter().map(|(name, values)| (*name, objects(&rendered(&helm, values).manifest)));
    let of_deploy = OVERLAYS.iter().map(|(directory, _)| (*directory, kustomized(directory)));
    let mut seen = 0;
    for (name, objects) in of_chart.chain(of_deploy) {
        let labels = |kind: &str, path: &str| -> Vec<Value> {
            let of_kind = objects.iter().filter(|object| object["kind"] == kind);
            of_kind.filter_map(|object| object.pointer(path).cloned()).collect()
        };
        let (pods, services) = (labels("Deployment", "/spec/template/metadata/labels"), labels("Service", "/metadata/labels"));
        for object in &objects {
            let kind = object["kind"].as_str().unwrap_or_default();
            let (selectors, among): (&[&str], _) = match kind {
                "Deployment" => {
                    (&["/spec/selector/matchLabels", "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels"], &pods)
                }
                "Service" => (&["/spec/selector"], &pods),
                "PodDisruptionBudget" => (&["/spec/selector/matchLabels"], &pods),
                "NetworkPolicy" => (&["/spec/podSelector/matchLabels"], &pods),
                "ServiceMonitor" => (&["/spec/selector/matchLabels"], &services),
                _ => continue,
            };
            for selector in selectors.iter().filter_map(|path| object.pointer(path)?.as_object()) {
                seen += 1;
                let fitting = among.iter().filter(|labels| selector.iter().all(|(key, value)| labels[key] == *value)).count();
                // Not two either: a Service that also leads to the simulator would be as wrong.
                assert_eq!(fitting, 1, "{name}: {kind} {} selects by {selector:?}", object["metadata"]["name"]);
            }
        }
    }
    assert!(seen > 30, "only {seen} selectors");
}

/// Where two objects differ first, and what each has there.
fn difference(path: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(parts), Value::Object(others)) => {
            let keys = parts.keys().chain(others.keys().filter(|key| !parts.contains_key(*key)));
            keys.map(|key| (format!("{path}/{key}"), &one[key], &other[key])).find_map(|(path, one, other)| difference(&path, one, other))
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let pairs = items.iter().zip(others).enumerate();
            pairs.into_iter().find_map(|(index, (one, other))| difference(&format!("{path}/{index}"), one, other))
        }
        // YAML's 1 and 1.0 are one number.
        (Value::Number(number), Value::Number(another)) if number.as_f64() == another.as_f64() => None,
        // Kustomize folds the lines of a query anew.
        (Value::String(query), Value::String(another))
            if path.ends_with("/expr") && query.split_whitespace().eq(another.split_whitespace()) =>
        {
            None
        }
        _ => (one != other).then(|| format!("{path} is {one} and {other}")),
    }
}

/// Without what tells only who installed it.
fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let named = objects.into_iter().map(|mut object| {
        for pointer in ["/metadata/labels", "/metadata/annotations", "/spec/template/metadata/annotations"] {
            let parent = pointer.rsplit_once('/').map(|(parent, _)| parent).unwrap_or_default();
            let Some(map) = object.pointer_mut(pointer).and_then(Value::as_object_mut) else { continue };
            let is_packaging = |key: &str| ["app.kubernetes.io/", "helm.sh/", "checksum/"].iter().any(|prefix| key.starts_with(prefix));
            map.retain(|key, _| !is_packaging(key));
            if map.is_empty() {
                let last = pointer.rsplit('/').next().unwrap_or_default();
                object.pointer_mut(parent).and_then(Value::as_object_mut).map(|parent| parent.remove(last));
            }
        }
        // A patch of kustomize puts its variables first.
        if let Some(variables) = object.pointer_mut("/spec/template/spec/containers/0/env").and_then(Value::as_array_mut) {
            variables.sort_by_key(|variable| variable["name"].to_string());
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        let place = format!("{} {}", text(&metadata["namespace"]), text(&metadata["name"]));
        (format!("{} {}", text(&object["kind"]), place.trim()), object)
    });
    named.collect()
}
