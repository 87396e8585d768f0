//! What is particular to each kind. Every kind has the same rooms: `mod.rs` (the kind in a paragraph), `observe`, `plan`, `perform`.

pub mod cloud_command;
pub mod eci_scaling_config;
pub mod restore_check;
pub mod security_group_membership;
