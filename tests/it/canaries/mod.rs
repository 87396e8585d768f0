//! Secrets do not get out: not into the log at its finest level, not into status, events and numbers, not into what an error prints.
//! `birds` are the secrets, `parrot` is a cloud that repeats what it hears.

pub(crate) mod birds;
mod commands;
mod parrot;
mod types;

use crate::api_server::Verb;
use crate::security_group_membership::{minutes, seconds, web};
use crate::world::commands::COMMANDS;
use crate::world::{CREDENTIALS, MEMBERSHIPS, OWN_NAMESPACE, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use birds::{KEY_SECRET, KEYSTONE_TOKEN, OIDC_TOKEN, PASSWORD, SESSION_TOKEN, TEMPORARY_SECRET, TEMPORARY_TOKEN, none_in};
use cloud_steward::ambient::{Clock, Dice};
use cloud_steward::cli::run::{LogFormat, subscriber};
use cloud_steward::cloud::alibaba::ecs::JoinSecurityGroupRequest;
use cloud_steward::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Source};
use cloud_steward::cloud::alibaba::{self, Alibaba, AlibabaOptions, AssumedRole, EndpointNetwork, TokenSource};
use cloud_steward::cloud::budget::{Budget, Lane, Limits};
use cloud_steward::cloud::client::{CallObserver, FinishedCall, Surroundings};
use cloud_steward::cloud::error::CloudError;
use cloud_steward::cloud::huawei::iam::requests::{Agency, DomainRef, UserRef};
use cloud_steward::cloud::huawei::{self, Huawei, HuaweiOptions, ProjectRef, Provider};
use cloud_steward::cloud::session::{Cloud, Session};
use cloud_steward::cloud::transport::{Transport, TransportOptions};
use cloud_steward::installation::SECRET;
use cloud_steward::operator::KindName;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use parrot::{Form, Mood, Parrot};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use steward_cloudsim::{Edit, Fault, Garble, What};
use tracing::subscriber::DefaultGuard;

/// Everything that this thread logs, as the product writes it at its finest level.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = subscriber("trace", LogFormat::Json, move || writer.clone()).expect("a level");
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("the log").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// ── clients, against a cloud that repeats what it hears ─────────────────────────────────────────────────────

/// Prints what it is told in every way there is.
#[derive(Default)]
struct Gossip(Mutex<String>);

impl Gossip {
    fn told(&self, outcome: Result<(), CloudError>) {
        let Err(error) = outcome else { return };
        let mut text = self.0.lock().expect("the gossip");
        let _ = writeln!(text, "{error} {error:?} {error:#?} {} {}", error.meaning, error.hint);
        let mut cause = error.source();
        while let Some(error) = cause {
            let _ = writeln!(text, "{error} {error:?}");
            cause = error.source();
        }
    }
}

impl CallObserver for Gossip {
    fn finished(&self, call: &FinishedCall) {
        let _ = writeln!(self.0.lock().expect("the gossip"), "{call:?}");
    }

    fn refused(&self, error: &CloudError) {
        self.told(Err(error.clone()));
    }
}

struct Tokens;

impl TokenSource for Tokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, CloudError>> {
        std::future::ready(Ok(SecretString::from(OIDC_TOKEN))).boxed()
    }
}

fn surroundings(transport: &Arc<Transport>, gossip: &Arc<Gossip>) -> Surroundings {
    let clock = Clock::new(|| Timestamp::from_second(1_800_000_000).expect("a time"));
    let throws = AtomicU64::new(0);
    Surroundings {
        tenant: "default/credential".to_owned(),
        transport: Arc::clone(transport),
        budget: Budget::new(clock.clone(), Limits::default()),
        clock,
        // Different each time, and a fraction of next to nothing: nobody waits for a pause.
        dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
        observer: Arc::clone(gossip) as Arc<dyn CallObserver>,
    }
}

