//! The call: what spec says, in the vendor's terms.

use super::inputs::Inputs;
use super::{OBJECT_TAG, RUN_TAG};
use crate::api::CloudCommand;
use crate::api::cloud_command::RepeatMode;
use crate::api::cloud_command::command::{CommandType, ContentEncoding, TerminationMode};
use crate::cloud::alibaba::ecs::commands::{RunCommand, Targets};
use crate::reconcile::journal::Run;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

/// The call for these targets; without any, the cloud finds them by the tags that spec names.
pub(super) fn request(object: &CloudCommand, inputs: &Inputs, targets: Vec<String>, run: &Run<'_>) -> RunCommand {
    let spec = &object.spec;
    let command = &spec.command;
    let tags =
        |tags: &[crate::api::cloud_command::CloudTag]| tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect::<Vec<_>>();
    let mut tags_of_run = tags(&spec.tags);
    tags_of_run.sort();
    tags_of_run.extend([(RUN_TAG.to_owned(), run.tag()), (OBJECT_TAG.to_owned(), run.object_tag())]);
    let targets = if targets.is_empty() {
        let mut wanted = tags(&spec.targets.resource_tags);
        wanted.sort();
        Targets::Tags(wanted)
    } else {
        Targets::Instances(targets)
    };
    RunCommand {
        kind: match command.type_ {
            CommandType::RunShellScript => "RunShellScript",
            CommandType::RunPowerShellScript => "RunPowerShellScript",
            CommandType::RunBatScript => "RunBatScript",
        }
        .to_owned(),
        // In Base64 nothing on the way can take a line break for something else.
        content: match command.content_encoding {
            ContentEncoding::PlainText => SecretString::from(STANDARD.encode(inputs.content.expose_secret())),
            ContentEncoding::Base64 => SecretString::from(inputs.content.expose_secret().split_ascii_whitespace().collect::<String>()),
        },
        content_encoding: Some("Base64".to_owned()),
        targets,
        name: command.name.clone(),
        description: command.description.clone(),
        working_dir: command.working_dir.clone(),
        timeout: command.timeout_seconds,
        // Without this, double braces in the script are text.
        enable_parameter: (command.enable_parameter || !inputs.parameters.is_empty()).then_some(true),
        parameters: inputs.parameters.clone(),
        repeat_mode: match spec.repeat_mode {
            RepeatMode::Once => None,
            RepeatMode::Period => Some("Period"),
            RepeatMode::NextRebootOnly => Some("NextRebootOnly"),
            RepeatMode::EveryReboot => Some("EveryReboot"),
        }
        .map(str::to_owned),
        frequency: spec.frequency.clone(),
        keep_command: command.keep_command.then_some(true),
        username: command.username.clone(),
        windows_password_name: command.windows_password_name.clone(),
        container_id: command.container_id.clone(),
        container_name: command.container_name.clone(),
        termination_mode: command
            .termination_mode
            .map(|mode| match mode {
                TerminationMode::Process => "Process",
                TerminationMode::ProcessTree => "ProcessTree",
            })
            .map(str::to_owned),
        launcher: command.launcher.clone(),
        tags: tags_of_run,
        resource_group_id: spec.resource_group_id.clone(),
        client_token: run.id(),
        oss_output_delivery: spec.oss_output_delivery.clone(),
    }
}
