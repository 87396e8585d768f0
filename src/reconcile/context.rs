//! What passes need around them: what all controllers share, and what the passes of one kind share.

use super::access::Sessions;
use super::claims::Claims;
use super::kind::Kind;
use super::memory::Memory;
use super::report::Report;
use super::wake::Waker;
use crate::ambient::{Clock, Dice};
use crate::cloud::budget::Budget;
use crate::installation::Installation;
use crate::references::{Poll, Reader};
use jiff::SignedDuration;
use kube::Client;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What all controllers share.
#[derive(Clone)]
pub struct Shared {
    pub client: Client,
    pub sessions: Arc<dyn Sessions>,
    pub budget: Arc<Budget>,
    pub clock: Clock,
    pub dice: Dice,
    /// Turns at writing to the API server.
    pub writes: Arc<Semaphore>,
    pub report: Arc<Report>,
    /// The one reader of Secrets and ConfigMaps.
    pub references: Arc<Reader>,
    pub installation: Arc<Installation>,
    pub settings: Settings,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Never write to a cloud, whatever the objects say.
    pub observe_only: bool,
    /// How often what objects point at is read.
    pub reference_poll: Duration,
    pub default_sync_interval: Duration,
    /// How long a deletion without a usable credential waits, if the whole namespace is going.
    pub orphan_grace: SignedDuration,
    /// Namespaces to work in; none means all.
    pub namespaces: Vec<String>,
}

/// What the passes of one kind share.
pub struct Context<K: Kind> {
    pub client: Client,
    pub sessions: Arc<dyn Sessions>,
    pub memory: Arc<Memory>,
    pub claims: Arc<Claims<K>>,
    pub budget: Arc<Budget>,
    pub clock: Clock,
    pub dice: Dice,
    pub writes: Arc<Semaphore>,
    pub report: Arc<Report>,
    pub wake: Arc<Waker<K>>,
    pub references: Arc<Reader>,
    pub poll: Poll,
    pub installation: Arc<Installation>,
    pub settings: Settings,
}
