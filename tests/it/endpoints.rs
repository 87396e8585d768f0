//! Where credentials are sent: only to hosts of the clouds and to those that the operator lists, whatever a tenant writes, whatever a name
//! leads to, whatever a server answers. And whose credentials are used: those of the object's own namespace.

use crate::api_server::Verb;
use crate::security_group_membership::{SEED, minutes, seconds, web};
use crate::world::{ACCOUNT, World};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use cloud_steward::cloud::error::Acted;
use cloud_steward::cloud::transport::{HttpRequest, Method, NameService, Transport, TransportOptions};
use cloud_steward::credentials::AllowedEndpoints;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A machine on which every name leads to these addresses.
fn all_names_lead_to(addresses: &[&str]) -> NameService {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().expect("an address")).collect();
    NameService::new(move |_| std::future::ready(Ok(addresses.clone())))
}

fn listed(patterns: &[&str]) -> AllowedEndpoints {
    AllowedEndpoints::new(patterns.iter().map(|pattern| pattern.parse().expect("a pattern")).collect())
}

/// A world whose operator lists `pattern`, and whose credential reaches the cloud by a name that leads to `addresses`.
fn a_world_behind(pattern: &str, host: &str, addresses: &[&str]) -> World {
    let mut world = World::new(SEED);
    let allowed = listed(&[pattern]);
    world.configure_socket(|socket| {
        socket.trusted_hosts = allowed.names_in_full();
        socket.names = all_names_lead_to(addresses);
    });
    world.configure(|config| config.allowed_endpoints = allowed);
    let url = world.cloud.url().replace("127.0.0.1", host);
    point_at(&world, &url);
    world.membership("web", &web(&["i-1"]));
    world
}

fn point_at(world: &World, url: &str) {
    let endpoints = json!([{"service": "ecs", "url": url}, {"service": "sts", "url": url}]);
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"endpoints": endpoints}}));
}

// ── names ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_name_that_fits_a_wildcard_and_leads_inside_gets_nothing() {
    let inside = [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::a9fe:a9fe",
        "100.100.100.200",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
    ];
    for address in inside {
        let mut world = a_world_behind("http://*.gateway.example:*", "ecs.gateway.example", &[address]);
        world.start();
        world.until_ready("web", "False/EndpointNotAllowed");
        assert_eq!(world.credential_ready("default"), "False/EndpointNotAllowed", "{address}");
        let message = world.message("web");
        assert!(message.contains("spec.endpoints") && message.contains("--allow-endpoint"), "{message}");
        world.pass(minutes(5));
        assert!(world.cloud.calls().is_empty(), "{address}: the simulator listens on 127.0.0.1 and must have heard nothing");
    }
}

#[test]
fn a_host_that_the_operator_wrote_out_may_be_inside() {
    let mut world = a_world_behind("http://ecs.gateway.example:*", "ecs.gateway.example", &["127.0.0.1"]);
    world.start();
    world.until_ready("web", "True/InSync");
}

#[test]
fn a_refused_name_is_looked_up_now_and_then_and_its_correction_at_once() {
    let mut world = a_world_behind("http://*.gateway.example:*", "ecs.gateway.example", &["127.0.0.1"]);
    world.configure(|config| config.allowed_endpoints = listed(&["http://*.gateway.example:*", "http://127.0.0.1:*"]));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    world.configure_socket(|socket| {
        socket.names = NameService::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(vec![IpAddr::from([127, 0, 0, 1])]))
        });
    });
    world.start();
    world.until_ready("web", "False/EndpointNotAllowed");
    world.pass_in_steps(minutes(60), seconds(5));
    let tries = asked.load(Ordering::SeqCst);
    assert!((2..=8).contains(&tries), "{tries} look-ups in an hour: it is tried again, and not hammered");
    // The tenant points the credential somewhere that is listed.
    let url = world.cloud.url();
    point_at(&world, &url);
    world.until_ready("web", "True/InSync");
}

fn a_request(url: &str) -> HttpRequest {
    let secret = "canary".parse().expect("a header");
    let headers = vec![(header::AUTHORIZATION, secret)];
    HttpRequest { method: Method::POST, url: url.parse().expect("a URL"), headers, body: b"canary".to_vec(), deadline: None }
}

/// Whether anybody has knocked.
fn heard(listener: &std::net::TcpListener) -> bool {
    listener.set_nonblocking(true).expect("a socket");
    listener.accept().is_ok()
}

