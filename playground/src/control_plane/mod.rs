//! etcd, kube-apiserver and, where asked for, kube-controller-manager, on loopback, in a nest.
//!
//! RBAC is on. There is no kubelet and no scheduler: a Deployment stays an object, and `workload` runs what it describes.
//! Without the controller manager namespaces never finish deleting and nothing is garbage collected.

mod credentials;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::http;
use crate::kubectl::Kubectl;
use crate::nest::{Launch, Nest, Process, read_log};
use crate::ports;
use crate::settings::Settings;
use crate::tools::{Tool, Toolbox};
use crate::wait;
use credentials::{Proof, SigningKey, kubeconfig, random_token, write_private};

/// On a busy machine; a quiet one needs about 5 s.
const READY: Duration = Duration::from_secs(120);
const ATTEMPTS: usize = 5;
/// What people and controllers ask for is many times as much, and nobody reads it.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, userGroups: [\"system:serviceaccounts\"]}]\n";

/// What kind of control plane.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Also namespaces' deletion, garbage collection, `default` `ServiceAccount`s.
    pub controller_manager: bool,
    /// One JSON line per request of a `ServiceAccount`, level Metadata, in `audit_log()`.
    pub audit: bool,
    /// Where to live; a temporary directory by default. It is removed in the end, either way.
    pub dir: Option<PathBuf>,
}

/// A running control plane; dropping it ends it and removes its directory.
#[derive(Debug)]
pub struct ControlPlane {
    // In the order in which they are to be ended.
    controller_manager: Option<Process>,
    apiserver: Process,
    etcd: Process,
    url: String,
    kubectl: Kubectl,
    toolbox: Toolbox,
    audit: bool,
    nest: Arc<Nest>,
}

impl ControlPlane {
    /// Starts one and waits until it is ready; the first time ever, the tools are built before.
    pub fn start(options: &Options) -> Result<Self> {
        let settings = Settings::from_environment();
        let mut tools = vec![Tool::Etcd, Tool::KubeApiserver, Tool::Kubectl];
        if options.controller_manager {
            tools.push(Tool::KubeControllerManager);
        }
        let toolbox = Toolbox::obtain(&settings, &tools)?;
        let nest = match &options.dir {
            Some(directory) => Nest::at(directory)?,
            None => Nest::temporary()?,
        };
        Self::start_in(&nest, &toolbox, options).inspect_err(|_| nest.keep_files())
    }

    fn start_in(nest: &Arc<Nest>, toolbox: &Toolbox, options: &Options) -> Result<Self> {
        let plan = Plan::prepare(nest, toolbox, options)?;
        let mut last = anyhow!("never tried");
        for attempt in 0..ATTEMPTS {
            match plan.attempt(attempt) {
                Ok(control_plane) => return Ok(control_plane),
                Err(Failure::PortTaken(error)) => last = error,
                Err(Failure::Other(error)) => return Err(error),
            }
        }
        Err(last)
    }

    /// `https://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The directory that everything is in, logs included.
    pub fn root(&self) -> &Path {
        self.nest.root()
    }

    /// For other programs that are to live and die with this control plane.
    pub fn nest(&self) -> &Arc<Nest> {
        &self.nest
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        self.kubectl.kubeconfig()
    }

    /// kubectl as the administrator.
    pub fn kubectl(&self) -> &Kubectl {
        &self.kubectl
    }

    /// kubectl with another kubeconfig.
    pub fn kubectl_with(&self, kubeconfig: &Path) -> Kubectl {
        self.kubectl.with_kubeconfig(kubeconfig)
    }

    /// The directory with kubectl in it, for a PATH.
    pub fn tools_directory(&self) -> Result<&Path> {
        self.toolbox.path(Tool::Kubectl)?.parent().context("kubectl in no directory")
    }

