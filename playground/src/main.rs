//! `steward-playground`: the command line; the work is in the library and in the rooms beside this file.

mod calls;
mod containers;
mod demo;
mod invocations;
mod retry_loop;
mod screen;
mod table;
mod up;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use steward_playground::repository;
use steward_playground::settings::Settings;
use steward_playground::simulator::Admin;
use steward_playground::{ControlPlane, Options, Tool, Toolbox};

use screen::say;

/// A real kube-apiserver, a simulated cloud and steward between them, on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Start everything and leave it running; says what to try
    Up(Place),
    /// End what `up` started and remove its directory
    Down(Place),
    /// A scripted walk through a playground of its own; cleans up after itself
    Demo {
        /// Only the act in which steward is killed between a call and its answer
        #[arg(long)]
        crash: bool,
    },
    /// Find or build the programs of the control plane, and say where each is
    Tools {
        /// Which; the three that the demo needs by default
        tools: Vec<Tool>,
    },
    /// What reached the simulated cloud, as a table
    Calls {
        #[command(flatten)]
        cloud: Cloud,
        /// Only calls with this text in a parameter, for example an instance's id
        #[arg(long)]
        about: Option<String>,
        /// At most so many, the latest
        #[arg(long, default_value_t = 20)]
        last: usize,
    },
    /// The containers that a scaling configuration has in the simulated cloud, as a table
    Containers {
        #[command(flatten)]
        cloud: Cloud,
        /// Its id, for example asc-1
        configuration: String,
    },
    /// The commands that the simulated cloud accepted, and how often each ran where, as a table
    Invocations {
        #[command(flatten)]
        cloud: Cloud,
        /// Wait until there are so many
        #[arg(long, default_value_t = 0)]
        wait: usize,
    },
    /// Run a script on i-web1 as a plain script would: call, and without an answer call again
    RetryLoop {
        #[command(flatten)]
        cloud: Cloud,
        #[arg(long, env = "ALIBABA_CLOUD_ACCESS_KEY_ID", hide_env_values = true)]
        key_id: String,
        #[arg(long, env = "ALIBABA_CLOUD_ACCESS_KEY_SECRET", hide_env_values = true)]
        key_secret: String,
    },
    /// Let something go wrong in the simulated cloud: one JSON object, as its admin endpoint takes it
    Fault {
        #[command(flatten)]
        cloud: Cloud,
        /// For example `{"operation": "RunCommand", "when": "after", "what": "timeout"}`
        fault: String,
    },
    /// Change the simulated cloud behind steward's back: one JSON object, as its admin endpoint takes it
    Edit {
        #[command(flatten)]
        cloud: Cloud,
        /// For example {"leave": {"instance": "i-web1", "group": "sg-web"}}
        edit: String,
    },
    /// Only etcd and kube-apiserver, in the foreground, until it is ended; one line of JSON says where
    ControlPlane,
    /// Own what `up` starts
    #[command(hide = true)]
    Keep(Place),
}

#[derive(clap::Args)]
struct Place {
    /// Where it lives; `.dev` in the repository by default
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Place {
    fn directory(self) -> PathBuf {
        self.dir.unwrap_or_else(|| repository().join(".dev"))
    }
}

#[derive(clap::Args)]
struct Cloud {
    /// Base URL of the simulator
    #[arg(long, env = "CLOUDSIM_URL")]
    url: String,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("steward-playground: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> Result<()> {
    match what {
        What::Up(place) => up::up(&place.directory()),
        What::Down(place) => up::down(&place.directory()),
        What::Keep(place) => up::keep(&place.directory()),
        What::Demo { crash } => demo::demo(crash),
        What::Tools { tools } => find_tools(&tools),
        What::Calls { cloud, about, last } => {
            let calls = Admin::at(&cloud.url)?.calls()?;
            say(calls::table(&calls::chosen(&calls, about.as_deref(), last)).trim_end());
            Ok(())
        }
        What::Containers { cloud, configuration } => {
            say(containers::table(&Admin::at(&cloud.url)?.get("/_sim/state")?, &configuration)?.trim_end());
            Ok(())
        }
        What::Invocations { cloud, wait } => {
            let admin = Admin::at(&cloud.url)?;
            invocations::wait_for(&admin, wait)?;
            say(invocations::table(&admin.get("/_sim/state")?)?.trim_end());
            Ok(())
        }
        What::RetryLoop { cloud, key_id, key_secret } => {
            retry_loop::run(&retry_loop::Caller { url: &cloud.url, key_id: &key_id, key_secret: &key_secret })
        }
        What::Fault { cloud, fault } => Admin::at(&cloud.url)?.post("/_sim/faults", &fault).map(drop),
        What::Edit { cloud, edit } => {
            say(Admin::at(&cloud.url)?.post("/_sim/state", &edit)?.trim_end());
            Ok(())
        }
        What::ControlPlane => control_plane(),
    }
}

fn find_tools(tools: &[Tool]) -> Result<()> {
    let needed_by_the_demo = [Tool::Etcd, Tool::KubeApiserver, Tool::Kubectl];
    let tools = if tools.is_empty() { &needed_by_the_demo } else { tools };
    for (_, path) in Toolbox::obtain(&Settings::from_environment(), tools)?.iter() {
        say(&text(path)?);
    }
    Ok(())
}

fn control_plane() -> Result<()> {
    let control_plane = ControlPlane::start(&Options::default())?;
    say(&serde_json::json!({
        "url": control_plane.url(),
        "kubeconfig": control_plane.kubeconfig(),
        "directory": control_plane.root(),
        "processes": control_plane.processes(),
    })
    .to_string());
    loop {
        std::thread::park();
    }
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("{} is not UTF-8", path.display()))
}
