//! What the chart renders and says, in files that a person has read. `make golden` writes them anew; read the difference.

use std::collections::BTreeMap;
use std::path::Path;

use super::{SETS, objects, read, rendered, without_cluster};
use serde_json::Value;
use steward_playground::helm;
use steward_playground::repository;

#[test]
fn the_main_sets_of_values_render_what_somebody_has_read() {
    let (_home, helm) = without_cluster();
    let directory = repository().join("tests/golden/chart");
    for (name, values) in SETS {
        let release = rendered(&helm, values);
        compare(&directory.join(format!("{name}.yaml")), &short(&release.manifest));
        compare(&directory.join(format!("{name}.notes.txt")), &release.notes);
    }
}

/// Kustomize cannot take rules out of a plain file, so `deploy/` has them once more: as the chart renders them.
#[test]
fn the_alerts_of_deploy_are_those_of_the_chart() {
    let (_home, helm) = without_cluster();
    let manifest = rendered(&helm, "deploy/overlays/monitoring/values.yaml").manifest;
    let rule = manifest.split("\n---\n").find(|document| document.contains("\nkind: PrometheusRule")).expect("a PrometheusRule");
    let is_helms = |line: &str| {
        ["helm.sh/chart:", "app.kubernetes.io/managed-by:", "app.kubernetes.io/version:"].iter().any(|label| line.trim().starts_with(label))
    };
    let lines: Vec<&str> = rule.lines().filter(|line| !line.starts_with("# Source:") && !is_helms(line)).collect();
    let text = format!("# Written by `make golden`, from charts/cloud-steward/files/alerts.yaml.\n{}\n", lines.join("\n").trim());
    compare(&repository().join("deploy/overlays/monitoring/prometheusrule.yaml"), &text);
}

#[test]
fn helm_finds_nothing_to_complain_of() {
    let (_home, helm) = without_cluster();
    let chart = helm::chart().display().to_string();
    for (name, values) in SETS {
        let values = repository().join(values).display().to_string();
        let said = helm.run(&["lint", "--strict", "--quiet", &chart, "--values", &values]).unwrap();
        assert!(said.success, "{name}: {}{}", said.stdout, said.stderr);
    }
}

#[test]
fn the_chart_has_the_same_files_as_the_rest_of_the_repository() {
    let chart = helm::chart().join("files");
    for crd in std::fs::read_dir(chart.join("crds")).unwrap() {
        let name = crd.unwrap().file_name();
        assert_eq!(read(&chart.join("crds").join(&name)), read(&repository().join("crds").join(&name)), "run `make crds`");
    }
    let seed = "cp sim/seeds/demo.yaml charts/cloud-steward/files/cloudsim-seed.yaml";
    assert_eq!(read(&chart.join("cloudsim-seed.yaml")), read(&repository().join("sim/seeds/demo.yaml")), "{seed}");
}

#[test]
fn the_chart_installs_the_version_that_it_is_released_with() {
    let about: Value = serde_saphyr::from_str(&read(&helm::chart().join("Chart.yaml"))).unwrap();
    assert_eq!(
        (about["appVersion"].as_str(), about["version"].as_str()),
        (Some(env!("CARGO_PKG_VERSION")), Some(env!("CARGO_PKG_VERSION")))
    );
}

/// Who reads the values, reads the table: both have every one.
#[test]
fn the_readme_of_the_chart_has_every_value_and_its_default() {
    let chart = helm::chart();
    let values: Value = serde_saphyr::from_str(&read(&chart.join("values.yaml"))).unwrap();
    let mut expected = BTreeMap::new();
    leaves(&values, "", &mut expected);
    let readme = read(&chart.join("README.md"));
    let rows: BTreeMap<String, String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, rest)| (name.to_owned(), rest.split(" | ").next().unwrap_or_default().trim_matches('`').to_owned()))
        .collect();
    assert_eq!(rows, expected);
}

/// Of what has parts, its parts; of the rest, as JSON.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    let is_whole = ["resources", "cloudsim.resources", "dashboard.labels"].contains(&path);
    let Some(parts) = value.as_object().filter(|parts| !parts.is_empty() && !is_whole) else {
        found.insert(path.to_owned(), value.to_string());
        return;
    };
    for (name, part) in parts {
        leaves(part, format!("{path}.{name}").trim_start_matches('.'), found);
    }
}

/// Without what has a file of its own, and is compared with it elsewhere.
fn short(manifest: &str) -> String {
    let documents = manifest.split("\n---\n").map(|document| {
        for (kind, rest, whence) in [
            ("CustomResourceDefinition", "\nspec:\n", "files/crds"),
            ("PrometheusRule", "\nspec:\n", "files/alerts.yaml"),
            ("ConfigMap", "\ndata:\n  cloud-steward.json:", "files/dashboard.json"),
            ("ConfigMap", "\ndata:\n  seed.yaml: |\n    # A small account", "files/cloudsim-seed.yaml"),
        ] {
            if document.contains(&format!("\nkind: {kind}\n"))
                && let Some((head, _)) = document.split_once(rest)
            {
                return format!("{head}\n# … {whence}");
            }
        }
        document.to_owned()
    });
    format!("{}\n", documents.collect::<Vec<_>>().join("\n---\n").trim())
}

fn compare(file: &Path, text: &str) {
    if std::env::var_os("STEWARD_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(file, text).expect("a readable directory");
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    let differs = committed.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(
        committed == text,
        "{} is not what the chart renders, first at {differs:?}: run `make golden` and read the difference",
        file.display()
    );
}

#[test]
fn every_object_of_every_set_says_whose_it_is() {
    let (_home, helm) = without_cluster();
    for (name, values) in SETS {
        for object in objects(&rendered(&helm, values).manifest) {
            let labels = &object["metadata"]["labels"];
            for label in [
                "app.kubernetes.io/name",
                "app.kubernetes.io/instance",
                "app.kubernetes.io/version",
                "app.kubernetes.io/managed-by",
                "helm.sh/chart",
            ] {
                assert!(labels[label].is_string(), "{name}: {} {} has no {label}", object["kind"], object["metadata"]["name"]);
            }
        }
    }
}
