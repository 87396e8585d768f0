//! `CloudCommand` in a paragraph: a script should run on servers, once per intent. What the intent is, spec says (`intent`); it is cut into batches
//! once, and each batch is one call, which is in the journal before it is made and carries a token and two tags that nobody but this object and
//! this intent has. Whatever is lost, an answer, a process, a status, the cloud is asked for these tags before anything is sent. What changes is
//! only how far the runs are; they are read until they are over, and then nothing is asked any more.
//!
//! What has to be asked, `agenda` says, and `observe` asks it: the look-up by tag is there. `rules` and `fitness` are about what the cloud would refuse,
//! `inputs` has the fingerprints of what comes from ConfigMaps and Secrets, `request` makes the call, `live` is `steward results`.

mod agenda;
mod batches;
mod fitness;
pub mod frequency;
mod inputs;
pub mod intent;
pub mod live;
mod observe;
mod perform;
mod plan;
mod redact;
mod request;
pub mod rules;

pub use observe::{Observed, Target};
pub use plan::CloudCommandStep;

use crate::api::CloudCommand;
use crate::api::cloud_command::CloudCommandStatus;
use crate::api::cloud_command::status::{Intent, Tally};
use crate::api::envelope::{DeletionPolicy, Envelope};
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

/// The tag that all attempts of one batch carry.
const RUN_TAG: &str = "steward-run";
/// The tag that everything carries which the object ever ran.
const OBJECT_TAG: &str = "steward-object";

impl Recorded for CloudCommand {
    type Status = CloudCommandStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

/// Two objects that run the same are two wishes.
impl Claimant for CloudCommand {
    fn claims(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Kind for CloudCommand {
    const SHAPE: Shape = Shape::Plain;
    /// Between the look-up of earlier runs and the record of a new one there is no long wait.
    const REPLACES: bool = true;

    type Observed = Observed;
    type Step = CloudCommandStep;

    fn common(&self) -> Common<'_> {
        Common {
            credential: &self.spec.credential_ref.name,
            region: self.spec.region.as_deref(),
            suspend: self.spec.suspend,
            observe: false,
            sync_interval: None,
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
        let is_history = |status: &CloudCommandStatus| {
            is_finished(self, status) || status.intent.is_none() && status.past_intents.contains(&intent_hash(self))
        };
        if self.status.as_ref().is_some_and(is_history) { Vec::new() } else { inputs::references(self) }
    }

    fn removal(&self) -> Removal {
        let is_open = |entry: &JournalEntry| agenda::is_out(entry) || agenda::is_unresolved(entry);
        let undo = self.spec.deletion_policy == DeletionPolicy::Delete && self.operations().any(is_open);
        if undo { Removal::Undo } else { Removal::LetGo }
    }

    fn open_entries(&self) -> BTreeMap<String, String> {
        // Called like the step, so that a try that may have acted begins the watch anew.
        self.operations()
            .filter(|entry| agenda::is_unresolved(entry))
            .map(|entry| (plan::invoking(entry.batch.unwrap_or_default()), entry.latest_try()))
            .collect()
    }

    fn open_run(&self) -> Option<&str> {
        self.operations().find(|entry| agenda::is_unresolved(entry)).map(|entry| entry.run.as_str())
    }

    fn unsupported(&self) -> Option<String> {
        self.operations().find_map(|entry| match (&entry.kind, &entry.state) {
            (JournalKind::Unknown(kind), _) => Some(format!("journal entry of kind {kind}")),
            (_, JournalState::Unknown(state)) => Some(format!("journal state {state}")),
            (JournalKind::Run | JournalKind::Create, _) => None,
        })
    }

    fn remembers_inputs(&self) -> bool {
        let hash = intent_hash(self);
        self.status.as_ref().is_none_or(|status| {
            let is_present = status.intent.as_ref().is_some_and(|intent| intent.hash == hash);
            let is_foreseen = status.next_intent.as_ref().is_some_and(|next| next.hash == hash);
            !is_present && !is_foreseen && !status.past_intents.contains(&hash)
        })
    }

    fn first_sight(&self, given: &Given<Self>, now: Timestamp) -> Self::Status {
        plan::first_sight(self, given, now)
    }

    async fn observe(&self, given: &Given<Self>, cloud: &Session, now: Timestamp) -> Result<Observed, CloudError> {
        observe::observe(agenda::agenda(self, &given.installation.cluster_id, now), cloud).await
    }

    fn plan(&self, given: &Given<Self>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<Self> {
        plan::plan(self, given, seen, goal, now)
    }

    async fn perform(step: &CloudCommandStep, cloud: &Session) -> Result<Receipt, CloudError> {
        perform::perform(step, cloud).await
    }

    fn note(status: &mut Self::Status, step: &CloudCommandStep, outcome: Result<&Receipt, &CloudError>, _: Timestamp) {
        plan::note(status, step, outcome);
    }

    fn take_back(status: &mut Self::Status, step: &CloudCommandStep) {
        plan::take_back(status, step);
    }
}

impl CloudCommand {
    fn operations(&self) -> impl Iterator<Item = &JournalEntry> {
        self.status.iter().flat_map(|status| &status.operations)
    }
}

/// What identifies what spec asks to run, trigger and all.
fn intent_hash(object: &CloudCommand) -> String {
    intent::intent_hash(&object.spec)
}

/// Whether every batch of what spec asks for is settled.
fn is_finished(object: &CloudCommand, status: &CloudCommandStatus) -> bool {
    let is_open = |entry: &JournalEntry| agenda::is_out(entry) || agenda::is_unresolved(entry);
    status.intent.as_ref().is_some_and(|intent| intent.is_cut() && intent.hash == intent_hash(object))
        && batches::unsent(status).is_empty()
        && !status.operations.iter().any(is_open)
}

impl Intent {
    /// An intent that is seen for the first time.
    fn of(hash: &str, trigger: Option<String>, resource_group_id: Option<String>, now: Timestamp) -> Self {
        Self {
            hash: hash.to_owned(),
            trigger,
            first_seen: now.into(),
            resource_group_id,
            contents: None,
            targets: Vec::new(),
            batch_size: None,
            first_batch: None,
            target_count: None,
            skipped: Vec::new(),
            settled: Vec::new(),
            adopted: false,
            started_at: None,
            invoke_ids: Vec::new(),
            tally: Tally::default(),
        }
    }
}
