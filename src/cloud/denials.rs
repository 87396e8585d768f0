//! What a credential may not do, remembered: asking again at once would get the same answer, and clouds count refusals.
//! One call in ten minutes finds out whether somebody has granted the right meanwhile.

use super::error::{Class, CloudError, Operation};
use crate::reason::Reason;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const REMEMBERED_FOR: Duration = Duration::from_secs(600);
/// How long the one that is let through may take, before the next one is.
const PROBE: Duration = Duration::from_secs(60);

/// A right is given for an operation, and may be given for a region.
type Place = (String, Operation);

/// The refusals of one credential.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<HashMap<Place, (CloudError, Instant)>>);

impl Denials {
    /// The refusal that stands. `None` if there is none, or if the caller is the one who may find out.
    pub(super) fn recall(&self, region: &str, operation: Operation) -> Option<CloudError> {
        let now = Instant::now();
        let mut denials = self.lock();
        let (error, until) = denials.get_mut(&(region.to_owned(), operation))?;
        if now < *until {
            return Some(error.clone());
        }
        *until = now + PROBE;
        None
    }

    /// Remembers a refusal. One that concerns a single resource, because it is somebody else's, says nothing of the others.
    pub(super) fn note(&self, region: &str, error: &CloudError) {
        if error.class == Class::Denied && error.reason == Reason::AccessDenied {
            self.lock().insert((region.to_owned(), error.operation), (error.clone(), Instant::now() + REMEMBERED_FOR));
        }
    }

    /// The operation was allowed.
    pub(super) fn lift(&self, region: &str, operation: Operation) {
        self.lock().remove(&(region.to_owned(), operation));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, (CloudError, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::error::{Effect, Explanation};

    const JOIN: Operation = Operation { service: "ecs", name: "JoinSecurityGroup", effect: Effect::Repeatable };

    fn refusal(reason: Reason) -> CloudError {
        CloudError::explained(JOIN, &Explanation { reason, ..Explanation::of(Class::Denied, "no", "ask") })
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_stands_for_ten_minutes_and_then_one_may_find_out() {
        let denials = Denials::default();
        assert!(denials.recall("r", JOIN).is_none());
        denials.note("r", &refusal(Reason::AccessDenied));
        assert!(denials.recall("r", JOIN).is_some());
        tokio::time::advance(REMEMBERED_FOR).await;
        assert!(denials.recall("r", JOIN).is_none(), "one finds out");
        assert!(denials.recall("r", JOIN).is_some(), "the others wait for it");
        denials.lift("r", JOIN);
        assert!(denials.recall("r", JOIN).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_foreign_resource_speaks_for_itself_only() {
        let denials = Denials::default();
        denials.note("r", &refusal(Reason::AccountMismatch));
        assert!(denials.recall("r", JOIN).is_none());
    }
}
