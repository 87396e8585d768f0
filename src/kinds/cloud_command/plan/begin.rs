//! What may be sent now: whether anything may begin at all, on which targets, in which batches.

use super::journal::fit_targets;
use super::step::invoking;
use super::{Draft, Inputs, Reason, Verdict, flawed, stuck, working};
use crate::api::cloud_command::OnUnfitTarget;
use crate::api::cloud_command::status::{Intent, Skipped};
use crate::kinds::cloud_command::agenda::is_out;
use crate::kinds::cloud_command::{batches, fitness};
use crate::reconcile::verdict::few;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// The cloud lists no more, so that there may be any number.
const TOO_MANY: usize = 1000;
/// Between two looks at targets that cannot run the command.
const UNFIT_LOOK: SignedDuration = SignedDuration::from_mins(1);

impl Draft<'_> {
    pub(super) fn begin(&mut self) -> Verdict {
        let obstacle = self.obstacle();
        let checked = self.inputs.clone().and_then(|inputs| {
            inputs.check(&self.object.spec, self.now)?;
            Ok(inputs)
        });
        if let Err(flaw) = &checked
            && flaw.passes_by_itself
            && self.status.operations.iter().any(super::is_unresolved)
        {
            self.look_in(SignedDuration::from_secs(2));
            return flawed(flaw);
        }
        let stopping = if self.object.spec.cancel && !self.given.observe_only { self.stop_what_has_not_begun() } else { None };
        let unresolved = self.resolve(checked.as_ref().ok(), obstacle.as_ref());
        if let Some(verdict) = unresolved.or(stopping) {
            return verdict;
        }
        let all_sent = self.intent().is_some_and(Intent::is_cut) && batches::unsent(&self.status).is_empty();
        if all_sent {
            return self.progress();
        }
        let nothing_is_out = !self.status.operations.iter().any(is_out);
        if let Some(obstacle) = obstacle {
            return if nothing_is_out { obstacle } else { self.progress() };
        }
        let inputs = match checked {
            Ok(inputs) => inputs,
            Err(flaw) if nothing_is_out => return flawed(&flaw),
            Err(_) => return self.progress(),
        };
        if !self.intent().is_some_and(Intent::is_cut)
            && let Some(verdict) = self.cut()
        {
            return verdict;
        }
        self.send(&inputs)
    }

    /// Why nothing more may begin, if that is so.
    fn obstacle(&mut self) -> Option<Verdict> {
        let spec = &self.object.spec;
        let window = spec.window.as_ref();
        if spec.cancel {
            return Some(stuck(Reason::Cancelled, "spec.cancel is true: what had not begun does not begin"));
        }
        if let Some(to) = window.and_then(|window| window.not_after) {
            if self.now >= to.get() {
                let message =
                    format!("spec.window.notAfter ({}) has passed: what had not been sent by then is not sent", Self::when(to.get()));
                return Some(stuck(Reason::WindowMissed, message));
            }
            self.look_at(to.get());
        }
        let first = self.intent().and_then(|intent| intent.contents.clone());
        if let (Ok(inputs), Some(first)) = (&self.inputs, first)
            && !inputs.are(&first)
        {
            let message = "the script or a value that spec points at is not what it was when the command was first seen: what had not been sent is not sent; change spec.trigger to run with what is there now";
            return Some(stuck(Reason::InputsChanged, message));
        }
        let targets = self.intent().and_then(|intent| intent.target_count).unwrap_or_default();
        if batches::too_many_failed(self.object, usize::try_from(targets).unwrap_or_default(), self.failed()) {
            let message = "more targets failed than spec.rollout.maxFailures allows: no further one begins; raise it to go on with those that are left";
            return Some(stuck(Reason::MaxFailuresReached, message));
        }
        if self.given.observe_only {
            return Some(stuck(Reason::ObserveOnly, "this steward only observes: it runs nothing"));
        }
        if let Some(from) = window.and_then(|window| window.not_before)
            && self.now < from.get()
        {
            self.look_at(from.get());
            return Some(working(Reason::Scheduled, format!("waits for spec.window.notBefore ({})", Self::when(from.get()))));
        }
        None
    }

    /// Settles who runs it, once, and in which batches. What the cloud already ran of this intent is taken out first.
    fn cut(&mut self) -> Option<Verdict> {
        let hits = self.hits();
        let known = |batch: &i32| self.status.operations.iter().any(|entry| entry.batch == Some(*batch));
        let settled = |batch: &i32| self.intent().is_some_and(|intent| intent.is_settled(*batch));
        if self.seen.ours.is_none() || !hits.keys().all(|batch| known(batch) || settled(batch)) {
            self.look_at(self.now);
            return Some(working(Reason::Applying, "looking for what the cloud has run of this command already"));
        }
        let above_hits = hits.keys().next_back().map_or(0, |batch| batch.saturating_add(1));
        let first = above_hits.max(self.intent()?.above_settled());
        let reached: BTreeSet<String> =
            hits.values().flat_map(|invocation| &invocation.instances).map(|instance| instance.instance_id.clone()).collect();
        let targets = &self.object.spec.targets;
        if !targets.resource_tags.is_empty() {
            let size = usize::from(!hits.is_empty());
            let intent = self.status.intent.as_mut()?;
            intent.cut(Vec::new(), size, first);
            intent.target_count = (size > 0).then(|| i32::try_from(reached.len()).unwrap_or(i32::MAX));
            self.has_news = true;
            return None;
        }
        let mut wanted: Vec<String> = match (&targets.instance_selector, &self.seen.selected) {
            (None, _) => targets.instance_ids.clone(),
            (Some(_), Some(selected)) => selected.clone(),
            (Some(_), None) => {
                self.look_at(self.now);
                return Some(working(Reason::Applying, "looking for the targets"));
            }
        };
        if targets.instance_selector.is_some() && wanted.len() >= TOO_MANY {
            let message =
                format!("spec.targets.instanceSelector matches {TOO_MANY} instances or more, and the cloud lists no more: narrow it");
            return Some(stuck(Reason::InvalidSpec, message));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|id| !reached.contains(id));
        if !wanted.iter().all(|id| self.seen.targets.contains_key(id)) {
            self.look_at(self.now);
            return Some(working(Reason::Applying, "looking at the targets"));
        }
        if let Some(verdict) = self.pass_over_the_unfit(&mut wanted) {
            return Some(verdict);
        }
        let size = batches::size(self.object, wanted.len());
        let count = wanted.len() + reached.len();
        let intent = self.status.intent.as_mut()?;
        intent.cut(wanted, size.max(1), first);
        intent.target_count = Some(i32::try_from(count).unwrap_or(i32::MAX));
        self.has_news = true;
        None
    }

    /// One target that cannot run the command would fail the whole call. Either nothing runs, or it is left out.
    fn pass_over_the_unfit(&mut self, targets: &mut Vec<String>) -> Option<Verdict> {
        let names = self.inputs.as_ref().map(|inputs| inputs.names(&self.object.spec)).unwrap_or_default();
        let for_names = fitness::agents_for(&names, targets.len() > 1);
        let mut unfit: BTreeMap<(&'static str, &'static str), Vec<String>> = BTreeMap::new();
        for id in targets.iter() {
            let Some(target) = self.seen.targets.get(id) else { continue };
            if let Some(problem) = fitness::problem(&self.object.spec, for_names, target) {
                unfit.entry((problem.reason, problem.hint)).or_default().push(id.clone());
            }
        }
        if unfit.is_empty() {
            return None;
        }
        if self.object.spec.on_unfit_target == OnUnfitTarget::Fail {
            self.look_in(UNFIT_LOOK);
            let what = if self.intent().is_some_and(Intent::is_cut) { "the next batch was not sent" } else { "nothing was sent" };
            if self.status.operations.iter().any(is_out) {
                self.look_at_runs();
            }
            let why: Vec<String> =
                unfit.iter().map(|((reason, hint), ids)| format!("{}: {reason}; {hint}", few(ids.iter().map(String::as_str)))).collect();
            let message =
                format!("{what}, because not all targets can run it ({}). onUnfitTarget: Skip would leave them out", why.join(". "));
            return Some(stuck(Reason::DependencyNotReady, message));
        }
        let intent = self.status.intent.as_mut()?;
        for ((reason, hint), ids) in unfit {
            targets.retain(|id| !ids.contains(id));
            intent.tally.skipped = intent.tally.skipped.saturating_add(i32::try_from(ids.len()).unwrap_or(i32::MAX));
            match intent.skipped.iter_mut().find(|skipped| skipped.reason == reason) {
                Some(skipped) => skipped.instance_ids.extend(ids),
                None => intent.skipped.push(Skipped { reason: reason.to_owned(), hint: hint.to_owned(), instance_ids: ids }),
            }
        }
        self.has_news = true;
        None
    }

    /// The batches that have room now, as far as there are permits.
    fn send(&mut self, inputs: &Inputs) -> Verdict {
        if self.seen.ours.is_none() {
            // Batches became due in this very pass: what the cloud has of them is looked up first.
            if !batches::next(self.object, &self.status).is_empty() {
                self.look_at(self.now);
            }
            return self.progress();
        }
        for batch in batches::next(self.object, &self.status) {
            if let Some(verdict) = self.held_back(&invoking(batch)) {
                return verdict;
            }
            let Some(intent) = self.intent().cloned() else { break };
            let mut targets = fit_targets(&intent, batch);
            let by_the_cloud = intent.targets.is_empty();
            if !targets.iter().all(|id| self.seen.targets.contains_key(id)) {
                self.look_at(self.now);
                break;
            }
            if let Some(verdict) = self.pass_over_the_unfit(&mut targets) {
                return verdict;
            }
            if targets.is_empty() && !by_the_cloud {
                if let Some(intent) = &mut self.status.intent {
                    intent.settle(batch);
                }
                // It leaves room for another one.
                self.look_at(self.now);
                continue;
            }
            if !self.may_step() {
                self.look_at(self.now);
                break;
            }
            self.intend(batch, targets, inputs);
        }
        self.progress()
    }
}
