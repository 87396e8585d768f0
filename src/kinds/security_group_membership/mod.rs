//! `SecurityGroupMembership` in a paragraph: the targets that spec names should be in the group that spec names. Who is missing joins; the ledger in
//! status remembers by whose doing each member is there; who is no longer wanted leaves only if steward had it join, if no other object wants it
//! there, and if the group isn't its last one. Joining and leaving set a value, so both may be repeated; the ledger and the read-back are enough.

mod observe;
mod perform;
mod plan;

pub use observe::{Group, Observed, Target};
pub use plan::{Origin, SecurityGroupStep};

use crate::api::envelope::{DeletionPolicy, Envelope, ManagementPolicy};
use crate::api::security_group_membership::{LedgerState, SecurityGroupMembershipStatus};
use crate::api::{SecurityGroupMembership, envelope::Interval};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::claims::Claimant;
use crate::reconcile::kind::{Common, Given, Goal, Kind, Plan, Receipt, Removal};
use crate::reconcile::record::Recorded;
use crate::reconcile::verdict::Shape;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Recorded for SecurityGroupMembership {
    type Status = SecurityGroupMembershipStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

impl Claimant for SecurityGroupMembership {
    fn claims(&self) -> Vec<String> {
        let group = &self.spec.security_group_id;
        let targets = &self.spec.targets;
        let named = targets.instance_ids.iter().chain(&targets.network_interface_ids).map(|target| claim(group, target));
        let selected = targets.instance_selector.iter().map(|_| claim(group, EVERYBODY));
        let in_the_book = self.entries().map(|(group, entry)| claim(group, &entry.target));
        let mut claims: Vec<_> = named.chain(selected).chain(in_the_book).collect();
        claims.sort_unstable();
        claims.dedup();
        claims
    }
}

impl Kind for SecurityGroupMembership {
    const SHAPE: Shape = Shape::State;

    type Observed = Observed;
    type Step = SecurityGroupStep;

    fn common(&self) -> Common<'_> {
        Common {
            credential: &self.spec.credential_ref.name,
            region: self.spec.region.as_deref(),
            suspend: self.spec.suspend,
            observe: self.spec.management_policy == ManagementPolicy::Observe,
            sync_interval: self.spec.sync_interval.map(Interval::get),
        }
    }

    fn envelope(status: &Self::Status) -> &Envelope {
        &status.envelope
    }

    fn envelope_mut(status: &mut Self::Status) -> &mut Envelope {
        &mut status.envelope
    }

    fn removal(&self) -> Removal {
        let manages = self.spec.management_policy == ManagementPolicy::Manage && self.spec.deletion_policy == DeletionPolicy::Delete;
        // What only a newer release understands may be something to undo.
        if manages && self.entries().any(|(_, entry)| entry.state != LedgerState::PreExisting) { Removal::Undo } else { Removal::LetGo }
    }

    fn open_entries(&self) -> BTreeMap<String, String> {
        // While the object goes, what it had join may be waiting for an heir.
        let going = self.metadata.deletion_timestamp.is_some();
        self.entries()
            .filter(|(_, entry)| entry.state == LedgerState::Adding || going && entry.state == LedgerState::Added)
            .map(|(group, entry)| (claim(group, &entry.target), String::new()))
            .collect()
    }

    fn unsupported(&self) -> Option<String> {
        self.entries().find_map(|(_, entry)| match &entry.state {
            LedgerState::Unknown(state) => Some(format!("ledger state {state}")),
            LedgerState::Adding | LedgerState::Added | LedgerState::PreExisting => None,
        })
    }

    async fn observe(&self, _: &Given<Self>, cloud: &Session, _: Timestamp) -> Result<Observed, CloudError> {
        observe::observe(self, cloud).await
    }

    fn plan(&self, given: &Given<Self>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<Self> {
        plan::plan(self, given, seen, goal, now)
    }

    async fn perform(step: &SecurityGroupStep, cloud: &Session) -> Result<Receipt, CloudError> {
        perform::perform(step, cloud).await
    }

    fn note(status: &mut Self::Status, step: &SecurityGroupStep, outcome: Result<&Receipt, &CloudError>, now: Timestamp) {
        plan::note(status, step, outcome, now);
    }
}

/// Stands in a claim for targets that only the cloud can name.
const EVERYBODY: &str = "*";

/// What two objects have in common if both are about this target in this group.
fn claim(group: &str, target: &str) -> String {
    format!("{group}/{target}")
}

impl SecurityGroupMembership {
    fn entries(&self) -> impl Iterator<Item = (&str, &crate::api::security_group_membership::LedgerEntry)> {
        self.status
            .iter()
            .flat_map(|status| &status.ledger)
            .flat_map(|page| page.entries.iter().map(|entry| (page.security_group_id.as_str(), entry)))
    }
}
