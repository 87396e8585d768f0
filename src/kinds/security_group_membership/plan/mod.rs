//! The decision, as a pure function: from spec, ledger, cloud and peers to a new status, the steps that may start now, and when to look again.

mod claims;
mod fitness;
mod ledger;
mod removal;
mod verdict;

use super::claim;
use super::observe::{Observed, Target};
use crate::api::SecurityGroupMembership;
use crate::api::envelope::{Drift, Problem};
use crate::api::security_group_membership::{LedgerState, SecurityGroupMembershipStatus};
use crate::cloud::alibaba::ecs::{JOIN_SECURITY_GROUP, LEAVE_SECURITY_GROUP};
use crate::cloud::error::{Acted, Class, CloudError, Operation};
use crate::reason::Reason;
use crate::reconcile::kind::{Given, Goal, Next, Part, Plan, Receipt, Remark, Step};
use crate::reconcile::verdict::few;
use jiff::{SignedDuration, Timestamp};
use ledger::{Entry, Ledger};
use std::fmt;

/// After a join that the cloud accepted: how long its reads may lag behind before it is sent again.
const READ_LAG: SignedDuration = SignedDuration::from_secs(30);
/// How long an attempt to join that nobody wants any more is watched: longer than a call can be on its way.
const WATCH: SignedDuration = SignedDuration::from_secs(60);
/// Until a target that is starting or stopping is looked at again.
const BUSY_LOOK: SignedDuration = SignedDuration::from_secs(30);
/// Lists in status that are there to be read.
const SHOWN: usize = 32;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityGroupStep {
    Join {
        group: String,
        target: String,
        /// No earlier attempt can be on its way: a refusal means that nothing was done.
        first: bool,
        /// By whose doing it was a member when it was last seen to be one: what a refusal goes back to.
        before: Option<Origin>,
        /// By whose doing the target is a member, if the cloud says that it is one already.
        already: Origin,
    },
    Leave {
        group: String,
        target: String,
    },
}

/// By whose doing a member is in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Ours,
    Theirs,
}

impl Origin {
    fn state(self) -> LedgerState {
        match self {
            Self::Ours => LedgerState::Added,
            Self::Theirs => LedgerState::PreExisting,
        }
    }
}

impl fmt::Display for SecurityGroupStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join { group, target, .. } => write!(f, "{target} joins {group}"),
            Self::Leave { group, target } => write!(f, "{target} leaves {group}"),
        }
    }
}

impl Step for SecurityGroupStep {
    fn operation(&self) -> Operation {
        match self {
            Self::Join { .. } => JOIN_SECURITY_GROUP,
            Self::Leave { .. } => LEAVE_SECURITY_GROUP,
        }
    }

    fn part(&self) -> Part {
        let (Self::Join { group, target, .. } | Self::Leave { group, target }) = self;
        claim(group, target)
    }

    fn touches(&self) -> Vec<String> {
        let (Self::Join { group, target, .. } | Self::Leave { group, target }) = self;
        vec![claim(group, target), claim(group, super::EVERYBODY)]
    }

    fn ids(&self) -> Vec<&str> {
        let (Self::Join { group, target, .. } | Self::Leave { group, target }) = self;
        vec![group, target]
    }
}

pub(super) fn plan(
    object: &SecurityGroupMembership,
    given: &Given<SecurityGroupMembership>,
    seen: &Observed,
    goal: Goal,
    now: Timestamp,
) -> Plan<SecurityGroupMembership> {
    let status = object.status.clone().unwrap_or_default();
    let mut draft = Draft {
        object,
        given,
        seen,
        goal,
        now,
        ledger: Ledger::read(&status.ledger),
        steps: Vec::new(),
        held: Vec::new(),
        awaited: 0,
        crowded: 0,
        leaving: 0,
        problems: Vec::new(),
        drift: Vec::new(),
        remarks: Vec::new(),
        refused_removal: Vec::new(),
        look_at: None,
        before: &status,
    };
    if !seen.too_many {
        if goal == Goal::Keep {
            draft.join();
        }
        draft.leave();
    }
    draft.finish(status.clone())
}

/// A plan in the making.
struct Draft<'a> {
    object: &'a SecurityGroupMembership,
    given: &'a Given<SecurityGroupMembership>,
    seen: &'a Observed,
    goal: Goal,
    now: Timestamp,
    before: &'a SecurityGroupMembershipStatus,
    ledger: Ledger,
    steps: Vec<SecurityGroupStep>,
    held: Vec<Part>,
    /// Members whose joining is under way.
    awaited: usize,
    /// Members for whose joining the ledger has no room until others have left.
    crowded: usize,
    /// Members whose leaving is under way, or waits for something that comes by itself.
    leaving: usize,
    problems: Vec<Problem>,
    drift: Vec<Drift>,
    remarks: Vec<Remark>,
    /// Who would have to leave if the limit on removals allowed it.
    refused_removal: Vec<String>,
    look_at: Option<Timestamp>,
}

