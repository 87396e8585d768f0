//! Cloud Assistant: runs commands on instances, and tells what became of them. A run is sent in the body and not quoted in any log, because
//! scripts hold passwords. Whether it may be sent at all, and again, is the journal's to say; here it is sent once.

pub mod answers;
pub mod requests;

pub use answers::{Agent, Invocation, InvocationResult, InvocationStatus, Invoked};
pub use requests::{RunCommand, Targets};

use super::requests::Tag;
use super::{Ecs, PAGES_AT_MOST, Place, VERSION, every_page, read, write};
use crate::cloud::alibaba::dialect::Rpc;
use crate::cloud::budget::Lane;
use crate::cloud::error::{CloudError, Effect, Operation};
use answers::{DescribeCloudAssistantStatusResponse, DescribeInvocationResultsResponse, DescribeInvocationsResponse, Done};
use futures::future::try_join_all;
use requests::{DescribeCloudAssistantStatusRequest, DescribeInvocationResultsRequest, DescribeInvocationsRequest, StopInvocationRequest};
use std::collections::{BTreeMap, HashMap, HashSet};

pub const RUN_COMMAND: Operation = Operation { service: "ecs", name: "RunCommand", effect: Effect::Once };
pub const STOP_INVOCATION: Operation = write("StopInvocation");
pub const DESCRIBE_INVOCATIONS: Operation = read("DescribeInvocations");
pub const DESCRIBE_INVOCATION_RESULTS: Operation = read("DescribeInvocationResults");
pub const DESCRIBE_CLOUD_ASSISTANT_STATUS: Operation = read("DescribeCloudAssistantStatus");

/// The longest page of each of the three that read. Without it, ten come back.
pub(super) const PAGE: usize = 50;
/// Pages that hold all runs which the vendor keeps, ten thousand of them: a look-up that cannot be finished would keep an object from ever
/// running again.
const PAGES_OF_RUNS: usize = 200;

/// A run was told to stop. What had begun on an instance goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub request_id: Option<String>,
    /// False if the cloud does not know the run: it has forgotten it, or does not know it yet.
    pub was_known: bool,
}

impl Place {
    pub(super) async fn agents_by_id(&self, ids: Vec<String>, lane: Lane) -> Result<HashMap<String, Agent>, CloudError> {
        let count = ids.len();
        let request = DescribeCloudAssistantStatusRequest {
            region_id: Some(self.region.to_string()),
            instance_id: ids,
            max_results: Some(PAGE),
            ..DescribeCloudAssistantStatusRequest::default()
        };
        let found = every_page(DESCRIBE_CLOUD_ASSISTANT_STATUS, PAGES_AT_MOST, count, |next_token| {
            let request = DescribeCloudAssistantStatusRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeCloudAssistantStatusResponse =
                    self.call(DESCRIBE_CLOUD_ASSISTANT_STATUS, lane, Some(count), &request).await?;
                Ok((page.agents, page.next_token))
            }
        });
        Ok(found.await?.into_iter().collect())
    }
}

impl Ecs {
    /// Runs a command. The caller has it in the journal and holds the permit, and the session says until when it may be begun.
    pub async fn run_command(&self, call: &RunCommand) -> Result<Invoked, CloudError> {
        let parameters = call.parameters(&self.place.region);
        self.place.send(RUN_COMMAND, self.lane, None, Rpc { version: VERSION, parameters, in_body: true, quotable: false }).await
    }

    /// Every run that carries this tag, each once, or an error: half a list would look like runs that never were. With their instances, but
    /// without output.
    pub async fn invocations_tagged(
        &self,
        (key, value): (&str, &str),
        resource_group: Option<&str>,
    ) -> Result<Vec<Invocation>, CloudError> {
        let tag = Tag { key: Some(key.to_owned()), value: Some(value.to_owned()) };
        self.invocations(resource_group, DescribeInvocationsRequest { tag: vec![tag], ..DescribeInvocationsRequest::default() }).await
    }

    /// One run, with its instances, but without output; `None` if the cloud does not know it, or no longer.
    pub async fn invocation(&self, id: &str, resource_group: Option<&str>) -> Result<Option<Invocation>, CloudError> {
        let request = DescribeInvocationsRequest { invoke_id: Some(id.to_owned()), ..DescribeInvocationsRequest::default() };
        Ok(self.invocations(resource_group, request).await?.into_iter().find(|found| found.id == id))
    }

