//! What the cloud says of the runs on record, of runs that carry the object's tag, and of targets that are about to run. What has to be asked is
//! told from the object alone (`Agenda`), so that a settled command asks nothing.

use super::agenda::{Agenda, Told};
use crate::api::cloud_command::status::TargetResult;
use crate::api::envelope::Time;
use crate::cloud::alibaba::ecs::commands::{Agent, Invocation, InvocationResult, InvocationStatus};
use crate::cloud::alibaba::ecs::{Ecs, Instance, InstanceFilter, Tag};
use crate::cloud::error::CloudError;
use crate::cloud::session::Session;
use futures::future::try_join_all;
use std::collections::BTreeMap;

/// The most runs that are listed one by one, at fifty a call.
const LONGEST_HISTORY: i64 = 1000;

/// What the cloud says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    pub region: String,
    /// The invocations that the journal names, by id; `None` for those that the cloud does not show.
    pub invocations: BTreeMap<String, Option<Invocation>>,
    /// The outputs of those that are over, as far as they were asked for.
    pub results: BTreeMap<String, Vec<InvocationResult>>,
    /// Every run of a schedule of which more than the last one is news.
    pub history: BTreeMap<String, Vec<InvocationResult>>,
    /// Whatever carries the object's tag. `None` if it was not asked for.
    pub ours: Option<Vec<Invocation>>,
    /// What the selector means. `None` if it was not asked for.
    pub selected: Option<Vec<String>>,
    /// The targets that are about to run, and their agents. Those that are not in here were not looked at.
    pub targets: BTreeMap<String, Target>,
}

/// A server, as far as it matters for a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `None` if the cloud does not know it.
    pub instance: Option<Instance>,
    pub agent: Option<Agent>,
}

pub(super) async fn observe(agenda: Agenda<'_>, cloud: &Session) -> Result<Observed, CloudError> {
    let ecs = cloud.ecs()?;
    let ecs = &ecs;
    let group = agenda.resource_group;
    let mut seen = Observed { region: cloud.region.clone(), ..Observed::default() };
    let asked = agenda.invocations.iter().map(async |id| Ok::<_, CloudError>((id.clone(), ecs.invocation(id, group).await?)));
    seen.invocations = try_join_all(asked).await?.into_iter().collect();
    // A schedule is not over for a long time: its results are read whenever a run has ended.
    let shown = || seen.invocations.values().flatten();
    let more_ended = ended(shown()) != agenda.told.ended;
    let is_news = |run: &&Invocation| is_schedule(run) && (more_ended || has_news(run, agenda.told));
    let results = async |run: &Invocation| Ok::<_, CloudError>((run.id.clone(), ecs.invocation_results(&run.id, group, false).await?));
    let history = async |run: &Invocation| Ok::<_, CloudError>((run.id.clone(), ecs.invocation_results(&run.id, group, true).await?));
    let read = try_join_all(shown().filter(|run| is_over(run) || is_news(run)).map(results)).await?;
    let listed = try_join_all(shown().filter(|run| is_news(run) && has_missed_runs(run, agenda.told)).map(history)).await?;
    seen.results = read.into_iter().collect();
    seen.history = listed.into_iter().collect();
    if let Some(tag) = &agenda.look_up {
        seen.ours = Some(ecs.invocations_tagged((super::OBJECT_TAG, tag), group).await?);
    }
    let mut targets = agenda.targets;
    if let Some(selector) = agenda.select {
        let filter = InstanceFilter {
            tags: selector.tags.iter().map(|tag| Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) }).collect(),
            vpc_id: selector.vpc_id.clone(),
            zone_id: selector.zone_id.clone(),
            resource_group_id: selector.resource_group_id.clone(),
        };
        let mut selected: Vec<String> = ecs.select_instances(filter).await?.into_iter().map(|instance| instance.id).collect();
        selected.sort_unstable();
        targets.clone_from(&selected);
        seen.selected = Some(selected);
    }
    seen.targets = look_at(ecs, &targets).await?;
    Ok(seen)
}

async fn look_at(ecs: &Ecs, ids: &[String]) -> Result<BTreeMap<String, Target>, CloudError> {
    let instances = try_join_all(ids.iter().map(async |id| Ok::<_, CloudError>((id.clone(), ecs.instance(id).await?)))).await?;
    let there: Vec<String> = instances.iter().filter(|(_, instance)| instance.is_some()).map(|(id, _)| id.clone()).collect();
    let mut agents = ecs.agents(&there).await?;
    Ok(instances.into_iter().map(|(id, instance)| (id.clone(), Target { instance, agent: agents.remove(&id) })).collect())
}

/// Whether it stays with the cloud, to run at its time.
pub(super) fn is_schedule(invocation: &Invocation) -> bool {
    !["", "Once"].contains(&invocation.repeat_mode.as_str())
}

/// How many runs of schedules have ended, those of all instances together.
pub(super) fn ended<'a>(invocations: impl Iterator<Item = &'a Invocation>) -> i64 {
    let schedules = invocations.filter(|invocation| is_schedule(invocation));
    schedules.flat_map(|invocation| &invocation.instances).map(ended_there).fold(0, i64::saturating_add)
}

/// How many have ended on this instance, as the cloud counts: those that never began are not among them.
pub(super) fn ended_there(result: &InvocationResult) -> i64 {
    result.repeats.saturating_sub(i64::from(is_under_way(result))).max(0)
}

/// Whether a run ended that is not on record, also one that the cloud does not count.
fn has_news(invocation: &Invocation, told: Told<'_>) -> bool {
    let is_other = |last: &TargetResult, result: &InvocationResult| last.finished_at.map(Time::get) != result.finished;
    let mut ended = invocation.instances.iter().filter(|result| !is_under_way(result) && result.finished.is_some());
    ended.any(|result| told.last(&result.instance_id).is_some_and(|last| is_other(last, result)))
}

/// Whether more runs have ended somewhere since results were read than the last one, and the list of all of them is not too long to be read.
fn has_missed_runs(invocation: &Invocation, told: Told<'_>) -> bool {
    let missed = |result: &InvocationResult| told.count(&result.instance_id).is_some_and(|known| ended_there(result) - known > 1);
    invocation.instances.iter().any(missed) && ended(std::iter::once(invocation)) <= LONGEST_HISTORY
}

/// Whether a run is going on there.
pub(super) fn is_under_way(result: &InvocationResult) -> bool {
    matches!(result.status, InvocationStatus::Running | InvocationStatus::Stopping)
}

/// Whether nothing more will come of an invocation. The cloud's word for all its instances together is believed as far as none of them contradicts
/// it; a list of instances may be cut short.
pub(super) fn is_over(invocation: &Invocation) -> bool {
    let active = |status: &InvocationStatus| !status.is_over() && !matches!(status, InvocationStatus::Unknown(_));
    match invocation.status.as_str() {
        "Success" | "Failed" | "PartialFailed" | "Stopped" => !invocation.instances.iter().any(|instance| active(&instance.status)),
        "Pending" | "Running" | "Scheduled" | "Stopping" => false,
        _ => !invocation.instances.is_empty() && invocation.instances.iter().all(|instance| instance.status.is_over()),
    }
}
