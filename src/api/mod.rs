//! What users write and what they read back: one file per kind, and the envelope that all kinds share.
//! Data only, no behaviour; the doc comments here are what `kubectl explain` prints.

#![allow(clippy::doc_markdown, reason = "the doc comments are what `kubectl explain` prints, and it renders no Markdown")]
#![allow(clippy::duplicated_attributes, reason = "columns of one kind have types and priorities in common")]
#![allow(unreachable_pub, reason = "the derive repeats each struct inside a function")]

pub mod cloud_command;
pub mod cloud_credential;
pub mod eci_scaling_config;
pub mod envelope;
pub mod journal;
pub mod paths;
pub mod restore_check;
pub mod security_group_membership;

pub use cloud_command::CloudCommand;
pub use cloud_credential::CloudCredential;
pub use eci_scaling_config::EciScalingConfig;
pub use restore_check::RestoreCheck;
pub use security_group_membership::SecurityGroupMembership;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;
use serde_json::json;

/// The API group of every kind.
pub const GROUP: &str = "cloudsteward.dev";

/// Every CRD, as it is committed below `crds/` and installed.
pub fn crds() -> Vec<CustomResourceDefinition> {
    [CloudCredential::crd(), EciScalingConfig::crd(), CloudCommand::crd(), SecurityGroupMembership::crd(), RestoreCheck::crd()]
        .map(looked_at_by_nobody_yet)
        .into()
}

/// kstatus calls an object without a status healthy; the API server fills this in on creation, so that a new object counts as in progress.
fn looked_at_by_nobody_yet(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let status = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
            .and_then(|root| root.properties.as_mut())
            .and_then(|properties| properties.get_mut("status"));
        if let Some(status) = status {
            status.default =
                Some(k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSON(json!({"observedGeneration": -1})));
            status.nullable = None;
        }
    }
    crd
}

#[cfg(test)]
mod tests;
