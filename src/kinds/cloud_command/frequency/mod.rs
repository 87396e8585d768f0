//! When a command runs by schedule: the cloud's three notations, read so that a mistake shows before the call and people see when the next run is.
//! The cloud and the agents on the instances keep the time; nothing here starts anything.
//! <https://www.alibabacloud.com/help/en/ecs/user-guide/cron-expressions>

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;

const SHORTEST_INTERVAL: SignedDuration = SignedDuration::from_secs(60);
const LONGEST_INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);
const SHORTEST_STEP: SignedDuration = SignedDuration::from_secs(10);
/// How many steps of a cron expression are measured: more than a day has minutes.
const STEPS: usize = 2000;
/// The last year that a cron expression can name.
const LAST_YEAR: u16 = 2099;

const FORMS: &str = "must be rate(5m), at(2030-01-31 13:15:30 Asia/Shanghai), or a cron expression of six or seven fields with a zone if wanted: 0 0 3 ? * MON-FRI Asia/Shanghai";

/// When a command runs.
#[derive(Debug)]
pub enum Frequency {
    /// Again and again, first after one interval.
    Rate(SignedDuration),
    /// Once.
    At(Timestamp),
    /// By the clock; without a zone by that of each instance.
    Cron { cron: Box<Cron>, zone: Option<TimeZone> },
}

impl Frequency {
    /// Reads what is in `spec.frequency`; the error completes `spec.frequency: …`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(interval) = text.strip_prefix("rate(") {
            return interval
                .strip_suffix(')')
                .and_then(rate)
                .ok_or_else(|| "an interval is a number and one of s, m, h and d, for instance rate(90s) or rate(5m)".to_owned());
        }
        if let Some(moment) = text.strip_prefix("at(") {
            return at(moment.strip_suffix(')').ok_or_else(|| FORMS.to_owned())?);
        }
        cron(text)
    }

    /// Whether the cloud would take it with this timeout. `now` is when it would be sent.
    pub fn check(&self, timeout: SignedDuration, now: Timestamp) -> Result<(), String> {
        match self {
            Self::Rate(interval) if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(interval) => {
                Err("an interval is 60 seconds at least and 7 days at most".to_owned())
            }
            Self::Rate(interval) if *interval <= timeout => {
                Err(format!("the interval must be longer than the timeout of {} seconds (spec.command.timeoutSeconds)", timeout.as_secs()))
            }
            Self::At(moment) if *moment <= now => Err("this moment is over".to_owned()),
            Self::Rate(_) | Self::At(_) => Ok(()),
            Self::Cron { cron, .. } => steps(cron, timeout, now),
        }
    }

    /// Whether there are runs after this moment.
    pub fn goes_on_after(&self, moment: Timestamp) -> bool {
        match self {
            Self::Rate(_) => true,
            Self::At(at) => *at > moment,
            Self::Cron { cron, .. } => cron.iter_after(moment.to_zoned(TimeZone::UTC)).next().is_some(),
        }
    }

    /// How close two runs after `now` are to each other.
    pub fn shortest_step(&self, now: Timestamp) -> SignedDuration {
        match self {
            Self::Rate(interval) => *interval,
            Self::At(_) => SignedDuration::MAX,
            Self::Cron { cron, .. } => lengths(cron, now).min().unwrap_or(SignedDuration::MAX),
        }
    }

    /// The first run after `now`, as far as that can be told. `accepted` is when the cloud took the command: intervals count from then.
    pub fn next_run(&self, accepted: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(interval) => {
                let since = now.duration_since(accepted?);
                let past = since.as_secs().max(0) / interval.as_secs().max(1);
                accepted?.checked_add(interval.checked_mul(i32::try_from(past + 1).ok()?)?).ok()
            }
            Self::At(moment) => (*moment > now).then_some(*moment),
            Self::Cron { zone: None, .. } => None,
            Self::Cron { cron, zone: Some(zone) } => {
                cron.find_next_occurrence(&now.to_zoned(zone.clone()), false).ok().map(|next| next.timestamp())
            }
        }
    }
}

fn rate(interval: &str) -> Option<Frequency> {
    let unit = match interval.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number = &interval[..interval.len() - 1];
    let plain = !number.is_empty() && number.len() <= 9 && number.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| number.parse::<i64>().ok()).flatten().map(|number| Frequency::Rate(SignedDuration::from_secs(number * unit)))
}

fn at(moment: &str) -> Result<Frequency, String> {
    let mut words = moment.split_ascii_whitespace();
    let (Some(date), Some(time)) = (words.next(), words.next()) else { return Err(FORMS.to_owned()) };
    let zone = words.next().map_or(Ok(TimeZone::UTC), zone)?;
    let format = "%Y-%m-%d %H:%M:%S";
    let civil = format!("{date} {time}");
    let read = DateTime::strptime(format, &civil).ok().filter(|read| words.next().is_none() && read.strftime(format).to_string() == civil);
    let read = read.ok_or("a moment is a date and a time of two digits each, for instance at(2030-01-31 13:15:30 Asia/Shanghai)")?;
    read.to_zoned(zone).map(|moment| Frequency::At(moment.timestamp())).map_err(|_| "there is no such moment".to_owned())
}

