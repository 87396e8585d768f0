//! Names, types, lists and defaults of the configuration, and the way of a manifest through the types and back.

use super::{BY_ID, BY_NAME, configuration_schema, schema};
use crate::api::EciScalingConfig;
use crate::api::eci_scaling_config::configuration::EciConfiguration;
use crate::api::tests::{additions, through, yaml};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Calls `look` with each schema below this one, and with its path as the mapping writes it.
fn walk(schema: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    look(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        walk(property, &path, look);
    }
    if let Some(items) = schema.get("items") {
        walk(items, &format!("{path}[]"), look);
    }
}

/// Each field that holds a value, and what kind of value.
fn leaves() -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    walk(&configuration_schema(), "", &mut |path, schema| {
        if schema.get("properties").is_none() && schema.get("items").is_none() {
            let kind = schema.get("format").or_else(|| schema.get("type")).and_then(Value::as_str).unwrap_or_default();
            leaves.insert(path.to_owned(), kind.to_owned());
        }
    });
    leaves
}

/// What stands below `path`.
fn below(path: &str, fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| format!("{path}.{field}")).collect()
}

#[test]
fn every_field_of_the_cloud_has_its_place_and_besides_them_are_only_references() {
    let rows: Vec<BTreeMap<String, String>> = serde_json::from_str(include_str!("../../../../tests/data/eci-fields.json")).unwrap();
    assert_eq!(rows.len(), 153);
    let kind_of = |type_: &str| match type_ {
        "float32" => "double".to_owned(),
        same => same.to_owned(),
    };
    let mut fields: BTreeMap<String, String> = rows.iter().map(|row| (row["field"].clone(), kind_of(&row["type"]))).collect();
    // A password is never written into a manifest.
    fields.remove("imageRegistryCredentials[].password").unwrap();
    let mut references =
        below("imageRegistryCredentials[]", &["passwordSecretRef.name", "passwordSecretRef.key", "dockerConfigSecretRef.name"]);
    let values = [
        "containers[].environmentVars[].valueFrom",
        "initContainers[].initContainerEnvironmentVars[].valueFrom",
        "volumes[].configFileVolumeConfigFileToPath[].contentFrom",
    ];
    for value in values {
        references.extend(below(value, &["secretKeyRef.name", "secretKeyRef.key", "configMapKeyRef.name", "configMapKeyRef.key"]));
    }
    fields.extend(references.into_iter().map(|path| (path, "string".to_owned())));
    assert_eq!(leaves(), fields);
}

#[test]
fn lists_of_named_things_are_merged_by_their_names_and_all_others_are_replaced() {
    let mut maps = BTreeMap::new();
    walk(&configuration_schema(), "", &mut |path, schema| match (schema["type"].as_str(), schema["items"]["type"].as_str()) {
        (Some("array"), Some("object")) => {
            assert_eq!(schema["x-kubernetes-list-type"], "map", "{path}");
            let keys: Vec<_> = schema["x-kubernetes-list-map-keys"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            maps.insert(path.to_owned(), keys.join(" "));
        }
        (Some("array"), _) => assert_eq!(schema["x-kubernetes-list-type"], "atomic", "{path}"),
        _ => {}
    });
    let expected = [
        ("acrRegistryInfos", "instanceId"),
        ("containers", "name"),
        ("containers[].environmentVars", "key"),
        ("containers[].ports", "port protocol"),
        ("containers[].volumeMounts", "mountPath"),
        ("dnsConfigOptions", "name"),
        ("hostAliases", "ip"),
        ("imageRegistryCredentials", "server"),
        ("initContainers", "name"),
        ("initContainers[].initContainerEnvironmentVars", "key"),
        ("initContainers[].initContainerPorts", "port protocol"),
        ("initContainers[].initContainerVolumeMounts", "mountPath"),
        ("securityContextSysCtls", "name"),
        ("tags", "key"),
        ("volumes", "name"),
        ("volumes[].configFileVolumeConfigFileToPath", "path"),
    ];
    assert_eq!(maps, expected.map(|(path, keys)| (path.to_owned(), keys.to_owned())).into());
}

#[test]
fn nothing_is_filled_in_that_was_not_written_but_the_protocol_of_a_port() {
    let mut defaults = Vec::new();
    let mut required = BTreeSet::new();
    walk(&configuration_schema(), "", &mut |path, schema| {
        if let Some(default) = schema.get("default") {
            defaults.push(format!("{path}={default}"));
        }
        for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            required.insert(field.to_owned());
        }
    });
    // The empty one lets the last of several appliers leave without a trace.
    assert_eq!(defaults, ["={}", r#"containers[].ports[].protocol="TCP""#, r#"initContainers[].initContainerPorts[].protocol="TCP""#]);
    // Only what an entry of a list is known by, and the parts of a reference (whose `name` and `key` are among them).
    assert_eq!(required, ["instanceId", "ip", "key", "mountPath", "name", "path", "port", "server"].map(str::to_owned).into());
    assert_eq!(serde_json::to_value(EciConfiguration::default()).unwrap(), json!({}));
}

#[test]
fn every_field_is_explained_to_the_last_leaf() {
    let mut silent = Vec::new();
    walk(&configuration_schema(), "", &mut |path, schema| {
        if !path.ends_with("[]") && schema.get("description").is_none() {
            silent.push(path.to_owned());
        }
    });
    assert_eq!(silent, Vec::<String>::new());
}

/// Something that the schema allows, with everything in it that there is a field for.
fn everything(schema: &Value) -> Value {
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.iter().find(|word| word.is_string())) {
        return word.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let properties = schema["properties"].as_object().unwrap();
            Value::Object(properties.iter().map(|(name, property)| (name.clone(), everything(property))).collect::<Map<_, _>>())
        }
        Some("array") => json!([everything(&schema["items"])]),
        Some("integer") => json!(1),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        _ => json!("text"),
    }
}

