//! What the stories are too coarse for: one look after the other, with status as the pass writes it between them.

mod pursuit;
mod room;
mod values;

use super::*;
use crate::api::eci_scaling_config::status::{
    Conflict, Convergence, Correction, MAX_APPLIED_BYTES, MAX_SECRETS_BYTES, Pursued, SecretPrint,
};
use crate::api::paths::Paths;
use crate::cloud::alibaba::ess::MODIFY_ECI_SCALING_CONFIGURATION;
use crate::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Source};
use crate::cloud::error::{Acted, Class, CloudError, Explanation};
use crate::installation::Installation;
use crate::reconcile::claims::Claims;
use crate::reconcile::kind::{Kind as _, Receipt};
use crate::references::{Contents, Reference, References};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// `web`, bound to asc-1, looked at before in its generation 1.
fn an_object(configuration: &Json) -> EciScalingConfig {
    serde_json::from_value(json!({
        "apiVersion": "cloudsteward.dev/v1alpha1", "kind": "EciScalingConfig",
        "metadata": {"namespace": "team", "name": "web", "generation": 1},
        "spec": {"scalingConfigurationId": "asc-1", "configuration": configuration},
        "status": {"observedGeneration": 1, "pursuedGeneration": 1, "accountId": "1", "region": "cn-hangzhou", "externalId": "asc-1", "origin": "Bound"},
    }))
    .unwrap()
}

fn with(mut object: EciScalingConfig, change: impl FnOnce(&mut EciScalingConfigStatus)) -> EciScalingConfig {
    change(object.status.as_mut().unwrap());
    object
}

fn edited(mut object: EciScalingConfig, configuration: &Json) -> EciScalingConfig {
    object.spec.configuration = serde_json::from_value(configuration.clone()).unwrap();
    object.metadata.generation = object.metadata.generation.map(|generation| generation + 1);
    object
}

/// As the pass writes it down.
fn recorded(mut object: EciScalingConfig, plan: &Plan<EciScalingConfig>) -> EciScalingConfig {
    let mut status = plan.status.clone();
    status.envelope.observed_generation = object.metadata.generation;
    object.status = Some(status);
    object
}

fn answered(object: EciScalingConfig, step: &EciScalingStep, outcome: Result<(), Acted>, second: i64) -> EciScalingConfig {
    let receipt = Receipt { request_id: None, external_id: "asc-1".to_owned(), changed: true, outcome: "modified" };
    let error = |acted| {
        let explanation = Explanation { acted, ..Explanation::of(Class::Unavailable, "it is not there", "wait") };
        CloudError::explained(MODIFY_ECI_SCALING_CONFIGURATION, &explanation)
    };
    let outcome = outcome.map_err(error);
    with(object, |status| note(status, step, outcome.as_ref().map(|()| &receipt), at(second)))
}

/// The plan for an object and what the cloud answers.
fn look(object: &EciScalingConfig, cloud: &Json, references: &References, second: i64) -> Plan<EciScalingConfig> {
    let found = ScalingConfiguration {
        id: "asc-1".to_owned(),
        group: "asg-1".to_owned(),
        lifecycle_state: "Active".to_owned(),
        creation_time: None,
        configuration: Item::read(cloud, CONFIGURATION, Source::Answer),
    };
    let seen = Observed { region: "cn-hangzhou".to_owned(), account: "1".to_owned(), found: Some(found), group: None };
    let given = Given {
        peers: Claims::of(vec![object.clone()]).peers(object),
        references: references.clone(),
        installation: Arc::new(Installation::new(String::new(), String::new(), Vec::new().into())),
        failures: BTreeMap::new(),
        seen_since: BTreeMap::new(),
        just_done: BTreeSet::new(),
        done: BTreeMap::new(),
        observe_only: object.common().observe,
        at_most: 1,
        sync_interval: Duration::from_secs(600),
    };
    object.plan(&given, &seen, Goal::Keep, at(second))
}

fn look_at(object: &EciScalingConfig, cloud: &Json, second: i64) -> Plan<EciScalingConfig> {
    look(object, cloud, &References::default(), second)
}

fn said(plan: &Plan<EciScalingConfig>) -> (Phase, Reason, Vec<String>) {
    (plan.verdict.phase, plan.verdict.reason, plan.steps.iter().map(ToString::to_string).collect())
}

fn paths(paths: &[&str]) -> Paths {
    paths.iter().map(|path| path.split('/').collect()).collect()
}

fn observing(mut object: EciScalingConfig) -> EciScalingConfig {
    object.spec.management_policy = crate::api::envelope::ManagementPolicy::Observe;
    object
}

/// cpu is ours and 2, as seen at second 0.
fn settled() -> EciScalingConfig {
    with(an_object(&json!({"cpu": 2})), |status| status.applied = paths(&["cpu"]))
}
