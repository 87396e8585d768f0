//! What may not be run, with the vendor's code and status. A call that is refused leaves no trace.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use steward_cloudsim::{Edit, Fault, Simulator, What};

use super::{WEB1, edit, invoke, result, run, seconds, set};
use crate::client::{Client, demo};

type Pairs<'a> = &'a [(&'a str, &'a str)];

const NAMED: (&str, &str) = ("EnableParameter", "true");
const HEX: &str = "ab141ddfbacfe02d9dbc25966ed971536124527097398d419a6746873fea0000";

fn nothing(_: &Simulator) {}

fn refused(given: fn(&Simulator), asked: Pairs<'_>, status: u16, code: &str) {
    let (simulator, client) = demo();
    given(&simulator);
    let bare = asked.iter().any(|(name, _)| name.starts_with("InstanceId") || name.starts_with("ResourceTag"));
    let targets = if bare { &[][..] } else { &[WEB1][..] };
    let answer = run(&client, &[targets, asked].concat());
    let shown: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={value:.60}")).collect();
    assert_eq!((answer.code().as_str(), answer.status), (code, status), "{shown:?}");
    assert_eq!(simulator.invocations(), [], "{shown:?}");
    assert!(simulator.calls().iter().all(|call| !call.acted));
}

fn accepted(given: fn(&Simulator), asked: Pairs<'_>) -> (Simulator, Client) {
    let (simulator, client) = demo();
    given(&simulator);
    invoke(&client, asked);
    (simulator, client)
}

#[test]
fn texts_have_their_lengths() {
    for (name, most, status, code) in [
        ("Name", 128, 403, "CmdName.ExceedLimit"),
        ("Description", 512, 403, "CmdDesc.ExceedLimit"),
        ("WorkingDir", 200, 400, "InvalidParameter.WorkingDir"),
        ("Username", 255, 403, "Username.ExceedLimit"),
        ("WindowsPasswordName", 255, 403, "WindowsPasswordName.ExceedLimit"),
    ] {
        accepted(nothing, &[(name, &"é".repeat(most))]);
        refused(nothing, &[(name, &"é".repeat(most + 1))], status, code);
    }
    accepted(nothing, &[("Launcher", &"a".repeat(1_024))]);
    refused(nothing, &[("Launcher", &"a".repeat(1_025))], 403, "InvalidLauncher.LengthLimitExceeded");
}

#[test]
fn control_characters_are_not_for_names() {
    refused(nothing, &[("Name", "a\u{7}")], 403, "InvalidParameterCharacter.CommandName");
    refused(nothing, &[("Description", "a\u{7}")], 403, "InvalidParameterCharacter.CommandDescription");
    refused(nothing, &[("WorkingDir", "/a\n")], 403, "InvalidParameterCharacter.CommandWorkingDir");
}

#[test]
fn words_must_be_known() {
    refused(nothing, &[("Type", "RunPythonScript")], 404, "InvalidCmdType.NotFound");
    refused(nothing, &[("RepeatMode", "Twice")], 404, "InvalidRepeatMode.NotFound");
    refused(nothing, &[("TerminationMode", "Softly")], 404, "InvalidTerminationMode.NotFound");
    refused(nothing, &[("ResourceGroupId", "rg-none")], 404, "InvalidResourceGroup.NotFound");
    refused(nothing, &[("RegionId", "cn-nowhere")], 404, "InvalidRegionId.NotFound");
    refused(nothing, &[("Type", "")], 400, "MissingParameter");
    refused(nothing, &[("CommandContent", "")], 400, "MissingParameter");
    refused(nothing, &[("Timeout", "0")], 400, "InvalidParameter.Timeout");
    refused(nothing, &[("Timeout", "soon")], 400, "InvalidParameter.Timeout");
}

