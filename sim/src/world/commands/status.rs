//! How an invocation stands: the vendor's words for one instance, for all of them together, and its older words for both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{End, Invocation, Run, Target};

/// `InvocationStatus` of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    Pending,
    Scheduled,
    Running,
    Stopping,
    Success,
    Failed,
    Invalid,
    Aborted,
    Error,
    Timeout,
    Cancelled,
    Terminated,
}

/// What counts when the instances of an invocation are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Open,
    Good,
    Bad,
    Stopped,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::Invalid => "Invalid",
            Self::Aborted => "Aborted",
            Self::Error => "Error",
            Self::Timeout => "Timeout",
            Self::Cancelled => "Cancelled",
            Self::Terminated => "Terminated",
        }
    }

    fn part(self) -> Part {
        match self {
            Self::Pending | Self::Scheduled | Self::Running | Self::Stopping => Part::Open,
            Self::Success => Part::Good,
            Self::Failed | Self::Invalid | Self::Aborted | Self::Error | Self::Timeout => Part::Bad,
            Self::Cancelled | Self::Terminated => Part::Stopped,
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        self.part() != Part::Open
    }

    /// `InvokeRecordStatus`, to which every exit code is alike.
    pub(crate) fn record(self) -> &'static str {
        match self {
            Self::Pending | Self::Scheduled | Self::Running => "Running",
            Self::Stopping => "Stopping",
            Self::Success | Self::Failed => "Finished",
            Self::Invalid | Self::Aborted | Self::Error | Self::Timeout => "Failed",
            Self::Cancelled | Self::Terminated => "Stopped",
        }
    }
}

/// `InvocationStatus` of the whole.
pub(crate) fn together(all: &[Status]) -> &'static str {
    for open in [Status::Running, Status::Pending, Status::Scheduled, Status::Stopping] {
        if all.contains(&open) {
            return open.word();
        }
    }
    let has = |part| all.iter().any(|status| status.part() == part);
    match (has(Part::Good), has(Part::Bad)) {
        (true, false) => "Success",
        (true, true) => "PartialFailed",
        (false, true) => "Failed",
        (false, false) => "Stopped",
    }
}

/// `InvokeStatus`, the older word for it.
pub(crate) fn together_before(all: &[Status]) -> &'static str {
    let words: Vec<&str> = all.iter().map(|status| status.record()).collect();
    for word in ["Running", "Stopping"] {
        if words.contains(&word) {
            return word;
        }
    }
    match words.first() {
        Some(first) if words.iter().all(|word| word == first) => all.first().map_or("Finished", |status| status.record()),
        _ => "PartialFailed",
    }
}

/// One run, or an instance, as it was at some moment.
pub(crate) struct Seen<'a> {
    pub(crate) status: Status,
    pub(crate) run: Option<&'a Run>,
    pub(crate) started: Option<Timestamp>,
    pub(crate) end: Option<&'a End>,
    /// Runs that have begun.
    pub(crate) repeats: usize,
}

impl Run {
    pub(crate) fn seen(&self, at: Timestamp) -> Seen<'_> {
        let end = self.end.as_ref().filter(|end| end.at <= at);
        let started = self.started.filter(|started| *started <= at);
        let status = match (end, started) {
            (Some(end), _) => end.status,
            (None, Some(_)) => Status::Running,
            (None, None) => Status::Pending,
        };
        Seen { status, run: Some(self), started, end, repeats: usize::from(started.is_some()) }
    }
}

impl Target {
    pub(crate) fn seen(&self, at: Timestamp) -> Seen<'_> {
        let known = self.runs.partition_point(|run| run.due <= at);
        let repeats = self.runs.iter().take(known).filter(|run| run.started.is_some_and(|started| started <= at)).count();
        let stopped = self.stopped.is_some_and(|stopped| stopped <= at);
        let more = !stopped && (known < self.runs.len() || self.next.is_some() || self.awaits_reboot || self.stopped.is_some());
        let Some(last) = known.checked_sub(1).and_then(|index| self.runs.get(index)) else {
            let status = if stopped {
                Status::Cancelled
            } else if self.next.is_some_and(|next| next <= at) {
                Status::Pending
            } else {
                Status::Scheduled
            };
            return Seen { status, run: None, started: None, end: None, repeats };
        };
        let mut seen = Seen { repeats, ..last.seen(at) };
        if seen.status.is_terminal() {
            if stopped && self.cancelled {
                seen.status = Status::Cancelled;
            } else if more && self.stopped.is_none_or(|_| self.cancelled) {
                seen.status = Status::Scheduled;
            }
        }
        seen
    }
}

impl Invocation {
    pub(crate) fn statuses(&self, at: Timestamp) -> Vec<Status> {
        self.targets.iter().map(|target| target.seen(at).status).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_is_named_after_its_parts() {
        use Status::{Aborted, Cancelled, Failed, Pending, Running, Scheduled, Success, Terminated, Timeout};
        for (parts, whole, before) in [
            (&[Success, Success][..], "Success", "Finished"),
            (&[Success, Running], "Running", "Running"),
            (&[Success, Pending], "Pending", "Running"),
            (&[Scheduled], "Scheduled", "Running"),
            (&[Success, Failed], "PartialFailed", "Finished"),
            (&[Failed, Failed], "Failed", "Finished"),
            (&[Success, Timeout], "PartialFailed", "PartialFailed"),
            (&[Timeout, Aborted], "Failed", "Failed"),
            (&[Failed, Cancelled], "Failed", "PartialFailed"),
            (&[Cancelled, Terminated], "Stopped", "Stopped"),
            (&[Success, Cancelled], "Success", "PartialFailed"),
        ] {
            assert_eq!((together(parts), together_before(parts)), (whole, before), "{parts:?}");
        }
    }
}
