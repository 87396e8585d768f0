//! Steward and the cloud without a wire between them: what is remembered from look to look is what `plan` remembers, what a call says goes through
//! the product's writer into the simulator's reader, and what the simulator answers is read by the product. Only whether it is time for a call is
//! nobody's question here.

use crate::guess::{Manners, Policies};
use crate::proof::text_of;
use crate::table::{Field, Kind, fields, place};
use crate::tree::{Level, Names, Seen, first_level, has_a_price_limit, key, read, write};
use cloud_steward::api::EciScalingConfig;
use cloud_steward::api::eci_scaling_config::EciScalingConfigStatus;
use cloud_steward::api::eci_scaling_config::status::SecretPrint;
use cloud_steward::api::paths::Paths;
use cloud_steward::cloud::alibaba::ess::configuration::{self as product, CONFIGURATION, Item, Source};
use cloud_steward::cloud::alibaba::ess::{MODIFY_ECI_SCALING_CONFIGURATION, requests};
use cloud_steward::cloud::error::{Acted, Class, CloudError, Explanation};
use cloud_steward::kinds::eci_scaling_config::EciScalingStep;
use cloud_steward::kinds::eci_scaling_config::difference::{ABSENT, Change, Difference, PRESENT};
use cloud_steward::kinds::eci_scaling_config::progress::{self, Look, Wanted};
use cloud_steward::reconcile::kind::{Kind as _, Receipt};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use steward_cloudsim::SettingsSeed;
use steward_cloudsim::ess::Configuration;

pub(crate) struct Cloud {
    one: Configuration,
    manners: Manners,
    /// What answers carry on top, by path, as far as it says something.
    pub(crate) novelties: BTreeMap<String, Value>,
}

/// What a call said, by parameter.
pub(crate) type Said = BTreeMap<String, String>;

impl Cloud {
    pub(crate) fn new(there: &Level, novelties: &[(u8, u8)], manners: Manners) -> Self {
        let settings = SettingsSeed {
            empty_fields: Some(manners.empty_fields),
            list_order: Some(manners.list_order),
            passwords: Some(manners.passwords),
            empty_strings: Some(manners.empty_strings),
            strict_parameters: Some(true),
            ..SettingsSeed::default()
        };
        let holds = first_level(write(there, fields(), Names::Cloud));
        let one = Configuration::new(holds, BTreeMap::new(), &settings).expect("what is generated can be laid");
        let mut cloud = Self { one, manners, novelties: BTreeMap::new() };
        let mut places = vec![String::new()];
        objects(&cloud.one.describe(), "", &mut places);
        for (place, what) in novelties {
            let all = [json!({"a": [0, "b"]}), json!(1), json!(""), Value::Null, json!(0), json!([{}])];
            let path = format!("{}Novelty", places[usize::from(*place) % places.len()]);
            cloud.novelties.insert(path, all[usize::from(*what) % all.len()].clone());
        }
        cloud.one.edit(BTreeMap::new(), cloud.novelties.clone()).expect("answers may carry anything");
        cloud.novelties.retain(|_, what| *what == json!(1) || *what == json!({"a": [0, "b"]}));
        cloud
    }

    /// What it holds, as far as anybody could see it.
    pub(crate) fn holds(&self) -> Level {
        let mut holds = read(&self.one.holds(), fields(), Names::Cloud);
        if !has_a_price_limit(&holds) {
            holds.remove(&place(fields(), "SpotPriceLimit"));
        }
        holds
    }

    pub(crate) fn answer(&mut self) -> Value {
        let mut answer = self.one.describe();
        if self.manners.numbers_as_texts {
            numbers_as_texts(&mut answer);
        }
        answer
    }

    pub(crate) fn edit(&mut self, tops: &Level) {
        self.one.edit(first_level(write(tops, fields(), Names::Cloud)), BTreeMap::new()).expect("what is generated can be laid");
    }

