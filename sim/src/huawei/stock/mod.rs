//! What can be backed up and restored: servers with their volumes, the backups that were made of them, and answers that a test has laid down.
//! What follows from it is said by the service.

mod lay;
pub(crate) mod seed;
mod view;

pub(crate) use lay::ITEM_STATUSES;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use self::seed::{Blanks, CsbsSeed, HuaweiTask, HuaweiVerdict, HuaweiVolume, Refusals};
use crate::hex::hex;

pub(crate) const SERVER: &str = "OS::Nova::Server";
pub(crate) const BARE_METAL: &str = "OS::Ironic::BareMetalServer";

#[derive(Clone, Debug, Default)]
pub(crate) struct Stock {
    /// By id, and so are the items.
    pub(crate) servers: BTreeMap<String, Server>,
    pub(crate) items: BTreeMap<String, Item>,
    /// The first that fits counts.
    pub(crate) verdicts: Vec<HuaweiVerdict>,
    minted: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Server {
    pub(crate) id: String,
    pub(crate) project: String,
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) task: HuaweiTask,
    pub(crate) zone: String,
    pub(crate) ip: String,
    /// The backup policy that it is bound to.
    pub(crate) policy: Option<String>,
    pub(crate) volumes: Vec<HuaweiVolume>,
}

impl Server {
    /// On or off, and nothing else going on as far as Nova knows.
    pub(crate) fn is_at_rest(&self) -> bool {
        ["ACTIVE", "SHUTOFF"].contains(&self.status.as_str())
    }
}

/// The backup of one server, within a checkpoint.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) checkpoint: String,
    pub(crate) project: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) status: String,
    pub(crate) server: String,
    pub(crate) server_name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) zone: String,
    pub(crate) ip: String,
    /// Those in which it can be restored.
    pub(crate) zones: Vec<String>,
    pub(crate) restore_mode: String,
    pub(crate) copy_status: String,
    pub(crate) policy: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) disks: Vec<Disk>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// Laid over its JSON, by dotted names.
    pub(crate) extra: BTreeMap<String, Value>,
}

/// The backup of one disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Disk {
    pub(crate) id: String,
    /// The volume that was backed up.
    pub(crate) volume: String,
    pub(crate) name: String,
    /// In GB, of that volume.
    pub(crate) size: u64,
    pub(crate) bootable: bool,
}

/// How the service behaves where documents leave it open.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Csbs {
    pub(crate) refusals: Refusals,
    pub(crate) blanks: Blanks,
    pub(crate) retired: bool,
    pub(crate) ignores_marker: bool,
}

impl Csbs {
    pub(crate) fn change(&mut self, seed: &CsbsSeed) {
        self.refusals = seed.refusals.unwrap_or(self.refusals);
        self.blanks = seed.blanks.unwrap_or(self.blanks);
        self.retired = seed.retired.unwrap_or(self.retired);
        self.ignores_marker = seed.ignores_marker.unwrap_or(self.ignores_marker);
    }
}

impl Stock {
    /// The backups of a server, by their ids, the newest first.
    pub(crate) fn backups_of(&self, server: &str) -> Vec<String> {
        let mut found: Vec<&Item> = self.items.values().filter(|item| item.server == server).collect();
        found.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
        found.into_iter().map(|item| item.id.clone()).collect()
    }

    /// An id that is the same in every run of the same steps.
    fn mint(&mut self, what: &str) -> String {
        self.minted += 1;
        let text = hex(&Sha256::digest(format!("steward-cloudsim {what} {}", self.minted)));
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..32]].join("-")
    }
}

/// The form of this service's ids: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
pub(crate) fn is_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_five_groups_of_hexadecimal_digits() {
        for (text, expected) in [
            ("8986ce68-3da7-4d29-9cc2-1921e9504975", true),
            ("8986CE68-3DA7-4D29-9CC2-1921E9504975", true),
            ("8986ce683da74d299cc21921e9504975", false),
            ("8986ce68-3da7-4d29-9cc2-1921e950497", false),
            ("8986ce68-3da7-4d29-9cc2-1921e950497g", false),
            ("8986ce68-3da7-4d29-9cc2-1921e9504975-", false),
            ("", false),
        ] {
            assert_eq!(is_id(text), expected, "{text}");
        }
        assert!(is_id(&Stock::default().mint("test")));
    }
}
