//! One window of one limit: who waits for it, what is used, and who is next. Decides; waiting is left to the room's front.

use super::Lane;
use super::lessons::{Learned, Lessons};
use super::limits::Limit;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How many permits a window has, and how many of them are spoken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    /// Permits of a window.
    total: u32,
    /// Of these, at most so many for checks.
    checks: u32,
    /// What each lane keeps while it has work.
    floor: u32,
}

/// A window this small cannot keep a place for each lane; there, every tenth permit goes to whoever was passed over.
const TOO_SMALL_FOR_FLOORS: u32 = 3;
const PASSED_OVER_AT_MOST: u32 = 9;

impl Shares {
    pub(super) fn of(limit: u32, share_percent: u32, check_percent: u32) -> Self {
        let total = percent(limit, share_percent).max(1);
        let floor = if total < TOO_SMALL_FOR_FLOORS { 0 } else { total.div_ceil(10) };
        // At least one: checks that never run would leave drift unseen for ever.
        Self { total, checks: percent(total, check_percent).max(1), floor }
    }
}

fn percent(of: u32, percent: u32) -> u32 {
    u32::try_from(u64::from(of) * u64::from(percent) / 100).unwrap_or(u32::MAX)
}

pub(super) struct Window {
    lessons: Lessons,
    /// The length with which windows are numbered.
    per: Duration,
    shares: Shares,
    number: i64,
    used: [u32; 3],
    /// What was used of the window before, if that was the last one.
    used_before: u32,
    passed_over: [u32; 3],
    closed_until: Option<Instant>,
    lines: [Line; 3],
    /// Whether a task waits for the next window on behalf of all.
    lookout: bool,
}

impl Window {
    /// Not usable before its first turn.
    pub(super) fn new(lessons: Lessons) -> Self {
        Self {
            lessons,
            per: Duration::ZERO,
            shares: Shares::of(1, 100, 100),
            number: 0,
            used: [0; 3],
            used_before: 0,
            passed_over: [0; 3],
            closed_until: None,
            lines: [Line::default(), Line::default(), Line::default()],
            lookout: false,
        }
    }

    /// A later window starts afresh. A clock that was set back does not: what was used in this one stays used. Neither does a
    /// new length: calls that were made are not unmade by hearing how they are counted.
    pub(super) fn turn_to(&mut self, now: Instant, wall: Timestamp, shares: impl Fn(Limit) -> Shares) {
        let limit = self.limit(now);
        let number = number(wall, limit.per);
        if limit.per == self.per && number > self.number {
            self.used_before = if number == self.number.saturating_add(1) { self.used.iter().sum() } else { 0 };
            self.used = [0; 3];
        }
        (self.per, self.number, self.shares) = (limit.per, number, shares(limit));
    }

    /// Whether forgetting it changes nothing.
    pub(super) fn is_over(&self, now: Instant, wall: Timestamp) -> bool {
        number(wall, self.per) > self.number
            && self.closed_for(now) == Duration::ZERO
            && !self.lookout
            && !self.is_awaited()
            && self.lessons.are_none(now)
    }

    /// How much of the permits is used, 1 if all are: of the window that runs at this time, or of the last one if that was more.
    pub(super) fn used_share(&self, wall: Timestamp) -> f64 {
        let used: u32 = self.used.iter().sum();
        let most = match number(wall, self.per).saturating_sub(self.number) {
            0 => used.max(self.used_before),
            1 => used,
            _ => 0,
        };
        f64::from(most) / f64::from(self.shares.total)
    }

    /// How long until the next window begins.
    pub(super) fn opens_in(&self, wall: Timestamp) -> Duration {
        let per = i64::try_from(self.per.as_secs()).unwrap_or(i64::MAX).max(1);
        let next = wall.as_second().div_euclid(per).saturating_add(1).saturating_mul(per);
        Timestamp::from_second(next).map_or(self.per, |next| next.duration_since(wall).unsigned_abs())
    }

    /// What the limit is taken to be now.
    pub(super) fn limit(&self, now: Instant) -> Limit {
        self.lessons.limit(now)
    }

    pub(super) fn told(&mut self, learned: Learned, now: Instant, wall: Timestamp) -> bool {
        self.lessons.told(learned, now, wall)
    }

    /// A refusal in a window in which nobody was let through is the late answer to an earlier call: it teaches nothing new.
    pub(super) fn refused(&mut self, now: Instant, wall: Timestamp) -> bool {
        self.used.iter().any(|used| *used > 0) && self.lessons.refused(now, wall)
    }

    fn is_awaited(&self) -> bool {
        self.lines.iter().any(|line| line.waiting > 0)
    }

    /// True once, when somebody waits and nobody looks out yet.
    pub(super) fn needs_a_lookout(&mut self) -> bool {
        self.is_awaited() && !std::mem::replace(&mut self.lookout, true)
    }

