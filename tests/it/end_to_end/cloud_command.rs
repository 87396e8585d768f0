//! The way of a command: what people apply, what it does on the servers, and how it looks in a terminal.

use super::SEED;
use super::real::{Real, ready_of};
use super::security_group_membership::Table;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// The manifests that users write, the least one first; the longest has everything.
pub(super) const UPTIME: &str = include_str!("../../data/commands/uptime.yaml");
pub(super) const PATCH: &str = include_str!("../../data/commands/patch-openssl.yaml");
pub(super) const ROTATE: &str = include_str!("../../data/commands/rotate-logs.yaml");
/// What the second one points at.
const SOURCES: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data: {patch.sh: "upgrade --to {{version}} --with {{ token }}"}
---
apiVersion: v1
kind: Secret
metadata: {name: repo}
stringData: {token: correct-horse-battery}
"#;
const OUTCOMES: &str = r#"
commandOutcomes:
  - {match: {name: patch-openssl, instance: i-web3}, exitCode: 4, output: "denied for correct-horse-battery\n"}
"#;

fn get(real: &Real, name: &str) -> Option<Value> {
    real.get_of("cloudcommands", name)
}

#[track_caller]
fn until_ready(real: &Real, name: &str, ready: &str) {
    real.until(MINUTE, &format!("{name} is {ready}"), |real| get(real, name).is_some_and(|object| ready_of(&object) == ready));
}

/// `steward results`, typed by an administrator.
fn results(real: &Real, arguments: &[&str]) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_steward"))
        .args(["results", "--allow-endpoint", "http://127.0.0.1:*"])
        .args(arguments)
        .env("KUBECONFIG", real.playground.control_plane().kubeconfig())
        .output()
        .expect("it runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

/// Run, edited and run again, deleted while it is scheduled; also what the rights of steward are measured by.
pub(super) fn the_whole_way(real: &Real) {
    real.apply(UPTIME);
    real.kubectl(&["wait", "--for=condition=Ready", "ccmd/uptime", "--timeout=60s"]);
    assert_eq!(real.acted("RunCommand"), 1);
    let run = real.calls().into_iter().find(|call| call.operation == "RunCommand").expect("a call");
    let status = get(real, "uptime").expect("it exists")["status"].clone();
    assert_eq!(status["history"][0]["requestId"], run.request_id, "the receipt is findable");
    assert_eq!(status["results"][0]["exitCode"], json!(0));

    let changed = UPTIME.replace("content: uptime", "content: uptime -p");
    let refused = super::real::applied(real.playground.control_plane().kubectl(), &changed);
    assert!(!refused.success && refused.stderr.contains("change spec.trigger to run the changed command"), "{refused:?}");
    real.apply(&changed.replace("spec: {", "spec: {trigger: again, "));
    real.until(MINUTE, "it ran again", |real| real.acted("RunCommand") == 2);
    until_ready(real, "uptime", "True/Succeeded");

    real.apply(ROTATE);
    until_ready(real, "rotate-logs", "True/Scheduled");
    real.kubectl(&["delete", "ccmd", "--all", "--timeout=60s"]);
    assert_eq!(real.acted("StopInvocation"), 1, "what is scheduled is stopped");
}

#[test]
fn a_command_travels_from_kubectl_apply_to_the_servers_and_back() {
    let real = Real::new(SEED);
    the_whole_way(&real);
}

#[test]
fn kubectl_get_shows_what_ran_and_where_it_failed_and_no_secret() {
    let real = Real::new(&format!("{SEED}{OUTCOMES}"));
    real.apply(UPTIME);
    real.apply(SOURCES);
    real.apply(PATCH);
    real.apply(ROTATE);
    until_ready(&real, "uptime", "True/Succeeded");
    until_ready(&real, "patch-openssl", "False/CommandFailed");
    until_ready(&real, "rotate-logs", "True/Scheduled");
    let table = Table::read(&real.kubectl(&["get", "ccmd"]));
    assert_eq!(table.titles, ["NAME", "READY", "REASON", "DONE", "FAILED", "LAST-RUN", "NEXT-RUN", "AGE"]);
    assert_eq!(table.row("uptime")[1..5], ["True", "Succeeded", "1/1", "0"]);
    assert_eq!(table.row("patch-openssl")[1..5], ["False", "CommandFailed", "3/3", "1"]);

    let told = real.kubectl(&["get", "ccmd", "patch-openssl", "-o", "yaml"]) + &real.kubectl(&["describe", "ccmd", "patch-openssl"]);
    assert!(told.contains("i-web3: exit code 4") && told.contains("denied for (secret)"), "{told}");
    assert!(!told.contains("correct-horse"), "{told}");
    assert_eq!(real.acted("RunCommand"), 5, "three servers one at a time are three calls");
    let all = results(&real, &["patch-openssl", "--output", "table"]);
    assert_eq!(all.lines().filter(|line| line.ends_with(": Succeeded, exit code 0")).count(), 2, "{all}");
    let one = results(&real, &["patch-openssl", "--instance", "i-web3"]);
    assert!(one.contains("i-web3: Failed, exit code 4") && one.contains("denied for (secret)") && !one.contains("correct-horse"), "{one}");
    let everything = real.kubectl(&["get", "steward", "-o", "name"]);
    assert!(everything.lines().any(|line| line == "cloudcommand.cloudsteward.dev/uptime"), "{everything}");
}
