//! What specs point at: Secrets and ConfigMaps, read by name and never listed or watched.
//! `reader` is the one that reads them, for the whole process; `given` is what a pass is handed of them; `poll` notices when they change.
//! What a value means, and what is done without it, is left to whoever asked for it.

mod contents;
mod given;
mod poll;
mod reader;
#[cfg(test)]
mod tests;

pub use contents::Contents;
pub use given::{Missing, References, Unread};
pub use poll::{Pointer, Poll};
pub use reader::{Asker, Reader};

use crate::ambient::Dice;
use std::fmt;
use std::time::Duration;

/// The shortest poll, as a share of the interval; the longest is as much longer.
const SHORTEST: f64 = 0.8;

/// A Secret or ConfigMap in the namespace of the object that points at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    pub kind: ReferenceKind,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    Secret,
    ConfigMap,
}

impl Reference {
    pub fn secret(name: &str) -> Self {
        Self { kind: ReferenceKind::Secret, name: name.to_owned() }
    }

    pub fn config_map(name: &str) -> Self {
        Self { kind: ReferenceKind::ConfigMap, name: name.to_owned() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}

impl ReferenceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }
}

/// About the poll interval, so that many who poll do not come back together.
pub fn next_poll(interval: Duration, dice: &Dice) -> Duration {
    interval.mul_f64(SHORTEST + 2.0 * (1.0 - SHORTEST) * dice.fraction())
}

/// No poll by the same one comes sooner.
pub fn shortest_poll(interval: Duration) -> Duration {
    interval.mul_f64(SHORTEST)
}

/// Whether an object can be called this. A user's word becomes part of a path towards the API server: with a slash or a question mark in it
/// it would choose another object, of another namespace perhaps.
pub fn is_a_name(word: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let proper = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().is_some_and(|byte| edge(*byte))
            && bytes.last().is_some_and(|byte| edge(*byte))
            && bytes.iter().all(|byte| edge(*byte) || *byte == b'-')
    };
    word.len() <= 253 && word.split('.').all(proper)
}
