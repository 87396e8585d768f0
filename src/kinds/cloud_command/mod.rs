//! `CloudCommand`: a script runs on servers once per intent.

pub mod frequency;
pub mod intent;
pub mod rules;