#[test]
fn content_has_eighteen_or_twenty_four_kilobytes_in_base64() {
    for (keep, most) in [("false", 18 * 1024), ("true", 18 * 1024 * 3 / 4)] {
        let full = "a".repeat(most);
        accepted(nothing, &[("CommandContent", &full), ("KeepCommand", keep)]);
        accepted(nothing, &[("CommandContent", &STANDARD.encode(&full)), ("ContentEncoding", "BASE64"), ("KeepCommand", keep)]);
        let over = format!("{full}a");
        refused(nothing, &[("CommandContent", &over), ("KeepCommand", keep)], 403, "CmdContent.ExceedLimit");
    }
    let content = format!("{{{{n}}}}{}", "a".repeat(18 * 1024 - 5 - 10));
    let fits = [("CommandContent", content.as_str()), NAMED, ("Parameters", r#"{"n":"123456789"}"#)];
    accepted(nothing, &fits);
    refused(nothing, &[fits[0], NAMED, ("Parameters", r#"{"n":"1234567890"}"#)], 403, "CmdContent.ExceedLimit");
}

#[test]
fn an_encoding_that_is_not_known_is_none() {
    refused(nothing, &[("CommandContent", "echo 1"), ("ContentEncoding", "Base64")], 400, "CmdContent.DecodeError");
    let (simulator, _) = accepted(nothing, &[("CommandContent", "ZWNobyAx"), ("ContentEncoding", "Base32")]);
    assert_eq!(simulator.invocations()[0].content, "ZWNobyAx");
    let (simulator, _) = accepted(nothing, &[("CommandContent", "ZWNobyAx"), ("ContentEncoding", "base64")]);
    assert_eq!(simulator.invocations()[0].content, "echo 1");
}

#[test]
fn names_in_braces_have_a_form_and_a_number() {
    let many = |count: usize| (0..count).map(|number| format!("{{{{n{number}}}}}")).collect::<Vec<_>>().concat();
    let long = |length: usize| format!("{{{{{}}}}}", "n".repeat(length));
    for (content, status, code) in [
        ("{{}}".to_owned(), 400, "CmdParam.EmptyKey"),
        ("{{ \n }}".to_owned(), 400, "CmdParam.EmptyKey"),
        ("{{a b}}".to_owned(), 400, "CmdParam.InvalidParamName"),
        ("{{ACS::Secret}}".to_owned(), 400, "CmdParam.InvalidParamName"),
        (long(65), 403, "CmdParamName.ExceedLimit"),
        (many(21), 403, "CmdParamCount.ExceedLimit"),
    ] {
        refused(nothing, &[("CommandContent", &content), NAMED], status, code);
        accepted(nothing, &[("CommandContent", &content)]);
    }
    for content in [long(64), many(20), "{{a}}{{A}}{{ACS::InvokeId}}{{acs::regionid}}".to_owned(), "{{open".to_owned()] {
        accepted(nothing, &[("CommandContent", &content), NAMED]);
    }
}

#[test]
fn values_must_have_their_place_in_the_content() {
    let ten = "{{n0}}{{n1}}{{n2}}{{n3}}{{n4}}{{n5}}{{n6}}{{n7}}{{n8}}{{n9}}";
    let values =
        |count: usize| json!((0..count).map(|number| (format!("n{number}"), json!(""))).collect::<serde_json::Map<_, _>>()).to_string();
    let long = json!({ "n".repeat(65): "" }).to_string();
    accepted(nothing, &[("CommandContent", ten), NAMED, ("Parameters", &values(10))]);
    accepted(nothing, &[("CommandContent", ten), NAMED, ("Parameters", r#"{"N1": "in another case"}"#)]);
    accepted(nothing, &[("CommandContent", ten), ("Parameters", "{}")]);
    for (parameters, status, code) in [
        (values(11).as_str(), 403, "ParameterCount.ExceedLimit"),
        (long.as_str(), 403, "ParameterKey.ExceedLimit"),
        (r#"{"n1":"","N1":""}"#, 400, "ParameterKey.Duplicate"),
        (r#"{"n1":"","n1":""}"#, 400, "ParameterKey.Duplicate"),
        (r#"{"":""}"#, 400, "CmdParam.EmptyKey"),
        (r#"{"other":""}"#, 400, "Parameter.NotMatched"),
        (r#"{"n1":1}"#, 403, "ParameterType.NotSupported"),
        ("[]", 403, "ParameterType.NotSupported"),
        (r#"{"n1":"\u0000"}"#, 403, "InvalidParameterCharset.Parameters"),
    ] {
        refused(nothing, &[("CommandContent", ten), NAMED, ("Parameters", parameters)], status, code);
    }
    refused(nothing, &[("CommandContent", "{{n1}}"), ("Parameters", r#"{"n1":""}"#)], 400, "Parameter.Disabled");
}

#[test]
fn either_instances_or_their_tags() {
    let many: Vec<String> = (1..=101).map(|number| format!("InstanceId.{number}")).collect();
    let load: Vec<String> = (1..=101).map(|number| format!("i-load-{number:03}")).collect();
    let pairs: Vec<(&str, &str)> = many.iter().zip(&load).map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let fleet = |simulator: &Simulator| {
        simulator.seed("instances: {count: 101, prefix: i-load-, groups: [sg-base], tags: {role: load}}").unwrap();
    };
    let role = ("ResourceTag.1.Key", "role");
    let (simulator, _) = accepted(fleet, &pairs[..100]);
    assert_eq!(simulator.invocations()[0].targets.len(), 100);
    refused(fleet, &pairs, 403, "InstanceIds.ExceedLimit");
    refused(fleet, &[role, ("ResourceTag.1.Value", "load")], 403, "InstanceIds.ExceedLimit");
    refused(nothing, &[("InstanceId.1", "")], 400, "MissingParam.InstanceId");
    refused(nothing, &[WEB1, role, ("ResourceTag.1.Value", "web")], 400, "InvalidResourceTag.ConflictWithInstanceIds");
    refused(nothing, &[role, ("ResourceTag.1.Value", "none")], 400, "InvalidResourceTag.InstanceNotFound");
    let (simulator, client) = demo();
    edit(&simulator, &json!({ "set": { "instance": "i-web2", "status": "Stopped" } }));
    assert_eq!(run(&client, &[role, ("ResourceTag.1.Value", "web")]).code(), "ok");
    let targets: Vec<String> = simulator.invocations()[0].targets.iter().map(|target| target.instance.clone()).collect();
    assert!(targets.contains(&"i-web1".to_owned()) && !targets.contains(&"i-web2".to_owned()), "only those that run: {targets:?}");
}

#[test]
fn tags_have_their_rules() {
    for (name, most, codes) in [
        (
            "Tag",
            20,
            ["NumberExceed.Tags", "MissingParameter.TagKey", "InvalidTagKey.Malformed", "InvalidTagValue.Malformed", "Duplicate.TagKey"],
        ),
        (
            "ResourceTag",
            10,
            [
                "NumberExceed.ResourceTags",
                "MissingParameter.ResourceTagKey",
                "InvalidResourceTagKey.Malformed",
                "InvalidResourceTagValue.Malformed",
                "Duplicate.ResourceTagKey",
            ],
        ),
    ] {
        let [number, no_key, bad_key, bad_value, twice] = codes;
        let key = |number: usize| format!("{name}.{number}.Key");
        let value = |number: usize| format!("{name}.{number}.Value");
        let many: Vec<(String, String)> = (1..=most + 1).map(|number| (key(number), format!("k{number}"))).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        refused(nothing, &many, 400, number);
        refused(nothing, &[(&value(1), "v")], 400, no_key);
        refused(nothing, &[(&key(1), "")], 400, no_key);
        for bad in ["acs:x", "aliyunx", "a-http://b", "https://b", &"k".repeat(65)] {
            refused(nothing, &[(&key(1), bad)], 400, bad_key);
        }
        for bad in ["http://b", "x-https://b", &"v".repeat(129)] {
            refused(nothing, &[(&key(1), "k"), (&value(1), bad)], 400, bad_value);
        }
        refused(nothing, &[(&key(1), "k"), (&key(2), "k")], 400, twice);
        if name == "Tag" {
            accepted(nothing, &many[..most]);
            accepted(nothing, &[(&key(1), &"é".repeat(64)), (&value(1), &"é".repeat(128))]);
        }
    }
}

#[test]
fn every_instance_must_be_fit_or_none_gets_it() {
    let second = |id: &'static str| [WEB1, ("InstanceId.2", id)];
    refused(nothing, &second("i-none"), 404, "InvalidInstance.NotFound");
    refused(nothing, &second("i-new1"), 400, "InvalidInstance.NotMatch");
    refused(|simulator| simulator.edit(Edit::agent("i-web2", false)).unwrap(), &second("i-web2"), 400, "InvalidInstance.NotMatch");
    let without = |simulator: &Simulator| edit(simulator, &json!({ "set": { "instance": "i-web2", "agent": { "installed": false } } }));
    refused(without, &second("i-web2"), 400, "InvalidInstance.NotMatch");
    let windows = |simulator: &Simulator| edit(simulator, &json!({ "set": { "instance": "i-web1", "os": "windows" } }));
    refused(windows, &[], 400, "InvalidInstance.NotMatch");
    refused(nothing, &[("Type", "RunBatScript")], 400, "InvalidInstance.NotMatch");
    accepted(windows, &[("Type", "RunPowerShellScript")]);
    let elsewhere = |simulator: &Simulator| edit(simulator, &json!({ "set": { "instance": "i-web1", "resourceGroup": "rg-2" } }));
    refused(elsewhere, &[("ResourceGroupId", "rg-1")], 404, "InvalidInstance.NotFound");
    accepted(elsewhere, &[("ResourceGroupId", "rg-2")]);
}

#[test]
fn a_user_of_windows_needs_the_name_of_a_password() {
    let windows = |simulator: &Simulator| edit(simulator, &json!({ "set": { "instance": "i-web1", "os": "windows" } }));
    let script = ("Type", "RunPowerShellScript");
    refused(windows, &[script, ("Username", "ann")], 400, "WindowsPasswordName.Missed");
    accepted(windows, &[script, ("Username", "ann"), ("WindowsPasswordName", "p")]);
    accepted(windows, &[script, ("Username", "system")]);
    accepted(nothing, &[("Username", "ann")]);
}

#[test]
fn a_container_has_an_id_of_sixty_four_digits_or_a_name_and_runs_shell_scripts() {
    for id in [HEX.to_owned(), format!("docker://{HEX}"), format!("containerd://{HEX}"), format!("cri-o://{HEX}")] {
        accepted(nothing, &[("ContainerId", &id)]);
    }
    for id in [&HEX[1..], &format!("rkt://{HEX}"), &HEX.replace('a', "g")] {
        refused(nothing, &[("ContainerId", id)], 400, "InvalidContainerId.Malformed");
    }
    accepted(nothing, &[("ContainerName", "test-container")]);
    refused(nothing, &[("ContainerName", "-x y")], 400, "InvalidContainerName.Malformed");
    let windows = |simulator: &Simulator| edit(simulator, &json!({ "set": { "instance": "i-web1", "os": "windows" } }));
    refused(windows, &[("Type", "RunBatScript"), ("ContainerName", "c")], 400, "InvalidInstance.NotMatch");
    let (simulator, client) = accepted(nothing, &[("ContainerName", "c"), ("Username", "ann"), ("WorkingDir", "/srv")]);
    seconds(&simulator, 2);
    let id = simulator.invocations()[0].invoke_id.clone();
    assert_eq!(result(&client, &id)["Username"], "", "the container's own user ran it");
}

#[test]
fn what_an_agent_is_too_old_for_it_says() {
    let old = |version: &str| json!({ "set": { "instance": "i-web1", "agent": { "version": version } } });
    for (version, asked, code) in [
        ("2.2.3.343", &[("ContainerName", "c")][..], "ClientNeedUpgrade"),
        ("2.2.3.344", &[("ContainerName", "c")], ""),
        ("2.2.3.308", &[("CommandContent", "{{ACS::InvokeId}}"), NAMED], "ClientNeedUpgrade"),
        ("2.2.3.308", &[("CommandContent", "{{ACS::InstanceId}}"), NAMED], ""),
        ("2.2.3.900", &[("ContainerName", "c"), ("CommandContent", "#!/usr/bin/python3")], "CommandNotApplicable"),
        ("2.2.3.900", &[("ContainerName", "c"), ("CommandContent", "#!/bin/bash")], ""),
    ] {
        let (simulator, client) = demo();
        edit(&simulator, &old(version));
        let id = invoke(&client, asked);
        seconds(&simulator, 2);
        assert_eq!(result(&client, &id)["ErrorCode"], code, "{version} {asked:?}");
    }
}

#[test]
fn schedules_have_their_rules() {
    refused(nothing, &[("RepeatMode", "Period")], 400, "MissingParam.Frequency");
    for bad in ["rate(59s)", "rate(8d)", "at(2025-12-31 00:00:00)", "* * * * * ?", "0 15 10 ? * * 2020 UTC", "daily"] {
        refused(nothing, &[("Frequency", bad)], 400, "InvalidParam.Frequency");
    }
    refused(nothing, &[("Frequency", "rate(5m)"), ("Timeout", "300")], 400, "InvalidParam.Frequency");
    let (simulator, _) = accepted(nothing, &[("Frequency", "rate(5m)"), ("RepeatMode", "Once")]);
    assert_eq!(simulator.invocations()[0].repeat_mode, "Period");
}

#[test]
fn quotas_of_kept_commands_and_of_a_day_are_kept() {
    let (simulator, client) = demo();
    set(&simulator, &json!({ "keptCommands": 1, "invocationsPerDay": 3 }));
    let keep = [WEB1, ("KeepCommand", "true")];
    assert_eq!(run(&client, &keep).code(), "ok");
    assert_eq!(run(&client, &keep).code(), "CmdCount.ExceedQuota");
    assert_eq!(run(&client, &[WEB1]).code(), "ok");
    assert_eq!(run(&client, &[WEB1]).code(), "ok");
    let answer = run(&client, &[WEB1]);
    assert_eq!((answer.code().as_str(), answer.status), ("Invocation.ExceedQuota", 403));
    let client = super::later(&simulator, &client, 86_400 - 10);
    assert_eq!(run(&client, &[WEB1]).code(), "ok", "a new day");
}

#[test]
fn codes_that_no_state_leads_to_come_by_faults() {
    let (simulator, client) = demo();
    for (status, code) in [
        (400, "RegionId.ApiNotSupported"),
        (403, "ParameterStore.NotSupported"),
        (403, "ParameterStore.InvalidParameters"),
        (403, "ParameterStore.NoPermission"),
        (403, "TemporaryAccessKey.Error"),
        (403, "OperationDenied.BidOwnResource"),
        (403, "Operation.Forbidden"),
        (403, "InvalidStatus.ResourceGroup"),
        (404, "InvalidCmdId.NotFound"),
        (500, "InternalError.Dispatch"),
    ] {
        simulator.fault(Fault::on("RunCommand", What::error(status, code)));
        let answer = run(&client, &[WEB1]);
        assert_eq!((answer.code().as_str(), answer.status), (code, status));
    }
    assert_eq!(simulator.invocations(), []);
}

#[test]
fn the_log_and_the_state_keep_scripts_and_values_to_themselves() {
    let (simulator, client) = demo();
    let script = ("CommandContent", "echo {{password}} s3cret");
    invoke(&client, &[script, NAMED, ("Parameters", r#"{"password":"hunter2"}"#), ("Name", "shown")]);
    let log = simulator.calls().pop().unwrap();
    assert_eq!(log.parameters["Name"], "shown");
    assert!(log.parameters["CommandContent"].starts_with("(hidden: 24 bytes, SHA-256 "), "{log:?}");
    let everything = format!("{log:?} {}", simulator.state());
    assert!(!everything.contains("s3cret") && !everything.contains("hunter2") && !everything.contains(&STANDARD.encode("echo")[..4]));
    let ledger = simulator.invocations().pop().unwrap();
    assert_eq!((ledger.content.as_str(), ledger.parameters.as_str()), ("echo {{password}} s3cret", r#"{"password":"hunter2"}"#));
    assert_eq!(simulator.state()["invocations"][0]["name"], "shown");
}
