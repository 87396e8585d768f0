//! What the vendor's answers teach about one limit: the figure, if an answer names it, and caution, if calls are refused although
//! they kept to the share.
//!
//! A refusal without a figure has one of two causes: the assumed limit is too high, or others use more of it than they are left.
//! The remedy is the same: half as many calls, and half of that if it was not enough. After an hour without a refusal they double
//! each minute, until they are back or refused again, at a level that is then about right. So a limit that is wrong for good
//! costs a few refusals an hour, and a bad hour of somebody else's is over an hour later.

use super::limits::{Limit, MINUTE, is_a_window};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// How long caution lasts after the last refusal.
const HOUR: Duration = Duration::from_secs(3600);
/// Quotas are changed now and then; a figure that was not repeated for so long is not believed any more.
const BELIEVED_FOR: Duration = Duration::from_secs(24 * 3600);

/// What one answer tells about the limit of its operation, in whatever headers or words the vendor has for it. What it does not
/// tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Calls in a window.
    pub limit: Option<u32>,
    /// The window's length; without it, the one that is assumed.
    pub per: Option<Duration>,
    /// Calls that are left in this window, whoever makes them.
    pub remaining: Option<u32>,
    /// How long this window lasts yet.
    pub resets_in: Option<Duration>,
}

pub(super) struct Lessons {
    assumed: Limit,
    /// By a person: then the vendor's figure may lower it, but not raise it.
    given: bool,
    told: Option<(Limit, Instant)>,
    halvings: u32,
    refused_at: Option<Instant>,
    /// The minute, or window if that is longer, whose refusals have taught what they can.
    settled: Option<i64>,
}

impl Lessons {
    pub(super) fn new((assumed, given): (Limit, bool)) -> Self {
        Self { assumed, given, told: None, halvings: 0, refused_at: None, settled: None }
    }

    /// The limit as far as it is known now.
    pub(super) fn limit(&self, now: Instant) -> Limit {
        let known = self.known(now);
        Limit { calls: (known.calls >> self.halvings(now)).max(1), ..known }
    }

    /// The vendor names its limit. True if that changes anything.
    pub(super) fn told(&mut self, learned: Learned, now: Instant, wall: Timestamp) -> bool {
        let before = self.known(now);
        let Some(calls) = learned.limit.filter(|calls| *calls > 0) else { return false };
        let per = learned.per.filter(|per| is_a_window(*per)).unwrap_or(before.per);
        self.told = Some((Limit { calls, per }, now));
        let after = self.known(now);
        if after.is_tighter_than(before) {
            // What was refused until now was refused because we did not know.
            self.settled = Some(self.mark(now, wall));
        }
        before != after
    }

    /// A call was refused for its rate. True if fewer are made from now on.
    pub(super) fn refused(&mut self, now: Instant, wall: Timestamp) -> bool {
        let mark = self.mark(now, wall);
        let halvings = self.halvings(now);
        let floor = self.known(now).calls.max(1).ilog2();
        let news = self.settled != Some(mark) && halvings < floor;
        self.halvings = if news { halvings + 1 } else { halvings };
        self.refused_at = Some(now);
        self.settled = Some(mark);
        news
    }

    /// Whether forgetting all this would change nothing.
    pub(super) fn are_none(&self, now: Instant) -> bool {
        self.known(now) == self.assumed && self.halvings(now) == 0
    }

    fn known(&self, now: Instant) -> Limit {
        match self.told {
            Some((told, at)) if now.duration_since(at) < BELIEVED_FOR && (!self.given || told.is_tighter_than(self.assumed)) => told,
            Some(_) | None => self.assumed,
        }
    }

