//! A Deployment as its pods' container would experience it: what is started, with which arguments, environment, ports and probes.
//!
//! Read from the manifests that people install. Whatever would change what the process sees, and is not imitated here, is refused:
//! a test of a Deployment that ignores half of it would prove nothing. What only a kernel or a kubelet could enforce
//! (security context, resources, image) is not looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::volumes::Mount;

/// The parts of a Deployment that matter to the process; change them before starting it, as an overlay would.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub name: String,
    pub namespace: String,
    pub service_account: String,
    pub replicas: usize,
    /// Between SIGTERM and SIGKILL.
    pub grace: Duration,
    container: Container,
    mounts: Vec<Mount>,
}

/// What one replica is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Vec<Variable>,
    #[serde(default)]
    ports: Vec<Port>,
    readiness_probe: Option<Probe>,
    liveness_probe: Option<Probe>,
    #[serde(default)]
    env_from: Vec<Value>,
    #[serde(default)]
    volume_mounts: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variable {
    name: String,
    #[serde(default)]
    value: String,
    value_from: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    #[serde(default)]
    name: String,
    container_port: u16,
}

/// A probe by HTTP, the only sort that is imitated.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    http_get: HttpGet,
    #[serde(default = "one")]
    timeout_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct HttpGet {
    #[serde(default = "root")]
    path: String,
    port: Value,
    #[serde(default = "http")]
    scheme: String,
}

fn one() -> u64 {
    1
}

fn root() -> String {
    "/".to_owned()
}

fn http() -> String {
    "HTTP".to_owned()
}