fn alibaba_auth(method: &str) -> alibaba::Auth {
    let keys = |token: Option<&str>| alibaba::Keys {
        access_key_id: "key-1".to_owned(),
        access_key_secret: KEY_SECRET.into(),
        security_token: token.map(SecretString::from),
    };
    let role = AssumedRole { arn: "acs:ram::1:role/r".to_owned(), session_name: "steward".to_owned(), duration: None };
    match method {
        "accessKey" => alibaba::Auth::Keys(keys(Some(SESSION_TOKEN))),
        "assumeRole" => alibaba::Auth::AssumeRole { keys: keys(Some(SESSION_TOKEN)), role, external_id: None },
        _ => alibaba::Auth::Oidc { role, oidc_provider_arn: "acs:ram::1:oidc-provider/p".to_owned(), token: Arc::new(Tokens) },
    }
}

async fn through_alibaba(url: &str, method: &str, transport: &Arc<Transport>, gossip: &Arc<Gossip>) {
    let alibaba = Alibaba::new(AlibabaOptions {
        auth: alibaba_auth(method),
        region: "cn-hangzhou".to_owned(),
        network: EndpointNetwork::Public,
        endpoints: ["ecs", "ess", "sts"].map(|service| (service.to_owned(), url.parse().expect("a URL"))).into(),
        around: surroundings(transport, gossip),
    });
    gossip.told(alibaba.get_caller_identity().await.map(drop));
    let session = Session::new(Cloud::Alibaba(alibaba), "1", "cn-hangzhou", Lane::Edit);
    let ecs = session.ecs().expect("it is Alibaba Cloud's");
    let join = JoinSecurityGroupRequest { security_group_id: "sg-1".to_owned(), ..JoinSecurityGroupRequest::default() };
    gossip.told(ecs.join_security_group(join).await.map(drop));
    gossip.told(ecs.instance("i-1").await.map(drop));
    let ess = session.ess().expect("it is Alibaba Cloud's");
    let configuration = Item::read(&with_secrets(), CONFIGURATION, Source::Spec);
    gossip.told(ess.configuration("asc-1").await.map(drop));
    gossip.told(ess.modify_eci_scaling_configuration("asc-1", &configuration, false).await.map(drop));
    gossip.told(ess.create_eci_scaling_configuration("asg-1", &configuration).await.map(drop));
}

/// A configuration as it is sent, with secrets wherever one can be.
fn with_secrets() -> Value {
    json!({
        "imageRegistryCredentials": [{"server": "r", "userName": "u", "password": PASSWORD}],
        "containers": [{"name": "nginx", "environmentVars": [{"key": "TOKEN", "value": SESSION_TOKEN}]}],
        "volumes": [{"name": "keys", "configFileVolumeConfigFileToPath": [{"path": "key", "content": OIDC_TOKEN}]}],
    })
}

fn huawei_auth(method: &str) -> huawei::Auth {
    let keys = || huawei::Proof::AccessKey {
        access_key: "AK1".to_owned(),
        secret_key: KEY_SECRET.into(),
        security_token: Some(SESSION_TOKEN.into()),
    };
    let user = UserRef::Name { name: "alice".to_owned(), domain: DomainRef::Name("acme".to_owned()) };
    let password = || huawei::Proof::Password { user: user.clone(), password: PASSWORD.into() };
    let agency = || Agency { name: "ops".to_owned(), domain: DomainRef::Name("acme".to_owned()) };
    match method {
        "accessKey" => huawei::Auth::Own(keys()),
        "password" => huawei::Auth::Own(password()),
        "agency by key" => huawei::Auth::Agency(keys(), agency()),
        _ => huawei::Auth::Agency(password(), agency()),
    }
}

async fn through_huawei(url: &str, method: &str, transport: &Arc<Transport>, gossip: &Arc<Gossip>) {
    let huawei = Huawei::new(HuaweiOptions {
        provider: Provider::OpenTelekomCloud,
        auth: huawei_auth(method),
        region: "eu-de".to_owned(),
        project: ProjectRef::Name("eu-de".to_owned()),
        endpoints: [("iam".to_owned(), url.parse().expect("a URL"))].into(),
        around: surroundings(transport, gossip),
    });
    let identified = huawei.identify().await;
    if let Ok(caller) = &identified {
        let _ = writeln!(gossip.0.lock().expect("the gossip"), "{caller:?}");
    }
    gossip.told(identified.map(drop));
    gossip.told(huawei.keep_fresh().await);
}

