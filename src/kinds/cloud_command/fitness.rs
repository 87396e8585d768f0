//! What can be known before a target is sent a command: one that does not qualify fails the whole call.

use super::observe::Target;
use crate::api::cloud_command::command::CommandType;
use crate::api::cloud_command::{CloudCommandSpec, RepeatMode};
use std::collections::BTreeSet;

/// Why a target cannot run the command now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) reason: &'static str,
    pub(super) hint: &'static str,
}

/// The last number of an agent's version, from which on it knows schedules.
const SCHEDULES: u64 = 282;
const CONTAINERS: u64 = 344;
/// The same of the names that the cloud has values for, as far as agents have to know them; and whether only where there are several targets.
const NAMES: [(&str, u64, bool); 4] =
    [("acs::instanceid", 309, true), ("acs::instancename", 344, true), ("acs::invokeid", 309, false), ("acs::commandid", 309, false)];

/// Which agents can fill in these names, if that matters.
pub(super) fn agents_for(names: &BTreeSet<String>, several: bool) -> Option<u64> {
    let needed = NAMES.iter().filter(|(name, _, only_several)| names.contains(*name) && (several || !only_several));
    needed.map(|(_, build, _)| *build).max()
}

/// The first reason, if there is one. `for_names` says which agents can fill in the names in the script.
pub(super) fn problem(spec: &CloudCommandSpec, for_names: Option<u64>, target: &Target) -> Option<Problem> {
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
    // Also for a command that waits for the next start: the cloud takes it only for servers that run.
    if instance.status != "Running" {
        return Some(Problem { reason: "is not running", hint: "start it" });
    }
    let Some(agent) = target.agent.as_ref().filter(|agent| agent.alive) else {
        return Some(Problem {
            reason: "has no Cloud Assistant agent that answers",
            hint: "install or start the agent (service aliyun.service on Linux, AliyunService on Windows)",
        });
    };
    let too_old = |build: u64| agent.is_at_least(&[2, if is_windows { 1 } else { 2 }, 3, build]) == Some(false);
    let in_container = command.container_id.is_some() || command.container_name.is_some();
    let reason = if spec.repeat_mode == RepeatMode::Period && too_old(SCHEDULES) {
        "has an agent that is too old for schedules"
    } else if in_container && too_old(CONTAINERS) {
        "has an agent that is too old for containers"
    } else if for_names.is_some_and(too_old) {
        "has an agent that is too old for the ACS:: names in the script"
    } else {
        return None;
    };
    Some(Problem { reason, hint: "upgrade its Cloud Assistant agent" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::alibaba::ecs::Instance;
    use crate::cloud::alibaba::ecs::commands::Agent;
    use serde_json::{Value, json};

    fn spec(change: &Value) -> CloudCommandSpec {
        let mut spec = json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "uptime"}});
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn target(os: &str, status: &str, agent: Option<&str>) -> Target {
        let instance = Instance { os_type: os.to_owned(), status: status.to_owned(), ..Instance::default() };
        let agent = agent.map(|version| Agent { alive: true, version: Some(version.to_owned()), os: None });
        Target { instance: Some(instance), agent }
    }

    fn reason(change: &Value, for_names: Option<u64>, target: &Target) -> &'static str {
        problem(&spec(change), for_names, target).map_or("", |problem| problem.reason)
    }

    #[test]
    fn a_server_must_run_and_its_agent_answer_whenever_the_command_is_to_run() {
        for mode in ["Once", "NextRebootOnly", "EveryReboot"] {
            let mode = json!({"repeatMode": mode});
            assert_eq!(reason(&mode, None, &target("linux", "Running", Some("2.2.3.900"))), "");
            assert_eq!(reason(&mode, None, &target("linux", "Stopped", Some("2.2.3.900"))), "is not running", "{mode}");
            let silent = Target { agent: Some(Agent::default()), ..target("linux", "Running", None) };
            for target in [silent, target("linux", "Running", None)] {
                assert_eq!(reason(&mode, None, &target), "has no Cloud Assistant agent that answers", "{mode}");
            }
        }
    }

    #[test]
    fn each_system_has_a_line_of_versions_of_its_own() {
        let shell = json!({});
        let power = json!({"command": {"type": "RunPowerShellScript", "content": "hostname"}});
        let weekly = json!({"repeatMode": "Period", "frequency": "rate(7d)"});
        let inside = json!({"command": {"type": "RunShellScript", "content": "uptime", "containerName": "app"}});
        for (change, for_names, os, version, expected) in [
            (&weekly, None, "linux", "2.2.3.281", "has an agent that is too old for schedules"),
            (&weekly, None, "linux", "2.2.3.282", ""),
            (&inside, None, "linux", "2.2.3.343", "has an agent that is too old for containers"),
            (&inside, None, "linux", "2.2.3.344", ""),
            (&shell, Some(309), "linux", "2.2.3.308", "has an agent that is too old for the ACS:: names in the script"),
            (&shell, Some(309), "linux", "2.2.3.309", ""),
            (&power, Some(309), "windows", "2.1.3.308", "has an agent that is too old for the ACS:: names in the script"),
            (&power, Some(309), "windows", "2.1.3.309", ""),
            (&shell, Some(309), "linux", "of a kind of its own", ""),
            (&shell, None, "linux", "1.0.0.1", ""),
        ] {
            assert_eq!(reason(change, for_names, &target(os, "Running", Some(version))), expected, "{change} {version}");
        }
    }

    #[test]
    fn the_newest_name_decides_and_two_count_only_among_several_servers() {
        let agents = |names: &[&str], several| agents_for(&names.iter().map(|name| (*name).to_owned()).collect(), several);
        assert_eq!(agents(&["name", "acs::regionid", "acs::accountid"], true), None);
        assert_eq!((agents(&["acs::instanceid"], true), agents(&["acs::instanceid"], false)), (Some(309), None));
        assert_eq!((agents(&["acs::instancename"], true), agents(&["acs::instancename"], false)), (Some(344), None));
        assert_eq!((agents(&["acs::invokeid"], false), agents(&["acs::commandid"], false)), (Some(309), Some(309)));
        assert_eq!(agents(&["acs::invokeid", "acs::instancename"], true), Some(344));
    }
}
