//! STS: who a key belongs to, and temporary keys for a role.

use super::dialect::{Rpc, Rpcs};
use super::flatten::flatten;
use super::{Keys, TokenSource};
use crate::cloud::budget::Lane;
use crate::cloud::client::{Call, Client, Fresh, KeySource, unwritable};
use crate::cloud::error::{CloudError, Effect, Operation};
use crate::cloud::transport::HttpAnswer;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const VERSION: &str = "2015-04-01";

pub const GET_CALLER_IDENTITY: Operation = operation("GetCallerIdentity");
pub const ASSUME_ROLE: Operation = operation("AssumeRole");
pub const ASSUME_ROLE_WITH_OIDC: Operation = operation("AssumeRoleWithOIDC");

/// Nothing in a cloud is different after any of these.
const fn operation(name: &'static str) -> Operation {
    Operation { service: "sts", name, effect: Effect::Read }
}

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

/// The parameters of `AssumeRole`, and of `AssumeRoleWithOIDC` without its token: what is secret is in no type that can be printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssumeRoleRequest {
    pub role_arn: String,
    /// Stands in the vendor's audit log: 2 to 64 letters, digits and `.@-_`.
    pub role_session_name: String,
    /// From 900 to what the role allows; the vendor's default is an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "OIDCProviderArn")]
    pub oidc_provider_arn: Option<String>,
}

/// The keys of a role. They stay in here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleResponse {
    credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    access_key_secret: SecretString,
    security_token: SecretString,
    expiration: Timestamp,
}

pub(super) async fn get_caller_identity(client: &Client<Rpcs>, region: &str) -> Result<CallerIdentity, CloudError> {
    call(client, GET_CALLER_IDENTITY, region, &GetCallerIdentityRequest {}, None).await.map(|(caller, _)| caller)
}

/// The keys of a role, by other keys or by a token that its identity provider trusts.
pub(super) struct Role {
    /// Signs with the keys that may assume the role; with none where a token speaks for us.
    pub(super) client: Client<Rpcs>,
    pub(super) region: String,
    pub(super) request: AssumeRoleRequest,
    pub(super) token: Option<Arc<dyn TokenSource>>,
}

impl KeySource<Option<Keys>> for Role {
    fn fetch(&self) -> BoxFuture<'_, Result<Fresh<Option<Keys>>, CloudError>> {
        async move {
            let (response, answer): (AssumeRoleResponse, _) = match &self.token {
                None => call(&self.client, ASSUME_ROLE, &self.region, &self.request, None).await?,
                Some(source) => {
                    let token = source.token().await?;
                    call(&self.client, ASSUME_ROLE_WITH_OIDC, &self.region, &self.request, Some(&token)).await?
                }
            };
            let Credentials { access_key_id, access_key_secret, security_token, expiration } = response.credentials;
            let keys = Keys { access_key_id, access_key_secret, security_token: Some(security_token) };
            Ok(Fresh { keys: Some(keys), expires: self.client.by_our_clock(&answer, expiration) })
        }
        .boxed()
    }
}

/// The one parameter that is a secret, in its place among the others.
pub fn add_token(parameters: &mut Vec<(String, String)>, token: &SecretString) {
    parameters.push(("OIDCToken".to_owned(), token.expose_secret().to_owned()));
    parameters.sort();
}

async fn call<Q: Serialize, A: DeserializeOwned>(
    client: &Client<Rpcs>,
    operation: Operation,
    region: &str,
    request: &Q,
    token: Option<&SecretString>,
) -> Result<(A, HttpAnswer), CloudError> {
    let mut parameters = flatten(request).map_err(|error| unwritable(operation, error))?;
    if let Some(token) = token {
        add_token(&mut parameters, token);
    }
    // A token in a URL would be in the log of every proxy on the way.
    let rpc = Rpc { version: VERSION, parameters, in_body: token.is_some(), quotable: true };
    client.call_with_answer(&Call { operation, account: None, region, lane: Lane::Work, ids: None, begin_by: None }, &rpc).await
}
