//! What is left when steward goes for good: `steward release` lets go of the objects, and no cloud hears of it.

use super::real::Real;
use super::{SEED, web};
use cloud_steward::cloud::transport::{Certificate, HttpRequest, Method, Transport, TransportOptions};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;
use steward_playground::ControlPlane;

struct Said {
    success: bool,
    out: String,
    error: String,
}

fn release(real: &Real, arguments: &[&str]) -> Said {
    release_from(real.playground.control_plane(), arguments)
}

fn release_from(control_plane: &ControlPlane, arguments: &[&str]) -> Said {
    let said = Command::new(env!("CARGO_BIN_EXE_steward"))
        .arg("release")
        .args(arguments)
        .env("KUBECONFIG", control_plane.kubeconfig())
        // Nobody listens there: the way to the API server is not the way to the clouds.
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .output()
        .expect("steward runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { success: said.status.success(), out: text(&said.stdout), error: text(&said.stderr) }
}

fn finalizers(real: &Real, kind: &str, name: &str) -> Value {
    real.get_of(kind, name).expect("it is there")["metadata"]["finalizers"].clone()
}

#[test]
fn after_steward_objects_can_be_let_go_and_deleted_and_the_cloud_hears_nothing_of_it() {
    let real = Real::new(SEED);
    real.membership("web", &web(&["i-web1"]));
    real.membership("there", &web(&["i-there"]));
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "--timeout=60s"]);
    // Somebody else's finalizer is none of our business.
    real.kubectl(&["patch", "sgm", "there", "--type=merge", "-p", r#"{"metadata": {"finalizers": ["example.com/other"]}}"#]);
    let held = ["securitygroupmembership.cloudsteward.dev/web -n default\n", "cloudcredential.cloudsteward.dev/default -n default\n"];

    let refused = release(&real, &[]);
    assert!(!refused.success && refused.error.contains("does steward still run there?"), "{}", refused.error);
    assert_eq!(finalizers(&real, "sgm", "web").as_array().map(Vec::len), Some(1), "a steward that runs keeps what is its own");

    for replica in real.playground.steward().replicas() {
        replica.kill9().expect("it can be killed");
    }
    let calls = real.calls().len();
    let shown = release(&real, &["--dry-run"]);
    assert!(held.iter().all(|line| shown.out.contains(line)) && shown.out.contains("2 objects would be let go"), "{}", shown.out);
    assert_eq!(finalizers(&real, "sgm", "web").as_array().map(Vec::len), Some(1));

    let released = release(&real, &[]);
    assert!(released.success, "{}", released.error);
    assert!(held.iter().all(|line| released.out.contains(line)) && released.out.contains("2 objects let go"), "{}", released.out);
    assert_eq!(finalizers(&real, "sgm", "web"), Value::Null);
    assert_eq!(finalizers(&real, "sgm", "there"), serde_json::json!(["example.com/other"]));
    assert!(release(&real, &[]).out.starts_with("0 objects let go"), "a second time there is nothing to do");

    real.kubectl(&["delete", "sgm", "web", "--timeout=10s"]);
    assert_eq!(real.groups_of("i-web1"), ["sg-base", "sg-web"], "what steward had done stays");
    assert_eq!(real.calls().len(), calls, "no cloud was asked");
}

/// Questions for an API server that has never heard of steward.
#[test]
fn on_a_bare_api_server() {
    let control_plane = ControlPlane::start(&steward_playground::Options::default()).expect("a control plane");
    a_namespace_that_is_only_presumed_must_be_there(&control_plane);
    in_a_namespace_that_is_going_nobody_leads(&control_plane);
    what_a_bundle_signs_is_trusted_and_only_then(&control_plane);
}

/// A steward in another namespace would put its finalizers back.
fn a_namespace_that_is_only_presumed_must_be_there(control_plane: &ControlPlane) {
    let refused = release_from(control_plane, &[]);
    assert!(!refused.success && refused.error.contains("--leader-election-namespace"), "{}{}", refused.out, refused.error);
    let named = release_from(control_plane, &["--leader-election-namespace", "cloud-steward-system"]);
    assert!(named.out.starts_with("0 objects let go"), "{}", named.error);
    let shown = release_from(control_plane, &["--dry-run"]);
    assert!(shown.out.starts_with("0 objects would be let go"), "{}", shown.error);
}

/// Nobody can make a lease there any more; to wait for one would be to wait for ever.
fn in_a_namespace_that_is_going_nobody_leads(control_plane: &ControlPlane) {
    for arguments in
        [&["create", "namespace", "cloud-steward-system"][..], &["delete", "namespace", "cloud-steward-system", "--wait=false"]]
    {
        control_plane.kubectl().ok(arguments).expect("kubectl succeeds");
    }
    let released = release_from(control_plane, &[]);
    assert!(released.out.starts_with("0 objects let go"), "{}", released.error);
}

fn what_a_bundle_signs_is_trusted_and_only_then(control_plane: &ControlPlane) {
    let kubeconfig = kube::config::Kubeconfig::read_from(control_plane.kubeconfig()).expect("a kubeconfig");
    let authority = kubeconfig.clusters[0].cluster.as_ref().expect("a cluster").certificate_authority.clone().expect("a file");
    let pem = std::fs::read(authority).expect("the authority's certificate");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let status = |roots: Vec<Certificate>| {
        let transport = Transport::new(TransportOptions { roots, ..TransportOptions::default() }).expect("a transport");
        let url = format!("{}/readyz", control_plane.url()).parse().expect("an address");
        let request =
            HttpRequest { method: Method::GET, url, headers: Vec::new(), body: Vec::new(), deadline: Some(Duration::from_secs(20)) };
        runtime.block_on(transport.send(request)).map(|answer| answer.status).map_err(|error| error.as_str())
    };
    assert_eq!(status(Vec::new()), Err("ConnectFailed"));
    assert_eq!(status(Certificate::from_pem_bundle(&pem).expect("PEM")), Ok(200));
}
