//! `EciScalingConfig` in a paragraph: a scaling configuration, found by its id or by its name in its group, should be as spec says, as far as spec
//! says anything. What differs is modified, with whole lists, because the cloud replaces them whole; status remembers which paths were set by
//! steward's doing, so that what leaves spec goes from the cloud, and nothing else. A modification sets values and may be repeated; a creation
//! may not, and is in the journal before it is made.

mod desired;
pub mod difference;
mod observe;
mod perform;
mod plan;
pub mod progress;
mod rules;

pub use observe::Observed;
pub use plan::EciScalingStep;
pub use progress::Content;

use crate::api::EciScalingConfig;
use crate::api::eci_scaling_config::EciScalingConfigStatus;
use crate::api::eci_scaling_config::status::Origin;
use crate::api::envelope::{DeletionPolicy, Envelope, Interval, ManagementPolicy};
use crate::api::journal::{JournalEntry, JournalKind, JournalState};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::census::Figures;
use crate::reconcile::claims::Claimant;
use crate::reconcile::kind::{Common, Given, Goal, Kind, Plan, Receipt, Removal};
use crate::reconcile::record::Recorded;
use crate::reconcile::verdict::Shape;
use crate::references::Reference;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Recorded for EciScalingConfig {
    type Status = EciScalingConfigStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

impl Claimant for EciScalingConfig {
    fn claims(&self) -> Vec<String> {
        let by_id = self.configuration_id().map(by_id);
        let by_name = self.spec.scaling_group_id.as_deref().zip(self.name_to_find()).map(|(group, name)| by_name(group, name));
        by_id.into_iter().chain(by_name).collect()
    }
}

impl Kind for EciScalingConfig {
    const SHAPE: Shape = Shape::State;
    const REPLACES: bool = true;

    type Observed = Observed;
    type Step = EciScalingStep;

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

    fn figures(status: &Self::Status) -> Figures {
        Figures { unknown_outcomes: JournalEntry::in_doubt(&status.operations), ..Figures::default() }
    }

    fn references(&self) -> Vec<Reference> {
        desired::references(self)
    }

    fn removal(&self) -> Removal {
        let manages = self.spec.management_policy == ManagementPolicy::Manage && self.spec.deletion_policy == DeletionPolicy::Delete;
        // What only a newer release knows the origin of may be ours to delete.
        let origin = self.status.as_ref().and_then(|status| status.origin.as_ref());
        let may_be_ours = matches!(origin, Some(Origin::Created | Origin::Unknown(_)));
        if manages && (may_be_ours || self.unresolved().is_some()) { Removal::Undo } else { Removal::LetGo }
    }

    fn open_entries(&self) -> BTreeMap<String, String> {
        // Called like the step, so that a try that may have acted begins the watch anew.
        self.unresolved().map(|entry| (plan::CREATE.to_owned(), entry.latest_try())).into_iter().collect()
    }

    fn open_run(&self) -> Option<&str> {
        self.unresolved().map(|entry| entry.run.as_str())
    }

    fn unsupported(&self) -> Option<String> {
        let status = self.status.as_ref()?;
        let origin = match &status.origin {
            Some(Origin::Unknown(origin)) => Some(format!("origin {origin}")),
            Some(Origin::Created | Origin::Adopted | Origin::Bound) | None => None,
        };
        let entry = |entry: &JournalEntry| match (&entry.kind, &entry.state) {
            (JournalKind::Run, _) => Some("journal entry of kind Run".to_owned()),
            (JournalKind::Unknown(kind), _) => Some(format!("journal entry of kind {kind}")),
            (_, JournalState::Unknown(state)) => Some(format!("journal state {state}")),
            (JournalKind::Create, _) => None,
        };
        origin.or_else(|| status.operations.iter().find_map(entry))
    }

    async fn observe(&self, _: &Given<Self>, cloud: &Session, _: Timestamp) -> Result<Observed, CloudError> {
        observe::observe(self, cloud).await
    }

    fn plan(&self, given: &Given<Self>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<Self> {
        plan::plan(self, given, seen, goal, now)
    }

    async fn perform(step: &EciScalingStep, cloud: &Session) -> Result<Receipt, CloudError> {
        perform::perform(step, cloud).await
    }

    fn note(status: &mut Self::Status, step: &EciScalingStep, outcome: Result<&Receipt, &CloudError>, now: Timestamp) {
        plan::note(status, step, outcome, now);
    }
}

/// What objects have in common that mean the same configuration.
fn by_id(id: &str) -> String {
    format!("id/{id}")
}

fn by_name(group: &str, name: &str) -> String {
    format!("group/{group}/{name}")
}

impl EciScalingConfig {
    /// The configuration's id, from the moment when it is known.
    fn configuration_id(&self) -> Option<&str> {
        let known = || self.status.as_ref().and_then(|status| status.envelope.external_id.as_deref());
        self.spec.scaling_configuration_id.as_deref().or_else(known)
    }

    /// The name under which the configuration is to be found in its group: of a creation on its way it is the one that was sent.
    fn name_to_find(&self) -> Option<&str> {
        let sent = self.unresolved().and_then(|entry| entry.name.as_deref());
        sent.or(self.spec.configuration.scaling_configuration_name.as_deref())
    }

    /// The creation whose outcome is not known yet.
    fn unresolved(&self) -> Option<&JournalEntry> {
        // Of a state that only a newer release knows nobody can say that it is settled.
        let open = |entry: &&JournalEntry| !matches!(entry.state, JournalState::Done | JournalState::Refused);
        self.status.as_ref()?.operations.iter().find(open)
    }
}
