//! Who goes on mounting a volume. To take away a volume that steward had made must not break a container that somebody else made to use it.

use super::merge::key_of;
use super::{Difference, Path, Question};
use crate::cloud::alibaba::ess::configuration::{CONFIGURATION, Entries, Field, Item};
use std::collections::BTreeMap;

/// The lists of containers, and those of their mounts.
const LISTS: [(&str, &str); 2] = [("containers", "volumeMounts"), ("initContainers", "initContainerVolumeMounts")];

/// Volumes by name with a container that will mount each, although spec does not say so. `found` is what has been found out about containers.
pub(super) fn kept(question: &Question<'_>, found: &Difference) -> BTreeMap<String, Path> {
    let mut kept = BTreeMap::new();
    for (list, mounts) in LISTS {
        let Some(containers) = entries(CONFIGURATION, list) else { continue };
        let Some(its_mounts) = entries(containers.fields, mounts) else { continue };
        let here = Path::default().field(list);
        let stays =
            found.cannot_merge.iter().any(|path| path.top() == list) || !question.allow_override && found.cannot_clear.contains(&here);
        let after = if stays { question.observed } else { &found.merged };
        for container in after.entries(list) {
            let name = key_of(container, containers);
            let wanted = question.desired.entries(list).iter().find(|wanted| key_of(wanted, containers) == name);
            let is_named = |mount: &Item| {
                let same = |wanted: &&Item| key_of(wanted, its_mounts) == key_of(mount, its_mounts);
                let wanted = wanted.and_then(|wanted| wanted.entries(mounts).iter().find(same));
                wanted.is_some_and(|wanted| wanted.text("name").is_some())
            };
            for mount in container.entries(mounts).iter().filter(|mount| !is_named(mount)) {
                if let Some(volume) = mount.text("name") {
                    kept.entry(volume.to_owned()).or_insert_with(|| here.entry(&name));
                }
            }
        }
    }
    kept
}

fn entries(fields: &'static [Field], name: &str) -> Option<&'static Entries> {
    fields.iter().find(|field| field.name == name)?.entries()
}
