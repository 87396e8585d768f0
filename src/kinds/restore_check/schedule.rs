//! When checks are due, as pure functions of spec and clock. Times are spread by what identifies the object, so that objects which were made
//! together do not ask together for ever.

use crate::api::restore_check::RestoreCheckSpec;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

/// Without a schedule and an interval.
const DAILY: SignedDuration = SignedDuration::from_hours(24);
/// How much later than its cron expression says an object asks, at the most.
const LATER: SignedDuration = SignedDuration::from_mins(5);
/// How much sooner than its interval says an object asks, at the most.
const SOONER: SignedDuration = SignedDuration::from_hours(1);
/// The part of the time between two checks by which a check may be moved.
const PART: i32 = 10;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// When checks are due.
#[derive(Debug)]
pub(super) enum Schedule {
    Every(SignedDuration),
    Cron { cron: Box<Cron>, zone: TimeZone },
}

/// As if spec said nothing.
impl Default for Schedule {
    fn default() -> Self {
        Self::Every(DAILY)
    }
}

impl Schedule {
    /// What spec says; the error is a sentence about the field.
    pub(super) fn of(spec: &RestoreCheckSpec) -> Result<Self, String> {
        let Some(text) = &spec.schedule else {
            let interval = spec.interval.and_then(|interval| SignedDuration::try_from(interval.get()).ok());
            return Ok(Self::Every(interval.unwrap_or(DAILY).max(SignedDuration::from_secs(1))));
        };
        let zone = match spec.time_zone.as_deref() {
            None => TimeZone::UTC,
            Some(name) => ZONES.get(name).map_err(|_| {
                format!("spec.timeZone: {name} is no time zone: write a name such as Europe/Berlin, or leave it out for UTC")
            })?,
        };
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|_| {
            format!("spec.schedule: {text} is no cron expression: write minutes, hours, day of the month, month and day of the week, for instance 15 3 * * *")
        })?;
        Ok(Self::Cron { cron: Box::new(cron), zone })
    }

    /// When to ask after a check at `now`; none if that day never comes.
    pub(super) fn next(&self, now: Timestamp, spread: f64) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => {
                let sooner = (*interval / PART).min(SOONER).mul_f64(spread);
                now.checked_add(*interval - sooner).ok()
            }
            Self::Cron { .. } => {
                let first = self.mark(now)?;
                let gap = self.mark(first).map_or(SignedDuration::ZERO, |second| second.duration_since(first));
                first.checked_add((gap / PART).min(LATER).mul_f64(spread)).ok()
            }
        }
    }

    /// When an answer of this moment is old, if spec does not say: when it should have been replaced for the second time.
    pub(super) fn outdated(&self, answered: Timestamp) -> Timestamp {
        let at = match self {
            Self::Every(interval) => answered.checked_add(*interval * 2 + *interval / PART),
            Self::Cron { .. } => match self.mark(answered).and_then(|first| self.mark(first)) {
                Some(second) => second.checked_add(LATER * 2),
                // A day that never comes replaces nothing, and an answer must not be good for ever because of that.
                None => return Self::default().outdated(answered),
            },
        };
        at.unwrap_or(Timestamp::MAX)
    }

    /// The first time after this that the cron expression comes true.
    fn mark(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => after.checked_add(*interval).ok(),
            Self::Cron { cron, zone } => cron.find_next_occurrence(&after.to_zoned(zone.clone()), false).ok().map(|next| next.timestamp()),
        }
    }
}

