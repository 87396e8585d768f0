//! Deletion, finalizers, and what comes after.

use serde_json::json;

use super::caller::{Caller, JSON, MERGE, widget};

pub(super) async fn deletion_without_finalizers(caller: Caller) {
    let made = caller.create("one", &json!({})).await.expect(201);
    let deleted = caller.delete(&caller.widget("one"), None).await.expect(200);
    assert_eq!((deleted.text("/status"), deleted.text("/details/uid")), ("Success", made.uid()));
    caller.delete(&caller.widget("one"), None).await.expect(404);
    caller.get(&caller.widget("one")).await.expect(404);
    // Also for a client that names the uid.
    caller.put(&caller.widget("one"), &made.body).await.expect(404);
    caller.patch(&caller.widget("one"), MERGE, &json!({})).await.expect(404);
}

pub(super) async fn deletion_waits_for_finalizers(caller: Caller) {
    let path = caller.widget("one");
    let held = json!({"metadata": {"finalizers": ["example.com/a", "example.com/b"]}});
    let made = caller.create("one", &held).await.expect(201);
    let deleted = caller.delete(&path, None).await.expect(200);
    assert!(!deleted.text("/metadata/deletionTimestamp").is_empty());
    assert_eq!(deleted.generation(), 2, "a deletion is a new generation");
    let again = caller.delete(&path, None).await.expect(200);
    assert_eq!(again.version(), deleted.version());

    let more = json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/c"}]);
    caller.patch(&path, JSON, &more).await.refused(422, "metadata.finalizers: Forbidden");
    let edited = caller.patch(&path, MERGE, &json!({"spec": {"size": 7}})).await.expect(200);
    assert_eq!(edited.generation(), 3, "an edit is still possible");
    let undead = json!({"metadata": {"deletionTimestamp": null, "deletionGracePeriodSeconds": null}});
    let still = caller.put(&path, &edited.with(&undead)).await.expect(200);
    assert_eq!(still.version(), edited.version(), "nothing takes a deletion back");
    let status = caller.put(&format!("{path}/status"), &still.with(&json!({"status": {"phase": "Leaving"}}))).await.expect(200);
    let fewer = caller.put(&path, &status.with(&json!({"metadata": {"finalizers": ["example.com/b"]}}))).await.expect(200);
    assert_eq!(fewer.generation(), 3);
    let last = json!([{"op": "test", "path": "/metadata/finalizers/0", "value": "example.com/b"}, {"op": "remove", "path": "/metadata/finalizers/0"}]);
    caller.patch(&path, JSON, &last).await.expect(200);
    caller.get(&path).await.expect(404);
    caller.patch(&path, JSON, &last).await.expect(404);
    let events = caller.watch(&format!("{}?watch=true&resourceVersion={}", caller.widgets(), made.version()), 5).await;
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["MODIFIED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"]);
}

pub(super) async fn the_last_finalizer_may_go_in_any_write(caller: Caller) {
    let held = json!({"metadata": {"finalizers": ["example.com/a"]}});
    let free = json!({"metadata": {"finalizers": null}});
    // A merge patch that also edits, a PUT, and a finalizer that goes before the deletion.
    caller.create("merged", &held).await.expect(201);
    caller.delete(&caller.widget("merged"), None).await.expect(200);
    caller.patch(&caller.widget("merged"), MERGE, &json!({"metadata": {"finalizers": []}, "spec": {"size": 8}})).await.expect(200);
    caller.get(&caller.widget("merged")).await.expect(404);
    caller.create("put", &held).await.expect(201);
    let leaving = caller.delete(&caller.widget("put"), None).await.expect(200);
    // Not through the status, though.
    let kept = caller.put(&format!("{}/status", caller.widget("put")), &leaving.with(&free)).await.expect(200);
    assert_eq!(kept.version(), leaving.version());
    caller.put(&caller.widget("put"), &kept.with(&free)).await.expect(200);
    caller.get(&caller.widget("put")).await.expect(404);
    caller.create("early", &held).await.expect(201);
    caller.patch(&caller.widget("early"), MERGE, &free).await.expect(200);
    caller.delete(&caller.widget("early"), None).await.expect(200);
    caller.get(&caller.widget("early")).await.expect(404);
    // Nobody deletes by writing a date.
    caller.create("dated", &json!({})).await.expect(201);
    let dated = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
    caller.patch(&caller.widget("dated"), MERGE, &dated).await;
    let still = caller.get(&caller.widget("dated")).await.expect(200);
    assert!(still.text("/metadata/deletionTimestamp").is_empty());
    let older = json!({"metadata": {"creationTimestamp": "2001-01-01T00:00:00Z"}});
    let older = caller.patch(&caller.widget("dated"), MERGE, &older).await.expect(200);
    assert_eq!(older.text("/metadata/creationTimestamp"), still.text("/metadata/creationTimestamp"));
}

