//! What our client asks of the backup service when it is told to do what the recorded client was told, and what it reads in the answer. It asks one
//! question at a time, where others put several into one call; and it lists by filters of its own, so of a listing only the way there and the
//! answer are compared.

use super::{Report, Vector};
use cloud_steward::cloud::huawei::csbs;
use serde_json::{Value, json};

/// Compares one recording; none if it is of an operation that we lack.
pub(super) fn check(report: &mut Report, vector: &Vector) -> Option<Vec<String>> {
    let recorded = &vector.last.request;
    let project = recorded.path.split('/').nth(2).unwrap_or_default();
    let mut found = Vec::new();
    let mut compare_path = |ours: &csbs::requests::Request| {
        if (ours.method.as_str(), ours.path.as_str()) != (recorded.method.as_str(), recorded.path.as_str()) {
            found.push(format!("we send {} {}, they {} {}", ours.method, ours.path, recorded.method, recorded.path));
        }
    };
    let body = vector.last.response.as_ref().map_or(&Value::Null, |response| &response.body);
    match vector.operation.as_str() {
        "check_restorable" => {
            let sent: Value = serde_json::from_slice(recorded.body()).ok()?;
            for asked in sent["check_restorable"].as_array()? {
                report.requests += 1;
                let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
                let target = &asked["target"];
                let volumes = target["volumes"].as_array()?.iter();
                let question = csbs::Question {
                    checkpoint_item_id: text(asked, "checkpoint_item_id"),
                    target: csbs::requests::Target {
                        resource_type: text(target, "resource_type"),
                        resource_id: text(target, "resource_id"),
                        volumes: volumes
                            .map(|volume| csbs::Mapping { backup_id: text(volume, "backup_id"), volume_id: text(volume, "volume_id") })
                            .collect(),
                    },
                };
                let ours = csbs::requests::check_restorable(project, csbs::PROVIDER_ID, &question);
                compare_path(&ours);
                let ours: Option<Value> = ours.body.as_deref().and_then(|body| serde_json::from_slice(body).ok());
                if ours != Some(json!({"check_restorable": [asked]})) {
                    found.push("our question differs from the recorded one".to_owned());
                    break;
                }
            }
        }
        "get checkpoint item" => {
            report.requests += 1;
            report.answers += 1;
            let id = vector.input["path"].as_str()?.rsplit('/').next()?;
            compare_path(&csbs::requests::show_checkpoint_item(project, id));
            let read = csbs::answers::item(body).ok();
            if read.map(|item| item.id).as_deref() != Some(id) {
                found.push("we read another backup than the answer has".to_owned());
            }
        }
        "list checkpoint items" => {
            report.requests += 1;
            report.answers += 1;
            compare_path(&csbs::requests::list_checkpoint_items(
                project,
                &csbs::requests::ItemFilter { resource_id: "", limit: 1, marker: None },
            ));
            if csbs::answers::items(body).ok().map(|items| items.len()) != body["checkpoint_items"].as_array().map(Vec::len) {
                found.push("we read another list than the answer has".to_owned());
            }
        }
        _ => return None,
    }
    Some(found)
}
