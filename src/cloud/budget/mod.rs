//! How much of an account's rate limit steward takes, and who gets it: one window per (account, region, operation), as the
//! vendors count. Three lanes by urgency; within a lane the credentials take turns. Sends nothing itself.
//!
//! While somebody waits for a window, one task looks out for its opening and hands out the permits in their order; it ends with
//! the last waiter.

mod lessons;
mod limits;
mod window;

use super::error::Operation;
use crate::ambient::Clock;
pub use lessons::Learned;
use lessons::Lessons;
pub use limits::{Limit, Limits, Rule, RuleError};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use window::{Shares, Window};

/// No answer closes a window for longer than this, whatever it asks for.
const LONGEST_CLOSING: Duration = Duration::from_secs(600);

/// How urgent a call is; the order is the precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Somebody changed an object and looks at it.
    Edit,
    /// Deletions, polling, repeats.
    Work,
    /// Background checks of what is settled.
    Check,
}

impl Lane {
    pub const ALL: [Self; 3] = [Self::Edit, Self::Work, Self::Check];

    /// The word in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Work => "work",
            Self::Check => "check",
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Edit => 0,
            Self::Work => 1,
            Self::Check => 2,
        }
    }
}

/// What the vendors count together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BudgetKey {
    pub account: String,
    pub region: String,
    pub operation: Operation,
}

/// How long calls of one operation waited in one lane, since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    pub operation: Operation,
    pub lane: Lane,
    /// Waiting at this moment.
    pub waiting: usize,
    /// Permits that were given after a wait.
    pub waited: u64,
    pub waited_for: Duration,
    /// Permits that were given, with and without a wait.
    pub admitted: u64,
}

/// How much of the permits of one operation is used, wherever most is, and how long its cloud has refused calls for their rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    pub operation: Operation,
    /// 1 if nothing is left of a window that runs, or ran just before.
    pub used: f64,
    /// For how long windows were closed after a refusal, since the start, over all accounts and regions.
    pub refused_for: Duration,
}

#[derive(Default)]
struct Tally {
    waiting: usize,
    waited: u64,
    waited_for: Duration,
    admitted: u64,
}

#[derive(Default)]
struct State {
    windows: HashMap<BudgetKey, Window>,
    tallies: HashMap<(Operation, Lane), Tally>,
    refused_for: HashMap<Operation, Duration>,
    next_ticket: u64,
}

/// All windows of all accounts. One for the whole process.
pub struct Budget {
    /// For the tasks that look out for windows.
    myself: Weak<Self>,
    clock: Clock,
    limits: Limits,
    state: Mutex<State>,
}

impl Budget {
    pub fn new(clock: Clock, limits: Limits) -> Arc<Self> {
        Arc::new_cyclic(|myself| Self { myself: Weak::clone(myself), clock, limits, state: Mutex::default() })
    }

    /// Waits for a permit for one call. A waiter that is dropped takes nothing: its place, or the permit it was just given, goes
    /// to the next.
    pub async fn admit(&self, key: &BudgetKey, lane: Lane, tenant: &str) {
        let since = Instant::now();
        let mut ticket = self.queue(key, lane, tenant);
        let waited = ticket.granted.try_recv().is_err();
        if waited {
            // The sender goes only by granting: a window with waiters is never forgotten.
            let _ = (&mut ticket.granted).await;
        }
        ticket.taken = true;
        self.note_admission(key.operation, lane, waited, since.elapsed());
    }

    /// Takes a permit if one is to be had at once, and otherwise leaves no trace in the queue.
    pub fn try_admit(&self, key: &BudgetKey, lane: Lane, tenant: &str) -> bool {
        let mut ticket = self.queue(key, lane, tenant);
        ticket.taken = ticket.granted.try_recv().is_ok();
        if ticket.taken {
            self.note_admission(key.operation, lane, false, Duration::ZERO);
        }
        ticket.taken
    }

    /// The cloud refused a call for its rate: nothing more until the next window, or for as long as it asked; and fewer from then
    /// on, unless the answer named the limit and `learned` was told so before.
    pub fn throttled(&self, key: &BudgetKey, retry_after: Option<Duration>) {
        let (now, wall) = (Instant::now(), self.clock.now());
        let mut state = self.lock();
        let window = self.window(&mut state, key);
        let closed_before = window.closed_for(now);
        window.close(now + window.opens_in(wall).max(retry_after.unwrap_or_default().min(LONGEST_CLOSING)));
        let longer = window.closed_for(now).saturating_sub(closed_before);
        if window.refused(now, wall) {
            window.turn_to(now, wall, |limit| Shares::of(limit.calls, self.limits.share_percent, self.limits.check_percent));
            let calls = window.limit(now).calls;
            tracing::warn!(account = key.account, region = key.region, operation = %key.operation, limit = calls, "refused within our share of the limit: it is taken to be half of what it was, for an hour");
        }
        *state.refused_for.entry(key.operation).or_default() += longer;
    }

