//! Who runs it, and in which batches: settled once per intent, when its first batch may go. What the cloud already ran of it is taken out first.

use super::{Draft, Reason, Verdict, stuck, working};
use crate::api::cloud_command::OnUnfitTarget;
use crate::api::cloud_command::status::{Intent, Skipped};
use crate::cloud::alibaba::ecs::commands::Invocation;
use crate::kinds::cloud_command::agenda::is_out;
use crate::kinds::cloud_command::{batches, fitness};
use crate::reconcile::verdict::few;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// The cloud lists no more, so that there may be any number.
const TOO_MANY: usize = 1000;
/// Between two looks at targets that cannot run the command.
const UNFIT_LOOK: SignedDuration = SignedDuration::from_mins(1);
/// Between two looks at a run of which the cloud does not tell on whom it is.
const SILENT_LOOK: SignedDuration = SignedDuration::from_secs(10);

/// Who is still to run it, when the batches are cut.
pub(super) struct Left {
    targets: Targets,
    /// How many the cloud has reached already.
    reached: usize,
    /// The number of the first batch of the others.
    first: i32,
}

enum Targets {
    Listed(Vec<String>),
    FoundByTheCloud,
}

impl Draft<'_> {
    /// Who is still to run it, without those that the cloud has reached already.
    pub(super) fn left(&mut self) -> Result<Left, Verdict> {
        let hits = self.hits();
        let known = |batch: &i32| self.status.operations.iter().any(|entry| entry.batch == Some(*batch));
        let settled = |batch: &i32| self.intent().is_some_and(|intent| intent.is_settled(*batch));
        if self.seen.ours.is_none() || !hits.keys().all(|batch| known(batch) || settled(batch)) {
            return Err(self.looking());
        }
        let reached_by = |run: &Invocation| -> Vec<String> {
            let told = self.seen.results.get(&run.id).into_iter().flatten();
            run.instances.iter().chain(told).map(|result| result.instance_id.clone()).collect()
        };
        if !self.by_tags() && hits.values().any(|run| reached_by(run).is_empty()) {
            self.look_in(SILENT_LOOK);
            let message = "the cloud has a run of this command and does not tell on whom: nothing is sent until it does";
            return Err(working(Reason::AwaitingConsistency, message));
        }
        let above_hits = hits.keys().next_back().map_or(0, |batch| batch.saturating_add(1));
        let first = above_hits.max(self.intent().map_or(0, Intent::above_settled));
        let reached: BTreeSet<String> = hits.values().flat_map(|run| reached_by(run)).collect();
        if self.by_tags() {
            let targets = if hits.is_empty() { Targets::FoundByTheCloud } else { Targets::Listed(Vec::new()) };
            return Ok(Left { targets, reached: reached.len(), first });
        }
        let targets = &self.object.spec.targets;
        let mut wanted: Vec<String> = match (&targets.instance_selector, &self.seen.selected) {
            (None, _) => targets.instance_ids.clone(),
            (Some(_), Some(selected)) => selected.clone(),
            (Some(_), None) => {
                self.look_at(self.now);
                return Err(working(Reason::Applying, "looking for the targets"));
            }
        };
        if targets.instance_selector.is_some() && wanted.len() >= TOO_MANY {
            let message =
                format!("spec.targets.instanceSelector matches {TOO_MANY} instances or more, and the cloud lists no more: narrow it");
            return Err(stuck(Reason::InvalidSpec, message));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|id| !reached.contains(id));
        Ok(Left { targets: Targets::Listed(wanted), reached: reached.len(), first })
    }

    /// Those of them that can run it.
    pub(super) fn fit(&mut self, mut left: Left) -> Result<Left, Verdict> {
        if let Targets::Listed(wanted) = &mut left.targets {
            if !wanted.iter().all(|id| self.seen.targets.contains_key(id)) {
                self.look_at(self.now);
                return Err(working(Reason::Applying, "looking at the targets"));
            }
            if let Some(verdict) = self.pass_over_the_unfit(wanted) {
                return Err(verdict);
            }
        }
        Ok(left)
    }

    /// Settles who runs it, once, and in which batches.
    pub(super) fn cut(&mut self, left: Left) {
        let Some(intent) = &mut self.status.intent else { return };
        let count = |count: usize| Some(i32::try_from(count).unwrap_or(i32::MAX));
        match left.targets {
            Targets::FoundByTheCloud => intent.cut(Vec::new(), 0, left.first),
            Targets::Listed(wanted) => {
                intent.target_count = count(wanted.len() + left.reached);
                let size = batches::size(self.object, wanted.len());
                intent.cut(wanted, size.max(1), left.first);
            }
        }
        self.has_news = true;
    }

    /// One target that cannot run the command would fail the whole call. Either nothing runs, or it is left out.
    pub(super) fn pass_over_the_unfit(&mut self, targets: &mut Vec<String>) -> Option<Verdict> {
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
}