pub(super) async fn deletion_has_preconditions(caller: Caller) {
    let path = caller.widget("one");
    let first = caller.create("one", &json!({})).await.expect(201);
    let second = caller.patch(&path, MERGE, &json!({"spec": {"size": 4}})).await.expect(200);
    let options = |uid: &str, version: &str| {
        let mut wanted = json!({});
        for (name, value) in [("uid", uid), ("resourceVersion", version)] {
            if !value.is_empty() {
                wanted[name] = json!(value);
            }
        }
        json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": wanted})
    };
    let other = options("5e7e0000-2222-4000-8000-000000000000", "");
    caller.delete(&path, Some(&other)).await.refused(409, "the UID in the precondition");
    let stale = options("", first.version());
    let stale = caller.send_unrecorded("DELETE", &path, "application/json", Some(&stale)).await;
    stale.refused(409, "esourceVersion in the precondition");
    caller.delete(&path, Some(&options(second.uid(), second.version()))).await.expect(200);
}

pub(super) async fn a_namesake_is_another_object(caller: Caller) {
    let path = caller.widget("one");
    let first = caller.create("one", &json!({})).await.expect(201);
    caller.delete(&path, None).await.expect(200);
    let second = caller.create("one", &json!({})).await.expect(201);
    assert_ne!(first.uid(), second.uid());
    caller.put(&path, &first.body).await.refused(409, first.uid());
    caller.put(&format!("{path}/status"), &first.body).await.refused(409, first.uid());
    let blind = json!({"metadata": {"uid": null}});
    caller.put(&path, &first.with(&blind)).await.refused(409, "the object has been modified");
}

pub(super) async fn collections_are_deleted(caller: Caller) {
    for (name, label) in [("a", "go"), ("b", "go"), ("c", "stay")] {
        caller.create(name, &json!({"metadata": {"labels": {"what": label}}})).await.expect(201);
    }
    caller.create("d", &json!({"metadata": {"labels": {"what": "go"}, "finalizers": ["example.com/hold"]}})).await.expect(201);
    // The list in the answer is older or newer than the deletion, as it comes.
    let deleted = format!("{}?labelSelector=what%3Dgo", caller.widgets());
    caller.send_unrecorded("DELETE", &deleted, "application/json", None).await.expect(200);
    let left = caller.get(&caller.widgets()).await.expect(200);
    let names: Vec<&str> =
        left.body["items"].as_array().expect("a list").iter().filter_map(|item| item["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["c", "d"]);
}

pub(super) async fn a_terminating_namespace_takes_nothing_new(caller: Caller) {
    let namespace = format!("/api/v1/namespaces/{}", caller.namespace);
    let before = caller.get(&namespace).await.expect(200);
    assert_eq!(before.text("/status/phase"), "Active");
    caller.create("one", &json!({"metadata": {"finalizers": ["example.com/hold"]}})).await.expect(201);
    let deleted = caller.delete(&namespace, None).await.expect(200);
    assert_eq!(deleted.text("/status/phase"), "Terminating");
    assert!(!deleted.text("/metadata/deletionTimestamp").is_empty());
    caller.post(&caller.widgets(), &widget("two")).await.refused(403, "because it is being terminated");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    caller.post(&caller.core("secrets"), &secret).await.refused(403, "because it is being terminated");
    caller.patch(&caller.widget("one"), MERGE, &json!({"spec": {"size": 9}})).await.expect(200);
    caller.delete(&namespace, None).await;
}