#[tokio::test]
async fn the_machines_own_name_is_reached_only_if_it_is_listed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}/", listener.local_addr().expect("an address").port());
    for url in [url.clone(), url.replace("localhost", "LOCALHOST"), url.replace("localhost", "localhost.")] {
        let transport = Transport::new(TransportOptions::default()).expect("a socket");
        let Err(error) = transport.send(a_request(&url)).await else { unreachable!("nothing is sent there") };
        // Where the machine's resolver does not take the dot for the same name, it does not find it at all.
        assert!(error.as_str() == "EndpointNotAllowed" || url.contains("localhost."), "{url}: {}", error.as_str());
        assert_eq!(error.acted(), Acted::No);
        assert!(!heard(&listener), "{url}");
    }
    let options = TransportOptions {
        trusted_hosts: vec!["localhost".to_owned()],
        read_timeout: std::time::Duration::from_millis(50),
        ..TransportOptions::default()
    };
    let transport = Transport::new(options).expect("a socket");
    let Err(error) = transport.send(a_request(&url)).await else { unreachable!("nobody answers") };
    assert_eq!(error.as_str(), "TimedOut");
    assert!(heard(&listener), "the operator said so");
}

#[tokio::test]
async fn an_error_tells_neither_where_it_went_nor_what_it_carried() {
    let options = TransportOptions { names: all_names_lead_to(&["127.0.0.1"]), ..TransportOptions::default() };
    let transport = Transport::new(options).expect("a socket");
    let Err(error) = transport.send(a_request("http://ecs.gateway.example/?Signature=canary")).await else { unreachable!("barred") };
    let chain = format!("{error} {error:?}");
    assert!(!chain.contains("canary"), "{chain}");
}

// ── redirects ───────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Seen {
    fn all(&self) -> Vec<String> {
        self.0.lock().expect("a list").clone()
    }
}

/// Sends everybody elsewhere.
struct Redirecting {
    to: String,
    status: StatusCode,
    seen: Seen,
}

/// A server of its own thread, so that a story's paused clock does not touch it.
fn serve(router: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    listener.set_nonblocking(true).expect("a socket");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { axum::serve(TcpListener::from_std(listener).expect("a socket"), router).await })
    });
    address
}

fn a_redirect(status: u16, to: &str) -> (SocketAddr, Arc<Redirecting>) {
    let status = StatusCode::from_u16(status).expect("a status");
    let redirecting = Arc::new(Redirecting { to: to.to_owned(), status, seen: Seen::default() });
    let answer = async |State(it): State<Arc<Redirecting>>, headers: HeaderMap| {
        let who = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        it.seen.0.lock().expect("a list").push(who);
        (it.status, [(header::LOCATION, it.to.clone())], "moved").into_response()
    };
    (serve(Router::new().fallback(answer).with_state(Arc::clone(&redirecting))), redirecting)
}

