//! A backup as the service writes it, which is not quite as documented: fractions where integers should be, nulls, a field that nobody knows.

use serde_json::{Value, json};

use super::time;
use crate::huawei::stock::{Disk, Item};

/// Megabytes of a gigabyte.
const MB: u64 = 1024;

pub(super) fn write(item: &Item) -> Value {
    let tags: Vec<Value> = item.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let mut all = json!({
        "id": item.id,
        "checkpoint_id": item.checkpoint,
        "name": item.name,
        "description": item.description,
        "status": item.status,
        "resource_id": item.server,
        "resource_type": item.kind,
        "created_at": time(item.created),
        "protected_at": time(item.created),
        "updated_at": time(item.updated),
        "tags": tags,
        "backup_data": {
            "__openstack_region_name": "",
            "cloudservicetype": "QEMU",
            "disk": 0,
            "eip": "",
            "imagetype": "gold",
            "private_ip": item.ip,
            "ram": 4096,
            "vcpus": 4,
        },
        "extend_info": extend_info(item),
    });
    for (name, value) in &item.extra {
        put(&mut all, name, value);
    }
    all
}

fn extend_info(item: &Item) -> Value {
    let failed = item.status == "error";
    let running = ["waiting_protect", "protecting"].contains(&item.status.as_str());
    json!({
        "auto_trigger": item.policy.is_some(),
        "average_speed": 19.5,
        "copy_from": null,
        "copy_status": item.copy_status,
        "fail_code": if failed { json!({ "Code": "CSBS.9999", "Description": "backup failed" }) } else { json!({}) },
        "fail_op": if failed { "protect" } else { "" },
        "fail_reason": if failed { "backup failed" } else { "" },
        "finished_at": if running { Value::Null } else { json!(time(item.updated)) },
        "hypervisor_type": "QEMU",
        "image_type": "backup",
        "incremental": false,
        "os_images_data": [],
        "progress": if running { 43 } else { 100 },
        "resource_az": item.zone,
        "resource_name": item.server_name,
        "resource_type": item.kind,
        // Documented nowhere.
        "sim_generation": null,
        "size": item.disks.iter().map(|disk| disk.size * MB).sum::<u64>(),
        "space_saving_ratio": 2.5,
        "support_lld": true,
        "supported_restore_mode": item.restore_mode,
        "taskid": item.checkpoint,
        "volume_backups": item.disks.iter().map(|disk| write_disk(disk, item)).collect::<Vec<_>>(),
    })
}

fn write_disk(disk: &Disk, item: &Item) -> Value {
    json!({
        "average_speed": 16,
        "bootable": disk.bootable,
        "id": disk.id,
        "image_type": "backup",
        "incremental": false,
        "name": format!("{}_{}", item.name, &disk.id[..4]),
        "size": disk.size * MB,
        "snapshot_id": disk.volume,
        "source_volume_id": disk.volume,
        "source_volume_name": disk.name,
        "source_volume_size": disk.size,
        "space_saving_ratio": 1,
        "status": item.status,
    })
}

/// Puts a value where a dotted name says; what is not there on the way is made.
fn put(place: &mut Value, name: &str, value: &Value) {
    let (step, rest) = name.split_once('.').map_or((name, None), |(step, rest)| (step, Some(rest)));
    let within = if let Value::Array(list) = place {
        step.parse().ok().and_then(|index: usize| list.get_mut(index))
    } else {
        if !place.is_object() {
            *place = json!({});
        }
        Some(&mut place[step])
    };
    match (within, rest) {
        (Some(within), Some(rest)) => put(within, rest, value),
        (Some(within), None) => within.clone_from(value),
        (None, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_fields_go_where_their_names_say() {
        let mut all = json!({ "a": { "b": [{ "c": 1 }] } });
        for (name, value) in [("a.b.0.c", json!(2.5)), ("a.d.e", json!(null)), ("f", json!([])), ("a.b.1.c", json!(3))] {
            put(&mut all, name, &value);
        }
        assert_eq!(all, json!({ "a": { "b": [{ "c": 2.5 }], "d": { "e": null } }, "f": [] }));
    }
}
