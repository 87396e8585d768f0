//! The reasons that the pages have are those that the code can give.

use super::Page;
use cloud_steward::cloud::catalogue::{COMMON, Row};
use cloud_steward::cloud::error::Effect;
use cloud_steward::cloud::{alibaba, huawei};
use cloud_steward::reason::Reason;
use cloud_steward::{runbook, uses};
use std::collections::BTreeSet;
use std::path::Path;
use steward_playground::repository;

const CREDENTIAL: &str = "CloudCredential";
/// The kinds and the rooms in which they are decided on.
const ROOMS: [(&str, &str); 5] = [
    ("CloudCommand", "src/kinds/cloud_command"),
    (CREDENTIAL, "src/credentials"),
    ("EciScalingConfig", "src/kinds/eci_scaling_config"),
    ("RestoreCheck", "src/kinds/restore_check"),
    ("SecurityGroupMembership", "src/kinds/security_group_membership"),
];
/// What the pass itself says of any object that works with a credential.
const OF_THE_PASS: [Reason; 4] = [Reason::Abandoned, Reason::CloudUnavailable, Reason::Suspended, Reason::UnsupportedStatus];
/// Named in a kind's room, and never shown by the kind.
const NEVER_SHOWN: [(&str, Reason); 1] = [
    // A deletion with nothing to undo: the object is gone with the same breath.
    ("RestoreCheck", Reason::InSync),
];

/// The reasons that a room names, without its tests.
fn named_below(place: &Path) -> BTreeSet<Reason> {
    let mut named = BTreeSet::new();
    for entry in std::fs::read_dir(place).expect("a room") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "tests" {
                named.extend(named_below(&path));
            }
        } else if name != "tests.rs" {
            let text = std::fs::read_to_string(&path).expect("a file");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let words = code.split("Reason::").skip(1).map(|rest| rest.split(|letter: char| !letter.is_alphanumeric()).next());
            named.extend(words.flatten().filter_map(|word| Reason::ALL.into_iter().find(|reason| reason.as_str() == word)));
        }
    }
    named
}

/// Those with which a cloud can answer a kind's calls.
fn answered(kind: &str) -> BTreeSet<Reason> {
    let fits = |row: &&'static Row, service: &str, name: &str| {
        (row.service == COMMON || row.service == service) && (row.operations.is_empty() || row.operations.contains(&name))
    };
    let mut reasons = BTreeSet::new();
    for one in uses::of(kind) {
        let (service, name) = (one.operation.service, one.operation.name);
        let rows: Vec<&Row> = match service {
            "csbs" | "iam" => huawei::errors::rows().filter(|row| fits(row, service, name)).collect(),
            _ => alibaba::errors::rows().filter(|row| fits(row, service, name)).collect(),
        };
        // What is no refusal of the call is told by the kind in words of its own. Only a call that acts anew each time carries a token, of which an
        // answer can say that another call had it.
        let said = rows.into_iter().filter(|row| !row.ok && !row.of_one_target).map(Row::reason);
        reasons.extend(said.filter(|reason| one.operation.effect == Effect::Once || *reason != Reason::OutcomeUnknown));
    }
    reasons
}

#[test]
fn every_reason_that_a_kind_can_show_is_on_its_page() {
    let of_credentials = named_below(&repository().join("src/credentials"));
    let mut missing = Vec::new();
    for (kind, room) in ROOMS {
        let mut can_show = named_below(&repository().join(room));
        assert!(can_show.len() > 4, "{kind}: {can_show:?}");
        can_show.extend(answered(kind));
        if kind != CREDENTIAL {
            can_show.extend(OF_THE_PASS);
            // An object says what its credential says.
            can_show
                .extend(answered(CREDENTIAL).into_iter().chain(of_credentials.iter().copied()).filter(|reason| *reason != Reason::InSync));
        }
        let told = |reason: &Reason| runbook::paragraph(*reason).kinds.contains(&kind);
        missing.extend(
            can_show
                .into_iter()
                .filter(|reason| !told(reason) && !NEVER_SHOWN.contains(&(kind, *reason)))
                .map(|reason| format!("{kind}: {reason}")),
        );
    }
    assert!(missing.is_empty(), "not on the page (src/runbook says of which kinds a reason is): {missing:#?}");
}

#[test]
fn the_generated_pages_are_what_the_code_says() {
    let docs = repository().join("docs");
    let steward = std::process::Command::new(env!("CARGO_BIN_EXE_steward")).args(["docs", "--check", "--dir"]).arg(docs).output();
    let said = steward.expect("steward runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// What `kubectl get` writes above its table.
fn columns(kind: &str) -> Vec<String> {
    let crd = cloud_steward::api::crds().into_iter().find(|crd| crd.spec.names.kind == kind).expect("the kind");
    let columns = crd.spec.versions[0].additional_printer_columns.clone().unwrap_or_default();
    let shown = columns.into_iter().filter(|column| column.priority.unwrap_or_default() == 0).map(|column| column.name.to_uppercase());
    std::iter::once("NAME".to_owned()).chain(shown).collect()
}

#[test]
fn each_kinds_page_has_a_whole_example_and_shows_what_kubectl_prints() {
    let pages = ["cloud-command.md", "cloud-credential.md", "eci-scaling-config.md", "restore-check.md", "security-group-membership.md"];
    for ((kind, _), page) in ROOMS.into_iter().zip(pages) {
        let page = Page::named(&format!("docs/{page}"));
        let blocks = page.blocks();
        let has_example = blocks.iter().any(|block| block.language == "yaml" && block.text.contains(&format!("\nkind: {kind}\n")));
        assert!(has_example, "{}", page.name());
        let tables: Vec<&str> = blocks.iter().flat_map(|block| block.text.lines()).filter(|line| line.starts_with("NAME ")).collect();
        assert!(!tables.is_empty(), "{}", page.name());
        for table in tables {
            assert_eq!(table.split_whitespace().collect::<Vec<_>>(), columns(kind), "{}", page.name());
        }
    }
}
