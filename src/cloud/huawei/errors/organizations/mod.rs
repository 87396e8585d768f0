//! Codes of the Organizations service, by what they speak of. Any service may answer with the first of them, since an organization's guard rails
//! bind every account in it. Statuses mislead: some 401 and 404 speak of neither credentials nor objects, and 409 stands for three things.

mod accounts;
mod calls;
mod policies;
mod services;
mod tree;

use crate::cloud::catalogue::Row;
use crate::cloud::error::Class;

const fn row(code: &'static str, http_status: u16, class: Class, meaning: &'static str, hint: &'static str) -> Row {
    Row::any(code, Some(http_status), class, meaning, hint).of("organizations")
}

pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [calls::ROWS, tree::ROWS, accounts::ROWS, policies::ROWS, services::ROWS].into_iter().flatten()
}
