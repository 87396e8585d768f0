//! How much of an account's rate limit steward takes, and who gets it: one window of a minute per (account, region, operation),
//! as the vendors count. Three lanes by urgency; within a lane the credentials take turns. Sends nothing itself.
//!
//! While somebody waits for a window, one task looks out for its opening and hands out the permits in their order; it ends with
//! the last waiter.

mod window;

use super::error::Operation;
use crate::ambient::Clock;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use window::{Shares, Window};

/// The vendors count in minutes, and so do we, on the same marks of the clock.
const WINDOW_SECONDS: i64 = 60;
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

    fn index(self) -> usize {
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

/// The limits of the vendors, and how much of them is ours.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Part of a limit that steward takes, in percent: the account feeds other tools too.
    pub share_percent: u32,
    /// Part of that share which checks may take, in percent.
    pub check_percent: u32,
    /// Calls a minute of an operation that is not named below.
    pub default_per_minute: u32,
    /// Calls a minute, by `service:Operation`.
    pub per_minute: HashMap<String, u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            share_percent: 70,
            check_percent: 30,
            // An assumption: the vendor publishes no figure for most operations, and shows the account's in its quota centre.
            // 500 is the smallest that it does publish for this service.
            default_per_minute: 500,
            // Join is published. Leave is not; it is assumed to be counted like its twin.
            per_minute: HashMap::from([("ecs:JoinSecurityGroup".to_owned(), 1000), ("ecs:LeaveSecurityGroup".to_owned(), 1000)]),
        }
    }
}

impl Limits {
    fn shares(&self, operation: Operation) -> Shares {
        let limit = self.per_minute.get(&operation.to_string()).copied().unwrap_or(self.default_per_minute);
        Shares::of(limit, self.share_percent, self.check_percent)
    }
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

    /// The cloud refused a call for its rate: nothing more until the next window, or for as long as it asked.
    pub fn throttled(&self, key: &BudgetKey, retry_after: Option<Duration>) {
        let asked = retry_after.unwrap_or_default().min(LONGEST_CLOSING);
        let until = Instant::now() + self.until_next_window().max(asked);
        let mut state = self.lock();
        let window = self.window(&mut state, key);
        window.close(until);
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
                self.until_next_window().max(window.closed_for(now))
            };
            tokio::time::sleep(opens.max(Duration::from_millis(1))).await;
        }
    }

    fn window<'a>(&self, state: &'a mut State, key: &BudgetKey) -> &'a mut Window {
        let number = self.window_number();
        if !state.windows.contains_key(key) {
            // Accounts come and go; a window that nobody waits for and that is over has nothing to tell.
            state.windows.retain(|_, window| !window.is_over(number, Instant::now()));
        }
        let window = state.windows.entry(key.clone()).or_insert_with(|| Window::new(self.limits.shares(key.operation), number));
        window.turn_to(number);
        window
    }

    fn window_number(&self) -> i64 {
        self.clock.now().as_second().div_euclid(WINDOW_SECONDS)
    }

    fn until_next_window(&self) -> Duration {
        let now = self.clock.now();
        let next = (now.as_second().div_euclid(WINDOW_SECONDS) + 1) * WINDOW_SECONDS;
        Timestamp::from_second(next)
            .map_or(Duration::from_secs(WINDOW_SECONDS.unsigned_abs()), |next| next.duration_since(now).unsigned_abs())
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
    granted: oneshot::Receiver<()>,
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
        let number = self.budget.window_number();
        if let Some(window) = state.windows.get_mut(&self.key) {
            window.turn_to(number);
            if !window.leave(self.lane, &self.tenant, self.number) {
                window.give_back(self.lane);
            }
            window.hand_out(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;