impl<'a> Draft<'a> {
    fn group(&self) -> &'a str {
        &self.object.spec.security_group_id
    }

    // ── joining ─────────────────────────────────────────────────────────────────────────────────────────────

    fn join(&mut self) {
        for target in self.seen.wanted.values() {
            if target.groups.iter().any(|group| group == self.group()) {
                self.present(target);
            } else {
                self.absent(target);
            }
        }
        for id in &self.seen.missing {
            let message = format!("{id} does not exist in {} of this account", self.seen.region);
            self.problems.push(Problem { target: id.clone(), reason: Reason::NotFound, message, code: None });
            self.drift.push(difference(id, self.group(), "does not exist"));
        }
    }

    fn present(&mut self, target: &Target) {
        let state = self.ledger.get(self.group(), &target.id).map(|entry| entry.state.clone());
        // It has left a moment ago, and reads may lag behind: what is seen may be the past.
        let left = self.given.done.get(&claim(self.group(), &target.id)).filter(|_| state.is_none() && !self.given.observe_only);
        if let Some(at) = left.filter(|at| self.now.duration_since(**at) < READ_LAG) {
            self.awaited += 1;
            self.look_by(*at + READ_LAG);
            return;
        }
        let state = match state {
            _ if self.given.observe_only => return,
            Some(LedgerState::Adding | LedgerState::Added) => LedgerState::Added,
            // Somebody of us may have been faster: then the last of us who goes has to undo it.
            _ if claims::is_by_us(&self.given.peers, self.seen, self.group(), target) => LedgerState::Added,
            _ => LedgerState::PreExisting,
        };
        self.ledger.set(self.group(), &target.id, Entry::settled(state));
    }

    fn absent(&mut self, target: &Target) {
        let (group, part) = (self.group(), claim(self.group(), &target.id));
        if !self.given.observe_only {
            self.ledger.matched(group, &target.id);
        }
        let entry = self.ledger.get(group, &target.id).cloned();
        let just_done = self.given.just_done.contains(&part);
        let was_there = !just_done && entry.as_ref().is_some_and(|entry| entry.since.is_none());
        let known_drift = self.before.drift.contains(&difference(&target.id, group, NOT_A_MEMBER));
        if was_there || known_drift || self.given.observe_only {
            self.drift.push(difference(&target.id, group, NOT_A_MEMBER));
        }
        if just_done {
            self.awaited += 1;
            self.look_by(self.now + SignedDuration::from_secs(1));
            return;
        }
        if self.given.observe_only {
            return;
        }
        if let Some(groups) = &self.seen.groups {
            if !groups.contains_key(group) {
                return;
            }
            if let Some(problem) = fitness::obstacle(target, group, groups) {
                if problem.reason == Reason::Busy {
                    self.look_by(self.now + BUSY_LOOK);
                }
                self.problems.push(problem);
                return;
            }
        }
        if self.held_back(&part, target) {
            return;
        }
        // The cloud took the call, or said that the member is there, and its reads may lag behind.
        if let Some(since) = entry.as_ref().and_then(|entry| entry.since)
            && !self.given.failures.contains_key(&part)
        {
            // Another process may have written it, by a clock that was ahead.
            let age = self.now.duration_since(since).abs();
            if age < READ_LAG {
                self.awaited += 1;
                self.look_by(self.now + age.min(READ_LAG - age).max(SignedDuration::from_secs(1)));
                return;
            }
        }
        let (first, before, already) = match entry.map(|entry| (entry.state, entry.since)) {
            Some((LedgerState::Adding, _)) => (false, None, Origin::Ours),
            Some((LedgerState::Added, _)) => (true, Some(Origin::Ours), Origin::Ours),
            settled @ (Some((LedgerState::PreExisting | LedgerState::Unknown(_), _)) | None) => {
                let ours = claims::is_by_us(&self.given.peers, self.seen, group, target);
                (true, settled.map(|_| Origin::Theirs), if ours { Origin::Ours } else { Origin::Theirs })
            }
        };
        if !self.ledger.has_room_for(group, &target.id) {
            self.crowded += 1;
            return;
        }
        self.awaited += 1;
        if self.steps.len() < self.given.at_most {
            self.ledger.set(group, &target.id, Entry::adding(self.now));
            self.steps.push(SecurityGroupStep::Join { group: group.to_owned(), target: target.id.clone(), first, before, already });
        } else {
            self.look_by(self.now);
        }
    }

    /// A step that failed is not repeated before its time; what is said of it meanwhile.
    fn held_back(&mut self, part: &str, target: &Target) -> bool {
        let Some(failure) = self.given.failures.get(part) else { return false };
        let mut message = format!("{}. {}", failure.meaning, failure.hint);
        if failure.class == Class::Quota {
            message = format!("{message} ({} is in {} of 5 groups, if the quota is the default one)", target.id, target.groups.len());
        }
        self.problems.push(Problem { target: target.id.clone(), reason: failure.reason, message, code: failure.code.clone() });
        let held = failure.retry_at > self.now;
        if held {
            self.held.push(part.to_owned());
        }
        held
    }

    // ── the result ──────────────────────────────────────────────────────────────────────────────────────────

    fn look_by(&mut self, at: Timestamp) {
        self.look_at = Some(self.look_at.map_or(at, |earlier| earlier.min(at)));
    }

    fn finish(mut self, mut status: SecurityGroupMembershipStatus) -> Plan<SecurityGroupMembership> {
        let present = self.seen.wanted.values().filter(|target| target.groups.iter().any(|group| group == self.group())).count();
        let asked_for = self.seen.wanted.len() + self.seen.missing.len();
        let verdict = self.verdict(present, asked_for);
        if self.goal == Goal::Keep && !self.seen.too_many && self.drift.is_empty() && present == asked_for {
            let back: Vec<_> =
                self.seen.wanted.keys().filter(|id| self.before.drift.contains(&difference(id, self.group(), NOT_A_MEMBER))).collect();
            if !back.is_empty() {
                let note = format!("back in {}: {}", self.group(), few(back.into_iter().map(String::as_str)));
                self.remarks.push(Remark { reason: Reason::DriftCorrected, note });
            }
        }
        let next = match (self.goal, self.look_at) {
            (Goal::Remove, None) if self.steps.is_empty() && self.held.is_empty() && !self.ledger.holds_ours() => Next::Gone,
            (_, Some(at)) => Next::At(at),
            (_, None) => Next::Sync,
        };
        if self.goal == Goal::Keep && !self.seen.too_many {
            status.members = i32::try_from(asked_for).ok();
            status.joined = i32::try_from(present).ok();
        }
        status.envelope.external_id = Some(self.group().to_owned());
        self.drift.truncate(SHOWN);
        self.problems.truncate(SHOWN);
        status.drift = self.drift;
        status.problems = self.problems;
        status.ledger = self.ledger.write();
        Plan { status, verdict, steps: self.steps, held: self.held, next, remarks: self.remarks }
    }
}

