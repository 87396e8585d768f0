//! ECS: instances, network interfaces and security groups. One function per operation of the vendor, under the vendor's name;
//! beside them the batched reads by id, which are what objects use. Success in disguise becomes success here. Running commands on
//! instances is a room of its own.

mod answers;
pub mod commands;
mod requests;

pub use answers::{
    AttachedInterface, DescribeInstancesResponse, DescribeNetworkInterfacesResponse, DescribeSecurityGroupsResponse, Instance,
    NetworkInterface, SecurityGroup,
};
pub use requests::{
    DescribeInstancesRequest, DescribeNetworkInterfacesRequest, DescribeSecurityGroupsRequest, Filter, JoinSecurityGroupRequest,
    LeaveSecurityGroupRequest, Tag,
};

use super::dialect::{Rpc, Rpcs};
use super::flatten::{JsonText, flatten};
use super::reads::{ENDLESS, PAGES_AT_MOST, by_id};
use crate::cloud::batch::Batch;
use crate::cloud::budget::Lane;
use crate::cloud::client::{Call, Client, unwritable};
use crate::cloud::error::{Acted, Class, CloudError, Effect, Operation};
use commands::{Agent, DESCRIBE_CLOUD_ASSISTANT_STATUS};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const VERSION: &str = "2014-05-26";

pub const DESCRIBE_INSTANCES: Operation = read("DescribeInstances");
pub const DESCRIBE_NETWORK_INTERFACES: Operation = read("DescribeNetworkInterfaces");
pub const DESCRIBE_SECURITY_GROUPS: Operation = read("DescribeSecurityGroups");
pub const JOIN_SECURITY_GROUP: Operation = write("JoinSecurityGroup");
pub const LEAVE_SECURITY_GROUP: Operation = write("LeaveSecurityGroup");

const fn read(name: &'static str) -> Operation {
    Operation { service: "ecs", name, effect: Effect::Read }
}

const fn write(name: &'static str) -> Operation {
    Operation { service: "ecs", name, effect: Effect::Repeatable }
}

/// Ids in one call; the vendor takes no more.
const BATCH: usize = 100;
/// The page that holds a whole batch. Without it, ten come back.
const PAGE: u32 = 100;
/// The vendor lists no more instances by tag than this.
const LISTED_AT_MOST: usize = 1000;
/// Which instances a selector means. What is absent does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceFilter {
    pub tags: Vec<Tag>,
    pub vpc_id: Option<String>,
    pub zone_id: Option<String>,
    pub resource_group_id: Option<String>,
}

/// The member is in the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub request_id: String,
    /// It was there before this call, whoever put it there.
    pub already_member: bool,
}

/// The member is not in the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub request_id: String,
    /// False if it was not there before this call.
    pub was_member: bool,
}

/// The batches of one account and region.
pub(super) struct Readers {
    instances: Batch<Instance>,
    network_interfaces: Batch<NetworkInterface>,
    security_groups: Batch<SecurityGroup>,
    agents: Batch<Agent>,
    rehearsed: Rehearsed,
}

impl Readers {
    pub(super) fn new(client: &Arc<Client<Rpcs>>, account: &str, region: &str) -> Self {
        let rehearsed = Rehearsed::default();
        let place = Place {
            client: Arc::clone(client),
            account: account.into(),
            region: region.into(),
            rehearsed: Arc::clone(&rehearsed),
            begin_by: None,
        };
        Self {
            rehearsed,
            instances: by_id(place.clone(), DESCRIBE_INSTANCES, BATCH, |place, ids, lane| async move {
                place.instances_by_id(&ids, lane).await
            }),
            network_interfaces: by_id(place.clone(), DESCRIBE_NETWORK_INTERFACES, BATCH, |place, ids, lane| async move {
                place.network_interfaces_by_id(&ids, lane).await
            }),
            security_groups: by_id(place.clone(), DESCRIBE_SECURITY_GROUPS, BATCH, |place, ids, lane| async move {
                place.security_groups_by_id(&ids, lane).await
            }),
            agents: by_id(place, DESCRIBE_CLOUD_ASSISTANT_STATUS, commands::PAGE, |place, ids, lane| async move {
                place.agents_by_id(ids, lane).await
            }),
        }
    }
}

/// When it was last made sure that an empty list of instances means that there are none.
type Rehearsed = Arc<Mutex<Option<Instant>>>;

/// One account and region, to call in.
#[derive(Clone)]
struct Place {
    client: Arc<Client<Rpcs>>,
    account: Arc<str>,
    region: Arc<str>,
    rehearsed: Rehearsed,
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

    async fn send<A: DeserializeOwned>(&self, operation: Operation, lane: Lane, ids: Option<usize>, rpc: Rpc) -> Result<A, CloudError> {
        let begin_by = self.begin_by.filter(|_| operation.effect == Effect::Once);
        self.client.call(&Call { operation, account: Some(&self.account), region: &self.region, lane, ids, begin_by }, &rpc).await
    }

