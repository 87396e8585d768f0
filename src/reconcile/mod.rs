//! What all kinds share: the pass (start with `pass`), what a kind has to say for it (`kind`), the one writer of status (`record`), when a failure
//! is tried again (`backoff`: by class, be it a second or a day) and when things are due (`schedule`), how old an entry of the journal may be (`journal`),
//! what is counted of objects (`census`).
//! Knows the cloud's errors but no vendor, and no single kind.

pub mod access;
pub mod backoff;
pub mod census;
pub mod claims;
pub mod context;
pub mod controller;
pub mod journal;
pub mod kind;
pub mod memory;
pub mod pass;
pub mod record;
pub mod report;
pub mod schedule;
pub mod sight;
pub mod verdict;
pub mod wake;