    async fn invocations(&self, resource_group: Option<&str>, request: DescribeInvocationsRequest) -> Result<Vec<Invocation>, CloudError> {
        let request = DescribeInvocationsRequest {
            region_id: Some(self.place.region.to_string()),
            resource_group_id: resource_group.map(ToOwned::to_owned),
            max_results: Some(PAGE),
            ..request
        };
        let found = every_page(DESCRIBE_INVOCATIONS, PAGES_OF_RUNS, usize::MAX, |next_token| {
            let request = DescribeInvocationsRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeInvocationsResponse = self.place.call(DESCRIBE_INVOCATIONS, self.lane, None, &request).await?;
                Ok((page.invocations, page.next_token))
            }
        });
        Ok(once_each(found.await?))
    }

    /// What a run did on each of its instances, with output. `history`: not the last time of a schedule only, but every time.
    pub async fn invocation_results(
        &self,
        id: &str,
        resource_group: Option<&str>,
        history: bool,
    ) -> Result<Vec<InvocationResult>, CloudError> {
        let request = DescribeInvocationResultsRequest {
            region_id: Some(self.place.region.to_string()),
            invoke_id: Some(id.to_owned()),
            include_history: history.then_some(true),
            content_encoding: Some("Base64".to_owned()),
            resource_group_id: resource_group.map(ToOwned::to_owned),
            max_results: Some(PAGE),
            ..DescribeInvocationResultsRequest::default()
        };
        let found = every_page(DESCRIBE_INVOCATION_RESULTS, PAGES_OF_RUNS, usize::MAX, |next_token| {
            let request = DescribeInvocationResultsRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeInvocationResultsResponse =
                    self.place.call(DESCRIBE_INVOCATION_RESULTS, self.lane, None, &request).await?;
                Ok((page.results, page.next_token))
            }
        });
        let mut found = found.await?;
        // Pages shift while results come in. Of two for the same time, the later page knows more.
        let mut seen = HashSet::new();
        found.reverse();
        found.retain(|result| seen.insert((result.instance_id.clone(), history.then_some((result.repeats, result.started)))));
        found.reverse();
        Ok(found)
    }

    /// Stops a run on all its instances, which ends a schedule too. The caller holds the permit.
    pub async fn stop_invocation(&self, id: &str) -> Result<Stopped, CloudError> {
        let request = StopInvocationRequest {
            region_id: Some(self.place.region.to_string()),
            invoke_id: id.to_owned(),
            ..StopInvocationRequest::default()
        };
        match self.place.call(STOP_INVOCATION, self.lane, None, &request).await {
            Ok(Done { request_id }) => Ok(Stopped { request_id, was_known: true }),
            Err(error) if error.ok => Ok(Stopped { request_id: error.request_id, was_known: false }),
            Err(error) => Err(error),
        }
    }

    /// The agents of these instances, read together with others. An instance of which the cloud knows no agent is not in the map.
    pub async fn agents(&self, ids: &[String]) -> Result<BTreeMap<String, Agent>, CloudError> {
        let reads = ids.iter().map(|id| async move { Ok((id.clone(), self.readers.agents.get(id, self.lane).await?)) });
        let found = try_join_all(reads).await?;
        Ok(found.into_iter().filter_map(|(id, agent)| Some((id, agent?))).collect())
    }
}

/// Pages shift while runs come and go: the same one may be on two of them. Its instances are those of both.
fn once_each(found: Vec<Invocation>) -> Vec<Invocation> {
    let mut by_id: BTreeMap<String, Invocation> = BTreeMap::new();
    for mut invocation in found {
        if let Some(earlier) = by_id.remove(&invocation.id) {
            let known: HashSet<String> = invocation.instances.iter().map(|instance| instance.instance_id.clone()).collect();
            invocation.instances.extend(earlier.instances.into_iter().filter(|instance| !known.contains(&instance.instance_id)));
        }
        by_id.insert(invocation.id.clone(), invocation);
    }
    by_id.into_values().collect()
}

#[cfg(test)]
mod tests;
