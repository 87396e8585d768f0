//! What the body of `resources/action` asks. Fields that are not known are ignored; all that are, are mandatory.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Ask, INVALID, PROVIDER, refused};
use crate::huawei::answer::Refusal;
use crate::huawei::stock::is_id;

/// The body of a call, by the field that tells what is asked.
pub(super) fn body<T: DeserializeOwned>(ask: &Ask<'_>) -> Result<T, Refusal> {
    if ask.variable("provider_id") != PROVIDER {
        return Err(invalid());
    }
    serde_json::from_slice(&ask.request.body).map_err(|_| invalid())
}

#[derive(Deserialize)]
pub(super) struct Restorable {
    check_restorable: Vec<Restoration>,
}

#[derive(Deserialize)]
pub(super) struct Restoration {
    pub(super) checkpoint_item_id: String,
    pub(super) target: Target,
}

#[derive(Deserialize)]
pub(super) struct Target {
    pub(super) resource_id: String,
    pub(super) resource_type: String,
    pub(super) volumes: Vec<Mapping>,
}

#[derive(Deserialize)]
pub(super) struct Mapping {
    pub(super) backup_id: String,
    pub(super) volume_id: String,
}

impl Restorable {
    pub(super) fn questions(self) -> Result<Vec<Restoration>, Refusal> {
        let well_formed = |question: &Restoration| {
            let Target { resource_id, volumes, .. } = &question.target;
            let pairs = volumes.iter().flat_map(|pair| [&pair.backup_id, &pair.volume_id]);
            [&question.checkpoint_item_id, resource_id].into_iter().chain(pairs).all(|id| is_id(id))
                && once(volumes.iter().map(|pair| &pair.backup_id))
                && once(volumes.iter().map(|pair| &pair.volume_id))
        };
        asked(self.check_restorable, well_formed)
    }
}

#[derive(Deserialize)]
pub(super) struct Protectable {
    check_protectable: Vec<Protection>,
}

#[derive(Deserialize)]
pub(super) struct Protection {
    pub(super) resource_id: String,
    pub(super) resource_type: String,
}

impl Protectable {
    pub(super) fn questions(self) -> Result<Vec<Protection>, Refusal> {
        asked(self.check_protectable, |question| is_id(&question.resource_id))
    }
}

/// There is a question, and all are as documented.
fn asked<T>(questions: Vec<T>, well_formed: impl Fn(&T) -> bool) -> Result<Vec<T>, Refusal> {
    if questions.is_empty() || !questions.iter().all(well_formed) {
        return Err(invalid());
    }
    Ok(questions)
}

/// None is there twice.
fn once<'a>(ids: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    ids.into_iter().all(|id| seen.insert(id))
}

fn invalid() -> Refusal {
    refused(INVALID, &[])
}
