//! Whatever becomes of the owner, its processes and its directory are gone.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use steward_playground::{ControlPlane, Options, wait};

/// A dead process that nobody has reaped is gone for our purposes.
fn is_alive(pid: u32) -> bool {
    let state = if Path::new("/proc/self/stat").exists() {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
    } else {
        let said = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
        String::from_utf8_lossy(&said.expect("ps").stdout).trim().to_owned()
    };
    !state.is_empty() && !state.starts_with('Z')
}

fn assert_all_gone(pids: &[u32], root: &Path) {
    wait::until(Duration::from_secs(20), "processes or directory still there", || {
        Ok((!root.exists() && !pids.iter().any(|pid| is_alive(*pid))).then_some(()))
    })
    .expect("all gone");
}

#[test]
fn a_panic_leaves_no_process_and_no_directory() {
    let seen: std::sync::Mutex<(Vec<u32>, PathBuf)> = std::sync::Mutex::default();
    let panicked = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let control_plane = ControlPlane::start(&Options { controller_manager: true, ..Options::default() }).unwrap();
                *seen.lock().unwrap() = (control_plane.processes(), control_plane.root().to_owned());
                std::panic::resume_unwind(Box::new("as a failing assertion would"));
            })
            .join()
            .is_err()
    });
    assert!(panicked);
    let (pids, root) = seen.into_inner().unwrap();
    assert_eq!(pids.len(), 3);
    // At once: dropping waits.
    assert!(!root.exists());
    assert!(!pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn kill_9_of_the_owner_leaves_no_process_and_no_directory() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_steward-playground")).arg("control-plane").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let pids: Vec<u32> = serde_json::from_value(told["processes"].clone()).unwrap();
    let root = PathBuf::from(told["directory"].as_str().unwrap());
    assert_eq!(pids.len(), 2);
    assert!(root.is_dir());
    assert!(pids.iter().all(|pid| is_alive(*pid)));

    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_all_gone(&pids, &root);
}
