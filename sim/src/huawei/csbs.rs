//! CSBS v1. Nothing is backed up here yet: the list of backups is empty, which is enough to try credentials on.

use serde_json::json;

use super::answer::{Done, Outcome};
use super::gate;

pub(crate) fn act(operation: &str) -> Outcome {
    match operation {
        "ListCheckpointItems" => Ok(Done::read(json!({ "checkpoint_items": [], "checkpoint_items_links": [] }))),
        _ => Err(gate::unknown_api()),
    }
}
