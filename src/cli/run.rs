//! `steward run`: from flags and the machine's surroundings to a running operator.

use super::given;
use super::way::Way;
use crate::ambient::{Clock, Dice};
use crate::cloud::budget::{Limits, Rule};
use crate::cloud::transport::{Transport, TransportOptions};
use crate::cloud::{alibaba, huawei};
use crate::operator::{self, Config, Connect, KindName, LeaderElection, Outside};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use kube::Client;
use kube::client::ClientBuilder;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::timeout::TimeoutLayer;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

/// A list or the start of a watch that never answers would blind its watch for ever.
const API_TIMEOUT: Duration = Duration::from_secs(30);
/// A body that dies half-way; longer than a watch is open (290 s).
const API_READ_TIMEOUT: Duration = Duration::from_secs(300);
const API_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub struct Flags {
    /// Kinds to work on. The CRD of CloudCredential, and of each of these, must be installed.
    #[arg(
        long,
        env = "STEWARD_KINDS",
        value_delimiter = ',',
        default_value = "CloudCommand,EciScalingConfig,RestoreCheck,SecurityGroupMembership",
        value_name = "KIND,…"
    )]
    kinds: Vec<Kind>,
    /// Namespaces to work in; all if none is given.
    #[arg(long, env = "STEWARD_NAMESPACES", value_delimiter = ',', value_name = "NAMESPACE,…")]
    namespaces: Vec<String>,
    /// Act only while holding the lease `cloud-steward`. Switch off only where a single replica is certain.
    #[arg(long, env = "STEWARD_LEADER_ELECT", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    leader_elect: bool,
    /// Namespace of the lease and of the Secret `steward-installation`; the pod's own if `POD_NAMESPACE` is set. Default: `cloud-steward-system`, or without leader election the namespace that the kubeconfig or the pod names.
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    leader_election_namespace: Option<String>,
    /// Name of this replica, in the lease and in events.
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    replica: Option<String>,
    /// Identifies this cluster towards the clouds, in the user agent of every call. Set it where clusters are rebuilt from Git, so that the new one is the same to the clouds. Default: the uid of the namespace kube-system; required where that cannot be read.
    #[arg(long, env = "STEWARD_CLUSTER_ID", value_name = "ID")]
    cluster_id: Option<String>,
    #[command(flatten)]
    way: Way,
    /// Never write to a cloud, whatever the objects say: differences are shown as drift.
    #[arg(long, env = "STEWARD_OBSERVE_ONLY", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    observe_only: bool,
    /// How often each Secret and ConfigMap that an object points at is read; all together at most twenty a second.
    #[arg(long, env = "STEWARD_REFERENCE_POLL", default_value = "15s", value_parser = duration, value_name = "DURATION")]
    reference_poll: Duration,
    /// How often an object that does not say so itself is compared with its cloud; at least 30s.
    #[arg(long, env = "STEWARD_DEFAULT_SYNC_INTERVAL", default_value = "10m", value_parser = sync_interval, value_name = "DURATION")]
    default_sync_interval: Duration,
    /// How long a deletion without a usable credential waits before it is let go, if its whole namespace is being deleted.
    #[arg(long, env = "STEWARD_ORPHAN_GRACE", default_value = "10m", value_parser = duration, value_name = "DURATION")]
    orphan_grace: Duration,
    /// Calls that the cloud allows, where the account's quota differs from the published one: `[ACCOUNT/REGION/]SERVICE:OPERATION=CALLS[/DURATION]`, a minute if no duration is given; `*` stands for any account, region, service or operation. `ecs:JoinSecurityGroup=2000`, `1234567890123456/*/ecs:JoinSecurityGroup=2000`, `csbs:*=100/1s`. The closest one holds: account before region before operation.
    #[arg(long = "limit", env = "STEWARD_LIMITS", value_delimiter = ',', value_name = "LIMIT,…")]
    limits: Vec<String>,
    /// Part of each limit that steward takes, in percent; the rest is left to whoever else uses the account.
    #[arg(long, env = "STEWARD_LIMIT_SHARE", default_value_t = 70, value_parser = percent(), value_name = "PERCENT")]
    limit_share: u32,
    /// Part of steward's share that background checks may take, in percent.
    #[arg(long, env = "STEWARD_CHECK_SHARE", default_value_t = 30, value_parser = percent(), value_name = "PERCENT")]
    check_share: u32,
    /// Where /healthz, /readyz and /metrics are served.
    #[arg(long, env = "STEWARD_METRICS_ADDRESS", default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    metrics_address: SocketAddr,
    /// How log lines look.
    #[arg(long, env = "STEWARD_LOG_FORMAT", default_value = "json", value_name = "FORMAT")]
    log_format: LogFormat,
    /// What is logged: error, warn, info, debug or trace, also by module (`info,cloud_steward::cloud=debug`). Libraries stay at info, whatever it says.
    #[arg(long, env = "STEWARD_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    log_level: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    #[value(name = "CloudCommand", alias = "cloudcommand", alias = "cloudcommands")]
    CloudCommand,
    #[value(name = "EciScalingConfig", alias = "eciscalingconfig", alias = "eciscalingconfigs")]
    EciScalingConfig,
    #[value(name = "RestoreCheck", alias = "restorecheck", alias = "restorechecks")]
    RestoreCheck,
    #[value(name = "SecurityGroupMembership", alias = "securitygroupmembership", alias = "securitygroupmemberships")]
    SecurityGroupMembership,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::CloudCommand => Self::CloudCommand,
            Kind::EciScalingConfig => Self::EciScalingConfig,
            Kind::RestoreCheck => Self::RestoreCheck,
            Kind::SecurityGroupMembership => Self::SecurityGroupMembership,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    Json,
    Text,
}

