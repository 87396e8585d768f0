//! `up` and `down`: the playground as something that stays when the command returns.
//!
//! `up` starts this program once more, detached, as the keeper that owns the playground; `down` ends the keeper, and what the keeper
//! owned goes with it (see the library's `nest`). A lock on a file in the directory says whether a keeper lives, so a number of a
//! process that is long gone is never signalled. Until the playground is ready the keeper also watches a pipe to `up`: Ctrl-C
//! while it is starting leaves nothing behind.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use steward_playground::playground::{Playground, Setup};
use steward_playground::settings::Settings;
use steward_playground::{Options, Tool, Toolbox, wait};

use crate::screen::say;

/// What `up` tells the keeper when it is no longer needed.
const STAY: &str = "stay\n";

/// Files of the playground's directory.
struct Place(PathBuf);

impl Place {
    fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    fn pid(&self) -> PathBuf {
        self.0.join("pid")
    }

    /// There as soon as everything is up, and complete.
    fn env(&self) -> PathBuf {
        self.0.join("env")
    }

    fn log(&self) -> PathBuf {
        self.0.join("playground.log")
    }

    fn is_kept(&self) -> bool {
        File::open(self.lock()).is_ok_and(|lock| lock.try_lock().is_err())
    }
}

pub(crate) fn up(directory: &Path) -> Result<()> {
    let place = Place(directory.to_owned());
    if place.is_kept() {
        if !place.env().is_file() {
            bail!("it is being started already: see {}", place.log().display());
        }
        say("It is up already.");
        say(&hints(&place));
        return Ok(());
    }
    // Here, where a person sees what is missing and how building goes; the keeper then finds everything there.
    Setup::default().check()?;
    Toolbox::obtain(&Settings::from_environment(), &[Tool::Etcd, Tool::KubeApiserver, Tool::Kubectl])?;
    remove(directory)?;
    fs::create_dir_all(directory)?;
    say("Starting etcd, kube-apiserver, the simulator and steward …");
    start_keeper(&place)?;
    say(&hints(&place));
    Ok(())
}

fn start_keeper(place: &Place) -> Result<()> {
    let log = File::create(place.log())?;
    let mut keeper = Command::new(std::env::current_exe()?)
        .arg("keep")
        .arg("--dir")
        .arg(&place.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()
        .context("cannot start the keeper")?;
    let mut pipe = keeper.stdin.take().context("a keeper without the pipe that it was given")?;
    wait::until(Duration::from_secs(300), "it was not up", || {
        if keeper.try_wait()?.is_some() {
            let said = fs::read_to_string(place.log()).unwrap_or_default();
            let reason = said.lines().last().unwrap_or("the keeper ended without a word");
            bail!("{}", reason.trim_start_matches("steward-playground: "));
        }
        Ok(place.env().is_file().then_some(()))
    })
    .with_context(|| format!("it did not start (logs in {})", place.0.display()))?;
    pipe.write_all(STAY.as_bytes()).context("the keeper is gone")
}

/// The keeper's life: start all, say so by writing `env`, and be there until somebody ends it.
pub(crate) fn keep(directory: &Path) -> Result<()> {
    let place = Place(directory.to_owned());
    let lock = File::create(place.lock())?;
    lock.try_lock().context("another keeper was faster")?;
    fs::write(place.pid(), std::process::id().to_string())?;
    std::thread::spawn(|| {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        if read.is_err() || line != STAY {
            // Whoever wanted it is gone. The nest's watchdog cleans up.
            std::process::exit(1);
        }
    });
    let control_plane = Options { dir: Some(directory.to_owned()), ..Options::default() };
    let playground = Playground::start(&Setup { control_plane, ..Setup::default() })?;
    let unfinished = place.0.join("env.unfinished");
    fs::write(&unfinished, env_file(&playground)?)?;
    fs::rename(unfinished, place.env())?;
    loop {
        std::thread::park();
    }
}

pub(crate) fn down(directory: &Path) -> Result<()> {
    let place = Place(directory.to_owned());
    if !place.is_kept() {
        let was_there = directory.exists();
        remove(directory)?;
        say(if was_there { "It was not running; removed what it left." } else { "It is not up." });
        return Ok(());
    }
    let pid = fs::read_to_string(place.pid())?;
    let pid = pid.parse().ok().and_then(Pid::from_raw).context("the keeper's number is unreadable")?;
    kill_process(pid, Signal::TERM)?;
    wait::until(Duration::from_secs(30), &format!("{} did not go away", directory.display()), || Ok((!directory.exists()).then_some(())))?;
    say("It is down.");
    Ok(())
}

fn remove(directory: &Path) -> Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", directory.display()))
        }
        _ => Ok(()),
    }
}

fn env_file(playground: &Playground) -> Result<String> {
    let mut text = String::from("# . this file; `make down` removes it\n");
    for (name, value) in playground.environment()? {
        let value = format!("'{}'", value.replace('\'', r"'\''"));
        let rest = if name == "PATH" { ":\"$PATH\"" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "export {name}={value}{rest}");
    }
    Ok(text)
}

fn hints(place: &Place) -> String {
    format!(
        "\
Up. In a shell:
  . {}
  kubectl get cloudcredentials
  kubectl apply -f playground/manifests/memberships.yaml      # README.md goes through the others
  kubectl get steward
  steward-playground calls                # what reached the simulated cloud
  steward-playground containers asc-1     # what a scaling configuration has there
  steward-playground edit '{{\"leave\": {{\"instance\": \"i-web1\", \"group\": \"sg-web\"}}}}'      # drift
  kubectl annotate sgm web-1 --overwrite reconcile.cloudsteward.dev/requestedAt=$(date +%s)      # look now
An SDK script of yours works too, with $CLOUDSIM_URL as its endpoint. Logs: {}. `make down` ends it.",
        place.env().display(),
        place.0.display()
    )
}
