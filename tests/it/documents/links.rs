//! Links between pages.

use super::{Page, pages};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use steward_playground::repository;

/// What a link within the repository begins with where a page is not read in the repository.
const OURS: &str = "https://github.com/cloud-steward/cloud-steward/blob/main/";

/// `(words, target)` of every link of a line.
fn links(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((_, after)) = rest.split_once("](") {
        let Some((target, behind)) = after.split_once(')') else { break };
        found.push(target);
        rest = behind;
    }
    found
}

/// What a heading is called in an address: small letters, digits, hyphens, with a number behind it if it has had a namesake.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = page.read().0.into_iter().filter_map(|(_, line)| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#')));
    headings
        .map(|heading| {
            let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
            let slug: String =
                heading.trim().to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect();
            let namesakes = seen.entry(slug.clone()).or_default();
            *namesakes += 1;
            if *namesakes == 1 { slug } else { format!("{slug}-{}", *namesakes - 1) }
        })
        .collect()
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let pages = pages();
    let anchors: BTreeMap<&Path, BTreeSet<String>> = pages.iter().map(|page| (page.path.as_path(), anchors(page))).collect();
    let (mut broken, mut seen) = (Vec::new(), 0);
    for page in &pages {
        for (number, line) in page.read().0 {
            for link in links(line) {
                let link = match link.strip_prefix(OURS) {
                    Some(path) => format!("/{path}"),
                    None if link.contains("://") || link.starts_with("mailto:") => continue,
                    None => link.to_owned(),
                };
                seen += 1;
                let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let beside = page.path.parent().unwrap_or(Path::new(""));
                let target = match (file, file.strip_prefix('/')) {
                    ("", _) => page.path.clone(),
                    (_, Some(from_root)) => plain(Path::new(from_root)),
                    (_, None) => plain(&beside.join(file)),
                };
                let is_there = match anchors.get(target.as_path()) {
                    Some(anchors) => anchor.is_empty() || anchors.contains(anchor),
                    None => anchor.is_empty() && repository().join(&target).exists(),
                };
                if !is_there {
                    broken.push(format!("{}:{number}: {link}", page.name()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
    assert!(seen > 100, "{seen} links");
}
