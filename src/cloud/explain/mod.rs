//! The catalogues of all vendors as one book to look things up in: by code, by service, and by a name that is nearly right. How it is
//! shown is left to the command line.

mod nearest;

use super::alibaba;
use super::catalogue::Row;
use super::error::Acted;
use super::huawei;
use crate::reason::Reason;
use serde::Serialize;
use std::collections::BTreeSet;

pub use nearest::nearest;

/// What is known of a code, at one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub service: &'static str,
    /// Absent where any operation of the service may answer so.
    pub operation: Option<&'static str>,
    pub code: &'static str,
    pub http_status: Option<u16>,
    pub class: &'static str,
    pub acted: &'static str,
    pub reason: Reason,
    pub meaning: &'static str,
    pub hint: &'static str,
}

/// Every row of every vendor.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    alibaba::errors::rows().chain(huawei::errors::rows())
}

/// The rows of a code, in each spelling that status may show; large and small letters make no difference.
pub fn find(code: &str) -> Vec<&'static Row> {
    let code = huawei::errors::family(&code.to_ascii_uppercase());
    rows().filter(|row| row.code.eq_ignore_ascii_case(&code)).collect()
}

/// The services that have rows.
pub fn services() -> BTreeSet<&'static str> {
    rows().map(|row| row.service).collect()
}

/// A row as entries, one for each operation that it names.
pub fn entries(row: &'static Row) -> Vec<Entry> {
    let entry = |operation| Entry {
        service: row.service,
        operation,
        code: row.code,
        http_status: row.http_status,
        class: row.class_word(),
        acted: acted_word(row.acted),
        reason: row.reason(),
        meaning: row.meaning,
        hint: row.hint,
    };
    if row.operations.is_empty() {
        return vec![entry(None)];
    }
    row.operations.iter().map(|operation| entry(Some(*operation))).collect()
}

fn acted_word(acted: Acted) -> &'static str {
    match acted {
        Acted::No => "No",
        Acted::Perhaps => "Perhaps",
    }
}

#[cfg(test)]
mod tests;
