//! The failures that are not the cloud's answer: nothing could be sent, nothing came back, or what came back is not the cloud's.

use crate::cloud::endpoints::EndpointError;
use crate::cloud::error::{Acted, Class, CloudError, Effect, Explanation, Operation};
use crate::cloud::transport::TransportError;
use crate::reason::Reason;
use std::sync::Arc;

pub(in crate::cloud) fn with_source(error: CloudError, source: impl std::error::Error + Send + Sync + 'static) -> CloudError {
    CloudError { source: Some(Arc::new(source)), ..error }
}

/// A failed read has changed nothing, at whatever stage it failed.
fn acted(operation: Operation, acted: Acted) -> Acted {
    if operation.effect == Effect::Read { Acted::No } else { acted }
}

pub(in crate::cloud) fn garbled(operation: Operation, status: u16) -> CloudError {
    let explanation = if status >= 300 { &NOT_THE_VENDORS } else { &GARBLED };
    let error = CloudError::explained(operation, explanation);
    CloudError { acted: acted(operation, Acted::Perhaps), http_status: Some(status), ..error }
}

/// An answer that is the cloud's, as far as one can tell, and lacks what it is for.
pub(in crate::cloud) fn unreadable(operation: Operation, status: u16, error: impl std::error::Error + Send + Sync + 'static) -> CloudError {
    with_source(garbled(operation, status), error)
}

impl CloudError {
    /// Whether the call's time had passed before any of it was sent. What was recorded for it stands unresolved, as if nobody had tried.
    pub fn is_not_begun(&self) -> bool {
        let source = self.source.as_deref().and_then(|source| source.downcast_ref::<TransportError>());
        self.acted == Acted::No && matches!(source, Some(TransportError::NotBegun))
    }
}

pub(in crate::cloud) fn not_answered(operation: Operation, error: TransportError) -> (CloudError, &'static str) {
    let explanation = match &error {
        TransportError::NotBegun => &NOT_BEGUN,
        TransportError::SetUp(_) => &UNSENDABLE,
        TransportError::LeadsInside(_) => &LEADS_INSIDE,
        TransportError::Resolve(_) => &UNRESOLVED,
        TransportError::Connect(_) => &UNREACHED,
        TransportError::TimedOut(_) => &UNANSWERED,
        TransportError::Broken(_) => &CUT_OFF,
        TransportError::TooLong(_) | TransportError::TooManyParts => &TOO_LONG,
    };
    let word = error.as_str();
    let explained = CloudError::explained(operation, explanation);
    let explained = CloudError { acted: acted(operation, error.acted()), ..explained };
    (with_source(explained, error), word)
}

pub(in crate::cloud) fn no_endpoint(operation: Operation, error: EndpointError) -> CloudError {
    let explanation = match error {
        EndpointError::Region => &NOT_A_REGION,
        EndpointError::Url => &NOT_AN_ENDPOINT,
        EndpointError::Service => &NOT_OFFERED,
    };
    with_source(CloudError::explained(operation, explanation), error)
}

/// The keys cannot go into a request.
pub(in crate::cloud) fn unbuildable(operation: Operation, error: impl std::error::Error + Send + Sync + 'static) -> CloudError {
    with_source(CloudError::explained(operation, &NOT_A_KEY), error)
}

/// The request itself has no form on the wire.
pub(in crate::cloud) fn unwritable(operation: Operation, error: impl std::error::Error + Send + Sync + 'static) -> CloudError {
    with_source(CloudError::explained(operation, &UNWRITABLE), error)
}

const UNAVAILABLE: Explanation = Explanation { acted: Acted::Perhaps, ..Explanation::of(Class::Unavailable, "", "") };

const UNRESOLVED: Explanation = Explanation {
    meaning: "the name of the cloud's endpoint cannot be resolved",
    hint: "check the spelling of spec.region, then the cluster's DNS; inside a VPC without internet set endpointNetwork: VPC on the CloudCredential",
    acted: Acted::No,
    ..UNAVAILABLE
};
const UNREACHED: Explanation = Explanation {
    meaning: "no connection to the cloud's endpoint could be made",
    hint: "check egress rules, proxy and certificates of the operator's pod; inside a VPC without internet set endpointNetwork: VPC on the CloudCredential",
    acted: Acted::No,
    ..UNAVAILABLE
};
const NOT_BEGUN: Explanation = Explanation {
    meaning: "so much time passed between the record of the call and its turn that it was not begun",
    hint: "nothing to do: what is on record is looked up, and then decided anew; if it stays, the way to the cloud or the operator's machine is slow",
    acted: Acted::No,
    ..UNAVAILABLE
};
const UNSENDABLE: Explanation = Explanation {
    meaning: "the request could not be handed to the network",
    hint: "this is a fault of the operator's; its log at level debug has the cause",
    acted: Acted::No,
    ..UNAVAILABLE
};
const UNANSWERED: Explanation = Explanation {
    meaning: "the cloud took the request and did not answer in time",
    hint: "nothing to do for a single one; if it stays, look at the vendor's status page and at what stands between",
    ..UNAVAILABLE
};
const CUT_OFF: Explanation = Explanation {
    meaning: "the connection to the cloud broke off before the answer was complete",
    hint: "nothing to do for a single one; if it stays, a proxy or a firewall in between closes connections too early",
    ..UNAVAILABLE
};
const TOO_LONG: Explanation = Explanation {
    meaning: "the answer is larger than any of this service should be",
    hint: "check that what answers at the endpoint is the cloud and not a proxy's page",
    ..UNAVAILABLE
};
const GARBLED: Explanation = Explanation {
    meaning: "the answer is not in the cloud's form, although it says that all went well",
    hint: "something between the operator and the cloud, a captive portal for instance, rewrites answers",
    ..UNAVAILABLE
};
const NOT_THE_VENDORS: Explanation = Explanation {
    meaning: "something other than the cloud's service refused the request",
    hint: "a gateway or proxy on the way answered in its place; lastError.httpStatus says with which status",
    ..UNAVAILABLE
};
const NOT_A_REGION: Explanation = Explanation::of(
    Class::Invalid,
    "the region is not a region's name",
    "set spec.region (or the CloudCredential's region) to an id such as cn-hangzhou",
);
const NOT_AN_ENDPOINT: Explanation = Explanation {
    reason: Reason::EndpointNotAllowed,
    ..Explanation::of(
        Class::Invalid,
        "the endpoint of the CloudCredential cannot be used",
        "endpoints[].url is a scheme and a host, for instance https://ecs.example, with no path behind it",
    )
};
const LEADS_INSIDE: Explanation = Explanation {
    meaning: "the host of the endpoint leads to the machine itself, to its own link or to its metadata service, so nothing was sent",
    hint: "correct the url in spec.endpoints of the CloudCredential; if this address is meant, whoever runs steward can list the host, written out without a wildcard, with --allow-endpoint",
    ..NOT_AN_ENDPOINT
};
const NOT_OFFERED: Explanation = Explanation::of(
    Class::Invalid,
    "the provider of the credential does not have this service",
    "let the object refer to a CloudCredential of a provider that has it, or name the service's endpoint in the credential's endpoints",
);
const NOT_A_KEY: Explanation = Explanation::of(
    Class::Unauthenticated,
    "the access key holds characters that cannot be sent",
    "look for a line break or a blank at the end of a value in the credential's Secret",
);
const UNWRITABLE: Explanation = Explanation {
    reason: Reason::InternalError,
    ..Explanation::of(
        Class::Invalid,
        "the request has no form on the wire",
        "this is a fault of the operator's; please report it with the object's spec",
    )
};
