//! The clouds, as the kinds see them: one socket, one budget, batched reads, and per vendor a signer, an error catalogue
//! and one struct per service. Nobody in here knows Kubernetes; what is needed from there is handed in.

pub mod alibaba;
pub mod batch;
pub mod budget;
pub mod canonical;
pub mod catalogue;
pub mod client;
mod denials;
pub mod encode;
pub mod endpoints;
pub mod error;
pub mod explain;
pub mod huawei;
mod redact;
pub mod session;
pub mod transport;
