//! Cron expressions of Cloud Assistant: seconds, minutes, hours, day of the month, month, day of the week (1 is Monday), and perhaps a year.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const LAST_YEAR: i16 = 2099;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cron {
    seconds: Vec<i16>,
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Days,
    months: Vec<i16>,
    weekdays: Days,
    years: Option<Vec<i16>>,
    zone: TimeZone,
}

/// Which days of a month: by number, or by their place in it.
#[derive(Clone, Debug, PartialEq)]
enum Days {
    Any,
    Listed(Vec<i16>),
    /// `L`: the last day.
    Last,
    /// `15W`: the working day next to it.
    WorkingDayNear(i16),
    /// `5L`: the last Friday.
    LastOf(i16),
    /// `5#2`: the second Friday.
    NthOf(i16, i16),
}

impl Cron {
    /// None: it is not of the form.
    pub(super) fn parse(fields: &[&str], zone: TimeZone) -> Option<Self> {
        let [seconds, minutes, hours, day, month, weekday, year @ ..] = fields else {
            return None;
        };
        Some(Self {
            seconds: list(seconds, 0, 59, &[])?,
            minutes: list(minutes, 0, 59, &[])?,
            hours: list(hours, 0, 23, &[])?,
            days: Days::of_month(day)?,
            months: list(month, 1, 12, &MONTHS)?,
            weekdays: Days::of_week(weekday)?,
            years: match year {
                [] => None,
                [year] => Some(years(year)?),
                _ => return None,
            },
            zone,
        })
    }

    /// The first time after `at`; None: there is none any more.
    pub(super) fn after(&self, at: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_datetime(at);
        // Clocks that are put back show an hour twice.
        let floor = local.checked_sub(1.hour()).ok()?;
        let mut date = local.date();
        while date.year() <= LAST_YEAR {
            if self.covers(date) {
                let moments = self.times(date).filter(|time| *time >= floor).filter_map(|time| time.to_zoned(self.zone.clone()).ok());
                let found = moments.map(|moment| moment.timestamp()).find(|moment| *moment > at);
                if found.is_some() {
                    return found;
                }
            }
            date = if self.months.contains(&date.month().into()) { date.tomorrow().ok()? } else { date.last_of_month().tomorrow().ok()? };
        }
        None
    }

    fn covers(&self, date: Date) -> bool {
        self.years.as_ref().is_none_or(|years| years.contains(&date.year()))
            && self.months.contains(&date.month().into())
            && self.days.cover(date, date.day().into())
            && self.weekdays.cover(date, number(date.weekday()))
    }

    fn times(&self, date: Date) -> impl Iterator<Item = DateTime> {
        self.hours.iter().flat_map(move |hour| {
            self.minutes.iter().flat_map(move |minute| {
                self.seconds.iter().filter_map(move |second| {
                    let part = |value: &i16| i8::try_from(*value).ok();
                    Some(date.at(part(hour)?, part(minute)?, part(second)?, 0))
                })
            })
        })
    }
}

impl Days {
    fn of_month(text: &str) -> Option<Self> {
        match text {
            "?" | "*" => Some(Self::Any),
            "L" => Some(Self::Last),
            _ => match text.strip_suffix('W') {
                Some(day) => value(day, 1, 31, &[]).map(Self::WorkingDayNear),
                None => list(text, 1, 31, &[]).map(Self::Listed),
            },
        }
    }

    fn of_week(text: &str) -> Option<Self> {
        match (text, text.strip_suffix('L'), text.split_once('#')) {
            ("?" | "*", ..) => Some(Self::Any),
            ("L", ..) => Some(Self::Listed(vec![7])),
            (_, Some(day), _) => value(day, 1, 7, &DAYS).map(Self::LastOf),
            (_, _, Some((day, nth))) => Some(Self::NthOf(value(day, 1, 7, &DAYS)?, value(nth, 1, 5, &[])?)),
            (_, None, None) => list(text, 1, 7, &DAYS).map(Self::Listed),
        }
    }

    /// `own` is the number of the date in this field.
    fn cover(&self, date: Date, own: i16) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(days) => days.contains(&own),
            Self::Last => date == date.last_of_month(),
            Self::WorkingDayNear(day) => working_day_near(date, *day) == Some(date),
            Self::LastOf(day) => own == *day && date.day() > date.days_in_month() - 7,
            Self::NthOf(day, nth) => own == *day && i16::from((date.day() - 1) / 7) + 1 == *nth,
        }
    }
}

