//! Cloud Assistant: what may be run, what comes of it over time, and how often.

mod agents;
mod queries;
mod recorded;
mod refusals;
mod results;
mod schedules;
mod stops;
mod tokens;

use std::time::Duration;

use serde_json::{Value, json};
use steward_cloudsim::commands::CommandOutcome;
use steward_cloudsim::{Edit, SettingsSeed, Simulator};

use crate::client::{Answer, Client};

const SCRIPT: [(&str, &str); 2] = [("Type", "RunShellScript"), ("CommandContent", "echo hello")];
const WEB1: (&str, &str) = ("InstanceId.1", "i-web1");
const WEB2: (&str, &str) = ("InstanceId.2", "i-web2");

fn run(client: &Client, parameters: &[(&str, &str)]) -> Answer {
    let fresh = SCRIPT.iter().filter(|(name, _)| !parameters.iter().any(|(other, _)| other == name));
    client.ecs("RunCommand", &fresh.chain(parameters).copied().collect::<Vec<_>>())
}

/// Runs a script on web1 and gives the id of the invocation.
fn invoke(client: &Client, parameters: &[(&str, &str)]) -> String {
    let targets = if parameters.iter().any(|(name, _)| name.starts_with("InstanceId")) { &[][..] } else { &[WEB1][..] };
    let answer = run(client, &[targets, parameters].concat());
    answer.json()["InvokeId"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn describe(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    let body = client.ecs("DescribeInvocations", parameters).json();
    body["Invocations"]["Invocation"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
}

fn whole(client: &Client, id: &str) -> Value {
    describe(client, &[("InvokeId", id)]).pop().unwrap_or_default()
}

fn results(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    let body = client.ecs("DescribeInvocationResults", &[&[("ContentEncoding", "PlainText")], parameters].concat()).json();
    body["Invocation"]["InvocationResults"]["InvocationResult"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
}

/// The only result, with its output in clear.
fn result(client: &Client, id: &str) -> Value {
    let mut all = results(client, &[("InvokeId", id)]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn status(client: &Client, id: &str) -> String {
    result(client, id)["InvocationStatus"].as_str().unwrap().to_owned()
}

fn seconds(simulator: &Simulator, seconds: u64) {
    simulator.advance(Duration::from_secs(seconds));
}

/// Moves both clocks: signatures are dated.
fn later(simulator: &Simulator, client: &Client, by: u64) -> Client {
    seconds(simulator, by);
    Client { date: simulator.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), ..client.clone() }
}

fn set(simulator: &Simulator, settings: &Value) {
    let settings: SettingsSeed = serde_json::from_value(settings.clone()).unwrap();
    simulator.edit(Edit::Settings(settings)).unwrap();
}

fn edit(simulator: &Simulator, edit: &Value) {
    simulator.edit(serde_json::from_value(edit.clone()).unwrap()).unwrap();
}

fn outcomes(simulator: &Simulator, outcomes: &Value) {
    let outcomes: Vec<CommandOutcome> = serde_json::from_value(outcomes.clone()).unwrap();
    simulator.edit(Edit::CommandOutcomes(outcomes)).unwrap();
}

fn fields(value: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| value[*name].clone()).collect::<Vec<_>>().into()
}

/// How often a script began on an instance, by all invocations together.
fn marks(simulator: &Simulator, instance: &str) -> usize {
    let all = simulator.invocations();
    all.iter().flat_map(|one| &one.targets).filter(|target| target.instance == instance).map(|target| target.ran.len()).sum()
}

fn missing() -> Value {
    json!(null)
}
