//! A directory and the processes that live in it: both are gone when the nest is, whatever becomes of its owner.
//!
//! A panic unwinds and drops the nest; `kill -9` does not. So the cleaning is left to a watchdog, a shell that waits at the end of
//! a pipe: the kernel closes the pipe when the owner dies, in whichever way. Dropping the nest closes it, too, so there is
//! one way of cleaning up and every run exercises it.
//!
//! A process is announced to the watchdog *before* it becomes what it is going to be: it is started as a shell that waits for a
//! line, which is sent after the announcement. An owner that dies in between closes that pipe as well, and the shell ends.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use crate::wait;

const WATCHDOG: &str = include_str!("watchdog.sh");
const GATE: &str = r#"read -r go && exec "$@" </dev/null"#;

/// See the module's text.
#[derive(Debug)]
pub struct Nest {
    root: PathBuf,
    watchdog: Mutex<Watchdog>,
}

#[derive(Debug)]
struct Watchdog {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Nest {
    /// In a new directory of the system's place for temporary files.
    pub fn temporary() -> Result<Arc<Self>> {
        let root = tempfile::Builder::new().prefix("cloud-steward-").tempdir().context("cannot make a temporary directory")?.keep();
        Self::watch(root)
    }

    /// In this directory, which belongs to the nest from now on.
    pub fn at(root: &Path) -> Result<Arc<Self>> {
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        // Keys and tokens lie in it.
        fs::set_permissions(root, Permissions::from_mode(0o700))?;
        Self::watch(root.canonicalize()?)
    }

    fn watch(root: PathBuf) -> Result<Arc<Self>> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "steward-watchdog"])
            .arg(&root)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start /bin/sh")?;
        let pipe = shell.stdin.take();
        let watchdog = Mutex::new(Watchdog { shell, pipe });
        Ok(Arc::new(Self { root, watchdog }))
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves the directory where it is: somebody has been told to read a log in it.
    pub fn keep_files(&self) {
        // A watchdog that is gone cannot remove anything either.
        let _ = self.tell("keep");
    }

    /// Starts a program whose output goes to `NAME.log` (and, where asked for, its standard output to `NAME.out`).
    pub fn start(self: &Arc<Self>, launch: &Launch) -> Result<Process> {
        let log = self.root.join(format!("{}.log", launch.name));
        let out = self.root.join(format!("{}.out", launch.name));
        let errors = appended(&log)?;
        let output = if launch.output_apart { File::create(&out)? } else { errors.try_clone()? };

        let mut command = Command::new("/bin/sh");
        if launch.only_this_environment {
            command.env_clear();
        }
        command
            .args(["-c", GATE, "sh"])
            .arg(&launch.program)
            .args(&launch.arguments)
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.root)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", launch.program.display()))?;
        self.tell(&format!("guard {}", child.id()))?;
        let mut gate = child.stdin.take().context("a child without the pipe that it was given")?;
        gate.write_all(b"go\n").with_context(|| format!("{} ended at once", launch.name))?;

        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without an id")?;
        let state = Mutex::new(State { child, ended: None });
        Ok(Process { name: launch.name.clone(), nest: Arc::clone(self), pid, state, log, out })
    }

    fn tell(&self, line: &str) -> Result<()> {
        let mut watchdog = locked(&self.watchdog);
        let Some(pipe) = &mut watchdog.pipe else { bail!("the nest is closed") };
        writeln!(pipe, "{line}").context("the watchdog of the playground is gone")
    }
}

impl Drop for Nest {
    fn drop(&mut self) {
        let mut watchdog = locked(&self.watchdog);
        drop(watchdog.pipe.take());
        // Nothing is left to do about a watchdog that cannot be waited for.
        let _ = watchdog.shell.wait();
    }
}

/// A program to be started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Names the logs.
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(String, String)>,
    /// Nothing of our own environment is handed on.
    pub only_this_environment: bool,
    /// Standard output is kept apart from the log, to be read by us.
    pub output_apart: bool,
}

impl Launch {
    pub fn new(name: &str, program: &Path) -> Self {
        Self { name: name.to_owned(), program: program.to_owned(), ..Self::default() }
    }

    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// `--name value` as two arguments.
    #[must_use]
    pub fn flag(self, name: &str, value: impl Into<OsString>) -> Self {
        self.arg(name).arg(value)
    }
}

/// A running program of a nest; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    nest: Arc<Nest>,
    pid: Pid,
    state: Mutex<State>,
    log: PathBuf,
    out: PathBuf,
}

#[derive(Debug)]
struct State {
    child: Child,
    /// Set once the process has been reaped: from then on its number may belong to somebody else.
    ended: Option<ExitStatus>,
}

impl Process {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Where standard output goes if it was asked for apart.
    pub fn output(&self) -> &Path {
        &self.out
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Result<Option<ExitStatus>> {
        self.look(&mut locked(&self.state))
    }

    fn look(&self, state: &mut State) -> Result<Option<ExitStatus>> {
        if state.ended.is_none()
            && let Some(status) = state.child.try_wait()?
        {
            state.ended = Some(status);
            let _ = self.nest.tell(&format!("release {}", self.pid()));
        }
        Ok(state.ended)
    }

    /// Sends a signal to the process, if it still runs.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let mut state = locked(&self.state);
        if self.look(&mut state)?.is_some() {
            bail!("{} has ended", self.name);
        }
        kill_process(self.pid, signal).with_context(|| format!("cannot signal {}", self.name))
    }

    /// SIGSTOP; returns when it stands still. The signal alone leaves threads on other cores at work for a while.
    pub fn stop(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        waitid(WaitId::Pid(self.pid), WaitIdOptions::STOPPED).with_context(|| format!("{} did not stop", self.name))?;
        Ok(())
    }

    /// Waits for it to end by itself.
    pub fn wait_end(&self, limit: Duration) -> Result<ExitStatus> {
        wait::until(limit, &format!("{} did not end", self.name), || self.ended())
    }

    /// SIGKILL to it and all that it started; returns when it is gone.
    pub fn kill(&self) -> Result<()> {
        let mut state = locked(&self.state);
        if self.look(&mut state)?.is_some() {
            return Ok(());
        }
        match kill_process_group(self.pid, Signal::KILL) {
            // Already dead, but not yet reaped by us.
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error).with_context(|| format!("cannot kill {}", self.name)),
        }
        let _ = self.nest.tell(&format!("release {}", self.pid()));
        state.ended = Some(state.child.wait()?);
        Ok(())
    }

    /// SIGTERM, then, if it has not ended in time, SIGKILL and an error.
    pub fn terminate(&self, grace: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait_end(grace).inspect_err(|_| {
            let _ = self.kill();
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The nest's watchdog gets it otherwise.
        let _ = self.kill();
    }
}

fn appended(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).with_context(|| format!("cannot write {}", path.display()))
}

/// What a log holds so far; nothing if it isn't there.
pub fn read_log(path: &Path) -> Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// A test that panicked while holding a lock must not keep others from cleaning up.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
