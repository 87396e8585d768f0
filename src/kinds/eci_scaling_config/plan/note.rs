//! What came of a call, put down in status.

use super::step::EciScalingStep;
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::{Origin, SecretPrint};
use crate::api::journal::JournalState;
use crate::cloud::error::{Acted, CloudError};
use crate::reconcile::kind::Receipt;
use jiff::Timestamp;

pub(in super::super) fn note(
    status: &mut EciScalingConfigStatus,
    step: &EciScalingStep,
    outcome: Result<&Receipt, &CloudError>,
    _: Timestamp,
) {
    match (step, outcome) {
        (EciScalingStep::Create { run, content, .. }, Ok(receipt)) => {
            if let Some(entry) = status.operations.iter_mut().find(|entry| entry.run == *run) {
                entry.state = JournalState::Submitted;
                entry.ids = vec![receipt.external_id.clone()];
                entry.request_id.clone_from(&receipt.request_id);
            }
            status.envelope.external_id = Some(receipt.external_id.clone());
            status.origin = Some(Origin::Created);
            remember(&mut status.secrets, &content.prints);
        }
        (EciScalingStep::Create { run, .. }, Err(error)) => {
            if error.acted == Acted::No {
                if let Some(entry) = status.operations.iter_mut().find(|entry| entry.run == *run) {
                    entry.state = JournalState::Refused;
                }
                status.convergence = None;
            }
        }
        (EciScalingStep::Modify { content, .. }, Ok(_)) => remember(&mut status.secrets, &content.prints),
        (EciScalingStep::Modify { .. }, Err(error)) => {
            // No try, whatever came of it. If it may have acted, what it sets is remembered until that is seen.
            if let Some(convergence) = &mut status.convergence {
                convergence.sent = convergence.sent.saturating_sub(1);
            }
            status.convergence.take_if(|convergence| convergence.sent == 0 && error.acted == Acted::No);
        }
        (EciScalingStep::Delete { .. }, Ok(_)) => {
            status.origin = None;
            status.operations.clear();
        }
        (EciScalingStep::Delete { .. }, Err(_)) => {}
    }
}

fn remember(prints: &mut Vec<SecretPrint>, sent: &[SecretPrint]) {
    prints.retain(|print| sent.iter().all(|sent| sent.path != print.path));
    prints.extend(sent.iter().cloned());
    prints.sort_by(|one, other| one.path.cmp(&other.path));
}
