//! What the service answers, as plain values. Read leniently: what is missing, null or of another type is empty, numbers may come with a
//! fraction or as text, times without a zone are UTC; only what an answer is for must be there.

use crate::cloud::error::CloudError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// The state of a backup that can be used.
pub const AVAILABLE: &str = "available";

/// What the service says to the question whether a backup can be restored.
#[derive(Clone, Debug)]
pub struct Answer {
    pub restorable: bool,
    /// The vendor's code, raw. A "yes" may have one as well; it is a remark then.
    pub code: Option<String>,
    /// What a "no" means.
    pub error: Option<CloudError>,
    /// Of the server, as the answer has it: it need not be the one that was asked about.
    pub resource_id: Option<String>,
    pub resource_type: Option<String>,
    pub request_id: Option<String>,
}

impl Answer {
    pub(super) fn refused(error: CloudError) -> Self {
        let (code, request_id) = (error.code.clone(), error.request_id.clone());
        Self { restorable: false, code, error: Some(error), resource_id: None, resource_type: None, request_id }
    }
}

/// What became of the search for one backup.
#[derive(Clone, Debug)]
pub enum Item {
    Found(Box<CheckpointItem>),
    /// There is none; what that means is the same as the service would say when asked whether it can be restored.
    Gone(CloudError),
}

/// The backup of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckpointItem {
    pub id: String,
    pub status: String,
    /// The server that was backed up.
    pub resource_id: String,
    pub created_at: Option<Timestamp>,
    /// `na`, `snapshot` or `backup`.
    pub restore_mode: String,
    pub disks: Vec<DiskBackup>,
}

/// The backup of one disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskBackup {
    pub id: String,
    pub status: String,
    pub bootable: bool,
    pub source_volume_id: String,
    pub source_volume_name: String,
    /// In GB.
    pub source_volume_size: Option<i64>,
}

impl CheckpointItem {
    pub fn is_available(&self) -> bool {
        self.status == AVAILABLE
    }
}

/// One answer as it stood on the wire.
pub(super) struct Said {
    pub(super) result: bool,
    pub(super) code: Option<String>,
    pub(super) resource_id: Option<String>,
    pub(super) resource_type: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the answer has {0} results to one question")]
    Count(usize),
    #[error("the answer has no usable {0}")]
    Lacks(&'static str),
}

/// The one answer to the one question.
pub(super) fn said(body: &Value) -> Result<Said, Unreadable> {
    let results = body.get("restorable").and_then(Value::as_array).ok_or(Unreadable::Lacks("restorable"))?;
    let [one] = results.as_slice() else { return Err(Unreadable::Count(results.len())) };
    Ok(Said {
        result: one.get("result").and_then(Value::as_bool).ok_or(Unreadable::Lacks("result"))?,
        code: word(one, "error_code"),
        resource_id: word(one, "resource_id"),
        resource_type: word(one, "resource_type"),
    })
}

/// The backups of a page. One without an id is of no use; a list that is not there is no empty one.
pub fn items(body: &Value) -> Result<Vec<CheckpointItem>, Unreadable> {
    let rows = body.get("checkpoint_items").and_then(Value::as_array).ok_or(Unreadable::Lacks("checkpoint_items"))?;
    Ok(rows.iter().filter_map(read).collect())
}

pub fn item(body: &Value) -> Result<CheckpointItem, Unreadable> {
    body.get("checkpoint_item").and_then(read).ok_or(Unreadable::Lacks("checkpoint_item"))
}

fn read(row: &Value) -> Option<CheckpointItem> {
    let more = row.get("extend_info").unwrap_or(&Value::Null);
    let disks = more.get("volume_backups").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Some(CheckpointItem {
        id: word(row, "id")?,
        status: text(row, "status"),
        resource_id: text(row, "resource_id"),
        created_at: time(row, "created_at"),
        restore_mode: text(more, "supported_restore_mode"),
        disks: disks.iter().filter_map(disk).collect(),
    })
}

fn disk(row: &Value) -> Option<DiskBackup> {
    Some(DiskBackup {
        id: word(row, "id")?,
        status: text(row, "status"),
        bootable: match row.get("bootable") {
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            other => other.and_then(Value::as_bool).unwrap_or_default(),
        },
        source_volume_id: text(row, "source_volume_id"),
        source_volume_name: text(row, "source_volume_name"),
        source_volume_size: number(row, "source_volume_size"),
    })
}

fn text(of: &Value, name: &str) -> String {
    word(of, name).unwrap_or_default()
}

/// A text that says something, of a length that can be shown.
fn word(of: &Value, name: &str) -> Option<String> {
    const LONGEST: usize = 128;
    of.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| text.chars().take(LONGEST).collect())
}

