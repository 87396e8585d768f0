//! The whole operator, wired: what it needs from outside goes in, and it works until it is told to stop or can't go on.

use crate::ambient::{Clock, Dice};
use crate::api::{CloudCommand, CloudCredential, EciScalingConfig, RestoreCheck, SecurityGroupMembership};
use crate::cloud::budget::{Budget, Limits};
use crate::cloud::client::{CallObserver, FinishedCall};
use crate::cloud::transport::{Transport, TransportError};
use crate::credentials::{AllowedEndpoints, CredentialController, Registry};
use crate::gauges::Gauges;
use crate::installation::{self, Installation, InstallationError};
use crate::leader::Elector;
use crate::metrics::{CallLabels, ErrorLabels, Metrics, OperationLabels};
use crate::reconcile::access::{Sessions, Users};
use crate::reconcile::context::{Settings, Shared};
use crate::reconcile::controller::{KindController, stopped};
use crate::reconcile::kind::Kind;
use crate::reconcile::report::Report;
use crate::reconcile::schedule;
use crate::reconcile::sight::Sights;
use crate::references::Reader;
use crate::server;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Writes to the API server that are under way at once.
const PARALLEL_WRITES: usize = 32;
/// How long running passes may take to end after a stop; below the pod's grace period of 60 s.
const DRAIN: Duration = Duration::from_secs(20);
/// How often a replica that waits for the lease makes sure that it would see what it has to.
const STANDBY_LOOK: Duration = Duration::from_secs(15);
/// Between two tries to begin; the first come sooner.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// What the flags say.
#[derive(Clone, Debug)]
pub struct Config {
    pub kinds: Vec<KindName>,
    pub namespaces: Vec<String>,
    /// What the cluster is called; absent: it is asked for a name of its own.
    pub cluster_id: Option<String>,
    /// Steward's own namespace: there is the Secret with the installation's key, and the lease.
    pub namespace: String,
    pub leader_election: Option<LeaderElection>,
    pub allowed_endpoints: AllowedEndpoints,
    pub observe_only: bool,
    pub reference_poll: Duration,
    pub default_sync_interval: Duration,
    pub orphan_grace: Duration,
    pub limits: Limits,
}

/// A kind that can be switched on or off; CloudCredential is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindName {
    CloudCommand,
    EciScalingConfig,
    RestoreCheck,
    SecurityGroupMembership,
}

#[derive(Clone, Debug)]
pub struct LeaderElection {
    pub identity: String,
}

/// What the operator needs from outside.
pub struct Outside {
    pub client: Client,
    pub connect: Connect,
    pub clock: Clock,
    pub dice: Dice,
    /// Who reports events.
    pub instance: String,
    /// Where to answer probes and scrapes, if anywhere.
    pub listener: Option<TcpListener>,
}

/// Sets up the way to the clouds, once it is known what this cluster is called.
pub type Connect = Box<dyn FnOnce(&str) -> Result<Arc<Transport>, TransportError> + Send>;

