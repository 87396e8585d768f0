//! `EciScalingConfig` in a paragraph: (to be written with the kind)

pub mod difference;
