//! The part of `steward explain` that is about reasons: the runbook's paragraphs, for a terminal.

use super::paragraph;
use crate::reason::Reason;
use crate::runbook;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The reasons among these words, each once.
pub(super) fn named(words: &[String]) -> Vec<Reason> {
    let mut found: Vec<Reason> = Vec::new();
    for word in words {
        found.extend(Reason::ALL.into_iter().find(|reason| is(*reason, word)).filter(|reason| !found.contains(reason)));
    }
    found
}

/// Large and small letters make no difference.
pub(super) fn is(reason: Reason, word: &str) -> bool {
    reason.as_str().eq_ignore_ascii_case(word.trim())
}

pub(super) fn text(reasons: &[Reason]) -> String {
    let mut text = String::new();
    for reason in reasons {
        let told = runbook::paragraph(*reason);
        let _ = writeln!(text, "{}{reason}\n", if text.is_empty() { "" } else { "\n" });
        paragraph(&mut text, "of", &told.kinds.join(", "));
        paragraph(&mut text, "ready", told.ready);
        paragraph(&mut text, "meaning", &plain(told.meaning));
        paragraph(&mut text, "steward", &plain(told.again));
        for act in told.act {
            paragraph(&mut text, "you", &plain(act.what));
            commands(&mut text, act.command);
        }
        paragraph(&mut text, "look", "with KIND, NAME and NS set to the object's:");
        commands(&mut text, told.look.iter().copied());
        let _ = writeln!(text, "    {}", runbook::link(*reason));
    }
    text
}

/// Whole, however long they are: somebody wants to copy them.
fn commands<'a>(text: &mut String, lines: impl IntoIterator<Item = &'a str>) {
    for line in lines {
        let _ = writeln!(text, "              $ {line}");
    }
}

pub(super) fn json(reason: Reason) -> Value {
    let told = runbook::paragraph(reason);
    let acts: Vec<_> = told.act.iter().map(|act| json!({"what": plain(act.what), "command": act.command})).collect();
    json!({
        "reason": reason, "kinds": told.kinds, "ready": told.ready, "meaning": plain(told.meaning), "again": plain(told.again),
        "look": told.look, "act": acts, "runbook": runbook::link(reason),
    })
}

/// Without Markdown's links, of which a terminal makes nothing.
fn plain(told: &str) -> String {
    let mut plain = String::new();
    let mut rest = told;
    while let Some((before, after)) = rest.split_once("](") {
        let (Some((before, words)), Some((_, behind))) = (before.rsplit_once('['), after.split_once(')')) else { break };
        plain.push_str(before);
        plain.push_str(words);
        rest = behind;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_left_out_and_other_brackets_are_not() {
        assert_eq!(plain("See [the page](a.md#b), or [that](c)."), "See the page, or that.");
        assert_eq!(plain("`status.checks[].findings` has [it](d.md)"), "`status.checks[].findings` has it");
    }

    #[test]
    fn every_reason_can_be_explained_and_no_text_is_wider_than_a_terminal() {
        for reason in Reason::ALL {
            let told = text(&named(&[reason.as_str().to_lowercase()]));
            assert!(told.starts_with(&format!("{reason}\n")) && told.contains("    meaning   "), "{told}");
            for line in told.lines().filter(|line| !line.trim_start().starts_with("$ ")) {
                assert!(line.chars().count() <= super::super::WIDTH && !line.contains("]("), "{line}");
            }
        }
    }
}
