//! The program: one line out, one line of complaint, a quiet end.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::client::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_steward-cloudsim");

#[test]
fn it_says_where_it_listens_serves_and_ends_on_sigterm() {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/demo.yaml");
    let mut child = Command::new(PROGRAM).args(["--listen", "127.0.0.1:0", "--seed", seed]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let client = Client::at(line["url"].as_str().unwrap());
    let clock = client.admin("GET", "clock", "").json();
    assert_eq!(clock["manual"], false);
    let state = client.admin("GET", "state", "").json();
    assert_eq!(state["accounts"][0]["keys"][0]["id"], "demoAccessKeyId");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
    assert!(lines.next().is_none(), "one line and no more");
}

#[test]
fn a_bad_seed_ends_it_with_two_and_one_line() {
    let path = std::env::temp_dir().join(format!("cloudsim-bad-seed-{}.yaml", std::process::id()));
    std::fs::write(&path, "colour: red\n").unwrap();
    let output = Command::new(PROGRAM).arg("--seed").arg(&path).output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint.contains("colour") && complaint.lines().count() == 1, "{complaint}");
    assert!(output.stdout.is_empty());
}

#[test]
fn it_listens_on_loopback_only_unless_others_are_let_in() {
    let output = Command::new(PROGRAM).args(["--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("not a loopback address"));

    let mut child = Command::new(PROGRAM).args(["--listen", "0.0.0.0:0", "--beyond-loopback"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with(r#"{"url":"http://0.0.0.0:"#), "{line}");
}
