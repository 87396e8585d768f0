//! A configuration that is not there: waited for if its creation may be on its way, created if nothing is, under the journal.

use super::change::check;
use super::step::{CREATE, EciScalingStep};
use super::{Content, Desired, Draft, Reason, Timestamp, Verdict, flawed, stuck, working};
use crate::api::eci_scaling_config::status::Convergence;
use crate::api::envelope::{Drift, RESOLVE};
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::configuration::Item;
use crate::cloud::encode::hash;
use crate::kinds::eci_scaling_config::difference::{Question, difference};
use crate::reconcile::journal::{FORGOTTEN, LOOK, Run, WATCH};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kind of group that has such configurations.
const GROUP_TYPE: &str = "ECI";

impl Draft<'_> {
    pub(super) fn create(&mut self, desired: Desired) -> Verdict {
        self.status.lifecycle_state = None;
        self.status.summary = None;
        self.status.drift.clear();
        let region = &self.seen.region;
        let (Some(group), Some(name)) = (&self.object.spec.scaling_group_id, self.object.name_to_find().map(str::to_owned)) else {
            let id = self.object.spec.scaling_configuration_id.as_deref().unwrap_or_default();
            return stuck(Reason::NotFound, format!("spec.scalingConfigurationId: {id} does not exist in {region} of this account"));
        };
        match &self.seen.group {
            None => return stuck(Reason::NotFound, format!("spec.scalingGroupId: {group} does not exist in {region} of this account")),
            Some(found) if !found.group_type.is_empty() && found.group_type != GROUP_TYPE => {
                let message =
                    format!("spec.scalingGroupId: {group} is a group of type {}, which has no such configurations", found.group_type);
                return stuck(Reason::InvalidSpec, message);
            }
            Some(_) => {}
        }
        if self.given.observe_only {
            let path = "spec.configuration.scalingConfigurationName".to_owned();
            self.status.drift = vec![Drift { path, desired: name.clone(), observed: "(absent)".to_owned() }];
            let message = format!("{name} does not exist in {group}; nothing is created, because this object or steward only observes");
            return Verdict { drifted: Some(true), ..stuck(Reason::DriftDetected, message) };
        }
        if let Some(verdict) = self.unresolved(group, &name) {
            return verdict;
        }
        let nothing = (Item::default(), Paths::default(), BTreeSet::new());
        let all_new = difference(&Question {
            desired: &desired.item,
            observed: &nothing.0,
            owned: &nothing.1,
            exclusive: false,
            allow_override: false,
            sent: &nothing.2,
            secret: &nothing.2,
        });
        if let Err(flaw) = check(&desired, &all_new) {
            return flawed(flaw);
        }
        if let Some(verdict) = self.held_back(CREATE) {
            return verdict;
        }
        if self.has_no_permit() {
            return working(Reason::Applying, format!("creating {name} in {group}"));
        }
        let again = self.status.operations.last().is_some_and(|entry| entry.state == JournalState::Intended);
        let run = self.intend(group, &name);
        self.status.pursued_generation = Some(self.generation());
        let paths = vec!["scalingConfigurationName".to_owned()];
        self.status.convergence =
            Some(Convergence { generation: self.generation(), sent: 1, since: self.now.into(), paths: Vec::new(), sets: all_new.named });
        let content = Arc::new(Content { item: desired.item, prints: desired.prints, paths });
        self.steps.push(EciScalingStep::Create { run, group: group.clone(), name: name.clone(), content, again });
        working(Reason::Applying, format!("creating {name} in {group}"))
    }

    /// A creation that may have been made, or may still be: nothing is created beside it.
    fn unresolved(&mut self, group: &str, name: &str) -> Option<Verdict> {
        let entry = self.object.unresolved()?.clone();
        if entry.state != JournalState::OutcomeUnknown && self.is_watched() {
            return Some(working(
                Reason::AwaitingConsistency,
                format!("{name} may have been created in {group}, and is not seen there yet"),
            ));
        }
        let young = self.now.duration_since(entry.started_at.get()).abs() < FORGOTTEN;
        let same = entry.group.as_deref() == Some(group) && entry.name == self.object.spec.configuration.scaling_configuration_name;
        let answered = self.answer(&entry.run);
        if answered && !same {
            // Another name than the one that was looked for: whether there is such a one is seen next.
            self.settle_entry(&entry.run, &JournalState::Refused);
            self.look_at(self.now);
            return Some(working(Reason::Applying, format!("nothing came of the creation of {name} in {group}")));
        }
        if answered || entry.state != JournalState::OutcomeUnknown && young && same {
            return None;
        }
        self.settle_entry(&entry.run, &JournalState::OutcomeUnknown);
        let message = format!(
            "whether {name} was created in {group} cannot be found out: look there. Then say so with the annotation {RESOLVE}=\"{}=NotRan\" (or Ran, if it was there and is gone)",
            entry.run
        );
        Some(stuck(Reason::OutcomeUnknown, message))
    }

    /// Whether the creation on record may still be on its way; then it is looked for again soon.
    pub(super) fn is_watched(&mut self) -> bool {
        // The time of the record is that of the first try, and this may be a later one.
        let since = self.given.seen_since.get(CREATE).filter(|_| !self.given.just_done.contains(CREATE)).copied().unwrap_or(self.now);
        let age = self.now.duration_since(since).abs();
        if age < WATCH {
            self.look_in(LOOK.min(WATCH.saturating_sub(age)));
        }
        age < WATCH
    }

    fn settle_entry(&mut self, run: &str, state: &JournalState) {
        for entry in self.status.operations.iter_mut().filter(|entry| entry.run == run) {
            entry.state = state.clone();
        }
    }

    /// Whether somebody has said what became of this run. Either way nothing of it is there now, and the next try may begin.
    pub(super) fn answer(&self, run: &str) -> bool {
        let annotations = self.object.metadata.annotations.as_ref();
        let said = annotations.and_then(|annotations| annotations.get(RESOLVE)).and_then(|said| said.split_once('='));
        said.is_some_and(|(of, outcome)| of == run && ["Ran", "NotRan"].contains(&outcome))
    }

    /// The entry of a creation that is about to be made. What became of the one before is known, or it is the same one.
    fn intend(&mut self, group: &str, name: &str) -> String {
        let before = self.status.operations.pop();
        let again = before.as_ref().filter(|entry| entry.state == JournalState::Intended);
        let attempt = match (&before, again) {
            (Some(entry), Some(_)) => entry.attempt,
            (Some(entry), None) => entry.attempt.saturating_add(1),
            (None, _) => 1,
        };
        let started_at: Timestamp = again.map_or(self.now, |entry| entry.started_at.get());
        let intent_hash = hash(format!("{group}\n{name}").as_bytes());
        let meta = &self.object.metadata;
        let run = Run {
            cluster_id: &self.given.installation.cluster_id,
            namespace: meta.namespace.as_deref().unwrap_or_default(),
            name: meta.name.as_deref().unwrap_or_default(),
            intent_hash: &intent_hash,
            batch: 0,
            attempt,
        };
        let run = run.id();
        self.status.operations = vec![JournalEntry {
            run: run.clone(),
            kind: JournalKind::Create,
            request_fingerprint: intent_hash.clone(),
            intent_hash,
            holder: self.given.installation.holder.clone(),
            state: JournalState::Intended,
            batch: None,
            started_at: started_at.into(),
            sent_again_at: again.map(|_| self.now.into()),
            attempt,
            ids: Vec::new(),
            group: Some(group.to_owned()),
            name: Some(name.to_owned()),
            request_id: None,
        }];
        run
    }
}