    /// An answer, refused or not, told something about its operation's limit. Of a refusal this is told before `throttled` is.
    pub fn learned(&self, key: &BudgetKey, learned: Learned) {
        let (now, wall) = (Instant::now(), self.clock.now());
        let mut state = self.lock();
        let window = self.window(&mut state, key);
        if window.told(learned, now, wall) {
            window.turn_to(now, wall, |limit| Shares::of(limit.calls, self.limits.share_percent, self.limits.check_percent));
            let limit = window.limit(now);
            tracing::info!(account = key.account, region = key.region, operation = %key.operation, limit = limit.calls, per = ?limit.per, "the cloud told its limit");
        }
        if learned.remaining == Some(0) {
            window.close(now + learned.resets_in.unwrap_or_else(|| window.opens_in(wall)).min(LONGEST_CLOSING));
        }
        window.hand_out(now);
    }

    /// For metrics: who waited, and for how long.
    pub fn waits(&self) -> Vec<Waits> {
        let state = self.lock();
        let mut waits: Vec<Waits> = state
            .tallies
            .iter()
            .map(|((operation, lane), tally)| Waits {
                operation: *operation,
                lane: *lane,
                waiting: tally.waiting,
                waited: tally.waited,
                waited_for: tally.waited_for,
                admitted: tally.admitted,
            })
            .collect();
        waits.sort_by_key(|wait| (wait.operation.service, wait.operation.name, wait.lane));
        waits
    }

    /// For metrics: what is used of each operation that was ever called.
    pub fn usage(&self) -> Vec<Usage> {
        let wall = self.clock.now();
        let state = self.lock();
        let mut usage: BTreeMap<(&str, &str), Usage> = BTreeMap::new();
        let called = state.tallies.keys().map(|(operation, _)| (*operation, 0.0));
        let windows = state.windows.iter().map(|(key, window)| (key.operation, window.used_share(wall)));
        for (operation, used) in called.chain(windows) {
            let refused_for = state.refused_for.get(&operation).copied().unwrap_or_default();
            let so_far = usage.entry((operation.service, operation.name)).or_insert(Usage { operation, used, refused_for });
            so_far.used = so_far.used.max(used);
        }
        usage.into_values().collect()
    }

    fn queue(&self, key: &BudgetKey, lane: Lane, tenant: &str) -> Ticket<'_> {
        let (sender, granted) = oneshot::channel();
        let mut state = self.lock();
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.tallies.entry((key.operation, lane)).or_default().waiting += 1;
        let window = self.window(&mut state, key);
        window.queue(lane, tenant, number, sender);
        window.hand_out(Instant::now());
        if let Some(budget) = self.myself.upgrade()
            && window.needs_a_lookout()
        {
            tokio::spawn(budget.look_out(key.clone()));
        }
        Ticket { budget: self, key: key.clone(), lane, tenant: tenant.to_owned(), number, granted, taken: false }
    }

    /// Hands out the permits of each window as it opens, for as long as anybody waits.
    async fn look_out(self: Arc<Self>, key: BudgetKey) {
        loop {
            let opens = {
                let mut state = self.lock();
                let window = self.window(&mut state, &key);
                let now = Instant::now();
                window.hand_out(now);
                if window.may_end_the_lookout() {
                    return;
                }
                match window.closed_for(now) {
                    Duration::ZERO => window.opens_in(self.clock.now()),
                    closed => closed,
                }
            };
            tokio::time::sleep(opens.max(Duration::from_millis(1))).await;
        }
    }

    fn window<'a>(&self, state: &'a mut State, key: &BudgetKey) -> &'a mut Window {
        let (now, wall) = (Instant::now(), self.clock.now());
        if !state.windows.contains_key(key) {
            // Accounts come and go; a window that nobody waits for and that is over has nothing to tell.
            state.windows.retain(|_, window| !window.is_over(now, wall));
        }
        let fresh = || Window::new(Lessons::new(self.limits.of(key)));
        let window = state.windows.entry(key.clone()).or_insert_with(fresh);
        window.turn_to(now, wall, |limit| Shares::of(limit.calls, self.limits.share_percent, self.limits.check_percent));
        window
    }

    fn note_admission(&self, operation: Operation, lane: Lane, waited: bool, waited_for: Duration) {
        let mut state = self.lock();
        let tally = state.tallies.entry((operation, lane)).or_default();
        tally.admitted += 1;
        if waited {
            tally.waited += 1;
            tally.waited_for += waited_for;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can be left half done by a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue. Dropping it gives back what it holds.
struct Ticket<'a> {
    budget: &'a Budget,
    key: BudgetKey,
    lane: Lane,
    tenant: String,
    number: u64,
    /// The window that the permit is of.
    granted: oneshot::Receiver<i64>,
    taken: bool,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        if let Some(tally) = state.tallies.get_mut(&(self.key.operation, self.lane)) {
            tally.waiting = tally.waiting.saturating_sub(1);
        }
        if self.taken {
            return;
        }
        let window = self.budget.window(&mut state, &self.key);
        if !window.leave(self.lane, &self.tenant, self.number)
            && let Ok(number) = self.granted.try_recv()
        {
            window.give_back(self.lane, number);
        }
        window.hand_out(Instant::now());
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod walks;
