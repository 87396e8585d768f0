//! That the texts are whole and lead somewhere.

use super::*;

#[test]
fn every_paragraph_says_everything() {
    for reason in Reason::ALL {
        let paragraph = paragraph(reason);
        assert!(!paragraph.kinds.is_empty() && !paragraph.ready.is_empty() && !paragraph.again.is_empty(), "{reason}");
        assert!(!paragraph.look.is_empty(), "{reason} has nothing to look at");
        assert!(paragraph.meaning.ends_with('.') && paragraph.again.ends_with('.'), "{reason}");
        let is_well = paragraph.ready.starts_with("True");
        assert!(is_well || !paragraph.act.is_empty(), "{reason}: what to do?");
        for act in paragraph.act {
            let end = if act.command.is_some() { ':' } else { '.' };
            assert!(act.what.ends_with(end), "{reason}: {}", act.what);
        }
    }
}

#[test]
fn a_hint_ends_with_the_way_to_its_paragraph() {
    let link = "https://github.com/cloud-steward/cloud-steward/blob/main/docs/runbook.md#accessdenied";
    assert_eq!(link, super::link(Reason::AccessDenied));
    assert_eq!(leading("grant it", Reason::AccessDenied), format!("grant it. See {link}"));
    assert_eq!(leading("grant it.", Reason::AccessDenied), format!("grant it. See {link}"));
    assert_eq!(leading("", Reason::AccessDenied), link);
}

#[test]
fn a_hint_that_is_a_manifest_can_still_be_applied() {
    let hint = leading("kind: Role\nmetadata: {name: a}\n", Reason::CredentialMissing);
    let role: serde_json::Value = serde_saphyr::from_str(&hint).unwrap();
    assert_eq!((role["kind"].as_str(), hint.lines().count()), (Some("Role"), 3));
}
