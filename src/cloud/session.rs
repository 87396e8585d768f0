//! What a kind is handed to reach one account in one region: the services, and in whose name and how urgently they are asked.
//! Resolving credentials, and finding out the account, happens before and elsewhere.

use super::alibaba::Alibaba;
use super::alibaba::ecs::Ecs;
use super::budget::{BudgetKey, Lane};
use super::error::{CloudError, Operation};
use std::fmt;
use std::sync::Arc;

/// One credential at work: cheap to clone, and all sessions of one credential share their batches.
#[derive(Clone)]
pub struct Session {
    pub account: String,
    pub region: String,
    pub lane: Lane,
    /// The credential, as the budget takes turns between them.
    pub tenant: String,
    alibaba: Arc<Alibaba>,
}

impl Session {
    /// A credential at work in this account, which it must have been found to belong to, and this region.
    pub fn new(alibaba: Arc<Alibaba>, account: &str, region: &str, lane: Lane) -> Self {
        Self { account: account.to_owned(), region: region.to_owned(), lane, tenant: alibaba.tenant().to_owned(), alibaba }
    }

    /// The same session with another urgency.
    #[must_use]
    pub fn with_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }

    pub fn ecs(&self) -> Ecs {
        self.alibaba.ecs(&self.account, &self.region, self.lane)
    }

    /// A refusal of this operation that still stands: the call would be answered with it again.
    pub fn denied(&self, operation: Operation) -> Option<CloudError> {
        self.alibaba.denied(&self.region, operation)
    }

    /// Whether both work with the same keys.
    pub fn has_keys_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.alibaba, &other.alibaba)
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
