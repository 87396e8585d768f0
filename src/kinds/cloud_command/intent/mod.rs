//! The fingerprint of an intent: of what spec asks to run, and of its trigger; of nothing else, so that everything else may be edited without running
//! anything. It is made of spec as it is written: what is kept in ConfigMaps and Secrets counts by name and key only.
//!
//! A fingerprint never changes from release to release, or an upgrade would run commands again. Therefore every field is written out here by hand
//! rather than as it happens to be serialised; a field that a later release adds must be left out of the document where it is not set.

use crate::api::cloud_command::command::{CommandType, ContentEncoding, ContentFrom, TerminationMode};
use crate::api::cloud_command::{CloudCommandSpec, CloudTag, Command, Parameter, RepeatMode, Targets};
use crate::api::envelope::KeyRef;
use crate::api::security_group_membership::InstanceSelector;
use crate::cloud::encode::hash;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Digits of the hash that are kept: a status holds a thousand of them.
const DIGITS: usize = 32;

/// The fingerprint of what spec asks to run.
pub fn intent_hash(spec: &CloudCommandSpec) -> String {
    let mut text = "v1\n".to_owned();
    write_sorted(&document(spec), &mut text);
    let mut fingerprint = hash(text.as_bytes());
    fingerprint.truncate(DIGITS);
    fingerprint
}

fn document(spec: &CloudCommandSpec) -> Value {
    let mut document = Object::default();
    document.set("command", command(&spec.command));
    document.set("targets", targets(&spec.targets));
    document.set("repeatMode", repeat_mode(spec.repeat_mode));
    document.set_if("trigger", spec.trigger.as_deref());
    document.set_if("frequency", spec.frequency.as_deref());
    document.set_if("resourceGroupId", spec.resource_group_id.as_deref());
    document.set_if("ossOutputDelivery", spec.oss_output_delivery.as_deref());
    document.set_list("parameters", by(&spec.parameters, |parameter| &parameter.name, parameter));
    document.set_list("tags", by(&spec.tags, |tag| &tag.key, tag));
    document.into()
}

fn command(command: &Command) -> Value {
    let mut object = Object::default();
    object.set("type", command_type(command.type_));
    object.set_if("name", command.name.as_deref());
    object.set_if("description", command.description.as_deref());
    object.set_if("content", command.content.as_deref());
    object.set_if("contentFrom", command.content_from.as_ref().map(content_from));
    object.set("contentEncoding", content_encoding(command.content_encoding));
    object.set_if("workingDir", command.working_dir.as_deref());
    object.set_if("username", command.username.as_deref());
    object.set_if("windowsPasswordName", command.windows_password_name.as_deref());
    object.set_if("timeoutSeconds", command.timeout_seconds);
    object.set_if("terminationMode", command.termination_mode.map(termination_mode));
    object.set_if("launcher", command.launcher.as_deref());
    object.set_if("containerId", command.container_id.as_deref());
    object.set_if("containerName", command.container_name.as_deref());
    object.set("keepCommand", command.keep_command);
    object.set("enableParameter", command.enable_parameter);
    object.into()
}

fn content_from(from: &ContentFrom) -> Value {
    let mut object = Object::default();
    object.set_if("configMapKeyRef", from.config_map_key_ref.as_ref().map(key));
    object.set_if("secretKeyRef", from.secret_key_ref.as_ref().map(key));
    object.set_if("sha256", from.sha256.as_deref());
    object.into()
}

fn parameter(parameter: &Parameter) -> Value {
    let mut object = Object::default();
    object.set("name", parameter.name.as_str());
    object.set_if("value", parameter.value.as_deref());
    object.set_if("valueFrom", parameter.value_from.as_ref().map(|from| json!({"secretKeyRef": key(&from.secret_key_ref)})));
    object.set_if("pattern", parameter.pattern.as_deref());
    object.into()
}

fn targets(targets: &Targets) -> Value {
    let mut ids: Vec<&str> = targets.instance_ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    let mut object = Object::default();
    object.set_list("instanceIds", ids.into_iter().map(Value::from).collect());
    object.set_list("resourceTags", by(&targets.resource_tags, |tag| &tag.key, tag));
    object.set_if("instanceSelector", targets.instance_selector.as_ref().map(selector));
    object.into()
}

fn selector(selector: &InstanceSelector) -> Value {
    let mut object = Object::default();
    object.set_list("tags", by(&selector.tags, |tag| &tag.key, |tag| json!({"key": tag.key, "value": tag.value})));
    object.set_if("vpcId", selector.vpc_id.as_deref());
    object.set_if("zoneId", selector.zone_id.as_deref());
    object.set_if("resourceGroupId", selector.resource_group_id.as_deref());
    object.into()
}

fn tag(tag: &CloudTag) -> Value {
    json!({"key": tag.key, "value": tag.value})
}

fn key(key: &KeyRef) -> Value {
    json!({"name": key.name, "key": key.key})
}

const fn command_type(type_: CommandType) -> &'static str {
    match type_ {
        CommandType::RunShellScript => "RunShellScript",
        CommandType::RunPowerShellScript => "RunPowerShellScript",
        CommandType::RunBatScript => "RunBatScript",
    }
}

const fn content_encoding(encoding: ContentEncoding) -> &'static str {
    match encoding {
        ContentEncoding::PlainText => "PlainText",
        ContentEncoding::Base64 => "Base64",
    }
}

const fn termination_mode(mode: TerminationMode) -> &'static str {
    match mode {
        TerminationMode::Process => "Process",
        TerminationMode::ProcessTree => "ProcessTree",
    }
}

const fn repeat_mode(mode: RepeatMode) -> &'static str {
    match mode {
        RepeatMode::Once => "Once",
        RepeatMode::Period => "Period",
        RepeatMode::NextRebootOnly => "NextRebootOnly",
        RepeatMode::EveryReboot => "EveryReboot",
    }
}

/// The entries in the order of their names: these lists are maps.
fn by<T>(entries: &[T], name: impl Fn(&T) -> &str, write: impl Fn(&T) -> Value) -> Vec<Value> {
    let mut sorted: Vec<&T> = entries.iter().collect();
    sorted.sort_by(|a, b| name(a).cmp(name(b)));
    sorted.into_iter().map(write).collect()
}

/// What is not set is not in it.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn set_if(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn set_list(&mut self, name: &str, list: Vec<Value>) {
        if !list.is_empty() {
            self.set(name, list);
        }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

/// JSON without spaces, names in the order of their bytes. Whether a map of `serde_json` keeps an order depends on how it was built.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            for (place, (name, value)) in fields.into_iter().enumerate() {
                text.push(if place == 0 { '{' } else { ',' });
                write_leaf(&Value::from(name.as_str()), text);
                text.push(':');
                write_sorted(value, text);
            }
            text.push_str(if object.is_empty() { "{}" } else { "}" });
        }
        Value::Array(list) => {
            for (place, value) in list.iter().enumerate() {
                text.push(if place == 0 { '[' } else { ',' });
                write_sorted(value, text);
            }
            text.push_str(if list.is_empty() { "[]" } else { "]" });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => write_leaf(value, text),
    }
}

fn write_leaf(value: &Value, text: &mut String) {
    write!(text, "{value}").expect("a String takes whatever is written to it");
}

#[cfg(test)]
mod tests;