/// Why the operator ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the lease is lost: another replica may act now, so this one must not")]
    LeaseLost,
    #[error("a controller ended by itself; this is a bug in steward")]
    ControllerEnded,
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error("no connection to any cloud can be set up")]
    Transport(#[source] TransportError),
    #[error("the probes and metrics can no longer be served")]
    Server(#[source] std::io::Error),
}

/// Works until `stop` says so.
pub async fn run(config: Config, outside: Outside, stop: watch::Receiver<bool>) -> Result<(), RunError> {
    let sights = Sights::default();
    let budget = Budget::new(outside.clock.clone(), config.limits.clone());
    let gauges = Gauges::new(Arc::clone(&budget), sights.clone(), outside.clock.clone());
    let metrics = Arc::new(Metrics::new(vec![Box::new(gauges.clone())]));
    let Outside { client, connect, clock, dice, instance, listener } = outside;
    let server = serve(listener, Arc::clone(&metrics), sights.clone());
    let begun = async {
        let cluster_id = match config.cluster_id.clone() {
            Some(id) => id,
            None => match patiently("namespaces/kube-system", &sights, &dice, stop.clone(), || installation::cluster_id(&client)).await? {
                Some(id) => id,
                None => return Ok(()),
            },
        };
        tracing::info!(cluster_id, "this cluster");
        let transport = connect(&cluster_id).map_err(RunError::Transport)?;
        Operator { config, cluster_id, client, transport, clock, dice, instance, budget, gauges, metrics, sights }.lead(stop).await
    };
    tokio::select! {
        done = begun => done,
        ended = server => Err(RunError::Server(ended.err().unwrap_or_else(|| std::io::Error::other("the server ended")))),
    }
}

async fn serve(listener: Option<TcpListener>, metrics: Arc<Metrics>, sights: Sights) -> std::io::Result<()> {
    match listener {
        Some(listener) => server::serve(listener, metrics, sights).await,
        None => std::future::pending().await,
    }
}

/// Asks the API server for what steward cannot begin without, until it answers; `None` if `stop` comes first.
async fn patiently<T, F: Future<Output = Result<T, InstallationError>>>(
    what: &str,
    sights: &Sights,
    dice: &Dice,
    stop: watch::Receiver<bool>,
    ask: impl Fn() -> F,
) -> Result<Option<T>, InstallationError> {
    let sight = sights.of(what);
    let answered = async {
        let mut wait = Duration::from_secs(1);
        loop {
            match ask().await {
                Ok(answer) => {
                    sight.sees(true);
                    return Ok(Some(answer));
                }
                Err(error) if error.passes_by_itself() => {
                    tracing::warn!(%error, "steward cannot begin yet");
                    sight.is_blind();
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(schedule::soon(dice, wait)).await;
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    };
    tokio::select! {
        biased;
        answered = answered => answered,
        () = stopped(stop) => Ok(None),
    }
}

/// One replica.
struct Operator {
    config: Config,
    cluster_id: String,
    client: Client,
    transport: Arc<Transport>,
    clock: Clock,
    dice: Dice,
    instance: String,
    budget: Arc<Budget>,
    gauges: Gauges,
    metrics: Arc<Metrics>,
    sights: Sights,
}

impl Operator {
    /// Waits for the lease, works while it lasts, and hands it over at the end.
    async fn lead(self, stop: watch::Receiver<bool>) -> Result<(), RunError> {
        let Some(election) = &self.config.leader_election else { return self.work(stop).await };
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), &self.config.namespace);
        let mut elector = Elector::new(leases, election.identity.clone(), self.clock.clone());
        tracing::info!(identity = election.identity, "waiting for the lease");
        let acquired = tokio::select! {
            acquired = elector.acquire(stop.clone()) => acquired,
            () = self.stand_by() => false,
        };
        if !acquired {
            return Ok(());
        }
        tracing::info!("leading");
        let done = tokio::select! {
            done = self.work(stop) => done,
            // Everything is dropped where it stands: whoever leads now takes it up from what is on record.
            () = elector.keep() => return Err(RunError::LeaseLost),
        };
        elector.release().await;
        done
    }

    /// While another replica acts, this one makes sure that it would see what it has to.
    async fn stand_by(&self) {
        let all = [None];
        let some: Vec<_> = self.config.namespaces.iter().map(|namespace| Some(namespace.as_str())).collect();
        loop {
            for namespace in if some.is_empty() { all.as_slice() } else { some.as_slice() } {
                self.look::<CloudCredential>(*namespace).await;
                for kind in &self.config.kinds {
                    match kind {
                        KindName::EciScalingConfig => self.look::<EciScalingConfig>(*namespace).await,
                        KindName::CloudCommand => self.look::<CloudCommand>(*namespace).await,
                        KindName::RestoreCheck => self.look::<RestoreCheck>(*namespace).await,
                        KindName::SecurityGroupMembership => self.look::<SecurityGroupMembership>(*namespace).await,
                    }
                }
            }
            tokio::time::sleep(STANDBY_LOOK).await;
        }
    }

    async fn look<K>(&self, namespace: Option<&str>)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
    {
        let api: Api<K> =
            namespace.map_or_else(|| Api::all(self.client.clone()), |namespace| Api::namespaced(self.client.clone(), namespace));
        let sight = self.sights.of(&format!("{}/{}", K::plural(&()), namespace.unwrap_or("*")));
        match api.list(&ListParams::default().limit(1)).await {
            Ok(_) => sight.sees(true),
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), %error, "this kind cannot be seen");
                sight.is_blind();
            }
        }
    }

    /// What identifies this run, as soon as the API server gives its key away; `None` if `stop` comes first.
    async fn installation(&self, stop: watch::Receiver<bool>) -> Result<Option<Installation>, InstallationError> {
        let namespace = &self.config.namespace;
        let name = format!("secrets/{namespace}/{}", installation::SECRET);
        let key = patiently(&name, &self.sights, &self.dice, stop, || installation::key(&self.client, namespace, &self.dice)).await?;
        let holder = self.config.leader_election.as_ref().map_or(&self.instance, |election| &election.identity);
        Ok(key.map(|key| Installation::new(self.cluster_id.clone(), holder.clone(), key)))
    }

    async fn work(self, stop: watch::Receiver<bool>) -> Result<(), RunError> {
        let Some(installation) = self.installation(stop.clone()).await? else { return Ok(()) };
        let (report, events) =
            Report::new(self.client.clone(), Arc::clone(&self.metrics), self.clock.clone(), self.dice.clone(), self.instance);
        let (registry, nudged) = Registry::new();
        let shared = Shared {
            references: Arc::new(Reader::new(self.client.clone(), self.config.reference_poll)),
            installation: Arc::new(installation),
            client: self.client,
            sessions: Arc::clone(&registry) as Arc<dyn Sessions>,
            budget: self.budget,
            clock: self.clock,
            dice: self.dice,
            writes: Arc::new(Semaphore::new(PARALLEL_WRITES)),
            report: Arc::new(report),
            settings: Settings {
                observe_only: self.config.observe_only,
                reference_poll: self.config.reference_poll,
                default_sync_interval: self.config.default_sync_interval,
                orphan_grace: SignedDuration::try_from(self.config.orphan_grace).unwrap_or(SignedDuration::MAX),
                namespaces: self.config.namespaces,
            },
        };
        let sights = self.sights;
        let mut at_work = AtWork::default();
        self.gauges.credentials(Arc::clone(&registry));
        for kind in &self.config.kinds {
            match kind {
                KindName::EciScalingConfig => at_work.add::<EciScalingConfig>(&shared, &sights, &self.gauges, &stop),
                KindName::CloudCommand => at_work.add::<CloudCommand>(&shared, &sights, &self.gauges, &stop),
                KindName::RestoreCheck => at_work.add::<RestoreCheck>(&shared, &sights, &self.gauges, &stop),
                KindName::SecurityGroupMembership => at_work.add::<SecurityGroupMembership>(&shared, &sights, &self.gauges, &stop),
            }
        }
        let AtWork { users, mut controllers } = at_work;
        registry.serve(users);
        let observer = Arc::new(Counting { metrics: Arc::clone(&self.metrics), strange: Mutex::default() });
        let credentials = CredentialController::new(&shared, self.config.allowed_endpoints, registry, nudged, self.transport, observer);
        let kind = CloudCredential::kind(&());
        self.gauges.watch(&kind, credentials.population(), None);
        self.metrics.begin(&kind);
        let stopping = stop.clone();
        controllers.push(async move { credentials.run(|name| sights.of(name), stopping).await }.boxed());
        self.metrics.leader.set(1);
        let done = tokio::select! {
            done = supervise(controllers, stop) => done,
            () = events => Err(RunError::ControllerEnded),
        };
        self.metrics.leader.set(0);
        done
    }
}

