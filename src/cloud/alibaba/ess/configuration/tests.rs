//! The tree against what goes over the wire and comes back.

use super::*;
use serde_json::json;

fn fields(fields: &'static [Field], prefix: &str) -> Vec<String> {
    fields
        .iter()
        .flat_map(|field| {
            let path = format!("{prefix}{}", field.name);
            match field.shape {
                Shape::Entries(entries) => self::fields(entries.fields, &format!("{path}[].")),
                Shape::Texts => vec![format!("{path}[]")],
                Shape::Text | Shape::Json | Shape::Whole | Shape::Number | Shape::Price | Shape::Flag | Shape::Secret => vec![path],
            }
        })
        .collect()
}

#[test]
fn there_are_153_fields() {
    assert_eq!(fields(CONFIGURATION, "").len(), 153);
}

#[test]
fn an_answer_is_read_by_its_own_names_and_leniently() {
    let answer = json!({
        "Cpu": "0.5", "Memory": 2, "HostName": null, "SlsEnable": "true", "ScalingConfigurationName": "web", "CreationTime": "2026-01-01T00:00Z",
        "Tags": [{"Key": "k", "Value": ""}],
        "InitContainers": [{"Name": "warm", "SecurityContextRunAsUser": "587", "InitContainerArgs": ["--fast"], "Gpu": 0, "New": {"a": [0, 1]}, "Old": ""}],
    });
    let read = Item::read(&answer, CONFIGURATION, Source::Answer);
    assert_eq!(read.get("cpu").unwrap().shown(), "0.5");
    assert!(read.get("hostName").is_none());
    let warm = &read.entries("initContainers")[0];
    assert_eq!(warm.get("securityContext.runAsUser").unwrap().shown(), "587");
    assert!(warm.get("gpu").is_none(), "zero was never set");
    assert_eq!(warm.unknown().collect::<Vec<_>>(), ["New"], "what says nothing is not missed");
    let mut parameters = read.parameters(CONFIGURATION, Operation::Modify);
    parameters.sort();
    let expected = [
        ("Cpu", "0.5"),
        ("EnableSls", "true"),
        ("InitContainers.1.Args.1", "--fast"),
        ("InitContainers.1.Name", "warm"),
        ("InitContainers.1.SecurityContext.RunAsUser", "587"),
        ("Memory", "2"),
        ("ScalingConfigurationName", "web"),
        ("Tags.1.Key", "k"),
        ("Tags.1.Value", ""),
    ];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn an_entry_that_holds_nothing_is_none() {
    let answer = json!({"Volumes": [{}, {"Name": "", "Type": null}, {"Name": "v"}, {"New": 1}], "HostAliases": [{"Ip": ""}], "ImageRegistryCredentials": [{}]});
    let read = Item::read(&answer, CONFIGURATION, Source::Answer);
    assert_eq!(["volumes", "hostAliases", "imageRegistryCredentials"].map(|list| read.entries(list).len()), [2, 0, 1]);
}

#[test]
fn values_are_compared_as_the_vendor_keeps_them() {
    let field = |name: &str| CONFIGURATION.iter().find(|field| field.name == name).unwrap();
    let same = |name: &str, one: Value, other: Option<Value>| field(name).is_same(Some(&one), other.as_ref());
    assert!(same("cpu", Value::Number(0.1), Some(Value::Number(0.100_000_001_49))));
    assert!(!same("cpu", Value::Number(0.1), Some(Value::Number(0.101))));
    assert!(same("spotPriceLimit", Value::Number(0.025), Some(Value::Number(0.025_400))));
    assert!(same("ipv6AddressCount", Value::Whole(0), None));
    assert!(same("autoCreateEip", Value::Flag(false), None));
    assert!(!same("hostName", Value::Text("a".into()), None));
    let options = volume("flexVolume.options");
    assert!(options.is_same(Some(&Value::Text(r#"{"a": 1, "b": 2}"#.into())), Some(&Value::Text(r#"{"b":2,"a":1}"#.into()))));
    assert!(!options.is_same(Some(&Value::Text("{".into())), Some(&Value::Text("}".into()))));
}

fn volume(name: &str) -> Field {
    let volumes = CONFIGURATION.iter().find(|field| field.name == "volumes").and_then(Field::entries).unwrap();
    *volumes.fields.iter().find(|field| field.name == name).unwrap()
}
