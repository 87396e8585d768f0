//! What came of a call, put down in status.

use super::step::EciScalingStep;
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::{MAX_SECRETS, Origin, SecretPrint};
use crate::api::journal::JournalState;
use crate::api::paths::Paths;
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
        (EciScalingStep::Create { run, again, .. }, Err(error)) => {
            // The refusal of another try says nothing of an earlier one, which may be why it was refused.
            if error.acted == Acted::No && !again {
                if let Some(entry) = status.operations.iter_mut().find(|entry| entry.run == *run) {
                    entry.state = JournalState::Refused;
                }
                status.convergence = None;
            }
        }
        (EciScalingStep::Modify { content, .. }, Ok(_)) => remember(&mut status.secrets, &content.prints),
        (EciScalingStep::Modify { .. }, Err(error)) => failed(status, error.acted),
        (EciScalingStep::Delete { .. }, Ok(_)) => {
            status.origin = None;
            status.operations.clear();
        }
        (EciScalingStep::Delete { .. }, Err(_)) => {}
    }
}

/// It was no try, whatever came of it. If it may have acted, what it sets is remembered until that is seen; else nothing was set, and nothing set
/// right. That spec asks for something which was not reached yet stays on record: the next try would else look like a correction.
fn failed(status: &mut EciScalingConfigStatus, acted: Acted) {
    let Some(convergence) = &mut status.convergence else { return };
    convergence.sent = convergence.sent.saturating_sub(1);
    if convergence.sent > 0 || acted == Acted::Perhaps {
        return;
    }
    let since = convergence.since;
    convergence.paths.clear();
    convergence.sets = Paths::default();
    if status.corrections.iter().any(|correction| correction.times.contains(&since)) {
        for correction in &mut status.corrections {
            correction.times.retain(|time| *time != since);
        }
        status.corrections.retain(|correction| !correction.times.is_empty());
        status.convergence = None;
    }
}

/// What steward knows the cloud to hold. Earlier ones only tell what must not be shown: they stay as far as there is room.
pub(super) fn remember(prints: &mut Vec<SecretPrint>, sent: &[SecretPrint]) {
    prints.retain(|print| sent.iter().all(|sent| sent.path != print.path));
    prints.truncate(MAX_SECRETS.saturating_sub(sent.len()));
    prints.extend(sent.iter().cloned());
    prints.sort_by(|one, other| one.path.cmp(&other.path));
}
