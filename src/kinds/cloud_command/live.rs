//! What a command did on every one of its targets, asked of the cloud at once: for what status has no room for.

use super::plan::{Outputs, told};
use super::redact::redact;
use super::{OBJECT_TAG, RUN_TAG, agenda, batches, inputs, intent_hash};
use crate::api::CloudCommand;
use crate::api::cloud_command::status::TargetResult;
use crate::cloud::alibaba::ecs::commands::InvocationResult;
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::references::{Reference, References};
use secrecy::SecretString;
use std::collections::BTreeSet;

/// What stands in place of an output in which there may be a value that cannot be read.
const WITHHELD: &str =
    "(not shown: a value from a Secret could be in it, and that Secret or its key cannot be read, or the command has been changed since)";

/// A result, and what else the cloud says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveResult {
    pub invoke_id: String,
    pub result: TargetResult,
    /// The vendor's words to its code, without the values that are in Secrets.
    pub error_text: Option<String>,
}

/// The Secrets and ConfigMaps whose values must not be shown.
pub fn references(object: &CloudCommand) -> Vec<Reference> {
    inputs::references(object)
}

/// Every result of the present intent. With the cluster's id also those of runs that status does not name.
pub async fn live(
    object: &CloudCommand,
    cluster_id: Option<&str>,
    references: &References,
    cloud: &Session,
) -> Result<Vec<LiveResult>, CloudError> {
    let ecs = cloud.ecs()?;
    let status = object.status.as_ref();
    let group = status.and_then(|status| status.intent.as_ref()).and_then(|intent| intent.resource_group_id.as_deref());
    let mut ids: BTreeSet<String> = status.iter().flat_map(|status| &status.operations).flat_map(|entry| entry.ids.clone()).collect();
    ids.extend(status.and_then(|status| status.intent.as_ref()).iter().flat_map(|intent| intent.invoke_ids.clone()));
    if let (Some(cluster_id), Some(intent)) = (cluster_id, status.and_then(|status| status.intent.as_ref())) {
        let tag = agenda::run_of(object, cluster_id, &intent.hash, 0, 1).object_tag();
        let tags: BTreeSet<String> =
            batches::all_numbers().map(|batch| agenda::run_of(object, cluster_id, &intent.hash, batch, 1).tag()).collect();
        let ours = ecs.invocations_tagged((OBJECT_TAG, &tag), group).await?;
        ids.extend(ours.into_iter().filter(|one| one.tags.get(RUN_TAG).is_some_and(|run| tags.contains(run))).map(|one| one.id));
    }
    let secrets = known_secrets(object, references);
    let mut found = Vec::new();
    for id in ids {
        for result in ecs.invocation_results(&id, group, false).await? {
            found.push(shown(&id, &result, secrets.as_ref()));
        }
    }
    Ok(found)
}

/// The values that must not be shown; `None` if nobody knows all of them.
fn known_secrets(object: &CloudCommand, references: &References) -> Option<Vec<SecretString>> {
    let intent = object.status.as_ref().and_then(|status| status.intent.as_ref());
    // What was run before was asked for by a spec that is not there any more.
    let is_of_spec = intent.is_none_or(|intent| intent.hash == intent_hash(object));
    is_of_spec.then(|| inputs::secrets(object, references).ok()).flatten()
}

fn shown(id: &str, result: &InvocationResult, secrets: Option<&Vec<SecretString>>) -> LiveResult {
    let words = secrets.map(|secrets| redact(&result.error_text, secrets, false));
    let mut told = told(result, None, &Outputs::all(secrets.cloned()));
    if secrets.is_none() {
        told.output = told.output.map(|_| WITHHELD.to_owned());
    }
    LiveResult { invoke_id: id.to_owned(), result: told, error_text: words.filter(|words| !words.is_empty()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::alibaba::ecs::commands::InvocationStatus;
    use serde_json::json;

    #[test]
    fn what_may_be_secret_in_an_earlier_run_is_not_told_by_the_present_spec() {
        let spec = json!({"targets": {"instanceIds": ["i-1"]}, "command": {"type": "RunShellScript", "content": "uptime"}});
        let mut object: CloudCommand = serde_json::from_value(json!({"metadata": {"namespace": "n", "name": "o"}, "spec": spec})).unwrap();
        let hash = intent_hash(&object);
        let status = json!({"observedGeneration": 1, "intent": {"hash": hash, "firstSeen": "2026-11-22T08:00:00Z"}});
        object.status = Some(serde_json::from_value(status).unwrap());
        assert!(known_secrets(&object, &References::default()).is_some());
        object.spec.trigger = Some("another".to_owned());
        assert!(known_secrets(&object, &References::default()).is_none());
    }

    #[test]
    fn what_is_secret_is_masked_and_what_may_be_is_not_shown() {
        let result = InvocationResult {
            instance_id: "i-1".to_owned(),
            status: InvocationStatus::Failed,
            error_text: "no hunter22".to_owned(),
            output: "as hunter22\n".to_owned(),
            ..InvocationResult::default()
        };
        let of = |secrets: Option<&[&str]>| {
            let secrets: Option<Vec<SecretString>> = secrets.map(|all| all.iter().map(|secret| SecretString::from(*secret)).collect());
            let LiveResult { result, error_text, .. } = shown("t-1", &result, secrets.as_ref());
            (result.output.unwrap_or_default(), error_text)
        };
        assert_eq!(of(Some(&[])), ("as hunter22\n".to_owned(), Some("no hunter22".to_owned())));
        assert_eq!(of(Some(&["hunter22"])), ("as (secret)\n".to_owned(), Some("no (secret)".to_owned())));
        assert_eq!(of(None), (WITHHELD.to_owned(), None));
    }
}