const FORMS: [Form; 5] = [Form::StringToSign, Form::Plain, Form::Json, Form::Encoded, Form::Fields];

fn moods(codes: &'static [(u16, &'static str)]) -> Vec<Mood> {
    let refusals = codes.iter().flat_map(|(status, code)| FORMS.map(|form| Mood::Repeats(*status, code, form)));
    let others = [Mood::Good, Mood::Text(200), Mood::Text(403), Mood::Text(502), Mood::Muddles, Mood::Half];
    refusals.chain(others).collect()
}

const ALIBABA_CODES: &[(u16, &str)] = &[
    (400, "SignatureDoesNotMatch"),
    (400, "IncompleteSignature"),
    (404, "InvalidAccessKeyId.NotFound"),
    (400, "InvalidSecurityToken.Expired"),
    (403, "Forbidden.RAM"),
    (400, "Throttling.User"),
    (500, "InternalError"),
    (418, "Nobody.KnowsThis"),
];
const HUAWEI_CODES: &[(u16, &str)] =
    &[(401, "APIGW.0301"), (401, "401"), (403, "403"), (429, "APIGW.0308"), (500, "500"), (400, "IAM.0011"), (418, "Nobody.0001")];

#[tokio::test]
async fn a_cloud_that_repeats_every_word_gives_no_secret_away() {
    let parrot = Parrot::start();
    let transport = Arc::new(Transport::new(TransportOptions::default()).expect("a socket"));
    let mut heard = String::new();
    let (log, _listening) = Log::listen();
    for (methods, moods) in [
        (&["accessKey", "assumeRole", "oidc"][..], moods(ALIBABA_CODES)),
        (&["accessKey", "password", "agency by key", "agency"], moods(HUAWEI_CODES)),
    ] {
        let alibaba = methods.contains(&"oidc");
        for method in methods {
            for mood in &moods {
                for patience in 0..3 {
                    parrot.will(*mood, patience);
                    let gossip = Arc::new(Gossip::default());
                    if alibaba {
                        through_alibaba(&parrot.url, method, &transport, &gossip).await;
                    } else {
                        through_huawei(&parrot.url, method, &transport, &gossip).await;
                    }
                    let place = format!("alibaba: {alibaba}, {method}, {mood:?} after {patience}");
                    none_in(&place, &gossip.0.lock().expect("the gossip"));
                    none_in(&place, &log.text());
                    log.0.lock().expect("the log").clear();
                    heard.push_str(&parrot.heard());
                }
            }
        }
    }
    for secret in [SESSION_TOKEN, OIDC_TOKEN, TEMPORARY_TOKEN, PASSWORD, KEYSTONE_TOKEN] {
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let json = serde_json::to_string(secret).expect("text");
        assert!(
            heard.contains(secret) || heard.contains(&encoded) || heard.contains(json.trim_matches('"')),
            "{secret} was never sent at all"
        );
    }
}

// ── the whole operator, through everything that can go wrong ────────────────────────────────────────────────

