//! The requests of Cloud Assistant. Those that read are structs, like those of ECS; the one that runs a command is written here by hand,
//! because what it holds is secret and so cannot be serialised.

use crate::cloud::alibaba::ecs::requests::Tag;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A command to be run. What is absent is not sent, and the vendor's default holds. Formatted, it shows neither the content nor any
/// parameter's value.
#[derive(Clone, Debug)]
pub struct RunCommand {
    /// `RunShellScript`, `RunBatScript` or `RunPowerShellScript`.
    pub kind: String,
    /// As it goes out, encoded or not.
    pub content: SecretString,
    /// `PlainText` or `Base64`. The vendor takes anything else for the former.
    pub content_encoding: Option<String>,
    pub targets: Targets,
    pub name: Option<String>,
    pub description: Option<String>,
    pub working_dir: Option<String>,
    /// Seconds.
    pub timeout: Option<i64>,
    pub enable_parameter: Option<bool>,
    pub parameters: BTreeMap<String, SecretString>,
    pub repeat_mode: Option<String>,
    pub frequency: Option<String>,
    pub keep_command: Option<bool>,
    pub username: Option<String>,
    pub windows_password_name: Option<String>,
    pub container_id: Option<String>,
    pub container_name: Option<String>,
    pub termination_mode: Option<String>,
    pub launcher: Option<String>,
    /// Put on the run, not on the command.
    pub tags: Vec<(String, String)>,
    pub resource_group_id: Option<String>,
    /// By this the vendor knows a repeat: there is no run without it.
    pub client_token: String,
    pub oss_output_delivery: Option<String>,
}

/// On which instances a command is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// At most 100.
    Instances(Vec<String>),
    /// The vendor looks for those that have all of these, at most 100.
    Tags(Vec<(String, String)>),
}

impl RunCommand {
    /// What it says on the wire, sorted by name.
    pub fn parameters(&self, region: &str) -> Vec<(String, String)> {
        let mut parameters = vec![
            ("RegionId".to_owned(), region.to_owned()),
            ("Type".to_owned(), self.kind.clone()),
            ("CommandContent".to_owned(), self.content.expose_secret().to_owned()),
            ("ClientToken".to_owned(), self.client_token.clone()),
        ];
        let texts = [
            ("ContentEncoding", &self.content_encoding),
            ("Name", &self.name),
            ("Description", &self.description),
            ("WorkingDir", &self.working_dir),
            ("RepeatMode", &self.repeat_mode),
            ("Frequency", &self.frequency),
            ("Username", &self.username),
            ("WindowsPasswordName", &self.windows_password_name),
            ("ContainerId", &self.container_id),
            ("ContainerName", &self.container_name),
            ("TerminationMode", &self.termination_mode),
            ("Launcher", &self.launcher),
            ("ResourceGroupId", &self.resource_group_id),
            ("OssOutputDelivery", &self.oss_output_delivery),
        ];
        parameters.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?))));
        let flags = [("EnableParameter", self.enable_parameter), ("KeepCommand", self.keep_command)];
        parameters.extend(flags.into_iter().filter_map(|(name, flag)| Some((name.to_owned(), flag?.to_string()))));
        parameters.extend(self.timeout.map(|seconds| ("Timeout".to_owned(), seconds.to_string())));
        if !self.parameters.is_empty() {
            let values = self.parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.expose_secret())));
            parameters.push(("Parameters".to_owned(), Value::Object(values.collect()).to_string()));
        }
        match &self.targets {
            Targets::Instances(ids) => {
                parameters.extend((1..).zip(ids).map(|(number, id)| (format!("InstanceId.{number}"), id.clone())));
            }
            Targets::Tags(tags) => parameters.extend(pairs("ResourceTag", tags)),
        }
        parameters.extend(pairs("Tag", &self.tags));
        parameters.sort();
        parameters
    }
}

fn pairs(list: &str, tags: &[(String, String)]) -> impl Iterator<Item = (String, String)> {
    (1..).zip(tags).flat_map(move |(number, (key, value))| {
        [(format!("{list}.{number}.Key"), key.clone()), (format!("{list}.{number}.Value"), value.clone())]
    })
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct StopInvocationRequest {
    pub region_id: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub invoke_id: String,
    /// None: all.
    pub instance_id: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeInvocationsRequest {
    pub region_id: Option<String>,
    pub invoke_id: Option<String>,
    pub instance_id: Option<String>,
    pub command_id: Option<String>,
    pub command_name: Option<String>,
    pub command_type: Option<String>,
    pub invoke_status: Option<String>,
    pub timed: Option<bool>,
    pub repeat_mode: Option<String>,
    /// Needs a run or an instance.
    pub include_output: Option<bool>,
    pub content_encoding: Option<String>,
    pub resource_group_id: Option<String>,
    pub tag: Vec<Tag>,
    /// At most 50; 10, if absent.
    pub max_results: Option<usize>,
    pub next_token: Option<String>,
    pub page_number: Option<usize>,
    pub page_size: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeInvocationResultsRequest {
    pub region_id: Option<String>,
    pub invoke_id: Option<String>,
    pub instance_id: Option<String>,
    pub command_id: Option<String>,
    pub invoke_record_status: Option<String>,
    /// Every run of a schedule, and not the last only. Needs the id of one that repeats.
    pub include_history: Option<bool>,
    pub content_encoding: Option<String>,
    pub resource_group_id: Option<String>,
    pub tag: Vec<Tag>,
    /// At most 50; 10, if absent.
    pub max_results: Option<usize>,
    pub next_token: Option<String>,
    pub page_number: Option<usize>,
    pub page_size: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct DescribeCloudAssistantStatusRequest {
    pub region_id: Option<String>,
    /// At most 50.
    pub instance_id: Vec<String>,
    #[serde(rename = "OSType")]
    pub os_type: Option<String>,
    pub max_results: Option<usize>,
    pub next_token: Option<String>,
    pub page_number: Option<usize>,
    pub page_size: Option<usize>,
}
