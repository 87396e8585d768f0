//! From keys to a client whose account is known: nothing is changed at a cloud before that.

use super::registry::{Key, Open, RefusedAt, Registry};
use super::secrets::AccessKeyPair;
use crate::ambient::{Clock, Dice};
use crate::api::cloud_credential::{CloudCredentialSpec, EndpointNetwork, Identity};
use crate::cloud::alibaba::{self, Alibaba, AlibabaOptions, CallObserver, FinishedCall, Keys};
use crate::cloud::budget::Budget;
use crate::cloud::error::{Class, CloudError};
use crate::cloud::transport::Transport;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use url::Url;

/// Where identity is asked for, if neither the credential nor anybody else names a region.
const ANY_REGION: &str = "cn-hangzhou";

/// What every client is made of.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) transport: Arc<Transport>,
    pub(super) budget: Arc<Budget>,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) observer: Arc<dyn CallObserver>,
}

/// Counts calls, and closes the credential when its keys are refused.
struct Watchman {
    inner: Arc<dyn CallObserver>,
    registry: Weak<Registry>,
    key: Key,
    fingerprint: [u8; 32],
}

impl CallObserver for Watchman {
    fn finished(&self, call: &FinishedCall) {
        self.inner.finished(call);
        // The identity call is the controller's own: it hears of the refusal first-hand.
        if call.class == Some(Class::Unauthenticated)
            && call.operation != alibaba::sts::GET_CALLER_IDENTITY
            && let Some(registry) = self.registry.upgrade()
        {
            let explained = alibaba::errors::explain(call.operation, 403, &call.code);
            let message = format!("{} [{}]. {}", explained.meaning, call.code, explained.hint);
            let at = RefusedAt { operation: call.operation, code: call.code.clone() };
            registry.reject(&self.key, self.fingerprint, at, message);
        }
    }
}

impl Clients {
    /// Asks the cloud whose keys these are.
    pub(super) async fn identify(
        &self,
        registry: &Arc<Registry>,
        key: &Key,
        spec: &CloudCredentialSpec,
        endpoints: BTreeMap<String, Url>,
        keys: AccessKeyPair,
        fingerprint: [u8; 32],
    ) -> Result<(Open, Identity), CloudError> {
        let alibaba = Alibaba::new(AlibabaOptions {
            keys: Keys {
                access_key_id: keys.access_key_id,
                access_key_secret: keys.access_key_secret,
                security_token: keys.security_token,
            },
            tenant: format!("{}/{}", key.0, key.1),
            transport: Arc::clone(&self.transport),
            budget: Arc::clone(&self.budget),
            clock: self.clock.clone(),
            dice: self.dice.clone(),
            network: match spec.endpoint_network {
                EndpointNetwork::Public => alibaba::EndpointNetwork::Public,
                EndpointNetwork::Vpc => alibaba::EndpointNetwork::Vpc,
            },
            endpoints,
            observer: Arc::new(Watchman {
                inner: Arc::clone(&self.observer),
                registry: Arc::downgrade(registry),
                key: key.clone(),
                fingerprint,
            }),
        });
        let caller = alibaba.get_caller_identity(spec.region.as_deref().unwrap_or(ANY_REGION)).await?;
        let identity = Identity { arn: caller.arn, kind: caller.identity_type };
        Ok((Open { fingerprint, alibaba, account: caller.account_id, region: spec.region.clone() }, identity))
    }
}
