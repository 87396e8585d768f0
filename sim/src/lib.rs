//! The clouds that steward talks to, on loopback.
//!
//! A second reading of the vendors' documents: it verifies what a client signed, keeps state, enforces the documented limits with the documented
//! codes, and shows what real clouds do on a bad day. It shares no type with the client that it tests.
//!
//! | room | what happens there |
//! |---|---|
//! | [`simulator`](Simulator) | the handle of tests and of the binary: start, look, change, stop |
//! | `http` | sockets and bytes; an answer, half an answer, none |
//! | `desk` | one request from arrival to answer, in order: **read this first** |
//! | `engine` | everything that changes, behind one lock |
//! | `alibaba` | the gateway of that vendor (signatures, nonce, date) and its services, one folder or file each |
//! | `world` | what exists: accounts, roles, instances, interfaces, groups, scaling groups and their configurations, invocations of commands; how it is seeded and edited |
//! | `clock`, `throttle`, `faults`, `flights`, `log` | one idea each |
//! | `huawei` | what `alibaba` is, for the other vendor; its accounts and tokens are in `huawei/realm`, its servers and backups in `huawei/stock` |
//! | `admin` | the same handle over HTTP, below `/_sim/` |
//!
//! A vendor is a folder, a service a module in it: a further one adds its operations to the table of its folder.

mod admin;
mod alibaba;
mod answer;
mod clock;
mod desk;
mod engine;
mod faults;
mod flights;
mod hex;
mod hook;
mod http;
mod huawei;
mod log;
mod reply;
mod request;
mod simulator;
mod throttle;
mod world;

/// Auto Scaling without a wire.
pub mod ess {
    pub use crate::alibaba::ess::alone::Configuration;
}

/// Cloud Assistant without a wire: what was run where, and what scripts come to.
pub mod commands {
    pub use crate::world::commands::ledger::{Invocation, OnInstance};
    pub use crate::world::commands::outcome::{CommandOutcome, OutcomeMatch};
    pub use crate::world::commands::status::Status;
    pub use crate::world::commands::{AgentSeed, Agentless, ExitCodeBeforeEnd, Os};
}

pub use clock::Clock;
pub use faults::{Fault, Garble, What, When};
pub use hook::{CallInfo, Hook, Moment, Verdict};
pub use huawei::answer::Envelope;
pub use huawei::edit::{HuaweiAttachment, HuaweiDetachment, HuaweiEdit, HuaweiObject};
pub use huawei::realm::edit::{HuaweiPassword, HuaweiTokens};
pub use huawei::realm::seed::{HuaweiAgency, HuaweiKey};
pub use huawei::stock::seed::{
    Blanks, CsbsSeed, HuaweiBackup, HuaweiDisk, HuaweiServer, HuaweiTask, HuaweiVerdict, HuaweiVolume, Refusals,
};
pub use log::Call;
pub use simulator::{Options, Simulator};
pub use world::edit::{Change, Edit, Member, Object};
pub use world::roles::{OidcProviderSeed, RoleSeed};
pub use world::scaling::{EmptyFields, EmptyStrings, Lifecycle, ListOrder, Passwords};
pub use world::seed::{KeySeed, SettingsSeed};
pub use world::{DeniedReads, ThrottleHeaders};
