//! A kind that does nothing but to say what it points at, in the real loop: what its passes are handed, how old that may be, and what wakes it.
//! Nothing leaves the process, so tokio's clock moves by itself when nobody has anything to do.

use crate::api_server::{self, ApiServer, Verb};
use cloud_steward::ambient::{Clock, Dice};
use cloud_steward::api::CloudCredential;
use cloud_steward::api::envelope::Envelope;
use cloud_steward::cloud::alibaba::{Alibaba, AlibabaOptions, Auth, EndpointNetwork, Keys};
use cloud_steward::cloud::budget::{Budget, Limits};
use cloud_steward::cloud::client::{CallObserver, FinishedCall, Surroundings};
use cloud_steward::cloud::error::CloudError;
use cloud_steward::cloud::session::{Cloud, Session};
use cloud_steward::cloud::transport::{Transport, TransportOptions};
use cloud_steward::installation::Installation;
use cloud_steward::kinds::restore_check::Never;
use cloud_steward::metrics::Metrics;
use cloud_steward::reason::Reason;
use cloud_steward::reconcile::access::{Ask, Refusal, Sessions};
use cloud_steward::reconcile::claims::Claimant;
use cloud_steward::reconcile::context::{Settings, Shared};
use cloud_steward::reconcile::controller::KindController;
use cloud_steward::reconcile::kind::{Common, Given, Goal, Kind, Next, Plan, Receipt, Removal};
use cloud_steward::reconcile::record::Recorded;
use cloud_steward::reconcile::report::Report;
use cloud_steward::reconcile::sight::Sights;
use cloud_steward::reconcile::verdict::{Phase, Shape, Verdict};
use cloud_steward::references::{Missing, Reader, Reference};
use jiff::{SignedDuration, Timestamp};
use kube::{CustomResource, CustomResourceExt as _, ResourceExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Says the MACs of key `key` of some Secrets.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(group = "tests.cloudsteward.dev", version = "v1", kind = "Parrot", namespaced, status = "ParrotStatus", derive = "PartialEq")]
struct ParrotSpec {
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    suspend: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct ParrotStatus {
    #[serde(flatten)]
    envelope: Envelope,
    #[serde(default)]
    said: BTreeMap<String, String>,
}

impl Recorded for Parrot {
    type Status = ParrotStatus;

    fn status(&self) -> Option<&ParrotStatus> {
        self.status.as_ref()
    }

