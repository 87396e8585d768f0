//! Builds tools from the pinned Go modules into the cache. Slow once, free afterwards, and safe to do from two processes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::Tool;
use crate::settings::Settings;

const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tools");
/// Part of the cache's name, so that a change of how we build makes new binaries.
/// Promtool's ways to find targets are half of what it is made of, and of no use here; other programs have no such tag.
const FLAGS: [&str; 5] = ["-trimpath", "-buildvcs=false", "-mod=readonly", "-tags", "remove_all_sd"];
/// Downloading the modules, and linking; depends on the network more than on the machine.
const DOWNLOAD: Duration = Duration::from_secs(20);
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// Where each of these tools is, once it is there.
pub(super) fn all(settings: &Settings, tools: &[Tool]) -> Result<BTreeMap<Tool, PathBuf>> {
    let mut paths = BTreeMap::new();
    for module in [ModuleName::ControlPlane, ModuleName::Prometheus, ModuleName::Gitops] {
        let of_module: Vec<Tool> = tools.iter().copied().filter(|tool| module_of(*tool) == module).collect();
        if !of_module.is_empty() {
            let bin = Module::read(module)?.obtain(settings, &of_module)?;
            paths.extend(of_module.into_iter().map(|tool| (tool, bin.join(tool.file_name()))));
        }
    }
    Ok(paths)
}

impl Module {
    /// The cache's `bin` directory, with these tools in it.
    fn obtain(&self, settings: &Settings, tools: &[Tool]) -> Result<PathBuf> {
        let bin = settings.cache()?.join(self.key()).join("bin");
        let missing =
            |tools: &[Tool]| -> Vec<Tool> { tools.iter().copied().filter(|tool| !bin.join(tool.file_name()).is_file()).collect() };
        if missing(tools).is_empty() {
            return Ok(bin);
        }
        let go = settings.find("go").with_context(|| {
            format!(
                "{} must be built, and there is no `go`: install Go {} or newer, or set KUBEBUILDER_ASSETS to a directory with etcd, kube-apiserver and kubectl",
                names(&missing(tools)),
                self.go
            )
        })?;
        fs::create_dir_all(&bin).with_context(|| format!("cannot make {}", bin.display()))?;

        // Whoever comes second waits here, and then finds everything done.
        let lock = File::create(bin.join(".lock"))?;
        if lock.try_lock().is_err() {
            eprintln!("another process is building {}; waiting for it", names(&missing(tools)));
            lock.lock()?;
        }
        let missing = missing(tools);
        if !missing.is_empty() {
            eprintln!(
                "building {} from source, once: about {} on this machine, less if Go has compiled parts of it before\n  into {}",
                names(&missing),
                spoken(missing.iter().map(|tool| expected(*tool)).sum::<Duration>() + DOWNLOAD),
                bin.display()
            );
        }
        for tool in missing {
            self.build(&go, tool, &bin)?;
        }
        Ok(bin)
    }

    fn build(&self, go: &Path, tool: Tool, bin: &Path) -> Result<()> {
        let name = tool.file_name();
        // Only a finished binary gets the name that others look for.
        let unfinished = bin.join(format!(".{name}.{}", std::process::id()));
        let log = bin.join(format!("{name}.build.log"));
        let mut command = Command::new(go);
        command
            .current_dir(&self.directory)
            .env("CGO_ENABLED", "0")
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "")
            .arg("build")
            .args(FLAGS)
            .args(["-v", "-ldflags", &self.linker_flags(tool), "-o"])
            .arg(&unfinished)
            .arg(package(tool))
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        eprintln!("  {name}: about {}", spoken(expected(tool)));
        let mut child = command.spawn().with_context(|| format!("cannot start {}", go.display()))?;
        let lines = child.stderr.take().map(BufReader::new).context("go without its standard error")?;
        follow(lines, &log, name, begun)?;
        if !child.wait()?.success() {
            let _ = fs::remove_file(&unfinished);
            bail!("building {name} failed: read {}; it needs Go 1.26 or newer (`go version`), or set KUBEBUILDER_ASSETS", log.display());
        }
        fs::rename(&unfinished, bin.join(name))?;
        let _ = fs::remove_file(&log);
        eprintln!("  {name}: done in {}", clock(begun.elapsed()));
        Ok(())
    }
}

/// `go build -v` names each package that it compiles: that is the progress there is to show.
fn follow(lines: impl BufRead, log: &Path, name: &str, begun: Instant) -> Result<()> {
    let mut kept = String::new();
    let mut shown = begun;
    for (packages, line) in lines.lines().map_while(Result::ok).enumerate() {
        kept.push_str(&line);
        kept.push('\n');
        if shown.elapsed() >= SIGN_OF_LIFE {
            shown = Instant::now();
            eprintln!("  {name}: {packages} packages compiled, {} so far", clock(begun.elapsed()));
        }
    }
    fs::write(log, kept).with_context(|| format!("cannot write {}", log.display()))
}

fn package(tool: Tool) -> &'static str {
    match tool {
        Tool::Etcd => "go.etcd.io/etcd/server/v3",
        Tool::Kubectl => "k8s.io/kubernetes/cmd/kubectl",
        Tool::KubeApiserver => "k8s.io/kubernetes/cmd/kube-apiserver",
        Tool::KubeControllerManager => "k8s.io/kubernetes/cmd/kube-controller-manager",
        Tool::Helm => "helm.sh/helm/v4/cmd/helm",
        Tool::Promtool => "github.com/prometheus/prometheus/cmd/promtool",
        Tool::Gitops => ".",
    }
}

