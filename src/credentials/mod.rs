//! Who steward is towards the clouds: the controller of `CloudCredential`, what the Secrets that it points at prove,
//! and the sessions that passes of other kinds are handed.

mod context;
mod controller;
mod endpoints;
mod identity;
mod look;
mod once;
mod pass;
mod proof;
mod registry;
mod secrets;
mod tokens;

pub use controller::CredentialController;
pub use endpoints::{AllowedEndpoints, Pattern, PatternError};
pub use once::Bare;
pub use registry::Registry;
