//! What runs: the script, who runs it and where on the instance, and the values that go into it. Lengths are as far as a schema can tell: what
//! counts for the cloud is the Base64 form, with the parameters in it.

use crate::api::envelope::KeyRef;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A script and how an instance runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.content) != has(self.contentFrom)").message("set exactly one of content and contentFrom"))]
#[x_kube(validation = Rule::new("!has(self.containerId) && !has(self.containerName) || self.type == 'RunShellScript'")
    .message("only a RunShellScript runs in a container"))]
#[x_kube(validation = Rule::new("!has(self.containerId) && !has(self.containerName) || !has(self.username) && !has(self.workingDir)")
    .message("in a container the cloud ignores username and workingDir: take them out, and let the script change user or directory"))]
#[x_kube(validation = Rule::new("!has(self.windowsPasswordName) || has(self.username) && self.type != 'RunShellScript'")
    .message("windowsPasswordName goes with username, and with RunPowerShellScript or RunBatScript"))]
#[x_kube(validation = Rule::new("self.type == 'RunShellScript' || !has(self.username) || has(self.windowsPasswordName) || self.username.lowerAscii() == 'system'")
    .message("on Windows another user than System needs windowsPasswordName"))]
pub struct Command {
    /// Name of the command in the cloud's console. Default: the cloud makes one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub name: Option<String>,
    /// What the command is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub description: Option<String>,
    /// The language: `RunShellScript` for Linux, `RunPowerShellScript` and `RunBatScript` for Windows.
    #[serde(rename = "type")]
    pub type_: CommandType,
    /// The script itself. In Base64 it may have 24 KB together with the parameters, 18 KB with keepCommand. Exactly one of content and contentFrom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 24576))]
    pub content: Option<String>,
    /// Where the script is kept. A change there never makes the command run; if it changes while the command runs, the targets that are left do not run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_from: Option<ContentFrom>,
    /// How content is written: `PlainText`, or `Base64` for scripts with bytes that are not text.
    #[serde(default)]
    pub content_encoding: ContentEncoding,
    /// The directory to run in. Default: the home of root on Linux, the directory of the agent on Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub working_dir: Option<String>,
    /// The user to run as; it must exist on the instance. Default: root on Linux, System on Windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub username: Option<String>,
    /// Name under which the parameter store of OOS keeps the password of username. Windows only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub windows_password_name: Option<String>,
    /// After how many seconds a run is ended by force, and has failed. Default: the cloud's 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout_seconds: Option<i64>,
    /// What ends when a run is stopped or takes too long: its `Process`, or the `ProcessTree` with all that it started. Default: the cloud's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_mode: Option<TerminationMode>,
    /// The program that runs the script, for instance `python3 -u {{ACS::ScriptFileName|Ext(".py")}}`. At most 1,024 bytes. Default: by type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(validation = Rule::new("size(bytes(self)) <= 1024").message("must not have more than 1024 bytes"))]
    pub launcher: Option<String>,
    /// The container to run in, by its id: 64 hexadecimal digits, with `docker://`, `containerd://` or `cri-o://` before them if the runtime is to be named. Only shell
    /// scripts run in a container, as its own user and in its own directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 80))]
    #[x_kube(validation = Rule::new("self.matches('^((docker|containerd|cri-o)://)?[0-9a-f]{64}$')")
        .message("must be 64 hexadecimal digits in lower case, if need be after docker://, containerd:// or cri-o://"))]
    pub container_id: Option<String>,
    /// The container to run in, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub container_name: Option<String>,
    /// True keeps the command in the cloud after the run; it counts against the quota of commands of the region, and the script may be only 18 KB.
    #[serde(default)]
    pub keep_command: bool,
    /// True makes the cloud fill in names in double braces also when spec has no parameters: its own (ACS::RegionId, AccountId, InstanceId, InstanceName, InvokeId,
    /// CommandId), and empty text for all others. Without parameters and without this, double braces are text like any other.
    #[serde(default)]
    pub enable_parameter: bool,
}

/// Where a script is kept: one key of a ConfigMap or of a Secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.secretKeyRef) != has(self.configMapKeyRef)").message("set exactly one of secretKeyRef and configMapKeyRef"))]
pub struct ContentFrom {
    /// One key of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,
    /// One key of a Secret. The output is then not kept unless output.capture says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,
    /// SHA-256 of what is under the key, as 64 hexadecimal digits: anything else is not run. Default: whatever is there when the command is first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[0-9a-f]{64}$')").message("must be 64 hexadecimal digits in lower case"))]
    pub sha256: Option<String>,
}

/// One value of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.value) != has(self.valueFrom)").message("set exactly one of value and valueFrom"))]
pub struct Parameter {
    /// Its name in the script: letters, digits, '_' and '-'. Upper and lower case are the same.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(validation = Rule::new("self.matches('^[A-Za-z0-9_-]+$')").message("must consist of letters, digits, '_' and '-'"))]
    pub name: String,
    /// The value. May be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 24576))]
    pub value: Option<String>,
    /// Where the value is kept. It is never shown, and taken out of outputs and messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ParameterFrom>,
    /// A regular expression (RE2) that the whole value must match; if it does not, nothing runs. It guards a script against values that would be taken for code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub pattern: Option<String>,
}

/// Where a value is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParameterFrom {
    /// One key of a Secret.
    pub secret_key_ref: KeyRef,
}

/// The language of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(clippy::enum_variant_names, reason = "the cloud's own words")]
pub enum CommandType {
    RunShellScript,
    RunPowerShellScript,
    RunBatScript,
}

/// How a script is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ContentEncoding {
    #[default]
    PlainText,
    Base64,
}

/// What ends when a run is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TerminationMode {
    Process,
    ProcessTree,
}
