//! The batches of an intent: cut once, counted from its first, settled one by one. Pure arithmetic on what status says.

use crate::api::CloudCommand;
use crate::api::cloud_command::status::{CloudCommandStatus, Intent, MAX_INVOKE_IDS, MAX_OPERATIONS};
use crate::api::cloud_command::{RepeatMode, Rollout};
use crate::api::envelope::Time;
use crate::api::journal::JournalState;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The most targets that one call takes.
const LARGEST: usize = 100;
/// More batches than any object has.
const MOST_BATCHES: i32 = 4000;

/// Every number that a batch may have, however often the targets were cut anew.
pub(super) fn all_numbers() -> std::ops::Range<i32> {
    0..MOST_BATCHES
}

impl Intent {
    /// Whether it is settled who runs it, and in which batches.
    pub(super) fn is_cut(&self) -> bool {
        self.batch_size.is_some()
    }

    /// Cuts these targets into batches, numbered above those that the cloud has already.
    pub(super) fn cut(&mut self, targets: Vec<String>, size: usize, first: i32) {
        self.batch_size = Some(i32::try_from(size).unwrap_or(i32::MAX));
        self.first_batch = (first > 0).then_some(first);
        self.targets = targets;
    }

    /// Forgets who is in which batch. What is settled stays so.
    pub(super) fn uncut(&mut self) {
        self.targets.clear();
        (self.batch_size, self.first_batch, self.target_count) = (None, None, None);
    }

    /// A number above those of all batches that are settled.
    pub(super) fn above_settled(&self) -> i32 {
        self.settled.iter().filter_map(|range| ends(range)).map(|(_, to)| to.saturating_add(1)).max().unwrap_or_default()
    }

    fn size(&self) -> usize {
        usize::try_from(self.batch_size.unwrap_or_default()).unwrap_or_default()
    }

    fn first(&self) -> i32 {
        self.first_batch.unwrap_or_default()
    }

