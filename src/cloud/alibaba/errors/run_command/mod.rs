//! Codes of `RunCommand` and of the operations around it. What a run did on one machine is in `invocations`.

mod call;
mod script;
mod targets;

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    script::ROWS.iter().chain(targets::ROWS).chain(call::ROWS)
}

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("ecs").on(&["RunCommand"])
}
