//! The lease: of several replicas one acts. Rules and times are those of client-go. What expires is judged by our own monotonic clock,
//! never by comparing the clocks of two machines, and every write carries the version that was read, so that two can't win.
//!
//! No cloud checks who leads: a replica that was paused may wake up and send one more call. The fence against that is the precondition
//! on the status that is written before each call.

use crate::ambient::Clock;
use crate::installation::MANAGER;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

const LEASE: Duration = Duration::from_secs(15);
const RENEW_DEADLINE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(2);
pub const NAME: &str = "cloud-steward";

/// Runs for the lease under one identity.
pub struct Elector {
    leases: Api<Lease>,
    identity: String,
    clock: Clock,
    /// The record as it last changed, and when that was by our clock.
    seen: Option<(LeaseSpec, Instant)>,
}

impl Elector {
    pub fn new(leases: Api<Lease>, identity: String, clock: Clock) -> Self {
        Self { leases, identity, clock, seen: None }
    }

    /// Waits until the lease is ours, or `stop` says that nobody needs it any more.
    pub async fn acquire(&mut self, mut stop: watch::Receiver<bool>) -> bool {
        loop {
            match tokio::time::timeout(RENEW_DEADLINE, self.attempt()).await {
                Ok(Ok(true)) => return true,
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the lease could not be read or written"),
                Err(_) => tracing::warn!("the lease could not be read or written in time"),
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return false,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Keeps the lease, and returns once it can't be kept: then somebody else may act, and this replica must not.
    pub async fn keep(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RETRY).await;
            let deadline = renewed + RENEW_DEADLINE;
            // From before the attempt: the others count from when the API server took it, which is later.
            let began = Instant::now();
            match tokio::time::timeout_at(deadline, self.attempt()).await {
                Ok(Ok(true)) => renewed = began,
                Ok(Ok(false)) => return,
                Ok(Err(error)) => tracing::warn!(%error, "the lease could not be renewed"),
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                return;
            }
        }
    }

    /// Hands the lease over at once instead of letting it run out.
    pub async fn release(&mut self) {
        let released = async {
            let Some(mut lease) = self.leases.get_opt(NAME).await? else { return Ok(()) };
            if let Some(spec) = lease.spec.as_mut().filter(|spec| spec.holder_identity.as_deref() == Some(&self.identity)) {
                spec.holder_identity = Some(String::new());
                self.leases.replace(NAME, &parameters(), &lease).await?;
            }
            Ok::<_, kube::Error>(())
        };
        match tokio::time::timeout(RETRY, released).await {
            Ok(Ok(())) => tracing::info!("the lease is released"),
            Ok(Err(error)) => tracing::warn!(%error, "the lease was not released; it runs out by itself"),
            Err(_) => tracing::warn!("the lease was not released in time; it runs out by itself"),
        }
    }

    /// One try. True while the lease is ours.
    async fn attempt(&mut self) -> kube::Result<bool> {
        let now = MicroTime(self.clock.now());
        let Some(mut lease) = self.leases.get_opt(NAME).await? else {
            let spec = self.record(now.clone(), now, 0);
            let lease = Lease { metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() }, spec: Some(spec) };
            return self.settle(self.leases.create(&parameters(), &lease).await);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != spec) {
            self.seen = Some((spec.clone(), Instant::now()));
        }
        let unchanged_for = self.seen.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed());
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let mine = holder == self.identity;
        let valid_for =
            Duration::from_secs(spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default());
        if !mine && !holder.is_empty() && unchanged_for < valid_for {
            return Ok(false);
        }
        let term = spec.lease_transitions.unwrap_or_default() + i32::from(!mine);
        let acquired = if mine { spec.acquire_time.unwrap_or_else(|| now.clone()) } else { now.clone() };
        lease.spec = Some(self.record(acquired, now, term));
        self.settle(self.leases.replace(NAME, &parameters(), &lease).await)
    }

    fn settle(&mut self, written: kube::Result<Lease>) -> kube::Result<bool> {
        match written {
            Ok(lease) => {
                self.seen = lease.spec.map(|spec| (spec, Instant::now()));
                Ok(true)
            }
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn record(&self, acquired: MicroTime, renewed: MicroTime, term: i32) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(LEASE.as_secs()).ok(),
            acquire_time: Some(acquired),
            renew_time: Some(renewed),
            lease_transitions: Some(term),
            ..LeaseSpec::default()
        }
    }
}

fn parameters() -> PostParams {
    PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }
}
