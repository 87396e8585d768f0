//! What people type. Thin: each command calls the rooms that know.

pub mod crds;
pub mod explain;
pub mod fields;
pub mod release;
pub mod results;
pub mod run;
pub mod version;
mod way;

use clap::{Parser, Subcommand};

/// Day-2 cloud work as Kubernetes objects.
#[derive(Debug, Parser)]
#[command(name = "steward", version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator. Every flag can also be given as the environment variable that stands beside it.
    Run(Box<run::Flags>),
    /// Print the CRDs as YAML, or write them, one file each.
    Crds(crds::Flags),
    /// Say what an error code of a cloud means, what steward does about it, and what a person should do.
    Explain(explain::Flags),
    /// Read from the cloud what a command did on each of its targets, all of it: status has room for a part.
    Results(results::Flags),
    /// Print what there is to say about each field of a scaling configuration, or write it into a file.
    #[command(hide = true)]
    Fields(fields::Flags),
    /// After steward was uninstalled: take its finalizers off all objects, so that they can be deleted. Asks no cloud.
    Release(release::Flags),
    /// Print the version.
    Version,
}

/// One line on standard error, with the causes.
fn complain(error: &anyhow::Error) {
    use std::io::Write as _;
    // Where standard error is closed, nobody would read it.
    let _ = writeln!(std::io::stderr(), "steward: {error:#}");
}

/// What a list really holds: templates like to render lists that are empty as one empty element.
pub(super) fn given(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(|element| element.trim()).filter(|element| !element.is_empty())
}
