//! Merge patches, JSON patches, and as much of server-side apply as the stand-in has.

use serde_json::json;

use super::caller::{APPLY, Caller, JSON, MERGE, STRATEGIC};

pub(super) async fn merge_patches(caller: Caller) {
    let path = caller.widget("one");
    let made = caller.create("one", &json!({"spec": {"code": "abc", "tags": ["a", "b"]}})).await.expect(201);
    let after = caller.patch(&path, MERGE, &json!({"spec": {"code": null, "size": 4, "tags": ["c"]}})).await.expect(200);
    assert_eq!((after.body["spec"].get("code"), &after.body["spec"]["tags"]), (None, &json!(["c"])));
    assert_eq!(after.generation(), 2);
    let again = caller.patch(&path, MERGE, &json!({"spec": {"size": 4}})).await.expect(200);
    assert_eq!(again.version(), after.version());
    let stale = json!({"metadata": {"resourceVersion": made.version()}, "spec": {"size": 5}});
    caller.patch(&path, MERGE, &stale).await.refused(409, "the object has been modified");
    let other = json!({"metadata": {"uid": "5e7e0000-2222-4000-8000-000000000000"}, "spec": {"size": 5}});
    caller.patch(&path, MERGE, &other).await;
    caller.patch(&path, MERGE, &json!({"metadata": {"uid": made.uid()}, "spec": {"size": 6}})).await.expect(200);
    let defaulted = caller.patch(&path, MERGE, &json!({"spec": {"colour": null, "nested": null}})).await.expect(200);
    assert_eq!(defaulted.body["spec"]["nested"], json!({"depth": 2}));
    caller.patch(&path, MERGE, &json!({"spec": {"size": 11}})).await.refused(422, "spec.size");
    caller.patch(&path, MERGE, &json!({"spec": {"size": null}})).await.refused(422, "spec.size: Required value");
    let ignored = caller.patch(&path, MERGE, &json!({"status": {"phase": "x"}})).await.expect(200);
    assert_eq!(ignored.version(), defaulted.version());
    let status = format!("{path}/status");
    let told = caller.patch(&status, MERGE, &json!({"status": {"phase": "y"}, "spec": {"size": 1}})).await.expect(200);
    assert_eq!((&told.body["status"], &told.body["spec"]["size"]), (&json!({"observedGeneration": -1, "phase": "y"}), &json!(6)));
    let other = json!({"metadata": {"uid": "5e7e0000-2222-4000-8000-000000000000"}, "status": {"phase": "z"}});
    caller.patch(&status, MERGE, &other).await;
    caller.patch(&path, MERGE, &json!([])).await;
    caller.patch(&path, STRATEGIC, &json!({"spec": {"size": 2}})).await.expect(415);
    caller.patch(&caller.widget("two"), MERGE, &json!({})).await.expect(404);
    let renamed = caller.patch(&path, MERGE, &json!({"metadata": {"name": "two"}})).await;
    assert!(renamed.code >= 400, "{}", renamed.body);
}

