//! The identity of a run of a call that must not happen twice. It is made of names only: no uid, no generation, no clock and no dice, so that an
//! object that was created anew, or restored, recognises what it has done.

use crate::cloud::encode::hash;

/// What a run is a run of.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    pub cluster_id: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub intent_hash: &'a str,
    pub batch: i32,
    pub attempt: i32,
}

/// Digits of the hash that are kept; the vendors take no longer token.
const DIGITS: usize = 48;

impl Run<'_> {
    pub fn id(&self) -> String {
        let Self { cluster_id, namespace, name, intent_hash, batch, attempt } = self;
        let mut id = hash(format!("v1\n{cluster_id}\n{namespace}\n{name}\n{intent_hash}\n{batch}\n{attempt}").as_bytes());
        id.truncate(DIGITS);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_of_a_run_never_changes_from_release_to_release() {
        let run = Run { cluster_id: "c", namespace: "n", name: "o", intent_hash: "h", batch: 0, attempt: 1 };
        assert_eq!(run.id(), "308220800790b75102456487e624f4062676b22ff1bc846c");
        assert_ne!(Run { attempt: 2, ..run }.id(), run.id());
    }
}
