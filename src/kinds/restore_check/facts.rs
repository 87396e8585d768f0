//! What can be said of a backup and a mapping without asking: which disk goes where, and what the service is likely to object to. Its answer
//! is what counts; this names the disk. Pure.

use crate::api::restore_check::status::MAX_FINDINGS;
use crate::api::restore_check::{Check, Target, VolumeMapping};
use crate::cloud::huawei::csbs::{CheckpointItem, DiskBackup, Mapping};
use crate::reconcile::verdict::cut;

/// The longest finding.
const LONGEST: usize = 256;

/// An id as the service writes it. People may write it otherwise, and the service need not see that it is the same.
pub(super) fn id(written: &str) -> String {
    written.to_ascii_lowercase()
}

/// Which disk's backup goes to which disk; none if the backup does not say which disks it was made from.
pub(super) fn mapping(target: &Target, item: Option<&CheckpointItem>) -> Option<Vec<Mapping>> {
    match target.volume_mapping {
        None => Some(
            target.volumes.iter().map(|volume| Mapping { backup_id: id(&volume.backup_id), volume_id: id(&volume.volume_id) }).collect(),
        ),
        Some(VolumeMapping::SourceVolumes) => {
            let disks = item.map_or(&[][..], |item| item.disks.as_slice());
            let back = |disk: &DiskBackup| {
                (!disk.source_volume_id.is_empty())
                    .then(|| Mapping { backup_id: disk.id.clone(), volume_id: disk.source_volume_id.clone() })
            };
            disks.iter().map(back).collect::<Option<Vec<_>>>().filter(|mapping| !mapping.is_empty())
        }
    }
}