#[test]
fn everything_that_can_be_written_is_read_and_comes_back_as_it_was() {
    let written = everything(&configuration_schema());
    let read: EciConfiguration = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), written);
}

#[test]
fn what_people_write_comes_back_with_only_the_policies_beside_it() {
    let policies = [
        ".spec.allowOverride=false",
        r#".spec.containerOwnership="Merge""#,
        r#".spec.credentialRef={"name":"default"}"#,
        r#".spec.deletionPolicy="Retain""#,
        r#".spec.managementPolicy="Manage""#,
        ".spec.suspend=false",
    ];
    let added = |manifest: &str| {
        let manifest = yaml(manifest);
        let mut added = additions(&through::<EciScalingConfig>(&manifest), &manifest, "");
        added.sort();
        added
    };
    assert_eq!(added(BY_ID), policies);
    // Lists are compared as one value, so the port gets its protocol first.
    let mut named = yaml(BY_NAME);
    named["spec"]["configuration"]["containers"][0]["ports"][0]["protocol"] = json!("TCP");
    let mut added = additions(&through::<EciScalingConfig>(&named), &named, "");
    added.sort();
    assert_eq!(
        added,
        [
            ".spec.allowOverride=false",
            ".spec.configuration.cpu: 2 became 2.0",
            ".spec.configuration.memory: 4 became 4.0",
            r#".spec.credentialRef={"name":"default"}"#,
            r#".spec.managementPolicy="Manage""#,
            ".spec.suspend=false",
        ]
    );
}

#[test]
fn the_defaults_of_the_types_are_those_of_the_schema() {
    let manifest = yaml(BY_NAME);
    let mut defaulted = kube::core::cel::apply_defaults(&schema(), &manifest);
    // Whole numbers are written with a point.
    for field in ["cpu", "memory"] {
        let number = defaulted["spec"]["configuration"][field].as_f64().unwrap();
        defaulted["spec"]["configuration"][field] = json!(number);
    }
    assert_eq!(defaulted["spec"], through::<EciScalingConfig>(&manifest)["spec"]);
}

#[test]
fn a_null_that_the_schema_admits_can_be_read() {
    fn nulls(schema: &Value) -> Value {
        if schema["nullable"] == true {
            return Value::Null;
        }
        let properties = schema["properties"].as_object().unwrap();
        Value::Object(properties.iter().map(|(name, property)| (name.clone(), nulls(property))).collect())
    }
    let written = nulls(&configuration_schema());
    assert!(written.as_object().unwrap().len() > 40, "{written}");
    let read: EciConfiguration = serde_json::from_value(written).unwrap();
    assert_eq!(read, EciConfiguration::default());
}
