//! `steward`, a Kubernetes operator for day-2 cloud work. This is the map of the house.
//!
//! | room | what it does |
//! |---|---|
//! | [`api`] | what users write and read: the kinds, the envelope. Data only |
//! | [`reconcile`] | what all kinds share: the pass (start with [`reconcile::pass`]), the one writer of status, memory, claims, when to try again, reports |
//! | [`kinds`] | what is particular to each kind: observe, plan, perform |
//! | [`credentials`] | the controller of `CloudCredential`, and the sessions that passes are handed |
//! | [`cloud`] | the clouds: socket, signatures, error catalogue, budget, batches. Knows no Kubernetes |
//! | [`references`] | Secrets and ConfigMaps, read by name: the one reader, what a pass is handed, the poll |
//! | [`installation`] | what identifies this installation, and keys what it remembers of secrets |
//! | [`reason`] | the closed list of reasons: one word for condition, event and metric |
//! | [`runbook`] | what to do about each reason, in words |
//! | [`uses`] | which kind makes which call to a cloud |
//! | [`ambient`] | time and randomness, handed in |
//! | [`operator`] | the wiring: from flags and surroundings to running controllers |
//! | [`leader`], [`server`], [`metrics`], [`gauges`], `process` | the lease, the probes, the numbers |
//! | [`cli`] | what people type |
//!
//! Arrows point one way: `cli` → `operator` → `credentials`, `kinds` → `reconcile` → `references`, `installation` → `cloud`, `api`.
//!
//! One pass over one object:
//!
//! ```text
//! gather ──► observe ──► plan ──► admit ──► record ──► perform ──► note
//! ```

pub mod ambient;
pub mod api;
pub mod cli;
pub mod cloud;
pub mod credentials;
pub mod gauges;
pub mod installation;
pub mod kinds;
pub mod leader;
pub mod metrics;
pub mod operator;
mod process;
pub mod reason;
pub mod reconcile;
pub mod references;
pub mod runbook;
pub mod server;
pub mod uses;
