//! A virtual environment with the SDKs that a test names, built once per set of pinned requirements and kept in the user's cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// One test builds, those of the same program wait.
static BUILDING: Mutex<()> = Mutex::new(());

/// Runs a script of this folder in an environment that has what the file of requirements asks for.
pub(crate) fn session(script: &str, requirements: &str, arguments: &[&str]) -> Output {
    Command::new(environment(requirements)).arg(sources().join(script)).args(arguments).output().expect("python starts")
}

/// The interpreter of an environment that has the SDKs, built if need be.
fn environment(requirements: &str) -> PathBuf {
    let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let requirements = sources().join(requirements);
    let digest = Sha256::digest(std::fs::read(&requirements).expect("the requirements can be read"));
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
            .arg(requirements),
        "this test installs the vendors' Python SDKs: pip needs a package index that it can reach",
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

pub(crate) fn complaint(output: &Output) -> String {
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
