//! What is to be said of the object, in the order in which a person wants to hear it.

use super::{BUSY_LOOK, Draft, NOT_A_MEMBER, STILL_A_MEMBER};
use crate::api::envelope::Problem;
use crate::api::security_group_membership::MAX_MEMBERS;
use crate::reason::Reason;
use crate::reconcile::backoff::BUSY_FOR;
use crate::reconcile::kind::Goal;
use crate::reconcile::verdict::{Phase, RECONCILING, STALLED, Verdict, few};

impl Draft<'_> {
    pub(super) fn verdict(&self, present: usize, asked_for: usize) -> Verdict {
        let (phase, reason, message) = self.situation(present, asked_for);
        let drifted = self.drift.iter().any(|drift| drift.observed == NOT_A_MEMBER || self.given.observe_only);
        Verdict { phase, reason, message, drifted: Some(drifted) }
    }

    fn situation(&self, present: usize, asked_for: usize) -> (Phase, Reason, String) {
        let group = self.group();
        if self.seen.too_many {
            let message = format!(
                "spec.targets.instanceSelector matches {MAX_MEMBERS} instances or more, and the cloud lists no more: make it narrower; nobody joins or leaves until then"
            );
            return (Phase::Stuck, Reason::InvalidSpec, message);
        }
        if self.goal == Goal::Keep && self.seen.groups.as_ref().is_some_and(|groups| !groups.contains_key(group)) {
            let message = format!("spec.securityGroupId: {group} does not exist in {} of this account", self.seen.region);
            return (Phase::Stuck, Reason::NotFound, message);
        }
        if self.given.observe_only && !self.drift.is_empty() {
            let leavers =
                if self.drift.iter().any(|drift| drift.observed == STILL_A_MEMBER) { ", and somebody is who should have left" } else { "" };
            let message = format!(
                "{present} of {asked_for} members are in {group}{leavers}; nothing is changed, because this object or steward only observes"
            );
            return (Phase::Stuck, Reason::DriftDetected, message);
        }
        if let Some(problem) = self.gravest() {
            let phase = if self.passes_by_itself(problem.reason) { Phase::Working } else { Phase::Stuck };
            return (phase, problem.reason, self.tell(problem));
        }
        if !self.refused_removal.is_empty() {
            let who = few(self.refused_removal.iter().map(String::as_str));
            let message = format!(
                "the selector no longer matches {who}: more than spec.maxRemovals allows to leave at once, so nobody leaves. Raise it, or mend the tags"
            );
            return (Phase::Stuck, Reason::RemovalLimit, message);
        }
        if self.goal == Goal::Remove {
            return (Phase::Working, Reason::Applying, format!("leaving what steward had joined: {} to go", self.leaving));
        }
        if self.crowded > 0 {
            let phase = if self.leaving > 0 { Phase::Working } else { Phase::Stuck };
            let reason = if self.leaving > 0 { Reason::Applying } else { Reason::DependencyNotReady };
            let message = format!(
                "{present} of {asked_for} members are in {group}; status has no room for the others until some have left the groups that spec named before"
            );
            return (phase, reason, message);
        }
        if self.awaited > 0 {
            let reason = if self.steps.is_empty() { Reason::AwaitingConsistency } else { Reason::Applying };
            return (Phase::Working, reason, format!("{present} of {asked_for} members are in {group}"));
        }
        if self.leaving > 0 {
            return (Phase::Working, Reason::Applying, format!("{}; others are leaving", complete(asked_for, group)));
        }
        if asked_for == 0 {
            return (Phase::Settled, Reason::NoTargets, "the selector matches no instance".to_owned());
        }
        (Phase::Settled, Reason::InSync, complete(asked_for, group))
    }

    /// What a person can do something about comes first.
    fn gravest(&self) -> Option<&Problem> {
        self.problems.iter().min_by_key(|problem| self.passes_by_itself(problem.reason))
    }

    fn passes_by_itself(&self, reason: Reason) -> bool {
        let transient = matches!(reason, Reason::RateLimited | Reason::CloudUnavailable);
        transient || reason == Reason::Busy && !self.has_waited_long()
    }

    /// Busy is waited for; after half an hour of working on it, somebody should know.
    fn has_waited_long(&self) -> bool {
        let said = |type_: &str| self.before.envelope.conditions.iter().find(|condition| condition.type_ == type_);
        let told = said(STALLED).is_some_and(|stalled| stalled.reason == Reason::Busy.as_str());
        told || said(RECONCILING).is_some_and(|working| self.now.duration_since(working.last_transition_time.0) >= BUSY_FOR - BUSY_LOOK)
    }

    fn tell(&self, problem: &Problem) -> String {
        let others = self.problems.iter().filter(|other| other.target != problem.target).count();
        let code = problem.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
        match others {
            0 => format!("{}: {}{code}", problem.target, problem.message),
            others => format!("{}: {}{code}; {others} more, see status.problems", problem.target, problem.message),
        }
    }
}

fn complete(members: usize, group: &str) -> String {
    if members == 1 { format!("its member is in {group}") } else { format!("all {members} members are in {group}") }
}
