//! ESS, which the vendor calls Auto Scaling: scaling configurations of elastic container instances, and the groups they are of. What is
//! read by id is batched. What holds a configuration goes in the body and is not quoted in any log: passwords are among its values.
//! Success in disguise becomes success here.

mod answers;
pub mod configuration;
pub mod requests;

pub use answers::{ScalingConfiguration, ScalingGroup};

use super::dialect::{Rpc, Rpcs};
use super::flatten::flatten;
use super::reads::{ENDLESS, PAGES_AT_MOST, by_id};
use crate::cloud::batch::Batch;
use crate::cloud::budget::Lane;
use crate::cloud::client::{Call, Client, unwritable};
use crate::cloud::error::{Acted, Class, CloudError, Effect, Explanation, Operation};
use answers::{Configurations, Done, Groups, New};
use configuration::Item;
use requests::{DeleteEciScalingConfigurationRequest, DescribeEciScalingConfigurationsRequest, DescribeScalingGroupsRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::time::Instant;

const VERSION: &str = "2022-02-22";

pub const DESCRIBE_ECI_SCALING_CONFIGURATIONS: Operation = operation("DescribeEciScalingConfigurations", Effect::Read);
pub const DESCRIBE_SCALING_GROUPS: Operation = operation("DescribeScalingGroups", Effect::Read);
/// Sets values: the second time changes nothing more.
pub const MODIFY_ECI_SCALING_CONFIGURATION: Operation = operation("ModifyEciScalingConfiguration", Effect::Repeatable);
/// Takes no token that would tell the vendor a repeat from another wish.
pub const CREATE_ECI_SCALING_CONFIGURATION: Operation = operation("CreateEciScalingConfiguration", Effect::Once);
pub const DELETE_ECI_SCALING_CONFIGURATION: Operation = operation("DeleteEciScalingConfiguration", Effect::Repeatable);

const fn operation(name: &'static str, effect: Effect) -> Operation {
    Operation { service: "ess", name, effect }
}

/// Configurations in one call; the vendor takes no more.
const CONFIGURATIONS: usize = 10;
/// Groups in one call; the vendor takes no more.
const GROUPS: usize = 20;
/// The longest page, which holds a whole batch of either. Without it, ten come back.
const PAGE: usize = 50;

const MOVED: Explanation = Explanation::of(
    Class::Unavailable,
    "the cloud's list changed while it was read, so that something may have slipped from one page to another",
    "nothing to do: the list is read again from its start",
);

/// The configuration has these values now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modified {
    pub request_id: String,
}

/// There is a configuration that was not there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub request_id: String,
    pub id: String,
}

/// The configuration is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub request_id: Option<String>,
    /// False if it was gone before this call.
    pub existed: bool,
}

/// The batches of one account and region.
pub(super) struct Readers {
    configurations: Batch<ScalingConfiguration>,
    groups: Batch<ScalingGroup>,
}

impl Readers {
    pub(super) fn new(client: &Arc<Client<Rpcs>>, account: &str, region: &str) -> Self {
        let place = Place { client: Arc::clone(client), account: account.into(), region: region.into(), begin_by: None };
        Self {
            configurations: by_id(place.clone(), DESCRIBE_ECI_SCALING_CONFIGURATIONS, CONFIGURATIONS, |place, ids, lane| async move {
                place.configurations_by_id(ids, lane).await
            }),
            groups: by_id(place, DESCRIBE_SCALING_GROUPS, GROUPS, |place, ids, lane| async move { place.groups_by_id(ids, lane).await }),
        }
    }
}

/// One account and region, to call in.
#[derive(Clone)]
struct Place {
    client: Arc<Client<Rpcs>>,
    account: Arc<str>,
    region: Arc<str>,
    /// For what acts anew each time.
    begin_by: Option<Instant>,
}

impl Place {
    async fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        operation: Operation,
        lane: Lane,
        ids: Option<usize>,
        request: &Q,
    ) -> Result<A, CloudError> {
        let parameters = flatten(request).map_err(|error| unwritable(operation, error))?;
        self.send(operation, lane, ids, Rpc { version: VERSION, parameters, in_body: false, quotable: true }).await
    }

    /// A call that holds a configuration.
    async fn confide<A: DeserializeOwned>(
        &self,
        operation: Operation,
        lane: Lane,
        parameters: Vec<(String, String)>,
    ) -> Result<A, CloudError> {
        self.send(operation, lane, None, Rpc { version: VERSION, parameters, in_body: true, quotable: false }).await
    }

    async fn send<A: DeserializeOwned>(&self, operation: Operation, lane: Lane, ids: Option<usize>, rpc: Rpc) -> Result<A, CloudError> {
        let begin_by = self.begin_by.filter(|_| operation.effect == Effect::Once);
        self.client.call(&Call { operation, account: Some(&self.account), region: &self.region, lane, ids, begin_by }, &rpc).await
    }

    async fn configurations_by_id(&self, ids: Vec<String>, lane: Lane) -> Result<HashMap<String, ScalingConfiguration>, CloudError> {
        let count = Some(ids.len());
        let request = DescribeEciScalingConfigurationsRequest {
            region_id: Some(self.region.to_string()),
            scaling_configuration_ids: ids,
            page_size: Some(PAGE),
            ..DescribeEciScalingConfigurationsRequest::default()
        };
        let Configurations(page) = self.call(DESCRIBE_ECI_SCALING_CONFIGURATIONS, lane, count, &request).await?;
        Ok(page.items.into_iter().map(|configuration| (configuration.id.clone(), configuration)).collect())
    }

    async fn groups_by_id(&self, ids: Vec<String>, lane: Lane) -> Result<HashMap<String, ScalingGroup>, CloudError> {
        let count = Some(ids.len());
        let request = DescribeScalingGroupsRequest {
            region_id: Some(self.region.to_string()),
            scaling_group_ids: ids,
            page_size: Some(PAGE),
            ..DescribeScalingGroupsRequest::default()
        };
        let Groups(page) = self.call(DESCRIBE_SCALING_GROUPS, lane, count, &request).await?;
        Ok(page.items.into_iter().map(|group| (group.id.clone(), group)).collect())
    }
}

