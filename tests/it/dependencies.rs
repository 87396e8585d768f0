//! What the released programs are made of, as cargo resolves it. Licences and sources are for `make licences`: that needs a program of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// `name version`, of everything that is linked into a package's programs.
fn graph(package: &str) -> BTreeSet<String> {
    let said = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let name_and_version = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    String::from_utf8_lossy(&said.stdout).lines().map(name_and_version).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_release_has_one_tls_stack_one_provider_and_one_idea_of_time() {
    let rules = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).expect("deny.toml");
    let banned: BTreeSet<&str> = rules
        .lines()
        .filter(|line| !line.contains("deny-multiple-versions"))
        .filter_map(|line| line.split('"').nth(1).filter(|_| line.contains("{ crate = ")))
        .collect();
    for expected in ["aws-lc-rs", "chrono", "native-tls", "openssl"] {
        assert!(banned.contains(expected), "{expected} in {banned:?}");
    }
    for package in ["cloud-steward", "steward-cloudsim"] {
        let graph = graph(package);
        assert!(graph.len() > 50, "{graph:?}");
        let found: Vec<_> = graph.iter().filter(|one| one.split(' ').next().is_some_and(|name| banned.contains(name))).collect();
        assert!(found.is_empty(), "{package} is made of {found:?}");
    }
    let stacks: Vec<_> = graph("cloud-steward").into_iter().filter(|one| one.starts_with("rustls ")).collect();
    assert_eq!(stacks.len(), 1, "{stacks:?}");
}
