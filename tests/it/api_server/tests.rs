//! What only this server can do: faults, crashes, stale reads, forgotten history. And that kube's
//! watcher and Controller run on it while tokio's clock stands still.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::{api::core::v1::Secret, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition};
use kube::{
    Api, Client, CustomResource, CustomResourceExt as _, Resource as _, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    core::PartialObjectMeta,
    runtime::{
        Controller, Predicate as _, PredicateConfig, WatchStreamExt as _,
        controller::Action,
        events::{Event, EventType, Recorder},
        predicates, reflector,
        watcher::{self, watcher},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiServer, Moment, Verb, Verdict};

const HOLD: &str = "example.com/hold";

#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "Thing", namespaced, status = "ThingStatus")]
#[serde(rename_all = "camelCase")]
struct ThingSpec {
    size: i64,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
struct ThingStatus {
    #[serde(default)]
    observed_generation: i64,
    #[serde(default)]
    doubled: i64,
}

fn server_with_things() -> Arc<ApiServer> {
    let server = ApiServer::new();
    server.install_crd(&Thing::crd());
    server
}

fn thing(name: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": name}, "spec": {"size": 1}})
}

async fn reconcile(thing: Arc<Thing>, (client, passes): (Client, Arc<AtomicUsize>)) -> kube::Result<Action> {
    passes.fetch_add(1, Ordering::SeqCst);
    let things: Api<Thing> = Api::namespaced(client, &thing.namespace().unwrap_or_default());
    let name = thing.name_any();
    if thing.metadata.deletion_timestamp.is_some() {
        let release = json!([
            {"op": "test", "path": "/metadata/finalizers/0", "value": HOLD},
            {"op": "remove", "path": "/metadata/finalizers/0"},
        ]);
        let release = serde_json::from_value(release).expect("the patch is a constant");
        things.patch(&name, &PatchParams::default(), &Patch::<Thing>::Json(release)).await?;
        return Ok(Action::await_change());
    }
    if thing.finalizers().is_empty() {
        let hold = json!([
            {"op": "test", "path": "/metadata/finalizers", "value": null},
            {"op": "add", "path": "/metadata/finalizers", "value": [HOLD]},
        ]);
        let hold = serde_json::from_value(hold).expect("the patch is a constant");
        things.patch(&name, &PatchParams::default(), &Patch::<Thing>::Json(hold)).await?;
        return Ok(Action::await_change());
    }
    let status = ThingStatus { observed_generation: thing.metadata.generation.unwrap_or_default(), doubled: thing.spec.size * 2 };
    if thing.status.as_ref() != Some(&status) {
        let told = Thing { status: Some(status), ..Thing::clone(&thing) };
        things.replace_status(&name, &PostParams::default(), &told).await?;
    }
    Ok(Action::requeue(Duration::from_secs(600)))
}

/// The assembly that the product uses, small.
fn run_controller(client: &Client, passes: &Arc<AtomicUsize>) -> tokio::task::JoinHandle<()> {
    let (reader, writer) = reflector::store();
    let stream = watcher(Api::<Thing>::all(client.clone()), watcher::Config::default().any_semantic())
        .reflect(writer)
        .applied_objects()
        .default_backoff()
        .predicate_filter(predicates::generation.combine(predicates::finalizers), PredicateConfig::default());
    let context = Arc::new((client.clone(), passes.clone()));
    let controller = Controller::for_stream(stream, reader).run(
        |thing, context| reconcile(thing, (context.0.clone(), context.1.clone())),
        |_, _, _| Action::requeue(Duration::from_secs(5)),
        context,
    );
    tokio::spawn(controller.for_each(|_| std::future::ready(())))
}

fn settled(server: &ApiServer, size: i64) -> bool {
    server
        .list_json("things")
        .iter()
        .all(|thing| thing["status"]["doubled"] == size * 2 && thing["status"]["observedGeneration"] == thing["metadata"]["generation"])
}

/// Lets the paused clock run until this holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = async {
        while !holds() {
            tokio::time::advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3600), patience).await.expect(what);
}

