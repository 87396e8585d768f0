//! All of it together: a control plane with what `deploy/` installs, the simulator with a seeded account, and steward between them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::control_plane::{ControlPlane, Options};
use crate::deployment::Deployment;
use crate::helm::{self, Helm};
use crate::repository::repository;
use crate::simulator::Simulator;
use crate::workload::Workload;

const READY: Duration = Duration::from_secs(60);

/// What to start; the default is the demo's playground.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub control_plane: Options,
    /// Another seed for the simulator than the demo's.
    pub seed: Option<PathBuf>,
    /// Another number of replicas than the manifest's.
    pub replicas: Option<usize>,
    /// Install by the chart, with these arguments of helm, instead of `deploy/playground`.
    pub chart: Option<Vec<String>>,
    /// Environment variables of steward on top of the manifest's.
    pub environment: Vec<(String, String)>,
    /// Another `steward` than the one that was built beside this program.
    pub steward: Option<PathBuf>,
    /// Another `steward-cloudsim` than the one that was built beside this program.
    pub cloudsim: Option<PathBuf>,
}

impl Setup {
    /// Whether the programs of this workspace that it needs are built; if not, the error says how to get them.
    pub fn check(&self) -> Result<()> {
        self.programs().map(drop)
    }

    /// `steward` and `steward-cloudsim`.
    pub fn programs(&self) -> Result<(PathBuf, PathBuf)> {
        Ok((program("steward", self.steward.as_deref())?, program("steward-cloudsim", self.cloudsim.as_deref())?))
    }
}

/// Everything, running; dropping it ends it.
#[derive(Debug)]
pub struct Playground {
    // In the order in which they are to be ended.
    steward: Workload,
    simulator: Simulator,
    control_plane: ControlPlane,
    account: Account,
}

/// The first account of a seed, with its first key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: String,
    pub key_id: String,
    pub key_secret: String,
}

impl Playground {
    /// Returns when steward is ready and the credential `default` in namespace `default` is accepted.
    pub fn start(setup: &Setup) -> Result<Self> {
        let (steward, cloudsim) = setup.programs()?;
        let seed = setup.seed.clone().unwrap_or_else(demo_seed);
        let account = Account::of_seed(&seed)?;

        let control_plane = ControlPlane::start(&setup.control_plane)?;
        Self::populate(&control_plane, setup, &steward, &cloudsim, &seed, &account)
            .inspect_err(|_| control_plane.nest().keep_files())
            .map_err(|error| anyhow!("{error:#} (logs are in {})", control_plane.root().display()))
            .map(|(steward, simulator)| Self { steward, simulator, control_plane, account })
    }

    fn populate(
        control_plane: &ControlPlane,
        setup: &Setup,
        steward: &Path,
        cloudsim: &Path,
        seed: &Path,
        account: &Account,
    ) -> Result<(Workload, Simulator)> {
        let mut deployment = match &setup.chart {
            None => install(control_plane, &repository().join("deploy/playground"))?,
            Some(arguments) => {
                // Only what runs here: a cloud on loopback.
                let mut all = vec!["--set", "allowedEndpoints={http://127.0.0.1:*}"];
                all.extend(arguments.iter().map(String::as_str));
                Helm::of(control_plane)?.install(&helm::chart(), &all)?
            }
        };
        deployment.replicas = setup.replicas.unwrap_or(deployment.replicas);
        for (name, value) in &setup.environment {
            deployment.set_environment(name, value);
        }
        let simulator = Simulator::start(control_plane.nest(), cloudsim, seed)?;
        let workload = Workload::start(control_plane, &deployment, steward)?;
        workload.wait_ready(READY)?;
        let kubectl = control_plane.kubectl();
        kubectl.apply(&credential("default", account, simulator.url()))?;
        kubectl.ok(&["wait", "--for=condition=Ready", "cloudcredential/default", "--timeout=60s"])?;
        Ok((workload, simulator))
    }

    pub fn control_plane(&self) -> &ControlPlane {
        &self.control_plane
    }

    pub fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    pub fn steward(&self) -> &Workload {
        &self.steward
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What a person's shell needs to work with it; PATH is what is to stand before the shell's own.
    pub fn environment(&self) -> Result<Vec<(&'static str, String)>> {
        let own = directory_of_programs()?;
        let tools = self.control_plane.tools_directory()?;
        Ok(vec![
            ("KUBECONFIG", self.control_plane.kubeconfig().display().to_string()),
            ("PATH", format!("{}:{}", tools.display(), own.display())),
            ("CLOUDSIM_URL", self.simulator.url().to_owned()),
            // For `steward results`, which asks the cloud from the shell.
            ("STEWARD_ALLOWED_ENDPOINTS", self.simulator.url().to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", self.account.key_id.clone()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", self.account.key_secret.clone()),
        ])
    }
}

/// Applies a kustomization, CRDs included, and gives its Deployment `cloud-steward` as rendered.
pub fn install(control_plane: &ControlPlane, kustomization: &Path) -> Result<Deployment> {
    let kubectl = control_plane.kubectl();
    let path = kustomization.display().to_string();
    kubectl.ok(&["apply", "--server-side", "-k", &path])?;
    kubectl.ok(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"])?;
    Deployment::from_manifests(&kubectl.ok(&["kustomize", &path])?, "cloud-steward")
}

/// The Secret `aliyun` and the `CloudCredential` `default` that reads it, for an account of the simulator.
pub fn credential(namespace: &str, account: &Account, cloudsim: &str) -> String {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "aliyun", "namespace": namespace},
        "stringData": {"accessKeyId": account.key_id, "accessKeySecret": account.key_secret},
    });
    let endpoints = ["ecs", "ess", "sts"].map(|service| json!({"service": service, "url": cloudsim}));
    let credential = json!({
        "apiVersion": "cloudsteward.dev/v1alpha1",
        "kind": "CloudCredential",
        "metadata": {"name": "default", "namespace": namespace},
        "spec": {
            "provider": "AlibabaCloud",
            "region": "cn-hangzhou",
            "auth": {"accessKey": {"secretRef": {"name": "aliyun"}}},
            "expectedAccountId": account.id,
            "endpoints": endpoints,
        },
    });
    format!("{secret:#}\n---\n{credential:#}\n")
}

impl Account {
    pub fn of_seed(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the seed {}", path.display()))?;
        let seed: Value = serde_saphyr::from_str(&text)?;
        let account = &seed["accounts"][0];
        let key = &account["keys"][0];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        text(&account["id"])
            .zip(text(&key["id"]))
            .zip(text(&key["secret"]))
            .map(|((id, key_id), key_secret)| Self { id, key_id, key_secret })
            .with_context(|| format!("{} has no account with a key first", path.display()))
    }
}

fn demo_seed() -> PathBuf {
    repository().join("sim/seeds/demo.yaml")
}

/// Where cargo put the workspace's programs: beside this one, or one above it if this one is a test.
fn directory_of_programs() -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program has no path")?;
    let directory = own.parent().context("this program is in no directory")?;
    Ok(match directory.file_name() {
        Some(name) if name == "deps" => directory.parent().unwrap_or(directory).to_owned(),
        _ => directory.to_owned(),
    })
}

fn program(name: &str, given: Option<&Path>) -> Result<PathBuf> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => directory_of_programs()?.join(name),
    };
    if !path.is_file() {
        bail!("{} is not built: run `cargo build --workspace`", path.display());
    }
    Ok(path)
}
