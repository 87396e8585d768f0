//! `kubectl`, as one identity on one control plane, untouched by the person's own configuration.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// kubectl with a kubeconfig. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    /// Discovery is cached on disk, by default in the person's home; a server with a port used before would confuse it.
    cache: PathBuf,
}

/// What kubectl said.
#[derive(Clone, Debug)]
pub struct Said {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Kubectl {
    pub(crate) fn new(program: &Path, kubeconfig: &Path, cache: &Path) -> Self {
        Self { program: program.to_owned(), kubeconfig: kubeconfig.to_owned(), cache: cache.to_owned() }
    }

    /// The same kubectl as somebody else.
    #[must_use]
    pub fn with_kubeconfig(&self, kubeconfig: &Path) -> Self {
        Self::new(&self.program, kubeconfig, &self.cache)
    }

    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A command that is this kubectl, to be run as the caller likes.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig).env("KUBECACHEDIR", &self.cache).env("KUBERC", "off").stdin(Stdio::null());
        command
    }

    /// Runs it to its end; failing is an answer, too.
    pub fn run(&self, arguments: &[&str]) -> Result<Said> {
        self.run_with_input(arguments, "")
    }

    /// Like `run`, with something on standard input (`-f -`).
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<Said> {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        // The pipe is closed at the end of this statement. A kubectl that doesn't read its input says so in its answer.
        let _ = child.stdin.take().context("kubectl without the pipe it was given")?.write_all(input.as_bytes());
        let output = child.wait_with_output()?;
        Ok(Said {
            success: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Standard output of a run that succeeded; else an error with what kubectl said.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        self.run(arguments)?.ok(arguments)
    }

    /// Server-side apply of one or more YAML documents.
    pub fn apply(&self, manifests: &str) -> Result<String> {
        let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
        self.run_with_input(&arguments, manifests)?.ok(&arguments)
    }
}

impl Said {
    fn ok(self, arguments: &[&str]) -> Result<String> {
        if !self.success {
            bail!("kubectl {}: {}", arguments.join(" "), self.stderr.trim());
        }
        Ok(self.stdout)
    }
}
