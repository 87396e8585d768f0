//! An object that goes: what steward created is deleted, unless another object has taken it over; everything else stays.

use super::step::{DELETE, EciScalingStep};
use super::{Draft, Next, Reason, Verdict, owner, working};
use crate::api::eci_scaling_config::status::Origin;
use crate::api::journal::JournalState;

impl Draft<'_> {
    pub(super) fn remove(&mut self) -> Verdict {
        self.status.drift.clear();
        if let Some(found) = &self.seen.found {
            self.bind(found);
        }
        if self.status.origin != Some(Origin::Created) || owner::has_heir(self.object, self.given, self.seen) {
            return self.nothing_there();
        }
        // Of one that was created a moment ago the id may be known before it can be seen.
        let unseen = self.status.operations.iter().find(|entry| entry.state == JournalState::Submitted).and_then(|entry| entry.ids.first());
        let Some(id) = self.seen.found.as_ref().map(|found| &found.id).or(unseen).cloned() else { return self.nothing_there() };
        if let Some(verdict) = self.held_back(DELETE) {
            return verdict;
        }
        let message = format!("deleting {id}, which steward had created");
        if !self.has_no_permit() {
            self.steps.push(EciScalingStep::Delete { id });
        }
        working(Reason::Applying, message)
    }

    /// Nothing of steward's is there; unless a creation is still on its way.
    fn nothing_there(&mut self) -> Verdict {
        let open = self.object.unresolved().filter(|_| self.seen.found.is_none());
        let Some(entry) = open else { return self.gone() };
        if self.answer(&entry.run) || !self.is_watched() {
            return self.gone();
        }
        working(Reason::AwaitingConsistency, "a creation may still be on its way: looking for what it makes".to_owned())
    }

    fn gone(&mut self) -> Verdict {
        self.next = Next::Gone;
        working(Reason::Applying, "nothing is left to delete".to_owned())
    }
}
