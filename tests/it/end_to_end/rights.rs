//! Steward with exactly the rights that `deploy/` gives: enough for everything that it does, and how much more than it uses.

use super::real::{Real, STEWARD, STEWARDS_NAMESPACE, membership, read, tell};
use super::security_group_membership::the_whole_way;
use super::{SEED, web};
use serde_json::Value;
use std::collections::BTreeSet;
use steward_playground::playground::repository;

/// API group, resource (with its subresource) and verb.
type Right = (String, String, String);

#[test]
fn steward_never_asks_for_what_it_may_not_and_never_lists_secrets() {
    let real = Real::with(SEED, |setup| {
        setup.control_plane.audit = true;
        setup.control_plane.controller_manager = true;
    });
    the_whole_way(&real);
    real.namespace_with_credential("team");
    real.apply(&membership("team", "web", &web(&["i-web2"])));
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "-n", "team", "--timeout=60s"]);
    real.kubectl(&["delete", "namespace", "team", "--timeout=90s"]);
    real.playground.steward().terminate().expect("it ends in time");

    let log = read(&real.playground.control_plane().audit_log().expect("an audit log"));
    let requests: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|request: &Value| request["user"]["username"] == STEWARD)
        .collect();
    assert!(requests.len() > 20, "only {} requests of steward in the audit log", requests.len());
    // Not by status: an event for a namespace that is going is refused with 403 as well, whoever sends it.
    let forbidden: Vec<_> = requests.iter().filter(|request| request["annotations"]["authorization.k8s.io/decision"] != "allow").collect();
    assert!(forbidden.is_empty(), "{forbidden:#?}");

    let used: BTreeSet<Right> = requests.iter().filter_map(right_of).collect();
    let on_secrets: Vec<_> = used.iter().filter(|(_, resource, _)| resource == "secrets").map(|(_, _, verb)| verb.as_str()).collect();
    assert_eq!(on_secrets, ["create", "get"]);
    let on_config_maps = used.iter().filter(|(_, resource, verb)| resource == "configmaps" && verb != "get").count();
    assert_eq!(on_config_maps, 0);
    let made = requests.iter().filter(|request| request["objectRef"]["resource"] == "secrets" && request["verb"] == "create");
    let made: Vec<_> = made.map(|request| request["objectRef"]["namespace"].as_str().unwrap_or_default()).collect();
    assert_eq!(made, [STEWARDS_NAMESPACE], "one Secret, in its own namespace");
    may_not_make_secrets_elsewhere(&real);
    let granted = granted();
    let beyond: Vec<_> = used.difference(&granted).collect();
    assert!(beyond.is_empty(), "used without a rule in deploy/base/rbac.yaml: {beyond:?}");
    tell(&format!(
        "rights that deploy/base/rbac.yaml grants and {} requests of steward did not use: {:?}",
        requests.len(),
        granted.difference(&used).collect::<Vec<_>>()
    ));
}

fn may_not_make_secrets_elsewhere(real: &Real) {
    let can = |namespace: &str| {
        let arguments = ["auth", "can-i", "create", "secrets", "-n", namespace, "--as", STEWARD];
        // It says no with its exit code, too.
        real.playground.control_plane().kubectl().run(&arguments).expect("kubectl runs").stdout.trim().to_owned()
    };
    assert_eq!((can(STEWARDS_NAMESPACE).as_str(), can("default").as_str()), ("yes", "no"));
}

fn right_of(request: &Value) -> Option<Right> {
    let object = &request["objectRef"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resource = object["resource"].as_str()?;
    let resource = object["subresource"].as_str().map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"));
    Some((text(&object["apiGroup"]), resource, text(&request["verb"])))
}

fn granted() -> BTreeSet<Right> {
    let rules = read(&repository().join("deploy/base/rbac.yaml"));
    let objects: Vec<Value> = serde_saphyr::from_multiple(&rules).expect("YAML");
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut granted = BTreeSet::new();
    for rule in objects.iter().flat_map(|object| object["rules"].as_array().cloned().unwrap_or_default()) {
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                for verb in words(&rule["verbs"]) {
                    granted.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    granted
}
