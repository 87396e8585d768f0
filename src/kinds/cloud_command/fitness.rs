//! What can be known before a target is sent a command: one that does not qualify fails the whole call.

use super::observe::Target;
use crate::api::cloud_command::command::CommandType;
use crate::api::cloud_command::{CloudCommandSpec, RepeatMode};

/// Why a target cannot run the command now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) reason: &'static str,
    pub(super) hint: &'static str,
}

const SCHEDULES: [&[u64]; 2] = [&[2, 2, 3, 282], &[2, 1, 3, 282]];
const CONTAINERS: &[u64] = &[2, 2, 3, 344];

/// The first reason, if there is one.
pub(super) fn problem(spec: &CloudCommandSpec, target: &Target) -> Option<Problem> {
    let Some(instance) = &target.instance else {
        return Some(Problem { reason: "does not exist", hint: "correct its id or spec.region" });
    };
    let command = &spec.command;
    if let Some(group) = &spec.resource_group_id
        && !instance.resource_group.is_empty()
        && instance.resource_group != *group
    {
        return Some(Problem { reason: "is in another resource group", hint: "name its resource group in spec.resourceGroupId, or none" });
    }
    let is_windows = instance.os_type.eq_ignore_ascii_case("windows");
    let for_windows = command.type_ != CommandType::RunShellScript;
    if !instance.os_type.is_empty() && is_windows != for_windows {
        return Some(if is_windows {
            Problem { reason: "runs Windows", hint: "use RunPowerShellScript or RunBatScript in a CloudCommand of its own" }
        } else {
            Problem { reason: "runs Linux", hint: "use RunShellScript in a CloudCommand of its own" }
        });
    }
    // A command for the next start may be left with one that is stopped.
    let on_start = matches!(spec.repeat_mode, RepeatMode::NextRebootOnly | RepeatMode::EveryReboot);
    if instance.status != "Running" && !on_start {
        return Some(Problem { reason: "is not running", hint: "start it" });
    }
    if !on_start && !target.agent.as_ref().is_some_and(|agent| agent.alive) {
        return Some(Problem {
            reason: "has no Cloud Assistant agent that answers",
            hint: "install or start the agent (service aliyun.service on Linux, AliyunService on Windows)",
        });
    }
    let agent = target.agent.as_ref()?;
    let too_old = |least: &[u64]| agent.is_at_least(least) == Some(false);
    if spec.repeat_mode == RepeatMode::Period && too_old(SCHEDULES[usize::from(is_windows)]) {
        return Some(Problem { reason: "has an agent that is too old for schedules", hint: "upgrade its Cloud Assistant agent" });
    }
    let in_container = command.container_id.is_some() || command.container_name.is_some();
    if in_container && too_old(CONTAINERS) {
        return Some(Problem { reason: "has an agent that is too old for containers", hint: "upgrade its Cloud Assistant agent" });
    }
    None
}
