//! `steward release`: lets go of every object once steward is gone for good. Whoever uninstalls steward and keeps the objects would find, when deleting
//! one later, that nobody is left to take its finalizer off. No cloud is asked or changed: what steward had done there stays.

use super::run::{client, machine_clock, throw};
use crate::ambient::Dice;
use crate::api;
use crate::api::envelope::FINALIZER;
use crate::installation::{self, MANAGER};
use crate::leader::{self, Elector};
use anyhow::Context as _;
use clap::Args;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, PartialObjectMeta};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;
use tokio::sync::watch;

/// A lease runs out after 15 s: whoever holds it longer is alive.
const LEASE_RUNS_OUT: Duration = Duration::from_secs(20);
const PAGE: u32 = 500;
const USUAL_NAMESPACE: &str = "cloud-steward-system";

#[derive(Debug, Args)]
pub struct Flags {
    /// Only objects of this namespace; all if none is given.
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Only say which objects would be let go.
    #[arg(long)]
    dry_run: bool,
    /// Where steward's lease was: steward's own namespace. Without it, cloud-steward-system, which must then be there.
    #[arg(long, value_name = "NAMESPACE")]
    leader_election_namespace: Option<String>,
}

/// Takes steward's finalizer off, object by object, while no steward acts.
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
    let client = client().await?;
    // A dry run changes nothing that a steward could put back.
    if flags.dry_run {
        return release(&client, flags).await;
    }
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let own = flags.leader_election_namespace.as_deref().unwrap_or(USUAL_NAMESPACE);
    let there = namespaces.get_opt(own).await.map_err(|error| anyhow::anyhow!("namespace {own}: {}", installation::words(&error)))?;
    if there.is_none() {
        // Without its namespace no steward can lead; but one in another namespace can.
        anyhow::ensure!(
            flags.leader_election_namespace.is_some(),
            "there is no namespace {own}: say with --leader-election-namespace in which one steward ran, also if that is gone"
        );
        return release(&client, flags).await;
    }
    // Nobody can make a lease in a namespace that is going, and it may go no further before its own objects are let go.
    let leases: Api<Lease> = Api::namespaced(client.clone(), own);
    let is_going = there.is_some_and(|there| there.metadata.deletion_timestamp.is_some());
    if is_going && leases.get_opt(leader::NAME).await?.is_none() {
        return release(&client, flags).await;
    }
    let identity = format!("release_{}", &Dice::new(throw).nonce()[..8]);
    let mut elector = Elector::new(leases, identity, machine_clock());
    // Never sent: the time-out ends the wait.
    let (_stop, stopped) = watch::channel(false);
    let acquired = tokio::time::timeout(LEASE_RUNS_OUT, elector.acquire(stopped)).await;
    anyhow::ensure!(
        acquired == Ok(true),
        "the lease {own}/cloud-steward cannot be had: does steward still run there? It would put its finalizers back; uninstall it first"
    );
    let released = tokio::select! {
        released = release(&client, flags) => released,
        () = elector.keep() => Err(anyhow::anyhow!("the lease {own}/cloud-steward was lost on the way: run the command again")),
    };
    elector.release().await;
    released
}

async fn release(client: &Client, flags: &Flags) -> anyhow::Result<()> {
    let mut count = 0_usize;
    for crd in api::crds() {
        count += release_kind(client, flags, &crd).await?;
    }
    let (done, objects) = (if flags.dry_run { "would be let go" } else { "let go" }, if count == 1 { "object" } else { "objects" });
    writeln!(std::io::stdout(), "{count} {objects} {done}; no cloud was asked").context("standard output is closed")
}

async fn release_kind(client: &Client, flags: &Flags, crd: &CustomResourceDefinition) -> anyhow::Result<usize> {
    let version = crd.spec.versions.first().map_or("", |version| version.name.as_str());
    let kind = GroupVersionKind::gvk(&crd.spec.group, version, &crd.spec.names.kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, &crd.spec.names.plural);
    let of = |namespace: Option<&str>| -> Api<DynamicObject> {
        match namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        }
    };
    let everywhere = of(flags.namespace.as_deref());
    let mut page = ListParams::default().limit(PAGE);
    let mut count = 0;
    loop {
        let objects = match everywhere.list_metadata(&page).await {
            Ok(objects) => objects,
            // A kind that was never installed, or whose CRD is gone already.
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(count),
            Err(error) => anyhow::bail!("{}: {}", crd.spec.names.plural, installation::words(&error)),
        };
        for object in objects.items.iter().filter(|object| object.finalizers().iter().any(|finalizer| finalizer == FINALIZER)) {
            let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
            let shown = format!("{}.{}/{name} -n {namespace}", crd.spec.names.singular.as_deref().unwrap_or_default(), crd.spec.group);
            if !flags.dry_run {
                let_go(&of(Some(&namespace)), object).await.with_context(|| shown.clone())?;
            }
            writeln!(std::io::stdout(), "{shown}").context("standard output is closed")?;
            count += 1;
        }
        match objects.metadata.continue_.filter(|more| !more.is_empty()) {
            Some(more) => page = page.continue_token(&more),
            None => return Ok(count),
        }
    }
}

/// Takes the finalizer off this object, whoever else writes to it meanwhile; not off a namesake.
async fn let_go(api: &Api<DynamicObject>, object: &PartialObjectMeta<DynamicObject>) -> anyhow::Result<()> {
    let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    let mut current = Some(object.clone());
    while let Some(object) = current.take().filter(|current| current.uid() == object.uid()) {
        let rest: Vec<_> = object.finalizers().iter().filter(|finalizer| *finalizer != FINALIZER).collect();
        let patch = json!({"metadata": {"uid": object.uid(), "resourceVersion": object.resource_version(), "finalizers": rest}});
        match api.patch_metadata(&object.name_any(), &parameters, &Patch::Merge(&patch)).await {
            Err(kube::Error::Api(status)) if status.is_conflict() => current = api.get_metadata_opt(&object.name_any()).await?,
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            Err(error) => return Err(anyhow::anyhow!(installation::words(&error))),
            Ok(_) => {}
        }
    }
    Ok(())
}
