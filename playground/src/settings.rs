//! What the process environment says about tools and caches, read in this one place.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The environment variables that the playground listens to.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A directory with ready-made tools (`KUBEBUILDER_ASSETS`, the ecosystem's convention).
    pub assets: Option<PathBuf>,
    /// Where caches live (`XDG_CACHE_HOME`).
    pub cache_home: Option<PathBuf>,
    /// The person's home, below which `.cache` is when `XDG_CACHE_HOME` is not set.
    pub home: Option<PathBuf>,
    /// Where `go` is looked for.
    pub path: String,
}

impl Settings {
    pub fn from_environment() -> Self {
        Self {
            assets: directory("KUBEBUILDER_ASSETS"),
            cache_home: directory("XDG_CACHE_HOME"),
            home: directory("HOME"),
            path: read("PATH").unwrap_or_default(),
        }
    }

    /// The project's cache, outside the tree so that a clean checkout keeps it.
    pub fn cache(&self) -> Result<PathBuf> {
        self.cache_home
            .clone()
            .or_else(|| self.home.as_ref().map(|home| home.join(".cache")))
            .map(|cache| cache.join("cloud-steward"))
            .context("no place for the tools: set HOME, XDG_CACHE_HOME or KUBEBUILDER_ASSETS")
    }

    /// The first executable of this name on the search path.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        self.path
            .split(':')
            .filter(|directory| !directory.is_empty())
            .map(|directory| PathBuf::from(directory).join(program))
            .find(|candidate| candidate.is_file())
    }
}

fn directory(name: &str) -> Option<PathBuf> {
    read(name).map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "this room is the one place that reads the environment")]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
