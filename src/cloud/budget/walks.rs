//! Long walks: callers of all lanes and credentials come and go in any order, clouds refuse, and whatever happens the promises hold:
//! never more than the share, never more than their part for checks, a place for each lane, turns for all, and no permit lost.

use super::*;
use crate::cloud::error::Effect;
use jiff::Timestamp;
use std::collections::VecDeque;
use tokio::task::JoinHandle;

const READ: Operation = Operation { service: "ecs", name: "DescribeThings", effect: Effect::Read };
const TENANTS: usize = 4;
const WINDOWS: u64 = 12;
const WALKS: u64 = 120;

/// Numbers that look like dice; the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % limit
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

/// Somebody who waits, or got through.
struct Caller {
    lane: Lane,
    tenant: usize,
    since_window: u64,
    task: JoinHandle<()>,
}

/// Callers by the order in which they got through.
type Through = Arc<Mutex<Vec<(Lane, usize)>>>;

struct Walk {
    chance: Chance,
    budget: Arc<Budget>,
    total: usize,
    for_checks: usize,
    floor: usize,
    window: u64,
    closed: bool,
    waiting: VecDeque<Caller>,
    through: Through,
    told: String,
}

fn key() -> BudgetKey {
    BudgetKey { account: "a".to_owned(), region: "r".to_owned(), operation: READ }
}

