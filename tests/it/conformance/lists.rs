//! Lists, pages, selectors and watches.

use serde_json::{Value, json};

use super::caller::{Caller, MERGE, Reply};

fn names(list: &Reply) -> Vec<&str> {
    list.body["items"].as_array().expect("a list").iter().filter_map(|item| item["metadata"]["name"].as_str()).collect()
}

pub(super) async fn lists_come_in_pages(caller: Caller) {
    for name in ["a", "b", "c", "d", "e"] {
        caller.create(name, &json!({})).await.expect(201);
    }
    let path = caller.widgets();
    let first = caller.get(&format!("{path}?limit=2")).await.expect(200);
    assert_eq!((names(&first), first.body["metadata"]["remainingItemCount"].clone()), (vec!["a", "b"], json!(3)));
    // What happens between pages is not seen in later pages.
    caller.create("bb", &json!({})).await.expect(201);
    caller.delete(&caller.widget("d"), None).await.expect(200);
    let token = first.text("/metadata/continue").to_owned();
    let next = |token: String, limit: usize| {
        let (caller, path) = (caller.clone(), path.clone());
        async move {
            let page = format!("{path}?limit={limit}&continue={token}");
            caller.send_unrecorded("GET", &page, "application/json", None).await.expect(200)
        }
    };
    let second = next(token, 2).await;
    assert_eq!((names(&second), second.version()), (vec!["c", "d"], first.version()));
    let third = next(second.text("/metadata/continue").to_owned(), 2).await;
    assert_eq!((names(&third), third.text("/metadata/continue")), (vec!["e"], ""));
    let whole = caller.get(&path).await.expect(200);
    assert_eq!(names(&whole), ["a", "b", "bb", "c", "e"]);
    assert_eq!(names(&caller.get(&format!("{path}?limit=2&resourceVersion=0")).await.expect(200)).len(), 5, "a cached list is whole");
    let exact = format!("{path}?resourceVersion={}&resourceVersionMatch=Exact", first.version());
    assert_eq!(names(&caller.get(&exact).await.expect(200)), ["a", "b", "c", "d", "e"]);
    assert_eq!(names(&caller.get(&format!("{path}?limit=5")).await.expect(200)).len(), 5);
    let nonsense = format!("{path}?limit=2&continue=nonsense");
    caller.send_unrecorded("GET", &nonsense, "application/json", None).await.refused(400, "continue key is not valid");
}

pub(super) async fn selectors(caller: Caller) {
    for (name, colour, labels) in
        [("a", "red", json!({"team": "x"})), ("b", "green", json!({"team": "y", "new": ""})), ("c", "red", json!({}))]
    {
        caller.create(name, &json!({"metadata": {"labels": labels}, "spec": {"colour": colour}})).await.expect(201);
    }
    let all = "/apis/conformance.cloudsteward.dev/v1/widgets";
    for (query, found) in [
        ("labelSelector=team%3Dx", vec!["a"]),
        ("labelSelector=team%3D%3Dx", vec!["a"]),
        ("labelSelector=team!%3Dx", vec!["b", "c"]),
        ("labelSelector=team", vec!["a", "b"]),
        ("labelSelector=!team", vec!["c"]),
        ("labelSelector=team+in+(x,y),new", vec!["b"]),
        ("labelSelector=team+notin+(x)", vec!["b", "c"]),
        ("fieldSelector=metadata.name%3Db", vec!["b"]),
        ("fieldSelector=metadata.name!%3Db", vec!["a", "c"]),
        ("fieldSelector=spec.colour%3Dred", vec!["a", "c"]),
        ("fieldSelector=spec.colour%3Dred,metadata.name%3Dc", vec!["c"]),
        ("fieldSelector=spec.colour%3Dred&labelSelector=team&limit=1", vec!["a"]),
    ] {
        let list = caller.get(&format!("{}?{query}", caller.widgets())).await.expect(200);
        assert_eq!(names(&list), found, "{query}");
    }
    caller.get(&format!("{}?fieldSelector=spec.size%3D3", caller.widgets())).await.refused(400, "field label not supported: spec.size");
    let here = format!("{all}?fieldSelector=metadata.namespace%3D{}", caller.namespace);
    assert_eq!(names(&caller.get(&here).await.expect(200)).len(), 3);
}

