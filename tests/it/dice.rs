//! Dice that fall the same way in every run.

use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// One of `0..sides`.
    pub(crate) fn below(&self, sides: u64) -> u64 {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        let mixed = (number ^ (number >> 7)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 33) % sides
    }

    pub(crate) fn one_in(&self, chance: u64) -> bool {
        self.below(chance) == 0
    }
}
