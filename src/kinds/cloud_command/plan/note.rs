//! What came of a call, put down in status.

use super::step::CloudCommandStep;
use crate::api::cloud_command::CloudCommandStatus;
use crate::api::journal::JournalState;
use crate::cloud::error::{Acted, CloudError};
use crate::reconcile::kind::Receipt;

pub(in super::super) fn note(status: &mut CloudCommandStatus, step: &CloudCommandStep, outcome: Result<&Receipt, &CloudError>) {
    let CloudCommandStep::Invoke { run, again, .. } = step else { return };
    let Some(entry) = status.operations.iter_mut().find(|entry| entry.run == *run) else { return };
    match outcome {
        Ok(receipt) => {
            entry.state = JournalState::Submitted;
            entry.ids = vec![receipt.external_id.clone()];
            entry.request_id.clone_from(&receipt.request_id);
            let began = entry.started_at;
            status.envelope.external_id = Some(receipt.external_id.clone());
            if let Some(intent) = &mut status.intent {
                intent.was_sent(&receipt.external_id, began);
            }
        }
        Err(error) => {
            entry.request_id.clone_from(&error.request_id);
            // The refusal of another try says nothing of an earlier one, which may be why it was refused.
            if error.acted == Acted::No && !again {
                entry.state = JournalState::Refused;
            }
        }
    }
}
