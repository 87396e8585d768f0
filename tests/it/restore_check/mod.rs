//! Stories of `RestoreCheck`: what is answered (`answers`), what keeps it from being asked (`trouble`), when it is asked (`times`), and crashes.

mod answers;
mod crashes;
mod times;
mod trouble;

use serde_json::{Value, json};
use std::time::Duration;

const WEB: &str = "5aa119a8-d25b-45a7-8d1b-88e127885635";
const WEB_SYSTEM: &str = "45baf976-c20a-4894-a7c3-c94b7376bf55";
const WEB_DATA: &str = "9c1b1c1f-5a0f-4f4e-9a53-5a7d1a6f0c02";
const WEB_BACKUP: &str = "8986ce68-3da7-4d29-9cc2-1921e9504975";
const WEB_SYSTEM_BACKUP: &str = "7ea119a8-d25b-43a7-8d1b-88e12788513a";
const WEB_DATA_BACKUP: &str = "3b1c4a52-3c0e-4b0e-8f3e-0a3f9e3f7c11";
const DB: &str = "f45c477a-57e5-465f-999f-d845083962db";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

/// The latest backup of a server, back to where it came from.
fn home(server: &str) -> Value {
    json!({"name": "home", "backup": {"latest": {"resourceId": server}}, "target": {"resourceId": server, "volumeMapping": "SourceVolumes"}})
}

/// A spec of this one check, with more to it.
fn spec(check: &Value, more: &Value) -> Value {
    let mut spec = json!({"credentialRef": {"name": "otc"}, "checks": [check]});
    for (field, value) in more.as_object().expect("fields") {
        spec[field] = value.clone();
    }
    spec
}

/// The backup of the web server, by this mapping of disk backups to volumes.
fn mapped(volumes: &[(&str, &str)]) -> Value {
    let volumes: Vec<_> = volumes.iter().map(|(backup, volume)| json!({"backupId": backup, "volumeId": volume})).collect();
    json!({"name": "mapped", "backup": {"checkpointItemId": WEB_BACKUP}, "target": {"resourceId": WEB, "volumes": volumes}})
}
