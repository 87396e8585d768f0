//! `demo`: a walk through the playground in four acts. Every command is shown as it is run, and what follows is its own output.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use steward_playground::playground::{Playground, Setup, repository};

use crate::screen::say;

/// One act: what it is, what to look at, and the commands, typed in the repository's root.
struct Act {
    title: &'static str,
    look_at: &'static str,
    commands: &'static [&'static str],
}

/// Each fits a terminal of 24 lines.
const ACTS: [Act; 4] = [
    Act {
        title: "One image changes, and the sidecar that somebody added by hand survives",
        look_at: "the manifest names one container; the cloud replaces the list as a whole, and still has both after one Modify",
        commands: &[
            "steward-playground containers asc-1",
            "cat playground/manifests/scaling-configuration.yaml",
            "kubectl apply -f playground/manifests/scaling-configuration.yaml",
            "kubectl wait --for=condition=Ready eciscalingconfig/web --timeout=60s",
            "kubectl get eciscalingconfigs",
            "steward-playground containers asc-1",
            "steward-playground calls --about asc-1",
        ],
    },
    Act {
        title: "Two objects, and the calls that they became",
        look_at: "MEMBERS are asked for, JOINED were seen in the group; the request id is the cloud's receipt",
        commands: &[
            "kubectl apply -f playground/manifests/memberships.yaml",
            "kubectl wait --for=condition=Ready securitygroupmembership --all --timeout=60s",
            "kubectl get securitygroupmemberships",
            r#"kubectl get sgm web-1 -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}{range .status.history[*]}{.operation} {.externalId}: {.outcome}, {.requestId}{"\n"}{end}'"#,
            "steward-playground calls --about i-web1",
        ],
    },
    Act {
        title: "Somebody takes i-web1 out of its group, behind our back",
        look_at: "under Observe the drift is only shown; under Manage it is corrected",
        commands: &[
            r#"kubectl patch sgm web-1 --type=merge -p '{"spec": {"managementPolicy": "Observe"}}'"#,
            r#"steward-playground edit '{"leave": {"instance": "i-web1", "group": "sg-web"}}'"#,
            "kubectl annotate sgm web-1 reconcile.cloudsteward.dev/requestedAt=$(date -Is)",
            "kubectl wait --for=condition=Ready=False sgm/web-1 --timeout=60s",
            "kubectl get sgm web-1 -o custom-columns='REASON:.status.conditions[0].reason,DRIFT:.status.drift[*].path,OBSERVED:.status.drift[*].observed'",
            r#"kubectl patch sgm web-1 --type=merge -p '{"spec": {"managementPolicy": "Manage"}}'"#,
            "kubectl wait --for=condition=Ready sgm/web-1 --timeout=60s",
            "steward-playground calls --about i-web1 --last 3",
        ],
    },
    Act {
        title: "The Secret is wrong",
        look_at: "the hint; and that one call found out, after which nobody used that key",
        commands: &[
            r#"kubectl patch secret aliyun -p '{"stringData": {"accessKeySecret": "wrong"}}'"#,
            "kubectl wait --for=condition=Ready=False sgm --all --timeout=60s",
            "kubectl get sgm",
            r#"kubectl get sgm web-1 -o jsonpath='{.status.conditions[0].message}{"\n"}'"#,
            "steward-playground calls --last 2",
            r#"kubectl patch secret aliyun -p "{\"stringData\": {\"accessKeySecret\": \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\"}}""#,
            "kubectl wait --for=condition=Ready sgm --all --timeout=60s",
        ],
    },
];

/// Starts a playground of its own, so that it can run beside one that is up, and ends it. Ctrl-C ends it, too: everything
/// belongs to this process, and goes with it.
pub(crate) fn demo() -> Result<()> {
    Setup::default().check()?;
    say("Starting etcd, kube-apiserver, the simulator and steward …");
    let playground = Playground::start(&Setup::default())?;
    let root = playground.control_plane().root();
    for (number, act) in (1..).zip(&ACTS) {
        say(&format!("\n=== {number}/{}  {}\n    Look at: {}", ACTS.len(), act.title, act.look_at));
        for command in act.commands {
            run(&playground, command)
                .inspect_err(|_| playground.control_plane().nest().keep_files())
                .with_context(|| format!("the demo stopped; logs are in {}", root.display()))?;
        }
    }
    say("\nThat was it; everything is stopped and removed again. `make up` gives you the same to play with.");
    Ok(())
}

fn run(playground: &Playground, command: &str) -> Result<()> {
    say(&format!("$ {command}"));
    let status = shell(playground, command, repository())?.status()?;
    ensure!(status.success(), "`{command}` failed ({status})");
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
