//! Nothing is performed: the question is a read.

use crate::cloud::error::{CloudError, Operation};
use crate::reconcile::kind::{Part, Receipt, Step};
use std::fmt;

/// A step that there is none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Step for Never {
    fn operation(&self) -> Operation {
        match *self {}
    }

    fn part(&self) -> Part {
        match *self {}
    }

    fn touches(&self) -> Vec<String> {
        match *self {}
    }

    fn ids(&self) -> Vec<&str> {
        match *self {}
    }
}

pub(super) fn perform(step: Never) -> Result<Receipt, CloudError> {
    match step {}
}
