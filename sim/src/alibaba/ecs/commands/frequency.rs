//! `Frequency`: how a schedule is written, which ones are allowed, and when the next run is due.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::cron::{Cron, is_year};
use crate::clock::later;

const SHORTEST_RATE: SignedDuration = SignedDuration::from_secs(60);
const LONGEST_RATE: SignedDuration = SignedDuration::from_hours(7 * 24);
const SHORTEST_STEP: SignedDuration = SignedDuration::from_secs(10);
/// So many steps of a cron expression are measured.
const MEASURED: usize = 100;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frequency {
    Rate(SignedDuration),
    At(Timestamp),
    Cron(Box<Cron>),
}

impl Frequency {
    /// None: it is not of the form, or not allowed.
    pub(super) fn parse(text: &str, timeout: SignedDuration, now: Timestamp) -> Option<Self> {
        let inside = |word: &str| text.strip_prefix(word)?.strip_suffix(')');
        let found = if let Some(rate) = inside("rate(") {
            Self::Rate(interval(rate)?)
        } else if let Some(at) = inside("at(") {
            Self::At(moment(at)?)
        } else {
            Self::Cron(Box::new(cron(text)?))
        };
        found.is_allowed(timeout, now).then_some(found)
    }

    fn is_allowed(&self, timeout: SignedDuration, now: Timestamp) -> bool {
        match self {
            Self::Rate(every) => (SHORTEST_RATE..=LONGEST_RATE).contains(every) && *every > timeout,
            Self::At(at) => *at > now,
            Self::Cron(cron) => {
                let mut last = now;
                for number in 0..MEASURED {
                    let Some(next) = cron.after(last) else {
                        return number > 0;
                    };
                    if number > 0 && next.duration_since(last) < SHORTEST_STEP.max(timeout) {
                        return false;
                    }
                    last = next;
                }
                true
            }
        }
    }

    /// When it is due after the run of `last`, or after it was accepted.
    pub(crate) fn after(&self, last: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(every) => Some(later(last, *every)),
            Self::At(at) => Some(*at).filter(|at| *at > last),
            Self::Cron(cron) => cron.after(last),
        }
    }

    /// Whether only newer agents know this form.
    pub(super) fn is_newer(&self, text: &str) -> bool {
        !matches!(self, Self::Cron(_)) || text.split_whitespace().count() > 6
    }
}

/// `5m`.
fn interval(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let (number, seconds) = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?.trim_end(), seconds)))?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(SignedDuration::from_secs(number.parse::<i64>().ok()?.checked_mul(seconds)?))
}

/// `2026-06-06 13:15:30 Asia/Shanghai`; without a zone it is UTC's.
fn moment(text: &str) -> Option<Timestamp> {
    let mut words = text.split_whitespace();
    let (date, time) = (words.next()?, words.next()?);
    let shaped = date.len() == 10 && time.len() == 8;
    let civil: DateTime = format!("{date}T{time}").parse().ok().filter(|_| shaped)?;
    let zone = words.next().map_or(Some(TimeZone::UTC), zone)?;
    if words.next().is_some() {
        return None;
    }
    Some(civil.to_zoned(zone).ok()?.timestamp())
}

/// Six or seven fields and perhaps a zone; without one the machine's counts, which is UTC here.
fn cron(text: &str) -> Option<Cron> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.len() {
        6 => Cron::parse(&words, TimeZone::UTC),
        7 if is_year(words[6]) => Cron::parse(&words, TimeZone::UTC),
        7 => Cron::parse(&words[..6], zone(words[6])?),
        8 => Cron::parse(&words[..7], zone(words[7])?),
        _ => None,
    }
}

/// A name of the zone database, `GMT+8:00` without leading zeros, or `UTC`: no other abbreviation.
fn zone(text: &str) -> Option<TimeZone> {
    if text == "UTC" {
        return Some(TimeZone::UTC);
    }
    let Some(offset) = text.strip_prefix("GMT") else {
        return text.contains('/').then(|| TimeZone::get(text).ok())?;
    };
    let sign = match offset.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset[1..].split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = hours.len() > 1 && hours.starts_with('0');
    if padded || minutes.len() != 2 || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Some(TimeZone::fixed(Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, timeout: i64) -> Option<Frequency> {
        Frequency::parse(text, SignedDuration::from_secs(timeout), "2026-01-01T00:00:10Z".parse().unwrap())
    }

    #[test]
    fn the_three_forms_are_known_with_their_limits() {
        for (text, timeout, good) in [
            ("rate(5m)", 60, true),
            ("rate(60s)", 59, true),
            ("rate(60s)", 60, false),
            ("rate(59s)", 10, false),
            ("rate(7d)", 60, true),
            ("rate(169h)", 60, false),
            ("rate(5)", 60, false),
            ("rate(-5m)", 60, false),
            ("at(2026-06-06 13:15:30 Asia/Shanghai)", 60, true),
            ("at(2026-06-06 13:15:30 GMT-7:00)", 60, true),
            ("at(2026-06-06 13:15:30 GMT-07:00)", 60, false),
            ("at(2026-06-06 13:15:30)", 60, true),
            ("at(2026-06-06 13:15:30 CST)", 60, false),
            ("at(2025-12-31 23:59:59 UTC)", 60, false),
            ("at(2026-1-1 13:15:30)", 60, false),
            ("0 */20 * * * ?", 60, true),
            ("*/10 * * * * ?", 10, true),
            ("*/10 * * * * ?", 11, false),
            ("0,5 0 * * * ?", 1, false),
            ("0 15 10 ? * * 2026 Asia/Shanghai", 60, true),
            ("0 15 10 ? * * Asia/Shanghai", 60, true),
            ("0 15 10 ? * * 2025 Asia/Shanghai", 60, false),
            ("0 15 10 ? * * 2026 Mars/Olympus", 60, false),
            ("every day", 60, false),
        ] {
            assert_eq!(parse(text, timeout).is_some(), good, "{text} with {timeout} s");
        }
    }

    #[test]
    fn zones_move_what_is_due() {
        let start: Timestamp = "2026-01-01T00:00:10Z".parse().unwrap();
        for (text, due) in [
            ("at(2026-06-06 13:15:30 Asia/Shanghai)", "2026-06-06T05:15:30Z"),
            ("at(2026-06-06 13:15:30 GMT-7:00)", "2026-06-06T20:15:30Z"),
            ("at(2026-06-06 13:15:30)", "2026-06-06T13:15:30Z"),
            ("0 15 10 ? * * Asia/Shanghai", "2026-01-01T02:15:00Z"),
            ("0 15 10 ? * *", "2026-01-01T10:15:00Z"),
            ("rate(5m)", "2026-01-01T00:05:10Z"),
        ] {
            assert_eq!(parse(text, 60).unwrap().after(start).unwrap().to_string(), due, "{text}");
        }
    }
}
