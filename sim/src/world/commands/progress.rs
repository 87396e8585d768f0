//! What time makes of invocations. Nothing ticks: whoever looks or changes something settles first, and everything that was due since then
//! happens in its order and at its own time. Between two such moments agents and instances stay as they are, because edits settle too.

use jiff::{SignedDuration, Timestamp};

use super::outcome::Plan;
use super::status::Status;
use super::{Commands, End, Invocation, Order, Repeat, Run, Target};
use crate::alibaba::ecs::commands::content;
use crate::clock::later;
use crate::world::{Instance, World};

/// How long the cloud tries to bring a command to an instance, and waits for an agent that fell silent.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// Where a run takes place, and how long it has been so.
struct Place<'a> {
    instance: Option<&'a Instance>,
    since: Timestamp,
    now: Timestamp,
}

impl World {
    pub(crate) fn settle(&mut self, now: Timestamp) {
        if self.commands.settled == Some(now) && !self.commands.disturbed {
            return;
        }
        for id in std::mem::take(&mut self.commands.live) {
            self.settle_one(&id, now);
        }
        let since = self.commands.settled.unwrap_or(now);
        self.commands.settled = Some(since.max(now));
        self.commands.disturbed = false;
    }

    pub(crate) fn settle_one(&mut self, id: &str, now: Timestamp) {
        let commands = &mut self.commands;
        let since = commands.settled.unwrap_or(now);
        let Some(invocation) = commands.invocations.get_mut(id) else {
            return;
        };
        let Invocation { order, targets, command, .. } = &mut *invocation;
        for target in targets {
            let place = Place { instance: self.instances.get(&target.instance), since, now };
            let plan = |instance: &Instance| {
                let text = text(order, instance, id, command);
                Plan::of(order, &text, instance, &commands.outcomes)
            };
            target.settle(order, &place, plan);
        }
        if invocation.over_since().is_none() {
            commands.live.insert(id.to_owned());
        }
    }
}

impl Commands {
    /// What runs on the instance is cut off; what waits for its start is due.
    pub(super) fn reboot(&mut self, instance: &str, now: Timestamp) {
        for id in &self.live {
            let invocation = self.invocations.get_mut(id);
            let waiting = invocation.into_iter().flat_map(|one| {
                let again = matches!(one.order.repeat, Repeat::EveryReboot);
                one.targets.iter_mut().map(move |target| (again, target))
            });
            for (again, target) in waiting.filter(|(_, target)| target.instance == instance) {
                if let Some(run) = target.runs.last_mut().filter(|run| run.end.is_none() && run.started.is_some()) {
                    run.end = Some(End::without_a_run(Status::Error, now, "ExecutionInterrupted", "the instance was restarted"));
                }
                if target.awaits_reboot {
                    target.next = Some(now);
                    target.awaits_reboot = again;
                }
            }
        }
    }
}

/// The script that reaches an instance: names in braces have their values.
fn text(order: &Order, instance: &Instance, invocation: &str, command: &str) -> String {
    let text = String::from_utf8_lossy(&order.content);
    let Some(values) = &order.values else {
        return text.into_owned();
    };
    content::filled(&text, |name| match name {
        "acs::regionid" => order.region.clone(),
        "acs::accountid" => order.account.clone(),
        "acs::instanceid" => instance.id.clone(),
        "acs::instancename" => instance.name.clone(),
        "acs::invokeid" => invocation.to_owned(),
        "acs::commandid" => command.to_owned(),
        _ => values.get(name).cloned().unwrap_or_default(),
    })
}

impl Target {
    fn settle(&mut self, order: &Order, place: &Place<'_>, plan: impl Fn(&Instance) -> Plan) {
        loop {
            if let Some(run) = self.runs.last_mut().filter(|run| run.end.is_none()) {
                run.settle(order.timeout, place);
                if run.end.is_none() {
                    return;
                }
            }
            let Some(due) = self.next.filter(|due| *due <= place.now) else {
                return;
            };
            self.next = match &order.repeat {
                Repeat::Period(frequency) => frequency.after(due),
                Repeat::Once | Repeat::NextRebootOnly | Repeat::EveryReboot => None,
            };
            let plan = place.instance.map_or_else(Plan::nowhere, &plan);
            self.runs.push(Run { due, plan, started: None, end: None });
        }
    }
}

impl Run {
    fn settle(&mut self, timeout: SignedDuration, place: &Place<'_>) {
        if self.started.is_none() {
            self.deliver(place);
        }
        if let Some(started) = self.started.filter(|_| self.end.is_none()) {
            self.finish(started, timeout, place);
        }
    }

    /// Begins the run, or gives it up.
    fn deliver(&mut self, place: &Place<'_>) {
        let give_up = later(self.due, PATIENCE);
        let start = later(self.due, self.plan.pending).max(place.since.min(place.now)).max(self.due);
        let obstacle = match place.instance {
            None => Some("InstanceReleased"),
            Some(instance) if instance.status != "Running" => Some("InstanceNotRunning"),
            Some(instance) if !instance.agent.is_alive() => Some("ClientNotRunning"),
            Some(_) => None,
        };
        if obstacle.is_none() && start <= give_up {
            if start > place.now {
                return;
            }
            if !self.plan.never_begins() {
                self.started = Some(start);
                return;
            }
            let end = later(start, self.plan.after);
            if end <= place.now {
                self.end = Some(self.plan.end(end));
            }
            return;
        }
        if give_up <= place.now {
            self.end =
                Some(End::without_a_run(Status::Aborted, give_up, obstacle.unwrap_or("DeliveryTimeout"), "not delivered in a minute"));
        }
    }

    fn finish(&mut self, started: Timestamp, timeout: SignedDuration, place: &Place<'_>) {
        if place.instance.is_none_or(|instance| instance.status != "Running") {
            let at = place.since.max(started);
            self.end = Some(End::without_a_run(Status::Error, at, "ExecutionInterrupted", "the instance is not there any more"));
            return;
        }
        let too_long = later(started, timeout);
        if place.instance.is_some_and(|instance| !instance.agent.is_alive()) {
            let silent = later(too_long, PATIENCE);
            if silent <= place.now {
                self.end = Some(End::without_a_run(Status::Error, silent, "ClientNotResponse", "the agent does not answer"));
            }
            return;
        }
        let end = later(started, self.plan.after);
        if end > too_long {
            if too_long <= place.now {
                let timed_out = End::without_a_run(Status::Timeout, too_long, "ExecutionTimeout", "the script took too long");
                self.end = Some(End { output: self.plan.output.clone(), dropped: self.plan.dropped, ..timed_out });
            }
        } else if end <= place.now {
            self.end = Some(self.plan.end(end));
        }
    }
}

impl Plan {
    /// For an instance that is gone: it will not come to that.
    fn nowhere() -> Self {
        Self {
            pending: SignedDuration::ZERO,
            after: SignedDuration::ZERO,
            status: Status::Aborted,
            exit_code: None,
            error_code: "InstanceReleased".to_owned(),
            error_info: String::new(),
            output: String::new(),
            dropped: 0,
        }
    }

    fn end(&self, at: Timestamp) -> End {
        End {
            at,
            status: self.status,
            exit_code: self.exit_code,
            error_code: self.error_code.clone(),
            error_info: self.error_info.clone(),
            output: self.output.clone(),
            dropped: self.dropped,
        }
    }
}

impl End {
    pub(super) fn without_a_run(status: Status, at: Timestamp, code: &str, info: &str) -> Self {
        Self { at, status, exit_code: None, error_code: code.to_owned(), error_info: info.to_owned(), output: String::new(), dropped: 0 }
    }
}
