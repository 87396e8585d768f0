//! What an operator may rely on in an API server, as cases that run on the in-process server and on
//! a real kube-apiserver. They assert what matters; beside that every answer is written down, and
//! the two transcripts have to be the same, so the stand-in can be neither lenient nor inventive.
//!
//! A difference is cured in `api_server`, never here.

mod caller;
mod lifecycle;
mod lists;
mod objects;
mod patches;
mod schemas;
mod tokens;

use std::pin::Pin;
use std::sync::Arc;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
    runtime::{conditions::is_crd_established, wait::await_condition},
};
use serde_json::{Value, json};
use steward_playground::{ControlPlane, Options};

use crate::api_server::ApiServer;
use caller::Caller;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;
type Case = (&'static str, fn(Caller) -> Running);

/// Each case lives in a namespace of its own.
const CASES: &[Case] = &[
    ("creation-sets-what-the-server-owns", |caller| Box::pin(objects::creation_sets_what_the_server_owns(caller))),
    ("creation-is-refused-when-it-makes-no-sense", |caller| Box::pin(objects::creation_is_refused_when_it_makes_no_sense(caller))),
    ("put-has-preconditions", |caller| Box::pin(objects::put_has_preconditions(caller))),
    ("put-of-the-same-changes-nothing", |caller| Box::pin(objects::put_of_the_same_changes_nothing(caller))),
    ("generation-counts-changes-of-spec", |caller| Box::pin(objects::generation_counts_changes_of_spec(caller))),
    ("status-is-a-resource-of-its-own", |caller| Box::pin(objects::status_is_a_resource_of_its_own(caller))),
    ("status-put-has-preconditions", |caller| Box::pin(objects::status_put_has_preconditions(caller))),
    ("dry-runs-and-strictness", |caller| Box::pin(objects::dry_runs_and_strictness(caller))),
    ("built-in-kinds", |caller| Box::pin(objects::built_in_kinds_have_their_habits(caller))),
    (tokens::NAMESPACE, |caller| Box::pin(tokens::tokens_of_service_accounts(caller))),
    ("who-asks", |caller| Box::pin(tokens::who_asks(caller))),
    ("paths-that-nobody-serves", |caller| Box::pin(objects::paths_that_nobody_serves(caller))),
    ("merge-patches", |caller| Box::pin(patches::merge_patches(caller))),
    ("json-patches", |caller| Box::pin(patches::json_patches(caller))),
    ("server-side-apply", |caller| Box::pin(patches::server_side_apply(caller))),
    ("apply-to-status", |caller| Box::pin(patches::apply_to_status(caller))),
    ("deletion-without-finalizers", |caller| Box::pin(lifecycle::deletion_without_finalizers(caller))),
    ("deletion-waits-for-finalizers", |caller| Box::pin(lifecycle::deletion_waits_for_finalizers(caller))),
    ("the-last-finalizer-may-go-in-any-write", |caller| Box::pin(lifecycle::the_last_finalizer_may_go_in_any_write(caller))),
    ("deletion-has-preconditions", |caller| Box::pin(lifecycle::deletion_has_preconditions(caller))),
    ("a-namesake-is-another-object", |caller| Box::pin(lifecycle::a_namesake_is_another_object(caller))),
    ("collections-are-deleted", |caller| Box::pin(lifecycle::collections_are_deleted(caller))),
    ("a-terminating-namespace", |caller| Box::pin(lifecycle::a_terminating_namespace_takes_nothing_new(caller))),
    ("lists-come-in-pages", |caller| Box::pin(lists::lists_come_in_pages(caller))),
    ("selectors", |caller| Box::pin(lists::selectors(caller))),
    ("metadata-alone", |caller| Box::pin(lists::metadata_alone(caller))),
    ("watches-tell-all-that-happened", |caller| Box::pin(lists::watches_tell_all_that_happened(caller))),
    ("watches-with-a-selector", |caller| Box::pin(lists::watches_with_a_selector(caller))),
    ("watches-begin-and-end", |caller| Box::pin(lists::watches_begin_and_end(caller))),
    ("defaults", |caller| Box::pin(schemas::defaults(caller))),
    ("unknown-fields-are-pruned", |caller| Box::pin(schemas::unknown_fields_are_pruned(caller))),
    ("bad-values-are-refused", |caller| Box::pin(schemas::bad_values_are_refused(caller))),
    ("rules-are-kept", |caller| Box::pin(schemas::rules_are_kept(caller))),
];

fn definition() -> CustomResourceDefinition {
    serde_saphyr::from_str(include_str!("widgets.yaml")).expect("the fixture is a definition")
}

/// What became of a case: its transcript, or the words with which it failed.
type Outcome = Result<Vec<(String, Value)>, String>;

/// Installs the kind and runs every case, each in a task so that one failure hides no other.
async fn run(client: &Client) -> Vec<Outcome> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    definitions.create(&kube::api::PostParams::default(), &definition()).await.expect("the definition is accepted");
    let established = await_condition(definitions, "widgets.conformance.cloudsteward.dev", is_crd_established());
    established.await.expect("the definition is established");
    let mut outcomes = Vec::new();
    for (name, case) in CASES {
        let caller = Caller::new(client.clone(), name);
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        caller.send_unrecorded("POST", "/api/v1/namespaces", "application/json", Some(&namespace)).await.expect(201);
        let outcome = tokio::spawn(case(caller.clone())).await;
        outcomes.push(outcome.map(|()| caller.transcript()).map_err(|error| {
            let payload = error.into_panic();
            let words = payload.downcast_ref::<String>().cloned();
            words.or_else(|| payload.downcast_ref::<&str>().map(|words| (*words).to_owned())).unwrap_or_default()
        }));
    }
    outcomes
}

