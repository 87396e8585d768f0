//! Seeds of this vendor as people write them. Data only: `lay` checks them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DomainSeed {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) users: Vec<UserSeed>,
    #[serde(default)]
    pub(super) projects: Vec<ProjectSeed>,
    #[serde(default)]
    pub(super) agencies: Vec<HuaweiAgency>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserSeed {
    pub(super) id: String,
    pub(super) name: String,
    /// Without one there is no token for this user.
    pub(super) password: Option<String>,
    #[serde(default)]
    pub(super) keys: Vec<HuaweiKey>,
    #[serde(default)]
    pub(super) deny: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProjectSeed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) region: String,
}

/// A key. In a seed it is complete; in an edit only what is said changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiKey {
    pub access: String,
    pub secret: Option<String>,
    /// Makes it a temporary key; the empty text takes the token away.
    pub security_token: Option<String>,
    pub expires: Option<Timestamp>,
    pub inactive: Option<bool>,
    /// Edits only: whose a new key is, by id or name.
    pub user: Option<String>,
}

/// What one domain lets others do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HuaweiAgency {
    pub id: String,
    pub name: String,
    /// Edits only: the domain that it belongs to, by id or name.
    pub domain: Option<String>,
    /// Names of the domains whose users may assume it.
    pub trusts: Vec<String>,
    /// Ids or names of the projects that it opens; absent: all of its domain.
    pub projects: Option<Vec<String>>,
}
