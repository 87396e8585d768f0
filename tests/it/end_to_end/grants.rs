//! What the roles in a set of manifests let a `ServiceAccount` do, and what no set of manifests may let it do.

use super::audit::Use;
use serde_json::Value;

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

    /// What is wrong with it, whoever has it and for whatever reason.
    fn wrong(&self) -> Option<&'static str> {
        let words = [&self.group, &self.resource, &self.verb].into_iter().chain(&self.names);
        match () {
            () if words.into_iter().any(|word| word.contains('*')) => Some("a wildcard grants what does not exist yet"),
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
    /// Everything that is bound to this `ServiceAccount`. An object without a namespace is in its namespace, as `kubectl apply -n` has it.
    pub(super) fn of(manifests: &str, namespace: &str, service_account: &str) -> Self {
        let objects: Vec<Value> = serde_saphyr::from_multiple(manifests).expect("YAML");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
        let place = |object: &Value| object["metadata"]["namespace"].as_str().unwrap_or(namespace).to_owned();
        let is_bound = |binding: &&Value| {
            ["ClusterRoleBinding", "RoleBinding"].contains(&text(&binding["kind"]).as_str())
                && binding["subjects"].as_array().into_iter().flatten().any(|subject| {
                    subject["kind"] == "ServiceAccount" && subject["name"] == service_account && subject["namespace"] == namespace
                })
        };
        let mut grants = Vec::new();
        for binding in objects.iter().filter(is_bound) {
            let within = (binding["kind"] == "RoleBinding").then(|| place(binding));
            let role = objects.iter().find(|role| {
                role["kind"] == binding["roleRef"]["kind"]
                    && role["metadata"]["name"] == binding["roleRef"]["name"]
                    && (role["kind"] == "ClusterRole" || within == Some(place(role)))
            });
            let role = role.expect("a role for each binding");
            for rule in role["rules"].as_array().into_iter().flatten() {
                assert!(rule["nonResourceURLs"].is_null(), "steward asks for objects only: {rule}");
                for group in words(&rule["apiGroups"]) {
                    for resource in words(&rule["resources"]) {
                        for verb in words(&rule["verbs"]) {
                            let (group, resource, names) = (group.clone(), resource.clone(), words(&rule["resourceNames"]));
                            grants.push(Grant { namespace: within.clone(), group, resource, verb, names });
                        }
                    }
                }
            }
        }
        Self(grants)
    }

    pub(super) fn cover(&self, used: &Use) -> bool {
        self.0.iter().any(|grant| grant.covers(used))
    }

    /// Those that none of these needs.
    pub(super) fn idle<'a>(&self, used: impl IntoIterator<Item = &'a Use> + Clone) -> Vec<&Grant> {
        self.0.iter().filter(|grant| !used.clone().into_iter().any(|used| grant.covers(used))).collect()
    }

    /// Those that steward must not have, wherever it is installed from.
    fn wrong(&self) -> Vec<(&'static str, &Grant)> {
        self.0.iter().filter_map(|grant| Some((grant.wrong()?, grant))).collect()
    }

    #[track_caller]
    pub(super) fn assert_harmless(&self, source: &str) {
        assert!(!self.0.is_empty(), "{source} grants nothing");
        let wrong = self.wrong();
        assert!(wrong.is_empty(), "{source}: {wrong:#?}");
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
    let is_harmless = |scope: &str, rule: &str| Grants::of(&rules(scope, rule), "ns", "sa").wrong().is_empty();
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
        ("", r#"{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]}"#),
        ("", r#"{apiGroups: [cloudsteward.dev], resources: [cloudcommands/run], verbs: [create]}"#),
        ("", r#"{apiGroups: [cloudsteward.dev], resources: [cloudcommands], verbs: [create]}"#),
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
