//! What is known of the vendors' limits before the first call, and what a person says of them: published figures, assumptions,
//! flags. What the vendors' answers teach is left to `lessons`.

use super::BudgetKey;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 3600);
/// Stands in a rule for any account, region, service or operation.
const ANY: &str = "*";

/// So many calls in a window of this length; windows begin on the marks of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub calls: u32,
    /// Whole seconds.
    pub per: Duration,
}

impl Limit {
    pub const fn per_minute(calls: u32) -> Self {
        Self { calls, per: MINUTE }
    }

    pub const fn per_second(calls: u32) -> Self {
        Self { calls, per: SECOND }
    }

    /// Whether this allows fewer calls over a long time than the other.
    pub(super) fn is_tighter_than(self, other: Self) -> bool {
        u128::from(self.calls) * other.per.as_millis() < u128::from(other.calls) * self.per.as_millis()
    }
}

/// The limits of the vendors, and how much of them is ours.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Part of a limit that steward takes, in percent: the account feeds other tools too.
    pub share_percent: u32,
    /// Part of that share which checks may take, in percent.
    pub check_percent: u32,
    /// Calls a minute of an operation of which nothing else is known.
    pub default_per_minute: u32,
    /// Calls a minute that the vendor publishes, by `service:Operation`.
    pub per_minute: HashMap<String, u32>,
    /// Calls a second of each operation of a service behind a gateway that counts so.
    pub per_second: HashMap<String, u32>,
    /// What a person says; this wins over all of the above.
    pub rules: Vec<Rule>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            share_percent: 70,
            check_percent: 30,
            // An assumption: the vendor publishes no figure for most operations (none of those of Cloud Assistant that are called here), and shows
            // the account's in its quota centre.
            // 500 is the smallest that it does publish for this service.
            default_per_minute: 500,
            // Join is published. Leave is not; it is assumed to be counted like its twin. Modify is an assumption, too.
            per_minute: HashMap::from([
                ("ecs:JoinSecurityGroup".to_owned(), 1000),
                ("ecs:LeaveSecurityGroup".to_owned(), 1000),
                ("ess:ModifyEciScalingConfiguration".to_owned(), 300),
            ]),
            // The default of Huawei's API gateway. Services set lower ones, and their refusals name them.
            per_second: HashMap::from([("iam".to_owned(), 200), ("csbs".to_owned(), 200)]),
            rules: Vec::new(),
        }
    }
}

impl Limits {
    /// The limit to begin with, and whether a person set it.
    pub(super) fn of(&self, key: &BudgetKey) -> (Limit, bool) {
        // Of two rules for the same calls the later one holds.
        let rule = self.rules.iter().filter(|rule| rule.covers(key)).max_by_key(|rule| rule.precision());
        if let Some(rule) = rule {
            return (rule.limit, true);
        }
        let published = self.per_minute.get(&key.operation.to_string()).copied().map(Limit::per_minute);
        let by_gateway = || self.per_second.get(key.operation.service).copied().map(Limit::per_second);
        (published.or_else(by_gateway).unwrap_or(Limit::per_minute(self.default_per_minute)), false)
    }
}

/// `[ACCOUNT/REGION/]SERVICE:OPERATION=CALLS[/DURATION]`: a limit, and which calls it is for. `*` stands for any; without a
/// duration it is calls a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Absent in this and the next three: any.
    account: Option<String>,
    region: Option<String>,
    service: Option<String>,
    operation: Option<String>,
    pub limit: Limit,
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("{0:?} is no limit: write [ACCOUNT/REGION/]SERVICE:OPERATION=CALLS[/DURATION], for instance ecs:JoinSecurityGroup=2000")]
    Form(String),
    #[error(
        "{0:?} names an account or a region alone: write both, with * for any, for instance 1234567890123456/*/ecs:JoinSecurityGroup=2000"
    )]
    HalfAPlace(String),
    #[error("{0:?} holds a name that no cloud has: letters, digits, - and _ only, or * for any")]
    Name(String),
    #[error("{0:?} is no number of calls: at least 1, at most 4294967295")]
    Calls(String),
    #[error("{0:?} is no window: whole seconds from 1s to 24h, for instance 1s, 90s or 1m")]
    Window(String),
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let wrong = || RuleError::Form(text.to_owned());
        let (scope, limit) = text.split_once('=').ok_or_else(wrong)?;
        let parts: Vec<&str> = scope.split('/').map(str::trim).collect();
        let (account, region, operation) = match parts.as_slice() {
            [operation] => (ANY, ANY, *operation),
            [account, region, operation] => (*account, *region, *operation),
            [_, _] => return Err(RuleError::HalfAPlace(text.to_owned())),
            _ => return Err(wrong()),
        };
        let (service, operation) = operation.split_once(':').ok_or_else(wrong)?;
        let named = |name: &str| match name {
            ANY => Ok(None),
            _ if is_a_name(name) => Ok(Some(name.to_owned())),
            _ => Err(RuleError::Name(name.to_owned())),
        };
        Ok(Self {
            account: named(account)?,
            region: named(region)?,
            service: named(service)?,
            operation: named(operation)?,
            limit: limit_of(limit.trim())?,
        })
    }
}