#[tokio::test(start_paused = true)]
async fn a_controller_settles_a_thousand_objects_and_then_is_silent() {
    let server = server_with_things();
    let began = std::time::Instant::now();
    for number in 0..1000 {
        server.create_json(thing(&format!("thing-{number}")));
    }
    let (client, passes) = (server.client_as("controller"), Arc::new(AtomicUsize::new(0)));
    let controller = run_controller(&client, &passes);
    until("all are settled", || settled(&server, 1)).await;

    server.patch_json("things", "default", "thing-7", &json!({"spec": {"size": 4}}));
    until("the edit is seen", || server.get_json("things", "default", "thing-7").is_some_and(|thing| thing["status"]["doubled"] == 8))
        .await;
    server.patch_json("things", "default", "thing-7", &json!({"spec": {"size": 1}}));
    until("all are settled again", || settled(&server, 1)).await;

    server.clear_requests();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let verbs: BTreeSet<Verb> = server.requests().iter().map(|request| request.verb).collect();
    assert_eq!(verbs, BTreeSet::from([Verb::Watch]), "settled means silent");
    assert!(server.requests().iter().all(|request| request.user_agent == "controller" && request.status == Some(200)));

    for number in 0..1000 {
        server.delete("things", "default", &format!("thing-{number}"));
    }
    assert_eq!(server.list_json("things").len(), 1000, "finalizers hold them");
    until("all are gone", || server.list_json("things").is_empty()).await;
    assert!(passes.load(Ordering::SeqCst) >= 3000);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    controller.abort();
}

#[tokio::test(start_paused = true)]
async fn a_watcher_goes_on_after_broken_watches_and_lists_again_after_410() {
    let server = server_with_things();
    server.create_json(thing("a"));
    let stream = watcher(Api::<Thing>::all(server.client()), watcher::Config::default().page_size(1));
    let mut stream = std::pin::pin!(stream.applied_objects().default_backoff());
    assert_eq!(stream.try_next().await.unwrap().unwrap().name_any(), "a");
    let next = stream.next();
    let breaks = async {
        until("the watch is open", || server.open_watches() == 1).await;
        server.break_watches();
        server.create_json(thing("b"));
    };
    let (next, ()) = tokio::join!(next, breaks);
    assert_eq!(next.unwrap().unwrap().name_any(), "b");

    // The watch breaks and what it missed is forgotten: 410, then a new list, in pages of one.
    server.on_request(|request, _| if request.verb == Verb::Watch { Verdict::Fail(503) } else { Verdict::Go });
    server.break_watches();
    server.create_json(thing("c"));
    server.compact();
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        server.no_faults();
        if let Ok(Some(thing)) = stream.try_next().await {
            seen.insert(thing.name_any());
        }
    }
    assert_eq!(seen, ["a", "b", "c"].map(str::to_owned).into());
}

#[tokio::test(start_paused = true)]
async fn a_watch_from_before_the_compaction_is_refused_inside_a_good_answer() {
    let server = server_with_things();
    let things: Api<Thing> = Api::default_namespaced(server.client());
    let list = things.list_metadata(&ListParams::default()).await.unwrap();
    server.create_json(thing("a"));
    server.compact();
    let from = list.metadata.resource_version.unwrap();
    let mut events = things.watch(&kube::api::WatchParams::default(), &from).await.unwrap().boxed();
    let event = events.next().await.unwrap().unwrap();
    assert!(matches!(event, kube::core::WatchEvent::Error(status) if status.code == 410));
    let page = things.list(&ListParams::default().limit(1)).await.unwrap();
    assert_eq!(page.metadata.continue_.unwrap_or_default(), "", "one object is one page");
    server.create_json(thing("b"));
    let page = things.list(&ListParams::default().limit(1)).await.unwrap();
    server.create_json(thing("c"));
    server.compact();
    let stale = ListParams::default().limit(1).continue_token(&page.metadata.continue_.unwrap());
    let refused = things.list(&stale).await.unwrap_err();
    assert!(matches!(refused, kube::Error::Api(status) if status.code == 410));
}

