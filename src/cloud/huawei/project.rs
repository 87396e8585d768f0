//! What is said of a project in which an identity cannot work, whoever finds out.

use crate::cloud::error::{Class, Explanation};
use crate::reason::Reason;

/// The credential's own.
pub(super) const NO_PROJECT: Explanation = Explanation {
    reason: Reason::InvalidSpec,
    ..Explanation::of(
        Class::NotFound,
        "the account has no such project: the one in spec.project, or, where that is not set, the one that is called like spec.region",
        "set spec.project to a project that the identity may see; My Credentials in the console lists them",
    )
};

/// One that an object names.
pub(super) const NO_PROJECT_OF_OBJECT: Explanation = Explanation {
    meaning: "the identity cannot work in the project in spec.projectId, or there is none of this id",
    hint: "set spec.projectId to a project of the credential's account and region in which its user has a role, or leave it out to use the credential's own",
    ..NO_PROJECT
};
