//! When another tool changes what steward sets right, again and again: after five corrections of one path in an hour steward stops writing, until
//! spec changes or somebody asks.

use super::{Change, Desired, Draft, Reason, SHOWN, Verdict, few, stuck};
use crate::api::eci_scaling_config::status::{Conflict, Correction};
use crate::kinds::eci_scaling_config::difference::ABSENT;
use crate::kinds::eci_scaling_config::progress::{self, brief};
use crate::reconcile::schedule;
use jiff::{SignedDuration, Timestamp};

const CORRECTIONS: usize = 5;
const WITHIN: SignedDuration = SignedDuration::from_hours(1);

impl Draft<'_> {
    /// Whether steward has given up already, and nobody has asked it to try again.
    pub(super) fn given_up(&mut self, due: &[&Change]) -> Option<Verdict> {
        let asked = schedule::requested_at(&self.object.metadata);
        let conflict = self.status.conflict.as_ref()?;
        if conflict.generation == self.generation() && conflict.requested_at == asked {
            return Some(told(due));
        }
        self.status.conflict = None;
        self.status.corrections.clear();
        None
    }

    /// Counts what is about to be set right, and gives up when it is too much.
    pub(super) fn is_a_fight(&mut self, due: &[&Change], desired: &Desired) -> Option<Verdict> {
        let earliest = self.now.saturating_sub(WITHIN).unwrap_or(Timestamp::MIN);
        for correction in &mut self.status.corrections {
            correction.times.retain(|time| time.get() > earliest);
        }
        self.status.corrections.retain(|correction| !correction.times.is_empty());
        if self.is_edited() {
            return None;
        }
        // Another try of a correction is not another correction.
        let is_theirs = |change: &&Change| progress::is_new(&self.status, &change.path, self.look()) && self.was_set_right(change, desired);
        let theirs: Vec<&Change> = due.iter().copied().filter(is_theirs).collect();
        let times = |change: &Change| {
            let known = self.status.corrections.iter().find(|correction| correction.path == brief(change.path.as_str()));
            known.map_or(0, |correction| correction.times.len())
        };
        let fights: Vec<String> =
            theirs.iter().filter(|change| times(change) >= CORRECTIONS).map(|change| brief(change.path.as_str())).collect();
        if !fights.is_empty() {
            let mut paths = fights;
            paths.truncate(SHOWN);
            let requested_at = schedule::requested_at(&self.object.metadata);
            self.status.conflict = Some(Conflict { generation: self.generation(), requested_at, paths });
            return Some(told(due));
        }
        for change in theirs {
            self.correct(brief(change.path.as_str()));
        }
        None
    }

    /// Whether it was as spec has it before, and it is not steward's own inputs that have changed.
    fn was_set_right(&self, change: &Change, desired: &Desired) -> bool {
        !self.has_new_input(change, desired) && (self.status.applied.reaches(change.path.names()) || change.desired == ABSENT)
    }

    /// Whether its value comes from elsewhere, and is another one than was sent last.
    pub(super) fn has_new_input(&self, change: &Change, desired: &Desired) -> bool {
        let print = desired.prints.iter().find(|print| print.path == change.path.as_str());
        print.is_some_and(|print| !self.status.secrets.contains(print))
    }

    fn correct(&mut self, path: String) {
        let corrections = &mut self.status.corrections;
        match corrections.iter_mut().find(|correction| correction.path == path) {
            Some(correction) => {
                correction.times.push(self.now.into());
                let surplus = correction.times.len().saturating_sub(CORRECTIONS);
                correction.times.drain(..surplus);
            }
            None => corrections.push(Correction { path, times: vec![self.now.into()] }),
        }
        // Those that were set right most lately are kept.
        corrections.sort_by_key(|correction| std::cmp::Reverse(correction.times.last().map(|time| time.get())));
        corrections.truncate(SHOWN);
    }
}

fn told(due: &[&Change]) -> Verdict {
    let paths = few(due.iter().map(|change| change.path.as_str()));
    let message = format!(
        "something else changes {paths} whenever steward has set it right, so steward writes no more: end one of the two, then change spec or ask with the annotation {}",
        crate::api::envelope::REQUESTED_AT
    );
    stuck(Reason::ManagementConflict, message)
}
