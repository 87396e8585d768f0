//! What people watch steward by: that the numbers are those that are documented (`numbers`), what is told of each call that changes something
//! (`changes`), that alerts and dashboard ask for numbers that exist (`alerts`, `dashboard`).

mod alerts;
mod changes;
mod dashboard;
mod numbers;
mod words;

use crate::world::World;
use cloud_steward::operator::KindName;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use steward_playground::settings::Settings;
use steward_playground::tools::{Tool, Toolbox};

/// A bit of everything.
const SEED: &str = "
securityGroups: [{id: sg-base}, {id: sg-web}]
instances: [{id: i-1, groups: [sg-base]}, {id: i-2, groups: [sg-base]}]
scalingGroups: [{id: asg-1, name: web}]
";

/// A world of all kinds at both clouds, whose lives show their numbers.
fn world() -> World {
    let mut world = World::new(SEED);
    world.with_backups();
    world.show_numbers();
    world.configure(|config| {
        config.kinds = vec![KindName::CloudCommand, KindName::EciScalingConfig, KindName::RestoreCheck, KindName::SecurityGroupMembership];
    });
    world
}

/// `True/InSync`, of any kind.
fn ready(world: &World, plural: &str, name: &str) -> String {
    let object = world.api.get_json(plural, "default", name).unwrap_or_default();
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.into_iter().find(|condition| condition["type"] == "Ready").unwrap_or_default();
    format!("{}/{}", ready["status"].as_str().unwrap_or_default(), ready["reason"].as_str().unwrap_or_default())
}

fn script(targets: &[&str]) -> Value {
    json!({"targets": {"instanceIds": targets}, "command": {"type": "RunShellScript", "content": "echo hello"}})
}

fn home(server: &str) -> Value {
    json!({"name": "home", "backup": {"latest": {"resourceId": server}}, "target": {"resourceId": server, "volumeMapping": "SourceVolumes"}})
}

/// A metric, as it is documented.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Documented {
    type_: String,
    labels: BTreeSet<String>,
}

/// The table of `docs/metrics.md`.
fn documented() -> BTreeMap<String, Documented> {
    let text = read("docs/metrics.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, type_, labels, _] = cells[..] else { return None };
        let name = name.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        let labels = labels.split(", ").filter(|label| !label.is_empty()).map(|label| label.trim_matches('`').to_owned()).collect();
        Some((name, Documented { type_: type_.to_owned(), labels }))
    });
    rows.collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| unreachable!("{path}: {error}"))
}

/// Runs promtool there, and panics with what it says if it is not content.
#[track_caller]
fn promtool(directory: &Path, arguments: &[&str], input: &str) -> String {
    let settings = Settings::from_environment();
    let toolbox = Toolbox::obtain(&settings, &[Tool::Promtool]).expect("promtool, built once");
    let program = toolbox.path(Tool::Promtool).expect("it was asked for");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("promtool runs");
    running.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it listens");
    let said = running.wait_with_output().expect("promtool ends");
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "promtool {arguments:?}: {text}");
    text
}