impl Walk {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let limit = u32::try_from([1, 2, 3, 5, 10, 40, 100][chance.below(7)]).unwrap();
        let per = [1, 7, 60][chance.below(3)];
        let share_percent = [1, 50, 70, 100][chance.below(4)];
        let check_percent = [1, 30, 100][chance.below(3)];
        let (start, wall) = (Instant::now(), Timestamp::from_second(1_800_000_000 / (7 * 60) * (7 * 60)).unwrap());
        let clock = Clock::new(move || wall.checked_add(start.elapsed()).unwrap());
        let rules = vec![format!("*:*={limit}/{per}s").parse().unwrap()];
        let budget = Budget::new(clock, Limits { share_percent, check_percent, rules, ..Limits::default() });
        // Counted apart from the room's own arithmetic, on purpose.
        let total = usize::try_from(limit * share_percent / 100).unwrap().max(1);
        let for_checks = (total * usize::try_from(check_percent).unwrap() / 100).max(1);
        let floor = if total < 3 { 0 } else { total.div_ceil(10) };
        Self {
            chance,
            budget,
            total,
            for_checks,
            floor,
            window: 0,
            closed: false,
            waiting: VecDeque::new(),
            through: Through::default(),
            told: format!("walk {seed}: {limit} in {per} s, share {share_percent} %, checks {check_percent} %"),
        }
    }

    fn per(&self) -> Duration {
        self.budget.limits.of(&key()).0.per
    }

    async fn settle(&mut self) {
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        self.waiting.retain(|caller| !caller.task.is_finished());
    }

    fn arrive(&mut self, lane: Lane, tenant: usize) {
        let (budget, through) = (Arc::clone(&self.budget), Arc::clone(&self.through));
        let task = tokio::spawn(async move {
            budget.admit(&key(), lane, &tenant.to_string()).await;
            through.lock().unwrap().push((lane, tenant));
        });
        self.waiting.push_back(Caller { lane, tenant, since_window: self.window, task });
    }

    async fn happen(&mut self) {
        match self.chance.below(12) {
            0..6 => {
                let (lane, tenant) = (Lane::ALL[self.chance.below(3)], self.chance.below(TENANTS));
                let most = if self.chance.one_in(8) { 2 * self.total } else { 3 };
                for _ in 0..=self.chance.below(most) {
                    self.arrive(lane, tenant);
                }
            }
            6 | 7 if self.budget.try_admit(&key(), Lane::Work, "impatient") => self.through.lock().unwrap().push((Lane::Work, TENANTS)),
            8 | 9 if !self.waiting.is_empty() => {
                let gone = self.chance.below(self.waiting.len());
                if let Some(caller) = self.waiting.remove(gone) {
                    // It may hold a permit that it does not know of yet.
                    caller.task.abort();
                }
            }
            10 if self.chance.one_in(6) => {
                let asked = self.chance.one_in(2).then(|| self.per() * 2);
                self.close(asked);
            }
            _ => {}
        }
        if self.chance.one_in(2) {
            self.settle().await;
        }
    }

    /// As a refusal does, but without its lesson, which is told elsewhere.
    fn close(&mut self, asked: Option<Duration>) {
        self.budget.learned(&key(), Learned { remaining: Some(0), resets_in: asked, ..Learned::default() });
        self.closed = true;
    }

    fn taken(&self, lane: Lane) -> usize {
        self.through.lock().unwrap().iter().filter(|(of, _)| *of == lane).count()
    }

    /// Lets the window end, and looks at what came of it.
    async fn end_window(&mut self, at_rest: bool) {
        self.settle().await;
        let taken = Lane::ALL.map(|lane| self.taken(lane));
        let what = format!("{}, window {}: {taken:?} of {}", self.told, self.window, self.total);
        let all: usize = taken.iter().sum();
        assert!(all <= self.total, "more than the share: {what}");
        assert!(taken[2] <= self.for_checks, "more checks than their part: {what}");
        let begun_open = at_rest || !self.closed;
        if begun_open {
            let unmet = |lane: Lane| self.waiting.iter().any(|caller| caller.lane == lane);
            if unmet(Lane::Edit) || unmet(Lane::Work) || unmet(Lane::Check) && taken[2] < self.for_checks {
                assert_eq!(all, self.total, "somebody waits although there are permits: {what}");
            }
            for lane in Lane::ALL {
                let waited_all_along = self.waiting.iter().any(|caller| caller.lane == lane && caller.since_window < self.window);
                let floor = if lane == Lane::Check { self.floor.min(self.for_checks) } else { self.floor };
                assert!(!waited_all_along || taken[lane.index()] >= floor, "{lane:?} had no place: {what}");
            }
        }
        self.through.lock().unwrap().clear();
        let wall = self.budget.clock.now();
        let until = {
            let mut state = self.budget.lock();
            let window = self.budget.window(&mut state, &key());
            self.closed = window.closed_for(Instant::now()) > window.opens_in(wall);
            window.opens_in(wall)
        };
        tokio::time::sleep(until).await;
        self.window += 1;
        self.settle().await;
    }

    /// Nobody comes any more: everybody is served, in turns, and then all permits are there.
    async fn come_to_rest(&mut self) {
        while self.closed {
            self.end_window(false).await;
        }
        let bound = self.window + 1 + 10 * u64::try_from(self.waiting.len()).unwrap();
        while !self.waiting.is_empty() {
            let before = self.by_tenant();
            let had = self.through.lock().unwrap().len();
            self.end_window_in_turns(&before, had).await;
            assert!(self.window <= bound, "{} still wait: {}", self.waiting.len(), self.told);
        }
        self.end_window(true).await;
        let had = (0..=self.total).filter(|_| self.budget.try_admit(&key(), Lane::Edit, "last")).count();
        assert_eq!(had, self.total, "permits are lost, or too many: {}", self.told);
        assert!(self.budget.waits().iter().all(|wait| wait.waiting == 0), "{}", self.told);
    }

    fn by_tenant(&self) -> HashMap<(Lane, usize), usize> {
        let mut counts = HashMap::new();
        for caller in &self.waiting {
            *counts.entry((caller.lane, caller.tenant)).or_default() += 1;
        }
        counts
    }

    /// Of two credentials that wait in one lane, neither gets more than one permit ahead of the other.
    async fn end_window_in_turns(&mut self, before: &HashMap<(Lane, usize), usize>, had: usize) {
        self.settle().await;
        let through = self.through.lock().unwrap()[had..].to_vec();
        let mut served: HashMap<(Lane, usize), usize> = HashMap::new();
        for one in through {
            *served.entry(one).or_default() += 1;
            for (other, waiting) in before.iter().filter(|((lane, tenant), _)| *lane == one.0 && *tenant != one.1) {
                let theirs = served.get(other).copied().unwrap_or_default();
                assert!(theirs == *waiting || served[&one] <= theirs + 1, "{one:?} was served before {other:?}: {}", self.told);
            }
        }
        self.end_window(true).await;
    }
}

#[tokio::test(start_paused = true)]
async fn wherever_a_walk_leads_the_promises_hold() {
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..WINDOWS {
            for _ in 0..walk.chance.below(30) {
                walk.happen().await;
            }
            walk.end_window(false).await;
        }
        walk.come_to_rest().await;
    }
}