    /// The numbers of the batches that were cut here. One of size 0 is one whose targets the cloud finds.
    fn numbers(&self) -> std::ops::Range<i32> {
        let count = match self.size() {
            _ if !self.is_cut() => 0,
            0 => 1,
            size => self.targets.len().div_ceil(size),
        };
        self.first()..self.first().saturating_add(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// Who is in a batch; nobody in one that was not cut here, or whose targets the cloud finds.
    pub(super) fn targets_of(&self, batch: i32) -> &[String] {
        if self.size() == 0 || !self.numbers().contains(&batch) {
            return &[];
        }
        let index = usize::try_from(batch - self.first()).unwrap_or(usize::MAX);
        self.targets.chunks(self.size()).nth(index).unwrap_or_default()
    }

    /// The cloud has a run of it.
    pub(super) fn was_sent(&mut self, id: &str, at: Time) {
        self.started_at = Some(self.started_at.map_or(at, |first| first.min(at)));
        if self.invoke_ids.len() < MAX_INVOKE_IDS && self.invoke_ids.iter().all(|known| known != id) {
            self.invoke_ids.push(id.to_owned());
        }
    }

    pub(super) fn is_settled(&self, batch: i32) -> bool {
        self.settled.iter().filter_map(|range| ends(range)).any(|(from, to)| (from..=to).contains(&batch))
    }

    pub(super) fn settle(&mut self, batch: i32) {
        let mut ranges: Vec<(i32, i32)> = self.settled.iter().filter_map(|range| ends(range)).chain([(batch, batch)]).collect();
        ranges.sort_unstable();
        let mut joined: Vec<(i32, i32)> = Vec::new();
        for (from, to) in ranges {
            match joined.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        self.settled = joined.into_iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") }).collect();
    }
}

fn ends(range: &str) -> Option<(i32, i32)> {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// The batches that are neither settled nor with the cloud, perhaps or surely. One that was refused is among them.
pub(super) fn unsent(status: &CloudCommandStatus) -> Vec<i32> {
    let Some(intent) = &status.intent else { return Vec::new() };
    let out = |batch: i32| status.operations.iter().any(|entry| entry.batch == Some(batch) && entry.state != JournalState::Refused);
    intent.numbers().filter(|batch| !intent.is_settled(*batch) && !out(*batch)).collect()
}

/// How many targets a batch of this object should have.
pub(super) fn size(object: &CloudCommand, targets: usize) -> usize {
    // What stays with the cloud until it is stopped never makes room for the next: rolling it out bit by bit would never end.
    if object.spec.repeat_mode != RepeatMode::Once {
        return LARGEST;
    }
    most_at_once(object.spec.rollout.as_ref(), targets).min(LARGEST)
}

/// The batches that may be sent now, in order.
pub(super) fn next(object: &CloudCommand, status: &CloudCommandStatus) -> Vec<i32> {
    let Some(intent) = &status.intent else { return Vec::new() };
    let out = status.operations.iter().filter(|entry| entry.state != JournalState::Refused).count();
    let free = MAX_OPERATIONS.saturating_sub(out);
    let at_once = if object.spec.repeat_mode == RepeatMode::Once && intent.size() > 0 {
        (most_at_once(object.spec.rollout.as_ref(), intent.targets.len()) / intent.size()).max(1).saturating_sub(out)
    } else {
        free
    };
    unsent(status).into_iter().take(at_once.min(free)).collect()
}

fn most_at_once(rollout: Option<&Rollout>, targets: usize) -> usize {
    rollout.and_then(|rollout| rollout.max_concurrent.as_ref()).map_or(targets, |most| share(most, targets)).max(1)
}

/// Whether more targets failed than may.
pub(super) fn too_many_failed(object: &CloudCommand, targets: usize, failed: usize) -> bool {
    let most = object.spec.rollout.as_ref().and_then(|rollout| rollout.max_failures.as_ref());
    most.is_some_and(|most| failed > share(most, targets))
}

/// A number, or a share of all targets, rounded down.
fn share(of: &IntOrString, targets: usize) -> usize {
    match of {
        IntOrString::Int(count) => usize::try_from(*count).unwrap_or_default(),
        IntOrString::String(text) => match text.strip_suffix('%') {
            Some(percent) => percent.parse::<usize>().map_or(0, |percent| targets * percent / 100),
            None => text.parse().unwrap_or_default(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(targets: usize, size: usize, first: i32) -> Intent {
        let mut intent = Intent::of("h", None, None, jiff::Timestamp::UNIX_EPOCH);
        intent.cut((0..targets).map(|number| format!("i-{number:03}")).collect(), size, first);
        intent
    }

    #[test]
    fn batches_cover_every_target_once_and_count_from_the_first() {
        for (targets, size, first) in [(1, 100, 0), (250, 100, 0), (5, 2, 7), (3, 1, 0), (0, 10, 4)] {
            let intent = intent(targets, size, first);
            let all: Vec<&String> = intent.numbers().flat_map(|batch| intent.targets_of(batch)).collect();
            assert_eq!(all, intent.targets.iter().collect::<Vec<_>>());
            assert!(intent.numbers().all(|batch| batch >= first && !intent.targets_of(batch).is_empty()));
            assert!(intent.targets_of(first - 1).is_empty() && intent.targets_of(intent.numbers().end).is_empty());
        }
        assert_eq!(intent(0, 0, 0).numbers(), 0..1, "the cloud finds the targets");
    }

    #[test]
    fn settled_batches_are_kept_as_ranges() {
        let mut intent = intent(10, 1, 0);
        for batch in [3, 0, 1, 5, 2, 5] {
            intent.settle(batch);
        }
        assert_eq!(intent.settled, ["0-3", "5"]);
        assert!(intent.is_settled(2) && intent.is_settled(5) && !intent.is_settled(4));
    }

    #[test]
    fn shares_are_rounded_down() {
        let percent = |text: &str| IntOrString::String(text.to_owned());
        for (of, targets, expected) in
            [(percent("20%"), 9, 1), (percent("20%"), 4, 0), (percent("100%"), 7, 7), (IntOrString::Int(3), 2, 3), (percent("12"), 2, 12)]
        {
            assert_eq!(share(&of, targets), expected, "{of:?} of {targets}");
        }
    }
}