#[tokio::test(start_paused = true)]
async fn an_open_watch_still_gets_what_was_compacted_before_it_looked() {
    let server = server_with_things();
    let things: Api<Thing> = Api::default_namespaced(server.client());
    let mut events = things.watch(&kube::api::WatchParams::default(), "0").await.unwrap().boxed();
    server.create_json(thing("a"));
    server.compact();
    server.create_json(thing("b"));
    for name in ["a", "b"] {
        let event = events.next().await.unwrap().unwrap();
        assert!(matches!(event, kube::core::WatchEvent::Added(thing) if thing.name_any() == name));
    }
    // Nothing happens for a day: the watch ends by tokio's clock, and bookmarks came on the way.
    let rest: Vec<_> = tokio::time::timeout(Duration::from_secs(86_400), events.collect::<Vec<_>>()).await.unwrap();
    assert!(rest.len() > 2 && rest.iter().all(|event| matches!(event, Ok(kube::core::WatchEvent::Bookmark(_)))));
    assert_eq!(server.open_watches(), 0);
}

#[test]
fn the_state_survives_the_runtime_and_hung_requests_end_with_it() {
    let server = server_with_things();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let first = runtime();
    first.block_on(async {
        let passes = Arc::new(AtomicUsize::new(0));
        let client = server.client();
        run_controller(&client, &passes);
        until("it watches", || server.open_watches() == 1).await;
        // The status is stored, but the answer never comes.
        server.on_request(
            |request, moment| {
                if request.subresource == "status" && moment == Moment::After { Verdict::Hang } else { Verdict::Go }
            },
        );
        server.create_json(thing("a"));
        until("the request hangs", || server.in_flight() == 1).await;
    });
    drop(first);
    assert_eq!((server.in_flight(), server.open_watches()), (0, 0));
    assert!(settled(&server, 1), "it took effect before it hung");
    let hung = server.requests().into_iter().find(|request| request.subresource == "status").unwrap();
    assert_eq!((hung.verb, hung.status), (Verb::Update, None));

    server.no_faults();
    server.clear_requests();
    runtime().block_on(async {
        let passes = Arc::new(AtomicUsize::new(0));
        run_controller(&server.client(), &passes);
        until("it looked", || passes.load(Ordering::SeqCst) == 1 && server.open_watches() == 1).await;
    });
    assert!(server.requests().iter().all(|request| matches!(request.verb, Verb::List | Verb::Watch)), "{:?}", server.requests());
}

#[tokio::test(start_paused = true)]
async fn faults_happen_before_or_after_the_effect() {
    let server = server_with_things();
    let things: Api<Thing> = Api::default_namespaced(server.client());
    let made = |name: &str| -> Thing { serde_json::from_value(thing(name)).unwrap() };
    server.on_request(|_, moment| if moment == Moment::Before { Verdict::Fail(500) } else { Verdict::Go });
    assert!(matches!(things.create(&PostParams::default(), &made("a")).await, Err(kube::Error::Api(status)) if status.code == 500));
    assert_eq!(server.get_json("things", "default", "a"), None);
    server.on_request(|_, moment| if moment == Moment::After { Verdict::Disconnect } else { Verdict::Go });
    assert!(matches!(things.create(&PostParams::default(), &made("a")).await, Err(kube::Error::Service(_))));
    assert!(server.get_json("things", "default", "a").is_some(), "it was stored, whatever the client heard");
    server.on_request(|_, moment| if moment == Moment::Before { Verdict::Hang } else { Verdict::Go });
    let patience = tokio::time::timeout(Duration::from_secs(30), things.get("a")).await;
    assert!(patience.is_err() && server.in_flight() == 0, "nobody waits any more");
    server.no_faults();
    things.get("a").await.unwrap();
    assert_eq!(server.requests().last().and_then(|request| request.status), Some(200));
}

