//! Ten thousand objects at once. It measures, and takes minutes, so it runs only when it is asked to:
//!
//! ```console
//! $ STEWARD_LOAD=target/debug/steward cargo test --test it ten_thousand -- --nocapture
//! ```
//!
//! The variable names the program to measure, for instance one of `cargo build --release`.

use super::real::{Real, STEWARD, read, ready_of, tell};
use futures::StreamExt as _;
use kube::api::{ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use steward_playground::Replica;
use steward_playground::repository;

const OBJECTS: usize = 10_000;
const CREATED_AT_ONCE: usize = 32;
const PATIENCE: Duration = Duration::from_secs(1800);

#[test]
fn ten_thousand_objects_that_are_created_at_once_settle() {
    let Some(program) = program() else {
        tell("SKIPPED: 10,000 objects. To run it: STEWARD_LOAD=target/debug/steward cargo test --test it ten_thousand -- --nocapture");
        return;
    };
    let real = playground(program);
    let replica = &real.playground.steward().replicas()[0];

    let began = Instant::now();
    create_all(real.playground.control_plane().kubeconfig());
    let created = began.elapsed();
    until_all_in_sync(&real);
    tell(&format!("{OBJECTS} objects, created in {created:.1?}, all ready after {:.1?}", began.elapsed()));

    let objects: Value = serde_json::from_str(&real.kubectl(&["get", "sgm", "--chunk-size=0", "-o", "json"])).expect("JSON");
    let ready = objects["items"].as_array().into_iter().flatten().filter(|object| ready_of(object) == "True/InSync").count();
    assert_eq!((ready, real.acted("JoinSecurityGroup")), (OBJECTS, OBJECTS));
    let first = Cost::of(&real);
    first.print(&Cost::default());
    let peak = print_memory(replica);

    // A second life finds everything as it should be.
    replica.sigterm().expect("it ends in time");
    replica.start().expect("as a kubelet would");
    let began = Instant::now();
    until_all_looked_at(&real);
    tell(&format!("the same {OBJECTS} after a restart, all looked at again after {:.1?}", began.elapsed()));
    let second = Cost::of(&real);
    second.print(&first);
    print_memory(replica);
    assert_eq!(second.status_writes(), first.status_writes(), "what has settled is not written again");

    let limit = memory_limit();
    assert!(peak < limit, "the Deployment's limit of {limit} MiB would have ended it: {peak} MiB at the peak");
}

fn until_all_in_sync(real: &Real) {
    let in_sync = "steward_objects{kind=\"SecurityGroupMembership\",reason=\"InSync\"}";
    real.until(PATIENCE, "all are in sync", |real| real.metric(in_sync) == Some(OBJECTS));
}

/// A new life knows what status said before it looks itself, so what is counted here are looks.
fn until_all_looked_at(real: &Real) {
    let passes = "steward_passes_total{kind=\"SecurityGroupMembership\",outcome=\"done\"}";
    real.until(PATIENCE, "all are looked at", |real| real.metric(passes) >= Some(OBJECTS));
}

/// What it has cost so far, by kind of request.
#[derive(Default)]
struct Cost {
    cloud: BTreeMap<String, usize>,
    api_server: BTreeMap<String, usize>,
}

impl Cost {
    fn of(real: &Real) -> Self {
        let mut cloud = BTreeMap::new();
        for call in real.calls() {
            *cloud.entry(format!("{} {}", call.operation, call.code.unwrap_or_else(|| "OK".to_owned()))).or_default() += 1;
        }
        Self { cloud, api_server: requests_of_steward(real) }
    }

    fn status_writes(&self) -> Option<&usize> {
        self.api_server.get("update securitygroupmemberships status 200")
    }

    /// What has come since `before`.
    fn print(&self, before: &Self) {
        let cloud = since(&before.cloud, &self.cloud);
        let api_server = since(&before.api_server, &self.api_server);
        let writes: usize = api_server.iter().filter(|(what, _)| is_write(what)).map(|(_, count)| count).sum();
        tell(&format!("calls to the cloud: {} {cloud:?}", cloud.values().sum::<usize>()));
        tell(&format!("writes to the API server: {writes}, of all requests {api_server:?}"));
    }
}

fn since(before: &BTreeMap<String, usize>, now: &BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let more = |(what, count): (&String, &usize)| (what.clone(), count - before.get(what).copied().unwrap_or_default());
    now.iter().map(more).filter(|(_, count)| *count > 0).collect()
}

/// Gives the peak, in MiB.
fn print_memory(replica: &Replica) -> u64 {
    let pid = replica.pid().expect("a pid");
    let peak = memory(pid, "VmHWM");
    tell(&format!("memory of steward: {peak} MiB at the peak, {} MiB now", memory(pid, "VmRSS")));
    peak
}

#[expect(clippy::disallowed_methods, reason = "a switch for a person at a terminal, read in this one place")]
fn program() -> Option<PathBuf> {
    let program = std::env::var("STEWARD_LOAD").ok().filter(|program| !program.is_empty())?;
    Some(repository().join(program))
}

fn playground(program: PathBuf) -> Real {
    let seed = format!(
        "
securityGroups: [{{id: sg-base, type: enterprise}}, {{id: sg-web, type: enterprise}}]
instances: {{count: {OBJECTS}, prefix: i-, groups: [sg-base]}}
settings: {{limits: {{JoinSecurityGroup: 1000000, \"*\": 1000000}}}}
"
    );
    // The account's limits are not what is measured: they would make it ten minutes and more, whoever asks.
    let limits = "ecs:JoinSecurityGroup=10000000,ecs:DescribeInstances=10000000,ecs:DescribeNetworkInterfaces=10000000,ecs:DescribeSecurityGroups=10000000";
    Real::with(&seed, |setup| {
        setup.steward = Some(program);
        setup.environment.push(("STEWARD_LIMITS".to_owned(), limits.to_owned()));
    })
}

/// As fast as the API server takes them; kubectl alone would take minutes.
fn create_all(kubeconfig: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.expect("a configuration");
        let client = Client::try_from(config).expect("a client");
        let resource = ApiResource::from_gvk_with_plural(
            &GroupVersionKind::gvk("cloudsteward.dev", "v1alpha1", "SecurityGroupMembership"),
            "securitygroupmemberships",
        );
        let api: Api<DynamicObject> = Api::namespaced_with(client, "default", &resource);
        futures::stream::iter(1..=OBJECTS)
            .for_each_concurrent(CREATED_AT_ONCE, |number| {
                let spec = json!({"spec": {"securityGroupId": "sg-web", "targets": {"instanceIds": [format!("i-{number:05}")]}}});
                let object = DynamicObject::new(&format!("web-{number}"), &resource).data(spec);
                let api = api.clone();
                async move {
                    api.create(&PostParams::default(), &object).await.expect("an object");
                }
            })
            .await;
        let there = api.list(&ListParams::default().limit(1)).await.expect("a list");
        assert!(!there.items.is_empty());
    });
}

/// By verb and resource.
fn requests_of_steward(real: &Real) -> BTreeMap<String, usize> {
    let log = read(&real.playground.control_plane().audit_log().expect("an audit log"));
    let mut requests = BTreeMap::new();
    for request in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if request["user"]["username"] == STEWARD && request["stage"] == "ResponseComplete" {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let object = &request["objectRef"];
            let what = format!(
                "{} {} {} {}",
                text(&request["verb"]),
                text(&object["resource"]),
                text(&object["subresource"]),
                request["responseStatus"]["code"]
            );
            *requests.entry(what).or_default() += 1;
        }
    }
    requests
}

fn is_write(what: &str) -> bool {
    ["create", "update", "patch", "delete"].iter().any(|verb| what.starts_with(verb))
}

/// `VmHWM`, the most that it ever was, or `VmRSS`, what it is now; in MiB.
fn memory(pid: u32, what: &str) -> u64 {
    let status = read(Path::new(&format!("/proc/{pid}/status")));
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("Linux says so");
    let kib: u64 = line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse().expect("a number");
    kib / 1024
}

/// What the Deployment gives steward before the kernel ends it, in MiB.
fn memory_limit() -> u64 {
    let deployment: Value = serde_saphyr::from_str(&read(&repository().join("deploy/base/deployment.yaml"))).expect("YAML");
    let limit =
        deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"].as_str().expect("a limit").to_owned();
    limit.trim_end_matches("Mi").parse().expect("in Mi")
}
