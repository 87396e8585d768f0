//! What has to be asked of the cloud before anything can be decided about a command, told from the object alone. A settled command asks nothing.

use super::{batches, intent_hash};
use crate::api::CloudCommand;
use crate::api::cloud_command::status::{CloudCommandStatus, Intent, MAX_RESULTS, TargetResult};
use crate::api::journal::{JournalEntry, JournalState};
use crate::api::security_group_membership::InstanceSelector;
use crate::reconcile::journal::Run;
use jiff::Timestamp;

/// Questions to the cloud.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Agenda<'a> {
    /// Where runs are looked for: what is in a resource group is found only there.
    pub(super) resource_group: Option<&'a str>,
    /// Runs of which the cloud's id is known.
    pub(super) invocations: Vec<String>,
    /// What is on record of a schedule.
    pub(super) told: Told<'a>,
    /// The tag of all that the object ever ran.
    pub(super) look_up: Option<String>,
    pub(super) select: Option<&'a InstanceSelector>,
    /// Who is about to run.
    pub(super) targets: Vec<String>,
}

/// The runs of a schedule, as far as their results were read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Told<'a> {
    /// How many had ended.
    pub(super) ended: i64,
    /// What came of the last one on each target.
    results: &'a [TargetResult],
}

impl<'a> Told<'a> {
    fn by(status: &'a CloudCommandStatus) -> Self {
        Self { ended: status.schedule.as_ref().map_or(0, |schedule| schedule.ended), results: &status.results }
    }

    /// The last one on this target; a list that is full may lack it.
    pub(super) fn last(&self, instance: &str) -> Option<&TargetResult> {
        self.results.iter().find(|result| result.instance_id == instance)
    }

    /// How many had ended on this target, where that can be told.
    pub(super) fn count(&self, instance: &str) -> Option<i64> {
        let of = |result: &TargetResult| result.repeats.map_or(i64::from(result.finished_at.is_some()), i64::from);
        self.last(instance).map(of).or_else(|| (self.results.len() < MAX_RESULTS).then_some(0))
    }
}

/// What to ask for this object at this time.
pub(super) fn agenda<'a>(object: &'a CloudCommand, cluster_id: &str, now: Timestamp) -> Agenda<'a> {
    let deleting = object.metadata.deletion_timestamp.is_some();
    let entries = || object.status.iter().flat_map(|status| &status.operations);
    let intent = object.status.as_ref().and_then(|status| status.intent.as_ref());
    let mut agenda = Agenda {
        resource_group: intent.map_or(&object.spec.resource_group_id, |intent| &intent.resource_group_id).as_deref(),
        invocations: entries().filter(|entry| is_out(entry)).filter_map(|entry| entry.ids.first().cloned()).collect(),
        told: object.status.as_ref().map(Told::by).unwrap_or_default(),
        ..Agenda::default()
    };
    let present = intent.filter(|intent| intent.hash == intent_hash(object));
    let is_left = !deleting && is_left(object);
    let may_begin = is_left && !object.spec.cancel && has_opened(object, now) && !has_closed(object, now) && has_room(object);
    // What will never go may have run before this object knew of it.
    let may_end = is_left && (object.spec.cancel || has_opened(object, now)) && !entries().any(is_out);
    if may_begin || may_end || entries().any(is_unresolved) {
        agenda.look_up = Some(run_of(object, cluster_id, "", 0, 1).object_tag());
    }
    let is_cut = present.is_some_and(Intent::is_cut);
    if !is_cut && (may_begin || may_end) {
        agenda.select = object.spec.targets.instance_selector.as_ref();
    }
    if may_begin {
        agenda.targets = match (present, &object.status) {
            (Some(intent), Some(status)) if is_cut => {
                batches::next(object, status).into_iter().flat_map(|batch| intent.targets_of(batch)).cloned().collect()
            }
            _ => object.spec.targets.instance_ids.clone(),
        };
    }
    agenda
}

/// Whether something of what spec asks for may not be with the cloud yet, and might go there.
fn is_left(object: &CloudCommand) -> bool {
    let Some(status) = &object.status else { return true };
    let hash = intent_hash(object);
    match &status.intent {
        Some(intent) if intent.hash == hash => status.finished_at.is_none() && (!intent.is_cut() || !batches::unsent(status).is_empty()),
        // The one before is wound up first.
        Some(_) => status.operations.is_empty() && !status.past_intents.contains(&hash),
        None => !status.past_intents.contains(&hash),
    }
}

/// Whether another batch may go, as far as those before it say.
fn has_room(object: &CloudCommand) -> bool {
    let Some(status) = &object.status else { return true };
    let Some(intent) = status.intent.as_ref().filter(|intent| intent.is_cut() && intent.hash == intent_hash(object)) else { return true };
    let count = |count: i32| usize::try_from(count).unwrap_or_default();
    let targets = count(intent.target_count.unwrap_or_default());
    !batches::next(object, status).is_empty() && !batches::too_many_failed(object, targets, count(intent.tally.failed))
}

/// Whether its time has come.
pub(super) fn has_opened(object: &CloudCommand, now: Timestamp) -> bool {
    let from = object.spec.window.as_ref().and_then(|window| window.not_before);
    from.is_none_or(|from| now >= from.get())
}

fn has_closed(object: &CloudCommand, now: Timestamp) -> bool {
    let to = object.spec.window.as_ref().and_then(|window| window.not_after);
    to.is_some_and(|to| now >= to.get())
}

/// Whether the cloud took it, and called it something.
pub(super) fn is_out(entry: &JournalEntry) -> bool {
    matches!(entry.state, JournalState::Submitted | JournalState::Done) && !entry.ids.is_empty()
}

/// Whether nobody knows if it ran, or as what.
pub(super) fn is_unresolved(entry: &JournalEntry) -> bool {
    entry.state != JournalState::Refused && !is_out(entry)
}

/// The identity of a run of this object.
pub(super) fn run_of<'a>(object: &'a CloudCommand, cluster_id: &'a str, intent_hash: &'a str, batch: i32, attempt: i32) -> Run<'a> {
    Run {
        cluster_id,
        namespace: object.metadata.namespace.as_deref().unwrap_or_default(),
        name: object.metadata.name.as_deref().unwrap_or_default(),
        intent_hash,
        batch,
        attempt,
    }
}
