//! Commands that stay with the cloud: when they run next, how the last runs ended. The cloud tells of each instance how often it ran there and what
//! came of the last time; where more than one run was missed, its list of all of them is read as well.

use super::result::phase;
use super::telling::LAST_LOOK;
use super::{Draft, Reason, Verdict, is_out, settled, stuck, working};
use crate::api::cloud_command::RepeatMode;
use crate::api::cloud_command::status::{MAX_RECENT, Outcome, Phase, RecentRun, Schedule};
use crate::api::envelope::Time;
use crate::api::journal::JournalState;
use crate::cloud::alibaba::ecs::commands::{Invocation, InvocationResult, InvocationStatus};
use crate::kinds::cloud_command::observe::{ended, ended_there, is_under_way};
use crate::kinds::cloud_command::rules;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A run shows some seconds after it was due.
const AFTER_DUE: SignedDuration = SignedDuration::from_secs(10);
/// The cloud tries for a minute to bring a run to an instance, and says some seconds later that it could not.
const SPREAD: SignedDuration = SignedDuration::from_secs(90);

impl Draft<'_> {
    pub(super) fn repeats(&self) -> bool {
        matches!(self.object.spec.repeat_mode, RepeatMode::Period | RepeatMode::EveryReboot)
    }

    /// Whether a schedule that is over would have gone on if nobody had stopped it.
    pub(super) fn was_cut_short(&self) -> bool {
        let over = self.status.finished_at.map_or(self.now, Time::get);
        match self.object.spec.repeat_mode {
            RepeatMode::Once | RepeatMode::NextRebootOnly => false,
            RepeatMode::EveryReboot => true,
            RepeatMode::Period => {
                rules::frequency_of(&self.object.spec).ok().flatten().is_some_and(|frequency| frequency.goes_on_after(over))
            }
        }
    }

    /// What the cloud has of the present intent.
    fn scheduled(&self) -> impl Iterator<Item = &Invocation> {
        let present = self.intent().map(|intent| intent.hash.as_str());
        let entries = self.status.operations.iter().filter(move |entry| is_out(entry) && present == Some(entry.intent_hash.as_str()));
        entries.filter_map(|entry| self.invocation(entry.ids.first()?))
    }

    /// Takes down the runs whose results were read. Before entries are settled: with its last run a schedule is over.
    pub(super) fn note_runs(&mut self) {
        if self.object.spec.repeat_mode == RepeatMode::Once {
            return;
        }
        let read = self.runs_read();
        if read.is_empty() {
            return;
        }
        let spread = self.spread();
        let are_one = |run: &RecentRun, at: Timestamp| run.at.get().duration_since(at).abs() <= spread;
        let mut runs: Vec<RecentRun> = Vec::new();
        for (number, at, result) in read {
            let known = runs.iter().position(|run| are_one(run, at)).unwrap_or_else(|| {
                runs.push(RecentRun { number, at: at.into(), succeeded: 0, failed: 0 });
                runs.len() - 1
            });
            let run = &mut runs[known];
            run.number = run.number.max(number);
            let count = if went_well(result) { &mut run.succeeded } else { &mut run.failed };
            *count = count.saturating_add(1);
        }
        let ended = ended(self.scheduled());
        let schedule = self.status.schedule.get_or_insert_default();
        schedule.ended = ended;
        for run in runs {
            match schedule.recent.iter_mut().find(|known| are_one(known, run.at.get())) {
                // Of an instance that has run again since, this run is not told any more.
                Some(known) if total(known) > total(&run) => {}
                Some(known) => *known = run,
                None => schedule.recent.push(run),
            }
        }
        schedule.recent.sort_by_key(|run| std::cmp::Reverse((run.at.get(), run.number)));
        schedule.recent.truncate(MAX_RECENT);
        self.has_news = true;
    }

    /// How far apart one run may begin, or fail to, on different instances. What the cloud counts tells no run from the next: on an instance that
    /// was down for one it stays behind.
    fn spread(&self) -> SignedDuration {
        let frequency = rules::frequency_of(&self.object.spec).ok().flatten();
        frequency.map_or(SPREAD, |frequency| (frequency.shortest_step(self.now) / 2).min(SPREAD))
    }

    /// The runs on each instance that have ended, as far as they were read: the number of each, its time, and what came of it; the earliest first.
    fn runs_read(&self) -> Vec<(i64, Timestamp, &InvocationResult)> {
        let mut runs = Vec::new();
        for invocation in self.scheduled() {
            let mut by_instance: BTreeMap<&str, Vec<(Timestamp, &InvocationResult)>> = BTreeMap::new();
            let read = self.seen.history.get(&invocation.id).or_else(|| self.seen.results.get(&invocation.id));
            for result in read.into_iter().flatten().filter(|result| !is_under_way(result)) {
                let (Some(_), Some(at)) = (result.finished, result.started.or(result.finished)) else { continue };
                by_instance.entry(&result.instance_id).or_default().push((at, result));
            }
            for (instance, mut listed) in by_instance {
                listed.sort_by_key(|(at, _)| *at);
                let count = invocation.instances.iter().find(|result| result.instance_id == instance).map_or(0, ended_there);
                let begun = listed.iter().filter(|(_, result)| result.started.is_some()).count();
                let mut number = count.saturating_sub(i64::try_from(begun).unwrap_or(i64::MAX));
                for (at, result) in listed {
                    number += i64::from(result.started.is_some());
                    runs.push((number, at, result));
                }
            }
        }
        runs.sort_by_key(|(number, at, _)| (*at, *number));
        runs
    }

    pub(super) fn tell_schedule(&mut self) {
        if self.object.spec.repeat_mode == RepeatMode::Once {
            return;
        }
        let next_run = if self.status.finished_at.is_some() { None } else { self.next_run().map(Into::into) };
        let Schedule { ended, recent, .. } = self.status.schedule.take().unwrap_or_default();
        let last = recent.first();
        let last_run = last.map(|run| run.at);
        let last_outcome = last.map(|run| if run.failed > 0 { Outcome::Failed } else { Outcome::Succeeded });
        self.status.schedule = Some(Schedule { next_run, last_run, last_outcome, ended, recent });
        if let Some(summary) = &mut self.status.summary {
            summary.last_run = last_run.or(summary.last_run);
        }
    }

    fn next_run(&self) -> Option<Timestamp> {
        let frequency = rules::frequency_of(&self.object.spec).ok().flatten()?;
        // Intervals count from when the cloud took it.
        let accepted = self.scheduled().filter_map(|invocation| invocation.created).min();
        let sent = || self.intent().and_then(|intent| intent.started_at).map(Time::get);
        frequency.next_run(accepted.or_else(sent), self.now)
    }

    pub(super) fn schedule_verdict(&mut self) -> Verdict {
        if let Some(at) = self.next_run() {
            self.look_at(at.saturating_add(AFTER_DUE).unwrap_or(at));
        }
        let has_come_due = |result: &InvocationResult| is_under_way(result) || result.status == InvocationStatus::Pending;
        if self.scheduled().flat_map(|invocation| &invocation.instances).any(has_come_due) {
            self.look_in(LAST_LOOK);
        }
        if self.object.spec.cancel {
            self.look_at_runs();
            return working(Reason::Running, "stopped; what runs already runs to its end");
        }
        // That the cloud has it is put down as soon as it is seen.
        self.has_news |= self.status.operations.iter().any(|entry| entry.state == JournalState::Submitted);
        // The verdict is written now: when it runs next is written with it.
        self.has_news |= self.status.schedule.as_ref().is_none_or(|schedule| schedule.next_run.is_none()) && self.next_run().is_some();
        self.tell();
        if self.so_far().0.cancelled > 0 {
            return stuck(Reason::Cancelled, self.who_stopped_it());
        }
        let failed = self.repeats() && self.status.schedule.as_ref().is_some_and(|schedule| schedule.last_outcome == Some(Outcome::Failed));
        if failed {
            let message = "the last run failed on some of the targets: status.results says on which, and why";
            return stuck(Reason::LastRunFailed, message);
        }
        settled(Reason::Scheduled, "the schedule is with the cloud")
    }
}

/// Whether a run that has ended did so as it should. One that was stopped after it had ended says so, and its exit code still counts.
fn went_well(result: &InvocationResult) -> bool {
    if result.status == InvocationStatus::Cancelled {
        return result.exit_code == Some(0) && result.error_code.is_none();
    }
    phase(result) == Phase::Succeeded
}

fn total(run: &RecentRun) -> i32 {
    run.succeeded.saturating_add(run.failed)
}
