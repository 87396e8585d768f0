//! What the cloud has: the configuration by its id, or by its name in its group, and whether there is such a group.

use crate::api::EciScalingConfig;
use crate::cloud::alibaba::ess::{ScalingConfiguration, ScalingGroup};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;

/// What the cloud says.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub region: String,
    pub account: String,
    pub found: Option<ScalingConfiguration>,
    /// The group that spec names, if the configuration is not in it. `found` is empty then because all of the group was listed.
    pub group: Option<ScalingGroup>,
}

pub(super) async fn observe(object: &EciScalingConfig, cloud: &Session) -> Result<Observed, CloudError> {
    let ess = cloud.ess()?;
    let seen = Observed { region: cloud.region.clone(), account: cloud.account.clone(), ..Observed::default() };
    if let Some(id) = object.configuration_id()
        && let Some(found) = ess.configuration(id).await?
    {
        return Ok(Observed { found: Some(found), ..seen });
    }
    let Some(group) = object.spec.scaling_group_id.as_deref() else { return Ok(seen) };
    if object.metadata.deletion_timestamp.is_some() && object.unresolved().is_none() {
        return Ok(seen);
    }
    let name = object.name_to_find();
    let listed = ess.configurations_of(group).await?;
    match listed.into_iter().find(|configuration| configuration.configuration.text("scalingConfigurationName") == name) {
        Some(found) => Ok(Observed { found: Some(found), ..seen }),
        None => Ok(Observed { group: ess.scaling_group(group).await?, ..seen }),
    }
}
