//! The simulator as a program: flags, one line that says where it listens, and a quiet end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use steward_cloudsim::{Clock, Options, Simulator};
use tokio::signal::unix::{SignalKind, signal};

/// Simulates the clouds that steward talks to, on loopback.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// Address to listen on, a loopback one unless --beyond-loopback; port 0 takes a free one
    #[arg(long, env = "CLOUDSIM_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Let others in: in a pod, for example. Who reaches the simulator owns it: it has doors without a key
    #[arg(long, env = "CLOUDSIM_BEYOND_LOOPBACK")]
    beyond_loopback: bool,

    /// YAML or JSON file that says what exists; without it the cloud is empty
    #[arg(long, env = "CLOUDSIM_SEED")]
    seed: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("steward-cloudsim: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(flags: &Flags) -> Result<()> {
    let seed = match &flags.seed {
        Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read the seed {}", path.display()))?,
        None => String::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the line is out: whoever reads it may stop us at once.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let simulator =
            Simulator::start(Options { seed, clock: Clock::Real, listen: flags.listen, beyond_loopback: flags.beyond_loopback })?;
        let line = serde_json::json!({ "url": simulator.url() });
        let mut out = std::io::stdout();
        writeln!(out, "{line}")?;
        out.flush()?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
