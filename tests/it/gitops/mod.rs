//! What Flux and Argo CD make of steward's objects: health as Flux computes it (kstatus) and as Argo CD does (the scripts of `deploy/argocd`).
//! The objects are not written for the test: they are what stories leave behind, in every state that status can have. In what order
//! `examples/gitops` come and go is in `repositories`; they are tried on a real API server in `end_to_end::gitops`.

mod argocd;
mod commands;
mod configurations;
mod credentials;
mod memberships;
mod repositories;
mod restore_checks;
mod verdicts;

use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The kinds whose objects have health.
const KINDS: [&str; 5] = ["CloudCommand", "CloudCredential", "EciScalingConfig", "RestoreCheck", "SecurityGroupMembership"];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn minutes(count: u64) -> Duration {
    seconds(60 * count)
}

/// The same spec with these fields.
fn with(spec: &Value, fields: &Value) -> Value {
    let mut spec = spec.clone();
    for (name, value) in fields.as_object().expect("fields") {
        spec[name] = value.clone();
    }
    spec
}

fn suspended() -> Value {
    json!({"suspend": true})
}

fn health_script(kind: &str) -> PathBuf {
    steward_playground::repository().join("deploy/argocd/health").join(format!("{kind}.lua"))
}
