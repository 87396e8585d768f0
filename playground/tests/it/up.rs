//! `up` and `down`, as typed. Needs the programs of the whole workspace: `make test` builds them before.

use std::path::Path;
use std::process::{Command, Output};

fn playground(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_steward-playground")).args(arguments).arg("--dir").arg(directory).output().expect("steward-playground")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn up_stays_until_down_and_both_may_be_said_twice() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("dev");

    let up = playground(&["up"], &directory);
    assert!(up.status.success(), "{}", said(&up));
    let again = playground(&["up"], &directory);
    assert!(again.status.success() && said(&again).contains("up already"), "{}", said(&again));

    let script = format!(
        ". '{}' && kubectl get cloudcredential default -o name && steward-playground calls && \
         echo \"$ALIBABA_CLOUD_ACCESS_KEY_ID\" && test -n \"$ALIBABA_CLOUD_ACCESS_KEY_SECRET\"",
        directory.join("env").display()
    );
    let used = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert!(used.status.success(), "{}", said(&used));
    for expected in ["cloudcredential.cloudsteward.dev/default", "GetCallerIdentity", "demoAccessKeyId"] {
        assert!(said(&used).contains(expected), "{expected} in {}", said(&used));
    }

    let down = playground(&["down"], &directory);
    assert!(down.status.success(), "{}", said(&down));
    assert!(!directory.exists());
    let again = playground(&["down"], &directory);
    assert!(again.status.success() && said(&again).contains("not up"), "{}", said(&again));
}
