//! Steward with exactly the rights that `deploy/` gives: enough for everything that it does, and no more.

use super::eci_scaling_config::{self, SCALING};
use super::real::{self, Real, STEWARD, STEWARDS_NAMESPACE, membership};
use super::{SEED, cloud_command, restore_check, security_group_membership, web};
use serde_json::Value;
use std::collections::BTreeSet;
use steward_playground::playground::repository;

/// API group, resource (with its subresource) and verb.
type Right = (String, String, String);

#[test]
fn steward_never_asks_for_what_it_may_not_and_never_lists_secrets() {
    let real = Real::with(&format!("{SEED}{SCALING}"), |setup| {
        setup.control_plane.audit = true;
        setup.control_plane.controller_manager = true;
    });
    security_group_membership::the_whole_way(&real);
    eci_scaling_config::the_whole_way(&real);
    eci_scaling_config::one_that_steward_makes(&real);
    cloud_command::the_whole_way(&real);
    restore_check::the_whole_way(&real);
    real.namespace_with_credential("team");
    real.apply(&membership("team", "web", &web(&["i-web2"])));
    real.kubectl(&["wait", "--for=condition=Ready", "sgm", "--all", "-n", "team", "--timeout=60s"]);
    real.kubectl(&["delete", "namespace", "team", "--timeout=90s"]);
    real.playground.steward().terminate().expect("it ends in time");

    let log = real::read(&real.playground.control_plane().audit_log().expect("an audit log"));
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
    let on_secrets: BTreeSet<_> = requests.iter().filter(|request| request["objectRef"]["resource"] == "secrets").map(place_of).collect();
    let own = format!("create {STEWARDS_NAMESPACE}/steward-installation");
    let named = ["default/aliyun", "default/otc", "team/aliyun", &format!("{STEWARDS_NAMESPACE}/steward-installation")]
        .map(|secret| format!("get {secret}"));
    assert_eq!(on_secrets, named.into_iter().chain([own]).collect(), "by name, and only those that somebody names");
    may_not_make_secrets_elsewhere(&real);
    let granted = granted();
    let beyond: Vec<_> = used.difference(&granted).collect();
    assert!(beyond.is_empty(), "used without a rule in deploy/base/rbac.yaml: {beyond:?}");
    // A conflict, which may never come, is the only reason to get an object of steward's own kinds.
    let idle: Vec<_> = granted.difference(&used).filter(|(group, _, verb)| !(group == "cloudsteward.dev" && verb == "get")).collect();
    assert!(idle.is_empty(), "granted in deploy/base/rbac.yaml and not used in {} requests: {idle:?}", requests.len());
}

/// `get team/aliyun`.
fn place_of(request: &Value) -> String {
    let object = &request["objectRef"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{} {}/{}", text(&request["verb"]), text(&object["namespace"]), text(&object["name"]))
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
    let rules = real::read(&repository().join("deploy/base/rbac.yaml"));
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