    /// Whether it takes the empty text that is wanted here for nothing said.
    fn is_deaf_to(&self, change: &Change) -> bool {
        self.manners.is_deaf(change.path.names().len(), &change.desired)
    }

    fn modify(&mut self, parameters: Said) -> Result<(), String> {
        // What nobody knows goes with the list that it was in.
        let gone = self.novelties.keys().filter(|path| path.split_once('.').is_some_and(|(top, _)| is_said(&parameters, top)));
        let gone: BTreeMap<String, Value> = gone.map(|path| (path.clone(), Value::Null)).collect();
        self.one.modify(parameters)?;
        self.novelties.retain(|path, _| !gone.contains_key(path));
        self.one.edit(BTreeMap::new(), gone).map_err(|error| error.to_string())
    }
}

/// Whether a call says anything about this field of the configuration.
pub(crate) fn is_said(said: &Said, request: &str) -> bool {
    said.keys().any(|name| name.split('.').next() == Some(request))
}

fn objects(answer: &Value, path: &str, into: &mut Vec<String>) {
    for (name, list) in answer.as_object().into_iter().flatten() {
        for (number, entry) in list.as_array().into_iter().flatten().enumerate().filter(|(_, entry)| entry.is_object()) {
            let path = format!("{path}{name}.{}.", number + 1);
            objects(entry, &path, into);
            into.push(path);
        }
    }
}

