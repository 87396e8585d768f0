//! One step, one call. No choices are made here.

use super::plan::CloudCommandStep;
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use crate::reconcile::kind::Receipt;

pub(super) async fn perform(step: &CloudCommandStep, cloud: &Session) -> Result<Receipt, CloudError> {
    let ecs = cloud.ecs()?;
    match step {
        CloudCommandStep::Invoke { call, .. } => {
            let invoked = ecs.run_command(&call.call).await?;
            Ok(Receipt { request_id: invoked.request_id, external_id: invoked.invoke_id, changed: true, outcome: "accepted" })
        }
        CloudCommandStep::Stop { id } => {
            let stopped = ecs.stop_invocation(id).await?;
            let outcome = if stopped.was_known { "stopped" } else { "not known" };
            Ok(Receipt { request_id: stopped.request_id, external_id: id.clone(), changed: stopped.was_known, outcome })
        }
    }
}
