//! What a request says beside the parameters of its operation: which operation of which version, who signs, when, and with which nonce.
//! Signature V3 has it in headers; V1 and calls without a signature have it among the parameters, in the query or in a form body.

use super::signature::Authorization;
use crate::request::{Parameters, Request};

/// The vendor's common parameters. They belong to no operation.
const COMMON: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// How a request proves who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    V3,
    V1,
    /// Not at all.
    Absent,
}

#[derive(Clone, Debug)]
pub(crate) struct Preamble {
    pub(crate) proof: Proof,
    pub(crate) action: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) date: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) token: Option<String>,
    /// The operation's own.
    pub(crate) parameters: Parameters,
}

impl Preamble {
    pub(crate) fn of(request: &Request) -> Self {
        let mut parameters = request.parameters();
        let header = |name: &str| request.header(name).map(str::to_owned);
        if let Some(authorization) = request.header("authorization") {
            return Self {
                proof: Proof::V3,
                action: header("x-acs-action"),
                version: header("x-acs-version"),
                date: header("x-acs-date"),
                nonce: header("x-acs-signature-nonce"),
                key_id: Authorization::parse(authorization).map(|parts| parts.key_id.to_owned()),
                token: header("x-acs-security-token"),
                parameters,
            };
        }
        let said = |name: &str| parameters.text(name).map(str::to_owned);
        let proof = if said("Signature").is_some() || said("AccessKeyId").is_some() { Proof::V1 } else { Proof::Absent };
        let mut preamble = Self {
            proof,
            // The SDK repeats these in headers, which V1 does not sign.
            action: said("Action").or_else(|| header("x-acs-action")),
            version: said("Version").or_else(|| header("x-acs-version")),
            date: said("Timestamp").or_else(|| header("x-acs-date")),
            nonce: said("SignatureNonce"),
            key_id: said("AccessKeyId"),
            token: said("SecurityToken"),
            parameters: Parameters::default(),
        };
        parameters.0.retain(|name, _| !COMMON.contains(&name.as_str()));
        preamble.parameters = parameters;
        preamble
    }
}
