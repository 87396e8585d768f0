//! `deploy/argocd`: what people apply is what the tables test, one exact key per kind, without a library of Lua.

use super::{KINDS, health_script};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use steward_playground::repository;

/// What stands before the keys in each of the two files, and how deep the keys are.
const FILES: [(&str, &str, usize); 2] = [
    (
        "argocd-cm.yaml",
        "# Argo CD: health of steward's kinds. Has nothing but these keys, so it can be laid over an argocd-cm that has others; see docs/gitops.md.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
data:
",
        2,
    ),
    (
        "values.yaml",
        "# Argo CD: health of steward's kinds, as values of the chart argo-cd; see docs/gitops.md.
configs:
  cm:
",
        4,
    ),
];

fn key(kind: &str) -> String {
    format!("resource.customizations.health.cloudsteward.dev_{kind}")
}

fn script(kind: &str) -> String {
    std::fs::read_to_string(health_script(kind)).expect("a script for each kind")
}

fn path(file: &str) -> PathBuf {
    repository().join("deploy/argocd").join(file)
}

fn written(head: &str, depth: usize) -> String {
    let mut text = head.to_owned();
    for kind in KINDS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:depth$}{}: |", "", key(kind));
        for line in script(kind).lines() {
            let _ = writeln!(text, "{}", format!("{:indent$}{line}", "", indent = depth + 2).trim_end());
        }
    }
    text
}

#[test]
fn what_is_shipped_is_what_is_tested() {
    for (file, head, depth) in FILES {
        let (path, text) = (path(file), written(head, depth));
        if std::env::var_os("STEWARD_GOLDEN").is_some_and(|value| value == "write") {
            std::fs::write(&path, &text).expect("it can be written");
        }
        let shipped = std::fs::read_to_string(&path).expect("it is there");
        assert_eq!(shipped, text, "{} is not what the scripts say: run `make golden`", path.display());
        let parsed: Value = serde_saphyr::from_str(&shipped).expect("YAML");
        let keys = if file == "values.yaml" { &parsed["configs"]["cm"] } else { &parsed["data"] };
        let expected: Value = KINDS.iter().map(|kind| (key(kind), json!(script(kind)))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(keys, &expected, "{file}");
    }
}
