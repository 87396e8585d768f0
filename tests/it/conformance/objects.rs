//! Creating, replacing, and what belongs to the status.

use serde_json::{Value, json};

use super::caller::{Caller, widget};

pub(super) async fn creation_sets_what_the_server_owns(caller: Caller) {
    let given = json!({
        "metadata": {"uid": "5e7e0000-1111-4000-8000-000000000000", "generation": 7, "creationTimestamp": "2001-01-01T00:00:00Z",
            "deletionTimestamp": "2001-01-01T00:00:00Z", "labels": {"a": "b"}, "annotations": {}, "finalizers": []},
        "status": {"phase": "Ready"},
    });
    let made = caller.create("one", &given).await.expect(201);
    assert_ne!(made.uid(), "5e7e0000-1111-4000-8000-000000000000");
    assert_eq!(made.generation(), 1);
    assert!(!made.version().is_empty());
    assert!(made.text("/metadata/deletionTimestamp").is_empty());
    assert_eq!(made.body["status"], json!({"observedGeneration": -1}), "status starts as its default");
    assert_eq!(caller.get(&caller.widget("one")).await.expect(200).body, made.body);

    let mut generated = widget("x");
    generated["metadata"] = json!({"generateName": "many-"});
    let one = caller.send_unrecorded("POST", &caller.widgets(), "application/json", Some(&generated)).await.expect(201);
    let other = caller.send_unrecorded("POST", &caller.widgets(), "application/json", Some(&generated)).await.expect(201);
    assert!(one.text("/metadata/name").starts_with("many-"));
    assert_ne!(one.text("/metadata/name"), other.text("/metadata/name"));
}

pub(super) async fn creation_is_refused_when_it_makes_no_sense(caller: Caller) {
    caller.create("one", &json!({})).await.expect(201);
    caller.create("one", &json!({})).await.refused(409, "widgets.conformance.cloudsteward.dev \"one\" already exists");
    caller.create("", &json!({})).await.refused(422, "metadata.name: Required value");
    caller.create("Big_Name", &json!({})).await.refused(422, "metadata.name");
    caller.create("two", &json!({"metadata": {"namespace": "elsewhere"}})).await.refused(400, "namespace");
    caller.create("two", &json!({"metadata": {"resourceVersion": "5"}})).await.expect(500);
    caller.create("two", &json!({"apiVersion": "v1"})).await.expect(400);
    caller.create("two", &json!({"kind": "Gadget"})).await.refused(422, "must be Widget");
    caller.create("two", &json!({"kind": null})).await.expect(400);
    caller.create("two", &json!({"metadata": {"finalizers": ["not good!"]}})).await.refused(422, "metadata.finalizers");
    caller.create("two", &json!({"metadata": {"labels": {"a": "not good!"}}})).await.refused(422, "metadata.labels");
    let elsewhere = caller.widgets().replace(&caller.namespace, "nowhere");
    caller.post(&elsewhere, &widget("two")).await.refused(404, "namespaces \"nowhere\" not found");
    caller.get(&caller.widget("two")).await.refused(404, "widgets.conformance.cloudsteward.dev \"two\" not found");
}

const SOME_UID: &str = "5e7e0000-2222-4000-8000-000000000000";

pub(super) async fn put_has_preconditions(caller: Caller) {
    let path = caller.widget("one");
    let first = caller.create("one", &json!({})).await.expect(201);
    let second = caller.put(&path, &first.with(&json!({"spec": {"size": 4}}))).await.expect(200);
    assert_ne!(second.version(), first.version());
    caller.put(&path, &first.with(&json!({"spec": {"size": 5}}))).await.refused(409, "the object has been modified");
    // Even when it would change nothing.
    caller.put(&path, &first.body).await.refused(409, "the object has been modified");
    let unversioned = json!({"metadata": {"resourceVersion": null}});
    caller.put(&path, &second.with(&unversioned)).await.refused(422, "metadata.resourceVersion");
    caller.put(&path, &second.with(&json!({"metadata": {"uid": SOME_UID}}))).await.refused(409, SOME_UID);
    caller.put(&path, &second.with(&json!({"metadata": {"uid": SOME_UID, "resourceVersion": null}}))).await.refused(409, SOME_UID);
    caller.put(&path, &second.with(&json!({"metadata": {"uid": null, "creationTimestamp": null}}))).await.expect(200);
    caller.put(&caller.widget("two"), &second.body).await.refused(400, "name");
    let absent = json!({"metadata": {"name": "two", "uid": null}});
    caller.put(&caller.widget("two"), &second.with(&absent)).await.refused(404, "not found");
    caller.put(&caller.widget("two"), &second.with(&json!({"metadata": {"name": "two"}}))).await.refused(404, "not found");
    caller.put(&path, &second.with(&json!({"metadata": {"namespace": "elsewhere"}}))).await.refused(400, "namespace");
    caller.put(&path, &second.with(&json!({"metadata": {"resourceVersion": "abc"}}))).await;
}

