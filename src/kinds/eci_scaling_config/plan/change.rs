//! A configuration that is there: what differs, whether it is time to send it, and what is said of it.

use super::step::{EciScalingStep, MODIFY};
use super::{Desired, Draft, Flaw, Phase, Reason, Verdict, few, flawed, later, stuck, working};
use crate::api::eci_scaling_config::ContainerOwnership;
use crate::api::eci_scaling_config::status::MAX_APPLIED_BYTES;
use crate::cloud::alibaba::ess::ScalingConfiguration;
use crate::kinds::eci_scaling_config::difference::{Change, Difference, Path};
use crate::kinds::eci_scaling_config::progress::{self, Look, Made, Wanted};
use crate::kinds::eci_scaling_config::rules;
use crate::reconcile::kind::Remark;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How often the same difference is sent before somebody is told.
const TRIES: i32 = 2;
/// Between two tries after that.
const RARELY: SignedDuration = SignedDuration::from_hours(1);

impl Draft<'_> {
    pub(super) fn change(&mut self, found: &ScalingConfiguration, desired: &Desired) -> Verdict {
        let mut difference = progress::compare(&self.status, &self.wanted(desired), &found.configuration);
        if self.given.observe_only {
            progress::keep_prints(&mut self.status, &difference, &desired.prints);
            progress::leave_out_what_nobody_can_see(&self.status, &mut difference);
        }
        self.show(&difference);
        let verdict = match check(desired, &difference) {
            Err(flaw) => flawed(flaw),
            Ok(()) if self.given.observe_only => self.only_look(&difference),
            Ok(()) => {
                let look = self.look();
                let made = progress::learn(&mut self.status, &difference, look);
                self.tell(&made);
                progress::keep_prints(&mut self.status, &difference, &desired.prints);
                self.act(found, desired, &difference)
            }
        };
        if verdict.phase == Phase::Working && !progress::sets_right(&self.status) {
            // What spec newly asks for and is being made is no drift.
            self.status.drift.clear();
        }
        Verdict { drifted: Some(!self.status.drift.is_empty()), ..verdict }
    }

    fn wanted<'b>(&self, desired: &'b Desired) -> Wanted<'b> {
        Wanted {
            item: &desired.item,
            prints: &desired.prints,
            exclusive: self.object.spec.container_ownership == ContainerOwnership::Exclusive,
            allow_override: self.object.spec.allow_override,
        }
    }

    pub(super) fn look(&self) -> Look {
        Look { generation: self.generation(), now: self.now }
    }

    fn only_look(&self, difference: &Difference) -> Verdict {
        if difference.is_settled() {
            return settled("the configuration is as spec has it; nothing is changed, because this object or steward only observes");
        }
        let paths = few(self.status.drift.iter().map(|drift| drift.path.as_str()));
        let message = format!("differs in {paths}; nothing is changed, because this object or steward only observes");
        stuck(Reason::DriftDetected, message)
    }

    /// The change is made, and seen.
    fn tell(&mut self, made: &Made) {
        let told = |paths: &[String]| few(paths.iter().map(String::as_str));
        if !made.set_right.is_empty() {
            self.remarks.push(Remark { reason: Reason::DriftCorrected, note: format!("set right again: {}", told(&made.set_right)) });
        }
        if !made.paths.is_empty() {
            let note = format!(
                "changed: {}. Instances that are running keep the old configuration until the group replaces them",
                told(&made.paths)
            );
            self.remarks.push(Remark { reason: Reason::InSync, note });
        }
    }

    fn act(&mut self, found: &ScalingConfiguration, desired: &Desired, difference: &Difference) -> Verdict {
        let due: Vec<&Change> = difference.sayable().filter(|change| !change.unavailable || self.is_news(change)).collect();
        if due.is_empty() {
            if let Some(wait) = progress::still_unseen(&self.status, self.look()) {
                self.look_in(wait);
                return working(
                    Reason::AwaitingConsistency,
                    "what was sent before the latest edit may not be seen in the cloud yet".to_owned(),
                );
            }
            self.status.pursued_generation = Some(self.generation());
            return nothing_to_say(difference);
        }
        if let Some(verdict) = self.given_up(&due) {
            return verdict;
        }
        if let Some(verdict) = self.held_back(MODIFY) {
            return verdict;
        }
        // What spec points at has changed since it was last sent: that is another difference than the one that was sent in vain.
        for change in &due {
            if self.has_new_input(change, desired) {
                progress::forget(&mut self.status, &change.path);
            }
        }
        if let Some(verdict) = self.awaited(&due) {
            return verdict;
        }
        let message = format!("changing {}", few(due.iter().map(|change| change.path.as_str())));
        if self.has_no_permit() {
            return working(Reason::Applying, message);
        }
        if let Some(verdict) = self.is_a_fight(&due, desired) {
            return verdict;
        }
        let look = self.look();
        let content = progress::begin(&mut self.status, &due, difference, &desired.prints, look);
        self.steps.push(EciScalingStep::Modify { id: found.id.clone(), content: Arc::new(content), overrides: difference.overrides });
        self.sent_in_vain(&due).unwrap_or_else(|| working(Reason::Applying, message))
    }

    /// Nobody waits for a field that the vendor calls unavailable: it is sent once with each edit.
    fn is_news(&self, change: &Change) -> bool {
        self.is_edited() || !self.status.applied.contains(change.path.names())
    }

    /// All of it was sent and may not be visible yet, or was sent in vain. What was not is not kept waiting by the rest.
    fn awaited(&mut self, due: &[&Change]) -> Option<Verdict> {
        let since = self.status.convergence.as_ref()?.since.get();
        let tries: Vec<i32> = due.iter().map(|change| progress::tries(&self.status, &change.path, self.look())).collect();
        // A try that failed is not waited for, but held back.
        if tries.contains(&0) {
            return None;
        }
        if let Some(wait) = progress::until_read_back(since, self.now) {
            self.look_in(wait);
            let paths = few(due.iter().map(|change| change.path.as_str()));
            let awaited = || working(Reason::AwaitingConsistency, format!("sent, and not seen in the cloud yet: {paths}"));
            return Some(self.sent_in_vain(due).unwrap_or_else(awaited));
        }
        if tries.iter().any(|tries| *tries < TRIES) {
            return None;
        }
        let again = later(since, RARELY);
        if again <= self.now {
            return None;
        }
        self.look_at(again);
        Some(not_converged(due))
    }

    /// Another try of what did not help before is no news: until it helps, that is what is said.
    fn sent_in_vain(&self, due: &[&Change]) -> Option<Verdict> {
        let in_vain = |change: &&&Change| progress::tries(&self.status, &change.path, self.look()) > TRIES;
        let in_vain: Vec<&Change> = due.iter().filter(in_vain).copied().collect();
        (!in_vain.is_empty()).then(|| not_converged(&in_vain))
    }
}