fn seed() -> String {
    let seed = json!({
        "accounts": [{
            "id": "1234567890123456",
            "keys": [
                {"id": "key-1", "secret": KEY_SECRET},
                {"id": "STS.1", "secret": TEMPORARY_SECRET, "securityToken": TEMPORARY_TOKEN, "expires": "2027-11-22T00:00:00Z", "role": "ops"},
            ],
            "roles": [{"name": "ops"}],
        }],
        "regions": ["cn-hangzhou"],
        "securityGroups": [{"id": "sg-base", "vpc": "vpc-1"}, {"id": "sg-web", "vpc": "vpc-1"}],
        "instances": {"count": 99, "prefix": "i-", "groups": ["sg-base"]},
        "scalingGroups": [{"id": "asg-1"}],
        "scalingConfigurations": [{"id": "asc-1", "group": "asg-1", "configuration": {"Containers": [{"Name": "nginx", "Image": "nginx:1"}]}}],
        "huawei": {"domains": [{
            "id": "d1", "name": "acme",
            "users": [{"id": "u1", "name": "alice", "password": PASSWORD, "keys": [{"access": "AK1", "secret": KEY_SECRET}]}],
            "projects": [{"id": "p1", "name": "eu-de", "region": "eu-de"}],
        }]},
    });
    let lines = seed.as_object().expect("a map").iter().map(|(key, value)| format!("{key}: {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Name, what its Secret holds, and the rest of its spec.
fn credentials() -> Vec<(&'static str, Value, Value)> {
    let at = |provider: &str, region: &str, auth: Value| json!({"provider": provider, "region": region, "auth": auth});
    let alibaba = |auth| at("AlibabaCloud", "cn-hangzhou", auth);
    let otc = |auth| at("OpenTelekomCloud", "eu-de", auth);
    let named = |name: &str| json!({"secretRef": {"name": name}});
    let role = json!({"secretRef": {"name": "role"}, "roleArn": "acs:ram::1234567890123456:role/ops"});
    let agency = json!({"secretRef": {"name": "agency"}, "agencyName": "ops", "domainName": "acme"});
    let password = json!({"secretRef": {"name": "password"}, "userName": "alice", "domainName": "acme"});
    vec![
        ("keys", json!({"accessKeyId": "key-1", "accessKeySecret": KEY_SECRET}), alibaba(json!({"accessKey": named("keys")}))),
        (
            "temporary",
            json!({"accessKeyId": "STS.1", "accessKeySecret": TEMPORARY_SECRET, "securityToken": TEMPORARY_TOKEN}),
            alibaba(json!({"accessKey": named("temporary")})),
        ),
        (
            "role",
            json!({"accessKeyId": "STS.1", "accessKeySecret": TEMPORARY_SECRET, "securityToken": TEMPORARY_TOKEN}),
            alibaba(json!({"assumeRole": role})),
        ),
        ("signed", json!({"accessKey": "AK1", "secretKey": KEY_SECRET}), otc(json!({"accessKey": named("signed")}))),
        ("password", json!({"password": PASSWORD}), otc(json!({"password": password}))),
        ("agency", json!({"accessKey": "AK1", "secretKey": KEY_SECRET, "securityToken": SESSION_TOKEN}), otc(json!({"agency": agency}))),
    ]
}

fn secret(world: &World, name: &str, values: &Value) {
    world.api.create_json(json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "default", "name": name}, "stringData": values,
    }));
}

fn point_at(world: &World, url: &str) {
    for (name, ..) in credentials() {
        let services = if ["keys", "temporary", "role"].contains(&name) { ["ecs", "ess", "sts"].as_slice() } else { &["iam"] };
        let endpoints: Vec<Value> = services.iter().map(|service| json!({"service": service, "url": url})).collect();
        world.api.patch_json(CREDENTIALS, "default", name, &json!({"spec": {"endpoints": endpoints}}));
    }
}

/// A configuration that takes all of its secrets from the Secret `app`.
fn configuration(world: &World) {
    let from = |key: &str| json!({"secretKeyRef": {"name": "app", "key": key}});
    let file = json!({"path": "key", "contentFrom": from("file")});
    let configuration = json!({
        "imageRegistryCredentials": [{"server": "r", "userName": "u", "passwordSecretRef": {"name": "app", "key": "password"}}],
        "containers": [{"name": "nginx", "environmentVars": [{"key": "TOKEN", "valueFrom": from("token")}]}],
        "volumes": [{"name": "keys", "type": "ConfigFileVolume", "configFileVolumeConfigFileToPath": [file]}],
    });
    world.api.create_json(json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "EciScalingConfig", "metadata": {"namespace": "default", "name": "web"},
        "spec": {"credentialRef": {"name": "keys"}, "scalingConfigurationId": "asc-1", "configuration": configuration},
    }));
}

