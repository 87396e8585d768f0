//! Cloud Assistant: the table of its operations, and what they share.

mod agents;
pub(crate) mod content;
mod cron;
mod describe;
pub(crate) mod frequency;
mod run;
mod stop;
mod tags;
mod targets;
mod tokens;

use std::borrow::Cow;

use jiff::Timestamp;

use super::super::{Ask, Operation, region};
use crate::answer::Refusal;

/// Entries of a page, at most.
const PAGE: usize = 50;

pub(crate) fn operation(name: &str) -> Option<Operation> {
    match name {
        "RunCommand" => Some(Operation::new(run::run)),
        "StopInvocation" => Some(Operation::new(stop::stop)),
        "DescribeInvocations" => Some(Operation { empty: Some(describe::no_invocations), ..Operation::new(describe::invocations) }),
        "DescribeInvocationResults" => Some(Operation { empty: Some(describe::no_results), ..Operation::new(describe::results) }),
        "DescribeCloudAssistantStatus" => Some(Operation { empty: Some(agents::none), ..Operation::new(agents::describe) }),
        _ => None,
    }
}

fn refuse(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(status, code, message)
}

/// The same question from somebody who owns nothing.
fn nobody<'a>(ask: &'a mut Ask<'_>) -> Ask<'a> {
    Ask { world: ask.world, account: "", key: None, parameters: ask.parameters, now: ask.now }
}

/// Empty if it was not reached.
fn time(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default()
}
