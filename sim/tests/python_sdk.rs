//! The vendor's own Python SDK, unchanged, against the simulator: that is how we know that the wire is right. The virtual environment is built once
//! per set of pinned requirements and kept in the user's cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use steward_cloudsim::{Options, Simulator};

const REQUIREMENTS: &str = include_str!("python/requirements.txt");

#[test]
fn the_vendors_python_sdk_works_against_the_simulator_unchanged() {
    let python = environment();
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    let output = Command::new(python).arg(sources().join("session.py")).arg(simulator.url()).output().unwrap();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let expected = json!({
        "identity": ["1234567890123456", "Account", "acs:ram::1234567890123456:root"],
        "join": "ok",
        "groups after join": ["sg-base", "sg-web"],
        "join again": "InvalidInstanceId.AlreadyExists",
        "leave": "ok",
        "groups after leave": ["sg-base"],
        "leave again": "InvalidSecurityGroupAssociation.NotFound",
        "join an interface": "ok",
        "interfaces": [
            ["eni-db1", "Primary", ["sg-base", "sg-db"]],
            ["eni-db1-backup", "Secondary", ["sg-base", "sg-web"]],
        ],
        "groups": [["sg-enterprise", "enterprise", "vpc-1"], ["sg-web", "normal", "vpc-1"]],
        "by tag": [
            ["i-web1", "Running", {"env": "demo", "role": "web"}],
            ["i-web2", "Running", {"env": "demo", "role": "web"}],
            ["i-web3", "Stopped", {"env": "demo", "role": "web"}],
        ],
        "wrong secret": "SignatureDoesNotMatch",
        "throttled": "Throttling.User",
        "waits at most a minute": true,
    });
    assert_eq!(results, expected, "{}", complaint(&output));
    assert_eq!(simulator.groups_of("i-web1"), ["sg-base"]);
    let acted = simulator.calls().iter().filter(|call| call.acted).count();
    assert_eq!(acted, 3, "join, leave, and the interface's join");
}

#[test]
fn the_vendors_libraries_assume_roles_with_keys_and_with_tokens() {
    let python = environment();
    let simulator = Simulator::start(Options { seed: include_str!("../seeds/demo.yaml").to_owned(), ..Options::default() }).unwrap();
    simulator.seed(include_str!("../seeds/roles.yaml")).unwrap();
    let claims = json!({
        "iss": "https://kubernetes.default.svc",
        "sub": "system:serviceaccount:demo:steward",
        "aud": "sts.aliyuncs.com",
        "exp": simulator.now().as_second() + 600,
    });
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let token = format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(&claims.to_string()), part("signature"));
    let file = std::env::temp_dir().join(format!("cloudsim-token-{}", std::process::id()));
    std::fs::write(&file, token).unwrap();
    let output = Command::new(python).arg(sources().join("roles.py")).arg(simulator.url()).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(&output)));
    let ann = json!(["AssumedRoleUser", "1234567890123456", "acs:ram::1234567890123456:assumed-role/ops/ann"]);
    let pod = json!(["AssumedRoleUser", "1234567890123456", "acs:ram::1234567890123456:assumed-role/pods/pod"]);
    let expected = json!({
        "sdk": ["acs:ram::1234567890123456:role/ops/ann", ann],
        "sdk, signature v1": ann,
        "sdk, token": ["system:serviceaccount:demo:steward", "sts.aliyuncs.com", pod],
        "sdk, refused": "NoPermission",
        "library, ram_role_arn": ann,
        "library, oidc_role_arn": pod,
    });
    assert_eq!(results, expected, "{}", complaint(&output));
}

/// The interpreter of an environment that has the SDK. The tests of this file share one.
fn environment() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(built)
}

/// Built if need be.
fn built() -> PathBuf {
    let digest = Sha256::digest(REQUIREMENTS);
    let hash = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    let home = cache().join("cloud-steward").join(format!("python-sdk-{hash:016x}"));
    if home.exists() {
        return home.join("bin/python");
    }
    // Built beside its place and moved there when complete, so that a run that was cut off, or a second one at the same time, does no harm.
    let site = home.with_extension(std::process::id().to_string());
    run(
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(&site),
        "this test needs python3 with its venv module: install python3 and python3-venv",
    );
    run(
        Command::new(site.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(sources().join("requirements.txt")),
        "this test installs the vendor's Python SDK: pip needs a package index that it can reach",
    );
    if std::fs::rename(&site, &home).is_err() {
        // Somebody else was faster.
        std::fs::remove_dir_all(&site).expect("the environment that was just built can be removed");
    }
    home.join("bin/python")
}

fn run(command: &mut Command, advice: &str) {
    let failure = match command.output() {
        Ok(output) if output.status.success() => return,
        Ok(output) => complaint(&output),
        Err(error) => error.to_string(),
    };
    assert!(failure.is_empty(), "{advice} ({failure})");
}

fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    format!("{}: {}", output.status, lines.join(" | "))
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python")
}

#[allow(clippy::disallowed_methods, reason = "a test has no main to read the environment in")]
fn cache() -> PathBuf {
    std::env::var("XDG_CACHE_HOME")
        .map_or_else(|_| PathBuf::from(std::env::var("HOME").expect("HOME is set")).join(".cache"), PathBuf::from)
}
