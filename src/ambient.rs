//! Time and randomness, handed in: `main` gives the machine's, a story gives its own.
//! Nothing else in the crate asks the system for either.

use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// The wall clock. For waiting and for deadlines there is tokio's own clock, which stories move by hand.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

/// Randomness: nonces, jitter and keys.
#[derive(Clone)]
pub struct Dice(Arc<dyn Fn() -> [u8; 16] + Send + Sync>);

impl Dice {
    pub fn new(throw: impl Fn() -> [u8; 16] + Send + Sync + 'static) -> Self {
        Self(Arc::new(throw))
    }

    /// Sixteen bytes that nobody can guess.
    pub fn throw(&self) -> [u8; 16] {
        (self.0)()
    }

    /// 32 lower-case hex digits, never the same twice.
    pub fn nonce(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.throw()))
    }

    /// A number in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        let [a, b, c, d, ..] = self.throw();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dice")
    }
}
