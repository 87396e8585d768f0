//! What a control plane's users prove themselves with: tokens, the keys behind the tokens of service accounts, kubeconfigs.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

/// A token nobody can guess: other people's processes may reach loopback, too.
pub(super) fn random_token() -> Result<String> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow!("no randomness to be had"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What every public key on the curve P-256 begins with in its standard form (RFC 5480), up to the point itself.
const P256_PUBLIC_KEY: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,
    0x07, 0x03, 0x42, 0x00,
];

/// The pair that signs and checks `ServiceAccount` tokens, as the PEM files that kube-apiserver wants.
pub(super) struct SigningKey {
    pub(super) private: String,
    pub(super) public: String,
}

impl SigningKey {
    pub(super) fn new() -> Result<Self> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let refused = || anyhow!("cannot make a key for ServiceAccounts");
        let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| refused())?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random).map_err(|_| refused())?;
        let public = [&P256_PUBLIC_KEY, pair.public_key().as_ref()].concat();
        Ok(Self { private: pem("PRIVATE KEY", private.as_ref()), public: pem("PUBLIC KEY", &public) })
    }
}

fn pem(label: &str, content: &[u8]) -> String {
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(content).as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + "-----END " + label + "-----\n"
}

/// How a kubeconfig's user proves who it is.
pub(super) enum Proof<'a> {
    Token(&'a str),
    /// Read again when it changes, as clients inside a cluster do.
    TokenFile(&'a Path),
}

pub(super) fn kubeconfig(server: &str, authority: &Path, namespace: &str, proof: &Proof<'_>) -> String {
    let user = match proof {
        Proof::Token(token) => serde_json::json!({"token": token}),
        Proof::TokenFile(path) => serde_json::json!({"tokenFile": path}),
    };
    // JSON is YAML, and quotes whatever a path may contain.
    let config = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "playground",
        "clusters": [{"name": "playground", "cluster": {"server": server, "certificate-authority": authority}}],
        "users": [{"name": "playground", "user": user}],
        "contexts": [{"name": "playground", "context": {"cluster": "playground", "user": "playground", "namespace": namespace}}],
    });
    format!("{config:#}\n")
}

/// Writes a file that only its owner may read.
pub(super) fn write_private(path: &Path, content: &str) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(content.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }

    #[test]
    fn a_kubeconfig_survives_odd_paths() {
        let config = kubeconfig("https://127.0.0.1:1", Path::new("/a \"b\"/ca.crt"), "ns", &Proof::Token("t"));
        let read: serde_json::Value = serde_saphyr::from_str(&config).unwrap();
        assert_eq!(read["clusters"][0]["cluster"]["certificate-authority"], "/a \"b\"/ca.crt");
        assert_eq!(read["users"][0]["user"]["token"], "t");
        assert_eq!(read["contexts"][0]["context"]["namespace"], "ns");
    }
}