pub(super) async fn put_of_the_same_changes_nothing(caller: Caller) {
    let path = caller.widget("one");
    let made = caller.create("one", &json!({"metadata": {"labels": {"a": "b"}}})).await.expect(201);
    // The first write stores the default of the status; from then on the same is the same.
    let made = caller.put(&path, &made.body).await.expect(200);
    assert_eq!(made.generation(), 1);
    let again = caller.put(&path, &made.body).await.expect(200);
    assert_eq!(again.version(), made.version());
    // Neither do fields that are pruned, defaults left out, a status or a generation beside the point.
    for noise in [
        json!({"spec": {"unknown": 1}}),
        json!({"spec": {"colour": null, "nested": null}}),
        json!({"status": {"phase": "x"}}),
        json!({"metadata": {"generation": 9}}),
    ] {
        let again = caller.put(&path, &made.with(&noise)).await.expect(200);
        assert_eq!(again.version(), made.version(), "{noise}");
    }
    let status = caller.put(&format!("{path}/status"), &made.body).await.expect(200);
    assert_eq!(status.version(), made.version());
    // No event tells of any of this: the first one is the change.
    let changed = caller.put(&path, &made.with(&json!({"spec": {"size": 9}}))).await.expect(200);
    let events = caller.watch(&format!("{}?watch=true&resourceVersion={}", caller.widgets(), made.version()), 1).await;
    assert_eq!(events[0]["object"]["metadata"]["resourceVersion"], changed.version());
}

pub(super) async fn generation_counts_changes_of_spec(caller: Caller) {
    let path = caller.widget("one");
    let made = caller.create("one", &json!({})).await.expect(201);
    let labelled = json!({"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["example.com/hold"]}});
    let labelled = caller.put(&path, &made.with(&labelled)).await.expect(200);
    assert_eq!(labelled.generation(), 1);
    let status = caller.put(&format!("{path}/status"), &labelled.with(&json!({"status": {"phase": "x"}}))).await.expect(200);
    assert_eq!(status.generation(), 1);
    let changed = caller.put(&path, &status.with(&json!({"spec": {"size": 4}}))).await.expect(200);
    assert_eq!(changed.generation(), 2);
    let forged = caller.put(&path, &changed.with(&json!({"metadata": {"generation": 40}}))).await.expect(200);
    assert_eq!(forged.generation(), 2);
}

pub(super) async fn status_is_a_resource_of_its_own(caller: Caller) {
    let path = caller.widget("one");
    let status = format!("{path}/status");
    let made = caller.create("one", &json!({})).await.expect(201);
    let through_main = made.with(&json!({"spec": {"size": 5}, "status": {"phase": "Main"}}));
    let after = caller.put(&path, &through_main).await.expect(200);
    assert_eq!((&after.body["spec"]["size"], &after.body["status"]), (&json!(5), &json!({"observedGeneration": -1})));
    let through_status = after.with(&json!({"spec": {"size": 6}, "metadata": {"labels": {"a": "b"}, "finalizers": ["example.com/x"]},
        "status": {"phase": "Status", "observedGeneration": 2, "unknown": true}}));
    let after = caller.put(&status, &through_status).await.expect(200);
    assert_eq!(after.body["spec"]["size"], 5);
    assert_eq!(after.body["status"], json!({"phase": "Status", "observedGeneration": 2}));
    assert_eq!(after.body["metadata"].get("labels"), None);
    let emptied = caller.put(&status, &after.with(&json!({"status": null}))).await.expect(200);
    assert_eq!(emptied.body["status"], json!({"observedGeneration": -1}));
    caller.get(&status).await.expect(200);
    let conditions = json!({"status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Ready", "status": "False"}]}});
    caller.put(&status, &emptied.with(&conditions)).await.refused(422, "status.conditions[1]");
    caller.put(&status, &emptied.with(&json!({"status": {"observedGeneration": "one"}}))).await.refused(422, "status.observedGeneration");
    caller
        .put(&format!("{}/status", caller.widget("two")), &after.with(&json!({"metadata": {"name": "two", "uid": null}})))
        .await
        .expect(404);
    caller.post(&status, &after.body).await.expect(405);
    caller.delete(&status, None).await.expect(405);
    caller.get(&format!("{path}/scale")).await.expect(404);
}

pub(super) async fn status_put_has_preconditions(caller: Caller) {
    let status = format!("{}/status", caller.widget("one"));
    let first = caller.create("one", &json!({})).await.expect(201);
    let second = caller.put(&status, &first.with(&json!({"status": {"phase": "a"}}))).await.expect(200);
    caller.put(&status, &first.with(&json!({"status": {"phase": "b"}}))).await.refused(409, "the object has been modified");
    caller.put(&status, &second.with(&json!({"metadata": {"uid": SOME_UID}}))).await.refused(409, SOME_UID);
    caller.put(&status, &second.with(&json!({"metadata": {"uid": SOME_UID, "resourceVersion": null}}))).await.refused(409, SOME_UID);
    caller.put(&status, &second.with(&json!({"metadata": {"resourceVersion": null}}))).await.refused(422, "metadata.resourceVersion");
    let gone = second.with(&json!({"metadata": {"name": "two"}}));
    caller.put(&format!("{}/status", caller.widget("two")), &gone).await.refused(404, "not found");
}

