//! Scaling groups and their configurations, by the vendor's names and by nobody's manners.

mod fields;
mod hands;
mod reads;
mod writes;

use serde_json::{Value, json};
use steward_cloudsim::{Edit, SettingsSeed, Simulator};

use crate::client::{Answer, Client};

const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");
const CREATE: &str = "CreateEciScalingConfiguration";
const DELETE: &str = "DeleteEciScalingConfiguration";
const DESCRIBE: &str = "DescribeEciScalingConfigurations";
const MODIFY: &str = "ModifyEciScalingConfiguration";

fn modify(client: &Client, id: &str, fields: &[(&str, &str)]) -> Answer {
    client.ess(MODIFY, &[&[("ScalingConfigurationId", id)], fields].concat())
}

/// Creates one in asg-1 and gives its id.
fn create(client: &Client, fields: &[(&str, &str)]) -> String {
    let answer = client.ess(CREATE, &[&[("ScalingGroupId", "asg-1")], fields].concat());
    answer.json()["ScalingConfigurationId"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn delete(client: &Client, id: &str) -> String {
    client.ess(DELETE, &[("ScalingConfigurationId", id), REGION]).code()
}

/// The one configuration of that id; null if there is none.
fn describe(client: &Client, id: &str) -> Value {
    let body = client.ess(DESCRIBE, &[REGION, ("ScalingConfigurationIds.1", id)]).json();
    body["ScalingConfigurations"].get(0).cloned().unwrap_or_default()
}

fn set(simulator: &Simulator, settings: &Value) {
    let settings: SettingsSeed = serde_json::from_value(settings.clone()).unwrap();
    simulator.edit(Edit::Settings(settings)).unwrap();
}

fn edit(simulator: &Simulator, edit: &Value) -> Result<(), String> {
    let edit: Edit = serde_json::from_value(edit.clone()).map_err(|error| error.to_string())?;
    simulator.edit(edit).map_err(|error| format!("{error:#}"))
}

fn texts(list: &Value, name: &str) -> Vec<String> {
    list.as_array().map(|list| list.iter().map(|one| one[name].as_str().unwrap_or_default().to_owned()).collect()).unwrap_or_default()
}

fn images(configuration: &Value) -> Value {
    let all = configuration["Containers"].as_array().unwrap();
    all.iter().map(|one| json!([one["Name"], one["Image"]])).collect()
}
