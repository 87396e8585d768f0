//! The table: objects in a state, and what each tool has to say of it. Who judges is a program with Flux's library and Argo CD's interpreter.

use super::health_script;
use crate::world::World;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use steward_playground::settings::Settings;
use steward_playground::{Tool, Toolbox};

/// What Flux says first, and Argo CD.
pub(super) type Expected = (&'static str, &'static str);

pub(super) const AT_WORK: Expected = ("InProgress", "Progressing");
pub(super) const FINE: Expected = ("Current", "Healthy");
pub(super) const BAD: Expected = ("Failed", "Degraded");
pub(super) const GOING: Expected = ("Terminating", "Progressing");
/// Left alone while it was fine, before anybody looked, and when it was not fine.
pub(super) const FINE_AND_SUSPENDED: Expected = ("Current", "Suspended");
pub(super) const SUSPENDED_BEFORE: Expected = ("InProgress", "Suspended");
pub(super) const BAD_AND_SUSPENDED: Expected = ("Failed", "Suspended");

#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(String, Value, Expected)>,
}

impl Table {
    /// Takes an object down as it is now. `ready` is what its `Ready` says, so that the row is of the state that it is called after.
    #[track_caller]
    pub(super) fn row(&mut self, world: &World, plural: &str, name: &str, ready: &str, expected: Expected) {
        let object = world.api.get_json(plural, "default", name).unwrap_or_default();
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let said = conditions
            .iter()
            .find(|condition| condition["type"] == "Ready")
            .map_or_else(|| "absent".to_owned(), |found| format!("{}/{}", found["status"], found["reason"]).replace('"', ""));
        assert_eq!(said, ready, "{name} is in another state: {:#}", object["status"]);
        self.rows.push((format!("{name}: {ready}"), object, expected));
    }

    /// Asks the tools about all rows at once.
    #[track_caller]
    pub(super) fn judge(&self) {
        let objects =
            json!({"apiVersion": "v1", "kind": "List", "items": self.rows.iter().map(|(_, object, _)| object).collect::<Vec<_>>()});
        let kind = self.rows[0].1["kind"].as_str().expect("objects have a kind");
        let (flux, argo) = (ask(&["kstatus"], &objects), ask(&["health", &health_script(kind).to_string_lossy()], &objects));
        assert_eq!((flux.len(), argo.len()), (self.rows.len(), self.rows.len()), "an answer for each");
        let mut wrong = Vec::new();
        for ((what, object, expected), (flux, argo)) in self.rows.iter().zip(flux.iter().zip(&argo)) {
            if (flux.0.as_str(), argo.0.as_str()) != *expected {
                wrong.push(format!("{what}: {flux:?}, {argo:?}, and not {expected:?}: {:#}", object["status"]["conditions"]));
            }
            assert!(!argo.1.is_empty(), "{what}: a person is told why");
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Status and message of each object.
pub(super) fn ask(arguments: &[&str], objects: &Value) -> Vec<(String, String)> {
    let toolbox = Toolbox::obtain(&Settings::from_environment(), &[Tool::Gitops]).expect("the program is built");
    let program = toolbox.path(Tool::Gitops).expect("it was asked for");
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(objects.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "gitops {arguments:?}");
    let verdicts: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    verdicts.iter().map(|verdict| (text(&verdict["status"]), text(&verdict["message"]))).collect()
}
