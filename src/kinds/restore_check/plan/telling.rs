//! What all checks together mean for the object: whether they count as restorable, since when that is too old to be said, and what stands in
//! the way of asking.

use crate::api::RestoreCheck;
use crate::api::restore_check::status::{CheckStatus, Restorable, RestoreCheckStatus};
use crate::kinds::restore_check::agenda;
use crate::kinds::restore_check::schedule::Schedule;
use crate::reason::Reason;
use crate::reconcile::kind::Given;
use crate::reconcile::memory::Failure;
use crate::reconcile::schedule::patience;
use crate::reconcile::verdict::{self, Phase, Verdict, few};
use jiff::{SignedDuration, Timestamp};

/// Where a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Restorable,
    No,
    /// There was an answer, and it is too old.
    Stale,
    /// There has been no answer that counts.
    Open,
}

fn standing(object: &RestoreCheck, check: &CheckStatus, now: Timestamp) -> Standing {
    let Some(answered) = check.last_answer else { return Standing::Open };
    if stale_at(object, check).is_some_and(|at| at <= now) || agenda::is_ahead(answered.get(), now) {
        return Standing::Stale;
    }
    match check.restorable {
        Restorable::True => Standing::Restorable,
        Restorable::False => Standing::No,
        Restorable::Unknown => Standing::Open,
    }
}

/// Puts down of an answer that says nothing any more that it doesn't. A "no" that does not count yet must not bring an old "yes" back.
pub(super) fn age(object: &RestoreCheck, check: &mut CheckStatus, now: Timestamp) {
    if standing(object, check, now) == Standing::Stale {
        check.restorable = Restorable::Unknown;
        check.reason = Reason::Stale;
    }
}

/// When the last answer says nothing any more.
fn stale_at(object: &RestoreCheck, check: &CheckStatus) -> Option<Timestamp> {
    let answered = check.last_answer?.get();
    match object.spec.stale_after.and_then(|age| SignedDuration::try_from(age.get()).ok()) {
        Some(age) => answered.checked_add(age).ok(),
        // Nobody asks by a schedule that cannot be read, and all the same the answer grows old.
        None => Some(Schedule::of(&object.spec).unwrap_or_default().outdated(answered)),
    }
}

/// When answers grow too old that status does not call so yet.
pub(super) fn stale_times(object: &RestoreCheck, status: &RestoreCheckStatus) -> impl Iterator<Item = Timestamp> {
    status.checks.iter().filter(|check| check.reason != Reason::Stale).filter_map(|check| stale_at(object, check))
}

/// The first time after this at which an answer grows too old.
pub(in crate::kinds::restore_check) fn ages_at(object: &RestoreCheck, after: Timestamp) -> Option<Timestamp> {
    stale_times(object, object.status.as_ref()?).filter(|at| *at > after).min()
}

/// The verdict of a pass that could look: what a person must act on comes first.
pub(super) fn verdict(object: &RestoreCheck, given: &Given<RestoreCheck>, status: &RestoreCheckStatus, now: Timestamp) -> Verdict {
    let said = |phase, reason, message| Verdict { phase, reason, message, drifted: None };
    let failing: Vec<(&str, &Failure)> = given
        .failures
        .iter()
        .filter(|(name, _)| status.checks.iter().any(|check| check.name == **name && is_waiting(object, check, now)))
        .map(|(name, failure)| (name.as_str(), failure))
        .collect();
    let of = |wanted| status.checks.iter().filter(move |check| standing(object, check, now) == wanted);
    if let Some(first) = of(Standing::No).next() {
        return said(Phase::Stuck, first.reason_of_no(), noes(of(Standing::No)));
    }
    if let Some((name, failure)) = failing.iter().find(|(_, failure)| !failure.passes_by_itself(now)) {
        let verdict = failure.verdict(now);
        return Verdict { message: format!("{name}: {}", verdict.message), ..verdict };
    }
    if of(Standing::Stale).next().is_some() {
        return said(Phase::Outdated, Reason::Stale, stale(of(Standing::Stale)));
    }
    let lasts = |failure: &Failure| now.duration_since(failure.since) >= patience(given.sync_interval);
    if let Some((name, failure)) = failing.iter().find(|(_, failure)| lasts(failure)) {
        let verdict = failure.verdict(now);
        return Verdict { phase: Phase::Unknown, message: format!("{name}: {}", verdict.message), ..verdict };
    }
    let open: Vec<&CheckStatus> = of(Standing::Open).collect();
    if let Some(busy) = open.iter().find(|check| check.reason == Reason::Busy) {
        return said(Phase::Working, Reason::Busy, format!("{}; it is asked again every 10 minutes", told(busy)));
    }
    if !open.is_empty() {
        return said(Phase::Working, Reason::Checking, format!("no answer that counts yet: {}", names(open.into_iter())));
    }
    let wavering = status.checks.iter().filter(|check| check.failures > 0);
    let message = match names(wavering).as_str() {
        "" => "every backup in question can be restored where it should go".to_owned(),
        names => format!("every backup in question counts as restorable; for {names} the latest answer was no, which does not count yet"),
    };
    said(Phase::Settled, Reason::Restorable, message)
}

