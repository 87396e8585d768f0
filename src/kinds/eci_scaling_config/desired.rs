//! What spec wants, with the values that it only points at. A value that is not to be had, or that is longer than the cloud takes, is a problem
//! that names the field; never is such a value shown.

use super::difference::Path;
use super::progress;
use crate::api::EciScalingConfig;
use crate::api::eci_scaling_config::configuration::ImageRegistryCredential;
use crate::api::eci_scaling_config::containers::EnvironmentVar;
use crate::api::eci_scaling_config::status::{MAX_SECRETS, MAX_SECRETS_BYTES, SecretPrint};
use crate::api::envelope::{KeyRef, ValueFrom};
use crate::cloud::alibaba::ess::configuration::{CONFIGURATION, Item, Source, Value};
use crate::installation::Installation;
use crate::reason::Reason;
use crate::references::{Missing, Reference, References};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of an environment variable's value.
const LONGEST_VALUE: usize = 256;
/// Bytes of a file.
const LONGEST_FILE: usize = 32 * 1024;

/// Spec as a tree, and what is to be known of the values from Secrets in it.
#[derive(Debug, Default)]
pub(super) struct Desired {
    pub(super) item: Item,
    /// One for each value from elsewhere.
    pub(super) prints: Vec<SecretPrint>,
}

/// Something about spec, or about what it points at, that a person has to mend; or, if it passes by itself, that has to be waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) reason: Reason,
    pub(super) message: String,
    pub(super) passes_by_itself: bool,
}

impl Flaw {
    pub(super) fn invalid(path: &Path, what: &str) -> Self {
        Self { reason: Reason::InvalidSpec, message: format!("spec.configuration.{path}: {what}"), passes_by_itself: false }
    }

    fn missing(path: &Path, missing: &Missing) -> Self {
        Self {
            reason: Reason::DependencyNotReady,
            message: format!("spec.configuration.{path}: {missing}"),
            passes_by_itself: missing.passes_by_itself(),
        }
    }
}

/// A value that spec points at.
struct Pointer<'a> {
    path: Path,
    to: Pointed<'a>,
}

enum Pointed<'a> {
    /// The value of an environment variable.
    Value(&'a ValueFrom),
    /// The file itself; the cloud takes it in base64.
    File(&'a ValueFrom),
    Password(&'a KeyRef),
    /// User and password of a server, from a Secret as `kubectl create secret docker-registry` makes it.
    Login {
        server: &'a str,
        secret: &'a str,
    },
}

/// The key under which Kubernetes keeps logins of registries.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

/// What a Secret of this type holds.
#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, DockerLogin>,
}

#[derive(Deserialize)]
struct DockerLogin {
    username: Option<String>,
    password: Option<SecretString>,
    auth: Option<SecretString>,
}

/// Every Secret and ConfigMap that spec points at.
pub(super) fn references(object: &EciScalingConfig) -> Vec<Reference> {
    let of = |from: &ValueFrom| from.reference().map(|(reference, _)| reference);
    let references: BTreeSet<Reference> = pointers(object)
        .iter()
        .filter_map(|pointer| match pointer.to {
            Pointed::Value(from) | Pointed::File(from) => of(from),
            Pointed::Password(key) => Some(Reference::secret(&key.name)),
            Pointed::Login { secret, .. } => Some(Reference::secret(secret)),
        })
        .collect();
    references.into_iter().collect()
}

/// Spec with the values of its references.
pub(super) fn desired(object: &EciScalingConfig, references: &References, installation: &Installation) -> Result<Desired, Flaw> {
    // A spec that was read from JSON can be written as JSON.
    let written = serde_json::to_value(&object.spec.configuration).unwrap_or_default();
    let mut desired = Desired { item: Item::read(&written, CONFIGURATION, Source::Spec), prints: Vec::new() };
    for pointer in pointers(object) {
        for (path, value) in pointer.resolve(references)? {
            let hmac = installation.mac(&print_context(object, &path), &value.secret());
            desired.prints.push(SecretPrint { path: path.as_str().to_owned(), hmac });
            desired.item.put(CONFIGURATION, path.names(), value);
        }
    }
    let bytes: usize = desired.prints.iter().map(progress::bytes_of).sum();
    if desired.prints.len() > MAX_SECRETS || bytes > MAX_SECRETS_BYTES {
        let message = format!(
            "spec.configuration points at more than {MAX_SECRETS} values in Secrets and ConfigMaps, or their paths are too long to be remembered"
        );
        return Err(Flaw { reason: Reason::InvalidSpec, message, passes_by_itself: false });
    }
    Ok(desired)
}

/// Equal values of different objects, or of different fields, must not look equal.
fn print_context<'a>(object: &'a EciScalingConfig, path: &'a Path) -> [&'a str; 4] {
    let name = |name: &'a Option<String>| name.as_deref().unwrap_or_default();
    ["EciScalingConfig", name(&object.metadata.namespace), name(&object.metadata.name), path.as_str()]
}

fn pointers(object: &EciScalingConfig) -> Vec<Pointer<'_>> {
    let configuration = &object.spec.configuration;
    let root = Path::default();
    let mut pointers = Vec::new();
    for credential in configuration.image_registry_credentials.iter().flatten() {
        pointers.extend(of_credential(credential, &root.field("imageRegistryCredentials").entry(&credential.server)));
    }
    for container in configuration.containers.iter().flatten() {
        let path = root.field("containers").entry(&container.name).field("environmentVars");
        pointers.extend(container.environment_vars.iter().flatten().filter_map(|variable| of_variable(variable, &path)));
    }
    for container in configuration.init_containers.iter().flatten() {
        let path = root.field("initContainers").entry(&container.name).field("initContainerEnvironmentVars");
        pointers.extend(container.init_container_environment_vars.iter().flatten().filter_map(|variable| of_variable(variable, &path)));
    }
    for volume in configuration.volumes.iter().flatten() {
        let path = root.field("volumes").entry(&volume.name).field("configFileVolumeConfigFileToPath");
        for file in volume.config_file_volume_config_file_to_path.iter().flatten() {
            let path = path.entry(&file.path).field("content");
            pointers.extend(file.content_from.as_ref().map(|from| Pointer { path, to: Pointed::File(from) }));
        }
    }
    pointers
}