pub(super) async fn metadata_alone(caller: Caller) {
    caller.create("a", &json!({"metadata": {"labels": {"a": "b"}}})).await.expect(201);
    let one = caller.get_metadata(&caller.widget("a"), false).await.expect(200);
    assert_eq!((one.text("/kind"), one.body.get("spec")), ("PartialObjectMetadata", None));
    let list = caller.get_metadata(&caller.widgets(), true).await.expect(200);
    assert_eq!(list.text("/kind"), "PartialObjectMetadataList");
    assert_eq!(list.text("/items/0/metadata/labels/a"), "b");
}

fn told(events: &[Value]) -> Vec<(&str, &str)> {
    let told = events.iter().map(|event| (event["type"].as_str(), event["object"]["metadata"]["name"].as_str()));
    told.map(|(kind, name)| (kind.unwrap_or_default(), name.unwrap_or_default())).collect()
}

pub(super) async fn watches_tell_all_that_happened(caller: Caller) {
    caller.create("before", &json!({})).await.expect(201);
    let list = caller.get(&caller.widgets()).await.expect(200);
    caller.create("a", &json!({})).await.expect(201);
    caller.patch(&caller.widget("a"), MERGE, &json!({"spec": {"size": 5}})).await.expect(200);
    caller.patch(&format!("{}/status", caller.widget("a")), MERGE, &json!({"status": {"phase": "x"}})).await.expect(200);
    caller.delete(&caller.widget("a"), None).await.expect(200);
    caller.create("a", &json!({})).await.expect(201);
    let path = format!("{}?watch=true&allowWatchBookmarks=true&resourceVersion={}", caller.widgets(), list.version());
    let events = caller.watch(&path, 5).await;
    assert_eq!(told(&events), [("ADDED", "a"), ("MODIFIED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "a")]);
    let versions: Vec<u64> =
        events.iter().filter_map(|event| event["object"]["metadata"]["resourceVersion"].as_str()?.parse().ok()).collect();
    assert_eq!(versions.len(), 5);
    assert!(versions.is_sorted_by(|one, other| one < other), "{versions:?}");
    // Another namespace is another watch.
    let elsewhere = path.replace(&caller.namespace, "default");
    let quiet = caller.watch_to_the_end(&format!("{elsewhere}&timeoutSeconds=1")).await;
    assert!(!quiet.contains("ADDED"), "{quiet}");
}

pub(super) async fn watches_with_a_selector(caller: Caller) {
    let list = caller.get(&caller.widgets()).await.expect(200);
    caller.create("in", &json!({"metadata": {"labels": {"team": "x"}}})).await.expect(201);
    caller.create("out", &json!({})).await.expect(201);
    let label = |value: Value| json!({"metadata": {"labels": {"team": value}}});
    caller.patch(&caller.widget("out"), MERGE, &label(json!("x"))).await.expect(200);
    caller.patch(&caller.widget("in"), MERGE, &label(Value::Null)).await.expect(200);
    caller.delete(&caller.widget("in"), None).await.expect(200);
    caller.delete(&caller.widget("out"), None).await.expect(200);
    let path = format!("{}?watch=true&labelSelector=team%3Dx&resourceVersion={}", caller.widgets(), list.version());
    assert_eq!(told(&caller.watch(&path, 4).await), [("ADDED", "in"), ("ADDED", "out"), ("DELETED", "in"), ("DELETED", "out")]);
}

pub(super) async fn watches_begin_and_end(caller: Caller) {
    caller.create("a", &json!({})).await.expect(201);
    caller.create("b", &json!({})).await.expect(201);
    for begin in ["", "&resourceVersion=0"] {
        let events = caller.watch(&format!("{}?watch=true{begin}", caller.widgets()), 2).await;
        assert_eq!(told(&events), [("ADDED", "a"), ("ADDED", "b")]);
    }
    let streamed = format!(
        "{}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2",
        caller.widgets()
    );
    assert!(caller.watch_to_the_end(&streamed).await.contains("k8s.io/initial-events-end"));
    let list = caller.get(&caller.widgets()).await.expect(200);
    let short = format!("{}?watch=true&timeoutSeconds=1&resourceVersion={}", caller.widgets(), list.version());
    assert_eq!(caller.watch_to_the_end(&short).await, "", "nothing happened, and it ended in order");
    // A version from before this server's history: an error inside an answer that is fine.
    let old = caller.watch(&format!("{}?watch=true&resourceVersion=1", caller.widgets()), 2).await;
    assert_eq!(old.len(), 1);
    assert_eq!((&old[0]["type"], &old[0]["object"]["code"]), (&json!("ERROR"), &json!(410)));
    let nonsense = format!("{}?watch=true&resourceVersion=nonsense", caller.widgets());
    caller.get(&nonsense).await;
}
