//! What the schema of a kind does to objects: defaults, pruning, refusals and rules.

use serde_json::json;

use super::caller::{Caller, MERGE};

pub(super) async fn defaults(caller: Caller) {
    let made = caller.create("plain", &json!({})).await.expect(201);
    assert_eq!(made.body["spec"], json!({"size": 3, "colour": "red", "nested": {"depth": 2}}));
    assert_eq!(made.body["status"], json!({"observedGeneration": -1}));
    let deep = json!({"spec": {"nested": {"label": "x"}, "parts": [{"name": "a"}, {"name": "b", "count": 4}]}});
    let deep = caller.create("deep", &deep).await.expect(201);
    assert_eq!(deep.body["spec"]["nested"], json!({"label": "x", "depth": 2}));
    assert_eq!(deep.body["spec"]["parts"], json!([{"name": "a", "count": 1}, {"name": "b", "count": 4}]));
    // A null gives way to a default, stays where it is allowed, and goes elsewhere.
    let mut nulls = super::caller::widget("nulls");
    nulls["spec"]["colour"] = json!(null);
    nulls["spec"]["maybe"] = json!(null);
    let nulls = caller.post(&caller.widgets(), &nulls).await.expect(201);
    assert_eq!((&nulls.body["spec"]["colour"], nulls.body["spec"].get("maybe")), (&json!("red"), Some(&json!(null))));
    let mut gone = super::caller::widget("gone");
    gone["spec"]["code"] = json!(null);
    gone["spec"]["parts"] = json!([{"name": "a", "note": null}]);
    gone["spec"]["notes"] = json!({"a": null});
    gone["spec"]["tags"] = json!(["a", null]);
    gone["spec"]["free"] = json!({"known": null, "other": null});
    caller.post(&caller.widgets(), &gone).await;
}

pub(super) async fn unknown_fields_are_pruned(caller: Caller) {
    let odd = json!({
        "odd": 1, "metadata": {"odd": 1},
        "spec": {"odd": 1, "nested": {"odd": 1}, "parts": [{"name": "a", "odd": 1}], "notes": {"any": "kept"},
            "free": {"any": {"kept": [1, {"too": true}]}, "known": "x"}},
        "status": {"odd": 1},
    });
    let made = caller.create("odd", &odd).await.expect(201);
    assert_eq!(made.body.get("odd"), None);
    assert_eq!(made.body["spec"]["nested"], json!({"depth": 2}));
    assert_eq!(made.body["spec"]["parts"], json!([{"name": "a", "count": 1}]));
    assert_eq!(made.body["spec"]["free"], json!({"any": {"kept": [1, {"too": true}]}, "known": "x"}));
    assert_eq!(made.body["spec"]["notes"], json!({"any": "kept"}));
}