fn failures(server: &str, outcomes: &[Outcome]) -> Vec<String> {
    let failed = CASES.iter().zip(outcomes).filter_map(|((name, _), outcome)| Some((name, outcome.as_ref().err()?)));
    failed.map(|(name, words)| format!("{server}: {name}: {words}")).collect()
}

/// Every place in which two transcripts differ.
fn differences(ours: &[Outcome], theirs: &[Outcome]) -> Vec<String> {
    let mut differences = Vec::new();
    for ((name, _), (ours, theirs)) in CASES.iter().zip(ours.iter().zip(theirs)) {
        let (Ok(ours), Ok(theirs)) = (ours, theirs) else { continue };
        if ours.len() != theirs.len() {
            differences.push(format!("{name}: {} answers in process, {} real", ours.len(), theirs.len()));
        }
        for ((asked, ours), (also_asked, theirs)) in ours.iter().zip(theirs) {
            let mut places = Vec::new();
            compare(ours, theirs, "", &mut places);
            if asked != also_asked {
                places.push(format!("the real server was asked {also_asked}"));
            }
            if !places.is_empty() {
                differences.push(format!("{name}: {asked}\n  {}", places.join("\n  ")));
            }
        }
    }
    differences
}

/// The places in which two answers differ.
fn compare(ours: &Value, theirs: &Value, place: &str, places: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for name in ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))) {
                let absent = Value::from("<absent>");
                let (ours, theirs) = (ours.get(name).unwrap_or(&absent), theirs.get(name).unwrap_or(&absent));
                compare(ours, theirs, &format!("{place}/{name}"), places);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(ours, theirs, &format!("{place}/{index}"), places);
            }
        }
        (ours, theirs) if ours != theirs => places.push(format!("{place}: in process {ours}, real {theirs}")),
        _ => {}
    }
}

/// A server that lets the cases do what a real one lets its administrator do.
fn in_process() -> Arc<ApiServer> {
    let server = ApiServer::new();
    for account in tokens::ACCOUNTS {
        server.allow_tokens(tokens::NAMESPACE, account);
    }
    server
}

#[tokio::test(start_paused = true)]
async fn the_in_process_server_passes_every_case() {
    let outcomes = run(&in_process().client()).await;
    let failures = failures("in process", &outcomes);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_server_answers_just_as_the_in_process_one_does() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let starting = tokio::task::spawn_blocking(|| ControlPlane::start(&Options::default()));
    let control_plane = starting.await.expect("the start does not panic").expect("a control plane starts");
    let kubeconfig = Kubeconfig::read_from(control_plane.kubeconfig()).expect("the kubeconfig is readable");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    let client = Client::try_from(config.expect("the kubeconfig is complete")).expect("the client is made");
    let theirs = run(&client).await;
    let ours = run(&in_process().client()).await;
    let mut found = failures("real", &theirs);
    found.extend(failures("in process", &ours));
    found.extend(differences(&ours, &theirs));
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
