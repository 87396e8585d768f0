//! Steward and the cloud without a wire between them: the difference is asked for as `plan` asks for it, what it wants to say goes through the
//! product's writer into the simulator's reader, and what the simulator answers is read by the product.

use crate::guess::{Manners, Policies};
use crate::table::{fields, place};
use crate::tree::{Level, Names, first_level, has_a_price_limit, read, write};
use cloud_steward::api::paths::Paths;
use cloud_steward::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Source};
use cloud_steward::cloud::alibaba::ess::requests;
use cloud_steward::kinds::eci_scaling_config::difference::{Difference, Question, difference};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
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
        Value::Object(map) => map.values_mut().for_each(numbers_as_texts),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What steward remembers of one configuration.
#[derive(Default)]
pub(crate) struct Steward {
    pub(crate) owned: Paths,
    /// Passwords by path, as they were sent last.
    pub(crate) passwords: BTreeMap<String, String>,
}

/// What came of a spec.
pub(crate) struct Settled {
    pub(crate) calls: Vec<Said>,
    /// The difference that is left.
    pub(crate) left: Difference,
}

impl Steward {
    /// Looks, and says what there is to say, until there is nothing.
    pub(crate) fn settle(&mut self, cloud: &mut Cloud, spec: &Level, policies: Policies) -> Result<Settled, String> {
        let mut sets = Paths::default();
        let mut calls = Vec::new();
        let mut may_fail = policies.first_call_fails;
        let json = write(spec, fields(), Names::Spec);
        let wanted = passwords(&json);
        loop {
            let answer = cloud.answer();
            let left = self.compare(&json, &answer, &sets, policies)?;
            self.owned = left.owned(&self.owned, &sets);
            if left.sayable().next().is_none() {
                self.passwords.retain(|path, _| wanted.contains_key(path));
                return if left.call.is_empty() { Ok(Settled { calls, left }) } else { Err("a call that nothing needs".to_owned()) };
            }
            let call: Said = requests::modify("asc-1", &left.call, left.overrides).into_iter().collect();
            if std::mem::take(&mut may_fail) {
                continue;
            }
            if !calls.is_empty() {
                let changes: Vec<_> =
                    left.changes.iter().map(|change| format!("{}: {} -> {}", change.path, change.observed, change.desired)).collect();
                return Err(format!("one call was not enough: after {:?} there is {changes:?} and would be {call:?}", calls[0]));
            }
            cloud.modify(call.clone()).map_err(|code| format!("the cloud refuses {call:?}: {code}"))?;
            sets = sets.and(&left.sets);
            if is_said(&call, "ImageRegistryCredentials") {
                self.passwords.extend(wanted.clone());
            }
            calls.push(call);
        }
    }

    fn compare(&self, spec: &Value, answer: &Value, sets: &Paths, policies: Policies) -> Result<Difference, String> {
        let wanted = passwords(spec);
        let sent: BTreeSet<String> =
            wanted.into_iter().filter(|(path, password)| self.passwords.get(path) == Some(password)).map(|(path, _)| path).collect();
        let ask = || {
            difference(&Question {
                desired: &Item::read(spec, CONFIGURATION, Source::Spec),
                observed: &Item::read(answer, CONFIGURATION, Source::Answer),
                owned: &self.owned.and(sets),
                exclusive: policies.exclusive,
                allow_override: policies.allow_override,
                sent: &sent,
                secret: &BTreeSet::new(),
            })
        };
        let one = ask();
        // Once for each spec is often enough.
        let other = if sets.is_empty() { ask() } else { return Ok(one) };
        let said = |difference: &Difference| requests::modify("asc-1", &difference.call, difference.overrides);
        let same = said(&one) == said(&other) && one.changes == other.changes && one.sets == other.sets;
        if same { Ok(one) } else { Err("the same question has two answers".to_owned()) }
    }
}

/// The passwords of a spec, by path.
fn passwords(spec: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let credentials = spec["imageRegistryCredentials"].as_array().cloned().unwrap_or_default();
    credentials.iter().map(|one| (format!("imageRegistryCredentials[{}].password", text(&one["server"])), text(&one["password"]))).collect()
}

/// Everything that spec names is known to have been sent.
pub(crate) fn knows_passwords(spec: &Level) -> Steward {
    Steward { passwords: passwords(&write(spec, fields(), Names::Spec)), ..Steward::default() }
}
