//! Runs of commands as the vendor's clients were asked for them. What is secret in one cannot be deserialised, so the operator itself has no
//! form that reads them.

use cloud_steward::cloud::alibaba::ecs::commands::{RunCommand, Targets};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the vendor's client takes; an unknown name is an error, or it would be lost unseen.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    region_id: String,
    #[serde(rename = "Type")]
    kind: String,
    command_content: String,
    content_encoding: Option<String>,
    #[serde(default)]
    instance_id: Vec<String>,
    #[serde(default)]
    resource_tag: Vec<Tag>,
    name: Option<String>,
    description: Option<String>,
    working_dir: Option<String>,
    timeout: Option<i64>,
    enable_parameter: Option<bool>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    repeat_mode: Option<String>,
    frequency: Option<String>,
    keep_command: Option<bool>,
    username: Option<String>,
    windows_password_name: Option<String>,
    container_id: Option<String>,
    container_name: Option<String>,
    termination_mode: Option<String>,
    launcher: Option<String>,
    #[serde(default)]
    tag: Vec<Tag>,
    resource_group_id: Option<String>,
    client_token: Option<String>,
    oss_output_delivery: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

/// What our client sends to run what the input says. A recorded client may do without a token, ours may not.
pub(super) fn parameters(input: Value) -> Result<Vec<(String, String)>, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| format!("our command: {error}"))?;
    let tags = |tags: Vec<Tag>| tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    let targets = match (input.instance_id.is_empty(), input.resource_tag.is_empty()) {
        (false, false) => return Err("instances and tags to find them by".to_owned()),
        (true, false) => Targets::Tags(tags(input.resource_tag)),
        (_, true) => Targets::Instances(input.instance_id),
    };
    let has_token = input.client_token.is_some();
    let command = RunCommand {
        kind: input.kind,
        content: input.command_content.into(),
        content_encoding: input.content_encoding,
        targets,
        name: input.name,
        description: input.description,
        working_dir: input.working_dir,
        timeout: input.timeout,
        enable_parameter: input.enable_parameter,
        parameters: input.parameters.into_iter().map(|(name, value)| (name, value.into())).collect(),
        repeat_mode: input.repeat_mode,
        frequency: input.frequency,
        keep_command: input.keep_command,
        username: input.username,
        windows_password_name: input.windows_password_name,
        container_id: input.container_id,
        container_name: input.container_name,
        termination_mode: input.termination_mode,
        launcher: input.launcher,
        tags: tags(input.tag),
        resource_group_id: input.resource_group_id,
        client_token: input.client_token.unwrap_or_default(),
        oss_output_delivery: input.oss_output_delivery,
    };
    let mut parameters = command.parameters(&input.region_id);
    parameters.retain(|(name, _)| has_token || name != "ClientToken");
    Ok(parameters)
}
