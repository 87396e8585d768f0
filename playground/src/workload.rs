//! Runs what a Deployment describes, in place of a scheduler and a kubelet.
//!
//! Each replica gets the manifest's arguments and environment and nothing else, and a token of the manifest's `ServiceAccount`.
//! Three things differ from a pod, because all replicas share this machine. Ports are moved (see `deployment`), and so are volumes (see `volumes`). And the token is
//! handed over in a kubeconfig (`KUBECONFIG`), since the paths at which a client inside a cluster looks for it cannot be moved;
//! the kubeconfig points at files that lie as they do in a pod. A replica that ends is not started again by itself:
//! tests want to see it dead first.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::Signal;

use crate::control_plane::ControlPlane;
use crate::deployment::{Deployment, Probe};
use crate::http;
use crate::kubectl::Kubectl;
use crate::nest::{Launch, Nest, Process};
use crate::ports;
use crate::wait;

/// All replicas of a Deployment; dropping it kills them.
#[derive(Debug)]
pub struct Workload {
    replicas: Vec<Replica>,
}

impl Workload {
    /// Starts as many replicas of `program` as the Deployment says, as its `ServiceAccount`, which must exist.
    pub fn start(control_plane: &ControlPlane, deployment: &Deployment, program: &Path) -> Result<Self> {
        let kubeconfig = control_plane.kubeconfig_for(&deployment.namespace, &deployment.service_account)?;
        let replicas = (0..deployment.replicas)
            .map(|index| {
                let replica = Replica {
                    pod_name: format!("{}-{index}", deployment.name),
                    deployment: deployment.clone(),
                    program: program.to_owned(),
                    kubeconfig: kubeconfig.clone(),
                    kubectl: control_plane.kubectl().clone(),
                    nest: Arc::clone(control_plane.nest()),
                    running: Mutex::new(None),
                };
                replica.start()?;
                Ok(replica)
            })
            .collect::<Result<_>>()?;
        Ok(Self { replicas })
    }

    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// Waits until every replica's readiness probe succeeds.
    pub fn wait_ready(&self, limit: Duration) -> Result<()> {
        self.replicas.iter().try_for_each(|replica| replica.wait_ready(limit))
    }

    /// SIGTERM to all, then waits for all to end within the manifest's grace period.
    pub fn terminate(&self) -> Result<()> {
        for replica in &self.replicas {
            replica.signal(Signal::TERM)?;
        }
        self.replicas.iter().try_for_each(|replica| replica.wait_end(replica.deployment.grace).map(drop))
    }
}

/// One pod's container, so to speak.
#[derive(Debug)]
pub struct Replica {
    pod_name: String,
    deployment: Deployment,
    program: PathBuf,
    kubeconfig: PathBuf,
    kubectl: Kubectl,
    nest: Arc<Nest>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    process: Process,
    /// Where each container port is to be found.
    ports: BTreeMap<u16, u16>,
}

impl Replica {
    pub fn pod_name(&self) -> &str {
        &self.pod_name
    }

    /// Starts it, for the first time or again, as a kubelet restarts a container: same pod, same name, same log.
    pub fn start(&self) -> Result<()> {
        self.start_with(&self.kubeconfig)
    }

    /// The same with another kubeconfig than its `ServiceAccount`'s own, for example one that takes another way to the API server.
    pub fn start_with(&self, kubeconfig: &Path) -> Result<()> {
        let mut running = self.running();
        if let Some(old) = &*running
            && old.process.ended()?.is_none()
        {
            bail!("{} runs already", self.pod_name);
        }
        let ports = self
            .deployment
            .ports()
            .into_iter()
            .map(|port| ports::free::<1>().map(|[free]| (port, free)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        let mut invocation = self.deployment.invocation(&self.pod_name, &ports)?;
        let directory = self.nest.root().join("volumes").join(&self.pod_name);
        for mount in self.deployment.mounts() {
            let places = invocation.arguments.iter_mut().chain(invocation.environment.iter_mut().map(|(_, value)| value));
            mount.lay_out(&self.kubectl, &self.deployment.namespace, &directory, places)?;
        }
        let mut launch = Launch::new(&self.pod_name, &self.program);
        launch.arguments = invocation.arguments.into_iter().map(Into::into).collect();
        launch.environment = invocation.environment;
        launch.environment.push(("KUBECONFIG".to_owned(), kubeconfig.display().to_string()));
        launch.environment.push(("HOSTNAME".to_owned(), self.pod_name.clone()));
        launch.only_this_environment = true;
        *running = Some(Running { process: self.nest.start(&launch)?, ports });
        Ok(())
    }

    pub fn log(&self) -> Result<PathBuf> {
        self.with(|running| Ok(running.process.log().to_owned()))
    }

    pub fn pid(&self) -> Result<u32> {
        self.with(|running| Ok(running.process.pid()))
    }

    /// Where a port of the container listens here.
    pub fn address(&self, container_port: u16) -> Result<SocketAddr> {
        self.with(|running| {
            let port = running
                .ports
                .get(&container_port)
                .with_context(|| format!("{} does not name containerPort {container_port}", self.pod_name))?;
            Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, *port)))
        })
    }

    /// Its readiness probe, asked now. Without one a container counts as ready, as in Kubernetes.
    pub fn is_ready(&self) -> Result<bool> {
        self.probe(self.deployment.readiness())
    }

    /// Its liveness probe, asked now.
    pub fn is_live(&self) -> Result<bool> {
        self.probe(self.deployment.liveness())
    }

    pub fn wait_ready(&self, limit: Duration) -> Result<()> {
        let log = self.log()?;
        wait::until(limit, &format!("{} was not ready", self.pod_name), || {
            if let Some(status) = self.with(|running| running.process.ended())? {
                bail!("{} ended instead of becoming ready ({status})", self.pod_name);
            }
            Ok(self.is_ready()?.then_some(()))
        })
        .map_err(|error| anyhow!("{error:#}: read {}", log.display()))
    }

    /// SIGKILL: no goodbye. Returns when it is gone.
    pub fn kill9(&self) -> Result<()> {
        self.with(|running| running.process.kill())
    }

    /// SIGTERM, and how it ended; one that outlives the manifest's grace period is killed, and that is an error.
    pub fn sigterm(&self) -> Result<ExitStatus> {
        self.with(|running| running.process.terminate(self.deployment.grace))
    }

    /// SIGSTOP: from when this returns it stands still, keeps its sockets and knows nothing of the time that passes.
    pub fn stop(&self) -> Result<()> {
        self.with(|running| running.process.stop())
    }

    /// SIGCONT
    pub fn cont(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        self.with(|running| running.process.signal(signal))
    }

    fn wait_end(&self, limit: Duration) -> Result<ExitStatus> {
        self.with(|running| running.process.wait_end(limit))
    }

    fn probe(&self, probe: Option<&Probe>) -> Result<bool> {
        let Some(probe) = probe else { return Ok(true) };
        let address = self.address(self.deployment.probed_port(probe)?)?;
        // No answer in time is a failed probe, whatever the reason.
        Ok(http::get(address, probe.path(), probe.timeout()).is_ok_and(|answer| answer.is_success()))
    }

    fn with<T>(&self, look: impl FnOnce(&Running) -> Result<T>) -> Result<T> {
        look(self.running().as_ref().with_context(|| format!("{} was never started", self.pod_name))?)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
