//! What a kind has to say so that the one loop can work for it: what it sees, what it would do, how it does it, what it remembers.

use super::census::Figures;
use super::claims::{Claimant, Peers};
use super::memory::Failure;
use super::record::Recorded;
use super::verdict::{Shape, Verdict};
use crate::api::envelope::Envelope;
use crate::cloud::error::{CloudError, Operation};
use crate::cloud::session::Session;
use crate::installation::Installation;
use crate::reason::Reason;
use crate::references::{Reference, References};
use jiff::Timestamp;
use kube::CustomResourceExt;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// One kind of object. `plan` and `note` are pure; `observe` only reads; `perform` makes one call and no choice.
pub trait Kind: Recorded + Claimant + CustomResourceExt {
    /// Which conditions the kind has.
    const SHAPE: Shape;
    /// Whether a step replaces what is in the cloud: then it is looked at once more where the permit for it was long in coming, so that it does not
    /// bring back what somebody has just taken out.
    const REPLACES: bool = false;

    /// What the cloud says, as plain values.
    type Observed: Send + Sync;
    /// One variant is one cloud call.
    type Step: Step;

    fn common(&self) -> Common<'_>;
    fn envelope(status: &Self::Status) -> &Envelope;
    fn envelope_mut(status: &mut Self::Status) -> &mut Envelope;

    /// What only this kind has to be counted.
    fn figures(_: &Self::Status) -> Figures {
        Figures::default()
    }

    /// What spec points at, in the object's own namespace. It is read before each pass over an object that is not being deleted
    /// (`Given::references`), and the object is woken when it changes.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    /// Whether deleting the object would need the cloud. Told from the object alone, before any I/O: a dead credential must not block `Retain`.
    fn removal(&self) -> Removal;

    /// Whether it has yet to be remembered with which inputs the object was first seen, also while it is suspended.
    fn remembers_inputs(&self) -> bool {
        false
    }

    /// The status that remembers it.
    fn first_sight(&self, _: &Given<Self>, _: Timestamp) -> Self::Status {
        self.status().cloned().unwrap_or_default()
    }

    /// Entries of status whose fate is not known, and which try each stands for: the process remembers since when it has seen each
    /// (`Given::seen_since`), and begins anew with another try, also of another process.
    fn open_entries(&self) -> BTreeMap<String, String>;

    /// The run of a call of which nobody knows whether it acted: whoever lets go of the object is told, so that it can be looked for.
    fn open_run(&self) -> Option<&str> {
        None
    }

    /// A part of status that only a newer release understands; nothing is done with such an object.
    fn unsupported(&self) -> Option<String>;

