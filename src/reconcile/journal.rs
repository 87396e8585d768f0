//! The identity of a run of a call that must not happen twice, and the names under which it is found again. It is made of names only: no uid, no generation, no clock and no dice, so that an
//! object that was created anew, or restored, recognises what it has done.

use crate::cloud::encode::hash;
use jiff::SignedDuration;

/// For so long a call whose outcome nobody knows is looked for before it is made again: longer than it can be on its way, and reads lag behind.
pub const WATCH: SignedDuration = SignedDuration::from_secs(60);
/// Between two looks for it.
pub const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// What is older was lost sight of, and is not made again.
pub const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

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
        digest(&format!("{}\n{}", self.names_of_batch(), self.attempt))
    }

    /// What all attempts of the run have in common.
    pub fn tag(&self) -> String {
        digest(&self.names_of_batch())
    }

    /// What all runs of the object have in common.
    pub fn object_tag(&self) -> String {
        digest(&self.names_of_object())
    }

    fn names_of_batch(&self) -> String {
        format!("{}\n{}\n{}", self.names_of_object(), self.intent_hash, self.batch)
    }

    fn names_of_object(&self) -> String {
        let Self { cluster_id, namespace, name, .. } = self;
        format!("v1\n{cluster_id}\n{namespace}\n{name}")
    }
}

fn digest(names: &str) -> String {
    let mut digest = hash(names.as_bytes());
    digest.truncate(DIGITS);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_of_a_run_never_changes_from_release_to_release() {
        let run = Run { cluster_id: "c", namespace: "n", name: "o", intent_hash: "h", batch: 0, attempt: 1 };
        assert_eq!(run.id(), "308220800790b75102456487e624f4062676b22ff1bc846c");
        assert_ne!(Run { attempt: 2, ..run }.id(), run.id());
        assert_eq!(Run { attempt: 2, ..run }.tag(), run.tag());
        assert_ne!(Run { batch: 1, ..run }.tag(), run.tag());
        let of_another_intent = Run { intent_hash: "other", batch: 1, ..run };
        assert_eq!(of_another_intent.object_tag(), run.object_tag());
        assert_ne!(Run { name: "p", ..run }.object_tag(), run.object_tag());
    }
}
