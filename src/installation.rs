//! What identifies this installation of steward, and keys what it remembers of secrets: the cluster, the replica, and a key that one replica
//! once made and that all later ones read. When to try again is left to whoever starts it.

use crate::ambient::Dice;
use crate::cloud::encode::hex;
use hmac::{Hmac, Mac as _};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use kube::{Api, Client};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::Sha256;

/// The field manager of everything that steward writes.
pub const MANAGER: &str = "steward";

/// The Secret with the installation's key, in steward's own namespace.
pub const SECRET: &str = "steward-installation";
const KEY: &str = "hmac";
const SHORTEST_KEY: usize = 32;

const SYSTEM_NAMESPACE: &str = "kube-system";

/// One process of one installation. Its key cannot be printed.
#[derive(Debug)]
pub struct Installation {
    /// The same for as long as the cluster is the same to the clouds.
    pub cluster_id: String,
    /// This run of the process: who holds what it has begun.
    pub holder: String,
    key: SecretSlice<u8>,
}

/// Why steward cannot start, or not yet.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    #[error("the namespace {SYSTEM_NAMESPACE} cannot be read, so the cluster has no name: set --cluster-id ({0})")]
    NoClusterId(String),
    #[error(
        "Secret {SECRET} in namespace {0} has no key {KEY} of {SHORTEST_KEY} bytes or more: restore it, or delete the Secret and a new one is made"
    )]
    Malformed(String),
    #[error("{what}: {why}")]
    NotNow { what: String, why: String },
}

impl InstallationError {
    /// Whether another try may succeed although nobody has changed the flags, or the Secret.
    pub fn passes_by_itself(&self) -> bool {
        match self {
            Self::NotNow { .. } => true,
            Self::NoClusterId(_) | Self::Malformed(_) => false,
        }
    }
}

impl Installation {
    pub fn new(cluster_id: String, holder: String, key: SecretSlice<u8>) -> Self {
        Self { cluster_id, holder, key }
    }

    /// What may be written down of a secret value, so that another one can be told from it: 64 hex digits of an HMAC, the same for the same value
    /// in the same context. The context (kind, object, path, …) keeps equal values in different places from looking equal.
    pub fn mac(&self, context: &[&str], value: &SecretString) -> String {
        self.mac_bytes(context, value.expose_secret().as_bytes())
    }

    /// The same for a value that need not be text.
    #[allow(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn mac_bytes(&self, context: &[&str], value: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret()).expect("HMAC takes a key of any length");
        let length = |length: usize| u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes();
        mac.update(&length(context.len()));
        for part in context.iter().map(|part| part.as_bytes()).chain([value]) {
            mac.update(&length(part.len()));
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// What the cluster is called if nobody gives it a name.
pub async fn cluster_id(client: &Client) -> Result<String, InstallationError> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let system = namespaces.get(SYSTEM_NAMESPACE).await.map_err(|error| {
        let says_no = matches!(&error, kube::Error::Api(status) if matches!(status.code, 401 | 403 | 404));
        let (what, why) = (format!("the namespace {SYSTEM_NAMESPACE} could not be read"), words(&error));
        if says_no { InstallationError::NoClusterId(why) } else { InstallationError::NotNow { what, why } }
    })?;
    system.metadata.uid.ok_or_else(|| InstallationError::NoClusterId("it has no uid".to_owned()))
}

/// The installation's key; whoever comes first makes it.
pub async fn key(client: &Client, namespace: &str, dice: &Dice) -> Result<SecretSlice<u8>, InstallationError> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let not_now = |done: &str, error: &kube::Error| InstallationError::NotNow {
        what: format!("Secret {SECRET} in namespace {namespace} could not be {done}"),
        why: words(error),
    };
    let stored = async || secrets.get_opt(SECRET).await.map_err(|error| not_now("read", &error));
    let secret = match stored().await? {
        Some(secret) => secret,
        None => match secrets.create(&PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }, &new(dice)).await {
            Ok(secret) => secret,
            Err(kube::Error::Api(status)) if status.is_already_exists() => stored().await?.ok_or_else(|| {
                let why = "it was deleted while it was read".to_owned();
                InstallationError::NotNow { what: format!("Secret {SECRET} in namespace {namespace} could not be read"), why }
            })?,
            Err(error) => return Err(not_now("made", &error)),
        },
    };
    let key = secret.data.and_then(|mut data| data.remove(KEY)).map(|value| SecretSlice::from(value.0));
    key.filter(|key| key.expose_secret().len() >= SHORTEST_KEY).ok_or_else(|| InstallationError::Malformed(namespace.to_owned()))
}

fn new(dice: &Dice) -> Secret {
    let key = [dice.throw(), dice.throw()].concat();
    Secret {
        metadata: ObjectMeta { name: Some(SECRET.to_owned()), ..ObjectMeta::default() },
        data: Some([(KEY.to_owned(), ByteString(key))].into()),
        // Another key would make every secret value look changed.
        immutable: Some(true),
        ..Secret::default()
    }
}

/// What the API server said, for people. An answer that cannot be read may be quoted in its error, and it may be a Secret.
pub fn words(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        return status.message.clone();
    }
    let quotes = matches!(error, kube::Error::SerdeError(_) | kube::Error::FromUtf8(_));
    if quotes { "the API server's answer cannot be read".to_owned() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(key: &[u8]) -> Installation {
        Installation::new("cluster".to_owned(), "steward-0".to_owned(), key.to_vec().into())
    }

    #[test]
    fn a_mac_is_the_same_for_the_same_value_in_the_same_place_under_the_same_key() {
        let ours = installation(&[7; 32]);
        let value = SecretString::from("canary");
        let mac = ours.mac(&["team/app", "password"], &value);
        // RFC 2104 over: the count of parts, then each part and the value, each after its length (eight bytes, big-endian).
        assert_eq!(mac, "12c9fe35d6e69ce19961abbb0b6da7824563e081270b8ea20c624b9403cb06d7");
        assert_eq!(ours.mac_bytes(&["team/app", "password"], b"canary"), mac);
        let others = [
            ours.mac(&["team/app", "password"], &SecretString::from("canary\n")),
            ours.mac(&["team/app", "user"], &value),
            ours.mac(&["team/apppassword"], &value),
            ours.mac(&["team/ap", "ppassword"], &value),
            ours.mac(&["team/app", "password", "canary"], &SecretString::from("")),
            ours.mac(&["team/app"], &SecretString::from("passwordcanary")),
            installation(&[8; 32]).mac(&["team/app", "password"], &value),
        ];
        for other in others {
            assert_ne!(other, mac);
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let text = format!("{:?}", installation(b"a canary that is long enough to be a key"));
        assert!(text.contains("steward-0") && !text.contains("canary") && !text.contains("97"), "{text}");
    }
}
