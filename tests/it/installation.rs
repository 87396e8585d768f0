//! What identifies an installation: its key is made once and read by all who come later, and without it, or a name for the cluster, nobody begins.

use crate::api_server::{ApiServer, Moment, Verb, Verdict};
use crate::security_group_membership::{SEED, seconds, web};
use crate::world::{OWN_NAMESPACE, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_steward::ambient::Dice;
use cloud_steward::installation::{self, SECRET};
use cloud_steward::operator::RunError;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};

fn stored(world: &World) -> Value {
    world.api.get_json("secrets", OWN_NAMESPACE, SECRET).expect("the Secret with the key")
}

/// What steward did with the Secret of the key.
fn requests(world: &World) -> Vec<Verb> {
    let about_it = world.api.requests().into_iter().filter(|request| request.resource == "secrets" && request.namespace == OWN_NAMESPACE);
    about_it.map(|request| request.verb).collect()
}

#[test]
fn the_first_life_makes_the_key_and_later_ones_read_it() {
    let mut world = World::new(SEED);
    world.membership("web", &web(&["i-1"]));
    world.start();
    world.until_ready("web", "True/InSync");
    assert_eq!(requests(&world), [Verb::Get, Verb::Create]);
    let made = stored(&world);
    let key = STANDARD.decode(made["data"]["hmac"].as_str().expect("a key")).expect("base64");
    assert_eq!((key.len(), made["immutable"].as_bool()), (32, Some(true)));
    world.crash();
    world.api.clear_requests();
    world.start();
    world.pass(seconds(60));
    assert_eq!(requests(&world), [Verb::Get], "once in a life");
    assert_eq!(stored(&world), made);
}

#[test]
fn a_secret_without_a_key_is_named_and_left_as_it_is() {
    for data in
        [json!({}), json!({"hmac": ""}), json!({"hmac": "too short"}), json!({"key": "long enough, but under another name, as it is"})]
    {
        let mut world = World::new(SEED);
        world.api.create_json(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": OWN_NAMESPACE, "name": SECRET}, "stringData": data,
        }));
        let before = stored(&world);
        world.membership("web", &web(&["i-1"]));
        world.start();
        let error = world.stop().expect_err("nobody works without a key").to_string();
        assert!(error.contains(SECRET) && error.contains(OWN_NAMESPACE) && error.contains("hmac"), "{error}");
        assert!(!error.contains("too short") && !error.contains("long enough"), "{error}");
        assert_eq!((stored(&world), world.cloud.calls().len()), (before, 0));
    }
}

#[test]
fn an_api_server_that_is_away_at_the_start_is_waited_for_and_the_probe_says_so() {
    for (verb, code) in [(Verb::Get, 503), (Verb::Get, 403), (Verb::Create, 403), (Verb::Create, 500)] {
        let mut world = World::new(SEED);
        world.show_numbers();
        world.membership("web", &web(&["i-1"]));
        world.api.on_request(move |request, moment| {
            let refused = request.verb == verb && request.namespace == OWN_NAMESPACE && moment == Moment::Before;
            if refused { Verdict::Fail(code) } else { Verdict::Go }
        });
        world.start();
        world.pass(seconds(180));
        let (ready, probe) = world.readiness();
        assert!(!ready && probe.contains(SECRET), "{verb:?} {code}: {probe}");
        let tries = requests(&world).into_iter().filter(|tried| *tried == verb).count();
        assert!((5..=15).contains(&tries), "{tries} tries in three minutes");
        assert_eq!(world.cloud.calls().len(), 0);
        world.api.no_faults();
        world.until(seconds(60), "it begins", |world| world.ready("web") == "True/InSync");
        assert!(world.readiness().0, "{:?}", world.readiness());
    }
}

#[test]
fn asked_to_stop_it_waits_no_longer() {
    for verdict in [Verdict::Fail(503), Verdict::Hang] {
        let mut world = World::new(SEED);
        world.api.on_request(move |request, _| if request.namespace == OWN_NAMESPACE { verdict } else { Verdict::Go });
        world.start();
        assert!(world.stop().is_ok());
    }
}

#[tokio::test]
async fn two_who_come_first_agree_on_one_key() {
    let api = ApiServer::new();
    api.create_namespace(OWN_NAMESPACE);
    let client = api.client();
    let throws = AtomicU8::new(0);
    let dice = Dice::new(move || [throws.fetch_add(1, Ordering::SeqCst); 16]);
    let key = || installation::key(&client, OWN_NAMESPACE, &dice);
    let (one, other) = tokio::join!(key(), key());
    let (one, other) = (one.expect("a key"), other.expect("a key"));
    assert_eq!(one.expose_secret(), other.expose_secret());
    let tried: Vec<_> = api.requests().iter().filter(|request| request.verb == Verb::Create).map(|request| request.status).collect();
    assert_eq!(tried, [Some(201), Some(409)], "both tried to make it");
}

// ── what the cluster is called ──────────────────────────────────────────────────────────────────────────────

fn a_world_without_a_name() -> World {
    let mut world = World::new(SEED);
    world.configure(|config| config.cluster_id = None);
    world.membership("web", &web(&["i-1"]));
    world
}

#[tokio::test]
async fn a_cluster_without_a_name_is_called_by_the_uid_of_its_system_namespace() {
    let api = ApiServer::new();
    let uid = api.get_json("namespaces", "", "kube-system").expect("it is always there")["metadata"]["uid"].clone();
    assert_eq!(installation::cluster_id(&api.client()).await.expect("a name"), uid.as_str().expect("a uid"));
}

#[test]
fn a_cluster_that_will_not_say_its_name_has_to_be_given_one() {
    for code in [401, 403, 404] {
        let mut world = a_world_without_a_name();
        world.api.on_request(move |request, _| if request.resource == "namespaces" { Verdict::Fail(code) } else { Verdict::Go });
        world.start();
        let error = world.stop().expect_err("it has no name");
        assert!(matches!(error, RunError::Installation(_)) && error.to_string().contains("--cluster-id"), "{code}: {error}");
    }
}

#[test]
fn a_cluster_that_cannot_say_its_name_yet_is_waited_for() {
    let mut world = a_world_without_a_name();
    world.show_numbers();
    world.api.on_request(|request, _| if request.resource == "namespaces" { Verdict::Fail(503) } else { Verdict::Go });
    world.start();
    world.pass(seconds(60));
    let (ready, probe) = world.readiness();
    assert!(!ready && probe.contains("kube-system"), "{probe}");
    world.api.no_faults();
    world.until(seconds(60), "it begins", |world| world.ready("web") == "True/InSync");
}
