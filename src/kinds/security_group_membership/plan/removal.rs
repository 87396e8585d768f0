//! Who leaves: never by guess. Only what the ledger says steward had join, only if nobody else wants it there, never the last group,
//! and, where a selector merely stopped matching, only after two listings and within the limit.

use super::super::observe::Target;
use super::{Draft, SecurityGroupStep, WATCH, claim, claims, few};
use crate::api::security_group_membership::LedgerState;
use crate::reason::Reason;
use crate::reconcile::kind::{Goal, Remark};
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The least time between the two listings that must lack a member.
const BETWEEN_LISTINGS: SignedDuration = SignedDuration::from_secs(30);

/// An entry of the ledger that spec does not ask for any more.
struct Unwanted {
    group: String,
    target: String,
    state: LedgerState,
}

impl Draft<'_> {
    pub(super) fn leave(&mut self) {
        if self.given.observe_only {
            return;
        }
        let members = self.ledger.of_group(self.group());
        let mut selected_away = Vec::new();
        for unwanted in self.unwanted() {
            let Some(target) = self.must_leave(&unwanted) else { continue };
            if self.goal == Goal::Keep && self.object.spec.targets.instance_selector.is_some() && unwanted.group == self.group() {
                selected_away.push((unwanted, target));
            } else {
                self.leave_when_joined(&unwanted, &target);
            }
        }
        self.leave_within_limit(selected_away, members);
    }

    fn unwanted(&self) -> Vec<Unwanted> {
        self.ledger
            .entries()
            .filter(|(group, target, _)| self.goal == Goal::Remove || *group != self.group() || !self.seen.wanted.contains_key(*target))
            .map(|(group, target, entry)| Unwanted { group: group.to_owned(), target: target.to_owned(), state: entry.state.clone() })
            .collect()
    }

    /// The target, if steward has to have it leave; entries that need no call are dropped here.
    fn must_leave(&mut self, unwanted: &Unwanted) -> Option<Target> {
        let Unwanted { group, target: id, state } = unwanted;
        let seen = self.seen;
        let target = seen.wanted.get(id).or_else(|| seen.others.get(id));
        let present = target.is_some_and(|target| target.groups.contains(group));
        match state {
            LedgerState::Adding if !present && target.is_some() => {
                // An attempt may still be on its way.
                let since = self.given.seen_since.get(&claim(group, id)).copied().unwrap_or(self.now);
                if self.now.duration_since(since) < WATCH {
                    self.leaving += 1;
                    self.look_by(since + WATCH);
                } else {
                    self.ledger.remove(group, id);
                }
                return None;
            }
            LedgerState::Adding | LedgerState::Added if present => {}
            LedgerState::Adding | LedgerState::Added | LedgerState::PreExisting => {
                self.ledger.remove(group, id);
                return None;
            }
            LedgerState::Unknown(_) => return None,
        }
        let target = target?;
        if claims::is_wanted_elsewhere(&self.given.peers, seen, group, target) {
            self.ledger.remove(group, id);
            return None;
        }
        if target.groups.len() == 1 {
            self.ledger.remove(group, id);
            let note = format!("{id} stays in {group}: it is its last security group, and the cloud allows none without");
            self.remarks.push(Remark { reason: Reason::LastGroupKept, note });
            return None;
        }
        Some(target.clone())
    }

    /// The old group is left only once the new one is joined and seen.
    fn leave_when_joined(&mut self, unwanted: &Unwanted, target: &Target) {
        self.leaving += 1;
        let moves = self.goal == Goal::Keep && unwanted.group != self.group() && self.seen.wanted.contains_key(&unwanted.target);
        let arrived = target.groups.iter().any(|group| group == self.group());
        if self.awaited == 0 && (!moves || arrived) {
            self.step(unwanted, target);
        }
    }

    fn leave_within_limit(&mut self, selected_away: Vec<(Unwanted, Target)>, members: usize) {
        let mut due = Vec::new();
        for (unwanted, target) in selected_away {
            let Some(mut entry) = self.ledger.get(&unwanted.group, &unwanted.target).cloned() else { continue };
            let first_missed = *entry.unmatched_since.get_or_insert(self.now);
            self.ledger.set(&unwanted.group, &unwanted.target, entry);
            self.leaving += 1;
            if self.now.duration_since(first_missed) < BETWEEN_LISTINGS {
                self.look_by(first_missed + BETWEEN_LISTINGS);
            }
            due.push((first_missed, unwanted, target));
        }
        if due.len() > limit(&self.object.spec.max_removals, members) {
            self.refused_removal = due.into_iter().map(|(_, unwanted, _)| unwanted.target).collect();
            let who = few(self.refused_removal.iter().map(String::as_str));
            tracing::debug!(who, "more members would leave than the limit allows");
            self.leaving = 0;
            return;
        }
        for (first_missed, unwanted, target) in due {
            if self.now.duration_since(first_missed) >= BETWEEN_LISTINGS && self.awaited == 0 {
                self.step(&unwanted, &target);
            }
        }
    }

    fn step(&mut self, unwanted: &Unwanted, target: &Target) {
        if self.held_back(&claim(&unwanted.group, &unwanted.target), target) {
            return;
        }
        if self.steps.len() < self.given.at_most {
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
        IntOrString::String(share) => match share.trim_end_matches('%').parse::<usize>() {
            Ok(0) | Err(_) => 0,
            Ok(percent) => (members * percent / 100).max(1),
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
    }
}
