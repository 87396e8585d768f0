//! The one closed list of reasons: the same word stands in a condition, in an event and in a metric label.
//! Data only; everybody may know it, and it knows nobody.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why an object is in the state it is in. CamelCase on the wire, as Kubernetes conditions want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    InSync,
    Applying,
    AwaitingConsistency,
    Suspended,
    ObserveOnly,
    DriftDetected,
    DriftCorrected,
    NotConverged,
    ManagementConflict,
    CannotClear,
    CannotMerge,
    CredentialMissing,
    CredentialRejected,
    AccessDenied,
    AccountMismatch,
    EndpointNotAllowed,
    NotFound,
    AlreadyOwned,
    InvalidSpec,
    QuotaExceeded,
    RateLimited,
    CloudUnavailable,
    ServiceRetired,
    Busy,
    OutcomeUnknown,
    DependencyNotReady,
    DeleteBlocked,
    Abandoned,
    UnsupportedStatus,
    InternalError,
    Running,
    Succeeded,
    CommandFailed,
    MaxFailuresReached,
    Cancelled,
    WindowMissed,
    AlreadyRan,
    InputsChanged,
    Scheduled,
    LastRunFailed,
    NoTargets,
    RemovalLimit,
    LastGroupKept,
    Checking,
    Restorable,
    NotRestorable,
    NoBackup,
    BackupTooOld,
    Stale,
    /// Also stands for whatever a newer release wrote.
    #[serde(other)]
    UnknownError,
}

impl JsonSchema for Reason {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }

    // Open on purpose: an older CRD must not refuse the status of a newer release.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 64})
    }
}

impl Reason {
    /// Each of them, in order.
    pub const ALL: [Self; 50] = [
        Self::InSync,
        Self::Applying,
        Self::AwaitingConsistency,
        Self::Suspended,
        Self::ObserveOnly,
        Self::DriftDetected,
        Self::DriftCorrected,
        Self::NotConverged,
        Self::ManagementConflict,
        Self::CannotClear,
        Self::CannotMerge,
        Self::CredentialMissing,
        Self::CredentialRejected,
        Self::AccessDenied,
        Self::AccountMismatch,
        Self::EndpointNotAllowed,
        Self::NotFound,
        Self::AlreadyOwned,
        Self::InvalidSpec,
        Self::QuotaExceeded,
        Self::RateLimited,
        Self::CloudUnavailable,
        Self::ServiceRetired,
        Self::Busy,
        Self::OutcomeUnknown,
        Self::DependencyNotReady,
        Self::DeleteBlocked,
        Self::Abandoned,
        Self::UnsupportedStatus,
        Self::InternalError,
        Self::Running,
        Self::Succeeded,
        Self::CommandFailed,
        Self::MaxFailuresReached,
        Self::Cancelled,
        Self::WindowMissed,
        Self::AlreadyRan,
        Self::InputsChanged,
        Self::Scheduled,
        Self::LastRunFailed,
        Self::NoTargets,
        Self::RemovalLimit,
        Self::LastGroupKept,
        Self::Checking,
        Self::Restorable,
        Self::NotRestorable,
        Self::NoBackup,
        Self::BackupTooOld,
        Self::Stale,
        Self::UnknownError,
    ];

    /// The word, as it stands in conditions, events and metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "InSync",
            Self::Applying => "Applying",
            Self::AwaitingConsistency => "AwaitingConsistency",
            Self::Suspended => "Suspended",
            Self::ObserveOnly => "ObserveOnly",
            Self::DriftDetected => "DriftDetected",
            Self::DriftCorrected => "DriftCorrected",
            Self::NotConverged => "NotConverged",
            Self::ManagementConflict => "ManagementConflict",
            Self::CannotClear => "CannotClear",
            Self::CannotMerge => "CannotMerge",
            Self::CredentialMissing => "CredentialMissing",
            Self::CredentialRejected => "CredentialRejected",
            Self::AccessDenied => "AccessDenied",
            Self::AccountMismatch => "AccountMismatch",
            Self::EndpointNotAllowed => "EndpointNotAllowed",
            Self::NotFound => "NotFound",
            Self::AlreadyOwned => "AlreadyOwned",
            Self::InvalidSpec => "InvalidSpec",
            Self::QuotaExceeded => "QuotaExceeded",
            Self::RateLimited => "RateLimited",
            Self::CloudUnavailable => "CloudUnavailable",
            Self::ServiceRetired => "ServiceRetired",
            Self::Busy => "Busy",
            Self::OutcomeUnknown => "OutcomeUnknown",
            Self::DependencyNotReady => "DependencyNotReady",
            Self::DeleteBlocked => "DeleteBlocked",
            Self::Abandoned => "Abandoned",
            Self::UnsupportedStatus => "UnsupportedStatus",
            Self::InternalError => "InternalError",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::CommandFailed => "CommandFailed",
            Self::MaxFailuresReached => "MaxFailuresReached",
            Self::Cancelled => "Cancelled",
            Self::WindowMissed => "WindowMissed",
            Self::AlreadyRan => "AlreadyRan",
            Self::InputsChanged => "InputsChanged",
            Self::Scheduled => "Scheduled",
            Self::LastRunFailed => "LastRunFailed",
            Self::NoTargets => "NoTargets",
            Self::RemovalLimit => "RemovalLimit",
            Self::LastGroupKept => "LastGroupKept",
            Self::Checking => "Checking",
            Self::Restorable => "Restorable",
            Self::NotRestorable => "NotRestorable",
            Self::NoBackup => "NoBackup",
            Self::BackupTooOld => "BackupTooOld",
            Self::Stale => "Stale",
            Self::UnknownError => "UnknownError",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_on_the_wire_is_the_word_in_the_label() {
        for reason in [Reason::InSync, Reason::CloudUnavailable, Reason::NoTargets, Reason::UnknownError] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }

    #[test]
    fn none_is_left_out_of_the_list() {
        // `UnknownError` is the last one of the enum.
        assert_eq!(Reason::ALL.len(), Reason::UnknownError as usize + 1);
        assert!(Reason::ALL.windows(2).all(|pair| pair[0] < pair[1]), "in order, and each once");
    }

    #[test]
    fn a_word_of_a_newer_release_is_absorbed() {
        assert_eq!(serde_json::from_str::<Reason>("\"SomethingNew\"").unwrap(), Reason::UnknownError);
    }
}