/// Documented as integers, and seen with a fraction; other clients had to learn it.
#[allow(clippy::cast_possible_truncation, reason = "sizes of disks are far below the largest integer that a float can hold")]
fn number(of: &Value, name: &str) -> Option<i64> {
    match of.get(name)? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|size| size.round() as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn time(of: &Value, name: &str) -> Option<Timestamp> {
    let text = of.get(name)?.as_str()?;
    text.parse().ok().or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_recorded_backup_is_read() {
        for (vector, pointer) in [
            (include_str!("../../../../tests/vectors/huawei/csbs-get-checkpoint-item-token.json"), "item"),
            (include_str!("../../../../tests/vectors/huawei/csbs-list-checkpoint-items-token.json"), "items"),
        ] {
            let vector: Value = serde_json::from_str(vector).unwrap();
            let body = &vector["response"]["body"];
            let read = if pointer == "item" { item(body).unwrap() } else { items(body).unwrap().remove(0) };
            assert_eq!(read.id, "8986ce68-3da7-4d29-9cc2-1921e9504975");
            assert!(read.is_available() && read.restore_mode == "backup");
            assert_eq!(read.created_at.unwrap().to_string(), "2017-04-15T04:20:37.27788Z", "a time without a zone is UTC");
            let disk = DiskBackup {
                id: "7ea119a8-d25b-43a7-8d1b-88e12788513a".to_owned(),
                status: "available".to_owned(),
                bootable: true,
                source_volume_id: "45baf976-c20a-4894-a7c3-c94b7376bf55".to_owned(),
                source_volume_name: "karbor_02".to_owned(),
                source_volume_size: Some(20),
            };
            assert_eq!(read.disks, [disk]);
        }
    }

    #[test]
    fn what_is_odd_is_empty_and_what_is_missing_is_told() {
        let row = json!({"id": "c", "status": null, "created_at": "yesterday", "extend_info": {"supported_restore_mode": 3, "volume_backups": [
            null, {"name": "no id"}, {"id": "b", "bootable": "True", "source_volume_size": 20.0}, {"id": "d", "source_volume_size": "40", "bootable": 1},
        ]}});
        let read = &items(&json!({"checkpoint_items": [row, {"id": ""}, 7, {"id": "bare", "extend_info": "{}"}]})).unwrap();
        assert_eq!(read.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["c", "bare"]);
        assert_eq!((read[0].status.as_str(), read[0].created_at, read[0].restore_mode.as_str()), ("", None, ""));
        let disks: Vec<_> = read[0].disks.iter().map(|disk| (disk.id.as_str(), disk.bootable, disk.source_volume_size)).collect();
        assert_eq!(disks, [("b", true, Some(20)), ("d", false, Some(40))]);
        for body in [json!({}), json!({"checkpoint_items": null}), json!([])] {
            assert_eq!(items(&body).unwrap_err(), Unreadable::Lacks("checkpoint_items"));
        }
        assert!(item(&json!({"checkpoint_item": {"status": "available"}})).is_err());
    }

    #[test]
    fn one_question_has_one_answer() {
        let said = |body: Value| super::said(&body).map(|said| (said.result, said.code));
        let table = [
            (json!({"restorable": [{"result": true, "error_code": "", "error_msg": ""}]}), Ok((true, None))),
            (json!({"restorable": [{"result": false, "error_code": "CSBS.6018"}]}), Ok((false, Some("CSBS.6018".to_owned())))),
            (json!({"restorable": [{"result": false, "error_code": null}]}), Ok((false, None))),
            (json!({"restorable": [{"result": "false"}]}), Err(Unreadable::Lacks("result"))),
            (json!({"restorable": []}), Err(Unreadable::Count(0))),
            (json!({"restorable": [{"result": true}, {"result": true}]}), Err(Unreadable::Count(2))),
            (json!({"restorable": {}}), Err(Unreadable::Lacks("restorable"))),
            (Value::Null, Err(Unreadable::Lacks("restorable"))),
        ];
        for (body, expected) in table {
            assert_eq!(said(body.clone()), expected, "{body}");
        }
    }
}
