//! `steward results`: what a command did on each of its targets, read from the cloud with the credential that the object names. Whoever types it needs
//! the right to read the object, its credential, and the Secrets of both.

use super::run::{client, machine_clock, throw};
use super::way::Way;
use crate::ambient::Dice;
use crate::api::{CloudCommand, CloudCredential};
use crate::cloud::transport::Transport;
use crate::credentials::Bare;
use crate::installation;
use crate::kinds::cloud_command::live::{LiveResult, live, references};
use crate::references::Asker;
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use kube::Api;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct Flags {
    /// Name of the object.
    name: String,
    /// Its namespace. Default: that of the kubeconfig's context.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Only this instance.
    #[arg(long, value_name = "ID")]
    instance: Option<String>,
    /// How the answer looks: text has the outputs, table one line per instance.
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    output: Output,
    /// What the operator was told with its flag of this name, if anything: without it, runs that status does not name may be missing.
    #[arg(long, env = "STEWARD_CLUSTER_ID", value_name = "ID")]
    cluster_id: Option<String>,
    #[command(flatten)]
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Table,
    Json,
}

/// Prints every result.
pub fn run(flags: &Flags) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime cannot be started");
    match runtime.and_then(|runtime| runtime.block_on(try_run(flags))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn try_run(flags: &Flags) -> anyhow::Result<()> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow::anyhow!("another TLS provider was installed before"))?;
    let allowed_endpoints = flags.way.allowed_endpoints()?;
    let socket = flags.way.socket()?;
    let client = client().await?;
    let namespace = flags.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    let objects: Api<CloudCommand> = Api::namespaced(client.clone(), &namespace);
    let unread = |what: &str, error| anyhow::anyhow!("{what}: {}", installation::words(&error));
    let object = objects.get(&flags.name).await.map_err(|error| unread(&format!("CloudCommand {namespace}/{}", flags.name), error))?;
    let credentials: Api<CloudCredential> = Api::namespaced(client.clone(), &namespace);
    let name = &object.spec.credential_ref.name;
    let credential = credentials.get(name).await.map_err(|error| unread(&format!("CloudCredential {namespace}/{name}"), error))?;
    let cluster_id = match &flags.cluster_id {
        Some(id) => Some(id.clone()),
        // Who may not read that sees what status names.
        None => installation::cluster_id(&client).await.ok(),
    };
    let bare = Bare {
        client,
        transport: Arc::new(Transport::new(socket).context("no connection to any cloud can be set up")?),
        clock: machine_clock(),
        dice: Dice::new(throw),
        allowed_endpoints,
    };
    let envelope = object.status.as_ref().map(|status| &status.envelope);
    let region = envelope.and_then(|envelope| envelope.region.as_deref()).or(object.spec.region.as_deref());
    let account = envelope.and_then(|envelope| envelope.account_id.as_deref());
    let (session, reader) = bare.session(&credential, region, account).await.map_err(anyhow::Error::msg)?;
    let values = reader.gather(Asker::Pass, &namespace, references(&object), Duration::ZERO).await;
    let found = live(&object, cluster_id.as_deref(), &values, &session).await;
    let mut found = found.map_err(|error| {
        let code = error.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
        anyhow::anyhow!("{}{code}: {}. {}", error.operation.name, error.meaning, error.hint)
    })?;
    found.retain(|one| flags.instance.as_ref().is_none_or(|instance| one.result.instance_id == *instance));
    if found.is_empty() {
        anyhow::bail!(
            "the cloud has no results of {namespace}/{}: nothing was sent yet, or it has forgotten them (after 30 days)",
            flags.name
        );
    }
    let text = match flags.output {
        Output::Text => text(&found),
        Output::Table => table(&found),
        Output::Json => format!("{:#}\n", Value::from(found.iter().map(json_of).collect::<Vec<_>>())),
    };
    std::io::stdout().write_all(text.as_bytes()).context("standard output is closed")
}

fn phase(one: &LiveResult) -> String {
    serde_json::to_value(&one.result.phase).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn line(one: &LiveResult) -> String {
    let exit = one.result.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let code = one.result.error_code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
    format!("{}: {}{exit}{code}", one.result.instance_id, phase(one))
}

fn table(found: &[LiveResult]) -> String {
    found.iter().map(|one| line(one) + "\n").collect()
}

fn text(found: &[LiveResult]) -> String {
    let mut text = String::new();
    for one in found {
        let _ = writeln!(text, "── {} ({})", line(one), one.invoke_id);
        for note in [&one.error_text, &one.result.hint].into_iter().flatten() {
            let _ = writeln!(text, "   {note}");
        }
        if let Some(dropped) = one.result.dropped {
            let _ = writeln!(text, "   … {dropped} bytes were not kept by the cloud");
        }
        let output = one.result.output.as_deref().unwrap_or_default();
        text.push_str(output);
        if !output.is_empty() && !output.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn json_of(one: &LiveResult) -> Value {
    let mut value = serde_json::to_value(&one.result).unwrap_or_default();
    value["invokeId"] = json!(one.invoke_id);
    if let Some(words) = &one.error_text {
        value["errorText"] = json!(words);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::cloud_command::status::{Phase, TargetResult};

    fn result() -> LiveResult {
        LiveResult {
            invoke_id: "t-1".to_owned(),
            result: TargetResult {
                instance_id: "i-1".to_owned(),
                batch: None,
                phase: Phase::Failed,
                exit_code: Some(3),
                error_code: Some("ExitCodeNonzero".to_owned()),
                hint: Some("mend the script".to_owned()),
                output: Some("no such package".to_owned()),
                dropped: Some(7),
                started_at: None,
                finished_at: None,
                repeats: None,
            },
            error_text: None,
        }
    }

    #[test]
    fn a_result_is_a_heading_what_to_do_and_the_output() {
        let expected = "── i-1: Failed, exit code 3 [ExitCodeNonzero] (t-1)\n   mend the script\n   … 7 bytes were not kept by the cloud\nno such package\n";
        assert_eq!(text(&[result()]), expected);
        assert_eq!(table(&[result()]), "i-1: Failed, exit code 3 [ExitCodeNonzero]\n");
        let json = json_of(&result());
        assert_eq!((&json["invokeId"], &json["phase"], &json["exitCode"]), (&json!("t-1"), &json!("Failed"), &json!(3)));
    }
}
