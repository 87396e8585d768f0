//! Small stories with the clock moved by hand: who gets how many permits, and when.

use super::*;
use crate::cloud::error::Effect;
use jiff::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};

const READ: Operation = Operation { service: "ecs", name: "DescribeThings", effect: Effect::Read };

/// Steps of a story's clock; small enough that nobody notices.
const TICK: Duration = Duration::from_millis(10);

fn a_key() -> BudgetKey {
    BudgetKey { account: "a".to_owned(), region: "r".to_owned(), operation: READ }
}

/// A budget whose wall clock begins at a full minute and moves with tokio's.
fn a_budget(limit: u32) -> Arc<Budget> {
    let (start, wall) = (Instant::now(), Timestamp::from_second(1_800_000_000).unwrap());
    let clock = Clock::new(move || wall.checked_add(start.elapsed()).unwrap());
    let per_minute = HashMap::from([(READ.to_string(), limit)]);
    Budget::new(clock, Limits { per_minute, ..Limits::default() })
}

/// Queues `count` calls, and lists each, with the second it was admitted at, as it happens.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, u64)>>>);

impl Log {
    async fn queue(&self, budget: &Arc<Budget>, lane: Lane, tenant: &str, count: usize, since: Instant) {
        for _ in 0..count {
            let (log, budget, tenant) = (self.clone(), Arc::clone(budget), tenant.to_owned());
            tokio::spawn(async move {
                budget.admit(&a_key(), lane, &tenant).await;
                log.0.lock().unwrap().push((tenant, since.elapsed().as_secs()));
            });
        }
        // Each of them gets to its place in the queue.
        tokio::time::sleep(TICK).await;
    }

    fn order(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(tenant, _)| tenant.clone()).collect()
    }

    fn count(&self, tenant: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|(other, _)| other == tenant).count()
    }

    fn count_within(&self, tenant: &str, seconds: std::ops::Range<u64>) -> usize {
        self.0.lock().unwrap().iter().filter(|(other, at)| other == tenant && seconds.contains(at)).count()
    }
}

/// Closes the window of the present, so that what is queued next waits for the next one.
fn wait_for_the_next_window(budget: &Arc<Budget>) {
    budget.throttled(&a_key(), None);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ten_gives_seven_a_minute_on_the_minute() {
    let budget = a_budget(10);
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 20, Instant::now()).await;
    tokio::time::sleep(Duration::from_secs(180)).await;
    assert_eq!(log.count("a"), 20);
    assert_eq!(log.count_within("a", 0..60), 7);
    assert_eq!(log.count_within("a", 60..61), 7);
    assert_eq!(log.count_within("a", 120..121), 6);
}