    fn with_status(&self, status: ParrotStatus) -> Self {
        Self { status: Some(status), ..self.clone() }
    }
}

impl Claimant for Parrot {
    fn claims(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The passes of all parrots: whose, and what it was handed.
static PASSES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

impl Kind for Parrot {
    const SHAPE: Shape = Shape::Plain;

    type Observed = ();
    type Step = Never;

    fn common(&self) -> Common<'_> {
        Common { credential: "default", region: None, suspend: self.spec.suspend, observe: false, sync_interval: None }
    }

    fn references(&self) -> Vec<Reference> {
        self.spec.secrets.iter().map(|name| Reference::secret(name)).collect()
    }

    fn envelope(status: &ParrotStatus) -> &Envelope {
        &status.envelope
    }

    fn envelope_mut(status: &mut ParrotStatus) -> &mut Envelope {
        &mut status.envelope
    }

    fn removal(&self) -> Removal {
        Removal::Undo
    }

    fn open_entries(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn unsupported(&self) -> Option<String> {
        None
    }

    async fn observe(&self, _: &Given<Self>, _: &Session, _: Timestamp) -> Result<(), CloudError> {
        Ok(())
    }

    fn plan(&self, given: &Given<Self>, (): &(), goal: Goal, _: Timestamp) -> Plan<Self> {
        let mut status = self.status.clone().unwrap_or_default();
        let values: Result<BTreeMap<_, _>, Missing> = self
            .spec
            .secrets
            .iter()
            .map(|name| {
                let value = given.references.secret(name, "key")?;
                Ok((name.clone(), given.installation.mac(&["Parrot", &self.name_any(), name], &value)))
            })
            .collect();
        let (phase, reason, message) = match &values {
            Ok(_) => (Phase::Settled, Reason::InSync, "said".to_owned()),
            Err(missing) if missing.passes_by_itself() => (Phase::Unknown, Reason::CloudUnavailable, missing.to_string()),
            Err(missing) => (Phase::Stuck, Reason::DependencyNotReady, missing.to_string()),
        };
        PASSES.lock().expect("the passes").push((self.name_any(), message.clone()));
        if let Ok(said) = values {
            status.said = said;
        }
        let next = if goal == Goal::Remove { Next::Gone } else { Next::Sync };
        let verdict = Verdict { phase, reason, message, drifted: None };
        Plan { status, verdict, steps: Vec::new(), held: Vec::new(), next, remarks: Vec::new() }
    }

    async fn perform(step: &Never, _: &Session) -> Result<Receipt, CloudError> {
        match *step {}
    }

    fn note(_: &mut ParrotStatus, step: &Never, _: Result<&Receipt, &CloudError>, _: Timestamp) {
        match *step {}
    }
}

/// A credential that is good, and never used.
struct Good(Cloud);

impl Sessions for Good {
    fn open(&self, ask: &Ask<'_>) -> Result<Session, Refusal> {
        Ok(Session::new(self.0.clone(), "1", "cn-hangzhou", ask.lane))
    }

    fn released(&self, _: &str, _: &str) {}
}

struct Nobody;

impl CallObserver for Nobody {
    fn finished(&self, _: &FinishedCall) {}
}

/// The controller of parrots at work, in a namespace of one test's own.
struct Aviary {
    api: Arc<ApiServer>,
    test: &'static str,
    _stop: watch::Sender<bool>,
    work: Vec<JoinHandle<()>>,
}

impl Drop for Aviary {
    fn drop(&mut self) {
        self.work.iter().for_each(JoinHandle::abort);
    }
}

impl Aviary {
    fn open(test: &'static str) -> Self {
        let api = ApiServer::new();
        api.install_crd(&Parrot::crd());
        api.install_crd(&CloudCredential::crd());
        let client = api.client_as("steward");
        let began = Instant::now();
        let start: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
        let clock = Clock::new(move || start + SignedDuration::try_from(began.elapsed()).expect("a while"));
        let dice = Dice::new(|| [0x7f; 16]);
        let budget = Budget::new(clock.clone(), Limits::default());
        let transport = Arc::new(Transport::new(TransportOptions::default()).expect("a socket"));
        let alibaba = Alibaba::new(AlibabaOptions {
            auth: Auth::Keys(Keys { access_key_id: "key-1".to_owned(), access_key_secret: "secret-1".into(), security_token: None }),
            region: "cn-hangzhou".to_owned(),
            network: EndpointNetwork::Public,
            endpoints: BTreeMap::new(),
            around: Surroundings {
                tenant: "default/default".to_owned(),
                transport,
                budget: Arc::clone(&budget),
                clock: clock.clone(),
                dice: dice.clone(),
                observer: Arc::new(Nobody),
            },
        });
        let metrics = Arc::new(Metrics::new(Vec::new()));
        let (report, events) = Report::new(client.clone(), metrics, clock.clone(), dice.clone(), "a-test".to_owned());
        let reference_poll = Duration::from_secs(15);
        let shared = Shared {
            references: Arc::new(Reader::new(client.clone(), reference_poll)),
            installation: Arc::new(installation()),
            client,
            sessions: Arc::new(Good(Cloud::Alibaba(alibaba))),
            budget,
            clock,
            dice,
            writes: Arc::new(Semaphore::new(8)),
            report: Arc::new(report),
            settings: Settings {
                observe_only: false,
                reference_poll,
                default_sync_interval: Duration::from_secs(600),
                orphan_grace: SignedDuration::from_mins(10),
                namespaces: Vec::new(),
            },
        };
        let (stop, stopped) = watch::channel(false);
        let sights = Sights::default();
        let controller = KindController::<Parrot>::new(&shared, |name| sights.of(name));
        let work = vec![tokio::spawn(controller.run(stopped)), tokio::spawn(events)];
        Self { api, test, _stop: stop, work }
    }

    fn name(&self) -> String {
        self.test.to_owned()
    }

    fn parrot(&self, secrets: &[&str]) {
        self.api.create_json(json!({
            "apiVersion": "tests.cloudsteward.dev/v1", "kind": "Parrot", "metadata": {"namespace": "default", "name": self.name()},
            "spec": {"secrets": secrets},
        }));
    }

    fn edit(&self, change: &serde_json::Value) {
        self.api.patch_json("parrots", "default", self.test, &json!({"spec": change}));
    }

    fn put(&self, secret: &str, value: &str) {
        let values = json!({"stringData": {"key": value}});
        if self.api.get_json("secrets", "default", secret).is_some() {
            self.api.patch_json("secrets", "default", secret, &values);
        } else {
            let mut object = values;
            object["apiVersion"] = json!("v1");
            object["kind"] = json!("Secret");
            object["metadata"] = json!({"namespace": "default", "name": secret});
            self.api.create_json(object);
        }
    }

    fn said(&self, secret: &str) -> Option<String> {
        let object = self.api.get_json("parrots", "default", self.test)?;
        object["status"]["said"][secret].as_str().map(str::to_owned)
    }

    fn mac(&self, secret: &str, value: &str) -> String {
        installation().mac(&["Parrot", self.test, secret], &value.into())
    }

    fn reads(&self) -> usize {
        self.api.requests().iter().filter(|request| request.resource == "secrets").count()
    }

    /// What passes were told meanwhile.
    async fn within(&self, seconds: u64) -> Vec<String> {
        let before = self.passes().len();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        self.passes().split_off(before)
    }

    fn passes(&self) -> Vec<String> {
        PASSES.lock().expect("the passes").iter().filter(|(name, _)| name == self.test).map(|(_, message)| message.clone()).collect()
    }
}

fn installation() -> Installation {
    Installation::new("a-cluster".to_owned(), "a-test".to_owned(), vec![7; 32].into())
}

const NONE: Vec<String> = Vec::new();

#[tokio::test(start_paused = true)]
async fn a_pass_is_handed_what_spec_points_at_and_comes_again_when_that_changes() {
    let aviary = Aviary::open("changes");
    aviary.put("one", "1\n");
    aviary.put("two", "2");
    aviary.parrot(&["one", "two"]);
    assert_eq!(aviary.within(2).await.last().map(String::as_str), Some("said"));
    assert_eq!(aviary.said("one"), Some(aviary.mac("one", "1\n")), "with its line break");
    assert_eq!(aviary.said("two"), Some(aviary.mac("two", "2")));
    assert_eq!(aviary.within(120).await, NONE, "nothing has changed");

    aviary.put("two", "3");
    assert_eq!(aviary.within(45).await, ["said"]);
    assert_eq!(aviary.said("two"), Some(aviary.mac("two", "3")));
    aviary.api.patch_json("secrets", "default", "two", &json!({"metadata": {"annotations": {"touched": "yes"}}}));
    assert_eq!(aviary.within(60).await, NONE, "an annotation is none of its contents");
    let text = format!("{:?}", aviary.api.list_json("parrots"));
    assert!(!text.contains("\"3\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_means_what_the_secret_holds_now() {
    let aviary = Aviary::open("edit");
    aviary.put("one", "1");
    aviary.parrot(&["one"]);
    aviary.within(3).await;
    aviary.put("one", "2");
    aviary.edit(&json!({"secrets": ["one", "one"]}));
    assert_eq!(aviary.within(1).await, ["said"]);
    assert_eq!(aviary.said("one"), Some(aviary.mac("one", "2")));
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_is_named_and_waited_for() {
    let aviary = Aviary::open("missing");
    aviary.parrot(&["one"]);
    assert_eq!(aviary.within(2).await, ["Secret one does not exist in this namespace"]);
    aviary.put("one", "1");
    assert_eq!(aviary.within(45).await, ["said"]);
    aviary.api.delete("secrets", "default", "one");
    assert_eq!(aviary.within(45).await, ["Secret one does not exist in this namespace"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_api_server_is_not_taken_for_a_missing_secret() {
    let aviary = Aviary::open("silence");
    aviary.put("one", "1");
    aviary
        .api
        .on_request(|request, _| if request.resource == "secrets" { api_server::Verdict::Fail(503) } else { api_server::Verdict::Go });
    aviary.parrot(&["one"]);
    let heard = aviary.within(60).await;
    assert!(heard.len() == 1 && heard[0].contains("did not answer"), "{heard:?}");
    aviary.api.no_faults();
    assert_eq!(aviary.within(45).await, ["said"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_for_who_is_suspended_going_or_points_at_nothing() {
    let aviary = Aviary::open("quiet");
    aviary.put("one", "1");
    aviary.parrot(&["one"]);
    aviary.within(30).await;
    assert!(aviary.reads() > 0);
    for quiet in [json!({"suspend": true}), json!({"suspend": false, "secrets": []})] {
        aviary.edit(&quiet);
        aviary.within(30).await;
        aviary.api.clear_requests();
        aviary.within(120).await;
        assert_eq!(aviary.reads(), 0, "{quiet}");
    }
    aviary.edit(&json!({"secrets": ["one"]}));
    aviary.within(30).await;
    aviary.api.clear_requests();
    aviary.api.delete("parrots", "default", aviary.test);
    assert_eq!(aviary.within(60).await, ["Secret one was not read in this pass"]);
    assert_eq!(aviary.reads(), 0);
    assert!(aviary.api.get_json("parrots", "default", aviary.test).is_none());
    let wide = |verb: &Verb| matches!(verb, Verb::List | Verb::Watch);
    assert!(!aviary.api.requests().iter().any(|request| request.resource == "secrets" && wide(&request.verb)));
}
