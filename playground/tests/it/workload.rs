//! What runs in place of a kubelet: the manifest's arguments, environment and identity, and nothing of our own.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use steward_playground::nest::read_log;
use steward_playground::{ControlPlane, Deployment, Options, Replica, Workload, wait};

const MANIFESTS: &str = include_str!("stand-in.yaml");
const READY: Duration = Duration::from_secs(60);

/// Examples are built with the tests, into a directory beside theirs.
fn stand_in() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    test.ancestors().nth(2).expect("target directory").join("examples/stand_in")
}

fn start(control_plane: &ControlPlane) -> Workload {
    control_plane.kubectl().apply(MANIFESTS).expect("the stand-in's manifests");
    let deployment = Deployment::from_manifests(MANIFESTS, "stand-in").expect("a Deployment");
    let workload = Workload::start(control_plane, &deployment, &stand_in()).expect("a workload");
    workload.wait_ready(READY).expect("ready");
    workload
}

fn started_with(replica: &Replica) -> Value {
    let log = read_log(&replica.log().expect("a log")).expect("a readable log");
    serde_json::from_str(log.lines().next().expect("a first line")).expect("what it was started with")
}

#[test]
fn each_replica_gets_what_the_manifest_says_and_acts_as_its_service_account() {
    let control_plane = ControlPlane::start(&Options::default()).unwrap();
    let workload = start(&control_plane);
    let names: Vec<&str> = workload.replicas().iter().map(Replica::pod_name).collect();
    assert_eq!(names, ["stand-in-0", "stand-in-1"]);
    for replica in workload.replicas() {
        let told = started_with(replica);
        assert_eq!(told["arguments"], serde_json::json!(["run", format!("--as={}", replica.pod_name())]));
        let environment = told["environment"].as_object().unwrap();
        assert_eq!(environment["POD_NAME"], replica.pod_name());
        assert_eq!(environment["LISTEN"], replica.address(8080).unwrap().to_string());
        let ours = BTreeSet::from(["HOSTNAME", "KUBECONFIG", "LISTEN", "POD_NAME"]);
        // A shell that starts a program may set these on its own.
        let shells = BTreeSet::from(["PWD", "OLDPWD", "SHLVL", "_"]);
        let names: BTreeSet<&str> = environment.keys().map(String::as_str).collect();
        assert_eq!(names.difference(&shells).copied().collect::<BTreeSet<_>>(), ours);

        let kubeconfig = PathBuf::from(environment["KUBECONFIG"].as_str().unwrap());
        let whoami = control_plane.kubectl_with(&kubeconfig).ok(&["auth", "whoami"]).unwrap();
        assert!(whoami.contains("system:serviceaccount:default:stand-in"), "{whoami}");
    }
}

#[test]
fn a_replica_can_be_stopped_and_killed_and_started_again() {
    let control_plane = ControlPlane::start(&Options::default()).unwrap();
    let workload = start(&control_plane);
    let [one, other] = workload.replicas() else { panic!("two replicas") };

    one.stop().unwrap();
    assert!(!one.is_live().unwrap());
    // A probe has a second, and the machine may be busy; the one that stands still stays silent however often it is asked.
    wait::until(READY, "the other replica was not live", || Ok(other.is_live()?.then_some(()))).unwrap();
    one.cont().unwrap();
    one.wait_ready(READY).unwrap();

    let first_pid = one.pid().unwrap();
    one.kill9().unwrap();
    assert!(!one.is_ready().unwrap());
    assert!(one.wait_ready(READY).unwrap_err().to_string().contains("read "), "a dead replica names its log");
    one.start().unwrap();
    one.wait_ready(READY).unwrap();
    assert_ne!(one.pid().unwrap(), first_pid);
    assert!(one.start().is_err(), "it runs already");

    assert_eq!(other.sigterm().unwrap().signal(), Some(15));
}
