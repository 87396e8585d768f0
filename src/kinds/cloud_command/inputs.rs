//! What a command is made of that spec only points at: the script and the parameters, and the fingerprint by which it is noticed that they are not
//! what they were. A value that is not to be had is a problem that names the field; never is such a value shown.

use super::rules::{self, Resolved};
use crate::api::CloudCommand;
use crate::api::cloud_command::CloudCommandSpec;
use crate::api::cloud_command::command::ContentEncoding;
use crate::installation::Installation;
use crate::reason::Reason;
use crate::references::{Missing, Reference, References};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::{BTreeMap, BTreeSet};

/// Script and parameters, as they are now.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    /// As it is written: text, or Base64 of what is run.
    pub(super) content: SecretString,
    pub(super) parameters: BTreeMap<String, SecretString>,
    /// Those among them that are in Secrets: nothing that the command prints may show them.
    pub(super) secrets: Vec<SecretString>,
    /// Tells these inputs from others, and nothing else.
    pub(super) print: String,
}

/// Something about spec, or about what it points at, that a person has to mend; or, if it passes by itself, that has to be waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) reason: Reason,
    pub(super) message: String,
    pub(super) passes_by_itself: bool,
}

impl From<rules::Flaw> for Flaw {
    fn from(flaw: rules::Flaw) -> Self {
        Self { reason: Reason::InvalidSpec, message: flaw.to_string(), passes_by_itself: false }
    }
}

/// Every Secret and ConfigMap that spec points at.
pub(super) fn references(object: &CloudCommand) -> Vec<Reference> {
    let script = object.spec.command.content_from.as_ref();
    let of_script = script.and_then(|from| match (&from.secret_key_ref, &from.config_map_key_ref) {
        (Some(key), _) => Some(Reference::secret(&key.name)),
        (None, Some(key)) => Some(Reference::config_map(&key.name)),
        (None, None) => None,
    });
    let of_parameters = object.spec.parameters.iter().filter_map(|parameter| parameter.value_from.as_ref());
    let named: BTreeSet<_> = of_script.into_iter().chain(of_parameters.map(|from| Reference::secret(&from.secret_key_ref.name))).collect();
    named.into_iter().collect()
}

/// Whether something that runs comes from a Secret, so that outputs are not kept unless somebody says so.
pub(super) fn has_secrets(object: &CloudCommand) -> bool {
    let script = object.spec.command.content_from.as_ref();
    script.is_some_and(|from| from.secret_key_ref.is_some())
        || object.spec.parameters.iter().any(|parameter| parameter.value_from.is_some())
}

/// The inputs, with the values that spec points at.
pub(super) fn inputs(object: &CloudCommand, references: &References, installation: &Installation) -> Result<Inputs, Flaw> {
    let Values { content, parameters, secrets } = values(object, references)?;
    let print = print(object, installation, &content, &parameters);
    Ok(Inputs { content, parameters, secrets, print })
}

/// The values that are in Secrets. Whatever else the command was made of may be gone.
pub(super) fn secrets(object: &CloudCommand, references: &References) -> Result<Vec<SecretString>, Missing> {
    let script = object.spec.command.content_from.as_ref().and_then(|from| from.secret_key_ref.as_ref());
    let values = object.spec.parameters.iter().filter_map(|parameter| Some(&parameter.value_from.as_ref()?.secret_key_ref));
    let script = script.map(|key| references.secret(&key.name, &key.key)).transpose()?;
    let values = values.map(|key| references.secret(&key.name, &key.key)).collect::<Result<Vec<_>, _>>()?;
    let decoded = script.as_ref().and_then(|script| decoded(object, script));
    Ok(script.into_iter().chain(decoded).chain(values).collect())
}

/// What a script says that is kept in Base64.
fn decoded(object: &CloudCommand, script: &SecretString) -> Option<SecretString> {
    if object.spec.command.content_encoding != ContentEncoding::Base64 {
        return None;
    }
    let script = rules::script(&object.spec, &Resolved { content: script.expose_secret().as_bytes(), parameters: &[] }).ok()?;
    Some(SecretString::from(String::from_utf8_lossy(&script).into_owned()))
}

struct Values {
    content: SecretString,
    parameters: BTreeMap<String, SecretString>,
    secrets: Vec<SecretString>,
}