#[tokio::test(start_paused = true)]
async fn reads_are_stale_until_they_are_released_and_writes_are_not() {
    let server = server_with_things();
    server.create_json(thing("a"));
    let things: Api<Thing> = Api::default_namespaced(server.client());
    let old = things.get("a").await.unwrap();
    let mut events = things.watch(&kube::api::WatchParams::default(), &old.resource_version().unwrap()).await.unwrap().boxed();
    let stale = server.stale_reads("things");
    server.patch_json("things", "default", "a", &json!({"spec": {"size": 2}}));
    server.create_json(thing("b"));
    assert_eq!(things.get("a").await.unwrap().spec.size, 1);
    assert!(things.get_opt("b").await.unwrap().is_none());
    assert_eq!(things.list(&ListParams::default()).await.unwrap().items.len(), 1);
    assert!(matches!(things.replace("a", &PostParams::default(), &old).await, Err(kube::Error::Api(status)) if status.is_conflict()));
    assert!(tokio::time::timeout(Duration::from_secs(5), events.next()).await.is_err(), "nor do watches tell");
    drop(stale);
    assert_eq!(things.get("a").await.unwrap().spec.size, 2);
    assert!(matches!(events.next().await.unwrap().unwrap(), kube::core::WatchEvent::Modified(thing) if thing.spec.size == 2));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_goes_when_nothing_in_it_is_held_any_more() {
    let server = server_with_things();
    let made = server.create_yaml(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: team}\nstringData: {id: a}\n---\n\
         apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: held, namespace: team, finalizers: [example.com/hold]}\nspec: {size: 1}\n---\n\
         apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: free, namespace: team}\nspec: {size: 1}\n",
    );
    assert_eq!(made.len(), 3);
    assert_eq!(server.run_namespace_controller(), 0);
    server.delete("namespaces", "", "team");
    assert_eq!(server.run_namespace_controller(), 1);
    let client = server.client();
    assert!(Api::<Secret>::namespaced(client.clone(), "team").get_opt("key").await.unwrap().is_none(), "secrets go at once");
    let things: Api<Thing> = Api::namespaced(client, "team");
    let names: Vec<String> = things.list(&ListParams::default()).await.unwrap().items.iter().map(ResourceExt::name_any).collect();
    assert_eq!(names, ["held"]);
    assert!(things.get("held").await.unwrap().metadata.deletion_timestamp.is_some());
    server.patch_json("things", "team", "held", &json!({"metadata": {"finalizers": null}}));
    assert_eq!(server.run_namespace_controller(), 0);
    assert_eq!(server.get_json("namespaces", "", "team"), None);
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_the_tests_and_a_kind_can_come_and_go() {
    let server = ApiServer::new();
    server.set_clock(|| "2030-05-05T05:05:05.123Z".parse().unwrap());
    let things: Api<Thing> = Api::default_namespaced(server.client());
    assert!(matches!(things.list(&ListParams::default()).await, Err(kube::Error::Api(status)) if status.code == 404));
    server.install_crd(&Thing::crd());
    let made: Thing = serde_json::from_value(server.create_json(thing("a"))).unwrap();
    assert_eq!(made.creation_timestamp().unwrap().0.to_string(), "2030-05-05T05:05:05Z");
    let metadata: Api<PartialObjectMeta<Thing>> = Api::default_namespaced(server.client());
    assert_eq!(metadata.list(&ListParams::default()).await.unwrap().items[0].name_any(), "a");
    let definitions: Api<CustomResourceDefinition> = Api::all(server.client());
    assert!(definitions.get("things.example.com").await.is_ok());
    let watch = things.watch(&kube::api::WatchParams::default(), "0").await.unwrap();
    server.uninstall_crd("things.example.com");
    assert_eq!(watch.collect::<Vec<_>>().await.len(), 1, "the watch ends with its kind");
    assert!(matches!(things.delete("a", &DeleteParams::default()).await, Err(kube::Error::Api(status)) if status.code == 404));
    server.install_crd(&Thing::crd());
    assert!(server.list_json("things").is_empty());
}

#[tokio::test(start_paused = true)]
async fn events_are_recorded_and_repeated_ones_become_a_series() {
    let server = server_with_things();
    let things: Api<Thing> = Api::default_namespaced(server.client());
    server.create_json(thing("a"));
    let about = things.get("a").await.unwrap().object_ref(&());
    let recorder = Recorder::new(server.client(), "steward".into());
    for _ in 0..3 {
        let event = Event {
            type_: EventType::Normal,
            reason: "Joined".into(),
            note: Some("joined the group".into()),
            action: "Join".into(),
            secondary: None,
        };
        recorder.publish(&event, &about).await.unwrap();
    }
    let events = server.list_json("events");
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["regarding"]["uid"], &events[0]["series"]["count"]), (&json!(about.uid), &json!(3)));
}
