//! What the vendor's document binds together, checked on what would be in the cloud after a call: spec over what is there. The cloud itself
//! checks no values; a mistake would show when it makes the next instance.

use super::desired::Flaw;
use super::difference::{Difference, Path};
use crate::cloud::alibaba::ess::configuration::{Item, Value};

/// Which fields mean which type of volume.
const VOLUME_TYPES: [(&str, &str); 6] = [
    ("emptyDirVolume.", "EmptyDirVolume"),
    ("nfsVolume.", "NFSVolume"),
    ("configFileVolume", "ConfigFileVolume"),
    ("flexVolume.", "FlexVolume"),
    ("hostPathVolume.", "HostPathVolume"),
    ("diskVolume.", "DiskVolume"),
];

/// The first mistake. Only what spec names is a mistake of spec's.
pub(super) fn check(spec: &Item, difference: &Difference) -> Result<(), Flaw> {
    let all = &difference.merged;
    let root = Path::default();
    let has_limit = all.text("spotStrategy") == Some("SpotWithPriceLimit");
    if spec.get("spotStrategy").is_some() && has_limit && all.get("spotPriceLimit").is_none() {
        return Err(Flaw::invalid(&root.field("spotPriceLimit"), "needed with spotStrategy SpotWithPriceLimit"));
    }
    // The cloud takes it and never shows it: it would look like a change that is not made.
    if spec.get("spotPriceLimit").is_some() && !has_limit {
        return Err(Flaw::invalid(&root.field("spotPriceLimit"), "has an effect only with spotStrategy: SpotWithPriceLimit"));
    }
    if let Some(Value::Number(price)) = spec.get("spotPriceLimit")
        && (price * 1000.0 - (price * 1000.0).round()).abs() > 1e-6
    {
        return Err(Flaw::invalid(&root.field("spotPriceLimit"), "the cloud takes at most three decimals"));
    }
    if spec.get("instanceFamilyLevel").is_some() && !matches!(all.get("costOptimization"), Some(Value::Flag(true))) {
        return Err(Flaw::invalid(&root.field("instanceFamilyLevel"), "has an effect only with costOptimization: true"));
    }
    if spec.text("dnsPolicy") == Some("None") && all.get("dnsConfigNameServers").is_none() {
        return Err(Flaw::invalid(&root.field("dnsConfigNameServers"), "needed with dnsPolicy None"));
    }
    volumes(spec, difference)?;
    containers(spec, difference)
}

fn volumes(spec: &Item, difference: &Difference) -> Result<(), Flaw> {
    for volume in spec.entries("volumes") {
        let name = volume.text("name").unwrap_or_default();
        let path = Path::default().field("volumes").entry(name);
        let Some(kind) = entry(&difference.merged, "volumes", name).and_then(|merged| merged.text("type")) else {
            if difference.adds(&path) {
                return Err(Flaw::invalid(&path.field("type"), "needed for a volume that the cloud does not have yet"));
            }
            continue;
        };
        let set =
            VOLUME_TYPES.iter().find(|(prefix, of)| !of.eq_ignore_ascii_case(kind) && volume.names().any(|name| name.starts_with(prefix)));
        if let Some((_, of)) = set {
            return Err(Flaw::invalid(&path, &format!("is of type {kind}, and spec sets what only a {of} has")));
        }
        if let Some(Value::Text(options)) = volume.get("flexVolume.options") {
            let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(options).is_ok();
            if !is_object {
                return Err(Flaw::invalid(&path.field("flexVolume.options"), "must be a JSON object as text"));
            }
        }
    }
    Ok(())
}

