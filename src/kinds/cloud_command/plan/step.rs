//! The calls that this kind makes.

use crate::api::journal::JournalEntry;
use crate::cloud::alibaba::ecs::commands::{RUN_COMMAND, RunCommand, STOP_INVOCATION, Targets};
use crate::cloud::error::Operation;
use crate::reconcile::kind::{Part, Step};
use crate::reconcile::verdict::few;
use std::fmt;
use std::sync::Arc;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub enum CloudCommandStep {
    Invoke {
        /// The journal's entry, as it is put on record.
        entry: Box<JournalEntry>,
        call: Arc<Script>,
    },
    Stop {
        id: String,
    },
}

/// What a call says. Values may be secrets, so they are neither shown nor compared.
#[derive(Debug)]
pub struct Script {
    pub call: RunCommand,
    /// The fingerprint of all of it.
    pub print: String,
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

pub(in super::super) fn invoking(batch: i32) -> Part {
    format!("batch/{batch}")
}

pub(super) fn stopping(id: &str) -> Part {
    format!("stop/{id}")
}

impl fmt::Display for CloudCommandStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoke { call, entry } => match &call.call.targets {
                Targets::Instances(ids) => {
                    write!(f, "run on {} (batch {})", few(ids.iter().map(String::as_str)), entry.batch.unwrap_or_default())
                }
                Targets::Tags(tags) => {
                    let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    write!(f, "run on whatever is tagged {}", tags.join(", "))
                }
            },
            Self::Stop { id } => write!(f, "stop {id}"),
        }
    }
}

impl Step for CloudCommandStep {
    fn operation(&self) -> Operation {
        match self {
            Self::Invoke { .. } => RUN_COMMAND,
            Self::Stop { .. } => STOP_INVOCATION,
        }
    }

    fn part(&self) -> Part {
        match self {
            Self::Invoke { entry, .. } => invoking(entry.batch.unwrap_or_default()),
            Self::Stop { id } => stopping(id),
        }
    }

    fn touches(&self) -> Vec<String> {
        Vec::new()
    }

    fn ids(&self) -> Vec<&str> {
        match self {
            Self::Invoke { call, .. } => match &call.call.targets {
                Targets::Instances(ids) => ids.iter().map(String::as_str).collect(),
                Targets::Tags(_) => Vec::new(),
            },
            Self::Stop { id } => vec![id],
        }
    }

    fn run(&self) -> Option<&str> {
        match self {
            Self::Invoke { entry, .. } => Some(&entry.run),
            Self::Stop { .. } => None,
        }
    }
}
