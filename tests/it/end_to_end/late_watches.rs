//! A way to the API server on which a test can hold up watches and nothing else, as a busy API server does: steward writes, and sees late what it wrote.

use super::real::STEWARDS_NAMESPACE;
use crate::relay::relay_each;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use steward_playground::nest::{Launch, Process};
use steward_playground::{ControlPlane, wait};

pub(super) struct LateWatches {
    url: String,
    state: Arc<State>,
    /// Speaks TLS in steward's place, and in its name: what is on the wire can be told apart only in the open.
    _proxy: Process,
}

#[derive(Default)]
struct State {
    is_closed: Mutex<bool>,
    changed: Condvar,
}

impl LateWatches {
    /// On time at first.
    pub(super) fn before(control_plane: &ControlPlane) -> Self {
        let own = control_plane.kubeconfig_for(STEWARDS_NAMESPACE, "cloud-steward").expect("a kubeconfig");
        let kubectl = control_plane.tools_directory().expect("a directory of tools").join("kubectl");
        let mut launch = Launch::new("kubectl-proxy", &kubectl).arg("proxy").flag("--port", "0").flag("--kubeconfig", own);
        launch.output_apart = true;
        let proxy = control_plane.nest().start(&launch).expect("kubectl proxy starts");
        let address = wait::until(Duration::from_secs(20), "kubectl proxy said no address", || {
            let said = std::fs::read_to_string(proxy.output())?;
            Ok(said.split_once("Starting to serve on ").and_then(|(_, rest)| rest.lines().next().map(str::to_owned)))
        });
        let state: Arc<State> = Arc::default();
        let of_all = Arc::clone(&state);
        let own = relay_each(&address.expect("an address"), move || {
            let state = Arc::clone(&of_all);
            // One connection is one watch for as long as the watch lasts.
            let asks: Arc<AtomicBool> = Arc::default();
            let answers = Arc::clone(&asks);
            let there = move |request: &[u8]| asks.store(is_watch(request), Ordering::SeqCst);
            let back = move |_: &[u8]| {
                if answers.load(Ordering::SeqCst) {
                    let is_closed = state.is_closed.lock().expect("a state");
                    drop(state.changed.wait_while(is_closed, |is_closed| *is_closed).expect("a state"));
                }
            };
            (there, back)
        });
        Self { url: format!("http://{own}"), state, _proxy: proxy }
    }

    /// A kubeconfig that leads through here.
    pub(super) fn kubeconfig(&self, control_plane: &ControlPlane) -> PathBuf {
        let path = control_plane.root().join("kubeconfig-with-late-watches");
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, clusters: [{{name: c, cluster: {{server: {}}}}}], \
             users: [{{name: c, user: {{}}}}], contexts: [{{name: c, context: {{cluster: c, user: c, namespace: {STEWARDS_NAMESPACE}}}}}]}}",
            self.url
        );
        std::fs::write(&path, config).expect("a file");
        path
    }

    /// From now on no watch tells anything.
    pub(super) fn hold(&self) {
        self.set(true);
    }

    /// What was held up comes, in its order.
    pub(super) fn let_go(&self) {
        self.set(false);
    }

    fn set(&self, is_closed: bool) {
        *self.state.is_closed.lock().expect("a state") = is_closed;
        self.state.changed.notify_all();
    }
}

impl Drop for LateWatches {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn is_watch(request: &[u8]) -> bool {
    request.starts_with(b"GET ")
        && request.split(|byte| *byte == b'\r').next().is_some_and(|line| String::from_utf8_lossy(line).contains("watch=true"))
}