fn containers(spec: &Item, difference: &Difference) -> Result<(), Flaw> {
    for (list, mounts) in [("containers", "volumeMounts"), ("initContainers", "initContainerVolumeMounts")] {
        for container in spec.entries(list) {
            let name = container.text("name").unwrap_or_default();
            let path = Path::default().field(list).entry(name);
            if difference.adds(&path) && container.text("image").is_none_or(str::is_empty) {
                return Err(Flaw::invalid(&path.field("image"), "needed for a container that the cloud does not have yet"));
            }
            let at = |mount: &Item| mount.text("mountPath").unwrap_or_default().trim_end_matches('/').to_owned();
            let all: Vec<String> = container.entries(mounts).iter().map(at).collect();
            if let Some(twice) = (1..all.len()).find(|place| all[..*place].contains(&all[*place])) {
                let path = path.field(mounts).entry(&all[twice]);
                return Err(Flaw::invalid(&path, "is there twice, with and without a slash at the end"));
            }
            for mount in container.entries(mounts) {
                let Some(volume) = mount.text("name") else { continue };
                if entry(&difference.merged, "volumes", volume).is_none() {
                    let at = path.field(mounts).entry(mount.text("mountPath").unwrap_or_default()).field("name");
                    return Err(Flaw::invalid(&at, &format!("there is no volume {volume}, neither in spec nor in the cloud")));
                }
            }
        }
    }
    Ok(())
}

fn entry<'a>(item: &'a Item, list: &str, name: &str) -> Option<&'a Item> {
    item.entries(list).iter().find(|entry| entry.text("name") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::paths::Paths;
    use crate::cloud::alibaba::ess::configuration::{CONFIGURATION, Source};
    use crate::kinds::eci_scaling_config::difference::{Question, difference};
    use serde_json::{Value as Json, json};
    use std::collections::BTreeSet;

    fn mistake(spec: &Json, cloud: &Json) -> Option<String> {
        let spec = Item::read(spec, CONFIGURATION, Source::Spec);
        let found = difference(&Question {
            desired: &spec,
            observed: &Item::read(cloud, CONFIGURATION, Source::Answer),
            owned: &Paths::default(),
            exclusive: false,
            allow_override: false,
            sent: &BTreeSet::new(),
            secret: &BTreeSet::new(),
        });
        check(&spec, &found).err().map(|flaw| flaw.message)
    }

    #[test]
    fn a_price_limit_goes_with_its_strategy_whoever_set_that() {
        let (limit, nothing) = (json!({"spotPriceLimit": 0.5}), json!({}));
        let both = json!({"spotPriceLimit": 0.5, "spotStrategy": "SpotWithPriceLimit"});
        let ends = json!({"spotPriceLimit": 0.5, "spotStrategy": "NoSpot"});
        let strategy = json!({"spotStrategy": "SpotWithPriceLimit"});
        let in_cloud = json!({"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.4});
        assert_eq!((mistake(&limit, &in_cloud), mistake(&both, &nothing), mistake(&strategy, &in_cloud)), (None, None, None));
        for (spec, cloud, word) in
            [(&limit, &nothing, "has an effect only"), (&ends, &in_cloud, "has an effect only"), (&strategy, &nothing, "needed with")]
        {
            let said = mistake(spec, cloud).unwrap_or_default();
            assert!(said.contains("spec.configuration.spotPriceLimit") && said.contains(word), "{said}");
        }
    }

    #[test]
    fn a_path_is_mounted_once_however_it_is_written() {
        let spec = |other: &str| {
            let mounts = json!([{"mountPath": "/data", "name": "v"}, {"mountPath": other, "name": "v"}]);
            json!({"containers": [{"name": "a", "image": "a", "volumeMounts": mounts}], "volumes": [{"name": "v", "type": "EmptyDirVolume"}]})
        };
        assert_eq!(mistake(&spec("/other/"), &json!({})), None);
        let said = mistake(&spec("/data/"), &json!({})).unwrap_or_default();
        assert!(said.contains("containers[a].volumeMounts[/data]: is there twice"), "{said}");
    }

    #[test]
    fn the_type_of_a_volume_is_the_same_in_any_case() {
        let spec = json!({"volumes": [{"name": "v", "nfsVolume": {"path": "/", "server": "s"}}]});
        assert_eq!(mistake(&spec, &json!({"Volumes": [{"Name": "v", "Type": "nfsVolume"}]})), None);
        assert!(mistake(&spec, &json!({"Volumes": [{"Name": "v", "Type": "DiskVolume"}]})).is_some());
    }
}
