//! Alibaba Cloud: one credential's way to its services. Signing, flattening, endpoints and the error catalogue are rooms of their
//! own; `client` puts them together for one call. Where keys come from, and what an answer means for an object, is left to others.

mod client;
pub mod ecs;
pub mod endpoints;
pub mod errors;
pub mod flatten;
pub mod redact;
pub mod request;
pub mod sign;
pub mod sts;

use super::budget::{Budget, Lane};
use super::error::{Class, CloudError, Operation};
use super::transport::Transport;
use crate::ambient::{Clock, Dice};
use client::Client;
use ecs::{Ecs, Readers};
pub use endpoints::{EndpointError, EndpointNetwork, check_endpoint};
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sts::CallerIdentity;
use url::Url;

/// Every operation that this crate speaks.
pub const OPERATIONS: [Operation; 6] = [
    sts::GET_CALLER_IDENTITY,
    ecs::DESCRIBE_INSTANCES,
    ecs::DESCRIBE_NETWORK_INTERFACES,
    ecs::DESCRIBE_SECURITY_GROUPS,
    ecs::JOIN_SECURITY_GROUP,
    ecs::LEAVE_SECURITY_GROUP,
];

/// What a request is signed with. The secrets cannot be formatted.
#[derive(Clone, Debug)]
pub struct Keys {
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    /// With temporary keys only.
    pub security_token: Option<SecretString>,
}

/// One request on the wire and how it ended, for metrics. Nothing in it is secret.
#[derive(Clone, Debug)]
pub struct FinishedCall {
    pub operation: Operation,
    /// The vendor's code, `OK`, or the stage at which the socket gave up.
    pub code: String,
    /// Absent when the call did what it was asked to.
    pub class: Option<Class>,
    /// False if the code is in no catalogue.
    pub known: bool,
    pub latency: Duration,
    /// Absent while the account is not known yet.
    pub account: Option<String>,
    pub tenant: String,
    /// How many ids a read carried.
    pub batch_size: Option<usize>,
    /// 1 for the first try of a call.
    pub attempt: u32,
}

/// Is told of every request that ended.
pub trait CallObserver: Send + Sync {
    fn finished(&self, call: &FinishedCall);
}

/// For whoever does not count.
pub struct NoObserver;

impl CallObserver for NoObserver {
    fn finished(&self, _: &FinishedCall) {}
}

/// What a credential's client is made of.
pub struct AlibabaOptions {
    pub keys: Keys,
    /// Who takes turns in the budget: one name per credential.
    pub tenant: String,
    pub transport: Arc<Transport>,
    pub budget: Arc<Budget>,
    pub clock: Clock,
    pub dice: Dice,
    pub network: EndpointNetwork,
    /// By service (`ecs`, `sts`); what is not named is reached where the vendor has it.
    pub endpoints: BTreeMap<String, Url>,
    pub observer: Arc<dyn CallObserver>,
}

/// One credential at Alibaba Cloud. New keys are a new one of these.
pub struct Alibaba {
    client: Arc<Client>,
    /// By account and region: all sessions of this credential share their batches.
    readers: Mutex<HashMap<(String, String), Arc<Readers>>>,
}

impl Alibaba {
    pub fn new(options: AlibabaOptions) -> Arc<Self> {
        Arc::new(Self { client: Arc::new(Client::new(options)), readers: Mutex::default() })
    }

    /// Whose keys these are. Any valid key may ask, and the account must be known before anything is changed in it.
    pub async fn get_caller_identity(&self, region: &str) -> Result<CallerIdentity, CloudError> {
        sts::get_caller_identity(&self.client, region).await
    }

    pub(super) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.client.denied(region, operation)
    }

    pub(super) fn tenant(&self) -> &str {
        self.client.tenant()
    }

    pub(super) fn ecs(&self, account: &str, region: &str, lane: Lane) -> Ecs {
        let key = (account.to_owned(), region.to_owned());
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = readers.entry(key).or_insert_with(|| Arc::new(Readers::new(&self.client, account, region)));
        Ecs::new(Arc::clone(&self.client), Arc::clone(shared), account, region, lane)
    }
}