/// What the service is likely to object to, and on whose account; a few of it.
pub(super) fn findings(check: &Check, item: &CheckpointItem) -> Vec<String> {
    let mut found = Vec::new();
    if !item.is_available() {
        found.push(format!("the backup's state is {:?}, and only one that is available can be restored (CSBS.4000)", item.status));
    }
    if item.restore_mode == "na" {
        found.push("the backup's supported_restore_mode is na: nothing can be restored from it".to_owned());
    }
    let mapping = mapping(&check.target, Some(item)).unwrap_or_default();
    let is_other = !item.resource_id.is_empty() && !item.resource_id.eq_ignore_ascii_case(&check.target.resource_id);
    if check.target.volume_mapping.is_some() && is_other {
        found.push(format!(
            "the disks that were backed up belong to server {}, unless somebody has attached them to the target (CSBS.6014)",
            item.resource_id
        ));
    }
    for disk in item.disks.iter().filter(|disk| !mapping.iter().any(|one| is(&one.backup_id, &disk.id))) {
        found.push(format!("disk backup {} has no volume to go to (CSBS.6018): it is {}", disk.id, described(disk)));
    }
    for one in &mapping {
        let Some(disk) = item.disks.iter().find(|disk| is(&disk.id, &one.backup_id)) else {
            found.push(format!("{} is no disk backup of this backup (CSBS.6017)", one.backup_id));
            continue;
        };
        // Of the destination nothing is known but what the backup says of disks that were backed up with it.
        let Some(onto) = item.disks.iter().find(|disk| is(&disk.source_volume_id, &one.volume_id)) else { continue };
        if onto.bootable && !disk.bootable {
            found.push(format!("disk backup {} is of a data disk, and volume {} is a system disk (CSBS.6023)", disk.id, one.volume_id));
        }
        if let (Some(needed), Some(there)) = (disk.source_volume_size, onto.source_volume_size)
            && there < needed
        {
            found.push(format!(
                "disk backup {} needs {needed} GB, and volume {} had {there} GB when it was backed up (CSBS.6024)",
                disk.id, one.volume_id
            ));
        }
    }
    for (number, one) in mapping.iter().enumerate() {
        if mapping[..number].iter().any(|other| is(&other.volume_id, &one.volume_id)) {
            found.push(format!("volume {} is to take more than one disk backup", one.volume_id));
        }
    }
    found.truncate(MAX_FINDINGS);
    found.into_iter().map(|finding| cut(&finding, LONGEST)).collect()
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// `the system disk (20 GB, volume 45ba…, karbor_02)`
fn described(disk: &DiskBackup) -> String {
    let size = disk.source_volume_size.map(|size| format!("{size} GB"));
    let volume = (!disk.source_volume_id.is_empty()).then(|| format!("volume {}", disk.source_volume_id));
    let name = (!disk.source_volume_name.is_empty()).then(|| cut(&disk.source_volume_name, 64));
    let known: Vec<_> = [size, volume, name].into_iter().flatten().collect();
    let kind = if disk.bootable { "the system disk" } else { "a data disk" };
    if known.is_empty() { kind.to_owned() } else { format!("{kind} ({})", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn item() -> CheckpointItem {
        let disk = |id: &str, bootable, volume: &str, size| DiskBackup {
            id: id.to_owned(),
            status: "available".to_owned(),
            bootable,
            source_volume_id: volume.to_owned(),
            source_volume_name: format!("name-of-{volume}"),
            source_volume_size: Some(size),
        };
        CheckpointItem {
            id: "c".to_owned(),
            status: "available".to_owned(),
            resource_id: "s".to_owned(),
            created_at: None,
            restore_mode: "backup".to_owned(),
            disks: vec![disk("b-root", true, "v-root", 20), disk("b-data", false, "v-data", 100)],
        }
    }

    fn check(target: &Value) -> Check {
        serde_json::from_value(json!({"name": "db", "backup": {}, "target": target})).unwrap()
    }

    fn mapped(volumes: &[(&str, &str)]) -> Check {
        let volumes: Vec<_> = volumes.iter().map(|(backup, volume)| json!({"backupId": backup, "volumeId": volume})).collect();
        check(&json!({"resourceId": "s", "volumes": volumes}))
    }

    fn source(server: &str) -> Check {
        check(&json!({"resourceId": server, "volumeMapping": "SourceVolumes"}))
    }

    #[test]
    fn source_volumes_are_taken_from_the_backup_if_it_names_them_all() {
        let back = mapping(&source("s").target, Some(&item())).unwrap();
        let pairs: Vec<_> = back.iter().map(|one| (one.backup_id.as_str(), one.volume_id.as_str())).collect();
        assert_eq!(pairs, [("b-root", "v-root"), ("b-data", "v-data")]);
        let mut nameless = item();
        nameless.disks[1].source_volume_id.clear();
        let bare = CheckpointItem { disks: Vec::new(), ..item() };
        for unmappable in [Some(&nameless), Some(&bare), None] {
            assert_eq!(mapping(&source("s").target, unmappable), None);
        }
        assert_eq!(mapping(&mapped(&[("b", "v")]).target, None).unwrap().len(), 1, "what spec names needs no backup");
    }

    #[test]
    fn what_the_service_would_object_to_is_named() {
        let whole = &[("B-ROOT", "v-root"), ("b-data", "v-data")][..];
        let item = item();
        let table = [
            (mapped(whole), item.clone(), vec![]),
            (source("s"), item.clone(), vec![]),
            (
                mapped(&[("b-root", "v-root")]),
                item.clone(),
                vec!["disk backup b-data has no volume to go to (CSBS.6018): it is a data disk (100 GB, volume v-data, name-of-v-data)"],
            ),
            (mapped(&[("b-root", "v-root"), ("b-data", "v-data"), ("b-x", "v-x")]), item.clone(), vec!["b-x is no disk backup"]),
            (
                mapped(&[("b-root", "v-data"), ("b-data", "v-root")]),
                item.clone(),
                vec!["(CSBS.6023)", "needs 100 GB, and volume v-root had 20 GB"],
            ),
            (mapped(&[("b-root", "v-other"), ("b-data", "v-other")]), item.clone(), vec!["more than one"]),
            (source("t"), item.clone(), vec!["belong to server s"]),
            (mapped(whole), CheckpointItem { status: "restoring".to_owned(), ..item.clone() }, vec!["\"restoring\""]),
            (mapped(whole), CheckpointItem { restore_mode: "na".to_owned(), ..item.clone() }, vec!["supported_restore_mode is na"]),
        ];
        for (check, item, expected) in table {
            let found = findings(&check, &item);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(found.iter().zip(&expected).all(|(found, words)| found.contains(words)), "{found:?}");
        }
        let many: Vec<_> = (0..60).map(|number| (format!("b-{number}"), "v".to_owned())).collect();
        let many: Vec<_> = many.iter().map(|(backup, volume)| (backup.as_str(), volume.as_str())).collect();
        assert_eq!(findings(&mapped(&many), &item).len(), MAX_FINDINGS);
    }
}
