//! A session without a controller: for a command line, which looks once and ends.

use super::context::{Context, Remembered};
use super::controller::CredentialController;
use super::endpoints::AllowedEndpoints;
use super::look::look;
use super::registry::Registry;
use crate::ambient::{Clock, Dice};
use crate::api::CloudCredential;
use crate::cloud::budget::{Budget, Lane, Limits};
use crate::cloud::client::{CallObserver, FinishedCall};
use crate::cloud::session::Session;
use crate::cloud::transport::Transport;
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::reconcile::access::{Ask, Refusal, Sessions};
use crate::reconcile::context::{Settings, Shared};
use crate::reconcile::report::Report;
use crate::references::Reader;
use jiff::SignedDuration;
use kube::{Client, ResourceExt as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What a command line has.
pub struct Bare {
    pub client: Client,
    pub transport: Arc<Transport>,
    pub clock: Clock,
    pub dice: Dice,
    pub allowed_endpoints: AllowedEndpoints,
}

struct Silent;

impl CallObserver for Silent {
    fn finished(&self, _: &FinishedCall) {}
}

impl Bare {
    /// Reads what the credential points at, asks the cloud whose it is, and opens a session in this region and account.
    pub async fn session(
        self,
        credential: &CloudCredential,
        region: Option<&str>,
        account: Option<&str>,
    ) -> Result<(Session, Arc<Reader>), String> {
        let Self { client, transport, clock, dice, allowed_endpoints } = self;
        let (registry, nudged) = Registry::new();
        // Nobody writes its events: it only looks.
        let (report, _) = Report::new(client.clone(), Arc::new(Metrics::new(Vec::new())), clock.clone(), dice.clone(), String::new());
        let references = Arc::new(Reader::new(client.clone(), Duration::ZERO));
        let shared = Shared {
            client,
            sessions: Arc::clone(&registry) as Arc<dyn Sessions>,
            budget: Budget::new(clock.clone(), Limits::default()),
            clock,
            dice,
            writes: Arc::new(Semaphore::new(1)),
            report: Arc::new(report),
            references: Arc::clone(&references),
            installation: Arc::new(Installation::new(String::new(), String::new(), Vec::new().into())),
            settings: Settings {
                observe_only: true,
                reference_poll: Duration::ZERO,
                default_sync_interval: Duration::MAX,
                orphan_grace: SignedDuration::MAX,
                namespaces: Vec::new(),
            },
        };
        let controller = CredentialController::new(&shared, allowed_endpoints, Arc::clone(&registry), nudged, transport, Arc::new(Silent));
        let key = (credential.namespace().unwrap_or_default(), credential.name_any());
        let context: &Context = controller.context();
        let finding = look(credential, context, &key, &Remembered::default()).await;
        registry.put(&key, &finding.entry);
        let ask = Ask { namespace: &key.0, credential: &key.1, region, account, lane: Lane::Edit, deleting: false };
        match registry.open(&ask) {
            Ok(session) => Ok((session, references)),
            Err(Refusal::No { message, .. } | Refusal::Unavailable { message }) => Err(message),
            Err(Refusal::NotYet) => Err(format!("CloudCredential {}: {}", key.1, finding.verdict.message)),
        }
    }
}
