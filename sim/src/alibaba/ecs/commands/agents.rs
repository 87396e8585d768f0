//! `DescribeCloudAssistantStatus`.

use serde_json::{Value, json};

use super::{Ask, PAGE, nobody, refuse, region, time};
use crate::alibaba::ecs::paging;
use crate::answer::{Done, Outcome};
use crate::world::Instance;
use crate::world::commands::{Agentless, Commands, Os};

pub(super) fn describe(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?.to_owned();
    ask.world.settle(ask.now);
    let parameters = ask.parameters;
    let ids = parameters.list("InstanceId");
    if ids.len() > PAGE {
        return Err(refuse(403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit."));
    }
    let listed = ask.world.settings.agentless == Agentless::Listed;
    let hits: Vec<&Instance> = ask
        .world
        .instances
        .values()
        .filter(|one| one.account == ask.account && one.region == region)
        .filter(|one| ids.is_empty() || ids.contains(&one.id.as_str()))
        .filter(|one| listed || one.agent.installed)
        .filter(|one| parameters.text("OSType").is_none_or(|text| text == word(one.os)))
        .collect();
    let page = if ids.is_empty() {
        paging::cut_between(hits, |one| &one.id, parameters, 1..=PAGE)?
    } else {
        paging::Page { total: hits.len(), size: PAGE, items: hits, next_token: String::new(), number: 1 }
    };
    let items: Vec<Value> = page.items.iter().map(|one| item(one, ask)).collect();
    Ok(Done::read(json!({
        "InstanceCloudAssistantStatusSet": { "InstanceCloudAssistantStatus": items },
        "NextToken": page.next_token,
        "TotalCount": page.total,
        "PageNumber": page.number,
        "PageSize": page.size,
    })))
}

/// What a caller without the right may get to see.
pub(super) fn none(ask: &mut Ask<'_>) -> Outcome {
    describe(&mut nobody(ask))
}

fn item(one: &Instance, ask: &Ask<'_>) -> Value {
    let alive = one.agent.is_alive() && one.status == "Running";
    let runs = runs(&ask.world.commands, &one.id);
    json!({
        "InstanceId": one.id,
        "CloudAssistantStatus": if alive { "true" } else { "false" },
        "CloudAssistantVersion": if one.agent.installed { one.agent.version.as_str() } else { "" },
        "LastHeartbeatTime": if alive { time(Some(ask.now)) } else { String::new() },
        "LastInvokedTime": time(runs.iter().map(|(begun, _)| *begun).max()),
        "InvocationCount": runs.len(),
        "ActiveTaskCount": runs.iter().filter(|(_, active)| *active).count(),
        "OSType": word(one.os),
        "SupportSessionManager": one.agent.installed,
    })
}

/// When the runs of an instance began, and whether they still go on.
fn runs(commands: &Commands, instance: &str) -> Vec<(jiff::Timestamp, bool)> {
    let targets = commands.invocations.values().flat_map(|one| &one.targets).filter(|target| target.instance == instance);
    targets.flat_map(|target| &target.runs).filter_map(|run| Some((run.started?, run.end.is_none()))).collect()
}

fn word(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::Windows => "Windows",
    }
}
