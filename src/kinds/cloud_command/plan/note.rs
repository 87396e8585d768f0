//! What came of a call, put down in status. Others may have written meanwhile: another process, or somebody who laid an older status over this one.

use super::step::CloudCommandStep;
use crate::api::cloud_command::CloudCommandStatus;
use crate::api::cloud_command::status::MAX_OPERATIONS;
use crate::api::journal::{JournalEntry, JournalState};
use crate::cloud::error::{Acted, CloudError};
use crate::reconcile::kind::Receipt;

pub(in super::super) fn note(status: &mut CloudCommandStatus, step: &CloudCommandStep, outcome: Result<&Receipt, &CloudError>) {
    let CloudCommandStep::Invoke { entry: recorded, .. } = step else { return };
    match outcome {
        Ok(receipt) => {
            let Some(entry) = on_record(status, recorded) else { return };
            entry.state = JournalState::Submitted;
            entry.ids = vec![receipt.external_id.clone()];
            entry.request_id.clone_from(&receipt.request_id);
            status.envelope.external_id = Some(receipt.external_id.clone());
            if let Some(intent) = status.intent.as_mut().filter(|intent| intent.hash == recorded.intent_hash) {
                intent.was_sent(&receipt.external_id, recorded.started_at);
            }
        }
        Err(error) if error.acted == Acted::No => {
            if let Some(entry) = status.operations.iter_mut().find(|entry| entry.run == recorded.run) {
                entry.request_id.clone_from(&error.request_id);
            }
            take_back(status, step);
        }
        Err(error) => {
            if let Some(entry) = on_record(status, recorded) {
                entry.request_id.clone_from(&error.request_id);
            }
        }
    }
}

/// Nothing of this call ran. That says nothing of another try under the same entry, by whomever, which may be why this one was refused.
pub(in super::super) fn take_back(status: &mut CloudCommandStatus, step: &CloudCommandStep) {
    let CloudCommandStep::Invoke { entry: recorded, .. } = step else { return };
    let only_tried_here =
        |entry: &&mut JournalEntry| entry.run == recorded.run && entry.state == JournalState::Intended && entry.sent_again_at.is_none();
    if let Some(entry) = status.operations.iter_mut().find(only_tried_here) {
        entry.state = JournalState::Refused;
    }
}

/// The entry of a call that the cloud may have taken. One that is not there any more although its batch is not settled is put back.
fn on_record<'a>(status: &'a mut CloudCommandStatus, recorded: &JournalEntry) -> Option<&'a mut JournalEntry> {
    if !status.operations.iter().any(|entry| entry.run == recorded.run) {
        let present = status.intent.as_ref().filter(|intent| intent.hash == recorded.intent_hash);
        let is_settled = present.is_some_and(|intent| intent.is_settled(recorded.batch.unwrap_or_default()));
        if is_settled || status.past_intents.contains(&recorded.intent_hash) || status.operations.len() >= MAX_OPERATIONS {
            return None;
        }
        status.operations.retain(|entry| entry.batch != recorded.batch || entry.intent_hash != recorded.intent_hash);
        status.operations.push(recorded.clone());
    }
    status.operations.iter_mut().find(|entry| entry.run == recorded.run)
}
