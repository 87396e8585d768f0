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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installation::Installation;
    use crate::kinds::cloud_command::inputs::inputs;
    use crate::references::References;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// What goes out for a spec, without the token and the tags by which steward finds it again.
    fn sent(spec: &Value, targets: &[&str]) -> BTreeMap<String, String> {
        let object = json!({"metadata": {"namespace": "default", "name": "hello"}, "spec": spec});
        let object: CloudCommand = serde_json::from_value(object).unwrap();
        let installation = Installation::new("c-1".to_owned(), "pod-1".to_owned(), b"key".to_vec().into());
        let inputs = inputs(&object, &References::default(), &installation).unwrap();
        let run = Run { cluster_id: "c-1", namespace: "default", name: "hello", intent_hash: "h", batch: 0, attempt: 1 };
        let targets = targets.iter().map(|id| (*id).to_owned()).collect();
        let mut sent: BTreeMap<String, String> = request(&object, &inputs, targets, &run).parameters("cn-qingdao").into_iter().collect();
        assert_eq!(sent.remove("ClientToken"), Some(run.id()));
        let ours: BTreeMap<&str, String> = [(RUN_TAG, run.tag()), (OBJECT_TAG, run.object_tag())].into();
        for number in 1..=20 {
            let (key, value) = (format!("Tag.{number}.Key"), format!("Tag.{number}.Value"));
            if sent.get(&key).and_then(|key| ours.get(key.as_str())).is_some_and(|tag| sent.get(&value) == Some(tag)) {
                sent.remove(&key);
                sent.remove(&value);
            }
        }
        sent
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn everything_that_spec_says_goes_out_under_the_vendors_name() {
        let spec = json!({
            "targets": {"instanceIds": ["i-1", "i-2"]},
            "command": {
                "type": "RunPowerShellScript", "content": "echo {{ Name }}", "name": "patch", "description": "every month", "workingDir": "C:\\ops",
                "username": "ops", "windowsPasswordName": "ops-password", "timeoutSeconds": 90, "terminationMode": "ProcessTree",
                "launcher": "pwsh -File {{ACS::ScriptFileName}}", "keepCommand": true,
            },
            "parameters": [{"name": "name", "value": "Ada \"L\""}],
            "repeatMode": "Period", "frequency": "0 0 3 ? * MON Asia/Shanghai",
            "tags": [{"key": "team", "value": "a"}, {"key": "change"}],
            "resourceGroupId": "rg-1", "ossOutputDelivery": "oss://logs/a",
        });
        let expected = [
            ("RegionId", "cn-qingdao"),
            ("Type", "RunPowerShellScript"),
            ("CommandContent", "ZWNobyB7eyBOYW1lIH19"),
            ("ContentEncoding", "Base64"),
            ("InstanceId.1", "i-1"),
            ("InstanceId.2", "i-2"),
            ("Name", "patch"),
            ("Description", "every month"),
            ("WorkingDir", "C:\\ops"),
            ("Username", "ops"),
            ("WindowsPasswordName", "ops-password"),
            ("Timeout", "90"),
            ("TerminationMode", "ProcessTree"),
            ("Launcher", "pwsh -File {{ACS::ScriptFileName}}"),
            ("KeepCommand", "true"),
            ("EnableParameter", "true"),
            ("Parameters", r#"{"name":"Ada \"L\""}"#),
            ("RepeatMode", "Period"),
            ("Frequency", "0 0 3 ? * MON Asia/Shanghai"),
            ("Tag.1.Key", "change"),
            ("Tag.1.Value", ""),
            ("Tag.2.Key", "team"),
            ("Tag.2.Value", "a"),
            ("ResourceGroupId", "rg-1"),
            ("OssOutputDelivery", "oss://logs/a"),
        ];
        assert_eq!(sent(&spec, &["i-1", "i-2"]), map(&expected));
    }

    #[test]
    fn what_spec_leaves_out_is_the_clouds_to_choose_and_base64_goes_out_in_one_line() {
        let id = "0123456789abcdef".repeat(4);
        let spec = json!({
            "targets": {"resourceTags": [{"key": "role", "value": "web"}, {"key": "env"}]},
            "command": {
                "type": "RunShellScript", "content": "dXB0\naW1l\n", "contentEncoding": "Base64", "enableParameter": true,
                "containerId": id, "containerName": "app",
            },
            "repeatMode": "EveryReboot",
        });
        let expected = [
            ("RegionId", "cn-qingdao"),
            ("Type", "RunShellScript"),
            ("CommandContent", "dXB0aW1l"),
            ("ContentEncoding", "Base64"),
            ("ResourceTag.1.Key", "env"),
            ("ResourceTag.1.Value", ""),
            ("ResourceTag.2.Key", "role"),
            ("ResourceTag.2.Value", "web"),
            ("ContainerId", id.as_str()),
            ("ContainerName", "app"),
            ("EnableParameter", "true"),
            ("RepeatMode", "EveryReboot"),
        ];
        assert_eq!(sent(&spec, &[]), map(&expected));
        let least = json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "uptime"}});
        let expected = [
            ("RegionId", "cn-qingdao"),
            ("Type", "RunShellScript"),
            ("CommandContent", "dXB0aW1l"),
            ("ContentEncoding", "Base64"),
            ("InstanceId.1", "i-1"),
        ];
        assert_eq!(sent(&least, &["i-1"]), map(&expected));
    }
}
