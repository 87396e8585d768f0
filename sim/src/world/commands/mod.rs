//! Cloud Assistant, as the world keeps it: agents, what was asked of them, and what they are to make of it. What becomes of a run as time goes
//! by is said in `progress`, the words of the vendor for it in `status`; the rules of the operations are in `alibaba::ecs::commands`.

pub(crate) mod ledger;
pub(crate) mod outcome;
mod progress;
pub(crate) mod status;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use self::outcome::{CommandOutcome, Plan};
use self::status::Status;
use super::World;
use crate::alibaba::ecs::commands::frequency::Frequency;
use crate::clock::later;
use crate::hex::hex;

/// How long finished invocations are shown, and how many.
const SHOWN_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
const SHOWN: usize = 10_000;

#[derive(Clone, Debug, Default)]
pub(crate) struct Commands {
    /// All that were ever accepted: what the cloud forgets, the ledger does not.
    pub(crate) invocations: BTreeMap<String, Invocation>,
    /// Those that time still changes.
    live: BTreeSet<String>,
    pub(crate) outcomes: Vec<CommandOutcome>,
    pub(crate) tokens: BTreeMap<Token, Remembered>,
    /// Tokens of calls that are being held back, with how many there are.
    pub(crate) in_flight: BTreeMap<Token, usize>,
    made: u32,
    /// Since then agents and instances have been as they are now.
    settled: Option<Timestamp>,
    /// Except for what somebody just changed.
    pub(super) disturbed: bool,
    /// By account and region: commands that are kept, and how many were run on which day of UTC.
    kept: BTreeMap<(String, String), usize>,
    by_day: BTreeMap<(String, String, i64), usize>,
}

/// Account, region, and the client's text.
pub(crate) type Token = (String, String, String);

/// What a client token stands for: the other parameters, and the answer that they got.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) invocation: String,
    pub(crate) at: Timestamp,
}

/// The system of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Os {
    #[default]
    Linux,
    Windows,
}

impl Os {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
        }
    }

    /// Of the two version lines: the one of this system.
    pub(crate) fn version(self, build: u32) -> String {
        match self {
            Self::Linux => format!("2.2.3.{build}"),
            Self::Windows => format!("2.1.3.{build}"),
        }
    }
}

/// Cloud Assistant Agent of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agent {
    pub(crate) installed: bool,
    pub(crate) running: bool,
    pub(crate) version: String,
}

impl Agent {
    pub(crate) fn of(os: Os, seed: &AgentSeed) -> Self {
        let mut agent = Self { installed: true, running: true, version: os.version(900) };
        agent.change(seed);
        agent
    }

    pub(crate) fn change(&mut self, seed: &AgentSeed) {
        self.installed = seed.installed.unwrap_or(self.installed);
        self.running = seed.running.unwrap_or(self.running);
        if let Some(version) = &seed.version {
            self.version.clone_from(version);
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.installed && self.running
    }
}

/// An agent as seeds and edits say it; absent means unchanged, or there, running and new enough for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AgentSeed {
    pub installed: Option<bool>,
    pub running: Option<bool>,
    pub version: Option<String>,
}

/// How `ExitCode` reads while there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExitCodeBeforeEnd {
    #[default]
    Missing,
    Zero,
}

/// What `DescribeCloudAssistantStatus` makes of an instance that has no agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Agentless {
    #[default]
    Missing,
    /// With the status "false".
    Listed,
}

/// When a command runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Repeat {
    #[default]
    Once,
    Period(Frequency),
    NextRebootOnly,
    EveryReboot,
}

impl Repeat {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Once => "Once",
            Self::Period(_) => "Period",
            Self::NextRebootOnly => "NextRebootOnly",
            Self::EveryReboot => "EveryReboot",
        }
    }
}

/// What a `RunCommand` asked for, once it was accepted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    /// Decoded, as it was sent.
    pub(crate) content: Vec<u8>,
    /// As sent: JSON text.
    pub(crate) parameters: String,
    /// The values for the names in the content, by lower-case name; None: the braces stay as they are.
    pub(crate) values: Option<BTreeMap<String, String>>,
    pub(crate) working_dir: String,
    pub(crate) username: String,
    pub(crate) timeout: SignedDuration,
    pub(crate) repeat: Repeat,
    /// As sent.
    pub(crate) frequency: String,
    pub(crate) keep: bool,
    pub(crate) in_container: bool,
    pub(crate) container_name: String,
    pub(crate) container_id: String,
    pub(crate) termination_mode: String,
    pub(crate) launcher: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) resource_group: Option<String>,
    pub(crate) client_token: Option<String>,
    /// The last number of the version that an agent must have for this, on either system.
    pub(crate) least_build: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) order: Order,
    pub(crate) created: Timestamp,
    /// Describe does not see it before.
    pub(crate) shown_from: Timestamp,
    pub(crate) targets: Vec<Target>,
}

/// An instance of an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) instance: String,
    /// In the order of their time; the last may still be under way.
    pub(crate) runs: Vec<Run>,
    /// When the next run is due.
    pub(crate) next: Option<Timestamp>,
    /// It runs when the instance starts.
    pub(crate) awaits_reboot: bool,
    /// When somebody stopped it.
    pub(crate) stopped: Option<Timestamp>,
    /// Whether that came before it began.
    pub(crate) cancelled: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) due: Timestamp,
    pub(crate) plan: Plan,
    pub(crate) started: Option<Timestamp>,
    pub(crate) end: Option<End>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) at: Timestamp,
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i32>,
    pub(crate) error_code: String,
    pub(crate) error_info: String,
    pub(crate) output: String,
    pub(crate) dropped: usize,
}