fn values(object: &CloudCommand, references: &References) -> Result<Values, Flaw> {
    let command = &object.spec.command;
    let mut secrets = Vec::new();
    let content = match &command.content_from {
        None => SecretString::from(command.content.clone().unwrap_or_default()),
        Some(from) => {
            let path = "spec.command.contentFrom";
            match (&from.secret_key_ref, &from.config_map_key_ref) {
                (Some(key), _) => {
                    let content = references.secret(&key.name, &key.key).map_err(|why| missing(&format!("{path}.secretKeyRef"), &why))?;
                    secrets.push(content.clone());
                    secrets.extend(decoded(object, &content));
                    content
                }
                (None, Some(key)) => {
                    references.config_map(&key.name, &key.key).map_err(|why| missing(&format!("{path}.configMapKeyRef"), &why))?
                }
                (None, None) => SecretString::default(),
            }
        }
    };
    let mut parameters = BTreeMap::new();
    for parameter in &object.spec.parameters {
        let value = match &parameter.value_from {
            None => SecretString::from(parameter.value.clone().unwrap_or_default()),
            Some(from) => {
                let key = &from.secret_key_ref;
                let path = format!("spec.parameters[{}].valueFrom.secretKeyRef", parameter.name);
                let value = references.secret(&key.name, &key.key).map_err(|why| missing(&path, &why))?;
                secrets.push(value.clone());
                value
            }
        };
        parameters.insert(parameter.name.clone(), value);
    }
    Ok(Values { content, parameters, secrets })
}

fn missing(path: &str, why: &Missing) -> Flaw {
    Flaw { reason: Reason::DependencyNotReady, message: format!("{path}: {why}"), passes_by_itself: why.passes_by_itself() }
}

/// A MAC over script and parameters, each with its length, so that nothing can move from one to another unseen.
fn print(
    object: &CloudCommand,
    installation: &Installation,
    content: &SecretString,
    parameters: &BTreeMap<String, SecretString>,
) -> String {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let name = object.metadata.name.as_deref().unwrap_or_default();
    let of = |what: &str, value: &SecretString| installation.mac(&["CloudCommand", namespace, name, what], value);
    let mut parts = vec![of("content", content)];
    parts.extend(parameters.iter().map(|(parameter, value)| of(&format!("parameter {parameter}"), value)));
    let mut print = installation.mac(&["CloudCommand", namespace, name], &SecretString::from(parts.join("\n")));
    print.truncate(PRINT_DIGITS);
    print
}

/// Digits of the MAC that are kept.
const PRINT_DIGITS: usize = 32;

impl Inputs {
    /// Whether these are the inputs that a print was made of.
    pub(super) fn are(&self, print: &str) -> bool {
        self.print == print
    }

    /// The names in the script that are filled in.
    pub(super) fn names(&self, spec: &CloudCommandSpec) -> BTreeSet<String> {
        rules::names(spec, self.content.expose_secret().as_bytes())
    }

    /// Whether the cloud would take them.
    pub(super) fn check(&self, spec: &CloudCommandSpec, now: Timestamp) -> Result<(), Flaw> {
        let parameters: Vec<(&str, &[u8])> =
            self.parameters.iter().map(|(name, value)| (name.as_str(), value.expose_secret().as_bytes())).collect();
        Ok(rules::check(spec, &Resolved { content: self.content.expose_secret().as_bytes(), parameters: &parameters }, now)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::references::Contents;
    use serde_json::{Value, json};

    fn from_map(parameters: &Value) -> CloudCommand {
        let spec = json!({
            "targets": {"instanceIds": ["i-1"]},
            "command": {"type": "RunShellScript", "contentFrom": {"configMapKeyRef": {"name": "scripts", "key": "a.sh"}}},
            "parameters": parameters,
        });
        serde_json::from_value(json!({"metadata": {"namespace": "default", "name": "hello"}, "spec": spec})).unwrap()
    }

    #[test]
    fn what_must_not_be_shown_is_known_although_the_script_is_gone() {
        let gone = (Reference::config_map("scripts"), Ok(None));
        let plain = from_map(&json!([{"name": "a", "value": "b"}]));
        assert!(secrets(&plain, &References::of([gone])).unwrap().is_empty());
        let with_password = from_map(&json!([{"name": "a", "valueFrom": {"secretKeyRef": {"name": "app", "key": "password"}}}]));
        let app = |key: &str| (Reference::secret("app"), Ok(Some(Contents::of([(key, "hunter22")]))));
        let values = secrets(&with_password, &References::of([(Reference::config_map("scripts"), Ok(None)), app("password")])).unwrap();
        let [value] = values.as_slice() else { unreachable!("one value: {values:?}") };
        assert_eq!(value.expose_secret(), "hunter22");
        assert!(secrets(&with_password, &References::of([app("another")])).is_err());
    }

    #[test]
    fn what_a_script_in_base64_says_must_not_be_shown_either() {
        let mut object = from_map(&json!([]));
        object.spec.command.content_encoding = ContentEncoding::Base64;
        let from = object.spec.command.content_from.as_mut().unwrap();
        from.secret_key_ref = from.config_map_key_ref.take();
        let script = (Reference::secret("scripts"), Ok(Some(Contents::of([("a.sh", "bG9nLWlu\nIGh1bnRlcjIy\n")]))));
        let values = secrets(&object, &References::of([script])).unwrap();
        assert!(values.iter().any(|value| value.expose_secret() == "log-in hunter22"), "{}", values.len());
    }
}