pub(super) async fn json_patches(caller: Caller) {
    let path = caller.widget("one");
    let made = caller.create("one", &json!({})).await.expect(201);
    // How a finalizer is added by clients that know of none: a missing path is null.
    let first = json!([
        {"op": "test", "path": "/metadata/finalizers", "value": null},
        {"op": "add", "path": "/metadata/finalizers", "value": ["example.com/hold"]},
    ]);
    let held = caller.patch(&path, JSON, &first).await.expect(200);
    assert_eq!(held.body["metadata"]["finalizers"], json!(["example.com/hold"]));
    caller.patch(&path, JSON, &first).await.expect(422);
    let second = json!([
        {"op": "test", "path": "/metadata/finalizers", "value": ["example.com/hold"]},
        {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/more"},
    ]);
    caller.patch(&path, JSON, &second).await.expect(200);
    let remove = json!([
        {"op": "test", "path": "/metadata/finalizers/0", "value": "example.com/hold"},
        {"op": "remove", "path": "/metadata/finalizers/0"},
    ]);
    let left = caller.patch(&path, JSON, &remove).await.expect(200);
    assert_eq!(left.body["metadata"]["finalizers"], json!(["example.com/more"]));
    assert_eq!(left.generation(), made.generation());
    // Nobody is at the place any more: the test fails.
    caller.patch(&path, JSON, &remove).await.expect(422);
    // What is not there may be replaced.
    let replaced = caller.patch(&path, JSON, &json!([{"op": "replace", "path": "/spec/least", "value": 2}])).await.expect(200);
    assert_eq!(replaced.body["spec"]["least"], 2);
    for refused in [
        json!([{"op": "remove", "path": "/spec/absent"}]),
        json!([{"op": "remove", "path": "/spec/absent/deeper"}]),
        json!([{"op": "remove", "path": "/metadata/finalizers/7"}]),
        json!([{"op": "add", "path": "/spec/absent/deeper", "value": 1}]),
        json!([{"op": "add", "path": "/metadata/finalizers/9", "value": "example.com/x"}]),
        json!([{"op": "move", "from": "/spec/absent", "path": "/spec/least"}]),
        json!([{"op": "test", "path": "/spec/size", "value": 99}]),
        json!([{"op": "test", "path": "/spec/absent", "value": 99}]),
        json!([{"op": "test", "path": "/spec/absent/deeper", "value": null}]),
        json!([{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]),
    ] {
        caller.patch(&path, JSON, &refused).await.refused(422, "error in our request");
    }
    caller.send_unrecorded("PATCH", &path, JSON, Some(&json!({"op": "add"}))).await.expect(400);
    let moved = json!([{"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/example.com~1asked", "value": "now"},
        {"op": "copy", "from": "/spec/size", "path": "/spec/least"}]);
    let moved = caller.patch(&path, JSON, &moved).await.expect(200);
    assert_eq!(moved.body["metadata"]["annotations"]["example.com/asked"], "now");
    let status =
        json!([{"op": "replace", "path": "/status/observedGeneration", "value": 4}, {"op": "replace", "path": "/spec/size", "value": 9}]);
    let status = caller.patch(&format!("{path}/status"), JSON, &status).await.expect(200);
    assert_eq!((&status.body["status"], &status.body["spec"]["size"]), (&json!({"observedGeneration": 4}), &json!(3)));
}

pub(super) async fn server_side_apply(caller: Caller) {
    let named = |more: serde_json::Value| {
        let mut body = json!({"apiVersion": "conformance.cloudsteward.dev/v1", "kind": "Widget"});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        body["metadata"]["name"] = json!("one");
        body
    };
    let path = caller.widget("one");
    let mine = format!("{path}?fieldManager=mine&force=true");
    let whole = named(json!({"metadata": {"labels": {"a": "b", "c": "d"}, "finalizers": ["example.com/mine"]},
        "spec": {"size": 4, "code": "abc", "parts": [{"name": "x", "note": "mine"}, {"name": "y"}]}}));
    caller.patch(&mine, APPLY, &whole).await.expect(201);
    // As with PUT, the first write stores the default of the status.
    let made = caller.patch(&mine, APPLY, &whole).await.expect(200);
    let again = caller.patch(&mine, APPLY, &whole).await.expect(200);
    assert_eq!(again.version(), made.version());
    let theirs = named(json!({"metadata": {"labels": {"e": "f"}}, "spec": {"parts": [{"name": "z", "count": 3}]}}));
    let both = caller.patch(&format!("{path}?fieldManager=theirs&force=true"), APPLY, &theirs).await.expect(200);
    assert_eq!(both.body["spec"]["parts"].as_array().map(Vec::len), Some(3));
    let less = named(json!({"metadata": {"labels": {"a": "b"}}, "spec": {"size": 4, "parts": [{"name": "y"}]}}));
    let less = caller.patch(&mine, APPLY, &less).await.expect(200);
    assert_eq!(less.body["metadata"]["labels"], json!({"a": "b", "e": "f"}));
    assert_eq!(less.body["metadata"].get("finalizers"), None);
    assert_eq!(less.body["spec"].get("code"), None);
    caller.patch(&path, APPLY, &whole).await.expect(422);
    caller.patch(&mine, APPLY, &json!({"spec": {"size": 5}})).await.expect(400);
    let fields = named(json!({"metadata": {"managedFields": []}}));
    caller.patch(&mine, APPLY, &fields).await;
    let stale = named(json!({"metadata": {"resourceVersion": made.version()}, "spec": {"size": 5}}));
    caller.patch(&mine, APPLY, &stale).await.refused(409, "the object has been modified");
}

pub(super) async fn apply_to_status(caller: Caller) {
    let status = format!("{}/status?fieldManager=mine&force=true", caller.widget("one"));
    let told = |metadata: serde_json::Value, status: serde_json::Value| json!({"apiVersion": "conformance.cloudsteward.dev/v1", "kind": "Widget", "metadata": metadata, "status": status});
    let ready = json!({"conditions": [{"type": "Ready", "status": "True"}], "phase": "Up"});
    caller.patch(&status, APPLY, &told(json!({}), ready.clone())).await.refused(404, "not found");
    let made = caller.create("one", &json!({})).await.expect(201);
    let first = caller.patch(&status, APPLY, &told(json!({}), ready.clone())).await.expect(200);
    assert_eq!(first.generation(), 1);
    let again = caller.patch(&status, APPLY, &told(json!({}), ready.clone())).await.expect(200);
    assert_eq!(again.version(), first.version());
    // A wrong uid does not stop it, an old version does.
    let other = json!({"uid": "5e7e0000-2222-4000-8000-000000000000"});
    caller.patch(&status, APPLY, &told(other, ready.clone())).await.expect(200);
    let stale = json!({"resourceVersion": made.version()});
    caller.patch(&status, APPLY, &told(stale, ready)).await.refused(409, "the object has been modified");
    caller.patch(&status, APPLY, &told(json!({"name": "two"}), json!({"phase": "Down"}))).await.expect(400);
    let less = caller.patch(&status, APPLY, &told(json!({"name": "one"}), json!({"phase": "Down"}))).await.expect(200);
    assert_eq!(less.body["status"].get("conditions"), None);
}
