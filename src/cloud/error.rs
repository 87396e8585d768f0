//! What a cloud said when it refused, in the three questions that callers ask: what it means, whether it may have acted, whom to ask.

use crate::reason::Reason;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What an error means for whoever called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The account's budget for the operation is used up for now.
    Throttled,
    /// The cloud, or the way to it, is not there at the moment.
    Unavailable,
    /// The resource is in the middle of something else.
    Busy,
    NotFound,
    /// Key, signature or token refused.
    Unauthenticated,
    /// The identity is known and may not do this.
    Denied,
    Quota,
    /// The resource's state forbids it until somebody changes that state.
    Precondition,
    /// The request can never succeed as it is.
    Invalid,
    /// The service is gone for this account or region.
    Retired,
    /// Not in the catalogue, or a fault of the service's own.
    Unexpected,
}

impl Class {
    /// The word in `status.lastError.class` and in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "Throttled",
            Self::Unavailable => "Unavailable",
            Self::Busy => "Busy",
            Self::NotFound => "NotFound",
            Self::Unauthenticated => "Unauthenticated",
            Self::Denied => "Denied",
            Self::Quota => "Quota",
            Self::Precondition => "Precondition",
            Self::Invalid => "Invalid",
            Self::Retired => "Retired",
            Self::Unexpected => "Unexpected",
        }
    }

    /// The reason shown for this class, unless the catalogue names a closer one.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Throttled => Reason::RateLimited,
            Self::Unavailable => Reason::CloudUnavailable,
            Self::Busy => Reason::Busy,
            Self::NotFound => Reason::NotFound,
            Self::Unauthenticated => Reason::CredentialRejected,
            Self::Denied => Reason::AccessDenied,
            Self::Quota => Reason::QuotaExceeded,
            Self::Precondition => Reason::DependencyNotReady,
            Self::Invalid => Reason::InvalidSpec,
            Self::Retired => Reason::ServiceRetired,
            Self::Unexpected => Reason::UnknownError,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a failed call may have had its effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acted {
    No,
    Perhaps,
}

/// What a call does to the cloud, and so whether it may be repeated blindly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    Read,
    /// Sets a value: the second time changes nothing more.
    Repeatable,
    /// Acts anew each time; only the journal may send it again.
    Once,
}

/// One operation of one service: the key of budgets and metrics, and what error codes are looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// The vendor's short name: `ecs`, `ess`, `sts`.
    pub service: &'static str,
    /// The vendor's name of the operation: `JoinSecurityGroup`.
    pub name: &'static str,
    pub effect: Effect,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// What the catalogue knows of a code: text for people, none of it the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub class: Class,
    /// Not a failure: see `catalogue::Row::ok`.
    pub ok: bool,
    /// Whether the catalogue has the code itself; if not, this is a judgement by its family or its status.
    pub known: bool,
    /// See `catalogue::Row::daily`.
    pub daily: bool,
    pub acted: Acted,
    pub reason: Reason,
    /// What the code means, in one sentence.
    pub meaning: &'static str,
    /// What a person should do about it.
    pub hint: &'static str,
}

impl Explanation {
    /// A failure that changed nothing and is shown as its class is; what is otherwise goes in front of `..`.
    pub const fn of(class: Class, meaning: &'static str, hint: &'static str) -> Self {
        Self { class, ok: false, known: true, daily: false, acted: Acted::No, reason: class.reason(), meaning, hint }
    }
}

/// A call that did not succeed. Prints its own layer only: no secret, no request id, no text of the vendor's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation}: {}", .code.as_deref().unwrap_or(.meaning))]
pub struct CloudError {
    pub class: Class,
    /// The refusal says that what was wanted is so already, or answers the question: the operation makes a result of it.
    pub ok: bool,
    /// False if the answer's code is in no catalogue.
    pub known: bool,
    /// A quota that starts anew at midnight in UTC+8.
    pub daily: bool,
    pub acted: Acted,
    pub operation: Operation,
    pub reason: Reason,
    /// The vendor's code, raw; absent when no answer in the vendor's form arrived.
    pub code: Option<String>,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    pub meaning: &'static str,
    /// The catalogue's, but for errors that only the moment can explain.
    pub hint: Cow<'static, str>,
    /// How long the service asked to be left alone.
    pub retry_after: Option<Duration>,
    /// Shared, because everybody who waited for one batched read is handed the same error.
    #[source]
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl CloudError {
    /// An error as the catalogue explains it; what the answer added (code, status, request id) is filled in by who has it.
    pub fn explained(operation: Operation, explanation: &Explanation) -> Self {
        Self {
            class: explanation.class,
            ok: explanation.ok,
            known: explanation.known,
            daily: explanation.daily,
            acted: explanation.acted,
            operation,
            reason: explanation.reason,
            code: None,
            http_status: None,
            request_id: None,
            meaning: explanation.meaning,
            hint: Cow::Borrowed(explanation.hint),
            retry_after: None,
            source: None,
        }
    }

    /// Whether the vendor's code is one of these.
    pub fn has_code(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}