const NOT_A_MEMBER: &str = "not a member";
const STILL_A_MEMBER: &str = "a member by steward's doing";

fn path(target: &str) -> String {
    format!("spec.targets[{target}]")
}

fn difference(target: &str, group: &str, observed: &str) -> Drift {
    Drift { path: path(target), desired: format!("member of {group}"), observed: observed.to_owned() }
}

/// What came of a step, put down in the ledger.
pub(super) fn note(
    status: &mut SecurityGroupMembershipStatus,
    step: &SecurityGroupStep,
    outcome: Result<&Receipt, &CloudError>,
    now: Timestamp,
) {
    let mut ledger = Ledger::read(&status.ledger);
    match (step, outcome) {
        (SecurityGroupStep::Join { group, target, already, .. }, Ok(receipt)) => {
            // Accepted is not yet seen: the next look settles it.
            let entry = match (receipt.changed, already) {
                (true, _) | (false, Origin::Ours) => Entry::adding(now),
                (false, Origin::Theirs) => Entry { since: Some(now), ..Entry::settled(LedgerState::PreExisting) },
            };
            ledger.set(group, target, entry);
        }
        (SecurityGroupStep::Join { group, target, first, before, .. }, Err(error)) => {
            // A refusal of a repeated attempt says nothing of the earlier ones.
            if *first && error.acted == Acted::No {
                match before {
                    // It was looked at a moment too early, perhaps: nothing that was known is forgotten.
                    Some(origin) => ledger.set(group, target, Entry::settled(origin.state())),
                    None => ledger.remove(group, target),
                }
            }
        }
        (SecurityGroupStep::Leave { group, target }, Ok(_)) => ledger.remove(group, target),
        (SecurityGroupStep::Leave { group, target }, Err(error)) => {
            // Gone, or kept as the cloud's rule has it: nothing is left to undo.
            if error.class == Class::NotFound || error.reason == Reason::LastGroupKept {
                ledger.remove(group, target);
            }
        }
    }
    status.ledger = ledger.write();
}

#[cfg(test)]
mod tests;