impl Rule {
    /// The one operation that it is for, if it names one.
    pub fn names(&self) -> Option<(&str, &str)> {
        self.service.as_deref().zip(self.operation.as_deref())
    }

    fn covers(&self, key: &BudgetKey) -> bool {
        let fits = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|wanted| wanted == actual);
        fits(&self.account, &key.account)
            && fits(&self.region, &key.region)
            && fits(&self.service, key.operation.service)
            && fits(&self.operation, key.operation.name)
    }

    /// What says more of the account is closer to the truth than what says more of the region, and so on.
    fn precision(&self) -> (bool, bool, bool, bool) {
        (self.account.is_some(), self.region.is_some(), self.operation.is_some(), self.service.is_some())
    }
}

fn is_a_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn limit_of(text: &str) -> Result<Limit, RuleError> {
    let (calls, per) = text.split_once('/').map_or((text, None), |(calls, per)| (calls, Some(per)));
    let calls = calls.trim().parse().ok().filter(|calls| *calls > 0).ok_or_else(|| RuleError::Calls(calls.to_owned()))?;
    let per = per.map_or(Ok(MINUTE), |per| window_of(per.trim()).ok_or_else(|| RuleError::Window(per.to_owned())))?;
    Ok(Limit { calls, per })
}

fn window_of(text: &str) -> Option<Duration> {
    let span: SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok().filter(|per| is_a_window(*per))
}

pub(super) fn is_a_window(per: Duration) -> bool {
    (SECOND..=LONGEST_WINDOW).contains(&per) && per.subsec_nanos() == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Effect, Operation};

    const JOIN: Operation = Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable };
    const LEAVE: Operation = Operation { service: "ecs", name: "LeaveSecurityGroup", effect: Effect::Repeatable };
    const CHECK: Operation = Operation { service: "csbs", name: "CheckRestorable", effect: Effect::Read };

    fn key(account: &str, region: &str, operation: Operation) -> BudgetKey {
        BudgetKey { account: account.to_owned(), region: region.to_owned(), operation }
    }

    fn limits(rules: &[&str]) -> Limits {
        Limits { rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(), ..Limits::default() }
    }

    #[test]
    fn without_rules_the_limits_are_the_vendors() {
        let read = Operation { service: "ecs", name: "DescribeThings", effect: Effect::Read };
        let of = |operation| Limits::default().of(&key("1", "r", operation));
        assert_eq!(of(JOIN), (Limit::per_minute(1000), false));
        assert_eq!(of(read), (Limit::per_minute(500), false));
        assert_eq!(of(CHECK), (Limit::per_second(200), false));
    }

    #[test]
    fn the_closest_rule_holds_and_of_two_alike_the_later() {
        let limits = limits(&[
            "1/cn-hangzhou/ecs:JoinSecurityGroup=1",
            "ecs:JoinSecurityGroup=2",
            "1/*/ecs:*=3",
            "*/cn-hangzhou/ecs:JoinSecurityGroup=4",
            "*:*=5/10s",
            "ecs:JoinSecurityGroup=6",
        ]);
        for (account, region, operation, calls) in [
            ("1", "cn-hangzhou", JOIN, 1),
            ("1", "cn-beijing", JOIN, 3),
            ("1", "cn-beijing", LEAVE, 3),
            ("2", "cn-hangzhou", JOIN, 4),
            ("2", "cn-beijing", JOIN, 6),
            ("2", "cn-beijing", LEAVE, 5),
            ("2", "eu-de", CHECK, 5),
        ] {
            assert_eq!(limits.of(&key(account, region, operation)).0.calls, calls, "{account} {region} {operation}");
        }
        assert_eq!(limits.of(&key("2", "eu-de", CHECK)), (Limit { calls: 5, per: Duration::from_secs(10) }, true));
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is no limit: write"),
            ("JoinSecurityGroup=5", "is no limit: write"),
            ("a/b/c/ecs:JoinSecurityGroup=5", "is no limit: write"),
            ("1234567890123456/ecs:JoinSecurityGroup=5", "names an account or a region alone"),
            ("1/ /ecs:JoinSecurityGroup=5", "\"\" holds a name"),
            ("ecs:Join Group=5", "\"Join Group\" holds a name"),
            ("ecs:a:b=5", "\"a:b\" holds a name"),
            ("ecs:JoinSecurityGroup=0", "\"0\" is no number of calls"),
            ("ecs:JoinSecurityGroup=-1", "\"-1\" is no number of calls"),
            ("ecs:JoinSecurityGroup=4294967296", "is no number of calls"),
            ("ecs:JoinSecurityGroup=5/0s", "\"0s\" is no window"),
            ("ecs:JoinSecurityGroup=5/1500ms", "is no window"),
            ("ecs:JoinSecurityGroup=5/25h", "is no window"),
            ("ecs:JoinSecurityGroup=5/", "\"\" is no window"),
        ] {
            let error = text.parse::<Rule>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
