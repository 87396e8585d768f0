//! `steward explain`: what a cloud's error code means, and what to do about a reason of steward's own (`reasons`). Needs neither a cluster nor a
//! cloud.

mod reasons;

use crate::cloud::catalogue::Row;
use crate::cloud::error::{Acted, Class};
use crate::cloud::explain;
use crate::reason::Reason;
use crate::reconcile::backoff;
use crate::runbook;
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

/// As wide as text gets.
const WIDTH: usize = 96;
/// Where the text begins that stands behind a word such as `meaning`.
const INDENT: usize = 14;

#[derive(Debug, Args)]
pub struct Flags {
    /// Codes, as `status.lastError.code` has them, and reasons, as conditions have them.
    #[arg(value_name = "CODE", required_unless_present_any = ["list", "service"])]
    codes: Vec<String>,
    /// List all codes, one line each.
    #[arg(long, conflicts_with = "codes")]
    list: bool,
    /// Only codes of this service; without a code, a list of them.
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// How the answer looks.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Prints what is known. Fails if a code or the service is unknown.
pub fn run(flags: &Flags) -> ExitCode {
    match try_run(flags) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn try_run(flags: &Flags) -> anyhow::Result<bool> {
    let mut complaints = Vec::new();
    let reasons = if flags.service.is_none() { reasons::named(&flags.codes) } else { Vec::new() };
    let rows = chosen(flags, &reasons, &mut complaints);
    print(&match flags.output {
        Output::Json => json(&reasons, &rows)?,
        Output::Text if flags.codes.is_empty() => list(&rows),
        Output::Text => both(&reasons::text(&reasons), &text(&rows)),
    })?;
    for complaint in &complaints {
        super::complain(complaint);
    }
    Ok(complaints.is_empty())
}

/// The rows that were asked for, and what there is to say about those that do not exist.
fn chosen(flags: &Flags, reasons: &[Reason], complaints: &mut Vec<anyhow::Error>) -> Vec<&'static Row> {
    let service = flags.service.as_deref();
    if let Some(service) = service.filter(|service| !explain::services().iter().any(|known| known.eq_ignore_ascii_case(service))) {
        let services = explain::services().into_iter().collect::<Vec<_>>().join(", ");
        complaints.push(anyhow::anyhow!("unknown service {service:?}; there are {services}"));
        return Vec::new();
    }
    let asked = |row: &&'static Row| service.is_none_or(|service| row.service.eq_ignore_ascii_case(service));
    if flags.codes.is_empty() {
        return explain::rows().filter(asked).collect();
    }
    let mut rows: Vec<&'static Row> = Vec::new();
    for code in &flags.codes {
        let all = explain::find(code.trim());
        let found: Vec<_> = all.iter().copied().filter(|row| asked(row)).collect();
        if all.is_empty() {
            if !reasons.iter().any(|reason| reasons::is(*reason, code)) {
                complaints.push(unknown(code));
            }
        } else if found.is_empty() {
            let places = all.iter().map(|row| row.service).collect::<std::collections::BTreeSet<_>>();
            let places = places.into_iter().collect::<Vec<_>>().join(", ");
            complaints.push(anyhow::anyhow!("{} is no code of {}, but of {places}", all[0].code, service.unwrap_or_default()));
        }
        // A code that is asked for twice is told once.
        rows.extend(found.into_iter().filter(|row| !rows.iter().any(|other| std::ptr::eq(*other, *row))).collect::<Vec<_>>());
    }
    rows
}

fn unknown(code: &str) -> anyhow::Error {
    let near = explain::nearest(code.trim());
    if near.is_empty() {
        return anyhow::anyhow!("unknown code {code:?}; `steward explain --list` has all that are known");
    }
    anyhow::anyhow!("unknown code {code:?}; did you mean {}?", near.join(", "))
}

fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output is closed"),
        _ => Ok(()),
    }
}

/// What is known of reasons, and then of codes.
fn both(reasons: &str, codes: &str) -> String {
    format!("{reasons}{}{codes}", if reasons.is_empty() || codes.is_empty() { "" } else { "\n" })
}