pub(super) async fn dry_runs_and_strictness(caller: Caller) {
    let path = caller.widget("one");
    caller.post(&format!("{}?dryRun=All", caller.widgets()), &widget("one")).await.expect(201);
    caller.get(&path).await.expect(404);
    let made = caller.create("one", &json!({})).await.expect(201);
    caller.put(&format!("{path}?dryRun=All"), &made.with(&json!({"spec": {"size": 8}}))).await.expect(200);
    caller.delete(&format!("{path}?dryRun=All"), None).await.expect(200);
    assert_eq!(caller.get(&path).await.expect(200).version(), made.version());
    let mut unknown = widget("two");
    unknown["spec"]["unknown"] = json!(1);
    unknown["spec"]["nested"] = json!({"odd": 1});
    caller.post(&format!("{}?fieldValidation=Strict", caller.widgets()), &unknown).await.refused(400, "unknown field \"spec.unknown\"");
    caller.post(&format!("{}?fieldValidation=Ignore", caller.widgets()), &unknown).await.expect(201);
}

pub(super) async fn built_in_kinds_have_their_habits(caller: Caller) {
    let secrets = caller.core("secrets");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"a": "plain"}});
    let made = caller.post(&secrets, &secret).await.expect(201);
    assert_eq!(made.body["data"], json!({"a": "cGxhaW4="}));
    let one = format!("{secrets}/key");
    let again = caller.put(&one, &made.body).await.expect(200);
    assert_eq!(again.version(), made.version());
    let overwritten = made.with(&json!({"metadata": {"resourceVersion": null}, "data": {"a": "Yg=="}}));
    let overwritten = caller.put(&one, &overwritten).await.expect(200);
    assert_eq!(overwritten.generation(), 0, "a secret has no generation");
    caller.put(&one, &made.body).await.expect(409);
    caller.put(&one, &overwritten.with(&json!({"type": "Other"}))).await.refused(422, "field is immutable");
    caller.put(&one, &overwritten.with(&json!({"data": {"a": "%"}}))).await.expect(400);
    caller.get(&format!("{secrets}/none")).await.refused(404, "secrets \"none\" not found");
    caller.delete(&one, None).await.expect(200);

    let leases = format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", caller.namespace);
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "lead"},
        "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}});
    let one = format!("{leases}/lead");
    let put = caller.put(&one, &lease).await.expect(201);
    let taken = caller.put(&one, &put.with(&json!({"spec": {"holderIdentity": "b"}}))).await.expect(200);
    caller.put(&one, &put.with(&json!({"spec": {"holderIdentity": "c"}}))).await.refused(409, "the object has been modified");
    caller.put(&one, &lease).await.expect(422);
    caller.put(&one, &taken.with(&json!({"spec": {"leaseDurationSeconds": 0}}))).await.refused(422, "spec.leaseDurationSeconds");

    let events = format!("/apis/events.k8s.io/v1/namespaces/{}/events", caller.namespace);
    let event = |change: Value| {
        let mut event = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "one.1"},
            "eventTime": "2026-01-01T00:00:00.000001Z", "reportingController": "steward", "reportingInstance": "here",
            "action": "Join", "reason": "Joined", "type": "Normal", "note": "joined",
            "regarding": {"kind": "Widget", "name": "one", "namespace": caller.namespace}});
        event.as_object_mut().expect("an object").extend(change.as_object().cloned().unwrap_or_default());
        event
    };
    let answer = caller.send_unrecorded("POST", &events, "application/json", Some(&event(json!({})))).await.expect(201);
    let series = json!({"series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}});
    let patched = caller.send_unrecorded("PATCH", &format!("{events}/one.1"), super::caller::MERGE, Some(&series)).await.expect(200);
    assert_eq!((patched.text("/note"), patched.uid()), ("joined", answer.uid()));
    let bad = |change: Value| {
        let mut event = event(change);
        event["metadata"]["name"] = json!("two.1");
        event
    };
    for wrong in [json!({"reason": ""}), json!({"action": ""}), json!({"type": "Odd"}), json!({"note": "x".repeat(1025)})] {
        caller.send_unrecorded("POST", &events, "application/json", Some(&bad(wrong))).await.expect(422);
    }
}

pub(super) async fn paths_that_nobody_serves(caller: Caller) {
    caller.get("/apis/absent.example.com/v1").await.expect(404);
    caller.get("/apis/absent.example.com/v1/things").await.expect(404);
    caller.get("/apis/conformance.cloudsteward.dev/v1/gadgets").await.expect(404);
    caller.get("/apis/conformance.cloudsteward.dev/v2/widgets").await.expect(404);
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    caller.get(&format!("{definitions}/gadgets.example.com")).await.refused(404, "customresourcedefinitions.apiextensions.k8s.io");
    let served = caller.send_unrecorded("GET", "/apis/conformance.cloudsteward.dev/v1", "application/json", None).await.expect(200);
    let names: Vec<&Value> = served.body["resources"].as_array().expect("a list").iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["widgets", "widgets/status"]);
}
