//! What goes back to the client, before it is bytes.

use serde_json::Value;

/// What goes back to the client.
#[derive(Debug)]
pub(crate) enum Reply {
    Json {
        status: u16,
        body: Value,
        request_id: String,
        headers: Vec<(&'static str, String)>,
    },
    /// Not what the vendor would say.
    Page {
        status: u16,
        text: &'static str,
    },
    /// The head of this answer and half of its body.
    Half {
        status: u16,
        body: Value,
        request_id: String,
    },
    /// An answer of a vendor that has more to say than a body and a request id.
    Written(Written),
    /// Nothing: the connection closes.
    Nothing,
}

#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) text: String,
    /// Plain text instead of JSON.
    pub(crate) plain: bool,
    /// For the log.
    pub(crate) code: Option<String>,
    /// Only half of the text is sent.
    pub(crate) half: bool,
}
