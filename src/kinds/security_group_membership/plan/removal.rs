//! Who leaves: never by guess. Only what the ledger says steward had join, only if nobody else wants it there, never the last group,
//! and, where a selector merely stopped matching, only after two listings and within the limit.

use super::super::observe::Target;
use super::claims::{self, Elsewhere};
use super::{Draft, STILL_A_MEMBER, SecurityGroupStep, WATCH, claim, path};
use crate::api::envelope::Drift;
use crate::api::security_group_membership::LedgerState;
use crate::reason::Reason;
use crate::reconcile::kind::{Goal, Remark};
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeSet;

/// The least time between the two listings that must lack a member.
const BETWEEN_LISTINGS: SignedDuration = SignedDuration::from_secs(30);
/// Between two looks whether the heir has taken over.
const HEIR_LOOK: SignedDuration = SignedDuration::from_secs(5);

/// An entry of the ledger that spec does not ask for any more.
struct Unwanted {
    group: String,
    target: String,
    state: LedgerState,
}

impl Draft<'_> {
    pub(super) fn leave(&mut self) {
        if self.given.observe_only {
            self.show_who_would_leave();
            return;
        }
        let members = self.ledger.targets();
        let mut selected_away = Vec::new();
        for unwanted in self.unwanted() {
            let Some(target) = self.is_there_by_us(&unwanted) else { continue };
            if self.goal == Goal::Keep
                && self.object.spec.targets.instance_selector.is_some()
                && !self.seen.wanted.contains_key(&unwanted.target)
            {
                selected_away.push((unwanted, target));
            } else if !self.handed_over(&unwanted, &target) {
                self.leave_when_joined(&unwanted, &target);
            }
        }
        self.leave_within_limit(selected_away, members);
    }

    fn unwanted(&self) -> Vec<Unwanted> {
        self.ledger
            .entries()
            .filter(|(group, target, _)| {
                self.goal == Goal::Remove
                    || (!self.is_missing(target) && (*group != self.group() || !self.seen.wanted.contains_key(*target)))
            })
            .map(|(group, target, entry)| Unwanted { group: group.to_owned(), target: target.to_owned(), state: entry.state.clone() })
            .collect()
    }

    /// Spec names it, by the one id or the other, and this reading lacked it: no reason to forget whose doing it was, and less to have it leave.
    fn is_missing(&self, target: &str) -> bool {
        let alias = self.seen.others.get(target).and_then(|target| target.alias.as_deref());
        self.seen.missing.contains(target) || alias.is_some_and(|alias| self.seen.missing.contains(alias))
    }

    /// An object that only observes says what it would undo if it were allowed to.
    fn show_who_would_leave(&mut self) {
        for unwanted in self.unwanted() {
            let Some(target) = self.seen.wanted.get(&unwanted.target).or_else(|| self.seen.others.get(&unwanted.target)) else { continue };
            let ours = matches!(unwanted.state, LedgerState::Adding | LedgerState::Added)
                && target.groups.contains(&unwanted.group)
                && target.groups.len() > 1;
            if ours && claims::elsewhere(&self.given.peers, self.seen, &unwanted.group, target) == Elsewhere::Unwanted {
                self.drift.push(Drift {
                    path: path(&unwanted.target),
                    desired: format!("no member of {}", unwanted.group),
                    observed: STILL_A_MEMBER.to_owned(),
                });
            }
        }
    }

    /// The target, if it is in the group by steward's doing; entries of which that can't be said are dropped here.
    fn is_there_by_us(&mut self, unwanted: &Unwanted) -> Option<Target> {
        let Unwanted { group, target: id, state } = unwanted;
        let target = self.seen.wanted.get(id).or_else(|| self.seen.others.get(id));
        let present = target.filter(|target| target.groups.contains(group));
        match (state, present) {
            (LedgerState::Unknown(_), _) => None,
            (LedgerState::Added, Some(target)) => Some(target.clone()),
            (LedgerState::Adding, Some(target)) => {
                self.ledger.arrived(group, id);
                Some(target.clone())
            }
            (LedgerState::Adding, None) if target.is_some() => {
                // An attempt may still be on its way.
                let since = self.given.seen_since.get(&claim(group, id)).copied().unwrap_or(self.now);
                if self.now.duration_since(since) < WATCH {
                    self.leaving += 1;
                    self.look_by(since + WATCH);
                } else {
                    self.ledger.remove(group, id);
                }
                None
            }
            (LedgerState::Adding | LedgerState::Added, None) | (LedgerState::PreExisting, _) => {
                self.ledger.remove(group, id);
                None
            }
        }
    }

    /// What another object wants stays, and is that object's from now on.
    fn handed_over(&mut self, unwanted: &Unwanted, target: &Target) -> bool {
        match claims::elsewhere(&self.given.peers, self.seen, &unwanted.group, target) {
            Elsewhere::Unwanted => return false,
            Elsewhere::TakenOver => self.ledger.remove(&unwanted.group, &unwanted.target),
            Elsewhere::Heir => {
                // Who lives on keeps the entry for as long as it takes. Who goes cannot wait for ever for somebody who may never look.
                if self.goal == Goal::Remove {
                    let since = self.given.seen_since.get(&claim(&unwanted.group, &unwanted.target)).copied();
                    let until = since.unwrap_or(self.now) + WATCH;
                    if self.now < until {
                        self.leaving += 1;
                        self.look_by(until.min(self.now + HEIR_LOOK));
                    } else {
                        self.ledger.remove(&unwanted.group, &unwanted.target);
                    }
                }
            }
        }
        true
    }

    /// The old group is left only once the new one is joined and seen.
    fn leave_when_joined(&mut self, unwanted: &Unwanted, target: &Target) {
        self.leaving += 1;
        let moves = self.goal == Goal::Keep && unwanted.group != self.group() && self.seen.wanted.contains_key(&unwanted.target);
        let arrived = target.groups.iter().any(|group| group == self.group());
        // Without room for the new group, one of several old ones may go first.
        let makes_room = self.crowded > 0 && self.stays_in_another(unwanted, target);
        if self.awaited == 0 && (!moves || arrived || makes_room) {
            self.step(unwanted, target);
        }
    }

    fn stays_in_another(&self, unwanted: &Unwanted, target: &Target) -> bool {
        self.ledger.entries().any(|(group, id, _)| {
            id == unwanted.target && group != unwanted.group && target.groups.iter().any(|of| of == group) && !self.is_leaving(group, id)
        })
    }

    fn is_leaving(&self, from: &str, who: &str) -> bool {
        self.steps.iter().any(|step| matches!(step, SecurityGroupStep::Leave { group, target } if group == from && target == who))
    }

    fn leave_within_limit(&mut self, selected_away: Vec<(Unwanted, Target)>, members: usize) {
        let mut due = Vec::new();
        for (unwanted, target) in selected_away {
            let Some(mut entry) = self.ledger.get(&unwanted.group, &unwanted.target).cloned() else { continue };
            let first_missed = *entry.unmatched_since.get_or_insert(self.now);
            self.ledger.set(&unwanted.group, &unwanted.target, entry);
            let for_sure = self.now.duration_since(first_missed) >= BETWEEN_LISTINGS;
            if !for_sure {
                self.look_by(first_missed + BETWEEN_LISTINGS);
            }
            let wanted_elsewhere = claims::elsewhere(&self.given.peers, self.seen, &unwanted.group, &target) != Elsewhere::Unwanted;
            if !wanted_elsewhere {
                due.push((for_sure, unwanted, target));
            } else if for_sure {
                self.handed_over(&unwanted, &target);
            }
        }
        let who: BTreeSet<_> = due.iter().map(|(_, unwanted, _)| unwanted.target.clone()).collect();
        // Who has left since the sync before counts as well.
        let of_group = format!("{}/", self.group());
        let left = |part: &str| part.strip_prefix(&of_group).is_some_and(|target| self.ledger.get(self.group(), target).is_none());
        let lately = self.given.done.keys().filter(|part| left(part)).count();
        if who.len() > limit(&self.object.spec.max_removals, members + lately).saturating_sub(lately) {
            self.refused_removal = who.into_iter().collect();
            return;
        }
        self.leaving += due.len();
        for (for_sure, unwanted, target) in due {
            if for_sure && self.awaited == 0 {
                self.step(&unwanted, &target);
            }
        }
    }

    fn step(&mut self, unwanted: &Unwanted, target: &Target) {
        if self.held_back(&claim(&unwanted.group, &unwanted.target), target) {
            return;
        }
        let stays_in = target.groups.iter().filter(|group| !self.is_leaving(group, &target.id)).count();
        if target.groups.len() == 1 {
            self.leaving -= 1;
            self.ledger.remove(&unwanted.group, &unwanted.target);
            let note = format!(
                "{} stays in {}: it is its last security group, and the cloud allows none without",
                unwanted.target, unwanted.group
            );
            self.remarks.push(Remark { reason: Reason::LastGroupKept, note });
        } else if self.steps.len() < self.given.at_most && stays_in > 1 {
            self.steps.push(SecurityGroupStep::Leave { group: unwanted.group.clone(), target: unwanted.target.clone() });
        } else {
            self.look_by(self.now);
        }
    }
}

/// How many of so many members may leave in one sync. A share is rounded down, but lets one go if it lets anybody go.
fn limit(max_removals: &IntOrString, members: usize) -> usize {
    match max_removals {
        IntOrString::Int(count) => usize::try_from(*count).unwrap_or_default(),
        IntOrString::String(text) => match text.strip_suffix('%') {
            None => text.parse().unwrap_or_default(),
            Some(share) => match share.parse::<usize>() {
                Ok(0) | Err(_) => 0,
                Ok(percent) => (members * percent / 100).max(1),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_lets_at_least_one_go_and_nought_lets_nobody_go() {
        let share = |text: &str, members| limit(&IntOrString::String(text.to_owned()), members);
        assert_eq!([share("10%", 5), share("10%", 19), share("10%", 20), share("100%", 7), share("0%", 100)], [1, 1, 2, 7, 0]);
        assert_eq!([limit(&IntOrString::Int(3), 100), limit(&IntOrString::Int(0), 100)], [3, 0]);
        assert_eq!([share("3", 100), share("0", 100), share("many", 100)], [3, 0, 0], "a number stays one in quotes");
    }
}
