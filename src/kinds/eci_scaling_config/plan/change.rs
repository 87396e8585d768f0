//! A configuration that is there: what differs, whether it is time to send it, and what is said of it.

use super::note::remember;
use super::step::{EciScalingStep, MODIFY};
use super::{Content, Desired, Draft, Flaw, Phase, Reason, SHOWN, Verdict, few, flawed, later, stuck, working};
use crate::api::eci_scaling_config::ContainerOwnership;
use crate::api::eci_scaling_config::status::{Convergence, MAX_APPLIED_BYTES, SecretPrint};
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::ScalingConfiguration;
use crate::kinds::eci_scaling_config::difference::{Change, Difference, Path, Question, difference};
use crate::kinds::eci_scaling_config::rules;
use crate::reconcile::kind::Remark;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::Arc;

/// After a call that the cloud accepted: when its reads are looked at for it to hold.
const READ_BACKS: [i64; 6] = [1, 2, 4, 8, 16, 30];
/// How often the same difference is sent before somebody is told.
const TRIES: i32 = 2;
/// Between two tries after that.
const RARELY: SignedDuration = SignedDuration::from_hours(1);

impl Draft<'_> {
    pub(super) fn change(&mut self, found: &ScalingConfiguration, desired: &Desired) -> Verdict {
        let difference = self.compare(found, desired);
        self.show(&difference);
        let verdict = match check(desired, &difference) {
            Err(flaw) => flawed(flaw),
            Ok(()) if self.given.observe_only => {
                self.keep_prints(&difference, desired);
                self.only_look(&difference)
            }
            Ok(()) => {
                self.learn(&difference);
                self.keep_prints(&difference, desired);
                self.act(found, desired, &difference)
            }
        };
        if verdict.phase == Phase::Working && !self.is_setting_right() {
            // What spec newly asks for and is being made is no drift.
            self.status.drift.clear();
        }
        Verdict { drifted: Some(!self.status.drift.is_empty()), ..verdict }
    }

    fn is_setting_right(&self) -> bool {
        self.status.convergence.as_ref().is_some_and(|convergence| self.set_right(convergence))
    }

    fn compare(&self, found: &ScalingConfiguration, desired: &Desired) -> Difference {
        let sent = desired.prints.iter().filter(|print| self.status.secrets.contains(print)).map(|print| print.path.clone()).collect();
        let prints = desired.prints.iter().chain(&self.status.secrets);
        difference(&Question {
            desired: &desired.item,
            observed: &found.configuration,
            owned: &self.owned(),
            exclusive: self.object.spec.container_ownership == ContainerOwnership::Exclusive,
            allow_override: self.object.spec.allow_override,
            sent: &sent,
            secret: &prints.map(|print| print.path.clone()).collect(),
        })
    }

    /// What the cloud has taken and was not seen to hold yet is ours too, if spec drops it meanwhile. A try that failed may have set nothing:
    /// what is there may be somebody else's still.
    fn owned(&self) -> Paths {
        match &self.status.convergence {
            Some(convergence) if convergence.sent > 0 => self.status.applied.and(&convergence.sets),
            Some(_) | None => self.status.applied.clone(),
        }
    }

    fn only_look(&self, difference: &Difference) -> Verdict {
        if difference.is_settled() {
            return settled("the configuration is as spec has it; nothing is changed, because this object or steward only observes");
        }
        let paths = few(self.status.drift.iter().map(|drift| drift.path.as_str()));
        let message = format!("differs in {paths}; nothing is changed, because this object or steward only observes");
        stuck(Reason::DriftDetected, message)
    }

    /// What was seen to hold is ours, and what has gone is not any more.
    fn learn(&mut self, difference: &Difference) {
        let sent = self.status.convergence.as_ref().map(|convergence| convergence.sets.clone()).unwrap_or_default();
        self.status.applied = difference.owned(&self.status.applied, &sent);
        if difference.sayable().all(|change| change.unavailable)
            && self.still_unseen().is_none()
            && let Some(convergence) = self.status.convergence.take()
        {
            self.tell(&convergence);
        }
    }

    /// How long what was sent before spec was edited may not be visible yet: what is seen may be older than it, and as spec has it by chance.
    fn still_unseen(&self) -> Option<SignedDuration> {
        let convergence = self.status.convergence.as_ref()?;
        if convergence.generation == self.generation() || convergence.sent == 0 {
            return None;
        }
        let age = self.now.duration_since(convergence.since.get()).abs();
        next_read_back(age).map(|after| after.saturating_sub(age))
    }

    /// What the cloud is seen to hold of values from Secrets is known by its print, whoever set it: should spec say something else one day, it must
    /// not be shown.
    fn keep_prints(&mut self, difference: &Difference, desired: &Desired) {
        if difference.sayable().all(|change| change.unavailable) {
            self.status.secrets.retain(|print| desired.prints.iter().any(|wanted| wanted.path == print.path));
        }
        let is_so = |print: &&SecretPrint| difference.changes.iter().all(|change| !leads_to(change.path.as_str(), &print.path));
        let seen: Vec<SecretPrint> = desired.prints.iter().filter(is_so).cloned().collect();
        remember(&mut self.status.secrets, &seen);
    }

    /// The change is made, and seen.
    fn tell(&mut self, convergence: &Convergence) {
        let paths = few(convergence.paths.iter().map(String::as_str));
        // A call that was refused has changed nothing; one in doubt has, if what it was for is so.
        if convergence.sent == 0 && (convergence.sets.is_empty() || convergence.generation != self.generation()) {
            return;
        }
        if self.set_right(convergence) {
            self.remarks.push(Remark { reason: Reason::DriftCorrected, note: format!("set right again: {paths}") });
        }
        if !convergence.paths.is_empty() {
            let note = format!("changed: {paths}. Instances that are running keep the old configuration until the group replaces them");
            self.remarks.push(Remark { reason: Reason::InSync, note });
        }
    }

    fn act(&mut self, found: &ScalingConfiguration, desired: &Desired, difference: &Difference) -> Verdict {
        let due: Vec<&Change> = difference.sayable().filter(|change| !change.unavailable || self.is_news(change)).collect();
        if due.is_empty() {
            if let Some(wait) = self.still_unseen() {
                self.look_in(wait);
                return working(
                    Reason::AwaitingConsistency,
                    "what was sent before the latest edit may not be seen in the cloud yet".to_owned(),
                );
            }
            return nothing_to_say(difference);
        }
        if let Some(verdict) = self.given_up(&due) {
            return verdict;
        }
        if let Some(verdict) = self.held_back(MODIFY) {
            return verdict;
        }
        // What spec points at has changed since it was last sent: that is another difference than the one that was sent in vain.
        let is_new = due.iter().any(|change| self.has_new_input(change, desired));
        if is_new && let Some(convergence) = &mut self.status.convergence {
            convergence.sent = 0;
        }
        if let Some(verdict) = self.awaited(&due) {
            return verdict;
        }
        let paths: Vec<String> = due.iter().map(|change| change.path.as_str().to_owned()).collect();
        let message = format!("changing {}", few(paths.iter().map(String::as_str)));
        if self.has_no_permit() {
            return working(Reason::Applying, message);
        }
        if let Some(verdict) = self.is_a_fight(&due, desired) {
            return verdict;
        }
        self.begin(&due, difference);
        // What is not in the call has not been sent.
        let prints = desired.prints.iter().filter(|print| difference.call.get(top(&print.path)).is_some()).cloned().collect();
        let content = Content { item: difference.call.clone(), prints, paths };
        self.steps.push(EciScalingStep::Modify { id: found.id.clone(), content: Arc::new(content), overrides: difference.overrides });
        working(Reason::Applying, message)
    }

    /// Nobody waits for a field that the vendor calls unavailable: it is sent once with each edit.
    fn is_news(&self, change: &Change) -> bool {
        self.is_edited() || !self.status.applied.contains(change.path.names())
    }

    /// The same difference was sent and may not be visible yet, or was sent in vain.
    fn awaited(&mut self, due: &[&Change]) -> Option<Verdict> {
        let convergence = self.status.convergence.clone()?;
        // A try that failed is not waited for, but held back.
        if convergence.generation != self.generation() || convergence.sent == 0 {
            return None;
        }
        let since = convergence.since.get();
        // Another process may have written it, by a clock that was ahead.
        let age = self.now.duration_since(since).abs();
        let paths = few(due.iter().map(|change| change.path.as_str()));
        if let Some(after) = next_read_back(age).filter(|_| is_covered(&convergence, due)) {
            self.look_in(after.saturating_sub(age));
            return Some(working(Reason::AwaitingConsistency, format!("sent, and not seen in the cloud yet: {paths}")));
        }
        if convergence.sent < TRIES {
            return None;
        }
        let again = later(since, RARELY);
        if again <= self.now {
            return None;
        }
        self.look_at(again);
        let message = format!(
            "the cloud took the change and did not make it: {paths}. It is tried again every hour; look at the value, or at what else sets it"
        );
        Some(stuck(Reason::NotConverged, message))
    }

    /// As long as nothing was seen to be settled, each call is one more try of the same: two values that undo each other would else be sent in turn
    /// for ever.
    fn begin(&mut self, due: &[&Change], difference: &Difference) {
        let before = self.status.convergence.take();
        if let Some(before) = before.as_ref().filter(|before| before.generation == self.generation()) {
            self.go_on_correcting(before);
        }
        let sets = before.as_ref().map_or_else(|| difference.sets.clone(), |before| before.sets.and(&difference.sets));
        let same = before.filter(|before| before.generation == self.generation());
        let sent = same.as_ref().map_or(0, |before| before.sent).saturating_add(1);
        let mut paths = same.map(|before| before.paths).unwrap_or_default();
        for change in due {
            if paths.len() < SHOWN && !paths.iter().any(|path| path == change.path.as_str()) {
                paths.push(change.path.as_str().to_owned());
            }
        }
        self.status.convergence = Some(Convergence { generation: self.generation(), sent, since: self.now.into(), paths, sets });
    }
}

