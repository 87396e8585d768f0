//! `CloudCredential`: who steward is towards one cloud account.

use super::envelope::{Envelope, SecretRef};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An identity at a cloud. Objects of the same namespace use it by name; none can use one of another namespace.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "cloudsteward.dev",
    version = "v1alpha1",
    kind = "CloudCredential",
    namespaced,
    status = "CloudCredentialStatus",
    derive = "PartialEq",
    shortname = "cred",
    category = "steward",
    doc = "An identity at a cloud: where its keys are, whose account it must be, and which region and endpoints it means by default.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Provider", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "Account", type_ = "string", json_path = ".status.accountId"),
    printcolumn(name = "Users", type_ = "integer", json_path = ".status.users"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region", priority = 1),
    printcolumn(name = "Identity", type_ = "string", json_path = ".status.identity.arn", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct CloudCredentialSpec {
    /// The cloud that issued the identity.
    pub provider: Provider,
    /// How steward proves the identity.
    pub auth: Auth,
    /// Region for objects that name none, for instance `cn-hangzhou`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// Which of the cloud's endpoints to call: those on the internet, or those inside the cloud's own network.
    #[serde(default)]
    pub endpoint_network: EndpointNetwork,
    /// Id of the account that the identity must belong to. If it turns out to be another one, nothing is done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub expected_account_id: Option<String>,
    /// Other addresses for single services, for instance of a private gateway or a simulator. The operator refuses what its `--allow-endpoint` does not list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["service"]))]
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Provider {
    AlibabaCloud,
}

/// Exactly one way to prove the identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// A pair of long-lived keys, or a temporary one with its token.
    pub access_key: AccessKey,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessKey {
    /// The Secret with the keys `accessKeyId` and `accessKeySecret`, and `securityToken` if the pair is a temporary one.
    pub secret_ref: SecretRef,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EndpointNetwork {
    #[default]
    Public,
    #[serde(rename = "VPC")]
    Vpc,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The service that is reached there, by the cloud's short name.
    pub service: Service,
    /// Scheme, host and port, without a path: `https://ecs.gateway.example`.
    #[schemars(length(max = 512))]
    #[x_kube(validation = Rule::new("self.matches('^https?://[^/?#@]+/?$')").message("must be scheme, host and port only, for instance https://ecs.gateway.example"))]
    pub url: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Service {
    Ecs,
    Sts,
}

impl Service {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Sts => "sts",
        }
    }
}

/// What steward knows of the identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudCredentialStatus {
    #[serde(flatten)]
    pub envelope: Envelope,
    /// Who the cloud says this identity is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// How many objects use this credential. While there are any, its deletion waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}