impl Commands {
    /// Takes an order; gives the new invocation.
    pub(crate) fn accept(&mut self, order: Order, instances: &[String], now: Timestamp, lag: SignedDuration) -> &Invocation {
        self.made += 1;
        let unique = |kind: &str| {
            let digest = hex(&Sha256::digest(format!("steward-cloudsim {kind} {}", self.made)));
            format!("{kind}-{:08x}{}", self.made, &digest[..24])
        };
        let (id, command) = (unique("t"), unique("c"));
        let place = (order.account.clone(), order.region.clone());
        *self.by_day.entry((place.0.clone(), place.1.clone(), day(now))).or_default() += 1;
        *self.kept.entry(place).or_default() += usize::from(order.keep);
        let first = match &order.repeat {
            Repeat::Once => Some(now),
            Repeat::Period(frequency) => frequency.after(now),
            Repeat::NextRebootOnly | Repeat::EveryReboot => None,
        };
        let targets = instances
            .iter()
            .map(|instance| Target {
                instance: instance.clone(),
                runs: Vec::new(),
                next: first,
                awaits_reboot: matches!(order.repeat, Repeat::NextRebootOnly | Repeat::EveryReboot),
                stopped: None,
                cancelled: false,
            })
            .collect();
        let shown_from = later(now, lag);
        let invocation = Invocation { id: id.clone(), command, order, created: now, shown_from, targets };
        self.invocations.entry(id).or_insert(invocation)
    }

    pub(crate) fn kept(&self, account: &str, region: &str) -> usize {
        self.kept.get(&(account.to_owned(), region.to_owned())).copied().unwrap_or(0)
    }

    /// Invocations of the day.
    pub(crate) fn today(&self, account: &str, region: &str, now: Timestamp) -> usize {
        self.by_day.get(&(account.to_owned(), region.to_owned(), day(now))).copied().unwrap_or(0)
    }

    /// What Describe finds of an account in a region, oldest first.
    pub(crate) fn shown(&self, account: &str, region: &str, now: Timestamp) -> Vec<&Invocation> {
        let all: Vec<&Invocation> =
            self.invocations.values().filter(|one| one.is_of(account, region) && one.shown_from <= now && !one.is_forgotten(now)).collect();
        let forgotten = all.len().saturating_sub(SHOWN);
        all.into_iter().skip(forgotten).collect()
    }
}

fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(86_400)
}

impl Invocation {
    pub(crate) fn is_of(&self, account: &str, region: &str) -> bool {
        self.order.account == account && self.order.region == region
    }

    pub(crate) fn is_forgotten(&self, now: Timestamp) -> bool {
        self.over_since().is_some_and(|end| now.duration_since(end) >= SHOWN_FOR)
    }

    /// None: time may still change it.
    pub(crate) fn over_since(&self) -> Option<Timestamp> {
        self.targets.iter().map(Target::over_since).try_fold(self.created, |latest, end| end.map(|end| end.max(latest)))
    }
}

impl Target {
    pub(crate) fn is_under_way(&self) -> bool {
        self.runs.last().is_some_and(|run| run.end.is_none())
    }

    fn over_since(&self) -> Option<Timestamp> {
        if self.next.is_some() || self.awaits_reboot {
            return None;
        }
        match self.runs.last() {
            Some(run) => run.end.as_ref().map(|end| end.at.max(self.stopped.unwrap_or(end.at))),
            None => self.stopped,
        }
    }

    /// What has not begun will not; what runs goes on.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        if self.over_since().is_some() {
            return;
        }
        if let Some(run) = self.runs.last_mut().filter(|run| run.started.is_none() && run.end.is_none()) {
            run.end = Some(End::without_a_run(Status::Cancelled, now, "", ""));
        }
        self.cancelled = !self.is_under_way();
        self.next = None;
        self.awaits_reboot = false;
        self.stopped = Some(now);
    }
}

impl World {
    /// The instance starts anew: what runs on it is cut off, what waits for this begins.
    pub(super) fn reboot(&mut self, id: &str, now: Timestamp) -> Result<()> {
        self.instances.get(id).with_context(|| format!("there is no instance {id}"))?;
        self.commands.reboot(id, now);
        Ok(())
    }

    pub(super) fn stop_invocation(&mut self, id: &str, now: Timestamp) -> Result<()> {
        let invocation = self.commands.invocations.get_mut(id).with_context(|| format!("there is no invocation {id}"))?;
        invocation.targets.iter_mut().for_each(|target| target.stop(now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ten_thousand_are_shown_and_all_are_kept() {
        let mut commands = Commands::default();
        let now = Timestamp::UNIX_EPOCH;
        let order = Order { account: "1".to_owned(), region: "r".to_owned(), ..Order::default() };
        let first = commands.accept(order.clone(), &[], now, SignedDuration::ZERO).id.clone();
        for _ in 1..SHOWN {
            commands.accept(order.clone(), &[], now, SignedDuration::ZERO);
        }
        assert_eq!(commands.shown("1", "r", now)[0].id, first);
        commands.accept(order, &[], now, SignedDuration::ZERO);
        let shown = commands.shown("1", "r", now);
        assert_eq!((shown.len(), shown[0].id == first, commands.invocations.len()), (SHOWN, false, SHOWN + 1));
        assert!(commands.shown("2", "r", now).is_empty());
    }
}