impl Probe {
    pub fn path(&self) -> &str {
        &self.http_get.path
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

impl Deployment {
    /// The Deployment of this name among YAML documents, for example the output of `kubectl kustomize`.
    pub fn from_manifests(manifests: &str, name: &str) -> Result<Self> {
        let documents: Vec<Value> = serde_saphyr::from_multiple(manifests)?;
        let deployment = documents
            .iter()
            .find(|object| object["kind"] == "Deployment" && object["metadata"]["name"] == name)
            .with_context(|| format!("the manifests hold no Deployment {name}"))?;
        Self::from_object(deployment).with_context(|| format!("Deployment {name}"))
    }

    fn from_object(object: &Value) -> Result<Self> {
        let text = |value: &Value, otherwise: &str| value.as_str().unwrap_or(otherwise).to_owned();
        let spec = &object["spec"];
        let pod = &spec["template"]["spec"];
        let containers = pod["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let [container] = containers else { bail!("only one container is imitated, there are {}", containers.len()) };
        ensure!(pod.get("initContainers").is_none(), "initContainers are not imitated");
        let container: Container = serde_json::from_value(container.clone())?;
        container.check()?;
        let mounts = Mount::all(&container.volume_mounts, &pod["volumes"])?;
        Ok(Self {
            name: text(&object["metadata"]["name"], ""),
            namespace: text(&object["metadata"]["namespace"], "default"),
            service_account: text(&pod["serviceAccountName"], "default"),
            replicas: spec["replicas"].as_u64().map_or(Ok(1), usize::try_from)?,
            grace: Duration::from_secs(pod["terminationGracePeriodSeconds"].as_u64().unwrap_or(30)),
            container,
            mounts,
        })
    }

    /// Sets an environment variable, as a patch of the manifests would.
    pub fn set_environment(&mut self, name: &str, value: &str) {
        self.container.env.retain(|variable| variable.name != name);
        self.container.env.push(Variable { name: name.to_owned(), value: value.to_owned(), value_from: None });
    }

    /// Appends an argument, as a patch of the manifests would.
    pub fn add_argument(&mut self, argument: &str) {
        self.container.args.push(argument.to_owned());
    }

    pub fn readiness(&self) -> Option<&Probe> {
        self.container.readiness_probe.as_ref()
    }

    pub fn liveness(&self) -> Option<&Probe> {
        self.container.liveness_probe.as_ref()
    }

    /// The ports that the container names; each needs one on loopback that is free.
    pub fn ports(&self) -> Vec<u16> {
        self.container.ports.iter().map(|port| port.container_port).collect()
    }

    /// ConfigMaps that the process finds as files.
    pub(crate) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The number of a port that a probe gives by name or number.
    pub fn probed_port(&self, probe: &Probe) -> Result<u16> {
        let wanted = &probe.http_get.port;
        self.container
            .ports
            .iter()
            .find(|port| *wanted == port.name.as_str() || *wanted == port.container_port)
            .map(|port| port.container_port)
            .with_context(|| format!("a probe asks port {wanted}, which the container does not name"))
    }

    /// What the pod of this name is started with. All pods share this machine, so every port of the container is another one
    /// here: an argument or variable that ends in `:PORT`, the manifest's way to say where to listen, gets `127.0.0.1:FREE`.
    pub fn invocation(&self, pod_name: &str, moved: &BTreeMap<u16, u16>) -> Result<Invocation> {
        let mut environment: Vec<(String, String)> = Vec::new();
        for variable in &self.container.env {
            let value = match &variable.value_from {
                Some(source) => self.field(pod_name, source).with_context(|| format!("variable {}", variable.name))?,
                None => expand(&variable.value, &environment),
            };
            environment.push((variable.name.clone(), value));
        }
        let mut arguments: Vec<String> = self.container.args.iter().map(|argument| expand(argument, &environment)).collect();
        for (from, to) in moved {
            let places = arguments.iter_mut().chain(environment.iter_mut().map(|(_, value)| value));
            let mut found = false;
            for place in places {
                if let Some(new) = moved_address(place, *from, *to) {
                    *place = new;
                    found = true;
                }
            }
            ensure!(
                found,
                "no argument and no variable says to listen on containerPort {from}: name the address in the manifest, so that it can be moved"
            );
        }
        Ok(Invocation { arguments, environment })
    }

    /// The downward API, as far as it makes sense without a kubelet.
    fn field(&self, pod_name: &str, source: &Value) -> Result<String> {
        let path = source["fieldRef"]["fieldPath"].as_str();
        Ok(match path {
            Some("metadata.name") => pod_name.to_owned(),
            Some("metadata.namespace") => self.namespace.clone(),
            Some("spec.serviceAccountName") => self.service_account.clone(),
            Some("spec.nodeName") => "playground".to_owned(),
            Some("status.podIP" | "status.hostIP") => "127.0.0.1".to_owned(),
            _ => bail!("{source} is not imitated"),
        })
    }
}

impl Container {
    fn check(&self) -> Result<()> {
        ensure!(self.command.is_empty(), "command is not imitated: the image's entrypoint is the program");
        ensure!(self.env_from.is_empty(), "envFrom is not imitated");
        for probe in [&self.readiness_probe, &self.liveness_probe].into_iter().flatten() {
            ensure!(probe.http_get.scheme == "HTTP", "only probes by plain HTTP are imitated");
        }
        Ok(())
    }
}

/// `$(NAME)` of a variable that was defined before; anything else stays as it is written.
fn expand(text: &str, environment: &[(String, String)]) -> String {
    environment.iter().rev().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}

/// `0.0.0.0:8080`, `[::]:8080`, `:8080` and `--flag=0.0.0.0:8080` on another port of loopback; None for all other text.
fn moved_address(text: &str, from: u16, to: u16) -> Option<String> {
    let (flag, address) = match text.split_once('=') {
        Some((flag, address)) if flag.starts_with("--") => (Some(flag), address),
        _ => (None, text),
    };
    let host = address.strip_suffix(&format!(":{from}"))?;
    let listens = host.is_empty() || host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok();
    listens.then(|| match flag {
        Some(flag) => format!("{flag}=127.0.0.1:{to}"),
        None => format!("127.0.0.1:{to}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFESTS: &str = r#"
kind: Namespace
metadata: {name: ns}
---
kind: Deployment
metadata: {name: steward, namespace: ns}
spec:
  replicas: 2
  template:
    spec:
      serviceAccountName: sa
      containers:
      - name: steward
        args: [run, "--name=$(POD_NAME)", "--unknown=$(NOBODY)"]
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: METRICS, value: "0.0.0.0:8080"}
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /readyz, port: http}}
"#;

    fn deployment() -> Deployment {
        Deployment::from_manifests(MANIFESTS, "steward").unwrap()
    }

    #[test]
    fn a_replica_gets_exactly_what_its_manifest_says_on_ports_of_its_own() {
        let deployment = deployment();
        assert_eq!((deployment.replicas, deployment.service_account.as_str()), (2, "sa"));
        let given = deployment.invocation("steward-0", &BTreeMap::from([(8080, 4711)])).unwrap();
        assert_eq!(given.arguments, ["run", "--name=steward-0", "--unknown=$(NOBODY)"]);
        let pairs: Vec<_> = given.environment.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("POD_NAME", "steward-0"), ("POD_NAMESPACE", "ns"), ("METRICS", "127.0.0.1:4711")]);
    }

    #[test]
    fn a_probe_finds_its_port_by_name() {
        let deployment = deployment();
        let probe = deployment.readiness().unwrap();
        assert_eq!((probe.path(), probe.timeout()), ("/readyz", Duration::from_secs(1)));
        assert_eq!(deployment.probed_port(probe).unwrap(), 8080);
    }

    #[test]
    fn a_port_that_nothing_mentions_is_an_error_and_no_collision() {
        let mut deployment = deployment();
        deployment.set_environment("METRICS", "nowhere");
        let error = deployment.invocation("p", &BTreeMap::from([(8080, 1)])).unwrap_err();
        assert!(error.to_string().contains("containerPort 8080"), "{error}");
    }

    #[test]
    fn what_is_not_imitated_is_refused() {
        for (from, to) in [
            ("args: [run", "command: [sh]\n        args: [run"),
            ("readinessProbe:", "envFrom: [{configMapRef: {name: x}}]\n        readinessProbe:"),
            ("readinessProbe:", "volumeMounts: [{name: x, mountPath: /x}]\n        readinessProbe:"),
            ("port: http}", "port: http, scheme: HTTPS}"),
            ("containers:", "initContainers: [{name: i}]\n      containers:"),
        ] {
            let manifests = MANIFESTS.replace(from, to);
            assert_ne!(manifests, MANIFESTS);
            let error = format!("{:#}", Deployment::from_manifests(&manifests, "steward").unwrap_err());
            assert!(error.contains("imitated"), "{error}");
        }
    }

    #[test]
    fn only_listening_addresses_are_moved() {
        for (text, expected) in [
            (":8080", Some("127.0.0.1:9")),
            ("[::]:8080", Some("127.0.0.1:9")),
            ("--metrics-address=0.0.0.0:8080", Some("127.0.0.1:9")),
            ("http://elsewhere:8080", None),
            ("0.0.0.0:18080", None),
            ("8080", None),
        ] {
            let moved = moved_address(text, 8080, 9);
            assert_eq!(moved.as_deref().map(|t| t.trim_start_matches("--metrics-address=")), expected, "{text}");
        }
    }
}