fn numbers_as_texts(json: &mut Value) {
    match json {
        Value::Number(number) => *json = Value::String(number.to_string()),
        Value::Array(list) => list.iter_mut().for_each(numbers_as_texts),
        // What says nothing as a number would say something as a text.
        Value::Object(map) => map.iter_mut().filter(|(name, _)| *name != "Novelty").for_each(|(_, value)| numbers_as_texts(value)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What steward remembers of one configuration, as the product remembers it.
#[derive(Default)]
pub(crate) struct Steward {
    status: EciScalingConfigStatus,
    generation: i64,
    /// Looks so far; between two of them lies a minute.
    minutes: i64,
}

/// What came of a spec.
pub(crate) struct Settled {
    pub(crate) calls: Vec<Said>,
    /// The difference that is left.
    pub(crate) left: Difference,
}

/// A spec, and what is known of its values from Secrets.
struct Spec {
    item: Item,
    prints: Vec<SecretPrint>,
}

impl Spec {
    fn new(level: &Level, policies: Policies) -> Self {
        let json = write(level, fields(), Names::Spec);
        let mut spec = Self { item: Item::read(&json, CONFIGURATION, Source::Spec), prints: Vec::new() };
        for (path, value) in values_from_secrets(level, fields(), &[], policies.from_secrets) {
            spec.item.put(CONFIGURATION, &path, product::Value::Secret(value.clone().into()));
            // Who only compares needs no HMAC.
            spec.prints.push(SecretPrint { path: text_of(&path), hmac: value });
        }
        spec
    }

    fn wanted(&self, policies: Policies) -> Wanted<'_> {
        Wanted { item: &self.item, prints: &self.prints, exclusive: policies.exclusive, allow_override: policies.allow_override }
    }
}

/// Passwords always come from Secrets, values of variables and contents of files if `all` do.
fn values_from_secrets(level: &Level, fields: &[Field], path: &[String], all: bool) -> Vec<(Vec<String>, String)> {
    let mut values = Vec::new();
    for (place, seen) in level {
        let field = &fields[*place];
        let path = [path, std::slice::from_ref(&field.name)].concat();
        match (seen, &field.kind) {
            (Seen::Entries(entries), Kind::Entries { key: keys, fields }) => {
                for entry in entries {
                    let path = [&path[..], &[key(entry, keys, fields)]].concat();
                    values.extend(values_from_secrets(entry, fields, &path, all));
                }
            }
            (Seen::One(Value::String(value)), kind) => {
                let may = path.len() > 4 && field.name == "value" || field.name == "content";
                if matches!(kind, Kind::Secret) || all && may {
                    values.push((path, value.clone()));
                }
            }
            _ => {}
        }
    }
    values
}

impl Steward {
    pub(crate) fn owned(&self) -> Paths {
        progress::owned(&self.status)
    }

    /// Looks, and says what there is to say, until there is nothing.
    pub(crate) fn settle(&mut self, cloud: &mut Cloud, spec: &Level, policies: Policies) -> Result<Settled, String> {
        let spec = Spec::new(spec, policies);
        let mut calls: Vec<Said> = Vec::new();
        let mut may_fail = policies.first_call_fails;
        self.generation += 1;
        loop {
            self.minutes += 1;
            let look = Look { generation: self.generation, now: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(self.minutes) };
            let left = self.compare(&spec, &cloud.answer(), policies)?;
            progress::learn(&mut self.status, &left, look);
            progress::keep_prints(&mut self.status, &left, &spec.prints);
            let due: Vec<&Change> = left.sayable().collect();
            if due.is_empty() && !left.call.is_empty() {
                return Err("a call that nothing needs".to_owned());
            }
            if due.is_empty() || !calls.is_empty() && due.iter().all(|change| cloud.is_deaf_to(change)) {
                return Ok(Settled { calls, left });
            }
            if !calls.is_empty() {
                let changes: Vec<_> =
                    left.changes.iter().map(|change| format!("{}: {} -> {}", change.path, change.observed, change.desired)).collect();
                return Err(format!("one call was not enough: after {:?} there is {changes:?}", calls[0]));
            }
            let content = Arc::new(progress::begin(&mut self.status, &due, &left, &spec.prints, look));
            let call: Said = requests::modify("asc-1", &content.item, left.overrides).into_iter().collect();
            let step = EciScalingStep::Modify { id: "asc-1".to_owned(), content, overrides: left.overrides };
            if std::mem::take(&mut may_fail) {
                let refused = Explanation { acted: Acted::No, ..Explanation::of(Class::Unavailable, "", "") };
                let refused = CloudError::explained(MODIFY_ECI_SCALING_CONFIGURATION, &refused);
                EciScalingConfig::note(&mut self.status, &step, Err(&refused), look.now);
                continue;
            }
            cloud.modify(call.clone()).map_err(|code| format!("the cloud refuses {call:?}: {code}"))?;
            let receipt = Receipt { request_id: None, external_id: "asc-1".to_owned(), changed: true, outcome: "modified" };
            EciScalingConfig::note(&mut self.status, &step, Ok(&receipt), look.now);
            calls.push(call);
        }
    }

    fn compare(&self, spec: &Spec, answer: &Value, policies: Policies) -> Result<Difference, String> {
        let ask = || progress::compare(&self.status, &spec.wanted(policies), &Item::read(answer, CONFIGURATION, Source::Answer));
        let (one, other) = (ask(), ask());
        let said = |difference: &Difference| requests::modify("asc-1", &difference.call, difference.overrides);
        if said(&one) != said(&other) || one.changes != other.changes || one.sets != other.sets {
            return Err("the same question has two answers".to_owned());
        }
        let is_secret = |path: &str| spec.prints.iter().chain(&self.status.secrets).any(|print| print.path == path);
        let hides = |shown: &str| ["(hidden)", ABSENT, PRESENT].contains(&shown);
        match one.changes.iter().find(|change| is_secret(change.path.as_str()) && !(hides(&change.desired) && hides(&change.observed))) {
            Some(change) => Err(format!("{} comes from a Secret and is shown: {change:?}", change.path)),
            None => Ok(one),
        }
    }
}

/// Everything that spec names is known to have been sent.
pub(crate) fn knows_passwords(spec: &Level) -> Steward {
    let secrets = Spec::new(spec, Policies::default()).prints;
    Steward { status: EciScalingConfigStatus { secrets, ..EciScalingConfigStatus::default() }, ..Steward::default() }
}
