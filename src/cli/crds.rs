//! `steward crds`: the CRDs as they are committed and installed.

use crate::api;
use anyhow::Context as _;
use clap::Args;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Flags {
    /// Write one file per CRD into this directory instead of printing; may be given several times.
    #[arg(long = "dir", value_name = "DIRECTORY")]
    directories: Vec<PathBuf>,
    /// With --dir: write nothing, and fail if a file there is not what it should be.
    #[arg(long, requires = "directories")]
    check: bool,
}

/// Prints, writes or checks.
pub fn run(flags: &Flags) -> ExitCode {
    match try_run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn try_run(flags: &Flags) -> anyhow::Result<()> {
    for crd in api::crds() {
        let text = yaml(&crd)?;
        if flags.directories.is_empty() {
            write!(std::io::stdout(), "---\n{text}").context("standard output is closed")?;
        }
        for directory in &flags.directories {
            let path = directory.join(file_name(&crd));
            if flags.check {
                check(&path, &text)?;
            } else {
                std::fs::write(&path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
            }
        }
    }
    Ok(())
}

fn check(path: &Path, text: &str) -> anyhow::Result<()> {
    let committed = std::fs::read_to_string(path).with_context(|| format!("{} is missing: run `make crds`", path.display()))?;
    anyhow::ensure!(committed == text, "{} is not what the types say: run `make crds`", path.display());
    Ok(())
}

/// `securitygroupmemberships.cloudsteward.dev.yaml`
fn file_name(crd: &CustomResourceDefinition) -> String {
    format!("{}.yaml", crd.metadata.name.clone().unwrap_or_default())
}

fn yaml(crd: &CustomResourceDefinition) -> anyhow::Result<String> {
    let text = serde_saphyr::to_string(crd).context("a CRD cannot be written as YAML")?;
    Ok(format!("# Generated from src/api by `make crds`.\n{}\n", text.trim_end()))
}