fn not_converged(due: &[&Change]) -> Verdict {
    let paths = few(due.iter().map(|change| change.path.as_str()));
    let message = format!(
        "the cloud took the change and did not make it: {paths}. It is tried again every hour; look at the value, or at what else sets it"
    );
    stuck(Reason::NotConverged, message)
}

/// What spec would make of the configuration, and whether status can remember it.
pub(super) fn check(desired: &Desired, difference: &Difference) -> Result<(), Flaw> {
    rules::check(&desired.item, difference)?;
    if progress::bytes_in(&difference.named) <= MAX_APPLIED_BYTES {
        return Ok(());
    }
    let message = "spec.configuration names more than status can remember: leave out what need not be steward's".to_owned();
    Err(Flaw { reason: Reason::InvalidSpec, message, passes_by_itself: false })
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
        return stuck(Reason::CannotClear, cannot_clear(difference));
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

/// What stays although it left spec, why, and what helps.
fn cannot_clear(difference: &Difference) -> String {
    let holder = |path: &Path| difference.mounted.iter().find(|(volume, _)| volume == path).map(|(_, holder)| holder);
    let (mounted, rest): (Vec<&Path>, Vec<&Path>) = difference.stuck().partition(|path| holder(path).is_some());
    let (clearable, rest): (Vec<&Path>, Vec<&Path>) = rest.into_iter().partition(|path| difference.can_be_overridden(path));
    let told = |paths: &[&Path]| few(paths.iter().map(|path| path.as_str()));
    let mut said = Vec::new();
    if !clearable.is_empty() {
        said.push(format!(
            "{} left spec, and no parameter of the cloud's clears it: put it back, clear it in the console, or set spec.allowOverride",
            told(&clearable)
        ));
    }
    if !rest.is_empty() {
        said.push(format!(
            "{} left spec, and what is there cannot be without it: put it back, or change or remove it in the console",
            told(&rest)
        ));
    }
    for (volume, holder) in mounted.iter().filter_map(|volume| Some((volume, holder(volume)?))) {
        said.push(format!(
            "{volume} left spec and stays, because {holder} mounts it, and spec does not say so: put it back, or take the mount away"
        ));
    }
    said.join(". ")
}

fn settled(message: &str) -> Verdict {
    Verdict { phase: Phase::Settled, reason: Reason::InSync, message: message.to_owned(), drifted: None }
}
