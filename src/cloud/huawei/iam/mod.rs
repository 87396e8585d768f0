//! The identity service, Keystone to those who know its origin: tokens, temporary keys, and the projects and accounts that a key
//! belongs to. Only what is asked and what an answer says; when to ask, and with which keys, is left to others.

pub mod answers;
pub mod requests;

use crate::cloud::error::{Effect, Operation};

// All of them are reads: a token or a temporary key that is made once more changes nothing for anybody.

pub const CREATE_TOKEN: Operation = Operation { service: "iam", name: "CreateToken", effect: Effect::Read };
pub const CREATE_TEMPORARY_KEY: Operation = Operation { service: "iam", name: "CreateTemporaryKey", effect: Effect::Read };
pub const LIST_PROJECTS: Operation = Operation { service: "iam", name: "ListProjects", effect: Effect::Read };
pub const LIST_DOMAINS: Operation = Operation { service: "iam", name: "ListDomains", effect: Effect::Read };
