//! STS: who a key belongs to.

use super::client::{Call, Client};
use crate::cloud::budget::Lane;
use crate::cloud::error::{CloudError, Effect, Operation};
use serde::{Deserialize, Serialize};

pub(super) const VERSION: &str = "2015-04-01";

pub const GET_CALLER_IDENTITY: Operation = Operation { service: "sts", name: "GetCallerIdentity", effect: Effect::Read };

/// Has no parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetCallerIdentityRequest {}

/// Whose keys were used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity {
    pub account_id: String,
    #[serde(default)]
    pub arn: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    #[serde(default)]
    pub identity_type: Option<String>,
    #[serde(default)]
    pub principal_id: Option<String>,
    #[serde(default)]
    pub user_id: Option<String>,
    #[serde(default)]
    pub role_id: Option<String>,
    pub request_id: String,
}

pub(super) async fn get_caller_identity(client: &Client, region: &str) -> Result<CallerIdentity, CloudError> {
    client
        .call(
            &Call { operation: GET_CALLER_IDENTITY, version: VERSION, account: None, region, lane: Lane::Work, ids: None },
            &GetCallerIdentityRequest {},
        )
        .await
}
