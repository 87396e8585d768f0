//! What a kind is handed to reach one account in one region: the services, and in whose name and how urgently they are asked.
//! Resolving credentials, and finding out the account, happens before and elsewhere.

use super::alibaba::Alibaba;
use super::alibaba::ecs::{DESCRIBE_INSTANCES, Ecs};
use super::alibaba::ess::{DESCRIBE_ECI_SCALING_CONFIGURATIONS, Ess};
use super::budget::{BudgetKey, Lane};
use super::client::Lifetime;
use super::error::{Class, CloudError, Explanation, Operation};
use super::huawei::Huawei;
use super::huawei::csbs::{CHECK_RESTORABLE, Csbs};
use std::fmt;
use std::sync::Arc;
use tokio::time::Instant;

const NOT_ALIBABA: Explanation = Explanation::of(
    Class::Invalid,
    "objects of this kind live at Alibaba Cloud, and the credential is one of another cloud",
    "set spec.credentialRef.name to a CloudCredential with provider AlibabaCloud",
);

const NOT_HUAWEI: Explanation = Explanation::of(
    Class::Invalid,
    "only Huawei Cloud and Open Telekom Cloud have the backup service, and the credential is one of another cloud",
    "set spec.credentialRef.name to a CloudCredential with provider HuaweiCloud or OpenTelekomCloud",
);

/// One credential at work, at whichever cloud. Cheap to clone.
#[derive(Clone)]
pub enum Cloud {
    Alibaba(Arc<Alibaba>),
    Huawei(Arc<Huawei>),
}

impl Cloud {
    /// Renews keys that will run out, if it is time.
    pub async fn keep_fresh(&self) -> Result<(), CloudError> {
        match self {
            Self::Alibaba(alibaba) => alibaba.keep_fresh().await,
            Self::Huawei(huawei) => huawei.keep_fresh().await,
        }
    }

    /// When the present keys are renewed, and until when they are good, if they run out at all.
    pub fn lifetime(&self) -> Option<Lifetime> {
        match self {
            Self::Alibaba(alibaba) => alibaba.lifetime(),
            Self::Huawei(huawei) => huawei.lifetime(),
        }
    }

    /// Whether both are one and the same client, with one and the same keys.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Alibaba(one), Self::Alibaba(other)) => Arc::ptr_eq(one, other),
            (Self::Huawei(one), Self::Huawei(other)) => Arc::ptr_eq(one, other),
            (Self::Alibaba(_) | Self::Huawei(_), _) => false,
        }
    }

    fn tenant(&self) -> &str {
        match self {
            Self::Alibaba(alibaba) => alibaba.tenant(),
            Self::Huawei(huawei) => huawei.tenant(),
        }
    }

    fn denied(&self, region: &str, operation: Operation) -> Option<CloudError> {
        match self {
            Self::Alibaba(alibaba) => alibaba.denied(region, operation),
            Self::Huawei(huawei) => huawei.denied(region, operation),
        }
    }
}

/// One credential at work in one account and region; all sessions of one credential share their batches.
#[derive(Clone)]
pub struct Session {
    pub account: String,
    pub region: String,
    pub lane: Lane,
    /// The credential, as the budget takes turns between them.
    pub tenant: String,
    cloud: Cloud,
    begin_by: Option<Instant>,
}

impl Session {
    /// A credential at work in this account, which it must have been found to belong to, and this region.
    pub fn new(cloud: Cloud, account: &str, region: &str, lane: Lane) -> Self {
        let tenant = cloud.tenant().to_owned();
        Self { account: account.to_owned(), region: region.to_owned(), lane, tenant, cloud, begin_by: None }
    }

    /// The same session with another urgency.
    #[must_use]
    pub fn with_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }

    /// The same session for calls that were recorded. Those that act anew each time are not begun later than this, by the clock of this process:
    /// it is looked at last before anything is sent, after every wait for keys or a connection. The error says so: `is_not_begun`.
    #[must_use]
    pub fn begin_by(&self, by: Instant) -> Self {
        Self { begin_by: Some(by), ..self.clone() }
    }

    /// Alibaba Cloud's ECS, if that is where the credential is at home.
    pub fn ecs(&self) -> Result<Ecs, CloudError> {
        match &self.cloud {
            Cloud::Alibaba(alibaba) => Ok(alibaba.ecs(&self.account, &self.region, self.lane).begun_by(self.begin_by)),
            Cloud::Huawei(_) => Err(CloudError::explained(DESCRIBE_INSTANCES, &NOT_ALIBABA)),
        }
    }

    /// Alibaba Cloud's ESS, if that is where the credential is at home.
    pub fn ess(&self) -> Result<Ess, CloudError> {
        match &self.cloud {
            Cloud::Alibaba(alibaba) => Ok(alibaba.ess(&self.account, &self.region, self.lane).begun_by(self.begin_by)),
            Cloud::Huawei(_) => Err(CloudError::explained(DESCRIBE_ECI_SCALING_CONFIGURATIONS, &NOT_ALIBABA)),
        }
    }

    /// The backup service of Huawei Cloud or Open Telekom Cloud, if that is where the credential is at home; in the project of this id, or in
    /// the credential's own.
    pub fn csbs(&self, project: Option<&str>) -> Result<Csbs, CloudError> {
        match &self.cloud {
            Cloud::Huawei(huawei) => Ok(huawei.csbs(&self.account, &self.region, project, self.lane)),
            Cloud::Alibaba(_) => Err(CloudError::explained(CHECK_RESTORABLE, &NOT_HUAWEI)),
        }
    }

    /// A refusal of this operation that still stands: the call would be answered with it again.
    pub fn denied(&self, operation: Operation) -> Option<CloudError> {
        self.cloud.denied(&self.region, operation)
    }

    /// Whether both work with the same keys.
    pub fn has_keys_of(&self, other: &Self) -> bool {
        self.cloud.is(&other.cloud)
    }

    /// Where the permit for a write of this session comes from.
    pub fn budget_key(&self, operation: Operation) -> BudgetKey {
        BudgetKey { account: self.account.clone(), region: self.region.clone(), operation }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("account", &self.account)
            .field("region", &self.region)
            .field("lane", &self.lane)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