/// The zones that steward was built with: those of the machine it happens to run on may be none at all.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

fn zone(name: &str) -> Result<TimeZone, String> {
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    if let Some(offset) = name.strip_prefix("GMT").and_then(offset) {
        return Ok(offset.to_time_zone());
    }
    // Abbreviations other than UTC are unknown to the cloud, and it minds upper and lower case.
    let known = name.contains('/').then(|| ZONES.get(name).ok()).flatten().filter(|zone| zone.iana_name() == Some(name));
    known.ok_or_else(|| format!("{name} is no time zone: a zone is a name such as Asia/Shanghai, an offset such as GMT+8:00, or UTC"))
}

/// `+8:00`, hours without a leading zero.
fn offset(text: &str) -> Option<Offset> {
    let (sign, text) = text.strip_prefix('+').map(|rest| (1, rest)).or_else(|| text.strip_prefix('-').map(|rest| (-1, rest)))?;
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits(hours) && digits(minutes) && minutes.len() == 2 && (hours == "0" || !hours.starts_with('0'));
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (plain && hours <= 14 && minutes < 60).then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()).flatten()
}

/// What each field may consist of besides digits.
const FIELDS: [(&str, &str); 7] = [
    ("seconds", "*,-/"),
    ("minutes", "*,-/"),
    ("hours", "*,-/"),
    ("the day of the month", "*,-/?LW"),
    ("the month", "*,-/ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("the day of the week", "*,-/?#ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("the year", "*,-/"),
];

fn cron(text: &str) -> Result<Frequency, String> {
    let mut words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    let is_zone = |word: &String| word.starts_with(|first: char| first.is_ascii_alphabetic());
    let zone = if words.len() > 6 && words.last().is_some_and(is_zone) { words.pop().map(|name| zone(&name)).transpose()? } else { None };
    if !(6..=7).contains(&words.len()) {
        return Err(FORMS.to_owned());
    }
    for (word, (field, allowed)) in words.iter_mut().zip(FIELDS) {
        word.make_ascii_uppercase();
        let known = word.chars().all(|character| character.is_ascii_digit() || allowed.contains(character));
        let zeros = word.split(|character: char| !character.is_ascii_digit()).any(|number| number.len() > 1 && number.starts_with("00"));
        if !known || zeros {
            return Err(format!("the field for {field} of the cron expression cannot be read"));
        }
    }
    let days_named = |word: &str| !matches!(word, "*" | "?");
    if days_named(&words[3]) && days_named(&words[5]) || words[3] == "?" && words[5] == "?" {
        return Err("of the day of the month and the day of the week exactly one is named, and ? stands for the other".to_owned());
    }
    // By itself it is the last day of the week.
    if words[5] == "L" {
        "7".clone_into(&mut words[5]);
    }
    if let Some(year) = words.get_mut(6) {
        *year = years(year)?;
    }
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Optional).sloppy_ranges(true).build();
    let cron = parser.parse(&words.join(" ")).map_err(|_| "is no cron expression that the cloud could read".to_owned())?;
    Ok(Frequency::Cron { cron: Box::new(cron), zone })
}

/// A step without an end goes on to the last year that there is.
fn years(field: &str) -> Result<String, String> {
    let outside = field.split(|character: char| !character.is_ascii_digit()).filter(|number| number.len() >= 4);
    if outside.filter_map(|number| number.parse::<u16>().ok()).any(|year| year > LAST_YEAR) {
        return Err(format!("the year must not be later than {LAST_YEAR}"));
    }
    Ok(match field.split_once('/') {
        Some((start, step)) if !start.is_empty() && start.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{start}-{LAST_YEAR}/{step}")
        }
        _ => field.to_owned(),
    })
}

/// The steps from `now` on, by a clock without summer time: in any zone those of a day are the same.
fn lengths(cron: &Cron, now: Timestamp) -> impl Iterator<Item = SignedDuration> {
    let mut before: Option<Timestamp> = None;
    let runs = cron.iter_after(now.to_zoned(TimeZone::UTC)).map(|run| run.timestamp());
    runs.filter_map(move |run| before.replace(run).map(|before| run.duration_since(before))).take(STEPS)
}

fn steps(cron: &Cron, timeout: SignedDuration, now: Timestamp) -> Result<(), String> {
    let needed = timeout.max(SHORTEST_STEP);
    if cron.iter_after(now.to_zoned(TimeZone::UTC)).next().is_none() {
        return Err("the cron expression never comes true again".to_owned());
    }
    for step in lengths(cron, now) {
        if step < SHORTEST_STEP {
            return Err("two runs are less than 10 seconds apart".to_owned());
        }
        if step < needed {
            return Err(format!(
                "two runs are {} seconds apart, and the timeout is {} (spec.command.timeoutSeconds)",
                step.as_secs(),
                needed.as_secs()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
