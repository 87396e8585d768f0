//! `CloudCredential`: who steward is towards one cloud account.

use super::envelope::{Envelope, Interval, SecretRef, Time};
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
    validation = Rule::new("self.spec.provider == 'AlibabaCloud' ? !has(self.spec.auth.password) && !has(self.spec.auth.agency) : !has(self.spec.auth.oidc) && !has(self.spec.auth.assumeRole)").message("spec.auth: AlibabaCloud takes accessKey, oidc or assumeRole; HuaweiCloud and OpenTelekomCloud take accessKey, password or agency"),
    validation = Rule::new("self.spec.provider == 'AlibabaCloud' || has(self.spec.region)").message("spec.region is needed with HuaweiCloud and OpenTelekomCloud: their identity service has one address per region"),
    validation = Rule::new("self.spec.provider != 'AlibabaCloud' || !has(self.spec.project)").message("spec.project is for HuaweiCloud and OpenTelekomCloud: AlibabaCloud has no projects"),
    validation = Rule::new("self.spec.provider == 'AlibabaCloud' || self.spec.endpointNetwork == 'Public'").message("spec.endpointNetwork: VPC is for AlibabaCloud: the others have one endpoint for both networks"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Provider", type_ = "string", json_path = ".spec.provider"),
    printcolumn(name = "Account", type_ = "string", json_path = ".status.accountId"),
    printcolumn(name = "Users", type_ = "integer", json_path = ".status.users"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region", priority = 1),
    printcolumn(name = "Identity", type_ = "string", json_path = ".status.identity.arn", priority = 1),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt", priority = 1),
    printcolumn(name = "Error", type_ = "string", json_path = ".status.lastError.code", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct CloudCredentialSpec {
    /// The cloud that issued the identity.
    pub provider: Provider,
    /// How steward proves the identity.
    pub auth: Auth,
    /// Region for objects that name none, for instance `cn-hangzhou` or `eu-de`. Needed with HuaweiCloud and OpenTelekomCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[a-z0-9-]+$"))]
    pub region: Option<String>,
    /// Which of the cloud's endpoints to call: those on the internet, or those inside the cloud's own network.
    #[serde(default)]
    pub endpoint_network: EndpointNetwork,
    /// Project to work in, at HuaweiCloud and OpenTelekomCloud. Default: the region's own, which has the region's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    /// Id of the account (at HuaweiCloud and OpenTelekomCloud: of the domain) that the identity must belong to. If it turns out to be another one, nothing is done with it.
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
    HuaweiCloud,
    OpenTelekomCloud,
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlibabaCloud => "AlibabaCloud",
            Self::HuaweiCloud => "HuaweiCloud",
            Self::OpenTelekomCloud => "OpenTelekomCloud",
        }
    }
}

/// Exactly one way to prove the identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.accessKey), has(self.oidc), has(self.assumeRole), has(self.password), has(self.agency)].filter(given, given).size() == 1").message("exactly one of accessKey, oidc, assumeRole, password and agency must be set"))]
pub struct Auth {
    /// A pair of long-lived keys, or a temporary one with its token. For every provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKey>,
    /// A RAM role that trusts the cluster's identity provider (RRSA): no key is stored anywhere. For AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<Oidc>,
    /// A RAM role, by keys that may assume it. For AlibabaCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<AssumeRole>,
    /// An IAM user's name and password, traded for tokens. For HuaweiCloud and OpenTelekomCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// An agency of another account, by keys or a password of an account that it trusts. For HuaweiCloud and OpenTelekomCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessKey {
    /// The Secret with the keys `accessKeyId` and `accessKeySecret` (AlibabaCloud) or `accessKey` and `secretKey` (the others), and `securityToken` if the pair is a temporary one.
    pub secret_ref: SecretRef,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Oidc {
    /// The role: `acs:ram::<account>:role/<name>`.
    #[schemars(length(max = 256), regex(pattern = "^acs:ram::[^:]+:role/.+$"))]
    pub role_arn: String,
    /// The identity provider as RAM knows it: `acs:ram::<account>:oidc-provider/<name>`.
    #[schemars(length(max = 256), regex(pattern = "^acs:ram::[^:]+:oidc-provider/.+$"))]
    pub oidc_provider_arn: String,
    /// ServiceAccount of this namespace that the role trusts. Steward asks for its tokens, which somebody must allow in this namespace; the hint of `CredentialMissing` holds the Role.
    #[schemars(length(min = 1, max = 253), regex(pattern = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub service_account_name: String,
    /// Audience of the tokens, as the identity provider expects it.
    #[serde(default = "default_audience")]
    #[schemars(length(min = 1, max = 256))]
    pub audience: String,
    /// How long a session lasts before it is renewed: 15 minutes up to what the role allows. Default: the cloud's, an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('15m') && duration(self) <= duration('12h')").message("must be between 15m and 12h"))]
    pub session_duration: Option<Interval>,
}

fn default_audience() -> String {
    "sts.aliyuncs.com".to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssumeRole {
    /// The Secret with `accessKeyId` and `accessKeySecret` (and `securityToken`) of an identity that may assume the role.
    pub secret_ref: SecretRef,
    /// The role: `acs:ram::<account>:role/<name>`.
    #[schemars(length(max = 256), regex(pattern = "^acs:ram::[^:]+:role/.+$"))]
    pub role_arn: String,
    /// What the role's owner demands beside the keys, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 1224))]
    pub external_id: Option<String>,
    /// How long a session lasts before it is renewed: 15 minutes up to what the role allows. Default: the cloud's, an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('15m') && duration(self) <= duration('12h')").message("must be between 15m and 12h"))]
    pub session_duration: Option<Interval>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.userName) != has(self.userId)").message("exactly one of userName and userId must be set"))]
#[x_kube(validation = Rule::new("has(self.userName) ? has(self.domainName) != has(self.domainId) : !has(self.domainName) && !has(self.domainId)").message("userName needs exactly one of domainName and domainId, and userId needs neither"))]
pub struct Password {
    /// The Secret with the key `password`.
    pub secret_ref: SecretRef,
    /// The IAM user; a name is unique in its domain only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub user_name: Option<String>,
    /// The IAM user by id, which needs no domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub user_id: Option<String>,
    /// The account that the user is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub domain_name: Option<String>,
    /// The same account, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub domain_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.domainName) != has(self.domainId)").message("exactly one of domainName and domainId must be set"))]
pub struct Agency {
    /// The Secret with either `accessKey` and `secretKey`, or `userName`, `userDomainName` and `password`, of an IAM user of the account that the agency trusts.
    pub secret_ref: SecretRef,
    /// The agency, in the account that delegates.
    #[schemars(length(min = 1, max = 64))]
    pub agency_name: String,
    /// The account that delegates: the one that steward then works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub domain_name: Option<String>,
    /// The account that delegates, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub domain_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.id) != has(self.name)").message("exactly one of id and name must be set"))]
pub struct Project {
    /// The project's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = "^[A-Za-z0-9_-]+$"))]
    pub id: Option<String>,
    /// The project's name: that of its region, or `region_name` for a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub name: Option<String>,
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
    Csbs,
    Ecs,
    Ess,
    Iam,
    Sts,
}

impl Service {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csbs => "csbs",
            Self::Ecs => "ecs",
            Self::Ess => "ess",
            Self::Iam => "iam",
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
    /// Until when the present temporary keys or token are good. Steward renews them before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// The project that steward works in by default, at HuaweiCloud and OpenTelekomCloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// How many objects use this credential. While there are any, its deletion waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Who it is by name, where the cloud has no ARNs: user or agency, and domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`; at HuaweiCloud and OpenTelekomCloud `AccessKey`, `User` or `Agency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}