    fn halvings(&self, now: Instant) -> u32 {
        let calm = self.refused_at.map_or(Duration::MAX, |at| now.duration_since(at));
        let Some(growing) = calm.checked_sub(HOUR) else { return self.halvings };
        let doublings = u32::try_from(growing.as_secs() / MINUTE.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        self.halvings.saturating_sub(doublings)
    }

    fn mark(&self, now: Instant, wall: Timestamp) -> i64 {
        let length = self.known(now).per.max(MINUTE).as_secs();
        wall.as_second().div_euclid(i64::try_from(length).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A limit with its two clocks, which move together.
    struct Story {
        lessons: Lessons,
        began: Instant,
        now: Duration,
    }

    impl Story {
        fn of(assumed: Limit, given: bool) -> Self {
            Self { lessons: Lessons::new((assumed, given)), began: Instant::now(), now: Duration::ZERO }
        }

        fn clocks(&self) -> (Instant, Timestamp) {
            (self.began + self.now, Timestamp::from_second(1_800_000_000).unwrap() + self.now)
        }

        fn limit(&self) -> Limit {
            self.lessons.limit(self.clocks().0)
        }

        fn refused(&mut self) -> bool {
            let (now, wall) = self.clocks();
            self.lessons.refused(now, wall)
        }

        fn told(&mut self, calls: u32, per: Option<Duration>) -> bool {
            let (now, wall) = self.clocks();
            self.lessons.told(Learned { limit: Some(calls), per, ..Learned::default() }, now, wall)
        }
    }

    #[test]
    fn refusals_of_one_minute_halve_once_and_those_of_the_next_again_down_to_one() {
        let mut story = Story::of(Limit::per_minute(10), false);
        let mut limits = Vec::new();
        for _ in 0..6 {
            for _ in 0..16 {
                story.refused();
            }
            limits.push(story.limit().calls);
            story.now += MINUTE;
        }
        assert_eq!(limits, [5, 2, 1, 1, 1, 1]);
    }

    #[test]
    fn caution_lasts_an_hour_and_then_the_calls_double_each_minute() {
        let mut story = Story::of(Limit::per_minute(80), false);
        for _ in 0..3 {
            story.refused();
            story.now += MINUTE;
        }
        // The last refusal was a minute ago.
        story.now += 59 * MINUTE;
        story.now = story.now.saturating_sub(SECOND);
        assert_eq!(story.limit().calls, 10);
        story.now += SECOND;
        let mut limits = Vec::new();
        for _ in 0..4 {
            limits.push(story.limit().calls);
            story.now += MINUTE;
        }
        assert_eq!(limits, [20, 40, 80, 80]);
        assert!(story.lessons.are_none(story.clocks().0));
    }

    #[test]
    fn refused_while_growing_it_stays_at_about_what_the_cloud_bears() {
        let mut story = Story::of(Limit::per_minute(1000), false);
        let truth = 100;
        let mut refusals = 0;
        for _ in 0..6 * 60 {
            // Somebody always wants more than there is.
            if story.limit().calls > truth {
                story.refused();
                refusals += 1;
            }
            story.now += MINUTE;
        }
        assert!(story.limit().calls >= truth / 2, "{:?}", story.limit());
        assert!(refusals <= 4 + 2 * 6, "{refusals} refusals in six hours");
    }

    #[test]
    fn a_limit_by_the_second_is_not_halved_by_every_second() {
        let mut story = Story::of(Limit::per_second(200), false);
        for _ in 0..30 {
            story.refused();
            story.now += SECOND;
        }
        assert_eq!(story.limit(), Limit::per_second(100));
    }

    #[test]
    fn what_the_vendor_tells_replaces_what_was_assumed_and_explains_the_refusal() {
        let mut story = Story::of(Limit::per_minute(500), false);
        assert!(story.told(100, None));
        assert!(!story.refused(), "the refusal that told the limit");
        assert_eq!(story.limit(), Limit::per_minute(100));
        assert!(!story.told(100, None));
        assert!(story.told(60, Some(SECOND)));
        assert_eq!(story.limit(), Limit::per_second(60));
        assert!(story.told(2000, Some(MINUTE)), "a quota was raised");
        assert_eq!(story.limit(), Limit::per_minute(2000));
    }

    #[test]
    fn refused_within_the_limit_that_was_told_is_a_reason_for_caution() {
        let mut story = Story::of(Limit::per_minute(500), false);
        story.told(100, None);
        story.now += MINUTE;
        assert!(story.refused());
        assert_eq!(story.limit().calls, 50);
    }

    #[test]
    fn the_vendor_may_lower_what_a_person_set_and_not_raise_it() {
        let mut story = Story::of(Limit::per_minute(500), true);
        assert!(!story.told(1000, None));
        assert_eq!(story.limit().calls, 500);
        assert!(story.told(200, None));
        assert_eq!(story.limit().calls, 200);
    }

    #[test]
    fn nonsense_teaches_nothing_and_old_words_are_forgotten() {
        let mut story = Story::of(Limit::per_minute(500), false);
        assert!(!story.told(0, None));
        assert!(story.told(50, Some(Duration::from_millis(10))));
        assert_eq!(story.limit(), Limit::per_minute(50), "no window is so short");
        story.now += BELIEVED_FOR;
        assert_eq!(story.limit(), Limit::per_minute(500));
        assert!(story.lessons.are_none(story.clocks().0));
    }
}
