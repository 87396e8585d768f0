//! The cloud simulator as a process, and its admin endpoint.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::http;
use crate::nest::{Launch, Nest, Process, read_log};
use crate::wait;

const ANSWER: Duration = Duration::from_secs(10);

/// A running `steward-cloudsim`; dropping it ends it.
#[derive(Debug)]
pub struct Simulator {
    process: Process,
    admin: Admin,
}

/// The line that the simulator greets with.
#[derive(Deserialize)]
struct Greeting {
    url: String,
}

impl Simulator {
    pub fn start(nest: &Arc<Nest>, program: &Path, seed: &Path) -> Result<Self> {
        let mut launch = Launch::new("cloudsim", program).flag("--listen", "127.0.0.1:0").flag("--seed", seed);
        launch.output_apart = true;
        let process = nest.start(&launch)?;
        let line = wait::until(Duration::from_secs(20), "it did not say its address", || {
            if let Some(status) = process.ended()? {
                bail!("it ended ({status})");
            }
            let said = read_log(process.output())?;
            Ok(said.split_once('\n').map(|(line, _)| line.to_owned()))
        })
        .with_context(|| format!("the simulator did not start: read {}", process.log().display()))?;
        let greeting: Greeting = serde_json::from_str(&line).with_context(|| format!("the simulator greeted with {line:?}"))?;
        Ok(Self { process, admin: Admin::at(&greeting.url)? })
    }

    pub fn url(&self) -> &str {
        self.admin.url()
    }

    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// The endpoints below `/_sim/` of a simulator, wherever it runs.
#[derive(Clone, Debug)]
pub struct Admin {
    url: String,
    address: SocketAddr,
}

/// One line of the simulator's log of calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    pub time: String,
    pub service: String,
    pub operation: String,
    pub parameters: BTreeMap<String, String>,
    /// Absent as long as the call is not answered.
    pub status: Option<u16>,
    /// Absent on success.
    pub code: Option<String>,
    pub request_id: String,
}

impl Admin {
    pub fn at(url: &str) -> Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        let address = http::address(&url)?;
        Ok(Self { url, address })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn get(&self, path: &str) -> Result<String> {
        http::get(self.address, path, ANSWER)?.success()
    }

    pub fn post(&self, path: &str, body: &str) -> Result<String> {
        http::send(self.address, "POST", path, body, ANSWER)?.success()
    }

    pub fn delete(&self, path: &str) -> Result<String> {
        http::send(self.address, "DELETE", path, "", ANSWER)?.success()
    }

    /// Every call that reached the simulator, oldest first.
    pub fn calls(&self) -> Result<Vec<Call>> {
        serde_json::from_str(&self.get("/_sim/calls")?).context("the simulator's log of calls")
    }
}
