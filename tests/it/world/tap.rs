//! A wire that is listened to: what the operator says to the cloud, byte for byte. The simulator's log hides what is secret; this does not.

use crate::relay::relay;
use std::sync::{Arc, Mutex};

/// Hands everything on, and remembers what went towards the cloud.
pub(crate) struct Tap {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    pub(crate) fn on(url: &str) -> Self {
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let ear = Arc::clone(&heard);
        let listen = move |bytes: &[u8]| ear.lock().expect("an ear").extend(bytes);
        let own = relay(url.trim_start_matches("http://"), listen, |_| {});
        Self { url: format!("http://{own}"), heard }
    }

    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("an ear")).into_owned()
    }

    pub(crate) fn forget(&self) {
        self.heard.lock().expect("an ear").clear();
    }
}
