//! Huawei Cloud and Open Telekom Cloud: one family of interfaces, two vendors' hosts.

pub mod errors;
