//! What came of a call, put down in status.

use super::step::EciScalingStep;
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::Origin;
use crate::api::journal::JournalState;
use crate::api::paths::Paths;
use crate::cloud::error::{Acted, CloudError};
use crate::kinds::eci_scaling_config::progress;
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
            progress::remember(&mut status.secrets, &content.prints);
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
        (EciScalingStep::Modify { content, .. }, Ok(_)) => progress::remember(&mut status.secrets, &content.prints),
        (EciScalingStep::Modify { content, .. }, Err(error)) => failed(status, error.acted, &content.paths),
        (EciScalingStep::Delete { .. }, Ok(_)) => {
            status.origin = None;
            status.operations.clear();
        }
        (EciScalingStep::Delete { .. }, Err(_)) => {}
    }
}

/// It was no try, whatever came of it. If it may have acted, what it sets is remembered until that is seen; else nothing was set, and nothing set
/// right. That spec asks for something which was not reached yet stays on record: the next try would else look like a correction.
fn failed(status: &mut EciScalingConfigStatus, acted: Acted, paths: &[String]) {
    let Some(convergence) = &mut status.convergence else { return };
    convergence.sent = convergence.sent.saturating_sub(1);
    let paths: Vec<String> = paths.iter().map(|path| progress::brief(path)).collect();
    for pursued in convergence.paths.iter_mut().filter(|pursued| paths.contains(&pursued.path)) {
        pursued.sent = pursued.sent.saturating_sub(1);
    }
    let corrects = convergence.paths.iter().any(|pursued| pursued.corrects);
    let is_first = convergence.sent == 0;
    if acted == Acted::No {
        for pursued in convergence.paths.iter().filter(|pursued| pursued.sent == 0 && pursued.corrects) {
            for correction in status.corrections.iter_mut().filter(|correction| correction.path == pursued.path) {
                correction.times.pop();
            }
        }
        status.corrections.retain(|correction| !correction.times.is_empty());
        convergence.paths.retain(|pursued| pursued.sent > 0);
        if is_first {
            convergence.sets = Paths::default();
        }
    }
    if is_first && !corrects {
        status.pursued_generation = None;
    } else if is_first && acted == Acted::No {
        status.convergence = None;
    }
}
