//! The programs of a control plane, and those by which tests judge what is for other programs: taken from `KUBEBUILDER_ASSETS`, or built once from
//! the pinned Go modules in `tools/` and kept.
//!
//! `build` does the building; this room says what there is and where it is looked for.

mod build;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::settings::Settings;

/// A program that we may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Tool {
    Etcd,
    Kubectl,
    KubeApiserver,
    KubeControllerManager,
    Helm,
    /// Prometheus's own judge of alerts and metrics.
    Promtool,
    /// Ours: what Flux and Argo CD would say of an object.
    Gitops,
}

impl Tool {
    /// In the order in which building them shares most.
    pub const ALL: [Tool; 7] =
        [Tool::Etcd, Tool::Kubectl, Tool::KubeApiserver, Tool::KubeControllerManager, Tool::Helm, Tool::Promtool, Tool::Gitops];

    pub fn file_name(self) -> &'static str {
        match self {
            Tool::Etcd => "etcd",
            Tool::Kubectl => "kubectl",
            Tool::KubeApiserver => "kube-apiserver",
            Tool::KubeControllerManager => "kube-controller-manager",
            Tool::Helm => "helm",
            Tool::Promtool => "promtool",
            Tool::Gitops => "gitops",
        }
    }

    /// The convention promises these three; the others may be missing there and are built.
    fn promised_by_assets(self) -> bool {
        matches!(self, Tool::Etcd | Tool::Kubectl | Tool::KubeApiserver)
    }
}

/// Where each of the tools that were asked for is.
#[derive(Clone, Debug)]
pub struct Toolbox {
    paths: BTreeMap<Tool, PathBuf>,
}

impl Toolbox {
    /// Finds or builds exactly these. Building takes minutes and says so on standard error.
    pub fn obtain(settings: &Settings, tools: &[Tool]) -> Result<Self> {
        let mut paths = BTreeMap::new();
        let mut to_build = Vec::new();
        for &tool in Tool::ALL.iter().filter(|tool| tools.contains(tool)) {
            match from_assets(settings.assets.as_deref(), tool)? {
                Some(path) => {
                    paths.insert(tool, path);
                }
                None => to_build.push(tool),
            }
        }
        if !to_build.is_empty() {
            paths.extend(build::all(settings, &to_build)?);
        }
        Ok(Self { paths })
    }

    pub fn path(&self, tool: Tool) -> Result<&Path> {
        self.paths.get(&tool).map(PathBuf::as_path).with_context(|| format!("{} was not asked for", tool.file_name()))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Tool, &Path)> {
        self.paths.iter().map(|(tool, path)| (*tool, path.as_path()))
    }
}

fn from_assets(assets: Option<&Path>, tool: Tool) -> Result<Option<PathBuf>> {
    let Some(assets) = assets else {
        return Ok(None);
    };
    let path = assets.join(tool.file_name());
    if path.is_file() {
        return Ok(Some(path));
    }
    if tool.promised_by_assets() {
        bail!(
            "KUBEBUILDER_ASSETS={} holds no {}: put it there, or unset the variable to have it built from source",
            assets.display(),
            tool.file_name()
        );
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_win_over_building() {
        let assets = tempfile::tempdir().unwrap();
        for tool in [Tool::Etcd, Tool::Kubectl, Tool::KubeApiserver] {
            std::fs::write(assets.path().join(tool.file_name()), "").unwrap();
        }
        // No home, no Go: whatever is found here was not built.
        let settings = Settings { assets: Some(assets.path().to_owned()), ..Settings::default() };
        let toolbox = Toolbox::obtain(&settings, &[Tool::KubeApiserver, Tool::Etcd, Tool::Kubectl]).unwrap();
        assert_eq!(toolbox.path(Tool::Etcd).unwrap(), assets.path().join("etcd"));
        assert_eq!(toolbox.iter().count(), 3);
    }

    #[test]
    fn assets_that_lack_a_promised_tool_are_named_in_one_line() {
        let assets = tempfile::tempdir().unwrap();
        let settings = Settings { assets: Some(assets.path().to_owned()), ..Settings::default() };
        let error = Toolbox::obtain(&settings, &[Tool::Kubectl]).unwrap_err().to_string();
        assert!(error.starts_with("KUBEBUILDER_ASSETS="), "{error}");
        assert!(error.contains("holds no kubectl"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[test]
    fn without_go_and_without_assets_the_two_ways_out_are_named_in_one_line() {
        let home = tempfile::tempdir().unwrap();
        let settings = Settings { home: Some(home.path().to_owned()), ..Settings::default() };
        let error = Toolbox::obtain(&settings, &[Tool::Etcd]).unwrap_err().to_string();
        assert!(error.contains("install Go 1.26"), "{error}");
        assert!(error.contains("KUBEBUILDER_ASSETS"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}
