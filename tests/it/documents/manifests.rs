//! Every manifest on a page, and every one that is an example, is taken by a real API server, and the runbook's commands work there. One control plane for all of it.

use super::{Block, Page, manifest_files, pages};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;
use steward_playground::playground::install;
use steward_playground::repository;
use steward_playground::{ControlPlane, Options};

/// Groups of kinds that other programs bring along: the API server here does not know them. Such an object has to name kind and itself.
const FOREIGN: [&str; 9] = [
    "argoproj.io",
    "bitnami.com",
    "external-secrets.io",
    "helm.toolkit.fluxcd.io",
    "kustomize.config.k8s.io",
    "kustomize.toolkit.fluxcd.io",
    "monitoring.coreos.com",
    "notification.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
];
/// A block without `apiVersion` and `kind` is a part of something: of an object, under one of these names, or of the chart's values. In the simulator's
/// pages it is a seed, which its own tests take. The last two are Prometheus's own configuration.
const PARTS: [&str; 5] = ["metadata", "spec", "status", "rule_files", "scrape_configs"];

/// What the blocks of a page hold.
#[derive(Default)]
struct Found {
    objects: Vec<Value>,
    foreign: usize,
    parts: usize,
    wrong: Vec<String>,
}

fn read(page: &Page, values: &BTreeSet<String>) -> Found {
    let mut found = Found::default();
    let is_of_the_simulator = page.path.starts_with("sim");
    for block in page.blocks().iter().filter(|block| !is_of_the_simulator && matches!(block.language.as_str(), "yaml" | "yml")) {
        if let Err(wrong) = sort(block, values, &mut found) {
            found.wrong.push(format!("{}:{}: {wrong}", page.name(), block.line));
        }
    }
    found
}

fn sort(block: &Block, values: &BTreeSet<String>, found: &mut Found) -> Result<(), String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(&block.text).map_err(|error| format!("no YAML: {error}"))?;
    for document in documents {
        let Some(fields) = document.as_object() else { return Err("neither an object nor a part of one".to_owned()) };
        let text = |name: &str| document[name].as_str();
        match (text("apiVersion"), text("kind")) {
            (Some(version), Some(_)) if FOREIGN.iter().any(|group| version.starts_with(&format!("{group}/"))) => found.foreign += 1,
            (Some(_), Some(_)) => found.objects.push(document),
            (None, None) => {
                let strange: Vec<_> = fields.keys().filter(|name| !PARTS.contains(&name.as_str()) && !values.contains(*name)).collect();
                if !strange.is_empty() {
                    return Err(format!("a part of nothing: {strange:?}"));
                }
                found.parts += 1;
            }
            _ => return Err("an object needs both apiVersion and kind".to_owned()),
        }
    }
    Ok(())
}

