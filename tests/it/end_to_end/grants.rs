//! What the roles in a set of manifests let steward do, and what no set of manifests may let it do. What it does is in `audit`.

use super::audit::Use;
use super::real::read;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use steward_playground::repository;

/// One verb on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// None: in all of them, and on what is in none.
    namespace: Option<String>,
    group: String,
    resource: String,
    verb: String,
    /// Any, if empty.
    names: Vec<String>,
}

impl Grant {
    fn covers(&self, used: &Use) -> bool {
        (&self.group, &self.resource, &self.verb) == (&used.group, &used.resource, &used.verb)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == used.namespace)
            && (self.names.is_empty() || self.names.contains(&used.name))
    }

    fn is(&self, resource: &str, verbs: &[&str]) -> bool {
        self.resource == resource && verbs.contains(&self.verb.as_str())
    }

    fn is_wild(&self) -> bool {
        [&self.group, &self.resource, &self.verb].into_iter().chain(&self.names).any(|word| word.contains('*'))
    }

    /// What is wrong with it, if steward has it.
    fn wrong(&self) -> Option<&'static str> {
        match () {
            () if self.is_wild() => Some("a wildcard grants what does not exist yet"),
            () if ["escalate", "bind", "impersonate"].contains(&self.verb.as_str()) => Some("a way to every other right"),
            () if self.is("secrets", &["list", "watch", "update", "patch", "delete", "deletecollection"]) => {
                Some("Secrets are read one by one, and never changed")
            }
            () if self.is("secrets", &["create"]) && self.namespace.is_none() => Some("Secrets are made in one namespace"),
            () if self.is("configmaps", &["list", "watch"]) => Some("ConfigMaps are read one by one"),
            () if self.resource == "serviceaccounts/token" && (self.namespace.is_none() || self.names.is_empty()) => {
                Some("whose token may be asked for is said by name")
            }
            () if self.resource == "cloudcommands/run" => Some("steward runs what others may run"),
            () if self.group == "rbac.authorization.k8s.io" => Some("a way to every other right"),
            () if self.group == "cloudsteward.dev" && self.is_a_write_of_a_spec() => Some("specs are their users'"),
            () => None,
        }
    }

    fn is_a_write_of_a_spec(&self) -> bool {
        !self.resource.contains('/') && ["create", "update", "delete", "deletecollection"].contains(&self.verb.as_str())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Grants(Vec<Grant>);

impl Grants {
    /// Everything that is bound to a `ServiceAccount`. Here nobody but steward has one with rights.
    pub(super) fn of(manifests: &str) -> Self {
        let objects = objects(manifests);
        let place = |object: &Value| object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        let is_ours = |subject: &Value| subject["kind"] == "ServiceAccount";
        let has_us = |binding: &&Value| binding["subjects"].as_array().into_iter().flatten().any(is_ours);
        let mut grants = Vec::new();
        for binding in objects.iter().filter(has_us) {
            let within = (binding["kind"] == "RoleBinding").then(|| place(binding));
            let role = objects.iter().find(|role| {
                role["kind"] == binding["roleRef"]["kind"]
                    && role["metadata"]["name"] == binding["roleRef"]["name"]
                    && (role["kind"] == "ClusterRole" || within == Some(place(role)))
            });
            grants.extend(granted_by(role.expect("a role for each binding"), within.as_deref()));
        }
        Self(grants)
    }

    /// What any of the roles grants, whoever it may be bound to.
    fn of_all_roles(manifests: &str) -> Self {
        let is_role = |object: &&Value| ["ClusterRole", "Role"].map(Value::from).contains(&object["kind"]);
        Self(objects(manifests).iter().filter(is_role).flat_map(|role| granted_by(role, None)).collect())
    }

    pub(super) fn cover(&self, used: &Use) -> bool {
        self.0.iter().any(|grant| grant.covers(used))
    }

    /// Those that none of these needs.
    pub(super) fn idle(&self, used: &BTreeSet<Use>) -> Vec<&Grant> {
        self.0.iter().filter(|grant| !used.iter().any(|used| grant.covers(used))).collect()
    }

    /// Those that steward must not have, wherever it is installed from.
    fn wrong(&self) -> Vec<(&'static str, &Grant)> {
        self.0.iter().filter_map(|grant| Some((grant.wrong()?, grant))).collect()
    }
}

fn objects(manifests: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(manifests).expect("YAML")
}

fn granted_by(role: &Value, within: Option<&str>) -> Vec<Grant> {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut grants = Vec::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        assert!(rule["nonResourceURLs"].is_null(), "only objects are asked for: {rule}");
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                for verb in words(&rule["verbs"]) {
                    let (namespace, group, resource) = (within.map(str::to_owned), group.clone(), resource.clone());
                    grants.push(Grant { namespace, group, resource, verb, names: words(&rule["resourceNames"]) });
                }
            }
        }
    }
    grants
}

