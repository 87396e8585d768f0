//! What one answer means for its check: yes, no, or that something is busy and it should be asked again soon.

use crate::api::restore_check::Check;
use crate::api::restore_check::status::{CheckStatus, PastAnswer, Resolved, Restorable};
use crate::cloud::error::{Class, CloudError};
use crate::cloud::huawei::csbs::CheckpointItem;
use crate::kinds::restore_check::facts;
use crate::kinds::restore_check::observe::{Asked, Outcome};
use crate::kinds::restore_check::schedule::Schedule;
use crate::reason::Reason;
use crate::reconcile::backoff::ASKED_AGAIN;
use jiff::Timestamp;

/// When an answer came, and what that means for the next.
pub(super) struct Moment<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) spread: f64,
    pub(super) now: Timestamp,
}

impl Moment<'_> {
    fn next_after(&self, then: Timestamp) -> Option<Timestamp> {
        self.schedule.next(then, self.spread)
    }
}

/// What an answer says, whoever gave it.
#[derive(Default)]
struct Said {
    reason: Option<Reason>,
    code: Option<String>,
    class: Option<Class>,
    message: String,
    hint: Option<String>,
    request_id: Option<String>,
    resource_id: Option<String>,
}

/// A check that nobody has answered yet.
pub(super) fn none_yet(name: &str, question: String) -> CheckStatus {
    CheckStatus {
        name: name.to_owned(),
        restorable: Restorable::Unknown,
        reason: Reason::Checking,
        code: None,
        class: None,
        message: None,
        hint: None,
        findings: Vec::new(),
        resolved: None,
        answered_resource_id: None,
        last_answer: None,
        failures: 0,
        next_check: None,
        busy_since: None,
        request_id: None,
        question,
        occasion: String::new(),
        history: Vec::new(),
    }
}

/// Puts an answer into what is known of its check; how many noes count is left to others.
pub(super) fn take(known: &mut CheckStatus, check: &Check, asked: &Asked, at: &Moment<'_>) {
    let said = said(&asked.outcome);
    known.resolved = asked.item.as_ref().map(resolved);
    known.findings = asked.item.as_ref().map(|item| facts::findings(check, item)).unwrap_or_default();
    let is_busy = said.class == Some(Class::Busy);
    let restorable = if said.reason.is_none() { Restorable::True } else { Restorable::False };
    known.reason = match said.reason {
        None => Reason::Restorable,
        Some(_) if is_busy => Reason::Busy,
        Some(reason) => reason,
    };
    known.code.clone_from(&said.code);
    known.class = said.class.map(|class| class.as_str().to_owned());
    known.message = Some(said.message);
    known.hint = said.hint;
    known.request_id = said.request_id;
    known.answered_resource_id = said.resource_id;
    // What passes by itself is no answer, unless it has not passed by the time of the next one.
    if is_busy && still_time(known, at) {
        let scheduled = known.busy_since.and_then(|since| at.next_after(since.get()));
        let soon = at.now.checked_add(ASKED_AGAIN).ok();
        known.next_check = [scheduled, soon].into_iter().flatten().min().map(Into::into);
        remember(known, Restorable::Unknown, at);
        return;
    }
    known.busy_since = is_busy.then(|| at.now.into());
    known.last_answer = Some(at.now.into());
    let soon = is_busy.then(|| at.now.checked_add(ASKED_AGAIN).ok()).flatten();
    known.next_check = [at.next_after(at.now), soon].into_iter().flatten().min().map(Into::into);
    match restorable {
        Restorable::True => {
            known.failures = 0;
            known.restorable = Restorable::True;
        }
        Restorable::False | Restorable::Unknown => {
            known.failures = known.failures.saturating_add(1);
        }
    }
    remember(known, restorable, at);
}

/// Whether it is not yet time for the check after the one that first met somebody busy.
fn still_time(known: &mut CheckStatus, at: &Moment<'_>) -> bool {
    let since = known.busy_since.get_or_insert_with(|| at.now.into()).get();
    at.next_after(since).is_none_or(|next| at.now < next)
}

/// Of answers that only say that something is still busy the first is kept.
fn remember(known: &mut CheckStatus, restorable: Restorable, at: &Moment<'_>) {
    let past = PastAnswer {
        time: at.now.into(),
        restorable,
        code: known.code.clone(),
        checkpoint_item_id: known.resolved.as_ref().map(|backup| backup.checkpoint_item_id.clone()),
    };
    let is_news = known
        .history
        .first()
        .is_none_or(|last| restorable != Restorable::Unknown || PastAnswer { time: last.time, ..past.clone() } != *last);
    if is_news {
        known.history.insert(0, past);
    }
}

fn resolved(item: &CheckpointItem) -> Resolved {
    Resolved {
        checkpoint_item_id: item.id.clone(),
        created_at: item.created_at.map(Into::into),
        disks: i32::try_from(item.disks.len()).unwrap_or(i32::MAX),
    }
}

fn said(outcome: &Outcome) -> Said {
    let no = |reason, message: &str, hint: &str| Said {
        reason: Some(reason),
        class: Some(Class::Precondition),
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
        ..Said::default()
    };
    match outcome {
        Outcome::NoBackup => no(
            Reason::NoBackup,
            "the server has no backup that is available",
            "see in the CSBS console whether its policy is enabled and its last run went well, and whether backup.latest.resourceId is the server's id",
        ),
        Outcome::TooOld => no(
            Reason::BackupTooOld,
            "the newest backup of the server is older than backup.latest.maxAge",
            "see in the CSBS console why there is no newer one: a policy that is disabled, a run that failed, a quota that is used up",
        ),
        Outcome::Gone(error) => refused(error),
        Outcome::Answered(answer) => {
            let said = match &answer.error {
                Some(error) => refused(error),
                None => Said { message: "the backup can be restored onto the server".to_owned(), ..Said::default() },
            };
            Said { code: answer.code.clone(), request_id: answer.request_id.clone(), resource_id: answer.resource_id.clone(), ..said }
        }
    }
}

fn refused(error: &CloudError) -> Said {
    Said {
        reason: Some(error.reason),
        code: error.code.clone(),
        class: Some(error.class),
        message: error.meaning.to_owned(),
        hint: Some(error.hint.clone().into_owned()),
        request_id: error.request_id.clone(),
        resource_id: None,
    }
}
