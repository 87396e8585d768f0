//! `RestoreCheck` in a paragraph: at the times that spec gives, the backup service is asked whether backups can be put back onto servers. The
//! question is the read: `observe` asks what is due, and there are no steps, nothing to undo, and nothing that could be done twice. An answer
//! is yes or no; whatever keeps steward from asking changes no answer, it only lets it grow old.
//!
//! `schedule` says when, `agenda` which checks are due, `facts` what can be seen in a backup without asking. That there is no backup, or only an old one,
//! `observe` finds out; what that means is in `plan`. That a retired service is asked once a day is everybody's rule (`reconcile::backoff`).

mod agenda;
mod facts;
mod observe;
mod perform;
mod plan;
mod schedule;

pub use observe::{Asked, Observed, Outcome};
pub use perform::Never;

use crate::api::RestoreCheck;
use crate::api::envelope::Envelope;
use crate::api::restore_check::RestoreCheckStatus;
use crate::api::restore_check::status::CheckStatus;
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::census::Figures;
use crate::reconcile::claims::Claimant;
use crate::reconcile::kind::{Common, Given, Goal, Kind, Part, Plan, Receipt, Removal};
use crate::reconcile::record::Recorded;
use crate::reconcile::verdict::{Shape, Verdict};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Recorded for RestoreCheck {
    type Status = RestoreCheckStatus;

    fn status(&self) -> Option<&Self::Status> {
        self.status.as_ref()
    }

    fn with_status(&self, status: Self::Status) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

/// Whoever asks the same as another only asks once more.
impl Claimant for RestoreCheck {
    fn claims(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Kind for RestoreCheck {
    const SHAPE: Shape = Shape::Plain;

    type Observed = Observed;
    type Step = Never;

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
        let of = |check: &CheckStatus| Some((check.name.clone(), check.last_yes()?.get()));
        Figures { last_restorable: status.checks.iter().filter_map(of).collect(), ..Figures::default() }
    }

    fn removal(&self) -> Removal {
        Removal::LetGo
    }

    fn open_entries(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn unsupported(&self) -> Option<String> {
        None
    }

    fn own_conditions(&self, status: &mut Self::Status, verdict: &Verdict, now: Timestamp) {
        plan::declare(self, status, verdict, now);
    }

    fn ages_at(&self, after: Timestamp) -> Option<Timestamp> {
        plan::ages_at(self, after)
    }

    async fn observe(&self, given: &Given<Self>, cloud: &Session, now: Timestamp) -> Result<Observed, CloudError> {
        observe::observe(self, given, cloud, now).await
    }

    fn unread(seen: &Observed) -> Vec<(Part, CloudError)> {
        seen.unanswered.clone()
    }

    fn plan(&self, given: &Given<Self>, seen: &Observed, goal: Goal, now: Timestamp) -> Plan<Self> {
        plan::plan(self, given, seen, goal, now)
    }

    async fn perform(step: &Never, _: &Session) -> Result<Receipt, CloudError> {
        perform::perform(*step)
    }

    fn note(_: &mut Self::Status, step: &Never, _: Result<&Receipt, &CloudError>, _: Timestamp) {
        match *step {}
    }
}