pub(super) async fn bad_values_are_refused(caller: Caller) {
    let table = [
        (json!({"size": 0}), "spec.size"),
        (json!({"size": 11}), "spec.size"),
        (json!({"size": "three"}), "spec.size"),
        (json!({"size": 2.5}), "spec.size"),
        (json!({"size": null}), "spec.size: Required value"),
        (json!({"size": 5_000_000_000_i64}), "spec.size"),
        (json!({"ratio": 0}), "spec.ratio"),
        (json!({"ratio": "x"}), "spec.ratio"),
        (json!({"colour": "blue"}), "spec.colour: Unsupported value: \"blue\""),
        (json!({"colour": 7}), "spec.colour"),
        (json!({"port": 1.5}), "spec.port"),
        (json!({"port": true}), "spec.port"),
        (json!({"code": "ABC"}), "spec.code"),
        (json!({"code": "a"}), "spec.code"),
        (json!({"code": "abcdefghi"}), "spec.code: Too long"),
        (json!({"code": 5}), "spec.code"),
        (json!({"since": "yesterday"}), "spec.since"),
        (json!({"on": "yes"}), "spec.on"),
        (json!({"tags": []}), "spec.tags"),
        (json!({"tags": ["a", "b", "c", "d"]}), "spec.tags: Too many"),
        (json!({"tags": ["a", "a"]}), "spec.tags[1]: Duplicate value"),
        (json!({"tags": "a"}), "spec.tags"),
        (json!({"tags": [1]}), "spec.tags[0]"),
        (json!({"parts": [{}]}), "spec.parts[0].name: Required value"),
        (json!({"parts": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}), "spec.parts[2]: Duplicate value"),
        (json!({"parts": [{"name": "a", "count": "b"}]}), "spec.parts[0].count"),
        (json!({"nested": []}), "spec.nested"),
        (json!({"notes": {"a": "1", "b": "2", "c": "3"}}), "spec.notes: Too many"),
        (json!({"notes": {"a": 1}}), "spec.notes.a"),
        (json!({"either": {}}), "spec.either"),
        (json!({"either": {"left": "a", "right": "b"}}), "spec.either"),
        (json!({"free": {"known": 1}}), "spec.free.known"),
        (json!({"several": {}}), "spec.several"),
        (json!({"several": {"left": 1}}), "spec.several.left"),
        (json!({"never": "bad"}), "spec.never"),
        (json!({"choice": "three"}), "spec.choice"),
        (json!({"code": "root"}), "code must not be root"),
        (json!({"size": 0, "code": "A", "colour": "blue"}), "spec.code"),
    ];
    for (spec, words) in table {
        let reply = caller.create("bad", &json!({"spec": spec})).await.refused(422, words);
        assert_eq!((reply.text("/reason"), reply.text("/details/kind")), ("Invalid", "Widget"));
    }
    // An enum that does not list null refuses it, nullable or not.
    let mut null = super::caller::widget("bad");
    null["spec"]["choice"] = json!(null);
    caller.post(&caller.widgets(), &null).await.refused(422, "spec.choice");
    let mut without = super::caller::widget("bad");
    without.as_object_mut().expect("an object").remove("spec");
    caller.post(&caller.widgets(), &without).await.refused(422, "spec: Required value");
    for good in [
        json!({"port": 80}),
        json!({"port": "http"}),
        json!({"since": "2026-01-01T10:00:00+02:00"}),
        json!({"either": {"left": "a"}}),
        json!({"ratio": 1}),
        json!({"code": "äöü", "size": 3}),
    ] {
        caller.create("good", &json!({"spec": good})).await;
        caller.send_unrecorded("DELETE", &caller.widget("good"), "application/json", None).await;
    }
}

pub(super) async fn rules_are_kept(caller: Caller) {
    caller.create("bad", &json!({"spec": {"least": 9}})).await.refused(422, "least must not be greater than size");
    // While the schema has errors, the rules wait.
    caller.create("bad", &json!({"spec": {"least": 9, "colour": "blue"}})).await.refused(422, "some validation rules were not checked");
    caller.create("bad", &json!({"spec": {"least": 9, "code": "A"}})).await.refused(422, "spec.code");
    caller.create("one", &json!({"spec": {"region": "here", "least": 1}})).await.expect(201);
    let path = caller.widget("one");
    caller.patch(&path, MERGE, &json!({"spec": {"region": "there"}})).await.refused(422, "region is immutable");
    caller.patch(&path, MERGE, &json!({"spec": {"region": null}})).await.refused(422, "region cannot be added or removed");
    caller.patch(&path, MERGE, &json!({"spec": {"size": 4}})).await.expect(200);
    caller.patch(&path, MERGE, &json!({"spec": {"least": 5}})).await.refused(422, "least must not be greater than size");
    caller.patch(&format!("{path}/status"), MERGE, &json!({"status": {"phase": "fine"}})).await.expect(200);

    caller.create("longer-than-twenty-characters", &json!({})).await.refused(422, "the name must not be longer than 20");
    // Items of a list-map are compared with what had the same key, wherever it stood.
    caller.create("two", &json!({"spec": {"parts": [{"name": "a", "count": 2}, {"name": "b", "count": 5}]}})).await.expect(201);
    let parts = |parts: serde_json::Value| json!({"spec": {"parts": parts}});
    let path = caller.widget("two");
    caller.patch(&path, MERGE, &parts(json!([{"name": "b", "count": 5}, {"name": "a", "count": 3}]))).await.expect(200);
    let shrunk = parts(json!([{"name": "b", "count": 4}, {"name": "c", "count": 1}]));
    caller.patch(&path, MERGE, &shrunk).await.refused(422, "count must not shrink");
    caller.patch(&path, MERGE, &parts(json!([{"name": "c", "count": 1}]))).await.expect(200);
}