#[tokio::test(start_paused = true)]
async fn a_window_ends_with_the_minute_and_not_a_minute_after_the_first_call() {
    let budget = a_budget(10);
    tokio::time::sleep(Duration::from_secs(50)).await;
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 14, Instant::now()).await;
    tokio::time::sleep(Duration::from_secs(10) + TICK).await;
    assert_eq!(log.count("a"), 14);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_out_while_a_window_is_closed() {
    let budget = a_budget(10);
    let log = Log::default();
    budget.admit(&a_key(), Lane::Edit, "a").await;
    budget.throttled(&a_key(), None);
    log.queue(&budget, Lane::Edit, "a", 1, Instant::now()).await;
    tokio::time::sleep(Duration::from_millis(59_980)).await;
    assert_eq!(log.count("a"), 0);
    tokio::time::sleep(2 * TICK).await;
    assert_eq!(log.count("a"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_is_kept_if_the_cloud_asks_for_it_and_an_absurd_one_is_not() {
    for (asked, opened) in [(90, 90), (100_000, 600)] {
        let budget = a_budget(10);
        budget.throttled(&a_key(), Some(Duration::from_secs(asked)));
        let since = Instant::now();
        budget.admit(&a_key(), Lane::Edit, "a").await;
        assert_eq!(since.elapsed().as_secs(), opened);
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_window_closes_no_other() {
    let budget = a_budget(10);
    budget.throttled(&a_key(), None);
    let since = Instant::now();
    budget.admit(&BudgetKey { region: "other".to_owned(), ..a_key() }, Lane::Check, "a").await;
    budget.admit(&BudgetKey { account: "other".to_owned(), ..a_key() }, Lane::Check, "a").await;
    assert_eq!(since.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_edit_overtakes_five_hundred_checks() {
    let budget = a_budget(100);
    let log = Log::default();
    wait_for_the_next_window(&budget);
    log.queue(&budget, Lane::Check, "checks", 500, Instant::now()).await;
    log.queue(&budget, Lane::Edit, "edit", 1, Instant::now()).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(log.order().iter().position(|tenant| tenant == "edit"), Some(0));
}

#[tokio::test(start_paused = true)]
async fn checks_never_take_more_than_their_part() {
    let budget = a_budget(100);
    let log = Log::default();
    log.queue(&budget, Lane::Check, "checks", 500, Instant::now()).await;
    tokio::time::sleep(Duration::from_secs(3 * 60 - 1)).await;
    for minute in 0..3 {
        let seconds = minute * 60..(minute + 1) * 60;
        assert_eq!(log.count_within("checks", seconds), 21, "30 % of 70 % of 100");
    }
}

#[tokio::test(start_paused = true)]
async fn every_lane_with_work_keeps_a_tenth_of_a_window() {
    let budget = a_budget(100);
    let log = Log::default();
    wait_for_the_next_window(&budget);
    for (lane, tenant) in [(Lane::Check, "check"), (Lane::Work, "work"), (Lane::Edit, "edit")] {
        log.queue(&budget, lane, tenant, 500, Instant::now()).await;
    }
    tokio::time::sleep(Duration::from_secs(61)).await;
    let counts = ["edit", "work", "check"].map(|tenant| log.count(tenant));
    assert_eq!(counts, [56, 7, 7]);
}

#[tokio::test(start_paused = true)]
async fn a_lane_without_work_keeps_nothing() {
    let budget = a_budget(100);
    let log = Log::default();
    log.queue(&budget, Lane::Edit, "edit", 500, Instant::now()).await;
    assert_eq!(log.count("edit"), 70);
}

#[tokio::test(start_paused = true)]
async fn even_a_window_of_one_starves_nobody() {
    let budget = a_budget(1);
    let log = Log::default();
    let since = Instant::now();
    log.queue(&budget, Lane::Edit, "edit", 100, since).await;
    log.queue(&budget, Lane::Check, "check", 1, since).await;
    tokio::time::sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(log.count("check"), 1);
}

#[tokio::test(start_paused = true)]
async fn credentials_take_turns() {
    let budget = a_budget(10);
    let log = Log::default();
    wait_for_the_next_window(&budget);
    log.queue(&budget, Lane::Work, "a", 1000, Instant::now()).await;
    log.queue(&budget, Lane::Work, "b", 1, Instant::now()).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    let position = log.order().iter().position(|tenant| tenant == "b").unwrap();
    assert!(position < 2, "b came after {position} others");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_goes_away_takes_no_permit_with_it() {
    let budget = a_budget(10);
    let key = a_key();
    budget.throttled(&key, None);
    for _ in 0..100 {
        let gone = tokio::time::timeout(Duration::from_millis(1), budget.admit(&key, Lane::Edit, "gone")).await;
        assert!(gone.is_err());
    }
    // Given its permit, and dropped before it knows.
    let mut unaware = Box::pin(budget.admit(&key, Lane::Edit, "unaware"));
    assert!(futures::poll!(unaware.as_mut()).is_pending());
    tokio::time::sleep(Duration::from_secs(60)).await;
    let since = Instant::now();
    budget.admit(&key, Lane::Work, "a").await;
    drop(unaware);
    for _ in 0..6 {
        budget.admit(&key, Lane::Work, "a").await;
    }
    assert_eq!(since.elapsed(), Duration::ZERO, "all seven permits of the window are there");
    assert!(budget.waits().iter().all(|wait| wait.waiting == 0));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_goes_away_frees_what_was_kept_for_it() {
    let budget = a_budget(10);
    let log = Log::default();
    wait_for_the_next_window(&budget);
    log.queue(&budget, Lane::Edit, "edit", 100, Instant::now()).await;
    let check = tokio::spawn({
        let budget = Arc::clone(&budget);
        async move { budget.admit(&a_key(), Lane::Check, "check").await }
    });
    tokio::task::yield_now().await;
    check.abort();
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(log.count("edit"), 7);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_opens_no_second_window() {
    let seconds = Arc::new(AtomicU64::new(1_800_000_000));
    let read = Arc::clone(&seconds);
    let clock = Clock::new(move || Timestamp::from_second(i64::try_from(read.load(Ordering::SeqCst)).unwrap()).unwrap());
    let budget = Budget::new(clock, Limits { default_per_minute: 10, ..Limits::default() });
    for _ in 0..7 {
        budget.admit(&a_key(), Lane::Work, "a").await;
    }
    seconds.fetch_sub(3600, Ordering::SeqCst);
    assert!(tokio::time::timeout(Duration::from_secs(59), budget.admit(&a_key(), Lane::Work, "a")).await.is_err());
    seconds.fetch_add(60, Ordering::SeqCst);
    assert!(tokio::time::timeout(Duration::from_secs(1), budget.admit(&a_key(), Lane::Work, "a")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn waits_are_counted_for_metrics() {
    let budget = a_budget(10);
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 9, Instant::now()).await;
    assert_eq!(budget.waits()[0].waiting, 2);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let wait = budget.waits().remove(0);
    assert_eq!((wait.lane, wait.admitted, wait.waited, wait.waiting), (Lane::Work, 9, 2, 0));
    assert_eq!(wait.waited_for.as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_limit_by_the_second_has_windows_of_a_second() {
    let (start, wall) = (Instant::now(), Timestamp::from_second(1_800_000_000).unwrap());
    let clock = Clock::new(move || wall.checked_add(start.elapsed()).unwrap());
    let budget = Budget::new(clock, Limits { rules: vec!["ecs:*=10/1s".parse().unwrap()], ..Limits::default() });
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 20, Instant::now()).await;
    for (second, count) in [(0, 7), (1, 7), (2, 6)] {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(log.count_within("a", second..second + 1), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_halves_what_goes_out_in_the_windows_that_follow() {
    let budget = a_budget(100);
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 500, Instant::now()).await;
    for _ in 0..16 {
        budget.throttled(&a_key(), None);
    }
    tokio::time::sleep(Duration::from_secs(179)).await;
    assert_eq!([0..60, 60..120, 120..180].map(|seconds| log.count_within("a", seconds)), [70, 35, 35]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_told_holds_at_once_and_for_those_who_wait() {
    let budget = a_budget(10);
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 200, Instant::now()).await;
    budget.learned(&a_key(), Learned { limit: Some(100), ..Learned::default() });
    tokio::time::sleep(TICK).await;
    assert_eq!(log.count("a"), 70);
    budget.learned(&a_key(), Learned { limit: Some(20), ..Learned::default() });
    budget.throttled(&a_key(), None);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(log.count("a"), 70 + 14, "the refusal that tells the limit is no further reason for caution");
    budget.learned(&a_key(), Learned { limit: Some(1), per: Some(Duration::from_secs(1)), ..Learned::default() });
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert!(
        (70 + 14 + 39..=70 + 14 + 100).contains(&log.count("a")),
        "{} by the second, from the next minute at the latest",
        log.count("a")
    );
}

#[tokio::test(start_paused = true)]
async fn a_window_that_is_said_to_be_used_up_is_closed_without_a_refusal() {
    let budget = a_budget(10);
    budget.learned(&a_key(), Learned { remaining: Some(0), resets_in: Some(Duration::from_secs(20)), ..Learned::default() });
    let since = Instant::now();
    budget.admit(&a_key(), Lane::Edit, "a").await;
    assert_eq!(since.elapsed().as_secs(), 20);
    for _ in 0..6 {
        budget.admit(&a_key(), Lane::Edit, "a").await;
    }
    assert_eq!(since.elapsed().as_secs(), 20, "and is no reason for caution");
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_outlives_the_window_and_is_not_kept_for_ever() {
    let budget = a_budget(10);
    let other = |number: usize| BudgetKey { account: format!("other-{number}"), ..a_key() };
    budget.learned(&a_key(), Learned { limit: Some(2), ..Learned::default() });
    for number in 0..100 {
        assert!(budget.try_admit(&other(number), Lane::Edit, "a"));
    }
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert!(budget.try_admit(&other(0), Lane::Edit, "a"));
    assert!(budget.try_admit(&other(100), Lane::Edit, "a"));
    assert!(budget.try_admit(&a_key(), Lane::Edit, "a"));
    assert!(!budget.try_admit(&a_key(), Lane::Edit, "a"), "one permit of a limit of two");
    assert!(budget.lock().windows.len() <= 3, "windows that are over are forgotten");
    tokio::time::sleep(Duration::from_secs(25 * 3600)).await;
    assert!(budget.try_admit(&other(200), Lane::Edit, "a"));
    assert_eq!(budget.lock().windows.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_permit_of_the_last_window_is_worth_nothing_in_this() {
    let budget = a_budget(10);
    let key = a_key();
    let mut unaware = Box::pin(budget.admit(&key, Lane::Work, "unaware"));
    budget.throttled(&key, None);
    assert!(futures::poll!(unaware.as_mut()).is_pending());
    tokio::time::sleep(Duration::from_secs(60)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let take_all = || (0..20).filter(|_| budget.try_admit(&key, Lane::Work, "a")).count();
    assert_eq!(take_all(), 7);
    drop(unaware);
    assert_eq!(take_all(), 0, "it was given out two minutes ago");
}

#[tokio::test(start_paused = true)]
async fn what_is_used_is_told_of_this_minute_and_the_last_and_refusals_by_how_long_they_closed() {
    let budget = a_budget(10);
    let used = |budget: &Budget| budget.usage().iter().map(|usage| (usage.used, usage.refused_for.as_secs())).collect::<Vec<_>>();
    assert_eq!(used(&budget), []);
    let log = Log::default();
    log.queue(&budget, Lane::Work, "a", 7, Instant::now()).await;
    assert_eq!(used(&budget), [(1.0, 0)]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(used(&budget), [(1.0, 0)], "the minute before was full");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(used(&budget), [(0.0, 0)]);

    tokio::time::sleep(Duration::from_secs(15)).await;
    budget.throttled(&a_key(), None);
    budget.throttled(&a_key(), None);
    assert_eq!(used(&budget), [(0.0, 44)], "closed once, until the minute is over");
    budget.throttled(&a_key(), Some(Duration::from_secs(90)));
    assert_eq!(used(&budget)[0].1, 90, "and for longer, as the cloud asks");
}
