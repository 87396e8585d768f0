//! What reading is like at every service of the vendor's: batches by id, and listings that come in pages.

use super::errors;
use crate::cloud::batch::Batch;
use crate::cloud::budget::Lane;
use crate::cloud::error::{Class, CloudError, Explanation, Operation};
use std::collections::HashMap;

/// Pages of one listing before it is given up: an answer that never ends is not an answer.
pub(super) const PAGES_AT_MOST: usize = 50;

pub(super) const ENDLESS: Explanation =
    Explanation::of(Class::Unavailable, "the cloud's list goes round in circles", "nothing to do: the list is read again from its start");

/// Reads of up to so many ids in one call.
pub(super) fn by_id<P, V, F, R>(place: P, operation: Operation, most: usize, read: F) -> Batch<V>
where
    P: Clone + Send + Sync + 'static,
    V: Clone + Send + 'static,
    F: Fn(P, Vec<String>, Lane) -> R + Send + Sync + 'static,
    R: Future<Output = Result<HashMap<String, V>, CloudError>> + Send + 'static,
{
    Batch::splitting_on(operation, most, errors::blames_an_id, move |ids, lane| {
        let single = ids.len() == 1;
        let reading = read(place.clone(), ids, lane);
        Box::pin(async move {
            match reading.await {
                // Usually the vendor leaves out what it does not know. Where it refuses instead, one unknown id is as unknown.
                Err(error) if single && error.has_code(&errors::UNKNOWN_ID) => Ok(HashMap::new()),
                outcome => outcome,
            }
        })
    })
}
