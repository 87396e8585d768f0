//! The handle: starts the simulator on a thread and a runtime of its own, so that a test that pauses its clock does not pause the cloud. All
//! methods are synchronous; none waits for anything but a short lock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::faults::Fault;
use crate::hook::Hook;
use crate::http;
use crate::log::Call;
use crate::world::commands::ledger::Invocation;
use crate::world::edit::Edit;

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// YAML or JSON; `README.md` describes it. May be empty.
    pub seed: String,
    pub clock: Clock,
    /// A loopback address, unless `beyond_loopback`; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Also other addresses than loopback ones may be listened on: whoever reaches the simulator owns it.
    pub beyond_loopback: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: String::new(), clock: Clock::Real, listen: SocketAddr::from(([127, 0, 0, 1], 0)), beyond_loopback: false }
    }
}

/// A running simulator; dropping it stops it.
pub struct Simulator {
    engine: Arc<Engine>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// # Errors
    /// When the seed cannot be laid, or the address cannot be listened on, or is not a loopback one and nobody said that it may be another.
    #[allow(clippy::needless_pass_by_value, reason = "callers build their options for this call")]
    pub fn start(options: Options) -> Result<Self> {
        let here = options.listen.ip().is_loopback();
        ensure!(here || options.beyond_loopback, "{} is not a loopback address: whoever reaches the simulator owns it", options.listen);
        let engine = Arc::new(Engine::new(options.clock));
        engine.seed(&options.seed, true).context("seed")?;
        let listener = std::net::TcpListener::bind(options.listen).with_context(|| format!("cannot listen on {}", options.listen))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = engine.clone();
        let thread = std::thread::Builder::new().name("cloudsim".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                    return;
                };
                tokio::select! {
                    never = http::serve(listener, serving) => match never {},
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { engine, address, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL of every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn now(&self) -> Timestamp {
        self.engine.lock().clock.now()
    }

    /// Moves the clock on; requests that were held until then are in flight again when this returns.
    pub fn advance(&self, by: Duration) {
        self.engine.advance(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX));
    }

    pub fn set_now(&self, to: Timestamp) {
        self.engine.set_now(to);
    }

    /// Lays a seed over what is there.
    ///
    /// # Errors
    /// When the seed is not well formed or names what does not exist; then nothing of it is taken.
    pub fn seed(&self, text: &str) -> Result<()> {
        self.engine.seed(text, false)
    }

    /// Everything that was asked, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.engine.lock().log.calls().cloned().collect()
    }

    pub fn clear_calls(&self) {
        self.engine.lock().log.clear();
    }

    pub fn fault(&self, fault: Fault) {
        self.engine.lock().faults.add(fault);
    }

    pub fn clear_faults(&self) {
        self.engine.lock().faults.clear();
    }

    /// Changes the cloud behind everybody's back.
    ///
    /// # Errors
    /// When the edit names what does not exist.
    pub fn edit(&self, edit: Edit) -> Result<()> {
        self.engine.edit(&[edit])
    }

    /// The truth, without secrets: what `GET /_sim/state` answers.
    pub fn state(&self) -> serde_json::Value {
        self.engine.settled().world_view()
    }

    /// Every `RunCommand` that was ever accepted, oldest first, with what became of it on each instance.
    pub fn invocations(&self) -> Vec<Invocation> {
        let inside = self.engine.settled();
        inside.world.commands.ledger(inside.cloud_now())
    }

    /// The groups of an instance or an interface as they are, in the order of joining; none for one that does not exist.
    pub fn groups_of(&self, id: &str) -> Vec<String> {
        self.engine.lock().world.groups_of(id)
    }

    /// The backups (checkpoint items) of a server of Huawei's, by their ids, the newest first; none for one that nobody has heard of.
    pub fn backups_of(&self, server: &str) -> Vec<String> {
        self.engine.lock().world.stock.backups_of(server)
    }

    /// Requests that were received and are being worked on or answered. Those that a fault or a hook holds back are in [`held`](Self::held).
    pub fn in_flight(&self) -> usize {
        self.engine.lock().flights.working()
    }

    /// Requests that wait for the clock, or for their client to give up.
    pub fn held(&self) -> usize {
        self.engine.lock().flights.held()
    }

    /// Shows every call to `hook` before anything is checked, and again when it is decided. It runs on the simulator's thread with no lock held.
    pub fn on_call(&self, hook: Hook) {
        self.engine.lock().hook = Some(hook);
    }

    pub fn clear_on_call(&self) {
        self.engine.lock().hook = None;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let thread = self.thread.take();
        // A hook that owns the last handle drops it on the simulator's own thread, which cannot wait for itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}
