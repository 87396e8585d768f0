//! The binary: flags and environment are read here, once, and nowhere else.

use clap::Parser as _;
use cloud_steward::cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(flags) => cloud_steward::cli::run::run(&flags),
        Command::Crds(flags) => cloud_steward::cli::crds::run(&flags),
        Command::Explain(flags) => cloud_steward::cli::explain::run(&flags),
        Command::Fields(flags) => cloud_steward::cli::fields::run(&flags),
        Command::Release(flags) => cloud_steward::cli::release::run(&flags),
        Command::Results(flags) => cloud_steward::cli::results::run(&flags),
        Command::Version => cloud_steward::cli::version::run(),
    }
}
