//! What steward asked of the API server, as the API server wrote it down. What it might have asked is in `grants`.

use super::grants::Grants;
use super::real::{STEWARD, read};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use steward_playground::ControlPlane;
use steward_playground::repository;

/// One kind of request: what was done to what, and where. An empty namespace is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    pub(super) verb: String,
    pub(super) group: String,
    /// With the subresource.
    pub(super) resource: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Use {
    /// None for what is no object: `/version`, `/api`.
    fn of(request: &Value) -> Option<Self> {
        let object = &request["objectRef"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resource = object["resource"].as_str()?;
        let resource = object["subresource"].as_str().map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"));
        let (group, namespace, name) = (text(&object["apiGroup"]), text(&object["namespace"]), text(&object["name"]));
        Some(Self { verb: text(&request["verb"]), group, resource, namespace, name })
    }

    /// What steward's own rules do not give, and do not have to.
    fn is_granted_by_others(&self) -> bool {
        let what = (self.verb.as_str(), self.group.as_str(), self.resource.as_str());
        // The token of a tenant's `ServiceAccount`: steward may ask for one only where the tenant lets it, and asks to find out.
        what == ("create", "", "serviceaccounts/token")
            // Who it is itself, for a hint: everybody may ask that, and it gets by without an answer.
            || what == ("create", "authentication.k8s.io", "selfsubjectreviews")
    }
}

/// Everything that steward asked for, and whether it was allowed.
pub(super) fn requests_of_steward(control_plane: &ControlPlane) -> Vec<Value> {
    let log = read(&control_plane.audit_log().expect("an audit log"));
    let requests = log.lines().filter_map(|line| serde_json::from_str(line).ok());
    requests.filter(|request: &Value| request["user"]["username"] == STEWARD).collect()
}

pub(super) fn uses(requests: &[Value]) -> BTreeSet<Use> {
    requests.iter().filter_map(Use::of).filter(|used| !used.is_granted_by_others()).collect()
}

/// The rights that `deploy/` gives steward.
pub(super) fn deployed() -> Grants {
    Grants::of(&read(&repository().join("deploy/base/rbac.yaml")))
}

/// Used minus granted is empty, by the API server's judgement and by the rules of `deploy/` alone: what every user may do lends steward nothing.
pub(super) fn assert_within_rights(control_plane: &ControlPlane) {
    let requests = requests_of_steward(control_plane);
    assert!(!requests.is_empty(), "no request of steward in {}", control_plane.audit_log().as_deref().unwrap_or(Path::new("")).display());
    // Not by status: an event for a namespace that is going is refused with 403 as well, whoever sends it.
    let is_allowed = |request: &&Value| request["annotations"]["authorization.k8s.io/decision"] == "allow";
    let forbidden: Vec<_> = requests.iter().filter(|request| !is_allowed(request)).cloned().collect();
    let forbidden = uses(&forbidden);
    assert!(forbidden.is_empty(), "asked for and forbidden: {forbidden:#?}");
    let granted = deployed();
    let beyond: Vec<_> = uses(&requests).into_iter().filter(|used| !granted.cover(used)).collect();
    assert!(beyond.is_empty(), "used without a rule in deploy/base/rbac.yaml: {beyond:#?}");
}
