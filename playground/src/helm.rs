//! `helm`, and the chart of this repository, untouched by the person's own configuration.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::control_plane::ControlPlane;
use crate::deployment::Deployment;
use crate::kubectl::Said;
use crate::repository::repository;
use crate::settings::Settings;
use crate::tools::{Tool, Toolbox};

/// What the documentation calls the release, and where it puts it.
pub const RELEASE: &str = "cloud-steward";
pub const NAMESPACE: &str = "cloud-steward-system";

/// helm with a kubeconfig, or without one for what needs no cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Helm {
    program: PathBuf,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl Helm {
    /// As the administrator of a control plane.
    pub fn of(control_plane: &ControlPlane) -> Result<Self> {
        Self::with(control_plane.kubeconfig().to_owned(), control_plane.root().join("helm"))
    }

    /// For `lint` and `template`. Its caches go below `home`.
    pub fn without_cluster(home: &Path) -> Result<Self> {
        Self::with(home.join("no-kubeconfig"), home.to_owned())
    }

    fn with(kubeconfig: PathBuf, home: PathBuf) -> Result<Self> {
        let toolbox = Toolbox::obtain(&Settings::from_environment(), &[Tool::Helm])?;
        Ok(Self { program: toolbox.path(Tool::Helm)?.to_owned(), kubeconfig, home })
    }

    /// A command that is this helm, to be run as the caller likes.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null());
        for (name, directory) in [("HELM_CACHE_HOME", "cache"), ("HELM_CONFIG_HOME", "config"), ("HELM_DATA_HOME", "data")] {
            command.env(name, self.home.join(directory));
        }
        command
    }

    /// Runs it to its end; failing is an answer, too.
    pub fn run(&self, arguments: &[&str]) -> Result<Said> {
        let output = self.command().args(arguments).output().with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Said {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Standard output of a run that succeeded; else an error with what helm said.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        let said = self.run(arguments)?;
        if !said.success {
            bail!("helm {}: {}{}", arguments.join(" "), said.stderr.trim(), said.stdout.trim());
        }
        Ok(said.stdout)
    }

    /// Installs a chart as the documentation says, or upgrades it, with further arguments; gives steward's Deployment as the release has it.
    pub fn install(&self, chart: &Path, arguments: &[&str]) -> Result<Deployment> {
        let chart = chart.display().to_string();
        let mut all = vec!["upgrade", "--install", RELEASE, &chart, "--namespace", NAMESPACE, "--create-namespace"];
        all.extend(arguments);
        self.ok(&all)?;
        self.deployment(RELEASE, NAMESPACE)
    }

    /// The Deployment of a release, which has the release's name.
    pub fn deployment(&self, release: &str, namespace: &str) -> Result<Deployment> {
        Deployment::from_manifests(&self.ok(&["get", "manifest", release, "--namespace", namespace])?, release)
    }
}

/// The chart of this repository.
pub fn chart() -> PathBuf {
    repository().join("charts/cloud-steward")
}