    /// The kubeconfig of an existing `ServiceAccount`, with a token of the `TokenRequest` API.
    ///
    /// Beside it lie `token`, `ca.crt` and `namespace`, as in a pod's `/var/run/secrets/kubernetes.io/serviceaccount`.
    pub fn kubeconfig_for(&self, namespace: &str, service_account: &str) -> Result<PathBuf> {
        let directory = self.root().join("serviceaccounts").join(format!("{namespace}.{service_account}"));
        let token = self.kubectl.ok(&["create", "token", service_account, "-n", namespace, "--duration", "24h"])?;
        let (token_file, authority) = (directory.join("token"), directory.join("ca.crt"));
        write_private(&token_file, token.trim())?;
        write_private(&authority, &fs::read_to_string(authority_of(self.root()))?)?;
        write_private(&directory.join("namespace"), namespace)?;
        let path = directory.join("kubeconfig");
        let config = kubeconfig(&self.url, &authority, namespace, &Proof::TokenFile(&token_file));
        write_private(&path, &config)?;
        Ok(path)
    }

    /// Waits until each of these CRDs (`plural.group`) is served.
    pub fn wait_for_crds(&self, names: &[&str]) -> Result<()> {
        let names: Vec<String> = names.iter().map(|name| format!("crd/{name}")).collect();
        let mut arguments = vec!["wait", "--for=condition=Established", "--timeout=30s"];
        arguments.extend(names.iter().map(String::as_str));
        self.kubectl.ok(&arguments).map(drop)
    }

    /// One JSON line per request of a `ServiceAccount`, if `Options::audit` asked for it.
    pub fn audit_log(&self) -> Option<PathBuf> {
        self.audit.then(|| audit_log_of(self.root()))
    }

    /// The numbers of its processes.
    pub fn processes(&self) -> Vec<u32> {
        [Some(&self.etcd), Some(&self.apiserver), self.controller_manager.as_ref()].into_iter().flatten().map(Process::pid).collect()
    }

    /// The API server itself, to be stopped, continued or killed by a test of outages.
    pub fn apiserver(&self) -> &Process {
        &self.apiserver
    }
}

/// What stays the same from attempt to attempt.
struct Plan<'a> {
    nest: &'a Arc<Nest>,
    toolbox: &'a Toolbox,
    options: &'a Options,
    token: String,
}

