//! The way to the clouds, as flags: shared by every command that goes there.

use super::given;
use crate::cloud::transport::{Certificate, TransportOptions};
use crate::credentials::{AllowedEndpoints, Pattern};
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Way {
    /// Endpoints that a CloudCredential may name in spec.endpoints: `scheme://host[:port]`; the host may begin with "*.", the port may be "*". A name that leads to the machine itself or its link must stand here in full. None by default.
    #[arg(long = "allow-endpoint", env = "STEWARD_ALLOWED_ENDPOINTS", value_delimiter = ',', value_name = "PATTERN,…")]
    allowed_endpoints: Vec<String>,
    /// Whether calls to the clouds go through the proxy that `HTTPS_PROXY` and `NO_PROXY` name.
    #[arg(long, env = "STEWARD_USE_PROXY", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    use_proxy: bool,
    /// PEM file with further roots that calls to the clouds trust, beside the machine's own: for a proxy that opens TLS, or endpoints with certificates of one's own. Read once, at start.
    #[arg(long, env = "STEWARD_CA_BUNDLE", value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
}

impl Way {
    pub(super) fn allowed_endpoints(&self) -> anyhow::Result<AllowedEndpoints> {
        let patterns = given(&self.allowed_endpoints).map(str::parse).collect::<Result<Vec<Pattern>, _>>().context("--allow-endpoint")?;
        Ok(AllowedEndpoints::new(patterns))
    }

    /// The socket that these flags ask for, and everything else as the product has it.
    pub(super) fn socket(&self) -> anyhow::Result<TransportOptions> {
        Ok(TransportOptions {
            proxy_from_environment: self.use_proxy,
            trusted_hosts: self.allowed_endpoints()?.names_in_full(),
            roots: roots(self.ca_bundle.as_deref()).context("--ca-bundle")?,
            ..TransportOptions::default()
        })
    }
}

/// The certificates in this file. An empty path is none: templates like to render what is not set as an empty text.
fn roots(file: Option<&Path>) -> anyhow::Result<Vec<Certificate>> {
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else { return Ok(Vec::new()) };
    let pem = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let roots = Certificate::from_pem_bundle(&pem).with_context(|| format!("{} is no PEM", file.display()))?;
    anyhow::ensure!(!roots.is_empty(), "{} holds no certificate", file.display());
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_a_certificate_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path();
        for content in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
            std::fs::write(path, content).unwrap();
            let said = format!("{:#}", roots(Some(path)).unwrap_err());
            assert!(said.starts_with(&path.display().to_string()), "{content:?}: {said}");
        }
        let missing = path.with_extension("missing");
        assert!(format!("{:#}", roots(Some(&missing)).unwrap_err()).contains("cannot be read"));
        assert!(roots(Some(Path::new(""))).unwrap().is_empty() && roots(None).unwrap().is_empty());
    }
}