/// The controllers of the kinds.
#[derive(Default)]
struct AtWork {
    users: Vec<Arc<dyn Users>>,
    controllers: Vec<BoxFuture<'static, ()>>,
}

impl AtWork {
    fn add<K: Kind>(&mut self, shared: &Shared, sights: &Sights, gauges: &Gauges, stop: &watch::Receiver<bool>) {
        let controller = KindController::<K>::new(shared, |name| sights.of(name));
        self.users.push(controller.users());
        gauges.watch(&K::kind(&()), controller.population(), Some(controller.memory()));
        shared.report.begin(&K::kind(&()));
        self.controllers.push(controller.run(stop.clone()).boxed());
    }
}

/// Whichever controller ends first while nobody asked it to, ends the process; after a stop, all may drain for a while.
async fn supervise(controllers: Vec<BoxFuture<'static, ()>>, stop: watch::Receiver<bool>) -> Result<(), RunError> {
    // Tasks of their own, so that they use all cores; aborted when this future is dropped.
    let mut running = JoinSet::new();
    for controller in controllers {
        running.spawn(controller);
    }
    tokio::select! {
        biased;
        () = stopped(stop.clone()) => {}
        // A controller may hear of the stop, and end, before this hears of it.
        _ = running.join_next() => if !*stop.borrow() {
            return Err(RunError::ControllerEnded);
        },
    }
    let drained = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("some passes did not end in time; they are taken up again from what is on record");
    }
    Ok(())
}

