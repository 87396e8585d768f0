//! What an operation comes to here, and the envelopes in which the vendor says no: there are several, and a client has to read them all.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::operations::Service;
use crate::reply::{Reply, Written};

/// The form of an error's body. Only this vendor has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Envelope {
    /// `{"error_code", "error_msg", "request_id"}`
    Gateway,
    /// `{"error_code", "error_msg"}`
    Service,
    /// `{"error": {"code", "message"}}`
    Nested,
    /// `{"errorCode", "errorMsg"}`
    Camel,
    /// `{"error": {"code", "message", "title"}}`, where the code is the status, as a number.
    Keystone,
    /// The message alone, as plain text.
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) envelope: Envelope,
    /// The opaque reason that comes with some denials.
    pub(crate) encoded: Option<String>,
}

impl Refusal {
    pub(crate) fn gateway(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into(), envelope: Envelope::Gateway, encoded: None }
    }

    pub(crate) fn service(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { envelope: Envelope::Service, ..Self::gateway(status, code, message) }
    }

    pub(crate) fn keystone(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Owned(status.to_string()), message: message.into(), envelope: Envelope::Keystone, encoded: None }
    }

    fn body(&self, request_id: &str) -> Value {
        let (code, message) = (&self.code, &self.message);
        let mut body = match self.envelope {
            Envelope::Gateway => json!({ "error_code": code, "error_msg": message, "request_id": request_id }),
            Envelope::Service => json!({ "error_code": code, "error_msg": message }),
            Envelope::Nested => json!({ "error": { "code": code, "message": message } }),
            Envelope::Camel => json!({ "errorCode": code, "errorMsg": message }),
            Envelope::Keystone => json!({ "error": { "code": self.status, "message": message, "title": title(self.status) } }),
            Envelope::Text => Value::Null,
        };
        if let Some(encoded) = self.encoded.as_ref().filter(|_| body.is_object()) {
            let inside = matches!(self.envelope, Envelope::Nested | Envelope::Keystone);
            let place = if inside { &mut body["error"] } else { &mut body };
            place["encoded_authorization_message"] = json!(encoded);
        }
        body
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) acted: bool,
}

impl Done {
    pub(crate) fn read(body: Value) -> Self {
        Self { status: 200, body, headers: Vec::new(), acted: false }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: 201, acted: true, ..Self::read(body) }
    }
}

pub(crate) type Outcome = Result<Done, Refusal>;

/// Puts an outcome on the wire. Every service tells the request id in a header of its own; the gateway, before any service, has one too.
pub(crate) fn write(service: Option<Service>, outcome: Outcome, request_id: &str) -> Reply {
    let at_the_gateway = matches!(&outcome, Err(refusal) if refusal.envelope == Envelope::Gateway);
    let header = match service {
        Some(Service::Iam) if !at_the_gateway => "x-iam-trace-id",
        Some(Service::Csbs) if !at_the_gateway => "x-openstack-request-id",
        _ => "x-request-id",
    };
    let mut written = match outcome {
        Ok(done) => Written { status: done.status, headers: done.headers, text: done.body.to_string(), ..Written::default() },
        Err(refusal) => {
            let plain = refusal.envelope == Envelope::Text;
            let text = if plain { refusal.message.clone() } else { refusal.body(request_id).to_string() };
            Written { status: refusal.status, text, plain, code: Some(refusal.code.into_owned()), ..Written::default() }
        }
    };
    written.headers.push((header, request_id.to_owned()));
    Reply::Written(written)
}

fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_envelope_says_it_in_its_own_words() {
        let refusal = |envelope, encoded: Option<&str>| Refusal {
            envelope,
            encoded: encoded.map(str::to_owned),
            ..Refusal::gateway(403, "X.1", "no")
        };
        for (envelope, expected) in [
            (Envelope::Gateway, json!({ "error_code": "X.1", "error_msg": "no", "request_id": "r" })),
            (Envelope::Service, json!({ "error_code": "X.1", "error_msg": "no" })),
            (Envelope::Nested, json!({ "error": { "code": "X.1", "message": "no" } })),
            (Envelope::Camel, json!({ "errorCode": "X.1", "errorMsg": "no" })),
            (Envelope::Keystone, json!({ "error": { "code": 403, "message": "no", "title": "Forbidden" } })),
        ] {
            assert_eq!(refusal(envelope, None).body("r"), expected);
        }
        assert_eq!(refusal(Envelope::Service, Some("e")).body("r")["encoded_authorization_message"], "e");
        assert_eq!(refusal(Envelope::Keystone, Some("e")).body("r")["error"]["encoded_authorization_message"], "e");
    }
}