/// The names at the top of the chart's values.
fn values() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository().join("charts/cloud-steward/values.yaml")).unwrap_or_default();
    let values: Value = serde_saphyr::from_str(&text).unwrap_or_default();
    values.as_object().map(|values| values.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn a_part_is_known_by_its_names() {
    let sorted = |text: &str| {
        let mut found = Found::default();
        let block = Block { language: "yaml".to_owned(), line: 1, text: text.to_owned() };
        let wrong = sort(&block, &BTreeSet::from(["replicas".to_owned()]), &mut found);
        (wrong.is_ok(), found.objects.len(), found.foreign, found.parts)
    };
    assert_eq!(sorted("apiVersion: v1\nkind: Secret\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\n"), (true, 1, 1, 0));
    assert_eq!(sorted("status: {a: 1}\n---\nreplicas: 2\n"), (true, 0, 0, 2));
    for wrong in ["statsu: {a: 1}\n", "kind: Secret\n", "- a\n", "a: [\n"] {
        assert!(!sorted(wrong).0, "{wrong}");
    }
}

#[test]
fn every_manifest_is_taken_and_every_command_of_the_runbook_works() {
    let control_plane = ControlPlane::start(&Options::default()).expect("a control plane");
    install(&control_plane, &repository().join("deploy/playground")).expect("the manifests");
    manifests(&control_plane);
    commands(&control_plane);
}

fn manifests(control_plane: &ControlPlane) {
    let kubectl = control_plane.kubectl();
    let values = values();
    let found: Vec<(Page, Found)> =
        pages().into_iter().chain(manifest_files()).map(|page| (read(&page, &values), page)).map(|(found, page)| (page, found)).collect();
    let namespaces: BTreeSet<&str> =
        found.iter().flat_map(|(_, found)| &found.objects).filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    for namespace in namespaces {
        // Some are there already.
        drop(kubectl.run(&["create", "namespace", namespace]).expect("kubectl runs"));
    }
    let mut wrong: Vec<String> = Vec::new();
    let (mut taken, mut foreign, mut parts) = (0, 0, 0);
    for (page, found) in &found {
        wrong.extend(found.wrong.iter().cloned());
        foreign += found.foreign;
        parts += found.parts;
        if found.objects.is_empty() {
            continue;
        }
        taken += found.objects.len();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": found.objects}).to_string();
        let arguments = ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "--field-manager=a-reader", "-f", "-"];
        let said = kubectl.run_with_input(&arguments, &list).expect("kubectl runs");
        if !said.success {
            wrong.push(format!("{}: {}", page.name(), said.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 20, "{taken} objects, {foreign} of other programs, {parts} parts");
}

/// The least that one can write of each kind, and its short name.
fn objects() -> BTreeMap<&'static str, (&'static str, Value)> {
    let target = json!({"resourceId": "5aa119a8-d25b-45a7-8d1b-88e127885635", "volumeMapping": "SourceVolumes"});
    let check = json!({"name": "a", "backup": {"latest": {"resourceId": target["resourceId"]}}, "target": target});
    BTreeMap::from([
        (
            "CloudCommand",
            ("ccmd", json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "uptime"}})),
        ),
        ("CloudCredential", ("cred", json!({"provider": "AlibabaCloud", "auth": {"accessKey": {"secretRef": {"name": "aliyun"}}}}))),
        ("EciScalingConfig", ("esc", json!({"scalingConfigurationId": "asc-1", "configuration": {"cpu": 2}}))),
        ("RestoreCheck", ("rchk", json!({"checks": [check]}))),
        ("SecurityGroupMembership", ("sgm", json!({"securityGroupId": "sg-1", "targets": {"instanceIds": ["i-1"]}}))),
    ])
}

fn commands(control_plane: &ControlPlane) {
    let kubectl = control_plane.kubectl();
    let objects = objects();
    let list: Vec<Value> = objects
        .iter()
        .map(|(kind, (_, spec))| {
            let metadata = json!({"name": "web", "namespace": "default"});
            json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
        })
        .collect();
    kubectl.apply(&json!({"apiVersion": "v1", "kind": "List", "items": list}).to_string()).expect("the objects");
    let mut lines: BTreeSet<(&str, String)> = BTreeSet::new();
    for reason in cloud_steward::reason::Reason::ALL {
        let told = cloud_steward::runbook::paragraph(reason);
        for kind in told.kinds {
            let short = objects[kind].0;
            // A command that is about one kind whatever $KIND says.
            let is_of = |line: &&&str| line.contains("$KIND") || !line.contains(" ccmd ") || short == "ccmd";
            lines.extend(told.look.iter().filter(is_of).map(|line| (short, (*line).to_owned())));
            let changes = told.act.iter().filter_map(|act| act.command);
            let changes = changes.filter(|line| line.starts_with("kubectl patch") || line.starts_with("kubectl annotate"));
            lines.extend(changes.filter(|line| is_of(&line)).map(|line| (short, format!("{line} --dry-run=server"))));
        }
    }
    // One shell for all of them: what fails says so, and ends nothing.
    let mut script = "NAME=web NS=default\n".to_owned();
    let lines = lines.into_iter().filter(|(_, line)| line.starts_with("kubectl "));
    let mut count = 0;
    for (kind, line) in lines {
        count += 1;
        let complaint = format!("printf '%s\\n' \"$(cat <<'END'\n{kind}: {line}\nEND\n)\"");
        let _ = writeln!(script, "KIND={kind}\n{{ {line} ; }} >/dev/null || {complaint}");
    }
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", control_plane.tools_directory().expect("tools").display());
    let shell = Command::new("bash")
        .args(["-c", &script])
        .env("KUBECONFIG", control_plane.kubeconfig())
        .env("PATH", path)
        .output()
        .expect("a shell");
    let (failed, said) = (String::from_utf8_lossy(&shell.stdout), String::from_utf8_lossy(&shell.stderr));
    assert!(failed.is_empty(), "of {count} commands:\n{failed}\n{said}");
    assert!(count > 60, "{count} commands");
}
