//! The calls that this kind makes.

use crate::cloud::alibaba::ess::{CREATE_ECI_SCALING_CONFIGURATION, DELETE_ECI_SCALING_CONFIGURATION, MODIFY_ECI_SCALING_CONFIGURATION};
use crate::cloud::error::Operation;
use crate::kinds::eci_scaling_config::progress::Content;
use crate::reconcile::kind::{Part, Step};
use std::fmt;
use std::sync::Arc;

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub enum EciScalingStep {
    Create {
        /// The journal's entry.
        run: String,
        group: String,
        name: String,
        content: Arc<Content>,
        /// Under the same entry it was tried before, and nobody knows what came of that.
        again: bool,
    },
    Modify {
        id: String,
        content: Arc<Content>,
        overrides: bool,
    },
    Delete {
        id: String,
    },
}

pub(in super::super) const CREATE: &str = "create";
pub(super) const MODIFY: &str = "modify";
pub(super) const DELETE: &str = "delete";

impl fmt::Display for EciScalingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { group, name, .. } => write!(f, "create {name} in {group}"),
            Self::Modify { id, content, .. } => write!(f, "modify {id}: {}", super::few(content.paths.iter().map(String::as_str))),
            Self::Delete { id } => write!(f, "delete {id}"),
        }
    }
}

impl Step for EciScalingStep {
    fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => CREATE_ECI_SCALING_CONFIGURATION,
            Self::Modify { .. } => MODIFY_ECI_SCALING_CONFIGURATION,
            Self::Delete { .. } => DELETE_ECI_SCALING_CONFIGURATION,
        }
    }

    fn part(&self) -> Part {
        match self {
            Self::Create { .. } => CREATE.to_owned(),
            Self::Modify { .. } => MODIFY.to_owned(),
            Self::Delete { .. } => DELETE.to_owned(),
        }
    }

    fn touches(&self) -> Vec<String> {
        match self {
            Self::Create { group, name, .. } => vec![super::super::by_name(group, name)],
            // Who else points at it is told that it is owned, or owns it; a change tells them nothing new.
            Self::Modify { .. } => Vec::new(),
            Self::Delete { id } => vec![super::super::by_id(id)],
        }
    }

    fn ids(&self) -> Vec<&str> {
        match self {
            Self::Create { group, .. } => vec![group],
            Self::Modify { id, .. } | Self::Delete { id } => vec![id],
        }
    }

    fn run(&self) -> Option<&str> {
        match self {
            Self::Create { run, .. } => Some(run),
            Self::Modify { .. } | Self::Delete { .. } => None,
        }
    }
}
