//! Servers, backups and verdicts as people write them, in seeds and in edits. In a seed a thing is complete; in an edit of one that is there only
//! what is said changes. Data only: `lay` checks them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiServer {
    pub id: String,
    /// By id, or by name; not needed while there is only one.
    pub project: Option<String>,
    pub name: Option<String>,
    /// `OS::Nova::Server` by default, or `OS::Ironic::BareMetalServer`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// In the words of Nova; `ACTIVE` by default.
    pub status: Option<String>,
    /// What CSBS is doing with it.
    pub task: Option<HuaweiTask>,
    pub zone: Option<String>,
    pub ip: Option<String>,
    /// The id of a backup policy that it is bound to; the empty text: none.
    pub policy: Option<String>,
    /// All that are attached.
    pub volumes: Option<Vec<HuaweiVolume>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HuaweiTask {
    #[default]
    None,
    Protecting,
    Restoring,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HuaweiVolume {
    pub id: String,
    #[serde(default)]
    pub name: String,
    /// In GB.
    pub size: u64,
    /// A system disk.
    #[serde(default)]
    pub bootable: bool,
    #[serde(default)]
    pub shareable: bool,
}

impl HuaweiVolume {
    /// A data disk.
    pub fn new(id: impl Into<String>, size: u64) -> Self {
        Self { id: id.into(), name: String::new(), size, bootable: false, shareable: false }
    }
}

/// The backup of one server: a checkpoint item, with the checkpoint around it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiBackup {
    /// Of the item; by default a new one.
    pub id: Option<String>,
    /// The id of the checkpoint; by default a new one.
    pub checkpoint: Option<String>,
    /// The id of the server that it is of. What that has is taken over; of one that is not there, `project` and `disks` have to be said.
    pub server: Option<String>,
    pub project: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// `available` by default.
    pub status: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub zone: Option<String>,
    /// Where it can be restored; by default its own zone.
    pub zones: Option<Vec<String>>,
    /// `na`, `snapshot` or `backup` (by default).
    pub restore_mode: Option<String>,
    /// `na` (by default), `waiting_copy`, `copying`, `success` or `fail`.
    pub copy_status: Option<String>,
    pub policy: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
    /// By default one for each volume of the server, as that is now.
    pub disks: Option<Vec<HuaweiDisk>>,
    /// By default now.
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// Put into its JSON at the end, by dotted names (`extend_info.volume_backups.0.size`).
    pub extra: Option<BTreeMap<String, Value>>,
}

/// The backup of one disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiDisk {
    /// By default a new one.
    pub id: Option<String>,
    /// The id of the volume that was backed up.
    pub volume: String,
    pub name: String,
    /// In GB, of that volume.
    pub size: u64,
    pub bootable: bool,
}

/// An answer to those questions that it fits, whatever the state would say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiVerdict {
    /// Questions about this backup (checkpoint item) only.
    pub backup: Option<String>,
    /// Questions about this target only.
    pub server: Option<String>,
    pub result: bool,
    /// Any code, also one that is not documented; empty: none is given.
    pub code: String,
    /// By default the documented one of the code.
    pub message: Option<String>,
    /// Inside an answer with status 200, or as an error; by default as the settings say.
    pub form: Option<Refusals>,
    /// Of an error; by default the documented one of the code.
    pub status: Option<u16>,
    /// What the answer has as `resource_id` instead of the target.
    pub resource_id: Option<String>,
    /// The question gets no entry in the list of answers.
    pub dropped: bool,
}

impl HuaweiVerdict {
    /// A "no" with this code to every question.
    pub fn no(code: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::default() }
    }

    /// A "yes" to every question.
    pub fn yes() -> Self {
        Self { result: true, ..Self::default() }
    }

    #[must_use]
    pub fn on_backup(mut self, id: impl Into<String>) -> Self {
        self.backup = Some(id.into());
        self
    }

    #[must_use]
    pub fn on_server(mut self, id: impl Into<String>) -> Self {
        self.server = Some(id.into());
        self
    }

    #[must_use]
    pub fn in_form(mut self, form: Refusals) -> Self {
        self.form = Some(form);
        self
    }
}

/// How a "no" comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Refusals {
    /// In the entry of the question, with status 200.
    #[default]
    Inside,
    /// As an error of the whole call, with the documented status of the code.
    Error,
}

/// How an entry without a code says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Blanks {
    /// Code and message are empty texts.
    #[default]
    Shown,
    /// They are not there.
    Omitted,
}

/// The dials of CSBS; absent means unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CsbsSeed {
    pub refusals: Option<Refusals>,
    pub blanks: Option<Blanks>,
    /// Every call is refused: the service is closed.
    pub retired: Option<bool>,
    /// The list begins at its beginning whatever the marker.
    pub ignores_marker: Option<bool>,
}
