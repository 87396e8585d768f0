//! Two replicas, one leader: whatever happens to the leader, the work goes on and nothing is done twice.

use super::real::Real;
use super::{SEED, web};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use steward_cloudsim::{Fault, What};
use steward_playground::{Replica, wait};

/// What a lease may take to run out, plus what it takes to notice.
pub(super) const TAKEOVER: Duration = Duration::from_secs(30);

fn two_replicas() -> Real {
    Real::with(SEED, |setup| setup.replicas = Some(2))
}

/// A fault that strikes joins of one instance only.
fn on_join_of(instance: &str, what: What) -> Fault {
    Fault { matching: BTreeMap::from([("InstanceId".to_owned(), instance.to_owned())]), ..Fault::on("JoinSecurityGroup", what) }
}

fn joins_of(real: &Real, instance: &str) -> usize {
    real.calls()
        .iter()
        .filter(|call| call.operation == "JoinSecurityGroup" && call.parameters.get("InstanceId").is_some_and(|id| id == instance))
        .count()
}

#[test]
fn when_the_leader_is_killed_the_other_finishes_what_was_begun_and_nobody_joins_twice() {
    let real = two_replicas();
    let (leader, other) = real.leader_and_other();
    // The cloud takes in i-web1 and never says so, loses the call for i-web2, and answers for i-web3.
    real.cloud_fault(&on_join_of("i-web1", What::Timeout(None)).after());
    real.cloud_fault(&on_join_of("i-web2", What::Timeout(None)));
    real.membership("web", &web(&["i-web1", "i-web2", "i-web3"]));
    real.until(Duration::from_secs(30), "all three calls are out", |real| {
        ["i-web1", "i-web2", "i-web3"].iter().all(|id| joins_of(real, id) == 1)
    });
    leader.kill9().expect("a kill");
    let killed = Instant::now();
    real.until(TAKEOVER, "the other one leads", |real| real.leader() == other.pod_name());
    real.until(TAKEOVER.saturating_sub(killed.elapsed()), "who was taken in without an answer is found", |real| {
        real.ledger("web") == ["i-web1=Added", "i-web2=Adding", "i-web3=Added"]
    });
    // A cloud may take a while to show what it did, so the lost call is made again only after half a minute.
    real.until_ready("web", "True/InSync");

    assert_eq!(real.ledger("web"), ["i-web1=Added", "i-web2=Added", "i-web3=Added"]);
    assert_eq!(["i-web1", "i-web2", "i-web3"].map(|id| joins_of(&real, id)), [1, 2, 1], "only the lost call was made again");
    assert_eq!(real.acted("JoinSecurityGroup"), 3);

    leader.start().expect("as a kubelet would");
    leader.wait_ready(Duration::from_secs(30)).expect("ready");
    assert_eq!(real.leader(), other.pod_name(), "who comes back waits");
    real.delete("web");
    real.until_gone("web");
    assert_eq!(real.acted("LeaveSecurityGroup"), 3);
}

#[test]
fn a_leader_that_is_asked_to_stop_hands_over_at_once() {
    let real = two_replicas();
    real.membership("web", &web(&["i-web1"]));
    real.until_ready("web", "True/InSync");
    // Back and forth, as in a rollout.
    for (round, instance) in ["i-web2", "i-web3", "i-other"].into_iter().enumerate() {
        let (leader, other) = real.leader_and_other();
        other.wait_ready(Duration::from_secs(30)).expect("the other one waits for the lease");
        let asked = Instant::now();
        let ended = leader.sigterm().expect("it ends in time");
        assert!(ended.success(), "{ended}: {}", last_lines(leader));
        real.until(Duration::from_secs(5), "the other one leads", |real| real.leader() == other.pod_name());
        assert!(asked.elapsed() < Duration::from_secs(5), "handed over after {:?}", asked.elapsed());
        leader.start().expect("as a kubelet would");
        let name = format!("more-{round}");
        real.membership(&name, &web(&[instance]));
        real.until_ready(&name, "True/InSync");
    }
    assert_eq!((real.ready("web"), real.acted("JoinSecurityGroup")), ("True/InSync".to_owned(), 4));

    let (leader, other) = real.leader_and_other();
    other.wait_ready(Duration::from_secs(30)).expect("ready");
    let ended = other.sigterm().expect("it ends in time");
    assert!(ended.success(), "who only waited ends as quietly, {ended}: {}", last_lines(other));
    assert_eq!(real.leader(), leader.pod_name());
}