/// Where in the room for spreading an object stands: 0 or more, less than 1, and always the same.
#[allow(clippy::cast_precision_loss, reason = "32 bits fit into the fraction of a float")]
pub(super) fn spread(identity: &str) -> f64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    (hasher.finish() >> 32) as f64 / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::restore_check::RestoreCheckSpec;
    use serde_json::{Value, json};

    fn spec(change: &Value) -> RestoreCheckSpec {
        let mut spec = json!({"checks": []});
        for (field, value) in change.as_object().unwrap() {
            spec[field] = value.clone();
        }
        serde_json::from_value(spec).unwrap()
    }

    fn schedule(change: &Value) -> Schedule {
        Schedule::of(&spec(change)).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_next_check_is_where_the_clock_of_the_zone_says_also_when_it_is_changed() {
        let table = [
            // Berlin goes back from +2 to +1 on 25 October 2026 at 3:00, and forward on 28 March 2027 at 2:00.
            ("15 3 * * *", Some("Europe/Berlin"), "2026-10-24T12:00:00Z", "2026-10-25T02:15:00Z"),
            ("15 3 * * *", Some("Europe/Berlin"), "2026-10-23T12:00:00Z", "2026-10-24T01:15:00Z"),
            ("15 3 * * *", Some("Europe/Berlin"), "2027-03-27T12:00:00Z", "2027-03-28T01:15:00Z"),
            ("15 3 * * *", Some("America/New_York"), "2026-11-01T12:00:00Z", "2026-11-02T08:15:00Z"),
            ("15 3 * * *", None, "2026-11-22T12:00:00Z", "2026-11-23T03:15:00Z"),
            ("0 6 * * MON-FRI", Some("UTC"), "2026-11-20T06:00:00Z", "2026-11-23T06:00:00Z"),
            ("0 0 29 2 *", None, "2026-11-22T12:00:00Z", "2028-02-29T00:00:00Z"),
        ];
        for (cron, zone, now, expected) in table {
            let schedule = schedule(&json!({"schedule": cron, "timeZone": zone}));
            assert_eq!(schedule.next(at(now), 0.0), Some(at(expected)), "{cron} {zone:?} after {now}");
        }
    }

    #[test]
    fn a_time_that_a_clock_change_leaves_out_or_repeats_is_one_check() {
        let table = [("2027-03-27T12:00:00Z", "2027-03-29T12:00:00Z", 2), ("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", 2)];
        for (from, until, expected) in table {
            let schedule = schedule(&json!({"schedule": "30 2 * * *", "timeZone": "Europe/Berlin"}));
            let next = |at: &Timestamp| schedule.next(*at, 0.0);
            let times: Vec<_> = std::iter::successors(next(&at(from)), next).take_while(|time| *time < at(until)).collect();
            assert_eq!(times.len(), expected, "{times:?}");
        }
    }

    #[test]
    fn an_interval_counts_from_the_last_check_and_a_day_is_the_default() {
        for (change, seconds) in [(json!({}), 86_400), (json!({"interval": "90m"}), 5400)] {
            assert_eq!(
                schedule(&change).next(at("2026-11-22T12:00:00Z"), 0.0),
                Some(at("2026-11-22T12:00:00Z") + SignedDuration::from_secs(seconds))
            );
        }
    }

    #[test]
    fn objects_are_spread_and_each_keeps_its_place() {
        let now = at("2026-11-22T12:00:00Z");
        let places: Vec<f64> = (0..500).map(|number| spread(&format!("u-{number}"))).collect();
        assert!(places.iter().all(|place| (0.0..1.0).contains(place)) && spread("u-1").to_bits() == spread("u-1").to_bits());
        for (change, room) in [
            (json!({}), 3600),
            (json!({"interval": "10m"}), 60),
            (json!({"schedule": "15 3 * * *"}), 300),
            (json!({"schedule": "* * * * *"}), 6),
        ] {
            let schedule = schedule(&change);
            let times: Vec<_> = places.iter().map(|place| schedule.next(now, *place).unwrap()).collect();
            let width = times.iter().max().unwrap().duration_since(*times.iter().min().unwrap()).as_secs();
            assert!((room * 9 / 10..=room).contains(&width), "{change}: {width} s");
        }
    }

    #[test]
    fn an_answer_is_old_when_it_should_have_been_replaced_twice() {
        let friday = at("2026-11-20T06:01:00Z");
        let table = [
            (json!({"schedule": "0 6 * * MON-FRI"}), "2026-11-24T06:10:00Z"),
            (json!({"interval": "10h"}), "2026-11-21T03:01:00Z"),
            (json!({}), "2026-11-22T08:25:00Z"),
        ];
        for (change, expected) in table {
            assert_eq!(schedule(&change).outdated(friday), at(expected), "{change}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_the_field() {
        for (change, words) in [
            (json!({"schedule": "61 3 * * *"}), "spec.schedule: 61 3 * * * is no cron"),
            (json!({"schedule": "0 15 3 * * *"}), "is no cron"),
            (json!({"schedule": "15 3 * * *", "timeZone": "Mars/Olympus"}), "spec.timeZone: Mars/Olympus is no time zone"),
        ] {
            let error = Schedule::of(&spec(&change)).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(schedule(&json!({"schedule": "0 0 31 2 *"})).next(at("2026-11-22T12:00:00Z"), 0.0), None);
    }
}
