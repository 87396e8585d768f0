//! CSBS v1: whether a backup can be restored onto a server, whether a server can be backed up, and the list of backups. Nothing here makes,
//! restores or deletes a backup: that is done behind the client's back.

mod backups;
mod item;
mod protectable;
mod question;
mod restorable;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Envelope, Outcome, Refusal};
use super::operations::Route;
use super::stock::seed::{Blanks, Refusals};
use super::stock::{Csbs, Item, Server, Stock};
use super::{codes, gate};
use crate::request::Request;

/// The one provider that there is: of whole servers.
const PROVIDER: &str = "fc4d5750-22e7-4798-8a46-f48f62c4c1da";
/// Something of the request is not as documented.
const INVALID: &str = "CSBS.9001";
const RETIRED: &str = "BackupService.4008";

/// One call on its way into CSBS.
pub(crate) struct Ask<'a> {
    pub(crate) stock: &'a Stock,
    pub(crate) csbs: &'a Csbs,
    pub(crate) request: &'a Request,
    pub(crate) route: &'a Route,
    /// In which the caller works.
    pub(crate) project: &'a str,
}

impl<'a> Ask<'a> {
    fn variable(&self, name: &str) -> &'a str {
        self.route.variables.get(name).map_or("", String::as_str)
    }

    /// A server of the project.
    fn server(&self, id: &str) -> Option<&'a Server> {
        self.stock.servers.get(id).filter(|server| server.project == self.project)
    }

    /// A backup of the project.
    fn item(&self, id: &str) -> Option<&'a Item> {
        self.stock.items.get(id).filter(|item| item.project == self.project)
    }
}

pub(crate) fn act(ask: &Ask<'_>) -> Outcome {
    if ask.csbs.retired {
        return Err(refused(RETIRED, &[]));
    }
    match ask.route.operation {
        "ListCheckpointItems" => backups::list(ask),
        "CountCheckpointItems" => backups::count(ask),
        "ShowCheckpointItem" => backups::show(ask),
        "CheckRestorable" => restorable::check(ask),
        "CheckProtectable" => protectable::check(ask),
        _ => Err(gate::unknown_api()),
    }
}

/// An error with the status and in the words of its code.
fn refused(code: &'static str, values: &[&str]) -> Refusal {
    No::because(code, values).refusal()
}

/// A "no" to a question: its code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct No {
    code: Cow<'static, str>,
    message: String,
    status: u16,
}

impl No {
    fn because(code: &'static str, values: &[&str]) -> Self {
        let (status, message) = codes::csbs(code).unwrap_or((400, ""));
        Self { code: Cow::Borrowed(code), message: codes::fill(message, values), status }
    }

    fn refusal(self) -> Refusal {
        Refusal { status: self.status, code: self.code, message: self.message, envelope: Envelope::Service, encoded: None }
    }
}

/// What one question gets.
struct Entry<'a> {
    kind: &'a str,
    resource: &'a str,
    result: bool,
    /// Beside a "yes" it is informative.
    said: Option<No>,
}

impl Entry<'_> {
    fn write(self, blanks: Blanks) -> Value {
        let mut entry = json!({ "resource_type": self.kind, "resource_id": self.resource, "result": self.result });
        let (code, message) = match self.said {
            Some(no) => (no.code, no.message),
            None if blanks == Blanks::Omitted => return entry,
            None => (Cow::Borrowed(""), String::new()),
        };
        entry["error_code"] = json!(code);
        entry["error_msg"] = json!(message);
        entry
    }
}

/// The "no" of one question, where it does not spoil the whole call.
fn inside(no: Option<No>, form: Refusals) -> Result<Option<No>, Refusal> {
    match (no, form) {
        (Some(no), Refusals::Error) => Err(no.refusal()),
        (no, _) => Ok(no),
    }
}

/// Times as this service writes them: microseconds, and no zone.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}