fn last_lines(replica: &Replica) -> String {
    let log = Real::log_of(replica);
    let last: Vec<_> = log.lines().rev().take(5).collect();
    last.into_iter().rev().collect::<Vec<_>>().join("\n")
}

#[test]
fn a_leader_that_stood_still_for_a_minute_does_nothing_twice_and_gives_up() {
    let real = two_replicas();
    let watch = Watch::start(&real);
    real.membership("settled", &web(&["i-web1"]));
    real.until_ready("settled", "True/InSync");
    let (leader, other) = real.leader_and_other();
    // It falls asleep with a call on its way, whose answer waits for it in the socket.
    real.cloud_fault(&on_join_of("i-web2", What::Timeout("2s".parse().ok())));
    real.membership("begun", &web(&["i-web2"]));
    real.until(Duration::from_secs(20), "the call is out", |real| joins_of(real, "i-web2") == 1);
    leader.stop().expect("SIGSTOP");
    let stopped = Instant::now();

    real.membership("new", &web(&["i-web3"]));
    real.edit("settled", &json!({"securityGroupId": "sg-db"}));
    real.until(TAKEOVER, "the other one leads", |real| real.leader() == other.pod_name());
    for name in ["settled", "begun", "new"] {
        real.until_ready(name, "True/InSync");
    }
    // The minute is what is tested.
    real.until(Duration::from_secs(90), "a minute is over", |_| stopped.elapsed() >= Duration::from_secs(60));
    leader.cont().expect("SIGCONT");
    assert_gives_up(leader);

    leader.start().expect("as a kubelet would");
    leader.wait_ready(Duration::from_secs(30)).expect("ready");
    assert_eq!(real.leader(), other.pod_name(), "who comes back waits");
    real.annotate("begun", "reconcile.cloudsteward.dev/requestedAt", "once more");
    real.until(Duration::from_secs(30), "the other one answers", |real| {
        real.get("begun").expect("it exists")["status"]["lastHandledReconcileAt"] == "once more"
    });

    assert_eq!(["settled", "begun", "new"].map(|name| real.ready(name)), ["True/InSync"; 3].map(str::to_owned));
    assert_eq!(real.groups_of("i-web1"), ["sg-base", "sg-db"]);
    // i-web1 joined two groups, the others one.
    assert_eq!((real.acted("JoinSecurityGroup"), real.acted("LeaveSecurityGroup")), (4, 1));
    assert_eq!(["i-web1", "i-web2", "i-web3"].map(|id| joins_of(&real, id)), [2, 1, 1]);
    watch.assert_no_flapping();
}

/// It notices that its lease is gone, says so, and ends with an error.
pub(super) fn assert_gives_up(leader: &Replica) {
    wait::until(Duration::from_secs(20), "the old leader is still there", || Ok((!leader.is_live()?).then_some(()))).expect("it ends");
    let ended = leader.wait_ready(Duration::from_secs(10)).expect_err("it must not become ready");
    assert!(ended.to_string().contains("exit status: 1"), "{ended:#}");
    let log = Real::log_of(leader);
    assert!(log.contains("the lease is lost"), "{log}");
}

/// `kubectl get --watch`, from the beginning to the end.
struct Watch {
    kubectl: Child,
    seen: PathBuf,
}

impl Watch {
    fn start(real: &Real) -> Self {
        let seen = real.playground.control_plane().root().join("watch.txt");
        let columns = "NAME:.metadata.name,GENERATION:.metadata.generation,OBSERVED:.status.observedGeneration,READY:.status.conditions[?(@.type==\"Ready\")].status";
        let kubectl = real
            .playground
            .control_plane()
            .kubectl()
            .command()
            .args(["get", "sgm", "--watch", "--no-headers", "-o", &format!("custom-columns={columns}")])
            .stdout(File::create(&seen).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("kubectl starts");
        Self { kubectl, seen }
    }

    /// Once a generation was found ready, nobody took it back.
    fn assert_no_flapping(&self) {
        let text = super::real::read(Path::new(&self.seen));
        let mut was_ready: BTreeMap<(String, String), bool> = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [name, generation, observed, ready] = words[..] else { continue };
            if generation == observed {
                let before = was_ready.entry((name.to_owned(), generation.to_owned())).or_default();
                assert!(!*before || ready == "True", "{name} flapped:\n{text}");
                *before = ready == "True";
            }
        }
        assert_eq!(was_ready.values().filter(|ready| **ready).count(), 4, "settled twice, begun and new once each:\n{text}");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended together with the API server.
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}
