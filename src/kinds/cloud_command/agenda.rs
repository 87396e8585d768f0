//! What has to be asked of the cloud before anything can be decided about a command, told from the object alone. A settled command asks nothing.

use super::{batches, intent_hash};
use crate::api::CloudCommand;
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
    /// How many runs of a schedule had ended when their results were last read.
    pub(super) ended: i64,
    /// The tag of all that the object ever ran.
    pub(super) look_up: Option<String>,
    pub(super) select: Option<&'a InstanceSelector>,
    /// Who is about to run.
    pub(super) targets: Vec<String>,
}

/// What to ask for this object at this time.
pub(super) fn agenda<'a>(object: &'a CloudCommand, cluster_id: &str, now: Timestamp) -> Agenda<'a> {
    let deleting = object.metadata.deletion_timestamp.is_some();
    let entries = || object.status.iter().flat_map(|status| &status.operations);
    let intent = object.status.as_ref().and_then(|status| status.intent.as_ref());
    let mut agenda = Agenda {
        resource_group: intent.map_or(&object.spec.resource_group_id, |intent| &intent.resource_group_id).as_deref(),
        invocations: entries().filter(|entry| is_out(entry)).filter_map(|entry| entry.ids.first().cloned()).collect(),
        ended: object.status.as_ref().and_then(|status| status.schedule.as_ref()).map_or(0, |schedule| schedule.ended),
        ..Agenda::default()
    };
    let may_begin = !deleting && !object.spec.cancel && is_open(object, now) && may_send(object);
    if may_begin || entries().any(is_unresolved) {
        agenda.look_up = Some(run_of(object, cluster_id, "", 0, 1).object_tag());
    }
    if may_begin {
        if let (Some(intent), Some(status)) = (intent.filter(|intent| intent.is_cut()), object.status.as_ref()) {
            let next = batches::next(object, status);
            agenda.targets = next.into_iter().flat_map(|batch| intent.targets_of(batch)).cloned().collect();
        } else {
            agenda.targets.clone_from(&object.spec.targets.instance_ids);
            agenda.select = object.spec.targets.instance_selector.as_ref();
        }
    }
    agenda
}

/// Whether the window is open.
pub(super) fn is_open(object: &CloudCommand, now: Timestamp) -> bool {
    let window = object.spec.window.as_ref();
    let begun = window.and_then(|window| window.not_before).is_none_or(|from| now >= from.get());
    let ended = window.and_then(|window| window.not_after).is_some_and(|to| now >= to.get());
    begun && !ended
}

/// Whether something could be sent now, as far as the object says: it has a new intent, or batches of its present one that have room.
fn may_send(object: &CloudCommand) -> bool {
    let Some(status) = &object.status else { return true };
    let hash = intent_hash(object);
    match &status.intent {
        Some(intent) if intent.hash == hash && intent.is_cut() => {
            let count = |count: i32| usize::try_from(count).unwrap_or_default();
            let targets = count(intent.target_count.unwrap_or_default());
            !batches::next(object, status).is_empty() && !batches::too_many_failed(object, targets, count(intent.tally.failed))
        }
        Some(intent) if intent.hash == hash => true,
        // The one before is wound up first.
        Some(_) => status.operations.is_empty() && !status.past_intents.contains(&hash),
        None => !status.past_intents.contains(&hash),
    }
}

/// Whether the cloud took it.
pub(super) fn is_out(entry: &JournalEntry) -> bool {
    matches!(entry.state, JournalState::Submitted | JournalState::Done)
}

/// Whether nobody knows if it ran.
pub(super) fn is_unresolved(entry: &JournalEntry) -> bool {
    matches!(entry.state, JournalState::Intended | JournalState::OutcomeUnknown)
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
