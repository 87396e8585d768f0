//! The service is being given up, region by region, and a host that has lost its name does not come back by being asked every five minutes. A
//! name that cannot be resolved is a blip at first, and an end when it lasts.

use crate::cloud::error::{Class, CloudError, Explanation};
use crate::cloud::transport::TransportError;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Longer than a cluster goes without its DNS unnoticed.
const BLIP: Duration = Duration::from_secs(6 * 3600);

const HOST_GONE: Explanation = Explanation::of(
    Class::Retired,
    "the backup service has no address in this region, and has had none for hours: most likely it was given up there",
    "back the servers up with CBR, which takes CSBS's place, and delete this RestoreCheck; if the service is reached elsewhere, name it in endpoints of the CloudCredential",
);

/// Since when the host of each region has had no address.
#[derive(Default)]
pub(in crate::cloud::huawei) struct Absence(Mutex<HashMap<String, Instant>>);

impl Absence {
    /// What came of a call, in the light of those before.
    pub(super) fn judge<T>(&self, region: &str, outcome: Result<T, CloudError>) -> Result<T, CloudError> {
        let is_gone = self.has_gone(region, outcome.as_ref().is_err_and(is_unresolved));
        match outcome {
            Err(error) if is_gone => {
                let operation = error.operation;
                Err(CloudError { source: error.source, ..CloudError::explained(operation, &HOST_GONE) })
            }
            outcome => outcome,
        }
    }

    /// Whether a host that could not be found now has been away for so long that it is gone. One answer, whatever it says, and it is there.
    fn has_gone(&self, region: &str, is_away: bool) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_away {
            since.remove(region);
            return false;
        }
        since.entry(region.to_owned()).or_insert_with(Instant::now).elapsed() >= BLIP
    }
}

fn is_unresolved(error: &CloudError) -> bool {
    let source = error.source.as_deref().and_then(|source| source.downcast_ref::<TransportError>());
    matches!(source, Some(TransportError::Resolve(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_name_that_stays_away_for_hours_is_the_end_and_one_answer_is_a_beginning() {
        let absence = Absence::default();
        let away = |region| absence.has_gone(region, true);
        assert!(!away("eu-de"));
        tokio::time::advance(BLIP / 2).await;
        assert!(!away("eu-de") && !away("eu-nl"));
        tokio::time::advance(BLIP / 2).await;
        assert!(away("eu-de") && !away("eu-nl"), "each region by itself");
        assert!(!absence.has_gone("eu-de", false) && !away("eu-de"));
    }
}