    /// True when nobody waits any more; the next who does needs a new lookout.
    pub(super) fn may_end_the_lookout(&mut self) -> bool {
        self.lookout = self.is_awaited();
        !self.lookout
    }

    pub(super) fn close(&mut self, until: Instant) {
        self.closed_until = Some(self.closed_until.map_or(until, |already| already.max(until)));
    }

    pub(super) fn closed_for(&self, now: Instant) -> Duration {
        self.closed_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    pub(super) fn queue(&mut self, lane: Lane, tenant: &str, number: u64, granted: oneshot::Sender<i64>) {
        self.lines[lane.index()].join(tenant, number, granted);
    }

    /// Takes a waiter out; false if it no longer waits, because it has been given its permit.
    pub(super) fn leave(&mut self, lane: Lane, tenant: &str, number: u64) -> bool {
        self.lines[lane.index()].leave(tenant, number)
    }

    /// A permit that was given and never used. One of an earlier window is worth nothing in this.
    pub(super) fn give_back(&mut self, lane: Lane, number: i64) {
        if number == self.number {
            let used = &mut self.used[lane.index()];
            *used = used.saturating_sub(1);
        }
    }

    pub(super) fn hand_out(&mut self, now: Instant) {
        if self.closed_for(now) > Duration::ZERO {
            return;
        }
        self.closed_until = None;
        while let Some(lane) = self.next() {
            let Some(granted) = self.lines[lane.index()].pop() else {
                return;
            };
            if granted.send(self.number).is_err() {
                continue;
            }
            self.used[lane.index()] += 1;
            for other in Lane::ALL {
                let passed_over = &mut self.passed_over[other.index()];
                let waits = other != lane && self.lines[other.index()].waiting > 0;
                *passed_over = if waits { *passed_over + 1 } else { 0 };
            }
        }
    }

    /// The lane that the next permit goes to.
    fn next(&self) -> Option<Lane> {
        let free = self.shares.total.saturating_sub(self.used.iter().sum());
        if free == 0 {
            return None;
        }
        if self.shares.total < TOO_SMALL_FOR_FLOORS {
            let overdue = |lane: &Lane| self.passed_over[lane.index()] >= PASSED_OVER_AT_MOST && self.wants(*lane) > 0;
            if let Some(lane) = Lane::ALL.into_iter().find(overdue) {
                return Some(lane);
            }
        }
        Lane::ALL.into_iter().find(|lane| {
            let kept: u32 = Lane::ALL.into_iter().filter(|other| other != lane).map(|other| self.kept_for(other)).sum();
            self.wants(*lane) > 0 && free > kept
        })
    }

    /// How many permits a lane could use in this window.
    fn wants(&self, lane: Lane) -> u32 {
        let waiting = self.lines[lane.index()].waiting;
        match lane {
            Lane::Edit | Lane::Work => waiting,
            Lane::Check => waiting.min(self.shares.checks.saturating_sub(self.used[lane.index()])),
        }
    }

    /// How many permits the others must leave to this lane.
    fn kept_for(&self, lane: Lane) -> u32 {
        self.wants(lane).min(self.shares.floor.saturating_sub(self.used[lane.index()]))
    }
}

fn number(wall: Timestamp, per: Duration) -> i64 {
    wall.as_second().div_euclid(i64::try_from(per.as_secs()).unwrap_or(i64::MAX).max(1))
}

/// One lane: a queue for each tenant, and the order in which the tenants have their turns.
#[derive(Default)]
struct Line {
    turns: VecDeque<String>,
    queues: HashMap<String, BTreeMap<u64, oneshot::Sender<i64>>>,
    waiting: u32,
}

impl Line {
    fn join(&mut self, tenant: &str, number: u64, granted: oneshot::Sender<i64>) {
        if !self.queues.contains_key(tenant) {
            self.turns.push_back(tenant.to_owned());
        }
        self.queues.entry(tenant.to_owned()).or_default().insert(number, granted);
        self.waiting += 1;
    }

    fn leave(&mut self, tenant: &str, number: u64) -> bool {
        let Some(queue) = self.queues.get_mut(tenant) else {
            return false;
        };
        if queue.remove(&number).is_none() {
            return false;
        }
        self.waiting -= 1;
        if queue.is_empty() {
            self.queues.remove(tenant);
            self.turns.retain(|other| other != tenant);
        }
        true
    }

    fn pop(&mut self) -> Option<oneshot::Sender<i64>> {
        let tenant = self.turns.pop_front()?;
        let queue = self.queues.get_mut(&tenant)?;
        let (_, granted) = queue.pop_first()?;
        self.waiting -= 1;
        if queue.is_empty() {
            self.queues.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        Some(granted)
    }
}
