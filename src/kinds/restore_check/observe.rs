//! Asks what is due: finds the backup, and puts the question to the service. What keeps it from answering one check keeps no other from being
//! asked, unless it would keep them all.

use super::{agenda, facts};
use crate::api::RestoreCheck;
use crate::api::restore_check::{Check, Latest};
use crate::cloud::error::{Class, CloudError, Explanation};
use crate::cloud::huawei::csbs::requests::{Question, Target};
use crate::cloud::huawei::csbs::{Answer, CHECK_RESTORABLE, CheckpointItem, Csbs, Item};
use crate::cloud::session::Session;
use crate::reconcile::kind::{Given, Part};
use jiff::{SignedDuration, Timestamp};

/// After so many failures of the way there in a row, the others are not tried in this pass.
const ABSENCES: usize = 2;

/// There is no such backup.
const GONE: &str = "CSBS.3001";

/// Nobody was asked, so this is no "no".
const UNMAPPABLE: Explanation = Explanation::of(
    Class::Invalid,
    "the backup does not say which disks it was made from, so there is nothing to ask about",
    "write target.volumes in the place of volumeMapping, with one entry for each disk backup",
);

/// What came of the questions that were due.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub asked: Vec<Asked>,
    /// The checks that could not be asked, by name, and why.
    pub unanswered: Vec<(Part, CloudError)>,
}

/// One check that has an answer.
#[derive(Clone, Debug)]
pub struct Asked {
    pub name: String,
    /// The backup in question, as far as it was looked at.
    pub item: Option<CheckpointItem>,
    pub outcome: Outcome,
}

/// What a check came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The server has no backup that could be used.
    NoBackup,
    /// The newest one is older than it may be.
    TooOld,
    /// There is no such backup any more; what the service would say of it.
    Gone(CloudError),
    Answered(Answer),
}

/// Fails if nothing at all could be asked and waiting may cure it: then nothing is worth writing down yet.
pub(super) async fn observe(
    object: &RestoreCheck,
    given: &Given<RestoreCheck>,
    cloud: &Session,
    now: Timestamp,
) -> Result<Observed, CloudError> {
    let csbs = cloud.csbs(object.spec.project_id.as_deref())?;
    let mut seen = Observed::default();
    if super::schedule::Schedule::of(&object.spec).is_err() {
        return Ok(seen);
    }
    let mut absences = 0;
    let mut for_all: Option<CloudError> = None;
    for check in agenda::due(object, given, now) {
        if let Some(error) = &for_all {
            seen.unanswered.push((check.name.clone(), error.clone()));
            continue;
        }
        match ask(object, check, &csbs, now).await {
            Ok((item, outcome)) => {
                absences = 0;
                seen.asked.push(Asked { name: check.name.clone(), item, outcome });
            }
            // The credential is closed by now, for all its objects.
            Err(error) if error.class == Class::Unauthenticated => return Err(error),
            Err(error) => {
                absences = if error.class == Class::Unavailable { absences + 1 } else { 0 };
                if matches!(error.class, Class::Throttled | Class::Retired) || absences >= ABSENCES {
                    for_all = Some(error.clone());
                }
                seen.unanswered.push((check.name.clone(), error));
            }
        }
    }
    let passes = |error: &CloudError| matches!(error.class, Class::Throttled | Class::Unavailable | Class::Busy);
    // Of some alone it must not be hidden what is known of the others.
    let all = seen.unanswered.len() == object.spec.checks.len();
    match seen.unanswered.first() {
        Some((_, first)) if all && seen.unanswered.iter().all(|(_, error)| passes(error)) => Err(first.clone()),
        _ => Ok(seen),
    }
}

type Found = (Option<CheckpointItem>, Outcome);

async fn ask(object: &RestoreCheck, check: &Check, csbs: &Csbs, now: Timestamp) -> Result<Found, CloudError> {
    let first = ask_once(object, check, csbs, now).await?;
    // Retention has deleted the latest backup since it was listed: then another one is the latest by now.
    let is_gone = matches!(&first.1, Outcome::Answered(answer) if answer.code.as_deref() == Some(GONE));
    if is_gone && check.backup.latest.is_some() { ask_once(object, check, csbs, now).await } else { Ok(first) }
}

async fn ask_once(object: &RestoreCheck, check: &Check, csbs: &Csbs, now: Timestamp) -> Result<Found, CloudError> {
    let (id, item) = match (check.backup.checkpoint_item_id.as_deref().map(facts::id), &check.backup.latest) {
        (Some(id), _) => match csbs.checkpoint_item(&id).await {
            Ok(Item::Found(item)) => (id, Some(*item)),
            Ok(Item::Gone(error)) => return Ok((None, Outcome::Gone(error))),
            // With a mapping of its own the question can be asked without having seen the backup.
            Err(error) if error.class == Class::Denied && check.target.volume_mapping.is_none() => (id, None),
            Err(error) => return Err(error),
        },
        (None, latest) => {
            let Some(latest) = latest else { return Ok((None, Outcome::NoBackup)) };
            match csbs.available_items(&facts::id(&latest.resource_id)).await?.into_iter().next() {
                None => return Ok((None, Outcome::NoBackup)),
                Some(item) if is_too_old(latest, &item, now) => return Ok((Some(item), Outcome::TooOld)),
                Some(item) => (item.id.clone(), Some(item)),
            }
        }
    };
    let volumes = facts::mapping(&check.target, item.as_ref()).ok_or_else(|| CloudError::explained(CHECK_RESTORABLE, &UNMAPPABLE))?;
    let target = Target { resource_type: check.target.resource_type.clone(), resource_id: facts::id(&check.target.resource_id), volumes };
    let question = Question { checkpoint_item_id: id, target };
    let answer = csbs.check_restorable(&facts::id(&object.spec.provider_id), &question).await?;
    Ok((item, Outcome::Answered(answer)))
}

/// One that does not say when it was made may be of any age.
fn is_too_old(latest: &Latest, item: &CheckpointItem, now: Timestamp) -> bool {
    let Some(most) = latest.max_age.and_then(|age| SignedDuration::try_from(age.get()).ok()) else { return false };
    item.created_at.is_none_or(|made| now.duration_since(made) > most)
}
