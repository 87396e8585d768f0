//! A way to the API server on which a test can hold up the answers: what was asked has happened, and whoever asked does not know it yet.

use crate::relay::relay;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use steward_playground::ControlPlane;

pub(super) struct Gate {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_closed: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    /// Open at first.
    pub(super) fn before(control_plane: &ControlPlane) -> Self {
        let state: Arc<State> = Arc::default();
        let on_the_way_back = Arc::clone(&state);
        let wait = move |_: &[u8]| {
            let is_closed = on_the_way_back.is_closed.lock().expect("a gate");
            drop(on_the_way_back.changed.wait_while(is_closed, |is_closed| *is_closed).expect("a gate"));
        };
        let own = relay(control_plane.url().trim_start_matches("https://"), |_| {}, wait);
        Self { url: format!("https://{own}"), state }
    }

    /// A kubeconfig of steward's that leads through here.
    pub(super) fn kubeconfig(&self, control_plane: &ControlPlane) -> PathBuf {
        let own = control_plane.kubeconfig_for(super::real::STEWARDS_NAMESPACE, "cloud-steward").expect("a kubeconfig");
        let through = own.with_file_name("kubeconfig-through-a-gate");
        let config = super::real::read(&own).replace(control_plane.url(), &self.url);
        std::fs::write(&through, config).expect("a file");
        through
    }

    /// From now on no answer comes through, not even half of one.
    pub(super) fn close(&self) {
        self.set(true);
    }

    /// What was held up comes through, in its order.
    pub(super) fn open(&self) {
        self.set(false);
    }

    fn set(&self, is_closed: bool) {
        *self.state.is_closed.lock().expect("a gate") = is_closed;
        self.state.changed.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}