/// In the month of `date`, without leaving it.
fn working_day_near(date: Date, day: i16) -> Option<Date> {
    let wanted = date.with().day(i8::try_from(day).ok()?).build().ok()?;
    let moved = match wanted.weekday() {
        Weekday::Saturday if day > 1 => wanted.checked_sub(1.day()),
        Weekday::Saturday => wanted.checked_add(2.days()),
        Weekday::Sunday if wanted == wanted.last_of_month() => wanted.checked_sub(2.days()),
        Weekday::Sunday => wanted.checked_add(1.day()),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => Ok(wanted),
    };
    moved.ok()
}

fn number(day: Weekday) -> i16 {
    day.to_monday_one_offset().into()
}

pub(super) fn is_year(text: &str) -> bool {
    years(text).is_some()
}

fn years(text: &str) -> Option<Vec<i16>> {
    list(text, 1970, LAST_YEAR, &[])
}

/// `1,3-5,10/2`, sorted.
fn list(text: &str, low: i16, high: i16, names: &[&str]) -> Option<Vec<i16>> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(value(step, 1, high, &[])?)),
            None => (part, None),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*", _) => (low, high),
            (_, Some((first, last))) => (value(first, low, high, names)?, value(last, low, high, names)?),
            (one, None) => {
                let first = value(one, low, high, names)?;
                (first, if step.is_some() { high } else { first })
            }
        };
        if first > last {
            return None;
        }
        all.extend((first..=last).step_by(usize::try_from(step.unwrap_or(1)).ok()?));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// A number with at most one leading zero, or a name.
fn value(text: &str, low: i16, high: i16, names: &[&str]) -> Option<i16> {
    if let Some(place) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return i16::try_from(place + 1).ok();
    }
    if text.starts_with("00") || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| (low..=high).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, from: &str, count: usize) -> Vec<String> {
        let fields: Vec<&str> = expression.split(' ').collect();
        let cron = Cron::parse(&fields, TimeZone::get("Asia/Shanghai").unwrap()).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        let mut all = Vec::new();
        while let Some(found) = cron.after(at).filter(|_| all.len() < count) {
            all.push(cron.zone.to_datetime(found).to_string());
            at = found;
        }
        all
    }

    #[test]
    fn an_expression_says_when_it_is_due() {
        for (expression, expected) in [
            ("0 15 10 ? * * 2026", &["2026-01-01T10:15:00", "2026-01-02T10:15:00"][..]),
            ("0 0/30 10-11 * * ? 2026", &["2026-01-01T10:00:00", "2026-01-01T10:30:00", "2026-01-01T11:00:00"]),
            ("0 0/5 14 * 10 ? 2026/2", &["2026-10-01T14:00:00", "2026-10-01T14:05:00"]),
            ("0 */20 * * * ?", &["2026-01-01T08:20:00", "2026-01-01T08:40:00", "2026-01-01T09:00:00"]),
            ("0 0 12 ? * WED", &["2026-01-07T12:00:00"]),
            ("0 0 12 ? * 1", &["2026-01-05T12:00:00"]),
            ("0 0 12 L * ?", &["2026-01-31T12:00:00", "2026-02-28T12:00:00"]),
            ("0 0 12 15W * ?", &["2026-01-15T12:00:00", "2026-02-16T12:00:00"]),
            ("0 0 12 ? * 5L", &["2026-01-30T12:00:00"]),
            ("0 0 12 ? * 5#3", &["2026-01-16T12:00:00"]),
            ("10,20 0 0 29 FEB ?", &["2028-02-29T00:00:10", "2028-02-29T00:00:20", "2032-02-29T00:00:10"]),
        ] {
            assert_eq!(next(expression, "2026-01-01T00:00:10Z", expected.len()), expected, "{expression}");
        }
        assert_eq!(next("0 0 0 1 1 ? 2027", "2026-12-31T16:00:00Z", 1), [""; 0], "the years are over");
    }

    #[test]
    fn what_is_not_of_the_form_is_refused() {
        for expression in [
            "0 0 * * *",
            "60 0 0 * * ?",
            "0 0 24 * * ?",
            "0 0 0 0 * ?",
            "0 0 0 ? * 8",
            "0 0 0 * 13 ?",
            "0 0 008 * * ?",
            "0 ? 0 * * ?",
            "0 0 0 * * ? 1969",
            "0 5-1 0 * * ?",
            "0 */0 0 * * ?",
            "0 0 0 * * MOND",
            "0 0 0 * * ? 2026 2027",
        ] {
            let fields: Vec<&str> = expression.split(' ').collect();
            assert_eq!(Cron::parse(&fields, TimeZone::UTC), None, "{expression}");
        }
    }
}