    fn observe(
        &self,
        given: &Given<Self>,
        cloud: &Session,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Observed, CloudError>> + Send;

    /// What could not be read although the rest could, by part: a part that is held in the plan waits until it may be tried again.
    fn unread(_: &Self::Observed) -> Vec<(Part, CloudError)> {
        Vec::new()
    }

    fn plan(&self, given: &Given<Self>, seen: &Self::Observed, goal: Goal, now: Timestamp) -> Plan<Self>;

    /// Adds the conditions that only this kind has, however a pass ended: what they say may have grown old.
    fn own_conditions(&self, _: &mut Self::Status, _: &Verdict, _: Timestamp) {}

    /// The first time after this at which something of what they say has grown too old, though nobody could look; what status calls too old already
    /// is not meant.
    fn ages_at(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn perform(step: &Self::Step, cloud: &Session) -> impl Future<Output = Result<Receipt, CloudError>> + Send;

    /// Puts down in status what came of a step.
    fn note(status: &mut Self::Status, step: &Self::Step, outcome: Result<&Receipt, &CloudError>, now: Timestamp);

    /// Takes back what was put down of a step that was not begun in the end, because the object had changed by then.
    fn take_back(_: &mut Self::Status, _: &Self::Step) {}
}

/// Whether a peer may be about this account and region. One that has not looked at the cloud yet may be anywhere: in the namespace of whoever asks
/// it counts, because working against it would be worse. One of another namespace may have no credential for this account at all, and must not
/// have a say.
pub fn may_be_at<K: Kind>(peer: &K, account: &str, region: &str, namespace: &str) -> bool {
    let envelope = peer.status().map(K::envelope);
    let its_account = envelope.and_then(|envelope| envelope.account_id.as_deref());
    let its_region = envelope.and_then(|envelope| envelope.region.as_deref()).or(peer.common().region);
    its_account.map_or_else(|| peer.meta().namespace.as_deref() == Some(namespace), |its| its == account)
        && its_region.is_none_or(|its| its == region)
}

/// The fields of spec that every kind has.
#[derive(Clone, Copy, Debug)]
pub struct Common<'a> {
    pub credential: &'a str,
    pub region: Option<&'a str>,
    pub suspend: bool,
    /// The object compares only: `managementPolicy: Observe`.
    pub observe: bool,
    pub sync_interval: Option<Duration>,
}

/// A call that is about to be made. `Display` is what people read; it holds no secret.
pub trait Step: Clone + Debug + Display + PartialEq + Send + Sync {
    fn operation(&self) -> Operation;
    /// The member or batch that the step is for: a failure stops its own part only.
    fn part(&self) -> Part;
    /// Claims of others that the call may affect: their objects are looked at again afterwards.
    fn touches(&self) -> Vec<String>;
    /// What the call is about, by the cloud's ids, as far as they are known before its answer.
    fn ids(&self) -> Vec<&str>;
    /// The run in the journal, of a call that may happen only once; where the cloud takes a token, it is this.
    fn run(&self) -> Option<&str> {
        None
    }
}

pub type Part = String;

/// What came before the cloud was asked.
#[derive(Clone)]
pub struct Given<K: Kind> {
    /// The other objects of this kind, found by claim.
    pub peers: Peers<K>,
    /// What the Secrets and ConfigMaps hold that `Kind::references` names.
    pub references: References,
    /// For what may be remembered of a secret value: its MAC.
    pub installation: Arc<Installation>,
    /// Steps that failed in this process and when each may be tried again.
    pub failures: BTreeMap<Part, Failure>,
    /// Since when this process has seen each entry of `Kind::open_entries`.
    pub seen_since: BTreeMap<String, Timestamp>,
    /// Parts whose step was carried out after the cloud was read: what was seen of them is out of date.
    pub just_done: BTreeSet<Part>,
    /// When this process last carried out a step of a part, within the sync interval.
    pub done: BTreeMap<Part, Timestamp>,
    /// Compare only, never write: by the object's policy or the operator's flag.
    pub observe_only: bool,
    /// How many steps there are permits for.
    pub at_most: usize,
    /// How often the cloud is compared with the object.
    pub sync_interval: Duration,
}

impl<K: Kind> Given<K> {
    /// Whether a step of this part may be tried now. A failure that lies ahead is of a clock that was set back since: nobody waits for that day.
    pub fn may_try(&self, part: &str, now: Timestamp) -> bool {
        self.failures.get(part).is_none_or(|failure| failure.retry_at <= now || now < failure.last)
    }
}

/// What should be written down now, what should be called now, and when to look again.
#[derive(Clone, Debug)]
pub struct Plan<K: Kind> {
    pub status: K::Status,
    pub verdict: Verdict,
    /// At most `Given::at_most`, in an order that does not change from one look to the next.
    pub steps: Vec<K::Step>,
    /// Parts whose step failed and waits for its time; failures of all other parts are history.
    pub held: Vec<Part>,
    pub next: Next,
    /// What is worth an event beside what the conditions say.
    pub remarks: Vec<Remark>,
}

/// Something that happened without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub reason: Reason,
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Keep,
    Remove,
}

/// The finalizer exists only while `Undo`, or while there is an open run to tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    LetGo,
    Undo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At the next sync that is due.
    Sync,
    At(Timestamp),
    /// Nothing is left to undo: the finalizer may go.
    Gone,
}

/// What a successful call said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub request_id: Option<String>,
    pub external_id: String,
    /// Whether the cloud is different now; false if it already was as wanted.
    pub changed: bool,
    pub outcome: &'static str,
}