/// What spec would make of the configuration, and whether status can remember it.
pub(super) fn check(desired: &Desired, difference: &Difference) -> Result<(), Flaw> {
    rules::check(&desired.item, difference)?;
    let bytes = serde_json::to_string(&difference.named).map_or(usize::MAX, |text| text.len());
    if bytes <= MAX_APPLIED_BYTES {
        return Ok(());
    }
    let message = "spec.configuration names more than status can remember: leave out what need not be steward's".to_owned();
    Err(Flaw { reason: Reason::InvalidSpec, message, passes_by_itself: false })
}

/// The age at which what was sent is looked for next.
fn next_read_back(age: SignedDuration) -> Option<SignedDuration> {
    READ_BACKS.iter().map(|after| SignedDuration::from_secs(*after)).find(|after| *after > age)
}

/// Whether the first path is the second one, or one that it begins with.
fn leads_to(first: &str, path: &str) -> bool {
    path.strip_prefix(first).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The field of the configuration that a path in text leads into.
fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

fn is_covered(convergence: &Convergence, due: &[&Change]) -> bool {
    let sent: BTreeSet<&str> = convergence.paths.iter().map(String::as_str).collect();
    convergence.paths.len() == SHOWN || due.iter().all(|change| sent.contains(change.path.as_str()))
}

/// Spec is as it can be, or what is left cannot be said to the cloud.
fn nothing_to_say(difference: &Difference) -> Verdict {
    if !difference.cannot_merge.is_empty() {
        let message = format!(
            "the cloud replaces lists as a whole, and sending this one would lose {}: this release does not know it, or the cloud does not show it. Add it to spec, or upgrade steward",
            few(difference.cannot_merge.iter().map(Path::as_str))
        );
        return stuck(Reason::CannotMerge, message);
    }
    if difference.stuck().next().is_some() {
        let message = format!(
            "{} left spec, and no parameter of the cloud's clears it: put it back, clear it in the console, or set spec.allowOverride",
            few(difference.stuck().map(Path::as_str))
        );
        return stuck(Reason::CannotClear, message);
    }
    // What still differs is unavailable, too.
    let unavailable: BTreeSet<&Path> = difference.unavailable.iter().chain(difference.changes.iter().map(|change| &change.path)).collect();
    if unavailable.is_empty() {
        return settled("the configuration is as spec has it");
    }
    settled(&format!(
        "the configuration is as spec has it. The vendor calls {} unavailable: steward sends it, and nobody waits for it",
        few(unavailable.into_iter().map(Path::as_str))
    ))
}

fn settled(message: &str) -> Verdict {
    Verdict { phase: Phase::Settled, reason: Reason::InSync, message: message.to_owned(), drifted: None }
}
