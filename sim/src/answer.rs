//! What an operation comes to: a JSON body, or a refusal with the vendor's code. How it is put on the wire is said elsewhere.

use std::borrow::Cow;

use serde_json::Value;

/// The vendor's "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }
}

/// The vendor's "yes": the body without its request id, and whether state changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    pub(crate) body: Value,
    pub(crate) acted: bool,
}

impl Done {
    pub(crate) fn read(body: Value) -> Self {
        Self { body, acted: false }
    }

    pub(crate) fn changed() -> Self {
        Self { body: Value::Object(serde_json::Map::new()), acted: true }
    }
}

pub(crate) type Outcome = Result<Done, Refusal>;
