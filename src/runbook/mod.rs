//! What to do about each reason: a paragraph for `docs/runbook.md`, for `steward explain REASON`, and for the link at the end of hints. Data only;
//! what a code of a cloud means stands in the catalogues.

mod access;
mod backups;
mod commands;
mod runs;
mod state;

use crate::reason::Reason;
use std::borrow::Cow;

/// Where the pages are that hints and alerts lead to.
const PAGE: &str = "https://github.com/cloud-steward/cloud-steward/blob/main/docs/runbook.md";

pub(crate) const CREDENTIAL: &str = "CloudCredential";
pub(crate) const COMMAND: &str = "CloudCommand";
pub(crate) const SCALING: &str = "EciScalingConfig";
pub(crate) const CHECK: &str = "RestoreCheck";
pub(crate) const MEMBERSHIP: &str = "SecurityGroupMembership";

/// Whose `Ready` a session, a cloud or the API server can spoil.
const EVERY: &[&str] = &[CREDENTIAL, COMMAND, SCALING, CHECK, MEMBERSHIP];
/// Those that work with a credential.
const USERS: &[&str] = &[COMMAND, SCALING, CHECK, MEMBERSHIP];
/// Those that change something in a cloud.
const DOERS: &[&str] = &[COMMAND, SCALING, MEMBERSHIP];
/// Those that mirror a state of the cloud.
const STATES: &[&str] = &[SCALING, MEMBERSHIP];

/// One reason, for whoever is on call.
#[derive(Clone, Copy, Debug)]
pub struct Paragraph {
    /// The kinds that can show it.
    pub kinds: &'static [&'static str],
    /// What `Ready` says with it, or where else it is seen.
    pub ready: &'static str,
    pub meaning: &'static str,
    /// Commands that only look, with `$KIND`, `$NAME` and `$NS` for the object.
    pub look: &'static [&'static str],
    pub act: &'static [Act],
    /// Whether it heals by itself, and when steward looks again.
    pub again: &'static str,
}

/// Something to do, and the command for it, if it is one.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub what: &'static str,
    pub command: Option<&'static str>,
}

const fn by_hand(what: &'static str) -> Act {
    Act { what, command: None }
}

const fn typed(what: &'static str, command: &'static str) -> Act {
    Act { what, command: Some(command) }
}

/// The address of a reason's paragraph.
pub fn link(reason: Reason) -> String {
    format!("{PAGE}#{}", reason.as_str().to_ascii_lowercase())
}

/// A hint with the way to the paragraph at its end. One that is a manifest stays one.
pub fn leading(hint: &str, reason: Reason) -> Cow<'_, str> {
    let link = link(reason);
    match hint.trim_end() {
        "" => Cow::Owned(link),
        manifest if manifest.contains('\n') => Cow::Owned(format!("{manifest}\n# {link}\n")),
        words => Cow::Owned(format!("{}. See {link}", words.trim_end_matches('.'))),
    }
}

/// What is to be known of a reason.
pub fn paragraph(reason: Reason) -> &'static Paragraph {
    match reason {
        Reason::InSync => &state::IN_SYNC,
        Reason::Applying => &state::APPLYING,
        Reason::AwaitingConsistency => &state::AWAITING_CONSISTENCY,
        Reason::Suspended => &state::SUSPENDED,
        Reason::ObserveOnly => &runs::OBSERVE_ONLY,
        Reason::DriftDetected => &state::DRIFT_DETECTED,
        Reason::DriftCorrected => &state::DRIFT_CORRECTED,
        Reason::NotConverged => &state::NOT_CONVERGED,
        Reason::ManagementConflict => &state::MANAGEMENT_CONFLICT,
        Reason::CannotClear => &state::CANNOT_CLEAR,
        Reason::CannotMerge => &state::CANNOT_MERGE,
        Reason::CredentialMissing => &access::CREDENTIAL_MISSING,
        Reason::CredentialRejected => &access::CREDENTIAL_REJECTED,
        Reason::AccessDenied => &access::ACCESS_DENIED,
        Reason::AccountMismatch => &access::ACCOUNT_MISMATCH,
        Reason::EndpointNotAllowed => &access::ENDPOINT_NOT_ALLOWED,
        Reason::NotFound => &state::NOT_FOUND,
        Reason::AlreadyOwned => &state::ALREADY_OWNED,
        Reason::InvalidSpec => &state::INVALID_SPEC,
        Reason::QuotaExceeded => &access::QUOTA_EXCEEDED,
        Reason::RateLimited => &access::RATE_LIMITED,
        Reason::CloudUnavailable => &access::CLOUD_UNAVAILABLE,
        Reason::ServiceRetired => &backups::SERVICE_RETIRED,
        Reason::Busy => &access::BUSY,
        Reason::OutcomeUnknown => &runs::OUTCOME_UNKNOWN,
        Reason::DependencyNotReady => &state::DEPENDENCY_NOT_READY,
        Reason::DeleteBlocked => &state::DELETE_BLOCKED,
        Reason::Abandoned => &state::ABANDONED,
        Reason::UnsupportedStatus => &access::UNSUPPORTED_STATUS,
        Reason::InternalError => &access::INTERNAL_ERROR,
        Reason::Running => &runs::RUNNING,
        Reason::Succeeded => &runs::SUCCEEDED,
        Reason::CommandFailed => &runs::COMMAND_FAILED,
        Reason::MaxFailuresReached => &runs::MAX_FAILURES_REACHED,
        Reason::Cancelled => &runs::CANCELLED,
        Reason::WindowMissed => &runs::WINDOW_MISSED,
        Reason::AlreadyRan => &runs::ALREADY_RAN,
        Reason::InputsChanged => &runs::INPUTS_CHANGED,
        Reason::Scheduled => &runs::SCHEDULED,
        Reason::LastRunFailed => &runs::LAST_RUN_FAILED,
        Reason::NoTargets => &runs::NO_TARGETS,
        Reason::RemovalLimit => &state::REMOVAL_LIMIT,
        Reason::LastGroupKept => &state::LAST_GROUP_KEPT,
        Reason::Checking => &backups::CHECKING,
        Reason::Restorable => &backups::RESTORABLE,
        Reason::NotRestorable => &backups::NOT_RESTORABLE,
        Reason::NoBackup => &backups::NO_BACKUP,
        Reason::BackupTooOld => &backups::BACKUP_TOO_OLD,
        Reason::Stale => &backups::STALE,
        Reason::UnknownError => &access::UNKNOWN_ERROR,
    }
}

#[cfg(test)]
mod tests;
