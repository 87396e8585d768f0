//! The simulator from outside: real requests over real sockets, a clock that is moved by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

mod admin;
mod client;
mod commands;
mod describe;
mod ess;
mod faults;
mod flights;
mod gate;
mod huawei;
mod membership;
mod oidc;
mod program;
mod readme;
mod roles;
mod seeds;
mod signature_v1;
mod skew;
mod vectors;
