//! One step, one call. No choices are made here.

use super::plan::SecurityGroupStep;
use crate::cloud::alibaba::ecs::{JoinSecurityGroupRequest, LeaveSecurityGroupRequest};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::kind::Receipt;

pub(super) async fn perform(step: &SecurityGroupStep, cloud: &Session) -> Result<Receipt, CloudError> {
    let ecs = cloud.ecs()?;
    match step {
        SecurityGroupStep::Join { group, target, .. } => {
            let (instance_id, network_interface_id) = by_kind(target);
            let request = JoinSecurityGroupRequest {
                security_group_id: group.clone(),
                instance_id,
                network_interface_id,
                region_id: Some(cloud.region.clone()),
            };
            let joined = ecs.join_security_group(request).await?;
            Ok(Receipt {
                request_id: some(joined.request_id),
                external_id: format!("{group}/{target}"),
                changed: !joined.already_member,
                outcome: if joined.already_member { "already a member" } else { "joined" },
            })
        }
        SecurityGroupStep::Leave { group, target } => {
            let (instance_id, network_interface_id) = by_kind(target);
            let request = LeaveSecurityGroupRequest {
                security_group_id: group.clone(),
                instance_id,
                network_interface_id,
                region_id: Some(cloud.region.clone()),
            };
            let left = ecs.leave_security_group(request).await?;
            Ok(Receipt {
                request_id: some(left.request_id),
                external_id: format!("{group}/{target}"),
                changed: left.was_member,
                outcome: if left.was_member { "left" } else { "was no member" },
            })
        }
    }
}

/// The call takes an instance or an interface, never both.
fn by_kind(target: &str) -> (Option<String>, Option<String>) {
    if target.starts_with("eni-") { (None, Some(target.to_owned())) } else { (Some(target.to_owned()), None) }
}

fn some(request_id: String) -> Option<String> {
    (!request_id.is_empty()).then_some(request_id)
}
