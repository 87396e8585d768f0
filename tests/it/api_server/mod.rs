//! A Kubernetes API server in this process, for stories: objects, versions, watches, finalizers,
//! schemas and their rules behave as on a real kube-apiserver, and nothing leaves the process.
//!
//! The state belongs to no runtime: a test may drop its tokio runtime with everything that was
//! running on it (a crash) and go on from the next one. Only clients and open watches belong to a
//! runtime. Timers are tokio's, so a paused clock moves them; the times in metadata come from
//! [`ApiServer::set_clock`].
//!
//! That it is not more lenient than the real thing is proved by `conformance`, which runs the same
//! cases on both and compares the answers. Left to the real server, because nothing here needs it:
//! authentication and RBAC (but for tokens of `ServiceAccounts`), admission webhooks, conversion and more than one version of a kind,
//! managedFields and the conflicts of server-side apply (`apply.rs`), garbage collection and
//! propagation policies, tables, protobuf, CEL costs and `optionalOldSelf` (`rules.rs`).
//! What is only a controller's work on a real cluster is asked for: [`ApiServer::run_namespace_controller`].
//!
//! The rooms: `wire` (the service and its faults), `request`, `answer` (reads and dispatch), `write`
//! (create, update, delete), `patch` and `apply`, `schema`, `validate` and `rules`, `meta`, `builtin`,
//! `store` (the state), `watch`, `select`, `tokens`, `refusal`, and `hands` (what a test does directly).

mod answer;
mod apply;
mod builtin;
mod hands;
mod kind;
mod meta;
mod patch;
mod refusal;
mod request;
mod rules;
mod schema;
mod select;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
mod validate;
mod watch;
mod wire;
mod write;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use std::time::Duration;

use jiff::Timestamp;
use kube::Client;

pub(crate) use request::{RequestInfo, Verb};
use store::Store;

/// A request that a client sent. `status` is there once it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
    pub(crate) user_agent: String,
    pub(crate) status: Option<u16>,
}

/// When a fault hook is asked: before the request has any effect, or after it had it and before
/// the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Go,
    /// An error with this code is answered.
    Fail(u16),
    /// The connection breaks.
    Disconnect,
    /// No answer ever: the client gives up, or the test drops its runtime.
    Hang,
    /// As it should be, but only so much later, by the client's clock.
    Late(Duration),
}

type Hook = Arc<dyn Fn(&RequestInfo, Moment) -> Verdict + Send + Sync>;

#[derive(Default)]
struct Log {
    arrived: u64,
    entries: Vec<(u64, Request)>,
}

pub(crate) struct ApiServer {
    store: Arc<Store>,
    log: Mutex<Log>,
    hook: Mutex<Option<Hook>>,
    in_flight: AtomicUsize,
}

impl ApiServer {
    /// A server with the namespaces `default`, `kube-system`, `kube-public` and `kube-node-lease`.
    pub(crate) fn new() -> Arc<Self> {
        let server = Arc::new(ApiServer {
            store: Arc::new(Store::new()),
            log: Mutex::default(),
            hook: Mutex::default(),
            in_flight: AtomicUsize::new(0),
        });
        for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            server.create_namespace(namespace);
        }
        server
    }

    /// A client of this server. It belongs to the runtime in which it is made.
    pub(crate) fn client(self: &Arc<Self>) -> Client {
        self.client_as("a story")
    }

    /// A client whose requests carry this user agent in the log, unless they bring their own.
    pub(crate) fn client_as(self: &Arc<Self>, agent: &str) -> Client {
        Client::new(wire::Wire { server: self.clone(), agent: agent.to_owned() }, "default")
    }

    /// Where the times in metadata come from. Until this is called it is the first of January 2026.
    /// The clock must not call the server.
    pub(crate) fn set_clock(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        self.store.with(|state| state.clock = Arc::new(clock));
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.entries.iter().map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn clear_requests(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).entries.clear();
    }

    /// Requests that wait for their answer. Open watches have had theirs and do not count, nor does
    /// a request that the client's own queue has not handed over: yield before you ask.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    pub(crate) fn open_watches(&self) -> usize {
        self.store.with(|state| state.watches.len())
    }

    /// Asks this hook twice about every request from now on. It must not call the server.
    pub(crate) fn on_request(&self, hook: impl Fn(&RequestInfo, Moment) -> Verdict + Send + Sync + 'static) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(hook));
    }

    pub(crate) fn no_faults(&self) {
        *self.hook.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends all open watches, as a restarted server or a load balancer would.
    pub(crate) fn break_watches(&self) {
        self.store.with(|state| state.break_watches(None));
    }

    /// Forgets the history: a watch from an older version is refused with 410 from now on.
    pub(crate) fn compact(&self) {
        self.store.with(store::State::compact);
    }

    fn verdict(&self, info: &RequestInfo, moment: Moment) -> Verdict {
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hook.map_or(Verdict::Go, |hook| hook(info, moment))
    }

    fn note_arrival(&self, info: &RequestInfo) -> u64 {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.arrived += 1;
        let number = log.arrived;
        let request = Request {
            verb: info.verb,
            group: info.group.clone(),
            resource: info.resource.clone(),
            namespace: info.namespace.clone(),
            name: info.name.clone(),
            subresource: info.subresource.clone(),
            user_agent: info.user_agent.clone(),
            status: None,
        };
        log.entries.push((number, request));
        number
    }

    fn note_answer(&self, number: u64, status: u16) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, request)) = log.entries.iter_mut().rev().find(|(entry, _)| *entry == number) {
            request.status = Some(status);
        }
    }
}
