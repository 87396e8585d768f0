//! ESS, which the vendor calls Auto Scaling: scaling configurations of elastic container instances.

pub mod configuration;
