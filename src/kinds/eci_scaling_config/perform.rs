//! One step, one call. No choices are made here.

use super::plan::EciScalingStep;
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::kind::Receipt;

pub(super) async fn perform(step: &EciScalingStep, cloud: &Session) -> Result<Receipt, CloudError> {
    let ess = cloud.ess()?;
    match step {
        EciScalingStep::Create { group, content, .. } => {
            let created = ess.create_eci_scaling_configuration(group, &content.item).await?;
            Ok(Receipt { request_id: Some(created.request_id), external_id: created.id, changed: true, outcome: "created" })
        }
        EciScalingStep::Modify { id, content, overrides } => {
            let modified = ess.modify_eci_scaling_configuration(id, &content.item, *overrides).await?;
            Ok(Receipt { request_id: Some(modified.request_id), external_id: id.clone(), changed: true, outcome: "modified" })
        }
        EciScalingStep::Delete { id } => {
            let deleted = ess.delete_eci_scaling_configuration(id).await?;
            let outcome = if deleted.existed { "deleted" } else { "did not exist" };
            Ok(Receipt { request_id: deleted.request_id, external_id: id.clone(), changed: deleted.existed, outcome })
        }
    }
}