fn ask_anew(world: &mut World, number: usize) {
    // Other values each time, so that they have to be sent.
    let values =
        [("password", PASSWORD), ("token", SESSION_TOKEN), ("file", OIDC_TOKEN)].map(|(key, value)| (key, format!("{number} {value}")));
    let values: serde_json::Map<String, Value> = values.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    world.api.patch_json("secrets", "default", "app", &json!({"stringData": values}));
    for (name, ..) in credentials() {
        let asked = json!({"metadata": {"annotations": {"reconcile.cloudsteward.dev/requestedAt": number.to_string()}}});
        world.api.patch_json(CREDENTIALS, "default", name, &asked);
    }
    for name in ["keys", "temporary", "role"] {
        let (one, other) = (format!("i-{:02}", 2 * number + 1), format!("i-{:02}", 2 * number + 2));
        world.edit(name, &json!({"targets": {"instanceIds": [one, other]}}));
    }
}

/// Everything that is not a Secret.
fn shown(world: &World) -> String {
    let mut text = String::new();
    for resource in SHOWN {
        for object in world.api.list_json(resource) {
            let _ = writeln!(text, "{resource} {object}");
        }
    }
    text
}

const CONFIGURATIONS: &str = "eciscalingconfigs";
const SHOWN: [&str; 9] = [
    COMMANDS,
    CREDENTIALS,
    CONFIGURATIONS,
    MEMBERSHIPS,
    "events.events.k8s.io",
    "leases",
    "namespaces",
    "configmaps",
    "customresourcedefinitions",
];

/// The key that steward has made itself, in the forms in which it may be written.
fn installation_key(world: &World) -> [String; 3] {
    let secret = world.api.get_json("secrets", OWN_NAMESPACE, SECRET).expect("the installation's key");
    let encoded = secret["data"]["hmac"].as_str().expect("a key").to_owned();
    let key = STANDARD.decode(&encoded).expect("base64");
    let hex = key.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    [encoded, hex, format!("{key:?}")]
}

#[track_caller]
fn nothing_got_out(world: &World, log: &Log, step: &str) {
    let on_secrets = world.api.requests().into_iter().filter(|request| request.resource == "secrets" && request.verb != Verb::Get);
    let on_secrets: Vec<_> = on_secrets.map(|request| (request.verb, request.namespace)).collect();
    assert_eq!(on_secrets, [(Verb::Create, OWN_NAMESPACE.to_owned())], "{step}: one Secret is steward's own");
    for write in world.writes().into_iter().filter(|write| write != "Create secrets/ ") {
        assert!(
            SHOWN.iter().any(|resource| write.contains(resource.split('.').next().unwrap_or_default())),
            "{write} is looked at nowhere"
        );
    }
    let text = log.text();
    assert!(!text.contains("panicked: this is a bug"), "{step}: {text}");
    for (place, text) in [("objects", &shown(world)), ("numbers", &world.numbers()), ("log", &text)] {
        none_in(&format!("{place}, {step}"), text);
        for key in installation_key(world) {
            assert!(!text.contains(&key), "the installation's key is in the {place}, {step}");
        }
    }
    log.0.lock().expect("the log").clear();
}

