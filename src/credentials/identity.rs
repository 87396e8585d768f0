//! From a proof to a client whose account is known: nothing is changed at a cloud before that.

use super::proof::{AlibabaProof, Proof};
use super::registry::{Key, Open, Registry};
use super::tokens::ServiceAccountTokens;
use crate::ambient::{Clock, Dice};
use crate::api::CloudCredential;
use crate::api::cloud_credential::{EndpointNetwork, Identity, Project, Provider};
use crate::api::envelope::Interval;
use crate::cloud::alibaba::{self, Alibaba, AlibabaOptions, AssumedRole, Auth};
use crate::cloud::budget::Budget;
use crate::cloud::client::{CallObserver, FinishedCall, Surroundings};
use crate::cloud::error::CloudError;
use crate::cloud::huawei::{self, Huawei, HuaweiOptions, ProjectRef};
use crate::cloud::session::Cloud;
use crate::cloud::transport::Transport;
use kube::Client;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use tokio::sync::OnceCell;
use url::Url;

/// Where identity is asked for, if neither the credential nor anybody else names a region.
const ANY_REGION: &str = "cn-hangzhou";

/// What every client is made of.
#[derive(Clone)]
pub(super) struct Clients {
    pub(super) kubernetes: Client,
    pub(super) us: Arc<OnceCell<String>>,
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
    }

    fn refused(&self, error: &CloudError) {
        if let Some(registry) = self.registry.upgrade() {
            registry.reject(&self.key, self.fingerprint, error);
        }
    }
}

impl Clients {
    /// Asks the cloud whose keys these are.
    pub(super) async fn identify(
        &self,
        registry: &Arc<Registry>,
        key: &Key,
        object: &CloudCredential,
        endpoints: BTreeMap<String, Url>,
        proof: Proof,
    ) -> Result<(Open, Identity), CloudError> {
        let fingerprint = proof.fingerprint(object);
        let spec = &object.spec;
        let around = Surroundings {
            tenant: format!("{}/{}", key.0, key.1),
            transport: Arc::clone(&self.transport),
            budget: Arc::clone(&self.budget),
            clock: self.clock.clone(),
            dice: self.dice.clone(),
            observer: Arc::new(Watchman {
                inner: Arc::clone(&self.observer),
                registry: Arc::downgrade(registry),
                key: key.clone(),
                fingerprint,
            }),
        };
        let (cloud, account, identity, project) = match proof {
            Proof::Alibaba(proof) => {
                let alibaba = Alibaba::new(AlibabaOptions {
                    auth: self.alibaba_auth(key, proof),
                    region: spec.region.clone().unwrap_or_else(|| ANY_REGION.to_owned()),
                    network: match spec.endpoint_network {
                        EndpointNetwork::Public => alibaba::EndpointNetwork::Public,
                        EndpointNetwork::Vpc => alibaba::EndpointNetwork::Vpc,
                    },
                    endpoints,
                    around,
                });
                let caller = alibaba.get_caller_identity().await?;
                let identity = Identity { arn: caller.arn, name: None, kind: caller.identity_type };
                (Cloud::Alibaba(alibaba), caller.account_id, identity, None)
            }
            Proof::Huawei(auth) => {
                // The schema demands a region; without one there is no host, and that is what will be said.
                let region = spec.region.clone().unwrap_or_default();
                let huawei = Huawei::new(HuaweiOptions {
                    provider: match spec.provider {
                        Provider::OpenTelekomCloud => huawei::Provider::OpenTelekomCloud,
                        Provider::HuaweiCloud | Provider::AlibabaCloud => huawei::Provider::HuaweiCloud,
                    },
                    auth,
                    project: project(spec.project.as_ref(), &region),
                    region,
                    endpoints,
                    around,
                });
                let caller = huawei.identify().await?;
                let identity = Identity { arn: None, name: caller.name, kind: Some(caller.kind.to_owned()) };
                (Cloud::Huawei(huawei), caller.account_id, identity, Some(caller.project_id))
            }
        };
        Ok((Open { fingerprint, cloud, account, region: spec.region.clone(), project }, identity))
    }

    fn alibaba_auth(&self, key: &Key, proof: AlibabaProof) -> Auth {
        let role = |arn: &str, duration: Option<Interval>| AssumedRole {
            arn: arn.to_owned(),
            session_name: session_name(key),
            duration: duration.map(Interval::get),
        };
        match proof {
            AlibabaProof::Keys(keys) => Auth::Keys(keys),
            AlibabaProof::Role(keys, assume) => {
                Auth::AssumeRole { keys, role: role(&assume.role_arn, assume.session_duration), external_id: assume.external_id }
            }
            AlibabaProof::Token(oidc) => Auth::Oidc {
                role: role(&oidc.role_arn, oidc.session_duration),
                oidc_provider_arn: oidc.oidc_provider_arn,
                token: Arc::new(ServiceAccountTokens {
                    client: self.kubernetes.clone(),
                    us: Arc::clone(&self.us),
                    namespace: key.0.clone(),
                    service_account: oidc.service_account_name,
                    audience: oidc.audience,
                }),
            },
        }
    }
}

/// A region's own project has its name.
fn project(given: Option<&Project>, region: &str) -> ProjectRef {
    match given {
        Some(Project { id: Some(id), .. }) => ProjectRef::Id(id.clone()),
        Some(Project { name: Some(name), .. }) => ProjectRef::Name(name.clone()),
        Some(Project { id: None, name: None }) | None => ProjectRef::Name(region.to_owned()),
    }
}

/// Whoever reads the vendor's audit log finds the object. The vendor admits 2 to 64 letters, digits and `.@-_`.
fn session_name((namespace, name): &Key) -> String {
    let mut session = format!("steward@{namespace}.{name}");
    session.truncate(64);
    session
}