/// Runs until SIGTERM or SIGINT.
pub fn run(flags: &Flags) -> ExitCode {
    if let Err(error) = log(flags) {
        super::complain(&error);
        return ExitCode::FAILURE;
    }
    match try_run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "ended");
            ExitCode::FAILURE
        }
    }
}

fn try_run(flags: &Flags) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")?;
    let done = runtime.block_on(operate(flags));
    // Whatever still runs has lost its lease or its process: nobody waits for it.
    runtime.shutdown_background();
    done
}

async fn operate(flags: &Flags) -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow::anyhow!("another TLS provider was installed before"))?;
    let allowed_endpoints = flags.way.allowed_endpoints()?;
    let socket = flags.way.socket()?;
    let limits = limits(flags).context("--limit")?;
    let stop = stop_on_signal()?;
    let listener = TcpListener::bind(flags.metrics_address)
        .await
        .with_context(|| format!("--metrics-address {}: cannot listen there", flags.metrics_address))?;
    let client = client().await?;
    let connect: Connect = Box::new(move |cluster_id| {
        Transport::new(TransportOptions { user_agent_suffix: format!("cluster {cluster_id}"), ..socket }).map(Arc::new)
    });
    let dice = Dice::new(throw);
    let replica = flags.replica.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| format!("steward-{}", &dice.nonce()[..8]));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %replica, address = %flags.metrics_address, "starting");
    let config = Config {
        kinds: flags.kinds.iter().copied().map(KindName::from).collect(),
        namespaces: given(&flags.namespaces).map(str::to_owned).collect(),
        cluster_id: flags.cluster_id.clone().filter(|id| !id.is_empty()),
        namespace: own_namespace(flags, &client),
        // The name of a replica may be that of an earlier life; its lease must not be taken for our own.
        leader_election: flags.leader_elect.then(|| LeaderElection { identity: format!("{replica}_{}", &dice.nonce()[..8]) }),
        allowed_endpoints,
        observe_only: flags.observe_only,
        reference_poll: flags.reference_poll,
        default_sync_interval: flags.default_sync_interval,
        orphan_grace: flags.orphan_grace,
        limits,
    };
    let outside = Outside { client, connect, clock: machine_clock(), dice, instance: replica, listener: Some(listener) };
    operator::run(config, outside, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

pub(super) async fn client() -> anyhow::Result<Client> {
    let mut config = kube::Config::infer().await.context("no cluster: neither a kubeconfig nor a pod's service account was found")?;
    config.connect_timeout = Some(API_CONNECT_TIMEOUT);
    config.read_timeout = Some(API_READ_TIMEOUT);
    config.reset_reader_on_write = true;
    // The environment's proxy is for the clouds. kube would go through it to the API server as well, whatever NO_PROXY says.
    config.proxy_url = None;
    Ok(ClientBuilder::try_from(config)
        .context("no client for this cluster can be set up")?
        .with_layer(&TimeoutLayer::new(API_TIMEOUT))
        .build())
}

fn own_namespace(flags: &Flags, client: &Client) -> String {
    let default = if flags.leader_elect { "cloud-steward-system" } else { client.default_namespace() };
    flags.leader_election_namespace.clone().filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| default.to_owned())
}

