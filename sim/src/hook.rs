//! What a test sees of a call while it happens, and what it may decide: the crash points of the stories.

use std::collections::BTreeMap;
use std::sync::Arc;

/// One call as it arrived, before anything was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// Counts from 1 since the simulator started; the same number as in the log.
    pub number: u64,
    /// `alibaba` or `huawei`.
    pub vendor: String,
    pub service: String,
    pub operation: String,
    /// The account of the key, if the key is known; at Huawei the id of the domain, also that of a token.
    pub account: Option<String>,
    pub access_key_id: Option<String>,
    /// At Huawei: the name of the user or agency.
    pub user: Option<String>,
    pub region: Option<String>,
    /// At Huawei: the id of the project.
    pub project: Option<String>,
    pub parameters: BTreeMap<String, String>,
}

/// Where in a call we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request is here and nothing has happened.
    Before,
    /// The operation was carried out or refused; the answer is not on its way yet.
    After,
}

/// What becomes of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Nobody will ever answer: the client is about to be killed.
    Hang,
}

/// Runs on the simulator's own thread, with no lock held: it may use the [`Simulator`](crate::Simulator), and should be quick.
pub type Hook = Arc<dyn Fn(&CallInfo, Moment) -> Verdict + Send + Sync>;
