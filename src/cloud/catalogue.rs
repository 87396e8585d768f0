//! What an error catalogue is made of: one row per code, and the search for the row that fits an answer best. The rows themselves are the
//! vendors', each beside the client that meets them; the vendors' messages are in none of them, because many are templates that nobody
//! filled in and some repeat the request.

use super::error::{Acted, Class, Explanation, Operation};
use crate::reason::Reason;

/// The service of rows that every service of a vendor may answer with.
pub const COMMON: &str = "common";

/// One code, where and with which status it was documented.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The vendor's short name, or `COMMON`.
    pub service: &'static str,
    /// Empty: any operation of the service.
    pub operations: &'static [&'static str],
    pub code: &'static str,
    /// As documented. Only told apart where one code has several rows: statuses are no guide.
    pub http_status: Option<u16>,
    pub class: Class,
    /// Not a failure at all: what was wanted is so already, or the question has its answer. Operations turn it into a result; `class` is for
    /// those that do not expect it.
    pub ok: bool,
    /// What happened on one target of a call that was accepted: a result, and no refusal of the call.
    pub of_one_target: bool,
    /// A quota that is counted by the day, which ends at midnight in UTC+8.
    pub daily: bool,
    pub acted: Acted,
    /// A closer one than that of the class.
    reason: Option<Reason>,
    /// What the code means, in one sentence.
    pub meaning: &'static str,
    /// What a person should do about it.
    pub hint: &'static str,
}

impl Row {
    /// A code that any service of the vendor may answer with.
    pub(in crate::cloud) const fn any(
        code: &'static str,
        http_status: Option<u16>,
        class: Class,
        meaning: &'static str,
        hint: &'static str,
    ) -> Self {
        Self {
            service: COMMON,
            operations: &[],
            code,
            http_status,
            class,
            ok: false,
            of_one_target: false,
            daily: false,
            acted: Acted::No,
            reason: None,
            meaning,
            hint,
        }
    }

    pub(in crate::cloud) const fn of(self, service: &'static str) -> Self {
        Self { service, ..self }
    }

    pub(in crate::cloud) const fn on(self, operations: &'static [&'static str]) -> Self {
        Self { operations, ..self }
    }

    pub(in crate::cloud) const fn shown_as(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub(in crate::cloud) const fn perhaps_acted(self) -> Self {
        Self { acted: Acted::Perhaps, ..self }
    }

    /// The code says that all is as it was wanted, or answers the question; what else it should be called is said behind this.
    pub(in crate::cloud) const fn no_failure(self) -> Self {
        Self { ok: true, reason: Some(Reason::InSync), ..self }
    }

    pub(in crate::cloud) const fn of_one_target(self) -> Self {
        Self { of_one_target: true, ..self }
    }

    pub(in crate::cloud) const fn daily(self) -> Self {
        Self { daily: true, ..self }
    }

    /// The word in conditions for this code.
    pub fn reason(&self) -> Reason {
        self.reason.unwrap_or_else(|| self.class.reason())
    }

    /// The class as people read it.
    pub fn class_word(&self) -> &'static str {
        if self.ok { "Ok" } else { self.class.as_str() }
    }

    pub fn explanation(&self) -> Explanation {
        Explanation {
            class: self.class,
            ok: self.ok,
            known: true,
            daily: self.daily,
            acted: self.acted,
            reason: self.reason(),
            meaning: self.meaning,
            hint: self.hint,
        }
    }
}

/// The row that fits best: that of the operation before that of the service before that of all services, and among these the one with the
/// answer's status.
pub(in crate::cloud) fn find(
    rows: impl Iterator<Item = &'static Row>,
    operation: Operation,
    status: u16,
    code: &str,
) -> Option<&'static Row> {
    best(rows, (operation.service, operation.name), Some(status), code)
}

/// The same, of a service and an operation that are known by name only.
pub(in crate::cloud) fn best(
    rows: impl Iterator<Item = &'static Row>,
    (service, operation): (&str, &str),
    status: Option<u16>,
    code: &str,
) -> Option<&'static Row> {
    rows.filter(|row| row.code == code)
        .filter(|row| row.service == COMMON || row.service == service)
        .filter(|row| row.operations.is_empty() || row.operations.contains(&operation))
        .max_by_key(|row| (row.operations.contains(&operation), row.service == service, row.http_status == status))
}
