//! The questions to the service. What is put into a path is encoded; what an id may look like is for the schema to say. Pure.

use super::{CHECK_RESTORABLE, LIST_CHECKPOINT_ITEMS, SHOW_CHECKPOINT_ITEM};
use crate::cloud::encode::percent_encode;
use crate::cloud::error::Operation;
use crate::cloud::transport::Method;
use serde::Serialize;

/// One question, complete but for the keys it is asked with.
pub struct Request {
    pub operation: Operation,
    pub method: Method,
    pub path: String,
    /// Raw names and values.
    pub query: Vec<(String, String)>,
    /// JSON.
    pub body: Option<Vec<u8>>,
}

/// Whether this backup can be put back there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    pub checkpoint_item_id: String,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    pub resource_type: String,
    pub resource_id: String,
    pub volumes: Vec<Mapping>,
}

/// A disk's backup, and the disk to write it to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapping {
    pub backup_id: String,
    pub volume_id: String,
}

/// Which backups are listed: those of one server that can be used.
pub struct ItemFilter<'a> {
    pub resource_id: &'a str,
    pub limit: usize,
    /// The last id of the page before.
    pub marker: Option<&'a str>,
}

/// One question per call: the answers to several could not be told apart.
#[allow(clippy::missing_panics_doc, reason = "texts under fixed names are always JSON")]
pub fn check_restorable(project: &str, provider: &str, question: &Question) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        check_restorable: [&'a Question; 1],
    }
    let body = serde_json::to_vec(&Body { check_restorable: [question] }).expect("texts under fixed names are always JSON");
    let path = format!("/v1/{}/providers/{}/resources/action", percent_encode(project), percent_encode(provider));
    Request { operation: CHECK_RESTORABLE, method: Method::POST, path, query: Vec::new(), body: Some(body) }
}

pub fn list_checkpoint_items(project: &str, filter: &ItemFilter<'_>) -> Request {
    let limit = filter.limit.to_string();
    let given = [
        ("resource_id", Some(filter.resource_id)),
        ("status", Some(super::answers::AVAILABLE)),
        ("sort", Some("created_at:desc")),
        ("limit", Some(limit.as_str())),
        ("marker", filter.marker),
    ];
    let query = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    get(LIST_CHECKPOINT_ITEMS, format!("/v1/{}/checkpoint_items", percent_encode(project)), query)
}

pub fn show_checkpoint_item(project: &str, id: &str) -> Request {
    get(SHOW_CHECKPOINT_ITEM, format!("/v1/{}/checkpoint_items/{}", percent_encode(project), percent_encode(id)), Vec::new())
}

fn get(operation: Operation, path: String, query: Vec<(String, String)>) -> Request {
    Request { operation, method: Method::GET, path, query, body: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_path_cannot_leave_it() {
        let question = Question {
            checkpoint_item_id: "c".to_owned(),
            target: Target { resource_type: "t".to_owned(), resource_id: "r".to_owned(), volumes: Vec::new() },
        };
        assert_eq!(check_restorable("../p", "a/b?c", &question).path, "/v1/..%2Fp/providers/a%2Fb%3Fc/resources/action");
        assert_eq!(show_checkpoint_item("p", "x/../y").path, "/v1/p/checkpoint_items/x%2F..%2Fy");
    }

    #[test]
    fn the_next_page_begins_behind_the_last_id() {
        let query = |marker| list_checkpoint_items("p", &ItemFilter { resource_id: "r", limit: 2, marker }).query;
        let first: Vec<_> = query(None).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(first, ["resource_id=r", "status=available", "sort=created_at:desc", "limit=2"]);
        assert_eq!(query(Some("c9")).last(), Some(&("marker".to_owned(), "c9".to_owned())));
    }
}