    async fn instances_by_id(&self, ids: &[String], lane: Lane) -> Result<HashMap<String, Instance>, CloudError> {
        let request = DescribeInstancesRequest {
            region_id: Some(self.region.to_string()),
            instance_ids: Some(JsonText::list(ids)),
            max_results: Some(PAGE),
            ..DescribeInstancesRequest::default()
        };
        let found = every_page(DESCRIBE_INSTANCES, PAGES_AT_MOST, ids.len(), |next_token| {
            let request = DescribeInstancesRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeInstancesResponse = self.call(DESCRIBE_INSTANCES, lane, Some(ids.len()), &request).await?;
                Ok((page.instances, page.next_token))
            }
        });
        let found: HashMap<_, _> = found.await?.into_iter().map(|instance| (instance.id.clone(), instance)).collect();
        if found.is_empty() {
            self.empty_is_not_denied(lane).await?;
        }
        Ok(found)
    }

    /// `DescribeInstances` shows an empty list to those who may not call it, and only a rehearsal tells them so. An instance that
    /// merely cannot be seen must not be taken for one that is gone.
    async fn empty_is_not_denied(&self, lane: Lane) -> Result<(), CloudError> {
        const STANDS_FOR: Duration = Duration::from_secs(60);
        let asked_lately = |at: &Option<Instant>| at.is_some_and(|at| at.elapsed() < STANDS_FOR);
        if asked_lately(&self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let request = DescribeInstancesRequest {
            region_id: Some(self.region.to_string()),
            dry_run: Some(true),
            ..DescribeInstancesRequest::default()
        };
        match self.call::<_, DescribeInstancesResponse>(DESCRIBE_INSTANCES, lane, None, &request).await {
            Err(error) if matches!(error.class, Class::Denied | Class::Unauthenticated | Class::Throttled | Class::Unavailable) => {
                Err(error)
            }
            // The answer to a rehearsal that would have gone well is an error, too.
            Ok(_) | Err(_) => {
                *self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                Ok(())
            }
        }
    }

    async fn network_interfaces_by_id(&self, ids: &[String], lane: Lane) -> Result<HashMap<String, NetworkInterface>, CloudError> {
        let request = DescribeNetworkInterfacesRequest {
            region_id: Some(self.region.to_string()),
            network_interface_id: ids.to_vec(),
            max_results: Some(PAGE),
            ..DescribeNetworkInterfacesRequest::default()
        };
        let found = every_page(DESCRIBE_NETWORK_INTERFACES, PAGES_AT_MOST, ids.len(), |next_token| {
            let request = DescribeNetworkInterfacesRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeNetworkInterfacesResponse =
                    self.call(DESCRIBE_NETWORK_INTERFACES, lane, Some(ids.len()), &request).await?;
                Ok((page.network_interfaces, page.next_token))
            }
        });
        Ok(found.await?.into_iter().map(|interface| (interface.id.clone(), interface)).collect())
    }

    async fn security_groups_by_id(&self, ids: &[String], lane: Lane) -> Result<HashMap<String, SecurityGroup>, CloudError> {
        let request = DescribeSecurityGroupsRequest {
            region_id: Some(self.region.to_string()),
            security_group_ids: Some(JsonText::list(ids)),
            max_results: Some(PAGE),
            ..DescribeSecurityGroupsRequest::default()
        };
        let found = every_page(DESCRIBE_SECURITY_GROUPS, PAGES_AT_MOST, ids.len(), |next_token| {
            let request = DescribeSecurityGroupsRequest { next_token, ..request.clone() };
            async move {
                let page: DescribeSecurityGroupsResponse = self.call(DESCRIBE_SECURITY_GROUPS, lane, Some(ids.len()), &request).await?;
                Ok((page.security_groups, page.next_token))
            }
        });
        Ok(found.await?.into_iter().map(|group| (group.id.clone(), group)).collect())
    }
}

/// Every page of a listing, or an error: half a list would look like things that are gone. Ends early once `enough` came.
async fn every_page<T, F, R>(operation: Operation, pages_at_most: usize, enough: usize, page: F) -> Result<Vec<T>, CloudError>
where
    F: Fn(Option<String>) -> R,
    R: Future<Output = Result<(Vec<T>, Option<String>), CloudError>>,
{
    let mut all = Vec::new();
    let mut token = None;
    let mut seen = HashSet::new();
    for _ in 0..pages_at_most {
        let (items, next) = page(token.take()).await?;
        all.extend(items);
        let Some(next) = next.filter(|next| !next.is_empty() && all.len() < enough) else {
            return Ok(all);
        };
        if !seen.insert(next.clone()) {
            break;
        }
        token = Some(next);
    }
    Err(CloudError::explained(operation, &ENDLESS))
}

/// ECS of one account and region, for somebody with some urgency. Cheap to make.
pub struct Ecs {
    place: Place,
    readers: Arc<Readers>,
    lane: Lane,
}

impl Ecs {
    pub(super) fn new(client: Arc<Client<Rpcs>>, readers: Arc<Readers>, account: &str, region: &str, lane: Lane) -> Self {
        let rehearsed = Arc::clone(&readers.rehearsed);
        let place = Place { client, account: account.into(), region: region.into(), rehearsed, begin_by: None };
        Self { place, readers, lane }
    }

