//! Each field by itself, from spec over a real socket into the simulator, to its place there, and back without drift; by a Modify and by a Create.

use crate::table::{Field, Kind, fields, place};
use crate::tree::{Level, Names, Seen, read, write};
use cloud_steward::ambient::{Clock, Dice};
use cloud_steward::api::paths::Paths;
use cloud_steward::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Source, Value as Said};
use cloud_steward::cloud::alibaba::{Alibaba, AlibabaOptions, Auth, EndpointNetwork, Keys};
use cloud_steward::cloud::budget::{Budget, Lane, Limits};
use cloud_steward::cloud::client::{CallObserver, FinishedCall, Surroundings};
use cloud_steward::cloud::session::{Cloud, Session};
use cloud_steward::cloud::transport::{Transport, TransportOptions};
use cloud_steward::kinds::eci_scaling_config::difference::{Difference, Question, difference};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use steward_cloudsim::{Clock as Time, Options, Simulator};
use url::Url;

const SEED: &str = r#"
accounts: [{id: "1", keys: [{id: key-1, secret: secret-1}]}]
regions: [cn-hangzhou]
settings: {strictParameters: true, configurationsPerGroup: 1000, limits: {ModifyEciScalingConfiguration: 10000}}
scalingGroups: [{id: asg-1}]
"#;

struct Deaf;

impl CallObserver for Deaf {
    fn finished(&self, _: &FinishedCall) {}
}

fn simulator() -> Simulator {
    let start: Timestamp = "2026-11-22T08:00:00Z".parse().expect("a time");
    let options = Options { seed: SEED.to_owned(), clock: Time::Manual(start), ..Options::default() };
    Simulator::start(options).expect("the simulator starts")
}

/// With a budget of its own.
fn session(simulator: &Simulator) -> Session {
    let now = simulator.now();
    let clock = Clock::new(move || now);
    let throws = Arc::new(AtomicU64::new(u64::from(rand())));
    let url = Url::parse(&simulator.url()).expect("a url");
    let alibaba = Alibaba::new(AlibabaOptions {
        auth: Auth::Keys(Keys {
            access_key_id: "key-1".to_owned(),
            access_key_secret: SecretString::from("secret-1"),
            security_token: None,
        }),
        region: "cn-hangzhou".to_owned(),
        network: EndpointNetwork::Public,
        endpoints: [("ess".to_owned(), url)].into(),
        around: Surroundings {
            tenant: "default/credential".to_owned(),
            transport: Arc::new(Transport::new(TransportOptions::default()).expect("a transport")),
            budget: Budget::new(clock.clone(), Limits::default()),
            clock,
            dice: Dice::new(move || u128::from(throws.fetch_add(1, Ordering::SeqCst)).to_be_bytes()),
            observer: Arc::new(Deaf),
        },
    });
    Session::new(Cloud::Alibaba(alibaba), "1", "cn-hangzhou", Lane::Edit)
}

/// Begins elsewhere each time: a nonce counts once.
fn rand() -> u32 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    u32::try_from(NEXT.fetch_add(1_000, Ordering::SeqCst)).expect("few sessions")
}

/// The way to each field: places, one in another.
fn ways(fields: &[Field]) -> Vec<Vec<usize>> {
    let below = |place: usize, field: &Field| match &field.kind {
        Kind::Entries { fields, .. } => ways(fields).into_iter().map(|way| [vec![place], way].concat()).collect(),
        _ => vec![vec![place]],
    };
    fields.iter().enumerate().flat_map(|(place, field)| below(place, field)).collect()
}

/// `Containers[].Image`, as the list of fields has it.
fn name(way: &[usize], fields: &[Field]) -> String {
    let [place, rest @ ..] = way else { return String::new() };
    let field = &fields[*place];
    match &field.kind {
        Kind::Entries { fields, .. } => format!("{}[].{}", field.request, name(rest, fields)),
        Kind::Texts => format!("{}[]", field.request),
        _ => field.request.clone(),
    }
}

/// A spec of this field alone, with the keys of the entries that it is in.
fn alone(way: &[usize], fields: &[Field], number: usize) -> Level {
    let [place, rest @ ..] = way else { return Level::new() };
    let seen = match &fields[*place].kind {
        Kind::Entries { key, fields } => {
            let mut entry: Level = key.iter().map(|place| (*place, value(&fields[*place], 1))).collect();
            // There is no login without a password.
            entry.extend(
                fields.iter().enumerate().filter(|(_, field)| matches!(field.kind, Kind::Secret)).map(|(place, _)| (place, a_password())),
            );
            entry.extend(alone(rest, fields, number));
            Seen::Entries(vec![entry])
        }
        _ => value(&fields[*place], number),
    };
    [(*place, seen)].into()
}

