//! Who steward is towards the clouds: the controller of `CloudCredential`, the poll of the Secrets that it points at,
//! and the sessions that passes of other kinds are handed.

mod controller;
mod endpoints;
mod identity;
mod registry;
mod secrets;

pub use controller::{CredentialController, CredentialSettings};
pub use endpoints::{AllowedEndpoints, Pattern, PatternError};
pub use registry::Registry;