/// True once the process is asked to stop.
fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop");
        stop.send_replace(true);
        // Kept until the process ends: a sender that is dropped would say the same a second time.
        std::future::pending::<()>().await;
    });
    Ok(stopped)
}

fn log(flags: &Flags) -> anyhow::Result<()> {
    let subscriber = subscriber(&flags.log_level, flags.log_format, std::io::stderr).context("--log-level")?;
    tracing::subscriber::set_global_default(subscriber).context("the log was set up before")
}

/// What is logged at this level, and how.
pub fn subscriber<W>(level: &str, format: LogFormat, writer: W) -> anyhow::Result<impl Subscriber + Send + Sync + use<W>>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(false).boxed(),
    };
    Ok(tracing_subscriber::registry().with(EnvFilter::try_new(level)?).with(filter_fn(may_be_logged)).with(lines))
}

/// A limit that no level and no directive lifts. Libraries know nothing of secrets: at their finer levels some write headers and bodies down.
/// Ours are written by people who do.
fn may_be_logged(metadata: &Metadata<'_>) -> bool {
    let within = |module: &str| metadata.target().strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    let finest = if within("cloud_steward") {
        Level::TRACE
    } else if within("kube_client::client") {
        // Of an answer that it cannot read it writes the whole as a warning, and that may be a Secret's.
        Level::ERROR
    } else {
        Level::INFO
    };
    *metadata.level() <= finest
}

#[allow(clippy::disallowed_methods, reason = "here the machine's clock is handed to everybody else")]
pub(super) fn machine_clock() -> Clock {
    Clock::new(jiff::Timestamp::now)
}

/// The machine's randomness.
pub(super) fn throw() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("a machine that runs TLS has randomness");
    bytes
}

fn limits(flags: &Flags) -> anyhow::Result<Limits> {
    let rules = given(&flags.limits).map(str::parse).collect::<Result<Vec<Rule>, _>>()?;
    for (service, name) in rules.iter().filter_map(Rule::names) {
        // A release may learn or drop an operation: that must not keep the operator from starting.
        let mut of_service = alibaba::OPERATIONS.iter().chain(&huawei::OPERATIONS).filter(|known| known.service == service).peekable();
        if of_service.peek().is_some() && !of_service.any(|known| known.name == name) {
            tracing::warn!(service, operation = name, "--limit names an operation that steward never calls");
        }
    }
    Ok(Limits { share_percent: flags.limit_share, check_percent: flags.check_share, rules, ..Limits::default() })
}

/// At least one: a share of nothing would be an operator that never works, or drift that nobody ever sees.
fn percent() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=100)
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration: write 90s, 10m or 1h30m");
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).map_err(|_| wrong())
}

fn sync_interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < Duration::from_secs(30) { Err("must be at least 30s".to_owned()) } else { Ok(interval) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(level, LogFormat::Json, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_level_makes_a_library_write_down_what_it_carries() {
        for level in
            ["trace", "trace,h2=trace,kube_client::client=trace,hyper_util::client::legacy=trace", "h2::codec=trace,kube_client=trace"]
        {
            let text = logged(level, || {
                tracing::trace!(target: "h2::codec::framed_write", "canary");
                tracing::debug!(target: "hyper_util::client::legacy::pool", "canary");
                tracing::debug!(target: "cloud_steward_lookalike", "canary");
                tracing::trace!(target: "kube_client::client", "canary");
                tracing::warn!(target: "kube_client::client", "canary");
                tracing::warn!(target: "kube_client::client::builder", "canary");
            });
            assert_eq!(text, "", "{level}");
        }
    }

    #[test]
    fn what_people_asked_for_is_written() {
        let text = logged("info,cloud_steward::cloud=trace", || {
            tracing::trace!(target: "cloud_steward::cloud::client", "ours");
            tracing::debug!(target: "cloud_steward::operator", "not asked for");
            tracing::warn!(target: "hyper", "a warning");
            tracing::error!(target: "kube_client::client", "an error");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].contains("ours") && lines[1].contains("a warning") && lines[2].contains("an error"), "{text}");
        assert!(subscriber("cloud_steward=loud", LogFormat::Text, std::io::sink).is_err());
    }
}
