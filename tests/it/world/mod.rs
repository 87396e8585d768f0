//! A world for stories: an API server in this process, the simulated clouds, and lives of the operator between them, on a clock that only
//! the story moves. A life is one run of the process; ending it drops its runtime and all its memory, while API server and clouds stay.

pub(crate) mod checks;
pub(crate) mod commands;
pub(crate) mod configurations;
pub(crate) mod crash;
mod credentials;
mod outside;
pub(crate) mod tap;

use crate::api_server::ApiServer;
use crate::permissions;
use cloud_steward::ambient::{Clock, Dice};
use cloud_steward::cloud::budget::Limits;
use cloud_steward::cloud::transport::{Transport, TransportOptions};
use cloud_steward::credentials::AllowedEndpoints;
use cloud_steward::operator::{self, Config, KindName, Outside, RunError};
use cloud_steward::uses;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use steward_cloudsim as sim;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Plural, as the API server has it.
pub(crate) const MEMBERSHIPS: &str = "securitygroupmemberships";
pub(crate) const CONFIGURATIONS: &str = "eciscalingconfigs";
pub(crate) const CREDENTIALS: &str = "cloudcredentials";

/// Every account of every story.
pub(crate) const ACCOUNT: &str = "1234567890123456";
/// Steward's own.
pub(crate) const OWN_NAMESPACE: &str = "cloud-steward-system";
static CRDS: LazyLock<Vec<CustomResourceDefinition>> = LazyLock::new(cloud_steward::api::crds);
const STEP: Duration = Duration::from_secs(1);

pub(crate) struct World {
    pub(crate) api: Arc<ApiServer>,
    pub(crate) cloud: sim::Simulator,
    /// Nanoseconds since the epoch.
    time: Arc<AtomicI64>,
    dice: Arc<AtomicU64>,
    /// The kind of which `get`, `edit`, `ready` and their like speak.
    plural: &'static str,
    config: Config,
    socket: TransportOptions,
    counted: bool,
    life: Option<Life>,
    /// A second process of the same installation, of which the first does not know.
    second: Option<Life>,
}

/// One run of the operator's process.
struct Life {
    runtime: Runtime,
    operator: JoinHandle<Result<(), RunError>>,
    transport: Arc<Transport>,
    stop: watch::Sender<bool>,
    /// Where its numbers are, if it shows them.
    numbers: Option<SocketAddr>,
    /// While it lives, tokio does not move the paused clock by itself.
    _parked: mpsc::Sender<()>,
}

impl World {
    /// A world with this seed in its cloud, a Secret `aliyun` and a CloudCredential `default` in namespace `default`, and nobody at work yet.
    pub(crate) fn new(seed: &str) -> Self {
        let mut world = Self::empty(seed);
        world.secret("default", "aliyun", "key-1", "secret-1");
        world.credential("default", "default", "aliyun");
        world
    }

    /// The same without Secret and credential.
    pub(crate) fn empty(seed: &str) -> Self {
        let start: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
        let cloud =
            sim::Simulator::start(sim::Options { seed: with_account(seed), clock: sim::Clock::Manual(start), ..sim::Options::default() })
                .expect("the story's seed is a good one");
        let api = ApiServer::new();
        api.create_namespace(OWN_NAMESPACE);
        for crd in CRDS.iter() {
            api.install_crd(crd);
        }
        let time = Arc::new(AtomicI64::new(i64::try_from(start.as_nanosecond()).expect("this century")));
        let server_time = Arc::clone(&time);
        api.set_clock(move || now(&server_time));
        let config = Config {
            kinds: vec![KindName::SecurityGroupMembership],
            namespaces: Vec::new(),
            cluster_id: Some("a-story".to_owned()),
            namespace: OWN_NAMESPACE.to_owned(),
            leader_election: None,
            allowed_endpoints: AllowedEndpoints::new(vec!["http://127.0.0.1:*".parse().expect("a pattern")]),
            observe_only: false,
            reference_poll: Duration::from_secs(15),
            default_sync_interval: Duration::from_secs(600),
            orphan_grace: Duration::from_secs(600),
            limits: Limits::default(),
        };
        let (plural, socket) = (MEMBERSHIPS, TransportOptions::default());
        Self { api, cloud, time, dice: Arc::default(), plural, config, socket, counted: false, life: None, second: None }
    }

