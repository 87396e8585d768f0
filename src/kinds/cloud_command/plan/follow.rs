//! What the cloud and people say of the entries of the journal: runs are found again by their tag, read back, and settled once they are over.

use super::result::{classify, rank, told};
use super::{Draft, is_out, is_unresolved};
use crate::api::cloud_command::status::{CodeCount, MAX_CODES, MAX_OPERATIONS, TargetResult};
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::cloud::alibaba::ecs::commands::{Invocation, InvocationResult};
use crate::kinds::cloud_command::agenda::run_of;
use crate::kinds::cloud_command::observe::is_over;
use crate::kinds::cloud_command::{RUN_TAG, batches};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// A run that was accepted and cannot be seen for so long will not be seen any more.
const OUT_OF_SIGHT: SignedDuration = SignedDuration::from_hours(24);

impl Draft<'_> {
    pub(super) fn follow(&mut self) {
        self.find_again();
        self.hear_a_person();
        self.settle_what_is_over();
    }

    /// A call whose answer nobody heard is found by the tag that it carried; so is one that was refused, and yet ran.
    fn find_again(&mut self) {
        let Some(ours) = &self.seen.ours else { return };
        let lost = |entry: &&mut JournalEntry| is_unresolved(entry) || entry.state == JournalState::Refused;
        for entry in self.status.operations.iter_mut().filter(lost) {
            let batch = entry.batch.unwrap_or_default();
            let run = run_of(self.object, &self.given.installation.cluster_id, &entry.intent_hash, batch, entry.attempt);
            let Some(found) = tagged(ours, &run.tag()) else { continue };
            entry.state = JournalState::Submitted;
            entry.ids = vec![found.id.clone()];
            self.has_news = true;
        }
        self.remember_what_was_sent();
    }

    fn remember_what_was_sent(&mut self) {
        let Some(intent) = &mut self.status.intent else { return };
        let hash = intent.hash.clone();
        for entry in self.status.operations.iter().filter(|entry| is_out(entry) && entry.intent_hash == hash) {
            for id in &entry.ids {
                intent.was_sent(id, entry.started_at);
            }
        }
    }

    /// Somebody has found out what became of a run.
    fn hear_a_person(&mut self) {
        let Some((run, outcome)) = self.answer() else { return };
        let open = |entry: &&JournalEntry| entry.run == run && entry.state == JournalState::OutcomeUnknown;
        let Some(entry) = self.status.operations.iter().find(open).cloned() else { return };
        match outcome {
            "Ran" => self.settle(&entry, &[]),
            "NotRan" => {
                for entry in self.status.operations.iter_mut().filter(|entry| entry.run == run) {
                    entry.state = JournalState::Refused;
                }
            }
            _ => return,
        }
        self.has_news = true;
    }

    /// What the cloud says of a run: asked for by its id, or found by its tag.
    pub(super) fn invocation(&self, id: &str) -> Option<&Invocation> {
        let by_id = self.seen.invocations.get(id).and_then(Option::as_ref);
        by_id.or_else(|| self.seen.ours.as_ref()?.iter().find(|invocation| invocation.id == id))
    }

    fn settle_what_is_over(&mut self) {
        for entry in self.status.operations.clone().iter().filter(|entry| is_out(entry)) {
            let Some(id) = entry.ids.first() else { continue };
            match (self.invocation(id).map(is_over), self.seen.results.get(id)) {
                (Some(true), Some(results)) => self.settle(entry, results),
                // Found by its tag a moment ago: its results are read next.
                (Some(true), None) => self.look_at(self.now),
                (Some(false), _) => {}
                (None, _) => {
                    let asked = self.seen.invocations.contains_key(id);
                    // What stays with the cloud is not over because it is not shown: it goes on unless it is stopped.
                    let may_go_on = self.stays() && !self.was_told_to_stop(id);
                    if asked && !may_go_on && self.now.duration_since(entry.started_at.get()).abs() > OUT_OF_SIGHT {
                        self.settle(entry, &[]);
                    }
                }
            }
        }
    }

    /// The batch is over, and its entry leaves the journal. Targets of which there is no result count as unknown.
    fn settle(&mut self, entry: &JournalEntry, results: &[InvocationResult]) {
        self.status.operations.retain(|other| other.run != entry.run);
        self.has_news = true;
        let batch = entry.batch.unwrap_or_default();
        let told: Vec<_> = self.told(entry, results);
        let Some(intent) = self.status.intent.as_mut().filter(|intent| intent.hash == entry.intent_hash) else { return };
        intent.settle(batch);
        for result in &told {
            classify(&result.phase, &mut intent.tally);
        }
        let left_out = |id: &String| intent.skipped.iter().any(|skipped| skipped.instance_ids.contains(id));
        let silent = |id: &&String| !left_out(id) && told.iter().all(|result| result.instance_id != **id);
        let mut unknown = intent.targets_of(batch).iter().filter(silent).count();
        if told.is_empty() && unknown == 0 {
            // Nobody knows how many there were.
            unknown = 1;
        }
        intent.tally.unknown = intent.tally.unknown.saturating_add(i32::try_from(unknown).unwrap_or(i32::MAX));
        if intent.batch_size == Some(0) {
            intent.target_count = Some(i32::try_from(told.len()).unwrap_or(i32::MAX));
        }
        for result in told.iter().filter(|result| rank(&result.phase) == 0) {
            let Some(code) = &result.error_code else { continue };
            let hint = result.hint.clone().unwrap_or_default();
            let codes = &mut self.status.codes;
            match codes.iter().position(|known| known.code == *code) {
                Some(known) => codes[known].count = codes[known].count.saturating_add(1),
                None if codes.len() < MAX_CODES => codes.push(CodeCount { code: code.clone(), count: 1, hint }),
                None => {}
            }
        }
        self.status.codes.sort_by_key(|known| std::cmp::Reverse(known.count));
        self.status.results.retain(|result| result.batch != Some(batch));
        self.status.results.extend(told);
    }

    fn told(&self, entry: &JournalEntry, results: &[InvocationResult]) -> Vec<TargetResult> {
        let outputs = self.outputs(entry);
        results.iter().map(|result| told(result, entry.batch, &outputs)).collect()
    }

    /// Runs of this intent that the cloud has, by batch: the first of each.
    pub(super) fn hits(&self) -> BTreeMap<i32, &Invocation> {
        let (Some(ours), Some(intent)) = (&self.seen.ours, self.intent()) else { return BTreeMap::new() };
        let of_others = |id: &String| self.status.runs.iter().any(|run| run.intent_hash != intent.hash && run.invoke_ids.contains(id));
        let unclear = ours.iter().filter(|invocation| !of_others(&invocation.id));
        let mut tags: BTreeSet<&String> = unclear.filter_map(|invocation| invocation.tags.get(RUN_TAG)).collect();
        let mut found = BTreeMap::new();
        for batch in batches::all_numbers() {
            if tags.is_empty() {
                break;
            }
            let tag = run_of(self.object, &self.given.installation.cluster_id, &intent.hash, batch, 1).tag();
            if tags.remove(&tag) {
                found.extend(tagged(ours, &tag).map(|invocation| (batch, invocation)));
            }
        }
        found
    }

    /// What the cloud ran of this intent although nothing is on record comes onto the record. A restored status knows less than the cloud.
    pub(super) fn adopt(&mut self) {
        let Some(intent) = self.intent() else { return };
        let hash = intent.hash.clone();
        let on_record = |batch: i32| {
            intent.is_settled(batch) || self.status.operations.iter().any(|entry| entry.batch == Some(batch) && entry.intent_hash == hash)
        };
        let free = MAX_OPERATIONS.saturating_sub(self.status.operations.len());
        let found: Vec<_> = self.hits().into_iter().filter(|(batch, _)| !on_record(*batch)).take(free).collect();
        // The cloud has them in other batches than those that are on record: whom it has not reached is cut anew.
        let elsewhere = |batch: i32, id: &String| intent.is_cut() && !intent.targets_of(batch).contains(id) && intent.targets.contains(id);
        let cut_otherwise = found.iter().any(|(batch, found)| found.instances.iter().any(|one| elsewhere(*batch, &one.instance_id)));
        let entries: Vec<JournalEntry> = found
            .into_iter()
            .map(|(batch, invocation)| JournalEntry {
                run: run_of(self.object, &self.given.installation.cluster_id, &hash, batch, 1).id(),
                kind: JournalKind::Run,
                intent_hash: hash.clone(),
                request_fingerprint: String::new(),
                holder: self.given.installation.holder.clone(),
                state: JournalState::Submitted,
                batch: Some(batch),
                started_at: invocation.created.unwrap_or(self.now).into(),
                sent_again_at: None,
                attempt: 1,
                ids: vec![invocation.id.clone()],
                group: None,
                name: None,
                request_id: None,
            })
            .collect();
        if entries.is_empty() {
            return;
        }
        self.status.operations.extend(entries);
        self.has_news = true;
        if let Some(intent) = &mut self.status.intent {
            intent.adopted = true;
            if cut_otherwise {
                intent.uncut();
            }
        }
        self.remember_what_was_sent();
        self.settle_what_is_over();
    }
}

/// The oldest run with this tag.
fn tagged<'a>(ours: &'a [Invocation], tag: &str) -> Option<&'a Invocation> {
    let carries = |invocation: &&Invocation| invocation.tags.get(RUN_TAG).is_some_and(|run| run == tag);
    ours.iter().filter(carries).min_by_key(|invocation| (invocation.created, invocation.id.clone()))
}