#[test]
fn whatever_goes_wrong_no_secret_is_in_log_status_events_or_numbers() {
    let (log, _listening) = Log::listen();
    let mut world = World::empty(&seed());
    world.configure(|config| config.kinds.push(KindName::EciScalingConfig));
    world.show_numbers();
    for (name, values, spec) in credentials() {
        secret(&world, name, &values);
        world.api.create_json(json!({
            "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"namespace": "default", "name": name}, "spec": spec,
        }));
    }
    let url = world.cloud.url();
    point_at(&world, &url);
    for name in ["keys", "temporary", "role"] {
        let mut spec = web(&["i-01"]);
        spec["credentialRef"] = json!({"name": name});
        world.membership(name, &spec);
    }
    secret(&world, "app", &json!({"password": PASSWORD, "token": SESSION_TOKEN, "file": OIDC_TOKEN}));
    configuration(&world);
    world.start();
    world.pass(minutes(1));
    for name in ["keys", "temporary", "signed", "password"] {
        assert_eq!(world.credential_ready(name), "True/InSync", "{name}");
    }
    let configuration = world.api.get_json(CONFIGURATIONS, "default", "web").expect("it exists")["status"].clone();
    assert_eq!(configuration["secrets"].as_array().map(Vec::len), Some(3), "{configuration:#}");
    nothing_got_out(&world, &log, "all is well");

    let error = |status, code: &str| {
        let message = format!(
            "no. server string to sign is: x-acs-security-token:{TEMPORARY_TOKEN} {KEY_SECRET}, \"password\":{}",
            serde_json::to_string(PASSWORD).expect("text")
        );
        What::Error { status, code: code.to_owned(), message, envelope: None, encoded_authorization_message: None }
    };
    let faults = [
        error(400, "SignatureDoesNotMatch"),
        error(403, "Forbidden.RAM"),
        error(400, "InvalidSecurityToken.Expired"),
        error(500, "InternalError"),
        error(401, "APIGW.0301"),
        error(418, "Nobody.KnowsThis"),
        What::Throttle,
        What::Garble(Garble::Html),
        What::Garble(Garble::Half),
        What::Reset,
        What::Timeout(None),
    ];
    for (number, what) in faults.into_iter().enumerate() {
        world.cloud.fault(Fault::on("*", what.clone()).forever());
        ask_anew(&mut world, number);
        world.pass(minutes(2));
        nothing_got_out(&world, &log, &format!("{what:?}"));
        world.cloud.clear_faults();
        world.pass_in_steps(minutes(11), seconds(5));
        nothing_got_out(&world, &log, &format!("after {what:?}"));
    }

    let parrot = Parrot::start();
    let moods = FORMS.map(|form| Mood::Repeats(400, "SignatureDoesNotMatch", form));
    let moods =
        moods.into_iter().chain([Mood::Repeats(403, "403", Form::Fields), Mood::Text(200), Mood::Text(502), Mood::Muddles, Mood::Half]);
    point_at(&world, &parrot.url);
    for (number, mood) in moods.enumerate() {
        parrot.will(mood, number % 4);
        ask_anew(&mut world, 20 + number);
        world.pass(seconds(90));
        assert!(!parrot.heard().is_empty(), "{mood:?} was never met");
        nothing_got_out(&world, &log, &format!("{mood:?}"));
    }
    point_at(&world, &url);

    // Secrets that are wrong, missing, of another form; keys that were changed; credentials that go.
    world.cloud.edit(Edit::rotate("key-1", "another")).expect("a rotation");
    ask_anew(&mut world, 40);
    world.pass(minutes(1));
    nothing_got_out(&world, &log, "the key is no longer good");
    for (name, values, _) in credentials() {
        let swapped: serde_json::Map<String, Value> =
            values.as_object().expect("values").keys().map(|key| (key.clone(), json!(format!("{PASSWORD}\n{KEY_SECRET}")))).collect();
        world.api.patch_json("secrets", "default", name, &json!({"stringData": swapped}));
    }
    world.pass(minutes(1));
    nothing_got_out(&world, &log, "everything is in the wrong place, with a line break");
    for (name, ..) in credentials() {
        world.api.delete("secrets", "default", name);
    }
    world.pass(minutes(1));
    nothing_got_out(&world, &log, "the Secrets are gone");
    for (name, values, _) in credentials() {
        secret(&world, name, &values);
    }
    world.pass(minutes(1));
    for (name, ..) in credentials() {
        world.api.delete(CREDENTIALS, "default", name);
        world.api.delete("secrets", "default", name);
    }
    world.pass(minutes(1));
    for name in ["keys", "temporary", "role"] {
        world.delete(name);
    }
    world.api.delete(CONFIGURATIONS, "default", "web");
    world.pass(minutes(5));
    nothing_got_out(&world, &log, "all go");
}