fn value(field: &Field, number: usize) -> Seen {
    let schema = &field.schema;
    let word = schema["enum"].as_array().and_then(|words| words.iter().rfind(|word| word.as_str().is_some_and(|word| !word.is_empty())));
    let most = schema["maximum"].as_u64().unwrap_or(u64::MAX);
    Seen::One(match &field.kind {
        Kind::Secret => return a_password(),
        Kind::Texts => return Seen::Texts(vec![format!("{number} of"), "two".to_owned()]),
        Kind::Flag => json!(true),
        Kind::Whole => json!(most.min(number as u64 + 20)),
        Kind::Number => json!(0.5 + f64::from(u32::try_from(number).expect("153 fields"))),
        Kind::Text | Kind::Entries { .. } => match word {
            Some(word) => word.clone(),
            None if field.name == "flexVolume.options" => json!(format!(r#"{{"number": {number}}}"#)),
            None => json!(format!("no. {number} & so on")),
        },
    })
}

/// How they differ; passwords have been sent as they are, or have not.
fn compare(spec: &Value, observed: &Item, sent: bool) -> Difference {
    let servers = spec["imageRegistryCredentials"].as_array().into_iter().flatten().filter_map(|one| one["server"].as_str());
    difference(&Question {
        desired: &Item::read(spec, CONFIGURATION, Source::Spec),
        observed,
        owned: &Paths::default(),
        exclusive: false,
        allow_override: false,
        sent: &servers.filter(|_| sent).map(|server| format!("imageRegistryCredentials[{server}].password")).collect(),
        secret: &BTreeSet::new(),
    })
}

/// What the simulator holds, by the names of a Modify.
fn held(simulator: &Simulator, id: &str) -> Level {
    let state = simulator.state();
    let all = state["scalingConfigurations"].as_array().expect("a list");
    let one = all.iter().find(|one| one["id"] == id).unwrap_or_else(|| unreachable!("{id} is there"));
    read(&one["configuration"], fields(), Names::Cloud)
}

/// What it should hold: the state shows no password.
fn shown(spec: &Level, beside: &[(&str, Value)]) -> Level {
    let mut level = spec.clone();
    for entry in level.values_mut().filter_map(|seen| if let Seen::Entries(entries) = seen { Some(entries) } else { None }).flatten() {
        for seen in entry.values_mut().filter(|seen| **seen == a_password()) {
            *seen = Seen::One(json!("(secret)"));
        }
    }
    for (name, value) in beside {
        level.entry(place(fields(), name)).or_insert_with(|| Seen::One(value.clone()));
    }
    level
}

const PASSWORD: &str = "a password";

fn a_password() -> Seen {
    Seen::One(json!(PASSWORD))
}

/// Each field, its name and a spec of it alone.
fn specs() -> Vec<(String, Level)> {
    let spec = |(number, way): (usize, &Vec<usize>)| {
        let name = name(way, fields());
        let mut spec = alone(way, fields(), number + 2);
        if name == "SpotPriceLimit" {
            spec.insert(place(fields(), "SpotStrategy"), Seen::One(json!("SpotWithPriceLimit")));
        }
        (name, spec)
    };
    ways(fields()).iter().enumerate().map(spec).collect()
}

fn password(observed: &Item) -> String {
    match observed.entries("imageRegistryCredentials").first().and_then(|entry| entry.get("password")) {
        Some(Said::Secret(password)) => password.expose_secret().to_owned(),
        _ => String::new(),
    }
}

#[tokio::test]
async fn each_field_goes_by_a_modify_to_its_place_and_comes_back_without_drift() {
    let simulator = simulator();
    let specs = specs();
    assert_eq!(specs.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), 153);
    for (number, (name, spec)) in specs.iter().enumerate() {
        let id = format!("asc-{number}");
        let seed = format!("scalingConfigurations: [{{id: {id}, group: asg-1}}]");
        simulator.seed(&seed).expect("a configuration can be laid");
        let session = session(&simulator);
        let ess = session.ess().expect("a cloud with scaling");
        let json = write(spec, fields(), Names::Spec);
        let before = ess.configuration(&id).await.expect("it can be read").expect("it is there");
        let found = compare(&json, &before.configuration, false);
        ess.modify_eci_scaling_configuration(&id, &found.call, found.overrides).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(held(&simulator, &id), shown(spec, &[("ScalingConfigurationName", json!(id))]), "{name}");
        let after = ess.configuration(&id).await.expect("it can be read").expect("it is there").configuration;
        let left = compare(&json, &after, true);
        assert!(left.changes.is_empty() && left.call.is_empty(), "{name}: {:?}", left.changes);
        assert_eq!(password(&after) == PASSWORD, name.starts_with("ImageRegistryCredentials"), "{name}");
    }
}

#[tokio::test]
async fn each_field_goes_by_a_create_to_its_place_and_comes_back_without_drift() {
    let simulator = simulator();
    for (name, spec) in specs() {
        let session = session(&simulator);
        let ess = session.ess().expect("a cloud with scaling");
        let json = write(&spec, fields(), Names::Spec);
        let item = Item::read(&json, CONFIGURATION, Source::Spec);
        let id = ess.create_eci_scaling_configuration("asg-1", &item).await.unwrap_or_else(|error| panic!("{name}: {error:?}")).id;
        // What the cloud puts in where a Create says nothing.
        let mut beside = vec![
            ("ScalingConfigurationName", json!(id)),
            ("RestartPolicy", json!("Always")),
            ("SpotStrategy", json!("NoSpot")),
            ("SecurityGroupId", json!("sg-default-cn-hangzhou")),
            ("LoadBalancerWeight", json!(50)),
        ];
        if name == "AutoCreateEip" {
            beside.push(("EipBandwidth", json!(5)));
        }
        assert_eq!(held(&simulator, &id), shown(&spec, &beside), "{name}");
        let after = ess.configuration(&id).await.expect("it can be read").expect("it is there").configuration;
        let left = compare(&json, &after, true);
        assert!(left.changes.is_empty() && left.call.is_empty(), "{name}: {:?}", left.changes);
        assert_eq!(password(&after) == PASSWORD, name.starts_with("ImageRegistryCredentials"), "{name}");
    }
}