/// Modules of their own, where programs ask for different versions of the same libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ModuleName {
    ControlPlane,
    Prometheus,
    Gitops,
}

fn module_of(tool: Tool) -> ModuleName {
    match tool {
        Tool::Etcd | Tool::Kubectl | Tool::KubeApiserver | Tool::KubeControllerManager | Tool::Helm => ModuleName::ControlPlane,
        Tool::Promtool => ModuleName::Prometheus,
        Tool::Gitops => ModuleName::Gitops,
    }
}

/// Measured processor time, built in the order of `Tool::ALL` with an empty cache, shared by the processors we have.
fn expected(tool: Tool) -> Duration {
    let seconds = match tool {
        Tool::Etcd => 106,
        Tool::Kubectl => 175,
        Tool::KubeApiserver => 325,
        Tool::KubeControllerManager => 131,
        Tool::Helm => 49,
        Tool::Promtool => 150,
        Tool::Gitops => 20,
    };
    // Linking is one thread's work, so more than eight do not help.
    let processors = available_parallelism().map_or(2, NonZero::get).min(8);
    Duration::from_secs(seconds) / u32::try_from(processors).unwrap_or(1)
}

/// A Go module, and what it pins.
struct Module {
    directory: PathBuf,
    /// All that decides what comes out.
    text: Vec<u8>,
    go: String,
    /// Which version of the Kubernetes and the Helm that are built from it, if they are.
    kubernetes: Option<String>,
    helm: Option<String>,
}

impl Module {
    fn read(name: ModuleName) -> Result<Self> {
        let directory = Path::new(MODULES).join(match name {
            ModuleName::ControlPlane => "control-plane",
            ModuleName::Prometheus => "prometheus",
            ModuleName::Gitops => "gitops",
        });
        let mut files: Vec<PathBuf> = fs::read_dir(&directory)
            .with_context(|| format!("the Go module of the tools is not at {}", directory.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.sort();
        let mut text = Vec::new();
        for file in files {
            text.extend(fs::read(file)?);
        }
        let module = fs::read_to_string(directory.join("go.mod"))?;
        let after = |word: &str| module.lines().find_map(|line| line.trim().strip_prefix(word)).map(|version| version.trim().to_owned());
        let go = after("go ").with_context(|| format!("{}/go.mod does not name a version of Go", directory.display()))?;
        Ok(Self {
            go: go.rsplit_once('.').map_or_else(String::new, |(minor, _)| minor.to_owned()),
            kubernetes: after("k8s.io/kubernetes "),
            helm: after("helm.sh/helm/v4 "),
            text,
            directory,
        })
    }

    /// Without these the server calls itself v0.0.0-master, and charts that ask for a version refuse it.
    fn linker_flags(&self, tool: Tool) -> String {
        let mut flags = "-s -w".to_owned();
        if let Some(version) = &self.kubernetes {
            let mut parts = version.trim_start_matches('v').split('.');
            let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            // Writing to a string cannot fail.
            let _ = write!(
                flags,
                " -X k8s.io/component-base/version.gitVersion={version} -X k8s.io/component-base/version.gitMajor={major} \
                 -X k8s.io/component-base/version.gitMinor={minor} -X k8s.io/client-go/pkg/version.gitVersion={version}"
            );
        }
        if let (Tool::Helm, Some(version)) = (tool, &self.helm) {
            let _ = write!(flags, " -X helm.sh/helm/v4/internal/version.version={version}");
        }
        flags
    }

    fn key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.text);
        hash.update(FLAGS.concat());
        for tool in Tool::ALL {
            hash.update(self.linker_flags(tool));
        }
        let mut key = String::new();
        for byte in hash.finalize().iter().take(8) {
            // Writing to a string cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        key
    }
}

fn names(tools: &[Tool]) -> String {
    tools.iter().map(|tool| tool.file_name()).collect::<Vec<_>>().join(", ")
}

fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 90 => format!("{} seconds", seconds.next_multiple_of(10)),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

fn clock(time: Duration) -> String {
    format!("{}:{:02} min", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_names_what_the_flags_need() {
        let module = Module::read(ModuleName::ControlPlane).unwrap();
        let (kubernetes, helm) = (module.kubernetes.clone().unwrap(), module.helm.clone().unwrap());
        let flags = module.linker_flags(Tool::KubeApiserver);
        assert!(flags.contains(&format!("version.gitVersion={kubernetes} ")), "{flags}");
        assert!(flags.contains("gitMajor=1 "), "{flags}");
        assert!(module.linker_flags(Tool::Helm).ends_with(&helm));
        assert!(module.go.starts_with("1."), "{}", module.go);
    }

    #[test]
    fn every_tool_has_a_module_that_can_be_read() {
        for tool in Tool::ALL {
            let module = Module::read(module_of(tool)).unwrap();
            assert!(module.directory.join("go.sum").is_file(), "{}", tool.file_name());
        }
    }

    #[test]
    fn another_text_means_another_place_in_the_cache() {
        let one = Module::read(ModuleName::Gitops).unwrap();
        let mut other = Module::read(ModuleName::Gitops).unwrap();
        assert_eq!(one.key(), other.key());
        other.text.push(b'\n');
        assert_ne!(one.key(), other.key());
    }

    #[test]
    fn estimates_are_said_in_words_that_fit_their_size() {
        assert_eq!(spoken(Duration::from_secs(53)), "60 seconds");
        assert_eq!(spoken(Duration::from_secs(163)), "3 minutes");
        assert_eq!(clock(Duration::from_secs(125)), "2:05 min");
    }
}
