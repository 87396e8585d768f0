//! How a pass gets at the cloud: it asks for a session and is given one, or told why not. Who answers is wired in `main`.

use crate::cloud::budget::Lane;
use crate::cloud::session::Session;
use crate::reason::Reason;

/// Whoever hands out sessions.
pub trait Sessions: Send + Sync {
    /// Answers at once, from what is known of the credential.
    fn open(&self, ask: &Ask<'_>) -> Result<Session, Refusal>;

    /// An object of this credential has gone.
    fn released(&self, namespace: &str, credential: &str);
}

/// Who wants to work where.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub namespace: &'a str,
    pub credential: &'a str,
    /// The object's region: pinned, or as spec has it.
    pub region: Option<&'a str>,
    /// The account that the object is bound to.
    pub account: Option<&'a str>,
    pub lane: Lane,
    /// An object that is being deleted may still use the last keys that were good.
    pub deleting: bool,
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The credential is being looked at; the object is woken when that is done.
    NotYet,
    /// Nothing works until somebody acts; the object is woken when they did.
    No { reason: Reason, message: String },
    /// The cloud could not be asked who we are.
    Unavailable { message: String },
}

/// The objects of one kind, from a credential's point of view.
pub trait Users: Send + Sync {
    /// Whether all objects have been listed once: before that, a count of none says nothing.
    fn are_listed(&self) -> bool;

    /// How many objects name this credential.
    fn count(&self, namespace: &str, credential: &str) -> usize;

    /// Has all of them looked at again.
    fn wake(&self, namespace: &str, credential: &str);
}
