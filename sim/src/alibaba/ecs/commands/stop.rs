//! `StopInvocation`: what has not begun is cancelled, what runs goes on, and a schedule ends.

use super::{Ask, refuse, region};
use crate::answer::{Done, Outcome};

const MOST: usize = 50;

pub(super) fn stop(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?.to_owned();
    ask.world.settle(ask.now);
    let id = ask.parameters.required("InvokeId")?;
    let instances = ask.parameters.list("InstanceId");
    if instances.len() > MOST {
        return Err(refuse(403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit."));
    }
    let found = ask.world.commands.invocations.get_mut(id);
    let invocation = found.filter(|one| one.is_of(ask.account, &region) && !one.is_forgotten(ask.now));
    let invocation = invocation.ok_or_else(|| refuse(404, "InvalidInvokeId.NotFound", "The specified invoke ID does not exist."))?;
    if instances.iter().any(|instance| !invocation.targets.iter().any(|target| target.instance == *instance)) {
        return Err(refuse(404, "InvalidInstanceId.NotFound", "The specified instance does not exist."));
    }
    for target in &mut invocation.targets {
        if instances.is_empty() || instances.contains(&target.instance.as_str()) {
            target.stop(ask.now);
        }
    }
    Ok(Done::changed())
}
