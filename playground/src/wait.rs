//! Waiting for another process: ask again and again until it says yes, or time is up.
//!
//! Everything here watches programs from outside, which can only be asked, so asking in short intervals is all one can do.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const INTERVAL: Duration = Duration::from_millis(100);

/// Asks `probe` every tenth of a second until it gives a value; an error of the probe ends the wait at once.
///
/// `what` completes the sentence "… within 60 s", for example "kube-apiserver was not ready".
pub fn until<T>(limit: Duration, what: &str, mut probe: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(value) = probe()? {
            return Ok(value);
        }
        if begun.elapsed() >= limit {
            bail!("{what} within {} s", limit.as_secs());
        }
        std::thread::sleep(INTERVAL);
    }
}