/// ESS of one account and region, for somebody with some urgency. Cheap to make.
pub struct Ess {
    place: Place,
    readers: Arc<Readers>,
    lane: Lane,
}

impl Ess {
    pub(super) fn new(client: Arc<Client<Rpcs>>, readers: Arc<Readers>, account: &str, region: &str, lane: Lane) -> Self {
        Self { place: Place { client, account: account.into(), region: region.into(), begin_by: None }, readers, lane }
    }

    /// The same for calls that, if they act anew each time, are not begun later than this.
    pub(in crate::cloud) fn begun_by(mut self, by: Option<Instant>) -> Self {
        self.place.begin_by = by;
        self
    }

    /// One configuration, read together with others.
    pub async fn configuration(&self, id: &str) -> Result<Option<ScalingConfiguration>, CloudError> {
        self.readers.configurations.get(id, self.lane).await
    }

    /// One group, read together with others.
    pub async fn scaling_group(&self, id: &str) -> Result<Option<ScalingGroup>, CloudError> {
        self.readers.groups.get(id, self.lane).await
    }

    /// Every configuration of a group, each once, or an error: half a list would look like things that are gone.
    pub async fn configurations_of(&self, group: &str) -> Result<Vec<ScalingConfiguration>, CloudError> {
        let mut found = BTreeMap::new();
        let mut counted = 0;
        for number in 1..=PAGES_AT_MOST {
            let request = DescribeEciScalingConfigurationsRequest {
                region_id: Some(self.place.region.to_string()),
                scaling_group_id: Some(group.to_owned()),
                page_number: Some(number),
                page_size: Some(PAGE),
                ..DescribeEciScalingConfigurationsRequest::default()
            };
            let Configurations(page) = self.place.call(DESCRIBE_ECI_SCALING_CONFIGURATIONS, self.lane, None, &request).await?;
            let before = found.len();
            // Pages may be shorter than was asked for, and the answer then says so.
            let is_full = page.items.len() >= page.size.filter(|size| *size > 0).map_or(PAGE, |size| size.min(PAGE));
            found.extend(page.items.into_iter().map(|configuration| (configuration.id.clone(), configuration)));
            if page.total.is_some_and(|total| total < counted) {
                return Err(CloudError::explained(DESCRIBE_ECI_SCALING_CONFIGURATIONS, &MOVED));
            }
            counted = page.total.unwrap_or(counted);
            let are_more = page.total.is_some_and(|total| total > found.len());
            if !is_full && !are_more || page.total == Some(found.len()) {
                return Ok(found.into_values().collect());
            }
            if found.len() == before {
                let explanation = if is_full { &ENDLESS } else { &MOVED };
                return Err(CloudError::explained(DESCRIBE_ECI_SCALING_CONFIGURATIONS, explanation));
            }
        }
        Err(CloudError::explained(DESCRIBE_ECI_SCALING_CONFIGURATIONS, &ENDLESS))
    }

    /// Gives a configuration the values of `call`; what is not in it keeps its own, unless the call overrides. The caller holds the permit.
    /// There is no region among the parameters: the endpoint is one of the region, or finds the configuration by its id.
    pub async fn modify_eci_scaling_configuration(&self, id: &str, call: &Item, overrides: bool) -> Result<Modified, CloudError> {
        let parameters = requests::modify(id, call, overrides);
        let Done { request_id } = self.place.confide(MODIFY_ECI_SCALING_CONFIGURATION, self.lane, parameters).await?;
        Ok(Modified { request_id })
    }

    /// Makes a configuration. The caller has it in the journal and holds the permit.
    pub async fn create_eci_scaling_configuration(&self, group: &str, configuration: &Item) -> Result<Created, CloudError> {
        let parameters = requests::create(group, configuration);
        let New { request_id, id } = self.place.confide(CREATE_ECI_SCALING_CONFIGURATION, self.lane, parameters).await?;
        Ok(Created { request_id, id })
    }

    /// Deletes a configuration. The caller holds the permit.
    pub async fn delete_eci_scaling_configuration(&self, id: &str) -> Result<Deleted, CloudError> {
        let request = DeleteEciScalingConfigurationRequest {
            region_id: Some(self.place.region.to_string()),
            scaling_configuration_id: id.to_owned(),
        };
        match self.place.call(DELETE_ECI_SCALING_CONFIGURATION, self.lane, None, &request).await {
            Ok(Done { request_id }) => Ok(Deleted { request_id: Some(request_id), existed: true }),
            // After an attempt whose answer was lost, it may be gone because of that attempt.
            Err(error) if error.ok => Ok(Deleted { existed: error.acted == Acted::Perhaps, request_id: error.request_id }),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
