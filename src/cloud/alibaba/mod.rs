//! Alibaba Cloud: one credential's way to its services. Signing, flattening, endpoints and the error catalogue are rooms of their
//! own; `client` puts them together for one call. Where keys come from, and what an answer means for an object, is left to others.

mod dialect;
pub mod ecs;
pub mod endpoints;
pub mod errors;
pub mod ess;
pub mod flatten;
mod reads;
pub mod request;
#[cfg(test)]
mod scripted;
pub mod sign;
pub mod sts;

use super::budget::Lane;
use super::client::{Client, Lifetime, Ring, Surroundings};
use super::error::{CloudError, Operation};
use dialect::Rpcs;
pub use dialect::judge;
use ecs::Ecs;
pub use endpoints::EndpointNetwork;
use ess::Ess;
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use sts::{AssumeRoleRequest, CallerIdentity, Role};
use url::Url;

/// Every operation that this crate speaks.
pub const OPERATIONS: [Operation; 18] = [
    sts::GET_CALLER_IDENTITY,
    sts::ASSUME_ROLE,
    sts::ASSUME_ROLE_WITH_OIDC,
    ecs::DESCRIBE_INSTANCES,
    ecs::DESCRIBE_NETWORK_INTERFACES,
    ecs::DESCRIBE_SECURITY_GROUPS,
    ecs::JOIN_SECURITY_GROUP,
    ecs::LEAVE_SECURITY_GROUP,
    ecs::commands::RUN_COMMAND,
    ecs::commands::STOP_INVOCATION,
    ecs::commands::DESCRIBE_INVOCATIONS,
    ecs::commands::DESCRIBE_INVOCATION_RESULTS,
    ecs::commands::DESCRIBE_CLOUD_ASSISTANT_STATUS,
    ess::DESCRIBE_ECI_SCALING_CONFIGURATIONS,
    ess::DESCRIBE_SCALING_GROUPS,
    ess::MODIFY_ECI_SCALING_CONFIGURATION,
    ess::CREATE_ECI_SCALING_CONFIGURATION,
    ess::DELETE_ECI_SCALING_CONFIGURATION,
];

/// What a request is signed with. The secrets cannot be formatted.
#[derive(Clone, Debug)]
pub struct Keys {
    pub access_key_id: String,
    pub access_key_secret: SecretString,
    /// With temporary keys only.
    pub security_token: Option<SecretString>,
}

/// Whoever can get a token that says who this process is, for an identity provider that the cloud trusts.
pub trait TokenSource: Send + Sync {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, CloudError>>;
}

/// How a credential proves who it is.
pub enum Auth {
    Keys(Keys),
    /// The role, by keys that may assume it.
    AssumeRole {
        keys: Keys,
        role: AssumedRole,
        external_id: Option<String>,
    },
    /// The role, by a token of an identity provider that it trusts.
    Oidc {
        role: AssumedRole,
        oidc_provider_arn: String,
        token: Arc<dyn TokenSource>,
    },
}

/// A role, and how it is worn.
#[derive(Clone, Debug)]
pub struct AssumedRole {
    pub arn: String,
    /// Who it is, in the vendor's audit log.
    pub session_name: String,
    pub duration: Option<Duration>,
}

/// What a credential's client is made of.
pub struct AlibabaOptions {
    pub auth: Auth,
    /// Where STS is asked; the kinds name their own regions.
    pub region: String,
    pub network: EndpointNetwork,
    /// By service (`ecs`, `sts`); what is not named is reached where the vendor has it.
    pub endpoints: BTreeMap<String, Url>,
    pub around: Surroundings,
}

/// One credential at Alibaba Cloud. New keys are a new one of these.
pub struct Alibaba {
    client: Arc<Client<Rpcs>>,
    region: String,
    ecs: Shared<ecs::Readers>,
    ess: Shared<ess::Readers>,
}

/// By account and region: all sessions of a credential share their batches.
type Shared<R> = Mutex<HashMap<(String, String), Arc<R>>>;

impl Alibaba {
    pub fn new(options: AlibabaOptions) -> Arc<Self> {
        let AlibabaOptions { auth, region, network, endpoints, around } = options;
        let client = |ring| Client::new(Rpcs { network, endpoints: endpoints.clone() }, ring, around.clone());
        let of_role = |keys, role: AssumedRole, external_id, oidc_provider_arn, token| {
            let request = AssumeRoleRequest {
                role_arn: role.arn,
                role_session_name: role.session_name,
                duration_seconds: role.duration.map(|duration| duration.as_secs()),
                external_id,
                oidc_provider_arn,
            };
            let role = Role { client: client(Ring::given(keys)), region: region.clone(), request, token };
            Ring::fetched(Box::new(role), around.clock.clone(), around.dice.clone())
        };
        let ring = match auth {
            Auth::Keys(keys) => Ring::given(Some(keys)),
            Auth::AssumeRole { keys, role, external_id } => of_role(Some(keys), role, external_id, None, None),
            Auth::Oidc { role, oidc_provider_arn, token } => of_role(None, role, None, Some(oidc_provider_arn), Some(token)),
        };
        Arc::new(Self { client: Arc::new(client(ring)), region, ecs: Mutex::default(), ess: Mutex::default() })
    }

    /// Whose keys these are. Any valid key may ask, and the account must be known before anything is changed in it.
    pub async fn get_caller_identity(&self) -> Result<CallerIdentity, CloudError> {
        sts::get_caller_identity(&self.client, &self.region).await
    }

    /// Renews keys that will run out, if it is time.
    pub async fn keep_fresh(&self) -> Result<(), CloudError> {
        self.client.keep_fresh().await
    }

    /// When the present keys are renewed, and until when they are good, if they run out at all.
    pub fn lifetime(&self) -> Option<Lifetime> {
        self.client.lifetime()
    }

    pub(super) fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        self.client.denied(region, operation)
    }

    pub(super) fn tenant(&self) -> &str {
        self.client.tenant()
    }

    pub(super) fn ecs(&self, account: &str, region: &str, lane: Lane) -> Ecs {
        let readers = shared(&self.ecs, account, region, || ecs::Readers::new(&self.client, account, region));
        Ecs::new(Arc::clone(&self.client), readers, account, region, lane)
    }

    pub(super) fn ess(&self, account: &str, region: &str, lane: Lane) -> Ess {
        let readers = shared(&self.ess, account, region, || ess::Readers::new(&self.client, account, region));
        Ess::new(Arc::clone(&self.client), readers, account, region, lane)
    }
}

fn shared<R>(readers: &Shared<R>, account: &str, region: &str, new: impl FnOnce() -> R) -> Arc<R> {
    let mut readers = readers.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(readers.entry((account.to_owned(), region.to_owned())).or_insert_with(|| Arc::new(new())))
}
