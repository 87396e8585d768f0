//! The playground against real programs: one binary, one file per promise.

mod chart;
mod control_plane;
mod demo;
mod manifests;
mod nothing_left_behind;
mod up;
mod workload;
