//! The Cloud Server Backup Service, as far as steward asks it: which backups a server has, and whether one of them can be put back onto a
//! server. Nothing is changed there, so every call may be repeated. When to ask, and what an answer means for an object, is left to others.
//! <https://docs.otc.t-systems.com/cloud-server-backup-service/api-ref/>

mod absence;
pub mod answers;
pub mod requests;

use super::dialect::{Rest, Rests};
use super::errors;
use super::request::Scope;
use crate::cloud::budget::Lane;
use crate::cloud::client::{Accepted, Call, Client, garbled, unreadable};
use crate::cloud::error::{Class, CloudError, Effect, Explanation, Operation};
pub(super) use absence::Absence;
use answers::Said;
pub use answers::{Answer, CheckpointItem, DiskBackup, Item};
use requests::{ItemFilter, Request};
pub use requests::{Mapping, Question};
use std::sync::Arc;

pub const CHECK_RESTORABLE: Operation = Operation { service: "csbs", name: "CheckRestorable", effect: Effect::Read };
pub const LIST_CHECKPOINT_ITEMS: Operation = Operation { service: "csbs", name: "ListCheckpointItems", effect: Effect::Read };
pub const SHOW_CHECKPOINT_ITEM: Operation = Operation { service: "csbs", name: "ShowCheckpointItem", effect: Effect::Read };

/// What identifies this service among the providers of backups.
pub const PROVIDER_ID: &str = "fc4d5750-22e7-4798-8a46-f48f62c4c1da";

/// How many items a page has at the most; the service's own choice is 1000, and each item is long.
const PAGE: usize = 200;
/// Pages of one listing before it is given up: an answer that never ends is not an answer.
const PAGES_AT_MOST: usize = 50;

const ENDLESS: Explanation = Explanation::of(
    Class::Unavailable,
    "the service's list of backups begins anew where it should go on",
    "nothing to do: the list is read again from its start; if it stays, name the backup in checkpointItemId",
);
const UNSPECIFIED: Explanation = Explanation {
    ok: true,
    reason: crate::reason::Reason::NotRestorable,
    ..Explanation::of(
        Class::Unexpected,
        "the service says that the backup cannot be restored there, and not why",
        "try the restore dialog of the CSBS console with the same backup and server: it may say more",
    )
};

/// The service in one project.
pub struct Csbs {
    pub(super) client: Arc<Client<Rests>>,
    pub(super) account: String,
    pub(super) project: String,
    pub(super) region: String,
    pub(super) lane: Lane,
    pub(super) absence: Arc<Absence>,
}

impl Csbs {
    /// The project whose backups and servers it is about.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Whether a backup can be put back. A "no" is an answer, whichever way it comes: in an answer that is a success, or as an error of any
    /// status. Of what is no answer to the question, the error says why.
    pub async fn check_restorable(&self, provider: &str, question: &Question) -> Result<Answer, CloudError> {
        let request = requests::check_restorable(&self.project, provider, question);
        let accepted = match self.exchange(request).await {
            Ok(accepted) => accepted,
            Err(error) if error.ok => return Ok(Answer::refused(error)),
            Err(error) => return Err(error),
        };
        let Said { result, code, resource_id, resource_type } =
            answers::said(&accepted.body).map_err(|error| unreadable(CHECK_RESTORABLE, accepted.answer.status, error))?;
        let request_id = errors::envelope::request_id(&accepted.answer);
        let status = accepted.answer.status;
        if result {
            return Ok(Answer { restorable: true, code, error: None, resource_id, resource_type, request_id });
        }
        let explained = match code.as_deref() {
            None => UNSPECIFIED,
            Some(code) => errors::explain(CHECK_RESTORABLE, status, Some(code)),
        };
        // The service was asked and said no. What it says of itself, and not of the backup, is no answer, even here.
        let explained = if explained.known { explained } else { Explanation { known: code.is_none(), ..UNSPECIFIED } };
        let error = CloudError {
            code,
            http_status: Some(status),
            request_id: request_id.clone(),
            ..CloudError::explained(CHECK_RESTORABLE, &explained)
        };
        if !error.ok {
            return Err(error);
        }
        Ok(Answer { resource_id, resource_type, ..Answer::refused(error) })
    }

    /// The backups of one server that can be used, the newest first.
    pub async fn available_items(&self, resource_id: &str) -> Result<Vec<CheckpointItem>, CloudError> {
        let mut items: Vec<CheckpointItem> = Vec::new();
        let mut marker: Option<String> = None;
        for _ in 0..PAGES_AT_MOST {
            let filter = ItemFilter { resource_id, limit: PAGE, marker: marker.as_deref() };
            let Accepted { body, answer } = self.exchange(requests::list_checkpoint_items(&self.project, &filter)).await?;
            let page = answers::items(&body).map_err(|error| unreadable(LIST_CHECKPOINT_ITEMS, answer.status, error))?;
            let last = page.last().map(|item| item.id.clone());
            let is_full = page.len() >= PAGE;
            // Rows that are there already mean that the marker was not heeded, or that the list has moved on by some.
            let known = items.len();
            for item in page {
                if !items.iter().any(|other| other.id == item.id) {
                    items.push(item);
                }
            }
            if !is_full {
                // Filters that are not heeded must not bring another server's backup.
                items.retain(|item| item.resource_id == resource_id && item.is_available());
                items.sort_by_key(|item| std::cmp::Reverse(item.created_at));
                return Ok(items);
            }
            if items.len() == known {
                break;
            }
            marker = last;
        }
        Err(CloudError::explained(LIST_CHECKPOINT_ITEMS, &ENDLESS))
    }

    /// One backup; none if the project has no such one.
    pub async fn checkpoint_item(&self, id: &str) -> Result<Item, CloudError> {
        match self.exchange(requests::show_checkpoint_item(&self.project, id)).await {
            Ok(Accepted { body, answer }) => {
                answers::item(&body).map(|item| Item::Found(Box::new(item))).map_err(|_| garbled(SHOW_CHECKPOINT_ITEM, answer.status))
            }
            // The same code answers the question about restoring, and is a "no" there.
            Err(error) if error.has_code(&["CSBS.3001"]) => {
                let explained = errors::explain(CHECK_RESTORABLE, 404, Some("CSBS.3001"));
                let gone = CloudError {
                    code: error.code,
                    http_status: error.http_status,
                    request_id: error.request_id,
                    ..CloudError::explained(SHOW_CHECKPOINT_ITEM, &explained)
                };
                Ok(Item::Gone(gone))
            }
            Err(error) => Err(error),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Accepted, CloudError> {
        let Request { operation, method, path, query, body } = request;
        let call = Call { operation, account: Some(&self.account), region: &self.region, lane: self.lane, ids: None, begin_by: None };
        let rest = Rest { method, path, query, body: body.map(Into::into), scope: Scope::Project(self.project.clone()) };
        self.absence.judge(&self.region, self.client.exchange(&call, &rest).await)
    }
}

#[cfg(test)]
mod tests;
