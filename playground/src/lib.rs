//! A real control plane, the simulator and steward on one machine: what `make demo`, `make up` and the end-to-end tests share.
//!
//! From the ground up: `nest` keeps processes and their directory together and cleans both up; `tools` finds or builds the programs;
//! `control_plane` starts etcd and kube-apiserver; `deployment` reads the manifests that people install and `workload` runs them, in
//! place of a kubelet (`volumes`: ConfigMaps as files); `helm` has the chart; `simulator` starts the cloud; `playground` is all of it together with the demo's account.
//! `settings` reads the environment, `repository` is where it all comes from, `wait`, `ports`, `http` and `kubectl` are what their names say.

pub mod control_plane;
pub mod deployment;
pub mod helm;
pub mod http;
pub mod kubectl;
pub mod nest;
pub mod playground;
mod ports;
mod repository;
pub mod settings;
pub mod simulator;
pub mod tools;
mod volumes;
pub mod wait;
pub mod workload;

pub use control_plane::{ControlPlane, Options};
pub use deployment::Deployment;
pub use helm::Helm;
pub use kubectl::{Kubectl, Said};
pub use nest::Process;
pub use playground::Playground;
pub use repository::repository;
pub use simulator::Simulator;
pub use tools::{Tool, Toolbox};
pub use workload::{Replica, Workload};
