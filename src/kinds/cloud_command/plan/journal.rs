//! The entries of the journal: written before a call, and what becomes of one whose outcome nobody knows.

use super::step::{CloudCommandStep, Script, invoking};
use super::{Draft, Inputs, Reason, Verdict, is_unresolved, stuck, working};
use crate::api::cloud_command::status::Intent;
use crate::api::envelope::RESOLVE;
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::kinds::cloud_command::agenda::run_of;
use crate::kinds::cloud_command::request::request;
use crate::reconcile::journal::{FORGOTTEN, LOOK, WATCH};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

impl Draft<'_> {
    /// Writes the entry of a call that is about to be made, and the call.
    pub(super) fn intend(&mut self, batch: i32, targets: Vec<String>, inputs: &Inputs) {
        let Some(Intent { hash, .. }) = self.intent().cloned() else { return };
        let before = self.status.operations.iter().find(|entry| entry.batch == Some(batch) && entry.intent_hash == hash);
        let attempt = self.unanswered(&hash, batch, before.map_or(1, |entry| entry.attempt.saturating_add(1)));
        let script = self.script(&hash, batch, attempt, targets, inputs);
        self.status.operations.retain(|entry| entry.batch != Some(batch) || entry.intent_hash != hash);
        let entry = JournalEntry {
            run: script.call.client_token.clone(),
            kind: JournalKind::Run,
            intent_hash: hash,
            request_fingerprint: script.print.clone(),
            holder: self.given.installation.holder.clone(),
            state: JournalState::Intended,
            batch: Some(batch),
            started_at: self.now.into(),
            sent_again_at: None,
            attempt,
            ids: Vec::new(),
            group: None,
            name: None,
            request_id: None,
        };
        self.status.operations.push(entry.clone());
        self.steps.push(CloudCommandStep::Invoke { entry: Box::new(entry), call: Arc::new(script) });
    }

    /// What a person once said of a try must not be taken for an answer about this one, although nothing is on record of that one any more.
    fn unanswered(&self, hash: &str, batch: i32, attempt: i32) -> i32 {
        let run = run_of(self.object, &self.given.installation.cluster_id, hash, batch, attempt).id();
        let is_answered = self.answer().is_some_and(|(answered, _)| answered == run);
        if is_answered { attempt.saturating_add(1) } else { attempt }
    }

    fn script(&self, hash: &str, batch: i32, attempt: i32, targets: Vec<String>, inputs: &Inputs) -> Script {
        let run = run_of(self.object, &self.given.installation.cluster_id, hash, batch, attempt);
        let mut call = request(self.object, inputs, targets, &run);
        let token = std::mem::take(&mut call.client_token);
        let said = call.parameters(&self.seen.region);
        call.client_token = token;
        let said = serde_json::to_vec(&said).unwrap_or_default();
        let mut print = self.given.installation.mac_bytes(&["CloudCommand", "request"], &said);
        print.truncate(32);
        Script { call, print }
    }

    /// Runs of which nobody knows whether they are with the cloud. They are looked for; after a minute in which they were not found, the same call with
    /// the same token may be sent once more if it could be sent for the first time as well. What else is left is for a person to find out.
    pub(super) fn resolve(&mut self, inputs: Option<&Inputs>, obstacle: Option<&Verdict>) -> Option<Verdict> {
        let open: Vec<JournalEntry> = self.status.operations.iter().filter(|entry| is_unresolved(entry)).cloned().collect();
        let mut verdict = None;
        for entry in open {
            let said = self.resolve_one(&entry, inputs, obstacle);
            verdict = verdict.or(Some(said));
        }
        verdict
    }

    fn resolve_one(&mut self, entry: &JournalEntry, inputs: Option<&Inputs>, obstacle: Option<&Verdict>) -> Verdict {
        let batch = entry.batch.unwrap_or_default();
        let part = invoking(batch);
        if entry.state != JournalState::OutcomeUnknown {
            let since = self.given.seen_since.get(&part).filter(|_| !self.given.just_done.contains(&part)).copied().unwrap_or(self.now);
            let age = self.now.duration_since(since).abs();
            if age < WATCH || self.seen.ours.is_none() {
                self.look_in(LOOK.min(WATCH.saturating_sub(age)).max(SignedDuration::ZERO));
                // Why nobody knows is not forgotten meanwhile.
                self.held.extend(self.given.failures.contains_key(&part).then(|| part.clone()));
                return working(
                    Reason::AwaitingConsistency,
                    "a run may be with the cloud already, and is not seen there yet: it is looked for",
                );
            }
            let intent = self.intent().filter(|intent| intent.hash == entry.intent_hash).cloned();
            let targets = intent.map(|intent| fit_targets(&intent, batch)).filter(|targets| !targets.is_empty() || self.by_tags());
            // The cloud knows the token with other parameters: to send the same again would tell nothing new.
            let is_known_otherwise = self.given.failures.get(&part).is_some_and(|failure| failure.reason == Reason::OutcomeUnknown);
            // What the cloud took is not sent again, though nobody knows any more what it is called there.
            let was_taken = entry.state != JournalState::Intended;
            let may_again = self.is_young(entry) && !is_known_otherwise && !was_taken;
            if let (Some(targets), Some(inputs), None, true) = (targets, inputs, obstacle, may_again) {
                let script = self.script(&entry.intent_hash, batch, entry.attempt, targets, inputs);
                if script.print == entry.request_fingerprint && script.call.client_token == entry.run {
                    return self.send_again(entry, script);
                }
            }
            if let Some(held) = obstacle.filter(|held| self.is_young(entry) && holds_back_only(held.reason)) {
                return held.clone();
            }
            for known in self.status.operations.iter_mut().filter(|known| known.run == entry.run) {
                known.state = JournalState::OutcomeUnknown;
            }
            self.has_news = true;
        }
        let message = format!(
            "whether batch {batch} ran cannot be found out: look at the command results of this time in the ECS console. Then say so with the annotation {RESOLVE}=\"{run}=Ran\" or \"{run}=NotRan\"",
            run = entry.run
        );
        stuck(Reason::OutcomeUnknown, message)
    }

    /// Whether the cloud finds the targets.
    pub(super) fn by_tags(&self) -> bool {
        !self.object.spec.targets.resource_tags.is_empty()
    }

    fn is_young(&self, entry: &JournalEntry) -> bool {
        self.now.duration_since(entry.started_at.get()).abs() < FORGOTTEN
    }

    fn send_again(&mut self, entry: &JournalEntry, script: Script) -> Verdict {
        if let Some(verdict) = self.held_back(&invoking(entry.batch.unwrap_or_default())) {
            return verdict;
        }
        if self.may_step() {
            let entry =
                JournalEntry { holder: self.given.installation.holder.clone(), sent_again_at: Some(self.now.into()), ..entry.clone() };
            for known in self.status.operations.iter_mut().filter(|known| known.run == entry.run) {
                known.clone_from(&entry);
            }
            self.steps.push(CloudCommandStep::Invoke { entry: Box::new(entry), call: Arc::new(script) });
        } else {
            self.look_at(self.now);
        }
        working(Reason::Applying, "sending the command")
    }

    pub(super) fn when(at: Timestamp) -> String {
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// Whether what keeps a run from being sent is one that somebody may lift any time; the others are for good.
fn holds_back_only(reason: Reason) -> bool {
    matches!(reason, Reason::MaxFailuresReached | Reason::ObserveOnly)
}

/// Whom of a batch the call names: those that were not left out.
pub(super) fn fit_targets(intent: &Intent, batch: i32) -> Vec<String> {
    let left_out = |id: &&String| intent.skipped.iter().any(|skipped| skipped.instance_ids.contains(id));
    intent.targets_of(batch).iter().filter(|id| !left_out(id)).cloned().collect()
}