fn of_variable<'a>(variable: &'a EnvironmentVar, path: &Path) -> Option<Pointer<'a>> {
    let from = variable.value_from.as_ref()?;
    Some(Pointer { path: path.entry(&variable.key).field("value"), to: Pointed::Value(from) })
}

fn of_credential<'a>(credential: &'a ImageRegistryCredential, path: &Path) -> Option<Pointer<'a>> {
    let to = match (&credential.password_secret_ref, &credential.docker_config_secret_ref) {
        (Some(key), _) => Pointed::Password(key),
        (None, Some(secret)) => Pointed::Login { server: &credential.server, secret: &secret.name },
        // The schema admits no credential without either.
        (None, None) => return None,
    };
    Some(Pointer { path: path.clone(), to })
}

impl Pointer<'_> {
    /// The fields that the value is for.
    fn resolve(&self, references: &References) -> Result<Vec<(Path, Value)>, Flaw> {
        let path = &self.path;
        let missing = |missing: Missing| Flaw::missing(path, &missing);
        match self.to {
            Pointed::Value(from) => {
                let Some((reference, key)) = from.reference() else { return Ok(Vec::new()) };
                let text = references.text(&reference, key).map_err(missing)?;
                if text.expose_secret().chars().count() > LONGEST_VALUE {
                    let what = format!("the value of key {key} of {reference} is longer than {LONGEST_VALUE} characters");
                    return Err(Flaw::invalid(path, &what));
                }
                Ok(vec![(path.clone(), from.value(text))])
            }
            Pointed::File(from) => {
                let Some((reference, key)) = from.reference() else { return Ok(Vec::new()) };
                let bytes = references.bytes(&reference, key).map_err(missing)?;
                if bytes.expose_secret().len() > LONGEST_FILE {
                    let what = format!("key {key} of {reference} is larger than {LONGEST_FILE} bytes");
                    return Err(Flaw::invalid(path, &what));
                }
                Ok(vec![(path.clone(), from.value(STANDARD.encode(bytes.expose_secret()).into()))])
            }
            Pointed::Password(KeyRef { name, key }) => {
                let password = references.secret(name, key).map_err(missing)?;
                // Without the line break that `echo` and editors leave behind.
                let password = password.expose_secret().trim_end_matches(['\r', '\n']);
                if password.is_empty() {
                    return Err(Flaw::invalid(&path.field("passwordSecretRef"), &format!("key {key} of Secret {name} is empty")));
                }
                Ok(vec![(path.field("password"), Value::Secret(password.into()))])
            }
            Pointed::Login { server, secret } => {
                let config = references.secret(secret, DOCKER_CONFIG).map_err(missing)?;
                let field = path.field("dockerConfigSecretRef");
                // Neither the parser's words, which quote, nor the text itself.
                let config: DockerConfig = serde_json::from_str(config.expose_secret())
                    .map_err(|_| Flaw::invalid(&field, &format!("key {DOCKER_CONFIG} of Secret {secret} is not what its type promises")))?;
                // The very server before one that is written with a scheme or a path.
                let others = config.auths.iter().filter(|(name, _)| is_server(name, server)).map(|(_, login)| login);
                let Some((user, password)) = config.auths.get(server).into_iter().chain(others).find_map(DockerLogin::read) else {
                    return Err(Flaw::invalid(&field, &format!("Secret {secret} has no login for {server}")));
                };
                Ok(vec![(path.field("userName"), Value::Secret(user)), (path.field("password"), Value::Secret(password))])
            }
        }
    }
}

/// Registries stand in such a file with or without a scheme and a path.
fn is_server(written: &str, server: &str) -> bool {
    let bare = written.trim_start_matches("https://").trim_start_matches("http://");
    bare == server || bare.split('/').next() == Some(server)
}

impl DockerLogin {
    fn read(&self) -> Option<(SecretString, SecretString)> {
        if let (Some(user), Some(password)) = (&self.username, &self.password)
            && !user.is_empty()
            && !password.expose_secret().is_empty()
        {
            return Some((user.clone().into(), password.clone()));
        }
        let decoded = SecretString::from(String::from_utf8(STANDARD.decode(self.auth.as_ref()?.expose_secret()).ok()?).ok()?);
        let (user, password) = decoded.expose_secret().split_once(':')?;
        (!user.is_empty() && !password.is_empty()).then(|| (user.into(), password.into()))
    }
}

impl ValueFrom {
    /// The object and its key.
    fn reference(&self) -> Option<(Reference, &str)> {
        let secret = self.secret_key_ref.as_ref().map(|at| (Reference::secret(&at.name), at.key.as_str()));
        secret.or_else(|| self.config_map_key_ref.as_ref().map(|at| (Reference::config_map(&at.name), at.key.as_str())))
    }

    /// What a Secret holds is secret, and what a ConfigMap holds is not.
    fn value(&self, text: SecretString) -> Value {
        if self.secret_key_ref.is_some() { Value::Secret(text) } else { Value::Text(text.expose_secret().to_owned()) }
    }
}