/// How many codes that are in no catalogue get a series of their own: a cloud, or whoever answers in its place, may make up as many as it likes.
const STRANGE_CODES: usize = 50;
const OTHER: &str = "Other";

/// Every call to a cloud becomes a number.
struct Counting {
    metrics: Arc<Metrics>,
    strange: Mutex<BTreeSet<String>>,
}

impl Counting {
    /// The code as a label: whatever else stands in its place in an answer is no code.
    fn code(&self, call: &FinishedCall) -> String {
        if call.known {
            return word(&call.code).to_owned();
        }
        let mut strange = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
        if !strange.contains(&call.code) {
            if word(&call.code) == OTHER || strange.len() == STRANGE_CODES {
                return OTHER.to_owned();
            }
            strange.insert(call.code.clone());
        }
        call.code.clone()
    }
}

impl CallObserver for Counting {
    fn finished(&self, call: &FinishedCall) {
        let (service, operation) = (call.operation.service, call.operation.name);
        let labels = OperationLabels { service, operation };
        // There from the first call on: of what appears with its first event, Prometheus sees no increase.
        self.metrics.unknown_codes.get_or_create(&labels).inc_by(u64::from(!call.known));
        if let Some(class) = call.class {
            self.metrics.cloud_errors.get_or_create(&ErrorLabels { service, operation, class: class.as_str() }).inc();
        }
        if let Some(size) = call.batch_size.and_then(|size| u32::try_from(size).ok()) {
            self.metrics.batch_size.get_or_create(&labels).observe(f64::from(size));
        }
        self.metrics.cloud_call_seconds.get_or_create(&labels).observe(call.latency.as_secs_f64());
        self.metrics.cloud_calls.get_or_create(&CallLabels { service, operation, code: self.code(call) }).inc();
    }
}

fn word(code: &str) -> &str {
    let proper = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if proper { code } else { OTHER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Class, Effect, Operation};

    const RUN: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };

    fn finished(code: &str, class: Class, known: bool) -> FinishedCall {
        FinishedCall {
            operation: RUN,
            code: code.to_owned(),
            class: Some(class),
            known,
            latency: Duration::ZERO,
            account: None,
            tenant: String::new(),
            batch_size: None,
            attempt: 1,
        }
    }

    fn counting() -> (Arc<Metrics>, Counting) {
        let metrics = Arc::new(Metrics::new(Vec::new()));
        (Arc::clone(&metrics), Counting { metrics, strange: Mutex::default() })
    }

    #[test]
    fn every_code_that_is_in_no_catalogue_is_counted_whatever_it_is_taken_for() {
        let (metrics, counting) = counting();
        for (class, known) in [(Class::Throttled, false), (Class::Unavailable, false), (Class::Unexpected, false), (Class::Busy, true)] {
            counting.finished(&finished("Brand.New", class, known));
        }
        let labels = OperationLabels { service: RUN.service, operation: RUN.name };
        assert_eq!(metrics.unknown_codes.get_or_create(&labels).get(), 3);
    }

    #[test]
    fn whoever_makes_up_codes_gets_so_many_series_and_no_more() {
        let (metrics, counting) = counting();
        let made_up = (0..STRANGE_CODES + 7).map(|number| format!("Made.Up{number}"));
        for code in made_up.chain(["Made.Up0".to_owned(), "a\"} 1\nb".to_owned()]) {
            counting.finished(&finished(&code, Class::Unexpected, false));
        }
        counting.finished(&finished("Throttling", Class::Throttled, true));
        let count = |code: &str| {
            let labels = CallLabels { service: RUN.service, operation: RUN.name, code: code.to_owned() };
            metrics.cloud_calls.get_or_create(&labels).get()
        };
        assert_eq!((count("Made.Up0"), count(OTHER), count("Throttling")), (2, 8, 1));
        let series = metrics.text().expect("text").lines().filter(|line| line.starts_with("steward_cloud_calls_total{")).count();
        assert_eq!(series, STRANGE_CODES + 2);
    }
}
