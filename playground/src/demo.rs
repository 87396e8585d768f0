//! `demo`: a walk through the playground in six acts. Every command is shown as it is run, and what follows is its own output.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use steward_playground::playground::{Playground, Setup};
use steward_playground::repository;

use crate::screen::say;
use Line::{Crash, Type};

/// One act: what it is, what to look at, and the commands, typed in the repository's root.
struct Act {
    title: &'static str,
    look_at: &'static str,
    lines: &'static [Line],
}

/// What is done, one after the other.
enum Line {
    /// Typed into a shell, and shown.
    Type(&'static str),
    /// steward is killed without a goodbye, and started again as a kubelet would.
    Crash,
}

/// The act that `--crash` shows alone.
const CRASH: usize = 1;

/// How long steward may take to be ready again.
const READY: Duration = Duration::from_secs(60);

/// Each fits a terminal of 24 lines.
const ACTS: [Act; 6] = [
    Act {
        title: "One image changes, and the sidecar that somebody added by hand survives",
        look_at: "the manifest names one container; the cloud replaces the list as a whole, and still has both after one Modify",
        lines: &[
            Type("steward-playground containers asc-1"),
            Type("cat playground/manifests/scaling-configuration.yaml"),
            Type("kubectl apply -f playground/manifests/scaling-configuration.yaml"),
            Type("kubectl wait --for=condition=Ready eciscalingconfig/web --timeout=60s"),
            Type("kubectl get eciscalingconfigs"),
            Type("steward-playground containers asc-1"),
            Type("steward-playground calls --about asc-1"),
        ],
    },
    Act {
        title: "RunCommand takes effect, the answer is lost, and steward is killed",
        look_at: "three servers, one RunCommand; one of them failed, and the object says which and why. A plain retry loop runs twice",
        lines: &[
            Type(r#"steward-playground fault '{"operation": "RunCommand", "when": "after", "what": "timeout"}'"#),
            Type("kubectl apply -f playground/manifests/command.yaml"),
            Type("steward-playground invocations --wait 1"),
            Crash,
            Type("kubectl wait ccmd/upgrade-openssl --for=jsonpath='{.status.summary.done}'=3/3 --timeout=60s"),
            Type("kubectl get cloudcommands"),
            Type(r#"kubectl get ccmd upgrade-openssl -o jsonpath='{.status.conditions[0].message}{"\n"}'"#),
            Type("steward-playground invocations"),
            Type(r#"steward-playground fault '{"operation": "RunCommand", "when": "after", "what": "reset"}'"#),
            Type("steward-playground retry-loop"),
            Type("steward-playground invocations"),
        ],
    },
    Act {
        title: "Two objects, and the calls that they became",
        look_at: "MEMBERS are asked for, JOINED were seen in the group; the request id is the cloud's receipt",
        lines: &[
            Type("kubectl apply -f playground/manifests/memberships.yaml"),
            Type("kubectl wait --for=condition=Ready securitygroupmembership --all --timeout=60s"),
            Type("kubectl get securitygroupmemberships"),
            Type(
                r#"kubectl get sgm web-1 -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}{range .status.history[*]}{.operation} {.externalId}: {.outcome}, {.requestId}{"\n"}{end}'"#,
            ),
            Type("steward-playground calls --about i-web1 --last 4"),
        ],
    },
    Act {
        title: "Somebody takes i-web1 out of its group, behind our back",
        look_at: "under Observe the drift is only shown; under Manage it is corrected",
        lines: &[
            Type(r#"kubectl patch sgm web-1 --type=merge -p '{"spec": {"managementPolicy": "Observe"}}'"#),
            Type(r#"steward-playground edit '{"leave": {"instance": "i-web1", "group": "sg-web"}}'"#),
            Type("kubectl annotate sgm web-1 reconcile.cloudsteward.dev/requestedAt=$(date -Is)"),
            Type("kubectl wait --for=condition=Ready=False sgm/web-1 --timeout=60s"),
            Type(
                "kubectl get sgm web-1 -o custom-columns='REASON:.status.conditions[0].reason,DRIFT:.status.drift[*].path,OBSERVED:.status.drift[*].observed'",
            ),
            Type(r#"kubectl patch sgm web-1 --type=merge -p '{"spec": {"managementPolicy": "Manage"}}'"#),
            Type("kubectl wait --for=condition=Ready sgm/web-1 --timeout=60s"),
            Type("steward-playground calls --about i-web1 --last 3"),
        ],
    },
    Act {
        title: "Can last night's backups be put back? One can, and one says why not",
        look_at: "Huawei's backup service is only asked; the code, what it means and what to do stand in the object, and in `steward explain`",
        lines: &[
            Type(r#"sed "s|https://cloudsim|$CLOUDSIM_URL|g" playground/manifests/restore-checks.yaml | kubectl apply -f -"#),
            Type("kubectl wait --for=condition=Ready restorecheck/shop-web --timeout=60s"),
            Type("kubectl wait --for=condition=Stalled restorecheck/shop-db --timeout=60s"),
            Type("kubectl get restorechecks"),
            Type(r#"kubectl get rchk shop-db -o jsonpath='{.status.conditions[0].message}{"\n"}'"#),
            Type("steward explain CSBS.6024"),
            Type("steward-playground calls --about f45c477a-57e5-465f-999f-d845083962db --last 2"),
        ],
    },
    Act {
        title: "The Secret is wrong",
        look_at: "the hint; and that one call found out, after which nobody used that key",
        lines: &[
            Type(r#"kubectl patch secret aliyun -p '{"stringData": {"accessKeySecret": "wrong"}}'"#),
            Type("kubectl wait --for=condition=Ready=False sgm --all --timeout=60s"),
            Type("kubectl get sgm"),
            Type(r#"kubectl get sgm web-1 -o jsonpath='{.status.conditions[0].message}{"\n"}'"#),
            Type("steward-playground calls --last 2"),
            Type(r#"kubectl patch secret aliyun -p "{\"stringData\": {\"accessKeySecret\": \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\"}}""#),
            Type("kubectl wait --for=condition=Ready sgm --all --timeout=60s"),
        ],
    },
];

/// Starts a playground of its own, so that it can run beside one that is up, and ends it. Ctrl-C ends it, too: everything
/// belongs to this process, and goes with it.
pub(crate) fn demo(only_crash: bool) -> Result<()> {
    Setup::default().check()?;
    say("Starting etcd, kube-apiserver, the simulator and steward …");
    let playground = Playground::start(&Setup::default())?;
    let root = playground.control_plane().root();
    let acts = if only_crash { &ACTS[CRASH..=CRASH] } else { &ACTS[..] };
    for (number, act) in (1..).zip(acts) {
        say(&format!("\n=== {number}/{}  {}\n    Look at: {}", acts.len(), act.title, act.look_at));
        for line in act.lines {
            perform(&playground, line)
                .inspect_err(|_| playground.control_plane().nest().keep_files())
                .with_context(|| format!("the demo stopped; logs are in {}", root.display()))?;
        }
    }
    say("\nThat was it; everything is stopped and removed again. `make up` gives you the same to play with.");
    Ok(())
}

fn perform(playground: &Playground, line: &Line) -> Result<()> {
    match line {
        Type(command) => run(playground, command),
        Crash => crash(playground),
    }
}

fn run(playground: &Playground, command: &str) -> Result<()> {
    say(&format!("$ {command}"));
    let status = shell(playground, command, repository())?.status()?;
    ensure!(status.success(), "`{command}` failed ({status})");
    Ok(())
}

fn crash(playground: &Playground) -> Result<()> {
    for replica in playground.steward().replicas() {
        say(&format!("$ kill -9 {}    # steward, {}", replica.pid()?, replica.pod_name()));
        replica.kill9()?;
        replica.start()?;
        replica.wait_ready(READY)?;
    }
    Ok(())
}

fn shell(playground: &Playground, command: &str, directory: &Path) -> Result<Command> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("PATH=\"$PLAYGROUND_PATH:$PATH\"; {command}")]).current_dir(directory);
    for (name, value) in playground.environment()? {
        shell.env(if name == "PATH" { "PLAYGROUND_PATH" } else { name }, value);
    }
    Ok(shell)
}