/// Answers everything, and notes who asked.
fn a_listener() -> (SocketAddr, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let answer = async |State(seen): State<Arc<Seen>>, headers: HeaderMap| {
        seen.0.lock().expect("a list").push(format!("{headers:?}"));
        "{}"
    };
    (serve(Router::new().fallback(answer).with_state(Arc::clone(&seen))), seen)
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_more() {
    let (elsewhere, heard_there) = a_listener();
    for status in [301, 302, 303, 307, 308] {
        for to in [format!("http://{elsewhere}/"), format!("//{elsewhere}/"), "/".to_owned(), "http://169.254.169.254/latest".to_owned()] {
            let (address, redirecting) = a_redirect(status, &to);
            let transport = Transport::new(TransportOptions::default()).expect("a socket");
            let answer = transport.send(a_request(&format!("http://{address}/"))).await.expect("an answer");
            assert_eq!(answer.status, status);
            assert_eq!(redirecting.seen.all(), ["canary"], "{status} to {to}: one request, to whom it was meant for");
        }
    }
    assert!(heard_there.all().is_empty());
}

#[test]
fn a_cloud_that_redirects_is_a_cloud_that_does_not_answer() {
    for status in [301, 302, 307, 308] {
        let mut world = World::new(SEED);
        let (address, redirecting) = a_redirect(status, &world.cloud.url());
        point_at(&world, &format!("http://{address}"));
        world.membership("web", &web(&["i-1"]));
        world.start();
        world.until(minutes(3), "the credential says so", |world| world.credential_ready("default").ends_with("/CloudUnavailable"));
        assert!(!redirecting.seen.all().is_empty());
        assert!(world.cloud.calls().is_empty(), "{status}: the signed request went on to where the answer pointed");
    }
}

// ── whose credential ────────────────────────────────────────────────────────────────────────────────────────

/// Another namespace has a credential and a Secret that work; ours has what the story gives it.
fn a_world_with_a_rich_neighbour() -> World {
    let mut world = World::empty(SEED);
    world.secret("other", "aliyun", "key-1", "secret-1");
    world.credential("other", "default", "aliyun");
    world
}

const SPELLINGS: [&str; 8] = [
    "other/default",
    "../other/default",
    "../../other/cloudcredentials/default",
    "other.default",
    "other:default",
    "default.other",
    "/other/default",
    "default?namespace=other",
];

#[test]
fn a_credential_of_another_namespace_cannot_be_used() {
    let mut world = a_world_with_a_rich_neighbour();
    for (number, name) in SPELLINGS.iter().enumerate() {
        let mut spec = web(&["i-1"]);
        spec["credentialRef"] = json!({"name": name});
        world.membership(&format!("web-{number}"), &spec);
    }
    let mut spec = web(&["i-1"]);
    spec["credentialRef"] = json!({"name": "default", "namespace": "other"});
    spec["namespace"] = json!("other");
    world.membership("web-with-namespace", &spec);
    let stored = world.get("web-with-namespace").expect("the object");
    assert_eq!(
        (&stored["spec"]["credentialRef"], &stored["spec"]["namespace"]),
        (&json!({"name": "default"}), &Value::Null),
        "no such field"
    );
    world.start();
    let all: Vec<String> = (0..SPELLINGS.len()).map(|number| format!("web-{number}")).chain(["web-with-namespace".to_owned()]).collect();
    world.until(minutes(2), "none has a credential", |world| all.iter().all(|name| world.ready(name) == "False/CredentialMissing"));
    world.pass(minutes(15));
    assert!(all.iter().all(|name| world.ready(name) == "False/CredentialMissing"));
    assert_eq!(world.cloud.groups_of("i-1"), ["sg-base"]);
    assert_eq!(world.calls("JoinSecurityGroup") + world.calls("DescribeInstances"), 0);
    let neighbour = world.api.get_json("cloudcredentials", "other", "default").expect("the neighbour's");
    assert_eq!(neighbour["status"]["accountId"], ACCOUNT, "the neighbour itself is fine");
    assert!(neighbour["status"]["users"].as_i64().is_none_or(|users| users == 0), "{}", neighbour["status"]);
}

#[test]
fn a_secret_of_another_namespace_cannot_be_used() {
    let mut world = a_world_with_a_rich_neighbour();
    // What is no name is refused by the schema; what is one, is looked for here.
    let names = ["aliyun.other"];
    for (number, name) in names.iter().enumerate() {
        world.credential("default", &format!("thief-{number}"), name);
    }
    world.start();
    world.pass(minutes(15));
    for (number, name) in names.iter().enumerate() {
        let thief = world.api.get_json("cloudcredentials", "default", &format!("thief-{number}")).expect("the thief");
        let ready = &thief["status"]["conditions"][0];
        assert!(ready["status"] == "False" && thief["status"]["accountId"].is_null(), "{name}: {}", thief["status"]);
    }
    let identified = world.calls("GetCallerIdentity");
    assert_eq!(identified, 1, "only the neighbour is anybody");
    // Only what can be a name at all is asked for: a path that a proxy in front of the API server tidies up would lead elsewhere.
    let reads = world.api.requests().into_iter().filter(|request| request.resource == "secrets" && request.verb != Verb::Create);
    let asked: BTreeSet<String> = reads.map(|request| format!("{}/{}", request.namespace, request.name)).collect();
    let expected = ["cloud-steward-system/steward-installation", "default/aliyun.other", "other/aliyun"];
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_region_that_looks_like_a_part_of_a_host_is_not_even_looked_up() {
    let mut world = World::new(SEED);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    world.configure_socket(|socket| {
        socket.names = NameService::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(Vec::new()))
        });
    });
    world.api.patch_json("cloudcredentials", "default", "default", &json!({"spec": {"region": "evil-example-", "endpoints": null}}));
    world.start();
    world.until(minutes(1), "it is refused", |world| world.credential_ready("default") == "False/InvalidSpec");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
