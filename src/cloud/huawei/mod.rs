//! Huawei Cloud and Open Telekom Cloud, which speak alike: what is sent and what an answer says, as pure functions. Signing, the request,
//! endpoints and the identity service are rooms of their own; sending, repeating and renewing keys is left to others.

pub mod endpoints;
pub mod iam;
pub mod request;
pub mod sign;