fn json(reasons: &[Reason], rows: &[&'static Row]) -> anyhow::Result<String> {
    let mut entries: Vec<Value> = reasons.iter().map(|reason| reasons::json(*reason)).collect();
    for entry in rows.iter().flat_map(|row| explain::entries(row)) {
        let runbook = runbook::link(entry.reason);
        let mut entry = serde_json::to_value(entry).context("an entry has no form in JSON")?;
        entry["runbook"] = runbook.into();
        entries.push(entry);
    }
    Ok(serde_json::to_string_pretty(&entries).context("the answer cannot be written as JSON")? + "\n")
}

/// One line per code, class and service.
fn list(rows: &[&'static Row]) -> String {
    let mut lines: Vec<_> = rows.iter().map(|row| (row.code, row.class_word(), row.service)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.iter().fold(String::new(), |mut text, (code, class, service)| {
        let _ = writeln!(text, "{class:<15} {service:<13} {code}");
        text
    })
}

/// Each code under its name, with a paragraph for each place where it means something else.
fn text(rows: &[&'static Row]) -> String {
    let mut text = String::new();
    let mut code = "";
    for row in rows {
        if row.code != code {
            let _ = writeln!(text, "{}{}", if code.is_empty() { "" } else { "\n" }, row.code);
            code = row.code;
        }
        let _ = writeln!(text, "\n  {}", place(row));
        paragraph(&mut text, "meaning", row.meaning);
        paragraph(&mut text, "class", &format!("{}, shown as {}", row.class_word(), row.reason()));
        paragraph(&mut text, "acted", acted(row));
        paragraph(&mut text, "steward", &steward(row));
        paragraph(&mut text, "you", row.hint);
        if row.reason() != Reason::InSync {
            // Alone on its line, where a terminal can follow it.
            let _ = writeln!(text, "    {}", runbook::link(row.reason()));
        }
    }
    text
}

/// `ecs JoinSecurityGroup, LeaveSecurityGroup, HTTP 403`
fn place(row: &Row) -> String {
    let operations = if row.operations.is_empty() { "any operation".to_owned() } else { row.operations.join(", ") };
    let status = row.http_status.map_or_else(String::new, |status| format!(", HTTP {status}"));
    let where_told = if row.of_one_target { ", in the result of one machine" } else { "" };
    format!("{} {operations}{status}{where_told}", row.service)
}

fn acted(row: &Row) -> &'static str {
    match (row.acted, row.of_one_target) {
        (Acted::No, false) => "no: the call changed nothing",
        (Acted::Perhaps, false) => "perhaps: a call that changes something may have done so all the same",
        (Acted::No, true) => "no: the command did not run on this machine",
        (Acted::Perhaps, true) => "perhaps: the command may have run on this machine, in part or wholly",
    }
}

fn steward(row: &Row) -> String {
    if row.ok && row.class == Class::Busy {
        let minutes = backoff::ASKED_AGAIN.as_mins();
        return format!(
            "takes it for an answer that passes by itself: asks again every {minutes} minutes, and counts it as a no only if it lasts until the next check is due"
        );
    }
    if row.ok {
        return "takes it for the answer, and not for a failure".to_owned();
    }
    if row.of_one_target {
        return "writes it into the results and runs nothing again by itself".to_owned();
    }
    if row.reason() == Reason::OutcomeUnknown {
        return "looks up what became of the earlier call; where that cannot be known, a person has to decide".to_owned();
    }
    let patience = backoff::in_words(row.class, row.daily);
    match row.acted {
        Acted::No => patience.to_owned(),
        Acted::Perhaps => format!("looks up what became of the call before it acts again; {patience}"),
    }
}

/// Wrapped text behind a word.
fn paragraph(text: &mut String, word: &str, told: &str) {
    let mut line = format!("    {word:<width$}", width = INDENT - 4);
    let mut begun = false;
    for part in told.split_whitespace() {
        if begun && line.chars().count() + 1 + part.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = " ".repeat(INDENT);
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(part);
        begun = true;
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let rows: Vec<_> = explain::rows().collect();
        for line in text(&rows).lines().chain(list(&rows).lines()) {
            assert!(line.chars().count() <= WIDTH && line == line.trim_end(), "{line}");
        }
    }

    #[test]
    fn a_paragraph_is_wrapped_at_words() {
        let mut text = String::new();
        paragraph(&mut text, "you", &"word ".repeat(40));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("    you       word word") && lines[1].starts_with("              word word"), "{text}");
        assert_eq!(text.split_whitespace().count(), 41);
    }

    #[test]
    fn what_steward_does_depends_on_what_the_code_says() {
        let table = [
            ("InvalidInstanceId.AlreadyExists", "takes it for the answer"),
            ("CSBS.6014", "takes it for the answer"),
            ("CSBS.6015", "asks again every 10 minutes"),
            ("ExitCodeNonzero", "runs nothing again"),
            ("Invocation.ExceedQuota", "00:00 in UTC+8"),
            ("IdempotentParameterMismatch", "a person has to decide"),
            ("IdempotentProcessing", "looks up what became of the call"),
            ("InvalidSecurityGroupId.NotFound", "every 10 minutes"),
        ];
        for (code, words) in table {
            assert!(steward(explain::find(code)[0]).contains(words), "{code}");
        }
    }
}
