//! `demo`: a walk through the playground in three acts. Every command is shown as it is run, and what follows is its own output.

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

const ACTS: [Act; 3] = [
    Act {
        title: "Three objects, and the calls that they became",
        look_at: "JOINED counts what steward added; each JoinSecurityGroup below is a signed call",
        commands: &[
            "kubectl apply -f playground/manifests/memberships.yaml",
            "kubectl wait --for=condition=Ready securitygroupmembership --all --timeout=60s",
            "kubectl get securitygroupmemberships",
            "kubectl get securitygroupmembership web-1 -o jsonpath-as-json='{.status.memberships}'",
            "steward-playground calls --about i-web1",
        ],
    },
    Act {
        title: "Somebody takes web-1 out of its group, behind our back",
        look_at: "the second JoinSecurityGroup of i-web1, and its request id in the object's history",
        commands: &[
            r#"steward-playground edit '{"leave": {"instance": "i-web1", "group": "sg-web"}}'"#,
            "kubectl annotate securitygroupmembership web-1 reconcile.cloudsteward.dev/requestedAt=now",
            "kubectl wait --for=jsonpath='{.status.lastHandledReconcileAt}'=now securitygroupmembership web-1 --timeout=60s",
            "kubectl wait --for=condition=Ready securitygroupmembership web-1 --timeout=60s",
            "kubectl get securitygroupmembership web-1 -o jsonpath='{range .status.history[*]}{.time} {.operation} {.requestId}{\"\\n\"}{end}'",
            "steward-playground calls --about i-web1 --last 4",
        ],
    },
    Act {
        title: "The Secret is wrong",
        look_at: "the reason, the hint, and that only one call was made with the wrong key",
        commands: &[
            r#"kubectl patch secret aliyun -p '{"stringData": {"accessKeySecret": "wrong"}}'"#,
            "kubectl wait --for=condition=Ready=False cloudcredential default --timeout=60s",
            "kubectl get steward",
            "kubectl get cloudcredential default -o jsonpath='{.status.lastError.code}: {.status.lastError.hint}{\"\\n\"}'",
            "steward-playground calls --last 2",
            r#"kubectl patch secret aliyun -p "{\"stringData\": {\"accessKeySecret\": \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\"}}""#,
            "kubectl wait --for=condition=Ready cloudcredential default --timeout=60s",
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
        say(&format!("\n=== {number}/{}  {}\n    Look at: {}\n", ACTS.len(), act.title, act.look_at));
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