enum Failure {
    /// Somebody was faster at one of our ports.
    PortTaken(Error),
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl<'a> Plan<'a> {
    fn prepare(nest: &'a Arc<Nest>, toolbox: &'a Toolbox, options: &'a Options) -> Result<Self> {
        let token = random_token()?;
        let root = nest.root();
        let key = SigningKey::new()?;
        write_private(&root.join("sa.key"), &key.private)?;
        write_private(&root.join("sa.pub"), &key.public)?;
        write_private(&root.join("tokens.csv"), &format!("{token},admin,admin,\"system:masters\"\n"))?;
        if options.audit {
            fs::write(root.join("audit-policy.yaml"), AUDIT_POLICY)?;
        }
        Ok(Self { nest, toolbox, options, token })
    }

    fn attempt(&self, attempt: usize) -> Result<ControlPlane, Failure> {
        let [etcd_client, etcd_peer, secure] = ports::free()?;
        let url = format!("https://127.0.0.1:{secure}");
        let kubeconfig_path = self.nest.root().join("kubeconfig");
        write_private(&kubeconfig_path, &kubeconfig(&url, &authority_of(self.nest.root()), "default", &Proof::Token(&self.token)))?;
        let kubectl = Kubectl::new(self.toolbox.path(Tool::Kubectl)?, &kubeconfig_path, &self.nest.root().join("kubectl-cache"));

        let etcd = self.nest.start(&self.etcd(attempt, etcd_client, etcd_peer)?)?;
        ready(&etcd, || {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, etcd_client));
            http::get(address, "/health", Duration::from_secs(2)).is_ok_and(|answer| answer.is_success())
        })?;
        let apiserver = self.nest.start(&self.apiserver(&url, etcd_client, secure)?)?;
        ready(&apiserver, || kubectl.run(&["get", "--raw", "/readyz"]).is_ok_and(|said| said.success))?;
        let controller_manager =
            if self.options.controller_manager { Some(self.nest.start(&self.controller_manager(&kubeconfig_path)?)?) } else { None };
        Ok(ControlPlane {
            controller_manager,
            apiserver,
            etcd,
            url,
            kubectl,
            toolbox: self.toolbox.clone(),
            audit: self.options.audit,
            nest: Arc::clone(self.nest),
        })
    }

    fn etcd(&self, attempt: usize, client: u16, peer: u16) -> Result<Launch> {
        let client = format!("http://127.0.0.1:{client}");
        Ok(Launch::new("etcd", self.toolbox.path(Tool::Etcd)?)
            .flag("--data-dir", self.nest.root().join(format!("etcd-{attempt}")))
            .flag("--listen-client-urls", &client)
            .flag("--advertise-client-urls", &client)
            .flag("--listen-peer-urls", format!("http://127.0.0.1:{peer}"))
            .arg("--unsafe-no-fsync"))
    }

    fn apiserver(&self, url: &str, etcd: u16, secure: u16) -> Result<Launch> {
        let root = self.nest.root();
        let mut launch = Launch::new("kube-apiserver", self.toolbox.path(Tool::KubeApiserver)?)
            .flag("--etcd-servers", format!("http://127.0.0.1:{etcd}"))
            .flag("--secure-port", secure.to_string())
            .flag("--bind-address", "127.0.0.1")
            .flag("--advertise-address", "127.0.0.1")
            .flag("--cert-dir", root.join("certs"))
            .flag("--token-auth-file", root.join("tokens.csv"))
            .flag("--service-account-issuer", url)
            .flag("--service-account-key-file", root.join("sa.pub"))
            .flag("--service-account-signing-key-file", root.join("sa.key"))
            .flag("--authorization-mode", "RBAC")
            .flag("--service-cluster-ip-range", "10.0.0.0/24");
        if self.options.audit {
            launch = launch.flag("--audit-policy-file", root.join("audit-policy.yaml")).flag("--audit-log-path", audit_log_of(root));
        }
        Ok(launch)
    }

    fn controller_manager(&self, kubeconfig: &Path) -> Result<Launch> {
        Ok(Launch::new("kube-controller-manager", self.toolbox.path(Tool::KubeControllerManager)?)
            .flag("--kubeconfig", kubeconfig)
            .flag(
                "--controllers",
                "namespace-controller,garbage-collector-controller,serviceaccount-controller,clusterrole-aggregation-controller",
            )
            .arg("--leader-elect=false")
            .flag("--secure-port", "0")
            .flag("--service-account-private-key-file", self.nest.root().join("sa.key")))
    }
}

/// The certificate that kube-apiserver makes for itself comes with the authority that signed it.
fn authority_of(root: &Path) -> PathBuf {
    root.join("certs").join("apiserver.crt")
}

fn audit_log_of(root: &Path) -> PathBuf {
    root.join("audit.log")
}

/// Waits for a process to say that it is ready, and notices when it ends instead.
fn ready(process: &Process, mut asked: impl FnMut() -> bool) -> Result<(), Failure> {
    let log = process.log();
    let begun = read_log(log)?.len();
    let answer = wait::until(READY, &format!("{} was not ready", process.name()), || {
        if let Some(status) = process.ended()? {
            bail!("{} ended while it was starting ({status})", process.name());
        }
        Ok(asked().then_some(()))
    });
    answer.map_err(|error| {
        let error = anyhow!("the control plane did not start ({error:#}): read {}", log.display());
        let written = read_log(log).unwrap_or_default();
        if written.get(begun.min(written.len())..).unwrap_or(&written).contains("address already in use") {
            Failure::PortTaken(error)
        } else {
            Failure::Other(error)
        }
    })
}