/// Every manifest that comes with rights: what people apply, and what the chart renders (that it still does is another test's).
fn sources() -> Vec<PathBuf> {
    let mut directories = vec![repository().join("deploy"), repository().join("tests/golden/chart")];
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for path in std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") && read(&path).contains("\nkind: RoleBinding\n") {
                sources.push(path);
            }
        }
    }
    sources
}

#[test]
fn no_way_of_installing_steward_gives_it_a_right_that_it_must_not_have() {
    let sources = sources();
    let named = |name: &str| sources.iter().any(|source| source.ends_with(name));
    let expected =
        ["deploy/base/rbac.yaml", "deploy/overlays/namespaced/roles.yaml", "golden/chart/default.yaml", "golden/chart/namespaced.yaml"];
    assert!(expected.iter().all(|name| named(name)), "{sources:?}");
    for source in &sources {
        let manifests = read(source);
        let (ours, roles) = (Grants::of(&manifests), Grants::of_all_roles(&manifests));
        assert!(!ours.0.is_empty(), "{} grants nothing", source.display());
        let wrong = ours.wrong();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", source.display());
        let wild: Vec<_> = roles.0.iter().filter(|grant| grant.is_wild()).collect();
        assert!(wild.is_empty(), "{}: {wild:#?}", source.display());
    }
}

#[test]
fn in_its_namespaces_steward_may_do_what_it_may_do_everywhere_and_nothing_elsewhere() {
    for [everywhere, namespaced] in [
        ["default", "namespaced"].map(|set| format!("tests/golden/chart/{set}.yaml")),
        ["base/rbac", "overlays/namespaced/roles"].map(|file| format!("deploy/{file}.yaml")),
    ] {
        let [everywhere, namespaced] = [everywhere, namespaced].map(|path| Grants::of(&read(&repository().join(path))));
        let what = |grants: &Grants| -> BTreeSet<_> {
            grants.0.iter().map(|grant| (grant.group.clone(), grant.resource.clone(), grant.verb.clone())).collect()
        };
        assert!(what(&namespaced).is_subset(&what(&everywhere)));
        assert!(namespaced.0.iter().all(|grant| grant.namespace.is_some()), "{namespaced:#?}");
    }
}

#[test]
fn a_right_that_steward_must_not_have_is_found_in_whatever_role_it_is() {
    let rules = |scope: &str, rule: &str| {
        let within = if scope == "Cluster" { "" } else { ", namespace: ns" };
        format!(
            "kind: {scope}Role\nmetadata: {{name: r{within}}}\nrules: [{rule}]\n---\nkind: {scope}RoleBinding\nmetadata: {{name: b{within}}}\n\
             roleRef: {{kind: {scope}Role, name: r}}\nsubjects: [{{kind: ServiceAccount, name: sa, namespace: ns}}]\n"
        )
    };
    let is_harmless = |scope: &str, rule: &str| Grants::of(&rules(scope, rule)).wrong().is_empty();
    for (scope, rule) in [
        ("", r#"{apiGroups: ["*"], resources: [events], verbs: [create]}"#),
        ("", r#"{apiGroups: [events.k8s.io], resources: ["*"], verbs: [create]}"#),
        ("", r#"{apiGroups: [cloudsteward.dev], resources: ["*/status"], verbs: [update]}"#),
        ("", r#"{apiGroups: [events.k8s.io], resources: [events], verbs: ["*"]}"#),
        ("", r#"{apiGroups: [""], resources: [configmaps, secrets], verbs: [get, list]}"#),
        ("", r#"{apiGroups: [""], resources: [secrets], resourceNames: [a], verbs: [watch]}"#),
        ("Cluster", r#"{apiGroups: [""], resources: [secrets], verbs: [create]}"#),
        ("Cluster", r#"{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [a], verbs: [create]}"#),
        ("", r#"{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}"#),
        ("", r#"{apiGroups: [""], resources: [users], verbs: [impersonate]}"#),
        ("", "{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]}"),
        ("", "{apiGroups: [cloudsteward.dev], resources: [cloudcommands/run], verbs: [create]}"),
        ("", "{apiGroups: [cloudsteward.dev], resources: [cloudcommands], verbs: [create]}"),
    ] {
        assert!(!is_harmless(scope, rule), "{scope}: {rule}");
    }
    for (scope, rule) in [
        ("", r#"{apiGroups: [""], resources: [secrets], verbs: [get, create]}"#),
        ("Cluster", r#"{apiGroups: [""], resources: [secrets], verbs: [get]}"#),
        ("", r#"{apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [a], verbs: [create]}"#),
    ] {
        assert!(is_harmless(scope, rule), "{scope}: {rule}");
    }
}