    /// Changes the flags of lives that begin later.
    pub(crate) fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
    }

    // ── lives ───────────────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn start(&mut self) {
        assert!(self.life.is_none(), "a life is running already");
        self.life = Some(self.begin("a-story"));
        self.settle();
    }

    /// The same for the second process.
    pub(crate) fn start_second(&mut self) {
        assert!(self.second.is_none(), "a second life is running already");
        self.second = Some(self.begin("a-subplot"));
        self.settle();
    }

    fn begin(&self, instance: &str) -> Life {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
        let (parked, wait) = mpsc::channel::<()>();
        runtime.spawn_blocking(move || wait.recv());
        let (stop, stopped) = watch::channel(false);
        let inside = runtime.enter();
        let transport = Arc::new(Transport::new(self.socket.clone()).expect("a socket"));
        let time = Arc::clone(&self.time);
        let dice = Arc::clone(&self.dice);
        let listener = self.counted.then(outside::listener);
        let numbers = listener.as_ref().map(|listener| listener.local_addr().expect("an address"));
        let connected = Arc::clone(&transport);
        let outside = Outside {
            client: self.api.client_as("steward"),
            connect: Box::new(move |_| Ok(connected)),
            clock: Clock::new(move || now(&time)),
            dice: Dice::new(move || scatter(dice.fetch_add(1, Ordering::SeqCst))),
            instance: instance.to_owned(),
            listener,
        };
        let operator = runtime.spawn(operator::run(self.config.clone(), outside, stopped));
        drop(inside);
        Life { runtime, operator, transport, stop, numbers, _parked: parked }
    }

    /// The process is gone, wherever it was.
    pub(crate) fn crash(&mut self) {
        if let Some(life) = self.life.take() {
            life.runtime.shutdown_background();
        }
    }

    pub(crate) fn crash_second(&mut self) {
        if let Some(life) = self.second.take() {
            life.runtime.shutdown_background();
        }
    }

    /// Asks the operator to stop, and lets it.
    pub(crate) fn stop(&mut self) -> Result<(), RunError> {
        self.life.as_ref().expect("a life").stop.send_replace(true);
        self.pass(Duration::from_secs(30));
        let life = self.life.take().expect("a life");
        let ended = life.runtime.block_on(life.operator).expect("the operator does not panic");
        life.runtime.shutdown_background();
        ended
    }

    // ── time ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Lets time pass, second by second, with everything that is due done in each.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.pass_in_steps(time, STEP);
    }

    /// The same in larger steps, for long times in which little happens.
    pub(crate) fn pass_in_steps(&mut self, time: Duration, step: Duration) {
        let mut left = time;
        self.settle();
        while left > Duration::ZERO {
            let step = step.min(left);
            left -= step;
            self.tick(step);
            self.settle();
        }
    }

    /// Lets time pass until this holds, and panics if it doesn't within `at_most`.
    #[track_caller]
    pub(crate) fn until(&mut self, at_most: Duration, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        self.settle();
        let mut left = at_most;
        while !holds(self) {
            assert!(left > Duration::ZERO, "after {at_most:?} it still isn't so: {what}\n{}", self.describe());
            left = left.saturating_sub(STEP);
            self.tick(STEP);
            self.settle();
        }
    }

    fn tick(&self, step: Duration) {
        self.time.fetch_add(i64::try_from(step.as_nanos()).expect("a step"), Ordering::SeqCst);
        self.cloud.advance(step);
        for life in self.lives() {
            life.runtime.block_on(tokio::time::advance(step));
        }
    }

    /// Lets everything run that can run without time passing.
    pub(crate) fn settle(&self) {
        // Hops between tasks cost a turn each; after so many turns without a request out, nobody has anything left to do.
        const CALM: usize = 80;
        let mut calm = 0;
        while self.lives().next().is_some() && calm < CALM {
            for life in self.lives() {
                life.runtime.block_on(tokio::task::yield_now());
            }
            let sent: usize = self.lives().map(|life| life.transport.in_flight()).sum();
            let out = sent.saturating_sub(self.cloud.held()) + self.cloud.in_flight();
            if out > 0 {
                calm = 0;
                std::thread::yield_now();
            } else {
                calm += 1;
            }
        }
    }

    fn lives(&self) -> impl Iterator<Item = &Life> {
        self.life.iter().chain(&self.second)
    }

    // ── what people do ──────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn secret(&mut self, namespace: &str, name: &str, id: &str, secret: &str) {
        self.api.create_json(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name},
            "stringData": {"accessKeyId": id, "accessKeySecret": secret},
        }));
    }

    pub(crate) fn credential(&mut self, namespace: &str, name: &str, secret: &str) {
        let url = self.cloud.url();
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"namespace": namespace, "name": name},
            "spec": {
                "provider": "AlibabaCloud", "region": "cn-hangzhou", "auth": {"accessKey": {"secretRef": {"name": secret}}},
                "endpoints": [{"service": "ecs", "url": url}, {"service": "ess", "url": url}, {"service": "sts", "url": url}],
            },
        }));
    }

    /// Creates a membership in namespace `default`.
    pub(crate) fn membership(&mut self, name: &str, spec: &Value) {
        self.membership_in("default", name, spec);
    }

    pub(crate) fn membership_in(&mut self, namespace: &str, name: &str, spec: &Value) {
        self.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "SecurityGroupMembership",
            "metadata": {"namespace": namespace, "name": name}, "spec": spec,
        }));
    }

    pub(crate) fn edit(&mut self, name: &str, change: &Value) {
        self.api.patch_json(self.plural, "default", name, &json!({"spec": change}));
    }

    pub(crate) fn annotate(&mut self, name: &str, key: &str, value: &str) {
        self.api.patch_json(self.plural, "default", name, &json!({"metadata": {"annotations": {key: value}}}));
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.api.delete(self.plural, "default", name);
    }

    // ── what people see ─────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.api.get_json(self.plural, "default", name)
    }

    /// `True/InSync`; `unseen` while the operator has not looked at the present spec.
    pub(crate) fn ready(&self, name: &str) -> String {
        let Some(object) = self.get(name) else { return "gone".to_owned() };
        if object["status"]["observedGeneration"] != object["metadata"]["generation"] {
            return "unseen".to_owned();
        }
        condition(&object, "Ready")
    }

    pub(crate) fn condition(&self, name: &str, type_: &str) -> String {
        self.get(name).map_or_else(|| "gone".to_owned(), |object| condition(&object, type_))
    }

    pub(crate) fn message(&self, name: &str) -> String {
        let object = self.get(name).unwrap_or_default();
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions
            .iter()
            .find(|condition| condition["type"] == "Ready")
            .and_then(|condition| condition["message"].as_str())
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn credential_ready(&self, name: &str) -> String {
        self.api.get_json(CREDENTIALS, "default", name).map_or_else(|| "gone".to_owned(), |object| condition(&object, "Ready"))
    }

    /// `i-1=Added`, of all groups together.
    pub(crate) fn ledger(&self, name: &str) -> Vec<String> {
        let object = self.get(name).unwrap_or_default();
        let pages = object["status"]["ledger"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pages
            .iter()
            .flat_map(|page| page["entries"].as_array().cloned().unwrap_or_default())
            .map(|entry| format!("{}={}", text(&entry["target"]), text(&entry["state"])))
            .collect()
    }

    /// `Warning AccessDenied: …`, of one object.
    pub(crate) fn events(&self, name: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.api
            .list_json("events.events.k8s.io")
            .iter()
            .filter(|event| event["regarding"]["name"] == name)
            .map(|event| format!("{} {}: {}", text(&event["type"]), text(&event["reason"]), text(&event["note"])))
            .collect()
    }

    #[track_caller]
    pub(crate) fn until_ready(&mut self, name: &str, ready: &str) {
        let name = name.to_owned();
        let ready = ready.to_owned();
        self.until(Duration::from_secs(180), &format!("{name} is {ready}"), move |world| world.ready(&name) == ready);
    }

    #[track_caller]
    pub(crate) fn until_gone(&mut self, name: &str) {
        let name = name.to_owned();
        self.until(Duration::from_secs(300), &format!("{name} is gone"), move |world| world.get(&name).is_none());
    }

    /// How often this operation arrived at the clouds.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.cloud.calls().iter().filter(|call| call.operation == operation).count()
    }

    /// Writes of the operator, by verb and resource.
    pub(crate) fn writes(&self) -> Vec<String> {
        use crate::api_server::Verb;
        let writes = |verb: &Verb| !matches!(verb, Verb::Get | Verb::List | Verb::Watch);
        self.api
            .requests()
            .iter()
            .filter(|request| writes(&request.verb))
            .map(|request| format!("{:?} {}/{} {}", request.verb, request.resource, request.subresource, request.name))
            .collect()
    }

    /// Whoever pastes a policy of `docs/permissions.md` must never find that something is missing in it.
    fn asked_for_no_more_than_policies_grant(&self) {
        let kinds = self.config.kinds.iter().map(|kind| format!("{kind:?}")).chain(["CloudCredential".to_owned()]);
        let granted: Vec<String> = kinds.flat_map(|kind| uses::of(&kind)).map(|one| one.operation.to_string()).collect();
        for call in self.cloud.calls() {
            let operation = permissions::operation(&call);
            assert!(granted.contains(&operation), "{operation} is in no policy of {:?}", self.config.kinds);
        }
    }

    fn describe(&self) -> String {
        let shown = |object: &Value| format!("{} {} {:#}", object["kind"], object["metadata"]["name"], object["status"]);
        let objects = self.api.list_json(self.plural).into_iter().take(3).chain(self.api.list_json(CREDENTIALS).into_iter().take(2));
        let calls = self.cloud.calls();
        let last: Vec<_> =
            calls.iter().rev().take(10).map(|call| format!("{} {:?} {:?}", call.operation, call.status, call.code)).collect();
        format!("{}\nlast calls: {last:#?}", objects.map(|object| shown(&object)).collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.crash();
        self.crash_second();
        if !std::thread::panicking() {
            self.asked_for_no_more_than_policies_grant();
        }
    }
}

fn condition(object: &Value, type_: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let Some(found) = conditions.iter().find(|condition| condition["type"] == type_) else { return "absent".to_owned() };
    format!("{}/{}", found["status"].as_str().unwrap_or_default(), found["reason"].as_str().unwrap_or_default())
}

/// Stories say only what they are about; the account is always the same.
fn with_account(seed: &str) -> String {
    if seed.contains("accounts:") {
        return seed.to_owned();
    }
    format!("accounts:\n  - {{id: \"{ACCOUNT}\", keys: [{{id: key-1, secret: secret-1}}]}}\nregions: [cn-hangzhou]\n{seed}")
}

fn now(time: &AtomicI64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_nanos(time.load(Ordering::SeqCst))
}

/// Numbers that look like dice and never repeat.
fn scatter(number: u64) -> [u8; 16] {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) ^ 0xD1B5_4A32_D192_ED03;
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed.to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}