    /// The same for calls that, if they act anew each time, are not begun later than this.
    pub(in crate::cloud) fn begun_by(mut self, by: Option<Instant>) -> Self {
        self.place.begin_by = by;
        self
    }

    /// One instance, read together with others.
    pub async fn instance(&self, id: &str) -> Result<Option<Instance>, CloudError> {
        self.readers.instances.get(id, self.lane).await
    }

    /// One network interface, read together with others.
    pub async fn network_interface(&self, id: &str) -> Result<Option<NetworkInterface>, CloudError> {
        self.readers.network_interfaces.get(id, self.lane).await
    }

    /// One security group, read together with others.
    pub async fn security_group(&self, id: &str) -> Result<Option<SecurityGroup>, CloudError> {
        self.readers.security_groups.get(id, self.lane).await
    }

    /// Every instance that a selector means, each once, or an error. The cloud lists a thousand at most: so many hits mean that
    /// there may be more.
    pub async fn select_instances(&self, filter: InstanceFilter) -> Result<Vec<Instance>, CloudError> {
        let request = DescribeInstancesRequest {
            tag: filter.tags,
            vpc_id: filter.vpc_id,
            zone_id: filter.zone_id,
            resource_group_id: filter.resource_group_id,
            max_results: Some(PAGE),
            ..DescribeInstancesRequest::default()
        };
        let found = every_page(DESCRIBE_INSTANCES, PAGES_AT_MOST, LISTED_AT_MOST, |next_token| {
            let request = DescribeInstancesRequest { next_token, ..request.clone() };
            async move {
                let page = self.describe_instances(request).await?;
                Ok((page.instances, page.next_token))
            }
        });
        // Pages shift while instances come and go; the same one may be on two of them.
        let by_id: BTreeMap<String, Instance> = found.await?.into_iter().map(|instance| (instance.id.clone(), instance)).collect();
        if by_id.is_empty() {
            self.place.empty_is_not_denied(self.lane).await?;
        }
        Ok(by_id.into_values().collect())
    }

    /// One page.
    pub async fn describe_instances(&self, request: DescribeInstancesRequest) -> Result<DescribeInstancesResponse, CloudError> {
        let region_id = self.region(request.region_id);
        let request = DescribeInstancesRequest { region_id, ..request };
        self.place.call(DESCRIBE_INSTANCES, self.lane, None, &request).await
    }

    /// One page.
    pub async fn describe_network_interfaces(
        &self,
        request: DescribeNetworkInterfacesRequest,
    ) -> Result<DescribeNetworkInterfacesResponse, CloudError> {
        let region_id = self.region(request.region_id);
        let request = DescribeNetworkInterfacesRequest { region_id, ..request };
        self.place.call(DESCRIBE_NETWORK_INTERFACES, self.lane, None, &request).await
    }

    /// One page.
    pub async fn describe_security_groups(
        &self,
        request: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResponse, CloudError> {
        let region_id = self.region(request.region_id);
        let request = DescribeSecurityGroupsRequest { region_id, ..request };
        self.place.call(DESCRIBE_SECURITY_GROUPS, self.lane, None, &request).await
    }

    /// Puts an instance or an interface into a group. The caller holds the permit.
    ///
    /// The vendor calls this operation deprecated. It is additive, while its successors replace the whole list and so race with
    /// everybody else who changes it.
    pub async fn join_security_group(&self, request: JoinSecurityGroupRequest) -> Result<Joined, CloudError> {
        let region_id = self.region(request.region_id);
        let request = JoinSecurityGroupRequest { region_id, ..request };
        match self.place.call(JOIN_SECURITY_GROUP, self.lane, None, &request).await {
            Ok(answers::Done { request_id }) => Ok(Joined { request_id, already_member: false }),
            Err(error) if error.ok => {
                // After an attempt whose answer was lost, the member may be there because of that attempt.
                let already_member = error.acted == Acted::No;
                Ok(Joined { request_id: error.request_id.unwrap_or_default(), already_member })
            }
            Err(error) => Err(error),
        }
    }

    /// Takes an instance or an interface out of a group. The caller holds the permit.
    pub async fn leave_security_group(&self, request: LeaveSecurityGroupRequest) -> Result<Left, CloudError> {
        let region_id = self.region(request.region_id);
        let request = LeaveSecurityGroupRequest { region_id, ..request };
        match self.place.call(LEAVE_SECURITY_GROUP, self.lane, None, &request).await {
            Ok(answers::Done { request_id }) => Ok(Left { request_id, was_member: true }),
            Err(error) if error.ok => {
                let was_member = error.acted == Acted::Perhaps;
                Ok(Left { request_id: error.request_id.unwrap_or_default(), was_member })
            }
            Err(error) => Err(error),
        }
    }

    /// The session's region goes with every call, unless the request names one.
    fn region(&self, asked: Option<String>) -> Option<String> {
        asked.or_else(|| Some(self.place.region.to_string()))
    }
}