/// Whether an answer to this check is wanted.
fn is_waiting(object: &RestoreCheck, check: &CheckStatus, now: Timestamp) -> bool {
    object.spec.checks.iter().any(|wanted| wanted.name == check.name && agenda::is_due(object, wanted, now))
}

impl CheckStatus {
    /// Why it counts as not restorable, also while the latest answer is that something is busy.
    fn reason_of_no(&self) -> Reason {
        let is_closer = matches!(self.reason, Reason::NoBackup | Reason::BackupTooOld);
        if is_closer { self.reason } else { Reason::NotRestorable }
    }
}

/// `db: the server … [CSBS.6014]. Attach …`
fn told(check: &CheckStatus) -> String {
    let code = check.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
    let message = check.message.as_deref().unwrap_or_default();
    let found = check.findings.first().map(|finding| format!(" ({finding})")).unwrap_or_default();
    let hint = check.hint.as_ref().map(|hint| format!(". {hint}")).unwrap_or_default();
    format!("{}: {message}{code}{found}{hint}", check.name)
}

/// The first no in full, and which others there are.
fn noes<'a>(mut checks: impl Iterator<Item = &'a CheckStatus>) -> String {
    let first = checks.next().map(told).unwrap_or_default();
    match names(checks).as_str() {
        "" => first,
        others => format!("{first}; also not restorable: {others}"),
    }
}

fn stale<'a>(checks: impl Iterator<Item = &'a CheckStatus>) -> String {
    format!("the last answer is too old to say anything of today: {}", names(checks))
}

fn names<'a>(checks: impl Iterator<Item = &'a CheckStatus>) -> String {
    few(checks.map(|check| check.name.as_str()))
}

/// Says of the backups what is known of them, whatever is said of the object: that they could not be asked about makes no yes a no.
pub(in crate::kinds::restore_check) fn declare(object: &RestoreCheck, status: &mut RestoreCheckStatus, verdict: &Verdict, now: Timestamp) {
    for check in &mut status.checks {
        age(object, check, now);
    }
    // What is known of a question that was edited away says nothing of the present one.
    let current: Vec<&CheckStatus> = object.spec.checks.iter().filter_map(|check| agenda::known(object, Some(&*status), check)).collect();
    let of = |wanted| current.iter().copied().filter(move |check| standing(object, check, now) == wanted);
    let any = |wanted| of(wanted).next().is_some();
    let no = of(Standing::No).next();
    let all = current.len() == object.spec.checks.len();
    let (word, reason, message) = if let Some(no) = no {
        (Restorable::False, no.reason_of_no(), noes(of(Standing::No)))
    } else if any(Standing::Stale) {
        (Restorable::Unknown, Reason::Stale, stale(of(Standing::Stale)))
    } else if any(Standing::Open) || !all {
        // What stands in the way of the first answer is what there is to say.
        let (reason, message) = match verdict.phase {
            Phase::Settled => (Reason::Checking, "no answer that counts yet".to_owned()),
            Phase::Working | Phase::Stuck | Phase::Unknown | Phase::Outdated => (verdict.reason, verdict.message.clone()),
        };
        (Restorable::Unknown, reason, message)
    } else {
        (Restorable::True, Reason::Restorable, "every backup in question can be restored where it should go".to_owned())
    };
    let said = Verdict { phase: verdict.phase, reason, message, drifted: None };
    let generation = object.metadata.generation.unwrap_or_default();
    verdict::state(&mut status.envelope.conditions, verdict::RESTORABLE, word.as_str(), &said, generation, now);
}
